"""Private folders in shared places: temporary ones that are swept after a crash, and their locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_PREFIX = "ccc-run-"
_SOCKET_PATH_LIMIT = 103  # bytes of sockaddr_un on the smallest platform
_SOCKET_NAME = "/.s.PGSQL.5432.lock"
_UNLOCKED_AGE_SECONDS = 3600


@dataclass(frozen=True)
class Account:
    """A user of this machine, by numbers."""

    uid: int
    gid: int


def nameless() -> bool:
    """Whether this process runs as a number that the machine's user database does not know."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return True
    return False


def unprivileged() -> Account | None:
    """The account to drop to: `nobody` for root, None for everyone else."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account) -> bool:
    """Whether `account` may enter `path`, or its nearest existing parent, through every folder above."""
    folder = path.absolute()
    while not folder.exists():
        folder = folder.parent
    resolved = folder.resolve()
    return all(_enterable(each.stat(), account) for each in (resolved, *resolved.parents))


def _enterable(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def trusted(path: Path, uid: int) -> bool:
    """Whether `path` is a real folder of `uid` that nobody else may change."""
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and not status.st_mode & 0o022


def claimed(path: Path, account: Account) -> Path:
    """`path` as a folder of `account` alone, made if missing; for predictable names in shared places.

    Raises PermissionError when somebody else was there first.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, account.uid, account.gid)
    if not trusted(path, account.uid):
        raise PermissionError(f"{path} is not a private folder of user {account.uid}")
    return path


class Lock:
    """An advisory lock that ends with this process, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def taken(self) -> bool:
        """Whether the lock is ours now; never waits."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A sweeper may have removed the file between our open and our lock.
            ours = os.fstat(handle).st_ino == self._path.stat().st_ino
        except OSError:
            ours = False
        if not ours:
            os.close(handle)
            return False
        os.truncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle
        return True

    def holder(self) -> str:
        """The process number that the holder wrote, or a question mark."""
        with contextlib.suppress(OSError):
            return self._path.read_text().strip() or "?"
        return "?"

    def release(self) -> None:
        """Let go; harmless when not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class PrivateFolder:
    """A temporary folder of ours, or of `account`, removed at the end of the `with` block."""

    def __init__(self, account: Account | None, base: Path | None = None) -> None:
        self._account = account
        self._base = base or _short_base(account)
        self.path = Path()
        self._lock: Lock | None = None

    def __enter__(self) -> Self:
        while self._lock is None:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._base))
            lock = Lock(self.path / "owner.lock")
            if lock.taken():
                self._lock = lock
        if self._account:
            os.chown(self.path, self._account.uid, self._account.gid)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock:
            self._lock.release()


def _bases() -> list[Path]:
    shared = [Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - the names inside are random and private
    return [each for each in dict.fromkeys((Path(tempfile.gettempdir()), *shared)) if each.is_dir()]


def _short_base(account: Account | None) -> Path:
    """The first temporary folder with room for a socket's name that `account` can reach."""
    room = _SOCKET_PATH_LIMIT - len(_SOCKET_NAME) - len(_PREFIX) - 9
    for base in _bases():
        if len(os.fsencode(base)) <= room and (account is None or reachable(base, account)):
            return base
    return Path(tempfile.gettempdir())


def swept() -> list[Path]:
    """Remove, and return, temporary folders whose owner died without removing them."""
    gone = []
    for base in _bases():
        for folder in base.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                if _abandoned(folder):
                    shutil.rmtree(folder, ignore_errors=True)
                    gone.append(folder)
    return gone


def _abandoned(folder: Path) -> bool:
    if folder.lstat().st_uid not in {os.geteuid(), *([a.uid] if (a := unprivileged()) else [])}:
        return False
    if not (folder / "owner.lock").exists():
        return time.time() - folder.lstat().st_mtime > _UNLOCKED_AGE_SECONDS
    lock = Lock(folder / "owner.lock")
    if not lock.taken():
        return False
    try:
        return not _served(folder)
    finally:
        lock.release()


def _served(folder: Path) -> bool:
    """Whether a server that outlived its parent still listens here; it is about to stop."""
    for lockfile in folder.glob(".s.PGSQL.*.lock"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            os.kill(int(lockfile.read_text().splitlines()[0]), 0)
            return True
    return False
