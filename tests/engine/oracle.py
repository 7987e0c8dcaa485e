"""Answers a query the slow and obvious way: each resolver is called with values, once for every parent.

It knows the cards of the fields and graphql-core's syntax tree and coercion, and nothing of plans: no batching,
no keysets, no generated code. Lists are sorted and cut in Python.
"""

import typing
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from inspect import signature
from types import SimpleNamespace
from uuid import UUID

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    OperationDefinitionNode,
    get_named_type,
    parse,
)
from graphql.execution.values import get_argument_values, get_variable_values
from graphql.utilities import value_from_ast_untyped
from sqlalchemy import ARRAY, JSON, Integer, Select, Text, cast, literal, null, select
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import Uuid

from engine import declare
from engine.arguments import Choice, Fields, Many, real
from engine.ids import Unusable

PAGE = ("first", "last", "after", "before", "order_by")


class Nulled(Exception):
    """A null climbs from where it may not be."""


class Refused(Exception):
    """Arguments that cannot be used."""


@dataclass(frozen=True)
class Cursor:
    """Where an item stands in its list. How that is written is the engine's affair; see `matched`."""

    of: tuple
    item: str


class Oracle:
    """`cursors` are the places behind cursors that the engine gave in earlier answers."""

    def __init__(self, model, connection, viewer, variables, cursors=None):
        self.model = model
        self.connection = connection
        hints = typing.get_type_hints(viewer.__class__)
        self.viewer = SimpleNamespace(
            **{n: literal(v, Uuid() if UUID in (hints[n], *typing.get_args(hints[n])) else Text())
               for n, v in vars(viewer).items() if n not in {"kind", "scopes"}}
            | {"kind": viewer.kind, "scopes": viewer.scopes}
        )  # fmt: skip
        self.given = variables
        self.cursors = cursors or {}
        self.errors = set()
        self.statements = 0

    def answer(self, text):
        definitions = parse(text).definitions
        (operation,) = (d for d in definitions if isinstance(d, OperationDefinitionNode))
        self.fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        self.variables = get_variable_values(self.model.core, operation.variable_definitions or (), self.given)
        assert not isinstance(self.variables, list), self.variables
        try:
            return self.object(self.model.query, [operation.selection_set], None, ())
        except Nulled:
            return None

    def object(self, of, sets, row, path):
        made = {}
        for key, nodes in self.collected(of, sets).items():
            name = nodes[0].name.value
            nonnull = name == "__typename" or of.fields[name].nonnull
            try:
                made[key] = self.field(of, nodes, row, (*path, key))
            except Nulled:
                made[key] = None
            except (Refused, Unusable):
                self.errors.add(((*path, key), "BAD_USER_INPUT"))
                made[key] = None
            if made[key] is None and nonnull:
                raise Nulled
        return made

    def collected(self, of, sets):
        found = {}
        for selections in sets:
            for node in selections.selections:
                if not all(self.included(d) for d in node.directives or ()):
                    continue
                if isinstance(node, FieldNode):
                    found.setdefault((node.alias or node.name).value, []).append(node)
                    continue
                inner = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                condition = inner.type_condition.name.value if inner.type_condition else of.name
                if condition in {of.name, *(i.name for i in of.graphql.interfaces)}:
                    for key, nodes in self.collected(of, [inner.selection_set]).items():
                        found.setdefault(key, []).extend(nodes)
        return found

    def included(self, directive):
        said = value_from_ast_untyped(directive.arguments[0].value, self.variables.coerced)
        return said == (directive.name.value == "include")

    def fetched(self, made):
        self.statements += 1
        types = {c.key: c.type for c in made.selected_columns}
        return [SimpleNamespace(**row._mapping, _types=types) for row in self.connection.execute(made)]

    @staticmethod
    def seen(row):
        if row is None:
            return SimpleNamespace()
        return SimpleNamespace(**{k: _written(v, row._types[k]) for k, v in vars(row).items() if k != "_types"})

    def written(self, field, node):
        try:
            return get_argument_values(field.graphql, node, self.variables)
        except GraphQLError as error:  # a null where none may be
            raise Refused from error

    def arguments(self, field, node):
        written = self.written(field, node)
        given = {}
        for name, argument in field.arguments.items():
            if name in written:
                given[argument.python_name] = (
                    written[name]
                    if isinstance(field.card, declare.Paged) and argument.python_name in PAGE
                    else self.value(argument.kind, written[name])
                )
        page = {name: given.pop(name, None) for name in (*PAGE, declare.AROUND)}
        others = {*PAGE, "orderBy", declare.AROUND}
        filters = repr(_pruned({name: value for name, value in written.items() if name not in others}))
        return given, page, filters

    def value(self, kind, item):
        if item is None:
            return None
        if isinstance(kind, Choice):
            return item
        if isinstance(kind, Fields):
            return SimpleNamespace(
                **{python: self.value(sub, item.get(name)) for name, (python, sub) in kind.fields.items()}
            )
        if isinstance(kind, Many):
            return literal([kind.of.bind(each) for each in item], ARRAY(kind.of.sql))
        return literal(kind.bind(item), kind.sql)

    def field(self, of, nodes, row, path):
        name = nodes[0].name.value
        if name == "__typename":
            return of.name
        field = of.fields[name]
        card = field.card
        sets = [n.selection_set for n in nodes if n.selection_set]
        if card.rule.missing(self.viewer.kind, self.viewer.scopes):
            self.errors.add((path, "FORBIDDEN"))
            return None
        if isinstance(card, declare.NodeLookup):
            return self.looked_up(field, nodes[0], sets, path)
        if isinstance(card, declare.Derived):
            return _json(self.derived(field, nodes[0], row), field)
        return self.read(of, field, nodes[0], sets, row, path)

    def read(self, of, field, node, sets, row, path):
        name, card = field.name, field.card
        given, page, filters = self.arguments(field, node)
        if isinstance(card, declare.Column):
            if of.is_node and name == "id":
                return _encoded(of.name, getattr(row, of.shown.key))
            found = getattr(row, card.key or field.python_name)
            return _encoded(card.ref, found) if card.ref and found is not None else _json(found, field)
        if isinstance(card, declare.Text):
            return getattr(row, card.columns[given.get("language", "th")])
        if isinstance(card, declare.Computed):
            self.statements += 1
            made = card.expression(self.viewer, self.seen(row), **given)
            return _json(self.connection.execute(made if isinstance(made, Select) else select(made)).scalar(), field)
        found = self.fetched(card.query(self.viewer, self.seen(row), **given))
        if page[declare.AROUND] is not None:
            takes = {name: value for name, value in given.items() if name in declare.parameters(card.around)}
            middle = self.fetched(
                card.around(self.viewer, self.seen(row), around=page[declare.AROUND], **takes).limit(1)
            )
            page = {**page, declare.AROUND: middle}
        if isinstance(card, declare.One):
            assert len(found) <= 1
            return self.object(self.model.types[field.named.name], sets, found[0], path) if found else None
        if isinstance(card, declare.Many):
            inner = self.model.types[field.named.name]
            return [self.object(inner, sets, r, (*path, i)) for i, r in enumerate(found[: card.limit])]
        parent = () if row is None else tuple((k, str(v)) for k, v in sorted(vars(row).items()) if k != "_types")
        return self.connection_of(field, found, given, page, sets, row, (str(field), filters, parent), path)

    def derived(self, field, node, row):
        written = self.written(field, node)
        given = {a.python_name: real(a.kind, written[name]) for name, a in field.arguments.items() if name in written}
        needed = [p.name for p in signature(field.card.function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
        return field.card.function(*(getattr(row, key) for key in needed), **given)

    def looked_up(self, field, node, sets, path):
        (given,) = self.written(field, node).values()
        if field.card.by == "id":
            return self.looked_up_one(given, None, sets, path)
        made = []
        for place, each in enumerate(given):
            wanted, text = (None, each) if field.card.by == "ids" else (each["__typename"], each["id"])
            try:
                made.append(self.looked_up_one(text, wanted, sets, (*path, place)))
            except (Refused, Nulled) as error:
                if isinstance(error, Refused):
                    self.errors.add(((*path, place), "BAD_USER_INPUT"))
                made.append(None)
        return made

    def looked_up_one(self, text, wanted, sets, path):
        try:
            name, _, key = b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode().partition(":")
            of = self.model.types[wanted or name]
            if not of.is_node:
                raise Refused
            kind = of.shown.table.c[of.shown.key].type
            typed = UUID(key) if isinstance(kind, Uuid) else int(key) if isinstance(kind, Integer) else key
        except (ValueError, KeyError, Error) as error:
            raise Refused from error
        if _encoded(of.name, typed) != text:
            raise Refused
        found = self.fetched(of.shown.node(self.viewer, SimpleNamespace(id=literal(typed, kind))))
        return self.object(of, sets, found[0], path) if found else None

    def connection_of(self, field, found, given, page, sets, row, identity, path):
        card, of = field.card, self.model.types[field.named.name]
        inner = self.model.types[of.fields["nodes"].named.name]
        sizes = [page[side] for side in ("first", "last") if page[side] is not None]
        if len(sizes) == 2 or any(not 1 <= size <= 100 for size in sizes):
            raise Refused
        if page[declare.AROUND] is not None and any(page[name] is not None for name in ("after", "before", "last")):
            raise Refused
        wanted = self.collected(of, sets)
        order = page["order_by"] or next(iter(card.orders))
        cut = self.cut(found, card.orders[order], inner, page, (*identity, order))
        if cut is None:
            # a document that asks nothing of the page itself has no page to refuse
            if any(nodes[0].name.value in {"edges", "nodes", "pageInfo"} for nodes in wanted.values()):
                raise Refused
            cut = [], [], {}
        cut, places, facts = cut
        made = {}
        for key, nodes in wanted.items():
            here = (*path, key)
            inside = [n.selection_set for n in nodes if n.selection_set]
            name = nodes[0].name.value
            if name == "totalCount":
                made[key] = (
                    self.connection.execute(card.total(self.viewer, self.seen(row), **given)).scalar()
                    if card.total
                    else None
                )
            elif name == "nodes":
                made[key] = [self.object(inner, inside, r, (*here, i)) for i, r in enumerate(cut)]
            elif name == "edges":
                edge = self.model.types[of.fields["edges"].named.name]
                pairs = zip(cut, places, strict=True)
                made[key] = [self.edge(edge, inner, inside, r, place, (*here, i)) for i, (r, place) in enumerate(pairs)]
            elif name == "pageInfo":
                info = self.model.types["PageInfo"]
                fields = self.collected(info, inside).items()
                made[key] = {k: facts.get(n[0].name.value, "PageInfo") for k, n in fields}
            else:
                made[key] = of.name
        return made

    def cut(self, found, keys, inner, page, identity):
        """The page's rows, their places, and what pageInfo says; None when the page may not be asked so."""
        order = list(keys)
        primary = [c.key for c in inner.shown.table.primary_key] if inner.shown.table is not None else []
        order += [declare.OrderKey(k, order[-1].descending) for k in primary if k not in {o.key for o in order}]
        for key in reversed(order):  # stable sorts, the last key first; nulls last either way
            there = [r for r in found if getattr(r, key.key) is not None]
            there.sort(key=lambda r: _sortable(getattr(r, key.key)), reverse=key.descending)
            found = there + [r for r in found if getattr(r, key.key) is None]
        places = [Cursor(identity, str([getattr(r, k.key) for k in order])) for r in found]
        for side, part in (("after", lambda at: slice(at + 1, None)), ("before", slice)):
            if page[side] is not None:
                if self.cursors.get(page[side]) not in places:
                    return None
                kept = part(places.index(self.cursors[page[side]]))
                found, places = found[kept], places[kept]
        if page[declare.AROUND] is not None:
            return self.middle(found, places, page)
        backward = page["last"] is not None
        size = page["last"] if backward else page["first"] if page["first"] is not None else 20
        more = len(found) > size
        kept = slice(-size, None) if backward else slice(size)
        found, places = found[kept], places[kept]
        facts = {
            "hasNextPage": page["before"] is not None if backward else more,
            "hasPreviousPage": more if backward else page["after"] is not None,
            "startCursor": places[0] if places else None,
            "endCursor": places[-1] if places else None,
        }
        return found, places, facts

    @staticmethod
    def middle(found, places, page):
        """The page with the item in its middle, moved where the list ends; nothing without the item."""
        size = 20 if page["first"] is None else page["first"]
        anchor = [_values(row) for row in page[declare.AROUND]]
        at = next((n for n, row in enumerate(found) if _values(row) in anchor), None)
        start = 0 if at is None else max(0, min(at - (size - 1) // 2, len(found) - size))
        kept = slice(start, 0 if at is None else start + size)
        facts = {
            "hasNextPage": at is not None and start + size < len(found),
            "hasPreviousPage": at is not None and start > 0,
            "startCursor": places[kept][0] if places[kept] else None,
            "endCursor": places[kept][-1] if places[kept] else None,
        }
        return found[kept], places[kept], facts

    def edge(self, of, inner, sets, row, place, path):
        made = {}
        for key, nodes in self.collected(of, sets).items():
            inside = [n.selection_set for n in nodes if n.selection_set]
            name = nodes[0].name.value
            made[key] = (
                place
                if name == "cursor"
                else of.name
                if name == "__typename"
                else self.object(inner, inside, row, (*path, key))
            )
        return made


def matched(expected, got, cursors):
    """`expected` with the texts that `got` has where cursors are wanted, which `cursors` then knows.

    One text stands for one place, and one place has one text.
    """
    if isinstance(expected, Cursor):
        assert isinstance(got, str), got
        assert cursors.setdefault(got, expected) == expected
        assert [text for text, place in cursors.items() if place == expected] == [got]
        return got
    if isinstance(expected, dict) and isinstance(got, dict):
        return {k: matched(v, got.get(k), cursors) for k, v in expected.items()}
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        return [matched(e, g, cursors) for e, g in zip(expected, got, strict=True)]
    return expected


def _values(row):
    return {key: value for key, value in vars(row).items() if key != "_types"}


def _written(value, sql):
    made = cast(null(), sql) if value is None else literal(value, sql)
    return Grouping(made) if isinstance(sql, JSON) else made  # PostgreSQL takes no subscript after a bare cast


def _pruned(value):
    """An argument without what is null: a list does not change by a filter that is not set."""
    if not isinstance(value, dict):
        return value
    return {k: pruned for k, v in value.items() if (pruned := _pruned(v)) is not None and pruned != {}}


def _encoded(name, key):
    return urlsafe_b64encode(f"{name}:{key}".encode()).decode().rstrip("=")


def _sortable(value):
    return value.hex if isinstance(value, UUID) else value


def _json(value, field):
    if isinstance(value, list):
        return [_json(each, field) for each in value]
    named = get_named_type(field.graphql.type)
    if isinstance(named, GraphQLEnumType) and value is not None:
        (name,) = [n for n, v in named.values.items() if getattr(v.value, "value", v.value) == value]
        return name
    if isinstance(value, datetime):
        seconds, _, fraction = value.astimezone(UTC).isoformat().removesuffix("+00:00").partition(".")
        return f"{seconds}.{fraction.rstrip('0')}Z" if fraction else f"{seconds}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if field.named.name == "BigInt" else float(value)
    return value
