"""Values in PostgreSQL's binary form, as both COPY and the elements of an array take them: a length, then the value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import repeat
from struct import Struct
from typing import Any

Cells = Callable[[Sequence[Any]], Iterable[bytes]]
"""The cells of many values of one type, in order."""

NULL = b"\xff\xff\xff\xff"
_TEXT_OID = 25
_EMPTY_WORDS = Struct(">iiii").pack(12, 0, 0, _TEXT_OID)  # no dimensions, no nulls, elements of type text
_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_2000_DAY = date(2000, 1, 1).toordinal()

_length = Struct(">i").pack
_float = Struct(">id").pack
_int = Struct(">ii").pack
_bigint = Struct(">iq").pack
_array_head = Struct(">iiiii").pack


def _each_once(cell: Callable[[Any], bytes]) -> Cells:
    """Cells of a column whose values repeat: each different one is made once."""

    def cells(values: Sequence[Any]) -> Iterable[bytes]:
        made = {value: NULL if value is None else cell(value) for value in set(values)}
        return map(made.__getitem__, values)

    return cells


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _length(len(encoded)) + encoded


def _words(value: Sequence[str]) -> bytes:
    if not value:
        return _EMPTY_WORDS
    body = _array_head(1, 0, _TEXT_OID, len(value), 1) + b"".join(map(_text, value))
    return _length(len(body)) + body


def _instants(values: Sequence[datetime | None]) -> Iterable[bytes]:
    first = values[0]
    if first is None or first is values[-1]:
        # The hash of an aware datetime is dear, and such columns usually hold one and the same moment.
        kinds = {id(value) for value in values}
        if len(kinds) == 1:
            return repeat(NULL if first is None else _instant(first), len(values))
    return [NULL if value is None else _instant(value) for value in values]


def _instant(value: datetime) -> bytes:
    since = value - _2000
    return _bigint(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


CELLS: Mapping[str, Cells] = {
    "uuid": lambda values: [
        NULL if value is None else b"\0\0\0\x10" + value.int.to_bytes(16, "big") for value in values
    ],
    "text": _each_once(_text),
    "double precision": lambda values: [NULL if value is None else _float(8, value) for value in values],
    "bigint": _each_once(lambda value: _bigint(8, value)),
    "integer": _each_once(lambda value: _int(4, value)),
    "boolean": _each_once(lambda value: b"\0\0\0\1\1" if value else b"\0\0\0\1\0"),
    "timestamptz": _instants,
    "date": _each_once(lambda value: _int(4, value.toordinal() - _2000_DAY)),
    "bytea": lambda values: [NULL if value is None else b"".join((_length(len(value)), value)) for value in values],
    "text[]": lambda values: [NULL if value is None else _words(value) for value in values],
}
"""What makes the cells of each type that our tables use, by PostgreSQL's name for it."""

_OIDS = {
    "uuid": 2950, "text": _TEXT_OID, "double precision": 701, "bigint": 20, "integer": 23, "boolean": 16,
    "timestamptz": 1184, "date": 1082, "bytea": 17,
}  # fmt: skip


def array(kind: str, values: Sequence[Any]) -> bytes:
    """The values as one array of that type, without the length that it would have as a cell."""
    if not values:
        return _array_head(0, 0, _OIDS[kind], 0, 1)[:12]
    return _array_head(1, 1, _OIDS[kind], len(values), 1) + b"".join(CELLS[kind](values))
