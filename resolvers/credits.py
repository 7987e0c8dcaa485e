"""The credit ledger of a person, for that person and for whom they entrust it to."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    Text,
    Uuid,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.credits import Balance, CreditEntry
from domain.drafts import BANGKOK
from domain.scopes import Scope
from engine.declare import Order
from resolvers.connections import entrusted, linked
from resolvers.context import Parent, Seer, administers, nothing_of


class EntryKind(Order):
    """The kinds of entries to list. The kind is part of the statement, so that it finds the index of those kinds."""

    EXERCISE = "exercise"
    VOLUNTEERING = "volunteering"
    GOOD_DEED = "good_deed"
    AWARD = "award"
    REDEMPTION = "redemption"
    REVERSAL = "reversal"


@strawberry.input(description="Which entries to list; conditions add up.")
class EntryFilter:
    """Conditions on credit entries."""

    kind: EntryKind | None = strawberry.field(description="Only entries of this kind.")
    from_date: date | None = strawberry.field(description="Only entries booked on this day in Thailand and later.")
    to_date: date | None = strawberry.field(description="Only entries booked on this day in Thailand and earlier.")


Where = Annotated[EntryFilter | None, strawberry.argument(description="Which entries to list; all when left out.")]


def seen_by(viewer: Seer) -> Select[CreditEntry]:
    """One's own entries, with `credit:read`; for a partner those it booked for people who grant it that."""
    every = select(CreditEntry).add_columns(
        func.coalesce(col(CreditEntry.cause_th), literal_column("'การออกกำลังกาย'"), type_=Text).label("words_th"),
        func.coalesce(col(CreditEntry.cause_en), literal_column("'Exercise'"), type_=Text).label("words_en"),
    )
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.CREDIT_READ in viewer.scopes:
        return every.where(col(CreditEntry.user_id) == viewer.user_id)
    if viewer.kind in (ViewerKind.PARTNER, ViewerKind.SPONSOR):
        return _booked_by(viewer, every)
    return nothing_of(every)


def _booked_by(viewer: Seer, every: Select[CreditEntry]) -> Select[CreditEntry]:
    may = [scope for scope in (Scope.CREDIT_AWARD, Scope.CREDIT_REDEEM) if scope in viewer.scopes]
    if not may:
        return nothing_of(every)
    owner = col(CreditEntry.user_id)
    return every.where(
        col(CreditEntry.issuer) == viewer.partner_name,
        col(CreditEntry.kind) != literal_column("'exercise'"),
        or_(*[owner.in_(linked(viewer, scope)) for scope in may]),
    )


def booked(viewer: Seer, made: Parent) -> Select[CreditEntry]:
    """The entry that came of a change."""
    return seen_by(viewer).where(col(CreditEntry.user_id) == made.user_id, col(CreditEntry.id) == made.entry_id)


def awarded(viewer: Seer, result: Parent) -> Select[CreditEntry]:
    """The entry of an award."""
    return seen_by(viewer).where(col(CreditEntry.id) == result.entry_id)


def by_id(viewer: Seer, key: Parent) -> Select[CreditEntry]:
    """The entry behind a global id."""
    return seen_by(viewer).where(col(CreditEntry.id) == key.id)


def of_user(viewer: Seer, user: Parent, *, where: Where = None) -> Select[CreditEntry]:
    """A person's entries that match."""
    entries = seen_by(viewer).where(col(CreditEntry.user_id) == user.id)
    if where is None:
        return entries
    if where.kind is not None:
        entries = entries.where(col(CreditEntry.kind) == literal_column(f"'{where.kind.value}'"))
    if where.from_date is not None:
        entries = entries.where(*_booked_from(_midnight(where.from_date)))
    if where.to_date is not None:
        entries = entries.where(*_booked_before(_midnight(where.to_date, "1 day")))
    return entries


def of_activity(viewer: Seer, activity: Parent) -> Select[CreditEntry]:
    """What was booked for the activities of its day, the first first. The keys lead to them: `day:2026-01-31:0`."""
    day = literal("day:", Text).concat(func.to_char(activity.local_date, literal_column("'YYYY-MM-DD'")))
    key = col(CreditEntry.idempotency_key)
    return (
        seen_by(viewer)
        .where(col(CreditEntry.user_id) == activity.user_id, col(CreditEntry.cause) == literal_column("'activities'"))
        .where(key >= day.concat(":"), key < day.concat(";"))
        .order_by(col(CreditEntry.id))
    )


def balance_of(viewer: Seer, user: Parent) -> ColumnElement[int | None]:
    """A person's credits, 0 before the first entry; null for whom they are not entrusted to."""
    return entrusted(viewer, user.id, _held(user), Scope.CREDIT_READ)


def debt_of(viewer: Seer, user: Parent) -> ColumnElement[int | None]:
    """By how much a person's entries are below zero; null for whom they are not entrusted to."""
    return entrusted(viewer, user.id, func.greatest(-_held(user), 0, type_=BigInteger), Scope.CREDIT_READ)


def balance_after(viewer: Seer, entry: Parent) -> ColumnElement[int | None]:
    """The balance after an entry; null for whom the person's credits are not entrusted to."""
    return entrusted(viewer, entry.user_id, entry.balance_after, Scope.CREDIT_READ)


def _held(user: Parent) -> ColumnElement[int]:
    held = select(col(Balance.balance)).where(col(Balance.user_id) == user.id).scalar_subquery()
    return func.coalesce(held, 0)


def _midnight(day: Any, later: str = "0 days") -> ColumnElement[Any]:
    """The moment at which a day in Thailand begins, and so much later."""
    local = cast(day, DateTime(timezone=False)) + literal_column(f"interval '{later}'")
    return func.timezone(BANGKOK.key, local, type_=DateTime(timezone=True))


# The ids say when, to the second, so that the index leads to the period; `created_at` says it exactly.
def _booked_from(moment: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    return col(CreditEntry.id) >= _id_at(moment, "-1 second"), col(CreditEntry.created_at) >= moment


def _booked_before(moment: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    # ids may be ahead of their moment, by a millisecond for each entry of one delivery
    return col(CreditEntry.id) < _id_at(moment, "1 day"), col(CreditEntry.created_at) < moment


def _id_at(moment: ColumnElement[Any], later: str) -> ColumnElement[Any]:
    """The least UUIDv7 of so much later than a moment."""
    seconds = func.extract("epoch", moment + literal_column(f"interval '{later}'"))
    milliseconds = func.greatest(cast(seconds * 1000, BigInteger), 0)
    return cast(func.rpad(func.lpad(func.to_hex(milliseconds), 12, "0"), 32, "0"), Uuid)
