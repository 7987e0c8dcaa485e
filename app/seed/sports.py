"""What people of the synthetic country do: how long, how fast, how hard, and each partner's word for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate
from typing import Literal

from app.seed.plan import Draws
from domain.sports import Sport, facts_of

Words = Literal["garmin", "strava", "agency"]
_OLDER = 55


@dataclass(frozen=True, slots=True)
class Pace:
    """A usual workout of one sport.

    Minutes from and to; metres a second from and to, None where nobody measures a distance; MET at the middle
    speed; steps a minute, None where nobody counts them; how popular it is, with younger and with older people;
    the vendors' words, None where they have none (agencies write ours in Thai).
    """

    sport: Sport
    minutes: tuple[int, int]
    mps: tuple[float, float] | None
    met: float
    steps_a_minute: int | None
    popular: tuple[float, float]
    garmin: str | None
    strava: str | None

    def word(self, partner: Words) -> str | None:
        """What the partner calls the sport, None if it does not know it."""
        if partner == "agency":
            return facts_of(self.sport).name_th
        return self.garmin if partner == "garmin" else self.strava


_PACES: Sequence[Pace] = (
    Pace(Sport.WALK, (20, 75), (1.15, 1.75), 3.8, 112, (20, 42), "WALKING", "Walk"),
    Pace(Sport.RUN, (20, 75), (1.9, 3.1), 9.0, 160, (27, 8), "RUNNING", "Run"),
    Pace(Sport.TRAIL_RUN, (40, 120), (1.6, 2.4), 9.0, 150, (2, 0.3), "TRAIL_RUNNING", "TrailRun"),
    Pace(Sport.HIKE, (60, 150), (0.8, 1.3), 6.0, 95, (1.5, 1), "HIKING", "Hike"),
    Pace(Sport.RIDE, (30, 120), (4.2, 7.5), 7.5, None, (10, 8), "CYCLING", "Ride"),
    Pace(Sport.SWIM, (20, 60), (0.5, 1.1), 6.5, None, (3, 2), "SWIMMING", "Swim"),
    Pace(Sport.STRENGTH, (25, 70), None, 3.6, None, (7, 2), "STRENGTH_TRAINING", "WeightTraining"),
    Pace(Sport.HIIT, (15, 40), None, 7.0, None, (4, 0.5), "HIIT", "HighIntensityIntervalTraining"),
    Pace(Sport.YOGA, (30, 75), None, 2.4, None, (5, 5), "YOGA", "Yoga"),
    Pace(Sport.BADMINTON, (40, 100), None, 5.6, None, (8, 3), "BADMINTON", "Badminton"),
    Pace(Sport.FOOTBALL, (40, 95), None, 7.2, None, (8, 1), "SOCCER", "Soccer"),
    Pace(Sport.VOLLEYBALL, (30, 80), None, 4.0, None, (4, 1), "VOLLEYBALL", "Volleyball"),
    Pace(Sport.TABLE_TENNIS, (30, 80), None, 4.0, None, (2, 3), "TABLE_TENNIS", "TableTennis"),
    Pace(Sport.AEROBICS, (30, 60), None, 7.0, None, (9, 16), None, None),
    Pace(Sport.TAKRAW, (30, 75), None, 4.0, None, (4, 1), None, None),
    Pace(Sport.PETANQUE, (40, 100), None, 3.2, None, (1, 4), None, None),
    Pace(Sport.TAI_CHI, (25, 60), None, 3.3, None, (0.5, 7), None, None),
    Pace(Sport.RAM_WONG, (25, 60), None, 5.0, None, (0.5, 4), None, None),
    Pace(Sport.RUESI_DATTON, (20, 50), None, 2.3, None, (0.3, 4), None, None),
    Pace(Sport.MUAY_THAI, (30, 75), None, 9.5, None, (2, 0.2), None, None),
)


@cache
def _choice(partner: Words, *, older: bool) -> tuple[list[Pace], list[float]]:
    known = [pace for pace in _PACES if pace.word(partner)]
    return known, list(accumulate(pace.popular[older] for pace in known))


def tastes(partner: Words, age: int, draws: Draws) -> list[Pace]:
    """Three sports that somebody does, the one they like most first; some may be the same."""
    paces, weights = _choice(partner, older=age >= _OLDER)
    return draws.choices(paces, cum_weights=weights, k=3)


@dataclass
class Effort:
    """What somebody really did, before anybody reports it; `kcal` is active energy."""

    pace: Pace
    started_at: datetime
    seconds: int
    meters: float | None
    steps: int | None
    kcal: float
    pulse_bpm: int


# A distance of 0.5 m is exact in binary, so that sums do not depend on their order.
def half_meters(meters: float) -> float:
    """The distance to the nearest half metre."""
    return round(meters * 2) / 2


WORD_OF: Mapping[str, Words] = {"garmin": "garmin", "strava": "strava"}
"""Whose words a partner's records use; agencies' else."""
