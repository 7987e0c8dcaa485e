"""What one local day of a participant adds to a score: the rules of a challenge, applied to what the day holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from math import fsum
from typing import Any

from domain.challenges import Metric

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts in a challenge. Empty sets mean all; `day_metric` and `day_least` say when a day is active."""

    metric: Metric
    sports: frozenset[str] = _NOTHING
    sources: frozenset[str] = _NOTHING
    places: frozenset[str] = _NOTHING
    team_kinds: frozenset[str] = _NOTHING
    daily_cap: int | None = None
    day_metric: Metric | None = None
    day_least: int = 1


def rules_of(
    metric: str,
    eligibility: Mapping[str, Any],
    daily_cap: int | None = None,
    day_metric: str | None = None,
    day_least: int | None = None,
) -> Rules:
    """The rules as a challenge keeps them in its columns."""
    return Rules(
        metric=Metric(metric),
        sports=frozenset(eligibility.get("sports") or ()),
        sources=frozenset(eligibility.get("sources") or ()),
        places=frozenset(eligibility.get("places") or ()),
        team_kinds=frozenset(eligibility.get("team_kinds") or ()),
        daily_cap=daily_cap,
        day_metric=Metric(day_metric) if day_metric else None,
        day_least=day_least or 1,
    )


@dataclass(kw_only=True, slots=True)
class Counted:
    """One accepted activity as challenges see it. Nobody changes one."""

    sport: str
    source: str
    energy_kcal: float
    distance_meters: float
    moving_seconds: float
    steps: int
    credits: int


def day_value(
    rules: Rules,
    day: Sequence[Counted],
    day_steps: int | None,
    *,
    places: Set[str] = _NOTHING,
    team_kinds: Set[str] = _NOTHING,
) -> int:
    """What one local day adds to a score, in whole units of the metric, never negative.

    `day` holds the accepted activities of that day; `day_steps` the best day total, which already contains the
    activities' steps and so replaces them, unless the challenge is for certain sports or sources only. `places` are
    those, of every level, that contain the person's home, `team_kinds` the kinds of the teams they belong to on that
    day and of all above these: without one that the rules ask for, the day counts nothing.
    """
    if (rules.places and rules.places.isdisjoint(places)) or (
        rules.team_kinds and rules.team_kinds.isdisjoint(team_kinds)
    ):
        return 0
    eligible = day
    if rules.sports or rules.sources:
        day_steps = None
        eligible = [
            each
            for each in day
            if (not rules.sports or each.sport in rules.sports) and (not rules.sources or each.source in rules.sources)
        ]
    if rules.metric is not Metric.ACTIVE_DAYS:
        value = _sum(rules.metric, eligible, day_steps)
    elif rules.day_metric is None:
        value = int(bool(eligible))
    else:
        value = int(_sum(rules.day_metric, eligible, day_steps) >= rules.day_least)
    return value if rules.daily_cap is None else min(value, rules.daily_cap)


def _sum(metric: Metric, day: Sequence[Counted], day_steps: int | None) -> int:
    """What the activities come to, rounded down; in any order the same, hence `fsum`."""
    match metric:
        case Metric.CREDITS:
            return sum(each.credits for each in day)
        case Metric.ENERGY_KCAL:
            return int(fsum(each.energy_kcal for each in day))
        case Metric.DISTANCE_METERS:
            return int(fsum(each.distance_meters for each in day))
        case Metric.MOVING_MINUTES:
            return int(fsum(each.moving_seconds for each in day) / 60)
        case Metric.STEPS:
            return max(day_steps or 0, sum(each.steps for each in day))
        case Metric.ACTIVE_DAYS | Metric.ACTIVITIES:
            return len(day)
