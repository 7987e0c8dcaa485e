"""Assembles the web application: routes, middleware, errors, and what lives as long as it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from typing import TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.routing import Route

from app import db, health, pages, refusals
from app.answering import executor
from app.bodies import Pace
from app.doors import door_of
from app.files import Files
from app.folding import Folding
from app.http import WORTH_COMPRESSING, At, Execute, GraphQLEndpoint
from app.importing import Door
from app.intake import Intake
from app.logs import RequestLog
from app.metrics import Measured, Measuring, Metrics, MetricsEndpoint
from app.settings import BadSettings, Settings
from app.spool import spool_of
from app.telling import NDJSON_TYPE
from app.watch import Watch
from auth import tokens
from auth.tokens import Tokens
from domain.errors import Refused

_COMPRESSION_LEVEL = 5
_PACE = Pace()
_GRACE_SECONDS = 3.0  # for the demo's jobs; what is cut off is run again at the next start


class State(TypedDict):
    """What requests find in `request.state`."""

    databases: db.Databases
    execute: Execute
    door: Door


def tokens_of(settings: Settings) -> Tokens:
    """The minter and verifier of the configured key. Raises BadSettings without one."""
    if settings.signing_key is None:
        raise BadSettings("CCC_SIGNING_KEY: name the PEM file of a P-256 private key that signs access tokens.")
    issuer = settings.issued_by()
    return Tokens(tokens.key_at(settings.signing_key), issuer=issuer, audience=f"{issuer}/graphql")


def _working(settings: Settings) -> AbstractAsyncContextManager[None]:
    from app.working import Working  # noqa: PLC0415 - a server has no use for the job library

    return Working(settings, grace=_GRACE_SECONDS).beside()


def create_app(
    settings: Settings,
    *,
    execute_for: Callable[[db.Databases, Door], Execute] = executor,
    with_jobs: bool = False,
    pace: Pace = _PACE,
) -> Starlette:
    """The application of `settings`; it opens its database pools when it starts, and with `with_jobs` runs jobs.

    `pace` is how slow the body of a delivery may come. Raises BadSettings when the database, the signing key or the
    citizen numbers' key is missing, or there is no folder for uploads.
    """
    settings.url_of()
    settings.citizen_number_secret()
    verifier = tokens_of(settings)
    secrets = {name: secret.get_secret_value() for name, secret in settings.partner_secrets.items()}
    graphql = GraphQLEndpoint(verifier.verified)
    most = settings.uploads_under_way
    intake = Intake(verifier.verified, secrets, most=most, pace=pace)
    files = Files(verifier.verified, spool_of(settings), limit=settings.upload_bytes, most=most, pace=pace)

    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        async with db.opened(settings) as databases:
            door = replace(door_of(settings, databases), counted=metrics.taken)
            execute = execute_for(databases, door)
            folding = Folding(databases.worker, every=settings.fold_seconds)
            engine = getattr(execute, "engine", None)
            metrics.measured = Measured(databases, engine, folding, Watch(databases.worker))
            async with folding.running(), _working(settings) if with_jobs else nullcontext():
                yield {"databases": databases, "execute": execute, "door": door}
            metrics.measured = None
            if engine is not None:
                await engine.close()

    return Starlette(
        routes=[
            Route("/", pages.home),
            Route("/graphql", graphql),
            # The bound method: an instance would be taken for an ASGI application.
            Route("/partners/{name}", intake.__call__, methods=["POST"]),
            Route("/partners/{name}", intake.tried, methods=["GET"]),
            Route("/partners/{name}/files", files.__call__, methods=["POST"]),
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Route("/metrics", MetricsEndpoint(metrics, settings.metrics_token).__call__),
        ],
        middleware=[
            Middleware(Measuring, metrics=metrics),
            Middleware(RequestLog),
            # before all that is made for pages: the framework's part would cost as much as a small read
            Middleware(At, path="/graphql", endpoint=graphql),
            Middleware(
                GZipMiddleware,
                minimum_size=WORTH_COMPRESSING,
                compresslevel=_COMPRESSION_LEVEL,
                # what is told while a delivery arrives must not wait until it is worth compressing
                exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, NDJSON_TYPE),
            ),
        ],
        exception_handlers={Refused: refusals.on_refused, HTTPException: refusals.on_http_exception},
        lifespan=lifespan,
    )
