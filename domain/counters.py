"""Counters of people and places by period, and the queues through which people's changes reach what many share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Text, text
from sqlmodel import Field

from domain.bangkok import monday
from domain.base import Row
from domain.statistics import Withheld

FIGURES = ("activities", "moving_seconds", "distance_meters", "energy_kcal", "credits", "vigorous_seconds")
"""What every counter holds, in whole units."""


class Period(StrEnum):
    """How long a counter counts, by local days."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


LONGER: Mapping[Period, str] = {
    period: f"CAST(date_trunc('{period}', CAST({{day}} AS timestamp)) AS date)"
    for period in (Period.WEEK, Period.MONTH)
}
"""The periods that are made of days, each with the SQL for the first day of the one that `{day}` lies in."""
FIRST_DAYS: Mapping[Period, Callable[[date], date]] = {
    Period.WEEK: monday,
    Period.MONTH: lambda day: day.replace(day=1),
}
"""The same in Python, for those who count."""
LAST_DAYS: Mapping[Period, Callable[[date], date]] = {
    Period.WEEK: lambda first: first + timedelta(days=6),
    Period.MONTH: lambda first: (first + timedelta(days=31)).replace(day=1) - timedelta(days=1),
}
"""The last days of the periods that start on a day."""


def periods_of(day: str) -> str:
    """SQL rows (period, starts_on) of the longer periods in which the local date `day`, an SQL expression, lies."""
    return "VALUES " + ", ".join(f"('{period}', {starts.format(day=day)})" for period, starts in LONGER.items())


class UserDay(Row, table=True):
    """A person's accepted activities of one local day, in whole units; the base of every statistic.

    `home_place_code` is where they lived on that day, as far as known when it was last counted, so that a correction
    takes from the place it was given to.
    """

    __tablename__ = "user_days"
    __table_args__ = (Index("ix_user_days_local_date", "local_date"),)

    user_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    home_place_code: str | None = Field(default=None, sa_type=Text)
    activities: int = 0
    moving_seconds: int = Field(default=0, sa_type=BigInteger)
    vigorous_seconds: int = Field(default=0, sa_type=BigInteger)
    distance_meters: int = Field(default=0, sa_type=BigInteger)
    energy_kcal: int = Field(default=0, sa_type=BigInteger)
    credits: int = 0


_NONE: Any = {"server_default": "0"}


class UserPeriod(Row, table=True):
    """A person's days of one period longer than a day, added up: with it a person counts once in the period.

    `home_place_code` is where they live on its last day, or now. The whole period counts there, so it moves with the
    person while it runs.
    """

    __tablename__ = "user_periods"

    user_id: UUID = Field(primary_key=True)
    period: str = Field(primary_key=True, sa_type=Text)
    starts_on: date = Field(primary_key=True)
    home_place_code: str | None = Field(default=None, sa_type=Text)
    activities: int = 0
    moving_seconds: int = Field(default=0, sa_type=BigInteger)
    distance_meters: int = Field(default=0, sa_type=BigInteger)
    energy_kcal: int = Field(default=0, sa_type=BigInteger)
    credits: int = 0
    vigorous_seconds: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)


_UNTIL_JUDGED: Any = {"server_default": Withheld.TOO_FEW_PEOPLE.value}


class PlacePeriod(Row, table=True):
    """All people of a place, of any level, in one period. `participants` are distinct people with any activity.

    `regular_exercisers` are those who exercise regularly as of a week (`domain.weeks`); 0 in other periods.

    Folded from `place_changes`, so it lags behind people's own rows, by a second or so. `withheld` says why its figures
    are shown to nobody, None if they are; a new row is withheld until it is judged, in the same transaction.
    """

    __tablename__ = "place_periods"

    place_code: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    starts_on: date = Field(primary_key=True)
    participants: int = Field(default=0, sa_type=BigInteger)
    activities: int = Field(default=0, sa_type=BigInteger)
    moving_seconds: int = Field(default=0, sa_type=BigInteger)
    distance_meters: int = Field(default=0, sa_type=BigInteger)
    energy_kcal: int = Field(default=0, sa_type=BigInteger)
    credits: int = Field(default=0, sa_type=BigInteger)
    vigorous_seconds: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    regular_exercisers: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    withheld: str | None = Field(default=Withheld.TOO_FEW_PEOPLE.value, sa_type=Text, sa_column_kwargs=_UNTIL_JUDGED)


def queue_key() -> Any:
    """The number of a queued row; rows are taken in this order."""
    return Column(BigInteger, Identity(always=True), primary_key=True)


def queue_time() -> Any:
    """When the transaction began that queued the row."""
    return Column(DateTime(timezone=True), server_default=text("now()"), nullable=False)


class PlaceChange(Row, table=True):
    """What is to be added to the counters of a home place and of all that contain it; waits to be folded.

    Only ever inserted and deleted, so writers never wait for one another.
    """

    __tablename__ = "place_changes"

    id: int | None = Field(default=None, sa_column=queue_key())
    home_place_code: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    starts_on: date
    participants: int = Field(sa_type=BigInteger)
    activities: int = Field(sa_type=BigInteger)
    moving_seconds: int = Field(sa_type=BigInteger)
    distance_meters: int = Field(sa_type=BigInteger)
    energy_kcal: int = Field(sa_type=BigInteger)
    credits: int = Field(sa_type=BigInteger)
    vigorous_seconds: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    regular_exercisers: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    queued_at: datetime | None = Field(default=None, sa_column=queue_time())


class WeekChange(Row, table=True):
    """A person's week whose exercise began or ceased to be enough, or counts elsewhere; waits like a `PlaceChange`."""

    __tablename__ = "week_changes"

    id: int | None = Field(default=None, sa_column=queue_key())
    user_id: UUID
    starts_on: date
    queued_at: datetime | None = Field(default=None, sa_column=queue_time())


class RegularWeek(Row, table=True):
    """A person exercises regularly as of the week that starts on this day; else there is no row.

    Written by the folding pass alone. `home_place_code` is where that counts.
    """

    __tablename__ = "regular_weeks"
    __table_args__ = (Index("ix_regular_weeks_starts_on_user_id", "starts_on", "user_id"),)

    user_id: UUID = Field(primary_key=True)
    starts_on: date = Field(primary_key=True)
    home_place_code: str | None = Field(default=None, sa_type=Text)


class TeamStandingChange(Row, table=True):
    """What is to be added to the node that people joined, in a challenge, and to all above; waits to be folded.

    With `user_id`, that person began or ceased to have days above 0 somewhere: the pass looks where. Without a
    challenge, the members of this very node changed, and its figures are to be found anew wherever it competes.
    """

    __tablename__ = "team_standing_changes"

    id: int | None = Field(default=None, sa_column=queue_key())
    challenge_id: UUID | None = None
    team_id: UUID
    user_id: UUID | None = None
    score: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    regular_weeks: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    queued_at: datetime | None = Field(default=None, sa_column=queue_time())


def each(form: str, joined_by: str = ", ") -> str:
    """SQL for all figures, `form` with `{0}` for the name of each."""
    return joined_by.join(form.format(name) for name in FIGURES)
