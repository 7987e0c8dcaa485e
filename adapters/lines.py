"""Bytes cut into lines as they come, a batch of lines at a time, none longer than what a reader looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MOST_LINES = 1_000
LONGEST_LINE = 100_000
_LARGEST_BATCH_BYTES = 4_000_000


class Lines:
    """Takes bytes in any pieces, and gives the whole lines in them, without their ends.

    A batch has at most a thousand lines and about four megabytes. Of a line over `longest` bytes the first
    `longest + 1` are kept, by which a reader tells it.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._whole: list[bytes] = []
        self._size = 0

    def fed(self, piece: bytes) -> Iterator[list[bytes]]:
        """The batches that `piece` completes."""
        *ended, rest = piece.split(b"\n")
        for line in ended:
            yield from self._ended(line)
        self._grown(rest)

    def closed(self) -> Iterator[list[bytes]]:
        """The last batch, with the line that has no end."""
        if self._rest:
            yield from self._ended(b"")
        if self._whole:
            yield self._batch()

    def _grown(self, more: bytes) -> None:
        self._rest += more[: self._longest + 1 - len(self._rest)]

    def _ended(self, line: bytes) -> Iterator[list[bytes]]:
        if self._rest or len(line) > self._longest:
            self._grown(line)
            line = bytes(self._rest)
            self._rest.clear()
        self._whole.append(line)
        self._size += len(line)
        if len(self._whole) >= MOST_LINES or self._size >= _LARGEST_BATCH_BYTES:
            yield self._batch()

    def _batch(self) -> list[bytes]:
        batch, self._whole, self._size = self._whole, [], 0
        return batch


def batches(source: Iterable[bytes], longest: int) -> Iterator[list[bytes]]:
    """The lines of all of `source`, in batches."""
    lines = Lines(longest)
    for piece in source:
        yield from lines.fed(piece)
    yield from lines.closed()
