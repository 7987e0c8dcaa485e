"""What the points of a recorded track add up to: times, distance, moving time, the 95th percentile of its speed.

The rules are ours and the same for every format of points: legs are great circles on the WGS 84 equatorial
radius, in space where both ends have an elevation; a leg faster than anything a person could do is a jump
of the receiver and counts for nothing; what is slower than 1 km/h is standing; nothing is added over a pause.
"""

from __future__ import annotations

import hashlib
import math
import re
from array import array
from collections.abc import Iterable
from datetime import datetime

_EARTH_METERS = 6_378_137.0
_STANDING_MPS = 1000 / 3600
# Faster than any car that is not racing: a lost fix, not a lift. What is slower is evidence and stays.
_JUMP_MPS = 100.0
_FAST_SHARE = 0.05
# A watch that saves memory may leave out a minute; between two readings further apart nobody knows how fast it went.
_READING_HOLDS_SECONDS = 60.0
_PULSE_LIMIT = 1000
_NUMBER_LIMIT = 1e15
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,60}|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?")


def number(text: str | None) -> float | None:
    """The decimal number that `text` is; None for anything else, and for what no figure of ours comes near."""
    if text is None or not _NUMBER.fullmatch(stripped := text.strip()):
        return None
    found = float(stripped)
    return found if abs(found) < _NUMBER_LIMIT else None


def moment(text: str | None) -> datetime | None:
    """The ISO 8601 time that `text` is, from 1900 to 2199: in its own zone, or naive where it names none.

    None for anything else.
    """
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def printed_offset(at: datetime) -> int | None:
    """Seconds east of UTC as printed behind a time; None for Z, which tells the moment but not the place."""
    offset = at.utcoffset()
    return int(offset.total_seconds()) if offset else None


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great circle between two (latitude, longitude) in degrees."""
    south, north = math.radians(one[0]), math.radians(other[0])
    across = math.radians(other[1] - one[1])
    chord = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(across / 2) ** 2
    return 2 * _EARTH_METERS * math.asin(min(1.0, math.sqrt(chord)))


def position(latitude: str | None, longitude: str | None) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees; None unless both are numbers on the globe."""
    north, east = number(latitude), number(longitude)
    if north is None or east is None or not (-90 <= north <= 90 and -180 <= east <= 180):  # noqa: PLR2004
        return None
    return north, east


class Track:
    """The running sums of one track; its points come one by one and are not kept."""

    def __init__(self) -> None:
        self.points = 0
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self.starts_timed = False
        self.ends_timed = False
        self.moving_seconds = 0.0
        self.legs = 0
        self._meters = 0.0
        self._speeds = array("d")
        self._seconds = array("d")
        self._pulse_sum = 0.0
        self._pulses = 0
        self._digest = hashlib.sha256()
        self._place: tuple[float, float] | None = None
        self._height: float | None = None
        self._at: datetime | None = None
        self._odometer: float | None = None
        # Since the last point with a time: over the ground, and in space.
        self._flat = 0.0
        self._way = 0.0

    def pause(self) -> None:
        """What follows is not joined to what came before."""
        self._place = self._height = self._at = self._odometer = None
        self._flat = self._way = 0.0

    def add(
        self,
        at: datetime | None,
        place: tuple[float, float] | None,
        *,
        height: float | None = None,
        odometer: float | None = None,
        pulse: float | None = None,
    ) -> None:
        """Add the next point, `at` in UTC. `odometer`, the device's own distance so far, goes before the position."""
        self.points += 1
        self._digest.update(repr((at and at.isoformat(), place)).encode())
        self.starts_timed = at is not None if self.points == 1 else self.starts_timed
        self.ends_timed = at is not None
        if at is not None:
            self.first_at = self.first_at or at
            self.last_at = at
        if pulse is not None and 0 < pulse < _PULSE_LIMIT:
            self._pulse_sum += pulse
            self._pulses += 1
        if place is None and odometer is None:
            return
        known = self._go(place, height, odometer)
        if at is not None:
            self._close_leg(at, known=known)

    def _go(self, place: tuple[float, float] | None, height: float | None, odometer: float | None) -> bool:
        """Lengthen the open leg to here; True if the way is known."""
        before, base, read = self._place, self._height, self._odometer
        self._place, self._height = (place, height) if place else (before, base)
        self._odometer = read if odometer is None else odometer
        if odometer is not None and read is not None and odometer >= read:
            self._flat += odometer - read
            self._way += odometer - read
            return True
        if place is None or before is None:
            return False
        flat = metres_between(before, place)
        self._flat += flat
        self._way += math.hypot(flat, height - base) if height and base else flat
        return True

    def _close_leg(self, at: datetime, *, known: bool) -> None:
        seconds = (at - self._at).total_seconds() if self._at else 0.0
        flat, way = self._flat, self._way
        self._at, self._flat, self._way = at, 0.0, 0.0
        if not known or seconds <= 0 or way / seconds > _JUMP_MPS:
            return
        self.legs += 1
        self._meters += flat
        if way / seconds > _STANDING_MPS:
            self.moving_seconds += seconds
            self._speeds.append(way / seconds)
            self._seconds.append(seconds)

    @property
    def distance_meters(self) -> float | None:
        """The sum of the legs; None if no leg could be measured."""
        return self._meters if self.legs else None

    @property
    def pulse_bpm(self) -> int | None:
        """The mean of the points that have one."""
        return round(self._pulse_sum / self._pulses) if self._pulses else None

    @property
    def p95_speed_mps(self) -> float | None:
        """The speed that was exceeded during less than a twentieth of the moving time; see `p95_speed`."""
        return p95_speed(self._speeds, self._seconds)

    @property
    def digest(self) -> str:
        """SHA-256 of times and positions in hexadecimal: the same track in another file's layout has the same."""
        return self._digest.hexdigest()


def p95_speed(speeds: array[float], seconds: array[float]) -> float | None:
    """The 95th percentile of the speed, metres a second, over time; None without any.

    It is the highest speed that, with all above it, was held for at least a twentieth of the time, each speed for its
    `seconds`: so a point counts for how long it lasted, however densely a device writes, and the few jumps of a
    receiver are above it. The caller leaves out pauses and standing, which would hide a ride among long stops.
    """
    above = 0.0
    enough = sum(seconds) * _FAST_SHARE
    for speed, held in sorted(zip(speeds, seconds, strict=True), reverse=True):
        above += held
        if above >= enough:
            return speed
    return None


def p95_of_readings(readings: Iterable[tuple[float, float]]) -> float | None:
    """The 95th percentile of speeds that the device itself measured, given as (second, metres a second) in order.

    A reading holds from the one before it; not over a gap of more than a minute, which is a pause. Standing and what
    no person does is left out, as in a track.
    """
    speeds, seconds = array("d"), array("d")
    before: float | None = None
    for at, speed in readings:
        held = at - before if before is not None else 0.0
        before = at
        if 0 < held <= _READING_HOLDS_SECONDS and _STANDING_MPS < speed <= _JUMP_MPS:
            speeds.append(speed)
            seconds.append(held)
    return p95_speed(speeds, seconds)
