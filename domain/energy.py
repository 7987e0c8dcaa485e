"""Estimates energy by the MET method from the 2024 Adult Compendium."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from domain.sports import Sport, facts_of, lineage

GENERIC_CODE = "02064"
"""The row used when neither the sport nor its parents have one: home exercise, general, 3.8 MET.

It stands for moderate effort, so an unknown sport is neither worthless nor a way to earn more.
Wheelchair sports end here too: the adult table excludes them, and walking rows would be wrong.
"""

_NOT_CREDITABLE = "not_creditable"
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Met:
    """One row of the table.

    `value` is in MET (1 MET = 1 kcal per kg and hour). `verified` is False for rows known from a
    secondary list only. `creditable` is False for what moves a person without exercise, such as a car.
    """

    code: str
    value: float
    verified: bool
    creditable: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Kilocalories by the MET method, with everything needed to work them out again."""

    kcal: float
    met_code: str
    met_value: float
    mass_kg: float
    mass_assumed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Band:
    low_mps: float
    high_mps: float
    met: Met


@cache
def all_mets() -> Mapping[str, Met]:
    """Every row of the table by its Compendium code. Source: domain/data/met2024.csv."""
    return MappingProxyType(
        {
            row["code"]: Met(
                code=row["code"],
                value=float(row["met"]),
                verified=row["verified_by"] != "S",
                creditable=row["sport"] != _NOT_CREDITABLE,
            )
            for row in _rows()
        }
    )


def met_for(sport: Sport, speed_mps: float | None = None) -> Met:
    """The row that describes this sport at this speed.

    Looked up in the sport itself, then in its parents: the band of the speed if it is known and the
    sport has bands, else the sport's default row; in the end the generic row. A speed outside all
    bands takes the nearest one, since the default row would pay a stroll called a run as a run. A
    sport's own default outranks its parent's bands: a trail is harder than a road at the same speed.
    `speed_mps` of 0, below 0 or not finite counts as unknown.
    """
    bands, usual = _choices(sport)
    if bands and speed_mps is not None and math.isfinite(speed_mps) and speed_mps > 0:
        return next((band.met for band in bands if speed_mps < band.high_mps), bands[-1].met)
    return usual


@cache
def _choices(sport: Sport) -> tuple[tuple[_Band, ...], Met]:
    """The bands that count for a sport whose speed is known, none if it has a row of its own, and its usual row."""
    bands: tuple[_Band, ...] = ()
    for kin in lineage(sport):
        bands = bands or _bands().get(kin, ())
        code = facts_of(kin).met_code
        if code is not None:
            return bands, all_mets()[code]
    return bands, all_mets()[GENERIC_CODE]


def estimated_kcal(
    sport: Sport,
    moving_seconds: float,
    distance_meters: float | None,
    mass_kg: float | None,
    default_mass_kg: float,
) -> Estimate:
    """Kilocalories spent while moving: MET x mass x hours, rest included; never negative.

    Without a usable mass (None, 0, below 0, not finite) `default_mass_kg` is taken and the estimate says so.
    Source: 2024 Adult Compendium of Physical Activities, doi:10.1016/j.jshs.2023.10.010.
    """
    seconds = moving_seconds if math.isfinite(moving_seconds) else 0.0
    speed_mps = distance_meters / seconds if distance_meters is not None and seconds > 0 else None
    met = met_for(sport, speed_mps)
    assumed = mass_kg is None or not math.isfinite(mass_kg) or mass_kg <= 0
    mass = default_mass_kg if mass_kg is None or assumed else mass_kg
    return Estimate(
        kcal=met.value * mass * max(seconds, 0.0) / _SECONDS_PER_HOUR,
        met_code=met.code,
        met_value=met.value,
        mass_kg=mass,
        mass_assumed=assumed,
    )


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    text = files("domain").joinpath("data/met2024.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@cache
def _bands() -> Mapping[str, tuple[_Band, ...]]:
    bands: dict[str, list[_Band]] = {}
    for row in _rows():
        if row["speed_max_mps"]:
            low, high = float(row["speed_min_mps"]), float(row["speed_max_mps"])
            bands.setdefault(row["sport"], []).append(_Band(low_mps=low, high_mps=high, met=all_mets()[row["code"]]))
    return {sport: tuple(sorted(found, key=lambda band: band.low_mps)) for sport, found in bands.items()}
