"""One execution of a plan: fills the placeholders, runs the statements round by round, groups their rows."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy.types import TypeEngine

from engine import cursors, ids
from engine.answer import Incomplete, Nulled, Obj, Page, Path, Refusal, key_of
from engine.driver import Job, Rows, fetched
from engine.ids import Unusable
from engine.plan import Level, Lookup, Objects, Plan, UserRefusal
from engine.statement import TableDriver, UnnestDriver

_LOG = logging.getLogger("engine")
PAGE, MOST = 20, 100
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


def fault_reference(error: BaseException | str) -> str:
    """Logs a fault of ours once; gives the reference that the client is shown."""
    reference = uuid.uuid4().hex[:12]
    caught = error if isinstance(error, BaseException) else None
    _LOG.error("fault %s: %s", reference, error if caught is None else type(error).__name__, exc_info=caught)
    return reference


@dataclass(frozen=True)
class _Cut:
    """The page asked of a level: its size, and the digests that its cursors carry."""

    size: int
    digests: Mapping[str, str]


class Execution:
    """The rows and refusals of one request; an `answer.Run`."""

    def __init__(self, plan: Plan, variables: Mapping[str, Any], viewer: object) -> None:
        self.plan = plan
        self.variables = variables
        self.values = Values(viewer)
        self.groups: dict[int, dict[Any, Any]] = {}
        self.rows: dict[int, Rows] = {}
        self.refusals: dict[int, Refusal] = {}
        self.refused_pages: dict[tuple[int, Any], Refusal] = {}
        self.found: dict[int, Any] = {}
        self.user_errors: Sequence[UserRefusal] = ()
        self.errors: list[dict[str, Any]] = []
        self.statements = 0
        self._wanted: dict[int, list[Any]] = {}
        self._objects: dict[int, list[tuple[Any, ...]]] = {}
        self._cuts: dict[int, _Cut] = {}
        self._bound = 0

    # errors

    def report(self, path: Path, refusal: Refusal, spot: Sequence[Mapping[str, int]]) -> None:
        """Notes an error of the answer."""
        self.errors.append(
            {"message": refusal.message, "locations": list(spot), "path": list(path), "extensions": {"code": refusal.code}}
        )

    def fault(self, path: Path, error: BaseException | str, spot: Sequence[Mapping[str, int]]) -> None:
        """Notes a fault of ours, under a reference."""
        self.errors.append(
            {
                "message": "Internal server error",
                "locations": list(spot),
                "path": list(path),
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "errorId": fault_reference(error)},
            }
        )

    # values

    def bind(self, keys: Mapping[str, TypeEngine[Any]]) -> None:
        """Computes the arguments' values; what cannot be used becomes the refusal of its field."""
        for lookup in list(self.plan.lookups.values()):
            try:
                self._look_up(lookup, keys)
            except Unusable as error:
                self.refusals[lookup.number] = Refusal("BAD_USER_INPUT", str(error))
        for slot, (name, value) in self.plan.binders:
            try:
                self.values[name] = value(self.variables)
            except Unusable as error:
                self.values[name] = None
                self.refusals[slot] = Refusal("BAD_USER_INPUT", str(error))

    def _look_up(self, lookup: Lookup, keys: Mapping[str, TypeEngine[Any]]) -> None:
        given = lookup.value(self.variables)
        items = given if isinstance(given, list) else [given]
        if len(items) > MOST:
            raise Unusable(f"Ask for at most {MOST} objects at a time.")
        found: list[Any] = []
        for item in items:
            try:
                text = _represented(item) if lookup.by == "representations" else item
                found.append(ids.decoded(text, dict(keys)))
            except Unusable as error:
                found.append(Refusal("BAD_USER_INPUT", str(error)))
        if lookup.by == "id" and isinstance(found[0], Refusal):
            raise Unusable(found[0].message)
        self.found[lookup.number] = found
        for name in {item.type for item in found if not isinstance(item, Refusal)}:
            if name not in lookup.levels:
                lookup.levels[name] = lookup.branch(name)[0]
            wanted = dict.fromkeys(item.key for item in found if not isinstance(item, Refusal) and item.type == name)
            self._wanted[lookup.levels[name].number] = list(wanted)

    def hold(self, objects: Objects, items: Sequence[object]) -> None:
        """Takes in-memory objects, and those they hold, as the rows of their place."""
        self._objects[id(objects)] = [objects.row(item) for item in items]
        for name, (inside, is_list) in objects.held.items():
            held = [getattr(item, name) for item in items]
            flat = [i for h in held if h is not None for i in (h if is_list else [h])]
            self.hold(inside, flat)

    def framed(self, objects: Objects) -> list[Any]:
        """The finished rows of in-memory objects: the columns read for them, then their attributes, held ones as rows."""
        rows = self._objects.get(id(objects), [])
        if objects.level is not None:
            beside = self.groups.get(objects.level.number, {})
            rows = [(*beside[n][0], *row) for n, row in enumerate(rows)] if beside else rows
        for name, (inside, is_list) in objects.held.items():
            position = objects.read(name)
            frames = iter(self.framed(inside))
            rows = [_replaced(row, position, _taken(row[position], frames, is_list=is_list)) for row in rows]
        return rows

    # statements

    async def read(self, connection: AsyncConnection[Any], levels: Sequence[Level], before: Sequence[Job], *, transaction: bool) -> None:
        """Runs the levels' statements, each round in one round trip; a transaction of its own if asked."""
        rounds = self.plan.rounds(levels)
        opened = closed = False
        try:
            for number, batch in enumerate(rounds):
                jobs = [(level, keys, self._job(level, keys)) for level in batch if (keys := self._keys(level)) is not None]
                last = number == len(rounds) - 1
                if not jobs:
                    continue
                first = [*([(BEGIN, ())] if transaction else ()), *before] if not opened else []
                closed = transaction and last
                results = await fetched(connection, [job for _, _, job in jobs], first, ["COMMIT"] if closed else [])
                opened = True
                self.statements += len(jobs)
                for (level, keys, _), rows in zip(jobs, results, strict=True):
                    self._group(level, keys, rows)
            if transaction and opened and not closed:
                await connection.execute("COMMIT")
        except Exception:
            if transaction:
                await connection.rollback()
            raise

    def _keys(self, level: Level) -> list[Any] | None:
        """The parents' keys for a level, or None when there is nothing to read."""
        self.groups[level.number] = {}
        self.rows[level.number] = []
        if level.arguments in self.refusals:
            return None
        above = level.above
        keys: list[Any]
        if isinstance(above, Lookup):
            keys = self._wanted.get(level.number, [])
        elif isinstance(above, Objects):
            rows = self._objects.get(id(above), [()])
            # beside each object stands a row of its own, equal ones too
            keys = list(range(len(rows))) if above.level is level else list(dict.fromkeys(key_of(level.positions, r) for r in rows))
        elif above is not None:
            keys = list(dict.fromkeys(key_of(level.positions, row) for row in self.rows[above.number]))
        else:
            keys = [()]
        if isinstance(level.statement.driver, TableDriver):
            keys = [k for k in keys if k is not None and not (isinstance(k, tuple) and None in k)]
        try:
            keys = self._cut(level, keys) if level.statement.paging else keys
        except Unusable as error:
            self.refusals[level.arguments] = Refusal("BAD_USER_INPUT", str(error))
            return None
        return keys or None

    def _cut(self, level: Level, keys: list[Any]) -> list[Any]:
        """The keys whose list the given cursors belong to; the others' positions are refused. Raises Unusable."""
        paging = level.statement.paging
        assert paging is not None  # noqa: S101 - the caller looked
        size = level.first(self.variables) if level.first else PAGE
        if not 1 <= size <= MOST:
            raise Unusable(f"`{'last' if paging.backward else 'first'}` takes 1 to {MOST}.")
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
        mine = []
        for key in keys:
            if set(digests.values()) == {self._digest(level, key)}:
                mine.append(key)
            else:
                self.refused_pages[level.number, key] = Refusal("BAD_USER_INPUT", str(cursors.mismatch()))
        return mine

    def _digest(self, level: Level, key: Any) -> str:
        parent = key if isinstance(key, tuple) else (key,)
        return cursors.digest(*level.identity, *[self.values[name] for name in level.filters], *parent)

    def _job(self, level: Level, keys: list[Any]) -> Job:
        statement = level.statement
        driver = statement.driver
        if isinstance(driver, TableDriver):
            for position, name in enumerate(driver.names):
                self.values[name] = keys if len(driver.names) == 1 else [key[position] for key in keys]
        elif isinstance(driver, UnnestDriver):
            ordinals, *names = driver.names()
            self.values[ordinals] = list(range(len(keys)))
            self.values.update(zip(names, self._columns(level, driver, keys), strict=True))
        nulls = {
            side: tuple(k.nullable and self.values[n] is None for k, n in zip(statement.paging.keys, statement.paging.names(side), strict=True))
            for side in (level.cursors if statement.paging else ())
        }
        made = self.plan.compiled(level, nulls)
        return made.sql, made.parameters(self.values)

    def _columns(self, level: Level, driver: UnnestDriver, keys: list[Any]) -> list[list[Any]]:
        above = level.above
        if isinstance(above, Objects) and above.level is level:
            rows = self._objects.get(id(above), [()])
            return [[row[above.read(name)] for row in rows] for name in driver.columns]
        if len(driver.columns) == 1:
            return [keys]
        return [[key[i] for key in keys] for i in range(len(driver.columns))]

    def _group(self, level: Level, keys: list[Any], rows: Rows) -> None:
        groups = self.groups[level.number]
        driver = level.statement.driver
        heads = level.statement.heads
        if driver is None:
            groups[()] = rows
        elif isinstance(driver, UnnestDriver):
            for row in rows:
                groups.setdefault(keys[row[0]], []).append(row)
        elif heads == 1:
            for row in rows:
                groups.setdefault(row[0], []).append(row)
        else:
            for row in rows:
                groups.setdefault(row[:heads], []).append(row)
        if level.statement.paging is not None:
            self._paginate(level, keys)
            rows = [row for page in groups.values() for row in page.rows]
        self.rows[level.number] = rows

    def _paginate(self, level: Level, keys: list[Any]) -> None:
        groups = self.groups[level.number]
        paging, cut = level.statement.paging, self._cuts[level.number]
        assert paging is not None  # noqa: S101 - the caller looked
        for key in keys:
            rows = groups.get(key, [])
            more = len(rows) > cut.size
            rows = rows[: cut.size]
            if paging.backward:
                rows.reverse()
            # the other side's flag: a cursor was given, and cursors stand on items
            before, behind = ("before" in cut.digests), ("after" in cut.digests)
            previous, following = (more, before) if paging.backward else (behind, more)
            digest = self._digest(level, key)
            groups[key] = Page(rows, digest, level.cursor_positions, previous=previous, following=following)

    # the answer

    def finish_lookups(self) -> None:
        """Pairs the ids that were looked up with their rows."""
        for lookup in self.plan.lookups.values():
            if lookup.number in self.refusals:
                continue
            made: list[Any] = []
            for item in self.found[lookup.number]:
                if isinstance(item, Refusal):
                    made.append(item)
                    continue
                rows = self.groups[lookup.levels[item.type].number].get(item.key)
                made.append((item.type, rows[0]) if rows else None)
            self.found[lookup.number] = made

    def answer(self) -> dict[str, Any] | None:
        """The data of a query; errors are in `errors`."""
        self.finish_lookups()
        (row,) = self.framed(self.plan.objects) or [()]
        troubled = self.plan.refuses or self.refusals or self.refused_pages
        if self.plan.build is not None and not troubled and not any(isinstance(i, Refusal) for f in self.found.values() for i in f):
            try:
                made: dict[str, Any] = self.plan.build(row, self.groups, self.found)
            except (Incomplete, ValueError, TypeError, LookupError, ArithmeticError):
                pass
            else:
                return made
        return self.walked(self.plan.root, row)

    def walked(self, obj: Obj, row: Any) -> dict[str, Any] | None:
        """The data by the careful walk."""
        try:
            return obj.walk(self, row, None, (), ())
        except Nulled:
            return None


def _represented(item: Any) -> str:
    """The global id in a federation representation."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not isinstance(item.get("__typename"), str):
        raise Unusable("A representation has a __typename and an id.")
    return str(item["id"])


def _replaced(row: tuple[Any, ...], position: int, item: Any) -> tuple[Any, ...]:
    made = list(row)
    made[position] = item
    return tuple(made)


def _taken(held: Any, frames: Any, *, is_list: bool) -> Any:
    if held is None:
        return None
    return [next(frames) for _ in held] if is_list else next(frames)
