"""HiTrack, Huawei's text of one workout's measurements: what it adds up to.

A line is a list of `key=value`. `tp` says what it holds: `lbs` a place at the time `t`, `h-r` a pulse at the time `k`,
`rs` a speed in decimetres per second, `s-r` a cadence, `p-m` and `b-p-m` paces. Times are milliseconds or, in newer
files, seconds since 1970, printed as floats. The place 90 north, 80 west marks a pause.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.tracks import p95_speed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AMOUNT = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:E\d{1,2})?", re.ASCII)
_SECONDS_BELOW = 10**11  # a number above is milliseconds: in seconds it would be after the year 5000
_LATEST = 7_258_118_400  # 2200-01-01
_PAUSE = (90.0, -80.0)
_EARTH_METERS = 6_371_008.8
_PULSES = range(20, 301)


@dataclass
class Track:
    """Moments in seconds since 1970, places in degrees; a pause stands as None between places."""

    times: list[float] = field(default_factory=list)
    places: list[tuple[float, float] | None] = field(default_factory=list)
    pulses: list[float] = field(default_factory=list)
    peak_speed_mps: float | None = None
    speeds: array[float] = field(default_factory=lambda: array("d"))

    @property
    def started_at(self) -> datetime:
        """The first moment measured, UTC."""
        return _EPOCH + timedelta(seconds=min(self.times))

    @property
    def elapsed_seconds(self) -> float:
        """From the first moment measured to the last."""
        return max(self.times) - min(self.times)

    @property
    def distance_meters(self) -> float | None:
        """The way from place to place over a sphere, leaving out pauses; None without places."""
        steps = [
            _meters(here, there)
            for here, there in zip(self.places, self.places[1:], strict=False)
            if here is not None and there is not None
        ]
        return math.fsum(steps) if steps else None

    @property
    def p95_speed_mps(self) -> float | None:
        """The 95th percentile of the speeds measured while moving, which come at one and the same interval."""
        return p95_speed(self.speeds, array("d", [1.0]) * len(self.speeds))

    @property
    def pulse_bpm(self) -> int | None:
        """The mean of the pulses measured."""
        return round(math.fsum(self.pulses) / len(self.pulses)) if self.pulses else None


def is_track(start: str) -> bool:
    """True if a text that begins like this is a HiTrack."""
    return start.lstrip().startswith("tp=")


def track_of(lines: Iterable[str]) -> Track | None:
    """What the lines add up to, leaving out those that cannot be read; None without any moment."""
    track = Track()
    for line in lines:
        fields = dict(each.split("=", 1) for each in line.strip().split(";") if "=" in each)
        match fields.get("tp"):
            case "lbs":
                _place(track, fields)
            case "h-r":
                moment, pulse = _moment(fields.get("k")), _amount(fields.get("v"))
                if moment is not None and pulse is not None and round(pulse) in _PULSES:
                    track.times.append(moment)
                    track.pulses.append(pulse)
            case "rs":
                speed = _amount(fields.get("v"))
                if speed is not None and speed >= 0:
                    track.peak_speed_mps = max(track.peak_speed_mps or 0.0, speed / 10)
                    if speed > 0:
                        track.speeds.append(speed / 10)
    return track if track.times else None


def _place(track: Track, fields: Mapping[str, str]) -> None:
    moment, lat, lon = _moment(fields.get("t")), _amount(fields.get("lat")), _amount(fields.get("lon"))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004 - degrees
        return
    if (lat, lon) == _PAUSE:
        track.places.append(None)
        return
    if moment is not None:
        track.times.append(moment)
        track.places.append((lat, lon))


def _moment(text: str | None) -> float | None:
    amount = _amount(text)
    if amount is None:
        return None
    seconds = amount if amount < _SECONDS_BELOW else amount / 1000
    return seconds if 0 < seconds < _LATEST else None


def _amount(text: str | None) -> float | None:
    return float(text) if text is not None and _AMOUNT.fullmatch(text) else None


def _meters(here: tuple[float, float], there: tuple[float, float]) -> float:
    (lat, lon), (to_lat, to_lon) = (tuple(map(math.radians, place)) for place in (here, there))
    square = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return 2 * _EARTH_METERS * math.asin(min(1.0, math.sqrt(square)))
