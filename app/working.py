"""Runs jobs until it is asked to stop: what `ccc worker` does, and `ccc demo` beside serving."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
from psycopg import Error
from sqlalchemy.exc import SQLAlchemyError

from app.db import WRITES, Sessions, engine_for, sessions_of
from app.jobs import KINDS, Kind, Tools, logged, register
from app.logs import log
from app.settings import WORKER, Settings
from app.uploading import reading_of
from domain.errors import BadInput
from domain.jobs import STALLED_SECONDS, Queue, rescued

GRACE_SECONDS = 20.0  # for running jobs once a stop is asked for; less than after which a silent worker is given up
_HEARTBEAT_SECONDS = 10.0
_LOOK_SECONDS = 1.0  # between looks for jobs while there are none
_RESCUE_SECONDS = 15.0
_LONGEST_PAUSE_SECONDS = 30.0  # between tries while the database cannot be used
_SPARE_CONNECTIONS = 2  # for fetching, and for heartbeats


def queues_named(names: str) -> tuple[Queue, ...]:
    """The queues of these names, comma separated. Raises BadInput for one that there is not."""
    try:
        return tuple(Queue(name.strip()) for name in names.split(",") if name.strip())
    except ValueError as error:
        raise BadInput(f"--queues: {error}; there are {', '.join(Queue)}.") from error


class Working:
    """The jobs of this process, `concurrency` at a time; of all queues unless some are named."""

    def __init__(
        self,
        settings: Settings,
        *,
        queues: tuple[Queue, ...] = (),
        concurrency: int = 1,
        kinds: tuple[Kind, ...] = KINDS,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._url = settings.url_of(WORKER)
        self._settings = settings
        self._queues = [queue.value for queue in queues] or None
        if settings.citizen_number_key is None and Queue.UPLOADS in (queues or Queue):
            # Without it nobody could be found under their citizen number, and the number itself would be kept.
            log.warning("uploads are not read", reason="CCC_CITIZEN_NUMBER_KEY is missing")
            self._queues = [queue.value for queue in queues or Queue if queue is not Queue.UPLOADS]
        self._concurrency = concurrency
        self._kinds = kinds
        self._grace = grace
        self._stopped = asyncio.Event()
        self._worker: Worker | None = None

    def stop(self) -> None:
        """Take no more jobs; let those end that run, or give them back after a while."""
        self._stopped.set()
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]  # the library's own annotations leave it out

    async def run(self) -> None:
        """Work until `stop`; without a database, try again at longer and longer intervals."""
        engine = engine_for(self._url, connections=self._concurrency + 1)
        try:
            failed = 0
            while not self._stopped.is_set():
                failed = 0 if await self._worked(sessions_of(engine)) else failed + 1
                await self._paused(min(2.0**failed, _LONGEST_PAUSE_SECONDS) if failed else 0)
        finally:
            await engine.dispose()

    @contextlib.asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Work during the block."""
        task = asyncio.create_task(self.run())
        try:
            yield
        finally:
            self.stop()
            await task

    async def _worked(self, sessions: Sessions) -> bool:
        """Whether it worked until it was asked to stop, and not until the database went away."""
        connector = PsycopgConnector(
            conninfo=self._url, min_size=1, max_size=self._concurrency + _SPARE_CONNECTIONS, kwargs={"options": WRITES}
        )
        app = App(connector=connector)
        settings = self._settings
        reading = None if settings.citizen_number_key is None else reading_of(settings, sessions)
        kinds = tuple(kind for kind in self._kinds if reading or kind.queue is not Queue.UPLOADS)
        register(app, Tools(sessions, settings.reconcile_people, reading), kinds)
        try:
            async with app.open_async():
                self._worker = Worker(
                    app,
                    queues=self._queues,
                    concurrency=self._concurrency,
                    fetch_job_polling_interval=_LOOK_SECONDS,
                    shutdown_graceful_timeout=self._grace,
                    listen_notify=False,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    update_heartbeat_interval=_HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    worker_middleware=[logged],
                )
                async with _rescuing(sessions):
                    if not self._stopped.is_set():
                        await self._worker.run()  # type: ignore[no-untyped-call]  # the same
        except (ConnectorException, Error, SQLAlchemyError, OSError) as error:
            log.warning("jobs cannot be run", reason=str(error.__cause__ or error).partition("\n")[0])
            return False
        finally:
            self._worker = None
        return self._stopped.is_set()

    async def _paused(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()


@contextlib.asynccontextmanager
async def _rescuing(sessions: Sessions) -> AsyncIterator[None]:
    """Give back the jobs of lost workers during the block, now and every so often."""
    task = asyncio.create_task(_rescue(sessions))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _rescue(sessions: Sessions) -> None:
    while True:
        try:
            async with sessions() as session, session.begin():
                for job in await rescued(session):
                    log.warning("job of a lost worker", job=job.name, id=job.id, attempts=job.attempts)
        except (SQLAlchemyError, OSError) as error:
            log.warning("lost workers are not looked for", reason=str(error).partition("\n")[0])
        await asyncio.sleep(_RESCUE_SECONDS)


async def work(
    settings: Settings,
    *,
    queues: tuple[Queue, ...] = (),
    concurrency: int = 1,
    kinds: tuple[Kind, ...] = KINDS,
    grace: float = GRACE_SECONDS,
) -> None:
    """Run jobs until SIGINT or SIGTERM."""
    working = Working(settings, queues=queues, concurrency=concurrency, kinds=kinds, grace=grace)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, working.stop)
    log.info("worker started", queues=[queue.value for queue in queues] or "all", concurrency=concurrency)
    await working.run()
    log.info("worker stopped")
