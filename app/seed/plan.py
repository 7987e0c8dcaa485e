"""What a synthetic country is drawn from: a number, a size and a day."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple, NewType

from domain.drafts import BANGKOK

CHUNK = 500
"""People drawn and written at once: what is held in memory, and how often progress is told."""

_SEASON_DAYS = 120
_SATURDAY = 5
_62_BITS, _VARIANT = (1 << 62) - 1, 0b10 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


class Day(NamedTuple):
    """A local day of the season, and the moment, UTC, at which it begins."""

    date: date
    begins_at: datetime
    weekend: bool


@dataclass(frozen=True)
class Plan:
    """The country of `seed` as it looks on the morning of `today`; the same plan draws the same rows."""

    seed: int
    people: int
    today: date

    @cached_property
    def first_day(self) -> date:
        """The first local day of activities."""
        return self.today - timedelta(days=_SEASON_DAYS)

    @cached_property
    def season(self) -> tuple[Day, ...]:
        """The days of activities, up to yesterday, so that nothing lies in the future at any hour of today."""
        days = [self.first_day + timedelta(days=number) for number in range(_SEASON_DAYS)]
        return tuple(Day(day, midnight(day), day.weekday() >= _SATURDAY) for day in days)

    @cached_property
    def now(self) -> datetime:
        """The moment at which the country is as drawn: the beginning of today."""
        return midnight(self.today)

    @property
    def chunks(self) -> int:
        """How many chunks the people come in."""
        return -(-self.people // CHUNK)

    def draws(self, part: str | int) -> Draws:
        """Random numbers for a part of the country, a person by number, apart from those of any other part."""
        return Draws(f"{self.seed}/{part}")


Key = NewType("Key", str)
"""A UUID as its 32 digits: quick to make and to write, as there are millions. It sorts as the UUID does."""


class Draws(random.Random):
    """Random numbers that repeat, and keys made of them."""

    def key(self, at: datetime) -> Key:
        """A UUIDv7 (RFC 9562) of the moment `at`; repeatable, so never a secret."""
        bits = self.getrandbits(74)
        milliseconds = (at - _EPOCH) // _MILLISECOND
        return Key(f"{milliseconds:012x}7{bits >> 62:03x}{bits & _62_BITS | _VARIANT:016x}")

    def seconds(self, low: int, high: int) -> timedelta:
        """A span of whole seconds, `high` left out; four times as fast as randint."""
        return timedelta(seconds=low + int((high - low) * self.random()))


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, as records count the moment of arrival."""
    return (at - _EPOCH) // _MICROSECOND


def midnight(day: date) -> datetime:
    """The moment, UTC, at which a local day begins."""
    return datetime.combine(day, time(), BANGKOK).astimezone(UTC)
