"""The plan of an operation: which statements, in which order, and the tree that makes the answer from their rows."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import ValueNode
from sqlalchemy.types import TypeEngine

from engine.ahead import Key, Source
from engine.answer import Obj, Slot
from engine.arguments import Binder, Kind
from engine.compile import Compiled, compiled
from engine.cursors import Cursors
from engine.declare import Expression, Mutation, Reckoned, evaluated
from engine.drivers import TableDriver, UnnestDriver
from engine.keyset import Nulls
from engine.model import Argument
from engine.part import Part
from engine.placeholders import PlanError, Seen, sql_type
from engine.statement import Statement

_WEIGHT = 6
"""Bytes a compiled statement keeps alive for each character of its text, measured once with tracemalloc."""


@dataclass
class Level:
    """The rows of one statement, found for all rows of the level above at once.

    `positions` are where the rows of `above` hold their key; None above means that it runs once.
    """

    number: int
    statement: Statement
    above: Level | Objects | Lookup | None
    positions: Sequence[int] = ()
    arguments: int = 0
    """The slot whose refused arguments silence this level."""
    identity: tuple[str, ...] = ()
    """What a cursor is bound to: the field, the order, and the names of the filter's placeholders."""
    filters: Sequence[str] = ()
    first: str | None = None
    """The bound value that says how many; None: the usual number."""
    cursors: dict[str, Callable[[Mapping[str, Any]], Any]] = field(default_factory=dict)
    variants: dict[tuple[tuple[str, Nulls], ...], Compiled] = field(default_factory=dict)
    cursor_maker: Cursors | None = None
    """Made when a cursor is asked for."""
    paged: bool = False
    """Whether more than the items of its pages is asked for."""
    probes: int = 0
    """How many rows beyond a page tell whether there are more; none when nobody asks."""
    opening: Mapping[str, Expression] = field(default_factory=dict)
    """How computed fields of its items are read because its pages begin where their lists do."""
    reckoned: Mapping[str, Reckoned] = field(default_factory=dict)
    """Which computed fields of its items are made for all of a page at once."""
    sides: tuple[int, int] | None = None
    """Where its rows say whether the list goes on ahead and behind, because the page is around an item."""
    ahead: Sequence[Source] | None = None
    """Where its keys come from when they are known before the rows of `above` are."""

    @property
    def depth(self) -> int:
        """How many statements must have run before this one."""
        if self.ahead is not None:
            return max([each.level.depth for each in self.ahead if isinstance(each, Key)], default=0)
        return self.above.depth + 1 if isinstance(self.above, Level) else 0

    def variant(self, nulls: Mapping[str, Nulls]) -> tuple[Compiled, bool]:
        """The statement for cursors with these nulls, and whether it was compiled just now."""
        pattern = tuple(sorted(nulls.items()))
        made = self.variants.get(pattern)
        if made is not None:
            return made, False
        made = self.variants[pattern] = compiled(self.statement.select(nulls))
        return made, True


@dataclass
class Objects:
    """In-memory objects of one place in the answer, made into rows: columns of `level`, then attributes backwards.

    The n-th attribute stands at position -n, so that both sides can grow while the plan is made.
    """

    made: type | None
    attributes: list[str] = field(default_factory=list)
    held: dict[str, tuple[Objects, bool]] = field(default_factory=dict)
    touched: dict[str, TypeEngine[Any]] = field(default_factory=dict)
    level: Level | None = None

    def read(self, name: str) -> int:
        """The position of an attribute. Raises PlanError if the class does not annotate it."""
        self.hint(name)
        if name not in self.attributes:
            self.attributes.append(name)
        return -1 - self.attributes.index(name)

    def row(self, item: object) -> tuple[Any, ...]:
        """The attributes of one object, in their places."""
        return tuple(getattr(item, name) for name in reversed(self.attributes))

    def hint(self, name: str) -> Any:
        """The annotation of an attribute."""
        hints = {} if self.made is None else hints_of(self.made)
        if name not in hints:
            raise PlanError(f"{self.made.__name__ if self.made else 'the root'} has no annotated attribute {name}")
        return hints[name]


def hints_of(made: type) -> Mapping[str, Any]:
    """The annotated attributes of a class, properties included."""
    hints = dict(typing.get_type_hints(made, include_extras=True))
    for base in made.__mro__:
        for name, item in vars(base).items():
            if isinstance(item, property) and item.fget is not None and "return" in item.fget.__annotations__:
                hints.setdefault(name, evaluated(item.fget.__annotations__["return"], base.__module__))
    return hints


def class_of(hint: Any) -> type:
    """The class of an annotated attribute: optional, annotated and list unwrapped. Raises PlanError for others."""
    while not isinstance(hint, type) or typing.get_args(hint):
        options = [a for a in typing.get_args(hint) if a is not type(None)]
        if not options:
            raise PlanError(f"no class is known for {hint!r}")
        hint = options[0]
    return hint


@dataclass
class Lookup:
    """Ids to be found: one level for each type that occurs, planned when it first does."""

    number: int
    by: str
    value: Callable[[Mapping[str, Any]], Any]
    branch: Callable[[str], Level]
    levels: dict[str, Level] = field(default_factory=dict)


@dataclass(frozen=True)
class UserRefusal:
    """One entry of `userErrors`."""

    code: str
    message: str
    path: list[str]


@dataclass
class Change:
    """One root field of a mutation; without a card it is answered by its slot alone."""

    slot: Slot
    card: Mutation | None = None
    argument: Argument | None = None
    node: ValueNode | None = None
    objects: Objects = field(default_factory=lambda: Objects(None))
    levels: Sequence[Level] = ()


@dataclass
class Plan:
    """All that an operation needs but its values."""

    root: Obj = field(default_factory=Obj)
    objects: Objects = field(default_factory=lambda: Objects(None))
    levels: list[Level] = field(default_factory=list)
    lookups: dict[int, Lookup] = field(default_factory=dict)
    binders: list[tuple[int, Binder]] = field(default_factory=list)
    given: dict[int, Mapping[str, tuple[Kind, Callable[[Mapping[str, Any]], Any]]]] = field(default_factory=dict)
    """By slot the arguments of a pure function: how each becomes the value it takes."""
    changes: list[Change] = field(default_factory=list)
    refuses: bool = False
    """Whether some field is refused whatever the values."""
    build: Callable[..., Any] | None = None
    size: int = 4000
    """Bytes, estimated; it grows when a variant or a branch is compiled."""
    _rounds: dict[tuple[int, ...], list[list[Level]]] = field(default_factory=dict)

    def rounds(self, levels: Sequence[Level]) -> list[list[Level]]:
        """The levels by depth: those of one round need only rows of the rounds before."""
        numbers = tuple([level.number for level in levels])
        found = self._rounds.get(numbers)
        if found is None:
            made: dict[int, list[Level]] = {}
            for level in levels:
                made.setdefault(level.depth, []).append(level)
            found = self._rounds[numbers] = [made[depth] for depth in sorted(made)]
        return found

    def compiled(self, level: Level, nulls: Mapping[str, Nulls]) -> Compiled:
        """The statement of a level; what is compiled here is added to the plan's size."""
        made, fresh = level.variant(nulls)
        if fresh and not level.cursors:
            level.statement.release()
        if fresh:
            self.size += 2500 + _WEIGHT * len(made.sql)
        return made


@dataclass
class Place:
    """Where the columns of an object come from: a part of a level's statement, or in-memory objects."""

    owner: Level | Objects
    part: Part | None = None

    def read(self, key: str) -> int:
        """The position of a column or attribute in the owner's rows."""
        if isinstance(self.owner, Objects):
            return self.owner.read(key)
        assert self.part is not None  # noqa: S101 - rows of levels come from parts
        return self.owner.statement.read_column(self.part, key)

    def column(self, key: str) -> Seen:
        """A column for SQL beside the part, in the owner's own statement."""
        if isinstance(self.owner, Objects):
            self.owner.read(key)
            kind = self.owner.touched.setdefault(key, sql_type(self.owner.hint(key)))
            assert self.owner.level is not None  # noqa: S101 - made by `beside`
            driver = self.owner.level.statement.driver
            assert driver is not None  # noqa: S101 - in-memory objects are unnested
            return Seen(driver.alias, key, kind)
        assert self.part is not None  # noqa: S101
        return self.part.seen(key)

    def opening(self, name: str, usual: Expression) -> Expression:
        """The expression of a computed field here: the one for a list's first items, if these are and it has one."""
        listed = self.listed
        return listed.opening.get(name, usual) if listed is not None else usual

    @property
    def listed(self) -> Level | None:
        """The level whose own rows these are, and not what was joined to them."""
        owner = self.owner
        mine = isinstance(owner, Level) and self.part is not None and self.part is owner.statement.base
        return owner if mine and isinstance(owner, Level) else None

    def type_of(self, key: str) -> TypeEngine[Any]:
        """The SQL type of a column or attribute."""
        if isinstance(self.owner, Objects):
            return sql_type(self.owner.hint(key))
        assert self.part is not None  # noqa: S101
        return self.part.type_of(key)

    def driven(
        self, touched: Mapping[str, TypeEngine[Any]], alias: str, prefix: str
    ) -> tuple[TableDriver | UnnestDriver, list[int]]:
        """How a list below finds its parents, and where their keys stand in the owner's rows.

        A row's own table drives when all that is touched is stored in it; else the touched values do.
        """
        part = self.part
        table = part.shown.table if part is not None and part.shown is not None else None
        if part is not None and table is not None and touched and all(part.stored(key) for key in touched):
            primary = [c.key for c in table.primary_key.columns]
            # several keys are compared one by one, so one of them must identify the row alone
            if primary and all(part.stored(key) for key in primary) and (len(primary) == 1 or "id" in primary):
                names = [f"{prefix}_key_{i}" for i in range(len(primary))]
                return TableDriver(alias, table, names), [self.read(key) for key in primary]
        return UnnestDriver(alias, prefix, touched), [self.read(key) for key in touched]
