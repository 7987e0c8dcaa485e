"""Standings of teams: public once their challenge is."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlmodel import col

from domain.challenges import Challenge
from domain.team_standings import TeamStanding
from resolvers import challenges
from resolvers.context import Parent, Seer


def team_standings_seen_by(viewer: Seer) -> Select[TeamStanding]:
    """The team standings of challenges that the viewer sees."""
    visible = challenges.seen_by(viewer).with_only_columns(col(Challenge.id))
    return select(TeamStanding).where(col(TeamStanding.challenge_id).in_(visible))


def team_leaderboard_of(viewer: Seer, challenge: Parent) -> Select[TeamStanding]:
    """The team standings of a challenge."""
    return team_standings_seen_by(viewer).where(col(TeamStanding.challenge_id) == challenge.id)


def standings_of_team(viewer: Seer, team: Parent) -> Select[TeamStanding]:
    """A team's standings."""
    return team_standings_seen_by(viewer).where(col(TeamStanding.team_id) == team.id)


def team_rank_of(_viewer: Seer, standing: Parent) -> ColumnElement[int | None]:
    """One more than the number of ranked teams of its level with a higher figure; null for one that is not ranked."""
    ahead = select(func.count()).where(
        col(TeamStanding.challenge_id) == standing.challenge_id,
        col(TeamStanding.depth) == standing.depth,
        col(TeamStanding.ranked),
        col(TeamStanding.figure) > standing.figure,
    )
    return case((standing.ranked, ahead.scalar_subquery() + 1))
