"""Strava API v3: activities in their detailed and list forms, and webhook events.

Source: https://developers.strava.com/docs/reference/ and /docs/webhooks/. Quirks:

- Times: `start_date` is UTC; `start_date_local` is a local clock with a false Z and is not read;
  `utc_offset` is true while the offset printed in `timezone` is the standard-time one.
- Energy: `calories` exists in the detailed form alone, where 0 means unknown. `kilojoules` is work on
  the pedals, not energy, and is not read.
- `sport_type` replaces the deprecated `type`; activities fetched before 2022 have only the latter.
- `external_id` of a Garmin upload names the activity at Garmin.
- Webhook events carry no figures and no signature; `authorized` is the *text* "false".
- Rows of a club's list have neither id nor date, so they cannot be told apart and are refused.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import httpx2

from adapters.base import INDEX, Adapter, Pages, Reads, Shaken, decoded_json
from adapters.reading import Part, Path, problem_of, raw_of
from adapters.signatures import same
from domain.drafts import Deletion, Disconnection, Draft, Fetch, Item, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "strava"
_API = "https://www.strava.com/api/v3"
_PER_PAGE = 200

SPORTS: Mapping[str, Sport] = MappingProxyType(
    {
        "AlpineSki": Sport.SKI,
        "BackcountrySki": Sport.SKI,
        "Badminton": Sport.BADMINTON,
        "Basketball": Sport.BASKETBALL,
        "Canoeing": Sport.CANOE,
        "Cricket": Sport.CRICKET,
        "Crossfit": Sport.CROSSFIT,
        "Dance": Sport.DANCE,
        "EBikeRide": Sport.EBIKE,
        "EMountainBikeRide": Sport.EBIKE_MOUNTAIN,
        "Elliptical": Sport.ELLIPTICAL,
        "Golf": Sport.GOLF,
        "GravelRide": Sport.GRAVEL_RIDE,
        "Handcycle": Sport.HANDCYCLE,
        "HighIntensityIntervalTraining": Sport.HIIT,
        "Hike": Sport.HIKE,
        "IceSkate": Sport.ICE_SKATE,
        "InlineSkate": Sport.INLINE_SKATE,
        "Kayaking": Sport.KAYAK,
        "Kitesurf": Sport.KITESURF,
        "MountainBikeRide": Sport.MOUNTAIN_BIKE,
        "NordicSki": Sport.XC_SKI,
        "Padel": Sport.PADEL,
        "Pickleball": Sport.PICKLEBALL,
        "Pilates": Sport.PILATES,
        "Racquetball": Sport.SQUASH,  # its nearest relative in our taxonomy; the word is kept
        "Ride": Sport.RIDE,
        "RockClimbing": Sport.CLIMBING,
        "RollerSki": Sport.ROLLER_SKI,
        "Rowing": Sport.ROWING,
        "Run": Sport.RUN,
        "Sail": Sport.SAIL,
        "Skateboard": Sport.SKATEBOARD,
        "Snowboard": Sport.SNOWBOARD,
        "Snowshoe": Sport.SNOWSHOE,
        "Soccer": Sport.FOOTBALL,
        "Squash": Sport.SQUASH,
        "StairStepper": Sport.STAIR_MACHINE,
        "StandUpPaddling": Sport.SUP,
        "Surfing": Sport.SURF,
        "Swim": Sport.SWIM,
        "TableTennis": Sport.TABLE_TENNIS,
        "Tennis": Sport.TENNIS,
        "TrailRun": Sport.TRAIL_RUN,
        "Velomobile": Sport.RIDE,
        "VirtualRide": Sport.VIRTUAL_RIDE,
        "VirtualRow": Sport.ROWING_MACHINE,
        "VirtualRun": Sport.VIRTUAL_RUN,
        "Volleyball": Sport.VOLLEYBALL,
        "Walk": Sport.WALK,
        "WeightTraining": Sport.STRENGTH,
        "Wheelchair": Sport.WHEELCHAIR,
        "Windsurf": Sport.WINDSURF,
        "Workout": Sport.OTHER,  # Strava's own word for "something else"
        "Yoga": Sport.YOGA,
    }
)

_FROM_GARMIN = re.compile(r"garmin_(?:push|ping)_([0-9]{1,30})")
_EVENT_MARKS = ("object_type", "aspect_type")
_ACTIVITY_MARKS = ("start_date", "sport_type", "type", "elapsed_time", "moving_time", "distance", "upload_id")


def normalise(payload: object) -> Iterator[Item]:
    """The items of an activity, a list of activities, a webhook event or a list of events, in order.

    Raises BadPayload if nothing in `payload` is either; an empty list is an empty page.
    """
    values = list(enumerate(payload)) if isinstance(payload, list) else [(None, payload)]
    if values and not any(_is_known(value) for _, value in values):
        raise BadPayload(_NAME, (), "found neither activities nor webhook events; send them as Strava does")
    return (_item(() if index is None else (index,), value) for index, value in values)


def _is_known(value: object) -> bool:
    return isinstance(value, dict) and any(mark in value for mark in _EVENT_MARKS + _ACTIVITY_MARKS)


def _item(path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        if part.has(*_EVENT_MARKS):
            person_ref = part.reference("owner_id")
            return _event(part, person_ref)
        athlete = part.part("athlete")
        person_ref = athlete.reference("id") if athlete else None
        return _draft(part, person_ref)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value))


def _event(part: Part, owner: str | None) -> Item:
    kind, aspect = part.must(Part.label, "object_type"), part.must(Part.label, "aspect_type")
    object_id = part.must(Part.reference, "object_id")
    if kind == "activity" and aspect in {"create", "update"}:
        return Fetch(partner_ref=object_id, person_ref=owner)
    if kind == "activity" and aspect == "delete":
        # No version: Strava never gives a deleted activity's id to another one.
        return Deletion(partner_ref=object_id, person_ref=owner)
    if kind == "athlete":
        updates = part.part("updates")
        authorized = updates.fields.get("authorized") if updates else None
        if authorized == "false" or authorized is False:
            return Disconnection(person_ref=owner or object_id)
        return Skipped(path=part.path, reason="a change of the athlete's profile")
    raise part.refused("aspect_type", "and object_type name an event that is not known here")


def _draft(part: Part, person_ref: str | None) -> Draft:
    if not part.has("id", "start_date"):
        raise part.refused("id", "and start_date are missing, as in a club's list; send the athlete's own activities")
    word = part.label("sport_type") or part.label("type")
    manual = part.flag("manual") or False
    device_name = part.label("device_name")
    upstream = _upstream(part.label("external_id"))
    pulse = part.number("average_heartrate")
    return Draft(
        partner_ref=part.must(Part.reference, "id"),
        person_ref=person_ref,
        sport=SPORTS.get(word or "", Sport.OTHER),
        sport_word=word,
        title=part.label("name"),
        started_at=part.must(Part.moment, "start_date"),
        utc_offset_seconds=part.offset("utc_offset"),
        elapsed_seconds=part.must(Part.number, "elapsed_time"),
        moving_seconds=part.number("moving_time"),
        distance_meters=part.number("distance"),
        energy_kcal=part.number("calories") or None,
        pulse_bpm=None if pulse is None else round(pulse),
        peak_speed_mps=part.number("max_speed") or None,
        manual=manual,
        source=_source(manual=manual, device_name=device_name, upstream=upstream),
        upstream=upstream,
        device_name=device_name,
        raw=part.raw(),
    )


def _upstream(external_id: str | None) -> tuple[str, str] | None:
    found = _FROM_GARMIN.fullmatch(external_id or "")
    return ("garmin", found[1]) if found else None


def _source(*, manual: bool, device_name: str | None, upstream: tuple[str, str] | None) -> Source:
    if manual:
        return Source.MANUAL
    if upstream:
        return Source.DEVICE
    # The app names itself as the device ("Strava iPhone App"); an unnamed one gets the lesser trust.
    return Source.PHONE if device_name is None or device_name.startswith("Strava") else Source.DEVICE


def pages(token: str, since: datetime) -> Pages:
    """Requests for every activity that started after `since`, oldest first, each then in its detailed form.

    The lists only tell the ids (their requests are marked INDEX): normalising them too would replace
    records that have energy by ones that have not. Raises BadPayload for a list that cannot be read.
    """
    headers = {"Authorization": f"Bearer {token}"}
    page = 0
    while True:
        page += 1
        response = yield httpx2.Request(
            "GET",
            f"{_API}/athlete/activities",
            params={"after": int(since.timestamp()), "page": page, "per_page": _PER_PAGE},
            headers=headers,
            extensions={INDEX: True},
        )
        refs = _refs(response)
        # Only an empty page is the last one: a page may be short, as Strava filters after paging.
        if not refs:
            return
        for ref in refs:
            yield httpx2.Request("GET", f"{_API}/activities/{ref}", headers=headers)


def _refs(response: httpx2.Response) -> list[str]:
    document = decoded_json(_NAME, response.content)
    if not isinstance(document, list):
        raise BadPayload(
            _NAME, (), f"expected a list of activities, found HTTP {response.status_code} with another body"
        )
    rows = (Part.of(_NAME, (index,), row) for index, row in enumerate(document))
    return [str(row.must(Part.whole, "id")) for row in rows]


def verify(_headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """True if every event in `body` names the subscription `secret`, the id Strava gave ours.

    That is all there is: Strava signs nothing, so an event only ever causes a fetch, a deletion of
    the record it names or a disconnection, never figures.
    """
    try:
        document = decoded_json(_NAME, body)
    except BadPayload:
        return False
    events = document if isinstance(document, list) else [document]
    return bool(secret) and bool(events) and all(_names(event, secret) for event in events)


def _names(event: object, subscription: str) -> bool:
    try:
        named = Part.of(_NAME, (), event).reference("subscription_id")
    except BadPayload:
        return False
    return named is not None and hmac.compare_digest(named.encode(), subscription.encode())


def handshake(parameters: Mapping[str, str], token: str) -> Shaken | None:
    """The challenge echoed to whoever knows our verify token, else 403."""
    challenge = parameters.get("hub.challenge")
    if parameters.get("hub.mode") != "subscribe" or challenge is None:
        return None
    return (
        Shaken(200, {"hub.challenge": challenge})
        if same(parameters.get("hub.verify_token", ""), token)
        else Shaken(403)
    )


ADAPTER = Adapter(
    name=_NAME,
    title="Strava",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=("read", "activity:read_all"),
    owner_only=True,
    verify=verify,
    handshake=handshake,
    pages=pages,
)
