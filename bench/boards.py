"""The three leaderboards that are compared: ours, a sorted set, and counting in SQL; each with the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import psycopg

from auth.viewer import USUAL_SCOPES, Viewer, ViewerKind
from bench.sorted_set import Client
from engine.execute import Engine
from engine.ids import encoded

PAGE, BESIDE = 100, 4
"""Lines of a page, and neighbours on either side."""
KEY = "board"
ADMIN = Viewer(ViewerKind.ADMIN, None, "bench", None, USUAL_SCOPES[ViewerKind.ADMIN])
RANK = """query($id: ID!, $who: ParticipantChoice!) {
  node(id: $id) { ... on Challenge { rankOf(who: $who) { rank score } } } }"""
BOARD = """query($id: ID!, $around: ParticipantChoice, $first: Int, $after: String) {
  node(id: $id) { ... on Challenge { leaderboard(around: $around, first: $first, after: $after) {
    edges { cursor node { rank score } } } } } }"""
Line = tuple[int, int]
"""A rank and a score."""


class Board(Protocol):
    """What is measured; ranks are shared by equal scores."""

    title: str

    async def rank(self, user: UUID) -> int:
        """Somebody's rank."""
        ...

    async def top(self) -> Sequence[Line]:
        """The first page."""
        ...

    async def near(self, user: UUID) -> Sequence[Line]:
        """Somebody with the neighbours on either side."""
        ...

    async def middle(self) -> Sequence[Line]:
        """A page in the middle of the list."""
        ...


@dataclass
class Ours:
    """The GraphQL engine, whole answers without HTTP."""

    engine: Engine
    challenge: UUID
    cursor: str = ""
    title: str = "ours, GraphQL"

    async def _lines(self, **page: Any) -> list[Line]:
        found = await self._asked(BOARD, first=PAGE, **page)
        return [(each["node"]["rank"], each["node"]["score"]) for each in found["leaderboard"]["edges"]]

    async def _asked(self, document: str, **variables: Any) -> Any:
        given = {"id": encoded("Challenge", self.challenge), **variables}
        answer = await self.engine.execute(document, given, viewer=ADMIN)
        assert answer.data is not None and not answer.errors, answer.errors  # noqa: PT018, S101 - nothing to measure
        return answer.data["node"]

    async def stand(self, user: UUID) -> None:
        """Has the page in the middle begin after this person."""
        found = await self._asked(BOARD, around={"person": encoded("User", user)}, first=1)
        self.cursor = found["leaderboard"]["edges"][0]["cursor"]

    async def rank(self, user: UUID) -> int:
        """Somebody's rank."""
        found = await self._asked(RANK, who={"person": encoded("User", user)})
        return int(found["rankOf"]["rank"])

    async def top(self) -> Sequence[Line]:
        """The first page."""
        return await self._lines()

    async def near(self, user: UUID) -> Sequence[Line]:
        """Somebody with the neighbours on either side."""
        found = await self._asked(BOARD, around={"person": encoded("User", user)}, first=2 * BESIDE + 1)
        return [(each["node"]["rank"], each["node"]["score"]) for each in found["leaderboard"]["edges"]]

    async def middle(self) -> Sequence[Line]:
        """A page in the middle of the list."""
        return await self._lines(after=self.cursor)


class SortedSet:
    """A sorted set of Redis: ranks are counts of higher scores, which it keeps in its skip list."""

    title = "sorted set"

    def __init__(self, client: Client, people: int) -> None:
        self._client = client
        self._half = people // 2

    def _ahead(self, score: bytes) -> int:
        counted = self._client.ask("ZCOUNT", KEY, f"({int(float(score))}", "+inf")
        assert isinstance(counted, bytes)  # noqa: S101 - a number is one line
        return int(counted) + 1

    def _ranked(self, start: int, stop: int) -> Sequence[Line]:
        found = self._client.ask("ZREVRANGE", KEY, start, stop, "WITHSCORES")
        assert isinstance(found, list)  # noqa: S101
        scores = [int(float(each)) for each in found[1::2]]
        lines, rank = list[Line](), self._ahead(found[1])
        for at, score in enumerate(scores):
            if at and score != scores[at - 1]:
                rank = start + at + 1
            lines.append((rank, score))
        return lines

    async def rank(self, user: UUID) -> int:
        """The score, and how many have more: a round trip each."""
        score = self._client.ask("ZSCORE", KEY, str(user))
        assert isinstance(score, bytes)  # noqa: S101
        return self._ahead(score)

    async def top(self) -> Sequence[Line]:
        """The first page."""
        return self._ranked(0, PAGE - 1)

    async def near(self, user: UUID) -> Sequence[Line]:
        """The place in the set, what lies around it, and the rank of the first."""
        place = self._client.ask("ZREVRANK", KEY, str(user))
        assert isinstance(place, bytes)  # noqa: S101
        return self._ranked(max(0, int(place) - BESIDE), int(place) + BESIDE)

    async def middle(self) -> Sequence[Line]:
        """A page in the middle of the list."""
        return self._ranked(self._half, self._half + PAGE - 1)


class Counting:
    """Plain SQL over standings with an index by score: ranks are counted, pages skip what is ahead of them."""

    title = "counting in SQL"
    _RANK = """
        SELECT 1 + count(*) FROM counted h, counted s
        WHERE s.user_id = %s AND h.score > s.score
    """
    _TOP = """
        SELECT rank() OVER (ORDER BY score DESC), score
        FROM (SELECT score FROM counted ORDER BY score DESC LIMIT %s) t
    """
    _NEAR = """
        WITH me AS (SELECT score, pseudonym_id FROM counted WHERE user_id = %(user)s), near AS (
            (SELECT n.score FROM me, LATERAL (
                SELECT c.score FROM counted c WHERE (c.score, c.pseudonym_id) > (me.score, me.pseudonym_id)
                ORDER BY c.score, c.pseudonym_id LIMIT %(beside)s
            ) n)
            UNION ALL
            (SELECT n.score FROM me, LATERAL (
                SELECT c.score FROM counted c WHERE (c.score, c.pseudonym_id) <= (me.score, me.pseudonym_id)
                ORDER BY c.score DESC, c.pseudonym_id DESC LIMIT %(beside)s + 1
            ) n)
        )
        SELECT (SELECT 1 + count(*) FROM counted h WHERE h.score > (SELECT max(score) FROM near)), near.score
        FROM near ORDER BY 2 DESC
    """
    _MIDDLE = """
        WITH page AS (SELECT score FROM counted ORDER BY score DESC, pseudonym_id DESC OFFSET %s LIMIT %s)
        SELECT (SELECT 1 + count(*) FROM counted h WHERE h.score > (SELECT max(score) FROM page)), score FROM page
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any], people: int) -> None:
        self._connection = connection
        self._half = people // 2

    async def _asked(self, sql: str, given: Any) -> list[Any]:
        return await (await self._connection.execute(sql, given, prepare=True)).fetchall()

    async def rank(self, user: UUID) -> int:
        """Somebody's rank."""
        ((rank,),) = await self._asked(self._RANK, (user,))
        return int(rank)

    async def top(self) -> Sequence[Line]:
        """The first page."""
        return await self._asked(self._TOP, (PAGE,))

    async def near(self, user: UUID) -> Sequence[Line]:
        """Somebody with the neighbours on either side, and the rank of the first score."""
        return await self._asked(self._NEAR, {"user": user, "beside": BESIDE})

    async def middle(self) -> Sequence[Line]:
        """A page in the middle of the list, with the rank of its first score."""
        return await self._asked(self._MIDDLE, (self._half, PAGE))
