import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.importing import Door, delivered, partner_for
from app.main import create_app
from app.metrics import Metrics
from app.settings import Settings
from auth import tokens
from auth.viewer import ViewerKind
from domain.connections import hashed_with
from domain.errors import Refused
from engine.execute import Engine
from resolvers.context import Context
from schema import SCHEMA
from tests.domain.factories import NOW, person
from tests.schema import factories as make

STRAVA = (
    Path(__file__).parents[1] / "samples" / "_scenarios" / "A_same_run_5_sources" / "2_strava_detailed_activity.json"
)
TOKEN = "a token of metrics"  # noqa: S105 - of the tests
HERE = ("127.0.0.1", 40_000)


class Executor:
    """The engine as the application has it."""

    def __init__(self, databases, door):
        self.engine = Engine(schema=SCHEMA, pool=databases.pool, refused=Refused)
        self._door = door

    async def __call__(self, query, variables, operation_name, viewer):
        context = Context(self._door.sessions, viewer, self._door.hashed, NOW, self._door.counted)
        return await self.engine.execute(query, variables, operation_name, viewer, context=context)


@pytest.fixture
def given(database_url, tmp_path):
    tokens.generated_key(tmp_path / "key.pem")
    return {"database_url": database_url, "signing_key": tmp_path / "key.pem", "citizen_number_key": "k" * 32}


@pytest.fixture
def client(given):
    with TestClient(create_app(Settings(**given), execute_for=Executor), client=HERE) as client:
        yield client


def figures(text):
    """The figures by name and labels, the process aside."""
    found = re.findall(r"^(ccc_\w+)\{(.*)\} (\S+)$", text, re.MULTILINE)
    own = [(name, re.sub(r',?worker="\d+"', "", labels), value) for name, labels, value in found]
    assert all("worker=" in labels for _, labels, _ in found)
    return {name + (f"{{{labels}}}" if labels else ""): float(value) for name, labels, value in own}


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "testclient"])
def test_without_a_token_they_are_for_this_machine_alone(given, address):
    app = create_app(Settings(**given), execute_for=Executor)

    assert TestClient(app, client=HERE).get("/metrics").status_code == 200
    assert TestClient(app, client=("::1", 40_000)).get("/metrics").status_code == 200
    assert TestClient(app, client=(address, 40_000)).get("/metrics").status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_a_local_proxy_does_not_make_everybody_local(client, header):
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(f"Bearer {TOKEN}", 200), (f"Basic {TOKEN}", 404), ("Bearer another", 404), ("Bearer ก", 404), (None, 404)],
)
def test_with_a_token_they_are_for_its_bearer_wherever_they_are(given, authorization, status):
    app = create_app(Settings(**given, metrics_token=TOKEN), execute_for=Executor)
    headers = {"Authorization": authorization.encode()} if authorization else {}

    answers = [
        TestClient(app, client=(at, 40_000)).get("/metrics", headers=headers) for at in ("127.0.0.1", "192.0.2.1")
    ]

    assert [each.status_code for each in answers] == [status, status]


def test_requests_are_counted_by_route_and_status_with_their_times(client):
    client.get("/healthz")
    client.get("/nothing/here")
    client.get("/nor/here")
    client.post("/graphql", json={"query": "{ __typename }"})
    client.post("/graphql", content=b"{")

    found = figures(client.get("/metrics").text)

    assert found['ccc_requests_total{route="/healthz",status="200"}'] == 1
    assert found['ccc_requests_total{route="other",status="404"}'] == 2
    assert found['ccc_requests_total{route="/graphql",status="200"}'] == 1
    assert found['ccc_requests_total{route="/graphql",status="415"}'] == 1
    assert found['ccc_request_seconds_count{route="/graphql"}'] == 2
    assert found['ccc_request_seconds_bucket{le="+Inf",route="/graphql"}'] == 2


def test_the_cache_of_plans_and_the_pools_are_read_at_that_moment(client):
    before = figures(client.get("/metrics").text)
    for _ in range(3):
        client.post("/graphql", json={"query": "{ sports(first: 1) { nodes { word } } }"})

    after = figures(client.get("/metrics").text)

    assert before["ccc_engine_cache_entries"] == 0
    assert after["ccc_engine_cache_entries"] == 2
    assert after["ccc_engine_cache_misses_total"] == 2
    assert after["ccc_engine_cache_hits_total"] >= 4
    assert after["ccc_engine_cache_evictions_total"] == 0
    assert 0 < after["ccc_engine_cache_bytes"] < after["ccc_engine_cache_limit_bytes"]
    assert after['ccc_database_pool_size{role="api"}'] >= 1
    assert after['ccc_database_pool_waiting{role="api"}'] == 0
    assert after['ccc_database_pool_max{role="worker"}'] == 10


async def test_items_are_counted_by_partner_and_outcome(worker_sessions):
    metrics = Metrics()
    door = Door(sessions=worker_sessions, now=lambda: NOW, hashed=hashed_with(b"a key"), counted=metrics.taken)
    async with worker_sessions() as session, session.begin():
        owner = await person(session)
    strava = await partner_for(door, "strava")

    for _ in range(2):
        await delivered(door, strava, STRAVA.read_bytes(), owner=owner)
    with pytest.raises(Refused):
        await delivered(door, strava, b"{", owner=owner)

    found = figures(metrics.text().decode())
    assert {key: value for key, value in found.items() if key.startswith("ccc_ingest_items_total")} == {
        'ccc_ingest_items_total{outcome="created",partner="strava"}': 1,
        'ccc_ingest_items_total{outcome="unchanged",partner="strava"}': 1,
        'ccc_ingest_items_total{outcome="quarantined",partner="strava"}': 1,
    }


RECORD = """
mutation($activities: [ActivityInput!]!) {
  recordActivities(input: {activities: $activities, idempotencyKey: "1"}) { userErrors { code } }
}
"""


async def test_what_a_mutation_records_is_counted_once_it_is_stored(databases):
    metrics = Metrics()
    door = Door(sessions=databases.worker, now=lambda: NOW, hashed=str, counted=metrics.taken)
    ref = await make.linked(databases.worker, await make.person(databases.worker), "garmin")
    item = {"personRef": ref, "startedAt": "2026-01-10T06:30:00+07:00", "elapsedSeconds": 600}
    sent = [{"partnerRef": "1", **item}, {"partnerRef": "2", **item, "personRef": "nobody"}]
    viewer = make.partner("garmin")
    assert viewer.kind is ViewerKind.PARTNER

    result = await Executor(databases, door)(RECORD, {"activities": sent}, None, viewer)
    refused = await Executor(databases, door)(RECORD, {"activities": []}, None, viewer)

    assert not result.errors
    assert refused.data["recordActivities"]["userErrors"]
    found = figures(metrics.text().decode())
    assert {key: value for key, value in found.items() if key.startswith("ccc_ingest_items_total")} == {
        'ccc_ingest_items_total{outcome="created",partner="garmin"}': 1,
        'ccc_ingest_items_total{outcome="quarantined",partner="garmin"}': 1,
    }
