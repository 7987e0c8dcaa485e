"""The jobs there are: what each does, in which queue it stands, and when it comes by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job
from procrastinate.worker import Worker
from psycopg import OperationalError as DriverError
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError

from app.closing import all_closed
from app.db import Sessions
from app.logs import log
from app.uploading import Reading, read, sweep
from domain.bangkok import local_date_of
from domain.base import run, utc_now
from domain.errors import NotFound
from domain.folding import alone
from domain.jobs import MOST_ATTEMPTS, Queue
from domain.publishing import advanced
from domain.reconciliation import reconciled
from domain.snapshots import forgotten, kept, last_day
from domain.team_figures import figured_after
from domain.uploads import JOB as UPLOAD
from domain.weeks import rolled, this_week

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 5, 3_600
_PARTS = 100  # of a round, in one run of `keep`: half a million people
_PASSING = (OperationalError, DriverError, InterfaceError, OSError, TimeoutError)
"""What may be over when a job is tried again: a lost connection, a lock, a network. Anything else is a bug."""


@dataclass(frozen=True)
class Tools:
    """What jobs work with; `sessions` are the worker's, `people` is how many a reconciliation takes at once.

    `reading` is what uploads are read with; without it none are.
    """

    sessions: Sessions
    people: int = 1_000
    reading: Reading | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of job: coming by itself at `cron`, in UTC, where that is given. Never two of a kind at the same time."""

    name: str
    queue: Queue
    run: Callable[..., Awaitable[None]]
    cron: str | None = None


async def reconcile(tools: Tools) -> None:
    """Recompute the next people's figures and say what differs; nothing is mended."""
    async with tools.sessions() as session, session.begin():
        await run(session, text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        done = await reconciled(session, tools.people)
    for what, difference in done.differences:
        log.error("figures differ", what=what, difference=difference)
    log.info("reconciled", people=done.people, differences=len(done.differences), round_ended=done.round_ended)


async def roll(tools: Tools) -> None:
    """Queue for the new week whoever was a regular exerciser in the one before; nothing if that was done."""
    week, ended = this_week(), False
    while not ended:
        async with tools.sessions.begin() as session:
            ended = await rolled(session, week)
    log.info("rolled", week=week)


async def advance(tools: Tools) -> None:
    """Show challenges as running from their first day on, and in grace after their last; nothing else depends on it."""
    async with tools.sessions.begin() as session:
        moved = await advanced(session, local_date_of(utc_now()))
    if moved:
        log.info("challenges advanced", challenges=len(moved))


async def keep(tools: Tools) -> None:
    """Keep where people and teams stood when the last day ended, and what consoles show; forget what is a year old.

    Nothing if that was done. So many parts at once; the rest is for the next run, so that other work has its turn.
    """
    day, parts, left = last_day(utc_now()), 0, True
    while left and parts < _PARTS:
        async with tools.sessions.begin() as session:
            now = utc_now()
            left = not (await kept(session, day, now) and await forgotten(session, now))
        parts += left
    if parts:
        log.info("kept", day=day, parts=parts, left=left)


async def figure_teams(tools: Tools) -> None:
    """Find the figures of teams that grow with the days as of today; nothing if that was done."""
    today, last, turns = local_date_of(utc_now()), None, 0
    while turns == 0 or last:
        async with tools.sessions.begin() as session:
            await alone(session)
            last = await figured_after(session, last, today)
        turns += 1
    log.info("teams figured", today=today, turns=turns)


async def read_upload(tools: Tools, upload: str) -> None:
    """Read an uploaded file into records, from where the last attempt stopped."""
    assert tools.reading is not None  # noqa: S101 - a worker without it takes none of these
    await read(tools.reading, UUID(upload))


async def sweep_uploads(tools: Tools) -> None:
    """Give up uploads that nobody works at, and remove files without an upload."""
    assert tools.reading is not None  # noqa: S101 - the same
    await sweep(tools.reading)


async def close(tools: Tools) -> None:
    """Close every challenge whose days for late data are over, and go on with those whose closing was cut off."""
    await all_closed(tools.sessions, utc_now(), lambda _what, _done, _total: None)


KINDS = (
    Kind("advance", Queue.UPKEEP, advance, "* * * * *"),
    Kind("keep", Queue.UPKEEP, keep, "* * * * *"),
    Kind("roll", Queue.UPKEEP, roll, "1 * * * *"),
    Kind("figure_teams", Queue.UPKEEP, figure_teams, "3 * * * *"),
    Kind("close", Queue.UPKEEP, close, "*/10 * * * *"),
    Kind("reconcile", Queue.RECONCILIATION, reconcile, "*/5 * * * *"),
    Kind(UPLOAD, Queue.UPLOADS, read_upload),
    Kind("sweep_uploads", Queue.UPLOADS, sweep_uploads, "*/10 * * * *"),
)


def kind_named(name: str) -> Kind:
    """The kind of job of this name. Raises NotFound, naming those there are."""
    found = next((kind for kind in KINDS if kind.name == name), None)
    if found is None:
        raise NotFound(f"No job is called {name!r}; there are {', '.join(kind.name for kind in KINDS)}.")
    return found


class Backoff(BaseRetryStrategy):
    """Again after 5, 10, 20, ... seconds, an hour at most, if the cause may pass; at once if a stop cut the job off."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None when the job is dead."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if not isinstance(exception, _PASSING) or job.attempts + 1 >= MOST_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": min(_FIRST_WAIT_SECONDS * 2**job.attempts, _LONGEST_WAIT_SECONDS)})


def register(app: App, tools: Tools, kinds: tuple[Kind, ...]) -> None:
    """Teach `app` every kind of job, each to come when its time is."""
    for kind in kinds:
        named = app.task(
            name=kind.name, queue=kind.queue.value, lock=kind.name, queueing_lock=kind.name, retry=Backoff()
        )(_runner(kind, tools))
        if kind.cron is not None:
            app.periodic(cron=kind.cron)(named)


def _runner(kind: Kind, tools: Tools) -> Callable[..., Awaitable[None]]:
    async def run_it(timestamp: int = 0, **arguments: Any) -> None:  # noqa: ARG001 - when a periodic job was due
        await kind.run(tools, **arguments)

    return run_it


async def logged(proceed: Callable[[], Awaitable[Any]], context: JobContext, _worker: Worker) -> Any:
    """One line for each run of a job, however it ends."""
    started, ended = time.perf_counter(), "failed"
    try:
        result = await proceed()
        ended = "succeeded"
    finally:
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        job = context.job
        log.info("job", job=job.task_name, id=job.id, attempts=job.attempts, ended=ended, ms=milliseconds)
    return result
