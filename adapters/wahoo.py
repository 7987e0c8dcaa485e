"""Wahoo Cloud API v1: workouts with their summaries, listed, single and by webhook.

Source: https://cloud-api.wahooligan.com/. Quirks:

- Figures are decimals written as *text* ("24909.71").
- A webhook carries the summary with its workout inside; answers carry the workout with its summary inside.
- `minutes` is the plan. What was measured is `duration_total_accum` and `duration_active_accum`, in seconds.
- `work_accum` is joules of work on the pedals, not energy, and is not read.
- A summary may come before its figures, all null; then the workout has to be fetched. A workout without a
  summary is only planned.
- Deliveries are repeated after up to 72 hours, so `updated_at` decides which is newer, not arrival.
- There is no signature: `webhook_token` in the body is the shared secret, and `file.url` opens the track to
  whoever has it. Neither is kept, and no address is followed.
- There is no sign for a deleted workout.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import httpx2

from adapters.base import Adapter, Pages, Reads, decoded_json
from adapters.reading import Part, Path, problem_of, raw_of
from adapters.signatures import same
from domain.drafts import Draft, Fetch, Item, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "wahoo"
_API = "https://api.wahooligan.com/v1"
_PER_PAGE = 60

# The vendor's number: our sport. Absent, so that they become OTHER and keep their number: 17 motorcycling,
# 63 transition, 65 an unattended strap, 47 other, 255 unknown.
SPORTS: Mapping[int, Sport] = MappingProxyType(
    {
        0: Sport.RIDE,
        1: Sport.RUN,
        2: Sport.CARDIO,  # fitness equipment
        3: Sport.TRACK_RUN,
        4: Sport.TRAIL_RUN,
        5: Sport.TREADMILL_RUN,
        6: Sport.WALK,
        7: Sport.WALK,  # speed walking
        8: Sport.NORDIC_WALK,
        9: Sport.HIKE,
        10: Sport.HIKE,  # mountaineering
        11: Sport.GRAVEL_RIDE,  # cyclocross
        12: Sport.INDOOR_CYCLING,
        13: Sport.MOUNTAIN_BIKE,
        14: Sport.RIDE,  # recumbent
        15: Sport.ROAD_RIDE,
        16: Sport.TRACK_RIDE,
        18: Sport.CARDIO,
        19: Sport.TREADMILL_RUN,
        20: Sport.ELLIPTICAL,
        21: Sport.INDOOR_CYCLING,
        22: Sport.ROWING_MACHINE,
        23: Sport.STAIR_MACHINE,  # climber
        25: Sport.POOL_SWIM,
        26: Sport.OPEN_WATER_SWIM,
        27: Sport.SNOWBOARD,
        28: Sport.SKI,
        29: Sport.SKI,
        30: Sport.XC_SKI,
        31: Sport.INLINE_SKATE,  # skating
        32: Sport.ICE_SKATE,
        33: Sport.INLINE_SKATE,
        34: Sport.SKATEBOARD,  # longboard
        35: Sport.SAIL,
        36: Sport.WINDSURF,
        37: Sport.CANOE,
        38: Sport.KAYAK,
        39: Sport.ROWING,
        40: Sport.KITESURF,
        41: Sport.SUP,
        42: Sport.CARDIO,  # workout
        43: Sport.CARDIO,  # cardio class
        44: Sport.STAIR_MACHINE,
        45: Sport.WHEELCHAIR,
        46: Sport.GOLF,
        49: Sport.SPINNING,  # indoor cycling class
        56: Sport.TREADMILL_WALK,
        61: Sport.INDOOR_CYCLING,  # trainer
        62: Sport.MULTI_SPORT,
        64: Sport.EBIKE,
        66: Sport.YOGA,
        67: Sport.RUN,  # race
        68: Sport.VIRTUAL_RIDE,
        69: Sport.MEDITATION,  # mental strength
        70: Sport.HANDCYCLE,
        71: Sport.VIRTUAL_RUN,
    }
)

_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_SECRETS = frozenset({"webhook_token", "file"})
_MARKS = ("workout_summary", "workout_type_id", "starts", "event_type")
_MICROSECONDS = 1_000_000


def normalise(payload: object) -> Iterator[Item]:
    """The items of a webhook delivery, of a page of workouts, or of one workout, in order.

    Raises BadPayload if nothing in `payload` is known; a page without workouts is the end of the list.
    """
    path: Path = ()
    if isinstance(payload, dict) and "workouts" in payload:
        path, payload = ("workouts",), payload["workouts"]
    values = list(enumerate(payload)) if isinstance(payload, list) else [(None, payload)]
    if values and not any(_is_known(value) for _, value in values):
        raise BadPayload(_NAME, path, "found neither workouts nor a summary; send them as Wahoo does")
    return (_item(path if index is None else (*path, index), value) for index, value in values)


def _is_known(value: object) -> bool:
    return isinstance(value, dict) and any(mark in value for mark in _MARKS)


def _item(path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        user = part.part("user")
        person_ref = user.reference("id") if user else part.reference("user_id")
        event = part.label("event_type")
        if event not in {None, "workout_summary"}:
            return Skipped(path=path, reason=f"an event about no workout: {event}"[:200])
        summary = part.part("workout_summary")
        workout = (summary.part("workout") if summary else None) or part
        if summary is None:
            return Skipped(path=path, reason="a planned workout, without a summary")
        return _draft(part, workout, summary, person_ref)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value, _SECRETS))


def _draft(whole: Part, workout: Part, summary: Part, person_ref: str | None) -> Item:
    partner_ref = workout.must(Part.reference, "id")
    active = _decimal(summary, "duration_active_accum")
    elapsed = _decimal(summary, "duration_total_accum")
    if elapsed is None and active is not None:
        elapsed = active + (_decimal(summary, "duration_paused_accum") or 0)
    if elapsed is None:
        return Fetch(partner_ref=partner_ref, person_ref=person_ref)
    word = workout.whole("workout_type_id")
    pulse = _decimal(summary, "heart_rate_avg")
    manual = summary.flag("manual") or False
    return Draft(
        partner_ref=partner_ref,
        person_ref=person_ref,
        sport=Sport.OTHER if word is None else SPORTS.get(word, Sport.OTHER),
        sport_word=None if word is None else workout.reference("workout_type_id"),
        title=workout.label("name"),
        started_at=workout.must(Part.moment, "starts"),
        elapsed_seconds=elapsed,
        moving_seconds=active,
        distance_meters=_decimal(summary, "distance_accum"),
        energy_kcal=_decimal(summary, "calories_accum") or None,
        pulse_bpm=round(pulse) if pulse else None,
        manual=manual,
        source=Source.MANUAL if manual else Source.DEVICE,
        version=int(summary.must(Part.moment, "updated_at").timestamp() * _MICROSECONDS),
        raw=whole.raw(_SECRETS),
    )


def _decimal(part: Part, name: str) -> float | None:
    """The number under `name`, written as text or as a number."""
    text = part.fields.get(name)
    if not isinstance(text, str):
        return part.number(name)
    found = _DECIMAL.fullmatch(text.strip())
    if found is None or not math.isfinite(float(found[0])):
        raise part.refused(name, "is no decimal number such as 24909.71")
    return float(found[0])


def pages(token: str, since: datetime) -> Pages:
    """Requests for the workouts, the latest start first, until one started before `since` or a page is empty.

    Wahoo takes no start to begin from. Raises BadPayload for an answer without workouts.
    """
    page = 0
    while True:
        page += 1
        response = yield httpx2.Request(
            "GET",
            f"{_API}/workouts",
            params={"page": page, "per_page": _PER_PAGE},
            headers={"Authorization": f"Bearer {token}"},
        )
        starts = _starts(response)
        if not starts or min(starts) < since:
            return


def _starts(response: httpx2.Response) -> list[datetime]:
    workouts = Part.of(_NAME, (), decoded_json(_NAME, response.content)).fields.get("workouts")
    if not isinstance(workouts, list):
        raise BadPayload(_NAME, ("workouts",), f"expected a list of workouts, found HTTP {response.status_code}")
    rows = (Part.of(_NAME, ("workouts", index), row) for index, row in enumerate(workouts))
    return [row.must(Part.moment, "starts") for row in rows]


def verify(_headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """True if the delivery names the `webhook_token` that our application has at Wahoo."""
    try:
        document = decoded_json(_NAME, body)
    except BadPayload:
        return False
    token = document.get("webhook_token") if isinstance(document, dict) else None
    return isinstance(token, str) and same(token, secret)


ADAPTER = Adapter(
    name=_NAME,
    title="Wahoo",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    partner_scopes=("user_read", "workouts_read", "offline_data"),
    orders_updates_by="workout_summary.updated_at",
    verify=verify,
    pages=pages,
)
