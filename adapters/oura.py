"""Oura API v2: workouts, days of activity and webhook notifications.

Source: https://cloud.ouraring.com/v2/docs. Quirks:

- Documents name no person: whose they are is known from the token they were pulled with. Notifications do.
- Notifications carry no figures. A deleted workout is told by `event_type: "delete"`.
- A ring measures no distance: a day's `equivalent_walking_distance` is computed from all movement and is not read.
- Of a day, `active_calories` are active ones; `total_calories` hold what the body burns at rest and are not read.
- `source: "manual"` was typed in; `confirmed` and `autodetected` were measured.
- The signature covers the timestamp header before the body, in upper-case hexadecimal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import httpx2

from adapters.base import Adapter, Pages, Reads, Shaken, decoded_json
from adapters.reading import Part, Path, problem_of, raw_of
from adapters.signatures import header_of, same, signed
from domain.drafts import DayTotal, Deletion, Draft, Fetch, Item, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "oura"
_API = "https://api.ouraring.com/v2/usercollection"
_KINDS = ("workout", "daily_activity")

# Our sport: the vendor's words, in lower case with underscores.
_WORDS: Mapping[Sport, str] = MappingProxyType(
    {
        Sport.AEROBICS: "aerobics group_exercise",
        Sport.CARDIO: "functional_training circuit_training cross_training",
        Sport.CLIMBING: "climbing rock_climbing",
        Sport.DANCE: "dance dancing",
        Sport.FOOTBALL: "soccer",
        Sport.HIKE: "hiking",
        Sport.HOCKEY: "field_hockey",
        Sport.HORSE_RIDING: "horseback_riding",
        Sport.ICE_SKATE: "ice_skating",
        Sport.INLINE_SKATE: "inline_skating",
        Sport.KAYAK: "kayaking",
        Sport.MEDITATION: "meditation breathwork",
        Sport.MOUNTAIN_BIKE: "mountain_biking",
        Sport.NORDIC_WALK: "nordic_walking",
        Sport.RIDE: "cycling",
        Sport.ROPE_JUMP: "jump_rope",
        Sport.RUN: "running",
        Sport.SAIL: "sailing",
        Sport.SKATEBOARD: "skateboarding",
        Sport.SKI: "skiing alpine_skiing",
        Sport.SNOWBOARD: "snowboarding",
        Sport.STAIRS: "stair_climbing stairs",
        Sport.STRENGTH: "strength_training",
        Sport.SUP: "stand_up_paddling",
        Sport.SURF: "surfing",
        Sport.SWIM: "swimming",
        Sport.TRAIL_RUN: "trail_running",
        Sport.WALK: "walking",
        Sport.XC_SKI: "cross_country_skiing",
    }
)
_SAME_WORDS = (
    "badminton baseball basketball boxing cricket elliptical golf gymnastics handball hiit ice_hockey indoor_cycling "
    "martial_arts padel pickleball pilates rowing rugby squash stretching table_tennis tennis triathlon volleyball "
    "water_polo weightlifting wrestling yoga"
)
SPORTS: Mapping[str, Sport] = MappingProxyType(
    {word: sport for sport, words in _WORDS.items() for word in words.split()}
    | {word: Sport(word) for word in _SAME_WORDS.split()}
)

_MARKS = ("event_type", "start_datetime", "activity", "active_calories", "steps", "total_calories")
_STEPS_LIMIT, _KCAL_LIMIT = 2_000_000, 1_000_000


def normalise(payload: object) -> Iterator[Item]:
    """The items of a page, of one document, of a list of them, or of a notification, in order.

    Raises BadPayload if nothing in `payload` is known; a page without documents is the end of the list.
    """
    path: Path = ()
    if isinstance(payload, dict) and "data" in payload:
        path, payload = ("data",), payload["data"]
    values = list(enumerate(payload)) if isinstance(payload, list) else [(None, payload)]
    if values and not any(_is_known(value) for _, value in values):
        raise BadPayload(_NAME, path, "found neither workouts, days of activity nor notifications")
    return (_item(path if index is None else (*path, index), value) for index, value in values)


def _is_known(value: object) -> bool:
    return isinstance(value, dict) and any(mark in value for mark in _MARKS)


def _item(path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        person_ref = part.reference("user_id")
        if part.has("event_type"):
            return _notified(part, person_ref)
        if part.has("start_datetime", "activity"):
            return _draft(part, person_ref)
        return _day(part, person_ref)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value))


def _notified(part: Part, person_ref: str | None) -> Item:
    event, kind = part.must(Part.label, "event_type"), part.must(Part.label, "data_type")
    if kind not in _KINDS:
        return Skipped(path=part.path, reason=f"a notification about no exercise: {kind}"[:200])
    object_id = part.must(Part.reference, "object_id")
    if event == "delete":
        if kind == "workout":
            return Deletion(partner_ref=object_id, person_ref=person_ref)
        return Skipped(path=part.path, reason="a day that was taken back; the figures of its next version replace it")
    if event not in {"create", "update"}:
        raise part.refused("event_type", "names an event that is not known here")
    return Fetch(partner_ref=object_id if kind == "workout" else f"{kind} {object_id}"[:200], person_ref=person_ref)


def _draft(part: Part, person_ref: str | None) -> Draft:
    started_at, ended_at = part.must(Part.moment, "start_datetime"), part.must(Part.moment, "end_datetime")
    word = part.label("activity")
    manual = part.label("source") == "manual"
    pulse = part.number("average_heart_rate")
    return Draft(
        partner_ref=part.must(Part.reference, "id"),
        person_ref=person_ref,
        sport=SPORTS.get(_plain(word), Sport.OTHER),
        sport_word=word,
        title=part.label("label"),
        started_at=started_at,
        utc_offset_seconds=part.printed_offset("start_datetime"),
        elapsed_seconds=(ended_at - started_at).total_seconds(),
        distance_meters=part.number("distance") or None,
        energy_kcal=part.number("calories") or None,
        pulse_bpm=round(pulse) if pulse else None,
        manual=manual,
        source=Source.MANUAL if manual else Source.DEVICE,
        raw=part.raw(),
    )


def _plain(word: str | None) -> str:
    # The same activity is spelled "Cross country skiing" and "cross_country_skiing".
    return "_".join((word or "").lower().replace("-", " ").replace("_", " ").split())


def _day(part: Part, person_ref: str | None) -> Item:
    if not part.has("steps", "active_calories"):
        return Skipped(path=part.path, reason="a day without figures")
    return DayTotal(
        local_date=part.must(Part.day, "day"),
        person_ref=person_ref,
        steps=part.whole("steps", low=0, high=_STEPS_LIMIT),
        energy_kcal=part.number("active_calories", low=0, high=_KCAL_LIMIT),
        raw=part.raw(),
    )


def pages(token: str, since: datetime) -> Pages:
    """Requests for the workouts, then the days, from the day of `since` to now, each until no page follows.

    Raises BadPayload for an answer that is no page.
    """
    for kind in _KINDS:
        params = {"start_date": f"{since.astimezone(UTC):%Y-%m-%d}"}
        while True:
            response = yield httpx2.Request(
                "GET", f"{_API}/{kind}", params=params, headers={"Authorization": f"Bearer {token}"}
            )
            page = Part.of(_NAME, (), decoded_json(_NAME, response.content))
            if not isinstance(page.fields.get("data"), list):
                raise BadPayload(_NAME, ("data",), f"expected a list of documents, found HTTP {response.status_code}")
            following = page.label("next_token")
            if following is None or following == params.get("next_token"):
                break
            params = {**params, "next_token": following}


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """True if Oura signed the notification and its timestamp with our client secret."""
    timestamp = header_of(headers, "x-oura-timestamp").encode("utf-8", "replace")
    return bool(timestamp) and signed(header_of(headers, "x-oura-signature"), timestamp + body, secret)


def handshake(parameters: Mapping[str, str], token: str) -> Shaken | None:
    """The challenge echoed to whoever knows our verification token, else 401."""
    challenge = parameters.get("challenge")
    if challenge is None:
        return None
    return (
        Shaken(200, {"challenge": challenge}) if same(parameters.get("verification_token", ""), token) else Shaken(401)
    )


ADAPTER = Adapter(
    name=_NAME,
    title="Oura",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=("workout", "daily"),
    verify=verify,
    handshake=handshake,
    pages=pages,
)
