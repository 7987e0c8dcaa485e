"""One run that five partners report, each as it would really come in: by HTTP, in the encodings of partners."""

import asyncio
import gzip

import pytest
import pytest_asyncio

from app.checking import checked
from app.working import Working
from domain.connections import connect
from domain.jobs import Queue
from tests.app.delivering import SAMPLES, settings_of, the_door, zipped
from tests.domain.factories import activities_of, balance_of, figure, person

RUN = SAMPLES / "_scenarios" / "A_same_run_5_sources"
CSV = "text/csv; charset=utf-8"


@pytest_asyncio.fixture
async def malee(worker_sessions):
    """Somebody whom five partners know by five names."""
    async with worker_sessions.begin() as session:
        user = await person(session, mass_kg=62.0)
        for partner, ref in (
            ("garmin", "g-u7"),
            ("strava", "s-7"),
            ("health_connect", "h-7"),
            ("polar", "p-7"),
            ("dpe", "A0007"),
        ):
            await connect(session, user, partner, ref)
    return user


@pytest.fixture
def settings(database_url, key_path, tmp_path):
    (tmp_path / "uploads").mkdir(mode=0o700)
    return settings_of(database_url, key_path, tmp_path / "uploads", partner_secrets={"garmin": "unguessable"})


def sent(door):
    """All five, and their answers."""
    name = {int(each.name[0]): each for each in RUN.iterdir()}
    body = {number: path.read_bytes() for number, path in name.items()}
    pushed = {"content-type": "application/json", "content-encoding": "gzip"}
    return [
        door.http.post("/partners/garmin?key=unguessable", content=gzip.compress(body[1]), headers=pushed),
        door.upload("strava", body[2], "activity.json", person="s-7"),
        door.upload("health_connect", gzip.compress(body[3]), "sync.json.gz", person="h-7"),
        door.upload("polar", zipped([("exercises/PX1.json", body[4])]), "polar.zip", person="p-7"),
        door.deliver("dpe", body[5], CSV),
    ]


async def all_read(sessions):
    for _ in range(1_000):
        async with sessions() as session:
            if not await figure(session, "SELECT count(*) FROM uploads WHERE ended_at IS NULL"):
                return
        await asyncio.sleep(0.05)
    raise AssertionError("the uploads were not read in fifty seconds")


async def test_one_run_of_five_sources_through_the_door_is_one_activity_credited_once(settings, malee, worker_sessions):
    with the_door(settings) as door:
        first = await asyncio.to_thread(sent, door)
        async with Working(settings, queues=(Queue.UPLOADS,)).beside():
            await all_read(worker_sessions)
            again = await asyncio.to_thread(sent, door)
            await all_read(worker_sessions)
        left = door.spooled()

    assert [each.status_code for each in first + again] == [200, 202, 202, 202, 200] * 2
    assert [each.json()["counts"] for each in (again[0], again[4])] == [{"unchanged": 1}] * 2
    async with worker_sessions() as session:
        (activity,) = await activities_of(session, malee)
        assert (activity.partner_name, activity.energy_kcal, activity.record_count) == ("garmin", 371, 5)
        assert await balance_of(session, malee) == 3
        assert await figure(session, "SELECT count(*) FROM credit_entries") == 1
        assert await figure(session, "SELECT sum(unchanged) FROM uploads WHERE state = 'done'") == 3
    assert left == []
    assert [line async for _, _, lines in checked(worker_sessions) for line in lines] == []
