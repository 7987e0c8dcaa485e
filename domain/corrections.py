"""What people correct about their own workouts: merge, split, delete, and whose figures they trust first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.arrivals import Arrivals, Held, Holder
from domain.base import driver_of
from domain.errors import BadInput, NotFound
from domain.exchange import asked
from domain.holding import held, locked
from domain.ingest import stored
from domain.links import Name, Word, said_under, say
from domain.merging import Formed

MOST_RECORDS = 50
"""So many records at most are bound or parted at once: each pair of them is a row."""
MOST_SOURCES = 50
_BATCH = 500

_BEHIND = """
    SELECT r.id, r.activity_id, r.partner_name, r.partner_ref
    FROM activities a JOIN records r ON r.user_id = a.user_id AND r.activity_id = a.id
    WHERE a.user_id = $1 AND a.id = ANY($2::uuid[]) AND a.deleted_at IS NULL AND r.deleted_at IS NULL
    ORDER BY r.partner_name, r.partner_ref
"""
_ACTIVITY_OF = """
    SELECT activity_id FROM records
    WHERE user_id = $1 AND partner_name = $2 AND partner_ref = $3 AND activity_id IS NOT NULL AND deleted_at IS NULL
"""
_EXISTS = "SELECT deleted_at IS NOT NULL FROM activities WHERE user_id = $1 AND id = $2"
_UNKNOWN = (
    "SELECT name FROM unnest($1::text[]) AS n(name) WHERE NOT EXISTS (SELECT FROM partners p WHERE p.name = n.name)"
)
_REORDER = "UPDATE users SET source_order = $2::text[] WHERE id = $1 AND source_order <> $2::text[] RETURNING id"
_OF_DAYS = """
    SELECT id FROM activities
    WHERE user_id = $1 AND id > $2 AND record_count >= $4 AND deleted_at IS NULL
      AND local_date >= CAST($5 AS date) AND local_date < CAST($6 AS date)
    ORDER BY id LIMIT $3
"""
_TOTALLED = """
    SELECT local_date FROM day_totals WHERE user_id = $1 AND steps IS NOT NULL GROUP BY local_date HAVING count(*) > 1
"""


class Part(NamedTuple):
    """A record behind an activity."""

    id: UUID
    activity_id: UUID
    partner_name: str
    partner_ref: str

    @property
    def name(self) -> Name:
        """The name under which a word about it is kept."""
        return (self.partner_name, self.partner_ref)


async def merge(session: AsyncSession, user_id: UUID, activities: Collection[UUID], *, now: datetime, key: str) -> UUID:
    """The person's activities made one, whatever the rules say of their records; its id.

    Their word holds for these records also when they change, go and return. The same attempt again changes nothing.
    Raises NotFound unless all are theirs and there, BadInput for fewer than two, or more than 50 records.
    """
    connection = await driver_of(session)
    await locked(connection, [user_id])
    for one, _, word in await said_under(connection, user_id, key):
        if word is Word.SAME:
            return await _activity_of(connection, user_id, one)
    parts = await _behind(connection, user_id, activities)
    if len({part.activity_id for part in parts}) < 2:  # noqa: PLR2004 - it takes two
        raise BadInput("Name two activities or more.", path=("input", "activityIds"))
    if len(parts) > MOST_RECORDS:
        raise BadInput(
            f"These activities have {len(parts)} records; merge at most {MOST_RECORDS}.", path=("input", "activityIds")
        )
    await say(connection, user_id, same=[part.name for part in parts], by=user_id, at=now, key=key)
    found = await reformed(session, user_id, activities, now)
    return found.belonging[parts[0].id.int][0]


async def split(
    session: AsyncSession, user_id: UUID, activity_id: UUID, records: Collection[UUID], *, now: datetime, key: str
) -> tuple[UUID, UUID]:
    """These records of the person's activity made a workout of their own: its id, and that of one of the others.

    Their word holds as in `merge`. Raises NotFound unless the activity is theirs and has the records, BadInput unless
    some remain.
    """
    connection = await driver_of(session)
    await locked(connection, [user_id])
    for one, other, word in await said_under(connection, user_id, key):
        if word is Word.APART:
            return await _activity_of(connection, user_id, one), await _activity_of(connection, user_id, other)
    parts = await _behind(connection, user_id, [activity_id])
    chosen = [part for part in parts if part.id in records]
    others = [part for part in parts if part.id not in records]
    if not chosen or len(chosen) < len(set(records)):
        raise NotFound("Not all of these are records of that activity.", path=("input", "recordIds"))
    if not others:
        raise BadInput("Leave at least one record with the activity.", path=("input", "recordIds"))
    if len(parts) > MOST_RECORDS:
        raise BadInput(f"An activity of more than {MOST_RECORDS} records cannot be split.", path=("input",))
    names = [part.name for part in chosen]
    apart = (names, [part.name for part in others])
    await say(connection, user_id, same=names, apart=apart, by=user_id, at=now, key=key)
    found = await reformed(session, user_id, [activity_id], now)
    return found.belonging[chosen[0].id.int][0], found.belonging[others[0].id.int][0]


async def delete(session: AsyncSession, user_id: UUID, activity_id: UUID, *, now: datetime) -> None:
    """The person's activity and its records gone for good: no replay and no newer version raises these records.

    What it counted is taken back by new entries. Deleting again changes nothing. Raises NotFound unless it is theirs.
    """
    connection = await driver_of(session)
    await locked(connection, [user_id])
    (rows,) = await asked(connection, (_EXISTS, [user_id, activity_id]))
    if not rows:
        raise NotFound("There is no such activity of yours.", path=("input", "activityId"))
    if rows[0][0]:
        return
    holder, arrivals = Holder(user_id), Arrivals()
    for part in await _behind(connection, user_id, [activity_id]):
        arrivals.gone.append((holder, Held(id=part.id, activity_id=part.activity_id, stored=True, lived=True)))
        arrivals.tombstones.append(
            {
                "user_id": user_id,
                "partner_name": part.partner_name,
                "partner_ref": part.partner_ref,
                "version": None,
                "deleted_at": now,
            }
        )
    await _stored(session, holder, arrivals, now)


async def reorder(session: AsyncSession, user_id: UUID, partners: Sequence[str], *, now: datetime) -> int:
    """The person's own order of sources, the most trusted first, and how many activities were formed anew by it.

    All activities with several records and all days with several totals follow, 500 at once: this costs by what one
    person has, not by what all have. Raises BadInput for names that are no partners, twice there, or over 50.
    """
    connection = await driver_of(session)
    await locked(connection, [user_id])
    if len(partners) > MOST_SOURCES or len(set(partners)) < len(partners):
        raise BadInput(f"Name at most {MOST_SOURCES} partners, each once.", path=("input", "partners"))
    order = list(partners)
    (unknown,) = await asked(connection, (_UNKNOWN, [order]))
    if unknown:
        names = ", ".join(name for (name,) in unknown)
        raise BadInput(f"There is no partner {names}; `partners` lists them.", path=("input", "partners"))
    (changed,) = await asked(connection, (_REORDER, [user_id, order]))
    if not changed:
        return 0
    (days,) = await asked(connection, (_TOTALLED, [user_id]))
    totalled = [day for (day,) in days]
    for start in range(0, len(totalled), _BATCH):
        await _stored(session, _holder_of(user_id, totalled[start : start + _BATCH]), Arrivals(), now)
    return await reformed_all(session, user_id, now, records=2)


async def reformed(session: AsyncSession, user_id: UUID, activities: Collection[UUID], now: datetime) -> Formed:
    """The person's activities, which are there, brought to what their records say by what decides of them now."""
    holder = Holder(user_id)
    return await _stored(session, holder, Arrivals(reformed=[(holder, each) for each in activities]), now)


async def reformed_all(
    session: AsyncSession,
    user_id: UUID,
    now: datetime,
    *,
    records: int = 1,
    since: date = date.min,
    until: date = date.max,
) -> int:
    """How many activities of the person, of so many records or more, were formed anew: those of `since` to `until`.

    The day of `until` is no part of it. 500 are formed at once.
    """
    connection, last, count = await driver_of(session), UUID(int=0), 0
    while True:  # by id, which forming anew does not change, as it may the start
        (rows,) = await asked(connection, (_OF_DAYS, [user_id, last, _BATCH, records, since, until]))
        if not rows:
            return count
        last, count = rows[-1][0], count + len(rows)
        await reformed(session, user_id, [activity_id for (activity_id,) in rows], now)


async def _stored(session: AsyncSession, holder: Holder, arrivals: Arrivals, now: datetime) -> Formed:
    rulebooks = await held(await driver_of(session), "", [holder], [], [])
    return await stored(session, arrivals, [holder], rulebooks, now)


def _holder_of(user_id: UUID, days: Sequence[date]) -> Holder:
    holder = Holder(user_id)
    for day in days:
        holder.day(day)
    return holder


async def _behind(connection: AsyncConnection[Any], user_id: UUID, activities: Collection[UUID]) -> list[Part]:
    """The records behind the person's activities, by name. Raises NotFound unless all are theirs and there."""
    wanted = sorted(set(activities))
    (rows,) = await asked(connection, (_BEHIND, [user_id, wanted]))
    parts = [Part(*row) for row in rows]
    if len({part.activity_id for part in parts}) < len(wanted):
        raise NotFound("Not all of these are activities of yours.", path=("input",))
    return parts


async def _activity_of(connection: AsyncConnection[Any], user_id: UUID, name: Name) -> UUID:
    (rows,) = await asked(connection, (_ACTIVITY_OF, [user_id, *name]))
    if not rows:
        raise NotFound("The record that this attempt was about is gone.", path=("input",))
    activity_id: UUID = rows[0][0]
    return activity_id
