"""Jobs are queued with their cause, run by workers, and survive what happens to a worker."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import DBAPIError, OperationalError

from app.jobs import KINDS, Backoff, Kind, Tools, kind_named, reconcile
from app.metrics import Measured, Metrics
from app.settings import API, Settings, with_user
from app.watch import Watch
from app.working import Working, queues_named
from domain.credits import Balance
from domain.enqueuing import enqueue
from domain.errors import BadInput, NotFound
from domain.jobs import MOST_ATTEMPTS, Queue, rescued, retry, unfinished
from tests.domain.factories import person

ROOT = Path(__file__).resolve().parents[2]
CCC = Path(sys.executable).with_name("ccc")


async def until(holds):
    for _ in range(500):
        if await holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to hold within ten seconds")


def by_hand(url):
    """A connection that finds the library's functions as it finds them itself."""
    return psycopg.connect(url, options="-c search_path=public,jobs")


async def queued(sessions, name="note", **arguments):
    async with sessions.begin() as session:
        return await enqueue(session, name, Queue.UPKEEP, **arguments)


async def standing(sessions):
    """(name, status, attempts) of each job that has not succeeded."""
    async with sessions() as session:
        return [(job.name, job.status, job.attempts) for job in await unfinished(session)]


async def _nothing_left(sessions):
    return await standing(sessions) == []


@pytest.fixture
def effects(database_url):
    """A table that jobs write to, and a call that gives what they wrote."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE effects (job text, said text)")
        yield lambda: owner.execute("SELECT said FROM effects ORDER BY said").fetchall()


def noting(name="note", before=None):
    """A kind of job that writes down what it was told, after `before` has let it."""

    async def note(tools, said="nothing"):
        if before is not None:
            await before()
        async with tools.sessions.begin() as session:
            connection = await session.connection()
            await connection.exec_driver_sql("INSERT INTO effects VALUES (%s, %s)", (name, said))

    return Kind(name, Queue.UPKEEP, note)


@asynccontextmanager
async def a_worker(url, *kinds, **how):
    working = Working(Settings(database_url=url), kinds=kinds, **how)
    async with working.beside():
        yield working


async def test_a_job_is_run_after_its_cause_is_committed(database_url, worker_sessions, effects):
    async with a_worker(database_url, noting()):
        await queued(worker_sessions, said="hello")
        await until(lambda: _nothing_left(worker_sessions))

    assert effects() == [("hello",)]


async def test_a_cause_that_is_rolled_back_leaves_no_job(worker_sessions):
    async with worker_sessions() as session, session.begin() as transaction:
        await enqueue(session, "note", Queue.UPKEEP, said="never")
        during = [job.name for job in await unfinished(session)]
        await transaction.rollback()

    assert during == ["note"]
    assert await standing(worker_sessions) == []


async def test_the_api_can_neither_see_nor_queue_jobs(database_url, api_sessions):
    with psycopg.connect(with_user(database_url, API)) as api, pytest.raises(psycopg.errors.InsufficientPrivilege):
        api.execute("SELECT * FROM jobs.procrastinate_jobs")
    async with api_sessions() as session:
        with pytest.raises((ConnectorException, psycopg.Error)):
            await enqueue(session, "note", Queue.UPKEEP)


async def test_a_worker_runs_only_the_queues_it_was_given(database_url, worker_sessions, effects):
    async with a_worker(database_url, noting(), noting("other"), queues=(Queue.RECONCILIATION,)):
        await queued(worker_sessions, said="of another queue")
        async with worker_sessions.begin() as session:
            await enqueue(session, "other", Queue.RECONCILIATION, said="mine")
        await until(lambda: _equals(standing(worker_sessions), [("note", "todo", 0)]))

    assert effects() == [("mine",)]


async def _equals(coroutine, value):
    return await coroutine == value


async def test_two_of_a_kind_never_run_at_the_same_time(database_url, worker_sessions, effects):
    running, most = 0, 0

    async def counted():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1

    for number in range(4):
        await queued(worker_sessions, said=str(number))
    async with a_worker(database_url, noting(before=counted), concurrency=4):
        await until(lambda: _nothing_left(worker_sessions))

    assert most == 1
    assert len(effects()) == 4


async def test_a_job_whose_trouble_may_pass_is_tried_again_later(database_url, worker_sessions, effects):
    async def gone():
        raise OSError("connection refused")

    await queued(worker_sessions)
    async with a_worker(database_url, noting(before=gone)):
        await until(lambda: _equals(standing(worker_sessions), [("note", "todo", 1)]))

    assert effects() == []


async def test_a_job_that_meets_a_bug_is_dead_until_a_person_starts_it_anew(database_url, worker_sessions, effects):
    broken = True

    async def buggy():
        if broken:
            raise KeyError("bug")

    number = await queued(worker_sessions, said="at last")
    async with a_worker(database_url, noting(before=buggy)):
        await until(lambda: _equals(standing(worker_sessions), [("note", "failed", 1)]))
        broken = False
        async with worker_sessions.begin() as session:
            await retry(session, number)
        await until(lambda: _nothing_left(worker_sessions))

    assert effects() == [("at last",)]


async def test_a_job_that_is_not_dead_is_not_started_anew(worker_sessions):
    number = await queued(worker_sessions)

    async with worker_sessions.begin() as session:
        with pytest.raises(NotFound, match=str(number)):
            await retry(session, number)


@pytest.mark.parametrize(
    ("error", "attempts", "again"),
    [
        (OSError(), 0, True),
        (TimeoutError(), MOST_ATTEMPTS - 2, True),
        (OSError(), MOST_ATTEMPTS - 1, False),
        (OperationalError("", {}, OSError()), 0, True),
        (DBAPIError("", {}, OSError()), 0, False),
        (KeyError("bug"), 0, False),
        (asyncio.CancelledError(), 50, True),
    ],
)
def test_what_may_pass_is_tried_again_and_what_is_a_bug_is_not(error, attempts, again):
    from procrastinate.jobs import Job  # noqa: PLC0415

    job = Job(queue="upkeep", lock=None, queueing_lock=None, task_name="note", attempts=attempts)

    assert (Backoff().get_retry_decision(exception=error, job=job) is not None) == again


def test_each_try_comes_later_than_the_one_before_and_none_after_an_hour():
    from procrastinate.jobs import Job  # noqa: PLC0415
    from procrastinate.utils import utcnow  # noqa: PLC0415

    now = utcnow()
    jobs = [Job(queue="q", lock=None, queueing_lock=None, task_name="n", attempts=each) for each in range(9)]
    waits = [
        (Backoff().get_retry_decision(exception=OSError(), job=job).retry_at - now).total_seconds() for job in jobs
    ]

    assert [round(each) for each in waits] == [5, 10, 20, 40, 80, 160, 320, 640, 1280]


async def test_a_stop_lets_the_running_job_end_and_takes_no_other(database_url, worker_sessions, effects):
    started, may_end = asyncio.Event(), asyncio.Event()

    async def held():
        started.set()
        await may_end.wait()

    await queued(worker_sessions, said="first")
    await queued(worker_sessions, said="second")
    async with a_worker(database_url, noting(before=held)) as working:
        await started.wait()
        working.stop()
        may_end.set()

    assert effects() == [("first",)]
    assert await standing(worker_sessions) == [("note", "todo", 0)]


CHILD = """
import asyncio, sys
from app import logs, working
from app.jobs import Kind
from app.settings import settings
from domain.jobs import Queue

async def note(tools, said="nothing"):
    print("running", flush=True)
    await asyncio.sleep(float(sys.argv[1]))
    async with tools.sessions.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("INSERT INTO effects VALUES ('note', %s)", (said,))

logs.configure("json", "INFO")
kinds = (Kind("note", Queue.UPKEEP, note),)
asyncio.run(working.work(settings(), kinds=kinds, grace=float(sys.argv[2])))
"""


@asynccontextmanager
async def a_worker_process(url, *, takes, grace):
    """A worker in a process of its own; its job says `running` when it begins, and takes so many seconds."""
    environment = {"PATH": os.defpath, "CCC_DATABASE_URL": url, "CCC_LOG_FORMAT": "json"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD,
        str(takes), str(grace), cwd=ROOT, env=environment, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_job_of_a_killed_worker_is_run_again_and_its_effect_happens_once(
    database_url, worker_sessions, effects
):
    await queued(worker_sessions, said="once")
    async with a_worker_process(database_url, takes=60, grace=60) as process:
        assert await process.stdout.readline() == b"running\n"
        process.kill()
        await process.wait()
    left = await standing(worker_sessions)
    with psycopg.connect(database_url) as owner:  # half a minute later
        owner.execute("UPDATE jobs.procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")

    async with a_worker(database_url, noting()):
        await until(lambda: _nothing_left(worker_sessions))

    assert left == [("note", "doing", 0)]
    assert effects() == [("once",)]


async def test_the_jobs_of_workers_that_live_are_left_to_them(database_url, worker_sessions, effects):
    async with a_worker_process(database_url, takes=60, grace=60) as process:
        await queued(worker_sessions)
        assert await process.stdout.readline() == b"running\n"

        async with worker_sessions.begin() as session:
            found = await rescued(session)

    assert (found, effects()) == ([], [])


async def test_a_job_that_ends_every_worker_is_dead_after_a_while(database_url, worker_sessions):
    await queued(worker_sessions)
    with by_hand(database_url) as owner:
        owner.execute("UPDATE jobs.procrastinate_jobs SET status = 'doing', attempts = %s", [MOST_ATTEMPTS - 1])

    async with worker_sessions.begin() as session:
        found = await rescued(session)

    assert [(job.name, job.attempts) for job in found] == [("note", MOST_ATTEMPTS)]
    assert await standing(worker_sessions) == [("note", "failed", MOST_ATTEMPTS)]


async def test_two_who_look_for_lost_jobs_at_once_give_each_back_once(database_url, worker_sessions):
    for _ in range(5):
        await queued(worker_sessions)
    with by_hand(database_url) as owner:
        owner.execute("DROP INDEX jobs.procrastinate_jobs_lock_idx_v1")
        owner.execute("UPDATE jobs.procrastinate_jobs SET status = 'doing'")

    async def look():
        async with worker_sessions.begin() as session:
            return await rescued(session)

    found = [job.id for each in await asyncio.gather(look(), look(), look()) for job in each]

    assert len(found) == len(set(found)) == 5
    assert await standing(worker_sessions) == [("note", "todo", 1)] * 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_worker_after_its_job(database_url, worker_sessions, effects, number):
    await queued(worker_sessions, said="to the end")
    async with a_worker_process(database_url, takes=0.5, grace=30) as process:
        assert await process.stdout.readline() == b"running\n"
        process.send_signal(number)
        code = await process.wait()

    assert code == 0
    assert effects() == [("to the end",)]
    assert await standing(worker_sessions) == []


async def test_a_job_that_does_not_end_in_time_is_given_back(database_url, worker_sessions, effects):
    await queued(worker_sessions, said="later")
    async with a_worker_process(database_url, takes=60, grace=0.1) as process:
        assert await process.stdout.readline() == b"running\n"
        process.send_signal(signal.SIGTERM)
        code = await process.wait()
    given_back = await standing(worker_sessions)

    async with a_worker(database_url, noting()):
        await until(lambda: _nothing_left(worker_sessions))

    assert (code, given_back) == (0, [("note", "todo", 1)])
    assert effects() == [("later",)]


async def test_a_worker_goes_on_when_its_database_comes_back(database_url, worker_sessions, effects, json_logs):
    async with a_worker(database_url, noting()):
        await queued(worker_sessions, said="before")
        await until(lambda: _nothing_left(worker_sessions))
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute("ALTER SCHEMA jobs RENAME TO elsewhere")
            await until(lambda: _true(any(line["event"] == "jobs cannot be run" for line in json_logs())))
            admin.execute("ALTER SCHEMA elsewhere RENAME TO jobs")
        await queued(worker_sessions, said="since")
        await until(lambda: _nothing_left(worker_sessions))

    assert effects() == [("before",), ("since",)]


async def _true(value):
    return value


def figures(metrics):
    return {
        (sample.name, *(sample.labels.get(each) for each in ("queue", "status") if each in sample.labels)): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if sample.name.startswith("ccc_jobs")
    }


async def test_metrics_say_what_waits_runs_and_failed_and_since_when(databases, database_url):
    metrics = Metrics()
    metrics.measured = Measured(databases, None, None, Watch(databases.worker))
    for _ in range(4):
        await queued(databases.worker)
    with by_hand(database_url) as owner:
        ids = [row[0] for row in owner.execute("SELECT id FROM jobs.procrastinate_jobs ORDER BY id")]
        owner.execute("UPDATE jobs.procrastinate_jobs SET status = 'doing' WHERE id = %s", ids[:1])
        owner.execute("UPDATE jobs.procrastinate_jobs SET status = 'failed' WHERE id = %s", ids[1:2])
        owner.execute("UPDATE jobs.procrastinate_events SET at = at - interval '1 hour' WHERE job_id = %s", ids[2:3])

    await metrics.look()
    found = figures(metrics)

    assert [found["ccc_jobs", "upkeep", status] for status in ("todo", "doing", "failed")] == [2, 1, 1]
    assert found["ccc_jobs", "reconciliation", "failed"] == 0
    assert 3_600 <= found["ccc_jobs_oldest_seconds", "upkeep"] < 3_700
    assert found["ccc_jobs_oldest_seconds", "reconciliation"] == 0


async def test_without_a_database_nothing_is_told_of_jobs_and_all_else_is(databases, database_url):
    metrics = Metrics()
    metrics.measured = Measured(databases, None, None, Watch(databases.worker))
    with psycopg.connect(database_url) as owner:
        owner.execute("ALTER SCHEMA jobs RENAME TO elsewhere")

    await metrics.look()

    assert figures(metrics) == {}
    assert b"ccc_database_pool_size" in metrics.text()


@pytest.mark.parametrize(
    ("named", "queues"),
    [("", ()), ("upkeep", (Queue.UPKEEP,)), (" upkeep , reconciliation", (Queue.UPKEEP, Queue.RECONCILIATION))],
)
def test_queues_are_named_with_commas(named, queues):
    assert queues_named(named) == queues


def test_a_queue_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(BadInput, match="upkeep"):
        queues_named("mail")


def test_a_job_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(NotFound, match=KINDS[0].name):
        kind_named("mail")


def said(*arguments, **environment):
    return subprocess.run(
        [str(CCC), *arguments],
        cwd=ROOT, env={"PATH": os.defpath, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_commands_explain_themselves():
    assert "--concurrency" in said("worker", "--help").stdout
    assert "--retry" in said("jobs", "--help").stdout


def test_a_job_is_queued_and_listed_from_the_command_line(database_url):
    listed = said("jobs", "--run", "reconcile", CCC_DATABASE_URL=database_url)

    number, status, queue, name, *_ = listed.stdout.split("\t")
    assert (status, queue, name) == ("todo", "reconciliation", "reconcile")
    refused = said("jobs", "--retry", number, CCC_DATABASE_URL=database_url)
    assert (refused.returncode, refused.stderr.split(":")[0]) == (2, "ccc")


def test_a_line_is_logged_for_each_run(database_url):
    said("jobs", "--run", "reconcile", CCC_DATABASE_URL=database_url)
    with subprocess.Popen(
        [str(CCC), "worker"],
        cwd=ROOT, env={"PATH": os.defpath, "CCC_DATABASE_URL": database_url, "CCC_LOG_FORMAT": "json"},
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        lines = []
        for line in process.stderr:
            lines.append(orjson.loads(line))
            # others may come due by themselves meanwhile
            if lines[-1]["event"] == "job" and lines[-1]["job"] == "reconcile":
                process.terminate()

    run = next(line for line in lines if line["event"] == "job" and line["job"] == "reconcile")
    assert (run["ended"], run["attempts"]) == ("succeeded", 0)
    assert lines[-1]["event"] == "worker stopped"
    assert process.returncode == 0


async def test_a_difference_is_told_in_the_log(worker_sessions, json_logs):
    async with worker_sessions.begin() as session:
        user = await person(session)
        session.add(Balance(user_id=user, balance=7, entries=1))

    await reconcile(Tools(worker_sessions))

    said = next(line for line in json_logs() if line["event"] == "figures differ")
    assert (said["level"], said["what"], str(user) in said["difference"]) == ("error", "balances", True)
