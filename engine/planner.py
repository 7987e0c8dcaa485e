"""Plans an operation: walks its selections once, asks the resolvers for their queries, and arranges the statements."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_type_hints

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)
from graphql.language import get_location
from sqlalchemy import ColumnElement, Select
from sqlalchemy.types import TypeEngine

from engine import declare, leaves
from engine.answer import (
    Connected,
    Constant,
    Cursor,
    Held,
    Leaf,
    ListOf,
    Looked,
    Nested,
    Obj,
    Out,
    PageFact,
    PageItems,
    Refusal,
    Refused,
    Single,
    Slot,
    UserErrors,
    built,
)
from engine.arguments import Binder, Shapes, bound, source_of
from engine.model import Field, Model, Type
from engine.placeholders import Given, ParentSeen, PlanError, Seen, ViewerSeen
from engine.plan import Change, Level, Lookup, Objects, Place, Plan, UserRefusal
from engine.statement import Paging, Part, Statement, UnnestDriver

PAGE_ARGUMENTS = frozenset({"first", "last", "after", "before", "order_by"})
PAGE_FACTS = {"hasNextPage": "next", "hasPreviousPage": "previous", "startCursor": "start", "endCursor": "end"}


class Planner:
    """Plans one operation for one kind of viewer and one shape of variables."""

    def __init__(
        self, model: Model, fragments: Mapping[str, FragmentDefinitionNode], shapes: Shapes, viewer: ViewerSeen, answered: Mapping[str, Any]
    ) -> None:
        self.model = model
        self.fragments = fragments
        self.shapes = shapes
        self.viewer = viewer
        self.answered = answered
        self.plan = Plan()
        self._aliases = itertools.count(1)
        self._slots = itertools.count(1)

    def operation(self, node: OperationDefinitionNode) -> Plan:
        """The plan. Raises PlanError for declarations that cannot be planned."""
        plan = self.plan
        if node.operation.value == "mutation":
            assert self.model.mutation is not None  # noqa: S101 - validated
            for key, nodes in self.collected(self.model.mutation, [node.selection_set]).items():
                plan.changes.append(self._change(self.model.mutation, key, nodes))
            return plan
        place = Place(plan.objects, None, self.alias)
        plan.root = self.object(self.model.query, [node.selection_set], place)
        plan.build = built(plan.root)
        for level in plan.levels:
            if not level.cursors:
                plan.compiled(level, {})
        return plan

    def alias(self) -> str:
        """A fresh alias."""
        return f"t{next(self._aliases)}"

    # selections

    def collected(self, of: Type, sets: Sequence[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """The fields by response key that these selection sets ask of an object of this type, in order."""
        found: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selections in sets:
            for node in self._flat(of, selections, spread):
                found.setdefault((node.alias or node.name).value, []).append(node)
        return found

    def _flat(self, of: Type, selections: SelectionSetNode, spread: set[str]) -> Iterator[FieldNode]:
        for node in selections.selections:
            if not self._included(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in spread:
                    continue
                spread.add(node.name.value)
            fragment = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode)  # noqa: S101 - nothing else is left
            condition = fragment.type_condition
            if condition is None or self._matches(of, condition.name.value):
                yield from self._flat(of, fragment.selection_set, spread)

    def _matches(self, of: Type, condition: str) -> bool:
        if condition == of.name:
            return True
        found = self.model.core.type_map[condition]
        return is_abstract_type(found) and self.model.core.is_sub_type(found, of.graphql)

    def _included(self, directives: Sequence[DirectiveNode]) -> bool:
        for directive in directives:
            if directive.name.value in ("skip", "include"):
                node = directive.arguments[0].value
                # the value of such a variable is part of the shape
                said = self.shapes[node.name.value][1] if isinstance(node, VariableNode) else node.value  # type: ignore[attr-defined]
                if said == (directive.name.value == "skip"):
                    return False
        return True

    # objects and fields

    def object(self, of: Type, sets: Sequence[SelectionSetNode], place: Place) -> Obj:
        """The answer's object of a type, read at a place."""
        return Obj([self._slot(of, key, nodes, place) for key, nodes in self.collected(of, sets).items()])

    def _slot(self, of: Type, key: str, nodes: list[FieldNode], place: Place) -> Slot:
        name = nodes[0].name.value
        number = next(self._slots)
        spot = spot_of(nodes[0])
        if name == "__typename":
            return Slot(key, Constant(of.name), nonnull=True, number=number, name=name, spot=spot)
        if name in ("__schema", "__type", "_service") and of is self.model.query:
            return Slot(key, Constant(self.answered.get(key)), nonnull=False, number=number, name=name, spot=spot)
        field = of.fields[name]
        self.plan.size += 400
        return Slot(key, self._out(field, nodes, place, number), field.nonnull, number, str(field), spot)

    def _refused(self, field: Field) -> Refused | None:
        missing = field.card.rule.missing(self.viewer.kind, self.viewer.scopes) if field.card else None
        if missing is None:
            return None
        self.plan.refuses = True
        return Refused(Refusal("FORBIDDEN", missing))

    def _out(self, field: Field, nodes: list[FieldNode], place: Place, number: int) -> Out:
        card = field.card
        refused = self._refused(field)
        if refused is not None:
            return refused
        sets = [n.selection_set for n in nodes if n.selection_set is not None]
        if card is None or isinstance(card, declare.Value):
            return self._held(field, sets, place)
        if isinstance(card, declare.Column):
            return self._column(field, card, place)
        if isinstance(card, declare.Text):
            language = self._arguments(field, nodes[0], number)["language"]
            return self._read(field, card.columns[language or next(iter(card.columns))], place)
        if isinstance(card, declare.NodeLookup):
            return self._looked(card, nodes[0], sets, number)
        if isinstance(card, declare.Computed):
            return self._computed(field, card.expression, self._arguments(field, nodes[0], number), place, number)
        if isinstance(card, declare.One):
            return self._one(field, card, self._arguments(field, nodes[0], number), sets, place, number)
        if isinstance(card, declare.Many):
            return self._many(field, card, self._arguments(field, nodes[0], number), sets, place, number)
        if isinstance(card, declare.Paged):
            return self._paged(field, card, nodes[0], sets, place, number)
        raise PlanError(f"{field} cannot stand here")

    def _arguments(self, field: Field, node: FieldNode, number: int) -> dict[str, Any]:
        """The resolver's keyword arguments; what is absent or null is left to its defaults."""
        binders: list[Binder] = []
        given = {}
        for argument, source in self._sources(field, node):
            if isinstance(field.card, declare.Paged) and argument.python_name in PAGE_ARGUMENTS:
                continue  # the executor reads them; they are no filters
            made = bound(argument.kind, source, f"a{number}_{argument.python_name}", binders)
            if made is not None:
                given[argument.python_name] = made
        self.plan.binders += [(number, binder) for binder in binders]
        if isinstance(field.card, declare.Text):
            given.setdefault("language", None)
        return given

    def _sources(self, field: Field, node: FieldNode) -> Iterator[tuple[Any, Any]]:
        written = {a.name.value: a.value for a in node.arguments or ()}
        for name, argument in field.arguments.items():
            yield argument, source_of(written.get(name), argument.graphql_type, self.shapes)

    def _held(self, field: Field, sets: Sequence[SelectionSetNode], place: Place) -> Out:
        """An attribute of an in-memory object: a value, an object or a list of objects."""
        card = field.card
        owner = place.owner
        name = (card.attribute if isinstance(card, declare.Value) else None) or field.python_name
        if not isinstance(owner, Objects):
            raise PlanError(f"{field}: say column(), one(), ...; only in-memory objects have plain attributes")
        if field.is_leaf:
            return Leaf(owner.read(name), leaves.from_python(field.graphql.type))
        index = owner.read(name)
        inside, _ = owner.held.setdefault(name, (Objects(item_class(owner.hint(name))), field.is_list))
        obj = self.object(self.model.types[field.named.name], sets, Place(inside, None, self.alias))
        return Held(index, obj, field.is_list, field.items_nonnull)

    def _column(self, field: Field, card: declare.Column, place: Place) -> Out:
        of = self.model.types[field.type_name]
        if of.is_node and field.name == "id" and of.shown is not None:
            return self._read(field, card.key or of.shown.key, place, ref=of.name)
        return self._read(field, card.key or field.python_name, place, ref=card.ref)

    def _read(self, field: Field, key: str, place: Place, ref: str | None = None) -> Leaf:
        if isinstance(place.owner, Objects):
            return Leaf(place.read(key), leaves.from_python(field.graphql.type, ref=ref))
        stored = place.part is not None and place.part.stored(key)
        return Leaf(place.read(key), leaves.from_row(field.graphql.type, stored=stored, ref=ref))

    def _beside(self, place: Place) -> Statement:
        """The statement that reads what stands beside an object's own columns."""
        if isinstance(place.owner, Level):
            return place.owner.statement
        if place.owner.level is None:
            number = len(self.plan.levels)
            statement = Statement(self.alias, UnnestDriver(self.alias(), f"l{number}", place.owner.touched))
            place.owner.level = self._level(statement, place.owner)
        return place.owner.level.statement

    def _level(self, statement: Statement, above: Any, positions: Sequence[int] = (), slot: int = 0) -> Level:
        level = Level(len(self.plan.levels), statement, above, positions, slot)
        self.plan.levels.append(level)
        return level

    def _computed(self, field: Field, expression: Any, given: Mapping[str, Any], place: Place, number: int) -> Leaf:
        statement = self._beside(place)
        made = expression(self.viewer, ParentSeen(place.column), **given)
        if isinstance(made, Select):
            made = made.scalar_subquery()
        if not isinstance(made, ColumnElement):
            raise PlanError(f"{field}: a computed field is a SQL expression or a select of one value")
        if made._from_objects:  # noqa: SLF001 - SQLAlchemy has no public getter
            raise PlanError(f"{field}: reach the row's columns by `parent`, other tables by a select")
        index = statement.read(f"computed {number}", made.label(f"c{number}"))
        return Leaf(index, leaves.from_row(field.graphql.type, stored=False))

    def _part(self, field: Field, query: Any, parent: Any, given: Mapping[str, Any], alias: str) -> Part:
        return Part(query(self.viewer, parent, **given), alias, self.model.types[self._item(field)].shown)

    def _item(self, field: Field) -> str:
        """The name of the type of a field's rows; a connection's is that of its nodes."""
        if isinstance(field.card, declare.Paged):
            return self.model.types[field.named.name].fields["nodes"].named.name
        return field.named.name

    def _one(self, field: Field, card: declare.One, given: Mapping[str, Any], sets: Any, place: Place, number: int) -> Out:
        of = self.model.types[self._item(field)]
        if place.owner is self.plan.objects:
            part = self._part(field, card.query, Given({}), given, self.alias())
            level = self._level(Statement(self.alias, base=part, limit=1), None, slot=number)
            return Single(level.number, (), Nested(self.object(of, sets, Place(level, part, self.alias)), None))
        statement = self._beside(place)
        part = self._part(field, card.query, ParentSeen(place.column), given, self.alias())
        there = statement.joined(part)
        owner = place.owner if isinstance(place.owner, Level) else place.owner.level
        assert owner is not None  # noqa: S101 - made by `_beside`
        return Nested(self.object(of, sets, Place(owner, part, self.alias)), there)

    def _listed(self, field: Field, query: Any, given: Mapping[str, Any], place: Place, slot: int) -> tuple[Level, Part]:
        """The level of a list below a place."""
        number = len(self.plan.levels)
        if place.owner is self.plan.objects:
            part = self._part(field, query, Given({}), given, self.alias())
            return self._level(Statement(self.alias, base=part), None, slot=slot), part
        alias = self.alias()
        touched: dict[str, TypeEngine[Any]] = {}

        def column(key: str) -> Seen:
            touched[key] = place.type_of(key)
            return Seen(alias, key, touched[key])

        part = self._part(field, query, ParentSeen(column), given, self.alias())
        driver, positions = place.driven(touched, alias, f"l{number}")
        return self._level(Statement(self.alias, driver, part), place.owner, positions, slot), part

    def _many(self, field: Field, card: declare.Many, given: Mapping[str, Any], sets: Any, place: Place, number: int) -> Out:
        level, part = self._listed(field, card.query, given, place, number)
        level.statement.limit = card.limit
        level.statement.numbered = True
        obj = self.object(self.model.types[self._item(field)], sets, Place(level, part, self.alias))
        return ListOf(level.number, level.positions, obj, field.items_nonnull)

    def _paged(self, field: Field, card: declare.Paged, node: FieldNode, sets: Any, place: Place, number: int) -> Out:
        sources = {argument.python_name: source for argument, source in self._sources(field, node)}
        if sources["first"] is not None and sources["last"] is not None:
            self.plan.refuses = True
            return Refused(Refusal("BAD_USER_INPUT", "Give `first` or `last`, not both."))
        before = len(self.plan.binders)
        given = self._arguments(field, node, number)
        filters = [binder[0] for _, binder in self.plan.binders[before:]]
        chosen = sources.get("order_by")
        order = next((o for o in card.orders if chosen and o == chosen.shape[1]), next(iter(card.orders)))
        connected = Connected(None, (), Obj())
        connection = self.model.types[field.named.name]
        wanted = self.collected(connection, sets)
        if any(nodes[0].name.value in ("edges", "nodes", "pageInfo") for nodes in wanted.values()):
            level, part = self._listed(field, card.query, given, place, number)
            connected.level, connected.positions = level.number, level.positions
            self._page(field, level, part, card.orders[order], sources, number)
            level.identity = (str(field), str(order or ""))
            level.filters = filters
            items = Place(level, part, self.alias)
        else:
            items = None
        for key, nodes in wanted.items():
            connected.obj.slots.append(self._connection_slot(field, card, connection, key, nodes, place, items, given))
        return connected

    def _page(self, field: Field, level: Level, part: Part, order: Any, sources: Mapping[str, Any], number: int) -> None:
        keys = part.keys_for(order)
        part.expressible(keys)
        backward = sources["last"] is not None
        paging = Paging(keys, backward, f"l{level.number}")
        size = sources["last"] if backward else sources["first"]
        level.first = size.value if size else None
        for side in ("after", "before"):
            if sources[side] is not None:
                setattr(paging, side, True)
                level.cursors[side] = sources[side].value
        level.statement.paging = paging
        level.cursor_positions = [level.statement.read_column(part, key.name) for key in keys]

    def _connection_slot(
        self, field: Field, card: declare.Paged, connection: Type, key: str, nodes: list[FieldNode], place: Place, items: Place | None, given: Any
    ) -> Slot:
        name = nodes[0].name.value
        sets = [n.selection_set for n in nodes if n.selection_set is not None]
        number = next(self._slots)
        made = connection.fields.get(name)
        spot = spot_of(nodes[0])
        nonnull = made.nonnull if made is not None else True
        out: Out
        if name == "__typename" or made is None:
            out = Constant(connection.name)
        elif name == "totalCount":
            out = Constant(None) if card.total is None else self._computed(made, card.total, given, place, number)
        elif name == "pageInfo":
            info = self.model.types[made.named.name]
            out = Nested(Obj([self._page_fact(info, k, n) for k, n in self.collected(info, sets).items()]), None)
        else:
            assert items is not None  # noqa: S101 - there is a level when items are asked for
            out = PageItems(self._edge(made, sets, items) if name == "edges" else self.object(self.model.types[made.named.name], sets, items))
        return Slot(key, out, nonnull, number, f"{connection.name}.{name}", spot)

    def _page_fact(self, info: Type, key: str, nodes: list[FieldNode]) -> Slot:
        name = nodes[0].name.value
        out = Constant(info.name) if name == "__typename" else PageFact(PAGE_FACTS[name])
        return Slot(key, out, name.startswith("has"), next(self._slots), f"{info.name}.{name}", spot_of(nodes[0]))

    def _edge(self, edges: Field, sets: Sequence[SelectionSetNode], items: Place) -> Obj:
        edge = self.model.types[edges.named.name]
        slots = []
        for key, nodes in self.collected(edge, sets).items():
            name = nodes[0].name.value
            out: Out
            if name == "__typename":
                out = Constant(edge.name)
            elif name == "cursor":
                out = Cursor()
            else:
                inner = [n.selection_set for n in nodes if n.selection_set is not None]
                out = Nested(self.object(self.model.types[edge.fields[name].named.name], inner, items), None)
            slots.append(Slot(key, out, nonnull=True, number=next(self._slots), name=f"{edge.name}.{name}", spot=spot_of(nodes[0])))
        return Obj(slots)

    def _looked(self, card: declare.NodeLookup, node: FieldNode, sets: Sequence[SelectionSetNode], number: int) -> Out:
        written = {a.name.value: a.value for a in node.arguments or ()}
        argument = self.model.query.fields[node.name.value].graphql.args[card.by]
        source = source_of(written[card.by], argument.type, self.shapes)
        assert source is not None  # noqa: S101 - the argument is required
        branches: dict[str, Obj] = {}

        def branch(name: str) -> tuple[Level, Obj]:
            of = self.model.types[name]
            assert of.shown is not None and of.shown.node is not None  # noqa: S101, PT018 - a node type
            alias, level_number = self.alias(), len(self.plan.levels)
            kind = self.model.keys[name]
            key = Seen(alias, "id", kind)
            part = Part(of.shown.node(self.viewer, Given({"id": key})), self.alias(), of.shown)
            statement = Statement(self.alias, UnnestDriver(alias, f"l{level_number}", {"id": kind}), part, limit=1)
            level = self._level(statement, lookup, slot=number)
            branches[name] = self.object(of, sets, Place(level, part, self.alias))
            return level, branches[name]

        lookup = Lookup(number, card.by, source.value, branch)
        self.plan.lookups[number] = lookup
        return Looked(number, branches, is_list=card.by != "id")

    def _change(self, of: Type, key: str, nodes: list[FieldNode]) -> Change:
        field = of.fields.get(nodes[0].name.value)
        number = next(self._slots)
        spot = spot_of(nodes[0])
        if field is None:
            return Change(Slot(key, Constant(of.name), nonnull=True, number=number, name="__typename", spot=spot))
        card = field.card
        if not isinstance(card, declare.Mutation):
            raise PlanError(f"{field}: the fields of the mutation root are mutation()s")
        refused = self._refused(field)
        if refused is not None:
            return Change(Slot(key, refused, field.nonnull, number, str(field), spot))
        objects = Objects(item_class(get_type_hints(card.change, include_extras=True)["return"]))
        start = len(self.plan.levels)
        sets = [n.selection_set for n in nodes if n.selection_set is not None]
        payload = self._payload(self.model.types[field.named.name], sets, Place(objects, None, self.alias))
        slot = Slot(key, Nested(payload, None), field.nonnull, number, str(field), spot)
        (argument,) = field.arguments.values()
        return Change(slot, card, argument, nodes[0].arguments[0].value, objects, self.plan.levels[start:])

    def _payload(self, of: Type, sets: Sequence[SelectionSetNode], place: Place) -> Obj:
        made = []
        for key, nodes in self.collected(of, sets).items():
            if nodes[0].name.value != "userErrors":
                made.append(self._slot(of, key, nodes, place))
                continue
            field = of.fields["userErrors"]
            errors = Objects(UserRefusal)
            inner = [n.selection_set for n in nodes if n.selection_set is not None]
            obj = self.object(self.model.types[field.named.name], inner, Place(errors, None, self.alias))
            out = UserErrors(obj, errors.row)
            made.append(Slot(key, out, nonnull=True, number=next(self._slots), name=str(field), spot=spot_of(nodes[0])))
        return Obj(made)


def item_class(hint: Any) -> type:
    """The class of an annotated attribute: optional and list unwrapped."""
    while True:
        options = [a for a in getattr(hint, "__args__", ()) if a is not type(None)]
        if not options:
            return hint  # type: ignore[no-any-return]
        hint = options[0]


def spot_of(node: FieldNode) -> list[dict[str, int]]:
    """Where a field stands in its document."""
    if node.loc is None:
        return []
    found = get_location(node.loc.source, node.loc.start)
    return [{"line": found.line, "column": found.column}]
