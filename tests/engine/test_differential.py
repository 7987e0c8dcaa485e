"""Random documents: the planned answer equals the oracle's, in data and in the places and codes of errors."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from engine import declare, ids
from engine.answer import Incomplete
from tests.engine.asked import Reader
from tests.engine.oracle import Oracle


class Documents:
    """Makes a random document and its variables."""

    def __init__(self, dice, model, rows):
        self.dice = dice
        self.model = model
        self.rows = rows
        self.variables = {}
        self.declared = []
        self.aliases = 0

    def document(self):
        body = self.selections(self.model.query, 0)
        head = f"query({', '.join(self.declared)}) " if self.declared else ""
        return head + body

    def selections(self, of, depth):
        fields = [f for f in of.fields.values() if f.card is not None and not isinstance(f.card, declare.NodeLookup)]
        leaves = [f for f in fields if f.is_leaf]
        open_to = leaves if depth >= 3 and leaves else fields
        parts = [self.selection(self.dice.choice(open_to), depth) for _ in range(self.dice.randint(1, 3))]
        if of.is_node and self.dice.random() < 0.5:
            parts.append("... on Node { id __typename }")
        if leaves and self.dice.random() < 0.2:
            parts.append(f"... on {of.name} {{ {self.selection(leaves[0], depth)} }}")
        return "{ " + " ".join(parts) + " }"

    def selection(self, field, depth):
        self.aliases += 1
        name = f"f{self.aliases}"
        inner = ""
        if isinstance(field.card, declare.Paged):
            inner = self.connection(field, depth)
        elif not field.is_leaf:
            inner = self.selections(self.model.types[field.named.name], depth + 1)
        return f"{name}: {field.name}{self.arguments(field)}{self.directive()} {inner}"

    def connection(self, field, depth):
        of = self.model.types[self.model.types[field.named.name].fields["nodes"].named.name]
        makers = [
            lambda: "totalCount",
            lambda: "pageInfo { hasNextPage hasPreviousPage }",
            lambda: "__typename",
            lambda: f"nodes {self.selections(of, depth + 1)}",
            lambda: f"edges {{ node {self.selections(of, depth + 1)} }}",
        ]
        parts = [make() for make in self.dice.sample(makers, self.dice.randint(1, 3))]
        return "{ " + " ".join(parts) + " }"

    def directive(self):
        if self.dice.random() < 0.9:
            return ""
        value = self.dice.random() < 0.5
        said = self.given("Boolean!", value, "true" if value else "false")
        return f" @{self.dice.choice(['skip', 'include'])}(if: {said})"

    def given(self, graphql_type, value, literal):
        """A literal or a variable; a variable alone where there is no literal."""
        if literal is None or self.dice.random() < 0.5:
            name = f"v{len(self.variables)}"
            self.variables[name] = value
            self.declared.append(f"${name}: {graphql_type}")
            return f"${name}"
        return literal

    def arguments(self, field):
        made = []
        for name in field.arguments:
            if name in ("after", "before") or (
                name != "id" and self.dice.random() < (0.7 if name == "around" else 0.5)
            ):
                continue
            graphql_type = str(field.graphql.args[name].type)
            value, literal = self.value(name)
            if graphql_type.endswith("!") and name != "id" and self.dice.random() < 0.2:
                # its default lets a variable pass that may be null
                graphql_type, value, literal = graphql_type.removesuffix("!"), None, None
            elif value is None and graphql_type.endswith("!"):
                continue
            made.append(f"{name}: {self.given(graphql_type, value, literal)}")
        return f"({', '.join(made)})" if made else ""

    def value(self, name):
        author = ids.encoded("Author", self.dice.choice(self.rows.authors).id)
        book = ids.encoded("Book", self.dice.choice(self.rows.books).id)
        titles, since = ["Book 1", "Book 2"], "2026-01-02T00:00:00Z"
        choices = {
            "language": [("EN", "EN"), ("TH", "TH")],
            "orderBy": [("NEWEST", "NEWEST"), ("TITLE", "TITLE"), ("PAGES", "PAGES")],
            "genre": [("CRIME", "CRIME"), (None, "null")],
            "first": [(1, "1"), (3, "3"), (1, "1"), (3, "3"), (None, "null"), (0, "0")],
            "last": [(2, "2"), (2, "2"), (None, "null"), (101, "101")],
            "suffix": [("?", '"?"')],
            "times": [(2, "2"), (None, "null")],
            "tongue": [("EN", "EN")],
            "like": [("POEMS", "POEMS"), (None, "null")],
            "author": [(author, f'"{author}"'), ("nonsense", '"nonsense"'), (None, "null")],
            "around": [(book, f'"{book}"'), (book, f'"{book}"'), ("nonsense", '"nonsense"'), (None, "null")],
            "since": [(2010, "2010"), (None, "null")],
            "least": [(20, "20")],
            "id": [(author, f'"{author}"')],
            "where": [
                (None, "null"),
                ({"genre": "CRIME"}, "{genre: CRIME}"),
                ({"author": author, "genre": None}, f'{{author: "{author}", genre: null}}'),
                ({"titles": titles}, '{titles: ["Book 1", "Book 2"]}'),
                ({"since": since, "minPages": 20}, f'{{since: "{since}", minPages: 20}}'),
            ],
        }
        return self.dice.choice(choices[name])


@pytest.fixture(scope="module")
def plainly(library_url, shelves):  # noqa: ARG001 - the rows must be there
    made = create_engine(library_url.replace("postgresql://", "postgresql+psycopg://"))
    with made.connect() as connection:
        yield connection
    made.dispose()


READERS = [
    Reader(),
    Reader("staff", frozenset({"email:read", "secret:read"})),
    Reader("author", frozenset({"email:read"})),
]


SEEDS = st.integers(0, 2**64)


def drawn(seed, engine, shelves):
    dice = random.Random(seed)  # noqa: S311 - documents, not secrets
    source = Documents(dice, engine.model, shelves)
    text = source.document()
    viewer = dice.choice(READERS)
    return text, source.variables, Reader(viewer.kind, viewer.scopes, dice.choice([None, shelves.authors[0].id]))


async def check(seed, engine, shelves, plainly):
    text, variables, viewer = drawn(seed, engine, shelves)

    result = await engine.execute(text, variables, viewer=viewer)

    if any(e["extensions"]["code"] == "QUERY_TOO_COMPLEX" for e in result.errors):
        return
    oracle = Oracle(engine.model, plainly, viewer, variables)
    try:
        expected = oracle.answer(text)
    finally:
        plainly.rollback()
    errors = {(tuple(e.get("path", ())), e["extensions"]["code"]) for e in result.errors}
    assert errors == oracle.errors, (text, variables)
    assert result.data == expected, (text, variables)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=SEEDS)
async def test_the_planned_answer_is_that_of_queries_run_one_by_one(seed, engine, shelves, plainly):
    await check(seed, engine, shelves, plainly)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=SEEDS)
async def test_the_planned_answer_is_that_of_queries_run_one_by_one_for_long(seed, engine, shelves, plainly):
    await check(seed, engine, shelves, plainly)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=SEEDS)
async def test_the_generated_code_and_the_careful_walk_agree(seed, engine, shelves):
    text, variables, viewer = drawn(seed, engine, shelves)
    quick = await engine.execute(text, variables, viewer=viewer)
    plans = [item[0] for key, item in engine._cache._items.items() if key[:2] == ("plan", text)]

    def incomplete(*_):
        raise Incomplete

    built = [plan.build for plan in plans]
    for plan in plans:
        plan.build = incomplete
    careful = await engine.execute(text, variables, viewer=viewer)
    for plan, build in zip(plans, built, strict=True):
        plan.build = build

    assert careful.data == quick.data
    assert careful.errors == quick.errors
