"""A challenge closes once: nothing is lost, nothing moves after, prizes are booked once whatever happens meanwhile."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest
from psycopg import AsyncConnection, OperationalError
from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import db
from app.closing import AtOnce, closed
from app.folding import drained
from domain import freezing
from domain.base import run
from domain.drafts import Deletion
from domain.enrolments import ChallengeNotOpen, enrol
from domain.teams import TeamDay
from tests.domain.factories import MORNING, NOW, balance_of, draft, figure, person, taken, team_of
from tests.domain.over import (
    OVER,
    RANKS,
    SECOND,
    TARGET,
    crowd,
    everything_agrees,
    lines_of,
    prizes_of,
    raced,
    silent,
)


@pytest.fixture
def finish(worker_sessions):
    """Closes a challenge; gives what was done."""

    async def finished(challenge, now=NOW):
        return await closed(worker_sessions, challenge.id, now, silent)

    return finished


async def test_a_closed_challenge_keeps_its_standings_in_order_with_shared_ranks(worker_sessions, finish):
    async with worker_sessions.begin() as session:
        challenge, _ = await raced(session, 200, 500, 200, 300)

    done = await finish(challenge)

    async with worker_sessions() as session:
        lines = await lines_of(session, "final_standings", challenge)
        state = await figure(session, "SELECT state FROM challenges WHERE id = :c", c=challenge.id)
    assert (done.people, state) == (4, "final")
    assert [line.split()[:2] + line.split()[3:] for line in lines] == [
        ["1", "1", "500"],
        ["2", "2", "300"],
        ["3", "3", "200"],
        ["4", "3", "200"],
    ]
    assert lines[2].split()[2] > lines[3].split()[2]
    assert await everything_agrees(worker_sessions) == []


async def test_those_who_share_a_rank_all_have_its_prize_and_the_rest_goes_back(worker_sessions, finish):
    async with worker_sessions.begin() as session:
        challenge, people = await raced(
            session, 500, 500, 300, 0, prizes=[RANKS, SECOND, TARGET], budget=1_000, target=300
        )

    done = await finish(challenge)

    async with worker_sessions() as session:
        won = await prizes_of(session, people)
        budget = (await run(session, text("SELECT spent, reserved FROM credit_budgets"))).one()
    assert won == [[50, 5], [50, 5], [20, 5], []]
    assert (tuple(budget), done.prizes, done.released) == ((135, 0), 6, 1_000 - 135)
    assert await everything_agrees(worker_sessions) == []


async def test_prizes_beyond_their_budget_are_cut_in_proportion(worker_sessions, finish):
    async with worker_sessions.begin() as session:
        challenge, people = await raced(session, 500, 500, 300, prizes=[RANKS, SECOND], budget=70)

    await finish(challenge)

    async with worker_sessions() as session:
        assert await prizes_of(session, people) == [[29], [29], [11]]  # 50, 50 and 20 of 120, for which there are 70
        assert await figure(session, "SELECT spent + reserved FROM credit_budgets") == 69
    assert await everything_agrees(worker_sessions) == []


async def test_everybody_who_counted_for_a_team_has_its_prize_once_minors_too(worker_sessions, finish):
    prize = {"kind": "team_rank", "from_rank": 1, "to_rank": 2, "amount": 7}
    async with worker_sessions.begin() as session:
        challenge, people = await raced(
            session, *[0] * 25, prizes=[prize], budget=1_000, mode="teams", team_kind="ministry"
        )
        await run(session, text("UPDATE users SET birth_year = 2015 WHERE id = :id"), {"id": people[0]})
        first = await team_of(session, kind="ministry")
        await team_of(session, *people[:6], kind="ministry", parent=first)
        await team_of(session, *people[6:12], kind="ministry", parent=first)
        await team_of(session, *people[12:], kind="ministry")
        await run(session, text("UPDATE teams SET members = 12 WHERE id = :id"), {"id": first.id})
        joined = (MORNING - timedelta(days=30)).date()
        session.add(TeamDay(team_id=first.id, local_date=joined, members=12, member_days_before=0))
        await session.flush()
        for number in (0, 5, 7, 12, 13):
            await taken(session, "garmin", draft(str(number), kcal=300), owner=people[number])
        await taken(session, "garmin", draft("twice", at=MORNING + timedelta(days=1), kcal=300), owner=people[0])

    await finish(challenge)

    async with worker_sessions() as session:
        won = await prizes_of(session, people)
    assert [number for number, prizes in enumerate(won) if prizes == [7]] == [0, 5, 7, 12, 13]
    assert await everything_agrees(worker_sessions) == []


async def waits_for_a_lock(sessions, transactions):
    """Returns when so many transactions wait for an advisory lock."""
    async with sessions() as session:
        sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while await figure(session, sql) < transactions:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)


async def test_a_writer_under_way_when_closing_begins_counts_and_a_later_one_does_not(worker_sessions, finish):
    async with worker_sessions.begin() as session:
        challenge, (early, late) = await raced(session, 0, 0)

    async def begin():
        async with worker_sessions.begin() as session:
            return await freezing.begun(session, challenge.id, NOW, patience_milliseconds=60_000)

    async def write():
        async with worker_sessions.begin() as session:
            return await taken(session, "garmin", draft(str(late), kcal=400), owner=late)

    async with worker_sessions.begin() as session:
        await taken(session, "garmin", draft(str(early), kcal=300), owner=early)
        closing = asyncio.ensure_future(begin())
        await waits_for_a_lock(worker_sessions, 1)
        writing = asyncio.ensure_future(write())
        await waits_for_a_lock(worker_sessions, 2)
    assert await closing
    await writing
    await finish(challenge)

    async with worker_sessions() as session:
        sql = "SELECT user_id, score FROM final_standings JOIN standings USING (challenge_id, pseudonym_id, score)"
        scores = dict((await run(session, text(sql))).all())
        assert await figure(session, "SELECT sum(amount) FROM credit_entries WHERE user_id = :u", u=late) == 4
    assert scores == {early: 300}
    assert await everything_agrees(worker_sessions) == []


async def test_closing_waits_for_writers_only_so_long_and_changes_nothing_then(worker_sessions):
    async with worker_sessions.begin() as session:
        challenge, (user,) = await raced(session, 0)

    async with worker_sessions.begin() as session:
        await taken(session, "garmin", draft(kcal=300), owner=user)
        with pytest.raises(LockNotAvailable):
            async with worker_sessions.begin() as other:
                await freezing.begun(other, challenge.id, NOW, patience_milliseconds=50)

    async with worker_sessions() as session:
        assert await figure(session, "SELECT closing_since FROM challenges WHERE id = :c", c=challenge.id) is None


async def test_nothing_moves_a_challenge_that_is_closing(worker_sessions, finish):
    async with worker_sessions.begin() as session:
        challenge, people = await raced(session, 300, 200, 100)
        await freezing.begun(session, challenge.id, NOW, patience_milliseconds=1_000)

    async with worker_sessions.begin() as session:
        await taken(session, "garmin", draft(str(people[0]), kcal=370, version=2), owner=people[0])
        await taken(session, "garmin", Deletion(partner_ref=str(people[1])), owner=people[1])
        await taken(session, "garmin", draft("more", at=MORNING + timedelta(days=1), kcal=300), owner=people[2])
        with pytest.raises(ChallengeNotOpen):
            await enrol(session, await person(session), challenge.id, MORNING)
    await drained(worker_sessions)
    await finish(challenge)

    async with worker_sessions() as session:
        lines = await lines_of(session, "final_standings", challenge)
        assert [await balance_of(session, user) for user in people] == [3, 0, 4]
    assert [line.split()[3] for line in lines] == ["300", "200", "100"]
    assert await everything_agrees(worker_sessions) == []


async def test_a_challenge_does_not_close_before_its_late_data_is_over(worker_sessions, finish):
    async with worker_sessions.begin() as session:
        challenge, _ = await raced(session, 300)
    until = datetime.combine(OVER + timedelta(days=challenge.grace_days), time(16, 59, 59), UTC)  # Bangkok's midnight

    with pytest.raises(freezing.ChallengeNotOver, match="2026-01-11"):
        await finish(challenge, until)
    done = await finish(challenge, until + timedelta(seconds=1))

    assert done.people == 1


async def prizes_booked(sessions):
    async with sessions() as session:
        sql = """
            SELECT count(*), count(DISTINCT (user_id, idempotency_key)), sum(amount) FROM credit_entries
            WHERE cause = 'prize'
        """
        return tuple((await run(session, text(sql))).one())


OF_250 = AtOnce(people=100, prizes=40)


class Killed(Exception):
    """What ends a closing between two batches."""


async def test_a_closing_killed_after_each_batch_goes_on_and_books_nothing_twice(worker_sessions):
    async with worker_sessions.begin() as session:
        challenge = await crowd(session, 250)

    def killed(_what, _done, _total):
        raise Killed

    lives = 0
    while True:
        lives += 1
        try:
            await closed(worker_sessions, challenge.id, NOW, killed, OF_250)
        except Killed:
            continue
        break

    async with worker_sessions() as session:
        lines = await lines_of(session, "final_standings", challenge)
        prizes = await lines_of(session, "final_prizes", challenge)
        spent = await figure(session, "SELECT spent FROM credit_budgets")
    assert lives > 5
    assert [int(line.split()[0]) for line in lines] == list(range(1, 251))
    assert await prizes_booked(worker_sessions) == (len(prizes), len(prizes), spent)
    assert await everything_agrees(worker_sessions) == []


async def test_two_who_close_at_once_share_the_work(worker_sessions):
    async with worker_sessions.begin() as session:
        challenge = await crowd(session, 250)

    both = await asyncio.gather(*[closed(worker_sessions, challenge.id, NOW, silent, OF_250) for _ in range(2)])

    async with worker_sessions() as session:
        prizes = await lines_of(session, "final_prizes", challenge)
    assert sum(each.people for each in both) == 250
    assert sum(each.prizes for each in both) == len(prizes)
    assert (await prizes_booked(worker_sessions))[:2] == (len(prizes), len(prizes))
    assert await everything_agrees(worker_sessions) == []


async def test_a_closing_whose_connections_are_cut_again_and_again_books_nothing_twice(
    worker_sessions, worker_url, database_url
):
    async with worker_sessions.begin() as session:
        challenge = await crowd(session, 700)
    cut = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'closer'
    """

    async def one_life(number):
        engine = db.engine_for(f"{worker_url}&application_name=closer", connections=2)
        try:
            closing = asyncio.ensure_future(closed(db.sessions_of(engine), challenge.id, NOW, silent, OF_250))
            async with await AsyncConnection.connect(database_url, autocommit=True) as killer:
                await asyncio.wait([closing], timeout=0.05 + number * 0.02)
                await killer.execute(cut)
            await closing
        except (DBAPIError, OperationalError):
            return False
        finally:
            await engine.dispose()
        return True

    ended = [await one_life(number) for number in range(15)]
    await closed(worker_sessions, challenge.id, NOW, silent)

    async with worker_sessions() as session:
        prizes = await lines_of(session, "final_prizes", challenge)
        spent = await figure(session, "SELECT spent FROM credit_budgets")
    assert not ended[0]
    assert await prizes_booked(worker_sessions) == (len(prizes), len(prizes), spent)
    assert await everything_agrees(worker_sessions) == []
