"""Plans a connection: its page, its items with their cursors, its count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import FieldNode
from sqlalchemy import Boolean

from engine import declare
from engine.answer import Obj, Out, Slot
from engine.arguments import Source
from engine.cursors import maker
from engine.ids import Unusable
from engine.middle import FOLLOWING, PREVIOUS
from engine.model import Field, Type
from engine.outs import Connected, Constant, Cursor, Nested, PageFact, PageItems
from engine.part import Part
from engine.placeholders import Seen
from engine.plan import Level, Place
from engine.selection import Sets, inner
from engine.statement import Paging

if TYPE_CHECKING:
    from engine.planner import Planner

ARGUMENTS = frozenset({"first", "last", "after", "before", "order_by"})
"""The arguments of the page itself, by their Python names; `around` is one, too, and all others are filters."""
_FACTS = {"hasNextPage": "next", "hasPreviousPage": "previous", "startCursor": "start", "endCursor": "end"}


def planned(
    planner: Planner,
    field: Field,
    card: declare.Paged,
    given: Mapping[str, Any],
    nodes: Sequence[FieldNode],
    place: Place,
    number: int,
) -> Out:
    """The connection of a field; `given` are its filters, and the item in its middle."""
    given_here = planner.sources(field, nodes[0])
    sources = {argument.python_name: source for argument, source in given_here if source and source.shape is not None}
    if "first" in sources and "last" in sources:
        return planner.refuse("BAD_USER_INPUT", "Give `first` or `last`, not both.")
    if declare.AROUND in sources and sources.keys() & {"after", "before", "last"}:
        return planner.refuse(
            "BAD_USER_INPUT", "Give `around` alone or with `first`; go on from its page with cursors."
        )
    filters = {name: value for name, value in given.items() if name != declare.AROUND}
    connection = planner.model.types[field.named.name]
    wanted = planner.selections.of(connection, inner(nodes))
    made = Connected()
    items: Place | None = None
    if any(found[0].name.value in ("edges", "nodes", "pageInfo") for found in wanted.values()):
        middle = _Middle(planner, card, given) if declare.AROUND in sources else None
        level, part = planner.listed(field, middle or card.query, filters, place, number)
        made.level, made.positions = level.number, level.positions
        chosen = sources.get("order_by")
        order = next((o for o in card.orders if chosen and o == chosen.shape[1]), next(iter(card.orders)))
        _cut(level, part, card.orders[order], sources, planner.most)
        level.identity = (str(field), str(order or ""))
        if all(value is None or name in card.whole for name, value in filters.items()):
            first = not sources.keys() & {"after", "before", "last", declare.AROUND}
            level.opening = card.opening if first else {}
            level.reckoned = {name: each for name, each in card.reckoned.items() if name not in level.opening}
        level.filters = [name for slot, (name, _) in planner.plan.binders if slot == number]
        if middle is not None:
            level.filters = [name for name in level.filters if not name.startswith(f"a{number}_{declare.AROUND}")]
            middle.found(level, part)
        items = Place(level, part)
    _sized(planner, sources, number)
    for key, found in wanted.items():
        made.obj.slots.append(_slot(planner, connection, key, found, items, card, filters, place))
    made.bare = items is not None and isinstance(items.owner, Level) and not items.owner.paged
    for slot in made.obj.slots:
        if isinstance(slot.out, PageItems):
            slot.out.bare = made.bare
    return made


class _Middle:
    """The list's query, which on the way asks for the item in the middle: its parent's columns drive both."""

    def __init__(self, planner: Planner, card: declare.Paged, given: Mapping[str, Any]) -> None:
        self.planner = planner
        self.card = card
        self.given = given
        self.made: Any = None

    def __call__(self, viewer: Any, parent: Any, **filters: Any) -> Any:
        assert self.card.around is not None  # noqa: S101 - its argument was given
        takes = declare.parameters(self.card.around)
        self.made = self.card.around(viewer, parent, **{n: v for n, v in self.given.items() if n in takes})
        return self.card.query(viewer, parent, **filters)

    def found(self, level: Level, part: Part) -> None:
        """Has the level's page cut around it."""
        paging = level.statement.paging
        assert paging is not None  # noqa: S101 - made by `_cut`
        paging.item = Part(self.made, self.planner.alias(), part.shown)
        first, last = [level.statement.read(name, Seen(part.alias, name, Boolean())) for name in (PREVIOUS, FOLLOWING)]
        level.sides = first, last
        level.paged = True


def _sized(planner: Planner, sources: Mapping[str, Source], number: int) -> None:
    """Has a page that is too small or too large refused, whatever is asked of it."""
    for side, source in sources.items():
        if side in ("first", "last"):
            check = partial(_size, side, source.value, planner.most)
            planner.plan.binders.append((number, (_size_name(number, side), check)))


def _size_name(number: int, side: str) -> str:
    return f"a{number}_{side}"


def _size(side: str, value: Callable[[Mapping[str, Any]], Any], most: int, variables: Mapping[str, Any]) -> int:
    size: int = value(variables)
    if not 1 <= size <= most:
        raise Unusable(f"`{side}` takes 1 to {most}.")
    return size


def _cut(level: Level, part: Part, order: declare.OrderKeys, sources: Mapping[str, Source], most: int) -> None:
    keys = part.keys_for(order)
    part.expressible(keys)
    paging = Paging(keys, "last" in sources, f"l{level.number}", most + 1)
    level.first = next((_size_name(level.arguments, side) for side in ("first", "last") if side in sources), None)
    for side in ("after", "before"):
        if side in sources:
            paging.cursors.add(side)
            level.cursors[side] = sources[side].value
    level.statement.paging = paging


def _with_cursors(items: Place) -> None:
    """Has the rows hold what their cursors are made of."""
    level = items.owner
    if isinstance(level, Level) and level.statement.paging is not None and level.cursor_maker is None:
        keys = level.statement.paging.keys
        level.cursor_maker = maker(keys, [items.read(key.name) for key in keys])
        level.paged = True


def _slot(
    planner: Planner,
    connection: Type,
    key: str,
    nodes: Sequence[FieldNode],
    items: Place | None,
    card: declare.Paged,
    filters: Mapping[str, Any],
    place: Place,
) -> Slot:
    name = nodes[0].name.value
    if name == "__typename":
        return planner.slot(key, nodes, name, Constant(connection.name), nonnull=True)
    field = connection.fields[name]
    slot = planner.slot(key, nodes, str(field), Constant(None), nonnull=field.nonnull)
    of = planner.model.types.get(field.named.name)
    if name == "totalCount" or of is None or items is None:
        if card.total is not None:
            slot.out = planner.computed(field, card.total, filters, place, slot.number)
    elif name == "pageInfo":
        slot.out = Nested(_page_info(planner, of, inner(nodes), items))
    elif name == "edges":
        slot.out = PageItems(_edge(planner, of, inner(nodes), items))
    else:
        slot.out = PageItems(planner.object(of, inner(nodes), items))
    return slot


def _page_info(planner: Planner, info: Type, sets: Sets, items: Place) -> Obj:
    made = Obj()
    assert isinstance(items.owner, Level)  # noqa: S101 - only lists below statements have pages
    for key, nodes in planner.selections.of(info, sets).items():
        name = nodes[0].name.value
        out = Constant(info.name) if name == "__typename" else PageFact(_FACTS[name])
        items.owner.paged = True
        if name.endswith("Cursor"):
            _with_cursors(items)
        elif name in _FACTS:
            items.owner.probes = 1
        made.slots.append(planner.slot(key, nodes, name, out, nonnull=not name.endswith("Cursor")))
    return made


def _edge(planner: Planner, edge: Type, sets: Sets, items: Place) -> Obj:
    made = Obj()
    for key, nodes in planner.selections.of(edge, sets).items():
        name = nodes[0].name.value
        out: Out
        if name == "__typename":
            out = Constant(edge.name)
        elif name == "cursor":
            _with_cursors(items)
            out = Cursor()
        else:
            of = planner.model.types[edge.fields[name].named.name]
            out = Nested(planner.object(of, inner(nodes), items))
        made.slots.append(planner.slot(key, nodes, f"{edge.name}.{name}", out, nonnull=True))
    return made
