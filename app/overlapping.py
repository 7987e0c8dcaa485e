"""Batches one after the other, the next begun while the one before is still being written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import TypeVar

Batch = TypeVar("Batch")
Answer = TypeVar("Answer")

TOGETHER = 2
"""Batches in flight: one that Python works out and one that the database writes. Each takes a connection."""


async def overlapped(
    batches: AsyncIterable[Batch],
    take: Callable[[Batch, Callable[[], None]], Awaitable[Answer]],
    together: int = TOGETHER,
) -> AsyncGenerator[Answer, None]:
    """What `take` gives for each batch, in order and as soon as it does, with up to `together` of them under way.

    The next batch is begun when one calls the function it is given, which it does once it holds the locks of its
    people: whoever is in both is then taken in the order of the batches. When one fails, those after it are given up;
    when there is an error instead of a batch, those before it are still taken.
    """
    source = aiter(batches)
    running: deque[asyncio.Task[Answer]] = deque()
    begun = asyncio.Event()
    begun.set()
    coming: asyncio.Task[list[Batch]] | None = asyncio.create_task(_next(source))
    try:
        while running or coming:
            first = running[0] if running else None
            await asyncio.wait([each for each in (coming, first) if each], return_when=asyncio.FIRST_COMPLETED)
            if first and (first.done() or not coming or (coming.done() and coming.exception())):
                yield await running.popleft()
            elif coming and coming.done() and len(running) < together:
                found, coming = coming.result(), None
                for batch in found:
                    await begun.wait()
                    begun = asyncio.Event()
                    running.append(asyncio.create_task(_until_done(take, batch, begun)))
                    coming = asyncio.create_task(_next(source))
            elif coming and coming.done():
                yield await running.popleft()
    finally:
        tasks = [*running, *([coming] if coming else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _next(source: AsyncIterator[Batch]) -> list[Batch]:
    """The next batch; nothing at the end."""
    async for batch in source:
        return [batch]
    return []


async def _until_done(
    take: Callable[[Batch, Callable[[], None]], Awaitable[Answer]], batch: Batch, begun: asyncio.Event
) -> Answer:
    try:
        return await take(batch, begun.set)
    finally:
        begun.set()  # also when it fails, which is then found when its answer is awaited
