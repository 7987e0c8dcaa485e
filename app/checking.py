"""Runs the proofs of `domain.check` in one read-only transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import text

from app.db import Sessions
from domain.base import run
from domain.check import findings


async def checked(sessions: Sessions) -> AsyncIterator[tuple[str, int, list[str]]]:
    """What does not add up, as it is found: (what was compared, how many days so far, differences)."""
    async with sessions() as session, session.begin():
        await run(session, text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        async for finding in findings(session):
            yield finding
