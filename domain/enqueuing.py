"""Queues work in the transaction of its cause, so that it is done later if that is committed, and else never."""

from __future__ import annotations

from typing import Any

from procrastinate import App, PsycopgConnector
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import driver_of
from domain.jobs import Queue

# Never opened: it only words the statement, which runs on the connection of whoever queues.
_WORDS = App(connector=PsycopgConnector())


async def enqueue(session: AsyncSession, name: str, queue: Queue, *, lock: str | None = None, **arguments: Any) -> int:
    """The number of a job queued in the session's transaction: a rollback leaves none.

    Of those with one `lock`, or else of one name, one runs at a time, in the order of queueing. `arguments` are JSON
    values. A job may run more than once (a worker died before it could say that it was done), so what it does must come
    to the same.
    """
    job = _WORDS.configure_task(name, queue=queue.value, lock=lock or name, connection=await driver_of(session))
    return await job.defer_async(**arguments)
