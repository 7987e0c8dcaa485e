"""Who joined and left a challenge on which day: queued by joining and leaving, counted when the day is over."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, run
from domain.counters import queue_time
from domain.demographics import Dimension

AT_ONCE = 50_000
"""Rows that one statement takes from the queue."""


class EnrolmentDay(Row, table=True):
    """How many people joined and left a challenge on a local day that is over; no row for a day without any."""

    __tablename__ = "enrolment_days"

    challenge_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    joins: int = Field(sa_type=BigInteger)
    leaves: int = Field(sa_type=BigInteger)


class EnrolmentChange(Row, table=True):
    """Somebody joined (`people` is 1) or left (-1) on a local day; waits until the day is over.

    It says what was true of them when they joined, so that leaving takes away the same. Only inserted and deleted,
    so people who join at the same moment do not wait for one another here.
    """

    __tablename__ = "enrolment_changes"

    challenge_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    age_band: str = Field(sa_type=Text)
    sex: str = Field(sa_type=Text)
    province_code: str = Field(sa_type=Text)
    people: int
    queued_at: datetime | None = Field(default=None, sa_column=queue_time())


def queued(moved: str, people: int, day: str) -> str:
    """SQL that queues the rows of the CTE `moved` (enrolments): `people` each, on the local day that is SQL `day`."""
    return f"""
        INSERT INTO enrolment_changes (challenge_id, local_date, age_band, sex, province_code, people)
        SELECT challenge_id, {day}, age_band, sex, province_code, {people} FROM {moved}
    """  # noqa: S608


_CELLS = ", ".join(
    f"('{dimension}', t.{column})"
    for dimension, column in zip(Dimension, ("age_band", "sex", "province_code"), strict=True)
)

FILLING = {
    "enrolment_days": """
        INSERT INTO enrolment_days (challenge_id, local_date, joins, leaves)
        SELECT challenge_id, CAST(timezone('Asia/Bangkok', enrolled_at) AS date), count(*), 0
        FROM enrolments {only} GROUP BY 1, 2
    """,
    "demographic_cells": f"""
        INSERT INTO demographic_cells (challenge_id, dimension, cell, joins, leaves)
        SELECT t.challenge_id, d.dimension, d.cell, sum(t.people), 0
        FROM (SELECT challenge_id, age_band, sex, province_code, count(*) AS people
              FROM enrolments {{only}} GROUP BY 1, 2, 3, 4) t
        CROSS JOIN LATERAL (VALUES {_CELLS}) AS d(dimension, cell) GROUP BY 1, 2, 3
    """,  # noqa: S608
}
"""What makes the counters of enrolments, by table, from nothing; `only` is a WHERE clause that names some of them.

For whoever writes enrolments past the queue, into a database without counters for them.
"""

# Rows are never updated, so they stay where they were found.
_FOLD = text(f"""
    WITH taken AS (
        DELETE FROM enrolment_changes WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM enrolment_changes WHERE challenge_id = :challenge AND local_date <= :day
            ORDER BY local_date, id LIMIT :most
        ))
        RETURNING challenge_id, local_date, age_band, sex, province_code, people
    ), days AS (
        INSERT INTO enrolment_days AS held (challenge_id, local_date, joins, leaves)
        SELECT challenge_id, local_date, count(*) FILTER (WHERE people > 0), count(*) FILTER (WHERE people < 0)
        FROM taken GROUP BY challenge_id, local_date
        ON CONFLICT (challenge_id, local_date) DO UPDATE
        SET joins = held.joins + excluded.joins, leaves = held.leaves + excluded.leaves
    ), cells AS (
        INSERT INTO demographic_cells AS held (challenge_id, dimension, cell, joins, leaves)
        SELECT t.challenge_id, d.dimension, d.cell, count(*) FILTER (WHERE t.people > 0),
               count(*) FILTER (WHERE t.people < 0)
        FROM taken t CROSS JOIN LATERAL (VALUES {_CELLS}) AS d(dimension, cell)
        GROUP BY t.challenge_id, d.dimension, d.cell
        ON CONFLICT (challenge_id, dimension, cell) DO UPDATE
        SET joins = held.joins + excluded.joins, leaves = held.leaves + excluded.leaves
    )
    SELECT count(*) FROM taken
""")  # noqa: S608


WRONG = f"""
    SELECT format('challenge %s: %s joined less those who left, %s are enrolled',
                  coalesce(d.challenge_id, e.challenge_id), coalesce(d.people, 0), coalesce(e.people, 0))
    FROM (SELECT challenge_id, sum(people) AS people FROM (
              SELECT challenge_id, joins - leaves AS people FROM enrolment_days
              UNION ALL SELECT challenge_id, people FROM enrolment_changes
          ) AS counted_and_waiting GROUP BY 1) d
    FULL JOIN (SELECT challenge_id, count(*) AS people FROM enrolments GROUP BY 1) e ON e.challenge_id = d.challenge_id
    WHERE coalesce(d.people, 0) <> coalesce(e.people, 0)
    UNION ALL
    SELECT format('challenge %s, %s %s: %s joined less those who left, %s are enrolled',
                  coalesce(d.challenge_id, e.challenge_id), coalesce(d.dimension, e.dimension),
                  coalesce(d.cell, e.cell), coalesce(d.people, 0), coalesce(e.people, 0))
    FROM (SELECT challenge_id, dimension, cell, sum(people) AS people FROM (
              SELECT challenge_id, dimension, cell, joins - leaves AS people FROM demographic_cells
              UNION ALL
              SELECT t.challenge_id, d.dimension, d.cell, t.people
              FROM enrolment_changes t CROSS JOIN LATERAL (VALUES {_CELLS}) AS d(dimension, cell)
          ) AS counted_and_waiting GROUP BY 1, 2, 3) d
    FULL JOIN (SELECT t.challenge_id, d.dimension, d.cell, count(*) AS people
               FROM enrolments t CROSS JOIN LATERAL (VALUES {_CELLS}) AS d(dimension, cell) GROUP BY 1, 2, 3) e
         ON e.challenge_id = d.challenge_id AND e.dimension = d.dimension AND e.cell = d.cell
    WHERE coalesce(d.people, 0) <> coalesce(e.people, 0)
"""  # noqa: S608
"""A line for each challenge and each cell whose joins and leaves, with what waits, are not who is enrolled."""


async def counted(session: AsyncSession, challenge_id: UUID, day: date, at_once: int = AT_ONCE) -> bool:
    """Counts who joined and left up to the end of `day`, `at_once` of them at most; whether those were all."""
    binds = {"challenge": challenge_id, "day": day, "most": at_once}
    return int((await run(session, _FOLD, binds)).scalar_one()) < at_once
