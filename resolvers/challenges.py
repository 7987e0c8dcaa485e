"""Challenges and standings: public once published, by pseudonym."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy import (
    Select,
    and_,
    not_,
    or_,
    select,
)
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.challenges import Challenge, ChallengeState, Metric, Mode
from engine.declare import Ref
from resolvers.context import Entity, Parent, Seer, administers, among, nothing_of

ChallengeId = Annotated[strawberry.ID, Ref("Challenge")]


@strawberry.input(description="Which challenges to list; conditions add up.")
class ChallengeFilter:
    """Conditions on challenges."""

    states: list[ChallengeState] | None = strawberry.field(description="Only challenges in these states.")
    sponsor: str | None = strawberry.field(description="Only challenges of the partner of this name.")
    metric: Metric | None = strawberry.field(description="Only challenges that count this.")
    mode: Mode | None = strawberry.field(description="Only challenges of this mode.")


Where = Annotated[
    ChallengeFilter | None, strawberry.argument(description="Which challenges to list; all visible when left out.")
]


def seen_by(viewer: Seer) -> Select[Challenge]:
    """Everything published; an organisation's own drafts too, and those it cancelled."""
    every = select(Challenge)
    if administers(viewer):
        return every
    draft, cancelled = (
        col(Challenge.state) == state.value for state in (ChallengeState.DRAFT, ChallengeState.CANCELLED)
    )
    published = not_(or_(draft, and_(cancelled, col(Challenge.published_at).is_(None))))
    if viewer.kind in (ViewerKind.SPONSOR, ViewerKind.PARTNER):
        return every.where(or_(published, col(Challenge.sponsor_name) == viewer.partner_name))
    return every.where(published)


def for_holders(viewer: Seer, challenge: Parent, query: Select[Entity]) -> Select[Entity]:
    """The query for administrators and the organisation that holds the challenge; for others, without rows."""
    if administers(viewer):
        return query
    if viewer.kind in (ViewerKind.SPONSOR, ViewerKind.PARTNER):
        return query.where(challenge.sponsor_name == viewer.partner_name)
    return nothing_of(query)


def by_id(viewer: Seer, key: Parent) -> Select[Challenge]:
    """The challenge behind a global id."""
    return seen_by(viewer).where(col(Challenge.id) == key.id)


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[Challenge]:
    """The challenges that match."""
    found = seen_by(viewer)
    if where is None:
        return found
    if where.states is not None:
        found = found.where(among(col(Challenge.state), where.states))
    if where.sponsor is not None:
        found = found.where(col(Challenge.sponsor_name) == where.sponsor)
    if where.metric is not None:
        found = found.where(col(Challenge.metric) == where.metric)
    if where.mode is not None:
        found = found.where(col(Challenge.mode) == where.mode)
    return found


def named(viewer: Seer, thing: Parent) -> Select[Challenge]:
    """The challenge that a standing names."""
    return seen_by(viewer).where(col(Challenge.id) == thing.challenge_id)
