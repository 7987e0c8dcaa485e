"""What every table shares: its naming, its ids, and the one set-based way to write many rows."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, SafeUUID

import orjson
from psycopg import AsyncConnection
from sqlalchemy import ARRAY, CursorResult, Executable, Table, Text, text
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

metadata = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """The base of all tables; `table_of` gives the SQLAlchemy table."""


def table_of(row: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a row class."""
    table: Table = row.__table__  # type: ignore[attr-defined]
    return table


_RANDOM_BYTES = 10
_RANDOM_BITS = (1 << 80) - 1
_VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62
_RANDOM_MASK = _RANDOM_BITS & ~(0xF << 76) & ~(0b11 << 62)
_FETCHED = 256  # random parts from the system at once, each used for one id: a call for each was half of its cost
_random: list[int] = []
_new, _set, _UNKNOWN = object.__new__, object.__setattr__, SafeUUID.unknown
os.register_at_fork(after_in_child=_random.clear)  # nobody's child may make its parent's ids


def _fetch_random() -> None:
    found = os.urandom(_RANDOM_BYTES * _FETCHED)
    parts = [int.from_bytes(found[at : at + _RANDOM_BYTES]) for at in range(0, len(found), _RANDOM_BYTES)]
    _random.extend([part & _RANDOM_MASK | _VERSION_AND_VARIANT for part in parts])


def uuid7(at: datetime | None = None) -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits; sorts by time of making."""
    milliseconds = int(at.timestamp() * 1000) if at else time.time_ns() // 1_000_000
    while True:
        try:
            rest = _random.pop()  # by one call, so that no two threads get the same
        except IndexError:
            _fetch_random()
        else:
            break
    made = _new(UUID)
    # What UUID(int=...) does after its checks; three are made for each record, and the checks are most of it.
    _set(made, "int", (milliseconds & (1 << 48) - 1) << 80 | rest)
    _set(made, "is_safe", _UNKNOWN)
    return made


def utc_now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=256)
def insertion(table: Table, columns: tuple[str, ...], mode: str, rows: str) -> str:
    """The INSERT for `columns`, taking all rows as one JSON text, the parameter `rows`: always the same statement.

    `mode` is insert, ignore, replace or add: what becomes of a row whose key exists.
    """
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    names = ", ".join(columns)
    kinds = ", ".join(f"{name} {table.c[name].type.compile(dialect)}" for name in columns)
    # An array of arrays per column (unnest) was measured first: psycopg renders it value by value in Python,
    # which cost six times what it costs orjson to write the rows and PostgreSQL to read them.
    sql = (
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_to_recordset(CAST({rows} AS json)) AS u({kinds})"  # noqa: S608
    )
    keys = [column.name for column in table.primary_key.columns]
    if mode == "ignore":
        sql += " ON CONFLICT DO NOTHING"
    elif mode != "insert":
        sign = f"{table.name}.{{0}} + " if mode == "add" else ""
        changes = ", ".join(f"{name} = {sign.format(name)}excluded.{name}" for name in columns if name not in keys)
        sql += f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    return sql


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as `insertion` takes them."""
    return orjson.dumps(rows, default=_as_json).decode()


def _as_json(value: object) -> str:
    """What orjson cannot write by itself: bytes, in PostgreSQL's hexadecimal form."""
    if isinstance(value, (bytes, memoryview)):
        return f"\\x{value.hex()}"
    raise TypeError(f"a column value of type {type(value).__name__} has no JSON form")


async def run(
    session: AsyncSession, statement: Executable, binds: Mapping[str, Any] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """The rows of a Core statement on the session's connection: no ORM between a batch and its SQL.

    Lists go as PostgreSQL's array text, so the statement casts them: `CAST(:users AS uuid[])`.
    """
    given = {name: _array(value) if isinstance(value, list) else value for name, value in (binds or {}).items()}
    return await (await session.connection()).execute(statement, given)


def _array(values: list[Any]) -> str:
    """An array literal. psycopg would build the same value by value, at several times the cost."""
    kinds = set(map(type, values))
    if kinds == {UUID}:
        return f"{{{','.join([f'{value.int:032x}' for value in values])}}}"
    if kinds <= {int, float, bool, date}:
        return f"{{{','.join(map(str, values))}}}"
    if kinds <= {str, datetime}:
        words = list(map(str, values))
        if not any('"' in word or "\\" in word for word in words):
            return '{"' + '","'.join(words) + '"}' if words else "{}"
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, UUID):
        return f"{value.int:032x}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{value}"'


async def driver_of(session: AsyncSession) -> AsyncConnection[Any]:
    """The session's own psycopg connection, in its transaction: for COPY, and for several statements at once."""
    raw = await (await session.connection()).get_raw_connection()
    connection: AsyncConnection[Any] = raw.driver_connection  # type: ignore[assignment]
    return connection


_clause = lru_cache(maxsize=256)(text)


async def _write(session: AsyncSession, row: type[SQLModel], rows: Sequence[Mapping[str, Any]], mode: str) -> None:
    if rows:
        sql = insertion(table_of(row), tuple(rows[0]), mode, ":rows")
        await run(session, _clause(sql), {"rows": as_json(rows)})


async def inserted(session: AsyncSession, row: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows added by one statement; a key that exists is an IntegrityError. All rows hold the same columns."""
    await _write(session, row, rows, "insert")


async def inserted_if_new(session: AsyncSession, row: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows added by one statement; those whose key or unique value exists are left out."""
    await _write(session, row, rows, "ignore")


async def upserted(session: AsyncSession, row: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows added or replaced by primary key, by one statement; no key may stand twice in `rows`."""
    await _write(session, row, rows, "replace")


def text_array() -> Any:
    """The type of a list of words."""
    return ARRAY(Text)
