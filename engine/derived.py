"""Values that a pure function makes of columns of the row, while the answer is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import FieldNode
from typing_extensions import override

from engine import declare, leaves
from engine.answer import At, Code, Names, Out, Run, Writer
from engine.model import Field
from engine.outs import Checked
from engine.plan import Objects, Place

if TYPE_CHECKING:
    from engine.planner import Planner


@dataclass
class Derived(Checked):
    """What `function` makes of the values at these positions, each through its loader, and of its arguments.

    `number` finds the arguments of a field that was given some; None means that it was not.
    """

    function: Callable[..., Any]
    columns: Sequence[tuple[int, leaves.Convert | None]]
    convert: leaves.Convert
    number: int | None

    @override
    def code(self, writer: Writer, at: Names) -> Code:
        read = [self._read(writer, f"{at.row}[{index}]", load) for index, load in self.columns]
        more = [] if self.number is None else [f"**A[{self.number}]"]
        name = writer.row()
        made = f"{writer.name(self.function)}({','.join(read + more)})"
        return f"({writer.name(self.convert)}({name}) if ({name}:={made}) is not None else None)"

    @staticmethod
    def _read(writer: Writer, value: Code, load: leaves.Convert | None) -> Code:
        return value if load is None else f"(None if {value} is None else {writer.name(load)}({value}))"

    @override
    def walk(self, run: Run, at: At) -> Any:
        read = [(at.row[index], load) for index, load in self.columns]
        values = [value if value is None or load is None else load(value) for value, load in read]
        made = self.function(*values, **({} if self.number is None else run.given[self.number]))
        return None if made is None else self.convert(made)


def planned(
    planner: Planner, field: Field, card: declare.Derived, nodes: Sequence[FieldNode], place: Place, number: int
) -> Out:
    """The value of a field; its arguments are kept by `number` of its slot."""
    given: Mapping[str, Any] = {
        argument.python_name: (argument.kind, source.value)
        for argument, source in planner.sources(field, nodes[0])
        if source is not None
    }
    if given:
        planner.plan.given[number] = given
    held = isinstance(place.owner, Objects)
    columns = [(place.read(key), None if held else leaves.loaded(place.type_of(key))) for key in card.columns]
    return Derived(card.function, columns, leaves.from_python(field.graphql.type), number if given else None)
