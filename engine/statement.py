"""One SQL statement in the making: a driver, the resolver's select, the to-one joins and the columns read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Label,
    Select,
    and_,
    any_,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from engine.declare import OrderKey, Shown
from engine.keyset import Key, Nulls, after, ordering
from engine.placeholders import Placeholder, PlanError, Seen, quoted

ROW = "_row"
"""The column that numbers the rows of a list whose order is its own."""
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
        self.needed: dict[str, None] = {}

    def has(self, key: str) -> bool:
        """Whether the select exposes a column of that key."""
        return key in self._columns

    def type_of(self, key: str) -> TypeEngine[Any]:
        """The SQL type of a column. Raises PlanError if the select does not expose it."""
        if key not in self._columns:
            raise PlanError(f"the select {self._where()} exposes no column {key}")
        return self._columns[key].type

    def _where(self) -> str:
        return f"for {self.shown.row.__name__}" if self.shown else self.alias

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
        ) and not isinstance(found, Label)

    def keys_for(self, order: Sequence[OrderKey]) -> list[Key]:
        """The order's keys, followed by the primary key where the order alone may not be total."""
        keys = [Key(k.key, self.type_of(k.key), k.descending, self._may_be_null(k.key)) for k in order]
        named = {k.key for k in keys}
        table = self.shown.table if self.shown else None
        primary = [c.key for c in table.primary_key.columns] if table is not None else []
        if table is None or "id" in named & set(primary) or any(table.c[k].unique for k in named if k in table.c):
            return keys
        descending = keys[-1].descending if keys else False
        return keys + [Key(k, self.type_of(k), descending, nullable=False) for k in primary if k not in named and self.has(k)]

    def _may_be_null(self, key: str) -> bool:
        return not self.stored(key) or bool(self.shown.table.c[key].nullable)  # type: ignore[union-attr]

    def expressible(self, keys: Sequence[Key]) -> None:
        """Wraps the select when its keys or clauses do not allow WHERE and LIMIT beside them."""
        plain = all(self._bare(k.key) is not None for k in keys)
        if plain and not self.select._group_by_clauses and self.select._limit_clause is None:  # noqa: SLF001
            return
        self.select = select(self.select.subquery())
        self._columns = dict(self.select.selected_columns.items())

    def _bare(self, key: str) -> Any | None:
        found = self._columns[key]
        found = found.element if isinstance(found, Label) else found
        return found if getattr(found, "table", None) is not None else None

    def page(self, keys: Sequence[Key], conditions: Sequence[ColumnElement[bool]], limit: Placeholder, *, backward: bool) -> Select[Any]:
        """The narrowed select, cut to one page."""
        for key in keys:
            self.needed[key.name] = None
        return (
            self.narrowed()
            .where(*conditions)
            .order_by(None)
            .order_by(*[ordering(k, self.bare(k.name), backward=backward) for k in keys])
            .limit(limit)
        )

    def bare(self, key: str) -> Any:
        """The column's own expression, for use inside the select."""
        return self._bare(key)

    def narrowed(self, *more: ColumnElement[Any]) -> Select[Any]:
        """The select with only the columns asked for."""
        columns = [self._columns[key].label(quoted_name(key, quote=True)) for key in self.needed]
        return self.select.with_only_columns(*(columns + list(more) or [true().label(THERE)]), maintain_column_froms=True)


@dataclass
class TableDriver:
    """Parents that are rows of a table, found by their primary key."""

    alias: str
    table: Any
    names: Sequence[str]

    def clauses(self) -> tuple[FromClause, list[ColumnElement[Any]], list[ColumnElement[bool]]]:
        """FROM, the key columns that head each row, WHERE."""
        driven = self.table.alias(quoted_name(self.alias, quote=True))
        keys = [driven.c[c.key] for c in self.table.primary_key.columns]
        where = [key == any_(Placeholder(name, ARRAY(key.type))) for key, name in zip(keys, self.names, strict=True)]
        return driven, keys, where


@dataclass
class UnnestDriver:
    """Parents that are given as arrays of what their children touch; `columns` may grow until compilation."""

    alias: str
    prefix: str
    columns: Mapping[str, TypeEngine[Any]]

    def names(self) -> list[str]:
        """The placeholders, the ordinals' first, then one for each column in order."""
        return [f"{self.prefix}_ordinals", *[f"{self.prefix}_{name}" for name in self.columns]]

    def clauses(self) -> tuple[FromClause, list[ColumnElement[Any]], list[ColumnElement[bool]]]:
        """FROM, the ordinal that heads each row, no WHERE."""
        ordinal = column("_ordinal", Integer())
        types = [Integer(), *self.columns.values()]
        arrays = [Placeholder(name, ARRAY(kind)) for name, kind in zip(self.names(), types, strict=True)]
        columns = [column(quoted_name(name, quote=True), kind) for name, kind in self.columns.items()]
        valued = func.unnest(*arrays).table_valued(ordinal, *columns).render_derived(name=quoted_name(self.alias, quote=True))
        return valued, [literal_column(f"{self.alias}._ordinal", Integer())], []


@dataclass
class Paging:
    """How a list is cut into pages; names are those of placeholders."""

    keys: Sequence[Key]
    backward: bool
    prefix: str
    after: bool = False
    before: bool = False

    @property
    def limit(self) -> str:
        """The placeholder of the page's size plus one."""
        return f"{self.prefix}_limit"

    def names(self, side: str) -> list[str]:
        """The placeholders of a cursor's values; `side` is after or before."""
        return [f"{self.prefix}_{side}_{i}" for i in range(len(self.keys))]

    def conditions(self, part: Part, nulls: Mapping[str, Nulls]) -> Iterator[ColumnElement[bool]]:
        """The keyset predicates; `nulls` tells for each cursor which of its values are null."""
        for side in ("after", "before"):
            if getattr(self, side):
                values = [Placeholder(n, k.sql) for n, k in zip(self.names(side), self.keys, strict=True)]
                columns = [part.bare(k.name) for k in self.keys]
                yield after(self.keys, columns, values, nulls[side], reverse=side == "before")


@dataclass
class Statement:
    """A statement; `outputs` are its columns, the driver's keys first."""

    alias: Callable[[], str]
    driver: TableDriver | UnnestDriver | None = None
    base: Part | None = None
    limit: int | None = None
    paging: Paging | None = None
    numbered: bool = False
    laterals: list[Part] = field(default_factory=list)
    outputs: dict[str, ColumnElement[Any]] = field(default_factory=dict)

    @property
    def heads(self) -> int:
        """How many key columns head each row."""
        if self.driver is None:
            return 0
        return len(self.driver.names) if isinstance(self.driver, TableDriver) else 1

    def read(self, name: str, expression: ColumnElement[Any]) -> int:
        """The position in each row of an expression, added unless `name` is there already."""
        self.outputs.setdefault(name, expression)
        return self.heads + list(self.outputs).index(name)

    def read_column(self, part: Part, key: str) -> int:
        """The position in each row of a part's column."""
        return self.read(f"{part.alias}.{quoted(key)}", part.seen(key))

    def joined(self, part: Part) -> int:
        """Joins a to-one part; gives the position of what tells whether it is there."""
        self.laterals.append(part)
        return self.read(f"{part.alias}.{THERE}", literal_column(f"{part.alias}.{THERE}"))

    def select(self, nulls: Mapping[str, Nulls]) -> Select[Any]:
        """The whole statement."""
        clause: FromClause | None = None
        heads: list[ColumnElement[Any]] = []
        where: list[ColumnElement[bool]] = []
        if self.driver is not None:
            clause, heads, where = self.driver.clauses()
        order: list[ColumnElement[Any]] = []
        if self.base is not None:
            body, order = self._body(self.base, nulls)
            name = quoted_name(self.base.alias, quote=True)
            clause = body.subquery(name) if clause is None else clause.join(body.lateral(name), true())
        for part in self.laterals:
            there = true().label(THERE)
            clause = clause.outerjoin(  # type: ignore[union-attr]
                part.narrowed(there).limit(1).lateral(quoted_name(part.alias, quote=True)), true()
            )
        outputs = [literal_column(str_of(e), e.type) if isinstance(e, Seen) else e for e in self.outputs.values()]
        made = select(*heads, *(outputs or [true()])).select_from(clause)  # type: ignore[arg-type]
        made = made.where(and_(*where)) if where else made
        return made.order_by(*order) if order and (self.laterals or self.driver is not None) else made

    def _body(self, base: Part, nulls: Mapping[str, Nulls]) -> tuple[Select[Any], list[ColumnElement[Any]]]:
        paging = self.paging
        if paging is not None:
            body = base.page(
                paging.keys,
                list(paging.conditions(base, nulls)),
                Placeholder(paging.limit, Integer()),
                backward=paging.backward,
            )
            return body, [ordering(k, literal_column(f"{base.alias}.{quoted(k.name)}"), backward=paging.backward) for k in paging.keys]
        body = base.narrowed()
        if self.limit is not None and body._limit_clause is None:  # noqa: SLF001 - SQLAlchemy has no public getter
            body = body.limit(self.limit)
        if not self.numbered:
            return body, []
        inner = body.subquery(quoted_name(self.alias(), quote=True))
        return select(*inner.c, func.row_number().over().label(ROW)), [literal_column(f"{base.alias}.{ROW}")]


def str_of(seen: Seen) -> str:
    """The qualified name of a parent's column."""
    return str(seen.name)
