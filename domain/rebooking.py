"""Days booked by another rulebook than the one of their date: what would change, and the change, in batches.

Both come from the same pure functions as a delivery. A workout's energy and verdict are formed anew from its records
by the rules of its day, and kept where these rules make no difference, whatever else changed since; then the day is
scored, and the difference to what is booked is booked as a new entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from heapq import nsmallest
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.arrivals import Arrivals, Holder
from domain.base import driver_of
from domain.booking import Scored, scored
from domain.days import Day, read
from domain.exchange import asked
from domain.garbage import uncollected
from domain.holding import embodied
from domain.ingest import entered, settled
from domain.merging import Formed, reformed
from domain.nearby import behind
from domain.rulebooks import Rulebooks

LARGEST = 10
"""How many of the largest differences are named."""

Rows = tuple[dict[str, Any], dict[str, Any]]

_ACTIVITIES = """
    SELECT a.user_id, a.id, a.local_date FROM unnest($1::uuid[]) AS p(id) JOIN activities a ON a.user_id = p.id
    WHERE a.local_date BETWEEN $2 AND $3 AND a.deleted_at IS NULL
      AND a.started_at >= CAST($2::date AS timestamp) AT TIME ZONE 'Asia/Bangkok'
      AND a.started_at < CAST($3::date + 1 AS timestamp) AT TIME ZONE 'Asia/Bangkok'
"""

_COUNTED = """
    SELECT d.user_id, d.local_date FROM unnest($1::uuid[]) AS p(id) JOIN user_days d ON d.user_id = p.id
    WHERE d.local_date BETWEEN $2 AND $3
"""

_PEOPLE = """
    SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A person's local day whose credits differ."""

    user_id: UUID
    local_date: date
    before: int
    after: int


@dataclass(slots=True)
class Tally:
    """What another rulebook changes: of how many people and days, and how much.

    `verdicts` counts workouts by (before, after); `reformed` those of them whose energy or verdict differs.
    """

    people: int = 0
    days: int = 0
    days_changed: int = 0
    people_changed: int = 0
    credits_more: int = 0
    credits_less: int = 0
    reformed: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    largest: list[Change] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count in the days of other people."""
        for each in fields(Tally):
            if each.name != "largest":
                setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        self.largest = nsmallest(LARGEST, [*self.largest, *other.largest], key=_by_size)


def tallied(people: int, worth: Scored, rows: Sequence[Rows]) -> Tally:
    """The days of so many people and their workouts, before and after, in figures."""
    changes = [
        Change(day.user_id, day.local_date, day.booked, score.credits)
        for day, score in worth
        if day.booked != score.credits
    ]
    verdicts = Counter((was["verdict"], now_is["verdict"]) for was, now_is in rows)
    return Tally(
        people=people,
        days=len(worth),
        days_changed=len(changes),
        people_changed=len({each.user_id for each in changes}),
        credits_more=sum(max(each.after - each.before, 0) for each in changes),
        credits_less=sum(max(each.before - each.after, 0) for each in changes),
        reformed=len(rows),
        verdicts=Counter({pair: count for pair, count in verdicts.items() if pair[0] != pair[1]}),
        largest=nsmallest(LARGEST, changes, key=_by_size),
    )


def _by_size(change: Change) -> tuple[int, date, UUID]:
    return (-abs(change.after - change.before), change.local_date, change.user_id)


@dataclass(frozen=True, slots=True)
class Turn:
    """The rules that decided until now, and those that are to."""

    before: Rulebooks
    after: Rulebooks


@dataclass(frozen=True, slots=True)
class Concerned:
    """What a turn is looked at on: local days of people, and activities (user, id)."""

    days: Sequence[Day]
    activities: Sequence[tuple[UUID, UUID]]


async def people_after(connection: AsyncConnection[Any], last: UUID, count: int) -> list[UUID]:
    """The next people in the order of their ids; none after the last."""
    (rows,) = await asked(connection, (_PEOPLE, [last, count]))
    return [row[0] for row in rows]


async def days_of(
    connection: AsyncConnection[Any], people: Sequence[UUID], starts_on: date, ends_on: date
) -> Concerned:
    """All that these people have between two local days, both included."""
    binds = [list(people), starts_on, ends_on]
    days, activities = await asked(connection, (_COUNTED, binds), (_ACTIVITIES, binds))
    every = {*days, *((user, day) for user, _, day in activities)}  # days of nothing but flagged workouts do not count
    return Concerned(sorted(every), [(user, made) for user, made, _ in activities])


async def compared(session: AsyncSession, held: Concerned, turn: Turn, now: datetime) -> Tally:
    """What the turn would change on these days; nothing is locked or written."""
    connection = await driver_of(session)
    holders, rows = await _formed(connection, held, turn, now)
    days = [day for holder in holders for day in holder.days.values()]
    await read(connection, days, known=True)
    with uncollected():
        for day in days:
            entered(day)
        return tallied(len(holders), scored(days, turn.after), rows)


async def rebooked(session: AsyncSession, held: Concerned, turn: Turn, now: datetime) -> Tally:
    """These days brought to what they give after the turn; again: nothing is left to change.

    The caller holds the people's locks. A fixed number of statements, whatever the number of days.
    """
    holders, rows = await _formed(await driver_of(session), held, turn, now)
    formed_anew = Formed(changed=[row for _, row in rows])
    worth = await settled(session, holders, Arrivals(), formed_anew, turn.after, now)
    return tallied(len(holders), worth, rows)


async def _formed(
    connection: AsyncConnection[Any], held: Concerned, turn: Turn, now: datetime
) -> tuple[list[Holder], list[Rows]]:
    """The people of these days, with what changes of their workouts entered in their days."""
    people = {user.int: Holder(user) for user in sorted({user for user, _ in (*held.days, *held.activities)})}
    holders = list(people.values())
    await embodied(connection, holders)
    for user, local_date in held.days:
        people[user.int].day(local_date)
    stored = await behind(connection, held.activities)
    with uncollected():
        return holders, reformed(people, stored, turn.before, turn.after, now)
