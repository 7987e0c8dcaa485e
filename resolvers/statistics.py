"""Statistics of places, from the counters: figures that are withheld (`domain.withholding`) are null."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Interval,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlmodel import col

from domain.counters import FIGURES, Period, PlacePeriod
from domain.scopes import Scope
from domain.statistics import MOST_CELLS, Withheld
from resolvers.context import Parent, Seer, nothing_of

Length = Annotated[Period, strawberry.argument(description="How long each period is.")]
Day = Annotated[
    date, strawberry.argument(description="A local day; the period that holds it is shown, such as its whole month.")
]
First = Annotated[date, strawberry.argument(description="The first period is the one that holds this local day.")]
Last = Annotated[
    date, strawberry.argument(description="The last period is the one that holds this local day, or an earlier one.")
]


Given = Any
"""An argument while a query is planned: a placeholder, not the value that its annotation promises."""


@dataclass
class PlaceStatistics:
    """The columns of a cell: a place in a period."""

    period: str
    starts_on: date
    ends_on: date
    participants: int | None
    activities: int | None
    moving_seconds: int | None
    distance_meters: int | None
    energy_kcal: int | None
    credits: int | None
    vigorous_seconds: int | None
    withheld: str | None


def seen_by(viewer: Seer) -> Select[PlacePeriod]:
    """The counters, for those with `stats:read`; figures of those that are withheld are not shown."""
    every = select(PlacePeriod)
    return every if Scope.STATS_READ in viewer.scopes else nothing_of(every)


def of_place(viewer: Seer, place: Parent, *, period: Length, on: Day) -> Select[Any]:
    """The one cell of a place that holds a day; always there, also where nobody did anything."""
    return _cells(viewer, place, period, select(_start(period, on).label("starts_on")))


def series_of_place(viewer: Seer, place: Parent, *, period: Length, from_date: First, to_date: Last) -> Select[Any]:
    """The cells of a place from one day to another, 400 at most; those where nobody did anything, too."""
    first = cast(_start(period, from_date), DateTime)
    # The last one is computed, not cut: a series from year 1 on must not be made first.
    last = func.least(cast(_start(period, to_date), DateTime), first + _length(period, MOST_CELLS - 1))
    starts = func.generate_series(first, last, _length(period)).table_valued("day").render_derived()
    return _cells(viewer, place, period, select(cast(starts.c.day, Date).label("starts_on")))


def _start(period: Given, day: Given) -> ColumnElement[date]:
    return cast(func.date_trunc(cast(period, Text), cast(day, DateTime)), Date)


def _length(period: Given, times: int = 1) -> ColumnElement[Any]:
    return cast(literal(f"{times} ", Text).concat(cast(period, Text)), Interval)


def _cells(viewer: Seer, place: Parent, period: Given, starts: Select[Any]) -> Select[Any]:
    """A cell of the place for each day of `starts`, its figures null where they are withheld."""
    # OFFSET 0 keeps PostgreSQL from computing the day for each counter.
    starting = starts.offset(0).subquery("starting")
    starts_on = literal_column("starting.starts_on", Date)
    held = seen_by(viewer).where(
        col(PlacePeriod.place_code) == place.code,
        col(PlacePeriod.period) == cast(period, Text),
        col(PlacePeriod.starts_on) == starts_on,
    )
    # The limit makes it a look-up for each place, whatever PostgreSQL thinks of how many there are.
    cell = held.limit(1).lateral("held")
    # Where nobody did anything there is no counter, and it looks like a few.
    reason = case((cell.c.place_code.is_(None), Withheld.TOO_FEW_PEOPLE.value), else_=cell.c.withheld)
    columns: list[ColumnElement[Any]] = [
        cast(period, Text).label("period"),
        starting.c.starts_on,
        (cast(starting.c.starts_on + _length(period), Date) - 1).label("ends_on"),
        *[case((cell.c.withheld.is_(None), cell.c[name])).label(name) for name in ("participants", *FIGURES)],
        reason.label("withheld"),
    ]
    return select(*columns).select_from(starting.outerjoin(cell, true()))
