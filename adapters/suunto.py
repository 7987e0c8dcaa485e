"""Suunto Cloud API v3: workouts as listed or single, and webhook notifications.

Source: https://apizone.suunto.com/. Quirks:

- Answers wrap everything: `{"error": ..., "payload": ...}`, a list or one object; notifications carry one `workout`.
- `activityId` is a number that names the *sport*; the workout is named by `workoutKey`, older answers by `workoutId`.
- `startTime` and `stopTime` are milliseconds; `totalTime` is seconds in motion, elapsed ones where no stop is told.
- In `hrdata`, `max` is the user's own maximum; the workout's average is `avg` or `workoutAvgHR`.
- The older notification (`username`, `workoutid`) carries no figures.
- There is no sign for a deleted workout. Samples of a day (`SUUNTO_247_...`) are parts of hours, not day totals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import httpx2

from adapters.base import APPLICATION_KEY_HEADER, Adapter, Pages, Reads, decoded_json
from adapters.reading import Part, Path, problem_of, raw_of
from adapters.signatures import header_of, signed
from domain.drafts import Draft, Fetch, Item, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "suunto"
_API = "https://cloudapi.suunto.com/v3"
_PER_PAGE = 100

# The vendor's number: our sport. The comment is the vendor's name where ours says something else. Numbers that name
# no sport (parkour, motor sports, fishing, hunting, chores ...) are absent: they become OTHER and keep their number.
SPORTS: Mapping[int, Sport] = MappingProxyType(
    {
        0: Sport.WALK,
        1: Sport.RUN,
        2: Sport.RIDE,
        3: Sport.XC_SKI,
        10: Sport.MOUNTAIN_BIKE,
        11: Sport.HIKE,
        12: Sport.ROLLER_SKATE,
        13: Sport.SKI,
        14: Sport.CANOE,  # paddling
        15: Sport.ROWING,
        16: Sport.GOLF,
        17: Sport.CARDIO,  # indoor sports
        20: Sport.CALISTHENICS,  # outdoor gym
        21: Sport.SWIM,
        22: Sport.TRAIL_RUN,
        23: Sport.STRENGTH,  # gym
        24: Sport.NORDIC_WALK,
        25: Sport.HORSE_RIDING,
        27: Sport.SKATEBOARD,
        29: Sport.CLIMBING,
        30: Sport.SNOWBOARD,
        31: Sport.SKI,  # ski touring
        32: Sport.AEROBICS,  # fitness class
        33: Sport.FOOTBALL,
        34: Sport.TENNIS,
        35: Sport.BASKETBALL,
        36: Sport.BADMINTON,
        37: Sport.BASEBALL,
        38: Sport.VOLLEYBALL,
        40: Sport.TABLE_TENNIS,
        41: Sport.SQUASH,  # racquetball
        42: Sport.SQUASH,
        43: Sport.FLOORBALL,
        44: Sport.HANDBALL,
        45: Sport.SOFTBALL,
        46: Sport.BOWLING,
        47: Sport.CRICKET,
        48: Sport.RUGBY,
        49: Sport.ICE_SKATE,
        50: Sport.ICE_HOCKEY,
        51: Sport.YOGA,  # yoga and pilates
        52: Sport.INDOOR_CYCLING,
        53: Sport.TREADMILL_RUN,
        54: Sport.CROSSFIT,
        55: Sport.ELLIPTICAL,
        56: Sport.ROLLER_SKI,
        57: Sport.ROWING_MACHINE,
        58: Sport.STRETCHING,
        59: Sport.ATHLETICS,
        60: Sport.ORIENTEERING,
        61: Sport.SUP,
        62: Sport.MARTIAL_ARTS,
        63: Sport.STRENGTH,  # kettlebell
        64: Sport.DANCE,
        65: Sport.SNOWSHOE,
        66: Sport.FRISBEE,
        67: Sport.FUTSAL,
        68: Sport.MULTI_SPORT,
        69: Sport.AEROBICS,
        70: Sport.HIKE,  # trekking
        71: Sport.SAIL,
        72: Sport.KAYAK,
        73: Sport.CARDIO,  # circuit training
        74: Sport.TRIATHLON,
        75: Sport.PADEL,
        77: Sport.BOXING,
        78: Sport.DIVE,
        79: Sport.DIVE,
        80: Sport.MULTI_SPORT,  # adventure racing
        81: Sport.GYMNASTICS,
        82: Sport.CANOE,
        83: Sport.CLIMBING,  # mountaineering
        84: Sport.SKI,  # telemark
        85: Sport.OPEN_WATER_SWIM,
        86: Sport.WINDSURF,
        87: Sport.KITESURF,
        90: Sport.SNORKEL,
        91: Sport.SURF,
        92: Sport.MULTI_SPORT,  # swimrun
        93: Sport.DUATHLON,
        94: Sport.AQUATHLON,
        95: Sport.OBSTACLE_RUN,
        99: Sport.GRAVEL_RIDE,
        100: Sport.SWIM,  # mermaiding
        102: Sport.ROPE_JUMP,
        103: Sport.TRACK_RUN,
        104: Sport.CALISTHENICS,
        105: Sport.EBIKE,
        106: Sport.EBIKE_MOUNTAIN,
        107: Sport.SKI,  # backcountry
        108: Sport.WHEELCHAIR,
        109: Sport.HANDCYCLE,
        110: Sport.SNOWBOARD,  # splitboard
        112: Sport.MEDITATION,
        113: Sport.HOCKEY,
        114: Sport.GRAVEL_RIDE,  # cyclocross
        115: Sport.TRAIL_RUN,  # vertical running
        116: Sport.SKI,  # ski mountaineering
        117: Sport.XC_SKI,
        118: Sport.XC_SKI,
        120: Sport.PILATES,
        121: Sport.YOGA,
    }
)

_MARKS = ("workoutKey", "workoutId", "activityId", "startTime", "totalTime")


def normalise(payload: object) -> Iterator[Item]:
    """The items of an answer, a bare workout or a list of them, or a webhook notification, in order.

    Raises BadPayload for an answer that reports an error, and if nothing in `payload` is known.
    """
    path: Path = ()
    if isinstance(payload, dict) and "payload" in payload:
        if payload.get("error") is not None:
            raise BadPayload(_NAME, ("error",), "Suunto answered with an error instead of workouts")
        path, payload = ("payload",), payload["payload"]
    values = list(enumerate(payload)) if isinstance(payload, list) else [(None, payload)]
    if values and not any(_is_known(value) for _, value in values):
        raise BadPayload(_NAME, path, "found neither workouts nor notifications; send them as Suunto does")
    return (_item(path if index is None else (*path, index), value) for index, value in values)


def _is_known(value: object) -> bool:
    return isinstance(value, dict) and any(mark in value for mark in ("username", *_MARKS))


def _item(path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        person_ref = part.reference("username")
        if part.has("workoutid"):
            return Fetch(partner_ref=part.must(Part.reference, "workoutid"), person_ref=person_ref)
        kind = part.label("type")
        if kind not in {None, "WORKOUT_CREATED"}:
            return Skipped(path=part.path, reason=f"a notification about no workout: {kind}"[:200])
        return _draft(part, part.part("workout") or part, person_ref)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value))


def _draft(whole: Part, workout: Part, person_ref: str | None) -> Draft:
    names = [name for name in (workout.reference("workoutKey"), workout.reference("workoutId")) if name]
    if not names:
        raise workout.refused("workoutKey", "is missing; send it with every workout")
    started_at, stopped_at = workout.must(Part.epoch_ms, "startTime"), workout.epoch_ms("stopTime")
    moving_seconds = workout.must(Part.number, "totalTime")
    offset_minutes = workout.whole("timeOffsetInMinutes", low=-1080, high=1080)
    word, gear = workout.whole("activityId"), whole.part("gear") or workout.part("gear")
    pulse = _pulse(workout)
    manual = workout.flag("isManuallyAdded") or False
    device_name = (gear.label("displayName") or gear.label("name")) if gear else None
    elapsed = (stopped_at - started_at).total_seconds() if stopped_at else 0.0
    measured = Source.DEVICE if device_name else Source.PHONE  # the phone app names no gear
    return Draft(
        partner_ref=names[0],
        known_as=tuple(dict.fromkeys(name for name in names if name != names[0])),
        person_ref=person_ref,
        sport=Sport.OTHER if word is None else SPORTS.get(word, Sport.OTHER),
        sport_word=None if word is None else workout.reference("activityId"),
        started_at=started_at,
        utc_offset_seconds=None if offset_minutes is None else offset_minutes * 60,
        # A stop before the end of the motion is a broken clock; the motion is what was measured.
        elapsed_seconds=max(elapsed, moving_seconds),
        moving_seconds=moving_seconds if elapsed > moving_seconds else None,
        distance_meters=workout.number("totalDistance"),
        energy_kcal=workout.number("energyConsumption") or None,
        steps=workout.whole("stepCount"),
        pulse_bpm=round(pulse) if pulse else None,
        peak_speed_mps=workout.number("maxSpeed") or None,
        manual=manual,
        source=Source.MANUAL if manual else measured,
        device_name=device_name,
        raw=whole.raw(),
    )


def _pulse(workout: Part) -> float | None:
    heart = workout.part("hrdata")
    return (heart.number("workoutAvgHR") or heart.number("avg")) if heart else None


def pages(token: str, since: datetime) -> Pages:
    """Requests for every workout changed after `since`, 100 a page, until a page is empty.

    Each wants our subscription key in a header of its own. Raises BadPayload for an answer without workouts.
    """
    offset = 0
    while True:
        response = yield httpx2.Request(
            "GET",
            f"{_API}/workouts",
            params={
                "since": int(since.timestamp() * 1000),
                "limit": _PER_PAGE,
                "offset": offset,
                "filter-by-modification-time": "true",
            },
            headers={"Authorization": f"Bearer {token}"},
            extensions={APPLICATION_KEY_HEADER: "Ocp-Apim-Subscription-Key"},
        )
        if not _count(response):
            return
        offset += _PER_PAGE


def _count(response: httpx2.Response) -> int:
    workouts = Part.of(_NAME, (), decoded_json(_NAME, response.content)).fields.get("payload")
    if not isinstance(workouts, list):
        raise BadPayload(_NAME, ("payload",), f"expected a list of workouts, found HTTP {response.status_code}")
    return len(workouts)


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """True if Suunto signed `body` with the notification secret set in our application's settings."""
    return signed(header_of(headers, "X-HMAC-SHA256-Signature"), body, secret)


ADAPTER = Adapter(
    name=_NAME,
    title="Suunto",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=("workout",),
    verify=verify,
    pages=pages,
)
