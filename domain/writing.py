"""Writes each table once: new rows by COPY where there are many, all else by one statement a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from domain.base import as_json, insertion, table_of
from domain.copying import Copies
from domain.exchange import asked

# A COPY is a round trip of its own; up to so many rows it is cheaper to send one statement along with the others.
_FEW = 20


class Mode(StrEnum):
    """What becomes of a row whose key exists: an error, replaced, changed, figures added to it, or left as it is.

    CHANGE is for rows known to exist; it is cheaper than REPLACE, which inserts those that do not.
    """

    INSERT = "insert"
    REPLACE = "replace"
    CHANGE = "change"
    ADD = "add"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Queue:
    """What a statement that adds to rows does with what they were and are, in itself.

    `moves` are columns of `old` and `new`, which become the CTE `moved`; `into` is the INSERT that takes from it.
    """

    moves: str
    into: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows for one table, each the values of `columns` in order. No key may stand twice in them.

    `queue` takes what the rows were and are; for Mode.ADD alone.
    """

    row: type[SQLModel]
    mode: Mode
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    queue: Queue | None = None


_SHARE_OUT = """
    UPDATE activities a SET credits = n.credits
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS n(user_id, id, credits)
    WHERE a.user_id = n.user_id AND a.id = n.id
"""


async def written(connection: AsyncConnection[Any], sheets: Iterable[Sheet]) -> None:
    """All rows, in the connection's transaction. Raises UniqueViolation for a key that exists where it may not.

    Each sheet is asked for while the server still writes the one before.
    """
    others = []
    async with Copies(connection) as copies:
        for each in sheets:
            if each.mode is Mode.INSERT and len(each.rows) > _FEW:
                await copies.add(each.row, each.columns, each.rows)
            elif each.rows:
                others.append(each)
    raised = [each for each in others if each.mode is Mode.ADD]
    answers = await asked(
        connection,
        *map(update, raised),
        *(
            update(each) if each.mode is Mode.CHANGE else statement(each)
            for each in others
            if each.mode is not Mode.ADD
        ),
    )
    missing = []
    for sheet, answer in zip(raised, answers, strict=False):
        if len(answer) < len(sheet.rows):
            there = {n for (n,) in answer}
            missing.append(replace(sheet, rows=[row for n, row in enumerate(sheet.rows, 1) if n not in there]))
    if missing:
        await asked(connection, *map(statement, missing))


async def shared_out(connection: AsyncConnection[Any], shares: Sequence[tuple[UUID, UUID, int]]) -> None:
    """Credits (user, activity, credits) entered in activities that are otherwise left as they are."""
    if shares:
        await asked(connection, (_SHARE_OUT, [list(column) for column in zip(*shares, strict=True)]))


def statement(sheet: Sheet) -> tuple[str, list[object]]:
    """The one statement that writes a sheet, and its parameter."""
    rows = [dict(zip(sheet.columns, values, strict=True)) for values in sheet.rows]
    sql = insertion(table_of(sheet.row), sheet.columns, sheet.mode.value, "$1")
    if sheet.queue:
        sql = f"WITH moved AS ({sql} RETURNING {sheet.queue.moves}) {sheet.queue.into}"
    return sql, [as_json(rows)]


def update(sheet: Sheet) -> tuple[str, list[object]]:
    """The statement that changes rows that exist, or adds to them, and its parameters; it gives their numbers.

    Nearly all exist, and an update costs less than an insert that finds the row, locks it, and then updates it.
    """
    columns = [list(values) for values in zip(*sheet.rows, strict=True)]
    return _update(sheet.row, sheet.columns, sheet.mode, sheet.queue), [*columns]


@cache
def _update(row: type[SQLModel], columns: tuple[str, ...], mode: Mode, queue: Queue | None) -> str:
    table = table_of(row)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    keys = [column.name for column in table.primary_key.columns]
    arrays = ", ".join(f"${n}::{table.c[name].type.compile(dialect)}[]" for n, name in enumerate(columns, 1))
    before = "t.{0} + " if mode is Mode.ADD else ""
    changes = ", ".join(f"{name} = {before.format(name)}g.{name}" for name in columns if name not in keys)
    sql = (
        f"UPDATE {table.name} t SET {changes} FROM unnest({arrays}) WITH ORDINALITY AS g({', '.join(columns)}, n) "  # noqa: S608
        f"WHERE {' AND '.join(f't.{key} = g.{key}' for key in keys)}" + " RETURNING g.n" * (mode is Mode.ADD)
    )
    if queue:
        sql = f"WITH moved AS ({sql}, {queue.moves}), queued AS ({queue.into}) SELECT n FROM moved"  # noqa: S608
    return sql
