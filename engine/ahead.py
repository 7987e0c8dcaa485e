"""Keys that are known before the rows that hold them: a list below such a row need not wait for it.

A row found by its key has the key that was asked for, so its lists can be read in the same round trip. If the
row turns out not to be there, or not to be shown, nothing of what was read for it is in the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BooleanClauseList, Cast, ColumnElement, Integer, Label, Text, Uuid
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression

from engine.drivers import TableDriver, UnnestDriver
from engine.part import Part
from engine.placeholders import Placeholder, Seen, quoted

if TYPE_CHECKING:
    from engine.plan import Level

_PLAIN = (Uuid, Text, Integer)
"""Types whose values look the same before they were sent and when they come back."""


@dataclass(frozen=True)
class Value:
    """The value of a placeholder."""

    name: str


@dataclass(frozen=True)
class Key:
    """A part of the keys that a level was given."""

    level: Level
    position: int


Source = Value | Key


class Origins:
    """Where columns get their values from, by the alias that qualifies them."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._drivers: dict[str, tuple[Level, Sequence[str]]] = {}

    def part(self, part: Part) -> None:
        """Notes a part of a statement."""
        self._parts[part.alias] = part

    def driver(self, level: Level) -> None:
        """Notes what drives a level."""
        driver = level.statement.driver
        if isinstance(driver, TableDriver):
            self._drivers[driver.alias] = (level, [c.key for c in driver.table.primary_key.columns])
        elif isinstance(driver, UnnestDriver):
            self._drivers[driver.alias] = (level, list(driver.columns))

    def of(self, part: Part, names: Sequence[str]) -> list[Source] | None:
        """Where these columns' values come from; None unless all are known, from one level or from values alone."""
        found = [self._of(part, name) for name in names]
        sources = [each for each in found if each is not None]
        levels = {id(each.level) for each in sources if isinstance(each, Key)}
        return sources if len(sources) == len(names) and len(levels) <= 1 else None

    def _of(self, part: Part, name: str) -> Source | None:
        if not part.has(name) or not isinstance(part.type_of(name), _PLAIN):
            return None
        column = part.expression(name)
        made = self._source(column)
        if made is not None:
            return made
        for condition in _conditions(part.select.whereclause):
            if isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
                left, right = condition.left, condition.right
                for here, there in ((left, right), (right, left)):
                    if _same(here, column) and (made := self._source(there)) is not None:
                        return made
        return None

    def _source(self, expression: Any) -> Source | None:
        """The source of an expression that is nothing but a placeholder or a column of known origin."""
        while isinstance(expression, Cast | Label):
            expression = expression.clause if isinstance(expression, Cast) else expression.element
        if isinstance(expression, Placeholder):
            return Value(expression.key)
        if not isinstance(expression, Seen):
            return None
        for alias, (level, names) in self._drivers.items():
            for position, name in enumerate(names):
                if expression.name == f"{alias}.{quoted(name)}":
                    return Key(level, position)
        for alias, part in self._parts.items():
            if expression.name.startswith(f"{alias}."):
                name = expression.name.removeprefix(f"{alias}.")[1:-1]
                return self._of(part, name)
        return None


def _conditions(clause: ColumnElement[Any] | None) -> Sequence[Any]:
    if isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        return list(clause.clauses)
    return [] if clause is None else [clause]


def _same(one: Any, other: Any) -> bool:
    """Whether two expressions are one column of one table."""
    table = getattr(one, "table", None)
    return table is not None and one.key == other.key and str(table) == str(getattr(other, "table", None))


def keys(sources: Sequence[Source], values: Mapping[str, Any], given: Mapping[int, Sequence[Any]]) -> list[Any]:
    """The keys of a level: made of values, and of the keys that levels were given, by their numbers."""
    level = next((each.level for each in sources if isinstance(each, Key)), None)
    if level is None:
        return [_joined([_plain(values[each.name]) for each in sources if isinstance(each, Value)])]

    def part(source: Source, key: tuple[Any, ...]) -> Any:
        return _plain(values[source.name]) if isinstance(source, Value) else key[source.position]

    parents = [key if isinstance(key, tuple) else (key,) for key in given[level.number]]
    return list(dict.fromkeys([_joined([part(each, key) for each in sources]) for key in parents]))


def _joined(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else tuple(parts)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)
