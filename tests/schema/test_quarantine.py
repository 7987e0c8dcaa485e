"""What could not be taken, and how it is taken up again; citizen numbers stay nowhere."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from domain import quarantine
from domain.arrivals import Outcome, Result
from domain.base import run
from domain.connections import hashed_with
from domain.drafts import Problem
from tests.schema import factories as make

REPLAY = """
mutation($input: ReplayQuarantinedInput!) { replayQuarantined(input: $input) {
  userErrors { code path } replayed stillWaiting lastReceivedAt
} }
"""
RECORD = """
mutation($input: RecordActivitiesInput!) {
  recordActivities(input: $input) { results { outcome problem { code } } }
}
"""
STRAVA = Path(__file__).parents[1] / "samples" / "_scenarios" / "C_edit_delete_late" / "1_create.json"
CITIZEN = "1101700207030"


@pytest.fixture
def replay(execute):
    """Tries again as a partner; gives the payload."""

    async def replayed(name, **given):
        result = await execute(REPLAY, make.partner(name), input={"idempotencyKey": "1", **given})
        assert not result.errors, result.errors
        return result.data["replayQuarantined"]

    return replayed


async def kept(sessions, partner, raw, *, owner=None, code="UNREADABLE", now=make.NOW):
    """An entry that stands in a partner's quarantine since an older version could not read it."""
    problem = Problem(code=code, path=("1",), message="It could not be read.", raw=raw)
    failed = Result(outcome=Outcome.QUARANTINED, item=problem, problem=problem, user_id=owner)
    async with sessions.begin() as session:
        await quarantine.keep(session, partner, [failed], now)


async def activities_of(ask, user):
    return (await ask("{ activities { nodes { id } } }", make.citizen(user)))["activities"]["nodes"]


async def test_rows_of_a_person_are_taken_when_they_have_connected(ask, replay, worker_sessions):
    await make.sent(worker_sessions, "rtaf", make.run(person_ref="R-7"))
    too_early = await replay("rtaf")
    user = await make.person(worker_sessions)
    await make.linked(worker_sessions, user, "rtaf", "R-7")

    in_time, again = await replay("rtaf", code="UNKNOWN_PERSON"), await replay("rtaf")

    assert (too_early["replayed"], too_early["stillWaiting"]) == (0, 1)
    assert (in_time["replayed"], in_time["stillWaiting"]) == (1, 0)
    assert (again["replayed"], again["stillWaiting"]) == (0, 0)
    assert len(await activities_of(ask, user)) == 1


async def test_what_can_be_read_by_now_is_taken_for_whom_it_was_brought(ask, replay, worker_sessions):
    user = await make.person(worker_sessions)
    await kept(worker_sessions, "strava", STRAVA.read_bytes(), owner=user)
    await kept(worker_sessions, "strava", b"{still nothing", owner=user)

    payload = await replay("strava")

    assert (payload["replayed"], payload["stillWaiting"]) == (1, 1)
    assert len(await activities_of(ask, user)) == 1


async def test_a_replay_goes_on_where_the_last_one_ended(replay, worker_sessions):
    for minute in range(3):
        later = make.NOW + timedelta(minutes=minute)
        await kept(worker_sessions, "strava", f"{{{minute}".encode(), now=later)

    first = await replay("strava", first=2)
    rest = await replay("strava", receivedFrom=(make.NOW + timedelta(minutes=2)).isoformat())

    assert (first["stillWaiting"], first["lastReceivedAt"]) == (2, "2026-01-31T05:01:00Z")
    assert rest["stillWaiting"] == 1


async def test_a_partner_replays_its_own_alone(ask, replay, worker_sessions):
    user = await make.person(worker_sessions)
    await kept(worker_sessions, "strava", STRAVA.read_bytes(), owner=user)

    payload = await replay("garmin")

    assert (payload["replayed"], payload["stillWaiting"]) == (0, 0)
    assert await activities_of(ask, user) == []


@pytest.mark.parametrize("first", [0, 101])
async def test_so_many_and_no_more_are_tried_at_once(replay, first):
    assert (await replay("strava", first=first))["userErrors"] == [
        {"code": "BAD_USER_INPUT", "path": ["input", "first"]}
    ]


@pytest.mark.parametrize("more", [{"elapsedSeconds": 1800}, {}, {"elapsedSeconds": -1e9}, {"deleted": True}])
@pytest.mark.parametrize("written", [CITIZEN, "1-1017-00207-03-0"])
async def test_a_citizen_number_as_a_reference_is_kept_nowhere(execute, worker_sessions, more, written):
    item = {"partnerRef": "1", "personRef": written, "startedAt": "2026-01-20T06:30:00+07:00"}
    batch = {"idempotencyKey": "1", "activities": [item | more]}
    keyed = hashed_with(b"a key of the test")

    result = await execute(RECORD, make.partner("bma"), hashed=keyed, input=batch)

    (answer,) = result.data["recordActivities"]["results"]
    assert answer["outcome"] == "QUARANTINED"
    async with worker_sessions() as session:
        rows = await run(
            session,
            text("""
                SELECT convert_from(raw, 'UTF8') || coalesce(draft, '') || array_to_string(path, ' ') || message
                       || coalesce(person_ref, '') FROM quarantine
            """),
        )
        (everything,) = rows.scalars().all()
    assert CITIZEN not in everything
    assert written not in everything
