"""Which fields a document asks of an object: fragments spread, conditions applied, equal response keys merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)
from graphql.language import get_location

from engine.answer import Spot
from engine.arguments import Shapes
from engine.document import refused
from engine.model import Model, Type

Sets = Sequence[SelectionSetNode]


class Selections:
    """The selections of one document under one shape of variables."""

    def __init__(self, model: Model, fragments: Mapping[str, FragmentDefinitionNode], shapes: Shapes) -> None:
        self._model = model
        self._fragments = fragments
        self._shapes = shapes

    def of(self, of: Type, sets: Sets) -> dict[str, list[FieldNode]]:
        """The fields by response key that these selection sets ask of an object of this type, in order."""
        found: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selections in sets:
            for node in self._flat(of, selections, spread):
                found.setdefault((node.alias or node.name).value, []).append(node)
        return found

    def _flat(self, of: Type, selections: SelectionSetNode, spread: set[str]) -> Iterator[FieldNode]:
        for node in selections.selections:
            if not all(self._included(d) for d in node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in spread:
                    spread.add(name)
                    yield from self._fragment(of, self._fragments[name], spread)
            elif isinstance(node, InlineFragmentNode):
                yield from self._fragment(of, node, spread)

    def _fragment(
        self, of: Type, fragment: FragmentDefinitionNode | InlineFragmentNode, spread: set[str]
    ) -> Iterator[FieldNode]:
        condition = fragment.type_condition
        if condition is None or self._matches(of, condition.name.value):
            yield from self._flat(of, fragment.selection_set, spread)

    def _matches(self, of: Type, condition: str) -> bool:
        if condition == of.name:
            return True
        found = self._model.core.type_map[condition]
        return is_abstract_type(found) and self._model.core.is_sub_type(found, of.graphql)

    def _included(self, directive: DirectiveNode) -> bool:
        """Whether a condition lets its selection through. Raises RequestError for a null that decides it."""
        if directive.name.value not in ("skip", "include"):
            return True
        (argument,) = directive.arguments or ()
        if isinstance(argument.value, VariableNode):
            name = argument.value.name.value
            shape = self._shapes[name]  # the value of such a variable is part of it
            if shape is None:  # a default let it through validation
                raise refused("BAD_USER_INPUT", f"${name} decides a condition, so it may not be null.")
            said = shape[1]
        else:
            said = isinstance(argument.value, BooleanValueNode) and argument.value.value
        return bool(said) == (directive.name.value == "include")


def inner(nodes: Sequence[FieldNode]) -> list[SelectionSetNode]:
    """What merged fields select below them."""
    return [node.selection_set for node in nodes if node.selection_set is not None]


def spot_of(node: FieldNode) -> Spot:
    """Where a field stands in its document."""
    if node.loc is None:
        return ()
    found = get_location(node.loc.source, node.loc.start)
    return ({"line": found.line, "column": found.column},)
