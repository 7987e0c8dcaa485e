"""A GraphQL document made ready once: parsed, priced, validated; and the shape of each request's variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    execute,
    get_nullable_type,
    is_list_type,
    is_scalar_type,
    parse,
    type_from_ast,
    validate,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values

from engine.arguments import Shape, shape_of
from engine.model import Model
from engine.price import Limits, Price, TooComplex, priced

_WEIGHT = 130
"""Bytes a parsed document keeps alive for each byte of its text, measured once with tracemalloc."""
Plain = Callable[[object], bool]
"""Whether coercion leaves a value as it is."""
ANSWERED = ("__schema", "__type", "_service")
"""Root fields that graphql-core answers."""


class RequestError(Exception):
    """A request that is not executed: its errors, ready for the client."""

    def __init__(self, errors: Sequence[dict[str, Any]], cost: int | None = None) -> None:
        super().__init__(errors[0]["message"] if errors else "")
        self.errors = list(errors)
        self.cost = cost


def coded(error: GraphQLError, code: str) -> dict[str, Any]:
    """A graphql-core error for the client; a code it carries already wins."""
    made: dict[str, Any] = {
        "message": error.message,
        "extensions": {"code": (error.extensions or {}).get("code", code)},
    }
    if error.locations:
        made["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return made


def refused(code: str, message: str, **more: Any) -> RequestError:
    """A request error with one message."""
    return RequestError([{"message": message, "extensions": {"code": code, **more}}])


@dataclass
class Operation:
    """One operation of a document."""

    node: OperationDefinitionNode
    deciding: frozenset[str]
    """Variables of @skip and @include: their values shape the plan."""
    shaping: frozenset[str]
    """Variables that planning must know of; those of mutations' inputs are not among them."""
    types: Mapping[str, Any]
    answered: bool
    """Whether graphql-core answers part of it."""
    plain: Sequence[tuple[str, Plain]] | None = None
    """The variables of a query and the class of their values, when all are mere strings or booleans."""

    @property
    def name(self) -> str | None:
        """Its name."""
        return self.node.name.value if self.node.name else None

    @property
    def kind(self) -> str:
        """Query or mutation."""
        return str(self.node.operation.value)

    def shape(self, coerced: Mapping[str, Any]) -> tuple[tuple[str, Shape], ...]:
        """The shape of coerced variables, hashable; absent ones are missing."""
        made = []
        for name in self.types:
            if name not in self.shaping or name not in coerced:
                continue
            value = coerced[name]
            deciding = name in self.deciding and isinstance(value, bool)
            made.append((name, ("=", value) if deciding else shape_of(self.types[name], value)))
        return tuple(made)


@dataclass
class Document:
    """A document that passed, or the errors it is answered with."""

    text: str
    price: Price | None = None
    operations: Mapping[str | None, Operation] = field(default_factory=dict)
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    errors: Sequence[dict[str, Any]] = ()

    @property
    def size(self) -> int:
        """Bytes, estimated."""
        return 1000 + _WEIGHT * len(self.text)

    def operation(self, name: str | None) -> Operation:
        """The operation of that name, or the only one. Raises RequestError, also for a document that did not pass."""
        if self.errors:
            raise RequestError(self.errors)
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None or name not in self.operations:
            message = (
                "Name one of the document's operations in operationName."
                if name is None
                else "There is no operation of that name."
            )
            raise refused("BAD_USER_INPUT", message)
        return self.operations[name]


def prepared(model: Model, text: str, limits: Limits) -> Document:
    """The document of a text: priced before it is validated, so that validation is never the dear part."""
    try:
        parsed = parse(text, max_tokens=limits.tokens)
    except GraphQLError as error:
        code = "QUERY_TOO_COMPLEX" if "tokens" in error.message else "GRAPHQL_PARSE_FAILED"
        return Document(text, errors=[coded(error, code)])
    except RecursionError:
        return Document(text, errors=refused("GRAPHQL_PARSE_FAILED", "The document is nested too deeply.").errors)
    try:
        price = priced(model, parsed, limits)
    except TooComplex as error:
        return Document(text, errors=refused("QUERY_TOO_COMPLEX", str(error)).errors)
    errors = validate(model.core, parsed, max_errors=limits.errors, hide_suggestions=True)
    if not errors:
        errors = _unserved(model.core, parsed)
    if errors:
        return Document(text, errors=[coded(e, "GRAPHQL_VALIDATION_FAILED") for e in errors[: limits.errors]])
    fragments = {d.name.value: d for d in parsed.definitions if isinstance(d, FragmentDefinitionNode)}
    operations = {
        d.name.value if d.name else None: _operation(model.core, d, parsed)
        for d in parsed.definitions
        if isinstance(d, OperationDefinitionNode)
    }
    return Document(text, price, operations, fragments)


def _unserved(core: GraphQLSchema, parsed: DocumentNode) -> list[GraphQLError]:
    roots = {"query": core.query_type, "mutation": core.mutation_type}
    return [
        GraphQLError(f"There are no {d.operation.value}s here.", d)
        for d in parsed.definitions
        if isinstance(d, OperationDefinitionNode) and roots.get(d.operation.value) is None
    ]


class _Uses(Visitor):
    """Finds the variables of conditions, and those outside of mutations' root arguments."""

    def __init__(self, *, mutation: bool) -> None:
        super().__init__()
        self.mutation = mutation
        self.deciding: set[str] = set()
        self.shaping: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.deciding.add(argument.value.name.value)

    def enter_variable(self, node: VariableNode, _key: Any, _parent: Any, _path: Any, ancestors: list[Any]) -> None:
        fields = [a for a in ancestors if isinstance(a, FieldNode)]
        if not (self.mutation and len(fields) == 1) or any(isinstance(a, DirectiveNode) for a in ancestors):
            self.shaping.add(node.name.value)


def _operation(core: GraphQLSchema, node: OperationDefinitionNode, parsed: DocumentNode) -> Operation:
    uses = _Uses(mutation=node.operation.value == "mutation")
    for definition in parsed.definitions:
        if definition is node:
            visit(definition.selection_set, uses)
        elif isinstance(definition, FragmentDefinitionNode):
            # a fragment of a mutation's root would hold inputs; planning knows a little more then, that is all
            visit(definition, uses)
    types = {v.variable.name.value: type_from_ast(core, v.type) for v in node.variable_definitions or ()}
    answered = node.operation.value == "query" and any(f"{name}" in parsed_names(parsed) for name in ANSWERED)
    return Operation(node, frozenset(uses.deciding), frozenset(uses.shaping), types, answered, _plain(node, types))


_PLAIN = {"ID": str, "String": str, "Boolean": bool}


def _plain(node: OperationDefinitionNode, types: Mapping[str, Any]) -> Sequence[tuple[str, Plain]] | None:
    if node.operation.value != "query":
        return None
    found = []
    for name, of in types.items():
        bare = get_nullable_type(of)
        item = get_nullable_type(bare.of_type) if is_list_type(bare) else bare
        kind = _PLAIN.get(item.name) if is_scalar_type(item) else None
        if kind is None:
            return None
        found.append((name, partial(_all_are if item is not bare else _is, kind)))
    return found


def _is(kind: type, value: object) -> bool:
    return type(value) is kind


def _all_are(kind: type, value: object) -> bool:
    return type(value) is list and all(type(item) is kind for item in value)


def parsed_names(parsed: DocumentNode) -> set[str]:
    """The names of all fields of a document."""
    found: set[str] = set()

    class Names(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            found.add(node.name.value)

    visit(parsed, Names())
    return found


def coerced(model: Model, operation: Operation, given: Mapping[str, Any] | None, limits: Limits) -> VariableValues:
    """The variables by the schema's types. Raises RequestError with BAD_USER_INPUT."""
    if given is not None and not isinstance(given, Mapping):
        raise refused("BAD_USER_INPUT", "The variables are an object.")
    if operation.plain is not None:
        # what coercion leaves as it is needs none; whatever else is given takes the long way
        quick = {name: given[name] for name, holds in operation.plain if given and holds(given.get(name))}
        if len(quick) == len(operation.plain):
            return VariableValues({}, quick)
    definitions = operation.node.variable_definitions or ()
    made = get_variable_values(
        model.core, definitions, dict(given or {}), max_errors=limits.errors, hide_suggestions=True
    )
    if isinstance(made, list):
        raise RequestError([coded(error, "BAD_USER_INPUT") for error in made])
    return made


def answered(model: Model, document: Document, operation: Operation, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What graphql-core answers: introspection and the federation's SDL, by response key."""
    made = execute(
        model.core,
        DocumentNode(definitions=(_only(operation.node, document), *document.fragments.values())),
        variable_values=dict(variables),
        operation_name=operation.name,
    )
    if hasattr(made, "__await__") or made.errors:
        raise refused("GRAPHQL_VALIDATION_FAILED", "The introspection cannot be answered.")
    return dict(made.data or {})


def _only(node: OperationDefinitionNode, document: Document) -> OperationDefinitionNode:
    """The operation without what the engine plans; root fragments are opened up for it."""

    def kept(selections: Any) -> list[Any]:
        made = []
        for item in selections.selections:
            if isinstance(item, FieldNode):
                if item.name.value in ANSWERED:
                    made.append(item)
                continue
            inner = document.fragments[item.name.value] if isinstance(item, FragmentSpreadNode) else item
            made += kept(inner.selection_set)
        return made

    return OperationDefinitionNode(
        operation=node.operation,
        name=node.name,
        variable_definitions=node.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(kept(node.selection_set))),
    )
