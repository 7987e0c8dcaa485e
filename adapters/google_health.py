"""Google Health API v4: exercise data points, daily roll-ups of steps, and webhook notifications.

Source: https://developers.google.com/health/data-types/workouts and /health/webhooks. Quirks:

- 64-bit whole numbers are text ("5120"); durations and offsets are text in seconds ("1800s", "25200s").
- `startTime` is UTC; `startUtcOffset` tells the place. `activeDuration` leaves out the pauses.
- `caloriesKcal` of an exercise is the vendor's active energy. Distances are millimetres.
- A point is named by the last step of `name`, in reconciled lists of `dataPointName`.
- A notification names a person, a data type and intervals, never a point. So a deletion says when, not what:
  it is quarantined for a person to look at, since no record can be named by it.
- Notifications carry an Authorization header of our choice and an ECDSA signature; `verify` checks the latter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType

import httpx2

from adapters import written
from adapters.base import Adapter, Pages, Reads, decoded_json
from adapters.google_signature import is_signed
from adapters.reading import Part, Path, problem_of, raw_of
from adapters.signatures import header_of
from domain.drafts import BANGKOK, DayTotal, Draft, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "google_health"
_VERIFICATIONS = frozenset({b'{"type": "verification"}', b'{"type":"verification"}'})
_API = "https://health.googleapis.com/v4/users/me/dataTypes"
_PER_PAGE = 25  # the most that Google gives of sessions
_ROLLUP_DAYS = 90

SPORTS: Mapping[str, Sport] = MappingProxyType(
    {
        "BIKING": Sport.RIDE,
        "HIIT": Sport.HIIT,
        "HIKING": Sport.HIKE,
        "PILATES": Sport.PILATES,
        "RUNNING": Sport.RUN,
        "SPINNING": Sport.SPINNING,
        "STRENGTH_TRAINING": Sport.STRENGTH,
        "SWIMMING": Sport.SWIM,
        "TREADMILL": Sport.TREADMILL_RUN,
        "TREADMILL_WALK": Sport.TREADMILL_WALK,
        "WALKING": Sport.WALK,
        "WEIGHTLIFTING": Sport.WEIGHTLIFTING,
        "YOGA": Sport.YOGA,
    }
)
# Words for "something else"; the name that the person's app shows says more.
_VAGUE = frozenset({"EXERCISE_TYPE_UNSPECIFIED", "OTHER", "WORKOUT"})
_DEVICES = frozenset({"CHEST_STRAP", "FITNESS_BAND", "RING", "WATCH"})
_SECONDS = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?s", re.ASCII)
_OFFSET_LIMIT_SECONDS = 18 * 3600
_STEPS_LIMIT = 2_000_000


def normalise(payload: object) -> Iterator[Item]:
    """The items of a list of data points or daily roll-ups, of one point, or of notifications, in order.

    Raises BadPayload if nothing in `payload` is known; an empty answer is an empty page.
    """
    if isinstance(payload, list):
        if payload and not any(_is_notification(value) for value in payload):
            raise BadPayload(_NAME, (), "found no notifications in the list")
        return (_item((index,), value) for index, value in enumerate(payload))
    if not isinstance(payload, dict):
        raise BadPayload(_NAME, (), "expected an object or a list")
    for key in ("dataPoints", "rollupDataPoints"):
        if key in payload:
            return _of_list(key, payload[key])
    if _is_notification(payload) or "exercise" in payload:
        return iter((_item((), payload),))
    if set(payload) <= {"nextPageToken"}:
        return iter(())  # Google leaves out empty lists
    raise BadPayload(_NAME, (), "found neither data points, roll-ups nor a notification; send the answer as it came")


def _of_list(key: str, values: object) -> Iterator[Item]:
    if not isinstance(values, list):
        raise BadPayload(_NAME, (key,), f"{key} must be a list")
    return (_item((key, index), value) for index, value in enumerate(values))


def _is_notification(value: object) -> bool:
    return isinstance(value, dict) and (isinstance(value.get("data"), dict) or value.get("type") == "verification")


def _item(path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        if part.label("type") == "verification":
            return Skipped(path=path, reason="a trial of the address")
        data = part.part("data")
        if data:
            person_ref = data.must(Part.reference, "healthUserId")
            return _notification(data, person_ref)
        if part.has("civilStartTime"):
            return _day(part)
        person_ref, reference = _names(part)
        exercise = part.part("exercise")
        if exercise is None:
            return Skipped(path=path, reason="a data point of another kind, no exercise")
        return _draft(part, exercise, person_ref, reference)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value))


def _names(part: Part) -> tuple[str | None, str]:
    """Whose the point is, if the name tells, and what it is called: users/{user}/dataTypes/{type}/dataPoints/{id}."""
    named = "name" if part.has("name") else "dataPointName"
    steps = part.must(Part.reference, named).split("/")
    person = steps[1] if steps[0] == "users" and len(steps) > 1 and steps[1] != "me" else None
    if not steps[-1]:
        raise part.refused(named, "ends without a name of the data point")
    return person or None, steps[-1]


def _draft(whole: Part, exercise: Part, person_ref: str | None, reference: str) -> Draft:
    interval = exercise.must(Part.part, "interval")
    figures = exercise.part("metricsSummary") or Part(_NAME, exercise.path, {})
    source = whole.part("dataSource") or Part(_NAME, whole.path, {})
    device = source.part("device") or Part(_NAME, source.path, {})
    application = source.part("application") or Part(_NAME, source.path, {})
    started_at, ended_at = interval.must(Part.moment, "startTime"), interval.must(Part.moment, "endTime")
    word, title = exercise.label("exerciseType"), exercise.label("displayName")
    manual = source.label("recordingMethod") == "MANUAL"
    pulse = written.number(figures, "averageHeartRateBeatsPerMinute")
    distance = written.number(figures, "distanceMillimeters")
    offset = _seconds(interval, "startUtcOffset", limit=_OFFSET_LIMIT_SECONDS)
    return Draft(
        partner_ref=reference,
        person_ref=person_ref,
        sport=SPORTS.get(word or "", Sport.OTHER),
        sport_word=(title if word in _VAGUE else None) or word,
        title=title,
        started_at=started_at,
        utc_offset_seconds=None if offset is None else int(offset),
        elapsed_seconds=(ended_at - started_at).total_seconds(),
        moving_seconds=_seconds(exercise, "activeDuration"),
        distance_meters=None if distance is None else distance / 1000,
        energy_kcal=written.number(figures, "caloriesKcal") or None,
        steps=written.whole(figures, "steps"),
        pulse_bpm=round(pulse) if pulse else None,
        manual=manual,
        source=Source.MANUAL if manual else _measured(source, device),
        device_name=device.label("displayName") or application.label("packageName"),
        version=written.microseconds(exercise.moment("updateTime")),
        raw=whole.raw(),
    )


def _measured(source: Part, device: Part) -> Source:
    # What Fitbit's own platform uploads was measured by a tracker, also where no form is told.
    worn = device.label("formFactor") in _DEVICES
    named = source.label("platform") == "FITBIT" and device.has("displayName") and not device.has("formFactor")
    return Source.DEVICE if worn or named else Source.PHONE


def _seconds(part: Part, name: str, *, limit: float = 10**9) -> float | None:
    text = part.label(name)
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise part.refused(name, 'is no duration such as "1800s"')
    return Part(_NAME, part.path, {name: float(text[:-1])}).number(name, low=-limit, high=limit)


def _day(part: Part) -> Item:
    start = part.must(Part.part, "civilStartTime").must(Part.part, "date")
    steps = part.part("steps")
    if steps is None:
        return Skipped(path=part.path, reason="a daily roll-up without steps")
    count = written.whole(steps, "countSum", low=0, high=_STEPS_LIMIT)
    if count is None:
        return Skipped(path=part.path, reason="a day without steps")
    year, month, day = (start.must(Part.whole, name) for name in ("year", "month", "day"))
    text = f"{year:04d}-{month:02d}-{day:02d}" if 0 < year < 10_000 and 0 < month < 100 and 0 < day < 100 else "none"  # noqa: PLR2004
    local_date = Part(_NAME, start.path, {"date": text}).must(Part.day, "date")
    return DayTotal(local_date=local_date, steps=count, source=Source.PHONE, raw=part.raw())


def _notification(data: Part, person_ref: str) -> Item:
    kind, operation = data.must(Part.label, "dataType"), data.must(Part.label, "operation")
    if kind.lower() not in {"exercise", "steps"}:
        return Skipped(path=data.path, reason=f"a change of {kind}"[:200])
    if operation == "DELETE" and kind.lower() == "exercise":
        return Problem(
            code="UNNAMED_DELETION",
            path=(*data.path, "intervals"),
            message="Exercises were deleted at Google in these intervals, which names no record. Delete them here by "
            "hand, or ask the person to.",
            person_ref=person_ref,
            raw=data.raw(),
        )
    return Fetch(partner_ref=f"{kind.lower()} {_span(data)}", person_ref=person_ref)


def _span(data: Part) -> str:
    intervals = data.fields.get("intervals")
    if not isinstance(intervals, list) or not intervals:
        return "all"
    spans = [Part.of(_NAME, (*data.path, "intervals", at), value) for at, value in enumerate(intervals)]
    physical = [found for span in spans if (found := span.part("physicalTimeInterval"))]
    starts = [moment for found in physical if (moment := found.moment("startTime"))]
    ends = [moment for found in physical if (moment := found.moment("endTime"))]
    return f"{min(starts):%Y-%m-%dT%H:%M:%SZ} to {max(ends):%Y-%m-%dT%H:%M:%SZ}" if starts and ends else "all"


def pages(token: str, since: datetime) -> Pages:
    """Requests for the exercises that started after `since`, 25 a page, then for the steps of each day since.

    The last day is the Bangkok day of the server's own time, read from the answers' Date header. Raises
    BadPayload for an answer that cannot be read or is without one.
    """
    headers = {"Authorization": f"Bearer {token}"}
    # By the person's own clock, whose offset is unknown: a day of margin holds every zone.
    start = since.astimezone(BANGKOK).date() - timedelta(days=1)
    params = {"filter": f'exercise.interval.civil_start_time >= "{start}"', "pageSize": str(_PER_PAGE)}
    seen = {""}
    while True:
        response = yield httpx2.Request("GET", f"{_API}/exercise/dataPoints", params=params, headers=headers)
        following = Part.of(_NAME, (), decoded_json(_NAME, response.content)).fields.get("nextPageToken", "")
        if not isinstance(following, str) or following in seen:
            break
        seen.add(following)
        params = params | {"pageToken": following}
    after = _server_time(response).astimezone(BANGKOK).date() + timedelta(days=1)
    while start < after:
        until = min(start + timedelta(days=_ROLLUP_DAYS), after)
        body = {"range": {"start": _civil(start), "end": _civil(until)}, "windowSizeDays": 1, "pageSize": _ROLLUP_DAYS}
        yield httpx2.Request("POST", f"{_API}/steps/dataPoints:dailyRollUp", json=body, headers=headers)
        start = until


def _civil(day: date) -> dict[str, dict[str, int]]:
    return {"date": {"year": day.year, "month": day.month, "day": day.day}}


def _server_time(response: httpx2.Response) -> datetime:
    try:
        found = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, OverflowError) as error:
        raise BadPayload(_NAME, (), "the answer has no Date header, so the last day cannot be told") from error
    return found.astimezone(BANGKOK)


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """True if Google signed `body`; `secret` is the keyset of public keys that Google publishes, as JSON.

    A bare verification, by which Google tries the address, needs no signature: it says nothing.
    """
    return body in _VERIFICATIONS or is_signed(header_of(headers, "X-HEALTHAPI-SIGNATURE"), body, secret)


ADAPTER = Adapter(
    name=_NAME,
    title="Google Health",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=("https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly",),
    orders_updates_by="exercise.updateTime",
    also_called=("google_health_api",),
    verify=verify,
    pages=pages,
    own_authorization=True,
    acknowledged=201,
)
