"""Where people and teams stood at the end of each day of a challenge: the rows, and the statements that keep them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, text
from sqlmodel import Field

from domain.base import Row
from domain.team_figures import figures

DAILY = 35
"""Days of which every one is kept; of earlier ones Sundays."""
_SUNDAY = 7
ACTIVE_DAYS = 7
"""Days in which somebody counted something who is active."""


class StandingDay(Row, table=True):
    """A participant's score and rank as the round that followed a local day found them."""

    __tablename__ = "standing_days"

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    score: int = Field(sa_type=BigInteger)
    rank: int = Field(sa_type=BigInteger)


class TeamStandingDay(Row, table=True):
    """A team's ranking number, and its rank among the teams of its level, None where it was not ranked."""

    __tablename__ = "team_standing_days"

    challenge_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    figure: int | None = Field(default=None, sa_type=BigInteger)
    rank: int | None = Field(default=None, sa_type=BigInteger)


class RoundRank(Row, table=True):
    """The rank of each score that anybody has, as a round found it when it began; gone when it ends.

    `behind` is the rank of whoever has a little less.
    """

    __tablename__ = "round_ranks"

    challenge_id: UUID = Field(primary_key=True)
    score: int = Field(primary_key=True, sa_type=BigInteger)
    rank: int = Field(sa_type=BigInteger)
    behind: int = Field(sa_type=BigInteger)


FORGET_RANKS = text("DELETE FROM round_ranks WHERE challenge_id = :challenge")
RANKS = text("""
    INSERT INTO round_ranks (challenge_id, score, rank, behind)
    SELECT challenge_id, bucket, ahead - people + 1, ahead + 1 FROM (
        SELECT challenge_id, bucket, people, sum(people) OVER (ORDER BY bucket DESC) AS ahead
        FROM score_buckets WHERE challenge_id = :challenge AND shift = 0
    ) b
""")
"""By the buckets of exact scores: one window over the scores there are, however many people have them."""

# By the figures of the day that ended: the one kept for a team in which nothing moved is older.
TEAMS = text(f"""
    INSERT INTO team_standing_days (challenge_id, team_id, local_date, figure, rank)
    SELECT n.challenge_id, n.team_id, :day, n.figure, CASE WHEN n.ranked THEN rank() OVER level END
    FROM ({figures("least(CAST(:day AS date), c.ends_on)")} WHERE c.id = :challenge) n
    JOIN team_standings h ON h.challenge_id = n.challenge_id AND h.team_id = n.team_id
    WINDOW level AS (PARTITION BY h.depth, n.ranked ORDER BY n.figure DESC)
    ON CONFLICT (challenge_id, team_id, local_date) DO UPDATE SET figure = excluded.figure, rank = excluded.rank
""")  # noqa: S608
"""The teams of a challenge at one moment, ranked among those of their level by one window."""

# A score that nobody had when the round began ranks behind those who had more.
PEOPLE = text(f"""
    WITH people AS (
        SELECT user_id FROM enrolments WHERE challenge_id = :challenge AND user_id > :after
        ORDER BY user_id LIMIT :most
    ), kept AS (
        INSERT INTO standing_days (user_id, challenge_id, local_date, score, rank)
        SELECT s.user_id, s.challenge_id, :day, s.score, coalesce(r.rank, 1)
        FROM people p JOIN standings s ON s.user_id = p.user_id AND s.challenge_id = :challenge
        LEFT JOIN LATERAL (
            SELECT CASE WHEN m.score = s.score THEN m.rank ELSE m.behind END AS rank FROM round_ranks m
            WHERE m.challenge_id = :challenge AND m.score >= s.score ORDER BY m.score LIMIT 1
        ) r ON true
        ON CONFLICT (user_id, challenge_id, local_date) DO UPDATE SET score = excluded.score, rank = excluded.rank
    ), thinned AS (
        DELETE FROM standing_days h USING people p
        WHERE h.user_id = p.user_id AND h.challenge_id = :challenge AND h.local_date <= CAST(:day AS date) - {DAILY}
          AND extract(isodow FROM h.local_date) <> {_SUNDAY}
    )
    SELECT count(*), (array_agg(user_id ORDER BY user_id DESC))[1], count(*) FILTER (WHERE EXISTS (
        SELECT FROM challenge_days d WHERE d.user_id = p.user_id AND d.challenge_id = :challenge AND d.value > 0
          AND d.local_date BETWEEN CAST(:day AS date) - {ACTIVE_DAYS - 1} AND CAST(:day AS date)
    )) FROM people p
""")  # noqa: S608
"""Some people's lines of a day kept, and those that are too old let go; how many people, the last, how many active."""

# The newest day of each challenge: whoever takes part since before its round has a line, and nobody stands before
# somebody with more. Those who joined just before it may have been committed when it had passed them.
_NEWEST = """
    SELECT s.challenge_id, s.local_date, s.begun_at FROM challenge_snapshots s JOIN (
        SELECT challenge_id, max(local_date) AS local_date FROM challenge_snapshots
        WHERE ended_at IS NOT NULL GROUP BY 1
    ) n ON n.challenge_id = s.challenge_id AND n.local_date = s.local_date
    WHERE s.forgotten_after IS NULL AND s.forgotten_at IS NULL
"""
WRONG = f"""
    SELECT format('challenge %s, user %s: the round of %s has kept no line', e.challenge_id, e.user_id, n.local_date)
    FROM ({_NEWEST}) n JOIN challenges c ON c.id = n.challenge_id AND c.starts_on <= n.local_date
    JOIN enrolments e ON e.challenge_id = n.challenge_id AND e.enrolled_at < n.begun_at - interval '1 minute'
    LEFT JOIN standing_days d
         ON d.user_id = e.user_id AND d.challenge_id = n.challenge_id AND d.local_date = n.local_date
    WHERE d.user_id IS NULL
    UNION ALL
    SELECT format('challenge %s on %s: %s ranks %s, and %s before it %s', challenge_id, local_date, score, rank,
                  higher, before)
    FROM (
        SELECT d.challenge_id, d.local_date, d.score, d.rank, lag(d.score) OVER down AS higher,
               lag(d.rank) OVER down AS before
        FROM ({_NEWEST}) n JOIN standing_days d ON d.challenge_id = n.challenge_id AND d.local_date = n.local_date
        WINDOW down AS (PARTITION BY d.challenge_id ORDER BY d.score DESC, d.rank)
    ) l WHERE (score = higher) <> (rank = before) OR rank < before
"""  # noqa: S608
"""A line for whom the last round of a challenge has left out, and for ranks that are not in the order of scores."""
