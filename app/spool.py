"""The folder in which uploaded files wait until they are read."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from app.folders import Account, claimed
from app.settings import BadSettings, Settings

_ARRIVING = ".part"


@dataclass(frozen=True)
class Spool:
    """Files named by their uploads; one that is still arriving has an ending."""

    folder: Path

    def of(self, upload: UUID) -> Path:
        """Where a whole file stands."""
        return self.folder / upload.hex

    @contextmanager
    def arriving(self, upload: UUID) -> Iterator[tuple[BinaryIO, Path]]:
        """A new file to write, that nobody else reads, and its place; gone at the end unless it was settled."""
        path = self.of(upload).with_suffix(_ARRIVING)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb", buffering=1024 * 1024) as file:
                yield file, path
        finally:
            path.unlink(missing_ok=True)

    def settle(self, upload: UUID) -> None:
        """The file is whole."""
        path = self.of(upload)
        path.with_suffix(_ARRIVING).replace(path)

    def remove(self, upload: UUID) -> None:
        """The file is done with."""
        self.of(upload).unlink(missing_ok=True)

    def left(self, older_than_seconds: float) -> Iterator[tuple[UUID, Path]]:
        """Files that nobody has written to for so long, with the uploads they are named by."""
        for path in self.folder.iterdir():
            with contextlib.suppress(ValueError, FileNotFoundError):
                upload = UUID(path.name.removesuffix(_ARRIVING))
                if time.time() - path.stat().st_mtime > older_than_seconds:
                    yield upload, path


def spool_of(settings: Settings) -> Spool:
    """The spool of `settings`, made if it is missing. Raises BadSettings where it cannot be, or is not private."""
    folder = settings.uploads_dir or Path(tempfile.gettempdir()) / f"ccc-uploads-{os.geteuid()}"
    try:
        return Spool(claimed(folder, Account(os.geteuid(), os.getegid())))
    except OSError as error:
        raise BadSettings(f"CCC_UPLOADS_DIR: {folder} cannot be used ({error.strerror or error}).") from error
