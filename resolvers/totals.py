"""Day totals: whose, and which of a day's sources counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, cast, func, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.drafts import Source
from domain.plausibility import Verdict
from domain.records import DayTotalRow
from domain.scopes import Scope
from domain.users import User
from resolvers.context import Parent, Seer, administers, nothing_of
from resolvers.users import Days


def seen_by(viewer: Seer) -> Select[DayTotalRow]:
    """One's own, with `activity:read`."""
    every = select(DayTotalRow)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.ACTIVITY_READ in viewer.scopes:
        return every.where(col(DayTotalRow.user_id) == viewer.user_id)
    return nothing_of(every)


def of_user(viewer: Seer, user: Parent, *, where: Days = None) -> Select[DayTotalRow]:
    """A person's day totals."""
    totals = seen_by(viewer).where(col(DayTotalRow.user_id) == user.id)
    if where is not None and where.from_date is not None:
        totals = totals.where(col(DayTotalRow.local_date) >= where.from_date)
    if where is not None and where.to_date is not None:
        totals = totals.where(col(DayTotalRow.local_date) <= where.to_date)
    return totals


def of_day(viewer: Seer, day: Parent) -> Select[DayTotalRow]:
    """What each source says of a day, by partner."""
    return (
        seen_by(viewer)
        .where(col(DayTotalRow.user_id) == day.user_id, col(DayTotalRow.local_date) == day.local_date)
        .order_by(col(DayTotalRow.partner_name))
    )


def steps_of(_viewer: Seer, day: Parent) -> ColumnElement[Any]:
    """The steps of the day that count."""
    return _best(day, DayTotalRow.steps)


def counts(_viewer: Seer, total: Parent) -> ColumnElement[bool]:
    """Whether these are the steps of the day that count."""
    return func.coalesce(total.partner_name == _best(total, DayTotalRow.partner_name), False)


def _best(day: Parent, column: Any) -> ColumnElement[Any]:
    """The column of the day's best total: by how it was measured, then by the person's own order (see domain.days)."""
    total = DayTotalRow.__table__.alias("best")  # type: ignore[attr-defined]
    trusted = cast([each.value for each in Source], ARRAY(Text))
    return (
        select(total.c[column.key])
        .join(User, col(User.id) == total.c.user_id)
        .where(
            total.c.user_id == day.user_id,
            total.c.local_date == day.local_date,
            total.c.steps.is_not(None),
            total.c.verdict == Verdict.ACCEPTED.value,
        )
        .order_by(
            func.array_position(trusted, total.c.source),
            func.coalesce(func.array_position(col(User.source_order), total.c.partner_name), 1000),
            total.c.partner_name,
        )
        .limit(1)
        .scalar_subquery()
    )
