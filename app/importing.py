"""One delivery from bytes to rows: read by the partner's adapter, taken in batches, counted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import adapters
from adapters import adapter_named
from adapters.base import Adapter, holdable, items
from adapters.lines import LONGEST_LINE, Lines
from app.db import Sessions
from app.overlapping import overlapped
from app.unpacking import Unpacked
from domain import quarantine
from domain.citizens import keyed, person_named, unreadable
from domain.connections import connect, people_of
from domain.drafts import Disconnection, Item, Problem
from domain.errors import BadInput, BadPayload, Conflict, NotFound
from domain.ingest import Outcome, Result, ingest
from domain.partners import Partner, partner_named

# One transaction each: small enough that nobody waits long for a person's lock, and that two fit into memory.
_AT_ONCE = 1_000
_AT_ONCE_BYTES = 4_000_000
KEPT_BYTES = 10_000_000
"""Of what cannot be read at all, no more than this is kept."""

Noted = Callable[[AsyncSession, Sequence[Result]], Awaitable[None]]
"""Writes down, in the transaction of a batch, what came of it; after the batches before it are committed."""


@dataclass
class Report:
    """What became of a delivery, item by item in its order; those left out are only counted."""

    results: list[Result] = field(default_factory=list)
    left_out: Counter[Outcome] = field(default_factory=Counter)

    def take(self, results: Sequence[Result], *, kept: bool) -> None:
        """Count these too, and keep or leave them out."""
        if kept:
            self.results += results
        else:
            self.left_out.update(each.outcome for each in results)

    @property
    def counts(self) -> dict[str, int]:
        """How many items came to each outcome, in the order of the outcomes; those that did not occur are absent."""
        found = self.left_out + Counter(each.outcome for each in self.results)
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


async def taken(
    door: Door,
    partner: Partner,
    batches: AsyncIterable[Sequence[Item]],
    *,
    owner: UUID | None = None,
    noted: Noted | None = None,
) -> AsyncGenerator[list[Result], None]:
    """What became of each batch, in order, each stored and booked in a transaction of its own.

    What was answered stays, whatever ends the rest.
    """
    last = asyncio.Event()
    last.set()

    async def stored(batch: Sequence[Item], begun: Callable[[], None]) -> list[Result]:
        nonlocal last
        before, last = last, asyncio.Event()
        done = last
        # Whoever disconnects is not known any more to what comes after, which looks people up before it waits.
        if any(isinstance(each, Disconnection) for each in batch):
            begun = _not_yet
        async with door.sessions() as session, session.begin():
            results = await ingest(
                session, partner, batch, now=door.now(), hashed=door.hashed, owner=owner, begun=begun
            )
            if noted is not None:
                await before.wait()
                await noted(session, results)
        done.set()
        return results

    async with aclosing(overlapped(batches, stored)) as answers:
        async for results in answers:
            door.counted(partner.name, Report(results).counts)
            yield results


def _not_yet() -> None:
    """In place of saying that a batch has begun: the next one waits until it has ended."""


async def batched(read: Iterable[Item]) -> AsyncGenerator[list[Item], None]:
    """The items in batches, read in a thread as they are wanted: a thousand each, or about four megabytes."""
    reading = iter(read)
    while batch := await asyncio.to_thread(_next_of, reading):
        yield batch


def _next_of(reading: Iterator[Item]) -> list[Item]:
    batch: list[Item] = []
    size = 0
    for item in reading:
        batch.append(item)
        size += len(getattr(item, "raw", b""))
        if len(batch) >= _AT_ONCE or size >= _AT_ONCE_BYTES:
            break
    return batch


async def batched_by_line(
    door: Door, partner: Partner, adapter: Adapter, pieces: AsyncIterable[bytes]
) -> AsyncGenerator[list[Item], None]:
    """The items of lines in batches, read as they arrive.

    Raises BadPayload, whose lines are in quarantine, when the first thousand say nothing.
    """
    assert adapter.lines is not None  # noqa: S101 - for the type checker; such a format alone comes here
    lines, number = Lines(LONGEST_LINE), 1
    async for batch in _cut(lines, pieces):
        try:
            yield await asyncio.to_thread(_read_lines, adapter, batch, number)
        except BadPayload as error:
            await _kept(door, partner, error, b"\n".join(batch), None)
            raise
        number += len(batch)


async def _cut(lines: Lines, pieces: AsyncIterable[bytes]) -> AsyncGenerator[list[bytes], None]:
    async for piece in pieces:
        for batch in lines.fed(piece):
            yield batch
    for batch in lines.closed():
        yield batch


def _read_lines(adapter: Adapter, batch: Sequence[bytes], number: int) -> list[Item]:
    assert adapter.lines is not None  # noqa: S101 - the same
    return list(map(holdable, adapter.lines(batch, number)))


async def delivered(
    door: Door,
    partner: Partner,
    payload: bytes | Path,
    *,
    owner: UUID | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    told: Callable[[Sequence[Result]], None] | None = None,
) -> Report:
    """The delivery, stored and booked; what cannot become a record is quarantined.

    A file may be of any length and packed; it is read as it is taken. `owner` says whose it is. The one person it
    names, if nobody yet, is connected to them; a file that names several people is a group's, and each of its rows
    needs a person who has connected. `progress` is told bytes of a file, read and to be read. `told` takes the
    results, which the report then leaves out.
    Raises BadPayload when nothing can be read, or the rest of a long file; the bytes are then in quarantine, but for
    long files.
    """
    adapter = adapter_of(partner)
    if isinstance(payload, Path):
        file = await asyncio.to_thread(Unpacked.at, payload, adapter)
        read: Callable[[], Iterable[Item]] = partial(file.items, progress)
    else:
        read = partial(items, adapter, payload)
    report = Report()
    try:
        if owner:
            await _connected(door, partner, read, owner)
        async with aclosing(taken(door, partner, batched(read()), owner=owner)) as answers:
            async for results in answers:
                report.take(results, kept=told is None)
                if told is not None:
                    told(results)
    except BadPayload as error:
        await _kept(door, partner, error, await asyncio.to_thread(_beginning, payload), owner)
        raise
    return report


def _beginning(payload: bytes | Path) -> bytes:
    if isinstance(payload, bytes):
        return payload
    return payload.read_bytes() if payload.stat().st_size <= KEPT_BYTES else b""


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


async def _kept(door: Door, partner: Partner, error: BadPayload, body: bytes, owner: UUID | None) -> None:
    problem = Problem(code=error.code, path=error.path, message=error.reason, raw=unreadable(body, door.hashed))
    async with door.sessions() as session, session.begin():
        failed = Result(outcome=Outcome.QUARANTINED, item=problem, problem=problem, user_id=owner)
        await quarantine.keep(session, partner.name, [failed], door.now())
    door.counted(partner.name, Report([failed]).counts)


async def _connected(door: Door, partner: Partner, read: Callable[[], Iterable[Item]], owner: UUID) -> None:
    """Connect the one person that all of the items name, unless they know somebody by that name already."""
    named = await asyncio.to_thread(_people_named, read(), door.hashed)
    if len(named) != 1:
        return
    async with door.sessions() as session, session.begin():
        person = named.pop()
        if not await people_of(session, partner.name, [person]):
            await connect(session, owner, partner.name, person)


def _people_named(read: Iterable[Item], hashed: Callable[[str], str]) -> set[str]:
    """One person, two of those there are, or none, as far as the first thousand items name nobody."""
    named: set[str] = set()
    for at, item in enumerate(read):
        if person := person_named(item, hashed):
            named.add(person)
        if len(named) > 1 or (not named and at >= _AT_ONCE):
            break
    return named
