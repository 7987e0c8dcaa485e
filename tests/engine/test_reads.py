"""Queries: every kind of field, statements, fragments, conditions, lookups, refusals."""

import pytest

from engine import ids, run
from engine.driver import fetched
from tests.engine.asked import Reader

STAFF = Reader("staff", frozenset({"email:read", "secret:read"}))


def author_id(row):
    return ids.encoded("Author", row.id)


def codes(result):
    return [(e.get("path"), e["extensions"]["code"]) for e in result.errors]


async def test_columns_become_json_as_the_schema_promises(ask, shelves):
    book = next(b for b in shelves.books if b.published_at and b.tags and not b.hidden)

    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Book { title genre pages sales price tags publishedAt authorId } } }",
        id=ids.encoded("Book", book.id),
    )

    assert data["node"] == {
        "title": book.title,
        "genre": book.genre.upper(),
        "pages": book.pages,
        "sales": book.sales,
        "price": book.price,
        "tags": book.tags,
        "publishedAt": book.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "authorId": ids.encoded("Author", book.author_id),
    }


async def test_a_text_is_thai_unless_asked_otherwise(ask, shelves):
    author = shelves.authors[1]

    data = await ask(
        "query($id: ID!, $l: Language!) { author(id: $id) { name en: name(language: EN) asked: name(language: $l) } }",
        id=author_id(author),
        l="EN",
    )

    assert data["author"] == {"name": author.name_th, "en": author.name_en, "asked": author.name_en}


async def test_a_computed_field_takes_arguments_and_their_defaults(ask, shelves):
    author = shelves.authors[1]

    data = await ask(
        """query($id: ID!, $n: Int) { author(id: $id) {
          loud twice: loud(suffix: "?", times: 2) null: loud(times: $n) bookCount } }""",
        id=author_id(author),
        n=None,
    )

    loud = author.name_en.upper()
    seen = [b for b in shelves.books if b.author_id == author.id and not b.hidden]
    assert data["author"] == {
        "loud": f"{loud}!",
        "twice": f"{loud}?{loud}?",
        "null": f"{loud}!",
        "bookCount": len(seen),
    }


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ("$n: Tongue", "blurb(tongue: $n)"),
        ("$n: Int", "loud(times: 2) again: thickest(least: $n) { id }"),
        ("$n: BookOrder", "books(orderBy: $n) { totalCount }"),
        ("$n: Language = EN", "name(language: $n)"),
    ],
)
async def test_a_null_for_an_argument_with_a_default_that_may_not_be_null_is_refused(engine, declared, field):
    of = "Book" if "blurb" in field else "Author"
    query = f"query({declared}) {{ {'books' if of == 'Book' else 'authors'}(first: 1) {{ nodes {{ f: {field} }} }} }}"

    refused = await engine.execute(query, {"n": None}, viewer=Reader())
    absent = await engine.execute(query, viewer=Reader())

    assert {code for _, code in codes(refused)} == {"BAD_USER_INPUT"}
    assert not absent.errors


async def test_a_null_for_an_argument_that_may_be_null_is_null_whatever_its_default(ask):
    query = """query($like: Genre) { books(where: {titles: ["Book 1"]}, first: 1) { nodes {
      said: blurb(like: POEMS) null: blurb(like: null) asked: blurb(like: $like) absent: blurb } } }"""

    data = await ask(query, like=None)
    (book,) = data["books"]["nodes"]

    assert [book["null"], book["asked"]] == [book["said"].replace("POEMS", "None")] * 2
    assert book["absent"] == book["said"].replace("POEMS", "CRIME")


async def test_a_null_cannot_decide_a_condition(engine):
    query = "query($yes: Boolean = true) { leaders { rank @include(if: $yes) } }"

    refused = await engine.execute(query, {"yes": None}, viewer=Reader())
    absent = await engine.execute(query, viewer=Reader())

    assert refused.request_error
    assert codes(refused) == [(None, "BAD_USER_INPUT")]
    assert [set(line) for line in absent.data["leaders"]] == [{"rank"}] * 3


async def test_relations_to_one_are_joined_and_null_where_there_is_none(engine, shelves):
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Author { mentor { mentor { name } name } } } }"
    pupil, orphan = shelves.authors[9], shelves.authors[0]

    result = await engine.execute(query, {"ids": [author_id(pupil), author_id(orphan)]}, viewer=Reader())

    assert result.data == {
        "nodes": [
            {"mentor": {"mentor": {"name": shelves.authors[2].name_th}, "name": shelves.authors[4].name_th}},
            {"mentor": None},
        ]
    }
    assert result.statements == 1


async def test_a_list_level_is_one_statement_however_wide(engine):
    query = """{ authors(first: 12) { nodes { name
      books(first: 5) { nodes { title author { name } reviews(first: 3) { nodes { stars siblings { comment } } } } }
      thickest { pages } } } }"""

    result = await engine.execute(query, viewer=Reader())

    assert not result.errors
    assert len(result.data["authors"]["nodes"]) == 12
    assert result.statements == 5  # authors, books, thickest, reviews, siblings


async def test_lists_below_a_composite_key_reach_their_own_parents(ask, shelves):
    data = await ask("{ leaders { book { id reviews(first: 5) { nodes { comment siblings { comment } } } } } }")

    for line in data["leaders"]:
        reviews = [r for r in shelves.reviews if ids.encoded("Book", r.book_id) == line["book"]["id"]]
        comments = {r.comment for r in reviews}
        assert {r["comment"] for r in line["book"]["reviews"]["nodes"]} == comments
        for review in line["book"]["reviews"]["nodes"]:
            siblings = {s["comment"] for s in review["siblings"]}
            assert siblings <= comments - {review["comment"]}
            assert len(siblings) == min(3, len(comments) - 1)


async def test_lists_below_a_key_that_no_part_identifies_are_driven_by_values(ask):
    data = await ask(
        "{ books(first: 20, orderBy: TITLE) { nodes { copies { branch serial neighbours { branch serial } } } } }"
    )

    copies = [copy for book in data["books"]["nodes"] for copy in book["copies"]]
    assert copies
    for copy in copies:
        expected = [{"branch": copy["branch"], "serial": s} for s in range(copy["serial"] + 1, 20)][:2]
        assert copy["neighbours"] == expected


async def test_rows_without_a_table_have_relations_too(engine):
    result = await engine.execute("{ leaders { rank score book { author { name } } } }", viewer=Reader())

    assert [line["rank"] for line in result.data["leaders"]] == [1, 2, 3]
    assert all(line["book"]["author"] for line in result.data["leaders"])
    assert result.statements == 1


async def test_the_viewer_decides_what_is_seen_without_another_plan_text(ask, shelves):
    hidden = next(b for b in shelves.books if b.hidden)
    query = "query($id: ID!) { node(id: $id) { id } }"
    asked_id = ids.encoded("Book", hidden.id)

    nobody = await ask(query, Reader(), id=asked_id)
    owner = await ask(query, Reader(author_id=hidden.author_id), id=asked_id)
    staff = await ask(query, STAFF, id=asked_id)

    assert (nobody["node"], owner["node"], staff["node"]) == (None, {"id": asked_id}, {"id": asked_id})


async def test_the_root_has_one_computed_and_many_fields(ask, shelves):
    author = shelves.authors[2]

    data = await ask("{ myName me { name } leaders { rank } }", Reader("author", author_id=author.id))

    assert data["myName"] == author.name_en
    assert data["me"] == {"name": author.name_th}
    assert len(data["leaders"]) == 3


async def test_fragments_merge_with_fields_and_with_each_other(ask, shelves):
    query = """
      query($id: ID!) { author(id: $id) { ...A ... on Node { id } ... { mentor { id } } ...B __typename } }
      fragment A on Author { mentor { name ...C } again: name }
      fragment B on Node { __typename ... on Author { mentor { bornOn } } ... on Book { title } }
      fragment C on Author { rating }
    """
    author, mentor = shelves.authors[3], shelves.authors[1]

    data = await ask(query, id=author_id(author))

    assert data["author"] == {
        "mentor": {"name": mentor.name_th, "rating": mentor.rating, "id": author_id(mentor), "bornOn": "1980-01-02"},
        "again": author.name_th,
        "id": author_id(author),
        "__typename": "Author",
    }
    assert list(data["author"]) == ["mentor", "again", "id", "__typename"]


@pytest.mark.parametrize(("yes", "expected"), [(True, {"a", "c", "e"}), (False, {"b", "d"})])
async def test_conditions_by_variable_shape_the_answer(ask, shelves, yes, expected):
    query = """query($id: ID!, $yes: Boolean!) { author(id: $id) {
      a: id @include(if: $yes) b: id @skip(if: $yes) ... @include(if: $yes) { c: id } ...D @skip(if: $yes)
      e: id @skip(if: false) @include(if: $yes) f: id @skip(if: true) } }
      fragment D on Author { d: id }"""

    data = await ask(query, id=author_id(shelves.authors[0]), yes=yes)

    assert set(data["author"]) == expected


async def test_aliases_of_connections_and_their_parts_keep_apart(ask):
    query = """{ books(first: 1) { a: edges { c: cursor x: node { id } y: node { title } } b: nodes { title } __typename
      p: pageInfo { n: hasNextPage __typename } q: pageInfo { hasNextPage } t: totalCount }
      two: books(first: 2, orderBy: TITLE) { nodes { t: title } } }"""

    data = await ask(query)

    (edge,) = data["books"]["a"]
    assert set(edge) == {"c", "x", "y"}
    assert data["books"]["b"] == [edge["y"]]
    assert data["books"]["p"] == {"n": True, "__typename": "PageInfo"}
    assert data["books"]["q"] == {"hasNextPage": True}
    assert data["books"]["t"] is None
    assert data["books"]["__typename"] == "BookConnection"
    assert data["two"]["nodes"] == [{"t": "Book 0"}, {"t": "Book 0"}]


async def test_nodes_keep_their_order_and_cost_one_statement_for_each_type(engine, shelves):
    author, book = shelves.authors[0], next(b for b in shelves.books if not b.hidden)
    absent = ids.encoded("Author", book.id)
    asked_ids = [ids.encoded("Book", book.id), author_id(author), absent, author_id(author), "nonsense"]

    result = await engine.execute(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Book { title } } }",
        {"ids": asked_ids},
        viewer=Reader(),
    )

    first = {"__typename": "Book", "id": asked_ids[0], "title": book.title}
    second = {"__typename": "Author", "id": asked_ids[1]}
    assert result.data["nodes"] == [first, second, None, second, None]
    assert codes(result) == [(["nodes", 4], "BAD_USER_INPUT")]
    assert result.statements == 2


@pytest.mark.parametrize(
    "bad", ["", "x", "Book:1", "QXV0aG9yOm5vdC1hLXV1aWQ", "Qm9vazox", "QXV0aG9yOg==", "ก" * 10, "a" * 5000]
)
async def test_an_id_that_is_none_is_refused_at_its_field(engine, bad):
    result = await engine.execute(
        "query($id: ID!) { node(id: $id) { id } author(id: $id) { name } }", {"id": bad}, viewer=Reader()
    )

    assert result.data == {"node": None, "author": None}
    assert codes(result) == [(["node"], "BAD_USER_INPUT"), (["author"], "BAD_USER_INPUT")]


@pytest.mark.parametrize("spelled", ["{}=", "{}==", "\n{}", "{} ", "{}A", "-{}", "{}~"])
async def test_an_object_has_one_id_and_no_other_spelling(engine, shelves, spelled):
    bad = spelled.format(author_id(shelves.authors[0]))

    result = await engine.execute("query($id: ID!) { node(id: $id) { id } }", {"id": bad}, viewer=Reader())

    assert codes(result) == [(["node"], "BAD_USER_INPUT")]


async def test_the_key_of_an_id_is_written_in_one_way(engine, shelves):
    loud = ids.encoded("Author", str(shelves.authors[0].id).upper())

    result = await engine.execute("query($id: ID!) { node(id: $id) { id } }", {"id": loud}, viewer=Reader())

    assert codes(result) == [(["node"], "BAD_USER_INPUT")]


async def test_the_id_of_another_type_is_refused_where_it_is_a_reference(engine, shelves):
    book = ids.encoded("Book", shelves.books[1].id)

    result = await engine.execute(
        "query($id: ID!) { books(where: {author: $id}) { nodes { id } } }", {"id": book}, viewer=Reader()
    )

    assert result.data is None  # the connection may not be null
    assert codes(result) == [(["books"], "BAD_USER_INPUT")]


async def test_entities_of_a_federation_are_looked_up_by_type(engine, shelves):
    author = author_id(shelves.authors[0])
    query = "query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Author { name } } }"
    representations = [
        {"__typename": "Author", "id": author},
        {"__typename": "Book", "id": author},
        {"__typename": "Nobody", "id": author},
        {"id": 3},
        7,
    ]

    result = await engine.execute(query, {"r": representations}, viewer=Reader())

    assert result.data["_entities"][0] == {"__typename": "Author", "name": shelves.authors[0].name_th}
    assert result.data["_entities"][1:] == [None] * 4
    assert [path for path, _ in codes(result)] == [["_entities", n] for n in range(1, 5)]
    assert {code for _, code in codes(result)} == {"BAD_USER_INPUT"}


async def test_a_field_without_its_scope_is_null_with_an_error_at_every_position(engine):
    query = (
        "{ authors(first: 2) { nodes { mail: email secretBooks { totalCount } name } } staffBooks { nodes { id } } }"
    )

    result = await engine.execute(query, viewer=Reader())

    assert [set(node) for node in result.data["authors"]["nodes"]] == [{"mail", "secretBooks", "name"}] * 2
    assert all(node["mail"] is None and node["name"] for node in result.data["authors"]["nodes"])
    assert result.data["staffBooks"] is None
    assert codes(result) == [
        (["authors", "nodes", 0, "mail"], "FORBIDDEN"),
        (["authors", "nodes", 0, "secretBooks"], "FORBIDDEN"),
        (["authors", "nodes", 1, "mail"], "FORBIDDEN"),
        (["authors", "nodes", 1, "secretBooks"], "FORBIDDEN"),
        (["staffBooks"], "FORBIDDEN"),
    ]
    assert result.statements == 1
    assert not result.request_error


async def test_scopes_and_kinds_open_what_they_should(ask, shelves):
    author = shelves.authors[0]

    data = await ask(
        "{ me { email secretBooks(first: 1) { nodes { id } } } }",
        Reader("author", frozenset({"email:read", "secret:read"}), author.id),
    )

    assert data["me"]["email"] == author.email
    assert len(data["me"]["secretBooks"]["nodes"]) == 1


async def test_a_kind_of_viewer_that_a_field_is_not_open_to_is_refused(engine):
    result = await engine.execute("{ me { name } }", viewer=Reader("public"))

    assert result.data == {"me": None}
    assert codes(result) == [(["me"], "FORBIDDEN")]


async def test_filters_of_every_kind_apply(ask, shelves):
    author = shelves.authors[0]
    query = """query($where: BookFilter, $t: [String!]) {
      a: books(where: $where, first: 100) { nodes { title pages authorId genre } }
      b: books(where: {titles: $t}, first: 100) { nodes { title } } }"""
    where = {"author": author_id(author), "genre": "POEMS", "minPages": 20, "since": "2025-12-31T23:00:00-01:00"}

    data = await ask(query, where=where, t=["Book 3"])

    expected = [
        b
        for b in shelves.books
        if not b.hidden and b.author_id == author.id and b.genre == "poems" and b.pages >= 20 and b.published_at
    ]
    assert sorted(n["title"] for n in data["a"]["nodes"]) == sorted(b.title for b in expected)
    assert {n["title"] for n in data["b"]["nodes"]} == {"Book 3"}


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"])
async def test_a_text_that_cannot_be_stored_is_refused_at_its_field(engine, shelves, value):
    result = await engine.execute(
        "query($id: ID!, $s: String!) { author(id: $id) { id loud(suffix: $s) } }",
        {"id": author_id(shelves.authors[0]), "s": value},
        viewer=Reader(),
    )

    assert result.data == {"author": None}
    assert codes(result) == [(["author", "loud"], "BAD_USER_INPUT")]


async def test_several_statements_see_one_moment(engine, monkeypatch):
    seen = []

    async def watched(connection, jobs, before=(), after=()):
        seen.append(([sql for sql, _ in before], len(jobs), list(after)))
        return await fetched(connection, jobs, before, after)

    monkeypatch.setattr(run, "fetched", watched)
    await engine.execute("{ authors(first: 1) { nodes { name thickest { id } } } }", viewer=Reader())
    await engine.execute("{ leaders { rank } }", viewer=Reader())

    assert seen == [([run.BEGIN], 1, []), ([], 1, ["COMMIT"]), ([], 1, [])]


async def test_row_security_learns_who_asks_in_the_same_transaction(pool_of_its_own, engine_with):
    told = engine_with(
        identity=lambda viewer: ("SELECT set_config('app.kind', %s, true)", (viewer.kind,)),
    )

    result = await told.execute("{ leaders { rank } }", viewer=Reader("staff"))

    assert not result.errors
    await told.close()  # now the pool has the connection that was used
    async with pool_of_its_own.connection() as connection:
        (left,) = await (await connection.execute("SELECT current_setting('app.kind', true)")).fetchone()
    assert not left
