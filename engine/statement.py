"""One SQL statement in the making: a driver, the resolver's select, the to-one joins and the columns read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, Subquery, and_, func, literal_column, select, true

from engine.drivers import TableDriver, UnnestDriver
from engine.keyset import Key, Nulls, after, ordering
from engine.middle import Middle
from engine.part import THERE, Part
from engine.placeholders import Placeholder, PlanError, quoted

ROW = "_row"
"""The column that numbers the rows of a list whose order is its own."""


@dataclass
class Paging:
    """How a list is cut into pages; names are those of placeholders."""

    keys: Sequence[Key]
    backward: bool
    prefix: str
    most: int
    """No page has more rows. It stands in the text, so that the statement is planned once, for short lists."""
    cursors: set[str] = field(default_factory=set)
    """The sides whose cursor is given: after, before."""
    item: Part | None = None
    """What finds the item that stands in the middle of the page."""

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
            if side in self.cursors:
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
    reckoned: dict[str, Callable[[Subquery], Select[Any]]] = field(default_factory=dict)
    """What is made of all rows of a page, and stands beside them like another column."""
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

    def release(self) -> None:
        """Lets go of the expressions once no other text will be compiled from them; they outweigh all else."""
        self.base = None
        if self.paging is not None:
            self.paging.item = None
        self.reckoned.clear()
        self.laterals.clear()
        self.outputs.clear()

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
            alias = self.base.alias
            clause = body.subquery(alias) if clause is None else clause.join(body.lateral(alias), true())
        if clause is None:
            raise PlanError("a statement reads something")
        for part in self.laterals:
            one = part.narrowed(true().label(THERE)).limit(1)
            clause = clause.outerjoin(one.lateral(part.alias), true())
        made = select(*heads, *(self.outputs.values() or [true()])).select_from(clause)
        made = made.where(and_(*where)) if where else made
        return made.order_by(*order) if order and (self.laterals or self.driver is not None or self.unordered) else made

    @property
    def unordered(self) -> bool:
        """Whether the rows of its page come in no order of their own."""
        return bool(self.reckoned) or (self.paging is not None and self.paging.item is not None)

    def _body(self, base: Part, nulls: Mapping[str, Nulls]) -> tuple[Select[Any], list[ColumnElement[Any]]]:
        paging = self.paging
        if paging is not None:
            body = self._page(base, paging, nulls)
            for widened in self.reckoned.values():
                body = widened(body.subquery(self.alias()))
            return body, [
                ordering(k, literal_column(f"{base.alias}.{quoted(k.name)}"), backward=paging.backward)
                for k in paging.keys
            ]
        body = base.narrowed()
        if self.limit is not None and body._limit_clause is None:  # noqa: SLF001 - SQLAlchemy has no public getter
            body = body.limit(self.limit)
        if not (self.numbered and (self.laterals or self.driver is not None)):
            return body, []  # nothing beside it can disturb its order
        inner = body.subquery(self.alias())
        return select(*inner.c, func.row_number().over().label(ROW)), [literal_column(f"{base.alias}.{ROW}")]

    def _page(self, base: Part, paging: Paging, nulls: Mapping[str, Nulls]) -> Select[Any]:
        limit = Placeholder(paging.limit, Integer())
        if paging.item is not None:
            return Middle(paging.keys, paging.item, limit, paging.most).page(base, self.alias)
        conditions = list(paging.conditions(base, nulls))
        inner = base.page(paging.keys, conditions, paging.most, backward=paging.backward).subquery(self.alias())
        return select(*inner.c).limit(limit)
