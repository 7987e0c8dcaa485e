"""Plans `node`, `nodes` and `_entities`: a branch for each type, made when an id of that type first occurs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphql import FieldNode

from engine import declare
from engine.answer import Obj, Out
from engine.arguments import source_of
from engine.drivers import UnnestDriver
from engine.outs import Looked
from engine.part import Part
from engine.placeholders import Given, PlanError, Seen
from engine.plan import Level, Lookup, Place
from engine.selection import inner
from engine.statement import Statement

if TYPE_CHECKING:
    from engine.planner import Planner


def planned(planner: Planner, card: declare.NodeLookup, nodes: Sequence[FieldNode], number: int) -> Out:
    """The lookup of a field; its rows are found by `number` of its slot."""
    node = nodes[0]
    written = {a.name.value: a.value for a in node.arguments or ()}
    argument = planner.model.query.fields[node.name.value].graphql.args[card.by]
    source = source_of(written[card.by], argument.type, planner.shapes)
    if source is None or source.shape is None:
        raise PlanError(f"{node.name.value}: its argument is required")
    branches: dict[str, Obj] = {}

    def branch(name: str) -> Level:
        of = planner.model.types[name]
        if of.shown is None or of.shown.node is None:
            raise PlanError(f"{name} is no node")
        alias, kind = planner.alias(), planner.model.keys[name]
        query = of.shown.node(planner.viewer, Given({"id": Seen(alias, "id", kind)}))
        part = Part(query, planner.alias(), of.shown)
        planner.origins.part(part)
        driver = UnnestDriver(alias, f"l{len(planner.plan.levels)}", {"id": kind})
        level = planner.level(Statement(planner.alias, driver, part, limit=1), lookup, slot=number)
        branches[name] = planner.object(of, inner(nodes), Place(level, part))
        return level

    lookup = Lookup(number, card.by, source.value, branch)
    planner.plan.lookups[number] = lookup
    return Looked(number, branches, is_list=card.by != "id")
