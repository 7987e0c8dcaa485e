"""Google Fit REST: sessions, activity segments, aggregates and changes.

Source: https://developers.google.com/fit/rest/v1/reference. It closes at the end of 2026 and takes no new
applications. Quirks:

- Times are text: milliseconds of sessions and buckets, nanoseconds of points. None tells an offset.
- A session holds no figures; an aggregate by session does, from Google's merged streams, so that the steps of two
  apps are not added up. Energy includes what the body burns at rest.
- Activity types are numbers. Still, in a vehicle, asleep and the like are no exercise.
- `originDataSourceId` names the app that wrote a point, `<kind>:<data type>:<package>:...`; the ending
  `:user_input` means that a person typed it.
- A point has no name of its own: source, start and end name it, also when it is deleted.
- Points of steps, distance and energy are parts of a day; day totals come from aggregates of whole Bangkok days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType

import httpx2

from adapters import written
from adapters.base import Adapter, Pages, Reads, decoded_json
from adapters.google_fit_sports import NOT_EXERCISE, SPORTS, UNDETECTED
from adapters.reading import Part, Path, problem_of, raw_of
from domain.drafts import BANGKOK, DayTotal, Deletion, Draft, EnergyKind, Item, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "google_fit"
_API = "https://www.googleapis.com/fitness/v1/users/me"
_WINDOW = timedelta(days=30)
_DAY = timedelta(days=1)
_REF_LIMIT = 200
_SEGMENT = "com.google.activity.segment"
_STEPS, _METERS, _KCAL = "com.google.step_count.delta", "com.google.distance.delta", "com.google.calories.expended"
_LIMITS: Mapping[str, float] = MappingProxyType({_STEPS: 2_000_000, _METERS: 10_000_000, _KCAL: 1_000_000})


def normalise(payload: object) -> Iterator[Item]:
    """The items of a data set, its changes, a list of sessions or an aggregate, in order.

    Raises BadPayload if nothing in `payload` is known; an answer that only pages is an empty one.
    """
    known = {*_READERS, "nextPageToken", "hasMoreData", "dataSourceId"}
    if not isinstance(payload, dict) or not known & set(payload):
        raise BadPayload(_NAME, (), "found neither points, sessions nor buckets; send the answer as it came")
    return _of_answer(payload)


def _of_answer(answer: Mapping[str, object]) -> Iterator[Item]:
    for key, read in _READERS.items():
        values = answer.get(key)
        if isinstance(values, list):
            yield from (_item(read, (key, index), value) for index, value in enumerate(values))
        elif values is not None:
            yield problem_of(BadPayload(_NAME, (key,), f"{key} must be a list"), raw=raw_of(values))


def _item(read: Callable[[Part], Item], path: Path, value: object) -> Item:
    try:
        return read(Part.of(_NAME, path, value))
    except BadPayload as error:
        return problem_of(error, raw=raw_of(value))


def _point(part: Part) -> Item:
    if part.label("dataTypeName") != _SEGMENT:
        return Skipped(path=part.path, reason="a part of a day; workouts and day totals come from aggregates")
    number = written.whole(_value(part), "intVal")
    if number is not None and (number == UNDETECTED or number in NOT_EXERCISE):
        return Skipped(path=part.path, reason=f"no exercise: {NOT_EXERCISE.get(number, 'not detected')}")
    started_at, ended_at = part.must(_nanoseconds, "startTimeNanos"), part.must(_nanoseconds, "endTimeNanos")
    manual = (part.label("originDataSourceId") or "").endswith(":user_input")
    return Draft(
        partner_ref=_reference(part),
        sport=_sport(number),
        sport_word=None if number is None else str(number)[:20],
        started_at=started_at,
        elapsed_seconds=(ended_at - started_at).total_seconds(),
        manual=manual,
        source=Source.MANUAL if manual else Source.PHONE,
        device_name=_app(part.label("originDataSourceId")),
        version=written.microseconds(_milliseconds(part, "modifiedTimeMillis")),
        raw=part.raw(),
    )


def _deleted_point(part: Part) -> Item:
    if part.label("dataTypeName") != _SEGMENT:
        return Skipped(path=part.path, reason="a deleted part of a day")
    return Deletion(
        partner_ref=_reference(part), version=written.microseconds(_milliseconds(part, "modifiedTimeMillis"))
    )


def _reference(part: Part) -> str:
    start, end = part.must(written.whole, "startTimeNanos"), part.must(written.whole, "endTimeNanos")
    reference = f"{part.label('originDataSourceId') or ''}:{start}-{end}"
    return reference if len(reference) <= _REF_LIMIT else hashlib.sha256(reference.encode()).hexdigest()


def _app(data_source: str | None) -> str | None:
    steps = (data_source or "").split(":")
    return steps[2] or None if len(steps) > 2 else None  # noqa: PLR2004 - kind, data type, package


def _sport(number: int | None) -> Sport:
    return Sport.OTHER if number is None else SPORTS.get(number, Sport.OTHER)


def _session(part: Part) -> Item:
    return _workout(part, part, {})


def _workout(whole: Part, session: Part, figures: Mapping[str, float]) -> Item:
    number = session.whole("activityType")
    if number is not None and number in NOT_EXERCISE:
        return Skipped(path=session.path, reason=f"no exercise: {NOT_EXERCISE[number]}")
    started_at, ended_at = session.must(_milliseconds, "startTimeMillis"), session.must(_milliseconds, "endTimeMillis")
    active = written.number(session, "activeTimeMillis")
    steps = figures.get(_STEPS)
    application = session.part("application")
    return Draft(
        partner_ref=session.must(Part.reference, "id"),
        sport=_sport(number),
        sport_word=None if number is None else session.reference("activityType"),
        title=session.label("name"),
        started_at=started_at,
        elapsed_seconds=(ended_at - started_at).total_seconds(),
        moving_seconds=active / 1000 if active else None,
        distance_meters=figures.get(_METERS),
        energy_kcal=figures.get(_KCAL) or None,
        energy_kind=EnergyKind.TOTAL,
        steps=None if steps is None else round(steps),
        source=Source.PHONE,
        device_name=application.label("packageName") if application else None,
        version=written.microseconds(_milliseconds(session, "modifiedTimeMillis")),
        raw=whole.raw(),
    )


def _deleted_session(part: Part) -> Item:
    return Deletion(
        partner_ref=part.must(Part.reference, "id"),
        version=written.microseconds(_milliseconds(part, "modifiedTimeMillis")),
    )


def _bucket(part: Part) -> Item:
    figures, session = _figures(part), part.part("session")
    if session:
        return _workout(part, session, figures)
    start, end = part.must(_milliseconds, "startTimeMillis"), part.must(_milliseconds, "endTimeMillis")
    local = start.astimezone(BANGKOK)
    if end - start != _DAY or local.time() != time():
        return Skipped(path=part.path, reason="a bucket that is neither a session nor a whole Bangkok day")
    steps = figures.get(_STEPS)
    if steps is None:
        return Skipped(path=part.path, reason="a day without steps")
    # Its energy holds the body's rest, which a day total does not.
    return DayTotal(
        local_date=local.date(),
        steps=round(steps),
        distance_meters=figures.get(_METERS),
        source=Source.PHONE,
        raw=part.raw(),
    )


def _figures(bucket: Part) -> dict[str, float]:
    """The sums of a bucket by data type; a type without points is absent."""
    sums: dict[str, float] = {}
    for at, value in enumerate(_list(bucket, "dataset")):
        dataset = Part.of(_NAME, (*bucket.path, "dataset", at), value)
        for index, entry in enumerate(_list(dataset, "point")):
            point = Part.of(_NAME, (*dataset.path, "point", index), entry)
            kind = point.label("dataTypeName") or ""
            if kind in _LIMITS:
                amount = _amount(_value(point), _LIMITS[kind])
                sums[kind] = sums.get(kind, 0.0) + amount
    return sums


def _list(part: Part, name: str) -> list[object]:
    values = part.fields.get(name)
    if values is not None and not isinstance(values, list):
        raise part.refused(name, "must be a list")
    return values or []


def _value(point: Part) -> Part:
    values = _list(point, "value")
    if not values:
        raise point.refused("value", "is missing; send it with every point")
    return Part.of(_NAME, (*point.path, "value", 0), values[0])


def _amount(value: Part, limit: float) -> float:
    found = written.number(value, "intVal", low=0, high=limit)
    return found if found is not None else value.must(lambda part, name: part.number(name, low=0, high=limit), "fpVal")


def _milliseconds(part: Part, name: str) -> datetime | None:
    return Part(_NAME, part.path, {name: written.whole(part, name)}).epoch_ms(name)


def _nanoseconds(part: Part, name: str) -> datetime | None:
    count = written.whole(part, name)
    if count is None:
        return None
    milliseconds = Part(_NAME, part.path, {name: count // 1_000_000}).must(Part.epoch_ms, name)
    return milliseconds + timedelta(microseconds=count % 1_000_000 // 1_000)


# In the order in which they are read: what is gone comes last.
_READERS: Mapping[str, Callable[[Part], Item]] = MappingProxyType(
    {
        "point": _point,
        "insertedDataPoint": _point,
        "session": _session,
        "bucket": _bucket,
        "deletedDataPoint": _deleted_point,
        "deletedSession": _deleted_session,
    }
)


def pages(token: str, since: datetime) -> Pages:
    """Requests for what was deleted since, then by windows of 30 days for sessions with figures and for whole days.

    The sessions themselves are not asked for: without figures they would replace those that have them. Days are
    Bangkok's. The last window holds the server's own time, read from the answers' Date header; raises BadPayload
    for an answer without one.
    """
    headers = {"Authorization": f"Bearer {token}"}
    params = {
        "startTime": since.isoformat(),
        "includeDeleted": "true",
        "fields": "deletedSession,nextPageToken,hasMoreData",
    }
    seen: set[str] = set()
    while True:
        response = yield httpx2.Request("GET", f"{_API}/sessions", params=params, headers=headers)
        following = Part.of(_NAME, (), decoded_json(_NAME, response.content)).fields.get("nextPageToken")
        if not isinstance(following, str) or not following or following in seen:
            break
        seen.add(following)
        params = params | {"pageToken": following}
    start = datetime.combine(since.astimezone(BANGKOK).date(), time(), BANGKOK)
    now = _server_time(response)
    while start < now:
        for buckets in (
            {"bucketBySession": {"minDurationMillis": 60_000}},
            {"bucketByTime": {"period": {"type": "day", "value": 1, "timeZoneId": "Asia/Bangkok"}}},
        ):
            yield httpx2.Request(
                "POST", f"{_API}/dataset:aggregate", json=_window(start, start + _WINDOW) | buckets, headers=headers
            )
        start += _WINDOW


def _window(start: datetime, end: datetime) -> dict[str, object]:
    return {
        "aggregateBy": [{"dataTypeName": kind} for kind in _LIMITS],
        "startTimeMillis": int(start.timestamp() * 1000),
        "endTimeMillis": int(end.timestamp() * 1000),
    }


def _server_time(response: httpx2.Response) -> datetime:
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).astimezone(BANGKOK)
    except (ValueError, OverflowError) as error:
        raise BadPayload(_NAME, (), "the answer has no Date header, so the last window cannot be told") from error


ADAPTER = Adapter(
    name=_NAME,
    title="Google Fit",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=(
        "https://www.googleapis.com/auth/fitness.activity.read",
        "https://www.googleapis.com/auth/fitness.location.read",
    ),
    orders_updates_by="modifiedTimeMillis",
    pages=pages,
)
