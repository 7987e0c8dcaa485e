"""COROS Open API v2: workouts as pushed and as listed.

Source: the reference guide that COROS gives to approved partners; read second-hand. Quirks:

- `startTime` and `endTime` are seconds; `startTimezone` counts quarter hours: 28 is +07:00.
- The sport is a pair of numbers, `mode` and `subMode`; its word is kept as "8/1".
- A triathlon's legs (`triathlonItemList`) are inside its own entry, which holds the sums; only it is read.
- `calorie` comes with the push in a unit that is not certain, so it is not read: the energy is estimated unless
  the FIT file of the same workout is uploaded.
- `fitUrl` opens the track to whoever has it. It is neither kept nor followed.
- Pushes come with the client's id and secret as headers; the same entry may come several times.
- An answer says "0000" when all is well. There is no sign for a deleted workout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType

import httpx2

from adapters.base import PERSON_PARAMETER, Adapter, Pages, Reads
from adapters.reading import Part, Path, problem_of, raw_of
from adapters.signatures import header_of, same
from domain.drafts import Draft, Item
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "coros"
_API = "https://open.coros.com/v2/coros"
_WINDOW = timedelta(days=30)
_QUARTER_SECONDS = 900

SPORTS: Mapping[tuple[int, int], Sport] = MappingProxyType(
    {
        (8, 1): Sport.RUN,
        (8, 2): Sport.TREADMILL_RUN,  # indoor run
        (9, 1): Sport.RIDE,
        (9, 2): Sport.INDOOR_CYCLING,
        (10, 1): Sport.OPEN_WATER_SWIM,
        (10, 2): Sport.POOL_SWIM,
        (13, 1): Sport.TRIATHLON,
        (13, 2): Sport.MULTI_SPORT,
        (13, 3): Sport.SKI,  # ski touring
        (14, 1): Sport.HIKE,  # mountain climb
        (15, 1): Sport.TRAIL_RUN,
        (16, 1): Sport.HIKE,
        (18, 1): Sport.CARDIO,
        (18, 2): Sport.CARDIO,
        (19, 1): Sport.XC_SKI,
        (20, 1): Sport.TRACK_RUN,
        (21, 1): Sport.SKI,
        (21, 2): Sport.SNOWBOARD,
        (23, 2): Sport.STRENGTH,
        (24, 1): Sport.ROWING,
        (24, 2): Sport.ROWING_MACHINE,
        (25, 1): Sport.RAFTING,  # whitewater
        (26, 1): Sport.CANOE,  # flatwater
        (27, 1): Sport.WINDSURF,
        (28, 1): Sport.WINDSURF,  # speedsurfing
        (29, 1): Sport.SKI,  # ski touring
        (31, 1): Sport.WALK,
        (33, 2): Sport.CLIMBING,  # single-pitch
        (34, 2): Sport.ROPE_JUMP,
    }
)

_SECRETS = frozenset({"fitUrl"})
_ENVELOPES = ("sportDataList", "data")
_MARKS = ("labelId", "startTime", "subMode")


def normalise(payload: object) -> Iterator[Item]:
    """The workouts of a push, of an answer, or of a bare list or entry, in order.

    Raises BadPayload for an answer that reports an error, and if nothing in `payload` is a workout.
    """
    path: Path = ()
    if isinstance(payload, dict) and payload.get("result", "0000") != "0000":
        raise BadPayload(_NAME, ("result",), "COROS answered with an error instead of workouts")
    envelope = next((key for key in _ENVELOPES if isinstance(payload, dict) and key in payload), None)
    if envelope is not None and isinstance(payload, dict):
        path, payload = (envelope,), payload[envelope]
    values = list(enumerate(payload)) if isinstance(payload, list) else [(None, payload)]
    if values and not any(_is_known(value) for _, value in values):
        raise BadPayload(_NAME, path, "found no workouts; send them in sportDataList as COROS does")
    return (_item(path if index is None else (*path, index), value) for index, value in values)


def _is_known(value: object) -> bool:
    return isinstance(value, dict) and any(mark in value for mark in _MARKS)


def _item(path: Path, value: object) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, path, value)
        person_ref = part.reference("openId")
        return _draft(part, person_ref)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value, _SECRETS))


def _draft(part: Part, person_ref: str | None) -> Draft:
    started_at, ended_at = part.must(Part.epoch, "startTime"), part.epoch("endTime")
    duration = part.number("duration")
    elapsed = (ended_at - started_at).total_seconds() if ended_at else part.must(Part.number, "duration")
    mode, sub_mode = part.whole("mode"), part.whole("subMode")
    quarters = part.whole("startTimezone", low=-72, high=72)
    return Draft(
        partner_ref=part.must(Part.reference, "labelId"),
        person_ref=person_ref,
        sport=SPORTS.get((mode or 0, sub_mode or 0), Sport.OTHER),
        sport_word=_word(part, mode, sub_mode),
        started_at=started_at,
        utc_offset_seconds=None if quarters is None else quarters * _QUARTER_SECONDS,
        elapsed_seconds=elapsed,
        moving_seconds=duration if duration is not None and 0 <= duration < elapsed else None,
        distance_meters=part.number("distance"),
        steps=part.whole("step"),
        device_name=part.label("deviceName"),
        raw=part.raw(_SECRETS),
    )


def _word(part: Part, mode: int | None, sub_mode: int | None) -> str | None:
    # References are bounded where plain numbers may have thousands of digits.
    numbers = [part.reference(name) for name, found in (("mode", mode), ("subMode", sub_mode)) if found is not None]
    return "/".join(number for number in numbers if number) or None


def pages(token: str, since: datetime) -> Pages:
    """Requests for the workouts of every day from `since` on, in windows of 30 days, the longest COROS allows.

    The last window is the one that holds the server's own time, read from the answers' Date header, so no
    clock is needed here. COROS takes the token in the address, and wants the person's `openId` beside it; it
    gives nothing older than three months. Raises BadPayload for an answer without a Date.
    """
    # A day earlier: the days asked for are local ones.
    start = since.astimezone(UTC) - timedelta(days=1)
    while True:
        end = start + _WINDOW - timedelta(days=1)
        response = yield httpx2.Request(
            "GET",
            f"{_API}/sport/list",
            params={"token": token, "startDate": f"{start:%Y%m%d}", "endDate": f"{end:%Y%m%d}"},
            extensions={PERSON_PARAMETER: "openId"},
        )
        if end >= _server_time(response) + timedelta(days=1):
            return
        start = end + timedelta(days=1)


def _server_time(response: httpx2.Response) -> datetime:
    try:
        found = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, OverflowError) as error:
        raise BadPayload(_NAME, (), "the answer has no Date header, so the last window cannot be told") from error
    return found.replace(tzinfo=found.tzinfo or UTC)


def verify(headers: Mapping[str, str], _body: bytes, secret: str) -> bool:
    """True if the headers `client` and `secret` are those COROS gave us; `secret` here is "<client>:<secret>".

    COROS does not sign the body, so whoever reads one push can send another: take it over TLS only.
    """
    return ":" in secret and same(f"{header_of(headers, 'client')}:{header_of(headers, 'secret')}", secret)


ADAPTER = Adapter(
    name=_NAME,
    title="COROS",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
    verify=verify,
    pages=pages,
)
