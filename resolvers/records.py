"""Sources' reports: those of one's own activities, and a partner's own."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.records import Record
from domain.scopes import Scope
from resolvers.context import Parent, Seer, administers, nothing_of


def seen_by(viewer: Seer) -> Select[Record]:
    """One's own reports with `activity:read`; for a partner those it sent, with either scope of activities.

    Deleted ones are nobody's.
    """
    every = select(Record).where(col(Record.deleted_at).is_(None))
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.ACTIVITY_READ in viewer.scopes:
        return every.where(col(Record.user_id) == viewer.user_id)
    if viewer.kind == ViewerKind.PARTNER and viewer.scopes & {Scope.ACTIVITY_READ, Scope.ACTIVITY_WRITE}:
        return every.where(col(Record.partner_name) == viewer.partner_name)
    return nothing_of(every)


def by_id(viewer: Seer, key: Parent) -> Select[Record]:
    """The report behind a global id."""
    return seen_by(viewer).where(col(Record.id) == key.id)


def of_activity(viewer: Seer, activity: Parent) -> Select[Record]:
    """The reports behind an activity, by partner and reference."""
    return (
        seen_by(viewer)
        .where(col(Record.user_id) == activity.user_id, col(Record.activity_id) == activity.id)
        .order_by(col(Record.partner_name), col(Record.partner_ref))
    )


def speaking_for(viewer: Seer, activity: Parent) -> Select[Record]:
    """The report whose time and sport the activity has."""
    return seen_by(viewer).where(col(Record.user_id) == activity.user_id, col(Record.id) == activity.speaks_record_id)


def taken(viewer: Seer, result: Parent) -> Select[Record]:
    """The report that came of an item."""
    return seen_by(viewer).where(col(Record.user_id) == result.user_id, col(Record.id) == result.record_id)
