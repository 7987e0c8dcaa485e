"""In which weeks participants were regular exercisers, and for which node of the competing kind that counts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field

from domain.base import Row
from domain.challenges import COUNTS, Ranking


class ChallengeWeek(Row, table=True):
    """A participant is a regular exerciser as of the ISO week from `starts_on`, a Monday within the window.

    `team_id` is the node that they belonged to on that Monday. Kept by the folding pass where teams are ranked by it.
    """

    __tablename__ = "challenge_weeks"

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    starts_on: date = Field(primary_key=True)
    team_id: UUID


RANKS_BY_WEEKS = f"c.ranking = '{Ranking.REGULAR_SHARE.value}' AND c.team_kind IS NOT NULL"
"""SQL for whether a challenge `c` keeps weeks."""


def mondays(first: str, last: str) -> str:
    """SQL for the Mondays between two days, both included, as `starts_on`."""
    monday = f"{first} + (8 - CAST(extract(isodow FROM {first}) AS integer)) % 7"
    return f"SELECT {monday} + n AS starts_on FROM generate_series(0, {last} - ({monday}), 7) AS n"  # noqa: S608


# Who counted in weeks `{asked}` of challenges that still move, by what is stored now.
_DUE = f"""
    SELECT a.user_id, c.id AS challenge_id, a.week AS starts_on, m.team_id
    FROM {{asked}} a JOIN challenges c ON a.week BETWEEN c.starts_on AND c.ends_on AND {COUNTS} AND {RANKS_BY_WEEKS}
    CROSS JOIN LATERAL (
        SELECT FROM enrolments e WHERE e.user_id = a.user_id AND e.challenge_id = c.id OFFSET 0
    ) e CROSS JOIN LATERAL (
        SELECT FROM regular_weeks r WHERE r.user_id = a.user_id AND r.starts_on = a.week OFFSET 0
    ) r CROSS JOIN LATERAL (
        SELECT m.team_id FROM memberships m
        WHERE m.user_id = a.user_id AND m.kind = c.team_kind AND m.joined_on + 0 <= a.week
          AND (m.left_on IS NULL OR m.left_on > a.week) ORDER BY m.team_id LIMIT 1
    ) m
"""  # noqa: S608

# Only this writes `challenge_weeks`, and one pass runs at a time.
MOVE = text(f"""
    WITH asked AS MATERIALIZED (
        SELECT DISTINCT t.user_id, t.week + 7 * k AS week
        FROM unnest(CAST(:users AS uuid[]), CAST(:changed AS date[])) AS t(user_id, week), generate_series(0, :ahead) k
        WHERE k = 0 OR t.week + 7 * k <= CAST(:this_week AS date)
    ), due AS MATERIALIZED ({_DUE.format(asked="asked")}), held AS MATERIALIZED (
        SELECT h.* FROM asked a
        JOIN challenges c ON a.week BETWEEN c.starts_on AND c.ends_on AND {COUNTS} AND {RANKS_BY_WEEKS}
        CROSS JOIN LATERAL (
            SELECT h.*, h.ctid AS place FROM challenge_weeks h
            WHERE h.user_id = a.user_id AND h.challenge_id = c.id AND h.starts_on = a.week OFFSET 0
        ) h
    ), gone AS (
        DELETE FROM challenge_weeks WHERE ctid = ANY(ARRAY(
            SELECT h.place FROM held h LEFT JOIN due d USING (user_id, challenge_id, starts_on)
            WHERE d.team_id IS NULL
        ))
    ), come AS (
        INSERT INTO challenge_weeks AS h (user_id, challenge_id, starts_on, team_id)
        SELECT user_id, challenge_id, starts_on, team_id FROM due
        ON CONFLICT (user_id, challenge_id, starts_on) DO UPDATE SET team_id = excluded.team_id
        WHERE h.team_id <> excluded.team_id
    )
    INSERT INTO team_standing_changes (challenge_id, team_id, regular_weeks)
    SELECT challenge_id, team_id, sum(people) FROM (
        SELECT challenge_id, team_id, -1 AS people FROM held UNION ALL SELECT challenge_id, team_id, 1 FROM due
    ) AS moves GROUP BY challenge_id, team_id HAVING sum(people) <> 0
""")  # noqa: S608
"""After these weeks of these people, and those that look back at them, were decided: what that is for teams, queued."""

QUEUE = f"""
    INSERT INTO week_changes (user_id, starts_on)
    SELECT CAST(:user AS uuid), w.starts_on FROM challenges c
    CROSS JOIN LATERAL ({mondays("c.starts_on", "least(c.ends_on, CAST(:today AS date))")}) w
    WHERE c.id = CAST(:challenge AS uuid) AND {RANKS_BY_WEEKS}
"""  # noqa: S608
"""SQL that has the pass look at the weeks of whoever joins or leaves a challenge, in the transaction that does it."""

# Whoever waits for the pass is left out.
WRONG_WEEKS = f"""
    WITH asked AS (
        SELECT r.user_id, r.starts_on AS week FROM regular_weeks r WHERE r.user_id BETWEEN :first AND :last
    ), due AS ({_DUE.format(asked="asked")})
    SELECT format('user %s, challenge %s, week of %s: counts for %s, by the weeks for %s',
                  coalesce(h.user_id, d.user_id), coalesce(h.challenge_id, d.challenge_id),
                  coalesce(h.starts_on, d.starts_on), coalesce(CAST(h.team_id AS text), 'nobody'),
                  coalesce(CAST(d.team_id AS text), 'nobody'))
    FROM (
        SELECT w.* FROM challenge_weeks w JOIN challenges c ON c.id = w.challenge_id AND {COUNTS}
        WHERE w.user_id BETWEEN :first AND :last
    ) h FULL JOIN due d
         ON d.user_id = h.user_id AND d.challenge_id = h.challenge_id AND d.starts_on = h.starts_on
    WHERE h.team_id IS DISTINCT FROM d.team_id
      AND coalesce(h.user_id, d.user_id) NOT IN (SELECT user_id FROM week_changes)
"""  # noqa: S608
"""In which weeks people count, against the weeks in which they are regular exercisers."""
