"""Teams: public, whoever asks."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy import ColumnElement, Select, select
from sqlmodel import col

from domain.teams import Joining, Team, TeamKind
from engine.declare import Ref
from resolvers.context import Parent, Seer
from resolvers.places import within

TeamId = Annotated[strawberry.ID, Ref("Team")]


@strawberry.input(description="Which teams to list; conditions add up.")
class TeamFilter:
    """Conditions on teams."""

    kind: TeamKind | None = strawberry.field(description="Only teams of this kind.")
    parent: TeamId | None = strawberry.field(description="Only teams directly under this one.")
    place: str | None = strawberry.field(description="Only teams at home in the place of this code, at any level.")


Where = Annotated[TeamFilter | None, strawberry.argument(description="Which teams to list; all when left out.")]


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
