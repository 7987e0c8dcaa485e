import asyncio

import psycopg
import pytest
import pytest_asyncio
import uvloop
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from engine.lanes import Lanes

ASLEEP, ONE = [("SELECT pg_sleep(30)", ())], [("SELECT 1", ())]


@pytest_asyncio.fixture
async def pool(library_url):
    settings = {"autocommit": True}
    async with AsyncConnectionPool(
        library_url, min_size=1, max_size=3, timeout=0.5, kwargs=settings, open=False
    ) as pool:
        yield pool


@pytest_asyncio.fixture
async def lanes(pool):
    made = Lanes(pool)
    yield made
    await made.close()


async def test_a_connection_is_used_again(lanes):
    first = await lanes.take()
    lanes.give(first)

    second = await lanes.take()

    assert second is first
    assert await second.exchange(ONE) == [[(1,)]]
    lanes.give(second)
    assert (lanes.facts.size, lanes.facts.available) == (1, 1)


async def test_one_connection_is_left_for_others_than_reads(lanes, pool):
    taken = [await lanes.take() for _ in range(2)]

    async with pool.connection(timeout=5) as connection:
        assert (await (await connection.execute("SELECT 2")).fetchone()) == (2,)

    assert lanes.facts.max == 2
    for wire in taken:
        lanes.give(wire)


async def test_who_waits_longest_is_served_first(lanes):
    taken, served = [await lanes.take() for _ in range(2)], []

    async def wait(name: str) -> None:
        wire = await lanes.take()
        served.append(name)
        lanes.give(wire)

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(wait(name))
            await asyncio.sleep(0)
        waiting = lanes.facts.waiting
        lanes.give(taken[0])

    assert waiting == 3
    assert served == ["a", "b", "c"]
    lanes.give(taken[1])


async def test_waiting_ends_with_an_error_when_nothing_becomes_free(lanes):
    taken = [await lanes.take() for _ in range(2)]

    with pytest.raises(PoolTimeout):
        await lanes.take()

    for wire in taken:
        lanes.give(wire)
    assert (await lanes.take()) in taken


async def test_a_cancelled_wait_loses_no_connection(lanes):
    taken = [await lanes.take() for _ in range(2)]
    waiting = asyncio.create_task(lanes.take())
    await asyncio.sleep(0)

    lanes.give(taken[0])  # it is the waiter's now, who is told to stop before it can know
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert lanes.facts.available == 1
    lanes.give(taken[1])


async def test_a_connection_that_was_lost_while_free_is_replaced(lanes, library_url):
    wire = await lanes.take()
    lanes.give(wire)

    async with await psycopg.AsyncConnection.connect(library_url, autocommit=True) as other:
        await other.execute("SELECT pg_terminate_backend(%s)", (wire.connection.info.backend_pid,))
        for _ in range(1_000):  # until the loop has heard of it
            await asyncio.sleep(0.01)
            if wire.closed:
                break

    again = await lanes.take()
    assert again is not wire
    assert await again.exchange(ONE) == [[(1,)]]
    lanes.give(again)


async def test_a_request_cancelled_in_the_middle_leaves_no_transaction_to_the_next(lanes):
    wire = await lanes.take()
    await wire.exchange([("BEGIN", ())])

    lanes.give(wire)
    following = await lanes.take()

    assert wire.closed
    assert following.idle
    lanes.give(following)


async def test_a_cancelled_exchange_is_not_reused(lanes):
    wire = await lanes.take()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wire.exchange(ASLEEP)

    lanes.give(wire)
    following = await lanes.take()

    assert await following.exchange(ONE) == [[(1,)]]
    lanes.give(following)


def test_on_the_servers_own_loop_lost_connections_are_replaced_too(library_url):
    async def asked() -> list[object]:
        settings = {"autocommit": True}
        async with AsyncConnectionPool(
            library_url, min_size=0, max_size=2, timeout=5, kwargs=settings, open=False
        ) as pool:
            lanes, found = Lanes(pool), []
            for _ in range(3):
                wire = await lanes.take()
                async with asyncio.timeout(5):
                    found.append(await wire.exchange(ONE))
                lanes.give(wire)
                with psycopg.connect(library_url, autocommit=True) as other:
                    other.execute("SELECT pg_terminate_backend(%s)", (wire.connection.info.backend_pid,))
                await asyncio.sleep(0.2)
            await lanes.close()
            return found

    assert uvloop.run(asked()) == [[[(1,)]]] * 3
