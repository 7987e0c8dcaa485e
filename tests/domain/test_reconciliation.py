"""Round after round, some people at a time, what does not add up is told, and left as it is."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.jobs import Tools, reconcile
from domain.base import run
from domain.progress import progress_of
from domain.reconciliation import NAME, reconciled
from tests.domain.factories import draft, figure, person, taken


async def people_who_ran(sessions, count):
    async with sessions.begin() as session:
        found = [await person(session) for _ in range(count)]
        for each in found:
            await taken(session, "garmin", draft(), owner=each)
    return sorted(found)


async def reconciled_now(sessions, people):
    async with sessions.begin() as session:
        return await reconciled(session, people)


async def test_each_run_takes_the_next_people_until_everybody_had_a_turn(worker_sessions):
    everybody = await people_who_ran(worker_sessions, 5)

    runs = [await reconciled_now(worker_sessions, 2) for _ in range(3)]
    async with worker_sessions() as session:
        progress = await progress_of(session, NAME)

    assert [each.people for each in runs] == [2, 2, 1]
    assert [each.round_ended for each in runs] == [False, False, True]
    assert (progress.after, progress.people, progress.findings) == (None, len(everybody), 0)
    assert progress.ended_at is not None


async def test_what_differs_is_found_in_its_turn_counted_and_left(worker_sessions):
    everybody = await people_who_ran(worker_sessions, 4)
    wrong = "UPDATE credit_balances SET balance = balance + 1 WHERE user_id = :u"
    async with worker_sessions.begin() as session:
        await run(session, text(wrong), {"u": everybody[2]})

    first, second, third = [await reconciled_now(worker_sessions, 2) for _ in range(3)]
    async with worker_sessions() as session:
        found = (await progress_of(session, NAME)).findings
        balance = await figure(session, "SELECT balance FROM credit_balances WHERE user_id = :u", u=everybody[2])

    assert (first.differences, third.differences) == ([], [])
    assert [(what, str(everybody[2]) in line) for what, line in second.differences] == [("balances", True)]
    assert (found, balance) == (1, 4)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE user_days SET energy_kcal = 1",
        "UPDATE user_periods SET energy_kcal = 1",
        "UPDATE activities SET record_count = 9",
        "UPDATE activities SET credits = 9",
        "DELETE FROM user_days",
    ],
)
async def test_each_figure_of_a_person_is_compared(worker_sessions, tampering):
    await people_who_ran(worker_sessions, 1)
    async with worker_sessions.begin() as session:
        await run(session, text(tampering))

    assert (await reconciled_now(worker_sessions, 10)).differences


async def test_a_run_that_fails_is_repeated_from_where_the_last_one_ended(worker_sessions):
    everybody = await people_who_ran(worker_sessions, 3)
    await reconciled_now(worker_sessions, 1)

    async with worker_sessions() as session:
        await reconciled(session, 1)
        await session.rollback()
    async with worker_sessions() as session:
        after = (await progress_of(session, NAME)).after

    assert after == everybody[0]


async def test_of_two_runs_at_the_same_time_one_gives_way(worker_sessions):
    await people_who_ran(worker_sessions, 3)
    await reconciled_now(worker_sessions, 1)
    tools = Tools(worker_sessions, people=1)

    async with worker_sessions.begin() as session:
        await reconciled(session, 1)
        other = asyncio.create_task(reconcile(tools))
        await asyncio.sleep(0.1)
        waited = not other.done()

    assert waited
    with pytest.raises(OperationalError):
        await other
