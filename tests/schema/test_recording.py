"""`recordActivities`: what a partner sends in one batch, and what comes back."""

import pytest

from domain.partners import Partner
from domain.scopes import Scope
from tests.schema import factories as make

RECORD = """
mutation($input: RecordActivitiesInput!) {
  recordActivities(input: $input) {
    idempotencyKey
    userErrors { code path }
    results {
      index partnerRef outcome problem { code path }
      activity { sport credits recordCount } record { version energyKcal }
    }
  }
}
"""


def _run(ref, person, **more):
    given = {
        "partnerRef": ref,
        "personRef": person,
        "version": 1,
        "sport": "RUN",
        "startedAt": "2026-01-31T06:30:00+07:00",
        "elapsedSeconds": 3600,
        "distanceMeters": 10_000,
        "energyKcal": 700,
    }
    return {**given, **more}


@pytest.fixture
def send(execute):
    """Sends a batch as Garmin; gives the payload."""

    async def sent(*activities, viewer=None, key="batch-1"):
        given = {"idempotencyKey": key, "activities": list(activities)}
        result = await execute(RECORD, viewer or make.partner("garmin"), input=given)
        assert not result.errors, result.errors
        return result.data["recordActivities"]

    return sent


def _outcomes(payload):
    return [each["outcome"] for each in payload["results"]]


async def test_each_item_of_a_batch_has_its_own_outcome(send, worker_sessions):
    malee = await make.person(worker_sessions)
    ref = await make.linked(worker_sessions, malee, "garmin", "G-1", Scope.ACTIVITY_READ)
    await make.linked(worker_sessions, malee, "rtaf", "R-1")
    await send(
        _run("old", ref, startedAt="2026-01-20T06:00:00+07:00"),
        _run("gone", ref, startedAt="2026-01-19T06:00:00+07:00"),
    )
    await make.sent(worker_sessions, "rtaf", make.run(person_ref="R-1"))

    payload = await send(
        _run("new", ref, startedAt="2026-01-29T06:00:00+07:00"),
        _run("old", ref, startedAt="2026-01-20T06:00:00+07:00"),
        _run("old", ref, startedAt="2026-01-20T06:00:00+07:00", version=2, energyKcal=500),
        _run("same", ref, startedAt="2026-01-31T07:00:00+07:00"),
        {"partnerRef": "gone", "personRef": ref, "deleted": True},
        _run("odd", ref, elapsedSeconds=None),
        _run("absurd", ref, distanceMeters=-1),
        _run("lost", "G-999"),
    )

    assert payload["userErrors"] == []
    assert payload["idempotencyKey"] == "batch-1"
    assert _outcomes(payload) == [
        "CREATED", "UNCHANGED", "UPDATED", "MERGED", "DELETED", "QUARANTINED", "QUARANTINED", "QUARANTINED",
    ]  # fmt: skip
    new, _, updated, merged, deleted, odd, absurd, lost = payload["results"]
    assert new["activity"] == {"sport": "RUN", "credits": 7, "recordCount": 1}
    assert updated["record"] == {"version": 2, "energyKcal": 500.0}
    assert updated["activity"]["credits"] == 5
    assert merged["activity"]["recordCount"] == 2
    assert (deleted["record"], deleted["activity"]) == (None, None)
    assert [each["problem"] for each in (odd, absurd, lost)] == [
        {"code": "MISSING_FIGURE", "path": ["input", "activities", "5", "elapsedSeconds"]},
        {"code": "ABSURD_FIGURE", "path": ["input", "activities", "6", "distanceMeters"]},
        {"code": "UNKNOWN_PERSON", "path": ["input", "activities", "7", "personRef"]},
    ]


async def test_a_batch_sent_again_changes_nothing(send, ask, worker_sessions):
    malee = await make.person(worker_sessions)
    await make.linked(worker_sessions, malee, "garmin", "G-1", Scope.ACTIVITY_READ)
    await send(_run("a", "G-1"))

    again = await send(_run("a", "G-1"))

    assert _outcomes(again) == ["UNCHANGED"]
    data = await ask("{ viewer { user { creditBalance activities { nodes { id } } } } }", make.citizen(malee))
    assert data["viewer"]["user"]["creditBalance"] == 7
    assert len(data["viewer"]["user"]["activities"]["nodes"]) == 1


async def test_a_thousand_items_are_read_back_by_as_many_statements_as_one(execute, worker_sessions):
    malee = await make.person(worker_sessions)
    await make.linked(worker_sessions, malee, "garmin", "G-1", Scope.ACTIVITY_READ)

    counts = []
    for size in (1, 1000):
        activities = [
            _run(f"{size}-{n}", "G-1", startedAt=f"{2000 + n // 300}-{1 + n % 300 // 25:02}-{1 + n % 25:02}T00:00:00Z")
            for n in range(size)
        ]
        result = await execute(RECORD, make.partner("garmin"), input={"idempotencyKey": "k", "activities": activities})
        assert not result.errors
        counts.append((result.statements, len(result.data["recordActivities"]["results"])))

    assert counts == [(counts[0][0], 1), (counts[0][0], 1000)]


async def test_an_unknown_persons_record_waits_where_only_its_sender_sees_it(send, ask, worker_sessions):
    await send(_run("a", "G-404"))
    document = '{ partner(name: "garmin") { quarantine { nodes { code path personRef replayedAt } } } }'

    seen = {
        kind: (await ask(document, viewer))["partner"]["quarantine"]["nodes"]
        for kind, viewer in {
            "itself": make.partner("garmin"),
            "administrator": make.admin(),
            "other": make.partner("rtaf"),
            "citizen": make.citizen(await make.person(worker_sessions)),
            "sponsor": make.sponsor("garmin"),
        }.items()
    }

    entry = [{"code": "UNKNOWN_PERSON", "path": ["a"], "personRef": "G-404", "replayedAt": None}]
    assert seen == {"itself": entry, "administrator": entry, "other": [], "citizen": [], "sponsor": []}


async def test_a_batch_that_is_too_large_or_without_a_key_is_refused_whole(send):
    empty = await send()
    large = await send(*[_run(str(n), "G-1") for n in range(1001)])
    keyless = await send(_run("a", "G-1"), key="")

    paths = [
        (each["results"], each["userErrors"][0]["code"], each["userErrors"][0]["path"])
        for each in (empty, large, keyless)
    ]
    assert paths == [
        (None, "BAD_USER_INPUT", ["input", "activities"]),
        (None, "BAD_USER_INPUT", ["input", "activities"]),
        (None, "BAD_USER_INPUT", ["input", "idempotencyKey"]),
    ]


async def test_only_partners_with_the_scope_record_activities(execute, worker_sessions):
    given = {"idempotencyKey": "k", "activities": [_run("a", "G-1")]}
    outsiders = [
        make.citizen(await make.person(worker_sessions)),
        make.partner("garmin", Scope.ACTIVITY_READ),
        make.admin(),
    ]

    for viewer in outsiders:
        result = await execute(RECORD, viewer, input=given)

        assert result.data == {"recordActivities": None}
        assert result.errors[0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_partner_without_a_signed_agreement_is_refused(send, worker_sessions):
    async with worker_sessions.begin() as session:
        (await session.get(Partner, "garmin")).agreement = "suspended"

    payload = await send(_run("a", "G-1"))

    assert (payload["results"], payload["userErrors"][0]["code"]) == (None, "CONFLICT")
