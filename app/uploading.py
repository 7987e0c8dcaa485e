"""Reads uploaded files into records: what a worker does with what the door has kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Sessions
from app.importing import Door, adapter_of, batched, taken
from app.logs import log
from app.settings import Settings
from app.spool import Spool, spool_of
from app.unpacking import Unpacked
from domain import uploads
from domain.base import utc_now
from domain.connections import hashed_with
from domain.drafts import Item, Skipped
from domain.errors import Conflict, Refused
from domain.ingest import Result
from domain.partners import Partner, partner_named

_LEFT_SECONDS = 3_600.0
"""A file that nobody has written to for so long is not arriving any more."""


@dataclass(frozen=True)
class Reading:
    """What uploads are read with: the way in for records, and where the files are."""

    door: Door
    spool: Spool


def reading_of(settings: Settings, sessions: Sessions) -> Reading:
    """What a worker reads uploads with. Raises BadSettings without the citizen numbers' key or a folder."""
    door = Door(sessions=sessions, now=utc_now, hashed=hashed_with(settings.citizen_number_secret()))
    return Reading(door, spool_of(settings))


async def read(reading: Reading, upload: UUID) -> None:
    """Take the rest of an uploaded file in, and say in its row what became of it; then the file goes.

    Whatever ends this before, it goes on after the last batch that was stored when it is called again.
    """
    door = reading.door
    async with door.sessions.begin() as session:
        begun = await uploads.started(session, upload, door.now())
        partner = None if begun is None else await partner_named(session, begun[0])
    if begun is None or partner is None:
        reading.spool.remove(upload)
        return
    _, person, done = begun
    refused: Refused | None = None
    try:
        await _taken_in(reading, upload, partner, person, done)
    except Refused as error:
        refused = error
    except FileNotFoundError:
        refused = Conflict("The file is gone; send it again.")
    except uploads.Overtaken:
        log.warning("upload overtaken", id=str(upload))
        return
    async with door.sessions.begin() as session:
        await uploads.ended(session, upload, door.now(), refused)
    reading.spool.remove(upload)
    log.info("upload", id=str(upload), partner=partner.name, problem=refused.code if refused else None)


async def _taken_in(reading: Reading, upload: UUID, partner: Partner, person: str | None, done: int) -> None:
    adapter = adapter_of(partner)
    unpacked = await asyncio.to_thread(Unpacked.at, reading.spool.of(upload), adapter)
    position = done
    bytes_read = 0

    def progress(read: int, _total: int) -> None:
        nonlocal bytes_read
        bytes_read = read

    async def noted(session: AsyncSession, results: Sequence[Result]) -> None:
        nonlocal position
        await uploads.noted(session, upload, partner.name, results, before=position, bytes_read=bytes_read)
        position += len(results)

    rest = islice(_of(person, unpacked.items(progress)), done, None)
    async with aclosing(taken(reading.door, partner, batched(rest), noted=noted)) as answers:
        async for _ in answers:
            pass


def _of(person: str | None, items: Iterable[Item]) -> Iterator[Item]:
    """The items, those that name nobody in the name of that person."""
    for item in items:
        if person is None or isinstance(item, Skipped) or item.person_ref or getattr(item, "citizen_number", None):
            yield item
        else:
            yield replace(item, person_ref=person)


async def sweep(reading: Reading) -> None:
    """Give up uploads that nobody works at, and remove the files of those that are over or never were."""
    door = reading.door
    async with door.sessions.begin() as session:
        lost = await uploads.lost(session, door.now())
    left = dict(await asyncio.to_thread(lambda: list(reading.spool.left(_LEFT_SECONDS))))
    async with door.sessions() as session:
        waiting = await uploads.under_way(session, left)
    for upload, path in left.items():
        if upload not in waiting:
            path.unlink(missing_ok=True)
    for upload in lost:
        log.error("upload given up", id=str(upload))
