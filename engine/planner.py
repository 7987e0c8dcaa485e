"""Plans an operation: walks its selections once, asks the resolvers for their queries, and arranges the statements."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode
from sqlalchemy import ColumnElement, Select
from sqlalchemy.types import TypeEngine

from engine import changes, connections, declare, derived, leaves, lookups
from engine.ahead import Origins
from engine.answer import Obj, Out, Refusal, Slot, built
from engine.arguments import Binder, Shapes, Source, bound, source_of
from engine.drivers import UnnestDriver
from engine.ids import Unusable
from engine.model import Argument, Field, Model, Type
from engine.outs import Constant, Held, Leaf, ListOf, Nested, Refused, Single
from engine.part import Part
from engine.placeholders import Given, ParentSeen, PlanError, Seen, ViewerSeen, quoted
from engine.plan import Level, Objects, Place, Plan, class_of
from engine.selection import Selections, Sets, inner, spot_of
from engine.statement import Statement

_CORE = ("__schema", "__type", "_service")


class Planner:
    """Plans one operation for one kind of viewer and one shape of variables.

    `answered` is what graphql-core answers, by response key; `most` the largest page.
    """

    def __init__(
        self,
        model: Model,
        fragments: Mapping[str, FragmentDefinitionNode],
        shapes: Shapes,
        viewer: ViewerSeen,
        answered: Mapping[str, Any],
        most: int,
    ) -> None:
        self.model = model
        self.shapes = shapes
        self.viewer = viewer
        self.most = most
        self.selections = Selections(model, fragments, shapes)
        self.plan = Plan()
        self._answered = answered
        self.origins = Origins()
        self._aliases = itertools.count(1)
        self._slots = itertools.count(1)

    def operation(self, node: OperationDefinitionNode) -> Plan:
        """The plan. Raises PlanError for declarations that cannot be planned."""
        plan = self.plan
        if node.operation.value == "mutation":
            plan.changes = changes.planned(self, node)
            return plan
        plan.root = self.object(self.model.query, [node.selection_set], Place(plan.objects))
        plan.build = built(plan.root)
        for level in plan.levels:
            if not level.cursors:
                plan.compiled(level, {})
        return plan

    def alias(self) -> str:
        """A fresh alias."""
        return f"t{next(self._aliases)}"

    def slot(self, key: str, nodes: Sequence[FieldNode], name: str, out: Out, *, nonnull: bool) -> Slot:
        """A slot with a number of its own."""
        return Slot(key, out, nonnull, next(self._slots), name, spot_of(nodes[0]))

    def object(self, of: Type, sets: Sets, place: Place) -> Obj:
        """The answer's object of a type, read at a place."""
        return Obj([self.field(of, key, nodes, place) for key, nodes in self.selections.of(of, sets).items()])

    def field(self, of: Type, key: str, nodes: Sequence[FieldNode], place: Place) -> Slot:
        """One response key of an object."""
        name = nodes[0].name.value
        if name == "__typename":
            return self.slot(key, nodes, name, Constant(of.name), nonnull=True)
        if name in _CORE and of is self.model.query:
            return self.slot(key, nodes, name, Constant(self._answered.get(key)), nonnull=False)
        field = of.fields[name]
        self.plan.size += 500
        slot = self.slot(key, nodes, str(field), Constant(None), nonnull=field.nonnull)
        try:
            slot.out = self.refused(field) or self._out(field, nodes, place, slot.number)
        except Unusable as error:  # of its own arguments: fields below it come through here themselves
            slot.out = self.refuse("BAD_USER_INPUT", str(error))
        return slot

    def refused(self, field: Field) -> Refused | None:
        """The refusal of a field that this viewer may not ask for."""
        missing = field.card.rule.missing(self.viewer.kind, self.viewer.scopes) if field.card else None
        return None if missing is None else self.refuse("FORBIDDEN", missing)

    def refuse(self, code: str, message: str) -> Refused:
        """A refusal whatever the values."""
        self.plan.refuses = True
        return Refused(Refusal(code, message))

    def _out(self, field: Field, nodes: Sequence[FieldNode], place: Place, number: int) -> Out:
        card = field.card
        if card is None or isinstance(card, declare.Value):
            return self._held(field, inner(nodes), place)
        if isinstance(card, declare.Column):
            return self._column(field, card, place)
        if isinstance(card, declare.NodeLookup):
            return lookups.planned(self, card, nodes, number)
        if isinstance(card, declare.Derived):
            return derived.planned(self, field, card, nodes, place, number)
        given = self.arguments(field, nodes[0], number)
        if isinstance(card, declare.Text):
            return self._read(field, card.columns[given.get("language", next(iter(card.columns)))], place)
        if isinstance(card, declare.Computed):
            return self._expressed(field, card, given, place, number)
        if isinstance(card, declare.One):
            return self._one(field, card, given, inner(nodes), place, number)
        if isinstance(card, declare.Many):
            return self._many(field, card, given, inner(nodes), place, number)
        if isinstance(card, declare.Paged):
            return connections.planned(self, field, card, given, nodes, place, number)
        raise PlanError(f"{field} cannot stand here")

    # arguments

    def sources(self, field: Field, node: FieldNode) -> Iterator[tuple[Argument, Source | None]]:
        """Where the values of a field's arguments come from."""
        written = {a.name.value: a.value for a in node.arguments or ()}
        for name, argument in field.arguments.items():
            yield argument, source_of(written.get(name), argument.graphql_type, self.shapes)

    def arguments(self, field: Field, node: FieldNode, number: int) -> dict[str, Any]:
        """The resolver's keyword arguments; what is absent is left to its defaults, what is null is None."""
        binders: list[Binder] = []
        given = {}
        for argument, source in self.sources(field, node):
            if isinstance(field.card, declare.Paged) and argument.python_name in connections.ARGUMENTS:
                continue  # the executor reads them; they are no filters
            if source is not None:
                name = f"a{number}_{argument.python_name}"
                given[argument.python_name] = bound(argument.kind, source, name, binders)
        self.plan.binders += [(number, binder) for binder in binders]
        return given

    # values

    def _held(self, field: Field, sets: Sets, place: Place) -> Out:
        """An attribute of an in-memory object: a value, an object or a list of objects."""
        owner = place.owner
        if not isinstance(owner, Objects):
            raise PlanError(f"{field}: say column(), one(), ...; only in-memory objects have plain attributes")
        name = (field.card.attribute if isinstance(field.card, declare.Value) else None) or field.python_name
        index = owner.read(name)
        if field.is_leaf:
            return Leaf(index, leaves.from_python(field.graphql.type))
        inside, _ = owner.held.setdefault(name, (Objects(class_of(owner.hint(name))), field.is_list))
        obj = self.object(self.model.types[field.named.name], sets, Place(inside))
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
        convert = leaves.from_row(field.graphql.type, kind=place.type_of(key), stored=stored, ref=ref)
        return Leaf(place.read(key), convert)

    def computed(
        self, field: Field, expression: declare.Expression, given: Mapping[str, Any], place: Place, number: int
    ) -> Leaf:
        """What an expression gives beside the columns of a place."""
        statement = self._beside(place).statement
        made = expression(self.viewer, ParentSeen(place.column), **given)
        made = made.scalar_subquery() if isinstance(made, Select) else made
        if not isinstance(made, ColumnElement):
            raise PlanError(f"{field}: a computed field is a SQL expression or a select of one value")
        if made._from_objects:  # noqa: SLF001 - SQLAlchemy has no public getter
            raise PlanError(f"{field}: reach the row's columns by `parent`, other tables by a select")
        index = statement.read(f"computed {number}", made.label(f"c{number}"))
        return Leaf(index, leaves.from_row(field.graphql.type, kind=made.type, stored=False))

    def _expressed(
        self, field: Field, card: declare.Computed, given: Mapping[str, Any], place: Place, number: int
    ) -> Leaf:
        """A computed field: beside its row, or for all rows of its page at once."""
        name, listed = field.python_name, place.listed
        reckoned = listed.reckoned.get(name) if listed is not None else None
        if listed is None or reckoned is None:
            return self.computed(field, place.opening(name, card.expression), given, place, number)
        statement, part = listed.statement, listed.statement.base
        assert part is not None  # noqa: S101 - a list has one
        seen = {key: part.seen(key) for key in reckoned.columns}
        usual = card.expression(self.viewer, ParentSeen(seen.__getitem__))
        kind = (usual.scalar_subquery() if isinstance(usual, Select) else usual).type
        statement.reckoned.setdefault(name, partial(reckoned.widened, self.viewer))
        index = statement.read(f"{part.alias}.{quoted(name)}", Seen(part.alias, name, kind))
        return Leaf(index, leaves.from_row(field.graphql.type, kind=kind, stored=False))

    # statements

    def level(self, statement: Statement, above: Any, positions: Sequence[int] = (), slot: int = 0) -> Level:
        """A new level; `slot` is the field whose refused arguments silence it."""
        level = Level(len(self.plan.levels), statement, above, positions, slot)
        self.plan.levels.append(level)
        if not isinstance(above, Objects):  # their rows are driven by number
            self.origins.driver(level)
        return level

    def _beside(self, place: Place) -> Level:
        """The level that reads what stands beside an object's own columns."""
        if isinstance(place.owner, Level):
            return place.owner
        if place.owner.level is None:
            driver = UnnestDriver(self.alias(), f"l{len(self.plan.levels)}", place.owner.touched)
            place.owner.level = self.level(Statement(self.alias, driver), place.owner)
        return place.owner.level

    def part(self, field: Field, query: declare.Query, parent: Any, given: Mapping[str, Any]) -> Part:
        """What a resolver returns, as a part of a statement."""
        made = Part(query(self.viewer, parent, **given), self.alias(), self.item(field).shown)
        self.origins.part(made)
        return made

    def item(self, field: Field) -> Type:
        """The type of a field's rows; a connection's is that of its nodes."""
        found = self.model.types[field.named.name]
        if isinstance(field.card, declare.Paged):
            return self.model.types[found.fields["nodes"].named.name]
        return found

    def _one(
        self, field: Field, card: declare.One, given: Mapping[str, Any], sets: Sets, place: Place, number: int
    ) -> Out:
        of = self.item(field)
        if place.owner is self.plan.objects:
            part = self.part(field, card.query, Given({}), given)
            level = self.level(Statement(self.alias, base=part, limit=1), None, slot=number)
            return Single(level.number, self.object(of, sets, Place(level, part)))
        level = self._beside(place)
        part = self.part(field, card.query, ParentSeen(place.column), given)
        there = level.statement.joined(part)
        return Nested(self.object(of, sets, Place(level, part)), there)

    def listed(
        self, field: Field, query: declare.Query, given: Mapping[str, Any], place: Place, slot: int
    ) -> tuple[Level, Part]:
        """The level of a list below a place."""
        if place.owner is self.plan.objects:
            part = self.part(field, query, Given({}), given)
            return self.level(Statement(self.alias, base=part), None, slot=slot), part
        alias = self.alias()
        touched: dict[str, TypeEngine[Any]] = {}

        def column(key: str) -> Seen:
            touched[key] = place.type_of(key)
            return Seen(alias, key, touched[key])

        part = self.part(field, query, ParentSeen(column), given)
        driver, positions = place.driven(touched, alias, f"l{len(self.plan.levels)}")
        level = self.level(Statement(self.alias, driver, part), place.owner, positions, slot)
        if place.part is not None:
            level.ahead = self.origins.of(place.part, driver.touches())
        return level, part

    def _many(
        self, field: Field, card: declare.Many, given: Mapping[str, Any], sets: Sets, place: Place, number: int
    ) -> Out:
        level, part = self.listed(field, card.query, given, place, number)
        level.statement.limit = card.limit
        level.statement.numbered = True
        part.settle()
        return ListOf(
            level.number, level.positions, self.object(self.item(field), sets, Place(level, part)), field.items_nonnull
        )
