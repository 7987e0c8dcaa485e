"""Withings API v2: workouts, days of activity and notifications; measures of the body are not read.

Source: https://developer.withings.com/api-reference/. Quirks:

- Requests are forms sent by POST with an `action`; answers are JSON with a `status`, 0 for success; HTTP is always 200.
  Notifications are forms too, so this adapter reads bytes.
- Notifications are not signed (signatures belong to some of our requests), so `verify` stays None.
- Moments are seconds since 1970, `timezone` is the IANA name of the place; `date` is that place's calendar day.
- `calories` is active energy, `totalcalories` of a day holds the body's rest. A zero means not measured.
- `attrib` 2 and 4 are typed in; then `manual_calories` and `manual_distance` hold the figures.
- Other vendors' figures come through ("GoogleFit tracker", `is_tracker` false); they are a phone's, not a device's.
- The same workout may come twice in one answer, and one without figures; both say the same `id`.
- `intradayactivity` is minutes of days and is not added to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, available_timezones

import httpx2

from adapters import written
from adapters.base import Adapter, Pages, Reads, Shaken, decoded_json
from adapters.reading import Part, Path, problem_of, raw_of, storable
from domain.drafts import DayTotal, Disconnection, Draft, Fetch, Item, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "withings"
_API = "https://wbsapi.withings.net/v2/measure"

# The vendor's number: our sport. 11 (bodyboard), 22 (American football), 36 (other) and 186 have none of ours.
SPORTS: Mapping[int, Sport] = MappingProxyType(
    {
        1: Sport.WALK,
        2: Sport.RUN,
        3: Sport.HIKE,
        4: Sport.INLINE_SKATE,
        5: Sport.BMX,
        6: Sport.RIDE,
        7: Sport.SWIM,
        8: Sport.SURF,
        9: Sport.KITESURF,
        10: Sport.WINDSURF,
        12: Sport.TENNIS,
        13: Sport.TABLE_TENNIS,
        14: Sport.SQUASH,
        15: Sport.BADMINTON,
        16: Sport.WEIGHTLIFTING,
        17: Sport.CALISTHENICS,
        18: Sport.ELLIPTICAL,
        19: Sport.PILATES,
        20: Sport.BASKETBALL,
        21: Sport.FOOTBALL,
        23: Sport.RUGBY,
        24: Sport.VOLLEYBALL,
        25: Sport.WATER_POLO,
        26: Sport.HORSE_RIDING,
        27: Sport.GOLF,
        28: Sport.YOGA,
        29: Sport.DANCE,
        30: Sport.BOXING,
        31: Sport.FENCING,
        32: Sport.WRESTLING,
        33: Sport.MARTIAL_ARTS,
        34: Sport.SKI,
        35: Sport.SNOWBOARD,
        187: Sport.ROWING,
        188: Sport.ZUMBA,
        191: Sport.BASEBALL,
        192: Sport.HANDBALL,
        193: Sport.HOCKEY,
        194: Sport.ICE_HOCKEY,
        195: Sport.CLIMBING,
        196: Sport.ICE_SKATE,
        272: Sport.MULTI_SPORT,
        306: Sport.TREADMILL_WALK,
        307: Sport.TREADMILL_RUN,
        308: Sport.INDOOR_CYCLING,
    }
)
_NO_ACTIVITY = 128
_TYPED_IN = frozenset({2, 4})
_ABOUT_ACTIVITY, _ABOUT_USER = "16", "46"
_STEPS_LIMIT, _METERS_LIMIT, _KCAL_LIMIT = 2_000_000, 10_000_000, 1_000_000
_FORM_FIELDS_LIMIT = 20
_FIGURES = "calories,distance,steps,manual_calories,manual_distance,pause_duration,hr_average"
_DAY_FIGURES = "calories,distance,steps,totalcalories"


def normalise(payload: object) -> Iterator[Item]:
    """The items of an answer or of a notification, in order.

    Takes bytes, or the decoded document of an answer. Raises BadPayload for an answer that reports an error, and
    if nothing in `payload` is known.
    """
    if isinstance(payload, bytes):
        if payload.lstrip()[:1] not in {b"{", b"\xef"}:
            return iter((_notification(payload),))
        payload = decoded_json(_NAME, payload)
    return _of_answer(_body(payload))


def _body(answer: object) -> Part:
    envelope = Part.of(_NAME, (), answer)
    status = envelope.whole("status")
    if status:
        raise envelope.refused("status", "is not 0: Withings answered with an error")
    return envelope.must(Part.part, "body")


def _of_answer(body: Part) -> Iterator[Item]:
    series, days, measures = (body.fields.get(name) for name in ("series", "activities", "measuregrps"))
    if isinstance(series, dict):
        return iter((Skipped(path=("body", "series"), reason="minutes of days, counted in their totals"),))
    for key, values, read in (("series", series, _workout), ("activities", days, _day)):
        if isinstance(values, list):
            return _of_list(("body", key), values, read)
    if isinstance(measures, list):
        return iter((Skipped(path=("body", "measuregrps"), reason="measures of the body, no exercise"),))
    raise BadPayload(_NAME, ("body",), "found neither workouts nor days; ask with getworkouts or getactivity")


def _of_list(path: Path, values: list[object], read: Callable[[Part], Item]) -> Iterator[Item]:
    for index, value in enumerate(values):
        try:
            yield read(Part.of(_NAME, (*path, index), value))
        except BadPayload as error:
            yield problem_of(error, raw=raw_of(value))


def _workout(part: Part) -> Item:
    number = part.whole("category")
    if number == _NO_ACTIVITY:
        return Skipped(path=part.path, reason="a span without activity")
    started_at, ended_at = part.must(Part.epoch, "startdate"), part.must(Part.epoch, "enddate")
    figures = part.part("data") or Part(_NAME, part.path, {})
    manual = part.whole("attrib") in _TYPED_IN
    elapsed, pause = (ended_at - started_at).total_seconds(), figures.number("pause_duration")
    pulse = figures.number("hr_average")
    model = part.fields.get("model")
    return Draft(
        partner_ref=part.must(Part.reference, "id"),
        person_ref=part.reference("userid"),
        sport=Sport.OTHER if number is None else SPORTS.get(number, Sport.OTHER),
        sport_word=None if number is None else part.reference("category"),
        started_at=started_at,
        utc_offset_seconds=_offset(part.label("timezone"), started_at),
        elapsed_seconds=elapsed,
        moving_seconds=None if pause is None else max(elapsed - pause, 0.0) if elapsed >= 0 else None,
        distance_meters=figures.number("distance") or (figures.number("manual_distance") if manual else None) or None,
        energy_kcal=figures.number("calories") or (figures.number("manual_calories") if manual else None) or None,
        steps=figures.whole("steps"),
        pulse_bpm=round(pulse) if pulse else None,
        manual=manual,
        source=Source.MANUAL if manual else _measured(part),
        device_name=part.label("model") if isinstance(model, str) else None,
        version=written.microseconds(part.epoch("modified")),
        raw=part.raw(),
    )


def _measured(part: Part) -> Source:
    # A tracker of Withings' own has a device id; what another vendor passed on has none.
    return Source.DEVICE if part.has("deviceid", "hash_deviceid") or part.flag("is_tracker") else Source.PHONE


def _offset(zone: str | None, moment: datetime) -> int | None:
    if zone not in _zones():
        return None
    found = moment.astimezone(ZoneInfo(zone or "UTC")).utcoffset()
    return None if found is None else int(found.total_seconds())


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _day(part: Part) -> Item:
    total = DayTotal(
        local_date=part.must(Part.day, "date"),
        person_ref=part.reference("userid"),
        steps=part.whole("steps", low=0, high=_STEPS_LIMIT),
        distance_meters=part.number("distance", low=0, high=_METERS_LIMIT),
        energy_kcal=part.number("calories", low=0, high=_KCAL_LIMIT),
        source=Source.PHONE if part.flag("is_tracker") is False else Source.DEVICE,
        version=written.microseconds(part.epoch("modified")),
        raw=part.raw(),
    )
    if total.steps is None and total.energy_kcal is None:
        return Skipped(path=part.path, reason="a day without figures")
    return total


def _notification(body: bytes) -> Item:
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=_FORM_FIELDS_LIMIT)
    except ValueError as error:
        raise BadPayload(_NAME, (), "the body is neither JSON nor a notification's form") from error
    form = Part(_NAME, (), {name: storable(value) for name, value in pairs})
    person_ref, about = form.must(Part.reference, "userid"), form.label("appli")
    if about == _ABOUT_USER and form.label("action") in {"delete", "unlink"}:
        return Disconnection(person_ref=person_ref)
    if about == _ABOUT_ACTIVITY:
        day = form.label("date") or form.label("startdateymd") or form.label("startdate") or "all"
        return Fetch(partner_ref=f"activity {day[:40]}", person_ref=person_ref)
    return Skipped(path=("appli",), reason=f"a notification about no activity: {about or 'untold'}"[:200])


def pages(token: str, since: datetime) -> Pages:
    """Requests for the workouts and then for the days changed after `since`, as long as Withings has more.

    Raises BadPayload for an answer that reports an error or cannot be read.
    """
    for action, figures in (("getworkouts", _FIGURES), ("getactivity", _DAY_FIGURES)):
        offset: int | None = 0
        while offset is not None:
            form = {"action": action, "lastupdate": int(since.timestamp()), "data_fields": figures, "offset": offset}
            response = yield httpx2.Request("POST", _API, data=form, headers={"Authorization": f"Bearer {token}"})
            offset = _following(response, offset)


def _following(response: httpx2.Response, offset: int) -> int | None:
    body = _body(decoded_json(_NAME, response.content))
    if not body.flag("more"):
        return None
    following = body.must(Part.whole, "offset")
    if following <= offset:
        raise body.refused("offset", "does not go on, though there is more")
    return following


def handshake(_parameters: Mapping[str, str], _token: str) -> Shaken | None:
    """200 for whoever looks: Withings only tries whether the address answers."""
    return Shaken(200)


ADAPTER = Adapter(
    name=_NAME,
    title="Withings",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("application/json", ".json", "application/x-www-form-urlencoded"),
    vocabulary=SPORTS.items,
    partner_scopes=("user.activity",),
    orders_updates_by="modified",
    handshake=handshake,
    pages=pages,
)
