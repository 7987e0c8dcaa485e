"""Answers a query the slow and obvious way: each resolver is called with values, once for every parent.

It knows the cards of the fields and graphql-core's syntax tree, and nothing of plans: no batching, no
keysets, no generated code. Lists are sorted and cut in Python.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

from graphql import FieldNode, InlineFragmentNode, parse
from graphql.utilities import value_from_ast_untyped
from sqlalchemy import ARRAY, DateTime, Select, Text, literal, select
from sqlalchemy.types import Uuid

from engine import declare
from engine.arguments import Choice, Fields, Many
from tests.engine.asked import Genre

PAGE = ("first", "last", "after", "before", "order_by")


class Nulled(Exception):
    """A null climbs from where it may not be."""


class Oracle:
    def __init__(self, model, connection, viewer, variables):
        self.model = model
        self.connection = connection
        self.viewer = SimpleNamespace(
            kind=viewer.kind, scopes=viewer.scopes, author_id=literal(viewer.author_id, Uuid())
        )
        self.variables = variables
        self.errors = set()

    def answer(self, text):
        (operation,) = parse(text).definitions
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
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition.name.value if node.type_condition else of.name
                    if condition in {of.name, "Node"}:
                        for key, nodes in self.collected(of, [node.selection_set]).items():
                            found.setdefault(key, []).extend(nodes)
        return found

    def included(self, directive):
        said = value_from_ast_untyped(directive.arguments[0].value, self.variables)
        return said == (directive.name.value == "include")

    def fetched(self, made):
        types = {c.key: c.type for c in made.selected_columns}
        return [SimpleNamespace(**row._mapping, _types=types) for row in self.connection.execute(made)]

    @staticmethod
    def seen(row):
        if row is None:
            return SimpleNamespace()
        return SimpleNamespace(**{k: literal(v, row._types[k]) for k, v in vars(row).items() if k != "_types"})

    def arguments(self, field, node):
        written = {a.name.value: value_from_ast_untyped(a.value, self.variables) for a in node.arguments or ()}
        given = {}
        for name, argument in field.arguments.items():
            if written.get(name) is not None:
                given[argument.python_name] = self.value(argument.kind, written[name])
        page = {name: given.pop(name, None) for name in PAGE}
        return given, page

    def value(self, kind, item):
        if item is None:
            return None
        if isinstance(kind, Choice):
            return kind.choices[item]
        if isinstance(kind, Fields):
            return SimpleNamespace(
                **{python: self.value(sub, item.get(name)) for name, (python, sub) in kind.fields.items()}
            )
        if isinstance(kind, Many):
            return literal(item, ARRAY(Text()))
        if item in Genre.__members__:
            return Genre[item]
        if isinstance(kind.sql, Uuid):
            return UUID(_decoded(item))
        if isinstance(kind.sql, DateTime):
            return datetime.fromisoformat(item)
        return item

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
        given, page = self.arguments(field, nodes[0])
        if isinstance(card, declare.Column):
            if of.is_node and name == "id":
                return _encoded(of.name, getattr(row, of.shown.key))
            found = getattr(row, card.key or field.python_name)
            return _encoded(card.ref, found) if card.ref and found is not None else _json(found, field)
        if isinstance(card, declare.Text):
            return getattr(row, card.columns[given.get("language", "th")])
        if isinstance(card, declare.Computed):
            made = card.expression(self.viewer, self.seen(row), **given)
            return _json(self.connection.execute(made if isinstance(made, Select) else select(made)).scalar(), field)
        found = self.fetched(card.query(self.viewer, self.seen(row), **given))
        if isinstance(card, declare.One):
            assert len(found) <= 1
            return self.object(self.model.types[field.named.name], sets, found[0], path) if found else None
        if isinstance(card, declare.Many):
            inner = self.model.types[field.named.name]
            return [self.object(inner, sets, r, (*path, i)) for i, r in enumerate(found[: card.limit])]
        return self.connection_of(field, card, found, given, page, sets, row, path)

    def connection_of(self, field, card, found, given, page, sets, row, path):
        of = self.model.types[field.named.name]
        inner = self.model.types[of.fields["nodes"].named.name]
        if page["first"] is not None and page["last"] is not None:
            self.errors.add((path, "BAD_USER_INPUT"))
            return None
        order = list(card.orders[page["order_by"] or next(iter(card.orders))])
        primary = [c.key for c in inner.shown.table.primary_key] if inner.shown.table is not None else []
        order += [declare.OrderKey(k, order[-1].descending) for k in primary if k not in {o.key for o in order}]
        for key in reversed(order):  # stable sorts, the last key first; nulls last either way
            there = [r for r in found if getattr(r, key.key) is not None]
            there.sort(key=lambda r: _sortable(getattr(r, key.key)), reverse=key.descending)
            found = there + [r for r in found if getattr(r, key.key) is None]
        size = page["first"] or page["last"] or 20
        cut = found[-size:] if page["last"] is not None else found[:size]
        more = len(found) > size
        made = {}
        for key, nodes in self.collected(of, sets).items():
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
                made[key] = [self.edge(inner, inside, r, (*here, i)) for i, r in enumerate(cut)]
            elif name == "pageInfo":
                facts = {
                    "hasNextPage": more and page["last"] is None,
                    "hasPreviousPage": more and page["last"] is not None,
                }
                info = self.model.types["PageInfo"]
                made[key] = {k: facts[n[0].name.value] for k, n in self.collected(info, inside).items()}
            else:
                made[key] = of.name
        return made

    def edge(self, inner, sets, row, path):
        made = {}
        for key, nodes in self.collected(inner, sets).items():
            inside = [n.selection_set for n in nodes if n.selection_set]
            made[key] = self.object(inner, inside, row, (*path, key))
        return made


def _encoded(name, key):
    return urlsafe_b64encode(f"{name}:{key}".encode()).decode().rstrip("=")


def _decoded(text):
    return urlsafe_b64decode(text + "==").decode().partition(":")[2]


def _sortable(value):
    return value.hex if isinstance(value, UUID) else value


def _json(value, field):
    if field.named.name == "Genre" and value is not None:
        return value.upper()
    if isinstance(value, datetime):
        seconds, _, fraction = value.astimezone(UTC).isoformat().removesuffix("+00:00").partition(".")
        return f"{seconds}.{fraction.rstrip('0')}Z" if fraction else f"{seconds}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if field.named.name == "BigInt" else float(value)
    return value
