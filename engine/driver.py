"""Runs the statements of a round on a connection, in one round trip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from psycopg import pq

from engine.wire import Job, Rows, Wire

__all__ = ["Job", "Rows", "fetched"]


async def fetched(wire: Wire, jobs: Sequence[Job], before: Sequence[Job] = (), after: Sequence[str] = ()) -> list[Rows]:
    """The rows of each job, in order; `before` and `after` go in the same round trip, their rows unread.

    `before` holds psycopg's own %s statements. On a connection that is not in autocommit mode the
    transaction is opened first, as psycopg itself would.
    """
    first = [(_numbered(sql), values) for sql, values in before]
    connection = wire.connection
    if not connection.autocommit and connection.pgconn.transaction_status == pq.TransactionStatus.IDLE:
        first.insert(0, ("BEGIN", ()))
    made = await wire.exchange([*first, *jobs, *[(sql, ()) for sql in after]])
    return made[len(first) : len(first) + len(jobs)]


@lru_cache(maxsize=64)
def _numbered(sql: str) -> str:
    """A %s statement with $1, $2, ... instead."""
    numbers = iter(range(1, sql.count("%s") + 1))
    return re.sub("%[s%]", lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", sql)
