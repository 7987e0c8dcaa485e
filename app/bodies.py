"""The body of a request as it arrives: unpacked, and within bounds of size, ratio and time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Receive

from app.refusals import BadRequest, TooLarge, TooSlow, UnsupportedMedia

LARGEST_RATIO = 200
UNSUSPICIOUS_BYTES = 4_000_000
"""What is unpacked before its ratio is looked at: short texts that repeat themselves pack well."""
_STEP_BYTES = 256 * 1024
_GZIP = 31  # zlib's word for a gzip header and nothing else
_LONGEST_LENGTH = 15  # digits; int() of thousands is refused by Python


@dataclass(frozen=True)
class Pace:
    """How slow a body may come: the longest silence, and after a while the least bytes a second on average."""

    silence_seconds: float = 30.0
    after_seconds: float = 60.0
    bytes_per_second: float = 1_000.0


def too_large(limit: int) -> TooLarge:
    """The refusal of a body over `limit` bytes, packed or not."""
    return TooLarge(f"The body takes at most {limit:,} bytes, unpacked.", {"Connection": "close"})


async def arriving(request: Request, limit: int, pace: Pace, packed: str = "gzip") -> AsyncGenerator[bytes, None]:
    """The pieces of the body, unpacked if it is `packed`, at most `limit` bytes before and after.

    Raises TooLarge as soon as it is known, UnsupportedMedia for another encoding, BadRequest for what is cut off or
    is no gzip, TooSlow.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower() or "identity"
    if encoding not in {"identity", packed}:
        wanted = f"{packed}, identity" if packed else "identity"
        raise UnsupportedMedia(f"The encoding “{encoding[:40]}” is not taken here.", {"Accept-Encoding": wanted})
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > _LONGEST_LENGTH or int(announced) > limit):
        raise too_large(limit)
    pieces = _pieces(request.receive, limit, pace)
    async for piece in pieces if encoding == "identity" else _unpacked(pieces, limit):
        yield piece


async def whole(pieces: AsyncIterable[bytes]) -> bytes:
    """All of it."""
    return b"".join([piece async for piece in pieces])


async def _pieces(receive: Receive, limit: int, pace: Pace) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    began, size, more = loop.time(), 0, True
    while more:
        try:
            async with asyncio.timeout(pace.silence_seconds):
                message = await receive()
        except TimeoutError:
            raise _too_slow() from None
        if message["type"] == "http.disconnect":
            raise BadRequest("The body ended early; what was answered is stored. Send it again.")
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise too_large(limit)
        waited = loop.time() - began
        more = message.get("more_body", False)
        if more and waited > pace.after_seconds and size < waited * pace.bytes_per_second:
            raise _too_slow()
        if piece:
            yield piece


def _too_slow() -> TooSlow:
    return TooSlow("The body came too slowly and was given up; send it again.", {"Connection": "close"})


async def _unpacked(pieces: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    gzip = Gzip(limit)
    async for piece in pieces:
        for each in gzip.fed(piece):
            yield each
    if not gzip.ended:
        raise BadRequest("The gzip stream ends early; what was answered is stored. Send it again.")


class Gzip:
    """Unpacks a gzip stream of one or several members in small steps. Raises TooLarge, and BadRequest for no gzip."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._member = zlib.decompressobj(_GZIP)
        self._read = self._given = 0
        self._begun = False

    @property
    def ended(self) -> bool:
        """Whether it may end here: the last member is whole."""
        return self._member.eof and self._begun

    def fed(self, piece: bytes) -> Iterator[bytes]:
        """What `piece` unpacks to."""
        self._read += len(piece)
        self._begun |= bool(piece)
        step = b""
        # Also without more to read: a step that was full may have left something behind.
        while piece or len(step) == _STEP_BYTES:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            try:
                step = self._member.decompress(piece, _STEP_BYTES)
            except zlib.error as error:
                raise BadRequest("The gzip stream is broken, or none; pack it again.") from error
            self._given += len(step)
            if self._given > self._limit:
                raise too_large(self._limit)
            if self._given > UNSUSPICIOUS_BYTES and self._given > self._read * LARGEST_RATIO:
                raise TooLarge(f"It is packed over {LARGEST_RATIO} to 1; send it unpacked.", {"Connection": "close"})
            if step:
                yield step
            if self._member.eof:
                piece, step = self._member.unused_data, b""
            else:
                piece = self._member.unconsumed_tail
