"""The application folds by itself, one process at a time, and survives what happens to its database."""

import asyncio
from contextlib import asynccontextmanager

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from app import db
from app.folding import Folding, drained
from app.main import create_app
from app.metrics import Measured, Metrics
from app.settings import Settings
from domain.base import inserted, uuid7
from domain.counters import PlaceChange, TeamStandingChange
from domain.folding import fold, waiting
from tests.domain.factories import figure
from tests.domain.test_folding import change

SOON = 0.1


async def queued(sessions, rows=1):
    async with sessions() as session, session.begin():
        await inserted(session, PlaceChange, [change() for _ in range(rows)])


async def left(sessions):
    async with sessions() as session:
        return (await waiting(session)).rows


async def counted(sessions):
    async with sessions() as session:
        return await figure(session, "SELECT activities FROM place_periods WHERE place_code = 'TH'")


async def until(holds):
    for _ in range(500):
        if await holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to hold within ten seconds")


@asynccontextmanager
async def another_process(url):
    engine = db.engine_for(url, connections=2)
    yield db.sessions_of(engine)
    await engine.dispose()


async def test_what_waits_is_folded_soon(worker_sessions):
    folding = Folding(worker_sessions, every=SOON)

    async with folding.running():
        await queued(worker_sessions, 3)
        await until(lambda: _equals(counted(worker_sessions), 3))
        await queued(worker_sessions, 2)
        await until(lambda: _equals(counted(worker_sessions), 5))

    assert (folding.rows, folding.passes, folding.failures) == (5, 2, 0)


async def _equals(coroutine, value):
    return await coroutine == value


async def test_two_processes_fold_each_change_once(worker_sessions, worker_url):
    async with another_process(worker_url) as elsewhere:
        here, there = Folding(worker_sessions, every=SOON), Folding(elsewhere, every=SOON)
        async with here.running(), there.running():
            for _ in range(30):
                await queued(worker_sessions, 2)
            await until(lambda: _equals(left(worker_sessions), 0))

    assert here.rows + there.rows == 60
    assert here.failures + there.failures == 0
    assert await counted(worker_sessions) == 60


async def test_nothing_is_written_while_nothing_waits(worker_sessions, database_url):
    folding = Folding(worker_sessions, every=SOON)

    with psycopg.connect(database_url, autocommit=True) as admin:
        before = admin.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()[0]
        for _ in range(5):
            await folding.turn()
        after = admin.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()[0]

    assert after - before == 1
    assert folding.passes == 0


async def test_a_database_that_goes_away_and_comes_back_is_folded_again(worker_sessions, database_url, json_logs):
    folding = Folding(worker_sessions, every=SOON)

    with psycopg.connect(database_url, autocommit=True) as admin:
        async with folding.running():
            admin.execute("ALTER TABLE place_changes RENAME TO elsewhere")
            await until(lambda: _now(folding.failures > 0))
            admin.execute("ALTER TABLE elsewhere RENAME TO place_changes")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ccc_worker'")
            await until(lambda: _succeeds(queued(worker_sessions, 4)))
            await until(lambda: _equals(counted(worker_sessions), 4))

    said = [line for line in json_logs() if line["event"] == "counters are not folded"]
    assert said[0]["level"] == "warning"
    assert "place_changes" in said[0]["reason"]
    assert "SELECT" not in said[0]["reason"]


async def _now(value):
    return value


async def _succeeds(coroutine):
    try:
        await coroutine
    except DBAPIError:
        return False
    return True


def of_folding():
    return [each for each in asyncio.all_tasks() if "Folding" in each.get_coro().__qualname__]


async def test_it_stops_at_once_and_leaves_no_task_behind(worker_sessions):
    async with asyncio.timeout(5), Folding(worker_sessions, every=60).running():
        await asyncio.sleep(0)
        during = of_folding()

    assert (len(during), of_folding()) == (1, [])


async def test_everything_committed_before_is_folded_after_a_pass_under_way(worker_sessions):
    await queued(worker_sessions)
    async with worker_sessions() as under_way, under_way.begin():
        await fold(under_way)
        await queued(worker_sessions, 2)
        rest = asyncio.create_task(drained(worker_sessions))
        await asyncio.sleep(0.1)
        waited = not rest.done()

    assert waited
    assert await rest == 2
    assert await counted(worker_sessions) == 3


def figures(metrics):
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name.startswith("ccc_folding"):
                found[sample.name, sample.labels.get("queue")] = sample.value
    return found


async def test_metrics_say_what_waits_since_when_and_what_was_folded(databases):
    folding, metrics = Folding(databases.worker, every=SOON), Metrics()
    metrics.measured = Measured(databases, None, folding)
    await queued(databases.worker, 3)
    async with databases.worker() as session, session.begin():
        await inserted(session, TeamStandingChange, [{"challenge_id": uuid7(), "team_id": uuid7(), "score": 1}])

    async with databases.worker() as other, other.begin():
        await fold(other)
        await folding.turn()
        await other.rollback()
    left_to_the_other = figures(metrics)
    await asyncio.sleep(0.05)
    later = figures(metrics)
    await folding.turn()
    folded = figures(metrics)
    await folding.turn()

    assert left_to_the_other["ccc_folding_waiting_rows", "places"] == 3
    assert left_to_the_other["ccc_folding_waiting_rows", "teams"] == 1
    assert left_to_the_other["ccc_folding_passes_total", None] == 0
    lag = ("ccc_folding_lag_seconds", None)
    assert 0 < left_to_the_other[lag] < left_to_the_other[lag] + 0.05 <= later[lag]
    assert folded["ccc_folding_rows_total", None] == 4
    assert folded["ccc_folding_passes_total", None] == 1
    assert folded["ccc_folding_failures_total", None] == 0
    assert figures(metrics)["ccc_folding_waiting_rows", "places"] == 0
    assert figures(metrics)[lag] == 0


async def test_the_application_folds_while_it_runs(database_url, worker_sessions, key_path):
    configured = Settings(
        database_url=database_url, signing_key=key_path, citizen_number_key="k" * 32, fold_seconds=SOON
    )
    await queued(worker_sessions, 2)

    with TestClient(create_app(configured)) as client:
        await until(lambda: _equals(counted(worker_sessions), 2))
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("wrong", [0, -1, 61])
def test_an_interval_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ValueError, match="fold_seconds"):
        Settings(fold_seconds=wrong)
