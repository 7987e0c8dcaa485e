"""How far somebody, or everybody together, has come towards a target, and what is counted for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Float,
    FromClause,
    Interval,
    ScalarSelect,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from domain.counters import Period, UserDay, UserPeriod
from domain.drafts import Source
from domain.goals import GoalMetric
from domain.plausibility import Verdict
from domain.records import DayTotalRow
from domain.users import User


@dataclass
class Progress:
    """The columns of a progress."""

    value: int
    target: int
    share: float
    reached: bool


def progress(value: ColumnElement[Any], target: ColumnElement[Any]) -> Select[Any]:
    """The row of a progress from a value to a target, both in whole units; none where either is null.

    `value` is computed once, whatever is asked of the progress.
    """
    # OFFSET 0 keeps PostgreSQL from computing the value for each column.
    sides = select(cast(value, BigInteger).label("value"), cast(target, BigInteger).label("target")).offset(0)
    held = sides.subquery("sides")
    done = cast(held.c.value, Float(53)) / cast(func.nullif(held.c.target, literal_column("0")), Float(53))
    return select(
        held.c.value,
        held.c.target,
        func.least(cast(literal_column("1"), Float(53)), done).label("share"),
        (held.c.value >= held.c.target).label("reached"),
    ).where(held.c.value.is_not(None), held.c.target.is_not(None))


def first_beyond(days: FromClause, target: Any) -> ScalarSelect[Any]:
    """The first `local_date` of days whose sum `so_far` is at the target or beyond it; null if none is."""
    return select(func.min(days.c.local_date)).where(days.c.so_far >= target).scalar_subquery()


def begun(period: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first day of the present period in Thailand."""
    return cast(func.date_trunc(period, cast(func.timezone("Asia/Bangkok", func.now()), DateTime)), Date)


def counted(user_id: Any, metric: Any, period: Any, starts_on: Any) -> ColumnElement[Any]:
    """What a person did in a period, in whole units of the goal's metric; a row of their counters, 31 at most."""
    after = cast(starts_on + cast(literal("1 ", Text).concat(period), Interval), Date)
    of_day = select(_figure(UserDay, metric)).where(
        col(UserDay.user_id) == user_id, col(UserDay.local_date) == starts_on
    )
    longer = select(_figure(UserPeriod, metric)).where(
        col(UserPeriod.user_id) == user_id,
        col(UserPeriod.period) == period,
        col(UserPeriod.starts_on) == starts_on,
    )
    active = select(func.count()).where(
        col(UserDay.user_id) == user_id,
        col(UserDay.local_date) >= starts_on,
        col(UserDay.local_date) < after,
        col(UserDay.activities) > 0,
    )
    value = case(
        (metric == GoalMetric.ACTIVE_DAYS.value, active.scalar_subquery()),
        (metric == GoalMetric.STEPS.value, _steps(user_id, starts_on, after)),
        (period == Period.DAY.value, of_day.scalar_subquery()),
        else_=longer.scalar_subquery(),
    )
    return func.coalesce(value, cast(literal_column("0"), BigInteger))


def _figure(row: Any, metric: Any) -> ColumnElement[Any]:
    figures = {
        GoalMetric.ACTIVITIES: row.activities,
        GoalMetric.MOVING_MINUTES: func.div(row.moving_seconds, 60),
        GoalMetric.EQUIVALENT_MINUTES: func.div(row.moving_seconds + row.vigorous_seconds, 60),
        GoalMetric.DISTANCE_METERS: row.distance_meters,
        GoalMetric.ENERGY_KCAL: row.energy_kcal,
        GoalMetric.CREDITS: row.credits,
    }
    return case(*[(metric == each.value, cast(figure, BigInteger)) for each, figure in figures.items()])


def _steps(user_id: Any, first: Any, after: Any) -> ColumnElement[Any]:
    """The sum of what the best source of each day counted: see `domain.days`."""
    total = DayTotalRow.__table__.alias("total")  # type: ignore[attr-defined]
    trusted = cast([each.value for each in Source], ARRAY(Text))
    best = (
        select(total.c.steps)
        .ext(distinct_on(total.c.local_date))
        .join(User, col(User.id) == total.c.user_id)
        .where(
            total.c.user_id == user_id,
            total.c.local_date >= first,
            total.c.local_date < after,
            total.c.steps.is_not(None),
            total.c.verdict == Verdict.ACCEPTED.value,
        )
        .order_by(
            total.c.local_date,
            func.array_position(trusted, total.c.source),
            func.coalesce(func.array_position(col(User.source_order), total.c.partner_name), 1000),
            total.c.partner_name,
        )
        .subquery("best")
    )
    return select(func.sum(best.c.steps)).scalar_subquery()
