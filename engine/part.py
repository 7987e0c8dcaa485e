"""A resolver's select as a part of a statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Label, Select, select, true
from sqlalchemy.sql.elements import UnaryExpression, _textual_label_reference, quoted_name
from sqlalchemy.types import TypeEngine

from engine.declare import OrderKey, Shown
from engine.keyset import Key, ordering
from engine.placeholders import PlanError, Seen

THERE = "_there"
"""The column that tells a to-one row from its absence."""


class Part:
    """A resolver's select inside a statement, narrowed at the end to the columns that were asked for."""

    def __init__(self, made: Any, alias: str, shown: Shown | None) -> None:
        if isinstance(made, CompoundSelect) or (isinstance(made, Select) and made._distinct):  # noqa: SLF001
            made = select(made.subquery())  # narrowing it would change its rows
        if not isinstance(made, Select):
            raise PlanError(f"a resolver of a read returns a select, not {type(made).__name__}")
        self.select = made
        self.alias = alias
        self.shown = shown
        self._columns = dict(made.selected_columns.items())
        # what the select orders by name must stay among its columns
        self.needed: dict[str, None] = dict.fromkeys(_ordered_names(made))

    def has(self, key: str) -> bool:
        """Whether the select exposes a column of that key."""
        return key in self._columns

    def type_of(self, key: str) -> TypeEngine[Any]:
        """The SQL type of a column. Raises PlanError if the select does not expose it."""
        if key not in self._columns:
            owner = self.shown.row.__name__ if self.shown else "a type without rows"
            raise PlanError(f"the select for {owner} exposes no column {key}")
        return self._columns[key].type

    def seen(self, key: str) -> Seen:
        """A column, qualified by this part's alias, for use outside of it."""
        made = Seen(self.alias, key, self.type_of(key))
        self.needed[key] = None
        return made

    def stored(self, key: str) -> bool:
        """Whether the column is the row class's own table column of that name, unchanged."""
        table = self.shown.table if self.shown else None
        if table is None or key not in table.c or key not in self._columns:
            return False
        found = self._columns[key]
        return any(
            base.name == table.c[key].name and getattr(getattr(base, "table", None), "name", None) == table.name
            for base in found.base_columns
        )

    def keys_for(self, order: Sequence[OrderKey]) -> list[Key]:
        """The order's keys, followed by the primary key where the order alone may not be total."""
        keys = [Key(k.key, self.type_of(k.key), k.descending, self._may_be_null(k.key)) for k in order]
        named = {k.name for k in keys}
        table = self.shown.table if self.shown else None
        primary = [c.key for c in table.primary_key.columns] if table is not None else []
        if table is None or "id" in named & set(primary) or any(_unique(table.c[k]) for k in named if k in table.c):
            return keys
        descending = keys[-1].descending if keys else False
        return keys + [
            Key(k, self.type_of(k), descending, nullable=False) for k in primary if k not in named and self.has(k)
        ]

    def _may_be_null(self, key: str) -> bool:
        return self.shown is None or not self.stored(key) or self.shown.nullable(key)

    def expressible(self, keys: Sequence[Key]) -> None:
        """Wraps the select when its keys or clauses do not allow WHERE and LIMIT beside them."""
        plain = all(self.bare(k.name) is not None for k in keys)
        if plain and not self.select._group_by_clauses and self.select._limit_clause is None:  # noqa: SLF001
            return
        self.select = select(self.select.subquery())
        self._columns = dict(self.select.selected_columns.items())

    def expression(self, key: str) -> Any:
        """What a column is made of."""
        return self._columns[key]

    def page(
        self, keys: Sequence[Key], conditions: Sequence[ColumnElement[bool]], most: int, *, backward: bool
    ) -> Select[Any]:
        """The narrowed select, cut to the longest page."""
        for key in keys:
            self.needed[key.name] = None
        return (
            self.narrowed()
            .where(*conditions)
            .order_by(None)
            .order_by(*[ordering(k, self.bare(k.name), backward=backward) for k in keys])
            .limit(most)
        )

    def bare(self, key: str) -> Any:
        """A column's own expression, for use inside the select; None when it is computed."""
        found = self._columns[key]
        found = found.element if isinstance(found, Label) else found
        return found if getattr(found, "table", None) is not None else None

    def settle(self) -> None:
        """Orders a list by its primary key when its own select says no order, so that equal reads are equal."""
        table = self.shown.table if self.shown else None
        if table is None or self.select._order_by_clauses or self.select._group_by_clauses:  # noqa: SLF001
            return
        primary = [c.key for c in table.primary_key.columns]
        if all(self.stored(key) and self.bare(key) is not None for key in primary):
            self.select = self.select.order_by(*[self.bare(key) for key in primary])

    def narrowed(self, *more: ColumnElement[Any]) -> Select[Any]:
        """The select with only the columns asked for."""
        columns: list[ColumnElement[Any]] = [
            self._columns[key].label(quoted_name(key, quote=True)) for key in self.needed
        ]
        columns += more
        return self.select.with_only_columns(*(columns or [true().label(THERE)]), maintain_column_froms=True)


def _unique(column: Any) -> bool:
    """Whether no two rows hold the same: the database says so, or `info` does of what is random."""
    return bool(column.unique or column.info.get("unique"))


def _ordered_names(made: Select[Any]) -> Iterator[str]:
    for clause in made._order_by_clauses:  # noqa: SLF001 - SQLAlchemy has no public getter
        part = clause
        while isinstance(part, UnaryExpression):
            part = part.element
        if isinstance(part, _textual_label_reference):
            yield part.element
