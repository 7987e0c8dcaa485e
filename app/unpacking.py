"""Files as they were sent, opened without writing anything: plain, gzip, or a ZIP whose entries go to the adapter.

What a file says of itself is not believed: sizes, ratios and numbers are looked at before anything is unpacked, and
again while it is.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, Self

from adapters.base import Adapter, Reads, items
from app.bodies import LARGEST_RATIO, UNSUSPICIOUS_BYTES, Gzip
from app.refusals import BadRequest, TooLarge
from domain.drafts import Item, Problem, Skipped
from domain.errors import BadPayload

MOST_ENTRIES = 10_000
LONGEST_NAME = 300
LARGEST_UNPACKED_BYTES = 8_000_000_000
LARGEST_WHOLE_BYTES = 32_000_000
"""What a file may have whose format is not read as a stream."""
LARGEST_JSON_BYTES = 10_000_000
"""The same for JSON, which takes ten times its size when it is decoded."""
_LARGEST_DIRECTORY_BYTES = 4_000_000
_PIECE_BYTES = 256 * 1024
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_END = struct.Struct("<4s4H2LH")  # of the central directory: its size and place, how many entries
_END_MARK, _END64_MARK = b"PK\x05\x06", b"PK\x06\x07"
_LONGEST_COMMENT = 65_535
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_WORKBOOK = "[Content_Types].xml"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, BadRequest)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Unpacked:
    """A file that may be read: for an archive the entries that the adapter reads, in their order.

    `total_bytes` is what there is to read, for gzip before it is unpacked.
    """

    path: Path
    adapter: Adapter
    entries: tuple[zipfile.ZipInfo, ...] | None
    gzipped: bool
    total_bytes: int

    @classmethod
    def at(cls, path: Path, adapter: Adapter) -> Self:
        """The file at `path`, looked at before it is read.

        Raises BadPayload for an archive that is broken, suspicious or holds nothing to read, TooLarge for one beyond
        what is taken.
        """
        size = path.stat().st_size
        with path.open("rb") as file:
            mark = file.read(4)
            if mark == _ZIP:
                entries = _entries(file, size, adapter)
                if entries is not None:
                    return cls(path, adapter, entries, gzipped=False, total_bytes=sum(e.file_size for e in entries))
            return cls(path, adapter, None, gzipped=mark[:2] == _GZIP, total_bytes=size)

    def items(self, progress: Progress = lambda _read, _total: None) -> Iterator[Item]:
        """What it says, entry by entry; an entry that cannot be read is a problem, and the next one follows.

        Raises BadPayload for a plain file that cannot be read, possibly after items.
        """
        count = _Count(progress, self.total_bytes)
        if self.entries is None:
            with self.path.open("rb") as file:
                pieces = count.each(_pieces(file))
                yield from _said(self.adapter, self._inflated(pieces) if self.gzipped else pieces)
            return
        with zipfile.ZipFile(self.path) as archive:
            for entry in self.entries:
                try:
                    with archive.open(entry) as file:
                        yield from _under(entry.filename, _said(self.adapter, count.each(_pieces(file))))
                except BadPayload as error:
                    yield Problem(code=error.code, path=(entry.filename, *error.path), message=error.reason)
                except _BROKEN:
                    message = "The entry cannot be unpacked; pack the archive again."
                    yield Problem(code="BAD_ENTRY", path=(entry.filename,), message=message)

    def _inflated(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        gzip = Gzip(LARGEST_UNPACKED_BYTES)
        try:
            for piece in pieces:
                yield from gzip.fed(piece)
        except BadRequest as error:
            raise _refused(self.adapter, error.message) from error
        if not gzip.ended:
            raise _refused(self.adapter, "the gzip stream ends early; send the whole file")


class _Count:
    """Tells how many bytes have been read."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._read = 0

    def each(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._read += len(piece)
            self._progress(self._read, self._total)
            yield piece


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece


def _said(adapter: Adapter, pieces: Iterable[bytes]) -> Iterable[Item]:
    """The items of one document: as bytes if it is short, as a stream if it is long and the format can be streamed."""
    pieces = iter(pieces)
    most = LARGEST_WHOLE_BYTES if adapter.reads is Reads.FILE and not adapter.streams else LARGEST_JSON_BYTES
    head = bytearray()
    for piece in pieces:
        head += piece
        if len(head) > most:
            if not adapter.streams:
                raise _refused(adapter, f"the file is over {most // 1_000_000} MB; send it in parts")
            _unpacked_once(adapter, head)
            return items(adapter, chain([bytes(head)], pieces))
    _unpacked_once(adapter, head)
    return items(adapter, bytes(head))


def _unpacked_once(adapter: Adapter, head: bytes | bytearray) -> None:
    if head[:2] == _GZIP or (head[:4] == _ZIP and ".xlsx" not in adapter.accepts):
        raise _refused(adapter, "an archive within an archive is not opened; unpack it once")


def _under(name: str, said: Iterable[Item]) -> Iterator[Item]:
    for item in said:
        yield replace(item, path=(name, *item.path)) if isinstance(item, Problem | Skipped) else item


def _entries(file: BinaryIO, size: int, adapter: Adapter) -> tuple[zipfile.ZipInfo, ...] | None:
    """What is to be read of an archive; None if it is a workbook, which the adapter reads itself."""
    _countable(file, size, adapter)
    try:
        with zipfile.ZipFile(file) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeError, struct.error) as error:
        raise _refused(adapter, "the archive is broken or ends early; pack it again") from error
    if ".xlsx" in adapter.accepts and any(each.filename == _WORKBOOK for each in listed):
        return None
    if len(listed) > MOST_ENTRIES:
        raise TooLarge(f"The archive has over {MOST_ENTRIES:,} entries; send it in parts.")
    for each in listed:
        _checked(each, adapter)
    if len({each.filename for each in listed}) < len(listed):
        raise _refused(adapter, "two entries of the archive have one name")
    read = tuple(each for each in listed if _is_read(each, adapter))
    if not read:
        wanted = ", ".join(each for each in adapter.accepts if each.startswith("."))
        raise _refused(adapter, f"the archive holds no file that is read; expected {wanted}")
    if sum(each.file_size for each in read) > LARGEST_UNPACKED_BYTES:
        raise TooLarge(f"Unpacked, the archive has over {LARGEST_UNPACKED_BYTES // 10**9} GB; send it in parts.")
    return read


def _countable(file: BinaryIO, size: int, adapter: Adapter) -> None:
    """Looks at the end of the archive, before a list of all that is in it is made."""
    from_end = min(size, _END.size + _LONGEST_COMMENT + 20)
    file.seek(-from_end, os.SEEK_END)
    tail = file.read(from_end)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise _refused(adapter, "the archive ends early; send the whole file")
    _, _, _, _, entries, directory, _, _ = _END.unpack_from(tail, at)
    if _END64_MARK in tail[max(0, at - 20) : at]:
        raise _refused(adapter, "the archive is a ZIP64; pack it again as a plain ZIP, in parts if it is large")
    if entries > MOST_ENTRIES or directory > _LARGEST_DIRECTORY_BYTES:
        raise TooLarge(f"The archive has over {MOST_ENTRIES:,} entries, or too long names; send it in parts.")


def _checked(entry: zipfile.ZipInfo, adapter: Adapter) -> None:
    """Raises BadPayload for what no honest archive holds, TooLarge for a bomb."""
    name = entry.filename
    steps = name.replace("\\", "/").split("/")
    if (
        not name
        or len(name) > LONGEST_NAME
        or "\\" in entry.orig_filename
        or name != entry.orig_filename
        or ".." in steps
        or not steps[0]
        or ":" in steps[0]
        or not name.isprintable()
    ):
        raise _refused(adapter, "a name in the archive leads out of it or cannot be a name; pack it again")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _refused(adapter, "the archive holds a link; pack the file itself")
    if entry.is_dir():
        return
    if name.lower().endswith((".zip", ".gz", ".7z", ".rar")):
        raise _refused(adapter, "an archive within an archive is not opened; unpack it once")
    if entry.flag_bits & 0x1 or entry.compress_type not in _METHODS:
        raise _refused(adapter, "the archive is locked or packed in a way that is not read; pack it as a plain ZIP")
    packed = max(entry.compress_size, 1)
    if entry.file_size > UNSUSPICIOUS_BYTES and entry.file_size > packed * LARGEST_RATIO:
        raise TooLarge(f"An entry of the archive is packed over {LARGEST_RATIO} to 1; send it unpacked.")


def _is_read(entry: zipfile.ZipInfo, adapter: Adapter) -> bool:
    if entry.is_dir():
        return False
    name = entry.filename.lower()
    # What the Finder of macOS adds to archives are no files of anybody's.
    if name.startswith("__macosx/") or name.rpartition("/")[2].startswith("._"):
        return False
    if adapter.packs is not None:
        return adapter.packs(name)
    return name.endswith(tuple(each for each in adapter.accepts if each.startswith(".")))


def _refused(adapter: Adapter, reason: str) -> BadPayload:
    return BadPayload(adapter.name, (), reason)
