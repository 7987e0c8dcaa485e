"""What reading long files takes in memory: no more for a long one than for a short one."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio

from app.logs import log
from bench.long_files import apple_export, lines, written
from domain.connections import connect
from domain.partners import Partner
from tests.domain.factories import person

ROOT = Path(__file__).parents[2]
MOST_MEGABYTES = 300
# The process is a worker: it reads an upload from the spool, and then says what it took at its peak.
READER = """
import asyncio, json, re, sys
from datetime import UTC, datetime
from pathlib import Path
from app import db
from app.settings import Settings
from app.uploading import read, reading_of
from domain import uploads

url, folder, partner, person, file = sys.argv[1:]

def peak():
    # Not ru_maxrss, which begins with what the parent took when it started this process.
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024

async def main():
    settings = Settings(database_url=url, citizen_number_key="k" * 32, uploads_dir=folder)
    async with db.opened(settings) as databases:
        reading = reading_of(settings, databases.worker)
        async with databases.worker.begin() as session:
            upload = await uploads.begun(session, partner, None, 100, datetime.now(UTC))
            Path(file).rename(reading.spool.of(upload))
            await uploads.accepted(
                session, upload, partner, person_ref=person or None, file_name=None, size=1, total=1
            )
        before = peak()
        await read(reading, upload)
        async with databases.worker() as session:
            row = await session.get(uploads.Upload, upload)
    print(json.dumps({"state": row.state, "problem": row.problem_message, "items": row.items, "created": row.created,
                      "merged": row.merged, "skipped": row.skipped, "before": before, "peak": peak(),
                      "seconds": (row.ended_at - row.started_at).total_seconds()}))

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "uploads").mkdir(mode=0o700)
    return tmp_path / "uploads"


@pytest_asyncio.fixture
async def somebody(worker_sessions):
    async with worker_sessions.begin() as session:
        user = await person(session, mass_kg=62.0)
        await connect(session, user, "apple_health", "a-1")
    return user


async def club_of(sessions, people):
    """A partner that sends our own format, and so many who have connected to it."""
    async with sessions.begin() as session:
        session.add(Partner(name="club", title_th="ชมรม", title_en="Club", kind="agency", adapter="ccc_ndjson"))
        await session.flush()
        for number in range(people):
            await connect(session, await person(session, mass_kg=62.0), "club", f"p-{number}")


async def read_in_a_process(url, folder, file, partner, person=""):
    """What a process of its own says after it has read the file: megabytes, seconds, and what became of it."""
    command = [sys.executable, "-c", READER, url, str(folder), partner, person, str(file)]
    ended = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()[-3000:]
    said = json.loads(ended.stdout.splitlines()[-1])
    assert said["state"] == "done", said
    return said


@pytest.mark.usefixtures("somebody")
@pytest.mark.parametrize("kind", ["plain", "zip"])
async def test_an_export_of_thirty_megabytes_takes_no_more_than_one_of_three(database_url, folder, tmp_path, kind):
    short, long = [
        await read_in_a_process(
            database_url, folder, written(tmp_path / "file", apple_export(size), kind), "apple_health", "a-1"
        )
        for size in (3_000_000, 30_000_000)
    ]

    assert min(short["created"], long["created"]) > 0
    assert long["peak"] < MOST_MEGABYTES
    assert long["peak"] < short["peak"] + 40, (short, long)


async def test_ten_times_the_lines_take_no_more(database_url, folder, tmp_path, worker_sessions):
    await club_of(worker_sessions, 50)
    short, long = [
        await read_in_a_process(
            database_url, folder, written(tmp_path / "file", lines(count, 50, padded=2_500)), "club"
        )
        for count in (1_500, 10_000)
    ]

    assert (short["items"], long["items"]) == (1_500, 10_000)
    assert long["peak"] < MOST_MEGABYTES
    assert long["peak"] < short["peak"] + 40, (short, long)


@pytest.mark.long
@pytest.mark.usefixtures("somebody")
@pytest.mark.parametrize("kind", ["plain", "zip"])
async def test_a_gigabyte_of_an_export_is_read_in_under_three_hundred_megabytes(database_url, folder, tmp_path, kind):
    file = await asyncio.to_thread(written, tmp_path / "file", apple_export(1_000_000_000), kind)

    said = await read_in_a_process(database_url, folder, file, "apple_health", "a-1")

    log.info("read", kind=kind, **said)
    assert said["created"] > 3_000
    assert said["peak"] < MOST_MEGABYTES


@pytest.mark.long
async def test_a_million_lines_are_read_in_under_three_hundred_megabytes(
    database_url, folder, tmp_path, worker_sessions
):
    await club_of(worker_sessions, 2_000)
    file = await asyncio.to_thread(written, tmp_path / "file", lines(1_000_000, 2_000))

    said = await read_in_a_process(database_url, folder, file, "club")

    log.info("read", **said)
    assert said["items"] == said["created"] + said["merged"] == 1_000_000
    assert said["peak"] < MOST_MEGABYTES
