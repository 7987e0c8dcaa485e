"""Where people and teams stood on each day: one's own line over time, and that of any team."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlmodel import col

from domain.standing_days import StandingDay, TeamStandingDay
from resolvers.context import Parent, Seer, administers


def of_standing(viewer: Seer, standing: Parent) -> Select[StandingDay]:
    """The days of a standing, for the person whose it is and administrators.

    Not for others, by pseudonym either: a leaderboard shows a score, its history shows on which days somebody moved.
    """
    days = select(StandingDay).where(
        col(StandingDay.user_id) == standing.user_id, col(StandingDay.challenge_id) == standing.challenge_id
    )
    return days if administers(viewer) else days.where(col(StandingDay.user_id) == viewer.user_id)


def of_team(_viewer: Seer, standing: Parent) -> Select[TeamStandingDay]:
    """The days of a team's standing, for whoever sees the standing."""
    return select(TeamStandingDay).where(
        col(TeamStandingDay.challenge_id) == standing.challenge_id, col(TeamStandingDay.team_id) == standing.team_id
    )
