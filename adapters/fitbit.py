"""Legacy Fitbit Web API: activity logs, daily lists, step series and subscription notifications.

Source: https://dev.fitbit.com/build/reference/web-api/activity/. It ends in 2026; `google_health` takes its place.
Quirks:

- The log list gives `startTime` with its offset. The daily list gives a local date and clock without one, and
  `hasStartTime` false makes the clock a placeholder: such activities are quarantined, the log list has them too.
- Durations are milliseconds. `duration` holds the pauses, `activeDuration` does not.
- `distance` is in kilometres or miles by the reader's language, told in `distanceUnit`. We ask without a language,
  which gives kilometres, so that is what a missing unit means.
- Calories include what the body burns at rest.
- The day's `summary` of a daily list does not say which day it is, so day totals come from the step series.
- Names of activities are translated; the numbers of their types are not.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import httpx2

from adapters import written
from adapters.base import Adapter, Pages, Reads, Shaken, decoded_json
from adapters.reading import Part, Path, problem_of, raw_of
from adapters.signatures import header_of, same
from domain.drafts import BANGKOK, DayTotal, Disconnection, Draft, EnergyKind, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "fitbit"
_API = "https://api.fitbit.com/1/user/-/activities"

# The number of the type: our sport.
TYPES: Mapping[int, Sport] = MappingProxyType(
    {
        1071: Sport.RIDE,  # outdoor bike
        2040: Sport.CARDIO,  # circuit training
        2131: Sport.STRENGTH,  # weights
        3001: Sport.AEROBICS,  # aerobic workout
        15675: Sport.TENNIS,
        20047: Sport.ELLIPTICAL,
        20049: Sport.TREADMILL_RUN,
        52001: Sport.YOGA,
        55001: Sport.SPINNING,
        90001: Sport.RIDE,
        90009: Sport.RUN,
        90012: Sport.HIKE,
        90013: Sport.WALK,
        90024: Sport.SWIM,
    }
)
# The English name in small letters: our sport. "Workout", "Sport" and the like say nothing and stay OTHER.
SPORTS: Mapping[str, Sport] = MappingProxyType(
    {
        "aerobic workout": Sport.AEROBICS,
        "aerobics": Sport.AEROBICS,
        "badminton": Sport.BADMINTON,
        "basketball": Sport.BASKETBALL,
        "bike": Sport.RIDE,
        "bootcamp": Sport.CALISTHENICS,
        "boxing": Sport.BOXING,
        "canoeing": Sport.CANOE,
        "circuit training": Sport.CARDIO,
        "core training": Sport.CORE,
        "crossfit": Sport.CROSSFIT,
        "dancing": Sport.DANCE,
        "elliptical": Sport.ELLIPTICAL,
        "golf": Sport.GOLF,
        "hiit": Sport.HIIT,
        "hike": Sport.HIKE,
        "indoor climbing": Sport.CLIMBING,
        "interval workout": Sport.HIIT,
        "kayaking": Sport.KAYAK,
        "kickboxing": Sport.KICKBOXING,
        "martial arts": Sport.MARTIAL_ARTS,
        "mountain bike": Sport.MOUNTAIN_BIKE,
        "outdoor bike": Sport.RIDE,
        "paddleboarding": Sport.SUP,
        "pilates": Sport.PILATES,
        "rowing": Sport.ROWING,
        "rowing machine": Sport.ROWING_MACHINE,
        "run": Sport.RUN,
        "skiing": Sport.SKI,
        "snowboarding": Sport.SNOWBOARD,
        "soccer": Sport.FOOTBALL,
        "spinning": Sport.SPINNING,
        "stairclimber": Sport.STAIR_MACHINE,
        "strength training": Sport.STRENGTH,
        "swim": Sport.SWIM,
        "table tennis": Sport.TABLE_TENNIS,
        "tai chi": Sport.TAI_CHI,
        "tennis": Sport.TENNIS,
        "treadmill": Sport.TREADMILL_RUN,
        "volleyball": Sport.VOLLEYBALL,
        "walk": Sport.WALK,
        "weights": Sport.STRENGTH,
        "yoga": Sport.YOGA,
        "zumba": Sport.ZUMBA,
    }
)
_METERS: Mapping[str, float] = MappingProxyType({"kilometer": 1000.0, "mile": 1609.344})
_REVOKED = frozenset({"deleteUser", "userRevokedAccess"})
_STEP_SERIES = ("activities-steps", "activities-tracker-steps")
_INTRADAY = "activities-steps-intraday"
_STEPS_LIMIT = 2_000_000


def normalise(payload: object) -> Iterator[Item]:
    """The items of a log list, a daily list, a step series, one log or a list of notifications, in order.

    Raises BadPayload if nothing in `payload` is known; an empty list is an empty answer.
    """
    if isinstance(payload, list):
        if payload and not any(isinstance(value, dict) and "collectionType" in value for value in payload):
            raise BadPayload(_NAME, (), "found no notifications in the list")
        return (_item(_notification, (index,), value) for index, value in enumerate(payload))
    if isinstance(payload, dict) and ("activities" in payload or any(key in payload for key in _STEP_SERIES)):
        return _of_answer(payload)
    if isinstance(payload, dict) and "logId" in payload:
        return iter((_item(_draft, (), payload),))
    if isinstance(payload, dict) and isinstance(payload.get("activityLog"), dict):
        return iter((_item(_draft, ("activityLog",), payload["activityLog"]),))
    raise BadPayload(_NAME, (), "found neither activities, steps nor notifications; send the answer as it came")


def _of_answer(answer: Mapping[str, object]) -> Iterator[Item]:
    for key, read in (("activities", _draft), *((series, _day) for series in _STEP_SERIES)):
        values = answer.get(key)
        if values is None:
            continue
        if isinstance(values, list):
            yield from (_item(read, (key, index), value) for index, value in enumerate(values))
        else:
            yield problem_of(BadPayload(_NAME, (key,), f"{key} must be a list"), raw=raw_of(values))
    if "summary" in answer:
        yield Skipped(path=("summary",), reason="a day's summary that does not say which day it is")
    if _INTRADAY in answer:
        yield Skipped(path=(_INTRADAY,), reason="minutes of a day, counted in the day's total")


def _item(read: Callable[[Part], Item], path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        person_ref = part.reference("ownerId")
        return read(part)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value))


def _draft(part: Part) -> Item:
    if part.has("startDate") or part.flag("hasStartTime") is False:
        message = "The daily list gives a local time without its offset, which is not guessed. Send the log list."
        return Problem(code="MISSING_ZONE", path=(*part.path, "startTime"), message=message, raw=part.raw())
    word = part.label("activityName") or part.label("activityParentName") or part.label("name")
    kind = part.whole("activityTypeId") or part.whole("activityParentId") or part.whole("activityId")
    duration, active = part.must(Part.number, "duration"), part.number("activeDuration")
    manual = part.label("logType") == "manual"
    source = part.part("source") or Part(_NAME, part.path, {})
    pulse = part.number("averageHeartRate")
    return Draft(
        partner_ref=part.must(Part.reference, "logId"),
        sport=TYPES.get(kind or 0) or SPORTS.get((word or "").lower(), Sport.OTHER),
        sport_word=word or (str(kind) if kind is not None and abs(kind) < 10**18 else None),
        started_at=part.must(Part.moment, "startTime"),
        utc_offset_seconds=part.printed_offset("startTime"),
        elapsed_seconds=duration / 1000,
        moving_seconds=None if active is None else active / 1000,
        distance_meters=_distance(part),
        energy_kcal=part.number("calories") or None,
        energy_kind=EnergyKind.TOTAL,
        steps=part.whole("steps"),
        pulse_bpm=round(pulse) if pulse else None,
        manual=manual,
        source=Source.MANUAL if manual else _measured(part, source),
        device_name=source.label("name"),
        version=written.microseconds(part.moment("lastModified")),
        raw=part.raw(),
    )


def _measured(part: Part, source: Part) -> Source:
    log_type, kind = part.label("logType"), source.label("type")
    if log_type == "mobile_run" or kind == "app":
        return Source.PHONE
    return Source.DEVICE if log_type in {"tracker", "auto_detected"} or source.has("name") else Source.PHONE


def _distance(part: Part) -> float | None:
    distance, unit = part.number("distance"), (part.label("distanceUnit") or "Kilometer").lower()
    if distance is None:
        return None
    if unit not in _METERS:
        raise part.refused("distanceUnit", "is a unit that is not known here; ask without Accept-Language")
    return distance * _METERS[unit]


def _day(part: Part) -> Item:
    steps = written.whole(part, "value", low=0, high=_STEPS_LIMIT)
    if steps is None:
        return Skipped(path=part.path, reason="a day without steps")
    return DayTotal(local_date=part.must(Part.day, "dateTime"), steps=steps, raw=part.raw())


def _notification(part: Part) -> Item:
    kind, person_ref = part.must(Part.label, "collectionType"), part.must(Part.reference, "ownerId")
    if kind in _REVOKED:
        return Disconnection(person_ref=person_ref)
    if kind == "activities":
        return Fetch(partner_ref=f"activities {part.must(Part.day, 'date')}", person_ref=person_ref)
    return Skipped(path=part.path, reason=f"a change of {kind}"[:200])


def pages(token: str, since: datetime) -> Pages:
    """Requests for the activities logged on and after the day of `since`, 100 a page, then for the steps of each day.

    Fitbit gives the steps of at most 1,095 days at a time. Raises BadPayload for a list that cannot be read or
    whose next page lies elsewhere.
    """
    headers = {"Authorization": f"Bearer {token}"}
    day = since.astimezone(BANGKOK).date()
    url: httpx2.URL | None = httpx2.URL(
        f"{_API}/list.json", params={"afterDate": str(day), "sort": "asc", "limit": "100", "offset": "0"}
    )
    seen = set()
    while url and str(url) not in seen:
        seen.add(str(url))
        response = yield httpx2.Request("GET", url, headers=headers)
        url = _next(response)
    yield httpx2.Request("GET", f"{_API}/steps/date/{day}/today.json", headers=headers)


def _next(response: httpx2.Response) -> httpx2.URL | None:
    pagination = Part.of(_NAME, (), decoded_json(_NAME, response.content)).must(Part.part, "pagination")
    following = pagination.fields.get("next")
    if not following:
        return None
    # The token goes where the address says: only to the same list.
    if not isinstance(following, str) or not following.startswith(f"{_API}/list.json?"):
        raise pagination.refused("next", "leads away from the list of activities")
    return httpx2.URL(following)


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """True if Fitbit signed `body` with the client secret of our application."""
    digest = hmac.digest(f"{secret}&".encode(), body, "sha1")
    return bool(secret) and same(header_of(headers, "X-Fitbit-Signature"), base64.b64encode(digest).decode())


def handshake(parameters: Mapping[str, str], code: str) -> Shaken | None:
    """204 for the verification code of our subscriber, 404 for any other: Fitbit tries both."""
    if "verify" not in parameters:
        return None
    return Shaken(204 if same(parameters["verify"], code) else 404)


ADAPTER = Adapter(
    name=_NAME,
    title="Fitbit",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=lambda: (*TYPES.items(), *SPORTS.items()),
    partner_scopes=("activity", "heartrate", "profile"),
    orders_updates_by="lastModified",
    verify=verify,
    handshake=handshake,
    acknowledged=204,
    pages=pages,
)
