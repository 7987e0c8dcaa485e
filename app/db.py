"""Database access for the three roles: owner for migrations, worker for ingest, API for readers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.settings import API, WORKER, Settings

Sessions = async_sessionmaker[AsyncSession]
Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
# Answers carry UTC whatever the server's default is.
_UTC = "-c timezone=UTC"
# The job library's functions name one another without their schema.
WRITES = f"{_UTC} -c search_path=public,jobs"
# Reads are many and short, and their statements carry what a plan depends on: planning anew for each would cost more
# than running most of them, and compiling one to machine code more than running any.
# Statements that go in one round trip are one transaction, which sees one moment.
# The top of an index is in memory: with the price of a disk's arm, what is expected to find few rows collects and sorts
# them all, which for the few ahead of somebody in a challenge larger than most is everybody ahead.
_READS = (
    f"{_UTC} -c plan_cache_mode=force_generic_plan -c jit=off -c random_page_cost=1.1"
    " -c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on"
)
_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Databases:
    """Session makers of the three roles, and the reading engine's pool as the API role."""

    owner: Sessions
    worker: Sessions
    api: Sessions
    pool: Pool


def engine_for(url: str, *, connections: int = 10) -> AsyncEngine:
    """An async engine on psycopg for a `postgresql://` URL; opens nothing yet."""
    return create_async_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=False,
        # Only what goes through `domain.exchange` is kept prepared: psycopg would deallocate that with its own.
        connect_args={"options": WRITES, "connect_timeout": _CONNECT_SECONDS, "prepare_threshold": None},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )


def sessions_of(engine: AsyncEngine) -> Sessions:
    """A session maker whose objects stay readable after commit."""
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


def pool_for(url: str, *, connections: int = 10) -> Pool:
    """A closed psycopg pool in autocommit: whoever reads opens its own transaction in the pipeline.

    Nothing is reset when a connection comes back, so only SET LOCAL may be used on it.
    """
    return AsyncConnectionPool(
        url,
        min_size=min(2, connections),
        max_size=connections + 1,  # the engine keeps all but one
        open=False,
        timeout=_CONNECT_SECONDS,
        kwargs={"autocommit": True, "options": _READS, "connect_timeout": _CONNECT_SECONDS},
    )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Databases]:
    """The databases of `settings`, closed again at the end. Raises BadSettings without a database."""
    engines = [
        engine_for(settings.url_of(role), connections=settings.database_connections) for role in (None, WORKER, API)
    ]
    owner, worker, api = (sessions_of(each) for each in engines)
    pool = pool_for(settings.url_of(API), connections=settings.database_connections)
    try:
        await pool.open(wait=False)
        yield Databases(owner, worker, api, pool)
    finally:
        await pool.close()
        for each in engines:
            await each.dispose()
