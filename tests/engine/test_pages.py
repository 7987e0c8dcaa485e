"""Connections: paging forwards and backwards over equal and null values, and cursors that do not fit."""

from uuid import UUID

import pytest

from engine import cursors, ids
from tests.engine.asked import Reader

STAFF = Reader("staff")
PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $order: BookOrder!) {
  books(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
    edges { cursor node { id pages publishedAt title } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def codes(result):
    return [(e.get("path"), e["extensions"]["code"]) for e in result.errors]


def in_order(books, order):
    last_first = {
        "NEWEST": [("id", True), ("published_at", True)],
        "TITLE": [("id", False), ("title", False)],
        "PAGES": [("id", False), ("published_at", False), ("pages", True)],
    }[order]
    found = list(books)
    for key, descending in last_first:
        there = [b for b in found if getattr(b, key) is not None]
        there.sort(key=lambda b: getattr(b, key).hex if key == "id" else getattr(b, key), reverse=descending)
        found = there + [b for b in found if getattr(b, key) is None]
    return [ids.encoded("Book", b.id) for b in found]


@pytest.mark.parametrize("order", ["NEWEST", "TITLE", "PAGES"])
@pytest.mark.parametrize("size", [1, 7, 60, 100])
async def test_pages_forwards_give_the_whole_list_once(ask, shelves, order, size):
    seen, after, more = [], None, True

    while more:
        page = (await ask(PAGE, STAFF, first=size, after=after, order=order))["books"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert seen == in_order(shelves.books, order)


@pytest.mark.parametrize("order", ["NEWEST", "TITLE", "PAGES"])
@pytest.mark.parametrize("size", [1, 7, 60])
async def test_pages_backwards_give_the_whole_list_once(ask, shelves, order, size):
    seen, before, more = [], None, True

    while more:
        page = (await ask(PAGE, STAFF, last=size, before=before, order=order))["books"]
        seen = [edge["node"]["id"] for edge in page["edges"]] + seen
        assert page["pageInfo"]["hasNextPage"] == (before is not None)
        before, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]

    assert seen == in_order(shelves.books, order)


@pytest.mark.parametrize("order", ["NEWEST", "PAGES"])
async def test_what_lies_between_two_cursors_can_be_asked_from_either_side(ask, shelves, order):
    edges = (await ask(PAGE, STAFF, first=100, order=order))["books"]["edges"]
    after, before = edges[10]["cursor"], edges[50]["cursor"]

    forwards = await ask(PAGE, STAFF, first=3, after=after, before=before, order=order)
    backwards = await ask(PAGE, STAFF, last=3, after=after, before=before, order=order)
    all_of_it = await ask(PAGE, STAFF, first=100, after=after, before=before, order=order)

    whole = in_order(shelves.books, order)
    assert [e["node"]["id"] for e in forwards["books"]["edges"]] == whole[11:14]
    assert [e["node"]["id"] for e in backwards["books"]["edges"]] == whole[47:50]
    assert [e["node"]["id"] for e in all_of_it["books"]["edges"]] == whole[11:50]


async def test_an_order_by_a_window_function_pages_too(ask):
    query = """query($after: String) {
      ranking(first: 20, after: $after) { nodes { rank } pageInfo { hasNextPage endCursor } } }"""
    seen, after, more = [], None, True

    while more:
        page = (await ask(query, STAFF, after=after))["ranking"]
        seen += [node["rank"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert seen == list(range(1, 61))


async def test_nested_pages_continue_where_their_parent_left_off(ask, shelves):
    query = """query($id: ID!, $after: String) { author(id: $id) { books(first: 2, after: $after, orderBy: NEWEST) {
      nodes { id } pageInfo { endCursor hasNextPage } totalCount } } }"""
    author = shelves.authors[0]
    seen, after, more = [], None, True

    while more:
        page = (await ask(query, STAFF, id=ids.encoded("Author", author.id), after=after))["author"]["books"]
        seen += [node["id"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    mine = [b for b in shelves.books if b.author_id == author.id]
    assert seen == in_order(mine, "NEWEST")
    assert page["totalCount"] == len(mine)


async def test_a_cursor_belongs_to_one_parent_and_is_refused_at_the_others(engine):
    query = """query($c: String) { authors(first: 3) { nodes {
      books(first: 1, after: $c) { nodes { id } pageInfo { endCursor } } } } }"""
    first = await engine.execute(query, viewer=STAFF)
    cursor = first.data["authors"]["nodes"][1]["books"]["pageInfo"]["endCursor"]

    result = await engine.execute(query, {"c": cursor}, viewer=STAFF)

    assert result.data is None  # a connection is never null, so its nulls climb to the root
    assert codes(result) == [(["authors", "nodes", 0, "books"], "BAD_USER_INPUT")]


async def test_a_cursor_is_bound_to_field_order_and_filter(engine):
    start = await engine.execute(PAGE, {"first": 1, "order": "TITLE"}, viewer=STAFF)
    cursor = start.data["books"]["pageInfo"]["endCursor"]
    another_order = await engine.execute(PAGE, {"first": 1, "after": cursor, "order": "NEWEST"}, viewer=STAFF)
    filtered = "query($c: String, $w: BookFilter) { books(orderBy: TITLE, after: $c, where: $w) { nodes { id } } }"
    another_filter = await engine.execute(filtered, {"c": cursor, "w": {"genre": "CRIME"}}, viewer=STAFF)
    the_same = await engine.execute(filtered, {"c": cursor, "w": {}}, viewer=STAFF)
    another_field = await engine.execute(
        "query($c: String) { authors(after: $c) { nodes { id } } }", {"c": cursor}, viewer=STAFF
    )

    for refused in (another_order, another_filter, another_field):
        assert [code for _, code in codes(refused)] == ["BAD_USER_INPUT"]
    assert not the_same.errors


@pytest.mark.parametrize(
    "values",
    [
        ["x", "not-a-uuid"],
        [None, "0" * 32],
        ["x"],
        ["x", 3],
        [3, "00000000-0000-0000-0000-000000000000"],
        ["\x00", "00000000-0000-0000-0000-000000000000"],
        [{}, []],
    ],
)
async def test_a_forged_cursor_is_refused_before_the_database_sees_it(engine, values):
    start = await engine.execute(PAGE, {"first": 1, "order": "TITLE"}, viewer=STAFF)
    digest, _ = cursors.decoded(start.data["books"]["pageInfo"]["endCursor"], [k.sql for k in _keys_of_titles(engine)])

    result = await engine.execute(PAGE, {"after": cursors.encoded(digest, values), "order": "TITLE"}, viewer=STAFF)

    assert codes(result) == [(["books"], "BAD_USER_INPUT")]


def _keys_of_titles(engine):
    plans = [item[0] for key, item in engine._cache._items.items() if key[0] == "plan" and key[1] == PAGE]
    found = [level.statement.paging.keys for plan in plans for level in plan.levels]
    return next(keys for keys in found if keys[0].name == "title")


@pytest.mark.parametrize("cursor", ["", "!", "bnVsbA", "W10", "WzFd", "eyJhIjoxfQ", "/" * 5000, "ก", "\ud800"])
async def test_a_text_that_is_no_cursor_is_refused(engine, cursor):
    result = await engine.execute(PAGE, {"after": cursor, "order": "PAGES"}, viewer=STAFF)

    assert codes(result) == [(["books"], "BAD_USER_INPUT")]


@pytest.mark.parametrize(
    "size", [{"first": 0}, {"first": -1}, {"first": 101}, {"last": 0}, {"last": 101}, {"first": 1, "last": 1}]
)
async def test_a_page_takes_one_to_a_hundred_from_one_side(engine, size):
    result = await engine.execute(PAGE, {**size, "order": "TITLE"}, viewer=STAFF)

    assert result.data is None
    assert codes(result) == [(["books"], "BAD_USER_INPUT")]


@pytest.mark.parametrize("size", ["first: 0", "first: 101", "last: -1", "first: 1, last: 1"])
async def test_counting_alone_takes_no_page_that_cannot_be(engine, size):
    result = await engine.execute(f"{{ books({size}) {{ totalCount }} }}", viewer=STAFF)

    assert result.data is None
    assert codes(result) == [(["books"], "BAD_USER_INPUT")]


async def test_an_empty_page_has_no_cursors(ask):
    query = """{ books(where: {titles: ["no such book"]}) {
      edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

    data = await ask(query)

    assert data["books"] == {
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_counting_alone_reads_no_page(engine, shelves):
    result = await engine.execute("{ authors { totalCount } }", viewer=STAFF)

    assert result.data == {"authors": {"totalCount": len(shelves.authors)}}
    assert result.statements == 1


async def test_keys_of_one_direction_without_nulls_are_one_row_comparison(engine):
    start = await engine.execute(PAGE, {"first": 1, "order": "TITLE"}, viewer=STAFF)
    await engine.execute(
        PAGE, {"first": 1, "after": start.data["books"]["pageInfo"]["endCursor"], "order": "TITLE"}, viewer=STAFF
    )

    texts = [
        compiled.sql
        for key, item in engine._cache._items.items()
        if key[0] == "plan" and key[1] == PAGE
        for level in item[0].levels
        for compiled in level.variants.values()
    ]
    assert any("(books.title, books.id) > (" in sql for sql in texts)


AROUND = """query($around: ID, $first: Int, $order: BookOrder!, $after: String, $last: Int) {
  books(around: $around, first: $first, orderBy: $order, after: $after, last: $last) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def ids_on(page):
    return [edge["node"]["id"] for edge in page["edges"]]


@pytest.mark.parametrize("order", ["NEWEST", "TITLE", "PAGES"])
@pytest.mark.parametrize("size", [1, 2, 5, 100])
async def test_a_page_around_an_item_has_as_many_ahead_as_behind_but_where_the_list_ends(ask, shelves, order, size):
    listed = in_order(shelves.books, order)

    for at, book in enumerate(listed):
        page = (await ask(AROUND, STAFF, around=book, first=size, order=order))["books"]

        start = max(0, min(at - (size - 1) // 2, len(listed) - size))
        assert ids_on(page) == listed[start : start + size]
        assert page["pageInfo"]["hasPreviousPage"] == (start > 0)
        assert page["pageInfo"]["hasNextPage"] == (start + size < len(listed))


@pytest.mark.parametrize("order", ["NEWEST", "TITLE", "PAGES"])
async def test_the_list_goes_on_to_both_sides_of_a_page_around_an_item(ask, shelves, order):
    listed = in_order(shelves.books, order)

    middle = (await ask(AROUND, STAFF, around=listed[30], first=5, order=order))["books"]
    ends = middle["pageInfo"]
    ahead = (await ask(PAGE, STAFF, last=4, before=ends["startCursor"], order=order))["books"]
    behind = (await ask(PAGE, STAFF, first=4, after=ends["endCursor"], order=order))["books"]

    found = [edge["node"]["id"] for page in (ahead, middle, behind) for edge in page["edges"]]
    assert found == listed[24:37]


async def test_there_is_no_page_around_what_the_list_does_not_have(ask, shelves):
    hidden = next(book for book in shelves.books if book.hidden)

    for absent in (hidden.id, UUID(int=5)):
        page = (await ask(AROUND, Reader(), around=ids.encoded("Book", absent), order="TITLE"))["books"]

        nothing = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
        assert page == {"edges": [], "pageInfo": nothing}


@pytest.mark.parametrize("also", [{"after": "x"}, {"last": 3}])
async def test_around_an_item_there_is_neither_a_cursor_nor_an_end(engine, shelves, also):
    book = ids.encoded("Book", shelves.books[0].id)

    result = await engine.execute(AROUND, {"around": book, "order": "TITLE", **also}, viewer=STAFF)

    assert codes(result) == [(["books"], "BAD_USER_INPUT")]


async def test_pages_around_an_item_of_each_parent_take_one_statement(engine, shelves):
    document = """query($book: ID!) { authors(first: 100) { nodes { id
      shelf(around: $book, first: 3) { nodes { id thickness } } } } }"""
    book = next(book for book in shelves.books if not book.hidden)

    result = await engine.execute(document, {"book": ids.encoded("Book", book.id)}, viewer=STAFF)

    owners = [author["id"] for author in result.data["authors"]["nodes"] if author["shelf"]["nodes"]]
    assert (owners, result.statements) == ([ids.encoded("Author", book.author_id)], 2)


@pytest.mark.parametrize("page", ["first: 3", "first: 3, after: $c", "last: 4", "last: 4, before: $c", "around: $b"])
async def test_what_is_made_for_a_page_at_once_is_what_each_row_says(ask, shelves, page):
    author = ids.encoded("Author", shelves.authors[0].id)
    owned = sorted(
        (book for book in shelves.books if book.author_id == shelves.authors[0].id),
        key=lambda book: (book.pages, book.id.hex),
        reverse=True,
    )
    cursor = f"query($a: ID!) {{ author(id: $a) {{ shelf(first: {len(owned) // 2}) {{ pageInfo {{ endCursor }} }} }} }}"
    given = {"c": "String", "b": "ID"}
    needed = next((name for name in given if f"${name}" in page), None)
    document = f"""query($a: ID!{f", ${needed}: {given[needed]}" if needed else ""}) {{
      author(id: $a) {{ shelf({page}) {{ nodes {{ id thickness }} }} }} }}"""
    middle = (await ask(cursor, STAFF, a=author))["author"]["shelf"]["pageInfo"]["endCursor"]
    values = {"c": middle, "b": ids.encoded("Book", owned[len(owned) // 2].id)}

    data = await ask(document, STAFF, a=author, **({needed: values[needed]} if needed else {}))

    counted = {ids.encoded("Book", book.id): 1 + sum(other.pages > book.pages for other in owned) for book in owned}
    found = data["author"]["shelf"]["nodes"]
    assert found
    assert [each["thickness"] for each in found] == [counted[each["id"]] for each in found]
