"""Citizen numbers through the door: whoever names a person by one, it stands nowhere afterwards."""

import asyncio
import json

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from auth import tokens
from auth.tokens import Tokens
from domain.base import run
from domain.connections import connect, hashed_with
from domain.partners import Partner
from tests.app.conftest import RecordingEngine
from tests.domain.factories import person
from tests.schema import factories as make

NUMBER = "1101700207030"
KEY = "k" * 32
KEYED = hashed_with(KEY.encode())(NUMBER)
EVERYTHING = """
    SELECT string_agg(row_to_json(t)::text || coalesce(convert_from(t.raw, 'UTF8'), ''), ' ') FROM quarantine t
    UNION ALL SELECT string_agg(row_to_json(t)::text || convert_from(t.raw, 'UTF8'), ' ') FROM payloads t
    UNION ALL SELECT string_agg(row_to_json(t)::text, ' ') FROM records t
    UNION ALL SELECT string_agg(row_to_json(t)::text, ' ') FROM activities t
    UNION ALL SELECT string_agg(row_to_json(t)::text, ' ') FROM day_totals t
    UNION ALL SELECT string_agg(row_to_json(t)::text, ' ') FROM persons t
    UNION ALL SELECT string_agg(row_to_json(t)::text, ' ') FROM connections t
"""
WRITTEN = [NUMBER, "1-1017-00207-03-0", "๑๑๐๑๗๐๐๒๐๗๐๓๐"]
TYPES = {"ccc_ndjson": "application/x-ndjson", "open_mhealth": "application/json"}


@pytest.fixture
def deliver(database_url, key_path, worker_sessions, caplog):
    """What comes of a delivery to the door, and all that is stored and logged after it."""
    given = Settings(database_url=database_url, signing_key=key_path, citizen_number_key=KEY)
    issuer = "http://127.0.0.1:8000"
    mint = Tokens(tokens.key_at(key_path), issuer=issuer, audience=f"{issuer}/graphql").mint

    def posted(adapter, body):
        headers = {"authorization": f"Bearer {mint(make.partner('club'))}", "content-type": TYPES[adapter]}
        with TestClient(create_app(given, execute_for=lambda *_: RecordingEngine())) as client:
            return client.post("/partners/club", content=body, headers=headers)

    async def delivered(adapter, body, *, knows=True):
        async with worker_sessions() as session, session.begin():
            session.add(Partner(name="club", title_th="ชมรม", title_en="Club", kind="agency", adapter=adapter))
            await session.flush()
            if knows:
                await connect(session, await person(session), "club", KEYED)
        answer = await asyncio.to_thread(posted, adapter, body)
        async with worker_sessions() as session:
            kept = " ".join(filter(None, (await run(session, text(EVERYTHING))).scalars()))
        return answer, kept + caplog.text

    return delivered


def line(written, **figures):
    workout = {"startedAt": "2026-01-20T06:30:00+07:00", "elapsedSeconds": 1800, "sport": "RUN"}
    return {"partnerRef": f"{written}/1", "personRef": written, "title": f"of {written}"} | workout | figures


def point(written, **body):
    interval = {"start_date_time": "2026-01-20T06:30:00+07:00", "end_date_time": "2026-01-20T07:30:00+07:00"}
    frame = {"effective_time_frame": {"time_interval": interval}}
    return {"header": {"uuid": "1", "user_id": written}, "body": {"activity_name": "walking"} | frame | body}


def sent(adapter, *items):
    return json.dumps(list(items)) if adapter == "open_mhealth" else "\n".join(map(json.dumps, items))


MAKERS = {"ccc_ndjson": line, "open_mhealth": point}
BAD = {"ccc_ndjson": {"distanceMeters": "far"}, "open_mhealth": {"effective_time_frame": None}}
ABSURD = {"ccc_ndjson": {"energyKcal": 1e12}, "open_mhealth": {"kcal_burned": {"value": 1e12, "unit": "kcal"}}}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("adapter", MAKERS)
async def test_a_person_named_by_a_citizen_number_is_found_by_its_keyed_hash_alone(deliver, adapter, written):
    make_item = MAKERS[adapter]
    body = sent(adapter, make_item(written), make_item(written, **BAD[adapter]), make_item(written, **ABSURD[adapter]))

    answer, kept = await deliver(adapter, body)

    assert answer.json()["counts"] == {"created": 1, "quarantined": 2}
    assert KEYED in kept
    assert not [each for each in (NUMBER, written, json.dumps(written).strip('"')) if each in kept + answer.text]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("adapter", MAKERS)
async def test_what_waits_for_its_person_holds_no_citizen_number(deliver, adapter, written):
    answer, kept = await deliver(adapter, sent(adapter, MAKERS[adapter](written)), knows=False)

    assert answer.json()["counts"] == {"quarantined": 1}
    assert f'"person_ref":"{KEYED}"' in kept
    assert not [each for each in (NUMBER, written, json.dumps(written).strip('"')) if each in kept + answer.text]


@pytest.mark.parametrize(
    ("adapter", "body"),
    [
        ("ccc_ndjson", json.dumps(line("A1")) + f'\n{{"personRef": "{NUMBER}", "partnerRef": '),
        ("ccc_ndjson", f'no JSON at all: {NUMBER}, "1-1017-00207-03-0"'),
        ("open_mhealth", f'[{{"header": {{"user_id": "{NUMBER}"'),
        ("open_mhealth", json.dumps({"user_id": NUMBER, "what": 1})),
        ("open_mhealth", json.dumps([point(NUMBER) | {"header": {"creation_date_time": 1, "user_id": int(NUMBER)}}])),
    ],
)
async def test_what_cannot_be_read_is_kept_without_citizen_numbers(deliver, adapter, body):
    _, kept = await deliver(adapter, body)

    assert '"raw":' in kept
    assert not [each for each in (NUMBER, "1-1017-00207-03-0") if each in kept]


async def test_moments_in_milliseconds_are_no_citizen_numbers(deliver):
    item = point("A1") | {"created": 1_700_000_000_000, "updated": "1700000000000"}

    _, kept = await deliver("open_mhealth", json.dumps([item | {"body": {"activity_name": 5}}]))

    assert kept.count("1700000000000") == 2
