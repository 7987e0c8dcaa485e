"""Links between people and partners, and what a partner may see by them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, case, cast, literal, null, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.connections import Connection, ConnectionStatus
from domain.scopes import Scope
from resolvers.context import Parent, Seer, administers, nothing_of


def seen_by(viewer: Seer) -> Select[Connection]:
    """One's own links, with `connection:manage`."""
    every = select(Connection)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.CONNECTION_MANAGE in viewer.scopes:
        return every.where(col(Connection.user_id) == viewer.user_id)
    return nothing_of(every)


def of_user(viewer: Seer, user: Parent) -> Select[Connection]:
    """A person's links by the partners' names."""
    return seen_by(viewer).where(col(Connection.user_id) == user.id).order_by(col(Connection.partner_name))


def linked(viewer: Seer, scope: Scope | None = None) -> Select[UUID]:
    """The people with an active link to the viewer's organisation, and who granted it `scope`."""
    people = select(col(Connection.user_id)).where(
        col(Connection.partner_name) == viewer.partner_name,
        col(Connection.status) == ConnectionStatus.ACTIVE.value,
    )
    return people if scope is None else people.where(literal(scope.value) == any_(col(Connection.scopes)))


def granted(viewer: Seer, user_id: Any, scope: Scope) -> ColumnElement[bool]:
    """Whether this person granted `scope` to the viewer's organisation over a link that is active."""
    return linked(viewer, scope).where(col(Connection.user_id) == user_id).exists()


def entrusted(viewer: Seer, owner_id: Any, value: Any, scope: Scope | None = None) -> ColumnElement[Any]:
    """`value` for its owner, for administrators, and for partners whom the owner granted `scope`; else null."""
    if administers(viewer):
        return value  # type: ignore[no-any-return]  # a parent's column
    if viewer.kind == ViewerKind.CITIZEN:
        return case((owner_id == viewer.user_id, value))
    if viewer.kind == ViewerKind.PARTNER and scope is not None:
        return case((granted(viewer, owner_id, scope), value))
    return cast(null(), value.type)
