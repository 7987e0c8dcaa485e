"""psycopg as the engine uses it: texts instead of objects, statements of a round in one pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor, adapt
from psycopg.types.string import TextLoader

_AS_TEXT = ("uuid", "timestamptz", "date", "time", "numeric", "json", "jsonb", "interval")


def _adapters() -> adapt.AdaptersMap:
    made = adapt.AdaptersMap(psycopg.adapters)
    for name in _AS_TEXT:
        made.register_loader(name, TextLoader)
    return made


_ADAPTERS = _adapters()


class Reader(AsyncRawCursor[tuple[Any, ...]]):
    """A cursor for $1 parameters whose rows are JSON already, but for instants (PostgreSQL's own text)."""

    @property
    def adapters(self) -> adapt.AdaptersMap:
        """One shared map: making one for each cursor costs more than reading a row."""
        return _ADAPTERS


Rows = list[tuple[Any, ...]]
Job = tuple[str, Sequence[Any]]


async def fetched(
    connection: AsyncConnection[Any], jobs: Sequence[Job], before: Sequence[Job] = (), after: Sequence[str] = ()
) -> list[Rows]:
    """The rows of each job, in order; `before` and `after` go in the same round trip, their rows unread.

    `before` holds psycopg's own %s statements.
    """
    if len(jobs) == 1 and not before and not after:
        reader = Reader(connection)
        await reader.execute(jobs[0][0].encode(), jobs[0][1])
        return [await reader.fetchall()]
    readers = []
    async with connection.pipeline():
        for sql, parameters in before:
            await connection.execute(sql.encode(), parameters or None)
        for sql, parameters in jobs:
            reader = Reader(connection)
            await reader.execute(sql.encode(), parameters)
            readers.append(reader)
        for sql in after:
            await connection.execute(sql.encode())
    return [await reader.fetchall() for reader in readers]
