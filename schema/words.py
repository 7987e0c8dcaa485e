"""The words that schema modules are written in: each makes a Strawberry field or type and its card for the engine.

    @shows(rows.Team, node=teams.by_id, says="A team.")
    class Team(Node):
        name: str = text(th="name_th", en="name_en", says="The team's name.")
        member_count: int = column(says="People in the team now.")
        parent: "Team | None" = one(teams.parent_of, says="The team above this one.")
        members: "Connection[User]" = connection(teams.members_of, orders=("-joined_on", "id"), says="...")

Types of another module: `Annotated["User", strawberry.lazy("schema.users")]`, also inside `Connection[...]`.
The text of a resolver's argument is `Annotated[int, strawberry.argument(description=...)]`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import strawberry
from strawberry import federation
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryOptional, get_object_definition
from strawberry.types.field import StrawberryField
from typing_extensions import dataclass_transform

from engine import declare
from engine.declare import Order, Rule
from schema.scalars import SCALARS, BigInt

T = TypeVar("T")
Class = TypeVar("Class", bound=type)
Needs = str | Iterable[str] | None

_PAGE: dict[str, tuple[type, str]] = {
    "first": (int, "How many items from the start of the list, 1 to 100; 20 when neither `first` nor `last` is given."),
    "after": (str, "Only items after this cursor."),
    "last": (int, "How many items from the end of the list, 1 to 100; not together with `first`."),
    "before": (str, "Only items before this cursor."),
}


class Language(Order):
    """The languages of translated texts."""

    TH = "th"
    EN = "en"


strawberry.enum(Language, description="The language of a translated text.")


def _rule(needs: Needs, opens: Iterable[str], public: bool) -> Rule:
    scopes = () if needs is None else (needs,) if isinstance(needs, str) else tuple(needs)
    return Rule(needs=frozenset(str(s) for s in scopes), opens=frozenset(str(k) for k in opens), public=public)


def _field(card: declare.Declared, says: str, arguments: Iterable[StrawberryArgument] = (), **more: Any) -> Any:
    """The Strawberry field of a card; the rule that the engine enforces is the one the SDL shows."""
    if not says.strip():
        raise TypeError("every field says what it is")
    if card.rule.needs:
        more["requires_scopes"] = [sorted(card.rule.needs)]
    made: StrawberryField = federation.field(description=says, metadata={declare.CARD: card}, **more)
    made.arguments = list(arguments)
    return made


def _argument(name: str, annotation: object, says: str | None = None, default: object = None) -> StrawberryArgument:
    """An argument; a default of None is shown as nullable without a default."""
    shown = strawberry.UNSET if default is None or default is inspect.Parameter.empty else default
    return StrawberryArgument(name, None, StrawberryAnnotation(annotation), description=says, default=shown)


def _arguments_of(function: Callable[..., Any]) -> list[StrawberryArgument]:
    """The GraphQL arguments of a resolver."""
    return _arguments(declare.parameters(function))


def _arguments(taken: Mapping[str, declare.Parameter]) -> list[StrawberryArgument]:
    return [_argument(p.name, p.annotation, default=p.default) for p in taken.values()]


def column(*, says: str, from_: str | None = None, ref: str | None = None, needs: Needs = None) -> Any:
    """A column of the row behind the type: the one named like the field, or `from_`.

    `ref="Team"` shows a foreign key as that type's global id.
    """
    return _field(declare.Column(key=from_, ref=ref, rule=_rule(needs, (), public=False)), says)


def text(*, says: str, th: str, en: str, needs: Needs = None) -> Any:
    """A text kept in two columns, chosen by the argument `language`, Thai unless asked otherwise."""
    card = declare.Text(columns={Language.TH: th, Language.EN: en}, rule=_rule(needs, (), public=False))
    return _field(card, says, [_argument("language", Language, "The language of the text.", Language.TH)])


def computed(
    expression: declare.Expression,
    *,
    says: str,
    needs: Needs = None,
    opens: Iterable[str] = (),
    public: bool = False,
    deprecated: str | None = None,
) -> Any:
    """What `expression(viewer, parent, *, arguments)` gives: a SQL expression, or a select of one value."""
    card = declare.Computed(expression=expression, rule=_rule(needs, opens, public))
    return _field(card, says, _arguments_of(expression), deprecation_reason=deprecated)


def derived(function: Callable[..., Any], *, says: str, needs: Needs = None) -> Any:
    """What the pure `function(<columns>, *, arguments)` makes of columns of the row, named by its parameters.

    A scalar, an enum or a list of them, made while the answer is built; for what SQL says badly, such as sentences.
    """
    card = declare.Derived(function=function, rule=_rule(needs, (), public=False))
    return _field(card, says, _arguments_of(function))


def one(
    query: declare.Query, *, says: str, needs: Needs = None, opens: Iterable[str] = (), public: bool = False
) -> Any:
    """At most one row of `query`; declare it nullable when visibility may hide the row."""
    return _field(declare.One(query=query, rule=_rule(needs, opens, public)), says, _arguments_of(query))


def many(
    query: declare.Query,
    *,
    says: str,
    limit: int = 100,
    expects: int | None = None,
    needs: Needs = None,
    opens: Iterable[str] = (),
    public: bool = False,
) -> Any:
    """A list that is short by nature, in the query's own order; `expects` items are priced, `limit` is the most."""
    card = declare.Many(query=query, limit=limit, expects=min(limit, expects or 10), rule=_rule(needs, opens, public))
    return _field(card, says, _arguments_of(query))


def connection(
    query: declare.Query,
    *,
    says: str,
    orders: Mapping[Any, object] | object,
    total: declare.Expression | None = None,
    opening: Mapping[str, declare.Expression] | None = None,
    reckoned: Mapping[str, declare.Reckoned] | None = None,
    whole: Iterable[str] = (),
    around: declare.Query | None = None,
    needs: Needs = None,
    opens: Iterable[str] = (),
    public: bool = False,
) -> Any:
    """A Relay connection over `query`, which neither orders nor limits.

    `orders` is one order, or a mapping from the values of an `Order` enum to orders; the first is the
    default. An order is a tuple of columns, `asc()`, `desc()` or keys ("-rank"); a primary key is added
    when the order lacks one. `total(viewer, parent, *, arguments)` counts cheaply; without it `totalCount` is null.
    `opening`, `reckoned`, `whole` and `around`: see `declare.Paged`.
    """
    choices = {k: declare.order_keys(v) for k, v in orders.items()} if isinstance(orders, Mapping) else {}
    arguments = [_argument(name, kind | None, says_it) for name, (kind, says_it) in _PAGE.items()]
    if choices:
        default = next(iter(choices))
        arguments.append(_argument("order_by", type(default), "The order of the list.", default))
    card = declare.Paged(
        query=query,
        orders=choices or {None: declare.order_keys(orders)},
        total=total,
        opening=opening or {},
        reckoned=reckoned or {},
        whole=frozenset(whole),
        around=around,
        rule=_rule(needs, opens, public),
    )
    return _field(card, says, [*_arguments(card.takes()), *arguments])


def value(*, says: str, from_: str | None = None, needs: Needs = None) -> Any:
    """An attribute of the in-memory object behind the type, such as a mutation's outcome."""
    return _field(declare.Value(attribute=from_, rule=_rule(needs, (), public=False)), says)


def mutation(
    change: declare.Change, *, says: str, needs: Needs = None, opens: Iterable[str] = (), public: bool = False
) -> Any:
    """`async change(context, input) -> object`, in one transaction with the read-back of its payload.

    The annotation of `input` is the `strawberry.input` class; the return annotation is a class whose
    annotated attributes are the parent of the payload's fields. The field's type is a `Payload`.
    """
    given = inspect.signature(change).parameters["input"].annotation
    argument = _argument("input", declare.evaluated(given, change.__module__), "What to change.")
    return _field(declare.Mutation(change=change, rule=_rule(needs, opens, public)), says, [argument])


def node_by_id(*, says: str = "Any object by its global id; null when absent or not visible.") -> Any:
    """The root field `node: Node | None`."""
    argument = _argument("id", strawberry.ID, "The global id.")
    return _field(declare.NodeLookup(by="id", rule=Rule(public=True)), says, [argument])


def nodes_by_ids(*, says: str = "Objects by global id, in the order asked; null where absent or not visible.") -> Any:
    """The root field `nodes: list[Node | None]`."""
    argument = _argument("ids", list[strawberry.ID], "At most 100 global ids.")
    return _field(declare.NodeLookup(by="ids", rule=Rule(public=True)), says, [argument])


@strawberry.interface(description="An object with a global id.")
class Node:
    """What `node(id:)` can find; its types are declared with `shows(..., node=...)`."""

    id: strawberry.ID = _field(declare.Column(), "The global id, opaque and stable.")


@federation.type(description="Where a page stands in its list.", shareable=True)
class PageInfo:
    """Relay's PageInfo; the engine fills it."""

    has_next_page: bool = strawberry.field(description="Whether items follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether items precede this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item; null on an empty page.")


@strawberry.type(description="An item and its place in the list.")
class Edge(Generic[T]):
    """One item of a connection."""

    cursor: str = strawberry.field(description="The item's place; valid for the same list, filter and order.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """A page of a list; in the schema it is named after its item: `Connection[User]` is UserConnection."""

    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: BigInt | None = strawberry.field(
        description="Items in the whole list; null where counting is not cheap."
    )


@strawberry.type(description="Why a change was refused.")
class UserError:
    """A refusal that a person can act on."""

    code: str = strawberry.field(description="A stable code, such as CONFLICT.")
    message: str = strawberry.field(description="What to do next, for a person.")
    path: list[str] = strawberry.field(description="Where in the input; list positions count from 0.")


@strawberry.interface(description="What every change answers.")
class Payload:
    """The base of payload types; their other fields are nullable, since a refusal leaves them null."""

    user_errors: list[UserError] = _field(declare.Value(), "Why the change was refused; empty when it was made.")


@dataclass_transform(kw_only_default=True)
def holds(*, says: str, name: str | None = None) -> Callable[[Class], Class]:
    """Makes a GraphQL type of in-memory objects (payloads and their parts) or a root type."""

    def make(cls: Class) -> Class:
        return strawberry.type(cls, name=name, description=says)

    return make


@dataclass_transform(kw_only_default=True)
def shows(
    row: type,
    *,
    says: str,
    node: declare.Query | None = None,
    key: str = "id",
    extra: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> Callable[[Class], Class]:
    """Makes a GraphQL type of the rows of `row`, and a federation entity of it when `node` finds one by `key.id`.

    `extra` names labelled columns that the selects add to the row's own (name -> SQLAlchemy type).
    Raises TypeError when a field promises a column the row lacks, or a non-null one of a nullable column.
    """

    def make(cls: Class) -> Class:
        if (node is not None) != issubclass(cls, Node):
            raise TypeError(f"{cls.__name__}: a Node has node=, other types have not")
        shown = declare.Shown(row=row, node=node, key=key, extra=dict(extra or {}))
        setattr(cls, declare.SHOWN, shown)
        if "__strawberry_definition__" not in vars(cls):
            keys = {"keys": ["id"]} if node is not None else {}
            cls = federation.type(cls, name=name, description=says, **keys)  # type: ignore[call-overload]
        _check(cls, shown)
        return cls

    return make


def _check(cls: type, shown: declare.Shown) -> None:
    """Raises TypeError unless the row (or `extra`) has every column the type's fields name."""
    definition = get_object_definition(cls, strict=True)
    for item in definition.fields:
        card = item.metadata.get(declare.CARD)
        if isinstance(card, declare.Text):
            keys: Iterable[str] = card.columns.values()
        elif isinstance(card, declare.Derived):
            keys = card.columns
        elif isinstance(card, declare.Column):
            keys = [shown.key if item.python_name == "id" and card.key is None else card.key or item.python_name]
        else:
            continue
        for name in keys:
            if not shown.has(name):
                raise TypeError(f"{cls.__name__}.{item.python_name}: {shown.row.__name__} has no column {name}")
            takes_null = isinstance(card, declare.Derived) or isinstance(item.type, StrawberryOptional)
            if shown.nullable(name) and not takes_null:
                raise TypeError(f"{cls.__name__}.{item.python_name}: {name} may be null, the field may not")


def build(query: type, mutation: type | None = None, types: Iterable[type] = ()) -> federation.Schema:
    """The federated schema of these roots; `types` are those that no field names."""
    return federation.Schema(
        query=query, mutation=mutation, types=types, config=StrawberryConfig(scalar_map=dict(SCALARS))
    )
