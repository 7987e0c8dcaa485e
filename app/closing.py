"""Closes challenges: begins when nobody is writing, freezes, books prizes and seals, each batch a transaction.

Killed at any point and begun again, by anybody, it goes on where it was; two at once share the work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Sessions
from app.folding import drained
from app.logs import log
from app.progress import Report
from domain import freezing, sealing, verifying, winning
from domain.base import run
from domain.errors import Conflict, NotFound
from domain.finals import Part

_FIRST_PATIENCE_MILLISECONDS, _LONGEST_PATIENCE_MILLISECONDS = 500, 30_000

_NAMED = text("""
    SELECT id FROM challenges
    WHERE state <> 'draft' AND (id = CAST(:id AS uuid) OR title_th = :name OR title_en = :name)
    ORDER BY starts_on DESC, id LIMIT 11
""")
_SIZE = text("SELECT participants FROM challenges WHERE id = :challenge")
_PRIZES = text("SELECT coalesce(max(position), 0) FROM final_prizes WHERE challenge_id = :challenge")
_LINES = text(
    " + ".join(
        (
            "SELECT 0",
            *(
                f"(SELECT coalesce(max(position), 0) FROM {table} WHERE challenge_id = :challenge)"  # noqa: S608
                for table in sealing.TABLES.values()
            ),
        )
    )
)
_HASH = text("SELECT encode(standings_hash, 'hex') FROM challenges WHERE id = :challenge")
_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@dataclass(frozen=True)
class Closed:
    """What this call did of a closing; all 0 where everything was done already."""

    people: int = 0
    teams: int = 0
    prizes: int = 0
    released: int = 0


@dataclass(frozen=True)
class AtOnce:
    """How much one transaction does; of standings a multiple of `finals.FAN`."""

    people: int = freezing.AT_ONCE
    prizes: int = winning.AT_ONCE


async def closed(
    sessions: Sessions, challenge_id: UUID, now: datetime, report: Report, at_once: AtOnce = AtOnce()
) -> Closed:
    """The challenge final: standings frozen and sealed, prizes booked, the rest of their budget released.

    Raises NotFound, ChallengeNotOver.
    """
    await _begun(sessions, challenge_id, now)
    async with sessions() as session:
        size = (await run(session, _SIZE, {"challenge": challenge_id})).scalar_one()
    copying = partial(freezing.people_frozen, challenge_id=challenge_id, at_once=at_once.people)
    people = await _all(sessions, copying, "Standings", size, report)
    teams = await _all(sessions, partial(freezing.teams_frozen, challenge_id=challenge_id))
    await _all(sessions, partial(winning.prizes_won, challenge_id=challenge_id))
    async with sessions() as session:
        size = (await run(session, _PRIZES, {"challenge": challenge_id})).scalar_one()
    booking = partial(winning.prizes_booked, challenge_id=challenge_id, now=now, at_once=at_once.prizes)
    prizes = await _all(sessions, booking, "Prizes", size, report)
    async with sessions.begin() as session:
        released = await winning.released(session, challenge_id)
        await sealing.sealed(session, challenge_id, now)
    return Closed(people, teams, prizes, released)


async def _begun(sessions: Sessions, challenge_id: UUID, now: datetime) -> None:
    """Waits for the writers a little, and lets those pass who come meanwhile, before it waits longer."""
    patience = _FIRST_PATIENCE_MILLISECONDS
    while True:
        await drained(sessions)
        try:
            async with sessions.begin() as session:
                await freezing.begun(session, challenge_id, now, patience_milliseconds=patience)
        except LockNotAvailable:
            if patience >= _LONGEST_PATIENCE_MILLISECONDS:
                raise
            log.info("closing waits for writers", challenge=str(challenge_id), milliseconds=patience)
            await asyncio.sleep(patience / 1000)
            patience = min(2 * patience, _LONGEST_PATIENCE_MILLISECONDS)
        else:
            return


async def _all(
    sessions: Sessions,
    batch: Callable[[AsyncSession], Awaitable[int]],
    what: str = "",
    size: int = 0,
    report: Report = lambda _what, _done, _total: None,
) -> int:
    """How much all batches did, until one finds nothing left to do."""
    done = 0
    while True:
        async with sessions.begin() as session:
            found = await batch(session)
        if not found:
            return done
        done += found
        report(what, done, max(size, done))


async def all_closed(sessions: Sessions, now: datetime, report: Report) -> int:
    """How many challenges were closed: all whose time has come, and those whose closing was cut off."""
    async with sessions() as session:
        found = await freezing.due(session, now)
    for challenge_id in found:
        done = await closed(sessions, challenge_id, now, report)
        log.info("closed", challenge=str(challenge_id), people=done.people, teams=done.teams, prizes=done.prizes)
    return len(found)


async def verified(sessions: Sessions, challenge_id: UUID, report: Report, take: verifying.Take) -> verifying.Verified:
    """The challenge's hash made anew from its frozen lines, which `take` gets, by reads of one moment.

    Raises NotFound, ChallengeNotFinal.
    """
    done = 0

    def taken(part: Part, lines: Sequence[str]) -> None:
        nonlocal done
        take(part, lines)
        done += len(lines)
        report("Lines", done, max(done, size))

    async with sessions() as session, session.begin():
        await run(session, _ONE_MOMENT)
        size = (await run(session, _LINES, {"challenge": challenge_id})).scalar_one()
        return await verifying.verified(session, challenge_id, taken)


async def hash_of(sessions: Sessions, challenge_id: UUID) -> str:
    """The hash of a final challenge, in hex."""
    async with sessions() as session:
        found: str = (await run(session, _HASH, {"challenge": challenge_id})).scalar_one()
    return found


async def named(sessions: Sessions, name: str) -> UUID:
    """The challenge of this id or title, in either language. Raises NotFound, Conflict where several have the title."""
    try:
        given: UUID | None = UUID(name)
    except ValueError:
        given = None
    async with sessions() as session:
        found = list((await run(session, _NAMED, {"id": given, "name": name})).scalars())
    if not found:
        raise NotFound(f"No challenge has the id or title {name!r}.")
    if len(found) > 1:
        raise Conflict(f"Several challenges are called {name!r}; name one by its id: {', '.join(map(str, found))}.")
    challenge_id: UUID = found[0]
    return challenge_id
