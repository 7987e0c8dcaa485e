"""Who belongs to teams: for those inside, each shown as they want; minors never by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, false, func, literal, or_, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.scopes import Scope
from domain.teams import Membership, Role, ShownAs
from domain.users import User
from resolvers.context import Parent, Seer, administers, nothing_of
from resolvers.users import of_age, teams_joined
from resolvers.users import seen_by as users_seen_by


def seen_by(viewer: Seer) -> Select[Membership]:
    """One's own, and who belongs now to the teams one has joined, but for those who hide from all but its stewards."""
    every = select(Membership)
    if administers(viewer):
        return every
    if viewer.kind != ViewerKind.CITIZEN:
        return nothing_of(every)
    shown = or_(col(Membership.shown_as) != ShownAs.HIDDEN.value, col(Membership.team_id).in_(_led(viewer)))
    beside = and_(col(Membership.left_on).is_(None), col(Membership.team_id).in_(teams_joined(viewer)), shown)
    return every.where(or_(col(Membership.user_id) == viewer.user_id, beside))


def _led(viewer: Seer) -> Select[Any]:
    return select(col(Membership.team_id)).where(
        col(Membership.user_id) == viewer.user_id,
        col(Membership.left_on).is_(None),
        col(Membership.role) != Role.MEMBER.value,
    )


def of_team(viewer: Seer, team: Parent) -> Select[Membership]:
    """Who belongs to a team now."""
    return seen_by(viewer).where(col(Membership.team_id) == team.id, col(Membership.left_on).is_(None))


def of_user(viewer: Seer, user: Parent) -> Select[Membership]:
    """A person's times in teams, the latest first; of others those in which they show by name."""
    found = seen_by(viewer).where(col(Membership.user_id) == user.id)
    if not administers(viewer):
        # else whoever knows the person would learn which pseudonym is theirs
        found = found.where(or_(user.id == viewer.user_id, col(Membership.shown_as) == ShownAs.NAME.value))
    return found.order_by(col(Membership.joined_on).desc(), col(Membership.team_id))


def joined(viewer: Seer, done: Parent) -> Select[Membership]:
    """The membership that came of joining."""
    return seen_by(viewer).where(
        col(Membership.user_id) == done.user_id,
        col(Membership.team_id) == done.team_id,
        col(Membership.joined_on) == done.joined_on,
    )


def changed(viewer: Seer, done: Parent) -> Select[Membership]:
    """The membership that somebody in charge changed."""
    return seen_by(viewer).where(
        col(Membership.user_id) == done.user_id,
        col(Membership.team_id) == done.team_id,
        col(Membership.left_on).is_(None),
    )


def person_in(viewer: Seer, membership: Parent) -> Select[User]:
    """The person of a membership in which they show by name, or that is one's own."""
    people = users_seen_by(viewer).where(col(User.id) == membership.user_id)
    return people if administers(viewer) else people.where(_by_name(viewer, membership))


def id_of(_viewer: Seer, membership: Parent) -> ColumnElement[str]:
    """What stands for a member in their team."""
    return cast(membership.pseudonym_id, Text)


def display_name_of(viewer: Seer, membership: Parent) -> ColumnElement[Any]:
    """A member's name if they show by it, are of age and the token may read it; else their pseudonym in this team."""
    person = select(col(User.display_name)).where(col(User.id) == membership.user_id)
    if administers(viewer):
        return person.scalar_subquery()
    digits = func.upper(func.left(func.replace(cast(membership.pseudonym_id, Text), "-", ""), 12))
    pseudonym = literal("P-").concat(digits)
    if viewer.kind != ViewerKind.CITIZEN or Scope.PROFILE_READ not in viewer.scopes:
        return pseudonym
    grown = or_(col(User.id) == viewer.user_id, of_age(col(User.birth_year)))
    return func.coalesce(person.where(_by_name(viewer, membership), grown).scalar_subquery(), pseudonym)


def shown_as_of(viewer: Seer, membership: Parent) -> ColumnElement[Any]:
    """How somebody shows, for themselves."""
    if administers(viewer):
        return membership.shown_as  # type: ignore[no-any-return]  # a parent's column
    return case((membership.user_id == viewer.user_id, membership.shown_as))


def _by_name(viewer: Seer, membership: Parent) -> ColumnElement[bool]:
    own = membership.user_id == viewer.user_id if viewer.kind == ViewerKind.CITIZEN else false()
    return or_(own, membership.shown_as == ShownAs.NAME.value)
