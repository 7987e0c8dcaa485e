"""How a statement finds the parents of its rows: in their own table, or among values it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, FromClause, Integer, Uuid, any_, column, func, literal_column
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from engine.placeholders import Placeholder

Clauses = tuple[FromClause, list[ColumnElement[Any]], list[ColumnElement[bool]]]
"""FROM, the key columns that head each row, WHERE."""


def array_of(kind: TypeEngine[Any], values: list[Any]) -> Any:
    """The values as the driver takes them for an array of that type; texts that need no quotes are joined here."""
    if not isinstance(kind, Uuid | Integer):
        return values
    try:
        return f"{{{','.join(values)}}}"  # keys that rows held are texts already
    except TypeError:
        return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


@dataclass
class TableDriver:
    """Parents that are rows of a table, found by their primary key; `names` are the placeholders of its columns."""

    alias: str
    table: Any
    names: Sequence[str]

    def __post_init__(self) -> None:
        self.kinds = [c.type for c in self.table.primary_key.columns]

    def touches(self) -> list[str]:
        """The columns of the row above that make its key."""
        return [c.key for c in self.table.primary_key.columns]

    def arrays(self, keys: list[Any]) -> Iterator[tuple[str, Any]]:
        """The values of its placeholders for parents with these keys."""
        if len(self.names) == 1:
            yield self.names[0], array_of(self.kinds[0], keys)
            return
        for position, name in enumerate(self.names):
            yield name, array_of(self.kinds[position], [key[position] for key in keys])

    def clauses(self) -> Clauses:
        """`FROM table AS alias WHERE key = ANY(...)`."""
        driven = self.table.alias(self.alias)
        keys = [driven.c[c.key] for c in self.table.primary_key.columns]
        pairs = zip(keys, self.names, strict=True)
        return driven, keys, [key == any_(Placeholder(name, ARRAY(key.type))) for key, name in pairs]


@dataclass
class UnnestDriver:
    """Parents given as arrays of what their children touch; `columns` may grow until the statement is compiled."""

    alias: str
    prefix: str
    columns: Mapping[str, TypeEngine[Any]]

    def touches(self) -> list[str]:
        """The columns of the row above that make its key."""
        return list(self.columns)

    def names(self) -> list[str]:
        """The placeholders, the ordinals' first, then one for each column in order."""
        return [f"{self.prefix}_ordinals", *[f"{self.prefix}_{name}" for name in self.columns]]

    def clauses(self) -> Clauses:
        """`FROM unnest(...) AS alias(_ordinal, ...)`; the ordinal heads each row."""
        types = [Integer(), *self.columns.values()]
        arrays = [Placeholder(name, ARRAY(kind)) for name, kind in zip(self.names(), types, strict=True)]
        columns = [column(quoted_name(name, quote=True), kind) for name, kind in self.columns.items()]
        valued = func.unnest(*arrays).table_valued(column("_ordinal", Integer()), *columns)
        return valued.render_derived(name=self.alias), [literal_column(f"{self.alias}._ordinal", Integer())], []
