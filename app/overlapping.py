"""Batches one after the other, the next begun while the one before is still being written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

Batch = TypeVar("Batch")
Answer = TypeVar("Answer")

TOGETHER = 2
"""Batches in flight: one that Python works out and one that the database writes. Each takes a connection."""


async def overlapped(
    batches: Iterable[Batch], take: Callable[[Batch, Callable[[], None]], Awaitable[Answer]], together: int = TOGETHER
) -> AsyncGenerator[Answer, None]:
    """What `take` gives for each batch, in order, with up to `together` of them under way.

    The next batch is begun when one calls the function it is given, which it does once it holds the locks of its
    people: whoever is in both is then taken in the order of the batches. When one fails, those after it are given up.
    """
    running: deque[asyncio.Task[Answer]] = deque()
    try:
        for batch in batches:
            begun = asyncio.Event()
            running.append(asyncio.create_task(_until_done(take, batch, begun)))
            if len(running) == together:
                yield await running.popleft()
            await begun.wait()
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _until_done(
    take: Callable[[Batch, Callable[[], None]], Awaitable[Answer]], batch: Batch, begun: asyncio.Event
) -> Answer:
    try:
        return await take(batch, begun.set)
    finally:
        begun.set()  # also when it fails, which is then found when its answer is awaited
