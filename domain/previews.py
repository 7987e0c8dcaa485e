"""What a rulebook would change, looked at on a bounded number of people's days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import driver_of
from domain.days import Day
from domain.drafts import BANGKOK
from domain.errors import BadInput
from domain.exchange import asked
from domain.rebooking import Concerned, Tally, Turn, compared

MOST_DAYS = 1_000
"""People's days that one preview looks at, at most."""
LONGEST = timedelta(days=366)
_ACTIVITIES_A_DAY = 4  # people with more than that every day are cut short, and the preview says that it is a sample

# The first few of each of several equal stretches of time: bounded by the index, whatever the table holds.
_FIRSTS = """
    SELECT a.user_id, a.local_date
    FROM generate_series(0, $3::integer - 1) AS n
    CROSS JOIN LATERAL (
        SELECT $1::timestamptz + n * ($2::timestamptz - $1) / $3 AS low,
               $1::timestamptz + (n + 1) * ($2::timestamptz - $1) / $3 AS high
    ) stretch
    CROSS JOIN LATERAL (
        SELECT user_id, local_date FROM activities
        WHERE started_at >= stretch.low AND started_at < stretch.high AND deleted_at IS NULL
        ORDER BY started_at, id LIMIT $4
    ) a
"""

_ALL = """
    SELECT user_id, local_date FROM activities
    WHERE started_at >= $1 AND started_at < $2 AND deleted_at IS NULL ORDER BY started_at, id LIMIT $3
"""

_OF_DAYS = """
    SELECT a.user_id, a.id FROM unnest($1::uuid[], $2::date[]) AS d(user_id, local_date)
    JOIN activities a ON a.user_id = d.user_id AND a.local_date = d.local_date
         AND a.started_at >= CAST(d.local_date AS timestamp) AT TIME ZONE 'Asia/Bangkok'
         AND a.started_at < CAST(d.local_date + 1 AS timestamp) AT TIME ZONE 'Asia/Bangkok'
    WHERE a.deleted_at IS NULL
"""


@dataclass(frozen=True)
class Preview:
    """What would change on the days looked at; `is_whole` says whether those were all that there are."""

    tally: Tally
    is_whole: bool


async def previewed(
    session: AsyncSession, turn: Turn, starts_on: date, ends_on: date, most: int, now: datetime
) -> Preview:
    """What the turn would change between two local days, both included, on `most` people's days; nothing is written.

    Where there are more, a sample spread evenly over the time is looked at: of those who began first in each of `most`
    equal stretches of it. Raises BadInput for days in the wrong order or more than a year, and for a number that is
    not 1 to 1,000.
    """
    if not 0 < most <= MOST_DAYS:
        raise BadInput(f"Look at 1 to {MOST_DAYS:,} people's days.", path=("input", "sample"))
    if not timedelta() <= ends_on - starts_on < LONGEST:
        raise BadInput("Take 1 to 366 days, the earlier one first.", path=("input", "fromDate"))
    connection = await driver_of(session)
    days, is_whole = await _sampled(connection, starts_on, ends_on, most)
    (rows,) = await asked(connection, (_OF_DAYS, [[user for user, _ in days], [day for _, day in days]]))
    held = Concerned(days, [(user, activity) for user, activity in rows])
    return Preview(await compared(session, held, turn, now), is_whole)


async def _sampled(
    connection: AsyncConnection[Any], starts_on: date, ends_on: date, most: int
) -> tuple[list[Day], bool]:
    """People's days with an activity, and whether they are all."""
    low, high = _midnight(starts_on), _midnight(ends_on + timedelta(days=1))
    enough = most * _ACTIVITIES_A_DAY
    (rows,) = await asked(connection, (_ALL, [low, high, enough]))
    days = _distinct(rows)
    if len(rows) < enough and len(days) <= most:
        return days, True
    (rows,) = await asked(connection, (_FIRSTS, [low, high, most, _ACTIVITIES_A_DAY]))
    few = _distinct(rows)
    return [few[n * len(few) // most] for n in range(most)] if len(few) > most else few, False


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BANGKOK)


def _distinct(rows: list[tuple[Any, ...]]) -> list[tuple[UUID, date]]:
    return list(dict.fromkeys((user, day) for user, day in rows))
