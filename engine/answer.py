"""The answer's tree: what each response key is made of, as generated code and as a careful walk.

The generated code serves answers without errors and raises Incomplete at the first surprise; then the
walk produces the same data with every error at its path, nulls climbing to the nearest nullable place.
Rows are tuples; a page is the pair of a connection's parent row and its `Page`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine import cursors

Path = tuple[str | int, ...]
Row = Any
Code = str


class Incomplete(Exception):  # noqa: N818 - a signal, not an error of anyone's
    """The generated code met something only the careful walk can answer."""


class Refusal(Exception):  # noqa: N818 - likewise
    """A field that answers null with an error; `code` None is a fault of ours."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Nulled(Exception):  # noqa: N818 - likewise
    """A null that has climbed here; its error is reported already."""


class Run(Protocol):
    """What an answer is made from, once the statements have run."""

    groups: Mapping[int, Mapping[Any, Any]]
    refusals: Mapping[int, Refusal]
    refused_pages: Mapping[tuple[int, Any], Refusal]
    found: Mapping[int, Any]
    user_errors: Sequence[Any]

    def report(self, path: Path, refusal: Refusal, spot: Sequence[Mapping[str, int]]) -> None:
        """Notes an error of the answer."""
        ...

    def fault(self, path: Path, error: BaseException | str, spot: Sequence[Mapping[str, int]]) -> None:
        """Notes a fault of ours, under a reference."""
        ...


class Page:
    """One page of one list."""

    __slots__ = ("digest", "next", "positions", "previous", "rows")

    def __init__(self, rows: Sequence[Row], digest: str, positions: Sequence[int], *, previous: bool, following: bool) -> None:
        self.rows = rows
        self.digest = digest
        self.positions = positions
        self.previous = previous
        self.next = following

    def cursor(self, row: Row) -> str:
        """The cursor of one of its rows."""
        return cursors.encoded(self.digest, [row[i] for i in self.positions])

    @property
    def start(self) -> str | None:
        """The first row's cursor."""
        return self.cursor(self.rows[0]) if self.rows else None

    @property
    def end(self) -> str | None:
        """The last row's cursor."""
        return self.cursor(self.rows[-1]) if self.rows else None


class Writer:
    """The names that generated code uses."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"EMPTY": (), "no": _incomplete, "next_": next}
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


class Out(Protocol):
    """One kind of answer."""

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A Python expression of the value; None stands for null."""
        ...

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The value; raises Refusal or Nulled."""
        ...


@dataclass
class Slot:
    """A response key of an object. `number` finds the refusals of its arguments."""

    key: str
    out: Out
    nonnull: bool
    number: int
    name: str
    spot: Sequence[Mapping[str, int]]


@dataclass
class Obj:
    """An object read from one row."""

    slots: list[Slot] = field(default_factory=list)

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A dict display."""
        return "{" + ",".join(f"{s.key!r}:{self._item(s, writer, row, page)}" for s in self.slots) + "}"

    @staticmethod
    def _item(slot: Slot, writer: Writer, row: str, page: str) -> Code:
        if isinstance(slot.out, Leaf):
            return slot.out.item(writer, row, nonnull=slot.nonnull)
        code = slot.out.code(writer, row, page)
        if slot.nonnull and isinstance(slot.out, Nested | Single):
            name = writer.row()
            return f"({name} if ({name}:={code}) is not None else no())"
        return code

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> dict[str, Any]:
        """The object; raises Nulled when a non-null field has no value."""
        made = {}
        for slot in self.slots:
            here = (*path, slot.key)
            value = None
            try:
                if slot.number in run.refusals:
                    raise run.refusals[slot.number]
                value = slot.out.walk(run, row, page, here, slot.spot)
                if value is None and slot.nonnull:
                    run.fault(here, f"{slot.name} is null", slot.spot)
            except Refusal as refusal:
                run.report(here, refusal, slot.spot)
            except Nulled:
                pass
            except (ValueError, TypeError, LookupError, ArithmeticError) as error:  # a converter met an impossible value
                run.fault(here, error, slot.spot)
            if value is None and slot.nonnull:
                raise Nulled
            made[slot.key] = value
        return made


@dataclass
class Constant:
    """A value known since planning, such as __typename, or what graphql-core answered."""

    value: Any

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A name or a literal."""
        return repr(self.value) if isinstance(self.value, str) else writer.name(self.value)

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The value."""
        return self.value


@dataclass
class Refused:
    """A field this viewer may not ask for."""

    refusal: Refusal

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """The careful walk's business."""
        return "no()"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """Raises the refusal."""
        raise self.refusal


@dataclass
class Leaf:
    """A scalar at a position of the row, converted for JSON."""

    index: int
    convert: Callable[[Any], Any] | None = None

    def item(self, writer: Writer, row: str, *, nonnull: bool) -> Code:
        """The expression with its null check."""
        read = f"{row}[{self.index}]"
        made = f"{writer.name(self.convert)}({read})" if self.convert else read
        if nonnull:
            return f"({made} if {read} is not None else no())"
        return f"(None if {read} is None else {made})" if self.convert else read

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A subscript."""
        return self.item(writer, row, nonnull=False)

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The converted value."""
        value = row[self.index]
        return value if value is None or self.convert is None else self.convert(value)


@dataclass
class Nested:
    """An object in the same row; `there` is the position that is null when it is absent."""

    obj: Obj
    there: int | None

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A conditional."""
        made = self.obj.code(writer, row, page)
        return made if self.there is None else f"(None if {row}[{self.there}] is None else {made})"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The object or None."""
        if self.there is not None and row[self.there] is None:
            return None
        return self.obj.walk(run, row, page, path, spot)


def key_code(positions: Sequence[int], row: str) -> Code:
    """The expression of a parent's key; one position is the bare value."""
    if len(positions) == 1:
        return f"{row}[{positions[0]}]"
    return "(" + "".join(f"{row}[{i}]," for i in positions) + ")"


def key_of(positions: Sequence[int], row: Row) -> Any:
    """A parent's key, as `key_code` computes it."""
    return row[positions[0]] if len(positions) == 1 else tuple(row[i] for i in positions)


def _walk_items(obj: Obj, run: Run, rows: Sequence[Row], page: Any, path: Path, spot: Any, *, nonnull: bool) -> list[Any]:
    made = []
    for index, row in enumerate(rows):
        try:
            made.append(obj.walk(run, row, page, (*path, index), spot))
        except Nulled:
            if nonnull:
                raise
            made.append(None)
    return made


@dataclass
class Single:
    """The first row of a level, or null."""

    level: int
    positions: Sequence[int]
    inner: Out

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """The first of a group."""
        name = writer.row()
        group = f"G[{self.level}].get({key_code(self.positions, row)},EMPTY)"
        return f"next_(iter([{self.inner.code(writer, name, page)} for {name} in {group}]),None)"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The value or None."""
        group = run.groups[self.level].get(key_of(self.positions, row), ())
        return self.inner.walk(run, group[0], page, path, spot) if group else None


@dataclass
class ListOf:
    """The rows of a level that belong to this row."""

    level: int
    positions: Sequence[int]
    obj: Obj
    nonnull: bool

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A list display."""
        name = writer.row()
        group = f"G[{self.level}].get({key_code(self.positions, row)},EMPTY)"
        return f"[{self.obj.code(writer, name, page)} for {name} in {group}]"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The list."""
        rows = run.groups[self.level].get(key_of(self.positions, row), ())
        return _walk_items(self.obj, run, rows, page, path, spot, nonnull=self.nonnull)


@dataclass
class Held:
    """Objects that the row holds itself, as rows: what a mutation returned."""

    index: int
    obj: Obj
    is_list: bool
    nonnull: bool

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """Mutations walk."""
        return "no()"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The object or list, or None."""
        held = row[self.index]
        if held is None:
            return None
        if self.is_list:
            return _walk_items(self.obj, run, held, page, path, spot, nonnull=self.nonnull)
        return self.obj.walk(run, held, page, path, spot)


@dataclass
class UserErrors:
    """The refusals of a change, made into rows by `row`."""

    obj: Obj
    row: Callable[[Any], Row]

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """Mutations walk."""
        return "no()"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The list, empty when the change was made."""
        return _walk_items(self.obj, run, [self.row(e) for e in run.user_errors], page, path, spot, nonnull=True)


@dataclass
class Connected:
    """A connection: its slots read the parent's row and its own page."""

    level: int | None
    positions: Sequence[int]
    obj: Obj

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """An object over a page."""
        if self.level is None:
            return self.obj.code(writer, row, page)
        name = writer.row()
        return f"[{self.obj.code(writer, row, name)} for {name} in (G[{self.level}][{key_code(self.positions, row)}],)][0]"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The connection; raises the refusal of its cursors."""
        if self.level is None:
            return self.obj.walk(run, row, None, path, spot)
        key = key_of(self.positions, row)
        refusal = run.refused_pages.get((self.level, key))
        if refusal is not None:
            raise refusal
        return self.obj.walk(run, row, run.groups[self.level][key], path, spot)


@dataclass
class PageItems:
    """`edges` or `nodes` of a page."""

    obj: Obj

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A list display."""
        name = writer.row()
        return f"[{self.obj.code(writer, name, page)} for {name} in {page}.rows]"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The list."""
        return _walk_items(self.obj, run, page.rows, page, path, spot, nonnull=True)


@dataclass
class Cursor:
    """The cursor of a page's row."""

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A call."""
        return f"{page}.cursor({row})"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The cursor."""
        return page.cursor(row)


@dataclass
class PageFact:
    """A field of pageInfo, by the page's attribute."""

    attribute: str

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """An attribute."""
        return f"{page}.{self.attribute}"

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The attribute."""
        return getattr(page, self.attribute)


@dataclass
class Looked:
    """Objects found by global id; `branches` are planned when their type first occurs."""

    number: int
    branches: dict[str, Obj]
    is_list: bool
    builders: dict[str, Callable[[Any, Any], Any]] = field(default_factory=dict)

    def code(self, writer: Writer, row: str, page: str) -> Code:
        """A call, since types are known only when ids are."""
        return f"{writer.name(self._built)}(F[{self.number}],G)"

    def _built(self, found: Sequence[tuple[str, Row] | None], groups: Any) -> Any:
        made = [None if item is None else self._builder(item[0])(item[1], groups) for item in found]
        return made if self.is_list else made[0]

    def _builder(self, name: str) -> Callable[[Any, Any], Any]:
        made = self.builders.get(name)
        if made is None:
            made = self.builders[name] = built(self.branches[name])
        return made

    def walk(self, run: Run, row: Row, page: Any, path: Path, spot: Any) -> Any:
        """The objects, null where absent."""
        made: list[Any] = []
        for index, item in enumerate(run.found[self.number]):
            here = (*path, index) if self.is_list else path
            try:
                if isinstance(item, Refusal):
                    raise item
                made.append(None if item is None else self.branches[item[0]].walk(run, item[1], page, here, spot))
            except Refusal as refusal:
                run.report(here, refusal, spot)
                made.append(None)
            except Nulled:
                made.append(None)
        return made if self.is_list else made[0]


def built(obj: Obj) -> Callable[[Any, Any], Any]:
    """A function (row, groups, found) that makes the object; raises Incomplete where only a walk can answer."""
    writer = Writer()
    code = obj.code(writer, "r0", "None")
    namespace = dict(writer.names)
    exec(f"def build(r0, G, F=None):\n return {code}", namespace)  # noqa: S102 - text made from validated names
    made: Callable[[Any, Any], Any] = namespace["build"]
    return made
