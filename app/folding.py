"""Keeps the counters that many people share close behind: a pass of `domain.folding` whenever something waits."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from secrets import token_hex

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.db import Sessions
from app.logs import log
from domain.base import utc_now
from domain.folding import Waiting, fold, waiting
from domain.settling import settle

_LONGEST_PAUSE_SECONDS = 30.0  # between tries while the database cannot be used
_PATIENCE_SECONDS = 5.0  # with the last pass when the process ends; what it took comes back to the queue


async def drained(sessions: Sessions) -> int:
    """How many rows were folded: all that were committed before the call, after a pass that is under way."""
    taken: int | None = 1
    while taken:
        async with sessions() as session, session.begin():
            taken = await settle(session, utc_now())
    async with sessions() as session, session.begin():
        done = await fold(session, wait=True)
    return done.rows if done else 0


class Folding:
    """The passes of this process, and how they go. Another process may be the one that folds."""

    def __init__(self, sessions: Sessions, *, every: float) -> None:
        self._sessions = sessions
        self._every = every
        self._looked = time.monotonic()
        self._behind = False
        self.waiting = Waiting()
        self.rows = self.passes = self.failures = 0

    @property
    def lag_seconds(self) -> float:
        """How long the oldest row had waited when this process looked last, and since then if it still waits."""
        return self.waiting.age_seconds + (time.monotonic() - self._looked if self._behind else 0.0)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Fold during the block, one look every `every` seconds; a pass under way at its end is let end."""
        stopped = asyncio.Event()
        task = asyncio.create_task(self._run(stopped))
        try:
            yield
        finally:
            stopped.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await task

    async def _run(self, stopped: asyncio.Event) -> None:
        failed = 0
        while not stopped.is_set():
            failed = 0 if await self._turned() else failed + 1
            pause = min(self._every * 2**failed, max(_LONGEST_PAUSE_SECONDS, self._every))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stopped.wait()

    async def _turned(self) -> bool:
        """Whether a look, and a pass where something waits, went well."""
        try:
            await self.turn()
        except (SQLAlchemyError, OSError) as error:
            self.failures += 1
            # Without the statement, which SQLAlchemy's own text has.
            reason = error.orig if isinstance(error, DBAPIError) else error
            log.warning("counters are not folded", reason=str(reason).partition("\n")[0], failures=self.failures)
        except Exception:  # noqa: BLE001 - nobody else would hear of a bug here, and the next rows may well fold
            self.failures += 1
            log.exception("bug", error_id=token_hex(6))
        else:
            return True
        return False

    async def turn(self) -> None:
        """Look once, and fold if anything waits and nobody else does."""
        # Claims first, since what a person's marks change is counted by the pass that follows.
        async with self._sessions() as session, session.begin():
            await settle(session, utc_now())
        async with self._sessions() as session, session.begin():
            self.waiting = await waiting(session)
        self._looked, self._behind = time.monotonic(), self.waiting.rows > 0
        if not self._behind:
            return
        async with self._sessions() as session, session.begin():
            done = await fold(session)
        if done is not None:
            self._behind = False
            self.passes += 1
            self.rows += done.rows
