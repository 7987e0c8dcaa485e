"""What a rulebook would change, seen before it is decided, is what it then changes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.rebooking import Span, booked
from domain.base import run
from domain.rulemaking import Administrator
from domain.sports import Sport
from tests.schema import factories as make
from tests.schema.test_rulebooks import APPROVE, DRAFT, ONE, OTHER

PREVIEW = """mutation($input: PreviewRulebookInput!) { previewRulebook(input: $input) {
    userErrors { code message path }
    people peopleDays isWhole peopleChanged peopleDaysChanged creditsMore creditsLess activitiesChanged
    verdictChanges { before after activities }
    largest { localDate creditsBefore creditsAfter user { displayName } }
} }"""
WEEK = {"fromDate": str(make.TODAY - timedelta(days=6)), "toDate": str(make.TODAY)}


@pytest.fixture
def preview(ask):
    async def previewed(**given):
        return (await ask(PREVIEW, ONE, input={**WEEK, **given}))["previewRulebook"]

    return previewed


async def sum_of(sessions, sql, **binds):
    async with sessions() as session:
        return (await run(session, text(sql), binds)).scalar()


async def lived(sessions):
    """Three people with different weeks: runs, a fast one, a long one, one typed in by hand, one without energy."""
    people = [await make.active(sessions, name, days=days) for name, days in (("Malee", 7), ("Somchai", 3))]
    odd = await make.person(sessions, "Odd")
    await make.sent(
        sessions,
        "garmin",
        make.run(distance_meters=20_500.0),
        make.run(make.NOW - timedelta(days=1, hours=20), elapsed_seconds=17 * 3600.0, distance_meters=30_000.0),
        make.run(make.NOW - timedelta(days=3), energy_kcal=2_100.0, elapsed_seconds=7200.0, distance_meters=20_000.0),
        make.run(make.NOW - timedelta(days=4), manual=True),
        make.run(make.NOW - timedelta(days=5), energy_kcal=None, sport=Sport.WALK, distance_meters=4_000.0),
        owner=odd,
    )
    return [*people, odd]


FIGURES = [
    {"kcalPerCredit": 350},
    {"kcalPerCredit": 50, "dailyCapCredits": 12, "manualDailyCapCredits": 2},
    {"speedLimitsRunningFlagMps": 2.5},
    {"defaultMassKg": 120, "flagElapsedSeconds": 3600},
    {"energyKcalPerHour": 300},
    {"speedLimitsRunningFromMeters": 30_000, "dailyCapCredits": 30},
]


@pytest.mark.parametrize("figures", FIGURES, ids=str)
async def test_what_is_seen_of_a_draft_is_what_its_rebooking_books(preview, ask, worker_sessions, figures):
    await lived(worker_sessions)
    later = str(make.TODAY + timedelta(days=30))
    await ask(DRAFT, ONE, figures=figures, key="k", reason="a test", **{"from": later})

    by_figures, by_version = await preview(figures=figures), await preview(version=2)
    before = await sum_of(worker_sessions, "SELECT sum(balance) FROM credit_balances")
    await ask(APPROVE, OTHER, version=2)
    span = Span(version=2, starts_on=date.fromisoformat(WEEK["fromDate"]), ends_on=make.TODAY)
    tally = await booked(worker_sessions, span, Administrator("command:x", None), "a test", make.NOW, lambda *_: None)

    assert by_figures == by_version
    assert by_version["isWhole"]
    assert (by_version["people"], by_version["peopleDays"]) == (tally.people, tally.days)
    assert (by_version["creditsMore"], by_version["creditsLess"]) == (tally.credits_more, tally.credits_less)
    assert by_version["peopleDaysChanged"] == tally.days_changed > 0
    assert by_version["activitiesChanged"] == tally.reformed
    assert sum(each["activities"] for each in by_version["verdictChanges"]) == tally.verdicts.total()
    after = await sum_of(worker_sessions, "SELECT sum(balance) FROM credit_balances")
    assert after - before == by_version["creditsMore"] - by_version["creditsLess"]


@pytest.mark.parametrize("figures", FIGURES[:4], ids=str)
async def test_what_is_seen_of_today_is_what_the_same_day_gives_once_it_is_in_force(
    preview, ask, worker_sessions, figures
):
    ahead = timedelta(days=30)
    malee = await make.person(worker_sessions)
    now, later = make.run(manual=True), make.run(make.NOW - timedelta(hours=5) + ahead, manual=True)
    await make.sent(worker_sessions, "garmin", now, owner=malee)
    seen = await preview(figures=figures, fromDate=str(make.TODAY))
    await ask(DRAFT, ONE, figures=figures, key="k", reason="a test", **{"from": str(make.TODAY + ahead)})
    await ask(APPROVE, OTHER, version=2)

    await make.sent(worker_sessions, "garmin", later, owner=malee, now=make.NOW + ahead)

    worth = "SELECT coalesce(sum(amount), 0) FROM credit_entries WHERE local_date = :day"
    today = await sum_of(worker_sessions, worth, day=make.TODAY)
    then = await sum_of(worker_sessions, worth, day=make.TODAY + ahead)
    assert then - today == seen["creditsMore"] - seen["creditsLess"]


async def test_the_largest_differences_are_named(preview, worker_sessions):
    await lived(worker_sessions)

    seen = await preview(figures={"dailyCapCredits": 6, "manualDailyCapCredits": 5}, sample=50)

    assert seen["largest"][0] == {
        "localDate": str(make.TODAY - timedelta(days=3)),
        "creditsBefore": 20,
        "creditsAfter": 6,
        "user": {"displayName": "Odd"},
    }
    assert (seen["creditsMore"], len(seen["largest"])) == (0, 10)


async def test_a_sample_is_bounded_and_says_that_it_is_one_and_nothing_is_stored(preview, worker_sessions):
    await lived(worker_sessions)
    stored = "SELECT (SELECT count(*) FROM credit_entries) + (SELECT count(*) FROM rulebooks)"
    before = await sum_of(worker_sessions, stored)

    seen = await preview(figures={"kcalPerCredit": 700}, sample=4)

    assert not seen["isWhole"]
    assert seen["peopleDays"] == 4
    assert await sum_of(worker_sessions, stored) == before


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "version"),
        ({"version": 1, "figures": {"kcalPerCredit": 2}}, "version"),
        ({"version": 9}, "version"),
        ({"version": 1, "sample": 0}, "sample"),
        ({"version": 1, "sample": 1_001}, "sample"),
        ({"version": 1, "fromDate": "2024-01-01"}, "fromDate"),
        ({"figures": {"kcalPerCredit": 0}}, "figures"),
    ],
)
async def test_what_cannot_be_looked_at_is_refused(preview, given, path):
    (error,) = (await preview(**given))["userErrors"]

    assert error["path"][:2] == ["input", path]


@pytest.mark.parametrize("days", [{"toDate": "2026-02-01"}, {"fromDate": "2026-02-01", "toDate": "2026-01-01"}])
async def test_days_to_come_and_days_in_the_wrong_order_are_refused(preview, days):
    (error,) = (await preview(version=1, **days))["userErrors"]

    assert error["code"] == "BAD_USER_INPUT"
