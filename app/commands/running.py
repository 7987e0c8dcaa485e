"""Commands that run: the demo, the server, the workers and their jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from app.commands.options import DEMO, Folder, People


def demo(
    *,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
    people: People = 1_000,
    folder: Folder = DEMO,
) -> None:
    """Start everything with synthetic data, and say what to open.

    Starts a private PostgreSQL in the folder (or uses CCC_DATABASE_URL), migrates it, fills it the
    first time, serves, and prints how to get a token and three queries to paste. Ctrl-C stops it all.

    Examples: `ccc demo` · `ccc demo --port 8123 --people 10000` · `ccc demo --dir /tmp/other`
    """
    from app import demo as demos
    from app import logs, serving, welcome
    from app.filling import filled
    from app.main import create_app
    from app.migrate import upgrade
    from app.progress import reporting
    from app.settings import settings

    chosen = settings(**({} if port is None else {"port": port}))
    logs.configure(chosen.log_format, chosen.log_level)
    place = demos.Demo(folder)
    with serving.terminable(), serving.bound(chosen) as sock, demos.database(chosen, place) as with_database:
        ready = demos.with_keys(demos.on_port(with_database, sock), place)
        upgrade(ready.url_of())
        with reporting() as report:
            card = asyncio.run(filled(ready, place, people, report))
        print(welcome.text(card, place.card), flush=True)
        serving.serve(create_app(ready, with_jobs=True), ready, sock)


def serve(
    *, workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer on the one port.")] = 1
) -> None:
    """Serve the API on CCC_HOST:CCC_PORT, with the database CCC_DATABASE_URL.

    Migrate first: `ccc migrate`. All settings are environment variables; docs/operations.md lists them.

    Example: `ccc serve --workers 4`
    """
    from app import logs, serving
    from app.main import create_app
    from app.settings import settings

    chosen = settings()
    logs.configure(chosen.log_format, chosen.log_level)
    # also with workers, which make their own: what is wrong with the settings is said here, once
    application = create_app(chosen)
    with serving.bound(chosen) as sock:
        if workers == 1:
            serving.serve(application, chosen, sock)
        else:
            serving.serve_with(workers, chosen, sock)


def worker(
    *,
    queues: Annotated[
        str, typer.Option(help="Names of queues, comma separated: upkeep, reconciliation, uploads. All when left out.")
    ] = "",
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="How many jobs at the same time.")] = 2,
) -> None:
    """Run jobs from the database CCC_DATABASE_URL: those that are queued, and those that come by themselves.

    SIGTERM and Ctrl-C end it once the running jobs have ended, or after twenty seconds; those cut off are queued
    again. Any number of workers may run. `ccc demo` has its own.

    Example: `ccc worker --queues reconciliation --concurrency 1`
    """
    from app import logs
    from app.settings import settings
    from app.working import queues_named, work

    chosen = settings()
    logs.configure(chosen.log_format, chosen.log_level)
    asyncio.run(work(chosen, queues=queues_named(queues), concurrency=concurrency))


def jobs(
    *,
    retry: Annotated[int | None, typer.Option(help="Queue this job anew, which failed for good.")] = None,
    run: Annotated[str | None, typer.Option(help="Queue a job of this name now.")] = None,
    folder: Folder = DEMO,
) -> None:
    """List jobs that have not succeeded, those that failed for good first; why they failed is in the worker's log.

    Examples: `ccc jobs` · `ccc jobs --retry 17` · `ccc jobs --run reconcile`
    """
    from app import db
    from app import demo as demos
    from app.jobs import kind_named
    from app.settings import settings
    from domain import jobs as queued
    from domain.enqueuing import enqueue

    async def listed() -> Sequence[queued.Listed]:
        async with db.opened(chosen) as databases, databases.worker.begin() as session:
            if retry is not None:
                await queued.retry(session, retry)
            if run is not None:
                kind = kind_named(run)
                await enqueue(session, kind.name, kind.queue)
            return await queued.unfinished(session)

    with demos.database(settings(), demos.Demo(folder)) as chosen:
        for job in asyncio.run(listed()):
            since = f"{job.since:%Y-%m-%d %H:%M:%SZ}" if job.since else "-"
            print(f"{job.id}\t{job.status}\t{job.queue}\t{job.name}\t{job.attempts} attempts\t{since}\t{job.arguments}")
