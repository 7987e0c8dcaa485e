"""The frame of FIT files: headers, checksums and message sizes checked, and the few messages we decode cut out.

A recording is mostly one message a second that we never look at; the decoder gets only what is asked for.
Source: FIT SDK, "FIT Protocol".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.errors import BadPayload

LARGEST_FILE_BYTES = 32 * 1024 * 1024
_MOST_MESSAGES = 2_000_000
_MOST_KEPT = 200_000
_MOST_CHAINED = 50
_PARTNER = "fit_file"

_HEADER = struct.Struct("<2BHI4s")
_MAGIC = b".FIT"
TIMESTAMP_FIELD = 253

# Message number -> the numbers of the fields to keep of it.
Wanted = Mapping[int, frozenset[int]]


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16(data: bytes | memoryview) -> int:
    """The FIT checksum of `data`: CRC-16, polynomial 0x8005 reflected, starting at 0."""
    crc = 0
    table = _CRC_TABLE
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """Why a FIT file cannot be trusted: a stable code, where in the upload, and what to do."""

    code: str
    offset: int
    message: str


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One FIT file inside an upload: its bytes, its body and the first thing wrong with it."""

    data: bytes = field(repr=False)
    offset: int
    body: memoryview = field(repr=False)
    body_at: int = 0
    """Where the body begins in the upload."""
    flaw: Flaw | None = None


@dataclass(frozen=True)
class _Definition:
    message: int
    size: int
    frame: bytes | None
    """The definition of the kept fields as the decoder reads it, or None if nothing of the message is kept."""
    slices: tuple[slice, ...] = ()


def recordings(data: bytes) -> list[Recording]:
    """The FIT files chained in `data`, in order, at least one.

    Raises BadPayload if `data` does not begin with a FIT header or is out of bounds.
    """
    if len(data) > LARGEST_FILE_BYTES:
        raise BadPayload(
            _PARTNER, (), f"the file is over {LARGEST_FILE_BYTES // 1024**2} MB; export workouts one by one"
        )
    found: list[Recording] = []
    offset = 0
    while offset < len(data):
        if len(found) == _MOST_CHAINED:
            raise BadPayload(_PARTNER, (), f"over {_MOST_CHAINED} FIT files are chained in this one; send them singly")
        recording = _recording(data, offset)
        if recording is None and not found:
            break
        if recording is None:
            flaw = Flaw(code="BAD_HEADER", offset=offset, message="What follows the first FIT file is not a FIT file.")
            recording = Recording(data=data[offset:], offset=offset, body=memoryview(b""), flaw=flaw)
        found.append(recording)
        offset += len(recording.data)
    if not found:
        raise BadPayload(_PARTNER, ("byte", 0), "this is not a FIT file; export the workout again as .fit")
    return found


def excerpt(recording: Recording, wanted: Wanted, *, clock: bool = False) -> tuple[bytes, Flaw | None]:
    """A small FIT file of the `wanted` messages, and the flaw met on the way, if any.

    Developer fields are left out, so that those whose description is missing do no harm. `clock` keeps the time
    of every message, which compressed time stamps count from. Raises BadPayload if there are too many messages.
    """
    body = recording.body
    kept, flaw = _cut(body, wanted, clock=clock)
    stream = b"".join(kept)
    header = _HEADER.pack(_HEADER.size, 0x20, 2100, len(stream), _MAGIC)
    if flaw is not None:
        flaw = replace(flaw, offset=recording.body_at + flaw.offset)
    return header + stream + b"\0\0", flaw


def _recording(data: bytes, offset: int) -> Recording | None:
    if len(data) - offset < _HEADER.size:
        return None
    header_size, _, _, body_size, magic = _HEADER.unpack_from(data, offset)
    if magic != _MAGIC or header_size < _HEADER.size:
        return None
    start, end = offset + header_size, offset + header_size + body_size
    if body_size == 0 and len(data) > start + 2:
        end = len(data)  # a device that stopped before it could write the size: all the rest is its body
    whole = end + 2 <= len(data)
    view = memoryview(data)
    piece = data[offset : end + 2] if whole else data[offset:]
    body = view[start : min(end, len(data))]
    return Recording(
        data=piece, offset=offset, body=body, body_at=start, flaw=_flaw(piece, header_size, whole=whole, offset=offset)
    )


def _flaw(piece: bytes, header_size: int, *, whole: bool, offset: int) -> Flaw | None:
    if not whole:
        message = (
            f"The file breaks off at byte {offset + len(piece)}. Export the workout again and send the whole file."
        )
        return Flaw(code="TRUNCATED", offset=offset + len(piece), message=message)
    view = memoryview(piece)
    header_crc = int.from_bytes(piece[12:14], "little") if header_size >= 14 else 0  # noqa: PLR2004 - 12 bytes and a CRC
    if header_crc not in {0, crc16(view[:12])} or crc16(view[:-2]) != int.from_bytes(piece[-2:], "little"):
        message = "The checksum does not match the contents: the file was damaged or changed. Export the workout again."
        return Flaw(code="BAD_CRC", offset=offset, message=message)
    return None


def _cut(body: memoryview, wanted: Wanted, *, clock: bool) -> tuple[list[bytes], Flaw | None]:
    definitions: dict[int, _Definition] = {}
    kept: list[bytes] = []
    at, end, messages = 0, len(body), 0
    while at < end:
        messages += 1
        if messages > _MOST_MESSAGES or len(kept) > _MOST_KEPT:
            raise BadPayload(
                _PARTNER, (), "the file holds more messages than any recording; export workouts one by one"
            )
        head = body[at]
        if head & 0x80 == 0 and head & 0x40:
            read = _definition(body, at, wanted, clock=clock)
            if read is None:
                return kept, _cut_off(at)
            definition, size = read
            definitions[head & 0x0F] = definition
            if definition.frame is not None:
                kept.append(definition.frame)
            at += size
            continue
        known = definitions.get((head >> 5) & 0x03 if head & 0x80 else head & 0x0F)
        if known is None:
            message = "A message has no definition, so what follows it cannot be read. Export the workout again."
            return kept, Flaw(code="UNDEFINED_MESSAGE", offset=at, message=message)
        if at + 1 + known.size > end:
            return kept, _cut_off(at)
        if known.frame is not None:
            data = body[at + 1 : at + 1 + known.size]
            kept.append(
                b"".join((bytes((head if head & 0x80 else head & 0x0F,)), *(data[part] for part in known.slices)))
            )
        at += 1 + known.size
    return kept, None


def _cut_off(at: int) -> Flaw:
    message = "The last message is cut off. Export the workout again and send the whole file."
    return Flaw(code="TRUNCATED", offset=at, message=message)


def _definition(body: memoryview, at: int, wanted: Wanted, *, clock: bool) -> tuple[_Definition, int] | None:
    fixed = bytes(body[at : at + 6])
    if len(fixed) < 6:  # noqa: PLR2004 - header, reserved, byte order, message number, field count
        return None
    little = fixed[2] == 0
    message = int.from_bytes(fixed[3:5], "little" if little else "big")
    fields_end = at + 6 + 3 * fixed[5]
    developer = 1 if fixed[0] & 0x20 else 0
    if fields_end + developer > len(body):
        return None
    size, slices, kept = 0, [], bytearray()
    seen: set[int] = set()
    keep = wanted.get(message, frozenset({TIMESTAMP_FIELD}) if clock else frozenset())
    for place in range(at + 6, fields_end, 3):
        number, length = body[place], body[place + 1]
        if number in keep and number not in seen and length:
            seen.add(number)
            kept += body[place : place + 3]
            slices.append(slice(size, size + length))
        size += length
    span = fields_end - at
    if developer:
        count = body[fields_end]
        span += 1 + 3 * count
        if at + span > len(body):
            return None
        size += sum(body[place + 1] for place in range(fields_end + 1, at + span, 3))
    frame = bytes((fixed[0] & 0x4F, *fixed[1:5], len(seen))) + bytes(kept) if seen else None
    return _Definition(message, size, frame, tuple(slices)), span
