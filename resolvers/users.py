"""People: who may see whom, and what of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Uuid,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import CompoundSelect
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.counters import Period, RegularWeek, UserDay, UserPeriod
from domain.scopes import Scope
from domain.teams import Membership, ShownAs, TeamKind
from domain.users import FULL_AGE, User
from resolvers.connections import entrusted, linked
from resolvers.context import Parent, Seer, administers, nothing_of
from resolvers.places import within

# Nobody chose to be in the team of their province, and half a million neighbours are no acquaintances.
_DERIVED = (TeamKind.PROVINCE.value, TeamKind.DISTRICT.value)


@strawberry.input(description="Which people to list.")
class UserFilter:
    """Conditions on people."""

    home_place: str | None = strawberry.field(
        description="Only people who live in the place of this code, at any level; those whose home may not be seen "
        "are left out."
    )


@strawberry.input(description="Which days to list; conditions add up.")
class DayFilter:
    """Conditions on daily counters."""

    from_date: date | None = strawberry.field(description="Only this local day and later.")
    to_date: date | None = strawberry.field(description="Only this local day and earlier.")


Where = Annotated[UserFilter | None, strawberry.argument(description="Which people to list; all when left out.")]
Days = Annotated[DayFilter | None, strawberry.argument(description="Which days to list; all when left out.")]


def seen_by(viewer: Seer) -> Select[User]:
    """A citizen sees themselves and adults who show by name in their teams; a partner those linked to it."""
    every = select(User)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN:
        visible = or_(col(User.id) == viewer.user_id, of_age(col(User.birth_year)))
        return every.where(col(User.id).in_(_around(viewer)), visible)
    if viewer.kind == ViewerKind.PARTNER:
        return every.where(col(User.id).in_(linked(viewer)))
    return nothing_of(every)


def by_id(viewer: Seer, key: Parent) -> Select[User]:
    """The person behind a global id."""
    return seen_by(viewer).where(col(User.id) == key.id)


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[User]:
    """The people that match."""
    people = seen_by(viewer)
    if where is None or where.home_place is None:
        return people
    # a filter must not tell what the field hides
    home = entrusted(viewer, col(User.id), col(User.home_place_code))
    return people.where(home.in_(within(where.home_place)))


def asking(viewer: Seer, asked: Parent) -> Select[User]:
    """The person who asks."""
    return seen_by(viewer).where(col(User.id) == asked.user_id)


def owner_of(viewer: Seer, owned: Parent) -> Select[User]:
    """The person an activity or a membership belongs to."""
    return seen_by(viewer).where(col(User.id) == owned.user_id)


def display_name_of(viewer: Seer, user: Parent) -> ColumnElement[Any]:
    """A person's name; a partner reads it only with the person's grant."""
    if viewer.kind == ViewerKind.CITIZEN:
        return user.display_name  # type: ignore[no-any-return]  # seen_by has judged: oneself, or an adult of one's team
    return entrusted(viewer, user.id, user.display_name, Scope.PROFILE_READ)


def language_of(viewer: Seer, user: Parent) -> ColumnElement[Any]:
    """The language a person reads."""
    return entrusted(viewer, user.id, user.language)


def birth_year_of(viewer: Seer, user: Parent) -> ColumnElement[Any]:
    """A person's year of birth."""
    return entrusted(viewer, user.id, user.birth_year)


def mass_of(viewer: Seer, user: Parent) -> ColumnElement[Any]:
    """A person's body mass."""
    return entrusted(viewer, user.id, user.mass_kg, Scope.HEALTH_READ)


def days_seen_by(viewer: Seer) -> Select[UserDay]:
    """One's own days, with `activity:read`."""
    every = select(UserDay)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.ACTIVITY_READ in viewer.scopes:
        return every.where(col(UserDay.user_id) == viewer.user_id)
    return nothing_of(every)


def days_of(viewer: Seer, user: Parent, *, where: Days = None) -> Select[UserDay]:
    """A person's days."""
    days = days_seen_by(viewer).where(col(UserDay.user_id) == user.id)
    if where is not None and where.from_date is not None:
        days = days.where(col(UserDay.local_date) >= where.from_date)
    if where is not None and where.to_date is not None:
        days = days.where(col(UserDay.local_date) <= where.to_date)
    return days


def weeks_of(viewer: Seer, user: Parent) -> Select[UserPeriod]:
    """A person's weeks, for themselves, with `activity:read`."""
    weeks = select(UserPeriod).where(col(UserPeriod.period) == Period.WEEK.value, col(UserPeriod.user_id) == user.id)
    if administers(viewer):
        return weeks
    if viewer.kind == ViewerKind.CITIZEN and Scope.ACTIVITY_READ in viewer.scopes:
        return weeks.where(col(UserPeriod.user_id) == viewer.user_id)
    return nothing_of(weeks)


def equivalent_minutes_of(_viewer: Seer, week: Parent) -> ColumnElement[int]:
    """A week's minutes, vigorous ones twice."""
    return cast(func.div(week.moving_seconds + week.vigorous_seconds, 60), BigInteger)


def is_regular_week(_viewer: Seer, week: Parent) -> ColumnElement[bool]:
    """Whether a week's person exercises regularly as of it."""
    return _regular(week.user_id).where(col(RegularWeek.starts_on) == week.starts_on).exists()


def is_regular(viewer: Seer, user: Parent) -> ColumnElement[bool]:
    """Whether a person exercises regularly as of this week, or of the last one while this one is not enough."""
    monday = cast(func.date_trunc("week", func.timezone("Asia/Bangkok", func.now())), Date)
    found = _regular(user.id).where(or_(*[col(RegularWeek.starts_on) == monday - ago for ago in (0, 7)])).exists()
    return entrusted(viewer, user.id, found, Scope.ACTIVITY_READ)


def _regular(user_id: Any) -> Select[Any]:
    return select(literal_column("1")).select_from(RegularWeek).where(col(RegularWeek.user_id) == user_id)


def of_age(birth_year: Any) -> ColumnElement[bool]:
    """Whether a person is certainly of age, or did not say; minors never show by name."""
    return or_(birth_year.is_(None), extract("year", func.now()) - birth_year > FULL_AGE)


def teams_joined(viewer: Seer) -> Select[UUID]:
    """The teams that the viewer belongs to by choice."""
    return select(col(Membership.team_id)).where(
        col(Membership.user_id) == viewer.user_id,
        col(Membership.left_on).is_(None),
        col(Membership.kind).not_in(_DERIVED),
    )


def _around(viewer: Seer) -> CompoundSelect[Any]:
    # UNION and not OR, so that PostgreSQL finds people by key in either direction
    beside = select(col(Membership.user_id)).where(
        col(Membership.left_on).is_(None),
        col(Membership.team_id).in_(teams_joined(viewer)),
        col(Membership.shown_as) == ShownAs.NAME.value,
    )
    return union_all(select(cast(viewer.user_id, Uuid).label("user_id")), beside)
