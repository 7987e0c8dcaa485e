"""`/healthz`: the process runs. `/readyz`: it can answer, its database is there and has the newest shape."""

from __future__ import annotations

import asyncio
from pathlib import Path

from psycopg import Error
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.db import Pool
from app.refusals import NotReady

_MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations" / "versions"
_PATIENCE_SECONDS = 3.0
# By the names of the files, which begin with it: Alembic itself would take 10 MB of each worker for this.
_NEWEST = max(path.stem.partition("_")[0] for path in _MIGRATIONS.glob("[0-9]*.py"))


async def healthz(_request: Request) -> JSONResponse:
    """`{"status": "ok"}` as long as requests are served."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """`{"status": "ready"}` with the shape's revision. Raises NotReady, 503, that says what is missing."""
    pool: Pool = request.state.databases.pool
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), pool.connection(timeout=_PATIENCE_SECONDS) as connection:
            row = await (await connection.execute("SELECT version_num FROM alembic_version")).fetchone()
    except (Error, PoolTimeout, TimeoutError) as error:
        raise NotReady("The database cannot be asked, or was never migrated; run `ccc migrate`.") from error
    revision, newest = (row[0] if row else None), _NEWEST
    if revision != newest:
        raise NotReady(f"The database has shape {revision}, this program needs {newest}; run `ccc migrate`.")
    return JSONResponse({"status": "ready", "revision": revision})
