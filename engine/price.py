"""What a document demands, found before it is validated and in time linear in its length.

Each fragment is measured once for each type and page it is spread in. What depends on the variable
`first` stays symbolic: a price is a short program, run for each request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from engine import declare
from engine.model import Field, Model, Type

_HUGE = 10**12
_REMEMBERED = 32  # costs of one document, for as many combinations of sizes
_INTROSPECTION = 10
_INTROSPECTION_LISTS = frozenset({"fields", "interfaces", "possibleTypes", "inputFields"})
_INTROSPECTION_NESTING = 3


@dataclass(frozen=True)
class Limits:
    """What one document may demand, and how much the engine may keep in mind."""

    tokens: int = 2000
    depth: int = 12
    definitions: int = 30
    aliases: int = 50
    directives: int = 20
    fields: int = 300
    expanded: int = 1500
    """Fields after fragments are spread: what planning costs."""
    cost: int = 10_000
    page: int = 20
    most: int = 100
    errors: int = 8
    cache_bytes: int = 64_000_000
    weights: Mapping[str, int] = field(default_factory=dict)
    """"Type.field" -> its own cost; 1 for objects and lists, 0 for scalars where nothing is said."""


class TooComplex(ValueError):
    """A document that demands too much; the message names the limit."""


@dataclass(frozen=True)
class Count:
    """How many items a list may give: a number, or the variable that says it."""

    number: int
    variable: str | None = None

    def value(self, variables: Mapping[str, Any], most: int) -> int:
        """The number for these variables, never more than a page may hold."""
        given = variables.get(self.variable) if self.variable else None
        if isinstance(given, list):
            return min(len(given), most)
        if isinstance(given, int) and not isinstance(given, bool):
            return max(1, min(given, most))
        return self.number


@dataclass(frozen=True)
class Term:
    """A sum: a constant and the results of earlier steps."""

    constant: int = 0
    steps: tuple[int, ...] = ()

    def __add__(self, other: Term) -> Term:
        return Term(min(self.constant + other.constant, _HUGE), self.steps + other.steps)


@dataclass
class Measured:
    """One selection set: its cost, its depth, its fields after spreading."""

    cost: Term = field(default_factory=Term)
    depth: int = 0
    expanded: int = 0

    def add(self, other: Measured, deeper: int = 0) -> None:
        """Takes in a part of it."""
        self.cost += other.cost
        self.depth = max(self.depth, other.depth + deeper)
        self.expanded = min(self.expanded + other.expanded, _HUGE)


@dataclass
class Price:
    """The cost of each operation of a document, by name."""

    program: Sequence[tuple[Count, Term]]
    totals: Mapping[str | None, Term]
    most: int
    _known: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._counts = [count for count, _ in self.program if count.variable is not None]

    def cost(self, operation: str | None, variables: Mapping[str, Any]) -> int:
        """The cost of an operation with these variables; 0 for one that is not there."""
        key = (operation, *[count.value(variables, self.most) for count in self._counts])
        if key not in self._known and len(self._known) >= _REMEMBERED:
            self._known.clear()
        return self._known.get(key) or self._known.setdefault(key, self._computed(operation, variables))

    def _computed(self, operation: str | None, variables: Mapping[str, Any]) -> int:
        results: list[int] = []
        for count, inner in self.program:
            results.append(min(count.value(variables, self.most) * self._sum(inner, results), _HUGE))
        total = self.totals.get(operation)
        return self._sum(total, results) if total is not None else 0

    @staticmethod
    def _sum(term: Term, results: Sequence[int]) -> int:
        return min(term.constant + sum(results[i] for i in term.steps), _HUGE)


def priced(model: Model, document: DocumentNode, limits: Limits) -> Price:
    """The price of a document. Raises TooComplex when it breaks a limit that no variable can mend."""
    return _Walk(model, document, limits).price()


class _Walk:
    def __init__(self, model: Model, document: DocumentNode, limits: Limits) -> None:
        self.model = model
        self.limits = limits
        self.document = document
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self.memo: dict[tuple[Any, ...], Measured] = {}
        self.active: set[tuple[Any, ...]] = set()
        self.program: list[tuple[Count, Term]] = []
        self.seen: dict[str, int] = {"fields": 0, "aliases": 0, "directives": 0}

    def price(self) -> Price:
        definitions = len(self.document.definitions)
        if definitions > self.limits.definitions:
            raise TooComplex(f"The document has {definitions} definitions; the limit is {self.limits.definitions}.")
        totals = {}
        roots = {"query": self.model.query, "mutation": self.model.mutation}
        for definition in self.document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._count(directives=len(definition.directives or ()))
                measured = self._measure(definition.selection_set, roots.get(definition.operation.value), None, 0)
                self._check(measured)
                name = definition.name.value if definition.name else None
                totals[name] = measured.cost
        for name, fragment in self.fragments.items():  # also those that are never spread
            self._fragment(fragment, (name, "alone"), self.model.types.get(fragment.type_condition.name.value), None, 0)
        return Price(self.program, totals, self.limits.most)

    def _check(self, measured: Measured) -> None:
        for name, found, limit in (
            ("levels", measured.depth, self.limits.depth),
            ("fields after spreading its fragments", measured.expanded, self.limits.expanded),
        ):
            if found > limit:
                raise TooComplex(
                    f"The document has {found if found < _HUGE else 'too many'} {name}; the limit is {limit}."
                )

    def _count(self, *, fields: int = 0, aliases: int = 0, directives: int = 0) -> None:
        for name, more in (("fields", fields), ("aliases", aliases), ("directives", directives)):
            self.seen[name] += more
            limit: int = getattr(self.limits, name)
            if self.seen[name] > limit:
                raise TooComplex(f"The document has more than {limit} {name}.")

    def _measure(self, selections: SelectionSetNode, of: Type | None, page: Count | None, nesting: int) -> Measured:
        if nesting > 8 * self.limits.depth:
            raise TooComplex(f"The document is nested deeper than {self.limits.depth} levels.")
        made = Measured()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                self._count(fields=1, aliases=node.alias is not None, directives=len(node.directives or ()))
                made.add(self._field(node, of, page, nesting))
                continue
            self._count(directives=len(node.directives or ()))
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments.get(node.name.value)
                if fragment is not None:
                    inner = self._condition(fragment.type_condition.name.value, of)
                    key = (node.name.value, inner.name if inner else None, page)
                    made.add(self._fragment(fragment, key, inner, page, nesting))
            elif isinstance(node, InlineFragmentNode):
                inner = self._condition(node.type_condition.name.value, of) if node.type_condition else of
                made.add(self._measure(node.selection_set, inner, page, nesting + 1))
        return made

    def _condition(self, name: str, of: Type | None) -> Type | None:
        return self.model.types.get(name, of)

    def _fragment(
        self, node: FragmentDefinitionNode, key: tuple[Any, ...], of: Type | None, page: Count | None, nesting: int
    ) -> Measured:
        made = self.memo.get(key)
        if made is None:
            if key in self.active or any(k[0] == key[0] for k in self.active):
                return Measured()  # a cycle, which validation refuses
            before = dict(self.seen)
            self.active.add(key)
            made = self._measure(node.selection_set, of, page, nesting + 1)
            self.active.discard(key)
            if any(k[0] == key[0] for k in self.memo):
                self.seen = before  # its text is counted once
            self.memo[key] = made
        return made

    def _field(self, node: FieldNode, of: Type | None, page: Count | None, nesting: int) -> Measured:
        name = node.name.value
        if node.selection_set is None:
            weight = self.limits.weights.get(f"{of.name}.{name}", 0) if of else 0
            return Measured(Term(weight), 1, 1)
        if name in ("__schema", "__type"):
            self._introspection(node.selection_set, 0, nesting, set())
            return Measured(Term(_INTROSPECTION), 1, 1)
        item = of.fields.get(name) if of else None
        below = self.model.types.get(item.named.name) if item else None
        if item is not None and item.card is None and page is not None:
            return self._page_part(node, below, page, nesting)
        count, inner_page = self._counted(node, item)
        inner = self._measure(node.selection_set, below, inner_page, nesting + 1)
        weight = self.limits.weights.get(str(item), 1) if item else 1
        cost = Term(weight) + (inner.cost if count is None else self._times(count, Term(1) + inner.cost))
        return Measured(cost, inner.depth + 1, inner.expanded + 1)

    def _page_part(self, node: FieldNode, below: Type | None, page: Count, nesting: int) -> Measured:
        """`edges`, `nodes`, `pageInfo` and `node`: wrappers that add no depth; items count once for each list."""
        assert node.selection_set is not None  # noqa: S101 - the caller looked
        name = node.name.value
        inner = self._measure(node.selection_set, below, page if name == "edges" else None, nesting + 1)
        cost = self._times(page, Term(1) + inner.cost) if name in ("edges", "nodes") else inner.cost
        return Measured(cost, inner.depth, inner.expanded + 1)

    def _times(self, count: Count, inner: Term) -> Term:
        if count.variable is None and not inner.steps:
            return Term(min(count.number * inner.constant, _HUGE))
        self.program.append((count, inner))
        return Term(0, (len(self.program) - 1,))

    def _counted(self, node: FieldNode, item: Field | None) -> tuple[Count | None, Count | None]:
        """How many items a field gives: of its own, or on the page of its connection."""
        card = item.card if item else None
        if isinstance(card, declare.Many):
            return Count(card.expects), None
        if isinstance(card, declare.Paged):
            return None, self._written(node, ("first", "last"), self.limits.page)
        if isinstance(card, declare.NodeLookup) and card.by != "id":
            return self._written(node, (card.by,), self.limits.most), None
        if item is not None and item.is_list:
            return Count(10), None
        return None, None

    def _written(self, node: FieldNode, names: Sequence[str], default: int) -> Count:
        for argument in node.arguments or ():
            given = argument.value
            if argument.name.value not in names:
                continue
            if isinstance(given, IntValueNode):
                return Count(min(int(given.value[:9]), self.limits.most) if given.value[0] != "-" else 1)
            if isinstance(given, ListValueNode):
                return Count(min(len(given.values), self.limits.most))
            if isinstance(given, VariableNode):
                return Count(default, given.name.value)
        return Count(default)

    def _introspection(
        self, selections: SelectionSetNode, lists: int, nesting: int, spread: set[tuple[str, int]]
    ) -> None:
        """Raises TooComplex for introspection that asks lists of lists of lists."""
        if lists > _INTROSPECTION_NESTING or nesting > 8 * self.limits.depth:
            raise TooComplex("The introspection is nested too deeply.")
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments.get(node.name.value)
                key = (node.name.value, lists)
                if fragment is not None and key not in spread:
                    spread.add(key)
                    self._introspection(fragment.selection_set, lists, nesting + 1, spread)
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                deeper = isinstance(node, FieldNode) and node.name.value in _INTROSPECTION_LISTS
                self._introspection(node.selection_set, lists + deeper, nesting + 1, spread)
