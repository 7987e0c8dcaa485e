"""Mutations: the change, the read-back in its transaction, refusals and faults."""

import uuid

import psycopg
import pytest

from engine import ids
from tests.engine.asked import Context, Reader

ADD = """mutation($input: AddReviewsInput!) { addReviews(input: $input) {
  userErrors { code message path } howMany outcomes { comment when genre loud review { comment stars book { title } } }
  author { name } __typename } }"""


@pytest.fixture
def stored(library_url):
    """The comments in the database; what a test adds is gone after it."""
    with psycopg.connect(library_url, autocommit=True) as connection:

        def comments():
            return {row[0] for row in connection.execute("SELECT comment FROM reviews").fetchall()}

        before = [row[0] for row in connection.execute("SELECT id FROM reviews").fetchall()]
        yield comments
        connection.execute("DELETE FROM reviews WHERE id <> ALL (%s)", (before,))


def codes(result):
    return [(e.get("path"), e["extensions"]["code"]) for e in result.errors]


def book_id(shelves, number=1):
    return ids.encoded("Book", shelves.books[number].id)


async def test_a_change_is_read_back_in_its_own_transaction(engine, shelves, context, stored):
    given = {"reviews": [{"book": book_id(shelves), "comment": "fine", "stars": 4}], "genre": "CRIME"}

    result = await engine.execute(ADD, {"input": given}, viewer=Reader(), context=context)

    assert not result.errors
    assert result.data["addReviews"] == {
        "userErrors": [],
        "howMany": 1,
        "outcomes": [
            {
                "comment": "fine",
                "when": "2026-01-02T03:04:05Z",
                "genre": "CRIME",
                "loud": "FINE",
                "review": {"comment": "fine", "stars": 4, "book": {"title": "Book 1"}},
            }
        ],
        "author": {"name": shelves.authors[0].name_th},
        "__typename": "AddReviewsPayload",
    }
    assert "fine" in stored()


@pytest.mark.usefixtures("stored")
async def test_a_hundred_objects_are_read_back_by_one_statement(engine, shelves, context):
    query = """mutation($input: AddReviewsInput!) { addReviews(input: $input) {
      outcomes { loud review { comment book { title } } others(first: 1) { nodes { comment } totalCount } } } }"""
    reviews = [{"book": book_id(shelves, 1 + n % 5), "comment": f"new {n}"} for n in range(100)]

    result = await engine.execute(query, {"input": {"reviews": reviews}}, viewer=Reader(), context=context)

    assert not result.errors
    outcomes = result.data["addReviews"]["outcomes"]
    assert [o["loud"] for o in outcomes] == [f"NEW {n}" for n in range(100)]
    assert [o["review"]["comment"] for o in outcomes] == [f"new {n}" for n in range(100)]
    assert all(len(o["others"]["nodes"]) == 1 for o in outcomes)
    assert result.statements == 2  # what stands beside the objects, and the connection below them


async def test_a_refusal_becomes_a_user_error_and_rolls_back(engine, shelves, context, stored):
    reviews = [{"book": book_id(shelves), "comment": "many"}] * 101

    result = await engine.execute(ADD, {"input": {"reviews": reviews}}, viewer=Reader(), context=context)

    assert not result.errors
    assert result.data["addReviews"] == {
        "userErrors": [{"code": "TOO_MANY", "message": "Send at most 100 reviews.", "path": ["reviews", "100"]}],
        "howMany": None,
        "outcomes": None,
        "author": None,
        "__typename": "AddReviewsPayload",
    }
    assert "many" not in stored()


async def test_a_fault_is_shown_as_a_reference_and_rolls_back(engine, shelves, context, stored, caplog):
    reviews = [{"book": book_id(shelves), "comment": "crash"}]

    result = await engine.execute(ADD, {"input": {"reviews": reviews}}, viewer=Reader(), context=context)

    assert result.data is None
    assert codes(result) == [(["addReviews"], "INTERNAL_SERVER_ERROR")]
    assert "secret" not in str(result.errors)
    reference = result.errors[0]["extensions"]["errorId"]
    assert [record.message for record in caplog.records] == [f"fault {reference}: RuntimeError"]
    assert "crash" not in stored()


async def test_an_id_that_is_none_changes_nothing(engine, context, stored):
    reviews = [{"book": ids.encoded("Author", uuid.uuid4()), "comment": "stray"}]

    result = await engine.execute(ADD, {"input": {"reviews": reviews}}, viewer=Reader(), context=context)

    assert codes(result) == [(["addReviews"], "BAD_USER_INPUT")]
    assert "stray" not in stored()


async def test_fields_of_a_mutation_run_one_after_the_other_each_by_itself(engine, shelves, context, stored):
    query = """mutation($a: AddReviewsInput!, $b: ID!) {
      one: addReviews(input: $a) { outcomes { comment } userErrors { code } }
      two: guarded(input: $a) { howMany }
      three: addReviews(input: {reviews: [{book: $b, comment: "third"}]}) { howMany userErrors { code } }
      __typename }"""
    refused = {"reviews": [{"book": book_id(shelves), "comment": "first"}] * 101}

    result = await engine.execute(query, {"a": refused, "b": book_id(shelves)}, viewer=Reader(), context=context)

    assert result.data == {
        "one": {"outcomes": None, "userErrors": [{"code": "TOO_MANY"}]},
        "two": None,
        "three": {"howMany": 1, "userErrors": []},
        "__typename": "Mutation",
    }
    assert codes(result) == [(["two"], "FORBIDDEN")]
    assert stored() >= {"third"}
    assert "first" not in stored()


@pytest.mark.usefixtures("stored")
async def test_inputs_of_any_shape_share_one_plan(engine, shelves, context):
    start = engine.cache.entries
    query = "mutation Shared($input: AddReviewsInput!) { addReviews(input: $input) { howMany } }"
    review = {"book": book_id(shelves), "comment": "x"}

    for given in ({"reviews": []}, {"reviews": [review]}, {"reviews": [{**review, "stars": 1}], "genre": None}):
        await engine.execute(query, {"input": given}, viewer=Reader(), context=context)

    assert engine.cache.entries == start + 2  # the document and its plan


async def test_a_payload_of_another_author_is_what_the_change_returned(engine, library_url):
    other = Context(library_url, None)

    result = await engine.execute(ADD, {"input": {"reviews": []}}, viewer=Reader(), context=other)

    await other.close()
    assert result.data["addReviews"]["author"] is None
    assert result.data["addReviews"]["outcomes"] == []
