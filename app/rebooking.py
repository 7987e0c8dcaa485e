"""Books days by another rulebook, or says what that would change: batch by batch, each a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text

from app.db import Sessions
from app.progress import Report
from domain.bangkok import local_date_of
from domain.base import driver_of, run
from domain.ingest import lock
from domain.rebooking import Tally, Turn, compared, days_of, people_after, rebooked
from domain.rebookings import NOBODY, advanced, begun, dated, finished, position
from domain.rulebooks import approved
from domain.rulemaking import Administrator, rules_of
from domain.weeks import requeued

PEOPLE_AT_ONCE = 100
"""How many people's days are held at a time; a year of daily workouts of each takes some tens of megabytes."""

_EVERYBODY = text("SELECT count(*) FROM users")
_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@dataclass(frozen=True, kw_only=True)
class Span:
    """The local days, both ends included, that a rulebook is to decide."""

    version: int
    starts_on: date
    ends_on: date

    def days(self) -> list[date]:
        """All of them, in order."""
        return [self.starts_on + timedelta(days=n) for n in range((self.ends_on - self.starts_on).days + 1)]


async def foreseen(
    sessions: Sessions, span: Span, now: datetime, report: Report, *, at_once: int = PEOPLE_AT_ONCE
) -> Tally:
    """What would change if that rulebook, approved or not, decided these days; nothing is written or waited for.

    Raises BadInput for days that cannot be, NotFound for a version that does not exist.
    """
    dated(span.starts_on, span.ends_on, local_date_of(now))
    total = await _everybody(sessions)
    tally, last, done = Tally(), NOBODY, 0
    while True:
        async with sessions() as session, session.begin():
            await run(session, _ONE_MOMENT)
            connection = await driver_of(session)
            people = await people_after(connection, last, at_once)
            before = await approved(session)
            after = before.instead(await rules_of(session, span.version), span.starts_on, span.ends_on)
            held = await days_of(connection, people, span.starts_on, span.ends_on)
            found = await compared(session, held, Turn(before, after), now)
        if not people:
            return tally
        tally.add(found)
        last, done = people[-1], done + len(people)
        report("People", done, max(total, done))


async def booked(
    sessions: Sessions,
    span: Span,
    by: Administrator,
    reason: str,
    now: datetime,
    report: Report,
    *,
    at_once: int = PEOPLE_AT_ONCE,
) -> Tally | None:
    """What changed: these days decided by that rulebook from now on, and booked by it; None where they were already.

    Stopped at any point and given again, it goes on where it stopped, and tells what changed since.
    Raises BadInput, NotFound, and Conflict as `rebookings.begun` does.
    """
    dated(span.starts_on, span.ends_on, local_date_of(now))
    async with sessions() as session, session.begin():
        await rules_of(session, span.version)
        number = await begun(session, span.version, span.starts_on, span.ends_on, by, reason, now)
    if number is None:
        return None
    tally, done, total = Tally(), 0, await _everybody(sessions)
    while batch := await _batch(sessions, number, span, now, at_once):
        people, found = batch
        tally.add(found)
        done += people
        report("People", done, max(total, done))
    return tally


async def _batch(sessions: Sessions, number: int, span: Span, now: datetime, at_once: int) -> tuple[int, Tally] | None:
    """How many people came next, and what changed; None when nobody is left, and then the rebooking is finished."""
    async with sessions() as session, session.begin():
        last = await position(session, number)
        connection = await driver_of(session)
        people = await people_after(connection, last, at_once)
        if not people:
            await finished(session, number, now)
            return None
        await lock(session, people)
        after = await approved(session)
        held = await days_of(connection, people, span.starts_on, span.ends_on)
        turn = Turn(after.without(number), after)
        found = await rebooked(session, held, turn, now)
        await requeued(connection, people, turn.before, turn.after, span.days())
        await advanced(session, number, people[-1])
        return len(people), found


async def _everybody(sessions: Sessions) -> int:
    async with sessions() as session:
        count: int = (await run(session, _EVERYBODY)).scalar_one()
    return count


def told(span: Span, tally: Tally) -> Iterator[str]:
    """What changed, in lines for a person."""
    yield f"Rulebook {span.version} on {span.starts_on} to {span.ends_on}"
    yield f"looked at: {tally.people:,} people, {tally.days:,} days"
    yield f"days that differ: {tally.days_changed:,} of {tally.people_changed:,} people"
    yield f"credits: +{tally.credits_more:,} -{tally.credits_less:,}"
    yield f"workouts with other energy or verdict: {tally.reformed:,}"
    for (was, now_is), count in sorted(tally.verdicts.items()):
        yield f"  {was} to {now_is}: {count:,}"
    for each in tally.largest:
        yield f"  user {each.user_id} on {each.local_date}: {each.before} to {each.after} credits"
