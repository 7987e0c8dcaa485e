import asyncio

import psycopg
import pytest

from engine.wire import _KEPT, Wire, wire_of


@pytest.fixture
async def connection(library_url):
    async with await psycopg.AsyncConnection.connect(library_url, autocommit=True) as opened:
        yield opened


async def test_the_rows_of_statements_come_in_their_order(connection):
    jobs = [("SELECT $1::int + 1", (1,)), ("SELECT 'a' WHERE false", ()), ("SELECT g FROM generate_series(1, 3) g", ())]

    twice = [await wire_of(connection).exchange(jobs) for _ in range(2)]

    assert twice == [[[(2,)], [], [(1,), (2,), (3,)]]] * 2


async def test_values_of_another_type_are_prepared_anew(connection):
    found = [await wire_of(connection).exchange([("SELECT $1::bigint", (value,))]) for value in (1, 2**40, None, "7")]

    assert found == [[[(1,)]], [[(2**40,)]], [[(None,)]], [[(7,)]]]


async def test_after_an_error_the_connection_goes_on(connection):
    wire, broken = wire_of(connection), [("SELECT 1", ()), ("SELECT 1 / $1::int", (0,)), ("SELECT 3", ())]

    for _ in range(2):
        with pytest.raises(psycopg.errors.DivisionByZero):
            await wire.exchange(broken)

    assert await wire.exchange(broken[:1]) == [[(1,)]]
    assert (await (await connection.execute("SELECT 2")).fetchone()) == (2,)


async def test_statements_that_no_longer_fit_their_table_are_prepared_again(connection):
    wire, asked = wire_of(connection), [("SELECT * FROM changing", ())]
    await connection.execute("CREATE TEMPORARY TABLE changing AS SELECT 1 AS a")
    await wire.exchange(asked)
    await connection.execute("ALTER TABLE changing ADD b int DEFAULT 2")

    with pytest.raises(psycopg.errors.FeatureNotSupported):
        await wire.exchange(asked)

    assert await wire.exchange(asked) == [[(1, 2)]]


async def test_a_connection_that_others_use_too_may_lose_all_its_statements(connection):
    wire = Wire(connection, keeps=False)
    await wire.exchange([("SELECT $1::int", (1,))])
    await connection.execute("DEALLOCATE ALL")

    assert await wire.exchange([("SELECT $1::int", (2,)), ("SELECT 3", ())]) == [[(2,)], [(3,)]]


async def test_a_connection_keeps_a_bounded_number_of_statements(connection):
    wire = wire_of(connection)

    for number in range(_KEPT + 20):
        assert await wire.exchange([(f"SELECT {number}", ())]) == [[(number,)]]

    (kept,) = await (await connection.execute("SELECT count(*) FROM pg_prepared_statements")).fetchone()
    assert kept == _KEPT
    assert await wire.exchange([("SELECT 0", ())]) == [[(0,)]]


async def test_values_and_rows_larger_than_any_buffer_pass(connection):
    long = "x" * 20_000_000

    ((row,),) = await wire_of(connection).exchange([("SELECT $1::text, length($2::text)", (long, long))])

    assert row == (long, len(long))


async def test_a_lost_connection_is_an_error_and_no_endless_wait(connection, library_url):
    wire = wire_of(connection)

    async def killed() -> None:
        async with await psycopg.AsyncConnection.connect(library_url, autocommit=True) as other:
            await asyncio.sleep(0.2)
            await other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(killed())
        with pytest.raises(psycopg.OperationalError):
            await wire.exchange([("SELECT pg_sleep(30)", ())])

    assert connection.closed


async def test_a_cancelled_wait_closes_the_connection(connection):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wire_of(connection).exchange([("SELECT pg_sleep(1)", ())])

    assert connection.closed
