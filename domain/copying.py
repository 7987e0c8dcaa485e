"""Rows known to be new, in PostgreSQL's binary COPY format: the cheapest way in for both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
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
from domain.cells import CELLS, Cells
from domain.garbage import uncollected

_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"

_fields = Struct(">h").pack
_KINDS: Mapping[type, str] = {
    Uuid: "uuid",
    String: "text",
    Float: "double precision",
    BigInteger: "bigint",
    Integer: "integer",
    Boolean: "boolean",
    DateTime: "timestamptz",
    Date: "date",
    LargeBinary: "bytea",
    ARRAY: "text[]",
}


def _cells_of(column: Column[Any]) -> Cells:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return next(CELLS[_KINDS[base]] for base in type(kind).__mro__ if base in _KINDS)


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
