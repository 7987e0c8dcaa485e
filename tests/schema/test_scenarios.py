"""Recorded deliveries from bytes to what their person reads: five sources of one run, an edit, a deletion, midnight."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from app.importing import Door, delivered, partner_for
from domain.sports import Sport
from tests.schema import factories as make

SCENARIOS = Path(__file__).parents[1] / "samples" / "_scenarios"
RUN = SCENARIOS / "A_same_run_5_sources"
FIVE = {
    "garmin": "1_garmin_push.json",
    "strava": "2_strava_detailed_activity.json",
    "health_connect": "3_health_connect_sync.json",
    "polar": "4_polar_exercise.json",
    "dpe": "5_agency_row.csv",
}
RECORD = """mutation($input: RecordActivitiesInput!) { recordActivities(input: $input) {
  userErrors { code } results { outcome problem { code } } } }"""
MINE = """query($language: Language!) { viewer { user { creditBalance activities(orderBy: EARLIEST) { nodes {
  sport startedAt localDate elapsedSeconds distanceMeters steps energyKcal energySource recordCount credits verdict
  reasons partner { name } creditEntries { amount kind } decisionCodes decisions(language: $language) massUsedKg
} } creditEntries { nodes { amount kind } } } } }"""


@pytest.fixture
def door(worker_sessions):
    return Door(sessions=worker_sessions, now=lambda: datetime(2026, 3, 1, tzinfo=UTC), hashed=str)


@pytest_asyncio.fixture
async def malee(worker_sessions):
    return await make.person(worker_sessions, mass_kg=62.0)


@pytest.fixture
def bring(door, malee):
    async def brought(partner, body):
        return await delivered(door, await partner_for(door, partner), body, owner=malee)

    return brought


@pytest.fixture
def mine(ask, malee):
    async def asked(language="EN"):
        user = (await ask(MINE, make.citizen(malee), language=language))["viewer"]["user"]
        return user["activities"]["nodes"], user["creditBalance"], user["creditEntries"]["nodes"]

    return asked


@pytest.mark.parametrize(
    "order", [tuple(FIVE), tuple(FIVE)[::-1], ("dpe", "strava", "polar", "garmin", "health_connect")]
)
async def test_one_run_of_five_sources_is_one_activity_in_any_order_and_says_why(bring, mine, order):
    for partner in order:
        await bring(partner, (RUN / FIVE[partner]).read_bytes())

    (run,), balance, _ = await mine()
    assert run["recordCount"] == 5
    assert (run["partner"]["name"], run["energyKcal"], run["energySource"]) == ("garmin", 371.0, "ACTIVE")
    assert (run["distanceMeters"], run["elapsedSeconds"], run["steps"]) == (5032.1, 1980.0, 5480)
    assert (run["localDate"], run["verdict"], run["credits"], balance) == ("2026-01-01", "ACCEPTED", 3, 3)
    assert sum(each["amount"] for each in run["creditEntries"]) == 3
    assert run["decisionCodes"][0].startswith("SPEAKS_BY_NAME:garmin:")
    assert {"BOUND:overlap", "BOUND:upstream"} <= set(run["decisionCodes"])
    assert run["decisions"][-1] == "Energy is the source's active energy."
    thai = (await mine("TH"))[0][0]["decisions"]
    assert len(thai) == len(run["decisions"])
    assert thai[0].startswith("ใช้เวลาและกีฬาจาก garmin")


async def test_an_edit_and_a_deletion_that_come_late_change_credits_by_new_entries(bring, mine):
    steps = SCENARIOS / "C_edit_delete_late"
    seen = []
    for name in ("1_create.json", "2_webhook_update.json", "3_after_update.json", "4_webhook_delete.json"):
        await bring("strava", (steps / name).read_bytes())
        activities, balance, entries = await mine()
        seen.append(([each["energyKcal"] for each in activities], balance, len(entries)))

    assert seen[0][:2] == ([250.0], 2)
    assert seen[1] == seen[0]
    assert seen[2][:2] == ([420.0], 4)
    assert seen[3][:2] == ([], 0)
    assert [count for *_, count in seen] == [1, 1, 2, 3]


@pytest.mark.parametrize("offset", ["+00:00", "+07:00", "-08:00"])
async def test_days_change_at_midnight_in_bangkok_wherever_the_workout_was(
    execute, mine, malee, worker_sessions, offset
):
    cases = json.loads((SCENARIOS / "D_time" / "1_bangkok_midnight.json").read_text())
    person = await make.linked(worker_sessions, malee, "garmin", "G-1")
    zone = datetime.fromisoformat(f"2026-01-01T00:00:00{offset}").tzinfo
    workouts = [
        {
            "partnerRef": case["start"],
            "personRef": person,
            "sport": "RUN",
            "startedAt": datetime.fromisoformat(case["start"]).astimezone(zone).isoformat(),
            "elapsedSeconds": 1,
        }
        for case in cases
    ]

    given = {"activities": workouts, "idempotencyKey": "midnight"}
    await execute(RECORD, make.partner("garmin"), input=given)

    activities, *_ = await mine()
    assert [each["localDate"] for each in activities] == [case["local_day"] for case in cases]


async def test_a_start_without_a_zone_is_refused_and_never_guessed(execute, mine, malee, worker_sessions):
    person = await make.linked(worker_sessions, malee, "garmin", "G-1")
    workout = {"partnerRef": "1", "personRef": person, "startedAt": "2026-01-31T06:30:00", "elapsedSeconds": 60}
    given = {"activities": [workout], "idempotencyKey": "zone"}

    result = await execute(RECORD, make.partner("garmin"), input=given)

    assert [each["extensions"]["code"] for each in result.errors] == ["BAD_USER_INPUT"]
    assert (await mine())[0] == []


async def test_minutes_credited_to_another_workout_are_told_where_they_do_not_count(mine, malee, worker_sessions):
    at = datetime(2026, 1, 31, 1, tzinfo=UTC)
    swim = make.run(at, sport=Sport.SWIM, elapsed_seconds=3600.0, distance_meters=2000.0, energy_kcal=500.0)
    run = make.run(at + timedelta(minutes=30), elapsed_seconds=1800.0, distance_meters=5000.0, energy_kcal=400.0)
    await make.sent(worker_sessions, "garmin", swim, owner=malee)
    await make.sent(worker_sessions, "strava", run, owner=malee)

    (first, second), balance, _ = await mine()

    told = (
        "Minutes that overlap another workout are credited to that one, which began earlier: each minute counts once."
    )
    assert (first["credits"], second["credits"], balance) == (5, 0, 5)
    assert (told in first["decisions"], second["decisions"][-1]) == (False, told)
