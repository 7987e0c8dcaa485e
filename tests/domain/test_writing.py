"""Many rows by COPY and few by a statement arrive as the same rows."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
from psycopg.errors import UniqueViolation
from sqlalchemy import text

from domain.activities import Activity
from domain.base import driver_of, run, table_of, uuid7
from domain.credits import Balance
from domain.records import Payload
from domain.writing import Mode, Sheet, written
from tests.domain.factories import MORNING, figure, person

ACTIVITY = tuple(column.name for column in table_of(Activity).columns)


def activities(count):
    """Rows whose cells are empty, extreme and awkward in turn."""
    words = itertools.cycle(["run", "", 'a "quoted" \\ word\t\n', "วิ่งเทรล", "{},NULL"])
    figures = itertools.cycle([0.0, -1.5, 1e300, 5032.1])
    gaps = itertools.cycle([None, 0, 1, 2**40, -(2**40)])
    lists = itertools.cycle([[], ["VERY_FAST"], ['"', "\\", "", "ก"]])
    for n in range(count):
        at = MORNING + timedelta(days=n * 1000 - 9000, microseconds=n)
        yield {
            "user_id": uuid7(), "id": uuid7(), "sport": next(words), "started_at": at, "ended_at": at,
            "local_date": date(1999, 12, 31) + timedelta(days=n), "elapsed_seconds": next(figures),
            "moving_seconds": next(gaps), "distance_meters": None, "energy_kcal": next(figures),
            "energy_source": next(words), "met_code": next(words) if n % 2 else None, "mass_kg": 62.5,
            "steps": next(gaps), "pulse_bpm": n if n % 3 else None, "manual": n % 2 == 0, "source": next(words),
            "speaks_record_id": uuid7(), "partner_name": "garmin", "owner_only": False, "record_count": n,
            "verdict": "accepted", "reasons": next(lists), "decisions": next(lists),
            "credits": -n, "updated_at": MORNING,
            "deleted_at": at if n % 2 else None,
        }  # fmt: skip


@pytest.mark.parametrize("count", [1, 60])
async def test_rows_are_read_as_they_were_written(worker_sessions, count):
    rows = list(activities(count))

    async with worker_sessions() as session, session.begin():
        sheet = Sheet(Activity, Mode.INSERT, ACTIVITY, [tuple(row[name] for name in ACTIVITY) for row in rows])
        await written(await driver_of(session), [sheet])
        found = (await run(session, text("SELECT * FROM activities ORDER BY record_count"))).mappings().all()

    assert [dict(each) for each in found] == rows


@pytest.mark.parametrize("count", [1, 60])
async def test_bytes_arrive_whole_and_a_key_that_exists_is_an_error(worker_sessions, count):
    user = uuid7()
    raws = [bytes(range(256)) * n for n in range(count)]
    sheet = Sheet(Payload, Mode.INSERT, ("user_id", "record_id", "raw"), [(user, uuid7(), raw) for raw in raws])

    async with worker_sessions() as session, session.begin():
        await written(await driver_of(session), [sheet])
        found = (await run(session, text("SELECT raw FROM payloads ORDER BY length(raw)"))).scalars().all()

    assert [bytes(each) for each in found] == raws
    async with worker_sessions() as session, session.begin():
        with pytest.raises(UniqueViolation):
            await written(await driver_of(session), [sheet])


async def test_figures_are_added_to_rows_that_exist_and_to_those_that_do_not(worker_sessions):
    async with worker_sessions() as session, session.begin():
        one, other = await person(session), await person(session)
        connection = await driver_of(session)
        sheet = Sheet(Balance, Mode.ADD, ("user_id", "balance", "entries"), [(one, 5, 1)])

        await written(connection, [sheet])
        await written(connection, [replace(sheet, rows=[(one, -2, 1), (other, 7, 1)])])

        balances = "SELECT array_agg((balance, entries)::text ORDER BY balance) FROM credit_balances"
        assert await figure(session, balances) == ["(3,2)", "(7,1)"]
