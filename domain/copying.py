"""Rows known to be new, in PostgreSQL's binary COPY format: the cheapest way in for both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from functools import cache
from itertools import repeat
from struct import Struct
from types import TracebackType
from typing import Any, Self

from psycopg import AsyncConnection, sql
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    TypeDecorator,
    Uuid,
)
from sqlmodel import SQLModel

from domain.base import table_of
from domain.garbage import uncollected

Cells = Callable[[Sequence[Any]], Iterable[bytes]]

_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_EMPTY_ARRAY = Struct(">iiii").pack(12, 0, 0, 25)  # no dimensions, no nulls, elements of type text
_TEXT_OID = 25
_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_2000_DAY = date(2000, 1, 1).toordinal()

_length = Struct(">i").pack
_float = Struct(">id").pack
_int = Struct(">ii").pack
_bigint = Struct(">iq").pack
_fields = Struct(">h").pack


def _each_once(cell: Callable[[Any], bytes]) -> Cells:
    """Cells of a column whose values repeat: each different one is made once."""

    def cells(values: Sequence[Any]) -> Iterable[bytes]:
        made = {value: _NULL if value is None else cell(value) for value in set(values)}
        return map(made.__getitem__, values)

    return cells


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _length(len(encoded)) + encoded


def _array(value: Sequence[str]) -> bytes:
    if not value:
        return _EMPTY_ARRAY
    body = Struct(">iiiii").pack(1, 0, _TEXT_OID, len(value), 1) + b"".join(map(_text, value))
    return _length(len(body)) + body


def _instants(values: Sequence[datetime | None]) -> Iterable[bytes]:
    first = values[0]
    if first is None or first is values[-1]:
        # The hash of an aware datetime is dear, and such columns usually hold one and the same moment.
        kinds = {id(value) for value in values}
        if len(kinds) == 1:
            return repeat(_NULL if first is None else _instant(first), len(values))
    return [_NULL if value is None else _instant(value) for value in values]


def _instant(value: datetime) -> bytes:
    since = value - _2000
    return _bigint(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


_CELLS: Mapping[type, Cells] = {
    Uuid: lambda values: [
        _NULL if value is None else b"\0\0\0\x10" + value.int.to_bytes(16, "big") for value in values
    ],
    String: _each_once(_text),
    Float: lambda values: [_NULL if value is None else _float(8, value) for value in values],
    BigInteger: _each_once(lambda value: _bigint(8, value)),
    Integer: _each_once(lambda value: _int(4, value)),
    Boolean: _each_once(lambda value: b"\0\0\0\1\1" if value else b"\0\0\0\1\0"),
    DateTime: _instants,
    Date: _each_once(lambda value: _int(4, value.toordinal() - _2000_DAY)),
    LargeBinary: lambda values: [
        _NULL if value is None else b"".join((_length(len(value)), value)) for value in values
    ],
    ARRAY: lambda values: [_NULL if value is None else _array(value) for value in values],
}


def _cells_of(column: Column[Any]) -> Cells:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return next(_CELLS[base] for base in type(kind).__mro__ if base in _CELLS)


@cache
def _sheet(row: type[SQLModel], columns: tuple[str, ...]) -> tuple[sql.Composed, tuple[Cells, ...]]:
    """The COPY command for these columns, and what makes the cells of each."""
    table = table_of(row)
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    return command, tuple(_cells_of(table.c[name]) for name in columns)


def packed(row: type[SQLModel], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> bytes:
    """The rows as a whole binary COPY, each the values of `columns` in order.

    Made column by column: for a row of a record this takes 6 us, cell by cell it took 9, and as text 17.
    """
    _, makers = _sheet(row, columns)
    with uncollected():
        cells = [cells(values) for cells, values in zip(makers, zip(*rows, strict=True), strict=True)]
        lines = zip(repeat(_fields(len(columns)), len(rows)), *cells, strict=True)
        return b"".join((_HEAD, *map(b"".join, lines), _END))


class Copies:
    """COPYs one after the other, in the connection's transaction; all are done when the block ends.

    What is sent is not waited for at once: the server writes it while the next sheet is made here.
    Raises UniqueViolation for a key that exists.
    """

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._sent = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sent.__aexit__(kind, error, trace)

    async def add(self, row: type[SQLModel], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """These rows, each the values of `columns` in order, on their way into their table."""
        command, _ = _sheet(row, columns)
        data = packed(row, columns, rows)
        await self._sent.aclose()
        cursor = await self._sent.enter_async_context(self._connection.cursor())
        copy = await self._sent.enter_async_context(cursor.copy(command))
        await copy.write(data)
