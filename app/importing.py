"""One delivery from bytes to rows: read by the partner's adapter, taken in batches, counted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import adapters
from adapters import adapter_named
from adapters.base import Adapter, items
from app.db import Sessions
from app.overlapping import TOGETHER, overlapped
from domain import quarantine
from domain.citizens import keyed, person_named, unreadable
from domain.connections import connect, people_of
from domain.drafts import Disconnection, Item, Problem
from domain.errors import BadInput, BadPayload, Conflict, NotFound
from domain.ingest import Outcome, Result, ingest
from domain.partners import Partner, partner_named

# One transaction each: small enough that nobody waits long for a person's lock.
_AT_ONCE = 1_000


@dataclass
class Report:
    """What became of a delivery, item by item in its order."""

    results: list[Result] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many items came to each outcome, in the order of the outcomes; those that did not occur are absent."""
        found = Counter(each.outcome for each in self.results)
        return {outcome.value: found[outcome] for outcome in Outcome if found[outcome]}


def _uncounted(_partner: str, _outcomes: Mapping[str, int]) -> None:
    """Where nobody measures."""


@dataclass(frozen=True, kw_only=True)
class Door:
    """What a delivery needs besides itself: the worker's sessions, the clock, and the hash for citizen numbers.

    `counted` is told how many of a partner's items came to which outcome, once they are stored.
    """

    sessions: Sessions
    now: Callable[[], datetime]
    hashed: Callable[[str], str]
    counted: Callable[[str, Mapping[str, int]], None] = _uncounted


def adapter_of(partner: Partner) -> Adapter:
    """The format that a partner sends. Raises BadInput for a partner that sends nothing."""
    adapter = adapters.adapter_of(partner)
    if adapter is None:
        raise BadInput(f"{partner.name} sends no records; choose a partner that has an adapter.")
    return adapter


async def partner_for(door: Door, name: str) -> Partner:
    """The partner of that name, or the one named like the adapter that is also called so. Raises NotFound."""
    async with door.sessions() as session:
        try:
            return await partner_named(session, name)
        except NotFound:
            try:
                return await partner_named(session, adapter_named(name).name)
            except NotFound:
                pass
            raise


async def delivered(
    door: Door,
    partner: Partner,
    body: bytes,
    *,
    owner: UUID | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """The delivery, stored and booked; what cannot become a record is quarantined.

    `owner` says whose the file is. The one person it names, if nobody yet, is connected to them; a file that names
    several people is a group's, and each of its rows needs a person who has connected.
    Raises BadPayload when nothing can be read; the bytes are then in quarantine.
    """
    adapter = adapter_of(partner)
    try:
        found = await asyncio.to_thread(lambda: list(items(adapter, body)))
    except BadPayload as error:
        raw = unreadable(body, door.hashed)
        await _kept(door, partner, Problem(code=error.code, path=error.path, message=error.reason, raw=raw), owner)
        raise
    if owner:
        await _connected(door, partner, found, owner)

    async def stored(batch: Sequence[Item], begun: Callable[[], None]) -> list[Result]:
        async with door.sessions() as session, session.begin():
            return await ingest(session, partner, batch, now=door.now(), hashed=door.hashed, owner=owner, begun=begun)

    report = Report()
    # Whoever disconnects is not known any more to what comes after, which looks people up before it waits for them.
    together = 1 if any(isinstance(each, Disconnection) for each in found) else TOGETHER
    batches = (found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE))
    async with aclosing(overlapped(batches, stored, together)) as answers:
        async for results in answers:
            door.counted(partner.name, Report(results).counts)
            report.results += results
            progress(len(report.results), len(found))
    return report


async def joined(door: Door, partner: Partner, person: str, owner: UUID) -> Report:
    """A person connected to a partner under its name for them, and what had waited for them taken in.

    Raises Conflict if that name is somebody else's.
    """
    person = keyed(person, door.hashed)
    async with door.sessions() as session, session.begin():
        await connect(session, owner, partner.name, person)
        if (await people_of(session, partner.name, [person])).get(person) != owner:
            raise Conflict(f"{partner.name} knows somebody else by this name; ask its steward which is right.")
        waiting = await quarantine.waiting_for(session, partner.name, person, door.now())
        report = Report(await ingest(session, partner, waiting, now=door.now(), hashed=door.hashed))
    door.counted(partner.name, report.counts)
    return report


async def _kept(door: Door, partner: Partner, problem: Problem, owner: UUID | None) -> None:
    async with door.sessions() as session, session.begin():
        failed = Result(outcome=Outcome.QUARANTINED, item=problem, problem=problem, user_id=owner)
        await quarantine.keep(session, partner.name, [failed], door.now())
    door.counted(partner.name, Report([failed]).counts)


async def _connected(door: Door, partner: Partner, found: list[Item], owner: UUID) -> None:
    named = {person for each in found if (person := person_named(each, door.hashed))}
    if len(named) != 1:
        return
    async with door.sessions() as session, session.begin():
        person = named.pop()
        if not await people_of(session, partner.name, [person]):
            await connect(session, owner, partner.name, person)
