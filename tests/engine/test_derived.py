"""Values that a pure function makes of columns of the row."""

from datetime import UTC

import pytest
from sqlalchemy import select
from sqlmodel import col

from engine import ids
from engine.execute import Engine
from engine.placeholders import PlanError
from schema import words
from tests.engine.asked import BookRow, Reader, TooMany


def spell(title, *, backwards: bool = False) -> str:
    return title[::-1] if backwards else title


def judge(pages) -> int | None:
    return 60 // (pages - 20)


def fail(title) -> str:
    return title.nothing


@words.shows(BookRow, says="A thing.")
class Thing:
    title: str = words.column(says="The title.")
    spelled: str = words.derived(spell, says="The title, spelled.")
    secret: str | None = words.derived(spell, says="The same.", needs="secret:read")
    judged: int | None = words.derived(judge, says="A figure.")
    unknown: str | None = words.derived(fail, says="A fault.")


def things(viewer, parent):  # noqa: ARG001 - every resolver takes viewer and parent
    return select(BookRow).where(BookRow.author_id == viewer.author_id).order_by(col(BookRow.id))


@words.holds(says="The root.")
class Query:
    things: list[Thing] = words.many(things, says="All.", limit=100, public=True)


@pytest.fixture
def reader(shelves):
    return Reader("author", author_id=shelves.authors[0].id)


@pytest.fixture
def mine(shelves):
    return sorted((b for b in shelves.books if b.author_id == shelves.authors[0].id), key=lambda b: b.id.bytes)


async def test_a_function_is_given_python_values_and_what_its_arguments_name(ask, shelves):
    book = next(b for b in shelves.books if b.published_at and b.tags and b.awards and not b.hidden)
    author = ids.encoded("Author", shelves.authors[4].id)
    query = """query($id: ID!, $author: ID, $n: Int!) {
      node(id: $id) { ... on Book { short: blurb long: blurb(tongue: EN, author: $author, times: $n) awarded } } }"""

    data = await ask(query, id=ids.encoded("Book", book.id), author=author, n=2)

    kinds = f"4 {book.published_at.astimezone(UTC):%H:%M:%S} {book.tags}"
    assert data["node"]["short"] == f"{book.title} ราคา {round(book.price)} {kinds} CRIME None"
    long = f"{book.title} price {round(book.price)} {kinds} CRIME {shelves.authors[4].id.hex}"
    assert data["node"]["long"] == long * 2
    assert data["node"]["awarded"] == [award["genre"].upper() for award in book.awards]


async def test_what_it_needs_is_read_in_the_statement_of_its_row(engine_with, reader, mine):
    engine = engine_with(schema=words.build(Query))

    result = await engine.execute("{ things { spelled(backwards: true) } }", viewer=reader)

    assert result.data == {"things": [{"spelled": book.title[::-1]} for book in mine]}
    assert result.statements == 1


async def test_it_is_refused_without_its_scope(engine_with, reader, mine):
    engine = engine_with(schema=words.build(Query))

    result = await engine.execute("{ things { title secret } }", viewer=reader)

    assert result.data == {"things": [{"title": book.title, "secret": None} for book in mine]}
    assert {error["extensions"]["code"] for error in result.errors} == {"FORBIDDEN"}


async def test_a_function_that_fails_is_a_fault_at_its_place_alone(engine_with, reader, mine):
    engine = engine_with(schema=words.build(Query))

    result = await engine.execute("{ things { title judged unknown } }", viewer=reader)

    assert [thing["judged"] for thing in result.data["things"]] == [
        None if book.pages == 20 else 60 // (book.pages - 20) for book in mine
    ]
    failed = [["things", n, "judged"] for n, book in enumerate(mine) if book.pages == 20]
    failed += [["things", n, "unknown"] for n in range(len(mine))]
    assert sorted(error["path"] for error in result.errors) == sorted(failed)
    assert {error["extensions"]["code"] for error in result.errors} == {"INTERNAL_SERVER_ERROR"}


async def test_an_argument_it_cannot_be_given_is_refused_at_its_field(engine, shelves):
    book = next(b for b in shelves.books if b.published_at is not None and not b.hidden)
    query = "query($id: ID!) { node(id: $id) { ... on Book { title blurb(author: $id) } } }"

    result = await engine.execute(query, {"id": ids.encoded("Book", book.id)}, viewer=Reader())

    assert result.data == {"node": {"title": book.title, "blurb": None}}
    assert [(e["path"], e["extensions"]["code"]) for e in result.errors] == [(["node", "blurb"], "BAD_USER_INPUT")]


def test_a_function_of_a_column_that_the_rows_lack_fails_at_import():
    with pytest.raises(TypeError, match=r"Odd\.colour: BookRow has no column hue"):

        @words.shows(BookRow, says="A thing.")
        class Odd:
            colour: str = words.derived(lambda hue: hue, says="Its colour.")


async def test_objects_come_from_rows(pool):
    @words.shows(BookRow, says="A thing.")
    class Part:
        title: str = words.column(says="The title.")

    @words.shows(BookRow, says="A thing.")
    class Whole:
        part: Part = words.derived(lambda title: title, says="A part.")

    @words.holds(says="The root.")
    class Root:
        whole: list[Whole] = words.many(things, says="All.", public=True)

    with pytest.raises(PlanError, match=r"Whole\.part: .* objects come from rows"):
        Engine(schema=words.build(Root), pool=pool, refused=TooMany)
