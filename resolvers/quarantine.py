"""Taking up again what could not be taken when it came in."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import strawberry

from adapters import adapter_of
from adapters.base import Adapter, items
from domain import quarantine
from domain.base import driver_of
from domain.citizens import person_named
from domain.drafts import DayTotal, Deletion, Draft, Item, Problem
from domain.errors import BadInput, BadPayload, NotFound
from domain.holding import people_named
from domain.ingest import Outcome, ingest, lock
from domain.partners import Partner
from domain.quarantine import Entry
from resolvers.context import Context
from resolvers.keys import accepted_key, organisation_of

MOST_AT_ONCE = 100
_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)


@strawberry.input(description="What `replayQuarantined` takes; conditions add up.")
class ReplayQuarantinedInput:
    """Which entries to try again."""

    code: str | None = strawberry.field(description="Only entries of this code, such as `UNKNOWN_PERSON`.")
    received_from: datetime | None = strawberry.field(
        description="Only entries that came in at or after this moment, such as `lastReceivedAt` of the last answer."
    )
    first: int | None = strawberry.field(
        description=f"How many entries, the oldest first, 1 to {MOST_AT_ONCE}; {MOST_AT_ONCE} when left out."
    )
    idempotency_key: str = strawberry.field(
        description="Your name for this attempt, 1 to 100 characters. Asking again is safe: what was taken is done."
    )


@dataclass
class Replayed:
    """What came of trying again."""

    replayed: int
    still_waiting: int
    last_received_at: datetime | None
    idempotency_key: str


async def replay(context: Context, input: ReplayQuarantinedInput) -> Replayed:  # noqa: A002 - the contract's word
    """Entries of the token's organisation tried again; those that nothing speaks against any more are done with.

    Raises BadInput, Forbidden, NotFound, and Conflict unless the organisation's agreement is signed.
    """
    key, session = accepted_key(input.idempotency_key), context.session
    most = MOST_AT_ONCE if input.first is None else input.first
    if not 1 <= most <= MOST_AT_ONCE:
        raise BadInput(f"Ask for 1 to {MOST_AT_ONCE} entries.", path=("input", "first"))
    partner = await session.get(Partner, organisation_of(context.viewer))
    if partner is None:
        raise NotFound("The organisation of this token is no partner.")
    since = input.received_from or _BEFORE_ALL
    if since.tzinfo is None:
        raise BadInput("Send the moment with its offset.", path=("input", "receivedFrom"))
    entries = await quarantine.waiting(session, partner.name, code=input.code, since=since, most=most)
    adapter = adapter_of(partner)
    read = await asyncio.to_thread(_read, adapter, entries)
    done = await _taken(context, partner, entries, read)
    await quarantine.replayed(session, done, context.now)
    return Replayed(
        replayed=len(done),
        still_waiting=len(entries) - len(done),
        last_received_at=entries[-1].received_at if entries else None,
        idempotency_key=key,
    )


def _read(adapter: Adapter | None, entries: Sequence[Entry]) -> dict[UUID, list[Item]]:
    """What the entries say now; those that still cannot be read, or say nothing, are absent."""
    found = {}
    for entry in entries:
        try:
            said: list[Item] = [entry.item] if entry.item else list(items(adapter, entry.raw)) if adapter else []
        except BadPayload:
            continue
        if not any(isinstance(each, Problem) for each in said):
            said = [each for each in said if isinstance(each, Draft | DayTotal | Deletion)]
            if said:
                found[entry.id] = said
    return found


async def _taken(
    context: Context, partner: Partner, entries: Sequence[Entry], read: Mapping[UUID, Sequence[Item]]
) -> list[UUID]:
    """The entries whose items are all taken in. Everybody they concern is locked first, in the order of everybody."""
    session = context.session
    names = {name for said in read.values() for each in said if (name := person_named(each, context.hashed))}
    known = await people_named(await driver_of(session), partner.name, names)
    await lock(session, {*known.values(), *(entry.user_id for entry in entries if entry.user_id)})
    batches: dict[UUID | None, list[tuple[UUID, Item]]] = defaultdict(list)
    for entry in entries:
        batches[entry.user_id] += [(entry.id, each) for each in read.get(entry.id, ())]
    failed: set[UUID] = set()
    outcomes: Counter[str] = Counter()
    for owner, batch in batches.items():
        given = [each for _, each in batch]
        results = await ingest(session, partner, given, now=context.now, hashed=context.hashed, owner=owner)
        failed |= {
            entry for (entry, _), each in zip(batch, results, strict=True) if each.outcome is Outcome.QUARANTINED
        }
        outcomes += Counter(each.outcome.value for each in results)
    context.taken(partner.name, outcomes)
    return [entry for entry in read if entry not in failed]
