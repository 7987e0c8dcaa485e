"""Health Connect's records, and the joining of a session with the records of its app that lie inside it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from adapters import written
from adapters.health_connect_sports import WORDS, sport_of
from adapters.reading import Part, Path, problem_of, raw_of
from domain.drafts import Draft, EnergyKind, Item, Skipped, Source
from domain.errors import BadPayload

_NAME = "health_connect"
_DEVICES = frozenset({"watch", "fitness_band", "ring", "chest_strap"})
_DEVICE_NUMBERS: Mapping[int, str] = MappingProxyType(
    {1: "watch", 2: "phone", 4: "ring", 6: "fitness_band", 7: "chest_strap"}
)
_MANUAL_ENTRY = 3
_STEPS_LIMIT, _METERS_LIMIT, _KCAL_LIMIT = 2_000_000, 10_000_000, 1_000_000
# Each session looks at the records of its app that start inside it, and keeps those it holds. A month on a phone makes
# some ten thousand looks; without a bound, sessions upon sessions would grow as their number squared.
_LOOKS_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class _Figure:
    """What one record says of the time from `start` to `end`: one of distance, active, total and steps."""

    start: datetime
    end: datetime
    kind: str
    amount: float
    part: Part


def source_of(device: str | None, *, manual: bool) -> Source:
    """How a workout's figures came about, by the kind of device that is named."""
    if manual:
        return Source.MANUAL
    return Source.DEVICE if (device or "").lower() in _DEVICES else Source.PHONE


def items_of(entries: Sequence[tuple[Path, object]]) -> Iterator[Item]:
    """The items of records, each with its path, in order; sessions with what the records of their app say.

    Raises BadPayload for a batch of more records inside sessions than a phone ever holds.
    """
    read = [_record(path, value) for path, value in entries]
    figures: dict[str, list[_Figure]] = defaultdict(list)
    for each in read:
        if isinstance(each, _Figure) and _app(each.part):
            figures[_app(each.part)].append(each)
    for listed in figures.values():
        listed.sort(key=lambda each: each.start)
    looks = 0
    counted: set[int] = set()
    sessions: list[Item] = []
    for each in read:
        if not isinstance(each, Part):
            continue
        near, end = _starting_inside(each, figures.get(_app(each), []))
        looks += len(near)
        if looks > _LOOKS_LIMIT:
            raise BadPayload(_NAME, (), "has too many records inside too many sessions; send fewer at once")
        inside = [one for one in near if one.end <= end]
        counted.update(id(one) for one in inside)
        try:
            sessions.append(_session(each, inside))
        except BadPayload as error:
            sessions.append(problem_of(error, raw=raw_of(each.fields)))
    drafts = iter(sessions)
    for each in read:
        if isinstance(each, _Figure):
            reason = "counted in its session" if id(each) in counted else "a part of a day; send day totals"
            yield Skipped(path=each.part.path, reason=reason)
        else:
            yield next(drafts) if isinstance(each, Part) else each


def _record(path: Path, value: object) -> Part | _Figure | Item:
    """A session still to be read, a figure, or what is neither."""
    try:
        part = Part.of(_NAME, path, value)
        kind = _kind(part)
        if kind == "ExerciseSession":
            # Whatever its other fields hold, a session has an app and a span.
            _app(part), part.must(Part.moment, "startTime"), part.must(Part.moment, "endTime")
            return part
        if kind is None or kind not in _READ:
            return Skipped(path=path, reason=f"a record of another kind: {kind or 'untold'}"[:200])
        name, field, unit, limit = _READ[kind]
        holder = part.must(Part.part, field) if unit else part
        amount = holder.must(lambda each, key: each.number(key, low=0, high=limit), unit or field)
        _app(part)
        return _Figure(part.must(Part.moment, "startTime"), part.must(Part.moment, "endTime"), name, amount, part)
    except BadPayload as error:
        return problem_of(error, raw=raw_of(value))


# The kind of record: what it says, the field, the field inside that, the most it may say.
_READ: Mapping[str, tuple[str, str, str | None, float]] = MappingProxyType(
    {
        "ActiveCaloriesBurned": ("active", "energy", "inKilocalories", _KCAL_LIMIT),
        "Distance": ("distance", "distance", "inMeters", _METERS_LIMIT),
        "Steps": ("steps", "count", None, _STEPS_LIMIT),
        "TotalCaloriesBurned": ("total", "energy", "inKilocalories", _KCAL_LIMIT),
    }
)


def _kind(part: Part) -> str | None:
    told = part.label("recordType")
    if told is None and "exerciseType" in part.fields:
        return "ExerciseSession"
    return (told or part.label("type") or "").removesuffix("Record") or None


def _app(part: Part) -> str:
    metadata = part.part("metadata") or Part(_NAME, part.path, {})
    if isinstance(metadata.fields.get("dataOrigin"), str):
        return metadata.label("dataOrigin") or ""
    origin = metadata.part("dataOrigin")
    return (origin.label("packageName") if origin else None) or ""


def _starting_inside(session: Part, figures: Sequence[_Figure]) -> tuple[Sequence[_Figure], datetime]:
    """The figures that start inside the session, of those that stand in order of their start; and its end."""
    start, end = session.must(Part.moment, "startTime"), session.must(Part.moment, "endTime")
    low = bisect_left(figures, start, key=lambda each: each.start)
    return figures[low : bisect_right(figures, end, key=lambda each: each.start)], end


def _session(part: Part, figures: Sequence[_Figure]) -> Draft:
    metadata = part.must(Part.part, "metadata")
    device = metadata.part("device") or Part(_NAME, metadata.path, {})
    own, client = metadata.must(Part.reference, "id"), metadata.reference("clientRecordId")
    started_at, ended_at = part.must(Part.moment, "startTime"), part.must(Part.moment, "endTime")
    manual = metadata.whole("recordingMethod") == _MANUAL_ENTRY
    sums: dict[str, float] = defaultdict(float)
    for each in figures:
        sums[each.kind] += each.amount
    raw = raw_of({"session": part.fields, "records": [each.part.fields for each in figures]}) if figures else part.raw()
    word = _word(part)
    return Draft(
        partner_ref=client or own,
        known_as=(own,) if client and client != own else (),
        sport=sport_of(word),
        sport_word=word,
        title=part.label("title"),
        started_at=started_at,
        utc_offset_seconds=written.offset(part, "startZoneOffset"),
        elapsed_seconds=(ended_at - started_at).total_seconds(),
        distance_meters=sums.get("distance"),
        energy_kcal=sums.get("active") or sums.get("total") or None,
        energy_kind=EnergyKind.ACTIVE if sums.get("active") else EnergyKind.TOTAL,
        steps=round(sums["steps"]) if "steps" in sums else None,
        manual=manual,
        source=source_of(_device(device), manual=manual),
        device_name=device.label("model") or _app(part) or None,
        version=_version(metadata, client),
        raw=raw,
    )


def _word(part: Part) -> str | None:
    if isinstance(part.fields.get("exerciseType"), str):
        return part.label("exerciseType")
    number = part.whole("exerciseType")
    return None if number is None else WORDS.get(number) or part.reference("exerciseType")


def _device(device: Part) -> str | None:
    if isinstance(device.fields.get("type"), str):
        return device.label("type")
    return _DEVICE_NUMBERS.get(device.whole("type") or 0)


def _version(metadata: Part, client: str | None) -> int | None:
    # The writing app's count is 0 where it does not count; equal versions follow the order of arrival.
    if client:
        return metadata.whole("clientRecordVersion", low=0, high=2**62) or 0
    return written.microseconds(metadata.moment("lastModifiedTime"))
