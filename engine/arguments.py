"""Arguments on their way from a document to a resolver: their kinds, their shape, and the values to bind later.

A shape is what planning may know of a value: None when null, ("=", value) for what shapes the SQL, a
tuple of (field, shape) for input objects, PRESENT for all else. Absent items have no shape at all.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_nullable_type,
)
from graphql.pyutils import Undefined
from graphql.utilities import coerce_input_literal
from graphql.utilities.coerce_input_value import coerce_default_value
from sqlalchemy import ARRAY, Text
from sqlalchemy.types import TypeEngine

from engine import ids
from engine.declare import Order, Ref, evaluated, extras
from engine.ids import Unusable
from engine.placeholders import Given, Placeholder, PlanError, sql_type

PRESENT = "present"
Shape = Any
Shapes = Mapping[str, Shape]
Variables = Mapping[str, Any]
Binder = tuple[str, Callable[[Variables], Any]]
"""A placeholder's key, and what computes its value; it may raise Unusable."""


@dataclass(frozen=True)
class Leaf:
    """A scalar or enum: `bind` makes the driver's value of a coerced one, `real` the one mutations see."""

    sql: TypeEngine[Any]
    bind: Callable[[Any], Any]
    real: Callable[[Any], Any]


@dataclass(frozen=True)
class Choice:
    """An `Order` enum, known while planning."""

    choices: type[Order]


@dataclass(frozen=True)
class Many:
    """A list."""

    of: Kind


@dataclass(frozen=True)
class Reference:
    """An ID of one of several types."""

    types: Mapping[str, TypeEngine[Any]]


@dataclass(frozen=True)
class Fields:
    """An input object: GraphQL name -> (Python name, kind)."""

    made: type
    fields: Mapping[str, tuple[str, Kind]]


Kind = Leaf | Choice | Many | Reference | Fields


def kind_of(
    annotation: object, module: str, keys: Mapping[str, TypeEngine[Any]], graphql_name: Callable[[Any], str]
) -> Kind:
    """The kind of an argument's annotation. `keys` are the node types' key types, `graphql_name` names a field.

    Raises PlanError for a reference to an unknown type.
    """
    return _kind(evaluated(annotation, module), (), module, keys, graphql_name)


def _kind(
    annotation: Any,
    marks: tuple[Any, ...],
    module: str,
    keys: Mapping[str, TypeEngine[Any]],
    named: Callable[[Any], str],
) -> Kind:
    annotation, more = extras(evaluated(annotation, module))
    marks = (*marks, *more)
    if get_origin(annotation) in (Union, UnionType):
        options = [a for a in get_args(annotation) if a is not type(None) and a is not strawberry.types.unset.UnsetType]
        return _kind(options[0], marks, module, keys, named)
    if get_origin(annotation) is list:
        return Many(_kind(get_args(annotation)[0], marks, module, keys, named))
    if annotation is strawberry.ID:
        return _reference([m for m in marks if isinstance(m, Ref)], keys)
    definition = getattr(annotation, "__strawberry_definition__", None)
    if definition is not None and getattr(definition, "is_input", False):
        hints = {
            n: a for base in reversed(annotation.__mro__) for n, a in vars(base).get("__annotations__", {}).items()
        }
        found = {}
        for item in definition.fields:
            found[named(item)] = (
                item.python_name,
                _kind(hints[item.python_name], (), annotation.__module__, keys, named),
            )
        return Fields(annotation, found)
    if isinstance(annotation, type) and issubclass(annotation, Order):
        return Choice(annotation)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return Leaf(Text(), lambda member: member.value, _same)
    return Leaf(
        sql_type(annotation), _checked if annotation is str else _same, _checked if annotation is str else _same
    )


def _reference(refs: list[Ref], keys: Mapping[str, TypeEngine[Any]]) -> Kind:
    names = [name for ref in refs for name in ref.names]
    for name in names:
        if name not in keys:
            raise PlanError(f"Ref({name!r}) names no node type")
    if len(names) == 1:
        only = {names[0]: keys[names[0]]}
        return Leaf(only[names[0]], lambda text: ids.decoded(text, only).key, lambda text: ids.decoded(text, only).key)
    if names:
        return Reference({name: keys[name] for name in names})
    return Leaf(Text(), _checked, _checked)


def _same(value: Any) -> Any:
    return value


def _checked(value: str) -> str:
    """A text PostgreSQL can store; raises Unusable for NUL and unpaired surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Unusable("A text must be valid Unicode.") from error
    if "\x00" in value:
        raise Unusable("A text must not contain NUL.")
    return value


def real(kind: Kind, value: Any) -> Any:
    """A coerced value as mutations see it: input classes, decoded ids, enum members. Raises Unusable."""
    if value is None or isinstance(kind, Choice):
        return value
    if isinstance(kind, Leaf):
        return kind.real(value)
    if isinstance(kind, Many):
        return [real(kind.of, item) for item in value]
    if isinstance(kind, Reference):
        return ids.decoded(value, dict(kind.types))
    given = {python: real(sub, value[name]) for name, (python, sub) in kind.fields.items() if name in value}
    for item in dataclasses.fields(kind.made):
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            given.setdefault(item.name, None)
    return kind.made(**given)


def shape_of(graphql_type: Any, value: Any) -> Shape:
    """What planning may know of a coerced value."""
    bare = get_nullable_type(graphql_type)
    if value is None:
        return None
    if isinstance(bare, GraphQLEnumType) and isinstance(value, Order):
        return ("=", value.value)
    if isinstance(bare, GraphQLInputObjectType):
        return tuple((name, shape_of(bare.fields[name].type, item)) for name, item in sorted(value.items()))
    return PRESENT


@dataclass(frozen=True)
class Source:
    """An argument that is given: its shape, None when it is null, and its coerced value once variables are known."""

    shape: Shape
    value: Callable[[Variables], Any]


NULL = Source(None, lambda _: None)


def source_of(node: ValueNode | None, graphql_type: Any, shapes: Shapes) -> Source | None:
    """Where an argument's value comes from; None when it is absent.

    Raises Unusable for a variable that is null where null may not be: validation lets it through where there is a
    default, since it may be left out.
    """
    if node is None:
        return None
    if isinstance(node, NullValueNode):
        return NULL
    if isinstance(node, VariableNode):
        name = node.name.value
        if shapes.get(name, PRESENT) is None:
            return _null(name, graphql_type)
        return Source(shapes[name], lambda variables: variables[name]) if name in shapes else None
    bare = get_nullable_type(graphql_type)
    if isinstance(node, ListValueNode) and isinstance(bare, GraphQLList):
        items = [source_of(item, bare.of_type, shapes) for item in node.values]
        return Source(PRESENT, lambda variables: [i.value(variables) if i else None for i in items])
    if isinstance(node, ObjectValueNode) and isinstance(bare, GraphQLInputObjectType):
        return _object_source(node, bare, shapes)
    constant = coerce_input_literal(node, graphql_type)
    if constant is Undefined:  # validation has refused it already, unless a scalar changes its mind
        raise PlanError("a literal that validation let through cannot be read")
    return _constant(graphql_type, constant)


def _null(variable: str, graphql_type: Any) -> Source:
    if isinstance(graphql_type, GraphQLNonNull):
        raise Unusable(f"${variable} may not be null here; give a value or leave it out.")
    return NULL


def _constant(graphql_type: Any, value: Any) -> Source:
    return Source(shape_of(graphql_type, value), lambda _: value)


def _object_source(node: ObjectValueNode, graphql_type: GraphQLInputObjectType, shapes: Shapes) -> Source:
    written = {f.name.value: f.value for f in node.fields}
    found: dict[str, Source | None] = {}
    for name, item in graphql_type.fields.items():
        given = written.get(name)
        if given is None or (isinstance(given, VariableNode) and given.name.value not in shapes):
            # what is not written, or is an absent variable, keeps the schema's default
            default = coerce_default_value(item)
            found[name] = None if default is Undefined else _constant(item.type, default)
        else:
            found[name] = source_of(given, item.type, shapes)
    shape = tuple((name, s.shape if s else None) for name, s in sorted(found.items()))
    return Source(shape, lambda variables: {n: s.value(variables) if s else None for n, s in found.items()})


def bound(kind: Kind, source: Source | None, name: str, binders: list[Binder]) -> Any:
    """What a resolver of a read is given for an argument; the values to bind later are added to `binders`.

    Raises PlanError for lists of input objects, which only mutations take.
    """
    if source is None or source.shape is None:
        return None
    value = source.value
    if isinstance(kind, Choice):
        return kind.choices(source.shape[1])
    if isinstance(kind, Leaf):
        leaf = kind
        binders.append((name, lambda variables: leaf.bind(value(variables))))
        return Placeholder(name, leaf.sql)
    if isinstance(kind, Many) and isinstance(kind.of, Leaf):
        item = kind.of
        binders.append((name, lambda variables: [None if v is None else item.bind(v) for v in value(variables)]))
        return Placeholder(name, ARRAY(item.sql))
    if isinstance(kind, Reference):
        types = dict(kind.types)
        binders.append((f"{name}_type", lambda variables: ids.decoded(value(variables), types).type))
        binders.append((f"{name}_key", lambda variables: str(ids.decoded(value(variables), types).key)))
        return Given({"type": Placeholder(f"{name}_type", Text()), "key": Placeholder(f"{name}_key", Text())})
    if isinstance(kind, Fields):
        shapes = dict(source.shape)
        return Given(
            {
                python: bound(sub, _part(source, shapes, field), f"{name}_{python}", binders)
                for field, (python, sub) in kind.fields.items()
            }
        )
    raise PlanError("only mutations take lists of input objects")


def _part(source: Source, shapes: Mapping[str, Shape], field: str) -> Source | None:
    shape = shapes.get(field)
    return None if shape is None else Source(shape, lambda variables: source.value(variables)[field])
