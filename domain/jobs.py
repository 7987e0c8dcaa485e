"""Jobs as the database holds them: what waits, what runs, what failed, and whose worker is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run
from domain.errors import NotFound


class Queue(StrEnum):
    """What workers choose from (`ccc worker --queues`)."""

    UPKEEP = "upkeep"
    RECONCILIATION = "reconciliation"
    UPLOADS = "uploads"


MOST_ATTEMPTS = 10
"""A job is dead after so many; only a person starts it anew (`ccc jobs --retry`)."""
STALLED_SECONDS = 30.0
"""A worker that has not been heard of for so long is gone, and what it ran is run again."""

_WAITING = text("""
    SELECT j.queue_name, j.status::text, count(*),
           coalesce(max(extract(epoch FROM clock_timestamp() - greatest(e.at, j.scheduled_at)))
                    FILTER (WHERE j.status = 'todo'), 0)
    FROM jobs.procrastinate_jobs j
    LEFT JOIN jobs.procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
    WHERE j.status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2
""")

_UNFINISHED = text("""
    SELECT j.id, j.task_name, j.queue_name, j.status::text, j.attempts, j.args::text, max(e.at)
    FROM jobs.procrastinate_jobs j LEFT JOIN jobs.procrastinate_events e ON e.job_id = j.id
    WHERE j.status IN ('todo', 'doing', 'failed') GROUP BY j.id ORDER BY j.status = 'failed' DESC, j.id LIMIT :most
""")

_AGAIN = text("""
    SELECT jobs.procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)
    FROM jobs.procrastinate_jobs WHERE id = :id AND status = 'failed'
""")

# Rows are locked as they are found, so of several who look at once one gives each back.
_RESCUE = text("""
    WITH lost AS MATERIALIZED (
        SELECT j.id, j.task_name, j.attempts FROM jobs.procrastinate_jobs j
        WHERE j.status = 'doing' AND NOT EXISTS (
            SELECT FROM jobs.procrastinate_workers w
            WHERE w.id = j.worker_id AND w.last_heartbeat > now() - make_interval(secs => :stalled)
        ) ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
    )
    SELECT id, task_name, attempts + 1, CASE WHEN attempts + 1 < :most
        THEN CAST(jobs.procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) AS text)
        ELSE CAST(jobs.procrastinate_finish_job_v1(id, 'failed', false) AS text) END
    FROM lost
""")


@dataclass(frozen=True)
class Rescued:
    """A job of a worker that is gone; it waits again, or is dead after too many attempts."""

    id: int
    name: str
    attempts: int


@dataclass(frozen=True)
class Waiting:
    """How many jobs of a queue are in a status, and how long the oldest that could run has waited."""

    queue: str
    status: str
    jobs: int
    age_seconds: float


@dataclass(frozen=True)
class Listed:
    """A job that has not succeeded: `todo`, `doing`, or `failed` for good. `since` is when that last changed."""

    id: int
    name: str
    queue: str
    status: str
    attempts: int
    arguments: str
    since: datetime | None


async def waiting(session: AsyncSession) -> list[Waiting]:
    """The queues as they stand; nothing for those that are empty."""
    found = await run(session, _WAITING)
    return [Waiting(queue, status, jobs, max(float(age), 0.0)) for queue, status, jobs, age in found]


async def unfinished(session: AsyncSession, most: int = 100) -> Sequence[Listed]:
    """Jobs that have not succeeded, those that failed for good first."""
    return [Listed(*row) for row in await run(session, _UNFINISHED, {"most": most})]


async def retry(session: AsyncSession, job_id: int) -> None:
    """Queue a job anew that failed for good. Raises NotFound when there is none of that number."""
    if not (await run(session, _AGAIN, {"id": job_id})).all():
        raise NotFound(f"No failed job has the number {job_id}; `ccc jobs` lists them.")


async def rescued(session: AsyncSession) -> list[Rescued]:
    """The jobs given back whose workers are gone, by one statement."""
    found = await run(session, _RESCUE, {"stalled": STALLED_SECONDS, "most": MOST_ATTEMPTS})
    return [Rescued(job_id, name, attempts) for job_id, name, attempts, _ in found]
