"""The answer's tree: what each response key is made of, as generated code and as a careful walk.

The generated code serves answers without errors and raises Incomplete at the first surprise; then the
walk produces the same data with every error at its path, nulls climbing to the nearest nullable place.
`engine.outs` has the kinds of values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Path = tuple[str | int, ...]
Row = Any
Code = str
Spot = Sequence[Mapping[str, int]]
"""Where a field stands in its document: line and column."""


class Incomplete(Exception):
    """The generated code met something only the careful walk can answer."""


SURPRISES = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What converters and functions raise when they meet a value that cannot be."""


class Refusal(Exception):
    """A field that answers null with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Nulled(Exception):
    """A null that climbs; its error is reported already."""


class Run(Protocol):
    """What an answer is made from, once the statements have run."""

    groups: dict[int, dict[Any, Any]]
    """By level, then by the key of the parent: rows, or the page of a connection."""
    refusals: dict[int, Refusal]
    """By slot."""
    refused_pages: dict[tuple[int, Any], Refusal]
    """By level and key."""
    found: dict[int, Any]
    """By lookup: for each id its type and row, None, or a refusal."""
    given: dict[int, Mapping[str, Any]]
    """By slot: the arguments of functions."""
    user_errors: Sequence[Any]

    def report(self, path: Path, refusal: Refusal, spot: Spot) -> None:
        """Notes an error of the answer."""
        ...

    def fault(self, path: Path, error: BaseException | str, spot: Spot) -> None:
        """Notes a fault of ours, under a reference."""
        ...


@dataclass(frozen=True)
class At:
    """Where the walk stands: the row, the page of the nearest connection, the path and the field's spot."""

    row: Row
    page: Any = None
    path: Path = ()
    spot: Spot = ()


@dataclass(frozen=True)
class Names:
    """The variables of generated code that hold the row and the page."""

    row: str
    page: str = "None"


class Writer:
    """The names that generated code may use."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"EMPTY": (), "no": _incomplete}
        self._rows = 0

    def name(self, item: Any) -> str:
        """A name for an object."""
        made = f"x{len(self.names)}"
        self.names[made] = item
        return made

    def row(self) -> str:
        """A fresh variable."""
        self._rows += 1
        return f"r{self._rows}"


def _incomplete() -> None:
    raise Incomplete


class Out(ABC):
    """One kind of value."""

    @abstractmethod
    def code(self, writer: Writer, at: Names) -> Code:
        """A Python expression of the value; None stands for null."""

    def nonnull(self, writer: Writer, at: Names) -> Code:
        """The same where null may not be; kinds that are never None need no check."""
        return self.code(writer, at)

    @abstractmethod
    def walk(self, run: Run, at: At) -> Any:
        """The value; raises Refusal or Nulled."""


@dataclass
class Slot:
    """A response key of an object. `number` finds the refusals of its arguments."""

    key: str
    out: Out
    nonnull: bool
    number: int
    name: str
    spot: Spot

    def walk(self, run: Run, at: At) -> Any:
        """The value. Raises Nulled when there is none and must be; why is reported by then."""
        here = At(at.row, at.page, (*at.path, self.key), self.spot)
        value = None
        try:
            if self.number in run.refusals:
                raise run.refusals[self.number]
            value = self.out.walk(run, here)
            if value is None and self.nonnull:
                run.fault(here.path, f"{self.name} is null", self.spot)
        except Refusal as refusal:
            run.report(here.path, refusal, self.spot)
        except Nulled:
            pass
        except SURPRISES as error:
            run.fault(here.path, error, self.spot)
        if value is None and self.nonnull:
            raise Nulled
        return value


@dataclass
class Obj:
    """An object read from one row."""

    slots: list[Slot] = field(default_factory=list)

    def code(self, writer: Writer, at: Names) -> Code:
        """A dict display."""
        items = [(s.key, s.out.nonnull(writer, at) if s.nonnull else s.out.code(writer, at)) for s in self.slots]
        return "{" + ",".join(f"{key!r}:{code}" for key, code in items) + "}"

    def walk(self, run: Run, at: At) -> dict[str, Any]:
        """The object; raises Nulled when a non-null field has no value."""
        return {slot.key: slot.walk(run, at) for slot in self.slots}

    def walk_list(self, run: Run, rows: Sequence[Row], at: At, *, nonnull: bool) -> list[Any]:
        """An object of each row; raises Nulled when one is null and may not be."""
        made: list[Any] = []
        for index, row in enumerate(rows):
            try:
                made.append(self.walk(run, At(row, at.page, (*at.path, index), at.spot)))
            except Nulled:
                if nonnull:
                    raise
                made.append(None)
        return made


def built(obj: Obj) -> Callable[..., dict[str, Any]]:
    """A function (row, groups, given, found) that makes the object; raises Incomplete where only a walk can answer."""
    writer = Writer()
    code = obj.code(writer, Names("r0"))
    namespace = dict(writer.names)
    # the text holds positions, our own names and validated GraphQL names, nothing else
    exec(f"def build(r0, G, A, F=None):\n return {code}", namespace)  # noqa: S102
    made: Callable[..., dict[str, Any]] = namespace["build"]
    return made
