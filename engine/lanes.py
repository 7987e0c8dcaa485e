"""The connections that reads run on: taken from the pool once, and passed from request to request.

A pool's own borrowing and returning costs more than sending a small statement; here it is a list. The pool stays
what opens connections and replaces those that are lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

from psycopg_pool import AsyncConnectionPool, PoolTimeout

from engine.wire import Wire, wire_of


@dataclass(frozen=True)
class LaneFacts:
    """How many connections there are, how many are free, how many may be, and how many requests wait for one."""

    size: int
    available: int
    max: int
    waiting: int


class Lanes:
    """All but one of a pool's connections, since the readiness of the database must always be asked for."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._most = max(1, pool.max_size - 1)
        self._free: list[Wire] = []
        self._size = 0
        self._waiting: deque[asyncio.Future[Wire | None]] = deque()

    @property
    def facts(self) -> LaneFacts:
        """How they do."""
        return LaneFacts(self._size, len(self._free), self._most, len(self._waiting))

    async def take(self) -> Wire:
        """A connection for one request, to be given back. Raises PoolTimeout when none becomes free in time."""
        while True:
            wire = self._free.pop() if self._free else None
            if wire is None and self._size < self._most:
                return await self._opened()
            if wire is None:
                wire = await self._next()
            if wire is not None and not wire.closed:
                return wire
            if wire is not None:
                await self._lost(wire)

    def give(self, wire: Wire) -> None:
        """Takes a connection back; the request that has waited longest gets it.

        One that was left in the middle of a transaction is closed, and replaced when it is next wanted.
        """
        if not wire.closed and not wire.idle:
            wire.close()
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(wire)
                return
        self._free.append(wire)

    async def close(self) -> None:
        """Returns what is free to the pool, which closes it."""
        while self._free:
            wire = self._free.pop()
            wire.detach()
            self._size -= 1
            await self._pool.putconn(wire.connection)

    async def _opened(self) -> Wire:
        self._size += 1
        try:
            wire = wire_of(await self._pool.getconn())
        except BaseException:
            self._size -= 1
            self._wake()
            raise
        wire.attach()
        return wire

    async def _next(self) -> Wire | None:
        """The next connection that becomes free, or None when a new one may be opened."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Wire | None] = loop.create_future()
        self._waiting.append(waiter)
        limit = loop.call_later(self._pool.timeout, _too_late, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and (wire := waiter.result()) is not None:
                self.give(wire)
            raise
        finally:
            limit.cancel()

    async def _lost(self, wire: Wire) -> None:
        self._size -= 1
        self._wake()
        await self._pool.putconn(wire.connection)

    def _wake(self) -> None:
        """Tells who has waited longest that there is room for a new connection."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return


def _too_late(waiter: asyncio.Future[Wire | None]) -> None:
    if not waiter.done():
        waiter.set_exception(PoolTimeout("no connection to the database became free in time"))
