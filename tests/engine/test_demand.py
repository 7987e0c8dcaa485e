"""What a document may demand, how refusals of requests look, introspection, and the cache."""

import json
import time

import psycopg
import pytest
from graphql import get_introspection_query

from engine.cache import Cache
from engine.execute import Limits
from tests.engine.asked import Reader


def codes(result):
    return [e["extensions"]["code"] for e in result.errors]


def bomb(levels):
    """Fragments that double at each level: a few hundred bytes, 2^levels fields when spread."""
    spread = "\n".join(
        f"fragment F{n} on Author {{ a: mentor {{ ...F{n + 1} }} b: mentor {{ ...F{n + 1} }} }}" for n in range(levels)
    )
    return f"{{ me {{ ...F0 }} }} {spread} fragment F{levels} on Author {{ id }}"


def wide_bomb(levels):
    """The same without depth: fragments that spread two fragments."""
    parts = "\n".join(f"fragment F{n} on Author {{ ...F{n + 1} x{n}: id ...F{n + 1} }}" for n in range(levels))
    return f"{{ me {{ ...F0 }} }} {parts} fragment F{levels} on Author {{ id }}"


@pytest.mark.parametrize(
    "document",
    [
        bomb(11),
        bomb(25),
        "{ " + "me { mentor " * 14 + "{ id }" + " }" * 15,
        "{ " + "... { " * 180 + "myName" + " }" * 181,
        "{ me { " + " ".join(f"a{n}: id" for n in range(60)) + " } }",
        "{ me { " + " ".join(["id"] * 301) + " } }",
        "{ me { id " + "@skip(if: false) " * 21 + "} }",
        "{ me { id } } " + " ".join(f"fragment F{n} on Author {{ id }}" for n in range(30)),
        "{ authors(first: 100) { nodes { books(first: 100) { nodes { id } } } } }",
        "{ authors(first: 100) { nodes { ...F } } } fragment F on Author { books(first: 99) { edges { cursor } } }",
        "{ me { " + "id " * 2000 + "} }",
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
    ],
)
async def test_a_document_that_demands_too_much_is_refused_at_once(engine, document):
    start = time.process_time()

    result = await engine.execute(document, viewer=Reader("staff"))

    assert codes(result) == ["QUERY_TOO_COMPLEX"]
    assert result.request_error
    assert b'"data"' not in result.body()
    assert time.process_time() - start < 0.5


async def test_fragments_that_only_repeat_themselves_are_measured_once(engine):
    start = time.process_time()

    result = await engine.execute(wide_bomb(8), viewer=Reader("staff"))

    assert not result.errors
    assert time.process_time() - start < 0.5


async def test_a_price_follows_the_variable_that_sets_the_page(engine):
    query = "query($n: Int) { authors(first: $n) { nodes { books(first: 10) { nodes { id author { id } } } } } }"

    costs = []
    for n in (1, 10, None, 100):
        result = await engine.execute(query, {"n": n}, viewer=Reader())
        costs.append(result.extensions["cost"]["requestedQueryCost"])

    # authors 1 + n x (author 1 + books 1 + 10 x (book 1 + author 1))
    assert costs == [1 + n * 22 for n in (1, 10, 20, 100)]
    assert result.extensions["cost"]["maximumAvailable"] == 10_000


async def test_a_price_above_the_limit_is_told_and_nothing_is_read(engine):
    query = "query($n: Int) { authors(first: 100) { nodes { books(first: $n) { nodes { id } } } } }"

    result = await engine.execute(query, {"n": 100}, viewer=Reader())

    assert codes(result) == ["QUERY_TOO_COMPLEX"]
    assert result.extensions["cost"] == {"requestedQueryCost": 10_201, "maximumAvailable": 10_000}


async def test_weights_are_configuration(engine_with):
    engine = engine_with(limits=Limits(weights={"Author.loud": 7, "Query.authors": 3}))

    result = await engine.execute("{ authors(first: 2) { nodes { loud name } } }", viewer=Reader())

    assert result.extensions["cost"]["requestedQueryCost"] == 3 + 2 * (1 + 7)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ me { id }", "GRAPHQL_PARSE_FAILED"),
        ("{" * 900, "GRAPHQL_PARSE_FAILED"),
        ("{ me(id: " + "[" * 900 + "}", "GRAPHQL_PARSE_FAILED"),
        ("{ mee { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me { nam } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me { ...A } } fragment A on Author { ...B } fragment B on Author { ...A }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { me { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: me { id } } query B { me { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { me { id } } query B { me { id } }", "BAD_USER_INPUT"),
        ("query($n: Int!) { authors(first: $n) { nodes { id } } }", "BAD_USER_INPUT"),
        ("{ authors(first: 3000000000) { nodes { id } } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_request_that_cannot_be_executed_is_told_why_in_our_codes(engine, document, code):
    result = await engine.execute(document, viewer=Reader())

    assert set(codes(result)) == {code}
    assert result.request_error
    assert "Did you mean" not in str(result.errors)
    assert len(result.errors) <= 9


@pytest.mark.parametrize("value", ["x", 3.5, True, [1], {"a": 1}, 2**40])
async def test_a_variable_of_another_type_is_bad_input(engine, value):
    result = await engine.execute(
        "query($n: Int) { authors(first: $n) { nodes { id } } }", {"n": value}, viewer=Reader()
    )

    assert codes(result) == ["BAD_USER_INPUT"]
    assert result.request_error


@pytest.mark.parametrize("value", ["\ud800", 10**400])
async def test_a_value_that_json_libraries_choke_on_is_told_back_all_the_same(engine, value):
    result = await engine.execute(
        "query($n: Int) { authors(first: $n) { nodes { id } } }", {"n": value}, viewer=Reader()
    )

    assert codes(result) == ["BAD_USER_INPUT"]
    assert json.loads(result.body())["errors"]


async def test_variables_are_an_object(engine):
    result = await engine.execute("{ leaders { rank } }", [1], viewer=Reader())

    assert codes(result) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("since", ["2026-01-01", "2026-01-01T00:00:00", "yesterday", "0001-01-01T00:00:00+14:00"])
async def test_an_instant_without_an_offset_is_bad_input(engine, since):
    query = "query($w: BookFilter) { books(where: $w) { nodes { id } } }"

    result = await engine.execute(query, {"w": {"since": since}}, viewer=Reader())

    assert codes(result) == ["BAD_USER_INPUT"]


async def test_an_unknown_operation_name_is_bad_input(engine):
    result = await engine.execute("query A { me { id } }", operation_name="B", viewer=Reader())

    assert codes(result) == ["BAD_USER_INPUT"]


async def test_one_of_several_operations_runs_by_its_name(engine):
    result = await engine.execute(
        "query A { leaders { rank } } query B { ranking(first: 1) { nodes { rank } } }",
        operation_name="B",
        viewer=Reader(),
    )

    assert result.data == {"ranking": {"nodes": [{"rank": 1}]}}


async def test_introspection_is_answered_beside_data(engine):
    full = await engine.execute(get_introspection_query(), viewer=Reader())
    mixed = await engine.execute(
        """query($t: String!) { kind: __type(name: $t) { name kind } ...S leaders { rank } }
        fragment S on Query { _service { sdl } }""",
        {"t": "Author"},
        viewer=Reader(),
    )

    assert not full.errors
    assert {"Author", "BookConnection"} <= {t["name"] for t in full.data["__schema"]["types"]}
    assert mixed.data["kind"] == {"name": "Author", "kind": "OBJECT"}
    assert "type Author" in mixed.data["_service"]["sdl"]
    assert len(mixed.data["leaders"]) == 3


async def test_the_kind_of_an_operation_is_known_before_it_runs(engine):
    assert engine.kind("{ me { id } }") == "query"
    assert (
        engine.kind("mutation M { addReviews(input: {reviews: []}) { howMany } } query Q { me { id } }", "M")
        == "mutation"
    )
    assert engine.kind("{ me ") is None


async def test_a_fault_of_the_database_is_a_reference_only(engine, library_url, caplog):
    async with await psycopg.AsyncConnection.connect(library_url, autocommit=True) as connection:
        await connection.execute("ALTER TABLE copies RENAME TO away")
        try:
            result = await engine.execute("{ leaders { book { copies { serial } } } }", viewer=Reader())
        finally:
            await connection.execute("ALTER TABLE away RENAME TO copies")

    again = await engine.execute("{ leaders { book { copies { serial } } } }", viewer=Reader())

    assert result.data is None
    assert codes(result) == ["INTERNAL_SERVER_ERROR"]
    assert "copies" not in result.body().decode()
    assert result.errors[0]["extensions"]["errorId"] in caplog.text
    assert not again.errors


def test_the_cache_throws_out_what_was_not_used_for_longest():
    cache = Cache(100)
    for name in "abc":
        cache.put(name, name.upper(), 30)
    cache.get("a")

    cache.put("d", "D", 30)

    assert [cache.get(name) for name in "abcd"] == ["A", None, "C", "D"]
    assert (cache.facts.bytes, cache.facts.entries, cache.facts.evictions) == (90, 3, 1)


def test_the_cache_keeps_nothing_larger_than_itself_and_counts_a_growing_value_once():
    cache = Cache(100)

    cache.put("a", 1, 40)
    cache.put("a", 1, 60)
    assert (cache.facts.bytes, cache.size("a")) == (60, 60)

    cache.put("b", 2, 200)
    assert (cache.facts.bytes, cache.facts.entries) == (0, 0)


async def test_plans_are_bounded_in_bytes_and_counted(engine_with):
    engine = engine_with(limits=Limits(cache_bytes=200_000))

    for n in range(100):
        await engine.execute(f"{{ leaders {{ rank a{n}: score }} }}", viewer=Reader())
    before = engine.cache
    await engine.execute("{ leaders { rank a99: score } }", viewer=Reader())

    assert before.bytes <= 200_000
    assert 0 < before.entries < 200
    assert engine.cache.hits == before.hits + 2
    assert engine.cache.misses == before.misses
