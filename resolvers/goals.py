"""Goals that people set for themselves: theirs alone, and administrators'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    Select,
    Text,
    Uuid,
    case,
    cast,
    column,
    func,
    or_,
    select,
    true,
    tuple_,
    values,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from auth.viewer import ViewerKind
from domain import goals
from domain.counters import Period
from domain.goals import CalendarPeriod, Goal, GoalMetric
from domain.scopes import Scope
from resolvers.context import Context, Parent, Seer, administers, nothing_of
from resolvers.keys import accepted_key, person_of
from resolvers.progress import begun, counted, progress

Ended = Annotated[bool, strawberry.argument(description="Whether goals that have ended are listed, too.")]


@strawberry.input(description="What one aims at, and since when.")
class SetGoalInput:
    """What `setGoal` takes."""

    metric: GoalMetric = strawberry.field(description="What counts.")
    period: Period = strawberry.field(description="In which period: each day, ISO week or month.")
    target: int = strawberry.field(
        description=f"How much, in whole units of the metric, 1 to {goals.MOST}; of ACTIVE_DAYS no more than the "
        "period has days."
    )
    starts_on: date | None = strawberry.field(
        default=None,
        description="A day in Thailand of the first period that aims at it, which counts as a whole: in the present "
        f"period, or within {goals.AHEAD_DAYS} days. The present one when left out.",
    )
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@strawberry.input(description="Which goal ends.")
class EndGoalInput:
    """What `endGoal` takes."""

    metric: GoalMetric = strawberry.field(description="What the goal counts.")
    period: Period = strawberry.field(description="Its period.")
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@dataclass
class GoalChanged:
    """What came of setting or ending a goal: the key of its version."""

    user_id: UUID
    metric: str
    period: str
    starts_on: date
    idempotency_key: str


@dataclass
class GoalVersion:
    """The columns of what a person aims at from a period on."""

    user_id: UUID
    metric: str
    period: str
    starts_on: date
    target: int | None


_VERSIONS = 100  # of one kind that are in force or to come; the list has no more of all
AIMED: dict[str, Any] = {"user_id": Uuid(), "metric": Text(), "target": BigInteger()}
"""What `periods_of` says of each period of the calendar: whose it is, and what it aimed at."""


def seen_by(viewer: Seer) -> Select[Goal]:
    """One's own, with `activity:read`."""
    every = select(Goal)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.ACTIVITY_READ in viewer.scopes:
        return every.where(col(Goal.user_id) == viewer.user_id)
    return nothing_of(every)


def of_user(viewer: Seer, user: Parent, *, ended: Ended = False) -> Select[Any]:
    """What a person aims at in the present periods and from later ones on, by metric and period."""
    kinds = _kinds()
    earlier = aliased(Goal)
    # One index entry for each kind of goal, and those to come: not all versions there ever were.
    newest = select(func.max(earlier.starts_on)).where(
        col(earlier.user_id) == user.id,
        col(earlier.metric) == kinds.c.metric,
        col(earlier.period) == kinds.c.period,
        col(earlier.starts_on) <= begun(kinds.c.period),
    )
    since = func.coalesce(newest.correlate(kinds).scalar_subquery(), begun(kinds.c.period))
    version = (
        seen_by(viewer)
        .where(
            col(Goal.user_id) == user.id,
            col(Goal.metric) == kinds.c.metric,
            col(Goal.period) == kinds.c.period,
            col(Goal.starts_on) >= since,
        )
        # The limit makes it a look-up for each kind, whatever PostgreSQL thinks of how many versions there are.
        .order_by(col(Goal.starts_on))
        .limit(_VERSIONS)
        .correlate(kinds)
        .lateral("version")
    )
    asked: Any = ended
    found = (
        select(*version.c)
        .select_from(kinds.join(version, true()))
        .where(or_(version.c.target.is_not(None), cast(asked, Boolean)))
        .order_by(kinds.c.n, version.c.starts_on)
    )
    return found if administers(viewer) or viewer.kind == ViewerKind.CITIZEN else nothing_of(found)


def changed(viewer: Seer, change: Parent) -> Select[Goal]:
    """The version that a change made."""
    return seen_by(viewer).where(
        col(Goal.user_id) == change.user_id,
        col(Goal.metric) == change.metric,
        col(Goal.period) == change.period,
        col(Goal.starts_on) == change.starts_on,
    )


def progress_of(_viewer: Seer, goal: Parent) -> Select[Any]:
    """How far the present period is; no row for a goal that is to come or has ended."""
    now = begun(goal.period)
    return progress(counted(goal.user_id, goal.metric, goal.period, now), case((goal.starts_on <= now, goal.target)))


def periods_of(viewer: Seer, goal: Parent) -> Select[Any]:
    """The periods that are over and aimed at something, each with the target that was in force."""
    version = (
        seen_by(viewer)
        .with_only_columns(col(Goal.target))
        .where(
            col(Goal.user_id) == goal.user_id,
            col(Goal.metric) == goal.metric,
            col(Goal.period) == goal.period,
            col(Goal.starts_on) <= col(CalendarPeriod.starts_on),
        )
        .order_by(col(Goal.starts_on).desc())
        .limit(1)
        .correlate(CalendarPeriod)
        .lateral("version")
    )
    first = aliased(Goal)
    begins = select(func.min(first.starts_on)).where(
        col(first.user_id) == goal.user_id, col(first.metric) == goal.metric, col(first.period) == goal.period
    )
    # A comparison of rows is a bound of the index, too, but not taken for one end of a narrow range, for which
    # PostgreSQL would read and sort all of a goal's age instead of a page.
    from_then_on = tuple_(goal.period, begins.scalar_subquery())
    columns: list[Any] = [
        cast(goal.user_id, Uuid).label("user_id"),
        cast(goal.metric, Text).label("metric"),
        col(CalendarPeriod.period),
        col(CalendarPeriod.starts_on),
        col(CalendarPeriod.ends_on),
        version.c.target,
    ]
    found = (
        select(*columns)
        .join(version, true())
        .where(
            col(CalendarPeriod.period) == goal.period,
            tuple_(col(CalendarPeriod.period), col(CalendarPeriod.starts_on)) >= from_then_on,
            col(CalendarPeriod.starts_on) < begun(goal.period),
            version.c.target.is_not(None),
        )
    )
    return found if administers(viewer) or viewer.kind == ViewerKind.CITIZEN else nothing_of(found)


def progress_of_period(_viewer: Seer, past: Parent) -> Select[Any]:
    """How far a period came that is over."""
    return progress(counted(past.user_id, past.metric, past.period, past.starts_on), past.target)


async def set_goal(context: Context, input: SetGoalInput) -> GoalChanged:  # noqa: A002 - the contract's word
    """A goal of the person of the token. Raises BadInput."""
    key, user_id = accepted_key(input.idempotency_key), person_of(context.viewer)
    starts_on = await goals.set_goal(
        context.session, user_id, input.metric, input.period, input.target, input.starts_on, now=context.now
    )
    return GoalChanged(user_id, input.metric.value, input.period.value, starts_on, key)


async def end_goal(context: Context, input: EndGoalInput) -> GoalChanged:  # noqa: A002 - the contract's word
    """The end of a goal of the person of the token. Raises NotFound."""
    key, user_id = accepted_key(input.idempotency_key), person_of(context.viewer)
    starts_on = await goals.end_goal(context.session, user_id, input.metric, input.period, now=context.now)
    return GoalChanged(user_id, input.metric.value, input.period.value, starts_on, key)


def _kinds() -> Any:
    """All kinds of goals (n, metric, period), in the order of listing."""
    rows = [(metric.value, period.value) for metric in GoalMetric for period in Period]
    columns = column("n", Integer), column("metric", Text), column("period", Text)
    return values(*columns, name="kinds").data([(n, *row) for n, row in enumerate(rows)])
