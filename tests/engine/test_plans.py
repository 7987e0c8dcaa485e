# ruff: noqa: ARG001, ARG005, A002 - every resolver takes viewer and parent
"""Plans know names and types, no values; what shapes them is in their key."""

import asyncio
import enum
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import pytest
import strawberry
from sqlalchemy import Integer, Text, Uuid, select
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from engine import ids
from engine.declare import Order, Ref, order_keys
from engine.model import Model
from engine.placeholders import Given, ParentSeen, Placeholder, PlanError, Seen, ViewerSeen, sql_type, viewer_hints
from schema import words
from tests.engine import asked
from tests.engine.asked import BookRow, Reader
from tests.engine.library import Query as LibraryQuery


def plans_of(engine, text):
    return [key for key in engine._cache._items if key[0] == "plan" and key[1] == text]


async def test_variables_of_one_shape_share_a_plan_and_others_have_their_own(engine):
    query = """query Shapes($w: BookFilter, $o: BookOrder! = TITLE, $n: Int) {
      books(where: $w, orderBy: $o, first: $n) { nodes { title } } }"""
    same = [{"w": {"genre": "CRIME"}}, {"w": {"genre": "POEMS"}}]
    others = [{}, {"w": None}, {"w": {"genre": None}}, {"w": {"minPages": 1}}, {"o": "PAGES"}, {"n": 1}]

    for variables in same:
        assert not (await engine.execute(query, variables, viewer=Reader())).errors
    assert len(plans_of(engine, query)) == 1
    for variables in others:
        assert not (await engine.execute(query, variables, viewer=Reader())).errors

    assert len(plans_of(engine, query)) == 1 + len(others)


async def test_kinds_and_scopes_of_viewers_have_their_own_plans_and_people_do_not(engine):
    query = "query Kinds { books { nodes { title } } }"

    for viewer in (
        Reader(),
        Reader(author_id=uuid.uuid4()),
        Reader(author_id=uuid.uuid4()),
        Reader("staff"),
        Reader("staff", frozenset({"email:read"})),
    ):
        assert not (await engine.execute(query, viewer=viewer)).errors

    assert len(plans_of(engine, query)) == 3


async def test_requests_that_share_a_plan_at_the_same_time_keep_their_values_apart(engine, shelves):
    query = (
        "query At($id: ID!) { author(id: $id) { id books(first: 100) { nodes { authorId } } thickest { authorId } } }"
    )
    wanted = [ids.encoded("Author", author.id) for author in shelves.authors] * 3

    results = await asyncio.gather(*[engine.execute(query, {"id": one}, viewer=Reader("staff")) for one in wanted])

    assert [r.data["author"]["id"] for r in results] == wanted
    for one, result in zip(wanted, results, strict=True):
        books = result.data["author"]["books"]["nodes"] + result.data["author"]["thickest"]
        assert {book["authorId"] for book in books} <= {one}


async def test_conditions_are_known_by_value_and_other_booleans_are_not(engine):
    query = "query If($yes: Boolean!) { leaders { rank @include(if: $yes) score } }"

    for yes in (True, False, True):
        await engine.execute(query, {"yes": yes}, viewer=Reader())

    assert len(plans_of(engine, query)) == 2


PLACEHOLDER = Placeholder("title", Text())
COLUMN = Seen("t1", "title", Text())


@pytest.mark.parametrize(
    "test",
    [
        lambda: bool(PLACEHOLDER),
        lambda: bool(COLUMN),
        lambda: PLACEHOLDER == "x" or None,
        lambda: not (COLUMN < PLACEHOLDER),
        lambda: PLACEHOLDER != COLUMN or None,
        lambda: PLACEHOLDER > 3 or None,
        lambda: PLACEHOLDER in ["x", "y"],
        lambda: PLACEHOLDER.in_(["x"]) and None,
        lambda: f"{PLACEHOLDER}",
        lambda: f"{COLUMN:>10}",
        lambda: str(PLACEHOLDER),
        lambda: "{}".format(COLUMN),  # noqa: UP032
        lambda: setattr(Given({"a": 1}), "a", 2),
    ],
)
def test_a_placeholder_raises_when_tested_compared_or_printed(test):
    with pytest.raises(PlanError):
        test()


def test_a_placeholder_compiles_like_any_bind():
    made = select(BookRow.id).where(
        COLUMN == PLACEHOLDER, (PLACEHOLDER != COLUMN) | (col(BookRow.title) == PLACEHOLDER)
    )

    assert 't1."title" = :title AND (:title != t1."title" OR books.title = :title)' in str(made)


def test_a_viewer_shows_its_kind_and_scopes_and_types_the_rest():
    seen = ViewerSeen("staff", frozenset({"a"}), viewer_hints(Reader))

    assert (seen.kind, seen.scopes) == ("staff", frozenset({"a"}))
    assert seen.author_id.key == "viewer_author_id"
    assert isinstance(seen.author_id.type, Uuid)
    with pytest.raises(PlanError):
        seen.nobody  # noqa: B018


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, "TEXT"),
        (int | None, "INTEGER"),
        (words.BigInt, "BIGINT"),
        (list[uuid.UUID], "UUID[]"),
        (Annotated[float, "x"], "FLOAT"),
        (Colour | None, "TEXT"),
        (datetime, "TIMESTAMP"),
        (bool, "BOOLEAN"),
    ],
)
def test_annotations_have_sql_types(annotation, expected):
    made = sql_type(annotation).compile(dialect=postgresql.dialect())

    assert made.startswith(expected)


def test_an_annotation_without_a_sql_type_is_a_mistake():
    with pytest.raises(PlanError):
        sql_type(object)


def schema_with(resolver, **more):
    """A schema whose only root field has this resolver."""

    @words.shows(BookRow, says="A thing.")
    class Thing:
        title: str = words.column(says="Its title.")

    @words.holds(says="The root.")
    class Query:
        things: list[Thing] = words.many(resolver, says="Things.", public=True, **more)

    return words.build(Query)


@pytest.mark.parametrize(
    "resolver",
    [
        lambda viewer, parent: select(BookRow) if viewer.author_id else None,
        lambda viewer, parent: select(BookRow).where(BookRow.title == f"{viewer.author_id}"),
        lambda viewer, parent: [],
        lambda viewer, parent: select(BookRow.id),
    ],
)
async def test_a_resolver_that_decides_by_a_value_or_gives_no_query_is_a_fault(engine_with, resolver, caplog):
    engine = engine_with(schema=schema_with(resolver))

    result = await engine.execute("{ things { title } }", viewer=Reader())

    assert [e["extensions"]["code"] for e in result.errors] == ["INTERNAL_SERVER_ERROR"]
    assert "PlanError" in caplog.text


async def test_an_argument_is_never_tested_either(engine_with, caplog):
    def resolver(viewer, parent, *, least: int | None = None):
        return select(BookRow).where(BookRow.pages >= (least or 1))

    engine = engine_with(schema=schema_with(resolver))

    absent = await engine.execute("{ things { title } }", viewer=Reader("staff"))
    present = await engine.execute("{ things(least: 3) { title } }", viewer=Reader("staff"))

    assert not absent.errors
    assert [e["extensions"]["code"] for e in present.errors] == ["INTERNAL_SERVER_ERROR"]
    assert "PlanError" in caplog.text


async def test_a_list_argument_in_an_in_clause_is_told_to_the_developer(engine_with, caplog):
    def resolver(viewer, parent, *, titles: list[str] | None = None):
        return select(BookRow).where(col(BookRow.title).in_(titles))

    engine = engine_with(schema=schema_with(resolver))

    await engine.execute('{ things(titles: ["x"]) { title } }', viewer=Reader())

    assert "any_(argument)" in caplog.text


async def test_constants_of_a_resolver_are_bound_as_the_driver_needs_them(engine_with, shelves):
    def resolver(viewer, parent):
        genres = [asked.Genre.CRIME, asked.Genre.POEMS]
        books = select(BookRow).where(col(BookRow.genre).in_(genres), BookRow.genre == asked.Genre.CRIME)
        return books.where(col(BookRow.title).like("Book%"), col(BookRow.id).in_([b.id for b in shelves.books]))

    engine = engine_with(schema=schema_with(resolver, limit=100))

    result = await engine.execute("{ things { title } }", viewer=Reader())

    assert len(result.data["things"]) == sum(b.genre == "crime" for b in shelves.books)


async def test_unions_and_distinct_selects_can_be_narrowed(engine_with, shelves):
    def resolver(viewer, parent):
        return select(BookRow).where(BookRow.pages == 10).union_all(select(BookRow).where(BookRow.pages == 30))

    engine = engine_with(schema=schema_with(resolver, limit=100))

    result = await engine.execute("{ things { title } }", viewer=Reader())

    assert len(result.data["things"]) == sum(b.pages != 20 for b in shelves.books)


def test_a_type_that_promises_a_column_its_rows_lack_fails_at_import():
    with pytest.raises(TypeError, match=r"Thing\.colour: BookRow has no column colour"):

        @words.shows(BookRow, says="A thing.")
        class Thing:
            colour: str = words.column(says="Its colour.")


def test_a_type_that_promises_a_value_where_its_rows_may_be_null_fails_at_import():
    with pytest.raises(TypeError, match="published_at may be null"):

        @words.shows(BookRow, says="A thing.")
        class Thing:
            published_at: datetime = words.column(says="When.")


def test_extra_columns_are_named():
    @words.shows(BookRow, says="A thing.", extra={"place": Integer()})
    class Thing:
        place: int = words.column(says="Its place.")

    assert Thing.__name__ == "Thing"


def test_a_node_has_its_query_and_others_have_not():
    with pytest.raises(TypeError, match="node="):

        @words.shows(BookRow, says="A thing.")
        class Thing(words.Node):
            title: str = words.column(says="Its title.")


def test_a_field_without_a_word_about_it_fails_at_import():
    with pytest.raises(TypeError, match="says what it is"):
        words.column(says=" ")


def test_a_guarded_field_must_be_nullable():
    @words.shows(BookRow, says="A thing.")
    class Thing:
        title: str = words.column(says="Its title.", needs="x:read")

    @words.holds(says="The root.")
    class Query:
        things: list[Thing] = words.many(lambda viewer, parent: select(BookRow), says="Things.", public=True)

    with pytest.raises(PlanError, match=r"Thing\.title: .* must be nullable"):
        Model(words.build(Query))


def test_root_fields_without_a_rule_are_found():
    @words.shows(BookRow, says="A thing.")
    class Thing:
        title: str = words.column(says="Its title.")

    @words.holds(says="The root.")
    class Query:
        things: list[Thing] = words.many(lambda viewer, parent: select(BookRow), says="Things.")

    assert Model(words.build(Query)).undeclared() == ["Query.things"]


@dataclass
class Made:
    x: int


async def make(context, input: asked.AddReviewsInput) -> Made: ...


def test_a_payload_that_a_refusal_cannot_empty_is_a_mistake():
    @words.holds(says="What was made.")
    class MadePayload(words.Payload):
        x: int = words.value(says="X.")

    @words.holds(says="The changes.")
    class Mutation:
        make_it: MadePayload = words.mutation(make, says="Makes.", public=True)

    with pytest.raises(PlanError, match=r"MadePayload\.x"):
        Model(words.build(LibraryQuery, Mutation))


def test_a_reference_to_no_node_type_is_a_mistake():
    def resolver(viewer, parent, *, of: Annotated[strawberry.ID, Ref("Nothing")]):
        return select(BookRow)

    with pytest.raises(PlanError, match="Nothing"):
        Model(schema_with(resolver))


def test_an_order_takes_columns_and_keys_and_no_nulls_first():
    made = order_keys((col(BookRow.title), col(BookRow.pages).desc(), "-rank", "id"))

    assert [(k.key, k.descending) for k in made] == [("title", False), ("pages", True), ("rank", True), ("id", False)]
    for wrong in (col(BookRow.title).nulls_first(), 3, col(BookRow.pages) + 1):
        with pytest.raises(TypeError):
            order_keys(wrong)


def test_a_parent_answers_every_attribute_with_a_column():
    touched = []
    parent = ParentSeen(lambda key: touched.append(key) or Seen("t", key, Text()))

    assert (parent.title.name, touched) == ('t."title"', ["title"])


def test_orders_are_real_values_and_no_placeholders():
    assert issubclass(asked.BookOrder, Order)
