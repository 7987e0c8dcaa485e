"""What everybody counts together in a collective goal, by day: so that the day is known on which it was reached."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Numeric, text
from sqlmodel import Field

from domain.base import Row
from domain.challenges import Mode
from domain.counters import queue_key, queue_time


class CollectiveDay(Row, table=True):
    """The sum of what a local day counts of all participants of a collective goal.

    Folded from `collective_changes`, so it follows their days by a second or so.
    """

    __tablename__ = "collective_days"

    challenge_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    score: int = Field(sa_type=Numeric(30, 0))  # more than one person's can be


class CollectiveChange(Row, table=True):
    """What is to be added to a day of a collective goal; waits to be folded, like a `PlaceChange`."""

    __tablename__ = "collective_changes"

    id: int | None = Field(default=None, sa_column=queue_key())
    challenge_id: UUID
    local_date: date
    score: int = Field(sa_type=BigInteger)
    queued_at: datetime | None = Field(default=None, sa_column=queue_time())


FOLD = text("""
    WITH taken AS (
        DELETE FROM collective_changes WHERE id = ANY(ARRAY(SELECT id FROM collective_changes ORDER BY id LIMIT :most))
        RETURNING challenge_id, local_date, score
    ), folded AS (
        INSERT INTO collective_days AS d (challenge_id, local_date, score)
        SELECT challenge_id, local_date, sum(score) FROM taken GROUP BY challenge_id, local_date
        ORDER BY challenge_id, local_date
        ON CONFLICT (challenge_id, local_date) DO UPDATE SET score = d.score + excluded.score
    )
    SELECT count(*) FROM taken
""")
"""Queued changes moved to the days: how many."""


def withdrawn(days: str) -> str:
    """The statement that queues what the rows `days` (challenge_id, local_date, value) counted as gone."""
    return f"""
        INSERT INTO collective_changes (challenge_id, local_date, score)
        SELECT d.challenge_id, d.local_date, -d.value FROM {days} d
        JOIN challenges c ON c.id = d.challenge_id AND c.mode = '{Mode.COLLECTIVE_GOAL}' WHERE d.value <> 0
    """  # noqa: S608


def _summed(only: str = "") -> str:
    return f"""
        SELECT d.challenge_id, d.local_date, sum(d.value) AS score
        FROM challenge_days d JOIN challenges c ON c.id = d.challenge_id AND c.mode = '{Mode.COLLECTIVE_GOAL}' {only}
        GROUP BY d.challenge_id, d.local_date
    """  # noqa: S608


FILL = f"INSERT INTO collective_days (challenge_id, local_date, score) {_summed('AND c.synthetic')}"
"""The statement that makes the days of synthetic challenges from nothing."""

WRONG = f"""
    SELECT format('challenge %s, %s: all count %s together, the days of people sum to %s',
                  coalesce(t.challenge_id, d.challenge_id), coalesce(t.local_date, d.local_date),
                  coalesce(t.score, 0), coalesce(d.score, 0))
    FROM (SELECT challenge_id, local_date, sum(score) AS score FROM (
              SELECT challenge_id, local_date, score FROM collective_days
              UNION ALL SELECT challenge_id, local_date, score FROM collective_changes
          ) AS folded_and_waiting GROUP BY 1, 2) t
    FULL JOIN ({_summed()}) d ON d.challenge_id = t.challenge_id AND d.local_date = t.local_date
    WHERE coalesce(t.score, 0) <> coalesce(d.score, 0)
"""  # noqa: S608
"""A line for each day of a collective goal that, with what waits, is not the sum of what its people's days count."""
