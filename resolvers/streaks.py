"""Streaks: a person's own, and administrators'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.scopes import Scope
from domain.streaks import Streak, StreakKind
from domain.users import User
from resolvers.context import Parent, Seer, administers, nothing_of
from resolvers.progress import begun

Kind = Annotated[StreakKind, strawberry.argument(description="Runs of days or of weeks.")]


@dataclass
class Streaks:
    """The columns of a person's streaks of one kind."""

    user_id: UUID
    kind: str


def seen_by(viewer: Seer) -> Select[Streak]:
    """One's own, with `activity:read`."""
    every = select(Streak)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.ACTIVITY_READ in viewer.scopes:
        return every.where(col(Streak.user_id) == viewer.user_id)
    return nothing_of(every)


def of_user(viewer: Seer, user: Parent, *, kind: Kind = StreakKind.DAY) -> Select[Any]:
    """A person's streaks of a kind, for that person."""
    given: Any = kind
    columns: list[ColumnElement[Any]] = [col(User.id).label("user_id"), cast(given, Text).label("kind")]
    whose = select(*columns).where(col(User.id) == user.id)
    if administers(viewer):
        return whose
    return whose.where(col(User.id) == viewer.user_id) if viewer.kind == ViewerKind.CITIZEN else nothing_of(whose)


def runs_of(viewer: Seer, streaks: Parent) -> Select[Streak]:
    """All runs of a person and kind."""
    return seen_by(viewer).where(col(Streak.user_id) == streaks.user_id, col(Streak.kind) == streaks.kind)


def current_of(viewer: Seer, streaks: Parent) -> Select[Streak]:
    """The run that goes on: it holds this day or week, or the one before, so that it can still be kept up."""
    # The newest run is one index entry. To look for one that ends late enough would read all of who stopped.
    latest = aliased(Streak)
    newest = select(func.max(latest.starts_on)).where(
        col(latest.user_id) == streaks.user_id, col(latest.kind) == streaks.kind
    )
    going_on = col(Streak.ends_on) >= begun(streaks.kind) - 1
    return runs_of(viewer, streaks).where(col(Streak.starts_on) == newest.scalar_subquery(), going_on)


def longest_of(viewer: Seer, streaks: Parent) -> Select[Streak]:
    """The longest run, the latest of several."""
    return runs_of(viewer, streaks).order_by(col(Streak.length).desc(), col(Streak.starts_on).desc()).limit(1)
