"""The one way in: a partner's items become records, activities, credits, counters and standings.

In three phases: everything needed is read, the new state is worked out in memory, and each table is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import quarantine
from domain.arrivals import UNTIL_RECONNECTED, Arrivals, Holder, Outcome, Result, arrived
from domain.base import driver_of, run
from domain.booking import Scored, bookings, scored
from domain.citizens import hidden
from domain.connections import disconnected
from domain.counting import counting
from domain.days import LocalDay, read
from domain.drafts import DayTotal, Deletion, Disconnection, Draft, Fetch, Item, Problem, Skipped, refusal
from domain.errors import Conflict
from domain.garbage import uncollected
from domain.holding import held, locked, people_named
from domain.merging import Formed, formed, touched_by
from domain.nearby import near
from domain.partners import AgreementState, Partner
from domain.plausibility import Verdict
from domain.reviews import queued
from domain.rulebooks import Rulebooks
from domain.scoring import DayScore, workout_of
from domain.storing import activities_of, moved, records_of, totalled
from domain.writing import Sheet, shared_out, written

__all__ = ["Outcome", "Result", "ingest", "lock", "stored"]

_UNMENTIONED = text("""
    SELECT partner_ref FROM records WHERE user_id = :user AND partner_name = :partner AND deleted_at IS NULL
""")
_WITHDRAW = text("""
    DELETE FROM day_totals WHERE user_id = :user AND partner_name = :partner RETURNING local_date
""")
_ACCEPTED = Verdict.ACCEPTED.value


async def lock(session: AsyncSession, users: Iterable[UUID]) -> None:
    """People locked for this transaction, in one order for everybody, so that writers wait and never deadlock."""
    await locked(await driver_of(session), users)


async def ingest(
    session: AsyncSession,
    partner: Partner,
    items: Iterable[Item],
    *,
    now: datetime,
    hashed: Callable[[str], str],
    owner: UUID | None = None,
    begun: Callable[[], None] = lambda: None,
) -> list[Result]:
    """All items of one delivery, stored and booked in the caller's transaction; one result an item, in order.

    `owner` says whose the items are that name nobody. `hashed` turns a citizen number
    into the keyed hash that stands for it from here on. `begun` is called once the people are locked, until the
    transaction ends.
    Idempotent: the same delivery again gives UNCHANGED throughout.
    The number of statements does not depend on the number of items. Raises Conflict unless the partner's
    agreement is signed.
    """
    if partner.agreement != AgreementState.SIGNED.value:
        raise Conflict(
            f"The agreement with {partner.name} is {partner.agreement}; records are taken when it is signed."
        )
    connection = await driver_of(session)
    given = [hidden(each, hashed) for each in items]
    names = [getattr(each, "person_ref", None) for each in given]
    people = await people_named(connection, partner.name, set(filter(None, names)))
    holders = {user.int: Holder(user) for user in (*people.values(), *((owner,) if owner else ()))}
    by_name = {name: holders[user.int] for name, user in people.items()}
    own = holders[owner.int] if owner else None
    with uncollected():
        results = [_placed(each, name, by_name, own) for each, name in zip(given, names, strict=True)]
    if any(isinstance(each.item, Disconnection) and each.holder for each in results):
        await lock(session, {each.holder.id for each in results if each.holder})
        results += await _of_the_disconnected(session, partner, results)

    rulebooks = await _held(connection, partner, results)
    begun()
    with uncollected():
        arrivals = arrived(results, partner, now, rulebooks)
        for holder in holders.values():
            for local_date in holder.withdrawn:
                holder.day(local_date)
    workouts = await stored(session, arrivals, holders.values(), rulebooks, now)
    for result in results:
        if result.record_id and result.held:
            result.activity_id, records = workouts.belonging.get(result.record_id.int, (result.held.activity_id, 0))
            if result.outcome is Outcome.CREATED and records > 1:
                result.outcome = Outcome.MERGED
        result.holder = result.held = None  # whoever keeps results of a whole file keeps no more than those
    await quarantine.keep(session, partner.name, [each for each in results if each.problem], now)
    return results[: len(given)]


async def stored(
    session: AsyncSession, arrivals: Arrivals, holders: Collection[Holder], rulebooks: Rulebooks, now: datetime
) -> Formed:
    """The workouts of what arrived, written with all that follows from them."""
    connection = await driver_of(session)
    new = [(holder, held.report) for holder, held in arrivals.records if held.report]
    said = any(holder.said for holder in holders)
    held_near = await near(connection, new, touched_by(arrivals), said=said)
    with uncollected():
        found = formed(arrivals, held_near, rulebooks, now)
    if arrivals.totals:
        await totalled(connection, arrivals)
    await settled(session, holders, arrivals, found, rulebooks, now)
    return found


async def settled(
    session: AsyncSession,
    holders: Collection[Holder],
    arrivals: Arrivals,
    found: Formed,
    rulebooks: Rulebooks,
    now: datetime,
) -> Scored:
    """The days of these people, scored by the rulebooks and written with the workouts that were formed anew."""
    connection = await driver_of(session)
    worth: list[tuple[LocalDay, DayScore]] = []
    days = [day for holder in holders for day in holder.days.values()]
    accounts, periods = await read(connection, days, known=True)
    await moved(connection, arrivals, found, now)
    shares: list[tuple[UUID, UUID, int]] = []

    def sheets() -> Iterator[Sheet]:
        # The days are scored while the server writes the records.
        yield from records_of(arrivals, found, now)
        with uncollected():
            for day in days:
                entered(day)
            worth.extend(scored(days, rulebooks))
            shares.extend(share for day, score in worth for share in _shared(day, score))
            booked = bookings(worth, rulebooks, accounts, now)
        yield from activities_of(found)
        yield from booked.sheets()
        with uncollected():
            counted = counting(booked.days, periods, rulebooks)
        yield from counted

    await written(connection, sheets())
    await shared_out(connection, shares)
    await queued(connection, found.fresh, found.changed, found.gone, now)
    return worth


def entered(day: LocalDay) -> None:
    """Put the accepted ones of what was formed anew in place of what was stored."""
    if day.replaced:
        day.workouts = [each for each in day.workouts if each.id not in day.replaced]
    for row in day.arriving:
        if row["verdict"] == _ACCEPTED:
            day.workouts.append(workout_of(row))


def _shared(day: LocalDay, score: DayScore) -> Iterator[tuple[UUID, UUID, int]]:
    """Stored activities (user, activity, credits) whose share changed; that of new ones is entered in their columns."""
    rows = {row["id"].int: row for row in day.arriving}
    for share in score.shares:
        workout_id = share.workout.id
        if row := rows.get(workout_id.int):
            row["credits"] = share.credits
        elif day.shares[workout_id] != share.credits:
            yield day.user_id, workout_id, share.credits


def _placed(item: Item, person: str | None, known: dict[str, Holder], owner: Holder | None) -> Result:
    """The item with the person it belongs to, or why it cannot be taken."""
    if isinstance(item, Skipped):
        return Result(outcome=Outcome.SKIPPED, item=item)
    holder = known.get(person) if person else owner
    problem = item if isinstance(item, Problem) else refusal(item) if isinstance(item, Draft) else None
    if problem:
        whose = holder or owner
        user_id = whose.id if whose else None
        return Result(outcome=Outcome.QUARANTINED, item=item, problem=problem, user_id=user_id)
    if holder is None and not isinstance(item, Fetch):
        raw = item.raw if isinstance(item, (Draft, DayTotal)) else b""
        who = "of a person who has not connected" if person else "without the person it belongs to"
        ref = getattr(item, "partner_ref", None) or str(getattr(item, "local_date", ""))
        message = f"A record {who}. It is taken as soon as the person connects; nothing needs to be sent again."
        problem = Problem(code="UNKNOWN_PERSON", path=(ref,), message=message, person_ref=person, raw=raw)
        return Result(outcome=Outcome.QUARANTINED, item=item, problem=problem)
    return Result(outcome=Outcome.PENDING, item=item, user_id=holder.id if holder else None, holder=holder)


async def _of_the_disconnected(session: AsyncSession, partner: Partner, results: Sequence[Result]) -> list[Result]:
    """The deletions that follow from disconnections: every record the partner ever sent of those people.

    Their day totals are gone with it.
    """
    deletions = []
    for result in results:
        if isinstance(result.item, Disconnection) and result.holder:
            result.outcome = Outcome.DELETED
            await disconnected(session, result.holder.id, partner.name)
            binds = {"user": result.holder.id, "partner": partner.name}
            result.holder.withdrawn += (await run(session, _WITHDRAW, binds)).scalars()
            for ref in (await run(session, _UNMENTIONED, binds)).scalars():
                gone = Deletion(partner_ref=ref, version=UNTIL_RECONNECTED)
                deletions.append(
                    Result(outcome=Outcome.PENDING, item=gone, user_id=result.user_id, holder=result.holder)
                )
    return deletions


async def _held(connection: AsyncConnection[Any], partner: Partner, results: Sequence[Result]) -> Rulebooks:
    """The rulebooks, and all people of the results locked and with what is stored of what these name."""
    holders = {id(each.holder): each.holder for each in results if each.holder}
    named, days = [], []
    for each in results:
        if each.outcome is Outcome.PENDING and each.holder:
            if isinstance(each.item, (Draft, Deletion)):
                named.append((each.holder, each.item.partner_ref))
            elif isinstance(each.item, DayTotal):
                days.append((each.holder, each.item.local_date))
    return await held(connection, partner.name, holders.values(), named, days)
