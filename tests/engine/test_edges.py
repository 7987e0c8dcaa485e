# ruff: noqa: ARG001, ARG005 - every resolver takes viewer and parent
"""Faults at their places, other kinds of keys, references of several types, another time zone."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import pytest
import pytest_asyncio
import strawberry
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Text, cast, func, literal, select

from engine import cursors, ids
from engine.declare import NodeKey, Order, Ref
from engine.execute import Engine
from schema import words
from schema.words import (
    Connection,
    Node,
    Payload,
    column,
    computed,
    connection,
    holds,
    many,
    mutation,
    one,
    shows,
    value,
)
from tests.engine.asked import AuthorRow, BookRow, Context, Genre, Reader, TooMany, author_by_id


class Key(Order):
    """What authors and books can be ordered by."""

    BORN = "born_on"
    RATING = "rating"
    MADE = "made_at"


strawberry.enum(Key, description="An order.")


def authors(viewer, parent):
    return select(AuthorRow)


def mentor(viewer, parent):
    return select(AuthorRow).where(AuthorRow.id == parent.mentor_id)


def books_of(viewer, parent):
    return select(BookRow).where(BookRow.author_id == parent.id).order_by(BookRow.id)


def wrong_genre(viewer, parent):
    return cast(func.concat(parent.genre, literal("?")), Text())


def any_of(viewer, parent, *, of: Annotated[strawberry.ID | None, Ref("Person", "Work")] = None):
    if of is None:
        return select(AuthorRow)
    return select(AuthorRow).where(of.type == "Person", cast(AuthorRow.id, Text()) == of.key)


def by_price(viewer, parent):
    return select(BookRow).where(BookRow.author_id == parent.id)


@shows(BookRow, node=lambda viewer, key: select(BookRow).where(BookRow.id == key.id), says="A work.")
class Work(Node):
    title: str = column(says="Its title.")
    price: float = column(says="In baht.")
    genre: Genre = column(says="What it is.")
    wrong: Genre = computed(wrong_genre, says="What nothing is.")


@shows(AuthorRow, node=author_by_id, says="A person.")
class Person(Node):
    name: str = column(says="The name.", from_="name_en")
    born_on: date | None = column(says="The day of birth.")
    made_at: datetime = column(says="When.")
    mentor: "Person" = one(mentor, says="Falsely said to be there always.")
    works: list[Work] | None = many(books_of, says="All works.", limit=3)
    priced: Connection[Work] = connection(by_price, orders=("-price", "sales", "title"), says="The dear ones first.")


@strawberry.input(description="Marks.")
class MarkInput:
    of: Annotated[strawberry.ID, Ref("Person", "Work")] = strawberry.field(description="Of what.")
    note: str | None = strawberry.field(description="Words; may be absent.")
    when: datetime | None = strawberry.field(default=None, description="When.")


@dataclass
class Part:
    id: uuid.UUID
    day: date


@dataclass
class Marked:
    type: str
    key: str
    note: str | None
    when: datetime | None
    part: Part | None
    ratio: float = 0.5

    def __post_init__(self) -> None:
        assert self.key


async def mark(context, input: MarkInput) -> Marked:  # noqa: A002 - the contract's word
    assert isinstance(input.of, NodeKey)
    part = Part(input.of.key, date(2026, 1, 2)) if input.of.type == "Person" else None
    return Marked(input.of.type, str(input.of.key), input.note, input.when, part)


@holds(says="A part.")
class MarkedPart:
    day: date = value(says="A day.")
    person: Person | None = one(lambda viewer, parent: select(AuthorRow).where(AuthorRow.id == parent.id), says="Who.")


@holds(says="What was marked.")
class MarkPayload(Payload):
    type: str | None = value(says="Its type.")
    note: str | None = value(says="As sent.")
    when: datetime | None = value(says="As sent.")
    ratio: float | None = value(says="A half.")
    part: MarkedPart | None = value(says="The person, if it was one.")


@holds(says="The root.")
class Query:
    node: Node | None = words.node_by_id()
    people: Connection[Person] = connection(
        authors, orders={k: (f"-{k.value}",) for k in Key}, says="All.", public=True
    )
    some: list[Person] | None = many(any_of, says="Some.", public=True)


@holds(says="The changes.")
class Mutation:
    mark: MarkPayload = mutation(mark, says="Marks.", public=True)


SCHEMA = words.build(Query, Mutation)


@pytest_asyncio.fixture(scope="module")
async def bangkok(library_url, shelves) -> AsyncIterator[Engine]:
    """An engine whose connections forgot to be in UTC."""
    settings = {"autocommit": True, "options": "-c timezone=Asia/Bangkok"}
    async with AsyncConnectionPool(library_url, min_size=1, max_size=2, kwargs=settings, open=False) as pool:
        engine = Engine(schema=SCHEMA, pool=pool, refused=TooMany)
        yield engine
        await engine.close()


def errors_of(result):
    return [(e.get("path"), e["extensions"]["code"]) for e in result.errors]


async def test_instants_are_utc_whatever_the_connection_says(bangkok):
    result = await bangkok.execute("{ people(first: 1, orderBy: MADE) { nodes { madeAt } } }", viewer=Reader())

    assert result.data["people"]["nodes"] == [{"madeAt": "2026-01-01T00:00:11.011011Z"}]


@pytest.mark.parametrize("order", ["BORN", "RATING", "MADE"])
async def test_pages_over_days_fractions_and_instants_give_the_whole_list_once(bangkok, order):
    query = """query($after: String, $o: Key!) {
      people(first: 2, after: $after, orderBy: $o) { nodes { id } pageInfo { hasNextPage endCursor } } }"""
    whole = await bangkok.execute(query.replace("first: 2", "first: 100"), {"o": order}, viewer=Reader())
    seen, after, more = [], None, True

    while more:
        result = await bangkok.execute(query, {"after": after, "o": order}, viewer=Reader())
        page = result.data["people"]
        seen += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert seen == whole.data["people"]["nodes"]
    assert len(seen) == 12


async def test_pages_over_exact_numbers_and_long_integers_continue(bangkok, shelves):
    query = """query($id: ID!, $after: String) { node(id: $id) { ... on Person {
      priced(first: 2, after: $after) { nodes { price } pageInfo { hasNextPage endCursor } } } } }"""
    author = shelves.authors[0]
    seen, after, more = [], None, True

    while more:
        variables = {"id": ids.encoded("Person", author.id), "after": after}
        page = (await bangkok.execute(query, variables, viewer=Reader())).data["node"]["priced"]
        seen += [node["price"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert seen == sorted((b.price for b in shelves.books if b.author_id == author.id), reverse=True)


@pytest.mark.parametrize(
    "values",
    [
        ["2026-W01-1", str(uuid.UUID(int=0))],
        ["2026-01-01T00:00:00", str(uuid.UUID(int=0))],
        [None, str(uuid.UUID(int=0))],
        ["2026-13-01 00:00:00+00", str(uuid.UUID(int=0))],
        ["2026-01-01 00:00:00+00", None],
    ],
)
async def test_a_forged_instant_is_refused_before_the_database_sees_it(bangkok, values):
    query = "query($c: String) { people(orderBy: MADE, after: $c) { nodes { id } pageInfo { endCursor } } }"
    forged = cursors.encoded(cursors.digest("Query.people", "made_at"), values)

    result = await bangkok.execute(query, {"c": forged}, viewer=Reader())

    assert errors_of(result) == [(["people"], "BAD_USER_INPUT")]


async def test_a_null_that_may_not_be_climbs_to_the_nearest_nullable_place(bangkok, caplog):
    query = "{ some { name mentor { name } } people(first: 2, orderBy: MADE) { nodes { mentor { name } } } }"

    result = await bangkok.execute(query, viewer=Reader())

    # the first authors have no mentor, the youngest do
    assert result.data["some"] is None
    assert len(result.data["people"]["nodes"]) == 2
    assert [code for _, code in errors_of(result)] == ["INTERNAL_SERVER_ERROR"]
    assert result.errors[0]["path"][0] == "some"
    assert "Person.mentor is null" in caplog.text


async def test_a_value_that_the_schema_does_not_know_is_a_fault_at_its_place(bangkok, shelves, caplog):
    query = "query($id: ID!) { node(id: $id) { ... on Person { name works { title wrong } } } }"
    author = shelves.authors[0]

    result = await bangkok.execute(query, {"id": ids.encoded("Person", author.id)}, viewer=Reader())

    assert result.data == {"node": {"name": author.name_en, "works": None}}
    assert errors_of(result) == [(["node", "works", 0, "wrong"], "INTERNAL_SERVER_ERROR")]
    assert "KeyError" in caplog.text


async def test_a_reference_of_several_types_tells_its_type_and_key(bangkok, shelves):
    query = "query($of: ID) { some(of: $of) { name } }"
    author = shelves.authors[5]

    person = await bangkok.execute(query, {"of": ids.encoded("Person", author.id)}, viewer=Reader())
    work = await bangkok.execute(query, {"of": ids.encoded("Work", author.id)}, viewer=Reader())
    nothing = await bangkok.execute(query, {"of": ids.encoded("Author", author.id)}, viewer=Reader())

    assert person.data["some"] == [{"name": author.name_en}]
    assert work.data["some"] == []
    assert errors_of(nothing) == [(["some"], "BAD_USER_INPUT")]


async def test_inputs_and_outcomes_of_every_kind_pass_through_a_change(bangkok, library_url, shelves):
    query = """mutation($input: MarkInput!) { mark(input: $input) {
      type note when ratio part { day person { name } } userErrors { code } } }"""
    author, context = shelves.authors[3], Context(library_url)
    given = {"of": ids.encoded("Person", author.id), "when": "2026-01-01T07:00:00+07:00"}

    person = await bangkok.execute(query, {"input": given}, viewer=Reader(), context=context)
    work = await bangkok.execute(
        query,
        {"input": {"of": ids.encoded("Work", shelves.books[0].id), "note": "n"}},
        viewer=Reader(),
        context=context,
    )

    await context.close()
    assert person.data["mark"] == {
        "type": "Person",
        "note": None,
        "when": "2026-01-01T00:00:00Z",
        "ratio": 0.5,
        "part": {"day": "2026-01-02", "person": {"name": author.name_en}},
        "userErrors": [],
    }
    assert (work.data["mark"]["note"], work.data["mark"]["part"]) == ("n", None)
