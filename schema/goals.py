"""Goals and progress as those see them whose they are."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from domain import goals as rows
from domain.counters import Period
from domain.goal_words import goal_in_words
from resolvers import goals
from resolvers import progress as progresses
from schema.enums import described
from schema.scalars import BigInt
from schema.words import Connection, Language, Payload, column, connection, derived, holds, one, shows, value

described(
    rows.GoalMetric,
    says="What a personal goal counts, in whole numbers.",
    values={
        "active_days": "Days with an accepted activity.",
        "activities": "Accepted activities.",
        "moving_minutes": "Minutes in motion; overlapping ones count once.",
        "equivalent_minutes": "Minutes in motion, those at 6 MET or more twice: as for regular exercisers.",
        "distance_meters": "Metres.",
        "energy_kcal": "Kilocalories; overlapping ones count once.",
        "credits": "Credits of exercise.",
        "steps": "Steps of whole days by the best source of each, of days for which a source counted them.",
    },
)


@shows(progresses.Progress, says="How far towards a target.")
class Progress:
    """A progress."""

    value: BigInt = column(says="What there is so far, in whole units of the metric.")
    target: BigInt = column(says="What is aimed at, in whole units of the metric.")
    share: float = column(says="The value divided by the target, 0 to 1; 1 also beyond the target.")
    reached: bool = column(says="Whether the value is at the target or beyond it.")


def in_words(
    metric: str,
    period: str,
    target: int | None,
    *,
    language: Annotated[Language, strawberry.argument(description="The language of the text.")] = Language.TH,
) -> str | None:
    """What is aimed at, in words; None for a goal that has ended."""
    words = goal_in_words(metric, period, target)
    return words[language == Language.EN] if words else None


@shows(rows.CalendarPeriod, extra=goals.AIMED, says="A period that is over and aimed at something.")
class GoalPeriod:
    """A period."""

    starts_on: date = column(says="Its first day in Thailand.")
    ends_on: date = column(says="Its last day in Thailand.")
    progress: Progress | None = one(
        goals.progress_of_period,
        says="How far it came to the target that was in force then; late and corrected activities count. Never null.",
    )


@shows(
    goals.GoalVersion, says="What a person aims at in each day, ISO week or month: one goal for each metric and period."
)
class Goal:
    """A goal."""

    metric: rows.GoalMetric = column(says="What counts.")
    period: Period = column(says="In which period.")
    target: BigInt | None = column(says="How much, in whole units of the metric; null for a goal that has ended.")
    text: str | None = derived(in_words, says="The goal in words; null for one that has ended.")
    starts_on: date = column(
        says="The first day in Thailand of the first period that aims at this target, or at nothing any more."
    )
    progress: Progress | None = one(
        goals.progress_of, says="How far the present period is; null for a goal that is to come or has ended."
    )
    periods: Connection[GoalPeriod] = connection(
        goals.periods_of,
        orders=("-starts_on",),
        says="The periods that are over and aimed at something, the latest first, each with the target that was in "
        "force then; targets set before or since are among them.",
    )


@holds(says="The answer of `setGoal` and `endGoal`.")
class ChangeGoalPayload(Payload):
    """What setting or ending a goal gives."""

    goal: Goal | None = one(goals.changed, says="The goal as it is from then on.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
