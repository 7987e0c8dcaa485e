"""What the demo's people aim at, so that goals have something to show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.seed.people import Somebody
from app.seed.plan import Plan, midnight
from domain.counters import Period
from domain.goals import GoalMetric, first_day

_AIMS = (
    (GoalMetric.STEPS, Period.DAY, 8_000),
    (GoalMetric.EQUIVALENT_MINUTES, Period.WEEK, 150),
    (GoalMetric.ACTIVE_DAYS, Period.MONTH, 12),
)


def goals_of(plan: Plan, person: Somebody) -> Iterator[dict[str, Any]]:
    """The rows of a person's goals, set at the beginning of the season; none of those whom no demo logs in as."""
    for metric, period, target in _AIMS if person.demo else ():
        yield {
            "user_id": person.id,
            "metric": metric.value,
            "period": period.value,
            "starts_on": first_day(period, plan.first_day),
            "target": target,
            "set_at": midnight(plan.first_day),
        }
