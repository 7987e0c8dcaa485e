"""Huawei: activity records of Health Kit, and the workouts of the Health app's export.

Source: https://developer.huawei.com/consumer/en/doc/HMSCore-References/data-model-0000001054556973 for Health Kit.
The export is described nowhere; this is what its files hold. Quirks:

- Health Kit: milliseconds, `timeZone` "+0700"; figures lie in `activitySummary.dataSummary` by name of data type. A
  record without `endTime` is still going on. `activeTime` leaves out the pauses. `name` repeats the id.
- The export's `motion path detail data.json`: energy is in thousandths of a kilocalorie, `sportDataSource` 2 is typed
  in. Older files wrap the workouts of a day in `motionPathData`. Some keys are bare numbers, which is no JSON.
- Its workouts have a `recordId`, older ones none: then start and sport name them.
- A HiTrack file holds the measurements of one workout; neither the sport, nor the place's offset, nor energy.
- `activityType` is a word, in newer answers a number that is published nowhere; unknown ones are kept as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from adapters import written
from adapters.base import APPLICATION_KEY_HEADER, Adapter, Pages, Reads, decoded_json
from adapters.huawei_sports import EXPORTED, NOT_EXERCISE, SPORTS
from adapters.huawei_track import is_track, track_of
from adapters.reading import Part, Path, problem_of, raw_of
from domain.drafts import BANGKOK, Deletion, Draft, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "huawei"
_API = "https://health-api.cloud.huawei.com/healthkit/v2/activityRecords"
_WINDOW = timedelta(days=30)
_TYPED_IN = 2
_METERS = (("com.huawei.continuous.distance.total", "distance"),)
_STEPS = (("com.huawei.continuous.steps.total", "steps"),)
_KCAL = (("com.huawei.continuous.calories.burnt.total", "calories_total"),)
_PULSE = (
    ("com.huawei.continuous.exercise_heart_rate.statistics", "avg"),
    ("com.huawei.continuous.heart_rate.statistics", "avg"),
)
_SPEED = (("com.huawei.continuous.speed.statistics", "max"),)
_TRACK_MARK, _SUMMARY_MARK = "HW_EXT_TRACK_DETAIL@is", "&&HW_EXT_TRACK_SIMPLIFY@is"
# A string, which is left alone, or a bare number where a key must stand. A string that never ends is taken to the end
# of the file, so that each byte is looked at once.
_BARE_KEY = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|([{,]\s*+)(-?\d++(?:\.\d++)?+)(?=\s*+:)', re.ASCII | re.DOTALL)


def normalise(payload: object) -> Iterator[Item]:
    """The items of a Health Kit answer, of an export's workouts or of one HiTrack file, in order.

    Takes the bytes of a file or a decoded document. Raises BadPayload if nothing in `payload` is known.
    """
    if isinstance(payload, bytes):
        start = payload[:64].decode("utf-8-sig", "replace")
        if is_track(start):
            return iter((_hitrack(payload),))
        payload = _document(payload)
    if isinstance(payload, dict) and set(payload) & {"activityRecord", "deletedActivityRecord"}:
        return _of_lists(payload, {"activityRecord": _record, "deletedActivityRecord": _deletion})
    if isinstance(payload, dict) and isinstance(payload.get("data"), list):
        return _of_export(("data",), payload["data"])
    if isinstance(payload, list):
        return _of_export((), payload)
    raise BadPayload(_NAME, (), "found neither activity records, an export's workouts nor a HiTrack file")


def _document(body: bytes) -> object:
    try:
        return decoded_json(_NAME, body)
    except BadPayload:
        repaired = _BARE_KEY.sub(
            lambda found: found[0] if found[2] is None else found[1] + b'"' + found[2] + b'"', body
        )
        if repaired == body:
            raise
    return decoded_json(_NAME, repaired)


def _of_lists(answer: Mapping[str, object], readers: Mapping[str, Callable[[Part], Item]]) -> Iterator[Item]:
    for key, read in readers.items():
        values = answer.get(key)
        if isinstance(values, list):
            yield from (_item(read, (key, index), value) for index, value in enumerate(values))
        elif values is not None:
            yield problem_of(BadPayload(_NAME, (key,), f"{key} must be a list"), raw=raw_of(values))


def _of_export(path: Path, values: list[object]) -> Iterator[Item]:
    if values and not any(isinstance(value, dict) and {"sportType", "motionPathData"} & set(value) for value in values):
        raise BadPayload(_NAME, path, "found no workouts of an export in the list")
    return _exported(path, values)


def _exported(path: Path, values: list[object]) -> Iterator[Item]:
    for index, value in enumerate(values):
        inner = value.get("motionPathData") if isinstance(value, dict) else None
        if isinstance(inner, list):
            for at, each in enumerate(inner):
                yield _item(_motion, (*path, index, "motionPathData", at), each)
        else:
            yield _item(_motion, (*path, index), value)


def _item(read: Callable[[Part], Item], path: Path, value: object) -> Item:
    try:
        return read(Part.of(_NAME, path, value))
    except BadPayload as error:
        return problem_of(error, raw=raw_of(value))


def _record(part: Part) -> Item:
    word = part.reference("activityType")
    if word is not None and word in NOT_EXERCISE:
        return Skipped(path=part.path, reason=f"no exercise: {NOT_EXERCISE[word]}")
    started_at, ended_at = part.must(Part.epoch_ms, "startTime"), part.epoch_ms("endTime")
    if ended_at is None:
        return Skipped(path=part.path, reason="still going on; it comes again when it has ended")
    figures = _figures(part)
    reference, active = part.must(Part.reference, "id"), part.number("activeTime")
    steps, pulse = _first(figures, _STEPS), _first(figures, _PULSE)
    title, application = part.label("name"), part.part("appInfo")
    return Draft(
        partner_ref=reference,
        sport=SPORTS.get((word or "").lower(), Sport.OTHER),
        sport_word=word,
        title=None if title == reference else title,
        started_at=started_at,
        utc_offset_seconds=written.offset(part, "timeZone"),
        elapsed_seconds=(ended_at - started_at).total_seconds(),
        moving_seconds=active / 1000 if active else None,
        distance_meters=_first(figures, _METERS),
        energy_kcal=_first(figures, _KCAL) or None,
        steps=None if steps is None else round(steps),
        pulse_bpm=round(pulse) if pulse else None,
        peak_speed_mps=_first(figures, _SPEED) or None,
        source=Source.PHONE,  # what measured it is not told
        device_name=application.label("appPackageName") if application else None,
        version=written.microseconds(part.epoch_ms("modifyTime")),
        raw=part.raw(),
    )


def _figures(record: Part) -> dict[tuple[str, str], float]:
    """The figures of a record's summary by (data type, field)."""
    summary = record.part("activitySummary")
    found = {}
    for at, value in enumerate(_list(summary, "dataSummary")):
        entry = Part.of(_NAME, (*record.path, "activitySummary", "dataSummary", at), value)
        kind = entry.label("dataTypeName") or ""
        for index, inner in enumerate(_list(entry, "value")):
            figure = Part.of(_NAME, (*entry.path, "value", index), inner)
            amount = next(
                (figure.number(name) for name in ("floatValue", "integerValue", "longValue") if figure.has(name)), None
            )
            if amount is not None:
                found[kind, figure.label("fieldName") or ""] = amount
    return found


def _list(part: Part | None, name: str) -> list[object]:
    values = part.fields.get(name) if part else None
    if part and values is not None and not isinstance(values, list):
        raise part.refused(name, "must be a list")
    return values if isinstance(values, list) else []


def _first(figures: Mapping[tuple[str, str], float], names: tuple[tuple[str, str], ...]) -> float | None:
    return next((figures[name] for name in names if name in figures), None)


def _deletion(part: Part) -> Item:
    return Deletion(
        partner_ref=part.must(Part.reference, "id"), version=written.microseconds(part.epoch_ms("modifyTime"))
    )


def _motion(part: Part) -> Item:
    kind, started_at = part.whole("sportType"), part.must(Part.epoch_ms, "startTime")
    start, ended_at, total = part.must(Part.reference, "startTime"), part.epoch_ms("endTime"), part.number("totalTime")
    if total is None and ended_at is None:
        raise part.refused("totalTime", "and endTime are both missing; send one of them")
    manual = part.whole("sportDataSource") == _TYPED_IN
    calories, moving = part.number("totalCalories"), None if total is None else total / 1000
    track = track_of(_track_text(part).splitlines())
    return Draft(
        partner_ref=part.reference("recordId") or f"{start[:40]}-{'' if kind is None else str(kind)[:20]}",
        sport=Sport.OTHER if kind is None else EXPORTED.get(kind, Sport.OTHER),
        sport_word=None if kind is None else part.reference("sportType"),
        started_at=started_at,
        utc_offset_seconds=written.offset(part, "timeZone"),
        elapsed_seconds=(ended_at - started_at).total_seconds() if ended_at else moving or 0.0,
        moving_seconds=moving if ended_at else None,
        distance_meters=part.number("totalDistance"),
        energy_kcal=calories / 1000 if calories else None,
        steps=part.whole("totalSteps"),
        pulse_bpm=track.pulse_bpm if track else None,
        peak_speed_mps=track.peak_speed_mps if track else None,
        p95_speed_mps=track.p95_speed_mps if track else None,
        manual=manual,
        source=Source.MANUAL if manual else Source.PHONE,
        raw=part.raw(),
    )


def _track_text(part: Part) -> str:
    text = part.fields.get("attribute")
    return text.partition(_TRACK_MARK)[2].partition(_SUMMARY_MARK)[0] if isinstance(text, str) else ""


def _hitrack(body: bytes) -> Item:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadPayload(_NAME, (), f"the file is not UTF-8 (byte {error.start})") from error
    track = track_of(text.splitlines())
    if track is None:
        message = "The file holds no moment that can be read. Export it again from the app."
        return Problem(code="MISSING_TIME", path=("line", 1), message=message, raw=body)
    return Draft(
        partner_ref=f"hitrack-{hashlib.sha256(body).hexdigest()}",
        sport=Sport.OTHER,  # a HiTrack file does not say which sport it was
        started_at=track.started_at,
        elapsed_seconds=track.elapsed_seconds,
        distance_meters=track.distance_meters,
        pulse_bpm=track.pulse_bpm,
        peak_speed_mps=track.peak_speed_mps,
        p95_speed_mps=track.p95_speed_mps,
        source=Source.PHONE,
        raw=body,
    )


def pages(token: str, since: datetime) -> Pages:
    """Requests for the activity records since `since` in windows of 30 days; each wants our application's id.

    The last window holds the server's own time, read from the answers' Date header. Raises BadPayload for an
    answer without one.
    """
    headers = {"Authorization": f"Bearer {token}"}
    start = since
    while True:
        end = start + _WINDOW
        response = yield httpx2.Request(
            "GET",
            _API,
            params={"startTime": int(start.timestamp() * 1000), "endTime": int(end.timestamp() * 1000)},
            headers=headers,
            extensions={APPLICATION_KEY_HEADER: "x-client-id"},
        )
        if end >= _server_time(response):
            return
        start = end


def _server_time(response: httpx2.Response) -> datetime:
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).astimezone(BANGKOK)
    except (ValueError, OverflowError) as error:
        raise BadPayload(_NAME, (), "the answer has no Date header, so the last window cannot be told") from error


ADAPTER = Adapter(
    name=_NAME,
    title="Huawei Health",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("application/json", ".json", "text/plain", ".txt"),
    vocabulary=lambda: (*SPORTS.items(), *EXPORTED.items()),
    partner_scopes=(
        "https://www.huawei.com/healthkit/activityrecord.read",
        "https://www.huawei.com/healthkit/step.read",
        "https://www.huawei.com/healthkit/distance.read",
        "https://www.huawei.com/healthkit/calories.read",
    ),
    orders_updates_by="modifyTime",
    pages=pages,
    packs=lambda name: name.endswith("motion path detail data.json") or "hitrack" in name,
)
