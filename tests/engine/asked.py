# ruff: noqa: ARG001, A002 - every resolver takes viewer and parent, and GraphQL names its arguments
"""A small library: its tables, its resolvers, and rows made from a seed."""

import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import SimpleNamespace
from typing import Annotated

import strawberry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Text,
    Uuid,
    any_,
    case,
    desc,
    func,
    insert,
    literal_column,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.declare import Order, Ref


class Rows(SQLModel):
    metadata = MetaData()


class Genre(StrEnum):
    CRIME = "crime"
    POEMS = "poems"


# before any input names it: Strawberry makes an undescribed enum of what it does not know
strawberry.enum(Genre, description="What a book is.")


class AuthorRow(Rows, table=True):
    __tablename__ = "authors"
    id: uuid.UUID = Field(primary_key=True)
    name_th: str
    name_en: str
    email: str
    born_on: date | None
    rating: float | None
    mentor_id: uuid.UUID | None
    made_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class BookRow(Rows, table=True):
    __tablename__ = "books"
    id: uuid.UUID = Field(primary_key=True)
    author_id: uuid.UUID = Field(index=True)
    title: str
    genre: str
    pages: int
    sales: int = Field(sa_type=BigInteger)
    price: float = Field(sa_column=Column(Numeric(), nullable=False))
    published_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))
    tags: list[str] = Field(sa_column=Column(ARRAY(Text()), nullable=False))
    awards: list[dict] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    hidden: bool


class ReviewRow(Rows, table=True):
    """A composite key whose `id` is unique alone, as partitioned tables have."""

    __tablename__ = "reviews"
    book_id: uuid.UUID = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    stars: int | None
    comment: str


class CopyRow(Rows, table=True):
    """A composite key of which no part is unique alone."""

    __tablename__ = "copies"
    branch: str = Field(primary_key=True)
    serial: int = Field(primary_key=True)
    book_id: uuid.UUID


class RankLine:
    rank: int
    book_id: uuid.UUID
    score: int


@dataclass
class Reader:
    kind: str = "public"
    scopes: frozenset[str] = frozenset()
    author_id: uuid.UUID | None = None


@strawberry.input(description="Which books.")
class BookFilter:
    genre: Genre | None = strawberry.field(default=None, description="Of this genre.")
    author: Annotated[strawberry.ID | None, Ref("Author")] = strawberry.field(
        default=None, description="By this author."
    )
    titles: list[str] | None = strawberry.field(default=None, description="With one of these titles.")
    since: datetime | None = strawberry.field(default=None, description="Published then or later.")
    min_pages: int | None = strawberry.field(default=None, description="At least so many pages.")


class BookOrder(Order):
    NEWEST = "newest"
    TITLE = "title"
    PAGES = "pages"


strawberry.enum(BookOrder, description="Orders of books.")
ORDERS = {
    BookOrder.NEWEST: (desc(col(BookRow.published_at)), desc(col(BookRow.id))),
    BookOrder.TITLE: (col(BookRow.title),),
    BookOrder.PAGES: ("-pages", "published_at", "id"),
}


def books_seen(viewer):
    if viewer.kind == "staff":
        return select(BookRow)
    return select(BookRow).where(or_(~col(BookRow.hidden), BookRow.author_id == viewer.author_id))


def filtered(books, where):
    if where is None:
        return books
    if where.genre is not None:
        books = books.where(BookRow.genre == where.genre)
    if where.author is not None:
        books = books.where(BookRow.author_id == where.author)
    if where.titles is not None:
        books = books.where(BookRow.title == any_(where.titles))
    if where.since is not None:
        books = books.where(col(BookRow.published_at) >= where.since)
    if where.min_pages is not None:
        books = books.where(BookRow.pages >= where.min_pages)
    return books


def author_by_id(viewer, key):
    return select(AuthorRow).where(AuthorRow.id == key.id)


def author_asked(viewer, parent, *, id: Annotated[strawberry.ID, Ref("Author")]):
    return select(AuthorRow).where(AuthorRow.id == id)


def all_authors(viewer, parent):
    return select(AuthorRow)


def author_count(viewer, parent):
    return select(func.count()).select_from(AuthorRow)


def me(viewer, parent):
    return select(AuthorRow).where(AuthorRow.id == viewer.author_id)


def mentor(viewer, parent):
    return select(AuthorRow).where(AuthorRow.id == parent.mentor_id)


def book_by_id(viewer, key):
    return books_seen(viewer).where(BookRow.id == key.id)


def all_books(viewer, parent, *, where: BookFilter | None = None):
    return filtered(books_seen(viewer), where)


def books_of(viewer, parent, *, where: BookFilter | None = None):
    return filtered(books_seen(viewer), where).where(BookRow.author_id == parent.id)


def book_among(
    viewer, parent, *, around: Annotated[strawberry.ID | None, Ref("Book")] = None, where: BookFilter | None = None
):
    return all_books(viewer, parent, where=where).where(BookRow.id == around)


def book_of_theirs(
    viewer, parent, *, around: Annotated[strawberry.ID | None, Ref("Book")] = None, where: BookFilter | None = None
):
    return books_of(viewer, parent, where=where).where(BookRow.id == around)


def thickness(viewer, parent):
    """1 for the thickest book of an author."""
    thicker = books_seen(viewer).where(BookRow.author_id == parent.author_id, BookRow.pages > parent.pages)
    return select(func.count() + 1).select_from(thicker.subquery())


def thickness_at_the_top(viewer, parent):
    return func.rank().over(partition_by=parent.author_id, order_by=parent.pages.desc())


def thickness_on_a_page(viewer, page):
    """Counted for the first book on the page alone, and for the first of those that are less thick."""
    window = {"order_by": [page.c.pages.desc()]}
    tier = func.dense_rank().over(**window).label("tier")
    placed = select(page, func.rank().over(**window).label("place"), tier).subquery("placed")
    line = SimpleNamespace(
        author_id=literal_column("placed.author_id", Uuid()), pages=literal_column("placed.pages", Integer())
    )
    counted = thickness(viewer, line).scalar_subquery()
    heads = select(placed, case((placed.c.tier <= 2, counted)).label("head")).subquery("heads")
    first, second = [func.max(heads.c.head).filter(heads.c.tier == n).over() for n in (1, 2)]
    ahead = func.count().filter(heads.c.tier == 1).over()
    thickness_ = case((heads.c.tier == 1, first), else_=second + heads.c.place - 1 - ahead).label("thickness")
    return select(*[heads.c[column.name] for column in page.c], thickness_)


def count_of_books(viewer, parent, *, where: BookFilter | None = None):
    return select(func.count()).select_from(books_of(viewer, parent, where=where).subquery())


def thickest_of(viewer, parent, *, least: int = 0):
    return books_of(viewer, parent).where(BookRow.pages >= least).order_by(desc(BookRow.pages), BookRow.id)


def peers_of(viewer, parent):
    """Authors born on the same day; touches a column that is no key."""
    return select(AuthorRow).where(AuthorRow.born_on == parent.born_on).order_by(AuthorRow.id)


class Tongue(Order):
    TH = "th"
    EN = "en"


strawberry.enum(Tongue, description="A language.")


def blurb(
    id,
    title,
    price,
    published_at,
    tags,
    *,
    tongue: Tongue = Tongue.TH,
    like: Genre | None = Genre.CRIME,
    author: Annotated[strawberry.ID | None, Ref("Author")] = None,
    times: int = 1,
) -> str | None:
    """Nothing of a book without a date; shows the kinds of all that it is given."""
    if published_at is None:
        return None
    spoken = {Tongue.TH: "ราคา", Tongue.EN: "price"}[tongue]
    at = published_at.astimezone(UTC).time()
    like = like and like.name
    return f"{title} {spoken} {price.quantize(1)} {id.version} {at} {tags} {like} {author and author.hex}" * times


def genres_awarded(awards, *, since: int | None = None) -> list[Genre] | None:
    if awards is None:
        return None
    return [Genre(award["genre"]) for award in awards if since is None or award.get("year", 0) >= since]


def author_of(viewer, parent):
    return select(AuthorRow).where(AuthorRow.id == parent.author_id)


def book_of(viewer, parent):
    return books_seen(viewer).where(BookRow.id == parent.book_id)


def reviews_of(viewer, parent):
    return select(ReviewRow).where(ReviewRow.book_id == parent.id)


def siblings_of(viewer, parent):
    return (
        select(ReviewRow).where(ReviewRow.book_id == parent.book_id, ReviewRow.id != parent.id).order_by(ReviewRow.id)
    )


def copies_of(viewer, parent):
    return select(CopyRow).where(CopyRow.book_id == parent.id)


def neighbours_of(viewer, parent):
    return (
        select(CopyRow).where(CopyRow.branch == parent.branch, CopyRow.serial > parent.serial).order_by(CopyRow.serial)
    )


def ranking(viewer, parent, *, genre: Genre | None = None):
    books = books_seen(viewer)
    if genre is not None:
        books = books.where(BookRow.genre == genre)
    seen = books.subquery()
    score = func.sum(seen.c.pages)
    return select(
        func.rank().over(order_by=[score.desc(), seen.c.id]).label("rank"),
        seen.c.id.label("book_id"),
        score.label("score"),
    ).group_by(seen.c.id)


def leaders(viewer, parent):
    return ranking(viewer, parent).order_by("rank")


def loud(viewer, parent, *, suffix: str = "!", times: int | None = None):
    made = func.upper(parent.name_en).concat(suffix)
    return made if times is None else func.repeat(made, times)


def viewer_name(viewer, parent):
    return select(AuthorRow.name_en).where(AuthorRow.id == viewer.author_id)


@strawberry.input(description="A review.")
class ReviewInput:
    book: Annotated[strawberry.ID, Ref("Book")] = strawberry.field(description="Of which book.")
    comment: str = strawberry.field(description="In words.")
    stars: int | None = strawberry.field(default=None, description="From 1 to 5.")


@strawberry.input(description="Reviews.")
class AddReviewsInput:
    reviews: list[ReviewInput] = strawberry.field(description="At most 100.")
    genre: Genre | None = strawberry.field(default=None, description="What the books must be.")


@dataclass
class Outcome:
    review_id: uuid.UUID
    id: uuid.UUID
    comment: str
    at: datetime
    genre: Genre | None = None


@dataclass
class Added:
    id: uuid.UUID | None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def how_many(self) -> int:
        return len(self.outcomes)


class TooMany(Exception):
    code = "TOO_MANY"
    message = "Send at most 100 reviews."
    path = ("reviews", 100)


async def add_reviews(context, input: AddReviewsInput) -> Added:
    made = Added(context.author_id)
    for item in input.reviews:
        assert isinstance(item.book, uuid.UUID)
        row = ReviewRow(book_id=item.book, id=uuid.uuid4(), comment=item.comment, stars=item.stars)
        context.session.add(row)
        made.outcomes.append(
            Outcome(row.id, item.book, item.comment, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), input.genre)
        )
    if len(made.outcomes) > 100:
        raise TooMany
    if "crash" in (item.comment for item in input.reviews):
        raise RuntimeError("a secret of ours")
    return made


def review_made(viewer, parent):
    return select(ReviewRow).where(ReviewRow.id == parent.review_id)


def loudly(viewer, parent):
    return func.upper(parent.comment)


class Library:
    """All rows; no dataclass, since hypothesis would print every one of them."""

    def __init__(self, authors, books, reviews, copies):
        self.authors = authors
        self.books = books
        self.reviews = reviews
        self.copies = copies


def library(seed: int = 7) -> Library:
    """12 authors, 60 books, reviews and copies; many equal and null values."""
    dice = random.Random(seed)  # noqa: S311 - rows, not secrets
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def key():
        return uuid.UUID(int=dice.getrandbits(128), version=4)

    ids = [key() for _ in range(12)]
    authors = [
        AuthorRow(
            id=ids[n],
            name_th=f"ผู้เขียน {n}",
            name_en=f"Author {n % 9}",
            email=f"a{n}@example.org",
            born_on=None if n % 4 == 0 else date(1980, 1, 1 + n % 3),
            rating=None if n % 3 == 0 else n / 2,
            mentor_id=None if n < 3 else ids[n // 2],
            made_at=start + timedelta(seconds=n, microseconds=n * 1001),
        )
        for n in range(12)
    ]
    books = [
        BookRow(
            id=key(),
            author_id=ids[min(n % 13, 11) if n % 13 != 5 else 0],
            title=f"Book {n % 7}",
            genre=dice.choice(list(Genre)).value,
            pages=dice.choice([10, 20, 30]),
            sales=2**40 + n,
            price=n + 0.25,
            published_at=None if n % 3 == 0 else start + timedelta(days=dice.randrange(5)),
            tags=["x"] * (n % 3),
            awards=None if n % 4 == 0 else [{"genre": "crime", "year": 2000 + n}, {"genre": "poems"}][: n % 4 - 1],
            hidden=n % 10 == 0,
        )
        for n in range(60)
    ]
    reviews = [
        ReviewRow(book_id=book.id, id=key(), stars=dice.choice([None, 1, 2, 5]), comment=f"c{n}")
        for book in books
        for n in range(dice.randrange(5))
    ]
    copies = [CopyRow(branch="AB"[n % 2], serial=n // 2, book_id=books[n % 20].id) for n in range(40)]
    return Library(authors, books, reviews, copies)


async def filled(url: str, rows: Library) -> None:
    """Makes the tables and their rows."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    async with engine.begin() as connection:
        await connection.run_sync(Rows.metadata.create_all)
        for row_class, items in (
            (AuthorRow, rows.authors),
            (BookRow, rows.books),
            (ReviewRow, rows.reviews),
            (CopyRow, rows.copies),
        ):
            await connection.execute(insert(row_class), [item.model_dump() for item in items])
        await connection.execute(text("ANALYZE"))
    await engine.dispose()


class Context:
    """What a mutation is given; one session per transaction."""

    def __init__(self, url: str, author_id: uuid.UUID | None = None) -> None:
        self._engine = create_async_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        self.author_id = author_id
        self.session: AsyncSession

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
            self.session = session
            yield session

    async def close(self) -> None:
        await self._engine.dispose()
