"""A hundred writers at once, each on a connection of its own: nothing is lost, doubled or deadlocked."""

import asyncio
from datetime import timedelta

import pytest_asyncio
from sqlalchemy import text

from app import db
from domain.base import run
from domain.check import findings
from domain.drafts import Deletion
from domain.enrolments import enrol
from domain.folding import fold
from tests.domain.factories import MORNING, NOW, balance_of, challenge_for, draft, figure, person, taken, team_of

WRITERS = 100


@pytest_asyncio.fixture
async def sessions(worker_url):
    """Sessions of as many connections as there are writers, and one more."""
    engine = db.engine_for(worker_url, connections=WRITERS + 1)
    yield db.sessions_of(engine)
    await engine.dispose()


async def together(sessions, write):
    """Every writer connects, waits until all have, and then writes in a transaction of its own."""
    ready = asyncio.Barrier(WRITERS)

    async def one(number):
        async with sessions() as session, session.begin():
            await session.connection()
            await ready.wait()
            return await write(session, number)

    return await asyncio.gather(*(one(number) for number in range(WRITERS)))


async def differences(sessions):
    async with sessions() as session:
        found = [line async for _, _, lines in findings(session) for line in lines]
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return [*found, f"{await figure(session, deadlocks)} deadlocks"]


async def test_a_hundred_writers_for_one_person_lose_nothing(sessions):
    async with sessions() as session, session.begin():
        user = await person(session)
        challenge = await challenge_for(session, user)

    async def write(session, number):
        # Fifty workouts, each as two partners saw it, no two of them whole half hours apart. Every tenth writer takes
        # back what it has just sent.
        at = MORNING + timedelta(minutes=31 * (number // 2))
        partner = ("garmin", "strava")[number % 2]
        run_of_20 = draft(str(number), at=at, minutes=20, kcal=150)
        await taken(session, partner, run_of_20, owner=user, now=NOW)
        if number % 10 == 9:
            await taken(session, partner, Deletion(partner_ref=str(number)), owner=user, now=NOW)

    await together(sessions, write)

    async with sessions() as session:
        assert await figure(session, "SELECT count(*) FROM records WHERE deleted_at IS NULL") == 90
        assert await figure(session, "SELECT count(*) FROM activities WHERE deleted_at IS NULL") == 50
        # 33 workouts of 150 kcal started on the first day in Bangkok and 17 on the next: 20 credits a day at most
        assert await balance_of(session, user) == 20 + 20
        assert await figure(session, "SELECT score FROM standings WHERE challenge_id = :c", c=challenge.id) == 50 * 150
    assert await differences(sessions) == ["0 deadlocks"]


async def test_a_hundred_writers_in_one_hot_challenge_lose_nothing(sessions):
    async with sessions() as session, session.begin():
        people = [await person(session, home_place_code=("9011", "1001")[n % 2]) for n in range(WRITERS)]
        team = await team_of(session, *people)
        challenge = await challenge_for(session, team_kind="province")

    async def write(session, number):
        await enrol(session, people[number], challenge.id, MORNING)
        for day in range(3):
            at = MORNING + timedelta(days=day, minutes=number)
            await taken(session, "garmin", draft(f"{day}", at=at, kcal=100 + number), owner=people[number], now=NOW)
        await taken(session, "garmin", draft("0", at=MORNING, kcal=300, version=2**60), owner=people[number], now=NOW)

    async def fold_on(writers):
        while not writers.done():
            async with sessions() as session, session.begin():
                await fold(session)
            await asyncio.sleep(0)

    writers = asyncio.ensure_future(together(sessions, write))
    await asyncio.gather(writers, fold_on(writers))

    async with sessions() as session, session.begin():
        await fold(session, wait=True)
    score = WRITERS * 300 + 2 * sum(100 + number for number in range(WRITERS))
    async with sessions() as session:
        scores = "SELECT sum(score) FROM {} WHERE challenge_id = :c"
        assert await figure(session, scores.format("standings"), c=challenge.id) == score
        assert (
            await figure(session, scores.format("team_standings") + " AND team_id = :t", c=challenge.id, t=team.id)
            == score
        )
        assert await figure(session, "SELECT participants FROM challenges WHERE id = :c", c=challenge.id) == WRITERS
        people_of_day = "SELECT sum(participants) FROM place_periods WHERE period = 'day' AND place_code = 'TH'"
        assert (await run(session, text(people_of_day))).scalar() == 3 * WRITERS
    assert await differences(sessions) == ["0 deadlocks"]
