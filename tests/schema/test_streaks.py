"""Streaks as their owner reads them: the run that goes on, the longest, and all; at a cost that does not grow."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.folding import drained
from domain.bangkok import local_date_of, monday
from domain.base import inserted, run, utc_now, uuid7
from domain.streaks import Streak
from tests.schema import factories as make

STREAKS = """
query($kind: StreakKind! = DAY) { viewer { user { streaks(kind: $kind) {
  kind current { startsOn endsOn length } longest { startsOn endsOn length }
} } } }
"""
RUNS = """
query($order: StreakOrder!, $first: Int!, $after: String) { viewer { user { streaks {
  runs(orderBy: $order, first: $first, after: $after) { nodes { length } pageInfo { endCursor hasNextPage } }
} } } }
"""


def today():
    return local_date_of(utc_now())


async def kept(sessions, user_id, *runs, kind="day"):
    """Runs of these (days from today, length)."""
    unit = 7 if kind == "week" else 1
    rows = []
    for ago, length in runs:
        starts_on = (monday(today()) if kind == "week" else today()) - timedelta(days=ago * unit)
        ends_on = starts_on + timedelta(days=length * unit - 1)
        rows.append({"user_id": user_id, "kind": kind, "starts_on": starts_on, "ends_on": ends_on, "length": length})
    async with sessions.begin() as session:
        await inserted(session, Streak, rows)


async def shown(ask, user_id, **given):
    return (await ask(STREAKS, make.citizen(user_id), **given))["viewer"]["user"]["streaks"]


@pytest.mark.parametrize(("ago", "length", "goes_on"), [(2, 3, True), (2, 2, True), (2, 1, False), (0, 1, True)])
@pytest.mark.parametrize("kind", ["day", "week"])
async def test_a_run_goes_on_until_a_whole_day_or_week_is_missing(ask, worker_sessions, ago, length, goes_on, kind):
    malee = await make.person(worker_sessions)
    await kept(worker_sessions, malee, (30, 4), (ago, length), kind=kind)

    found = await shown(ask, malee, kind=kind.upper())

    assert (found["current"] or {}).get("length") == (length if goes_on else None)
    assert found["longest"]["length"] == 4


async def test_of_equal_runs_the_latest_is_the_longest(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    await kept(worker_sessions, malee, (30, 4), (20, 4), (10, 3))

    longest = (await shown(ask, malee))["longest"]

    assert longest["startsOn"] == (today() - timedelta(days=20)).isoformat()


async def test_whoever_did_nothing_yet_has_no_streak(ask, worker_sessions):
    malee = await make.person(worker_sessions)

    assert await shown(ask, malee) == {"kind": "DAY", "current": None, "longest": None}


async def test_what_is_recorded_is_a_streak_within_a_pass(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    await make.sent(worker_sessions, "garmin", *make.runs(3), owner=malee)
    await drained(worker_sessions)

    assert (await shown(ask, malee))["longest"]["length"] == 3


@pytest.mark.parametrize(("order", "lengths"), [("LATEST", [1, 3, 2, 3]), ("LONGEST", [3, 3, 2, 1])])
async def test_all_runs_are_listed_page_by_page(ask, worker_sessions, order, lengths):
    malee = await make.person(worker_sessions)
    await kept(worker_sessions, malee, (40, 3), (30, 2), (20, 3), (10, 1))

    found, after = [], None
    for _ in lengths:
        page = (await ask(RUNS, make.citizen(malee), order=order, first=1, after=after))["viewer"]["user"]["streaks"]
        found += [each["length"] for each in page["runs"]["nodes"]]
        after = page["runs"]["pageInfo"]["endCursor"]

    assert found == lengths
    assert not page["runs"]["pageInfo"]["hasNextPage"]


async def test_nobody_sees_the_streaks_of_others_but_administrators(ask, worker_sessions):
    malee, somchai = await make.person(worker_sessions), await make.person(worker_sessions, "Somchai")
    club = await make.team(worker_sessions)
    for each in (malee, somchai):
        await make.belongs(worker_sessions, each, club)
    await kept(worker_sessions, malee, (0, 1))
    await make.linked(worker_sessions, malee, "garmin", None, *make.partner("garmin").scopes)
    document = "query($id: ID!) { node(id: $id) { ... on User { streaks { longest { length } } } } }"

    seen = {
        name: (await ask(document, viewer, id=make.gid("User", malee)))["node"]
        for name, viewer in {
            "fellow": make.citizen(somchai),
            "partner": make.partner("garmin"),
            "administrator": make.admin(),
        }.items()
    }

    assert seen == {
        "fellow": {"streaks": None},
        "partner": {"streaks": None},
        "administrator": {"streaks": {"longest": {"length": 1}}},
    }


async def test_streaks_need_the_scope_of_activities(execute, worker_sessions):
    malee = await make.person(worker_sessions)

    result = await execute(STREAKS, make.citizen(malee, without=["activity:read"]))

    assert [each["extensions"]["code"] for each in result.errors] == ["FORBIDDEN"]


async def test_current_and_longest_of_both_kinds_are_one_statement(execute, worker_sessions):
    malee = await make.person(worker_sessions)
    document = """{ viewer { user { days: streaks { current { length } longest { length } }
      weeks: streaks(kind: WEEK) { current { length } longest { length } } } } }"""

    result = await execute(document, make.citizen(malee))

    assert (result.errors, result.statements) == ([], 1)


async def test_a_long_history_costs_no_more_than_a_short_one(blocks_read, owner_sessions):
    short, long, stopped = [await make.person(owner_sessions) for _ in range(3)]
    await kept(owner_sessions, short, *[(2 * number, 1) for number in range(5)])
    await kept(owner_sessions, long, *[(2 * number, 1) for number in range(3_000)])
    await kept(owner_sessions, stopped, *[(2 * number + 100, 1) for number in range(3_000)])
    for _ in range(300):
        await kept(owner_sessions, uuid7(), *[(2 * number, 1) for number in range(10)])
    async with owner_sessions.begin() as session:
        await run(session, text("ANALYZE streaks, users"))

    few, many, past = [await blocks_read(STREAKS, make.citizen(each)) for each in (short, long, stopped)]

    assert few > 0
    assert max(many, past) <= few + 6  # an index one level deeper, and rows on other pages
