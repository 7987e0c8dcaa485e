"""One execution of a plan: fills the placeholders, runs the statements round by round, groups their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Integer
from sqlalchemy.types import TypeEngine

from engine import ahead, cursors, found
from engine.answer import SURPRISES, At, Incomplete, Nulled, Path, Refusal, Spot
from engine.arguments import real
from engine.driver import Job, Rows, fetched
from engine.drivers import TableDriver, UnnestDriver, array_of
from engine.faults import Errors
from engine.ids import Unusable
from engine.memory import Memory
from engine.plan import Level, Lookup, Objects, Plan
from engine.price import Limits
from engine.statement import Paging
from engine.wire import Wire

_WHOLE = Integer()
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Values(dict[str, Any]):
    """The placeholders' values; the viewer's are looked up when a statement first needs them."""

    def __init__(self, viewer: object) -> None:
        super().__init__()
        self._viewer = viewer

    def __missing__(self, key: str) -> Any:
        value = getattr(self._viewer, key.removeprefix("viewer_"))
        if isinstance(value, UUID):
            value = str(value)  # once; keys and parameters are texts
        elif isinstance(value, Enum):
            value = value.value
        elif isinstance(value, set | frozenset | tuple):
            value = list(value)
        self[key] = value
        return value


def _keys_in(rows: Rows, positions: Sequence[int]) -> list[Any]:
    """The distinct keys that rows hold at these positions, in order."""
    if len(positions) == 1:
        (position,) = positions
        return list(dict.fromkeys([row[position] for row in rows]))
    return list(dict.fromkeys([tuple([row[i] for i in positions]) for row in rows]))


def _there(keys: list[Any], driver: TableDriver) -> list[Any]:
    """The keys without those that are null, or null in part; most have none, which one search tells."""
    if len(driver.names) > 1:
        return [key for key in keys if None not in key]
    return [key for key in keys if key is not None] if None in keys else keys


def _by_parent(rows: Rows, heads: int, keys: Sequence[Any] | None) -> dict[Any, Rows]:
    """The rows by what heads them: their parent's key, or with `keys` the number of it."""
    groups: dict[Any, Rows] = defaultdict(list)
    if keys is not None:
        for row in rows:
            groups[keys[row[0]]].append(row)
    elif heads == 1:
        for row in rows:
            groups[row[0]].append(row)
    else:
        for row in rows:
            groups[row[:heads]].append(row)
    return groups


@dataclass(frozen=True)
class _Cut:
    """The page asked of a level: its size, and the digests that its cursors carry."""

    size: int
    digests: Mapping[str, str]


class Execution:
    """The rows and refusals of one request; an `answer.Run`."""

    def __init__(self, plan: Plan, variables: Mapping[str, Any], viewer: object, limits: Limits) -> None:
        self.plan = plan
        self.variables = variables
        self.limits = limits
        self.values = Values(viewer)
        self.memory = Memory()
        self.errors = Errors()
        self.groups: dict[int, dict[Any, Any]] = {}
        self.refusals: dict[int, Refusal] = {}
        self.refused_pages: dict[tuple[int, Any], Refusal] = {}
        self.found: dict[int, Any] = {}
        self.given: dict[int, Mapping[str, Any]] = {}
        self.user_errors: Sequence[Any] = ()
        self.statements = 0
        self._rows: dict[int, Rows] = {}
        self._wanted: dict[int, list[Any]] = {}
        self._given: dict[int, list[Any]] = {}
        self._cuts: dict[int, _Cut] = {}

    def report(self, path: Path, refusal: Refusal, spot: Spot) -> None:
        """Notes an error of the answer."""
        self.errors.report(path, refusal, spot)

    def fault(self, path: Path, error: BaseException | str, spot: Spot) -> None:
        """Notes a fault of ours, under a reference."""
        self.errors.fault(path, error, spot)

    def _refuse(self, slot: int, error: Unusable) -> None:
        self.refusals[slot] = Refusal("BAD_USER_INPUT", str(error))

    def bind(self, keys: Mapping[str, TypeEngine[Any]]) -> None:
        """Computes the arguments' values; what cannot be used becomes the refusal of its field."""
        for lookup in self.plan.lookups.values():
            try:
                self.found[lookup.number] = items = found.decoded(lookup, self.variables, keys, self.limits.most)
                self._wanted.update(found.wanted(lookup, items))
            except Unusable as error:
                self._refuse(lookup.number, error)
        for slot, (name, value) in self.plan.binders:
            try:
                self.values[name] = value(self.variables)
            except Unusable as error:
                self.values[name] = None
                self._refuse(slot, error)
        for slot, given in self.plan.given.items():
            try:
                self.given[slot] = {name: real(kind, value(self.variables)) for name, (kind, value) in given.items()}
            except Unusable as error:
                self._refuse(slot, error)

    async def read(self, wire: Wire, levels: Sequence[Level], before: Sequence[Job], *, transaction: bool) -> None:
        """Runs the levels' statements, each round in one round trip; a transaction of its own if asked."""
        rounds = self.plan.rounds(levels)
        opened = closed = False
        try:
            for number, batch in enumerate(rounds):
                wanted = [(level, keys) for level in batch if (keys := self._keys(level))]
                jobs = [self._job(level, keys) for level, keys in wanted]
                if not jobs:
                    continue
                first = [] if opened else [*([(BEGIN, ())] if transaction else ()), *before]
                opened, closed = True, transaction and number == len(rounds) - 1
                results = await fetched(wire, jobs, first, ["COMMIT"] if closed else [])
                self.statements += len(jobs)
                for (level, keys), rows in zip(wanted, results, strict=True):
                    self._group(level, keys, rows)
            if transaction and opened and not closed:
                await wire.exchange([("COMMIT", ())])
        except Exception:
            if transaction and opened and not wire.closed:
                await wire.exchange([("ROLLBACK", ())])
            raise

    def _keys(self, level: Level) -> list[Any]:
        """The parents' keys for a level; none when there is nothing to read."""
        self.groups[level.number] = {}
        self._rows[level.number] = []
        self._given[level.number] = []
        if level.arguments in self.refusals:
            return []
        above = level.above
        if level.ahead is not None:
            keys = ahead.keys(level.ahead, self.values, self._given)
        elif isinstance(above, Lookup):
            keys = self._wanted.get(level.number, [])
        elif isinstance(above, Objects) and above.level is level:
            keys = list(range(len(self.memory.rows(above))))  # beside each object stands a row of its own
        elif above is not None:
            rows = self.memory.rows(above) if isinstance(above, Objects) else self._rows[above.number]
            keys = _keys_in(rows, level.positions)
        else:
            keys = [()]
        self._given[level.number] = keys
        if isinstance(level.statement.driver, TableDriver):
            keys = _there(keys, level.statement.driver)
        if level.statement.paging is None:
            return keys
        try:
            return self._cut(level, level.statement.paging, keys)
        except Unusable as error:
            self._refuse(level.arguments, error)
            return []

    def _cut(self, level: Level, paging: Paging, keys: list[Any]) -> list[Any]:
        """The keys whose list the given cursors belong to; the others' pages are refused. Raises Unusable."""
        size = self.values[level.first] if level.first else self.limits.page
        digests = {}
        for side, given in level.cursors.items():
            digests[side], values = cursors.decoded(given(self.variables), [k.sql for k in paging.keys])
            if any(v is None and not k.nullable for v, k in zip(values, paging.keys, strict=True)):
                raise cursors.mismatch()
            self.values.update(zip(paging.names(side), values, strict=True))
        self.values[paging.limit] = size + (1 if level.sides else level.probes)
        self._cuts[level.number] = _Cut(size, digests)
        if not digests:
            return keys
        mine = [key for key in keys if set(digests.values()) == {self._digest(level, key)}]
        for key in set(keys).difference(mine):
            self.refused_pages[level.number, key] = Refusal("BAD_USER_INPUT", str(cursors.mismatch()))
        return mine

    def _digest(self, level: Level, key: Any) -> str:
        parent = key if isinstance(key, tuple) else (key,)
        return cursors.digest(*level.identity, *[self.values[name] for name in level.filters], *parent)

    def _job(self, level: Level, keys: list[Any]) -> Job:
        driver, paging = level.statement.driver, level.statement.paging
        if isinstance(driver, TableDriver):
            self.values.update(driver.arrays(keys))
        elif isinstance(driver, UnnestDriver):
            ordinals, *names = driver.names()
            self.values[ordinals] = array_of(_WHOLE, list(range(len(keys))))
            columns = zip(driver.columns.values(), self._columns(level, driver, keys), strict=True)
            self.values.update(zip(names, [array_of(kind, column) for kind, column in columns], strict=True))
        nulls = {}
        for side in level.cursors if paging else ():
            pairs = zip(paging.keys, paging.names(side), strict=True) if paging else ()
            nulls[side] = tuple(key.nullable and self.values[name] is None for key, name in pairs)
        made = self.plan.compiled(level, nulls)
        return made.sql, made.parameters(self.values)

    def _columns(self, level: Level, driver: UnnestDriver, keys: list[Any]) -> list[list[Any]]:
        """The arrays that drive a level, a column each."""
        above = level.above
        if isinstance(above, Objects) and above.level is level:
            return [[row[above.read(name)] for row in self.memory.rows(above)] for name in driver.columns]
        if len(driver.columns) == 1:
            return [keys]
        return [[key[i] for key in keys] for i in range(len(driver.columns))]

    def _group(self, level: Level, keys: list[Any], rows: Rows) -> None:
        """Sorts a level's rows by their parents, and cuts them into pages."""
        groups = self.groups[level.number]
        driver, paging, heads = level.statement.driver, level.statement.paging, level.statement.heads
        if len(keys) == 1:
            if rows:
                groups[keys[0]] = rows
        else:
            groups.update(_by_parent(rows, heads, keys if isinstance(driver, UnnestDriver) else None))
        if paging is not None and level.paged:
            rows = self._pages(level, paging, keys, groups)
        elif paging is not None and paging.backward:
            for group in groups.values():
                group.reverse()
        elif driver is None:
            groups[()] = rows
        self._rows[level.number] = rows

    def _pages(self, level: Level, paging: Paging, keys: list[Any], groups: dict[Any, Any]) -> Rows:
        """Makes each parent's rows its page; gives the rows of all pages."""
        cut, kept = self._cuts[level.number], []
        name, make = partial(self._digest, level), level.cursor_maker
        # on the side it came from a page has neighbours when it has a cursor, since cursors stand on items
        beyond = ("before" if paging.backward else "after") in cut.digests
        for key in keys:
            rows = groups.get(key, [])
            if level.sides is not None:  # cut by its statement
                previous, following = [bool(rows) and rows[0][side] for side in level.sides]
                groups[key] = cursors.Page(rows, name, key, make, previous=previous, following=following)
                kept += rows
                continue
            more = len(rows) > cut.size
            if more:
                rows = rows[: cut.size]
            if paging.backward:
                rows.reverse()
            previous, following = (more, beyond) if paging.backward else (beyond, more)
            groups[key] = cursors.Page(rows, name, key, make, previous=previous, following=following)
            kept += rows
        return kept

    def answer(self) -> dict[str, Any] | None:
        """The data of a query; its errors are in `errors`."""
        for lookup in self.plan.lookups.values():
            if lookup.number in self.found:
                self.found[lookup.number] = found.paired(lookup, self.found[lookup.number], self.groups)
        (row,) = self.memory.framed(self.plan.objects, self.groups)
        refused = any(isinstance(item, Refusal) for items in self.found.values() for item in items)
        if self.plan.build is not None and not (self.plan.refuses or self.refusals or self.refused_pages or refused):
            try:
                made: dict[str, Any] = self.plan.build(row, self.groups, self.given, self.found)
            except (Incomplete, *SURPRISES):
                pass  # the walk finds out what it was
            else:
                return made
        try:
            return self.plan.root.walk(self, At(row))
        except Nulled:
            return None
