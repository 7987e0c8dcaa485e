"""Everybody of a challenge with a score: in the hub's tables, in a table for counting, and in a sorted set."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from app import db
from app.seed import reference
from app.settings import settings
from bench import sorted_set
from bench.boards import KEY
from bench.measuring import postmaster_of
from domain.ranks import filling

CHALLENGE = UUID(int=0xCCC)
SCORES = {False: "abs(hashint8(n)) & 1048575", True: "abs(hashint8(n) % 61)"}
_FILL = """
    INSERT INTO challenges (id, sponsor_name, title_th, title_en, description_th, description_en, metric, mode, ranking,
        starts_on, ends_on, grace_days, state, participants, synthetic, published_at, created_at)
    VALUES ('{challenge}', 'mots', 'ก', 'Board', '', '', 'energy_kcal', 'individuals', 'total',
        current_date - 30, current_date + 30, 7, 'running', {people}, true, now(), now());
    INSERT INTO users (id, display_name, birth_year, language, synthetic, created_at)
    SELECT CAST(md5('person ' || n) AS uuid), 'Person ' || n, 1990, 'th', true, now()
    FROM generate_series(1, {people}) n;
    INSERT INTO standings (user_id, challenge_id, score)
    SELECT CAST(md5('person ' || n) AS uuid), '{challenge}', {score} FROM generate_series(1, {people}) n;
    CREATE TABLE counted AS SELECT user_id, score, pseudonym_id FROM standings;
    ALTER TABLE counted ADD PRIMARY KEY (user_id);
    CREATE INDEX ON counted (score, pseudonym_id)
"""
_FACTS = """
    SELECT pg_table_size('standings') + pg_indexes_size('standings') + pg_total_relation_size('score_buckets'),
           pg_total_relation_size('counted')
"""


@dataclass(frozen=True)
class Set:
    """A server of sorted sets that runs, and a connection to it."""

    client: sorted_set.Client
    pid: int


@dataclass
class World:
    """What is measured, and on what; `sets` by whether the server writes each change to disk, none without a server."""

    databases: db.Databases
    people: Sequence[UUID]
    database_pid: int
    counting: psycopg.AsyncConnection[Any]
    sets: dict[bool, Set] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


async def filled(url: str, people: int, *, few: bool) -> None:
    """So many people with their scores in the migrated database, spread or on a few."""
    async with (
        db.opened(settings(database_url=url, database_connections=2)) as databases,
        databases.owner() as session,
        session.begin(),
    ):
        await reference.load(session)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as owner:
        for each in _FILL.format(challenge=CHALLENGE, people=people, score=SCORES[few]).split(";\n"):
            await owner.execute(each.encode())
        await owner.execute(filling().encode())


@contextlib.asynccontextmanager
async def world(url: str, server: str | None) -> AsyncIterator[World]:
    """All that runs, with the same scores in each."""
    async with contextlib.AsyncExitStack() as stack:
        databases = await stack.enter_async_context(db.opened(settings(database_url=url, database_connections=2)))
        counting = await stack.enter_async_context(await psycopg.AsyncConnection.connect(url, autocommit=True))
        with psycopg.connect(url) as probe:
            people = [user for (user,) in probe.execute("SELECT user_id FROM counted")]
            made = World(databases, people, postmaster_of(probe), counting)
            made.versions["PostgreSQL"] = str(probe.info.parameter_status("server_version"))
        for durable in (False, True) if server else ():
            made.sets[durable] = Set(*stack.enter_context(sorted_set.running(str(server), durable=durable)))
        if server:
            made.versions["sorted set"] = sorted_set.version(server)
        await level(made)
        yield made


async def level(made: World) -> None:
    """The scores of the standings in all others, too, and the tables as autovacuum leaves them."""
    await made.counting.execute("""
        UPDATE counted c SET score = s.score FROM standings s WHERE s.user_id = c.user_id AND c.score <> s.score
    """)
    await made.counting.execute("VACUUM (ANALYZE) counted, standings, score_buckets, users, challenges")
    for each in made.sets.values():
        each.client.ask("DEL", KEY)
    rows = await made.counting.execute("SELECT CAST(user_id AS text), score FROM standings")
    while chunk := await rows.fetchmany(10_000):
        commands = b"".join(sorted_set.command("ZADD", KEY, score, user) for user, score in chunk)
        for each in made.sets.values():
            each.client.send(commands, len(chunk))


async def sizes(made: World) -> dict[str, int]:
    """Bytes that each board takes."""
    ((ours, counted),) = await (await made.counting.execute(_FACTS)).fetchall()
    found = {"ours": int(ours), "counting in SQL": int(counted)}
    if False in made.sets:
        memory = made.sets[False].client.ask("MEMORY", "USAGE", KEY, "SAMPLES", 0)
        found["sorted set"] = int(memory) if isinstance(memory, bytes) else 0
    return found
