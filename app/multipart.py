"""One file and a few short fields out of a multipart form, the file written as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from app.refusals import BadRequest, UnsupportedMedia

FORM = "multipart/form-data"
FILE = "file"
_FIELDS = frozenset({"person"})
_LONGEST_FIELD = 1_000
_LONGEST_HEADER = 4_096
_MOST_HEADERS = 8
_MOST_PARTS = 4
_WRITTEN_AT_ONCE = 1024 * 1024


@dataclass
class Form:
    """What a form held besides its file."""

    file_name: str | None = None
    file_bytes: int = 0
    fields: dict[str, str] = field(default_factory=dict)


def boundary_of(request: Request) -> bytes:
    """The boundary of the form. Raises UnsupportedMedia for what is no form, BadRequest for one without boundary."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind.lower() != FORM.encode():
        raise UnsupportedMedia(f"Send the file as {FORM}, in the field `{FILE}`.", {"Accept": FORM})
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise BadRequest("The Content-Type of the form names no boundary.")
    return boundary


async def received(boundary: bytes, pieces: AsyncIterable[bytes], into: BinaryIO) -> Form:
    """The form, its file written to `into`.

    Raises BadRequest for one that is broken, cut off or holds anything else.
    """
    reader = _Reader(boundary)
    waiting = 0
    async for piece in pieces:
        reader.fed(piece)
        waiting += len(piece)
        if waiting >= _WRITTEN_AT_ONCE:
            await asyncio.to_thread(_written, into, reader.taken())
            waiting = 0
    await asyncio.to_thread(_written, into, reader.taken())
    return reader.form()


def _written(into: BinaryIO, pieces: list[bytes]) -> None:
    into.writelines(pieces)


class _Reader:
    """The parser's callbacks, and what they have found so far."""

    def __init__(self, boundary: bytes) -> None:
        self._form = Form()
        self._parts = 0
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._name = ""
        self._text = bytearray()
        self._pieces: list[bytes] = []
        self._has_file = self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begun,
                    "on_header_field": self._header_named,
                    "on_header_value": self._header_said,
                    "on_header_end": self._header_ended,
                    "on_headers_finished": self._headers_ended,
                    "on_part_data": self._told,
                    "on_part_end": self._part_ended,
                    "on_end": self._form_ended,
                },
                max_header_count=_MOST_HEADERS,
                max_header_size=_LONGEST_HEADER,
            )
        except FormParserError as error:
            raise BadRequest("The boundary of the form is too long.") from error

    def fed(self, piece: bytes) -> None:
        """Read on."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise BadRequest("The form cannot be read: its parts or their headers are broken or too long.") from error

    def taken(self) -> list[bytes]:
        """What of the file has not been taken yet."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def form(self) -> Form:
        """All of it."""
        if not self._ended:
            raise BadRequest("The form ends early; send the whole of it.")
        if not self._has_file:
            raise BadRequest(f"The form holds no file; send it in the field `{FILE}`, with a file name.")
        return self._form

    def _part_begun(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise BadRequest(f"The form has over {_MOST_PARTS} parts; send one file, several of them in a ZIP.")
        self._disposition = b""

    def _header_named(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_said(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ended(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_ended(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._name == FILE and b"filename" in options:
            if self._has_file:
                raise BadRequest("The form holds two files; send one, or several in a ZIP.")
            self._has_file = True
            self._form.file_name = options[b"filename"].decode("utf-8", "replace")
        elif self._name not in _FIELDS or self._name in self._form.fields:
            names = ", ".join(sorted(_FIELDS))
            raise BadRequest(f"A form holds the file in `{FILE}` and, each once: {names}. Not “{self._name[:40]}”.")
        self._text.clear()

    def _told(self, data: bytes, start: int, end: int) -> None:
        if self._name == FILE:
            self._pieces.append(data[start:end])
            self._form.file_bytes += end - start
            return
        self._text += data[start:end]
        if len(self._text) > _LONGEST_FIELD:
            raise BadRequest(f"The field `{self._name}` is over {_LONGEST_FIELD} bytes.")

    def _part_ended(self) -> None:
        if self._name == FILE:
            return
        try:
            self._form.fields[self._name] = self._text.decode()
        except UnicodeDecodeError as error:
            raise BadRequest(f"The field `{self._name}` is not UTF-8.") from error

    def _form_ended(self) -> None:
        self._ended = True
