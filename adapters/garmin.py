"""Garmin Connect Developer Program: push envelopes of the Activity and Health APIs, and what their pulls answer.

Source: https://developer.garmin.com/gc-developer-program/ (the field reference is given to partners
only). Quirks:

- A record is named by `summaryId`; Strava and other copies quote `activityId`, which may differ and is
  given as `known_as`. `activityDetails` names the same record with "-detail" at the end.
- A later copy with the same `summaryId` replaces the former; there is no version, so arrival decides.
- Multisport: one parent (`isParent`) and a child for each leg (`parentSummaryId`). The parent holds the
  sums, so children are skipped always, also when their parent comes in another delivery.
- `moveIQActivities` are guessed from movement and already counted in `dailies`; `epochs` are quarter
  hours of the same day. Both are skipped. `dailies` include the steps of the activities.
- `durationInSeconds` is the timer, without pauses; an elapsed time is not sent.
- Garmin signs nothing, so `verify` stays None: the door asks for a bearer or a secret in the callback's address.
- A ping names a `callbackURL`; it is never followed, `pages` builds its own addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType

import httpx2

from adapters.base import Adapter, Pages, Reads
from adapters.reading import Part, Path, problem_of, raw_of, storable
from domain.drafts import DayTotal, Disconnection, Draft, Fetch, Item, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "garmin"
_API = "https://apis.garmin.com/wellness-api/rest"
_WINDOW = timedelta(hours=24)

# Our sport: the vendor's words, without the endings _V2 (a newer spelling) and _WS (winter sports).
# PADDELBALL is the vendor's spelling of padel.
_WORDS: Mapping[Sport, str] = MappingProxyType(
    {
        Sport.RUN: "RUNNING STREET_RUNNING ULTRA_RUN",
        Sport.TREADMILL_RUN: "INDOOR_RUNNING TREADMILL_RUNNING",
        Sport.TRACK_RUN: "TRACK_RUNNING",
        Sport.TRAIL_RUN: "TRAIL_RUNNING",
        Sport.WALK: "WALKING CASUAL_WALKING SPEED_WALKING",
        Sport.TREADMILL_WALK: "INDOOR_WALKING",
        Sport.HIKE: "HIKING RUCKING",
        Sport.RIDE: "CYCLING RECUMBENT_CYCLING",
        Sport.ROAD_RIDE: "ROAD_BIKING",
        Sport.TRACK_RIDE: "TRACK_CYCLING",
        Sport.MOUNTAIN_BIKE: "MOUNTAIN_BIKING DOWNHILL_BIKING ENDURO_MTB",
        Sport.GRAVEL_RIDE: "CYCLOCROSS GRAVEL_CYCLING",
        Sport.EBIKE: "E_BIKE_FITNESS",
        Sport.EBIKE_MOUNTAIN: "E_BIKE_MOUNTAIN E_ENDURO_MTB",
        Sport.HANDCYCLE: "HANDCYCLING INDOOR_HANDCYCLING",
        Sport.SWIM: "SWIMMING",
        Sport.POOL_SWIM: "LAP_SWIMMING",
        Sport.OPEN_WATER_SWIM: "OPEN_WATER_SWIMMING",
        Sport.SNORKEL: "SNORKELING",
        Sport.DIVE: "DIVING SCUBA_DIVING APNEA_DIVING",
        Sport.CARDIO: "FITNESS_EQUIPMENT INDOOR_CARDIO",
        Sport.ROWING_MACHINE: "INDOOR_ROWING",
        Sport.ROPE_JUMP: "JUMP_ROPE",
        Sport.STRETCHING: "MOBILITY",
        Sport.STAIR_MACHINE: "STAIR_CLIMBING",
        Sport.STAIRS: "FLOOR_CLIMBING",
        Sport.STRENGTH: "STRENGTH_TRAINING",
        Sport.MEDITATION: "BREATHWORK MEDITATION",
        Sport.CLIMBING: "BOULDERING INDOOR_CLIMBING ROCK_CLIMBING MOUNTAINEERING",
        Sport.MARTIAL_ARTS: "MIXED_MARTIAL_ARTS",
        Sport.KAYAK: "KAYAKING",
        Sport.CANOE: "PADDLING",
        Sport.SAIL: "SAILING",
        Sport.SUP: "STAND_UP_PADDLEBOARDING",
        Sport.SURF: "SURFING",
        Sport.WAKEBOARD: "WAKEBOARDING WAKESURFING",
        Sport.RAFTING: "WHITEWATER_RAFTING",
        Sport.WINDSURF: "WINDSURFING",
        Sport.KITESURF: "KITEBOARDING",
        Sport.PADEL: "PADDELBALL PLATFORM_TENNIS",
        Sport.SQUASH: "RACQUETBALL SQUASH",
        Sport.HOCKEY: "FIELD_HOCKEY",
        Sport.FOOTBALL: "SOCCER",
        Sport.FRISBEE: "ULTIMATE_DISC DISC_GOLF",
        Sport.HORSE_RIDING: "HORSEBACK_RIDING",
        Sport.INLINE_SKATE: "INLINE_SKATING",
        Sport.ICE_SKATE: "SKATING",
        Sport.SKI: "BACKCOUNTRY_SKIING BACKCOUNTRY_SKIING_SNOWBOARDING RESORT_SKIING RESORT_SKIING_SNOWBOARDING",
        Sport.XC_SKI: "CROSS_COUNTRY_SKIING SKATE_SKIING",
        Sport.SNOWBOARD: "BACKCOUNTRY_SNOWBOARDING SNOWBOARDING",
        Sport.SNOWSHOE: "SNOW_SHOE",
        Sport.WHEELCHAIR: "WHEELCHAIR_PUSH_WALK",
        Sport.WHEELCHAIR_RUN: "WHEELCHAIR_PUSH_RUN",
    }
)
_SAME_WORDS = (
    "ARCHERY BADMINTON BASEBALL BASKETBALL BMX BOXING CRICKET DANCE ELLIPTICAL GOLF HIIT ICE_HOCKEY "
    "INDOOR_CYCLING MULTI_SPORT OBSTACLE_RUN PICKLEBALL PILATES ROWING RUGBY SOFTBALL TABLE_TENNIS TENNIS "
    "VIRTUAL_RIDE VIRTUAL_RUN VOLLEYBALL YOGA"
)
SPORTS: Mapping[str, Sport] = MappingProxyType(
    {word: sport for sport, words in _WORDS.items() for word in words.split()}
    | {word: Sport[word] for word in _SAME_WORDS.split()}
)

# Neither belongs in a stored payload: the one is a credential, the other carries one.
_SECRETS = frozenset({"userAccessToken", "callbackURL"})
_STEPS_LIMIT, _METERS_LIMIT, _KCAL_LIMIT = 2_000_000, 10_000_000, 1_000_000


def normalise(payload: object) -> Iterator[Item]:
    """The items of a push envelope, of the list a pull answers with, or of one bare summary, in order.

    Raises BadPayload if nothing in `payload` is known; an empty list is an empty pull.
    """
    if isinstance(payload, list):
        if payload and not any(_kind(value) for value in payload):
            raise BadPayload(_NAME, (), "found no Garmin summaries in the list")
        return (_item(_kind(value) or "activities", (index,), value) for index, value in enumerate(payload))
    if isinstance(payload, dict) and any(key in _READERS for key in payload):
        return _of_envelope(payload)
    if kind := _kind(payload):
        return iter((_item(kind, (), payload),))
    raise BadPayload(_NAME, (), "found no Garmin envelope such as activities or dailies; send the push body as it came")


def _of_envelope(envelope: Mapping[str, object]) -> Iterator[Item]:
    for kind, summaries in envelope.items():
        if kind not in _READERS:
            error = BadPayload(
                _NAME, (storable(kind)[:80],), "this kind of summary is not known here; kept for a replay"
            )
            yield problem_of(error, raw=raw_of(summaries, _SECRETS))
        elif not isinstance(summaries, list):
            yield problem_of(BadPayload(_NAME, (kind,), f"{kind} must be a list"), raw=raw_of(summaries, _SECRETS))
        else:
            for index, value in enumerate(summaries):
                yield _item(kind, (kind, index), value)


def _kind(value: object) -> str | None:
    """The envelope a bare summary would have come in; None if it is no summary."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("summary"), dict):
        return "activityDetails"
    if "calendarDate" in value:
        return "moveIQActivities" if "activityType" in value else "dailies"
    if "activityId" not in value and ("intensity" in value or "activeTimeInSeconds" in value):
        return "epochs"
    marks = ("summaryId", "activityId", "activityType", "startTimeInSeconds", "durationInSeconds")
    return "activities" if any(mark in value for mark in marks) else None


def _item(kind: str, path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        person_ref = part.reference("userId")
        return _READERS[kind](part, person_ref)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value, _SECRETS))


def _activity(part: Part, person_ref: str | None) -> Item:
    return _workout(part, part, person_ref, manual_unless_told=False)


def _manually_updated(part: Part, person_ref: str | None) -> Item:
    # Typed in or edited by hand on the web site; only an explicit `manual: false` says that it was measured.
    return _workout(part, part, person_ref, manual_unless_told=True)


def _details(part: Part, person_ref: str | None) -> Item:
    summary = part.part("summary") or part  # a ping has no summary
    return _workout(part, summary, person_ref or summary.reference("userId"), manual_unless_told=False)


def _workout(whole: Part, summary: Part, person_ref: str | None, *, manual_unless_told: bool) -> Item:
    if whole.has("callbackURL") and not summary.has("startTimeInSeconds"):
        return _ping(whole, person_ref)
    found = [part.reference(key) for key in ("summaryId", "activityId") for part in (whole, summary)]
    names = [name.removesuffix("-detail") for name in found if name]
    if not names:
        raise summary.refused("summaryId", "and activityId are both missing; send one of them")
    parent = summary.reference("parentSummaryId")
    if parent is not None and parent != names[0]:
        return Skipped(path=whole.path, reason="a leg of a multisport activity, counted in its parent")
    word = summary.label("activityType")
    told = summary.flag("manual")
    manual = manual_unless_told if told is None else told
    return Draft(
        partner_ref=names[0],
        known_as=tuple(dict.fromkeys(name for name in names if name != names[0])),
        person_ref=person_ref,
        sport=_sport(word),
        sport_word=word,
        title=summary.label("activityName"),
        started_at=summary.must(Part.epoch, "startTimeInSeconds"),
        utc_offset_seconds=summary.offset("startTimeOffsetInSeconds"),
        elapsed_seconds=summary.must(Part.number, "durationInSeconds"),
        distance_meters=summary.number("distanceInMeters"),
        energy_kcal=summary.number("activeKilocalories") or None,
        steps=summary.whole("steps"),
        pulse_bpm=summary.whole("averageHeartRateInBeatsPerMinute"),
        peak_speed_mps=summary.number("maxSpeedInMetersPerSecond") or None,
        manual=manual,
        source=Source.MANUAL if manual else Source.DEVICE,
        device_name=summary.label("deviceName"),
        raw=whole.raw(_SECRETS),
    )


def _sport(word: str | None) -> Sport:
    plain = (word or "").upper().removesuffix("_WS").removesuffix("_V2").removesuffix("_WS")
    return SPORTS.get(plain, Sport.OTHER)


def _ping(part: Part, person_ref: str | None) -> Fetch:
    start, end = part.must(Part.whole, "uploadStartTimeInSeconds"), part.must(Part.whole, "uploadEndTimeInSeconds")
    return Fetch(partner_ref=f"uploads {start} to {end}", person_ref=person_ref)


def _daily(part: Part, person_ref: str | None) -> Item:
    if part.has("callbackURL") and not part.has("calendarDate"):
        return _ping(part, person_ref)
    total = DayTotal(
        local_date=part.must(Part.day, "calendarDate"),
        person_ref=person_ref,
        steps=part.whole("steps", low=0, high=_STEPS_LIMIT),
        distance_meters=part.number("distanceInMeters", low=0, high=_METERS_LIMIT),
        energy_kcal=part.number("activeKilocalories", low=0, high=_KCAL_LIMIT),
        raw=part.raw(_SECRETS),
    )
    if total.steps is None and total.energy_kcal is None:
        return Skipped(path=part.path, reason="a day on which the device was not worn")
    return total


def _deregistration(part: Part, _person_ref: str | None) -> Item:
    return Disconnection(person_ref=part.must(Part.reference, "userId"))


def _skipping(reason: str) -> Callable[[Part, str | None], Item]:
    return lambda part, _person_ref: Skipped(path=part.path, reason=reason)


_HEALTH_KINDS = """
allDayRespiration bloodPressures bodyComps healthSnapshot hrv menstrualCycleTracking pulseox respiration
skinTemp sleeps stressDetails userMetrics"""
_READERS: Mapping[str, Callable[[Part, str | None], Item]] = MappingProxyType(
    {
        "activities": _activity,
        "activityDetails": _details,
        "manuallyUpdatedActivities": _manually_updated,
        "moveIQActivities": _skipping("guessed from movement, counted in the day's total"),
        "activityFiles": _skipping("the file of a workout whose summary comes as an activity"),
        "dailies": _daily,
        "epochs": _skipping("a quarter of an hour, counted in the day's total"),
        "deregistrations": _deregistration,
        "userPermissionsChange": _skipping("a change of permissions at Garmin"),
        "thirdPartyDailies": _skipping("the day of another vendor's device, passed on"),
        **dict.fromkeys(_HEALTH_KINDS.split(), _skipping("a health summary, no exercise")),
    }
)


def pages(token: str, since: datetime) -> Pages:
    """Requests for the activities and the dailies uploaded after `since`, in windows of 24 hours.

    The last window is the one that holds the server's own time, read from the answers' Date header, so
    no clock is needed here. Raises BadPayload for an answer without one.
    """
    headers = {"Authorization": f"Bearer {token}"}
    start = since.astimezone(UTC)
    while True:
        end = start + _WINDOW
        window = {"uploadStartTimeInSeconds": int(start.timestamp()), "uploadEndTimeInSeconds": int(end.timestamp())}
        for kind in ("activities", "dailies"):
            response = yield httpx2.Request("GET", f"{_API}/{kind}", params=window, headers=headers)
        if end >= _server_time(response):
            return
        start = end


def _server_time(response: httpx2.Response) -> datetime:
    try:
        found = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, OverflowError) as error:
        raise BadPayload(_NAME, (), "the answer has no Date header, so the last window cannot be told") from error
    return found.replace(tzinfo=found.tzinfo or UTC)


ADAPTER = Adapter(
    name=_NAME,
    title="Garmin Connect",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=("ACTIVITY_EXPORT", "HEALTH_EXPORT"),
    also_called=("garmin_health",),
    pages=pages,
)
