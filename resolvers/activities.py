"""Activities: who may see which, and what partners ask of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Select, any_, not_, or_
from sqlmodel import col, select

from auth.viewer import ViewerKind
from domain.activities import Activity
from domain.plausibility import Verdict
from domain.scopes import Scope
from domain.sports import Sport
from engine.declare import Ref
from resolvers.connections import entrusted, linked
from resolvers.context import Parent, Seer, administers, nothing_of


@strawberry.input(description="Which activities to list; conditions add up.")
class ActivityFilter:
    """Conditions on activities."""

    sports: list[Sport] | None = strawberry.field(description="Only these sports.")
    from_date: date | None = strawberry.field(description="Only activities of this local day and later.")
    to_date: date | None = strawberry.field(description="Only activities of this local day and earlier.")
    verdicts: list[Verdict] | None = strawberry.field(description="Only these verdicts.")
    partner: str | None = strawberry.field(description="Only activities that the record of this partner speaks for.")
    user: Annotated[strawberry.ID, Ref("User")] | None = strawberry.field(description="Only this person's activities.")
    changed_since: datetime | None = strawberry.field(
        description="Only activities that changed at or after this moment; then deleted ones are listed too, with "
        "`deletedAt`, so that copies can follow."
    )


Where = Annotated[ActivityFilter | None, strawberry.argument(description="Which activities to list.")]


def seen_by(viewer: Seer) -> Select[tuple[Activity]]:
    """One's own; for a partner those of people who granted it `activity:read`, unless another's terms forbid."""
    every = select(Activity)
    if administers(viewer):
        return every
    if Scope.ACTIVITY_READ not in viewer.scopes:
        return nothing_of(every)
    if viewer.kind == ViewerKind.CITIZEN:
        return every.where(col(Activity.user_id) == viewer.user_id)
    if viewer.kind == ViewerKind.PARTNER:
        return every.where(
            col(Activity.user_id).in_(linked(viewer, Scope.ACTIVITY_READ)),
            or_(not_(col(Activity.owner_only)), col(Activity.partner_name) == viewer.partner_name),
        )
    return nothing_of(every)


def by_id(viewer: Seer, key: Parent) -> Select[tuple[Activity]]:
    """The activity behind a global id, unless it was deleted."""
    return seen_by(viewer).where(col(Activity.id) == key.id, col(Activity.deleted_at).is_(None))


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[tuple[Activity]]:
    """The activities that match."""
    return _matching(seen_by(viewer), where)


def of_user(viewer: Seer, user: Parent, *, where: Where = None) -> Select[tuple[Activity]]:
    """A person's activities that match."""
    return _matching(seen_by(viewer).where(col(Activity.user_id) == user.id), where)


def formed(viewer: Seer, result: Parent) -> Select[tuple[Activity]]:
    """The activity that an item became part of."""
    return seen_by(viewer).where(
        col(Activity.user_id) == result.user_id,
        col(Activity.id) == result.activity_id,
        col(Activity.deleted_at).is_(None),
    )


def pulse_of(viewer: Seer, activity: Parent) -> ColumnElement[Any]:
    """The average heart rate; a partner reads it only with the person's grant of health data."""
    return entrusted(viewer, activity.user_id, activity.pulse_bpm, Scope.HEALTH_READ)


def _matching(activities: Select[tuple[Activity]], where: ActivityFilter | None) -> Select[tuple[Activity]]:
    if where is None or where.changed_since is None:
        activities = activities.where(col(Activity.deleted_at).is_(None))
    else:
        activities = activities.where(col(Activity.updated_at) >= where.changed_since)
    if where is None:
        return activities
    if where.sports is not None:
        activities = activities.where(col(Activity.sport) == any_(where.sports))
    if where.from_date is not None:
        activities = activities.where(col(Activity.local_date) >= where.from_date)
    if where.to_date is not None:
        activities = activities.where(col(Activity.local_date) <= where.to_date)
    if where.verdicts is not None:
        activities = activities.where(col(Activity.verdict) == any_(where.verdicts))
    if where.partner is not None:
        activities = activities.where(col(Activity.partner_name) == where.partner)
    if where.user is not None:
        activities = activities.where(col(Activity.user_id) == where.user)
    return activities
