"""What a synthetic country is drawn from: a number, a size and a day."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from domain.drafts import BANGKOK

CHUNK = 500
"""People drawn by one generator of random numbers; another size would be another country."""

_SEASON_DAYS = 120


@dataclass(frozen=True)
class Plan:
    """The country of `seed` as it looks on the morning of `today`; the same plan draws the same rows."""

    seed: int
    people: int
    today: date

    @property
    def first_day(self) -> date:
        """The first local day of activities."""
        return self.today - timedelta(days=_SEASON_DAYS)

    @property
    def last_day(self) -> date:
        """The last local day of activities: yesterday, so that nothing lies in the future at any hour of today."""
        return self.today - timedelta(days=1)

    @property
    def chunks(self) -> int:
        """How many chunks the people come in."""
        return -(-self.people // CHUNK)

    def day(self, number: int) -> date:
        """The local day `number` days after the first."""
        return self.first_day + timedelta(days=number)

    def draws(self, name: str) -> Draws:
        """Random numbers for the part of the country called `name`, apart from those of any other part."""
        return Draws(f"{self.seed}/{name}")


class Draws(random.Random):
    """Random numbers that repeat, and keys made of them."""

    def uuid(self, at: datetime) -> UUID:
        """A UUIDv7 (RFC 9562) of the moment `at`; repeatable, so never a secret."""
        bits = self.getrandbits(74)
        milliseconds = int(at.timestamp() * 1000)
        return UUID(int=milliseconds << 80 | 0x7 << 76 | bits >> 62 << 64 | 0b10 << 62 | bits & (1 << 62) - 1)


def midnight(day: date) -> datetime:
    """The moment, UTC, at which a local day begins."""
    return datetime.combine(day, time(), BANGKOK).astimezone(UTC)
