"""Data points of Open mHealth and of IEEE 1752.1, which share their bodies: an activity, or a count of steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.mhealth_sports import is_rest, sport_of
from adapters.mhealth_units import KILOCALORIES, METERS, SECONDS, quantity, steps_of
from adapters.reading import Part, Path, problem_of, raw_of
from domain.drafts import BANGKOK, DayTotal, Draft, Item, Skipped, Source
from domain.errors import BadPayload

_MARKS = ("activity_name", "step_count", "effective_time_frame", "header", "body")
_EXERCISE = frozenset({"physical-activity", "hk-workout", "step-count"})
_DAY = timedelta(days=1)
_MICROSECONDS = 1_000_000
_STEPS_LIMIT = 2_000_000


@dataclass(frozen=True, slots=True)
class Header:
    """What a data point says about itself; all of it may be missing."""

    ref: str | None = None
    person_ref: str | None = None
    version: int | None = None
    source: Source = Source.PHONE
    device_name: str | None = None


def items_of(partner: str, payload: object) -> Iterator[Item]:
    """The items of a data point, of a bare body, or of a list of either, in order.

    Raises BadPayload if nothing in `payload` is one; an empty list is an empty delivery.
    """
    values = list(enumerate(payload)) if isinstance(payload, list) else [(None, payload)]
    if values and not any(_is_known(value) for _, value in values):
        raise BadPayload(partner, (), "found no data points; send {header, body}, or a list of them")
    return (_item(partner, () if index is None else (index,), value) for index, value in values)


def _is_known(value: object) -> bool:
    return isinstance(value, dict) and any(mark in value for mark in _MARKS)


def _item(partner: str, path: Path, value: object) -> Item:
    header = Header()
    try:
        whole = Part.of(partner, path, value)
        head, body = whole.part("header"), whole.part("body") or whole
        header = _header(whole, head)
        if head is not None and (schema := head.part("schema_id")) is not None:
            name = schema.label("name")
            if name is not None and name not in _EXERCISE:
                return Skipped(path=path, reason=f"no exercise but {name}"[:200])
        if body.has("descriptive_statistic"):
            return Skipped(path=path, reason="a statistic over a period, no workout and no sum")
        if body.has("step_count"):
            return _steps(whole, body, header)
        return _workout(whole, body, header)
    except BadPayload as error:
        return problem_of(error, person_ref=header.person_ref, raw=raw_of(value))


def _header(whole: Part, head: Part | None) -> Header:
    if head is None:
        return Header(person_ref=whole.reference("user_id"))
    provenance = head.part("acquisition_provenance") or head
    modality = head.label("modality") or provenance.label("modality")
    created = head.moment("creation_date_time") or head.moment("source_creation_date_time")
    return Header(
        ref=head.reference("uuid") or head.reference("id"),
        person_ref=head.reference("user_id") or whole.reference("user_id"),
        # In microseconds, as arrivals are counted, so that points with and without it can be told apart in time.
        version=int(created.timestamp() * _MICROSECONDS) if created else None,
        source=_SOURCES.get(modality or "", Source.PHONE),
        device_name=provenance.label("source_name"),
    )


# Without a modality nothing says that it was measured by a device of its own: the lesser trust.
_SOURCES = {"sensed": Source.DEVICE, "self-reported": Source.MANUAL, "self_reported": Source.MANUAL}


def _workout(whole: Part, body: Part, header: Header) -> Item:
    word = body.must(Part.label, "activity_name")
    if is_rest(word):
        return Skipped(path=whole.path, reason="time without exercise")
    frame = body.part("effective_time_frame")
    if frame is None:
        raise body.refused("effective_time_frame", "is missing; without it nothing tells when and how long")
    interval = frame.part("time_interval")
    if interval is None:
        raise frame.refused("time_interval", "is missing; a single moment does not tell how long it took")
    started_at, ended_at = bounds(interval)
    elapsed, net = (ended_at - started_at).total_seconds(), quantity(body, "duration", SECONDS)
    return Draft(
        partner_ref=header.ref or f"{started_at:%Y-%m-%dT%H:%M:%S.%fZ} {word}"[:200],
        person_ref=header.person_ref,
        sport=sport_of(word),
        sport_word=word,
        started_at=started_at,
        utc_offset_seconds=interval.printed_offset("start_date_time"),
        elapsed_seconds=elapsed,
        moving_seconds=net,
        distance_meters=quantity(body, "distance", METERS),
        energy_kcal=quantity(body, "kcal_burned", KILOCALORIES) or None,
        steps=steps_of(body, "base_movement_quantity"),
        manual=header.source is Source.MANUAL,
        source=header.source,
        device_name=header.device_name,
        version=header.version,
        raw=whole.raw(),
    )


def bounds(interval: Part) -> tuple[datetime, datetime]:
    """The UTC start and end of a time interval, given by any two of start, end and duration.

    Raises BadPayload for less, and for a date with a part of the day: that is no length of time.
    """
    start, end = interval.moment("start_date_time"), interval.moment("end_date_time")
    seconds = quantity(interval, "duration", SECONDS)
    if seconds is not None and abs(seconds) > _LONGEST:
        raise interval.refused("duration", "is longer than any workout")
    if start is not None and end is not None:
        return start, end
    if start is not None and seconds is not None:
        return start, start + timedelta(seconds=seconds)
    if end is not None and seconds is not None:
        return end - timedelta(seconds=seconds), end
    raise interval.refused("start_date_time", "needs end_date_time or duration beside it")


_LONGEST = 366 * 86_400


def _steps(whole: Part, body: Part, header: Header) -> Item:
    # Version 1 wrote a bare number; later ones a value with its unit.
    bare = isinstance(body.fields.get("step_count"), int)
    steps = body.whole("step_count") if bare else steps_of(body, "step_count")
    frame = body.part("effective_time_frame")
    interval = frame.part("time_interval") if frame else None
    if steps is None or interval is None:
        raise body.refused("step_count", "needs the unit steps and a time_interval")
    if not 0 <= steps <= _STEPS_LIMIT:
        raise body.refused("step_count", f"is out of bounds; send 0 to {_STEPS_LIMIT}")
    started_at, ended_at = bounds(interval)
    offset = interval.printed_offset("start_date_time")
    local = started_at + timedelta(seconds=_BANGKOK_SECONDS if offset is None else offset)
    if ended_at - started_at != _DAY or (local.hour, local.minute, local.second) != (0, 0, 0):
        return Skipped(path=whole.path, reason="steps of a part of a day; send those of whole days")
    return DayTotal(
        local_date=local.date(),
        person_ref=header.person_ref,
        steps=steps,
        source=header.source,
        version=header.version,
        raw=whole.raw(),
    )


_BANGKOK_SECONDS = int((datetime(2020, 1, 1, tzinfo=BANGKOK).utcoffset() or timedelta()).total_seconds())
