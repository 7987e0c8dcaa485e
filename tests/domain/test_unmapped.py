"""What words without a sport cost a delivery, and that each is counted exactly once."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlmodel import select

from domain.folding import fold
from domain.sports import Sport
from domain.unmapped import UnmappedSport
from tests.domain.factories import MORNING, draft, person, taken


def others(count, word, sport=Sport.OTHER):
    """So many short workouts one after the other, with the word that `word` gives for their number."""
    return [
        draft(str(n), at=MORNING + timedelta(hours=n), minutes=20, kcal=150, sport=sport, sport_word=word(n))
        for n in range(count)
    ]


async def counted(sessions):
    async with sessions() as session, session.begin():
        await fold(session, wait=True)
        rows = (await session.exec(select(UnmappedSport))).all()
    return {row.word: row.records for row in rows}


@pytest.mark.parametrize(
    ("items", "statements"),
    [
        (others(300, lambda _: "Run", Sport.RUN), 0),
        (others(300, lambda _: None), 0),
        (others(1, lambda _: "Plogging"), 1),
        (others(300, lambda n: f"Word {n % 3}"), 1),
        (others(300, lambda n: f"Word {n}"), 1),
    ],
    ids=["known", "wordless", "one", "three words", "all different"],
)
async def test_a_delivery_queues_its_words_by_one_statement_and_by_none_without(
    worker_sessions, database_url, items, statements
):
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("CREATE EXTENSION pg_stat_statements")
        async with worker_sessions() as session, session.begin():
            user = await person(session)
            admin.execute("SELECT pg_stat_statements_reset()")

            await taken(session, "garmin", *items, owner=user)

            (sent,) = admin.execute("""
                SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
                WHERE query ~ 'unmapped_' AND query !~ 'pg_stat_'
                  AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            """).fetchone()

    assert sent == statements


async def test_deliveries_at_once_do_not_wait_for_one_another_and_lose_nothing(worker_sessions):
    async with worker_sessions() as session, session.begin():
        first, second = await person(session), await person(session)

    async with worker_sessions() as session, session.begin():
        await taken(session, "garmin", *others(3, lambda n: f"Word {n % 2}"), owner=first)
        async with asyncio.timeout(30), worker_sessions() as beside, beside.begin():
            await taken(beside, "garmin", *others(3, lambda n: f"Word {n % 2}"), owner=second)

    assert await counted(worker_sessions) == {"Word 0": 4, "Word 1": 2}


async def test_a_pass_that_ends_in_the_middle_counts_nothing_and_the_next_all(worker_sessions):
    async with worker_sessions() as session, session.begin():
        await taken(session, "garmin", *others(2, lambda _: "Plogging"), owner=await person(session))
    async with worker_sessions() as session:
        await fold(session, wait=True)
        await session.rollback()

    assert await counted(worker_sessions) == {"Plogging": 2}
    assert await counted(worker_sessions) == {"Plogging": 2}
