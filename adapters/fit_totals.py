"""The messages of a FIT recording that tell about workouts, decoded and added up."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import fitdecode
from fitdecode import profile

from adapters.fit_frames import TIMESTAMP_FIELD, Flaw, Recording, excerpt
from adapters.tracks import p95_of_readings

_EPOCH = datetime(1989, 12, 31, tzinfo=UTC)
# Smaller time stamps count seconds since the device was switched on.
_FIRST_TIMESTAMP = 0x10000000

_FIGURES = (
    "timestamp start_time sport sub_sport total_elapsed_time total_timer_time total_distance total_cycles "
    "total_calories avg_heart_rate max_speed enhanced_max_speed"
)
_SUMMARY = {
    "file_id": "type manufacturer product serial_number time_created product_name",
    "activity": "timestamp local_timestamp",
    "session": _FIGURES,
    "lap": _FIGURES,
    "sport": "sport sub_sport",
}
_POINTS = {"record": "timestamp distance speed enhanced_speed heart_rate calories"}

Message = dict[str, object]
Messages = Sequence[tuple[str, Message]]


def _numbers(names: dict[str, str]) -> dict[int, frozenset[int]]:
    """Message number -> field numbers, of the messages and fields called so in the profile."""
    known = {kind.name: (number, kind.fields) for number, kind in profile.MESSAGE_TYPES.items()}
    return {
        known[message][0]: frozenset(
            number
            for number, field in known[message][1].items()
            if field.name in fields.split() or number == TIMESTAMP_FIELD
        )
        for message, fields in names.items()
    }


_SUMMARY_NUMBERS = _numbers(_SUMMARY)
_POINT_NUMBERS = _numbers(_POINTS)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What one session, or one run of laps or points, adds up to."""

    words: tuple[str | None, str | None]
    started_at: datetime | None
    elapsed_seconds: float | None
    moving_seconds: float | None = None
    distance_meters: float | None = None
    energy_kcal: float | None = None
    cycles: float | None = None
    pulse_bpm: float | None = None
    peak_speed_mps: float | None = None
    p95_speed_mps: float | None = None

    def __str__(self) -> str:
        """The figures for a person, to tell what a refused file held."""
        figures = (
            (self.elapsed_seconds, "s"),
            (self.distance_meters, "m"),
            (self.energy_kcal, "kcal"),
        )
        start = f"from {self.started_at:%Y-%m-%dT%H:%M:%SZ}" if self.started_at else "at an unknown time"
        return f"{self.words[0] or 'workout'} {start}" + "".join(
            f", {value:g} {unit}" for value, unit in figures if value is not None
        )


def workouts(recording: Recording, messages: Messages) -> list[Totals]:
    """What the file adds up to: its sessions, else its laps, else its points; empty if it has none of them."""
    found = _sessions(messages) or _laps(messages)
    if not found:
        return _points(recording, messages)
    # Of several workouts in a file nobody says which points are whose; then only what their summaries state is judged.
    return [replace(found[0], p95_speed_mps=_p95(_records(recording)))] if len(found) == 1 else found


def decoded(recording: Recording) -> tuple[list[tuple[str, Message]], Flaw | None]:
    """The summary messages, and the flaw that keeps them from being trusted.

    An undefined message after the session is the rest of the file we do not need: with a right checksum it is let
    pass (a phone app writes such files).
    """
    stream, met = excerpt(recording, _SUMMARY_NUMBERS)
    messages, unreadable = _messages(stream, recording)
    complete = met is not None and met.code == "UNDEFINED_MESSAGE" and any(name == "session" for name, _ in messages)
    return messages, recording.flaw or unreadable or (None if complete else met)


def _messages(stream: bytes, recording: Recording) -> tuple[list[tuple[str, Message]], Flaw | None]:
    found: list[tuple[str, Message]] = []
    try:
        with fitdecode.FitReader(
            stream,
            processor=None,
            check_crc=fitdecode.CrcCheck.DISABLED,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        ) as reader:
            for frame in reader:
                if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                    found.append((frame.name, {field.name: field.value for field in frame.fields}))
                    # Of a field with variants (cycles are strides when running) the common name serves.
                    found[-1][1].update(
                        (field.parent_field.name, field.value) for field in frame.fields if field.parent_field
                    )
    # The decoder checks some of its input by assert and by letting look-ups fail.
    except (
        fitdecode.FitError,
        struct.error,
        AssertionError,
        AttributeError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ):
        message = "A message does not follow the FIT profile. Export the workout again."
        return found, Flaw(code="UNREADABLE_MESSAGE", offset=recording.offset, message=message)
    return found, None


def _sessions(messages: Messages) -> list[Totals]:
    return [_totals([fields]) for name, fields in messages if name == "session"]


def _laps(messages: Messages) -> list[Totals]:
    """The laps added up, apart for each change of sport."""
    laps = [fields for name, fields in messages if name == "lap"]
    return [
        _totals(list(run), words)
        for words, run in groupby(laps, key=lambda lap: _words(lap) if _words(lap)[0] else _declared(messages))
    ]


def _points(recording: Recording, messages: Messages) -> list[Totals]:
    """What the single points show, for files that end without a summary; at most one workout."""
    points = _records(recording)
    moments = [found for point in points if (found := moment(point.get("timestamp"))) is not None]
    if not moments:
        return []
    pulses = _figures(points, "heart_rate")
    return [
        Totals(
            words=_declared(messages),
            started_at=moments[0],
            elapsed_seconds=(moments[-1] - moments[0]).total_seconds(),
            distance_meters=max(_figures(points, "distance"), default=None),
            energy_kcal=max(_figures(points, "calories"), default=None),
            pulse_bpm=sum(pulses) / len(pulses) if pulses else None,
            peak_speed_mps=max(_figures(points, "enhanced_speed", "speed"), default=None),
            p95_speed_mps=_p95(points),
        )
    ]


def _records(recording: Recording) -> list[Message]:
    stream, _ = excerpt(recording, _POINT_NUMBERS, clock=True)
    return [fields for name, fields in _messages(stream, recording)[0] if name == "record"]


def _p95(points: Sequence[Message]) -> float | None:
    """The 95th percentile of the speed that the points state; None where they state none."""
    return p95_of_readings(
        (at.timestamp(), speed)
        for point in points
        if (at := moment(point.get("timestamp"))) is not None
        for speed in _figures([point], "enhanced_speed", "speed")
    )


def _totals(parts: Sequence[Message], words: tuple[str | None, str | None] | None = None) -> Totals:
    """The sum of sessions or laps that follow each other; a figure that none of them has is None."""
    started_at = moment(parts[0].get("start_time"))
    ended_at = moment(parts[-1].get("timestamp"))
    moving = _sum(parts, "total_timer_time")
    elapsed = _sum(parts, "total_elapsed_time")
    if elapsed is None and started_at is not None and ended_at is not None:
        elapsed = (ended_at - started_at).total_seconds()
    if elapsed is None:
        elapsed = moving
    if started_at is None and ended_at is not None and elapsed is not None and len(parts) == 1:
        started_at = ended_at - timedelta(seconds=elapsed)
    pulses = _figures(parts, "avg_heart_rate")
    return Totals(
        words=words or _words(parts[0]),
        started_at=started_at,
        elapsed_seconds=elapsed,
        moving_seconds=moving,
        distance_meters=_sum(parts, "total_distance"),
        energy_kcal=_sum(parts, "total_calories"),
        cycles=_sum(parts, "total_cycles"),
        pulse_bpm=sum(pulses) / len(pulses) if pulses else None,
        peak_speed_mps=max(_figures(parts, "enhanced_max_speed", "max_speed"), default=None),
    )


def _words(fields: Message) -> tuple[str | None, str | None]:
    """The sport and its refinement in the profile's words; numbers the profile does not know stay numbers."""
    sport, refined = (fields.get(name) for name in ("sport", "sub_sport"))
    return (
        sport if isinstance(sport, str) else f"sport {sport}" if isinstance(sport, int) else None,
        refined if isinstance(refined, str) else f"sub_sport {refined}" if isinstance(refined, int) else None,
    )


def _declared(messages: Messages) -> tuple[str | None, str | None]:
    return next((_words(fields) for name, fields in messages if name == "sport"), (None, None))


def _figures(parts: Iterable[Message], *names: str) -> list[float]:
    """Each part's first finite number under `names`; arrays and wrongly sized fields are no numbers."""
    found = ((part.get(name) for name in names) for part in parts)
    numbers = (
        [float(value) for value in values if isinstance(value, int | float) and math.isfinite(value)]
        for values in found
    )
    return [some[0] for some in numbers if some]


def _sum(parts: Sequence[Message], name: str) -> float | None:
    figures = _figures(parts, name)
    return sum(figures) if figures else None


def moment(value: object) -> datetime | None:
    """The instant of a FIT time stamp; None for anything else, seconds since switching on among it."""
    if not isinstance(value, int) or not _FIRST_TIMESTAMP <= value < 2**32:
        return None
    return _EPOCH + timedelta(seconds=value)
