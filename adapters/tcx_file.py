"""TCX, Garmin's Training Center format, as watches and many apps export it.

Source: https://www8.garmin.com/xmlschemas/TrainingCenterDatabasev2.xsd and ActivityExtensionv2.xsd. Quirks:

- `Activity/@Sport` can only say Running, Biking or Other; some exporters write other words all the same. Of an
  Other, the notes may name the sport.
- Laps add up. `TotalTimeSeconds` is the timer without pauses, so it is moving time; elapsed is the clock's.
- `Calories` include what the body burns at rest, so they are total energy; 0 means not measured, and some
  apps write fractions.
- The record is named by `Id`, which is the start as the recorder wrote it.
- Courses and workouts in the same format are plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from adapters.base import Adapter, Reads
from adapters.track_sports import NOT_EXERCISE, known_words, plain, sport_called
from adapters.tracks import Track, moment, number, position, printed_offset
from adapters.xml_reading import Element, Form, Step
from domain.drafts import Draft, EnergyKind, Item, Problem, Skipped, Source
from domain.sports import Sport

_NAME = "tcx_file"
# Of a lap's extensions only the steps are read, so they stand under that name.
_ADDED = frozenset({"TotalTimeSeconds", "DistanceMeters", "Calories", "Extensions"})
_LAP_FIGURES = _ADDED | {"MaximumSpeed", "AverageHeartRateBpm"}
_LONGEST_LAP_SECONDS = 366 * 86_400
_FORM = Form(
    partner=_NAME,
    roots=frozenset({"TrainingCenterDatabase", "Activity"}),
    looks_at={
        "TrainingCenterDatabase": frozenset({"Activities", "Courses", "Workouts"}),
        "Activities": frozenset({"Activity", "MultiSportSession"}),
        "MultiSportSession": frozenset({"FirstSport", "NextSport"}),
        "FirstSport": frozenset({"Activity"}),
        "NextSport": frozenset({"Activity"}),
        "Activity": frozenset({"Id", "Notes", "Lap", "Creator"}),
        "Lap": _LAP_FIGURES | {"Track"},
        "Track": frozenset({"Trackpoint"}),
        "Courses": frozenset(),
        "Workouts": frozenset(),
    },
    raw=frozenset({"Activity"}),
)
_LABEL_LIMIT = 300
_REFERENCE_LIMIT = 200
# These write files on the phone itself.
_PHONE_APPS = ("strava", "runkeeper", "mapmy", "endomondo", "nike", "runtastic", "adidas", "google", "samsung")


@dataclass
class _Recording:
    """One `Activity` as it is read: the sums of its laps, and its points."""

    index: int
    word: str | None
    reference: str | None = None
    notes: str | None = None
    creator: str | None = None
    lap_start: str | None = None
    point_start: str | None = None
    laps: int = 0
    tracks_in_lap: int = 0
    lap_at: str | None = None
    lap: dict[str, float] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)
    pulsed_seconds: float = 0.0
    ended_at: datetime | None = None
    track: Track = field(default_factory=Track)
    flaw: tuple[str, tuple[str | int, ...], str] | None = None

    def spoilt(self, code: str, path: tuple[str | int, ...], message: str) -> None:
        """Remember the first thing that keeps the workout from being read."""
        self.flaw = self.flaw or (code, ("Activity", self.index, *path), message)

    def named(self, element: Element) -> None:
        self.reference = element.text or None

    def noted(self, element: Element) -> None:
        self.notes = element.text[:_LABEL_LIMIT] or None

    def made(self, element: Element) -> None:
        self.creator = element.text_of("Name")

    def open_lap(self, element: Element) -> None:
        self.lap, self.lap_at, self.tracks_in_lap = {}, element.attributes.get("StartTime"), 0
        if self.laps == 0:
            self.lap_start = self.lap_at

    def figure(self, element: Element) -> None:
        """One total of the open lap; exporters leave empty what they do not know."""
        text = element.text
        if element.name == "AverageHeartRateBpm":
            text = element.text_of("Value") or ""
        if element.name == "Extensions":
            text = steps.text if (steps := element.below("Steps")) else ""
        value = number(text)
        if value is not None:
            self.lap[element.name] = value
        elif text:
            message = f"{element.name} is not a number. Export the workout again."
            self.spoilt("BAD_NUMBER", ("Lap", self.laps, element.name), message)

    def close_lap(self, _element: Element) -> None:
        for name in _ADDED & self.lap.keys():
            self.totals[name] = self.totals.get(name, 0.0) + self.lap[name]
        self.totals["MaximumSpeed"] = max(self.totals.get("MaximumSpeed", 0.0), self.lap.get("MaximumSpeed", 0.0))
        seconds = self.lap.get("TotalTimeSeconds", 0.0)
        if "AverageHeartRateBpm" in self.lap and seconds > 0:
            self.totals["Beats"] = self.totals.get("Beats", 0.0) + self.lap["AverageHeartRateBpm"] * seconds
            self.pulsed_seconds += seconds
        started = moment(self.lap_at)
        if started is not None and started.tzinfo is not None and 0 <= seconds <= _LONGEST_LAP_SECONDS:
            ended = started + timedelta(seconds=seconds)
            self.ended_at = max(self.ended_at or ended, ended)
        self.laps += 1

    def open_track(self, _element: Element) -> None:
        # A lap's first track goes on where the last lap ended; another one follows a pause.
        if self.tracks_in_lap:
            self.track.pause()
        self.tracks_in_lap += 1

    def add(self, point: Element) -> None:
        at = moment(point.text_of("Time"))
        if self.track.points == 0:
            self.point_start = point.text_of("Time")
        place = point.child("Position")
        pulse = point.child("HeartRateBpm")
        self.track.add(
            at.astimezone(UTC) if at is not None and at.tzinfo is not None else None,
            position(place.text_of("LatitudeDegrees"), place.text_of("LongitudeDegrees")) if place else None,
            height=number(point.text_of("AltitudeMeters")),
            odometer=number(point.text_of("DistanceMeters")),
            pulse=number(pulse.text_of("Value")) if pulse else None,
        )


_TOLD: Mapping[tuple[Step, str], Callable[[_Recording, Element], None]] = MappingProxyType(
    {
        (Step.OPENED, "Lap"): _Recording.open_lap,
        (Step.CLOSED, "Lap"): _Recording.close_lap,
        (Step.OPENED, "Track"): _Recording.open_track,
        (Step.WHOLE, "Trackpoint"): _Recording.add,
        (Step.WHOLE, "Id"): _Recording.named,
        (Step.WHOLE, "Notes"): _Recording.noted,
        (Step.WHOLE, "Creator"): _Recording.made,
        **{(Step.WHOLE, name): _Recording.figure for name in _LAP_FIGURES},
    }
)


def normalise(payload: object) -> Iterator[Item]:
    """The activities of a TCX document, given as bytes or as an iterable of them, each as soon as it is read.

    Raises BadPayload, possibly after some items, for what is no TCX document or breaks off.
    """
    activities = 0
    recording = _Recording(0, None)
    for step, element in _FORM.read(payload):
        match step, element.name:
            case Step.OPENED, "Activity":
                recording = _Recording(activities, element.attributes.get("Sport", "").strip()[:_LABEL_LIMIT] or None)
                activities += 1
            case Step.OPENED, ("Courses" | "Workouts") as plan:
                yield Skipped(path=(plan,), reason="a plan, no workout that was done")
            case Step.CLOSED, "Activity":
                yield _item(recording, element.raw)
            case told if told in _TOLD:
                _TOLD[told](recording, element)
    if not activities:
        yield Skipped(path=("Activities",), reason="the file holds no activity")


def _item(recording: _Recording, raw: bytes) -> Item:
    path = ("Activity", recording.index)
    sport, word = _sport(recording)
    if plain(word or "") in NOT_EXERCISE:
        return Skipped(path=path, reason=f"{word} is no exercise")
    started = _start(recording)
    elapsed = _elapsed_seconds(recording, started)
    if recording.flaw is None and started is not None and elapsed is None:
        recording.spoilt("MISSING_DURATION", (), "The activity has neither lap times nor points with times.")
    if recording.flaw is not None or started is None or elapsed is None:
        code, where, message = recording.flaw or ("MISSING_TIME", path, "The activity has no start time.")
        return Problem(code=code, path=where, message=message, raw=raw)
    totals, track = recording.totals, recording.track
    timer = totals.get("TotalTimeSeconds")
    return Draft(
        partner_ref=(recording.reference or started.isoformat())[:_REFERENCE_LIMIT],
        sport=sport,
        sport_word=word,
        title=recording.notes,
        started_at=started.astimezone(UTC),
        utc_offset_seconds=printed_offset(started),
        elapsed_seconds=elapsed,
        moving_seconds=timer if timer is not None else track.moving_seconds if track.legs else None,
        distance_meters=totals.get("DistanceMeters", track.distance_meters),
        energy_kcal=totals.get("Calories") or None,
        energy_kind=EnergyKind.TOTAL,
        steps=round(totals["Extensions"]) if totals.get("Extensions") else None,
        pulse_bpm=_pulse_bpm(recording),
        peak_speed_mps=totals.get("MaximumSpeed") or None,
        p95_speed_mps=track.p95_speed_mps,
        source=_source(recording.creator),
        device_name=recording.creator[:100] if recording.creator else None,
        raw=raw,
    )


def _start(recording: _Recording) -> datetime | None:
    """The start, in its own zone: of the first lap, else the activity's name, else the first point's time."""
    written = [each for each in (recording.lap_start, recording.reference, recording.point_start) if each]
    found = [at for each in written if (at := moment(each)) is not None]
    zoned = next((at for at in found if at.tzinfo is not None), None)
    if zoned is None and found:
        message = "The start names no zone, and a local time is not guessed. Export the workout with UTC times."
        recording.spoilt("MISSING_ZONE", ("Id",), message)
    elif zoned is None and written:
        recording.spoilt("BAD_TIME", ("Id",), "The start is not written as 2026-05-01T06:30:00Z.")
    return zoned


def _elapsed_seconds(recording: _Recording, started: datetime | None) -> float | None:
    """From the start to the end of the last lap or the last point, and no less than the timer ran."""
    if started is None:
        return None
    timer = recording.totals.get("TotalTimeSeconds")
    last_at = recording.track.last_at
    clock = [(at - started).total_seconds() for at in (recording.ended_at, last_at) if at is not None]
    if timer is None:
        return max(clock) if last_at is not None else None
    # A negative timer is a verdict its owner may see, not one to hide behind the clock.
    return max([timer, *clock]) if timer >= 0 else timer


def _sport(recording: _Recording) -> tuple[Sport, str | None]:
    """Our sport, and the word that told it."""
    word = recording.word
    if plain(word or "other") == "other" and (noted := sport_called(recording.notes)) is not None:
        return noted, recording.notes
    return sport_called(word) or Sport.OTHER, word


def _pulse_bpm(recording: _Recording) -> int | None:
    """The laps' averages, each for as long as it lasted; else the mean of the points."""
    if not recording.pulsed_seconds:
        return recording.track.pulse_bpm
    return round(recording.totals["Beats"] / recording.pulsed_seconds)


def _source(creator: str | None) -> Source:
    """DEVICE when the file names what recorded it, unless that is a phone's app."""
    return Source.DEVICE if creator and not creator.lower().startswith(_PHONE_APPS) else Source.PHONE


ADAPTER = Adapter(
    name=_NAME,
    title="TCX activity file",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("application/vnd.garmin.tcx+xml", "application/xml", "text/xml", ".tcx"),
    vocabulary=lambda: known_words().items(),
    also_called=("tcx",),
    streams=True,
)
