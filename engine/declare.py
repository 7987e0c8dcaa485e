"""What a GraphQL field may declare about itself; the engine reads these cards and nothing else.

A resolver of a read is `(viewer, parent, *, <arguments>) -> Select`; it is called once per plan with
placeholders (`engine.placeholders`), never with values.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from sqlalchemy import ColumnElement, Select, Subquery
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import asc_op, desc_op, nulls_first_op, nulls_last_op

Query = Callable[..., Select[Any]]
Expression = Callable[..., "ColumnElement[Any] | Select[Any]"]
Change = Callable[[Any, Any], Awaitable[object]]

CARD = "engine.declared"
"""The key of a field's card in `strawberry.field(metadata=...)`."""
AROUND = "around"
"""The argument that names the item in the middle of a page."""
SHOWN = "__engine_shown__"
"""The attribute of a GraphQL class that holds its `Shown`."""


class Order(StrEnum):
    """The base of enums whose value shapes the SQL: orders, languages.

    An argument of such a type reaches the resolver as its real value and is part of a plan's key.
    """


@dataclass(frozen=True)
class Ref:
    """Marks an ID argument or input field as the global id of one of these types.

    `Annotated[strawberry.ID, Ref("Team")]`: the resolver gets the key, of the type of that node's key
    column. With several names it gets a `NodeKey` (mutations), or a namespace of `type` and `key` (reads).
    """

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        if not names:
            raise TypeError("Ref() needs the name of at least one type")
        object.__setattr__(self, "names", names)


class NodeKey(NamedTuple):
    """A decoded global id: the GraphQL type's name and the key within it."""

    type: str
    key: Any


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Who may ask for a field: everyone, holders of all of `needs`, viewers of one of the kinds in `opens`.

    All empty means that the field says nothing of its own and its parent's rule holds.
    """

    needs: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()
    public: bool = False

    @property
    def declared(self) -> bool:
        """Whether the field states a rule at all; root fields must."""
        return self.public or bool(self.needs) or bool(self.opens)

    def missing(self, kind: str, scopes: frozenset[str]) -> str | None:
        """What this viewer lacks, in words, or None if the field is open to it."""
        if self.opens and kind not in self.opens:
            return "This field is not open to this kind of viewer."
        lacking = sorted(self.needs - scopes)
        return f"This field needs the scope {', '.join(lacking)}." if lacking else None


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The base of all cards."""

    rule: Rule = field(default_factory=Rule)


@dataclass(frozen=True, kw_only=True)
class Column(Declared):
    """A column of the row behind the type; `key` None means the field's own name.

    `ref` makes an ID of another node out of a foreign key.
    """

    key: str | None = None
    ref: str | None = None


@dataclass(frozen=True, kw_only=True)
class Text(Declared):
    """A text kept in several columns, by language: language value -> column key."""

    columns: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Computed(Declared):
    """A value that SQL computes from the parent's columns."""

    expression: Expression


@dataclass(frozen=True, kw_only=True)
class Derived(Declared):
    """A value that a pure function makes of columns of the row: `function(<columns>, *, <arguments>)`.

    Its positional parameters are named like the columns. It gets Python values (instants as `datetime`, JSON as what
    it says, null as None), and raises nothing: what it cannot say is None.
    """

    function: Callable[..., Any]

    @property
    def columns(self) -> list[str]:
        """The columns it needs, in its order."""
        given = inspect.signature(self.function).parameters.items()
        return [name for name, item in given if item.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]


@dataclass(frozen=True, kw_only=True)
class One(Declared):
    """At most one related row."""

    query: Query


@dataclass(frozen=True, kw_only=True)
class Many(Declared):
    """A list that is short by nature; `limit` cuts it, `expects` prices it."""

    query: Query
    limit: int = 100
    expects: int = 10


@dataclass(frozen=True)
class OrderKey:
    """One key of an order: a column key of the resolver's select, and its direction. Nulls come last."""

    key: str
    descending: bool = False


OrderKeys = tuple[OrderKey, ...]


@dataclass(frozen=True)
class Reckoned:
    """A computed value of a page's items, made from all of them: `widened(viewer, page)`, a query of `page` and more.

    `page` is a subquery of the items on one page with their `columns`. The query gives every column of `page`, and the
    value under the name of the field.
    """

    widened: Callable[[Any, Subquery], Select[Any]]
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Paged(Declared):
    """A Relay connection. `orders` has one entry without an order argument, under None.

    `opening` gives, for computed fields of its items, other expressions of the same value for a page that begins where
    the list does. They are read beside the page's rows, and may look at all of them (window functions).

    `reckoned` gives, for computed fields of its items, the same value made for a whole page at once: see `Reckoned`.
    Both hold for lists without gaps: they stay unused when a filter is given that is not among `whole`.

    `around(viewer, parent, *, around, <filters>)` is a select of the item that a page is to have in its middle, none
    where the list does not have it. It makes the argument `around`, and gets those of the filters that it names.
    """

    query: Query
    orders: Mapping[Order | None, OrderKeys]
    total: Expression | None = None
    opening: Mapping[str, Expression] = field(default_factory=dict)
    reckoned: Mapping[str, Reckoned] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    around: Query | None = None

    def takes(self) -> dict[str, Parameter]:
        """The arguments of its resolvers, those of the list's own first."""
        more = parameters(self.around) if self.around else {}
        return {**parameters(self.query), **{name: given for name, given in more.items() if name == AROUND}}


@dataclass(frozen=True, kw_only=True)
class Value(Declared):
    """An attribute of an in-memory object, such as what a mutation returned; None: the field's own name."""

    attribute: str | None = None


@dataclass(frozen=True, kw_only=True)
class Mutation(Declared):
    """`async change(context, input) -> object`; the object's attributes are the parent of the payload's fields."""

    change: Change


@dataclass(frozen=True, kw_only=True)
class NodeLookup(Declared):
    """`node(id:)`, `nodes(ids:)` or the federation's `_entities(representations:)`."""

    by: Literal["id", "ids", "representations"]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The rows behind a GraphQL type.

    `row` is an SQLModel class, or a plain class whose annotations list the columns its selects expose.
    `node` is `(viewer, key) -> Select` with `key.id`; `key` names the column that makes the global id.
    """

    row: type
    node: Query | None = None
    key: str = "id"
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> Any | None:
        """The SQLAlchemy table of the row class, or None for a plain class."""
        return getattr(self.row, "__table__", None)

    def has(self, key: str) -> bool:
        """Whether the selects of this type expose a column `key`."""
        if self.table is not None:
            return key in self.extra or key in self.table.c
        return key in self.extra or key in inspect.get_annotations(self.row)

    def nullable(self, key: str) -> bool:
        """Whether the row says that column `key` may be null; extras are trusted."""
        if key in self.extra:
            return False
        if self.table is not None:
            return bool(self.table.c[key].nullable)
        return type(None) in get_args(evaluated(inspect.get_annotations(self.row)[key], self.row.__module__))


@dataclass(frozen=True)
class Parameter:
    """One GraphQL argument of a resolver: annotation with its `Annotated` extras, and the Python default."""

    name: str
    annotation: Any
    default: Any = inspect.Parameter.empty


def parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The keyword-only parameters of a resolver, in order: these are the field's GraphQL arguments.

    Raises TypeError for a parameter without an annotation.
    """
    found = {}
    for name, given in inspect.signature(function).parameters.items():
        if given.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        if given.annotation is inspect.Parameter.empty:
            raise TypeError(f"{function.__module__}.{function.__qualname__}: annotate the argument {name}")
        found[name] = Parameter(name, evaluated(given.annotation, function.__module__), given.default)
    return found


def evaluated(annotation: object, module: str) -> Any:
    """The annotation as an object; texts are evaluated in their module, as typing.get_type_hints does."""
    if isinstance(annotation, str):
        return eval(annotation, vars(sys.modules[module]))  # noqa: S307 - our own source text
    return annotation


def extras(annotation: object) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without `Annotated` at its top, and the extras that stood there."""
    if get_origin(annotation) is Annotated:
        bare, *rest = get_args(annotation)
        return bare, tuple(rest)
    return annotation, ()


def order_keys(given: object) -> OrderKeys:
    """A declared order as keys.

    Each part is a column, `asc(column)`, `desc(column)`, or a column key such as "rank" or "-rank".
    Raises TypeError for anything else, also for nulls_first: nulls come last, always.
    """
    parts = given if isinstance(given, tuple | list) else (given,)
    return tuple(_order_key(part) for part in parts)


def _order_key(part: object) -> OrderKey:
    if isinstance(part, OrderKey):
        return part
    if isinstance(part, str):
        return OrderKey(part.removeprefix("-"), descending=part.startswith("-"))
    part = part.__clause_element__() if hasattr(part, "__clause_element__") else part
    descending = False
    while isinstance(part, UnaryExpression):
        if part.modifier is nulls_first_op or part.modifier not in (asc_op, desc_op, nulls_last_op):
            raise TypeError("an order takes asc(), desc() and column keys; nulls come last")
        descending = descending or part.modifier is desc_op
        part = part.element
    key = getattr(part, "_proxy_key", None) or getattr(part, "key", None) or getattr(part, "element", None)
    if not isinstance(key, str):
        raise TypeError(f"an order takes columns and column keys, not {type(part).__name__}")
    return OrderKey(key, descending=descending)
