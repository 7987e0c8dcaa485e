"""Files through the door: kept, read by a worker, told about, and never left behind."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Uuid, text

from app.jobs import Tools, sweep_uploads
from app.uploading import reading_of
from app.working import Working
from domain.base import run
from domain.connections import connect
from domain.jobs import Queue
from domain.partners import Partner
from domain.uploads import Upload
from engine.ids import decoded
from tests.app.delivering import SAMPLES, SLOW, code, lines, settings_of, the_door, workout, zipped
from tests.domain.factories import figure, person

APPLE = SAMPLES / "apple_health" / "export_ios17_workoutstatistics.xml"
FORM = "multipart/form-data; boundary=x"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "uploads").mkdir(mode=0o700)
    return tmp_path / "uploads"


@pytest.fixture
def settings(database_url, key_path, folder):
    return settings_of(database_url, key_path, folder, uploads_under_way=2, upload_bytes=5_000_000)


@pytest_asyncio.fixture
async def club(worker_sessions):
    async with worker_sessions() as session, session.begin():
        session.add(Partner(name="club", title_th="ชมรม", title_en="Club", kind="agency", adapter="ccc_ndjson"))
        await session.flush()
        user = await person(session, mass_kg=62.0)
        await connect(session, user, "club", "p-1")
        await connect(session, user, "apple_health", "a-1")
    return user


@pytest.fixture
def door(settings, club):  # noqa: ARG001 - the partner must be there
    with the_door(settings) as client:
        yield client


async def state_of(sessions, answer):
    """The upload's row."""
    key = decoded(answer.json()["upload"]["id"], {"Upload": Uuid()}).key
    async with sessions() as session:
        return await session.get(Upload, key)


async def read_by_a_worker(settings, sessions, *answers):
    """The rows of uploads once a worker has ended them."""
    working = Working(settings, queues=(Queue.UPLOADS,))
    async with working.beside():
        for _ in range(1_000):
            rows = [await state_of(sessions, each) for each in answers]
            if all(row.ended_at for row in rows):
                return rows
            await asyncio.sleep(0.05)
    raise AssertionError("the uploads were not read in fifty seconds")


async def stored(sessions):
    async with sessions() as session:
        return await figure(session, "SELECT count(*) FROM records")


async def test_a_file_is_answered_at_once_and_read_by_a_worker(door, settings, worker_sessions):
    body = lines(*(workout(n) for n in range(1_200)), {"bad": 1}, workout(0, distanceMeters="far"))

    answer = await asyncio.to_thread(door.upload, "club", body, "../../ของ สมชาย 1101700207030.ndjson")
    waiting = door.spooled()
    (row,) = await read_by_a_worker(settings, worker_sessions, answer)

    assert (answer.status_code, answer.json()["upload"]["state"]) == (202, "WAITING")
    assert waiting == [row.id.hex]
    assert (row.state, row.items, row.created, row.quarantined) == ("done", 1_202, 1_200, 2)
    assert row.bytes_read == row.bytes_total == row.file_bytes == len(body)
    assert row.file_name == "ของ สมชาย xxxxxxxxxxxxx.ndjson"
    assert door.spooled() == []
    assert await stored(worker_sessions) == 1_200


async def test_a_file_sent_again_changes_nothing_and_its_errors_are_those_of_both(door, settings, worker_sessions):
    body = gzip.compress(lines(*(workout(n) for n in range(5)), {"bad": 1}))

    answers = [await asyncio.to_thread(door.upload, "club", body) for _ in range(2)]
    first, again = await read_by_a_worker(settings, worker_sessions, *answers)

    assert (first.created, first.quarantined) == (5, 1)
    assert (again.created, again.unchanged, again.quarantined) == (0, 5, 1)
    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(*) FROM quarantine") == 1
        assert await figure(session, "SELECT count(*) FROM upload_errors") == 2


async def test_a_file_that_names_nobody_is_the_persons_whom_the_form_names(door, settings, worker_sessions, club):
    archive = zipped([("apple_health_export/export.xml", APPLE.read_bytes())])

    answers = [
        await asyncio.to_thread(door.upload, "apple_health", archive, "export.zip", person=name)
        for name in ("a-1", "a-2")
    ]
    known, unknown = await read_by_a_worker(settings, worker_sessions, *answers)

    assert known.created == known.items - known.skipped > 0
    assert (unknown.created, unknown.quarantined) == (0, unknown.items - unknown.skipped)
    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(DISTINCT user_id) FROM records WHERE user_id = :u", u=club) == 1
        waits = (
            "SELECT count(*) FROM quarantine WHERE code = 'UNKNOWN_PERSON' AND person_ref = 'a-2' AND draft IS NOT NULL"
        )
        assert await figure(session, waits) == unknown.quarantined


async def test_a_file_that_breaks_off_keeps_what_came_before_and_says_what_is_wrong(door, settings, worker_sessions):
    answer = await asyncio.to_thread(door.upload, "apple_health", b"<HealthData><Workout", person="a-1")

    (row,) = await read_by_a_worker(settings, worker_sessions, answer)

    assert (row.state, row.problem_code, row.items) == ("failed", "BAD_PAYLOAD", 0)
    assert "broken" in row.problem_message
    assert door.spooled() == []


async def test_only_so_many_files_of_a_partner_are_under_way(door, settings, worker_sessions):
    answers = [await asyncio.to_thread(door.upload, "club", lines(workout(n))) for n in range(4)]
    other = await asyncio.to_thread(door.upload, "apple_health", APPLE.read_bytes(), person="a-1")
    await read_by_a_worker(settings, worker_sessions, *answers[:2], other)
    later = await asyncio.to_thread(door.upload, "club", lines(workout(9)))

    assert [each.status_code for each in (*answers, other, later)] == [202, 202, 429, 429, 202, 202]
    assert (code(answers[2]), int(answers[2].headers["retry-after"]) > 0) == ("RATE_LIMITED", True)


def form(*parts, end=b"--x--\r\n"):
    return b"".join(b"--x\r\n" + head + b"\r\n\r\n" + body + b"\r\n" for head, body in parts) + end


FILE = b'Content-Disposition: form-data; name="file"; filename="f"'
PERSON = b'Content-Disposition: form-data; name="person"'
LINE = lines(workout(1))
GOOD = form((FILE, LINE))
REFUSED = {
    "no form": (LINE, "application/x-ndjson", 415),
    "no boundary": (GOOD, "multipart/form-data", 400),
    "too long a boundary": (GOOD, f"multipart/form-data; boundary={'x' * 5_000}", 400),
    "empty": (b"", FORM, 400),
    "no file": (form((PERSON, b"a-1")), FORM, 400),
    "a file without a name": (form((b'Content-Disposition: form-data; name="file"', LINE)), FORM, 400),
    "two files": (form((FILE, LINE), (FILE, LINE)), FORM, 400),
    "a field twice": (form((PERSON, b"a"), (PERSON, b"b"), (FILE, LINE)), FORM, 400),
    "a field nobody knows": (form((b'Content-Disposition: form-data; name="x"', b"a"), (FILE, LINE)), FORM, 400),
    "a field too long": (form((PERSON, b"a" * 1_001), (FILE, LINE)), FORM, 400),
    "a field that is no UTF-8": (form((PERSON, b"\xff"), (FILE, LINE)), FORM, 400),
    "a person of NUL": (form((PERSON, b"a\x00b"), (FILE, LINE)), FORM, 400),
    "cut off": (GOOD[:-20], FORM, 400),
    "cut off in a header": (GOOD[:30], FORM, 400),
    "a huge header": (form((FILE + b"\r\nX: " + b"a" * 100_000, LINE)), FORM, 400),
    "many headers": (form((FILE + b"\r\nX: a" * 1_000, LINE)), FORM, 400),
    "a huge name": (form((FILE[:-2] + b"f" * 1_000_000 + b'"', LINE)), FORM, 400),
    "many parts": (form(*[(PERSON, b"a")] * 1_000), FORM, 400),
    "too large": (form((FILE, b"x" * 5_100_000)), FORM, 413),
    "a bomb": (form((FILE, zipped([("a.ndjson", b"\n" * 30_000_000)]))), FORM, 413),
    "a path trick": (form((FILE, zipped([("../a.ndjson", LINE)]))), FORM, 422),
    "an archive within": (form((FILE, zipped([("a.zip", LINE)]))), FORM, 422),
}


@pytest.mark.parametrize(("body", "kind", "status"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_form_that_is_refused_leaves_nothing_behind(door, worker_sessions, body, kind, status):
    headers = {**door.bearer("club"), "content-type": kind}

    answer = await asyncio.to_thread(door.http.post, "/partners/club/files", content=body, headers=headers)

    assert answer.status_code == status
    assert code(answer)
    assert door.spooled() == []
    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(*) FROM uploads") == 0
        assert await figure(session, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'upload'") == 0


@pytest.mark.parametrize(("name", "status"), [("garmin", 404), ("nobody", 404), (None, 401)])
async def test_files_are_taken_from_the_partner_itself_alone(door, name, status):
    headers = door.bearer("club") if name else {}

    answer = await asyncio.to_thread(
        door.http.post, f"/partners/{name or 'club'}/files", files={"file": ("f", LINE)}, headers=headers
    )

    assert answer.status_code == status
    assert door.spooled() == []


async def test_a_form_that_stops_coming_leaves_nothing_behind(settings, club, worker_sessions):  # noqa: ARG001
    with the_door(settings, pace=SLOW) as door:
        pieces = [GOOD[:60]]

        async def receive():
            if not pieces:
                await asyncio.sleep(3_600)
            return {"type": "http.request", "body": pieces.pop(), "more_body": True}

        said = []

        async def sent():
            given = {**door.bearer("club"), "content-type": FORM}
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/partners/club/files",
                "query_string": b"",
                "headers": [(k.encode(), v.encode()) for k, v in given.items()],
                "state": dict(door.http.app_state),
            }

            async def send(message):
                said.append(message)

            await door.http.app(scope, receive, send)

        await asyncio.to_thread(door.http.portal.call, sent)

        assert said[0]["status"] == 408
        assert door.spooled() == []
    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(*) FROM uploads") == 0


WORKER = """
import asyncio, os, sys
from app import uploading
from app.settings import Settings
from app.working import work
from domain.jobs import Queue

given = Settings(**{each.partition("=")[0]: each.partition("=")[2] for each in sys.argv[1:]})
noted = uploading.uploads.noted

async def killed(*arguments, before, **more):
    if before >= 2_000:
        os.kill(os.getpid(), 9)
    await noted(*arguments, before=before, **more)

uploading.uploads.noted = killed
asyncio.run(work(given, queues=(Queue.UPLOADS,)))
"""


async def test_a_worker_that_is_killed_is_followed_by_one_that_goes_on_where_it_stopped(
    door, settings, worker_sessions
):
    body = lines(*(workout(n) for n in range(3_500)))
    answer = await asyncio.to_thread(door.upload, "club", body)
    given = [
        f"database_url={settings.database_url}",
        f"citizen_number_key={'k' * 32}",
        f"uploads_dir={settings.uploads_dir}",
    ]
    command = [sys.executable, "-c", WORKER, *given]
    ended = await asyncio.to_thread(
        subprocess.run, command, cwd=SAMPLES.parents[1], capture_output=True, check=False, timeout=120
    )
    broken_off = await state_of(worker_sessions, answer)
    async with worker_sessions.begin() as session:
        await run(session, text("UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))

    (row,) = await read_by_a_worker(settings, worker_sessions, answer)

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert (broken_off.state, broken_off.items, broken_off.created) == ("reading", 2_000, 2_000)
    assert (row.state, row.items, row.created, row.unchanged) == ("done", 3_500, 3_500, 0)
    assert await stored(worker_sessions) == 3_500
    assert door.spooled() == []


async def test_what_nobody_works_at_any_more_is_given_up_and_swept(door, settings, worker_sessions):
    answers = [await asyncio.to_thread(door.upload, "club", lines(workout(n))) for n in range(2)]
    rows = [await state_of(worker_sessions, each) for each in answers]
    (settings.uploads_dir / f"{UUID(int=7).hex}.part").write_bytes(b"half")
    (settings.uploads_dir / "notes.txt").write_bytes(b"not ours")
    for each in settings.uploads_dir.iterdir():
        os.utime(each, (0, 0))
    async with worker_sessions.begin() as session:
        await run(session, text("DELETE FROM jobs.procrastinate_jobs WHERE id = :id"), {"id": rows[0].job_id})

    await sweep_uploads(Tools(worker_sessions, reading=reading_of(settings, worker_sessions)))

    first, second = [await state_of(worker_sessions, each) for each in answers]
    assert (first.state, first.problem_code, second.state) == ("failed", "INTERNAL_SERVER_ERROR", "waiting")
    assert door.spooled() == sorted([second.id.hex, "notes.txt"])
