"""Goals that people set for themselves: what is aimed at from when on, how far it is, and what past periods came to."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.bangkok import local_date_of, monday
from domain.base import inserted, run, utc_now, uuid7
from domain.counters import UserDay, UserPeriod
from domain.goals import Goal
from domain.records import DayTotalRow
from tests.schema import factories as make

GOAL = "metric period target startsOn progress { value target share reached }"
SET = f"mutation($input: SetGoalInput!) {{ setGoal(input: $input) {{ userErrors {{ code path }} goal {{ {GOAL} }} }} }}"
END = f"mutation($input: EndGoalInput!) {{ endGoal(input: $input) {{ userErrors {{ code path }} goal {{ {GOAL} }} }} }}"
MINE = f"query($ended: Boolean! = false) {{ viewer {{ user {{ goals(ended: $ended) {{ {GOAL} }} }} }} }}"
PERIODS = """query($first: Int = 100, $after: String) { viewer { user { goals(ended: true) { metric period
  periods(first: $first, after: $after) {
    nodes { startsOn endsOn progress { value target reached } } pageInfo { endCursor hasNextPage } } } } } }"""


def today():
    return local_date_of(utc_now())


def days_ago(number):
    return today() - timedelta(days=number)


@pytest.fixture
def aim(execute):
    """Sets a goal as of the real present; gives the answer."""

    async def aimed(user_id, metric="MOVING_MINUTES", period="WEEK", target=150, **more):
        given = {"metric": metric, "period": period, "target": target, "idempotencyKey": "1", **more}
        result = await execute(SET, make.citizen(user_id), now=utc_now(), input=given)
        assert not result.errors, result.errors
        return result.data["setGoal"]

    return aimed


@pytest.fixture
def end(execute):
    async def ended(user_id, metric="MOVING_MINUTES", period="WEEK"):
        given = {"metric": metric, "period": period, "idempotencyKey": "1"}
        result = await execute(END, make.citizen(user_id), now=utc_now(), input=given)
        assert not result.errors, result.errors
        return result.data["endGoal"]

    return ended


@pytest.fixture
def mine(ask):
    async def goals(user_id, **given):
        return (await ask(MINE, make.citizen(user_id), **given))["viewer"]["user"]["goals"]

    return goals


async def stored(sessions, *rows):
    async with sessions.begin() as session:
        for row in rows:
            await inserted(session, type(row), [row.model_dump()])


def aimed_at(user_id, target, since, *, metric="active_days", period="day"):
    return Goal(user_id=user_id, metric=metric, period=period, starts_on=since, target=target)


def counted(user_id, day, **figures):
    given = {"activities": 1, "moving_seconds": 1800, "energy_kcal": 300, **figures}
    return UserDay(user_id=user_id, local_date=day, home_place_code=None, **given)


async def test_a_goal_shows_how_far_the_present_period_is(aim, worker_sessions):
    malee = await make.person(worker_sessions)
    week = UserPeriod(user_id=malee, period="week", starts_on=monday(today()), moving_seconds=5459, activities=2)
    await stored(worker_sessions, week)

    goal = (await aim(malee))["goal"]

    assert goal == {
        "metric": "MOVING_MINUTES",
        "period": "WEEK",
        "target": 150,
        "startsOn": monday(today()).isoformat(),
        "progress": {"value": 90, "target": 150, "share": 0.6, "reached": False},
    }


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("ACTIVE_DAYS", 1),
        ("ACTIVITIES", 2),
        ("MOVING_MINUTES", 31),
        ("EQUIVALENT_MINUTES", 41),
        ("DISTANCE_METERS", 5000),
        ("ENERGY_KCAL", 321),
        ("CREDITS", 3),
        ("STEPS", 0),
    ],
)
@pytest.mark.parametrize("period", ["DAY", "WEEK", "MONTH"])
async def test_every_metric_counts_what_the_counters_hold(aim, worker_sessions, metric, value, period):
    malee = await make.person(worker_sessions)
    figures = {
        "activities": 2,
        "moving_seconds": 1900,
        "vigorous_seconds": 600,
        "distance_meters": 5000,
        "energy_kcal": 321,
        "credits": 3,
    }
    await stored(
        worker_sessions,
        counted(malee, today(), **figures),
        UserPeriod(user_id=malee, period="week", starts_on=monday(today()), **figures),
        UserPeriod(user_id=malee, period="month", starts_on=today().replace(day=1), **figures),
    )

    goal = (await aim(malee, metric, period, 1))["goal"]

    assert goal["progress"]["value"] == value


async def test_steps_are_those_of_the_best_source_of_each_day(aim, worker_sessions):
    malee = await make.person(worker_sessions)
    first = today().replace(day=1)

    def total(partner, steps, source, day=first, **more):
        given = {"user_id": malee, "local_date": day, "partner_name": partner, "version": 1, "raw": b"{}", **more}
        return DayTotalRow(steps=steps, source=source, **given)

    await stored(
        worker_sessions,
        total("fitbit", 9_000, "phone"),
        total("garmin", 5_000, "device"),
        total("polar", 90_000, "device", verdict="rejected"),
        total("garmin", 700, "device", first - timedelta(days=1)),
        *[total("fitbit", 300, "phone", today())] * (first < today()),
    )

    value = (await aim(malee, "STEPS", "MONTH", 10_000))["goal"]["progress"]["value"]

    assert value == 5_000 + 300 * (first < today())


async def test_a_target_set_anew_in_its_period_replaces_the_one_before(aim, mine, worker_sessions):
    malee = await make.person(worker_sessions)

    await aim(malee, target=100)
    await aim(malee, target=200)

    assert [each["target"] for each in await mine(malee)] == [200]


async def test_a_goal_to_come_is_listed_beside_the_one_in_force_and_has_no_progress(aim, mine, worker_sessions):
    malee = await make.person(worker_sessions)
    await aim(malee, target=100)

    await aim(malee, target=200, startsOn=(today() + timedelta(days=14)).isoformat())

    assert [(each["target"], bool(each["progress"])) for each in await mine(malee)] == [(100, True), (200, False)]


async def test_the_last_word_holds_also_for_what_was_planned_for_later(aim, mine, worker_sessions):
    malee = await make.person(worker_sessions)
    await aim(malee, target=200, startsOn=(today() + timedelta(days=14)).isoformat())

    await aim(malee, target=100)

    assert [each["target"] for each in await mine(malee)] == [100]


async def test_one_goal_for_each_metric_and_period(aim, mine, worker_sessions):
    malee = await make.person(worker_sessions)

    for metric, period in (("STEPS", "DAY"), ("ACTIVITIES", "MONTH"), ("ACTIVITIES", "WEEK"), ("STEPS", "DAY")):
        await aim(malee, metric, period)

    listed = [(each["metric"], each["period"]) for each in await mine(malee)]
    assert listed == [("ACTIVITIES", "WEEK"), ("ACTIVITIES", "MONTH"), ("STEPS", "DAY")]


async def test_a_goal_that_ended_keeps_what_its_past_periods_came_to(end, mine, ask, worker_sessions):
    malee = await make.person(worker_sessions)
    await stored(
        worker_sessions,
        aimed_at(malee, 1, days_ago(2)),
        counted(malee, days_ago(2)),
    )

    first, again = await end(malee, "ACTIVE_DAYS", "DAY"), await end(malee, "ACTIVE_DAYS", "DAY")

    assert first == again
    assert (first["goal"]["target"], first["goal"]["progress"]) == (None, None)
    assert await mine(malee) == []
    assert [each["target"] for each in await mine(malee, ended=True)] == [None]
    nodes = (await ask(PERIODS, make.citizen(malee)))["viewer"]["user"]["goals"][0]["periods"]["nodes"]
    assert [each["progress"]["reached"] for each in nodes] == [False, True]


async def test_a_goal_that_nobody_set_cannot_end(end, worker_sessions):
    malee = await make.person(worker_sessions)

    assert [each["code"] for each in (await end(malee))["userErrors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"target": 0}, "target"),
        ({"target": 1_000_000_001}, "target"),
        ({"target": 8, "metric": "ACTIVE_DAYS"}, "target"),
        ({"startsOn": "1999-01-01"}, "startsOn"),
        ({"startsOn": "9999-12-31"}, "startsOn"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
    ],
)
async def test_what_cannot_be_aimed_at_is_refused_with_its_place(aim, mine, worker_sessions, given, path):
    malee = await make.person(worker_sessions)

    refused = (await aim(malee, **given))["userErrors"]

    assert [(each["code"], each["path"]) for each in refused] == [("BAD_USER_INPUT", ["input", path])]
    assert await mine(malee) == []


async def test_each_past_period_is_held_against_the_target_that_was_in_force_then(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    await stored(
        worker_sessions,
        *[aimed_at(malee, target, days_ago(ago), metric="energy_kcal") for ago, target in ((6, 300), (4, 400))],
        aimed_at(malee, None, days_ago(3), metric="energy_kcal"),
        aimed_at(malee, 200, days_ago(2), metric="energy_kcal"),
        *[counted(malee, days_ago(ago)) for ago in (6, 4, 3, 2, 0)],
    )

    found, after = [], None
    while True:
        answer = await ask(PERIODS, make.citizen(malee), first=2, after=after)
        page = answer["viewer"]["user"]["goals"][0]["periods"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    shown = [(each["startsOn"], each["progress"]["target"], each["progress"]["reached"]) for each in found]
    assert shown == [
        (days_ago(1).isoformat(), 200, False),
        (days_ago(2).isoformat(), 200, True),
        (days_ago(4).isoformat(), 400, False),
        (days_ago(5).isoformat(), 300, False),
        (days_ago(6).isoformat(), 300, True),
    ]


@pytest.mark.parametrize("period", ["week", "month"])
async def test_longer_periods_end_where_the_next_begins(ask, worker_sessions, period):
    malee = await make.person(worker_sessions)
    since = date(2026, 1, 5) if period == "week" else date(2026, 1, 1)
    await stored(worker_sessions, aimed_at(malee, 3, since, period=period), counted(malee, since))

    nodes = (await ask(PERIODS, make.citizen(malee)))["viewer"]["user"]["goals"][0]["periods"]["nodes"]

    spans = [(date.fromisoformat(each["startsOn"]), date.fromisoformat(each["endsOn"])) for each in nodes[::-1]]
    assert spans[0] == (since, date(2026, 1, 11 if period == "week" else 31))
    assert all(before[1] + timedelta(days=1) == after[0] for before, after in pairwise(spans))
    assert spans[-1][1] < today()
    assert nodes[-1]["progress"] == {"value": 1, "target": 3, "reached": False}


async def test_goals_are_ones_own_and_administrators(ask, worker_sessions):
    malee, somchai = await make.person(worker_sessions), await make.person(worker_sessions, "Somchai")
    club = await make.team(worker_sessions)
    for each in (malee, somchai):
        await make.belongs(worker_sessions, each, club)
    await make.linked(worker_sessions, malee, "garmin", None, *make.partner("garmin").scopes)
    await stored(worker_sessions, aimed_at(malee, 1, days_ago(2)))
    document = "query($id: ID!) { node(id: $id) { ... on User { goals { target periods { nodes { startsOn } } } } } }"

    seen = [
        (await ask(document, viewer, id=make.gid("User", malee)))["node"]["goals"]
        for viewer in (make.citizen(somchai), make.partner("garmin"), make.admin())
    ]

    assert seen[:2] == [[], []]
    assert len(seen[2][0]["periods"]["nodes"]) == 2


async def test_only_citizens_set_goals(execute, worker_sessions):
    malee = await make.person(worker_sessions)
    given = {"metric": "STEPS", "period": "DAY", "target": 1, "idempotencyKey": "1"}

    for viewer in (make.citizen(malee, without=["activity:write"]), make.partner("garmin"), make.admin()):
        result = await execute(SET, viewer, input=given)

        assert result.errors[0]["extensions"]["code"] == "FORBIDDEN"


async def test_goals_are_said_in_both_languages(ask, aim, worker_sessions):
    malee = await make.person(worker_sessions)
    await aim(malee, "STEPS", "DAY", 8000)
    await aim(malee, "ACTIVITIES", "WEEK", 1)

    goals = (await ask("{ viewer { user { goals { text en: text(language: EN) } } } }", make.citizen(malee)))["viewer"]

    assert goals["user"]["goals"] == [
        {"text": "ออกกำลังกาย 1 ครั้ง ต่อสัปดาห์", "en": "1 activity a week"},
        {"text": "เดิน 8,000 ก้าว ต่อวัน", "en": "8,000 steps a day"},
    ]


async def test_statements_do_not_grow_with_goals_or_periods(execute, worker_sessions):
    counts = []
    for metrics in (1, 5):
        malee = await make.person(worker_sessions)
        names = ["activities", "moving_minutes", "energy_kcal", "credits", "steps"][:metrics]
        await stored(worker_sessions, *[aimed_at(malee, 1, days_ago(50 * metrics), metric=each) for each in names])
        result = await execute(PERIODS, make.citizen(malee))
        assert not result.errors
        counts.append((result.statements, len(result.data["viewer"]["user"]["goals"])))

    assert counts == [(3, 1), (3, 5)]


steps = st.lists(
    st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(1, 3))), max_size=6, unique_by=lambda each: each[0]
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=steps, active=st.sets(st.integers(0, 30)))
async def test_any_versions_give_each_day_the_target_of_the_last_one_before_it(ask, worker_sessions, versions, active):
    malee = await make.person(worker_sessions)
    await stored(
        worker_sessions,
        *[aimed_at(malee, target, days_ago(ago), metric="activities") for ago, target in versions],
        *[counted(malee, days_ago(ago), activities=2) for ago in active],
    )

    goals = (await ask(PERIODS, make.citizen(malee)))["viewer"]["user"]["goals"]

    expected = []
    for ago in range(1, 31):
        target = next((target for since, target in sorted(versions) if since >= ago), None)
        if target is not None:
            expected.append((days_ago(ago).isoformat(), target, target <= 2 * (ago in active)))
    nodes = goals[0]["periods"]["nodes"] if goals else []
    found = [(each["startsOn"], each["progress"]["target"], each["progress"]["reached"]) for each in nodes]
    assert found == expected


async def test_a_page_of_a_long_history_costs_no_more_than_that_of_a_short_one(blocks_read, owner_sessions):
    young, old = [await make.person(owner_sessions) for _ in range(2)]
    await stored(owner_sessions, aimed_at(young, 1, days_ago(40)), aimed_at(old, 1, days_ago(690)))
    for _ in range(100):
        others = uuid7()
        await stored(owner_sessions, *[aimed_at(others, number, days_ago(number)) for number in range(1, 20)])
    async with owner_sessions.begin() as session:
        await run(session, text("ANALYZE goals, users"))

    few, many = [await blocks_read(PERIODS, make.citizen(each), first=10) for each in (young, old)]

    assert few > 0
    assert many <= few + 10


async def test_targets_set_anew_every_day_cost_no_more_than_one(blocks_read, owner_sessions):
    steady, fickle = [await make.person(owner_sessions) for _ in range(2)]
    await stored(owner_sessions, aimed_at(steady, 1, days_ago(600)))
    await stored(owner_sessions, *[aimed_at(fickle, number, days_ago(number)) for number in range(1, 600)])
    async with owner_sessions.begin() as session:
        await run(session, text("ANALYZE goals, users"))

    few, many = [await blocks_read(MINE, make.citizen(each)) for each in (steady, fickle)]

    assert few > 0
    assert many <= few + 10
