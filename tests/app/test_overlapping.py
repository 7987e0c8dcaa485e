"""Batches are taken in their order, a few at a time, and none after one that failed."""

import asyncio
from contextlib import aclosing

import pytest

from app.overlapping import overlapped


async def one_by_one(batches):
    for each in batches:
        yield each


async def results(batches, take, together):
    async with aclosing(overlapped(one_by_one(batches), take, together)) as answers:
        return [each async for each in answers]


@pytest.mark.parametrize("together", [1, 2, 5])
async def test_answers_come_in_the_order_of_the_batches_however_long_each_takes(together):
    under_way, most = set(), 0

    async def take(batch, begun):
        nonlocal most
        begun()
        under_way.add(batch)
        most = max(most, len(under_way))
        for _ in range(50 - batch % 5 * 10):
            await asyncio.sleep(0)
        under_way.remove(batch)
        return batch * 10

    assert await results(range(20), take, together) == [each * 10 for each in range(20)]
    assert most == together


async def test_a_batch_begins_only_when_the_one_before_has():
    said = []

    async def take(batch, begun):
        said.append(("came", batch))
        for _ in range(3):
            await asyncio.sleep(0)
        said.append(("begun", batch))
        begun()
        await asyncio.sleep(0)

    await results(range(4), take, 2)

    assert said == [(word, batch) for batch in range(4) for word in ("came", "begun")]


async def test_when_one_fails_its_error_is_raised_and_those_after_it_are_given_up():
    finished = []

    async def take(batch, begun):
        begun()
        await asyncio.sleep(0)
        if batch == 1:
            raise ValueError(batch)
        await asyncio.sleep(0.01 * batch)
        finished.append(batch)

    with pytest.raises(ValueError, match="1"):
        await results(range(9), take, 2)

    await asyncio.sleep(0.1)
    assert finished == [0]


async def test_one_that_fails_before_it_has_begun_does_not_hold_up_the_rest():
    async def take(batch, _begun):
        raise ValueError(batch)

    with pytest.raises(ValueError, match="0"):
        await asyncio.wait_for(results(range(2), take, 2), 5)


async def test_an_answer_does_not_wait_for_the_next_batch():
    answered = asyncio.Event()

    async def batches():
        yield 1
        await answered.wait()
        yield 2

    async def take(batch, begun):
        begun()
        return batch

    async def answers():
        async with aclosing(overlapped(batches(), take)) as given:
            async for each in given:
                yield each
                answered.set()

    assert await asyncio.wait_for(anext(answers()), 5) == 1


async def test_what_came_before_the_source_broke_off_is_taken():
    taken = []

    async def batches():
        yield 1
        yield 2
        raise ConnectionError

    async def take(batch, begun):
        begun()
        await asyncio.sleep(0.02)
        taken.append(batch)

    async def all_taken():
        async with aclosing(overlapped(batches(), take)) as answers:
            return [each async for each in answers]

    with pytest.raises(ConnectionError):
        await all_taken()

    assert taken == [1, 2]
