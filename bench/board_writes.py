"""How the three leaderboards take changes of scores."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg

from app import db
from bench.boards import KEY
from bench.sorted_set import Client, command
from domain.base import driver_of
from domain.booking import Bookings
from domain.folding import fold
from domain.writing import written

_KINDS = 300

Steps = Sequence[tuple[UUID, int]]
"""People of one board, each once, and what is added to their score."""


def deliveries(people: Sequence[UUID], count: int) -> Iterator[Steps]:
    """Changes of so many people, some hundred units each, on and on; made before any clock runs."""
    dice = random.Random(count)  # noqa: S311 - a sample, not a secret
    made = [[(user, dice.randint(1, 900)) for user in dice.sample(people, count)] for _ in range(_KINDS)]
    return (each for _ in iter(int, 1) for each in made)


async def ours_written(databases: db.Databases, challenge: UUID, changes: Steps) -> None:
    """Scores changed and the changes queued, as a delivery does it, in one transaction."""
    async with databases.worker() as session, session.begin():
        people = {(user.int, challenge.int): [user, challenge, by] for user, by in changes}
        await written(await driver_of(session), Bookings(people=people).sheets())


async def passed(databases: db.Databases) -> None:
    """What waits, folded into the histogram."""
    async with databases.worker() as session, session.begin():
        await fold(session, wait=True)


async def counted_written(connection: psycopg.AsyncConnection[Any], changes: Steps) -> None:
    """Scores changed, with the index that counting reads and nothing else, in one transaction."""
    users, by = [user for user, _ in changes], [by for _, by in changes]
    sql = """
        UPDATE counted c SET score = c.score + g.by FROM unnest(%s::uuid[], %s::bigint[]) AS g(user_id, by)
        WHERE c.user_id = g.user_id
    """
    await connection.execute(sql, (users, by), prepare=True)


def set_written(client: Client, changes: Steps) -> None:
    """Scores changed in the sorted set, in one pipeline."""
    client.send(b"".join(command("ZINCRBY", KEY, by, str(user)) for user, by in changes), len(changes))
