"""What teams are ranked by: their figure in a challenge, found anew when it moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run
from domain.challenges import COUNTS
from domain.team_standings import RANKED_FROM

# For teams `s` of challenges `c`: what they are ranked by as of the last day of the window that has begun.
_FIGURES = f"""
    SELECT s.challenge_id, s.team_id, u.figured_on, f.figure,
           t.members >= {RANKED_FROM} AND f.figure IS NOT NULL AS ranked
    FROM team_standings s JOIN challenges c ON c.id = s.challenge_id JOIN teams t ON t.id = s.team_id
    CROSS JOIN LATERAL (SELECT least(CAST(:today AS date), c.ends_on) AS figured_on) u
    CROSS JOIN LATERAL (SELECT CASE c.ranking WHEN 'total' THEN s.score END AS figure) f
"""  # noqa: S608


_FIGURE = text(f"""
    UPDATE team_standings h SET figure = n.figure, figured_on = n.figured_on, ranked = n.ranked
    FROM (
        {_FIGURES}
        WHERE (s.challenge_id, s.team_id) IN (
            SELECT o.challenge_id, o.team_id
            FROM unnest(CAST(:challenges AS uuid[]), CAST(:teams AS uuid[])) AS g(challenge_id, team_id)
            JOIN team_standings o ON o.team_id = g.team_id AND o.challenge_id = coalesce(g.challenge_id, o.challenge_id)
            JOIN challenges c ON c.id = o.challenge_id WHERE g.challenge_id IS NOT NULL OR {COUNTS}
        )
    ) n
    WHERE h.challenge_id = n.challenge_id AND h.team_id = n.team_id
      AND (h.figure, h.figured_on, h.ranked) IS DISTINCT FROM (n.figure, n.figured_on, n.ranked)
""")  # noqa: S608

FILLING = f"""
    UPDATE team_standings h SET figure = n.figure, figured_on = n.figured_on, ranked = n.ranked
    FROM ({_FIGURES} WHERE c.synthetic) n WHERE h.challenge_id = n.challenge_id AND h.team_id = n.team_id
"""  # noqa: S608
"""The statement that finds the figures of all teams in synthetic challenges, as of the day `:today`."""


async def figured(session: AsyncSession, cells: Sequence[list[Any]], today: date) -> None:
    """The figures of these teams, in columns (challenge, or None for all that move; team), as of `today`.

    The caller alone folds.
    """
    challenges, teams = cells
    await run(session, _FIGURE, {"challenges": challenges, "teams": teams, "today": today})
