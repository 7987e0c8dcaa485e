"""Keyset cursors: the order's values of one item, bound to the list they came from by a short digest."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Boolean, Date, DateTime, Float, Integer, Numeric, Uuid
from sqlalchemy.types import TypeEngine

from engine.ids import Unusable, base64url
from engine.keyset import Key

_LONGEST = 2000
_BAD = "This cursor does not belong to this list; ask again without it."


def digest(*identity: object) -> str:
    """A short name of a list: its field, order, filter values and parent. It finds mistakes, it is no signature."""
    return blake2b(orjson.dumps([str(part) for part in identity]), digest_size=6).hexdigest()


def encoded(list_digest: str, values: Sequence[object]) -> str:
    """The cursor of the item whose order keys have these values (as JSON shows them)."""
    return base64url(orjson.dumps([list_digest, *values]))


def decoded(cursor: str, kinds: Sequence[TypeEngine[Any]]) -> tuple[str, tuple[Any, ...]]:
    """The digest and the values of a cursor, each checked to be a value of its SQL type or None.

    Raises Unusable for anything that was not made here; the values are still the client's word.
    """
    try:
        if len(cursor) > _LONGEST:
            raise Unusable(_BAD)
        parts = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        name, *values = parts if isinstance(parts, list) else [None]
        if not isinstance(name, str) or len(values) != len(kinds):
            raise Unusable(_BAD)
        for value, kind in zip(values, kinds, strict=True):
            if value is not None:
                checker(kind)(value)
    except (binascii.Error, ValueError, TypeError, ArithmeticError) as error:
        raise Unusable(_BAD) from error
    return name, tuple(values)


def mismatch() -> Unusable:
    """The refusal of a cursor that was made for another list."""
    return Unusable(_BAD)


def _whole(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError("not a 64-bit integer")
    return value


def _is(kind: type | tuple[type, ...]) -> Callable[[Any], object]:
    def check(value: object) -> object:
        if not isinstance(value, kind):
            raise TypeError("another type")
        return value

    return check


def _like(pattern: str, kind: Callable[[str], object]) -> Callable[[Any], object]:
    """Accepts what PostgreSQL writes, which is less than what Python reads."""
    form = re.compile(pattern, re.ASCII)

    def check(value: object) -> object:
        if not isinstance(value, str) or form.fullmatch(value) is None:
            raise TypeError("another form")
        return kind(value)

    return check


def _text(value: object) -> object:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError("not a text")
    value.encode()
    return value


_CHECKS: tuple[tuple[type[TypeEngine[Any]], Callable[[Any], object]], ...] = (
    (Integer, _whole),
    (Boolean, _is(bool)),
    (Float, _is((float, int))),
    (Numeric, _like(r"-?\d{1,60}(\.\d{1,60})?", str)),
    (Uuid, _like(r"[0-9a-f-]{36}", UUID)),
    (DateTime, _like(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d(:\d\d)?)?", datetime.fromisoformat)),
    (Date, _like(r"\d{4}-\d\d-\d\d", date.fromisoformat)),
)


def checker(kind: TypeEngine[Any]) -> Callable[[Any], object]:
    """A function that raises unless a JSON value is one of the SQL type."""
    return next((check for sql_type, check in _CHECKS if isinstance(kind, sql_type)), _text)


_PLAIN = (Uuid, DateTime, Date)
"""Types whose texts JSON quotes as they are."""

Cursors = Callable[[str], Callable[[Any], str]]
"""From a list's digest to what makes the cursor of a row."""


def maker(keys: Sequence[Key], positions: Sequence[int]) -> Cursors:
    """What makes the cursors of rows that hold the order's values at these positions.

    `encoded` written out as one expression where the types of all keys allow it.
    """

    def general(name: str) -> Callable[[Any], str]:
        return lambda row: encoded(name, [row[i] for i in positions])

    parts = []
    for key, position in zip(keys, positions, strict=True):
        if key.nullable or not isinstance(key.sql, (*_PLAIN, Integer)):
            return general
        value = f"{{row[{position}]}}"
        parts.append(value if isinstance(key.sql, Integer) else f'"{value}"')
    namespace: dict[str, Any] = {"b2a": b2a_base64}
    # the text holds positions only; ASCII without > and ? needs no character that base64url replaces
    exec(  # noqa: S102
        "def made(name):\n"
        """ head = f'["{name}",'\n"""
        f""" return lambda row: b2a(f'{{head}}{",".join(parts)}]'.encode(),newline=False).rstrip(b"=").decode()""",
        namespace,
    )
    made: Cursors = namespace["made"]
    return made


class Page:
    """One page of one list, as the fields of a connection read it; `name` gives the digest of a parent's list."""

    __slots__ = ("cursor", "key", "make", "name", "next", "previous", "rows")

    cursor: Callable[[Any], str]
    """The cursor of one of its rows; made late, since most pages are never asked for one."""

    def __init__(
        self,
        rows: Sequence[Any],
        name: Callable[[Any], str],
        key: Any,
        make: Cursors | None,
        *,
        previous: bool,
        following: bool,
    ) -> None:
        self.rows = rows
        self.name = name
        self.key = key
        self.make = make
        self.previous = previous
        self.next = following

    def __getattr__(self, attribute: str) -> Any:
        if attribute != "cursor" or self.make is None:
            raise AttributeError(attribute)
        self.cursor = self.make(self.name(self.key))
        return self.cursor

    @property
    def start(self) -> str | None:
        """The first row's cursor."""
        return self.cursor(self.rows[0]) if self.rows else None

    @property
    def end(self) -> str | None:
        """The last row's cursor."""
        return self.cursor(self.rows[-1]) if self.rows else None
