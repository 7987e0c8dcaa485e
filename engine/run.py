"""One execution of a plan: fills the placeholders, runs the statements round by round, groups their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy.types import TypeEngine

from engine import cursors, found
from engine.answer import At, Incomplete, Nulled, Path, Refusal, Spot
from engine.driver import Job, Rows, fetched
from engine.drivers import TableDriver, UnnestDriver
from engine.faults import Errors
from engine.ids import Unusable
from engine.memory import Memory
from engine.outs import key_of
from engine.plan import Level, Lookup, Objects, Plan
from engine.price import Limits
from engine.statement import Paging

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Values(dict[str, Any]):
    """The placeholders' values; the viewer's are looked up when a statement first needs them."""

    def __init__(self, viewer: object) -> None:
        super().__init__()
        self._viewer = viewer

    def __missing__(self, key: str) -> Any:
        value = getattr(self._viewer, key.removeprefix("viewer_"))
        if isinstance(value, Enum):
            value = value.value
        elif isinstance(value, set | frozenset | tuple):
            value = list(value)
        self[key] = value
        return value


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
        self.user_errors: Sequence[Any] = ()
        self.statements = 0
        self._rows: dict[int, Rows] = {}
        self._wanted: dict[int, list[Any]] = {}
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

    async def read(
        self, connection: AsyncConnection[Any], levels: Sequence[Level], before: Sequence[Job], *, transaction: bool
    ) -> None:
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
                results = await fetched(connection, jobs, first, ["COMMIT"] if closed else [])
                self.statements += len(jobs)
                for (level, keys), rows in zip(wanted, results, strict=True):
                    self._group(level, keys, rows)
            if transaction and opened and not closed:
                await connection.execute("COMMIT")
        except Exception:
            if transaction:
                await connection.rollback()
            raise

    def _keys(self, level: Level) -> list[Any]:
        """The parents' keys for a level; none when there is nothing to read."""
        self.groups[level.number] = {}
        self._rows[level.number] = []
        if level.arguments in self.refusals:
            return []
        above = level.above
        if isinstance(above, Lookup):
            keys = self._wanted.get(level.number, [])
        elif isinstance(above, Objects) and above.level is level:
            keys = list(range(len(self.memory.rows(above))))  # beside each object stands a row of its own
        elif above is not None:
            rows = self.memory.rows(above) if isinstance(above, Objects) else self._rows[above.number]
            keys = list(dict.fromkeys(key_of(level.positions, row) for row in rows))
        else:
            keys = [()]
        if isinstance(level.statement.driver, TableDriver):
            keys = [k for k in keys if k is not None and not (isinstance(k, tuple) and None in k)]
        if level.statement.paging is None:
            return keys
        try:
            return self._cut(level, level.statement.paging, keys)
        except Unusable as error:
            self._refuse(level.arguments, error)
            return []

    def _cut(self, level: Level, paging: Paging, keys: list[Any]) -> list[Any]:
        """The keys whose list the given cursors belong to; the others' pages are refused. Raises Unusable."""
        size = level.first(self.variables) if level.first else self.limits.page
        if not 1 <= size <= self.limits.most:
            raise Unusable(f"`{'last' if paging.backward else 'first'}` takes 1 to {self.limits.most}.")
        digests = {}
        for side, given in level.cursors.items():
            digests[side], values = cursors.decoded(given(self.variables), [k.sql for k in paging.keys])
            if any(v is None and not k.nullable for v, k in zip(values, paging.keys, strict=True)):
                raise cursors.mismatch()
            self.values.update(zip(paging.names(side), values, strict=True))
        self.values[paging.limit] = size + 1
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
            for position, name in enumerate(driver.names):
                self.values[name] = keys if len(driver.names) == 1 else [key[position] for key in keys]
        elif isinstance(driver, UnnestDriver):
            ordinals, *names = driver.names()
            self.values[ordinals] = list(range(len(keys)))
            self.values.update(zip(names, self._columns(level, driver, keys), strict=True))
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
        if driver is None:
            groups[()] = rows
        for row in rows if driver is not None else ():
            key = keys[row[0]] if isinstance(driver, UnnestDriver) else row[0] if heads == 1 else row[:heads]
            groups.setdefault(key, []).append(row)
        if paging is not None:
            for key in keys:
                groups[key] = self._page(level, paging, key, groups.get(key, []))
            rows = [row for page in groups.values() for row in page.rows]
        self._rows[level.number] = rows

    def _page(self, level: Level, paging: Paging, key: Any, rows: Rows) -> cursors.Page:
        cut = self._cuts[level.number]
        more, rows = len(rows) > cut.size, rows[: cut.size]
        # on the side it came from a page has neighbours when it has a cursor, since cursors stand on items
        if paging.backward:
            rows.reverse()
            previous, following = more, "before" in cut.digests
        else:
            previous, following = "after" in cut.digests, more
        name = partial(self._digest, level, key)
        return cursors.Page(rows, name, level.cursor_positions, previous=previous, following=following)

    def answer(self) -> dict[str, Any] | None:
        """The data of a query; its errors are in `errors`."""
        for lookup in self.plan.lookups.values():
            if lookup.number in self.found:
                self.found[lookup.number] = found.paired(lookup, self.found[lookup.number], self.groups)
        (row,) = self.memory.framed(self.plan.objects, self.groups)
        refused = any(isinstance(item, Refusal) for items in self.found.values() for item in items)
        if self.plan.build is not None and not (self.plan.refuses or self.refusals or self.refused_pages or refused):
            try:
                made: dict[str, Any] = self.plan.build(row, self.groups, self.found)
            except (Incomplete, ValueError, TypeError, LookupError, ArithmeticError):
                pass  # the walk finds out what it was
            else:
                return made
        try:
            return self.plan.root.walk(self, At(row))
        except Nulled:
            return None
