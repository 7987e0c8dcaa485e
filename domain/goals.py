"""Goals that people set for themselves: so much of something in each day, week or month, from one of these on.

A version says what is aimed at from a period on, until the next version; without a target it says that the goal has
ended. A change takes effect with the present period at the earliest, so what a past period aimed at stays. There is one
goal for each metric and length of period, since that is the key of its versions.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import Row, run, utc_now
from domain.counters import FIRST_DAYS, Period
from domain.errors import BadInput, NotFound

MOST = 1_000_000_000
"""The highest target."""
AHEAD_DAYS = 366
"""How far ahead of today a goal may begin."""
_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31}


class GoalMetric(StrEnum):
    """What a goal counts, each a whole number."""

    ACTIVE_DAYS = "active_days"
    ACTIVITIES = "activities"
    MOVING_MINUTES = "moving_minutes"
    EQUIVALENT_MINUTES = "equivalent_minutes"
    DISTANCE_METERS = "distance_meters"
    ENERGY_KCAL = "energy_kcal"
    CREDITS = "credits"
    STEPS = "steps"


class Goal(Row, table=True):
    """What a person aims at in each period from the one that begins on `starts_on` on; None: nothing any more."""

    __tablename__ = "goals"

    user_id: UUID = Field(primary_key=True)
    metric: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    starts_on: date = Field(primary_key=True)
    target: int | None = Field(default=None, sa_type=BigInteger)
    set_at: datetime = Field(default_factory=utc_now)


class CalendarPeriod(Row, table=True):
    """A day, ISO week or month from 2025 to 2075, with its last day; so that periods are paged through by an index.

    Filled by its migration.
    """

    __tablename__ = "calendar"

    period: str = Field(primary_key=True, sa_type=Text)
    starts_on: date = Field(primary_key=True)
    ends_on: date


# Whatever was planned for later goes with it: the last word holds.
_LATER = """
    later AS (
        DELETE FROM goals WHERE user_id = :user AND metric = :metric AND period = :period
          AND starts_on > CAST(:starts_on AS date)
    )
"""
_SET = text(f"""
    WITH {_LATER}
    INSERT INTO goals (user_id, metric, period, starts_on, target, set_at)
    VALUES (:user, :metric, :period, CAST(:starts_on AS date), CAST(:target AS bigint), CAST(:now AS timestamptz))
    ON CONFLICT (user_id, metric, period, starts_on) DO UPDATE SET target = excluded.target, set_at = excluded.set_at
""")  # noqa: S608
_END = text(f"""
    WITH {_LATER}
    INSERT INTO goals (user_id, metric, period, starts_on, target, set_at)
    SELECT CAST(:user AS uuid), :metric, :period, CAST(:starts_on AS date), NULL, CAST(:now AS timestamptz)
    WHERE EXISTS (SELECT FROM goals WHERE user_id = :user AND metric = :metric AND period = :period)
    ON CONFLICT (user_id, metric, period, starts_on) DO UPDATE SET target = NULL, set_at = excluded.set_at
    RETURNING starts_on
""")  # noqa: S608


def first_day(period: Period, day: date) -> date:
    """The first day of the period that holds a local day."""
    return FIRST_DAYS[period](day) if period in FIRST_DAYS else day


async def set_goal(
    session: AsyncSession,
    user_id: UUID,
    metric: GoalMetric,
    period: Period,
    target: int,
    since: date | None,
    *,
    now: datetime,
) -> date:
    """The person aims at so much in each period, from the one that holds `since` on; the first day of that one.

    `since` None: from the present one. The same again changes nothing. Raises BadInput for a target below 1 or out of
    reach, and for a period that is over or begins more than `AHEAD_DAYS` from today.
    """
    if not 1 <= target <= MOST:
        raise BadInput(f"Send a target of 1 to {MOST}.", path=("input", "target"))
    if metric is GoalMetric.ACTIVE_DAYS and target > _DAYS[period]:
        raise BadInput(
            f"A {period} has {_DAYS[period]} days at most; send a target up to that.", path=("input", "target")
        )
    today = local_date_of(now)
    starts_on = first_day(period, since or today)
    if not first_day(period, today) <= starts_on <= today + timedelta(days=AHEAD_DAYS):
        raise BadInput(
            f"A goal begins with the present {period} or within {AHEAD_DAYS} days; send a day of that.",
            path=("input", "startsOn"),
        )
    await run(session, _SET, {**_binds(user_id, metric, period, starts_on, now), "target": target})
    return starts_on


async def end_goal(session: AsyncSession, user_id: UUID, metric: GoalMetric, period: Period, *, now: datetime) -> date:
    """The person aims at nothing of this any more from the present period on; the first day of that one.

    What past periods aimed at stays. Ending again changes nothing. Raises NotFound if there never was such a goal.
    """
    starts_on = first_day(period, local_date_of(now))
    if not (await run(session, _END, _binds(user_id, metric, period, starts_on, now))).first():
        raise NotFound("There is no such goal; look for one in `User.goals`.", path=("input",))
    return starts_on


def _binds(user_id: UUID, metric: GoalMetric, period: Period, starts_on: date, now: datetime) -> dict[str, Any]:
    return {"user": user_id, "metric": metric.value, "period": period.value, "starts_on": starts_on, "now": now}
