"""Stock Strawberry: `Schema.execute` with a DataLoader for every relation, answering our own documents.

Our own schema cannot run so: its fields name queries for the engine and have no resolvers. This is a small schema of
the same shape on the same tables and driver, with Strawberry's caches of parsed and validated documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import Any, NewType
from uuid import UUID

import orjson
import strawberry
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from bench.contenders import Launch, Place, Post
from bench.contenders.canned import Application, pool, served
from bench.contenders.ours import DOCUMENTS, Ours, body_of, key_of
from bench.contenders.provinces import FIGURES, provinces
from bench.contenders.ranks import ahead
from bench.workloads import Ask
from engine.ids import encoded

Row = tuple[Any, ...]
_ACTIVITIES = (
    "SELECT k.id, a.id, sport, started_at, moving_seconds, distance_meters, energy_kcal, credits, verdict "
    "FROM unnest(%s::uuid[]) k(id) CROSS JOIN LATERAL (SELECT * FROM activities WHERE user_id = k.id "
    "AND deleted_at IS NULL ORDER BY started_at DESC, id DESC LIMIT %s) a ORDER BY started_at DESC, a.id DESC"
)
_MEMBERS = (
    "SELECT k.id, m.user_id FROM unnest(%s::uuid[]) k(id) CROSS JOIN LATERAL (SELECT user_id, joined_on "
    "FROM memberships WHERE team_id = k.id AND left_on IS NULL ORDER BY joined_on, user_id LIMIT %s) m "
    "ORDER BY m.joined_on, m.user_id"
)
_BELONGING = "SELECT user_id, team_id FROM memberships WHERE user_id = ANY(%s::uuid[]) ORDER BY joined_on DESC, team_id"
_LEADERS = (
    "SELECT t.rank, t.score, u.display_name FROM (SELECT user_id, score, pseudonym_id, "
    "rank() OVER (ORDER BY score DESC) AS rank FROM (SELECT user_id, score, pseudonym_id FROM standings "
    "WHERE challenge_id = %s ORDER BY score DESC, pseudonym_id DESC LIMIT %s) top) t JOIN users u ON u.id = t.user_id "
    "ORDER BY t.score DESC, t.pseudonym_id DESC"
)
_OWN = (
    f"SELECT 1 + {ahead('m.challenge_id', 'm.score')}, m.score, NULL FROM standings m "  # noqa: S608
    "WHERE m.challenge_id = %s AND m.user_id = %s::uuid"
)
_PLACES = "SELECT code, name_th FROM places WHERE kind = %s ORDER BY sort_key_th, code LIMIT %s"
_CELLS = (
    f"SELECT code, {', '.join(FIGURES)}, withheld FROM ({provinces('%s::date')}) found WHERE code = ANY(%s::text[])"  # noqa: S608
)


class Stock:
    """Strawberry as its guide shows it."""

    name = "strawberry"
    title = "stock Strawberry: Schema.execute with DataLoaders and document caches, a small schema of the same shape"

    def prepare(self, place: Place) -> Launch:
        """The application below on the same server as ours."""
        return served("bench.contenders.stock", place)

    def post(self, workload: str, ask: Ask) -> Post:
        """Our document; whoever asks stands beside it, as no token is read."""
        body = orjson.loads(body_of(DOCUMENTS[workload], ask))
        return Post("/graphql", orjson.dumps({**body, "viewer": ask.arguments.get("user")}))

    form = Ours.form


_pool: list[AsyncConnectionPool[AsyncConnection[Any]]] = []


async def _start() -> None:
    _pool.append(pool(plain=False))
    await _pool[0].open(wait=True)


async def _rows(query: str, *arguments: object) -> list[Row]:
    async with _pool[0].connection() as connection:
        return await (await connection.execute(query.encode(), arguments)).fetchall()


async def _single(query: str, keys: Sequence[Any]) -> list[Row | None]:
    """The row of each key; the query gives the key first."""
    found = {row[0]: row[1:] for row in await _rows(query, list(keys))}
    return [found.get(key) for key in keys]


async def _several(query: str, more: Sequence[Any], keys: Sequence[Any]) -> list[list[Row]]:
    """The rows of each key in the query's order; the query gives the key first."""
    found = defaultdict(list)
    for row in await _rows(query, list(keys), *more):
        found[row[0]].append(row[1:])
    return [found[key] for key in keys]


async def _cells_of(month: date, codes: Sequence[str]) -> list[Row | None]:
    found = {row[0]: row[1:] for row in await _rows(_CELLS, month, list(codes))}
    return [found.get(code) for code in codes]


class Loaders:
    """What one request loads, by relation."""

    def __init__(self, viewer: UUID | None) -> None:
        self.viewer = viewer
        one = partial(partial, _single)
        self.names: DataLoader[UUID, Row | None] = DataLoader(
            one("SELECT id, display_name FROM users WHERE id = ANY(%s::uuid[])")
        )
        self.balances: DataLoader[UUID, Row | None] = DataLoader(
            one("SELECT user_id, balance FROM credit_balances WHERE user_id = ANY(%s::uuid[])")
        )
        self.teams: DataLoader[UUID, Row | None] = DataLoader(
            one("SELECT id, name_th FROM teams WHERE id = ANY(%s::uuid[])")
        )
        self.belonging: DataLoader[UUID, list[Row]] = DataLoader(partial(_several, _BELONGING, ()))
        self._members: dict[int, DataLoader[UUID, list[Row]]] = {}
        self._activities: dict[int, DataLoader[UUID, list[Row]]] = {}
        self._cells: dict[date, DataLoader[str, Row | None]] = {}

    def members(self, first: int) -> DataLoader[UUID, list[Row]]:
        """The first members of teams."""
        return self._members.setdefault(first, DataLoader(partial(_several, _MEMBERS, (first,))))

    def activities(self, first: int) -> DataLoader[UUID, list[Row]]:
        """The latest activities of people."""
        return self._activities.setdefault(first, DataLoader(partial(_several, _ACTIVITIES, (first,))))

    def cells(self, month: date) -> DataLoader[str, Row | None]:
        """The statistics of provinces in a month."""
        return self._cells.setdefault(month, DataLoader(partial(_cells_of, month)))


BigInt = NewType("BigInt", int)
SCALARS: dict[object, ScalarDefinition] = {BigInt: strawberry.scalar(name="BigInt", serialize=int, parse_value=int)}
Info = strawberry.Info[Loaders, None]


@strawberry.interface
class Node:
    """What has a global id."""

    key: strawberry.Private[Any]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """The global id."""
        return strawberry.ID(encoded(type(self).__name__, self.key))


@strawberry.type
class Activity:
    """A workout."""

    id: strawberry.ID
    sport: str
    started_at: datetime
    moving_seconds: float | None
    distance_meters: float | None
    energy_kcal: float
    credits: int
    verdict: str


@strawberry.type
class ActivityEdge:
    """A workout and its place."""

    cursor: str
    node: Activity


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class ActivityConnection:
    """A page of workouts."""

    edges: list[ActivityEdge]
    nodes: list[Activity]
    page_info: PageInfo


@strawberry.type
class Membership:
    """Somebody in a team."""

    user_key: strawberry.Private[UUID]
    team_key: strawberry.Private[UUID]

    @strawberry.field
    def user(self) -> User:
        """Whose it is."""
        return User(key=self.user_key)

    @strawberry.field
    def team(self) -> Team:
        """The team."""
        return Team(key=self.team_key)


@strawberry.type
class MembershipConnection:
    """A page of memberships."""

    nodes: list[Membership]


@strawberry.type
class User(Node):
    """A person."""

    @strawberry.field
    async def display_name(self, info: Info) -> str | None:
        """Their name."""
        row = await info.context.names.load(self.key)
        return row[0] if row else None

    @strawberry.field
    async def credit_balance(self, info: Info) -> int:
        """Their credits."""
        row = await info.context.balances.load(self.key)
        return row[0] if row else 0

    @strawberry.field
    async def memberships(self, info: Info) -> list[Membership]:
        """Their teams, the latest first."""
        rows = await info.context.belonging.load(self.key)
        return [Membership(user_key=self.key, team_key=team) for (team,) in rows]

    @strawberry.field
    async def activities(self, info: Info, first: int = 20) -> ActivityConnection:
        """Their workouts, the latest first."""
        rows = await info.context.activities(first + 1).load(self.key)
        edges = [_edge(row) for row in rows[:first]]
        page_info = PageInfo(has_next_page=len(rows) > first, end_cursor=edges[-1].cursor if edges else None)
        return ActivityConnection(edges=edges, nodes=[edge.node for edge in edges], page_info=page_info)


@strawberry.type
class Team(Node):
    """A team."""

    @strawberry.field
    async def name(self, info: Info) -> str | None:
        """Its name."""
        row = await info.context.teams.load(self.key)
        return row[0] if row else None

    @strawberry.field
    async def members(self, info: Info, first: int = 20) -> MembershipConnection:
        """Who belongs to it, the longest first."""
        rows = await info.context.members(first).load(self.key)
        return MembershipConnection(nodes=[Membership(user_key=user, team_key=self.key) for (user,) in rows])


@strawberry.type
class Standing:
    """A line of a leaderboard."""

    rank: int
    score: int
    display_name: str | None


@strawberry.type
class StandingConnection:
    """A page of a leaderboard."""

    nodes: list[Standing]


@strawberry.type
class Challenge(Node):
    """A challenge."""

    title: str

    @strawberry.field
    async def leaderboard(self, first: int = 20) -> StandingConnection:
        """The highest scores."""
        rows = await _rows(_LEADERS, self.key, first)
        return StandingConnection(nodes=[Standing(rank=r, score=s, display_name=name) for r, s, name in rows])

    @strawberry.field
    async def my_standing(self, info: Info) -> Standing | None:
        """The viewer's own line."""
        rows = await _rows(_OWN, self.key, info.context.viewer)
        return Standing(rank=rows[0][0], score=rows[0][1], display_name=None) if rows else None


@strawberry.type
class PlaceStatistics:
    """A province in a month."""

    participants: BigInt | None
    activities: BigInt | None
    moving_seconds: BigInt | None
    distance_meters: BigInt | None
    energy_kcal: BigInt | None
    credits: BigInt | None
    vigorous_seconds: BigInt | None
    withheld: str | None


@strawberry.type
class Province:
    """A place."""

    code: str
    name: str

    @strawberry.field
    async def statistics(self, info: Info, period: Period, on: date) -> PlaceStatistics | None:  # noqa: ARG002
        """Its month."""
        row = await info.context.cells(on).load(self.code)
        return PlaceStatistics(**dict(zip((*FIGURES, "withheld"), row, strict=True))) if row else None


@strawberry.type
class PlaceConnection:
    """A page of places."""

    nodes: list[Province]


@strawberry.enum
class PlaceKind(Enum):
    """The level of a place."""

    PROVINCE = "province"


@strawberry.enum
class Period(Enum):
    """How long a counter counts."""

    MONTH = "month"


@strawberry.input
class PlaceFilter:
    """Which places."""

    kind: PlaceKind


@strawberry.type
class Viewer:
    """Whoever asks."""

    @strawberry.field
    def user(self, info: Info) -> User | None:
        """The person."""
        return User(key=info.context.viewer) if info.context.viewer else None


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def viewer(self) -> Viewer:
        """Whoever asks."""
        return Viewer()

    @strawberry.field
    async def node(self, id: strawberry.ID) -> Node | None:  # noqa: A002 - the contract's word
        """A challenge by its global id."""
        key = UUID(key_of(id))
        rows = await _rows("SELECT title_th FROM challenges WHERE id = %s", key)
        return Challenge(key=key, title=rows[0][0]) if rows else None

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Node | None]:
        """Teams by their global ids."""
        return [Team(key=UUID(key_of(each))) for each in ids]

    @strawberry.field
    async def places(self, where: PlaceFilter, first: int = 20) -> PlaceConnection:
        """Places by name."""
        rows = await _rows(_PLACES, where.kind.value, first)
        return PlaceConnection(nodes=[Province(code=code, name=name) for code, name in rows])


def _edge(row: Row) -> ActivityEdge:
    key, sport, started_at, moving, distance, energy, credit, verdict = row
    node = Activity(
        id=strawberry.ID(encoded("Activity", key)),
        sport=sport,
        started_at=started_at,
        moving_seconds=moving,
        distance_meters=distance,
        energy_kcal=energy,
        credits=credit,
        verdict=verdict,
    )
    return ActivityEdge(cursor=encoded(started_at.isoformat(), key), node=node)


SCHEMA = strawberry.Schema(
    Query,
    types=[Challenge, Team, User],
    extensions=[ParserCache, ValidationCache],
    config=StrawberryConfig(scalar_map=SCALARS),
)


async def _answer(_path: str, request: Any) -> bytes:
    viewer = UUID(request["viewer"]) if request["viewer"] else None
    result = await SCHEMA.execute(request["query"], variable_values=request["variables"], context_value=Loaders(viewer))
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return orjson.dumps(answer)


app = Application(_answer, _start)
