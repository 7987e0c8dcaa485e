"""One HealthKit workout, from the export or from a phone's push, in our words and units."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from adapters.apple_sports import sport_of
from adapters.tracks import moment, number
from domain.drafts import Draft, Item, Problem, Source
from domain.sports import Sport, SportGroup, facts_of

QUANTITY = "HKQuantityTypeIdentifier"
METERS = MappingProxyType(
    {"m": 1.0, "km": 1000.0, "cm": 0.01, "mi": 1609.344, "yd": 0.9144, "ft": 0.3048, "in": 0.0254}
)
# "Cal" is the large calorie. 4.184 J are one small calorie.
KILOCALORIES = MappingProxyType({"kcal": 1.0, "Cal": 1.0, "cal": 0.001, "kJ": 1 / 4.184, "J": 1 / 4184})
SECONDS = MappingProxyType({"s": 1.0, "sec": 1.0, "min": 60.0, "hr": 3600.0, "h": 3600.0})

# A phone in the pocket counts walking while its owner rides: each of these sports takes its own distance alone.
_DISTANCES = MappingProxyType(
    {
        SportGroup.RUNNING: "DistanceWalkingRunning",
        SportGroup.WALKING: "DistanceWalkingRunning",
        SportGroup.CYCLING: "DistanceCycling",
        SportGroup.SWIMMING: "DistanceSwimming",
    }
)
_WRITTEN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})(?: ([+-][0-9]{2}:?[0-9]{2}))?")
_DEVICE_NAME = re.compile(r"name:([^,>]{1,100})")
_DEVICE_MODEL = re.compile(r"model:([^,>]{1,100})")
_LABEL_LIMIT = 300


class Unread(Exception):
    """A figure of a workout that cannot be read: the code, the field and what to do."""

    def __init__(self, code: str, name: str, message: str) -> None:
        super().__init__(message)
        self.code, self.name, self.message = code, name, message


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A value with its unit, both as they were written, and the field they stood in."""

    name: str
    value: str | None
    unit: str | None

    def in_units(self, units: Mapping[str, float], *, otherwise: str) -> float | None:
        """The value in the unit that counts 1; `otherwise` is the unit of one that names none. Zero is no measurement.

        Raises Unread for what is no number or in no known unit.
        """
        if self.value is None:
            return None
        found = number(self.value)
        if found is None:
            raise Unread("BAD_NUMBER", self.name, f"{self.name} is not a number.")
        factor = units.get(self.unit or otherwise)
        if factor is None:
            raise Unread("BAD_UNIT", self.name, f"{self.name} is in a unit other than {', '.join(units)}.")
        return found * factor or None


@dataclass(frozen=True, kw_only=True)
class Workout:
    """What HealthKit says of one workout, as it is written there.

    `distances` are by kind, such as DistanceCycling, with "" for a total that names none.
    """

    word: str | None
    start: str | None
    end: str | None
    duration: Figure
    energy: Figure
    distances: Mapping[str, Figure] = field(default_factory=dict)
    steps: str | None = None
    pulse: str | None = None
    p95_speed_mps: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    source_name: str | None = None
    device: str | None = None
    raw: bytes = b""


def written_moment(text: str | None) -> datetime | None:
    """The moment of an Apple date such as 2026-04-30 17:30:00 +0700, or of an ISO 8601 one; naive without a zone."""
    found = _WRITTEN.fullmatch((text or "").strip())
    return moment(f"{found[1]}T{found[2]}{found[3] or ''}" if found else text)


def item(workout: Workout, reference: str | None, path: tuple[str | int, ...], person_ref: str | None = None) -> Item:
    """The draft of a workout, or the problem with it; `reference` None lets sport, source and start name it."""
    try:
        return replace(_draft(workout, reference), person_ref=person_ref)
    except Unread as error:
        return Problem(
            code=error.code, path=(*path, error.name), message=error.message, person_ref=person_ref, raw=workout.raw
        )


def _draft(workout: Workout, reference: str | None) -> Draft:
    started = _zoned("startDate", workout.start)
    sport = sport_of(workout.word, workout.metadata)
    duration = workout.duration.in_units(SECONDS, otherwise="min")
    manual = workout.metadata.get("HKWasUserEntered") == "1"
    steps, pulse = number(workout.steps), number(workout.pulse)
    return Draft(
        partner_ref=reference or _named(workout, started),
        sport=sport,
        sport_word=(workout.word or "")[:_LABEL_LIMIT] or None,
        started_at=started.astimezone(UTC),
        utc_offset_seconds=_utc_offset_seconds(workout, started),
        elapsed_seconds=_elapsed_seconds(workout, started, duration),
        moving_seconds=duration,
        distance_meters=_distance(sport, workout.distances),
        energy_kcal=workout.energy.in_units(KILOCALORIES, otherwise="kcal"),
        steps=round(steps) if steps else None,
        pulse_bpm=round(pulse) if pulse else None,
        p95_speed_mps=workout.p95_speed_mps,
        manual=manual,
        source=Source.MANUAL if manual else source_of(workout.source_name, workout.device),
        device_name=_device_name(workout),
        raw=workout.raw,
    )


def _zoned(name: str, text: str | None) -> datetime:
    if not text:
        raise Unread("MISSING_TIME", name, f"{name} is missing.")
    found = written_moment(text)
    if found is None:
        raise Unread("BAD_TIME", name, f"{name} is not written as 2026-04-30 17:30:00 +0700.")
    if found.tzinfo is None:
        raise Unread("MISSING_ZONE", name, f"{name} names no zone; a local time is not guessed.")
    return found


def _named(workout: Workout, started: datetime) -> str:
    """Sport, source and start: an export gives no stable identifier, and prints times in the zone of its day."""
    words = (workout.word or "", workout.source_name or "", started.astimezone(UTC).isoformat())
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()


def _elapsed_seconds(workout: Workout, started: datetime, duration: float | None) -> float:
    """From start to end, and no less than the duration without pauses: the dates are cut to whole seconds."""
    if not workout.end:
        if duration is None:
            raise Unread("MISSING_DURATION", "endDate", "Neither endDate nor a duration is there.")
        return duration
    clock = (_zoned("endDate", workout.end) - started).total_seconds()
    # An end before the start is a verdict its owner may see, not one to hide behind the duration.
    return max(clock, duration or 0.0) if clock >= 0 else clock


def _utc_offset_seconds(workout: Workout, started: datetime) -> int | None:
    """Where the workout was; only without its own zone that of the phone that printed the dates."""
    offset: timedelta | None = started.utcoffset()
    key = workout.metadata.get("HKTimeZone")
    if key:
        # A name that is no zone, no file, or a folder of zones.
        with suppress(KeyError, ValueError, OSError):
            offset = started.astimezone(ZoneInfo(key)).utcoffset()
    return None if offset is None else int(offset.total_seconds())


def _distance(sport: Sport, distances: Mapping[str, Figure]) -> float | None:
    if "" in distances:
        return distances[""].in_units(METERS, otherwise="km")
    found = {kind: figure.in_units(METERS, otherwise="km") or 0.0 for kind, figure in distances.items()}
    if sport is Sport.MULTI_SPORT:
        return sum(found.values()) or None
    own = _DISTANCES.get(facts_of(sport).group)
    if own is not None:
        return found.get(own) or None
    return next(iter(found.values())) or None if len(found) == 1 else None


def source_of(source_name: str | None, device: str | None) -> Source:
    """DEVICE for a watch or an instrument, PHONE for the phone itself and for apps that name nothing else."""
    model = _DEVICE_MODEL.search(device or "")
    if model is not None:
        return Source.PHONE if "phone" in model[1].lower() else Source.DEVICE
    return Source.DEVICE if "watch" in (source_name or "").lower() else Source.PHONE


def _device_name(workout: Workout) -> str | None:
    named = _DEVICE_NAME.search(workout.device or "")
    # Apple parts the words of its own devices by no-break spaces.
    return " ".join((named[1] if named else workout.source_name or "").split())[:100] or None


def metadata_of(entries: Iterable[tuple[str | None, str | None]]) -> dict[str, str]:
    """The pairs of key and value that have both, the first of each key."""
    found: dict[str, str] = {}
    for key, value in entries:
        if key is not None and value is not None:
            found.setdefault(key, value)
    return found
