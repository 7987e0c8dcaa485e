"""The bytes of an XML document as UTF-8 in small pieces, its encoding told apart and its document type taken out.

A document type is never interpreted: what declares entities or points elsewhere is refused, and what only describes
elements is skipped unread, since Apple's exports carry one that is malformed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping

from domain.errors import BadPayload

PIECE_BYTES = 64 * 1024
_LONGEST_PROLOG = 256 * 1024

_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._:-]{1,40})["']""")
_UTF8_NAMES = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_CODECS: Mapping[str, str] = {
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "windows-874": "cp874",
    "cp874": "cp874",
    "tis-620": "tis-620",
    "iso-8859-11": "iso8859-11",
}
_UTF32_MARKS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))

_SPACE = b" \t\r\n"
# XML has no place for these, and exports hold them: iOS 16 wrote vertical tabs into names of devices.
_CONTROLS = bytes(range(1, 9)) + b"\x0b\x0c" + bytes(range(0x0E, 0x20))
_TO_SPACES = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))

_DOCTYPE = b"<!DOCTYPE"
_DOCTYPE_HEAD = re.compile(rb"<!DOCTYPE[^\[>]*[\[>]")
_SUBSET_END = re.compile(rb"\][ \t\r\n]*>")
_POINTS_ELSEWHERE = re.compile(rb"\s(?:SYSTEM|PUBLIC)\s")


def pieces(partner: str, source: object) -> Iterator[bytes]:
    """The document in UTF-8 without byte order mark, leading blanks and document type, in pieces of about 64 KB.

    `source` is the bytes, or an iterable of them in order; no more than the prolog, at most 256 KB, is ever held.
    Lines keep their numbers. Raises BadPayload for a wrong or unknown encoding and for what declares entities.
    """
    held = b""
    settled = False
    for piece in _utf8(partner, source):
        if settled:
            yield piece
            continue
        held = (held + piece).lstrip(_SPACE)
        prolog = _without_doctype(partner, held)
        if prolog is not None:
            settled = True
            yield prolog
        elif len(held) > _LONGEST_PROLOG:
            raise BadPayload(partner, (), "what stands before the first element is too long; export the file again")
    if not settled:
        yield held  # it breaks off in its prolog, which the parser says best


def _chunks(partner: str, source: object) -> Iterator[bytes]:
    """`source` in chunks of 64 to 128 KB, however small or large it comes."""
    given = (source,) if isinstance(source, bytes) else source
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise BadPayload(partner, (), "expected the bytes of a file")
    held = bytearray()
    for each in given:
        if not isinstance(each, bytes):
            raise BadPayload(partner, (), "expected the bytes of a file")
        for start in range(0, len(each), PIECE_BYTES):
            held += each[start : start + PIECE_BYTES]
            if len(held) >= PIECE_BYTES:
                yield bytes(held)
                held.clear()
    yield bytes(held)


def _utf8(partner: str, source: object) -> Iterator[bytes]:
    chunks = _chunks(partner, source)
    head = next(chunks)
    codec, mark = _encoding(partner, head)
    if codec == "utf-8":
        yield head[mark:].translate(_TO_SPACES)
        yield from (chunk.translate(_TO_SPACES) for chunk in chunks)
        return
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        yield decoder.decode(head[mark:]).encode().translate(_TO_SPACES)
        for chunk in chunks:
            yield decoder.decode(chunk).encode().translate(_TO_SPACES)
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise BadPayload(partner, (), f"the text is not {codec}, as it says; save it as UTF-8") from error


def _encoding(partner: str, head: bytes) -> tuple[str, int]:
    """The codec and the length of the byte order mark."""
    if head.startswith(_UTF32_MARKS):
        raise BadPayload(partner, (), "the encoding UTF-32 is not read here; save it as UTF-8")
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec, len(mark)
    for start, codec in _UNMARKED:
        if head.startswith(start):
            return codec, 0
    found = _DECLARED.match(head.lstrip(_SPACE))
    name = found[1].decode().lower() if found else "utf-8"
    if name in _UTF8_NAMES:
        return "utf-8", 0
    if name in _CODECS:
        return _CODECS[name], 0
    raise BadPayload(partner, (), f"the encoding {name} is not read here, or not what the bytes are; save it as UTF-8")


def _without_doctype(partner: str, head: bytes) -> bytes | None:
    """`head` with its document type replaced by the line ends in it; None while more is needed to tell."""
    at = 0
    while True:
        while at < len(head) and head[at] in _SPACE:
            at += 1
        if head.startswith(b"<?", at):
            end, closing = head.find(b"?>", at), 2
        elif head.startswith(b"<!--", at):
            end, closing = head.find(b"-->", at + 4), 3
        elif head.startswith(_DOCTYPE, at):
            end = _doctype_end(partner, head, at)
            return None if end < 0 else head[:at] + b"\n" * head.count(b"\n", at, end) + head[end:]
        else:
            return None if len(head) - at < len(_DOCTYPE) else head
        if end < 0:
            return None
        at = end + closing


def _doctype_end(partner: str, head: bytes, at: int) -> int:
    opened = _DOCTYPE_HEAD.match(head, at)
    if opened is None:
        return -1
    if _POINTS_ELSEWHERE.search(opened[0]):
        raise BadPayload(partner, (), "its document type points to another document; such references are not followed")
    if opened[0].endswith(b">"):
        return opened.end()
    closed = _SUBSET_END.search(head, opened.end())
    if b"<!ENTITY" in (head[opened.end() : closed.start()] if closed else head[opened.end() :]):
        raise BadPayload(partner, (), "it declares entities, which are not expanded; export the file again")
    return closed.end() if closed else -1
