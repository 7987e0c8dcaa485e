"""The kinds of values in an answer. Rows are tuples; G holds the groups of rows, F what was looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from engine.answer import At, Code, Names, Nulled, Obj, Out, Refusal, Row, Run, Writer, built
from engine.leaves import converted


def key_code(positions: Sequence[int], row: str) -> Code:
    """The expression of a row's key; one position is the bare value."""
    if len(positions) == 1:
        return f"{row}[{positions[0]}]"
    return "(" + "".join(f"{row}[{i}]," for i in positions) + ")"


def key_of(positions: Sequence[int], row: Row) -> Any:
    """A row's key, as `key_code` computes it."""
    return row[positions[0]] if len(positions) == 1 else tuple(row[i] for i in positions)


class Checked(Out):
    """A kind whose value may be None where it must not be."""

    @override
    def nonnull(self, writer: Writer, at: Names) -> Code:
        name = writer.row()
        return f"({name} if ({name}:={self.code(writer, at)}) is not None else no())"


@dataclass
class Constant(Out):
    """A value known since planning, such as __typename, or what graphql-core answered."""

    value: Any

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        return repr(self.value) if isinstance(self.value, str) else writer.name(self.value)

    @override
    def walk(self, run: Run, at: At) -> Any:
        return self.value


@dataclass
class Refused(Out):
    """A field that is refused whatever the values: a scope is missing, or its arguments contradict."""

    refusal: Refusal

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        return "no()"

    @override
    def walk(self, run: Run, at: At) -> Any:
        raise self.refusal


@dataclass
class Leaf(Out):
    """A scalar at a position of the row, converted for JSON."""

    index: int
    convert: Callable[[Any], Any] | None = None

    def _read(self, writer: Writer, at: Names) -> tuple[Code, Code]:
        read = f"{at.row}[{self.index}]"
        return read, (converted(self.convert, read, writer.name) if self.convert else read)

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        read, made = self._read(writer, at)
        return f"(None if {read} is None else {made})" if self.convert else read

    @override
    def nonnull(self, writer: Writer, at: Names) -> Code:
        read, made = self._read(writer, at)
        return f"({made} if {read} is not None else no())"

    @override
    def walk(self, run: Run, at: At) -> Any:
        value = at.row[self.index]
        return value if value is None or self.convert is None else self.convert(value)


@dataclass
class Nested(Checked):
    """An object in the same row; `there` is the position that is null when it is absent."""

    obj: Obj
    there: int | None = None

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        made = self.obj.code(writer, at)
        return made if self.there is None else f"(None if {at.row}[{self.there}] is None else {made})"

    @override
    def walk(self, run: Run, at: At) -> Any:
        if self.there is not None and at.row[self.there] is None:
            return None
        return self.obj.walk(run, at)


@dataclass
class Single(Checked):
    """The first row of a level, or null."""

    level: int
    obj: Obj

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        name = writer.row()
        made = self.obj.code(writer, Names(name, at.page))
        return f"(*[{made} for {name} in G[{self.level}].get((),EMPTY)],None)[0]"

    @override
    def walk(self, run: Run, at: At) -> Any:
        group = run.groups[self.level].get((), ())
        return self.obj.walk(run, At(group[0], at.page, at.path, at.spot)) if group else None


@dataclass
class ListOf(Out):
    """The rows of a level that belong to this row."""

    level: int
    positions: Sequence[int]
    obj: Obj
    items_nonnull: bool

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        name = writer.row()
        made = self.obj.code(writer, Names(name, at.page))
        return f"[{made} for {name} in G[{self.level}].get({key_code(self.positions, at.row)},EMPTY)]"

    @override
    def walk(self, run: Run, at: At) -> Any:
        rows = run.groups[self.level].get(key_of(self.positions, at.row), ())
        return self.obj.walk_list(run, rows, at, nonnull=self.items_nonnull)


@dataclass
class Held(Out):
    """Objects that the row holds itself, as rows: what a mutation returned."""

    index: int
    obj: Obj
    is_list: bool
    items_nonnull: bool

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        return "no()"  # mutations walk

    @override
    def walk(self, run: Run, at: At) -> Any:
        held = at.row[self.index]
        if held is None:
            return None
        if self.is_list:
            return self.obj.walk_list(run, held, at, nonnull=self.items_nonnull)
        return self.obj.walk(run, At(held, at.page, at.path, at.spot))


@dataclass
class UserErrors(Out):
    """The refusals of a change, made into rows by `row`; empty when it was made."""

    obj: Obj
    row: Callable[[Any], Row]

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        return "no()"  # mutations walk

    @override
    def walk(self, run: Run, at: At) -> Any:
        return self.obj.walk_list(run, [self.row(e) for e in run.user_errors], at, nonnull=True)


@dataclass
class Connected(Out):
    """A connection: its slots read the parent's row and its own page. Without a level nothing of the page is asked."""

    obj: Obj = field(default_factory=Obj)
    level: int | None = None
    positions: Sequence[int] = ()
    bare: bool = False
    """Whether its items are all that is asked for; its page is then the rows alone."""

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        if self.level is None:
            return self.obj.code(writer, at)
        key = key_code(self.positions, at.row)
        page = f"G[{self.level}].get({key},EMPTY)" if self.bare else f"G[{self.level}][{key}]"
        if self.bare and len(self.obj.slots) == 1:
            return self.obj.code(writer, Names(at.row, page))
        name = writer.row()
        return f"[{self.obj.code(writer, Names(at.row, name))} for {name} in ({page},)][0]"

    @override
    def walk(self, run: Run, at: At) -> Any:
        if self.level is None:
            return self.obj.walk(run, at)
        key = key_of(self.positions, at.row)
        refusal = run.refused_pages.get((self.level, key))
        if refusal is not None:
            raise refusal
        group = run.groups[self.level]
        page = group.get(key, ()) if self.bare else group[key]
        return self.obj.walk(run, At(at.row, page, at.path, at.spot))


@dataclass
class PageItems(Out):
    """`edges` or `nodes` of a page; a bare page is its rows."""

    obj: Obj
    bare: bool = False

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        name = writer.row()
        rows = at.page if self.bare else f"{at.page}.rows"
        return f"[{self.obj.code(writer, Names(name, at.page))} for {name} in {rows}]"

    @override
    def walk(self, run: Run, at: At) -> Any:
        return self.obj.walk_list(run, at.page if self.bare else at.page.rows, at, nonnull=True)


class Cursor(Out):
    """The cursor of a page's row."""

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        return f"{at.page}.cursor({at.row})"

    @override
    def walk(self, run: Run, at: At) -> Any:
        return at.page.cursor(at.row)


@dataclass
class PageFact(Out):
    """A field of pageInfo, by the page's attribute."""

    attribute: str

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        return f"{at.page}.{self.attribute}"

    @override
    def walk(self, run: Run, at: At) -> Any:
        return getattr(at.page, self.attribute)


@dataclass
class Looked(Out):
    """Objects found by global id; `branches` are planned when their type first occurs."""

    number: int
    branches: dict[str, Obj]
    is_list: bool
    builders: dict[str, Callable[..., Any]] = field(default_factory=dict)

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        return f"{writer.name(self._built)}(F[{self.number}],G,A)"  # types are known only when ids are

    def _built(self, found: Sequence[tuple[str, Row] | None], groups: Any, given: Any) -> Any:
        made = [None if item is None else self._builder(item[0])(item[1], groups, given) for item in found]
        return made if self.is_list else made[0]

    def _builder(self, name: str) -> Callable[..., Any]:
        made = self.builders.get(name)
        if made is None:
            made = self.builders[name] = built(self.branches[name])
        return made

    @override
    def walk(self, run: Run, at: At) -> Any:
        made = [
            self._walk_one(run, item, At(at.row, at.page, (*at.path, n) if self.is_list else at.path, at.spot))
            for n, item in enumerate(run.found[self.number])
        ]
        return made if self.is_list else made[0]

    def _walk_one(self, run: Run, item: Any, at: At) -> Any:
        if isinstance(item, Refusal):
            run.report(at.path, item, at.spot)
            return None
        try:
            return None if item is None else self.branches[item[0]].walk(run, At(item[1], None, at.path, at.spot))
        except Nulled:
            return None
