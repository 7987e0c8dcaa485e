"""GPX tracks, version 1.0 and 1.1, with the heart rate of Garmin's TrackPointExtension.

Source: https://www.topografix.com/gpx.asp and Garmin's TrackPointExtension schema. Quirks:

- Each `trk` is a workout; waypoints and routes are plans and marks. There is no energy and no step count.
- Times are optional. A track whose first or last point has none has no duration: quarantined, not guessed.
- The sport is a free word in `trk/type`, or a word in the name; Strava writes numbers of its own.
- Gaps between segments are pauses: they count as elapsed, but add neither distance nor moving time.
- A file names no record of its own; the times and positions of a track do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from xml.sax.saxutils import quoteattr

from adapters.base import Adapter, Reads
from adapters.track_sports import NOT_EXERCISE, known_words, plain, sport_called, sport_in_title
from adapters.tracks import Track, moment, number, position, printed_offset
from adapters.xml_reading import Element, Form, Step
from domain.drafts import Draft, Item, Problem, Skipped, Source
from domain.sports import Sport

_NAME = "gpx_file"
_FORM = Form(
    partner=_NAME,
    roots=frozenset({"gpx"}),
    looks_at={
        "gpx": frozenset({"trk"}),
        "trk": frozenset({"name", "type", "trkseg"}),
        "trkseg": frozenset({"trkpt"}),
    },
    raw=frozenset({"trk"}),
)
_LABEL_LIMIT = 300
# As Strava numbers them in the files it exports.
_STRAVA_NUMBERS: Mapping[str, Sport] = MappingProxyType(
    {"1": Sport.RIDE, "4": Sport.HIKE, "9": Sport.RUN, "10": Sport.WALK}
)
# Files say "creator" and may be edited by anyone; only makers whose devices write them are taken at their word.
_DEVICE_MAKERS = ("garmin", "suunto", "polar", "coros", "wahoo", "fenix", "forerunner", "edge ")


@dataclass
class _Recording:
    """One `trk` as it is read."""

    index: int
    name: str | None = None
    word: str | None = None
    track: Track = field(default_factory=Track)
    offset_seconds: int | None = None
    unread_time: int | None = None
    local_time: int | None = None

    def add(self, point: Element) -> None:
        """Add one `trkpt`."""
        number_here = self.track.points
        written = point.text_of("time")
        at = moment(written)
        if written is not None and at is None and self.unread_time is None:
            self.unread_time = number_here
        if at is not None and at.tzinfo is None:
            self.local_time = number_here if self.local_time is None else self.local_time
            at = None
        if at is not None and self.track.first_at is None:
            self.offset_seconds = printed_offset(at)
        pulse = point.below("hr", "heartrate")
        self.track.add(
            at and at.astimezone(UTC),
            position(point.attributes.get("lat"), point.attributes.get("lon")),
            height=number(point.text_of("ele")),
            pulse=number(pulse.text) if pulse else None,
        )


def normalise(payload: object) -> Iterator[Item]:
    """The tracks of a GPX document, given as bytes or as an iterable of them, each as soon as it is read.

    Raises BadPayload, possibly after some items, for what is no GPX document or breaks off.
    """
    creator: str | None = None
    tracks = 0
    recording = _Recording(0)
    for step, element in _FORM.read(payload):
        match step, element.name:
            case Step.OPENED, "gpx":
                creator = element.attributes.get("creator", "").strip()[:_LABEL_LIMIT] or None
            case Step.OPENED, "trk":
                recording = _Recording(tracks)
                tracks += 1
            case Step.OPENED, "trkseg":
                recording.track.pause()
            case Step.WHOLE, "trkpt":
                recording.add(element)
            case Step.WHOLE, "name":
                recording.name = element.text[:_LABEL_LIMIT] or None
            case Step.WHOLE, "type":
                recording.word = element.text[:_LABEL_LIMIT] or None
            case Step.CLOSED, "trk":
                yield _item(recording, creator, element.raw)
    if not tracks:
        yield Skipped(path=("gpx",), reason="no track: waypoints and routes hold no workout")


def _item(recording: _Recording, creator: str | None, raw: bytes) -> Item:
    path = ("trk", recording.index)
    track = recording.track
    if not track.points:
        return Skipped(path=path, reason="a track without points")
    if plain(recording.word or "") in NOT_EXERCISE:
        return Skipped(path=path, reason=f"{recording.word} is no exercise")
    # With what the reading depends on besides, so that the part can be read again by itself.
    whole = f"<gpx creator={quoteattr(creator or '')}>".encode() + raw + b"</gpx>"
    span = _span(recording, whole)
    if isinstance(span, Problem):
        return span
    sport, word = _sport(recording, creator)
    return Draft(
        partner_ref=track.digest,
        sport=sport,
        sport_word=word,
        title=recording.name,
        started_at=span[0],
        utc_offset_seconds=recording.offset_seconds,
        elapsed_seconds=(span[1] - span[0]).total_seconds(),
        moving_seconds=track.moving_seconds if track.legs else None,
        distance_meters=track.distance_meters,
        pulse_bpm=track.pulse_bpm,
        p95_speed_mps=track.p95_speed_mps,
        source=Source.DEVICE if (creator or "").lower().startswith(_DEVICE_MAKERS) else Source.PHONE,
        device_name=creator[:100] if creator else None,
        raw=whole,
    )


def _span(recording: _Recording, raw: bytes) -> tuple[datetime, datetime] | Problem:
    """When the track starts and ends, or why that cannot be told."""
    track, path = recording.track, ("trk", recording.index)

    def problem(code: str, message: str, point: int | None = None) -> Problem:
        where = path if point is None else (*path, "trkpt", point, "time")
        return Problem(code=code, path=where, message=message, raw=raw)

    if recording.unread_time is not None:
        return problem("BAD_TIME", "The time is not written as 2026-05-01T06:30:00Z.", recording.unread_time)
    if recording.local_time is not None:
        message = "The time names no zone, and a local time is not guessed. Export the track with UTC times."
        return problem("MISSING_ZONE", message, recording.local_time)
    if track.first_at is None or track.last_at is None or not (track.starts_timed and track.ends_timed):
        message = "The track has no times at its start and end, so it has no duration. Export it with its times."
        return problem("MISSING_TIME", message)
    if track.points == 1:
        return problem("MISSING_DURATION", "The track is a single point and has no duration.")
    return track.first_at, track.last_at


def _sport(recording: _Recording, creator: str | None) -> tuple[Sport, str | None]:
    """Our sport, and the word that told it."""
    word = recording.word
    if word is not None:
        if word in _STRAVA_NUMBERS and (creator or "").startswith("Strava"):
            return _STRAVA_NUMBERS[word], word
        return sport_called(word) or Sport.OTHER, word
    return sport_in_title(recording.name) or (Sport.OTHER, None)


ADAPTER = Adapter(
    name=_NAME,
    title="GPX track",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("application/gpx+xml", "application/xml", "text/xml", ".gpx"),
    vocabulary=lambda: (*_STRAVA_NUMBERS.items(), *known_words().items()),
    also_called=("gpx",),
    streams=True,
)
