"""Statements of one exchange: what goes in comes back, and a connection is as good after an error as before."""

import asyncio
from datetime import date, timedelta

import pytest
from psycopg.errors import DivisionByZero, OperationalError

from domain.base import driver_of, uuid7
from domain.exchange import asked
from tests.domain.factories import MORNING

LOSE = "SELECT pg_terminate_backend(pg_backend_pid())"
HALF = "SELECT 10 / $1::int"
SAME = "SELECT n FROM unnest($1::integer[]) AS n"
ARRAYS = {
    "uuid": [uuid7(), None, uuid7()],
    "text": ["", 'a "quoted" \\ word\t\n', "วิ่งเทรล", "{},NULL", None],
    "date": [date(1970, 1, 1), None, date(2026, 12, 31)],
    "timestamptz": [MORNING, None, MORNING + timedelta(microseconds=1)],
    "boolean": [True, None, False],
    "integer": [0, None, -(2**31)],
    "bigint": [2**62, None, -1],
    "double precision": [0.0, None, -1e300],
    "bytea": [b"", None, bytes(range(256))],
}


@pytest.mark.parametrize("kind", ARRAYS)
async def test_arrays_arrive_as_they_were_given(worker_sessions, kind):
    async with worker_sessions() as session, session.begin():
        connection = await driver_of(session)
        sql = f"SELECT v FROM unnest($1::{kind}[]) WITH ORDINALITY AS a(v, n) ORDER BY n"  # noqa: S608

        some, none, same = await asked(connection, (sql, [ARRAYS[kind]]), (sql, [[]]), (sql, [ARRAYS[kind]]))

    assert [value for (value,) in some] == [value for (value,) in same] == ARRAYS[kind]
    assert none == []


@pytest.mark.parametrize("value", [b"", b"\x00\xff", b"b'text'", bytes(range(256)) * 5_000, None])
async def test_bytes_arrive_as_they_were_given(worker_sessions, value):
    async with worker_sessions() as session, session.begin():
        connection = await driver_of(session)

        answers = await asked(connection, ("SELECT $1::bytea, octet_length($1::bytea)", [value]))

    assert answers == [[(value, None if value is None else len(value))]]


@pytest.mark.parametrize("kind", [bytearray, memoryview])
async def test_what_would_arrive_as_pythons_words_for_bytes_is_a_bug(worker_sessions, kind):
    async with worker_sessions() as session, session.begin():
        connection = await driver_of(session)

        with pytest.raises(TypeError, match=r"\$2: send bytes"):
            await asked(connection, (HALF, [5]), ("SELECT $1::text, $2::bytea", ["one", kind(b"two")]))

        assert await asked(connection, (HALF, [5])) == [[(2,)]]


async def test_megabytes_go_both_ways_at_once(worker_sessions):
    words = [f"{n} " * 50 for n in range(20_000)]
    async with worker_sessions() as session, session.begin():
        connection = await driver_of(session)
        sql = "SELECT v FROM unnest($1::text[]) WITH ORDINALITY AS a(v, n) ORDER BY n"

        answers = await asked(connection, *[(sql, [words])] * 3)

    assert [[value for (value,) in rows] for rows in answers] == [words] * 3


async def test_after_an_error_the_same_statements_and_others_are_answered(worker_sessions):
    async with worker_sessions() as session:
        connection = await driver_of(session)
        assert await asked(connection, (HALF, [2]), (SAME, [[1]])) == [[(5,)], [(1,)]]
        with pytest.raises(DivisionByZero):
            await asked(connection, (HALF, [0]), ("SELECT 1", []), (SAME, [[2]]))
        await session.rollback()

        connection = await driver_of(session)
        answers = await asked(connection, (SAME, [[3]]), ("SELECT 1", []), (HALF, [5]), ("SELECT 2", []))

    assert answers == [[(3,)], [(1,)], [(2,)], [(2,)]]


async def test_after_a_wait_that_was_given_up_the_same_statements_are_answered(worker_sessions):
    async with worker_sessions() as session:
        connection = await driver_of(session)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asked(connection, ("SELECT pg_sleep(30)", []), (HALF, [2])), 0.2)
        await session.rollback()

        answers = await asked(await driver_of(session), (HALF, [5]))

    assert answers == [[(2,)]]


async def test_a_lost_connection_is_an_error_and_no_endless_wait(worker_sessions):
    async with worker_sessions() as session:
        connection = await driver_of(session)

        with pytest.raises(OperationalError):
            await asyncio.wait_for(asked(connection, (LOSE, []), (HALF, [5])), 10)

        await session.invalidate()
