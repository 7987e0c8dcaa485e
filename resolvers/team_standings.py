"""Standings of teams by level: public once their challenge is."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import strawberry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Select,
    Subquery,
    Uuid,
    and_,
    any_,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlmodel import col

from domain.challenges import Challenge, Ranking
from domain.team_standings import TeamStanding
from domain.teams import Membership, Team, TeamDay, TeamKind
from resolvers import challenges, ranks
from resolvers.context import Parent, Seer
from resolvers.teams import TeamId

_ONE, _TWO = literal_column("1", Integer()), literal_column("2", Integer())
_THOUSAND, _MILLION = literal_column("1000.0", Float()), literal_column("1000000.0", Float())


@strawberry.input(description="Which team of a challenge; the viewer's own when nothing is given.")
class TeamChoice:
    """Which team is looked for on a leaderboard."""

    team: TeamId | None = strawberry.field(description="The team.")


Level = Annotated[
    int | None,
    strawberry.argument(
        description="Only teams of this level: 1 for the roots of their trees, such as ministries or provinces, 2 for "
        "those directly under a root. When left out: those directly under `under`; without it districts where they "
        "compete, and roots elsewhere."
    ),
]
Under = Annotated[TeamId | None, strawberry.argument(description="Only teams below this one in its tree.")]
Middle = Annotated[
    TeamChoice | None,
    strawberry.argument(
        description="Which team the page has in its middle: as many ahead as behind, more on one side where the other "
        "ends. `first` is the size of the page, and its cursors go on in both directions. Empty without that team."
    ),
]
Chosen = Annotated[TeamId, strawberry.argument(description="The team.")]


def team_standings_seen_by(viewer: Seer) -> Select[TeamStanding]:
    """The team standings of challenges that the viewer sees."""
    visible = challenges.seen_by(viewer).with_only_columns(col(Challenge.id))
    return select(TeamStanding).where(col(TeamStanding.challenge_id).in_(visible))


def team_leaderboard_of(
    viewer: Seer, challenge: Parent, *, level: Level = None, under: Under = None
) -> Select[TeamStanding]:
    """The standings of one level of teams in a challenge, of all or of those below one."""
    of_challenge = team_standings_seen_by(viewer).where(col(TeamStanding.challenge_id) == challenge.id)
    if under is not None:
        below = select(col(Team.id)).where(col(Team.id) == col(TeamStanding.team_id), col(Team.id) != under)
        of_challenge = of_challenge.where(
            below.where(any_(col(Team.ancestor_ids)) == under).exists()
            if level is not None
            else col(TeamStanding.team_id).in_(select(col(Team.id)).where(col(Team.parent_id) == under))
        )
    if level is not None:
        return of_challenge.where(col(TeamStanding.depth) == level)
    if under is not None:
        above = select(func.cardinality(col(Team.ancestor_ids))).where(col(Team.id) == under).scalar_subquery()
        return of_challenge.where(col(TeamStanding.depth) == above + _ONE)
    usual = case((challenge.team_kind == TeamKind.DISTRICT.value, _TWO), else_=_ONE)
    return of_challenge.where(col(TeamStanding.depth) == cast(usual, Integer))


def team_line_of(
    viewer: Seer, challenge: Parent, *, around: Middle = None, level: Level = None, under: Under = None
) -> Select[TeamStanding]:
    """The line of a team on a challenge's leaderboard; of several of one's own the one that is ahead."""
    lines = team_leaderboard_of(viewer, challenge, level=level, under=under)
    team = None if around is None else around.team
    if team is not None:
        return lines.where(col(TeamStanding.team_id) == team)
    return lines.where(_is_ones_own(viewer)).order_by(
        col(TeamStanding.ranked).desc(), col(TeamStanding.figure).desc(), col(TeamStanding.team_id).desc()
    )


def own_teams_in(viewer: Seer, challenge: Parent) -> Select[TeamStanding]:
    """The standings of the teams that the viewer belongs to, and of those above them, the roots first."""
    return (
        team_standings_seen_by(viewer)
        .where(col(TeamStanding.challenge_id) == challenge.id, _is_ones_own(viewer))
        .order_by(col(TeamStanding.depth), col(TeamStanding.team_id))
    )


def chosen_in(viewer: Seer, challenge: Parent, *, team: Chosen) -> Select[TeamStanding]:
    """The standing of a team in a challenge."""
    return team_standings_seen_by(viewer).where(
        col(TeamStanding.challenge_id) == challenge.id, col(TeamStanding.team_id) == team
    )


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
    return case((standing.ranked, ahead.scalar_subquery() + _ONE))


def team_rank_at_the_top(_viewer: Seer, standing: Parent) -> ColumnElement[int | None]:
    """The rank of those on a leaderboard's first page, where all that are ahead of them stand, too."""
    order = standing.ranked.desc(), standing.figure.desc()
    return case((standing.ranked, func.rank().over(partition_by=standing.challenge_id, order_by=order)))


def team_rank_on_a_page(viewer: Seer, page: Subquery) -> Select[Any]:
    """The ranks on a page of a leaderboard, of which two are counted."""
    lines, rank = ranks.spread(page, ["ranked", "figure"], partial(team_rank_of, viewer))
    return select(*[lines.c[column.name] for column in page.c], case((lines.c.ranked, rank)).label("rank"))


def rank_beside_of(_viewer: Seer, standing: Parent) -> ColumnElement[int | None]:
    """One more than the ranked teams with a higher figure under the same team; null for roots, and unless ranked."""
    parent = select(col(Team.parent_id)).where(col(Team.id) == standing.team_id).scalar_subquery()
    beside = select(func.count()).select_from(Team).join(TeamStanding, col(TeamStanding.team_id) == col(Team.id))
    ahead = beside.where(
        col(Team.parent_id) == parent,
        col(TeamStanding.challenge_id) == standing.challenge_id,
        col(TeamStanding.ranked),
        col(TeamStanding.figure) > standing.figure,
    )
    return case((and_(standing.ranked, standing.depth > _ONE), ahead.scalar_subquery() + _ONE))


def participants_of(_viewer: Seer, standing: Parent) -> ColumnElement[int | None]:
    """How many people of a ranked team take part."""
    return case((standing.ranked, standing.participants))


def members_of(_viewer: Seer, standing: Parent) -> ColumnElement[int]:
    """How many people belong to the team today."""
    return select(col(Team.members)).where(col(Team.id) == standing.team_id).scalar_subquery()


def average_members_of(_viewer: Seer, standing: Parent) -> ColumnElement[float | None]:
    """A team's members on an average day of the window, up to the day that its figure is reckoned to."""
    begun = select(col(Challenge.starts_on)).where(col(Challenge.id) == standing.challenge_id).scalar_subquery()
    days = standing.figured_on - begun + _ONE
    in_window = _member_days(standing, standing.figured_on) - _member_days(standing, begun - _ONE)
    return case((days > literal_column("0"), cast(in_window, Float(53)) / days))


def average_of(_viewer: Seer, standing: Parent) -> ColumnElement[float | None]:
    """A ranked team's score for each member and day, where that is what teams are ranked by."""
    return _figure(standing, Ranking.AVERAGE_PER_MEMBER, _THOUSAND)


def participation_of(_viewer: Seer, standing: Parent) -> ColumnElement[float | None]:
    """The share of a ranked team's members who take part, where that is what teams are ranked by."""
    return _figure(standing, Ranking.PARTICIPATION_SHARE, _MILLION)


def regular_of(_viewer: Seer, standing: Parent) -> ColumnElement[float | None]:
    """The share of a ranked team's member-weeks of regular exercise, where that is what teams are ranked by."""
    return _figure(standing, Ranking.REGULAR_SHARE, _MILLION)


def _member_days(standing: Parent, until: ColumnElement[Any]) -> ColumnElement[int]:
    """The members of a team's days up to this one, inclusive, added up: one row of its days."""
    since = until - col(TeamDay.local_date) + _ONE
    newest = select(col(TeamDay.member_days_before) + cast(col(TeamDay.members), BigInteger) * since)
    held = newest.where(col(TeamDay.team_id) == standing.team_id, col(TeamDay.local_date) <= until)
    return func.coalesce(
        held.order_by(col(TeamDay.local_date).desc()).limit(_ONE).scalar_subquery(), literal_column("0")
    )


def _figure(standing: Parent, ranking: Ranking, unit: ColumnElement[Any]) -> ColumnElement[float | None]:
    by = select(col(Challenge.ranking)).where(col(Challenge.id) == standing.challenge_id).scalar_subquery()
    return case((and_(standing.ranked, by == ranking.value), cast(standing.figure / unit, Float(53))))


def _is_ones_own(viewer: Seer) -> ColumnElement[bool]:
    """Whether a team's standing is that of a team the viewer belongs to now, or of one above."""
    nodes = select(func.unnest(col(Team.ancestor_ids))).join(Membership, col(Membership.team_id) == col(Team.id))
    mine = nodes.where(col(Membership.user_id) == viewer.user_id, col(Membership.left_on).is_(None))
    # An array and not IN: found first, so that each is a probe of the standings' key.
    return col(TeamStanding.team_id) == any_(func.array(mine.scalar_subquery(), type_=ARRAY(Uuid)))
