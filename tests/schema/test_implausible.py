"""What cannot have happened, as a partner sends it and as its owner sees the verdict."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from app.folding import drained
from domain.scopes import Scope
from tests.schema import factories as make

CASES = json.loads((Path(__file__).parents[1] / "samples" / "_scenarios" / "E_implausible" / "cases.json").read_text())
SINGLE = [case for case in CASES if "users" not in case]
SPORTS = {"run": "RUN", "walk": "WALK", "cycling": "RIDE"}
EXPECTED = {
    "car as run": ("REJECTED", ["TOO_FAST"]),
    "motorbike as cycling": ("REJECTED", ["TOO_FAST"]),
    "elite but possible": ("FLAGGED", ["VERY_FAST"]),
    "phone shaker": ("FLAGGED", ["STEPS_TOO_FAST", "STRIDE_IMPLAUSIBLE"]),
    "kcal typo": ("FLAGGED", ["IMPLAUSIBLE_ENERGY"]),
    "kJ sent as kcal": ("FLAGGED", ["IMPLAUSIBLE_ENERGY", "KILOJOULES_SUSPECTED"]),
    "negative duration": ("REJECTED", ["NOT_POSITIVE_DURATION"]),
    "future start": ("REJECTED", ["FUTURE_START"]),
    "30 h walk": ("FLAGGED", ["VERY_LONG"]),
}
RECORD = """
mutation($input: RecordActivitiesInput!) {
  recordActivities(input: $input) { userErrors { code } results { outcome problem { code } } }
}
"""
SEEN = "{ activities { nodes { verdict reasons credits energySource energyKcal } } }"


def given(case, person):
    item = {
        "partnerRef": case["case"],
        "personRef": person,
        "sport": SPORTS[case["sport"]],
        "startedAt": case.get("start", "2026-01-20T06:30:00+07:00"),
        "elapsedSeconds": case["elapsed_s"],
    }
    names = {"distance_m": "distanceMeters", "kcal": "energyKcal", "steps": "steps"}
    return item | {name: case[key] for key, name in names.items() if key in case}


@pytest.fixture
def send(execute, worker_sessions):
    """Sends one item as Garmin of somebody new; gives that person's activities as they see them."""

    async def sent(item, **columns):
        user = await make.person(worker_sessions, **columns)
        ref = await make.linked(worker_sessions, user, "garmin", None, Scope.ACTIVITY_READ)
        batch = {"idempotencyKey": "1", "activities": [{**item, "personRef": ref}]}
        result = await execute(RECORD, make.partner("garmin"), input=batch)
        assert not result.errors, result.errors
        seen = await execute(SEEN, make.citizen(user))
        return seen.data["activities"]["nodes"]

    return sent


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case["case"])
async def test_a_partner_sends_it_and_its_owner_reads_the_verdict_and_why(send, case):
    (activity,) = await send(given(case, None))

    assert (activity["verdict"], activity["reasons"]) == EXPECTED[case["case"]]
    assert activity["credits"] == 0


async def test_one_watch_with_two_accounts_waits_for_review_on_both(execute, worker_sessions):
    (case,) = [case for case in CASES if "users" in case]
    people = [await make.person(worker_sessions) for _ in case["users"]]
    for user, ref in zip(people, case["users"], strict=True):
        await make.linked(worker_sessions, user, "garmin", ref)
        item = {**given(SINGLE[2], ref), "partnerRef": case["external_id"], "distanceMeters": 20_000}
        batch = {"idempotencyKey": ref, "activities": [item]}
        assert not (await execute(RECORD, make.partner("garmin"), input=batch)).errors
    await drained(worker_sessions)

    seen = [(await execute(SEEN, make.citizen(user))).data["activities"]["nodes"] for user in people]

    assert [[(each["verdict"], each["reasons"]) for each in own] for own in seen] == [
        [("FLAGGED", ["SHARED_REFERENCE"])]
    ] * 2


@pytest.mark.parametrize("case", [case for case in SINGLE if "kcal" in case], ids=lambda case: case["case"])
async def test_energy_that_nobody_burns_is_estimated_anew(send, case):
    (activity,) = await send(given(case, None), mass_kg=75.0)

    assert activity["energySource"] == "ESTIMATED"
    assert activity["energyKcal"] < case["kcal"] / 3


async def test_kilojoules_within_what_a_body_can_do_are_found_by_the_speed(send):
    walk = {"sport": "WALK", "startedAt": "2026-01-20T06:30:00+07:00", "elapsedSeconds": 3600, "partnerRef": "1"}

    (in_kilojoules,) = await send({**walk, "distanceMeters": 5_000, "energyKcal": 1046}, mass_kg=70.0)
    (in_kilocalories,) = await send({**walk, "distanceMeters": 5_000, "energyKcal": 250}, mass_kg=70.0)

    assert in_kilojoules["reasons"] == ["IMPLAUSIBLE_ENERGY", "KILOJOULES_SUSPECTED"]
    assert in_kilocalories["verdict"] == "ACCEPTED"


async def test_a_start_ahead_of_its_report_stays_one_until_a_newer_version_says_otherwise(ask, worker_sessions):
    user = await make.person(worker_sessions)
    early = make.run(make.NOW + timedelta(hours=3), partner_ref="1", version=1)
    later = make.NOW + timedelta(days=1)

    async def after(*items, now):
        await make.sent(worker_sessions, "garmin", *items, owner=user, now=now)
        return (await ask(SEEN, make.citizen(user)))["activities"]["nodes"][0]["verdict"]

    assert await after(early, now=make.NOW) == "REJECTED"
    assert await after(early, now=later) == "REJECTED"  # the same again changes nothing
    copy = make.run(early.started_at + timedelta(seconds=20), partner_ref="2")
    await make.sent(worker_sessions, "strava", copy, owner=user, now=later)
    assert (await ask(SEEN, make.citizen(user)))["activities"]["nodes"][0]["verdict"] == "REJECTED"
    newer = make.run(early.started_at, partner_ref="1", version=2)
    assert await after(newer, now=later) == "ACCEPTED"
