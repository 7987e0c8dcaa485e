"""What teams are ranked by: their figure in a challenge, found anew when it moved and when a day began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run
from domain.challenge_weeks import mondays
from domain.challenges import COUNTS, Ranking
from domain.team_standings import RANKED_FROM

_AT_ONCE = 2_000  # teams a transaction
_FIRST = (UUID(int=0), UUID(int=0))


def _member_days(until: str) -> str:
    """SQL for the member-days of the team `s` from its first day to this one: one row of its days."""
    return f"""
        coalesce((SELECT d.member_days_before + CAST(d.members AS bigint) * ({until} - d.local_date + 1)
                  FROM team_days d WHERE d.team_id = s.team_id AND d.local_date <= {until}
                  ORDER BY d.local_date DESC LIMIT 1), 0)
    """  # noqa: S608


_OF_WINDOW = f"nullif({_member_days('u.figured_on')} - {_member_days('c.starts_on - 1')}, 0)"
_MEMBER_WEEKS = f"""
    (SELECT sum(d.members) FROM ({mondays("c.starts_on", "u.figured_on")}) w CROSS JOIN LATERAL (
         SELECT d.members FROM team_days d WHERE d.team_id = s.team_id AND d.local_date <= w.starts_on
         ORDER BY d.local_date DESC LIMIT 1
     ) d)
"""  # noqa: S608


def figures(figured_on: str) -> str:
    """SQL for what teams `s` of challenges `c` are ranked by as of a day, whole numbers rounded down.

    Thousandths of a unit for a member and day; millionths of the average members, and of the member-weeks begun. It is
    0, and nothing to rank by, before the window and for teams without members in it.
    """
    return f"""
        SELECT s.challenge_id, s.team_id, u.figured_on, coalesce(f.figure, 0) AS figure,
               f.figure IS NOT NULL AND t.members >= {RANKED_FROM} AS ranked
        FROM team_standings s JOIN challenges c ON c.id = s.challenge_id JOIN teams t ON t.id = s.team_id
        CROSS JOIN LATERAL (SELECT {figured_on} AS figured_on) u
        CROSS JOIN LATERAL (SELECT CAST(CASE
            WHEN c.ranking = '{Ranking.TOTAL.value}' THEN s.score
            WHEN u.figured_on < c.starts_on THEN NULL
            WHEN c.ranking = '{Ranking.AVERAGE_PER_MEMBER.value}' THEN s.score * 1000 / {_OF_WINDOW}
            WHEN c.ranking = '{Ranking.PARTICIPATION_SHARE.value}' THEN
                least(s.participants * 1000000 * (u.figured_on - c.starts_on + 1) / {_OF_WINDOW}, 1000000)
            WHEN c.ranking = '{Ranking.REGULAR_SHARE.value}' THEN
                trunc(s.regular_weeks * 1000000 / nullif({_MEMBER_WEEKS}, 0))
        END AS bigint) AS figure) f
    """  # noqa: S608


_TODAY = "least(CAST(:today AS date), c.ends_on)"

_FIGURE = f"""
    UPDATE team_standings h SET figure = n.figure, figured_on = n.figured_on, ranked = n.ranked
    FROM ({figures(_TODAY)} WHERE {{chosen}}) n
    WHERE h.challenge_id = n.challenge_id AND h.team_id = n.team_id
"""  # noqa: S608

# A score that moved is followed even while a challenge closes; members who come and go then are not.
_MOVED = text(
    _FIGURE.format(
        chosen=f"""
            (s.challenge_id, s.team_id) IN (
                SELECT o.challenge_id, o.team_id
                FROM unnest(CAST(:challenges AS uuid[]), CAST(:teams AS uuid[])) AS g(challenge_id, team_id)
                JOIN team_standings o
                     ON o.team_id = g.team_id AND o.challenge_id = coalesce(g.challenge_id, o.challenge_id)
                JOIN challenges c ON c.id = o.challenge_id WHERE g.challenge_id IS NOT NULL OR {COUNTS}
            )
        """  # noqa: S608
    )
)

_NEXT = text(
    f"""
    WITH chosen AS MATERIALIZED (
        SELECT o.challenge_id, o.team_id FROM team_standings o JOIN challenges c ON c.id = o.challenge_id
        WHERE (o.challenge_id, o.team_id) > (CAST(:after_challenge AS uuid), CAST(:after_team AS uuid))
          AND {COUNTS} AND c.ranking <> '{Ranking.TOTAL.value}' AND o.figured_on IS DISTINCT FROM {_TODAY}
        ORDER BY o.challenge_id, o.team_id LIMIT {_AT_ONCE}
    ), done AS ({_FIGURE.format(chosen="(s.challenge_id, s.team_id) IN (SELECT challenge_id, team_id FROM chosen)")})
    SELECT challenge_id, team_id FROM chosen ORDER BY challenge_id DESC, team_id DESC LIMIT 1
    """  # noqa: S608
)

FILLING = _FIGURE.format(chosen="c.synthetic")
"""The statement that finds the figures of all teams in synthetic challenges, as of the day `:today`."""

# Teams that wait for the pass, as what they or those under them did or as whose members changed, are left out.
WRONG = f"""
    SELECT format('challenge %s, team %s: the figure is %s and ranked %s, as of %s they are %s and %s', s.challenge_id,
                  s.team_id, s.figure, s.ranked, s.figured_on, n.figure, n.ranked)
    FROM ({figures("coalesce(s.figured_on, c.starts_on)")} WHERE {COUNTS}) n
    JOIN team_standings s ON s.challenge_id = n.challenge_id AND s.team_id = n.team_id
    WHERE (s.figure, s.ranked) IS DISTINCT FROM (n.figure, n.ranked) AND s.team_id NOT IN (
        SELECT a.node FROM team_standing_changes j JOIN teams t ON t.id = j.team_id
        CROSS JOIN LATERAL unnest(t.ancestor_ids) AS a(node)
    )
"""  # noqa: S608
"""A line for each team of a challenge that moves whose figure, or whether it is ranked, does not follow."""

Team = tuple[UUID, UUID]
"""A team in a challenge: (challenge, team)."""


async def figured(session: AsyncSession, cells: Sequence[list[Any]], today: date) -> None:
    """The figures of these teams, in columns (challenge, or None for all that move; team), as of `today`.

    The caller alone folds.
    """
    challenges, teams = cells
    await run(session, _MOVED, {"challenges": challenges, "teams": teams, "today": today})


async def figured_after(session: AsyncSession, last: Team | None, today: date) -> Team | None:
    """The figures of some thousand more teams, where they grow with the days, as of `today`: the last of these teams.

    In the order of challenges and teams; None if all are up to date. The caller alone folds.
    """
    challenge_id, team_id = last or _FIRST
    binds = {"after_challenge": challenge_id, "after_team": team_id, "today": today}
    found = (await run(session, _NEXT, binds)).first()
    return (found[0], found[1]) if found else None
