"""Streaks: runs of days with an activity, and of weeks with as many minutes as a regular exerciser has.

A run is one row, whatever its length. Whoever counts a day queues it when it begins or ceases to have an activity
(`day_changes`); a week that began or ceased to be enough is queued for the regular exercisers anyway (`domain.weeks`).
The folding pass takes the runs that touch what changed, cuts what changed out of them, puts back what counts of it, and
keeps what differs: nothing in it grows with a person's history or with the length of a run.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from domain.base import Row
from domain.counters import queue_key, queue_time


class StreakKind(StrEnum):
    """What follows one another without a gap."""

    DAY = "day"
    WEEK = "week"


class Streak(Row, table=True):
    """A run of local days with an activity, or of ISO weeks with enough minutes; none touches another of its kind.

    `ends_on` is its last day, of weeks a Sunday. `length` is its number of days or weeks. Written by the pass alone.
    """

    __tablename__ = "streaks"
    __table_args__ = (
        Index(
            "ix_streaks_user_id_kind_length_starts_on", "user_id", "kind", text("length DESC"), text("starts_on DESC")
        ),
    )

    user_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True, sa_type=Text)
    starts_on: date = Field(primary_key=True)
    ends_on: date
    length: int


class DayChange(Row, table=True):
    """A person's day that began or ceased to have an activity; waits to be folded, like a `PlaceChange`."""

    __tablename__ = "day_changes"

    id: int | None = Field(default=None, sa_column=queue_key())
    user_id: UUID
    local_date: date
    queued_at: datetime | None = Field(default=None, sa_column=queue_time())


def _moved(kind: StreakKind, days: int) -> str:
    """SQL that brings the runs up to date with `asked`: units (user_id, starts_on, active) of so many days each.

    At most two runs touch a unit: the one that holds it or ends before it, and one that begins after it. Ranges of
    dates know by themselves which of them follow one another.
    """
    return f"""
        held AS (
            SELECT DISTINCT a.user_id, s.starts_on, s.ends_on FROM asked a CROSS JOIN LATERAL (
                SELECT starts_on, ends_on FROM streaks
                WHERE user_id = a.user_id AND kind = '{kind}' AND starts_on <= a.starts_on + {days}
                ORDER BY starts_on DESC LIMIT 2
            ) s WHERE s.ends_on >= a.starts_on - 1
        ), runs AS (
            SELECT user_id, unnest(
                coalesce(range_agg(span) FILTER (WHERE held), '{{}}') - range_agg(span) FILTER (WHERE NOT held)
                + coalesce(range_agg(span) FILTER (WHERE active), '{{}}')) AS span
            FROM (
                SELECT user_id, daterange(starts_on, ends_on, '[]') AS span, true AS held, false AS active FROM held
                UNION ALL SELECT user_id, daterange(starts_on, starts_on + {days}), false, active FROM asked
            ) AS spans GROUP BY user_id
        ), gone AS (
            DELETE FROM streaks s USING held h
            WHERE s.user_id = h.user_id AND s.kind = '{kind}' AND s.starts_on = h.starts_on
              AND NOT EXISTS (SELECT FROM runs r WHERE r.user_id = h.user_id AND lower(r.span) = h.starts_on)
        ), come AS (
            INSERT INTO streaks AS s (user_id, kind, starts_on, ends_on, length)
            SELECT user_id, '{kind}', lower(span), upper(span) - 1, (upper(span) - lower(span)) / {days} FROM runs
            ON CONFLICT (user_id, kind, starts_on) DO UPDATE SET ends_on = excluded.ends_on, length = excluded.length
            WHERE s.ends_on <> excluded.ends_on
        )
    """  # noqa: S608


# A scalar subquery and not a join, so that whatever PostgreSQL thinks of how many there are, it is a look-up for each.
FOLD = text(f"""
    WITH taken AS (
        DELETE FROM day_changes WHERE id = ANY(ARRAY(SELECT id FROM day_changes ORDER BY id LIMIT :most))
        RETURNING user_id, local_date
    ), asked AS (
        SELECT t.user_id, t.local_date AS starts_on, coalesce((
            SELECT d.activities > 0 FROM user_days d WHERE d.user_id = t.user_id AND d.local_date = t.local_date
        ), false) AS active
        FROM (SELECT DISTINCT user_id, local_date FROM taken) t
    ), {_moved(StreakKind.DAY, 1)}
    SELECT count(*) FROM taken
""")  # noqa: S608
"""The runs of days moved by what waits; how many queued rows that took."""

_RULES = (
    "rules AS MATERIALIZED (SELECT * FROM unnest(CAST(:weeks AS date[]), CAST(:seconds AS bigint[])) r(week, least))"
)

WEEKS = text(f"""
    WITH {_RULES}, asked AS (
        SELECT t.user_id, t.week AS starts_on, coalesce((
            SELECT p.moving_seconds + p.vigorous_seconds >= r.least FROM user_periods p
            WHERE p.user_id = t.user_id AND p.period = 'week' AND p.starts_on = t.week
        ), false) AS active
        FROM (SELECT DISTINCT * FROM unnest(CAST(:users AS uuid[]), CAST(:changed AS date[])) q(user_id, week)) t
        JOIN rules r ON r.week = t.week
    ), {_moved(StreakKind.WEEK, 7)}
    SELECT count(*) FROM asked
""")  # noqa: S608
"""The runs of weeks moved by what `:users` did in the weeks `:changed`, side by side; rules as of `domain.weeks`."""


def _compared(kind: StreakKind, days: int, active: str) -> str:
    """SQL that names what differs between the runs of the people from `:first` to `:last` and their `active` units."""
    return f"""
        SELECT format('user %s: a streak of {kind}s from %s to %s is kept, what they did gives one to %s',
                      coalesce(s.user_id, d.user_id), coalesce(s.starts_on, lower(d.span)), s.ends_on,
                      upper(d.span) - 1)
        FROM (SELECT * FROM streaks WHERE user_id BETWEEN :first AND :last AND kind = '{kind}'
              AND user_id NOT IN (SELECT user_id FROM waiting)) s
        FULL JOIN (
            SELECT user_id, unnest(range_agg(daterange(starts_on, starts_on + {days}))) AS span
            FROM ({active}) AS units WHERE user_id NOT IN (SELECT user_id FROM waiting) GROUP BY user_id
        ) d ON d.user_id = s.user_id AND lower(d.span) = s.starts_on
        WHERE (s.ends_on, s.length) IS DISTINCT FROM (upper(d.span) - 1, (upper(d.span) - lower(d.span)) / {days})
    """  # noqa: S608


_ACTIVE_DAYS = """
    SELECT user_id, local_date AS starts_on FROM user_days
    WHERE user_id BETWEEN :first AND :last AND activities > 0
"""
_ENOUGH_WEEKS = """
    SELECT p.user_id, p.starts_on FROM user_periods p JOIN rules r ON r.week = p.starts_on
    WHERE p.user_id BETWEEN :first AND :last AND p.period = 'week'
      AND p.moving_seconds + p.vigorous_seconds >= r.least
"""

DIFFERENCES = f"""
    WITH waiting AS MATERIALIZED (SELECT DISTINCT user_id FROM day_changes)
    {_compared(StreakKind.DAY, 1, _ACTIVE_DAYS)}
"""  # noqa: S608
"""A line for each run of days that does not follow from a person's days; those whose days wait are left out."""

WEEK_DIFFERENCES = text(f"""
    WITH waiting AS MATERIALIZED (SELECT DISTINCT user_id FROM week_changes), {_RULES}
    {_compared(StreakKind.WEEK, 7, _ENOUGH_WEEKS)}
    LIMIT :most
""")  # noqa: S608
"""The same for runs of weeks."""

FILL = """
    INSERT INTO streaks (user_id, kind, starts_on, ends_on, length)
    SELECT user_id, 'day', lower(span), upper(span) - 1, upper(span) - lower(span)
    FROM (SELECT d.user_id, unnest(range_agg(daterange(d.local_date, d.local_date + 1))) AS span
          FROM user_days d JOIN users u ON u.id = d.user_id AND u.synthetic
          WHERE d.activities > 0 GROUP BY d.user_id) AS runs
"""
"""The runs of days of synthetic people, for whoever writes days past the queue; those of weeks come with a roll."""
