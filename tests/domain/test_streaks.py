"""Streaks: runs of active days and of enough weeks, as data arrives in any order, is edited, judged and taken back."""

from datetime import timedelta
from itertools import pairwise

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.base import run
from domain.check import findings
from domain.drafts import Deletion
from domain.folding import fold, waiting
from domain.sports import Sport
from domain.weeks import rolled
from tests.domain.factories import MORNING, draft, person, taken

FIRST = MORNING.date()
WEEK = timedelta(days=7)


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


def on(day, ref=None, **figures):
    """A run on the day with that number, in the morning; the first day is a Thursday."""
    return draft(ref or f"d{day}", at=MORNING + timedelta(days=day), **{"version": 1, **figures})


async def active(session, user, *days, **figures):
    await taken(session, "garmin", *[on(day, **figures) for day in days], owner=user)


async def runs(session, user, kind="day"):
    """The numbers of the first and last days of the runs, with their lengths, the earliest first."""
    sql = "SELECT starts_on, ends_on, length FROM streaks WHERE user_id = :user AND kind = :kind ORDER BY 1"
    rows = await run(session, text(sql), {"user": user, "kind": kind})
    return [((first - FIRST).days, (last - FIRST).days, length) for first, last, length in rows]


async def wrong(session):
    return [line async for _, _, lines in findings(session) for line in lines]


async def test_days_that_follow_one_another_are_one_run(session):
    user = await person(session)

    await active(session, user, 0, 1, 2, 5)
    await fold(session)

    assert await runs(session, user) == [(0, 2, 3), (5, 5, 1)]


async def test_a_late_record_joins_two_runs(session):
    user = await person(session)
    await active(session, user, 0, 1, 3, 4)
    await fold(session)

    await active(session, user, 2)
    await fold(session)

    assert await runs(session, user) == [(0, 4, 5)]


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (0, [(1, 4, 4)]),
        (2, [(0, 1, 2), (3, 4, 2)]),
        (4, [(0, 3, 4)]),
    ],
)
async def test_a_day_taken_back_parts_its_run(session, gone, left):
    user = await person(session)
    await active(session, user, 0, 1, 2, 3, 4)
    await fold(session)

    await taken(session, "garmin", Deletion(partner_ref=f"d{gone}"), owner=user)
    await fold(session)

    assert await runs(session, user) == left


async def test_the_last_day_of_a_run_taken_back_leaves_nothing(session):
    user = await person(session)
    await active(session, user, 3)
    await fold(session)

    await taken(session, "garmin", Deletion(partner_ref="d3"), owner=user)
    await fold(session)

    assert await runs(session, user) == []


async def test_a_run_is_parted_while_a_workout_is_held_out_and_whole_when_it_counts_again(session):
    user = await person(session)
    await active(session, user, 0, 1, 2)
    await fold(session)

    await taken(session, "garmin", on(1, version=2, distance_meters=12_000.0), owner=user)  # 6.1 m/s: flagged
    await fold(session)
    held_out = await runs(session, user)
    await taken(session, "garmin", on(1, version=3), owner=user)
    await fold(session)

    assert held_out == [(0, 0, 1), (2, 2, 1)]
    assert await runs(session, user) == [(0, 2, 3)]


async def test_a_workout_moved_to_another_day_moves_both_days(session):
    user = await person(session)
    await active(session, user, 0, 1, 2)
    await fold(session)

    await taken(session, "garmin", on(3, "d1", version=2), owner=user)
    await fold(session)

    assert await runs(session, user) == [(0, 0, 1), (2, 3, 2)]


async def test_another_workout_on_an_active_day_queues_nothing(session):
    user = await person(session)
    await active(session, user, 0)
    await fold(session)

    await taken(session, "garmin", draft("more", at=MORNING + timedelta(hours=8)), owner=user)

    assert (await waiting(session)).days == 0


async def test_one_persons_runs_do_not_touch_anothers(session):
    malee, somchai = await person(session), await person(session)

    await active(session, malee, 0, 2)
    await active(session, somchai, 1)
    await fold(session)

    assert (await runs(session, malee), await runs(session, somchai)) == ([(0, 0, 1), (2, 2, 1)], [(1, 1, 1)])


async def test_enough_weeks_that_follow_one_another_are_one_run(session):
    user = await person(session)

    await active(session, user, 4, 11, 25, minutes=150, sport=Sport.WALK)
    await active(session, user, 18, minutes=149, sport=Sport.WALK)
    await fold(session)
    before = await runs(session, user, "week")
    await taken(
        session, "garmin", draft("more", at=MORNING + timedelta(days=18, hours=8), minutes=1, kcal=9), owner=user
    )
    await fold(session)

    assert before == [(4, 17, 2), (25, 31, 1)]
    assert await runs(session, user, "week") == [(4, 31, 4)]


async def test_the_proof_names_a_run_that_is_not_what_the_days_give(session):
    user = await person(session)
    await active(session, user, 0, 1, 4)
    await fold(session)
    before = await wrong(session)

    await run(session, text("UPDATE streaks SET ends_on = ends_on + 1 WHERE length = 2"))
    await run(session, text("DELETE FROM streaks WHERE length = 1"))

    assert before == []
    assert len(await wrong(session)) == 2


async def test_people_whose_days_wait_are_left_out_of_the_proof(session):
    user = await person(session)

    await active(session, user, 0, 1)

    assert (await waiting(session)).days == 2
    assert await wrong(session) == []


async def test_a_roll_finds_the_runs_of_weeks_that_were_there_before(session):
    user = await person(session)
    await active(session, user, 4, 11, minutes=150, sport=Sport.WALK)
    await run(session, text("DELETE FROM week_changes"))
    await fold(session)
    before = await runs(session, user, "week")

    while not await rolled(session, FIRST + timedelta(days=18)):
        pass
    await fold(session, week=FIRST + timedelta(days=18))

    assert (before, await runs(session, user, "week")) == ([], [(4, 17, 2)])
    assert await wrong(session) == []


def lengths(days):
    """The runs of a set of days by their numbers, found one day after the other."""
    found = []
    for before, day in pairwise([None, *sorted(days)]):
        if before is not None and day == before + 1:
            found[-1][1] = day
        else:
            found.append([day, day])
    return [(first, last, last - first + 1) for first, last in found]


events = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sets(st.integers(0, 20), min_size=1, max_size=8)),
        st.tuples(st.just("delete"), st.sets(st.integers(0, 20), min_size=1, max_size=8)),
        st.tuples(st.just("fold"), st.just(frozenset())),
    ),
    max_size=10,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=events, at_once=st.sampled_from([1, 3, 1000]))
async def test_any_history_gives_the_runs_that_its_days_give(session, events, at_once):
    savepoint = await session.begin_nested()
    user, other = await person(session), await person(session)
    await active(session, other, 0, 2, 4, 6)
    there = set()
    for version, (what, days) in enumerate(events, 1):
        if what == "add":
            await active(session, user, *days, version=version)
            there |= days
        elif what == "delete":
            gone = [Deletion(partner_ref=f"d{day}", version=version) for day in sorted(days)]
            await taken(session, "garmin", *gone, owner=user)
            there -= days
        else:
            await fold(session, at_once=at_once)
    await fold(session, at_once=at_once)
    try:
        assert await runs(session, user) == lengths(there)
        assert await runs(session, other) == [(0, 0, 1), (2, 2, 1), (4, 4, 1), (6, 6, 1)]
        assert await wrong(session) == []
    finally:
        await savepoint.rollback()
