"""What the database says of jobs and of recurring work, read when it is asked for and shared by all processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy.exc import SQLAlchemyError

from app.db import Sessions
from app.logs import log
from domain import jobs, progress
from domain.base import utc_now


class Watch:
    """One look at the queues; without a database nothing is known, and nothing is told."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._waiting: list[jobs.Waiting] | None = None
        self._progress: Sequence[progress.Progress] = ()

    async def look(self) -> None:
        """Read the queues and how far recurring work has come, by two statements."""
        self._waiting = None
        try:
            async with self._sessions() as session:
                self._progress = await progress.all_of(session)
                self._waiting = await jobs.waiting(session)
        except (SQLAlchemyError, OSError) as error:
            log.warning("jobs are not counted", reason=str(error).partition("\n")[0])

    def metrics(self, worker: str) -> Iterator[Metric]:
        """What was read last, under the name of the process that read it."""
        if self._waiting is None:
            return
        counts = GaugeMetricFamily(
            "ccc_jobs",
            "Jobs that have not succeeded: todo, doing, failed for good.",
            labels=("worker", "queue", "status"),
        )
        oldest = GaugeMetricFamily(
            "ccc_jobs_oldest_seconds", "How long the oldest job that could run has waited.", labels=("worker", "queue")
        )
        for queue in jobs.Queue:
            found = {each.status: each for each in self._waiting if each.queue == queue}
            for status in ("todo", "doing", "failed"):
                counts.add_metric((worker, queue, status), found[status].jobs if status in found else 0)
            oldest.add_metric((worker, queue), found["todo"].age_seconds if "todo" in found else 0)
        yield from (counts, oldest, *self._rounds(worker))

    def _rounds(self, worker: str) -> Iterator[Metric]:
        people = CounterMetricFamily(
            "ccc_progress_people", "People whom recurring work dealt with.", labels=("worker", "work")
        )
        found = CounterMetricFamily("ccc_progress_findings", "What it found wrong.", labels=("worker", "work"))
        since = GaugeMetricFamily(
            "ccc_progress_round_age_seconds", "How long ago it was through with everybody.", labels=("worker", "work")
        )
        for each in self._progress:
            people.add_metric((worker, each.name), each.people)
            found.add_metric((worker, each.name), each.findings)
            if each.ended_at is not None:
                since.add_metric((worker, each.name), (utc_now() - each.ended_at).total_seconds())
        yield from (people, found, since)
