"""The Strawberry schema as the engine sees it: for every field its card, its types and its arguments' kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

import strawberry
from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from sqlalchemy import Text
from sqlalchemy.types import TypeEngine

from engine import declare
from engine.arguments import Kind, kind_of
from engine.declare import Declared, Shown
from engine.placeholders import PlanError

_BACK = "strawberry-definition"


@dataclass(frozen=True)
class Argument:
    """One GraphQL argument: the resolver's name for it, its kind and GraphQL type."""

    python_name: str
    kind: Kind
    graphql_type: Any


@dataclass(frozen=True)
class Field:
    """One GraphQL field; `card` is None for what the engine fills itself (pages) or graphql-core answers."""

    type_name: str
    name: str
    python_name: str
    card: Declared | None
    graphql: GraphQLField
    arguments: Mapping[str, Argument]

    @property
    def nonnull(self) -> bool:
        """Whether null is not among its values."""
        return bool(is_non_null_type(self.graphql.type))

    @property
    def items_nonnull(self) -> bool:
        """Whether null is not among the items of its list."""
        bare = self.graphql.type.of_type if self.nonnull else self.graphql.type  # type: ignore[union-attr]
        return bool(is_list_type(bare) and is_non_null_type(bare.of_type))

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        bare = self.graphql.type.of_type if self.nonnull else self.graphql.type  # type: ignore[union-attr]
        return bool(is_list_type(bare))

    @property
    def named(self) -> GraphQLNamedType:
        """Its type without lists and bangs."""
        return get_named_type(self.graphql.type)

    @property
    def is_leaf(self) -> bool:
        """Whether it takes no selection."""
        return bool(is_leaf_type(self.named))

    def __str__(self) -> str:
        return f"{self.type_name}.{self.name}"


@dataclass(frozen=True)
class Type:
    """One GraphQL object type."""

    name: str
    graphql: GraphQLObjectType
    fields: Mapping[str, Field]
    shown: Shown | None

    @property
    def is_node(self) -> bool:
        """Whether `node(id:)` finds it."""
        return self.shown is not None and self.shown.node is not None


class Model:
    """All types of a schema. Raises PlanError for declarations that cannot be served."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.schema = schema
        self.core: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self.keys = dict(self._key_types())
        self.types = {
            name: self._type(found)
            for name, found in self.core.type_map.items()
            if is_object_type(found) and not name.startswith("__")
        }
        for made in self.types.values():
            self._check(made)

    @property
    def query(self) -> Type:
        """The query root."""
        assert self.core.query_type is not None  # noqa: S101 - Strawberry refuses a schema without it
        return self.types[self.core.query_type.name]

    @property
    def mutation(self) -> Type | None:
        """The mutation root, if there is one."""
        return self.types[self.core.mutation_type.name] if self.core.mutation_type else None

    def undeclared(self) -> list[str]:
        """The root fields that state no access rule."""
        roots = [self.query, *([self.mutation] if self.mutation else [])]
        return [
            str(f) for root in roots for f in root.fields.values() if f.card is not None and not f.card.rule.declared
        ]

    def _origin(self, found: Any) -> type | None:
        return getattr(found.extensions.get(_BACK), "origin", None)

    def _key_types(self) -> Iterator[tuple[str, TypeEngine[Any]]]:
        for name, found in self.core.type_map.items():
            shown = vars(self._origin(found) or object).get(declare.SHOWN)
            if is_object_type(found) and shown is not None and shown.node is not None:
                yield (
                    name,
                    shown.table.c[shown.key].type if shown.table is not None else shown.extra.get(shown.key, Text()),
                )

    def _type(self, found: GraphQLObjectType) -> Type:
        definition = found.extensions.get(_BACK)
        by_name = {self._graphql_name(f): f for f in definition.fields} if definition else {}
        fields = {name: self._field(found, name, item, by_name.get(name)) for name, item in found.fields.items()}
        return Type(found.name, found, fields, vars(self._origin(found) or object).get(declare.SHOWN))

    def _field(self, owner: GraphQLObjectType, name: str, item: GraphQLField, definition: Any) -> Field:
        card = definition.metadata.get(declare.CARD) if definition is not None else None
        if name == "_entities" and owner is self.core.query_type:
            card = declare.NodeLookup(by="representations", rule=declare.Rule(public=True))
        python_name = definition.python_name if definition is not None else name
        arguments = {}
        if card is not None and definition is not None and not isinstance(card, declare.NodeLookup):
            function = _function_of(card)
            hints = (
                card.takes() if isinstance(card, declare.Paged) else declare.parameters(function) if function else {}
            )
            module = function.__module__ if function else ""
            for given in definition.arguments:
                graphql_name = self._graphql_name(given)
                hint = (
                    hints[given.python_name].annotation
                    if given.python_name in hints
                    else given.type_annotation.annotation
                )
                kind = kind_of(hint, module, self.keys, self._graphql_name)
                arguments[graphql_name] = Argument(given.python_name, kind, item.args[graphql_name].type)
        return Field(owner.name, name, python_name, card, item, arguments)

    def _graphql_name(self, item: Any) -> str:
        return self.schema.config.name_converter.get_graphql_name(item)

    def _check(self, made: Type) -> None:
        for field in made.fields.values():
            if field.card is None:
                continue
            if (field.card.rule.needs or field.card.rule.opens) and field.nonnull:
                raise PlanError(f"{field}: a field with a rule is null without it, so its type must be nullable")
            if (
                isinstance(field.card, declare.Paged | declare.Many)
                and not field.is_list
                and not isinstance(field.card, declare.Paged)
            ):
                raise PlanError(f"{field}: many() is a list")
            if isinstance(field.card, declare.Derived) and not field.is_leaf:
                raise PlanError(f"{field}: derived() makes scalars, enums and lists of them; objects come from rows")
            if isinstance(field.card, declare.Mutation):
                self._check_payload(field)

    def _check_payload(self, field: Field) -> None:
        payload = self.types.get(field.named.name)
        if payload is None or "userErrors" not in payload.fields:
            raise PlanError(f"{field}: its type is a Payload")
        for part in payload.fields.values():
            if part.nonnull and part.name != "userErrors":
                raise PlanError(f"{part}: a refusal leaves it null, so its type must be nullable")
        if "return" not in get_type_hints(field.card.change):  # type: ignore[union-attr]
            raise PlanError(f"{field}: annotate what it returns, so that its payload can be planned")


def _function_of(card: Declared) -> Any:
    for name in ("query", "expression", "function", "change"):
        if hasattr(card, name):
            return getattr(card, name)
    return None
