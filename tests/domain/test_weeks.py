"""Who exercises regularly: 150 minutes, vigorous ones twice, in 3 of 4 weeks; as data arrives, and by the roll."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain import folding
from domain.bangkok import monday
from domain.base import inserted, run
from domain.check import findings
from domain.drafts import Deletion
from domain.figures import Figures
from domain.folding import waiting
from domain.progress import progress_of
from domain.rulebooks import Rulebook
from domain.scoring import is_regular
from domain.sports import Sport
from domain.weeks import ROLL, rolled
from tests.domain import factories
from tests.domain.factories import draft, person, taken

NOW = monday(factories.NOW.date())
WEEK = timedelta(days=7)


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


def at(week, day=0):
    """Seven in the morning of a day of the week that is so many weeks ago."""
    found = NOW - week * WEEK + timedelta(days=day)
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


async def fold(session, *, week=NOW):
    return await folding.fold(session, week=week)


async def walked(session, user, *weeks, minutes=150, sport=Sport.WALK):
    """A walk that is just enough in each of the weeks that are so many weeks ago."""
    reports = [draft(f"w{week}", at=at(week), minutes=minutes, sport=sport) for week in weeks]
    await taken(session, "garmin", *reports, owner=user)


async def regular(session, user):
    """How many weeks ago they were regular, the latest first."""
    rows = await run(session, text("SELECT starts_on FROM regular_weeks WHERE user_id = :u"), {"u": user})
    return sorted((NOW - starts_on).days // 7 for (starts_on,) in rows)


async def people_at(session, place, week):
    sql = text(
        "SELECT regular_exercisers FROM place_periods WHERE place_code = :p AND period = 'week' AND starts_on = :s"
    )
    return (await run(session, sql, {"p": place, "s": NOW - week * WEEK})).scalar() or 0


async def wrong(session):
    return [line async for _, _, lines in findings(session) for line in lines]


async def roll(session, week=NOW):
    while not await rolled(session, week):
        pass


async def test_three_enough_weeks_of_four_make_a_regular_exerciser(session):
    user = await person(session)

    await walked(session, user, 8, 7, 5)
    await fold(session)

    assert await regular(session, user) == [5]
    assert await people_at(session, "TH", 5) == 1
    assert await people_at(session, "TH", 6) == 0


@pytest.mark.parametrize(
    ("minutes", "sport", "enough"), [(149, Sport.WALK, False), (75, Sport.RUN, True), (74, Sport.RUN, False)]
)
async def test_vigorous_minutes_count_twice(session, minutes, sport, enough):
    user = await person(session)

    await walked(session, user, 6, 5, 4, minutes=minutes, sport=sport)
    await fold(session)

    assert (await regular(session, user) == [3, 4]) == enough


async def test_a_late_record_changes_the_weeks_that_look_back_at_it(session):
    user = await person(session)
    await walked(session, user, 9, 7, 5)
    await fold(session)
    before = await regular(session, user)

    await walked(session, user, 6)
    await fold(session)

    assert before == []
    assert await regular(session, user) == [4, 5, 6]


async def test_what_is_taken_back_ends_it_in_all_weeks_and_places(session):
    user = await person(session)
    await walked(session, user, 8, 7, 6, 5)
    await fold(session)

    await taken(session, "garmin", Deletion(partner_ref="w6"), owner=user)
    await fold(session)

    assert await regular(session, user) == [5]
    assert [await people_at(session, "TH", week) for week in (7, 6, 5, 4)] == [0, 0, 1, 0]


async def test_a_sport_corrected_to_a_vigorous_one_counts_though_nothing_else_changes(session):
    user = await person(session)
    await walked(session, user, 8, 7, 6, minutes=100)
    await fold(session)

    for week in (8, 7, 6):
        fixed = draft(f"w{week}", at=at(week), minutes=100, sport=Sport.RUN)
        await taken(session, "garmin", fixed, owner=user)
    await fold(session)

    assert await regular(session, user) == [5, 6]


async def test_a_week_counts_where_its_person_lived_when_it_was_counted_last(session):
    user = await person(session, home_place_code="9011")
    await walked(session, user, 8, 7, 6)
    await fold(session)

    await run(session, text("UPDATE users SET home_place_code = '1036' WHERE id = :u"), {"u": user})
    await taken(session, "garmin", draft("more", at=at(6, 2)), owner=user)
    await fold(session)

    assert [await people_at(session, "90", week) for week in (6, 5)] == [0, 0]
    assert [await people_at(session, "10", week) for week in (6, 5)] == [1, 1]
    await roll(session)
    await fold(session)
    assert await wrong(session) == []


async def test_the_roll_carries_on_who_stopped_for_as_long_as_their_weeks_do(session):
    user = await person(session)
    last_monday = NOW - WEEK
    await walked(session, user, 4, 3, 2)
    await fold(session, week=last_monday - WEEK)
    at_first = await regular(session, user)

    await roll(session, last_monday)
    await fold(session, week=last_monday)
    then = await regular(session, user)
    await roll(session)
    await fold(session)

    assert (at_first, then) == ([2], [1, 2])
    assert await regular(session, user) == [1, 2]
    assert await wrong(session) == []


async def test_weeks_without_a_roll_are_caught_up_with(session):
    user = await person(session)
    await roll(session, NOW - 3 * WEEK)
    await walked(session, user, 6, 5, 4, 3)
    await fold(session, week=NOW - 3 * WEEK)

    await roll(session)
    await fold(session)

    assert await regular(session, user) == [2, 3, 4]
    assert (await progress_of(session, ROLL)).week == NOW
    assert await wrong(session) == []


async def test_rolling_twice_queues_nothing_and_changes_nothing(session):
    user = await person(session)
    await walked(session, user, 3, 2, 1)
    await roll(session)
    await fold(session)
    before = (await regular(session, user), await people_at(session, "TH", 0))

    await roll(session)

    assert (await waiting(session)).weeks == 0
    assert (await regular(session, user), await people_at(session, "TH", 0)) == before == ([0, 1], 1)


async def test_a_roll_cut_off_goes_on_with_the_next_person(session, monkeypatch):
    monkeypatch.setattr("domain.weeks._ROLLED_AT_ONCE", 2)
    everybody = sorted([await person(session) for _ in range(5)])
    for user in everybody:
        await walked(session, user, 3, 2, 1)
    await run(session, text("DELETE FROM week_changes"))

    ended = [await rolled(session, NOW) for _ in range(3)]
    await fold(session)

    assert ended == [False, False, True]
    assert [await regular(session, user) for user in everybody] == [[0, 1]] * 5


async def test_rules_that_ask_for_less_from_a_week_on_make_more_people_regular_as_of_it(session):
    user = await person(session)
    await walked(session, user, 3, 2)
    await roll(session, NOW - WEEK)
    await fold(session, week=NOW - WEEK)
    rules = {"version": 2, "in_force_from": NOW, "state": "approved", "figures": {"regular_weeks_least": 2},
             "drafted_by": "a", "approved_by": "b", "created_at": datetime.now(UTC)}  # fmt: skip
    await inserted(session, Rulebook, [rules])

    await roll(session)
    await fold(session)

    assert await regular(session, user) == [0]
    assert await wrong(session) == []


async def test_a_status_that_was_tampered_with_is_found(session):
    user = await person(session)
    await walked(session, user, 3, 2, 1)
    await roll(session)
    await fold(session)

    await run(session, text("DELETE FROM regular_weeks WHERE starts_on = :w"), {"w": NOW})
    await run(session, text("INSERT INTO regular_weeks VALUES (:u, :w, NULL)"), {"u": user, "w": NOW - 5 * WEEK})

    said = await wrong(session)
    assert sum("regular exerciser is f, by the weeks it is t" in line for line in said) == 1
    assert sum("regular exerciser is t, by the weeks it is f" in line for line in said) == 1
    assert any("the counters differ from its people's" in line for line in said)


WEEKS = 7
histories = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, WEEKS), st.sampled_from([0, 60, 149, 150, 300]), st.booleans()),
    max_size=25,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
async def test_whatever_comes_in_whichever_order_statuses_follow_from_the_weeks(worker_sessions, history):
    """Each step says how many minutes a person walked in a week from now on; some steps are folded at once."""
    async with worker_sessions() as session:
        everybody = [await person(session, home_place_code=home) for home in ("9011", "9011", "1036")]
        minutes = {}
        for step, (who, week, walk, folds) in enumerate(history):
            minutes[who, week] = walk
            what = (
                draft(f"w{week}", at=at(week), minutes=walk, sport=Sport.WALK, version=step + 1)
                if walk
                else Deletion(partner_ref=f"w{week}", version=step + 1)
            )
            if walk or minutes.get((who, week)) is not None:
                await taken(session, "garmin", what, owner=everybody[who])
            if folds:
                await fold(session)
        await roll(session)
        await fold(session)

        figures = Figures()
        for who, user in enumerate(everybody):
            held = await regular(session, user)
            enough = [minutes.get((who, week), 0) >= 150 for week in range(WEEKS + 5)]
            assert held == [week for week in range(WEEKS + 1) if is_regular(enough[week:], figures)]
        assert await wrong(session) == []
        await session.rollback()


async def test_the_monday_of_a_day_is_the_one_before_or_itself():
    assert [monday(NOW + timedelta(days=n)) for n in range(-1, 8)] == [NOW - WEEK, *[NOW] * 7, NOW + WEEK]
    assert NOW.weekday() == 0
