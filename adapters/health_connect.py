"""Health Connect, as a phone posts it: an app's synchronisation with workouts, or the records themselves.

Source: https://developer.android.com/reference/androidx/health/connect/client/records/package-summary. There is no
cloud API: an app on the phone reads the records and posts them. Quirks:

- A session holds neither distance nor energy nor steps. They are added up from the records of the *same app* that lie
  inside the session; those of another app are the same steps counted twice.
- `clientRecordId` is the writing app's own name of a record, and `clientRecordVersion` orders its versions; without
  it the record's `id` and `lastModifiedTime` do.
- The moment is an instant, the offset stands beside it and may be missing. Energy is active or total by its record.
- Records outside sessions are parts of a day and skipped; a day's total is what the phone's own aggregate says.
- A deletion names the record, not what it was: the phone sends the `clientRecordId` with it where it knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from adapters import written
from adapters.base import Adapter, Reads
from adapters.health_connect_records import items_of, source_of
from adapters.health_connect_sports import SPORTS, sport_of
from adapters.reading import Part, Path, problem_of, raw_of
from domain.drafts import DayTotal, Deletion, Draft, EnergyKind, Item, Skipped, Source
from domain.errors import BadPayload

_NAME = "health_connect"
_METERS: Mapping[str, float] = MappingProxyType({"m": 1, "km": 1000, "mi": 1609.344})
_KCAL: Mapping[str, float] = MappingProxyType({"kcal": 1, "kJ": 1 / 4.184})
_RECORD_MARKS = frozenset({"exerciseType", "metadata", "recordType"})
_STEPS_LIMIT, _METERS_LIMIT, _KCAL_LIMIT = 2_000_000, 10_000_000, 1_000_000


def normalise(payload: object) -> Iterable[Item]:
    """The items of a synchronisation, of a batch or list of records, or of one record, in order.

    Raises BadPayload if nothing in `payload` is known; an empty synchronisation is one without news.
    """
    if isinstance(payload, list):
        if payload and not any(isinstance(value, dict) and _RECORD_MARKS & set(value) for value in payload):
            raise BadPayload(_NAME, (), "found no records in the list")
        return items_of([((index,), value) for index, value in enumerate(payload)])
    if isinstance(payload, dict):
        if "data" in payload:
            return _of_batch(Part.of(_NAME, ("data",), payload["data"]).fields, ("data",))
        if set(payload) & {"records", "workouts", "days", "deletions"}:
            return _of_batch(payload, ())
        if _RECORD_MARKS & set(payload):
            return items_of([((), payload)])
    raise BadPayload(_NAME, (), "found neither workouts nor records; send `data` or `records`")


def _of_batch(batch: Mapping[str, object], path: Path) -> Iterator[Item]:
    for key in ("records", "workouts", "days", "deletions", "sleep"):
        values = batch.get(key)
        if values is None:
            continue
        if not isinstance(values, list):
            yield problem_of(BadPayload(_NAME, (*path, key), f"{key} must be a list"), raw=raw_of(values))
            continue
        entries = [((*path, key, index), value) for index, value in enumerate(values)]
        if key == "records":
            yield from items_of(entries)
        elif key == "deletions":
            for entry in entries:
                yield from _deletions(*entry)
        elif key == "sleep":
            yield from (Skipped(path=entry[0], reason="sleep, no exercise") for entry in entries)
        else:
            yield from (_item(key, *entry) for entry in entries)


def _item(key: str, path: Path, value: object) -> Item:
    try:
        part = Part.of(_NAME, path, value)
        return _workout(part) if key == "workouts" else _day(part)
    except BadPayload as error:
        return problem_of(error, raw=raw_of(value))


def _workout(part: Part) -> Draft:
    started_at, ended_at = part.must(Part.moment, "startDate"), part.must(Part.moment, "endDate")
    source = part.part("source") or Part(_NAME, part.path, {})
    figures = dict(_values(part))
    word, kind = part.label("type"), source.label("deviceType")
    manual = (source.label("recordingMethod") or "").lower() in {"manual", "manual_entry"}
    pulse, steps = figures.get("averageHeartRate"), figures.get("steps")
    return Draft(
        partner_ref=part.must(Part.reference, "id"),
        sport=sport_of(word),
        sport_word=word,
        title=part.label("title"),
        started_at=started_at,
        utc_offset_seconds=written.offset(part, "zoneOffset"),
        elapsed_seconds=(ended_at - started_at).total_seconds(),
        distance_meters=figures.get("distance"),
        energy_kcal=figures.get("active") or figures.get("total") or None,
        energy_kind=EnergyKind.ACTIVE if figures.get("active") else EnergyKind.TOTAL,
        steps=None if steps is None else round(steps),
        pulse_bpm=round(pulse) if pulse else None,
        manual=manual,
        source=source_of(kind, manual=manual),
        device_name=source.label("deviceModel") or source.label("appId"),
        raw=part.raw(),
    )


_VALUES: Mapping[str, tuple[str, Mapping[str, float]]] = MappingProxyType(
    {
        "distance": ("distance", _METERS),
        "activeCalories": ("active", _KCAL),
        "totalCalories": ("total", _KCAL),
        "steps": ("steps", MappingProxyType({"count": 1})),
        "averageHeartRate": ("averageHeartRate", MappingProxyType({"bpm": 1})),
    }
)


def _values(part: Part) -> Iterator[tuple[str, float]]:
    listed = part.fields.get("values")
    if listed is not None and not isinstance(listed, list):
        raise part.refused("values", "must be a list")
    for index, value in enumerate(listed or []):
        entry = Part.of(_NAME, (*part.path, "values", index), value)
        kind = entry.label("type")
        if kind is None or kind not in _VALUES:
            continue  # heights, speeds and the like; the payload is kept
        name, units = _VALUES[kind]
        unit = entry.label("unit") or next(iter(units))
        if unit not in units:
            raise entry.refused("unit", f"must be one of {', '.join(units)}")
        yield name, entry.must(Part.number, "value") * units[unit]


def _day(part: Part) -> Item:
    total = DayTotal(
        local_date=part.must(Part.day, "date"),
        steps=part.whole("steps", low=0, high=_STEPS_LIMIT),
        distance_meters=part.number("distanceMeters", low=0, high=_METERS_LIMIT),
        energy_kcal=part.number("activeKilocalories", low=0, high=_KCAL_LIMIT),
        source=Source.PHONE,
        version=written.microseconds(part.moment("readAt")),
        raw=part.raw(),
    )
    if total.steps is None and total.energy_kcal is None:
        return Skipped(path=part.path, reason="a day without figures")
    return total


def _deletions(path: Path, value: object) -> Iterator[Item]:
    try:
        part = Part.of(_NAME, path, value)
        names = (part.must(Part.reference, "id"), part.reference("clientRecordId"))
    except BadPayload as error:
        yield problem_of(error, raw=raw_of(value))
        return
    # A record goes by one of its names; a deletion of a name that nobody bears is a tombstone and nothing else.
    yield from (Deletion(partner_ref=name) for name in dict.fromkeys(name for name in names if name))


ADAPTER = Adapter(
    name=_NAME,
    title="Health Connect",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=(
        "android.permission.health.READ_EXERCISE",
        "android.permission.health.READ_STEPS",
        "android.permission.health.READ_DISTANCE",
        "android.permission.health.READ_ACTIVE_CALORIES_BURNED",
        "android.permission.health.READ_TOTAL_CALORIES_BURNED",
    ),
    orders_updates_by="clientRecordVersion, else lastModifiedTime",
)
