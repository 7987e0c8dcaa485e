"""Random documents over the whole schema, with variables, and random viewers."""

import json
from datetime import timedelta
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNonNull,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from auth.viewer import ANONYMOUS, USUAL_SCOPES, Viewer, ViewerKind
from domain.scopes import Scope
from engine import declare
from engine.ids import encoded

ABSTRACT = {"Node", "_Entity"}
CORE = {"_service"}  # what graphql-core answers
FAVOURED = {
    "node": 3,
    "nodes": 4,
    "_entities": 2,
    "viewer": 3,
    "users": 3,
    "activities": 4,
    "challenges": 2,
    "creditEntries": 3,
    "connections": 3,
    "standings": 2,
    "quarantine": 4,
    "unmappedSports": 2,
    "records": 2,
    "statistics": 3,
    "statisticsByPeriod": 2,
    "user": 2,
}
"""What is for some viewers only is asked for more often than what is public."""


class Documents:
    """Makes one document and its variables; the same dice, the same document.

    `stock` has what is in the database: keys by node type, codes and names by argument. `cursors` puts
    cursors into connections: alias -> ("after" or "before", cursor); no dice are thrown for them.
    """

    def __init__(self, dice, model, stock, cursors=None):
        self.dice = dice
        self.model = model
        self.stock = stock
        self.cursors = cursors or {}
        self.variables = {}
        self.declared = {}
        self.fragments = {}
        self.texts = []
        self.drawn = []  # the node types of the ids so far
        self.names = 0

    def document(self):
        body = self.selections(self.model.query, 0)
        head = ", ".join(f"${name}: {kind}{default}" for name, (kind, default) in self.declared.items())
        return "\n".join([f"query Q({head}) {body}" if head else body, *self.texts])

    def chance(self, share):
        return self.dice.random() < share

    def fresh(self, letter):
        self.names += 1
        return f"{letter}{self.names}"

    # selections

    def selections(self, of, depth):
        fields = [f for f in of.fields.values() if f.name not in CORE]
        leaves = [f for f in fields if f.is_leaf]
        below = [f for f in fields if not f.is_leaf] if depth < 4 else []
        chosen = self.dice.sample(leaves, min(len(leaves), self.dice.randint(0, 6)))
        if below:
            weights = [FAVOURED.get(f.name, 1) for f in below]
            chosen += self.dice.choices(below, weights, k=self.dice.randint(0 if chosen else 1, 2))
        parts = [self.selection(f, depth) for f in chosen or [self.dice.choice(leaves)]]
        if self.chance(0.15):
            parts.append("__typename" if self.chance(0.5) else f"{self.fresh('t')}: __typename")
        if of.is_node and self.chance(0.15):
            parts.append(f"... on Node{self.directive()} {{ id __typename }}")
        if depth and self.chance(0.1):
            condition = f" on {of.name}" if self.chance(0.5) else ""
            parts.append(f"...{condition}{self.directive()} {self.inner(of, depth)}")
        if depth and self.chance(0.15):
            parts.append(f"...{self.fragment(of, depth)}{self.directive()}")
        self.dice.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def inner(self, of, depth):
        leaves = [f for f in of.fields.values() if f.is_leaf]
        return "{ " + " ".join(self.selection(f, depth) for f in self.dice.sample(leaves, min(2, len(leaves)))) + " }"

    def fragment(self, of, depth):
        """The name of a fragment on that type: one there is already, or a new one."""
        there = self.fragments.setdefault(of.name, [])
        if there and self.chance(0.5):
            return self.dice.choice(there)
        name, body = self.fresh("F"), self.selections(of, depth + 2)
        self.texts.append(f"fragment {name} on {of.name} {body}")
        there.append(name)
        return name

    def selection(self, field, depth, *, named=False):
        arguments, asked = self.arguments(field)
        # what takes arguments gets a name of its own, so that equal keys always ask the same
        alias = self.fresh("f") if named or field.graphql.args or self.chance(0.5) else None
        if alias in self.cursors:
            side, cursor = self.cursors[alias]
            arguments = [*arguments, f'{side}: "{cursor}"']
        start = f"{alias + ': ' if alias else ''}{field.name}"
        start += f"({', '.join(arguments)})" if arguments else ""
        if field.is_leaf:
            return start + self.directive()
        made = f"{start}{self.directive()} {self.below(field, depth, asked)}"
        if self.chance(0.08):  # the same again, to be merged
            made += f" {start}{self.directive()} {self.below(field, depth, asked)}"
        return made

    def below(self, field, depth, asked):
        if isinstance(field.card, declare.Paged):
            return self.connection(field, depth)
        if field.named.name in ABSTRACT:
            return self.abstract(depth, asked)
        return self.selections(self.model.types[field.named.name], depth + 1)

    def abstract(self, depth, asked):
        types = {*asked, self.dice.choice(sorted(self.model.keys))}
        parts = ["__typename", f"... on Node {{ {self.fresh('n')}: id }}"][: self.dice.randint(1, 2)]
        for name in self.dice.sample(sorted(types), min(3, len(types))):
            of = self.model.types[name]
            # unlike fields of unlike types may not share a key
            fields = self.dice.sample(list(of.fields.values()), self.dice.randint(1, 3))
            chosen = [self.selection(f, depth + 1, named=True) for f in fields]
            parts.append(f"... on {name}{self.directive()} {{ {' '.join(chosen)} }}")
        return "{ " + " ".join(parts) + " }"

    def connection(self, field, depth):
        of = self.model.types[self.model.types[field.named.name].fields["nodes"].named.name]
        makers = [
            lambda: "totalCount",
            lambda: "pageInfo { hasNextPage hasPreviousPage startCursor endCursor __typename }",
            lambda: "__typename",
            lambda: f"nodes {self.selections(of, depth + 1)}",
            lambda: f"edges {{ cursor node {self.selections(of, depth + 1)} __typename }}",
            lambda: f"{self.fresh('e')}: edges {{ {self.fresh('k')}: cursor }}",
        ]
        weights = [1, 3, 1, 4, 6, 3]
        chosen = {self.dice.choices(range(len(makers)), weights)[0] for _ in range(self.dice.randint(1, 3))}
        return "{ " + " ".join(makers[i]() for i in sorted(chosen)) + " }"

    def directive(self):
        if self.chance(0.93):
            return ""
        return f" @{self.dice.choice(['skip', 'include'])}(if: {self.given(GraphQLNonNull(GraphQLBoolean), 'if')})"

    # arguments

    def arguments(self, field):
        """Their texts, and the node types whose ids are among them."""
        made, before = [], len(self.drawn)
        pages = isinstance(field.card, declare.Paged)
        sized = "first" if self.chance(0.7) else "last"
        for name, argument in field.graphql.args.items():
            if name in {"after", "before"}:
                continue
            share = 0.93 if pages and name == sized else 0.02 if name in {"first", "last"} else 0.4
            if is_required_argument(argument) or self.chance(share):
                made.append(f"{name}: {self.given(argument.type, name)}")
        self.dice.shuffle(made)
        return made, self.drawn[before:]

    def given(self, kind, name):
        """A literal or a variable."""
        if self.chance(0.5):
            return self.variable(kind, name)
        return self.literal(kind, self.value(kind, name), name)

    def variable(self, kind, name):
        text = str(kind)
        there = [each for each, (declared, _) in self.declared.items() if declared == text]
        if there and self.chance(0.15):
            return f"${self.dice.choice(there)}"
        variable, value = self.fresh("v"), self.value(kind, name)
        bare = text.removesuffix("!")
        if text == "Boolean!" or name in {"id", "ids", "representations", "code", "word"}:
            choices = [(text, "", True)]
        elif name in {"orderBy", "language"}:  # required, and the schema has a default
            choices = [(text, "", True), (bare, "", False), (text, f" = {self.literal(kind, value, None)}", False)]
            if self.chance(0.1):
                choices, value = [(bare, "", True)], None  # refused
        else:
            choices = [(bare, "", True), (bare, "", False), (bare, f" = {self.literal(kind, value, None)}", False)]
            choices += [(bare, f" = {self.literal(kind, value, None)}", True)]
            choices += [(bare + "!", "", True)] * (value is not None)
            if is_non_null_type(kind):
                choices = [(text, "", True)]
        declared, default, sent = self.dice.choice(choices)
        self.declared[variable] = declared, default
        if sent:
            self.variables[variable] = value
        return f"${variable}"

    def literal(self, kind, value, name):
        """The value as text; `name` None: without variables inside."""
        bare = get_nullable_type(kind)
        if value is None:
            return "null"
        if is_list_type(bare):
            return "[" + ", ".join(self.literal(bare.of_type, each, None) for each in value) + "]"
        if isinstance(bare, GraphQLInputObjectType):
            fields = {
                n: self.variable(bare.fields[n].type, n)
                if name and self.chance(0.3)
                else self.literal(bare.fields[n].type, v, name)
                for n, v in value.items()
            }
            return "{" + ", ".join(f"{n}: {text}" for n, text in fields.items()) + "}"
        if isinstance(bare, GraphQLEnumType):
            return value
        if isinstance(value, dict):
            return "{" + ", ".join(f"{n}: {json.dumps(v)}" for n, v in value.items()) + "}"
        return json.dumps(value, ensure_ascii=False)

    # values, as JSON

    def value(self, kind, name):
        bare = get_nullable_type(kind)
        if bare is kind and self.chance(0.12):
            return None
        if is_list_type(bare):
            return [self.value(bare.of_type, name) for _ in range(self.dice.choice([0, 1, 1, 2, 3]))]
        if isinstance(bare, GraphQLInputObjectType):
            chosen = self.dice.sample(sorted(bare.fields), min(len(bare.fields), self.dice.choice([0, 1, 1, 2, 3])))
            return {n: self.value(bare.fields[n].type, n) for n in chosen}
        if isinstance(bare, GraphQLEnumType):
            frequent = [w for w in self.stock["words"] if w in bare.values]
            return self.dice.choice(frequent if frequent and self.chance(0.8) else sorted(bare.values))
        return getattr(self, f"a_{bare.name.lower().strip('_')}")(name)

    def a_boolean(self, _name):
        return self.chance(0.5)

    def a_int(self, _name):
        return self.dice.choices([1, 2, 3, 5, 30, 100, 0, -1, 101], [20, 20, 15, 10, 2, 2, 1, 1, 1])[0]

    a_bigint = a_int

    def a_string(self, name):
        there = {"nameContains": ["กา", "a", "an", "BANG", "ลำ", "%", ""], "homePlace": self.stock["homes"]}
        there |= {"sponsor": self.stock["partners"], "partner": self.stock["partners"], "name": self.stock["partners"]}
        there |= {"pseudonym": self.stock["pseudonyms"]}
        return self.dice.choice(there.get(name, self.stock["places"]) if self.chance(0.95) else ["", "nobody"])

    def a_date(self, _name):
        return (self.stock["today"] - timedelta(days=self.dice.randint(-10, 150))).isoformat()

    def a_datetime(self, name):
        return f"{self.a_date(name)}T{self.dice.randint(10, 23)}:30:00{self.dice.choice(['Z', '+07:00', '-03:30'])}"

    def a_id(self, name):
        if self.chance(0.04):
            return self.dice.choice(["", "nonsense", encoded("Team", "1"), encoded("Query", "1"), "ไทย"])
        of = (
            {"user": "User", "person": "User", "parent": "Team", "team": "Team", "under": "Team"}.get(name)
            if self.chance(0.97)
            else "Challenge"
        )
        of = of or self.dice.choice([*sorted(self.model.keys), "User", "Activity", "Record", "CreditEntry"])
        self.drawn.append(of)
        key = self.dice.choice(self.stock[of]) if self.stock[of] and self.chance(0.95) else str(UUID(int=7))
        return encoded(of, key)

    def a_any(self, name):
        text = self.a_id(name)
        of = self.drawn[-1] if self.drawn and self.chance(0.95) else "Team"
        return {"__typename": of, "id": text}


def viewer(dice, stock):
    """Somebody of any kind, with some of the scopes."""
    kind = dice.choice([*ViewerKind, ViewerKind.CITIZEN, ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN])
    if kind is ViewerKind.ANONYMOUS:
        return ANONYMOUS
    usual = set(USUAL_SCOPES[kind])
    scopes = usual if dice.random() < 0.4 else {s for s in sorted(set(Scope) | usual) if dice.random() < 0.7}
    person = dice.choice(stock["people"])
    partner = dice.choice(stock["partners"])
    return Viewer(
        kind,
        person if kind is ViewerKind.CITIZEN or dice.random() < 0.2 else None,
        f"{partner}-client",
        partner if kind in {ViewerKind.PARTNER, ViewerKind.SPONSOR} else None,
        frozenset(scopes),
    )
