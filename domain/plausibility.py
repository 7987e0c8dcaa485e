"""Could this have happened? A verdict with reason codes, by the limits of the rulebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.rulebooks import Figures, SpeedLimit
from domain.sports import Sport, facts_of


class Verdict(StrEnum):
    """ACCEPTED counts; FLAGGED waits for review; REJECTED never counts."""

    ACCEPTED = "accepted"
    FLAGGED = "flagged"
    REJECTED = "rejected"


@dataclass(kw_only=True, slots=True)
class Measured:
    """What the limits look at."""

    sport: Sport
    started_at: datetime
    elapsed_seconds: float
    moving_seconds: float | None = None
    distance_meters: float | None = None
    steps: int | None = None
    peak_speed_mps: float | None = None
    p95_speed_mps: float | None = None


@dataclass(frozen=True)
class Judgement:
    """A verdict and why, the codes sorted."""

    verdict: Verdict
    reasons: tuple[str, ...]


_GROUPS = {sport: facts_of(sport).group.value for sport in Sport}
_NOTHING_AGAINST = Judgement(Verdict.ACCEPTED, ())
_FIRST_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(minutes=10)  # a watch may run a little ahead of us


def energy_is_plausible(energy_kcal: float, elapsed_seconds: float, mass_kg: float | None, figures: Figures) -> bool:
    """Whether a person can burn that in that time: per hour, per kilogram and hour, and as MET (kcal/kg/h)."""
    hours = elapsed_seconds / 3600
    if hours <= 0:
        return False
    rate = energy_kcal / hours
    if rate > figures.energy_kcal_per_hour:
        return False
    return mass_kg is None or rate / mass_kg <= min(figures.energy_kcal_per_kg_hour, figures.energy_met)


def smells_of_kilojoules(energy_kcal: float, expected_kcal: float, figures: Figures) -> bool:
    """Whether a figure is about 4.184 times what the effort would cost, as kilojoules are; never where that is 0."""
    least, most = figures.kilojoules_least, figures.kilojoules_most
    return expected_kcal > 0 and least <= energy_kcal / expected_kcal <= most


def _rejections(it: Measured, figures: Figures, now: datetime) -> list[str]:
    found = []
    if it.elapsed_seconds <= 0:
        found.append("NOT_POSITIVE_DURATION")
    if it.elapsed_seconds > figures.reject_elapsed_seconds:
        found.append("TOO_LONG")
    if it.started_at > now + _CLOCK_SLACK:
        found.append("FUTURE_START")
    if it.started_at < _FIRST_CLOCK:
        found.append("CLOCK_NOT_SET")
    return found


def _steps_flagged(it: Measured, steps: int, group: str, figures: Figures) -> list[str]:
    found = []
    if steps / (it.elapsed_seconds / 60) > figures.flag_steps_per_minute:
        found.append("STEPS_TOO_FAST")
    if it.distance_meters and group in {"running", "walking"}:
        stride = it.distance_meters / steps
        if not figures.stride_meters_least <= stride <= figures.stride_meters_most:
            found.append("STRIDE_IMPLAUSIBLE")
    return found


def _bursts_flagged(it: Measured, limit: SpeedLimit, figures: Figures) -> list[str]:
    """What a track's fastest parts say; its average hides them: a car in the city averages 5 m/s."""
    found = []
    burst = limit.reject_mps * figures.burst_factor
    far_enough = (it.distance_meters or 0.0) >= limit.from_meters
    if it.p95_speed_mps is not None and it.p95_speed_mps > (limit.reject_mps if far_enough else burst):
        found.append("P95_TOO_FAST")
    if it.peak_speed_mps is not None and it.peak_speed_mps > burst:
        found.append("PEAK_TOO_FAST")
    return found


def judged(it: Measured, figures: Figures, *, now: datetime, reasons: Sequence[str] = ()) -> Judgement:
    """The verdict on one activity; `reasons` already known (each a flag) are kept.

    `now` is when the newest version of the record came in: a start in the future is one that lay ahead of its own
    report, whenever it is looked at.
    """
    rejected = _rejections(it, figures, now)
    flagged = list(reasons)
    seconds = it.elapsed_seconds
    group = _GROUPS[it.sport]
    limit = figures.speed_limits.get(group)
    if limit and it.distance_meters and seconds > 0:
        speed = it.distance_meters / seconds
        far_enough = it.distance_meters >= limit.from_meters
        if speed > limit.reject_mps and far_enough:
            rejected.append("TOO_FAST")
        elif speed > limit.reject_mps or (speed > limit.flag_mps and far_enough):
            flagged.append("VERY_FAST")
    if limit and (it.peak_speed_mps is not None or it.p95_speed_mps is not None):
        flagged += _bursts_flagged(it, limit, figures)
    if seconds > figures.flag_elapsed_seconds:
        flagged.append("VERY_LONG")
    if it.steps and seconds > 0:
        flagged += _steps_flagged(it, it.steps, group, figures)
    if not rejected and not flagged:
        return _NOTHING_AGAINST
    verdict = Verdict.REJECTED if rejected else Verdict.FLAGGED if flagged else Verdict.ACCEPTED
    return Judgement(verdict, tuple(sorted({*rejected, *flagged})))
