"""Where people live from which day on: their teams, and where what they do counts."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.folding import drained
from domain.base import run
from tests.schema import factories as make

SET = """mutation($place: String) { setHomePlace(input: {place: $place}) {
  userErrors { code path } validFrom user { homePlace { code } } } }"""
MINE = "{ viewer { user { memberships { joinedOn leftOn team { kind place { code } } } } } }"


@pytest.fixture
def settle(ask):
    async def settled(user_id, place, **more):
        return (await ask(SET, make.citizen(user_id), place=place, **more))["setHomePlace"]

    return settled


@pytest.fixture
def rows(worker_sessions):
    """What a statement gives, after everything is folded."""

    async def of(sql, **binds):
        await drained(worker_sessions)
        async with worker_sessions() as session:
            return [tuple(each) for each in (await run(session, text(sql), binds)).all()]

    return of


async def test_a_home_makes_one_a_member_of_its_province_and_district_from_that_day(settle, ask, worker_sessions):
    malee = await make.person(worker_sessions)

    answer = await settle(malee, "100101")

    assert answer == {
        "userErrors": [],
        "validFrom": "2026-01-31",
        "user": {"homePlace": {"code": "100101"}},
    }
    seen = (await ask(MINE, make.citizen(malee)))["viewer"]["user"]["memberships"]
    assert [(each["team"]["kind"], each["team"]["place"]["code"], each["joinedOn"]) for each in seen] == [
        ("PROVINCE", "10", "2026-01-31"),
        ("DISTRICT", "1001", "2026-01-31"),
    ]


async def test_a_move_keeps_the_province_where_it_stays_and_the_history_where_not(settle, ask, worker_sessions):
    malee = await make.person(worker_sessions)
    await settle(malee, "1001")
    later = make.NOW + timedelta(days=3)

    await settle(malee, "1002", now=later)
    again = await settle(malee, "1002", now=later)

    assert again["validFrom"] is None
    seen = (await ask(MINE, make.citizen(malee)))["viewer"]["user"]["memberships"]
    found = {each["team"]["place"]["code"]: (each["joinedOn"], each["leftOn"]) for each in seen}
    assert found == {
        "10": ("2026-01-31", None),
        "1001": ("2026-01-31", "2026-02-03"),
        "1002": ("2026-02-03", None),
    }


async def test_what_one_did_before_a_move_stays_where_it_was_also_when_it_is_corrected(settle, rows, worker_sessions):
    malee = await make.person(worker_sessions, home_place_code="1001")
    first = make.run(make.NOW - timedelta(days=2, hours=5))
    await make.sent(worker_sessions, "garmin", first, make.run(), owner=malee)

    await settle(malee, "5001")
    await make.sent(worker_sessions, "garmin", make.run(make.NOW - timedelta(days=2, hours=9)), owner=malee)

    days = await rows("SELECT local_date::text, home_place_code, activities FROM user_days ORDER BY 1")
    assert days == [("2026-01-29", "1001", 2), ("2026-01-31", "5001", 1)]
    places = "SELECT place_code, participants, activities FROM place_periods WHERE period = :p AND starts_on = :d"
    of_day = await rows(f"{places} AND place_code IN ('1001', '5001')", p="day", d=make.TODAY)
    assert max(of_day) == ("5001", 1, 1)
    monday = make.TODAY - timedelta(days=5)
    of_week = await rows(f"{places} AND place_code IN ('1001', '5001') AND participants > 0", p="week", d=monday)
    assert of_week == [("5001", 1, 3)]


async def test_a_week_without_any_exercise_on_the_day_of_the_move_moves_too(settle, rows, worker_sessions):
    malee = await make.person(worker_sessions, home_place_code="1001")
    await make.sent(worker_sessions, "garmin", make.run(make.NOW - timedelta(days=1, hours=5)), owner=malee)

    await settle(malee, "5001")

    found = await rows(
        "SELECT place_code, period FROM place_periods "
        "WHERE place_code IN ('1001', '5001') AND participants > 0 ORDER BY 1, 2"
    )
    assert found == [("1001", "day"), ("5001", "month"), ("5001", "week")]


@pytest.mark.parametrize("code", ["10", "TH", "9999", "", "๑๐๐๑", "1001'"])
async def test_only_a_district_or_a_subdistrict_is_a_home(settle, code, worker_sessions):
    malee = await make.person(worker_sessions, home_place_code="1001")

    answer = await settle(malee, code)

    assert answer["userErrors"] == [{"code": "UNKNOWN_PLACE", "path": ["input", "place"]}]


async def test_one_may_say_no_home(settle, ask, worker_sessions):
    malee = await make.person(worker_sessions)
    await settle(malee, "1001")

    answer = await settle(malee, None, now=make.NOW + timedelta(days=1))

    assert (answer["validFrom"], answer["user"]["homePlace"]) == ("2026-02-01", None)
    seen = (await ask(MINE, make.citizen(malee)))["viewer"]["user"]["memberships"]
    assert {each["leftOn"] for each in seen} == {"2026-02-01"}
