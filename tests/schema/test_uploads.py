"""How far an upload has come, as the partner that sent it sees it, and nobody else."""

from datetime import timedelta

import pytest

from domain import quarantine, uploads
from domain.arrivals import Outcome, Result
from domain.drafts import Problem
from domain.errors import BadPayload
from engine.ids import encoded
from tests.schema import factories as make

STATUS = """
query($id: ID!) { uploadStatus(id: $id) {
  partner { name } state fileName personRef fileBytes bytesRead bytesTotal items created unchanged quarantined
  problemCode problemMessage endedAt errors(first: 2) { nodes { code path } pageInfo { hasNextPage } }
} }
"""


async def begun(sessions, partner="rtaf"):
    """An upload that is being read."""
    async with sessions.begin() as session:
        upload = await uploads.begun(session, partner, "client", 8, make.NOW)
        given = {"person_ref": "p-1", "file_name": "a.zip", "size": 40, "total": 400}
        await uploads.accepted(session, upload, partner, **given)
        await uploads.started(session, upload, make.NOW)
    return upload


async def took(sessions, upload, *outcomes, before=0, partner="rtaf"):
    """A batch of an upload, what failed kept in quarantine."""
    results = [
        Result(
            outcome=outcome,
            item=(problem := Problem(code="BAD_LINE", path=("line", at), message="Mend it.")),
            problem=problem if outcome is Outcome.QUARANTINED else None,
        )
        for at, outcome in enumerate(outcomes, before)
    ]
    async with sessions.begin() as session:
        await quarantine.keep(session, partner, results, make.NOW + timedelta(seconds=before))
        await uploads.noted(session, upload, partner, results, before=before, bytes_read=100 + before)


async def test_a_partner_sees_how_far_its_upload_has_come_and_what_could_not_be_taken(ask, worker_sessions):
    upload = await begun(worker_sessions)
    await took(worker_sessions, upload, Outcome.CREATED, Outcome.QUARANTINED, Outcome.UNCHANGED)
    await took(worker_sessions, upload, Outcome.PENDING, Outcome.QUARANTINED, before=3)

    found = (await ask(STATUS, make.partner("rtaf"), id=encoded("Upload", upload)))["uploadStatus"]

    assert found == {
        "partner": {"name": "rtaf"},
        "state": "READING",
        "fileName": "a.zip",
        "personRef": "p-1",
        "fileBytes": 40,
        "bytesRead": 103,
        "bytesTotal": 400,
        "items": 5,
        "created": 1,
        "unchanged": 1,
        "quarantined": 2,
        "problemCode": None,
        "problemMessage": None,
        "endedAt": None,
        "errors": {
            "nodes": [{"code": "BAD_LINE", "path": ["line", "4"]}, {"code": "BAD_LINE", "path": ["line", "1"]}],
            "pageInfo": {"hasNextPage": False},
        },
    }


async def test_an_upload_that_failed_says_why(ask, worker_sessions):
    upload = await begun(worker_sessions)
    async with worker_sessions.begin() as session:
        await uploads.ended(session, upload, make.NOW, BadPayload("dpe", (), "it breaks off"))

    found = (await ask(STATUS, make.partner("rtaf"), id=encoded("Upload", upload)))["uploadStatus"]

    assert (found["state"], found["problemCode"], found["problemMessage"]) == (
        "FAILED",
        "BAD_PAYLOAD",
        "dpe: it breaks off",
    )


async def test_nobody_else_sees_an_upload(ask, execute, worker_sessions):
    upload = encoded("Upload", await begun(worker_sessions))

    other = await ask(STATUS, make.partner("dpe"), id=upload)
    by_node = await ask("query($id: ID!) { node(id: $id) { id } }", make.partner("dpe"), id=upload)
    citizen = await execute(STATUS, make.citizen(await make.person(worker_sessions)), id=upload)

    assert other == {"uploadStatus": None}
    assert by_node == {"node": None}
    assert citizen.errors[0]["extensions"]["code"] == "FORBIDDEN"


async def test_two_readers_of_one_upload_count_nothing_twice(worker_sessions):
    upload = await begun(worker_sessions)
    await took(worker_sessions, upload, Outcome.CREATED)

    with pytest.raises(uploads.Overtaken):
        await took(worker_sessions, upload, Outcome.CREATED)

    async with worker_sessions() as session:
        row = await session.get(uploads.Upload, upload)
    assert (row.items, row.created) == (1, 1)
