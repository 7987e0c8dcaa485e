"""Polar AccessLink v3: exercises, days of activity and webhook events.

Source: https://www.polar.com/accesslink-api/. Quirks:

- `start_time` is a local time, in older answers with a false Z; `start_time_utc_offset` is minutes east of
  UTC, so UTC = start - offset. Without the offset the moment is unknown and the exercise is quarantined.
- `duration` is an ISO 8601 duration with fractions, "PT2H44M45.5S"; an elapsed time is not sent.
- `polar_user` is an address; its last step is the number that webhooks call `user_id`.
- Only what is uploaded after the person was registered (`POST /v3/users`) is given.
- Names are spelled with hyphens in older answers (`active-steps`).
- Webhook events carry no figures; there is no sign for a deleted exercise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import httpx2

from adapters.base import Adapter, Pages, Reads, decoded_json
from adapters.reading import Part, Path, problem_of, raw_of
from adapters.signatures import header_of, signed
from domain.drafts import DayTotal, Draft, Fetch, Item, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "polar"
_API = "https://www.polaraccesslink.com/v3"

# Our sport: the vendor's words. GYMNASTICK and the like are the vendor's spellings.
_WORDS: Mapping[Sport, str] = MappingProxyType(
    {
        Sport.AEROBICS: "AEROBICS LES_MILLS_BODYATTACK LES_MILLS_BODYCOMBAT FITNESS_MARTIAL_ARTS GROUP_EXERCISE",
        Sport.ZUMBA: "LES_MILLS_BODYJAM LES_MILLS_SHBAM",
        Sport.STEP_AEROBICS: "FITNESS_STEP LES_MILLS_BODYSTEP",
        Sport.WATER_AEROBICS: "AQUATICS WATER_EXERCISE WATER_RUNNING",
        Sport.BALLET: "BALLET_DANCING",
        Sport.BALLROOM: "BALLROOM_DANCING LATIN_DANCING",
        Sport.BEACH_VOLLEYBALL: "BEACH_VOLLEYBALL",
        Sport.BASEBALL: "BASEBALL FINNISH_BASEBALL",
        Sport.BOXING: "BOXING",
        Sport.CALISTHENICS: "BOOTCAMP FUNCTIONAL_TRAINING",
        Sport.CANOE: "WATERSPORTS_CANOEING",
        Sport.CARDIO: "CIRCUIT_TRAINING LES_MILLS_GRIT_CARDIO LES_MILLS_GRIT_ATHLETIC OTHER_INDOOR",
        Sport.CLIMBING: "CLIMBING VERTICALSPORTS_WALLCLIMBING VERTICALSPORTS_OUTCLIMBING",
        Sport.CORE: "CORE LES_MILLS_CXWORKS LES_MILLS_BARRE",
        Sport.DANCE: "DANCING FITNESS_DANCING JAZZ_DANCING MODERN_DANCING SHOW_DANCING",
        Sport.DUATHLON: "DUATHLON OFFROADDUATHLON",
        Sport.EBIKE: "E_BIKE",
        Sport.ELLIPTICAL: "CROSS_TRAINER",
        Sport.FOOTBALL: "SOCCER",
        Sport.FRISBEE: "FRISBEEGOLF",
        Sport.GYMNASTICS: "GYMNASTICK",
        Sport.HIIT: "HIIT LES_MILLS_SPRINT",
        Sport.HIKE: "HIKING",
        Sport.HOCKEY: "FIELD_HOCKEY",
        Sport.HORSE_RIDING: "RIDING TROTTING",
        Sport.ICE_SKATE: "ICE_SKATING",
        Sport.INLINE_SKATE: "INLINE_SKATING SKATING",
        Sport.JUDO: "JUDO_MARTIAL_ARTS",
        Sport.KAYAK: "WATERSPORTS_KAYAKING",
        Sport.KICKBOXING: "KICKBOXING_MARTIAL_ARTS",
        Sport.KITESURF: "WATERSPORTS_KITESURFING",
        Sport.MOUNTAIN_BIKE: "MOUNTAIN_BIKING OFFROADDUATHLON_CYCLING OFFROADTRIATHLON_CYCLING ORIENTEERING_MTB",
        Sport.MULTI_SPORT: "FREE_MULTISPORT",
        Sport.NORDIC_WALK: "NORDIC_WALKING",
        Sport.OPEN_WATER_SWIM: "OPEN_WATER_SWIMMING OFFROADTRIATHLON_SWIMMING TRIATHLON_SWIMMING",
        Sport.PILATES: "PILATES LES_MILLS_BODYBALANCE",
        Sport.POOL_SWIM: "POOL_SWIMMING",
        Sport.RIDE: "CYCLING DUATHLON_CYCLING TRIATHLON_CYCLING",
        Sport.ROAD_RIDE: "ROAD_BIKING",
        Sport.ROLLER_SKATE: "ROLLER_BLADING",
        Sport.ROLLER_SKI: "ROLLER_SKIING_CLASSIC ROLLER_SKIING_FREESTYLE",
        Sport.ROWING_MACHINE: "INDOOR_ROWING",
        Sport.RUN: "RUNNING JOGGING ROAD_RUNNING ULTRARUNNING_RUNNING DUATHLON_RUNNING TRIATHLON_RUNNING",
        Sport.SAIL: "WATERSPORTS_SAILING",
        Sport.SKATEBOARD: "SKATEBOARDING",
        Sport.SKI: "DOWNHILL_SKIING BACKCOUNTRY_SKIING TELEMARK_SKIING",
        Sport.SNOWBOARD: "SNOWBOARDING",
        Sport.SNOWSHOE: "SNOWSHOE_TREKKING",
        Sport.SPINNING: "SPINNING LES_MILLS_RPM LES_MILLS_TRIP",
        Sport.STREET_DANCE: "STREET_DANCING",
        Sport.STRENGTH: "STRENGTH_TRAINING KETTLEBELL LES_MILLS_BODYPUMP LES_MILLS_GRIT_STRENGTH LES_MILLS_TONE",
        Sport.STRETCHING: "STRETCHING MOBILITY_DYNAMIC MOBILITY_STATIC",
        Sport.SURF: "WATERSPORTS_SURFING",
        Sport.SWIM: "SWIMMING",
        Sport.TAEKWONDO: "TAEKWONDO_MARTIAL_ARTS",
        Sport.TRACK_RUN: "TRACK_AND_FIELD_RUNNING",
        Sport.TRAIL_RUN: "TRAIL_RUNNING CROSS_COUNTRY_RUNNING OFFROADDUATHLON_RUNNING OFFROADTRIATHLON_RUNNING",
        Sport.TREADMILL_RUN: "TREADMILL_RUNNING",
        Sport.TRIATHLON: "TRIATHLON OFFROADTRIATHLON",
        Sport.WAKEBOARD: "WATERSPORTS_WAKEBOARDING WATERSPORTS_WATERSKI",
        Sport.WALK: "WALKING",
        Sport.WHEELCHAIR_RUN: "PARASPORTS_WHEELCHAIR",
        Sport.WINDSURF: "WATERSPORTS_WINDSURFING",
        Sport.XC_SKI: "CROSS-COUNTRY_SKIING XC_SKIING_CLASSIC XC_SKIING_FREESTYLE ORIENTEERING_SKI",
        Sport.YOGA: "YOGA BODY_AND_MIND",
    }
)
_SAME_WORDS = (
    "BADMINTON BASKETBALL CRICKET FLOORBALL FUTSAL GOLF HANDBALL ICE_HOCKEY INDOOR_CYCLING ORIENTEERING PADEL "
    "ROWING RUGBY SQUASH SUP TABLE_TENNIS TENNIS VOLLEYBALL"
)
SPORTS: Mapping[str, Sport] = MappingProxyType(
    {word: sport for sport, words in _WORDS.items() for word in words.split()}
    | {word: Sport[word] for word in _SAME_WORDS.split()}
)

_USER = re.compile(r"/users/([0-9]{1,30})/?$")
_DURATION = re.compile(
    r"P(?:(?P<days>[0-9]{1,4})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,8})M)?(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,9})?)S)?)?"
)
_APPS = ("Polar Beat", "Polar Flow")
_FIGURES = ("start_time", "duration", "sport", "detailed_sport_info")
_DAY_FIGURES = ("active-steps", "active_steps", "active-calories", "active_calories", "daily_activity")
_ABOUT_EXERCISE, _ABOUT_DAYS = frozenset({"EXERCISE"}), frozenset({"ACTIVITY_SUMMARY"})
_STEPS_LIMIT, _KCAL_LIMIT = 2_000_000, 1_000_000


def normalise(payload: object) -> Iterator[Item]:
    """The items of an exercise, a day, a webhook event or a list of these, in order.

    Raises BadPayload if nothing in `payload` is any of them; an empty list is an empty answer.
    """
    values = list(enumerate(payload)) if isinstance(payload, list) else [(None, payload)]
    if values and not any(_is_known(value) for _, value in values):
        raise BadPayload(_NAME, (), "found neither exercises, days of activity nor webhook events")
    return (_item(() if index is None else (index,), value) for index, value in values)


def _is_known(value: object) -> bool:
    return isinstance(value, dict) and any(mark in value for mark in ("event", *_FIGURES, *_DAY_FIGURES))


def _item(path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        person_ref = _person(part)
        if part.has("event"):
            return _event(part, person_ref)
        if part.has(*_DAY_FIGURES) and not part.has("sport", "detailed_sport_info"):
            return _day(part, person_ref)
        return _draft(part, person_ref)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value))


def _person(part: Part) -> str | None:
    user_id = part.reference("user_id")
    found = _USER.search(part.label("polar_user") or part.label("polar-user") or "")
    return user_id or (found[1] if found else None)


def _event(part: Part, person_ref: str | None) -> Item:
    event = part.must(Part.label, "event")
    if event in _ABOUT_EXERCISE:
        return Fetch(partner_ref=part.must(Part.reference, "entity_id"), person_ref=person_ref)
    if event in _ABOUT_DAYS:
        return Fetch(partner_ref=f"day {part.day('date') or part.must(Part.day, 'entity_id')}", person_ref=person_ref)
    return Skipped(path=part.path, reason=f"an event about no exercise: {event[:80]}")


def _draft(part: Part, person_ref: str | None) -> Draft:
    offset_minutes = part.whole("start_time_utc_offset", low=-1080, high=1080)
    if offset_minutes is None:
        raise part.refused("start_time_utc_offset", "is missing; a local time is not guessed")
    heart_rate = part.part("heart_rate") or part.part("heart-rate")
    pulse = heart_rate.number("average") if heart_rate else None
    detailed, general = part.label("detailed_sport_info") or part.label("detailed-sport-info"), part.label("sport")
    device_name = part.label("device")
    return Draft(
        partner_ref=part.must(Part.reference, "id"),
        person_ref=person_ref,
        sport=SPORTS.get(detailed or "") or SPORTS.get(general or "", Sport.OTHER),
        sport_word=detailed or general,
        started_at=_start(part, offset_minutes * 60),
        utc_offset_seconds=offset_minutes * 60,
        elapsed_seconds=_seconds(part, "duration"),
        distance_meters=part.number("distance"),
        energy_kcal=part.number("calories") or None,
        pulse_bpm=round(pulse) if pulse else None,
        # The app names itself as the device ("Polar Beat"); an unnamed one gets the lesser trust.
        source=Source.PHONE if device_name is None or device_name.startswith(_APPS) else Source.DEVICE,
        device_name=device_name,
        raw=part.raw(),
    )


def _start(part: Part, offset_seconds: int) -> datetime:
    # Older answers print a Z after the local time; it is false and must not be read as UTC.
    text = part.must(Part.label, "start_time").removesuffix("Z")
    local = Part(part.partner, part.path, {"start_time": text})
    return local.must(lambda each, name: each.wall_clock(name, offset_seconds), "start_time")


def _seconds(part: Part, name: str) -> float:
    text = part.must(Part.label, name)
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        raise part.refused(name, "is no ISO 8601 duration such as PT1H2M3.5S")
    amounts = {unit: float(amount) for unit, amount in found.groupdict().items() if amount}
    per = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
    return sum(amount * per[unit] for unit, amount in amounts.items())


def _day(part: Part, person_ref: str | None) -> Item:
    steps = ("active-steps", "active_steps", "steps")
    kcal = ("active-calories", "active_calories")
    named = next((name for name in ("date", "start_time") if part.has(name)), "date")
    text = part.must(Part.label, named)
    total = DayTotal(
        local_date=Part(part.partner, part.path, {named: text.partition("T")[0]}).must(Part.day, named),
        person_ref=person_ref,
        steps=next((part.whole(name, low=0, high=_STEPS_LIMIT) for name in steps if part.has(name)), None),
        energy_kcal=next((part.number(name, low=0, high=_KCAL_LIMIT) for name in kcal if part.has(name)), None),
        raw=part.raw(),
    )
    if total.steps is None and total.energy_kcal is None:
        return Skipped(path=part.path, reason="a day on which the device was not worn")
    return total


def pages(token: str, _since: datetime) -> Pages:
    """Requests for the exercises and for the days of about the last four weeks, each answered by one list.

    Polar gives no older ones and takes no start for exercises, so the start asked for plays no part.
    """
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    yield httpx2.Request("GET", f"{_API}/exercises", headers=headers)
    yield httpx2.Request("GET", f"{_API}/users/activities", headers=headers)


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """True if Polar signed `body` with the `signature_secret_key` it gave when the webhook was made.

    Also for a bare PING, which says nothing: Polar sends it to try the address before it gives the key.
    """
    return signed(header_of(headers, "Polar-Webhook-Signature"), body, secret) or _is_ping(body)


def _is_ping(body: bytes) -> bool:
    try:
        document = decoded_json(_NAME, body)
    except BadPayload:
        return False
    return isinstance(document, dict) and document.get("event") == "PING" and set(document) <= {"event", "timestamp"}


ADAPTER = Adapter(
    name=_NAME,
    title="Polar AccessLink",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=("accesslink.read_all",),
    also_called=("polar_accesslink",),
    verify=verify,
    pages=pages,
)
