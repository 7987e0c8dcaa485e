"""Plans the fields of a mutation: what each changes, and how its payload is read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_type_hints

from graphql import FieldNode, OperationDefinitionNode

from engine import declare
from engine.answer import Obj
from engine.model import Type
from engine.outs import Constant, Nested, UserErrors
from engine.placeholders import PlanError
from engine.plan import Change, Objects, Place, UserRefusal, class_of
from engine.selection import Sets, inner

if TYPE_CHECKING:
    from engine.planner import Planner


def planned(planner: Planner, node: OperationDefinitionNode) -> list[Change]:
    """The changes of a mutation, in order."""
    root = planner.model.mutation
    if root is None:
        raise PlanError("the schema has no mutations")
    wanted = planner.selections.of(root, [node.selection_set])
    return [_change(planner, root, key, nodes) for key, nodes in wanted.items()]


def _change(planner: Planner, root: Type, key: str, nodes: Sequence[FieldNode]) -> Change:
    name = nodes[0].name.value
    if name == "__typename":
        return Change(planner.slot(key, nodes, name, Constant(root.name), nonnull=True))
    field = root.fields[name]
    if not isinstance(field.card, declare.Mutation):
        raise PlanError(f"{field}: the fields of the mutation root are mutation()s")
    slot = planner.slot(key, nodes, str(field), Constant(None), nonnull=field.nonnull)
    refused = planner.refused(field)
    if refused is not None:
        slot.out = refused
        return Change(slot)
    objects = Objects(class_of(get_type_hints(field.card.change, include_extras=True)["return"]))
    start = len(planner.plan.levels)
    slot.out = Nested(_payload(planner, planner.model.types[field.named.name], inner(nodes), Place(objects)))
    (argument,) = field.arguments.values()
    (written,) = nodes[0].arguments or ()
    return Change(slot, field.card, argument, written.value, objects, planner.plan.levels[start:])


def _payload(planner: Planner, of: Type, sets: Sets, place: Place) -> Obj:
    made = Obj()
    for key, nodes in planner.selections.of(of, sets).items():
        if nodes[0].name.value != "userErrors":
            made.slots.append(planner.field(of, key, nodes, place))
            continue
        field = of.fields["userErrors"]
        errors = Objects(UserRefusal)
        obj = planner.object(planner.model.types[field.named.name], inner(nodes), Place(errors))
        made.slots.append(planner.slot(key, nodes, str(field), UserErrors(obj, errors.row), nonnull=True))
    return made
