"""Citizen numbers: known by their keyed hash alone, from the door on."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from domain.drafts import Item, Problem, Skipped

_DIGITS = 13
# Whatever is no letter and no digit may stand between the digits: dashes, blanks, points, what nobody sees.
_A_NUMBER = re.compile(r"\W*\d(?:\W*\d){12}\W*")
_RUN = re.compile(r"\d(?:\W*\d){12,}")
_ANY_NUMBER = re.compile(r"(?<!\d)\d(?:[ .\-]?\d){12}(?!\d)")
_NAMES_A_PERSON = re.compile("person|user|citizen|owner|member|participant|national|subject", re.IGNORECASE)
_TEXTS = ("partner_ref", "title", "sport_word", "device_name", "message")
_MASK = "x" * _DIGITS
_PACKED = (b"PK\x03\x04", b"\x1f\x8b")


def number_in(text: str) -> str | None:
    """The 13 digits if `text` is a citizen number and nothing else, in any digits; None otherwise."""
    if not _A_NUMBER.fullmatch(text):
        return None
    return _decimals(text)


def keyed(person_ref: str, hashed: Callable[[str], str]) -> str:
    """The name we may keep of a person: the partner's own, a citizen number as its keyed hash."""
    number = number_in(person_ref)
    return person_ref if number is None else hashed(number)


def person_named(item: Item, hashed: Callable[[str], str]) -> str | None:
    """The partner's name for the person of an item, a citizen number as its keyed hash; None if it names nobody."""
    if number := getattr(item, "citizen_number", None):
        return hashed(number)
    person_ref: str | None = getattr(item, "person_ref", None)
    return keyed(person_ref, hashed) if person_ref else person_ref


def hidden(item: Item, hashed: Callable[[str], str]) -> Item:
    """The item without a citizen number: in its place, wherever the item repeats it, stands the keyed hash.

    The item itself where it names its person otherwise. What could not be read is searched for what names a person.
    """
    if isinstance(item, Skipped):
        return item
    number = getattr(item, "citizen_number", None) or number_in(item.person_ref or "")
    if number is None:
        return replace(item, raw=_searched(item.raw, hashed)) if isinstance(item, Problem) else item
    name = hashed(number)

    def named(text: str) -> str:
        return _named(text, number, name)

    given = {each.name: getattr(item, each.name) for each in fields(item)}
    said: dict[str, Any] = {each: named(given[each]) for each in _TEXTS if given.get(each)}
    if "path" in given:
        said["path"] = tuple(named(step) if isinstance(step, str) else step for step in given["path"])
    if "raw" in given:
        said["raw"] = _rewritten(given["raw"], named)
    if "citizen_number" in given:
        said["citizen_number"] = None
    return replace(item, person_ref=name, **said)


def unreadable(body: bytes, hashed: Callable[[str], str]) -> bytes:
    """What may be kept of a delivery of which nothing could be read.

    JSON with what names a person as its keyed hash; other text with every run of 13 digits as x; nothing of what is
    packed, such as a workbook, in which they cannot be found.
    """
    if body.startswith(_PACKED):
        return b""
    return _searched(body, hashed) if _is_json(body) else _masked(body)


def _named(text: str, number: str, name: str) -> str:
    # Also within longer runs, such as the number with a count behind it.
    def renamed(run: re.Match[str]) -> str:
        places = [place for place, letter in enumerate(run[0]) if letter.isdecimal()]
        digits, kept, at, begin = _decimals(run[0]), [], 0, 0
        while (found := digits.find(number, begin)) != -1:
            begin = found + _DIGITS
            kept += [run[0][at : places[found]], name]
            at = places[begin - 1] + 1
        return "".join((*kept, run[0][at:]))

    return _RUN.sub(renamed, text)


def _decimals(text: str) -> str:
    return "".join(str(unicodedata.decimal(letter)) for letter in text if letter.isdecimal())


def _text(raw: bytes, change: Callable[[str], str]) -> bytes:
    # Bytes that are no UTF-8 pass unchanged; digits are ASCII in every encoding we are sent.
    return change(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _rewritten(raw: bytes, named: Callable[[str], str]) -> bytes:
    def change(_: str, value: str | int) -> str | int:
        found = named(str(value))
        return value if found == str(value) else found

    if not _is_json(raw):
        return _text(raw, named)
    try:
        return _json(raw, change)
    except (ValueError, RecursionError):
        return _text(raw, named)


def _searched(raw: bytes, hashed: Callable[[str], str]) -> bytes:
    """The raw part of a problem that names nobody: fields for people are searched, of broken JSON every number."""

    def change(field: str, value: str | int) -> str | int:
        if not _NAMES_A_PERSON.search(field) or (number := number_in(str(value))) is None:
            return value
        return hashed(number)

    if not _is_json(raw):
        return raw
    try:
        return _json(raw, change)
    except (ValueError, RecursionError):
        return _masked(raw)


def _is_json(raw: bytes) -> bool:
    return raw[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))


def _masked(raw: bytes) -> bytes:
    return _text(raw, lambda said: _ANY_NUMBER.sub(_MASK, said))


def _json(raw: bytes, change: Callable[[str, str | int], str | int]) -> bytes:
    """The document with its texts and whole numbers changed, or `raw`. Raises ValueError, RecursionError."""
    document = json.loads(raw.decode("utf-8-sig"))
    changed = _walked(document, change)
    if changed == document:
        return raw
    written = json.dumps(changed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return written.encode("utf-8", "surrogatepass")


def _walked(value: object, change: Callable[[str, str | int], str | int], field: str = "") -> object:
    if isinstance(value, dict):
        return {str(change("", name)): _walked(each, change, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_walked(each, change, field) for each in value]
    return change(field, value) if isinstance(value, str | int) and not isinstance(value, bool) else value
