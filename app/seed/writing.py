"""Rows as the text that COPY takes, gathered by table, and their way into the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection, sql
from sqlmodel import SQLModel

from domain.base import table_of
from domain.drafts import EnergyKind, Source
from domain.sports import Sport

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def _words(value: str) -> str:
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)


def _array(value: list[Any]) -> str:
    if not value:
        return "{}"
    texts = (each.hex if type(each) is UUID else str(each) for each in value)
    quoted = ('"' + text.replace("\\", r"\\").replace('"', r"\"") + '"' for text in texts)
    return _words("{" + ",".join(quoted) + "}")


# By exact type, since a row has thirty cells and there are millions of rows.
_TEXT: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: r"\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    str: _words,
    Sport: str,
    Source: str,
    EnergyKind: str,
    UUID: lambda value: "%032x" % value.int,  # noqa: UP031 - a third of the time of str()
    datetime: datetime.isoformat,
    date: date.isoformat,
    bytes: lambda value: r"\\x" + value.hex(),
    list: _array,
    dict: lambda value: _words(orjson.dumps(value).decode()),
}


@cache
def _columns(row: type[SQLModel]) -> tuple[str, ...]:
    return tuple(column.name for column in table_of(row).columns)


@cache
def _cells(row: type[SQLModel]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    return itemgetter(*_columns(row))


@dataclass
class Sheets:
    """Lines of COPY text by table."""

    lines: dict[type[SQLModel], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: type[SQLModel], values: Mapping[str, Any]) -> None:
        """One more row of the table of `row`; `values` holds every column, further keys are left out."""
        self.lines[row].append("\t".join([_TEXT[type(value)](value) for value in _cells(row)(values)]))

    def packed(self) -> Packed:
        """The same lines as bytes, to be sent from one process to another."""
        return Packed({row: (len(lines), ("\n".join(lines) + "\n").encode()) for row, lines in self.lines.items()})


@dataclass(frozen=True)
class Packed:
    """By table how many rows and their COPY text."""

    rows: Mapping[type[SQLModel], tuple[int, bytes]]

    async def written(self, connection: AsyncConnection[Any]) -> None:
        """All rows copied into their tables, in the caller's transaction."""
        async with connection.cursor() as cursor:
            for row, (_, text) in self.rows.items():
                command = sql.SQL("COPY {} ({}) FROM STDIN").format(
                    sql.Identifier(table_of(row).name), sql.SQL(", ").join(map(sql.Identifier, _columns(row)))
                )
                async with cursor.copy(command) as copy:
                    await copy.write(text)
