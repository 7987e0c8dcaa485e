"""Counts days: people's rows replaced, their longer periods moved, what that is to their places queued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import add, sub
from typing import Any
from uuid import UUID

from domain import figures
from domain.counters import FIGURES, FIRST_DAYS, LAST_DAYS, Period, PlaceChange, UserDay, UserPeriod, WeekChange
from domain.homes import Homes, home_on
from domain.rulebooks import Rulebooks
from domain.streaks import DayChange
from domain.writing import Mode, Sheet

Figures = tuple[int, ...]
"""The values of `FIGURES`, in their order."""
Counters = tuple[str | None, Figures]
"""Where a row counts, by home place, and what."""
Periods = Mapping[tuple[int, str, date], Counters]
"""The stored longer periods of people, by the number that the person's id is, period and first day."""

NOTHING: Figures = (0,) * len(FIGURES)
_DAY = ("user_id", "local_date", "home_place_code", *FIGURES)
_PERIOD = ("user_id", "period", "starts_on", "home_place_code", *FIGURES)
_NO_CHANGE = (0,) * (1 + len(FIGURES))
_MOVING, _VIGOROUS = FIGURES.index("moving_seconds"), FIGURES.index("vigorous_seconds")
_CHANGE = ("home_place_code", "period", "starts_on", "participants", *FIGURES)


@dataclass(slots=True)
class Count:
    """What a person's day counts from now on, where, and what it counted before; None if it is not stored."""

    user_id: UUID
    local_date: date
    home_place_code: str | None
    figures: Figures
    before: Counters | None
    homes: Homes = ()


def periods_of_days(days: Iterable[tuple[UUID, date]]) -> list[tuple[UUID, str, date]]:
    """The longer periods (person, period, first day) in which these days lie, each once."""
    found = {}
    for user_id, day in days:
        for period, first_day in FIRST_DAYS.items():
            starts_on = first_day(day)
            found[user_id.int, period, starts_on] = (user_id, period.value, starts_on)
    return list(found.values())


def counting(days: Sequence[Count], periods: Periods, rulebooks: Rulebooks) -> list[Sheet]:
    """The rows by which `days` are counted; `periods` are those stored of the people. The caller holds their locks.

    Weeks that began or ceased to be enough for a regular exerciser are queued as well, rare as they are, and days that
    began or ceased to have an activity.

    A person's longer period counts where they live on its last day, all of it.
    """
    changes: dict[tuple[str, str, date], Sequence[int]] = {}
    longer: dict[tuple[int, str, date], tuple[UUID, str | None, Figures]] = {}
    for day in days:
        _move(changes, Period.DAY.value, day.local_date, day.before, (day.home_place_code, day.figures))
        gained = _difference(day.figures, day.before[1]) if day.before else day.figures
        for period, first_day in FIRST_DAYS.items():
            starts_on = first_day(day.local_date)
            key = (day.user_id.int, period.value, starts_on)
            so_far = longer.get(key)
            home = home_on(day.homes, LAST_DAYS[period](starts_on), day.home_place_code)
            longer[key] = (day.user_id, home, _sum(so_far[2], gained) if so_far else gained)
    fresh: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    weeks: list[tuple[UUID, date]] = []
    for key, (user_id, home, gained) in longer.items():
        before = periods.get(key)
        now = _sum(before[1], gained) if before else gained
        _move(changes, key[1], key[2], before, (home, now))
        if key[1] == Period.WEEK and _matters(before, (home, now), rulebooks.on(key[2]).figures):
            weeks.append((user_id, key[2]))
        (changed if before else fresh).append((user_id, key[1], key[2], home, *now))
    begun = [
        (day.user_id, day.local_date) for day in days if bool(day.figures[0]) != bool(day.before and day.before[1][0])
    ]
    return [
        Sheet(UserDay, Mode.INSERT, _DAY, [_row(day) for day in days if day.before is None]),
        Sheet(UserDay, Mode.CHANGE, _DAY, [_row(day) for day in days if day.before is not None]),
        Sheet(UserPeriod, Mode.INSERT, _PERIOD, fresh),
        Sheet(UserPeriod, Mode.CHANGE, _PERIOD, changed),
        Sheet(PlaceChange, Mode.INSERT, _CHANGE, [(*key, *sums) for key, sums in changes.items() if any(sums)]),
        Sheet(WeekChange, Mode.INSERT, ("user_id", "starts_on"), weeks),
        Sheet(DayChange, Mode.INSERT, ("user_id", "local_date"), begun),
    ]


def _matters(before: Counters | None, now: Counters, rules: figures.Figures) -> bool:
    """Whether a week's change may change who exercises regularly, or where that counts."""
    least = rules.regular_minutes_least * 60
    was, is_now = (counters and counters[1][_MOVING] + counters[1][_VIGOROUS] >= least for counters in (before, now))
    return bool(was) != bool(is_now) or bool(is_now and before and before[0] != now[0])


def _row(day: Count) -> tuple[Any, ...]:
    return (day.user_id, day.local_date, day.home_place_code, *day.figures)


def _move(
    changes: dict[tuple[str, str, date], Sequence[int]],
    period: str,
    starts_on: date,
    before: Counters | None,
    now: Counters,
) -> None:
    """A row that counted one thing in one place and counts another, perhaps elsewhere, as changes of those places."""
    if before and before[0] is not None:
        key = (before[0], period, starts_on)
        changes[key] = _difference(changes.get(key, _NO_CHANGE), (before[1][0] > 0, *before[1]))
    if now[0] is not None:
        key = (now[0], period, starts_on)
        changes[key] = _sum(changes.get(key, _NO_CHANGE), (now[1][0] > 0, *now[1]))


def _sum(one: Sequence[int], other: Sequence[int]) -> Figures:
    return tuple(map(add, one, other))


def _difference(one: Sequence[int], other: Sequence[int]) -> Figures:
    return tuple(map(sub, one, other))
