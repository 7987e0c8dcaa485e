"""How many people have which score in a challenge, in levels: a rank is a sum of buckets, not a count of those ahead.

A bucket of the level `shift` holds everybody whose score without its `shift` lowest bits is the same number. With 7
bits a level, 9 levels are all 63 bits that a score can have, so there is nothing beyond the highest. Those with a
higher score than somebody stand, on each level, in the buckets above theirs that share the next level's bucket with
it: at most 127 on each of 9 levels, whatever the number of people and scores.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Numeric, text
from sqlmodel import Field

from domain.base import Row
from domain.counters import queue_key, queue_time

BITS = 7
"""Fewer make more levels to look at, more make more buckets to add up: decision 0008."""
SHIFTS = range(0, 63, BITS)
SIBLINGS = 2**BITS - 1
"""The bits that tell the buckets of one level apart which the next level holds as one."""
_SHIFTS = f"generate_series(0, {SHIFTS[-1]}, {BITS})"


class ScoreBucket(Row, table=True):
    """How many participants have a score of which `bucket` is what is left without the `shift` lowest bits.

    Folded from `standing_changes`, so it follows the standings by a second or so. Empty ones are not kept.
    """

    __tablename__ = "score_buckets"

    challenge_id: UUID = Field(primary_key=True)
    shift: int = Field(primary_key=True)
    bucket: int = Field(primary_key=True, sa_type=BigInteger)
    people: int = Field(sa_type=BigInteger)


class StandingChange(Row, table=True):
    """So many participants went from one score to another; waits to be folded, like a `PlaceChange`.

    No score before is somebody new, no score after somebody who is gone.
    """

    __tablename__ = "standing_changes"

    id: int | None = Field(default=None, sa_column=queue_key())
    challenge_id: UUID
    score_before: int | None = Field(default=None, sa_type=BigInteger)
    score_after: int | None = Field(default=None, sa_type=BigInteger)
    people: int = Field(sa_type=BigInteger)
    queued_at: datetime | None = Field(default=None, sa_column=queue_time())


class ChallengeTotal(Row, table=True):
    """The sum of all scores of a challenge, folded with the buckets."""

    __tablename__ = "challenge_totals"

    challenge_id: UUID = Field(primary_key=True)
    score: int = Field(sa_type=Numeric(30, 0))  # more than one score can be


MOVES = "new.challenge_id, old.score AS score_before, new.score AS score_after"
"""For the RETURNING of whatever writes standings; `old` is empty for a row that was not there."""

QUEUE = """
    INSERT INTO standing_changes (challenge_id, score_before, score_after, people)
    SELECT challenge_id, score_before, score_after, count(*) FROM moved GROUP BY challenge_id, score_before, score_after
"""
"""What came of it, the CTE `moved` of these columns, into the queue: a row for all who made the same step."""

FOLD = text(f"""
    WITH taken AS (
        DELETE FROM standing_changes WHERE id = ANY(ARRAY(SELECT id FROM standing_changes ORDER BY id LIMIT :most))
        RETURNING challenge_id, score_before, score_after, people
    ), steps AS (
        SELECT challenge_id, score_before, score_after, sum(people) AS people FROM taken
        GROUP BY challenge_id, score_before, score_after
    ), moved AS (
        SELECT s.challenge_id, l.shift, m.score >> l.shift AS bucket, sum(m.people) AS people
        FROM steps s CROSS JOIN {_SHIFTS} AS l(shift)
        CROSS JOIN LATERAL (VALUES (s.score_before, -s.people), (s.score_after, s.people)) AS m(score, people)
        WHERE m.score IS NOT NULL AND s.score_before >> l.shift IS DISTINCT FROM s.score_after >> l.shift
        GROUP BY s.challenge_id, l.shift, m.score >> l.shift HAVING sum(m.people) <> 0
    ), totalled AS (
        INSERT INTO challenge_totals AS t (challenge_id, score)
        SELECT challenge_id, sum(people * (coalesce(score_after, 0) - coalesce(score_before, 0))) FROM steps
        GROUP BY challenge_id ORDER BY challenge_id
        ON CONFLICT (challenge_id) DO UPDATE SET score = t.score + excluded.score WHERE excluded.score <> 0
    ), folded AS (
        INSERT INTO score_buckets AS held (challenge_id, shift, bucket, people)
        SELECT challenge_id, shift, bucket, people FROM moved ORDER BY challenge_id, shift, bucket
        ON CONFLICT (challenge_id, shift, bucket) DO UPDATE SET people = held.people + excluded.people
        RETURNING CAST(ctid AS text) AS place, people
    )
    SELECT (SELECT count(*) FROM taken), (SELECT array_agg(place) FROM folded WHERE people = 0)
""")  # noqa: S608
"""Queued changes moved to the buckets and totals: how many, and where the rows lie that this leaves empty."""

# A statement cannot delete what it has updated. The rows are this transaction's until it ends, so they stay in place.
CLEAR = text("DELETE FROM score_buckets WHERE ctid = ANY(CAST(:places AS tid[])) AND people = 0")


def filling(only: str = "") -> str:
    """The statement that makes the buckets of standings, or of those that the WHERE clause `only` names, from nothing.

    For whoever writes standings past the queue, into a database without buckets for them.
    """
    return f"""
        INSERT INTO score_buckets (challenge_id, shift, bucket, people)
        SELECT s.challenge_id, l.shift, s.score >> l.shift, sum(s.people)
        FROM (SELECT challenge_id, score, count(*) AS people FROM standings {only} GROUP BY challenge_id, score) s
        CROSS JOIN {_SHIFTS} AS l(shift)
        GROUP BY s.challenge_id, l.shift, s.score >> l.shift ORDER BY s.challenge_id, l.shift, s.score >> l.shift
    """  # noqa: S608


FILLING_TOTALS = """
    INSERT INTO challenge_totals (challenge_id, score)
    SELECT s.challenge_id, sum(s.score) FROM standings s JOIN challenges c ON c.id = s.challenge_id AND c.synthetic
    GROUP BY s.challenge_id
"""
"""The statement that makes the totals of synthetic challenges from nothing."""

WRONG_TOTALS = """
    SELECT format('challenge %s: the total is %s, the scores sum to %s', coalesce(t.challenge_id, s.challenge_id),
                  coalesce(t.score, 0), coalesce(s.score, 0))
    FROM (SELECT challenge_id, sum(score) AS score FROM (
              SELECT challenge_id, score FROM challenge_totals
              UNION ALL
              SELECT challenge_id, people * (coalesce(score_after, 0) - coalesce(score_before, 0)) FROM standing_changes
          ) AS folded_and_waiting GROUP BY 1) t
    FULL JOIN (SELECT challenge_id, sum(score) AS score FROM standings GROUP BY 1) s USING (challenge_id)
    WHERE coalesce(t.score, 0) <> coalesce(s.score, 0)
"""
"""A line for each challenge whose total, with what waits, is not the sum of its scores."""

WRONG = f"""
    SELECT format('challenge %s, scores from %s: %s people are counted, %s have such a score',
                  coalesce(b.challenge_id, s.challenge_id), coalesce(b.bucket, s.bucket) << coalesce(b.shift, s.shift),
                  coalesce(b.people, 0), coalesce(s.people, 0))
    FROM (SELECT challenge_id, shift, bucket, sum(people) AS people FROM (
              SELECT challenge_id, shift, bucket, people FROM score_buckets
              UNION ALL
              SELECT c.challenge_id, l.shift, m.score >> l.shift, m.people
              FROM standing_changes c CROSS JOIN {_SHIFTS} AS l(shift)
              CROSS JOIN LATERAL (VALUES (c.score_before, -c.people), (c.score_after, c.people)) AS m(score, people)
              WHERE m.score IS NOT NULL
          ) AS folded_and_waiting GROUP BY 1, 2, 3) b
    FULL JOIN (SELECT t.challenge_id, l.shift, t.score >> l.shift AS bucket, count(*) AS people
               FROM standings t CROSS JOIN {_SHIFTS} AS l(shift) GROUP BY 1, 2, 3) s
         ON s.challenge_id = b.challenge_id AND s.shift = b.shift AND s.bucket = b.bucket
    WHERE coalesce(b.people, 0) <> coalesce(s.people, 0)
"""  # noqa: S608
"""A line for each bucket that, with what waits, does not hold who has its scores."""
