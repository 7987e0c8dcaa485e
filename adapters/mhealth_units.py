"""Quantities of Open mHealth and IEEE 1752.1, a value with its unit, in our units."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from adapters.reading import Part

_SECONDS = {"ps": 1e-12, "ns": 1e-9, "us": 1e-6, "ms": 0.001, "sec": 1, "min": 60, "h": 3_600, "d": 86_400}
_METERS = {
    "fm": 1e-15,
    "pm": 1e-12,
    "nm": 1e-9,
    "um": 1e-6,
    "mm": 0.001,
    "cm": 0.01,
    "m": 1.0,
    "km": 1_000.0,
    "in": 0.0254,
    "ft": 0.3048,
    "yd": 0.9144,
    "mi": 1_609.344,
}
# Weeks, months and years are units of a duration too, but no workout lasts that long and a month has no length.
SECONDS: Mapping[str, float] = MappingProxyType({**_SECONDS, "wk": 604_800})
METERS: Mapping[str, float] = MappingProxyType(_METERS)
KILOCALORIES: Mapping[str, float] = MappingProxyType({"kcal": 1.0, "kJ": 1 / 4.184})
STEPS: Mapping[str, float] = MappingProxyType({"steps": 1.0})


def quantity(part: Part, name: str, units: Mapping[str, float]) -> float | None:
    """The amount under `name` in the unit that `units` counts as 1; None if it is absent.

    Raises BadPayload for a bare number and for a unit that is not among `units`: 5 without "km" may be miles.
    """
    found = part.part(name)
    if found is None:
        return None
    value, unit = found.must(Part.number, "value"), found.must(Part.label, "unit")
    if unit not in units:
        raise found.refused("unit", f"is not known here; send one of {', '.join(units)}")
    return value * units[unit]


def steps_of(part: Part, name: str) -> int | None:
    """The steps under `name`; None if it is absent or counts something else, such as laps or strokes."""
    found = part.part(name)
    if found is None or found.label("unit") not in STEPS:
        return None
    return found.must(Part.whole, "value")
