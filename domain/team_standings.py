"""Standings of teams: kept for the node that people joined and for all nodes above it, by the folding pass."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from domain.base import Row

RANKED_FROM = 10
"""Members a team needs to be ranked."""

_NONE: Any = {"server_default": text("0")}
_UNTIL_FIGURED: Any = {"server_default": text("false")}


class TeamStanding(Row, table=True):
    """A team in a challenge: what its people, of the node and all under it, did while they belonged to it.

    `depth` is the level of the node, 1 for a root. `score` is the sum of their days, `participants` how many distinct
    people have one above 0, `regular_weeks` in how many weeks any of them was a regular exerciser (0 unless teams are
    ranked by that). `figure` is what teams of one level are ranked by, as of the day `figured_on` of the window
    (`domain.team_figures`); 0 while it cannot be known. `ranked`: it is known, and there are 10 members or more.
    """

    __tablename__ = "team_standings"
    __table_args__ = (
        # Read backwards: all in one direction, so that a page anywhere begins with one descent.
        Index(
            "ix_team_standings_challenge_id_depth_ranked_figure_team_id",
            "challenge_id",
            "depth",
            "ranked",
            "figure",
            "team_id",
        ),
        Index("ix_team_standings_team_id_challenge_id", "team_id", "challenge_id"),
    )

    challenge_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True)
    depth: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    score: int = Field(default=0, sa_type=BigInteger)
    participants: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    regular_weeks: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    figure: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    figured_on: date | None = None
    ranked: bool = Field(default=False, sa_column_kwargs=_UNTIL_FIGURED)


class TeamParticipant(Row, table=True):
    """Somebody has a day above 0 that counts for the node they had joined; as the folding pass last counted them."""

    __tablename__ = "team_participants"

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True)


def _nodes(people: str, number: str) -> str:
    return f"""
        SELECT DISTINCT p.challenge_id, p.user_id, a.node, {number} AS people
        FROM {people} p JOIN teams t ON t.id = p.team_id CROSS JOIN LATERAL unnest(t.ancestor_ids) AS a(node)
    """  # noqa: S608


# Where people have days is read, not summed: they may have gone from one sub-team to another, and count once above
# both. Whoever gained where they are counted already cannot have changed that. Each OFFSET 0 makes one probe a person.
FOLD = text(f"""
    WITH taken AS (
        DELETE FROM team_standing_changes
        WHERE id = ANY(ARRAY(SELECT id FROM team_standing_changes ORDER BY id LIMIT :most))
        RETURNING challenge_id, team_id, user_id, score, regular_weeks
    ), people AS MATERIALIZED (
        SELECT DISTINCT t.challenge_id, t.user_id FROM taken t LEFT JOIN LATERAL (
            SELECT true AS counted FROM team_participants p
            WHERE p.user_id = t.user_id AND p.challenge_id = t.challenge_id AND p.team_id = t.team_id OFFSET 0
        ) p ON true
        WHERE t.user_id IS NOT NULL AND (t.score <= 0 OR p.counted IS NULL)
    ), present AS MATERIALIZED (
        SELECT p.challenge_id, p.user_id, d.team_id FROM people p CROSS JOIN LATERAL (
            SELECT DISTINCT d.team_id FROM challenge_days d
            WHERE d.user_id = p.user_id AND d.challenge_id = p.challenge_id AND d.value > 0 AND d.team_id IS NOT NULL
            OFFSET 0
        ) d
    ), held AS MATERIALIZED (
        SELECT p.challenge_id, p.user_id, h.team_id, h.place FROM people p CROSS JOIN LATERAL (
            SELECT h.team_id, h.ctid AS place FROM team_participants h
            WHERE h.user_id = p.user_id AND h.challenge_id = p.challenge_id OFFSET 0
        ) h
    ), came AS (
        INSERT INTO team_participants (user_id, challenge_id, team_id)
        SELECT user_id, challenge_id, team_id FROM present
        EXCEPT SELECT user_id, challenge_id, team_id FROM held
    ), went AS (
        DELETE FROM team_participants WHERE ctid = ANY(ARRAY(
            SELECT h.place FROM held h LEFT JOIN present p USING (challenge_id, user_id, team_id)
            WHERE p.team_id IS NULL
        ))
    ), spread AS (
        SELECT j.challenge_id, a.node, j.score, 0 AS participants, j.regular_weeks FROM (
            SELECT challenge_id, team_id, sum(score) AS score, sum(regular_weeks) AS regular_weeks FROM taken
            WHERE challenge_id IS NOT NULL GROUP BY challenge_id, team_id
        ) j JOIN teams t ON t.id = j.team_id CROSS JOIN LATERAL unnest(t.ancestor_ids) AS a(node)
        UNION ALL
        SELECT challenge_id, node, 0, people, 0
        FROM ({_nodes("present", "1")} UNION ALL {_nodes("held", "-1")}) AS nodes
    ), folded AS (
        INSERT INTO team_standings AS s (challenge_id, team_id, depth, score, participants, regular_weeks)
        SELECT m.challenge_id, m.node, cardinality(t.ancestor_ids), sum(m.score), sum(m.participants),
               sum(m.regular_weeks)
        FROM spread m JOIN teams t ON t.id = m.node GROUP BY m.challenge_id, m.node, t.ancestor_ids
        HAVING sum(m.score) <> 0 OR sum(m.participants) <> 0 OR sum(m.regular_weeks) <> 0
        ORDER BY m.challenge_id, m.node
        ON CONFLICT (challenge_id, team_id) DO UPDATE SET
            score = s.score + excluded.score, participants = s.participants + excluded.participants,
            regular_weeks = s.regular_weeks + excluded.regular_weeks
        RETURNING challenge_id, team_id
    )
    SELECT (SELECT count(*) FROM taken), array_agg(challenge_id), array_agg(team_id) FROM (
        SELECT challenge_id, team_id FROM folded
        UNION SELECT challenge_id, team_id FROM taken WHERE challenge_id IS NULL OR (score = 0 AND user_id IS NULL)
    ) AS touched
""")  # noqa: S608
"""Queued changes moved to the standings of teams: how many, and which (challenge, team) moved by it."""

FILLING_PARTICIPANTS = """
    INSERT INTO team_participants (user_id, challenge_id, team_id)
    SELECT DISTINCT d.user_id, d.challenge_id, d.team_id
    FROM challenge_days d JOIN challenges c ON c.id = d.challenge_id AND c.synthetic
    WHERE d.value > 0 AND d.team_id IS NOT NULL
"""

_SCORES = """
    SELECT d.challenge_id, a.node AS team_id, sum(d.score) AS score FROM (
        SELECT challenge_id, team_id, sum(value) AS score FROM challenge_days WHERE team_id IS NOT NULL
        GROUP BY challenge_id, team_id
    ) d JOIN teams t ON t.id = d.team_id CROSS JOIN LATERAL unnest(t.ancestor_ids) AS a(node) GROUP BY 1, 2
"""
_PARTICIPANTS = """
    SELECT p.challenge_id, a.node AS team_id, count(DISTINCT p.user_id) AS participants
    FROM team_participants p JOIN teams t ON t.id = p.team_id CROSS JOIN LATERAL unnest(t.ancestor_ids) AS a(node)
    GROUP BY 1, 2
"""

FILLING = f"""
    INSERT INTO team_standings (challenge_id, team_id, depth, score, participants)
    SELECT s.challenge_id, s.team_id, cardinality(t.ancestor_ids), s.score, coalesce(p.participants, 0)
    FROM ({_SCORES}) s JOIN challenges c ON c.id = s.challenge_id AND c.synthetic JOIN teams t ON t.id = s.team_id
    LEFT JOIN ({_PARTICIPANTS}) p ON p.challenge_id = s.challenge_id AND p.team_id = s.team_id
"""  # noqa: S608
"""The statement that makes standings of teams from the days and participants of synthetic challenges, from nothing."""
