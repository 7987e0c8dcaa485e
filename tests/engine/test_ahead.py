"""Lists below a row that is found by its key are read in the row's own round trip."""

import pytest

from engine import ids, run
from engine.driver import fetched
from tests.engine.asked import Reader

STAFF = Reader("staff")


@pytest.fixture
def trips(monkeypatch):
    """How many statements each round trip of a read held."""
    made = []

    async def watched(wire, jobs, before=(), after=()):
        made.append(len(jobs))
        return await fetched(wire, jobs, before, after)

    monkeypatch.setattr(run, "fetched", watched)
    return made


async def test_what_the_viewer_owns_is_read_with_the_viewer(ask, shelves, trips):
    author = shelves.authors[0]
    viewer = Reader("author", author_id=author.id)

    data = await ask("{ me { name thickest { title } books { nodes { pages } } } }", viewer)

    assert trips == [3]
    assert len(data["me"]["thickest"]) == 2


async def test_a_lookup_and_the_lists_below_it_are_one_round_trip(ask, shelves, trips):
    asked = [ids.encoded("Author", each.id) for each in shelves.authors[:3]]

    data = await ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Author { thickest { title } } } }", STAFF, ids=asked
    )

    assert trips == [2]
    assert [each["id"] for each in data["nodes"]] == asked
    by_author = {each.id: each for each in shelves.authors[:3]}
    most = {key: sorted((-b.pages, b.id, b.title) for b in shelves.books if b.author_id == key) for key in by_author}
    expected = [[title for *_, title in most[each.id][:2]] for each in shelves.authors[:3]]
    assert [[book["title"] for book in each["thickest"]] for each in data["nodes"]] == expected


async def test_an_argument_is_a_key_that_is_known(ask, shelves, trips):
    key = ids.encoded("Author", next(each.id for each in shelves.authors if each.mentor_id))

    await ask("query($id: ID!) { author(id: $id) { peers { name } mentor { thickest { title } } } }", STAFF, id=key)

    assert trips == [2, 1]  # who the mentor is, only the row knows


async def test_a_list_below_many_rows_waits_for_them(ask, trips):
    await ask("{ authors(first: 2) { nodes { thickest { title } } } }", STAFF)

    assert trips == [1, 1]


async def test_lists_read_ahead_for_what_may_not_be_seen_show_nothing(ask, shelves, trips):
    hidden = next(book for book in shelves.books if book.hidden)

    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Book { title reviews { nodes { comment } } copies { branch } } } }",
        id=ids.encoded("Book", hidden.id),
    )

    assert data == {"node": None}
    assert trips == [3]


async def test_an_id_that_is_refused_reads_nothing_ahead(engine, trips):
    result = await engine.execute(
        "query($id: ID!) { node(id: $id) { ... on Book { reviews { nodes { comment } } } } }",
        {"id": "nonsense"},
        viewer=STAFF,
    )

    assert result.data == {"node": None}
    assert [each["extensions"]["code"] for each in result.errors] == ["BAD_USER_INPUT"]
    assert trips == []
