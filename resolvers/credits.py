"""The credit ledger of a person, for that person."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.credits import Balance, CreditEntry
from domain.scopes import Scope
from resolvers.connections import entrusted
from resolvers.context import Parent, Seer, administers, nothing_of


def seen_by(viewer: Seer) -> Select[CreditEntry]:
    """One's own entries, with `credit:read`."""
    every = select(CreditEntry)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.CREDIT_READ in viewer.scopes:
        return every.where(col(CreditEntry.user_id) == viewer.user_id)
    return nothing_of(every)


def by_id(viewer: Seer, key: Parent) -> Select[CreditEntry]:
    """The entry behind a global id."""
    return seen_by(viewer).where(col(CreditEntry.id) == key.id)


def of_user(viewer: Seer, user: Parent) -> Select[CreditEntry]:
    """A person's entries."""
    return seen_by(viewer).where(col(CreditEntry.user_id) == user.id)


def balance_of(viewer: Seer, user: Parent) -> ColumnElement[int | None]:
    """A person's credits, 0 before the first entry; null for whom they are not entrusted to."""
    held = select(col(Balance.balance)).where(col(Balance.user_id) == user.id).scalar_subquery()
    return entrusted(viewer, user.id, func.coalesce(held, 0), Scope.CREDIT_READ)
