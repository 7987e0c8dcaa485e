"""What a local day is worth: credits of each workout, and the day's figures. Pure; the same input, the same result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import fsum
from typing import Any
from uuid import UUID

from domain.energy import met_for
from domain.rulebooks import Figures
from domain.sports import Sport


# Nothing here is frozen: that would make each several times as dear to make.
@dataclass(kw_only=True, slots=True)
class Workout:
    """An accepted activity as a day counts it."""

    id: UUID
    sport: str
    started_at: datetime
    ended_at: datetime
    elapsed_seconds: float
    moving_seconds: float | None
    distance_meters: float | None
    energy_kcal: float
    steps: int | None
    manual: bool
    source: str


def workout_of(row: Mapping[str, Any]) -> Workout:
    """The accepted activity of these columns as its day counts it."""
    return Workout(
        id=row["id"],
        sport=row["sport"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        elapsed_seconds=row["elapsed_seconds"],
        moving_seconds=row["moving_seconds"],
        distance_meters=row["distance_meters"],
        energy_kcal=row["energy_kcal"],
        steps=row["steps"],
        manual=row["manual"],
        source=row["source"],
    )


@dataclass(kw_only=True, slots=True)
class Share:
    """What of a workout counts: overlapping minutes count once, for the workout that started first."""

    workout: Workout
    energy_kcal: float
    moving_seconds: float
    credits: int


@dataclass(slots=True)
class DayScore:
    """A person's local day: each workout's share, and their sums in whole units."""

    shares: Sequence[Share] = field(default_factory=tuple)
    credits: int = 0
    activities: int = 0
    moving_seconds: int = 0
    vigorous_seconds: int = 0
    distance_meters: int = 0
    energy_kcal: int = 0


_SPORTS = {sport.value: sport for sport in Sport}  # cheaper than Sport(...), and asked for every workout


def _uncovered(workout: Workout, covered_until: datetime | None) -> float:
    """The part of a workout, 0 to 1, that starts after `covered_until`."""
    if covered_until is None or covered_until <= workout.started_at:
        return 1.0
    if covered_until >= workout.ended_at:
        return 0.0
    return (workout.ended_at - covered_until).total_seconds() / workout.elapsed_seconds


def _is_vigorous(workout: Workout, figures: Figures) -> bool:
    speed = workout.distance_meters / workout.elapsed_seconds if workout.distance_meters else None
    return met_for(_SPORTS[workout.sport], speed).value >= figures.vigorous_met


def _by_start(workout: Workout) -> tuple[Any, ...]:
    """Earliest first, then longest; the rest only makes the order total without regard to arrival.

    Ids come in order of arrival, so they decide only between those of which it does not matter.
    """
    return (
        workout.started_at,
        -workout.elapsed_seconds,
        workout.sport,
        -workout.energy_kcal,
        workout.manual,
        -1.0 if workout.moving_seconds is None else workout.moving_seconds,
        -1.0 if workout.distance_meters is None else workout.distance_meters,
        -1.0 if workout.steps is None else workout.steps,
        workout.source,
        workout.id,
    )


def _parts(workouts: Sequence[Workout]) -> list[tuple[Workout, float]]:
    """The workouts in the order they are credited, measured ones first, with the part of each that counts."""
    if len(workouts) == 1:
        return [(workouts[0], 1.0)]
    counted: list[tuple[Workout, float]] = []
    covered_until: datetime | None = None
    for workout in sorted(workouts, key=_by_start):
        counted.append((workout, _uncovered(workout, covered_until)))
        covered_until = workout.ended_at if covered_until is None else max(covered_until, workout.ended_at)
    return sorted(counted, key=lambda each: each[0].manual)


def score_of_day(workouts: Sequence[Workout], figures: Figures) -> DayScore:
    """The score of one person's accepted workouts of one local day, in any order.

    Credits are whole: one for each full `kcal_per_credit` of the day's energy, up to the daily cap; energy typed in
    by hand counts up to its own lower cap. The remainder lapses at midnight. Each workout gets the credits that
    its energy completes, measured workouts first, so that the shares sum to the day's credits.
    """
    if not workouts:
        return DayScore()
    shares: list[Share] = []
    kcal = manual_kcal = moved = vigorous = 0.0
    booked = 0
    for workout, part in _parts(workouts):
        energy = workout.energy_kcal * part
        moving = (workout.moving_seconds if workout.moving_seconds is not None else workout.elapsed_seconds) * part
        if workout.manual:
            room = figures.manual_daily_cap_credits * figures.kcal_per_credit - manual_kcal
            creditable = max(min(energy, room), 0.0)
            manual_kcal += creditable
        else:
            creditable = energy
        kcal += creditable
        due = min(int(kcal // figures.kcal_per_credit), figures.daily_cap_credits)
        shares.append(Share(workout=workout, energy_kcal=energy, moving_seconds=moving, credits=due - booked))
        booked = due
        moved += moving
        vigorous += moving if _is_vigorous(workout, figures) else 0.0
    return DayScore(
        shares=shares,
        credits=booked,
        activities=len(shares),
        moving_seconds=round(moved),
        vigorous_seconds=round(vigorous),
        distance_meters=round(fsum(each.distance_meters or 0.0 for each in workouts)),
        energy_kcal=round(sum(each.energy_kcal for each in shares)),
    )


def equivalent_minutes(moving_seconds: int, vigorous_seconds: int) -> int:
    """Whole minutes of exercise in which vigorous ones, a part of all, count twice."""
    return (moving_seconds + vigorous_seconds) // 60


def is_regular(weeks: Sequence[bool], figures: Figures) -> bool:
    """Whether enough of a person's last weeks had enough minutes; the latest week is the first."""
    return sum(weeks[: figures.regular_weeks_looked_at]) >= figures.regular_weeks_least
