"""Teams and memberships: teams are public, who belongs to them is for those inside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain import memberships
from domain.bangkok import local_date_of
from domain.booking import rebook
from domain.ingest import lock
from domain.rulebooks import approved
from domain.teams import Joining, Membership, Team, TeamKind
from engine.declare import Ref
from resolvers.context import Context, Parent, Seer, administers, nothing_of
from resolvers.keys import accepted_key, person_of
from resolvers.places import within
from resolvers.users import teams_joined

TeamId = Annotated[strawberry.ID, Ref("Team")]


@strawberry.input(description="Which teams to list; conditions add up.")
class TeamFilter:
    """Conditions on teams."""

    kind: TeamKind | None = strawberry.field(description="Only teams of this kind.")
    parent: TeamId | None = strawberry.field(description="Only teams directly under this one.")
    place: str | None = strawberry.field(description="Only teams at home in the place of this code, at any level.")


Where = Annotated[TeamFilter | None, strawberry.argument(description="Which teams to list; all when left out.")]


@strawberry.input(description="Which team to join.")
class JoinTeamInput:
    """What `joinTeam` takes."""

    team_id: TeamId = strawberry.field(description="The team.")
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@dataclass
class Joined:
    """What came of joining a team."""

    user_id: UUID
    team_id: UUID
    joined_on: date
    idempotency_key: str


def seen_by(_viewer: Seer) -> Select[Team]:
    """All teams, for everybody."""
    return select(Team)


def by_id(viewer: Seer, key: Parent) -> Select[Team]:
    """The team behind a global id."""
    return seen_by(viewer).where(col(Team.id) == key.id)


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[Team]:
    """The teams that match."""
    return _matching(seen_by(viewer), where)


def children_of(viewer: Seer, team: Parent, *, where: Where = None) -> Select[Team]:
    """The teams directly under a team."""
    return _matching(seen_by(viewer).where(col(Team.parent_id) == team.id), where)


def parent_of(viewer: Seer, team: Parent) -> Select[Team]:
    """The team above."""
    return seen_by(viewer).where(col(Team.id) == team.parent_id)


def named(viewer: Seer, thing: Parent) -> Select[Team]:
    """The team that a membership or a standing names."""
    return seen_by(viewer).where(col(Team.id) == thing.team_id)


def is_open(_viewer: Seer, team: Parent) -> ColumnElement[bool]:
    """Whether people may join a team by themselves, without an invitation or anybody's approval."""
    return team.joining == Joining.OPEN.value  # type: ignore[no-any-return]  # a parent's column


def memberships_seen_by(viewer: Seer) -> Select[Membership]:
    """One's own, and who belongs now to the teams one has joined."""
    every = select(Membership)
    if administers(viewer):
        return every
    if viewer.kind != ViewerKind.CITIZEN:
        return nothing_of(every)
    beside = and_(col(Membership.left_on).is_(None), col(Membership.team_id).in_(teams_joined(viewer)))
    return every.where(or_(col(Membership.user_id) == viewer.user_id, beside))


def members_of(viewer: Seer, team: Parent) -> Select[Membership]:
    """Who belongs to a team now."""
    return memberships_seen_by(viewer).where(col(Membership.team_id) == team.id, col(Membership.left_on).is_(None))


def memberships_of(viewer: Seer, user: Parent) -> Select[Membership]:
    """A person's times in teams, the latest first."""
    return (
        memberships_seen_by(viewer)
        .where(col(Membership.user_id) == user.id)
        .order_by(col(Membership.joined_on).desc(), col(Membership.team_id))
    )


def membership_of(viewer: Seer, joined: Parent) -> Select[Membership]:
    """The membership that came of joining."""
    return memberships_seen_by(viewer).where(
        col(Membership.user_id) == joined.user_id,
        col(Membership.team_id) == joined.team_id,
        col(Membership.joined_on) == joined.joined_on,
    )


async def join(context: Context, input: JoinTeamInput) -> Joined:  # noqa: A002 - the contract's word
    """The person of the token in the team from today on, Bangkok time; again: the same membership.

    Raises NotFound, TeamClosed, TeamFull, AlreadyInTeam.
    """
    key, user_id = accepted_key(input.idempotency_key), person_of(context.viewer)
    team_id, today = UUID(str(input.team_id)), local_date_of(context.now)
    session = context.session
    await lock(session, [user_id])
    joined_on, is_new = await memberships.join(session, user_id, team_id, today=today, now=context.now)
    if is_new:
        # what they did today counts for the team
        await rebook(session, [(user_id, joined_on)], await approved(session), context.now)
    return Joined(user_id=user_id, team_id=team_id, joined_on=joined_on, idempotency_key=key)


def _matching(found: Select[Team], where: TeamFilter | None) -> Select[Team]:
    if where is None:
        return found
    if where.kind is not None:
        found = found.where(col(Team.kind) == where.kind)
    if where.parent is not None:
        found = found.where(col(Team.parent_id) == where.parent)
    if where.place is not None:
        found = found.where(col(Team.place_code).in_(within(where.place)))
    return found
