"""The GraphQL types of the small library."""

from datetime import date, datetime

import strawberry

from engine.declare import Reckoned
from schema import words
from schema.scalars import BigInt
from schema.words import (
    Connection,
    Node,
    Payload,
    column,
    computed,
    connection,
    derived,
    holds,
    many,
    mutation,
    one,
    shows,
    value,
)
from tests.engine import asked


@shows(asked.AuthorRow, node=asked.author_by_id, says="A person who writes.")
class Author(Node):
    name: str = words.text(th="name_th", en="name_en", says="The name.")
    born_on: date | None = column(says="The day of birth.")
    rating: float | None = column(says="From 0 to 5.")
    made_at: datetime = column(says="When the row was made.")
    email: str | None = column(says="The address.", needs="email:read")
    mentor_id: strawberry.ID | None = column(says="The mentor's id.", ref="Author")
    mentor: "Author | None" = one(asked.mentor, says="Who taught them.")
    peers: "list[Author]" = many(asked.peers_of, says="Born on the same day.", limit=5)
    books: "Connection[Book]" = connection(
        asked.books_of,
        orders=asked.ORDERS,
        total=asked.count_of_books,
        around=asked.book_of_theirs,
        says="The books.",
    )
    shelf: "Connection[Book]" = connection(
        asked.books_of,
        orders=("-pages", "-id"),
        around=asked.book_of_theirs,
        opening={"thickness": asked.thickness_at_the_top},
        reckoned={"thickness": Reckoned(asked.thickness_on_a_page, ("author_id", "pages"))},
        says="The thickest first.",
    )
    thickest: "list[Book]" = many(asked.thickest_of, says="The thickest books.", limit=2)
    book_count: int = computed(asked.count_of_books, says="How many books.")
    loud: str = computed(asked.loud, says="The name, loudly.")
    secret_books: "Connection[Book] | None" = connection(
        asked.books_of, orders="id", says="The same.", needs=["email:read", "secret:read"]
    )


@shows(asked.BookRow, node=asked.book_by_id, says="A book.")
class Book(Node):
    title: str = column(says="The title.")
    genre: asked.Genre = column(says="What it is.")
    pages: int = column(says="Pages.")
    sales: BigInt = column(says="Copies sold.")
    price: float = column(says="In baht.")
    tags: list[str] = column(says="Words.")
    published_at: datetime | None = column(says="When it came out.")
    author_id: strawberry.ID = column(says="The author's id.", ref="Author")
    blurb: str | None = derived(asked.blurb, says="Words about it.")
    awarded: list[asked.Genre] | None = derived(asked.genres_awarded, says="What it was awarded for.")
    author: Author | None = one(asked.author_of, says="Who wrote it.")
    thickness: int = computed(asked.thickness, says="1 for the author's thickest.")
    reviews: "Connection[Review]" = connection(asked.reviews_of, orders=("stars",), says="What people say.")
    copies: "list[Copy]" = many(asked.copies_of, says="On the shelves.", limit=10)


@shows(asked.ReviewRow, says="What somebody says.")
class Review:
    stars: int | None = column(says="From 1 to 5.")
    comment: str = column(says="In words.")
    book: Book | None = one(asked.book_of, says="Of which book.")
    siblings: "list[Review]" = many(asked.siblings_of, says="Other reviews of the book.", limit=3)


@shows(asked.CopyRow, says="A book on a shelf.")
class Copy:
    branch: str = column(says="Where.")
    serial: int = column(says="Which.")
    neighbours: "list[Copy]" = many(asked.neighbours_of, says="To the right of it.", limit=2)


@shows(asked.RankLine, says="A line of the ranking.")
class Ranked:
    rank: BigInt = column(says="From 1.")
    score: BigInt = column(says="Pages.")
    book: Book | None = one(asked.book_of, says="The book.")


@holds(says="What became of a review.")
class ReviewOutcome:
    comment: str = value(says="As sent.")
    when: datetime = value(says="When.", from_="at")
    genre: asked.Genre | None = value(says="As demanded.")
    loud: str = computed(asked.loudly, says="Loudly.")
    review: Review | None = one(asked.review_made, says="The review.")
    others: Connection[Review] = connection(asked.reviews_of, orders="id", says="All reviews of the book.")


@holds(says="What became of the reviews.")
class AddReviewsPayload(Payload):
    how_many: int | None = value(says="How many.")
    outcomes: list[ReviewOutcome] | None = value(says="One by one.")
    author: Author | None = one(asked.author_by_id, says="Who wrote.")


@holds(says="The root.")
class Query:
    node: Node | None = words.node_by_id()
    nodes: list[Node | None] = words.nodes_by_ids()
    me: Author | None = one(asked.me, says="Who asks.", opens=("author", "staff"))
    my_name: str | None = computed(asked.viewer_name, says="Who asks.", public=True)
    author: Author | None = one(asked.author_asked, says="An author.", public=True)
    authors: Connection[Author] = connection(
        asked.all_authors, orders=("name_en",), total=asked.author_count, says="All.", public=True
    )
    books: Connection[Book] = connection(
        asked.all_books, orders=asked.ORDERS, around=asked.book_among, says="All.", public=True
    )
    ranking: Connection[Ranked] = connection(asked.ranking, orders="rank", says="By pages.", public=True)
    leaders: list[Ranked] = many(asked.leaders, says="By pages.", limit=3, public=True)
    staff_books: Connection[Book] | None = connection(asked.all_books, orders="id", says="All.", needs="secret:read")


@holds(says="The changes.")
class Mutation:
    add_reviews: AddReviewsPayload = mutation(asked.add_reviews, says="Adds reviews.", public=True)
    guarded: AddReviewsPayload | None = mutation(asked.add_reviews, says="Adds reviews.", needs="secret:read")


SCHEMA = words.build(Query, Mutation)
