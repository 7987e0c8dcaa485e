"""Samsung Health's "Download personal data": the CSV files of exercises and of days.

Source: the layout of exports, and https://developer.samsung.com/health/android/data/api-reference/EXERCISE_TYPE.html
for the exercise types. Quirks:

- The first line names the data type, its version and a count; the second is the header. Columns of the base type carry
  its name before theirs (`com.samsung.health.exercise.start_time`), those of the app do not.
- Every row ends with a comma, and so may the header; columns are told by their place.
- Times are UTC without saying so; `time_offset` ("UTC+0700") tells the place. A row without it may come from another
  layout with local times and is quarantined.
- `duration` is milliseconds without pauses; the end less the start holds them.
- `day_time` of a day is midnight in UTC of the person's own calendar day.
- Step counts of minutes repeat for each device; only the day's summary is one for all.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from adapters import written
from adapters.base import Adapter, Reads
from adapters.reading import Part, problem_of, raw_of, storable
from adapters.samsung_sports import SPORTS
from domain.drafts import DayTotal, Draft, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "samsung_health"
_DATA_TYPE = re.compile(r"com\.samsung\.s?health\.[a-z0-9_.]{1,80}")
_CLOCK = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?", re.ASCII)
_COLUMNS_LIMIT = 500
_STEPS_LIMIT, _METERS_LIMIT, _KCAL_LIMIT = 2_000_000, 10_000_000, 1_000_000


def normalise(payload: object) -> Iterator[Item]:
    """A draft, a day or a problem for each row of the file, in order; the first row has number 1.

    Rows of data types that hold neither workouts nor days come out as skipped. Raises BadPayload for what is no
    Samsung Health CSV file.
    """
    if not isinstance(payload, bytes):
        raise BadPayload(_NAME, (), "expected the bytes of a file")
    lines = iter(list(_lines(payload)))  # all at once: a file that breaks off is refused before anything is taken
    first = next(lines, [])
    if "start_time" in first:  # the header alone: a layout of other tools, with zones in the times
        return (Skipped(path=("row", number), reason=_PARTS) for number, row in enumerate(lines, 2) if any(row))
    kind = first[0] if first else ""
    header = [_plain(column) for column in next(lines, [])]
    if not _DATA_TYPE.fullmatch(kind) or not any(header):
        raise BadPayload(
            _NAME, ("row", 1), "expected a line with the data type, such as com.samsung.shealth.exercise, then a header"
        )
    read = _READERS.get(kind, _part_of_a_day)
    return (_item(read, number, header, row) for number, row in enumerate(lines, 3) if any(row))


_PARTS = "no workout and no whole day; days come from com.samsung.shealth.activity.day_summary"


def _lines(payload: bytes) -> Iterator[list[str]]:
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadPayload(_NAME, (), f"the file is not UTF-8 (byte {error.start})") from error
    rows = csv.reader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadPayload(_NAME, ("row", rows.line_num), "the line is no CSV") from error
        if len(row) > _COLUMNS_LIMIT:
            raise BadPayload(_NAME, ("row", rows.line_num), f"the line has over {_COLUMNS_LIMIT} columns")
        yield row


def _plain(column: str) -> str:
    return column.strip().rsplit(".", 1)[-1]


def _item(read: Callable[[Part], Item], number: int, header: Sequence[str], row: Sequence[str]) -> Item:
    # The first of two columns with one name is the base type's; the last cell of a row is what its comma leaves.
    fields: dict[str, object] = {}
    for name, cell in zip(header, row, strict=False):
        if name and cell.strip():
            fields.setdefault(name, storable(cell.strip()))
    try:
        return read(Part(_NAME, ("row", number), fields))
    except BadPayload as error:
        return problem_of(error, raw=raw_of(fields))


def _exercise(part: Part) -> Item:
    offset = written.offset(part, "time_offset")
    if offset is None:
        message = "The row does not say how far its place is from UTC, which is not guessed. Export again from the app."
        return Problem(code="MISSING_ZONE", path=(*part.path, "time_offset"), message=message, raw=part.raw())
    started_at, ended_at = part.must(_clock, "start_time"), _clock(part, "end_time")
    duration = written.number(part, "duration")
    if duration is None and ended_at is None:
        raise part.refused("duration", "and end_time are both missing; send one of them")
    moving = None if duration is None else duration / 1000
    word = part.label("exercise_custom_type") or part.label("exercise_type")
    pulse = written.number(part, "mean_heart_rate")
    app = part.label("pkg_name")
    return Draft(
        partner_ref=part.must(Part.reference, "datauuid"),
        sport=SPORTS.get(part.label("exercise_type") or "", Sport.OTHER),
        sport_word=word,
        title=part.label("title"),
        started_at=started_at,
        utc_offset_seconds=offset,
        elapsed_seconds=(ended_at - started_at).total_seconds() if ended_at else moving or 0.0,
        moving_seconds=moving,
        distance_meters=written.number(part, "distance"),
        energy_kcal=written.number(part, "calorie") or None,
        pulse_bpm=round(pulse) if pulse else None,
        peak_speed_mps=written.number(part, "max_speed") or None,
        source=Source.PHONE,  # the file does not tell a watch from the phone
        device_name=app,
        version=written.microseconds(_clock(part, "update_time")),
        raw=part.raw(),
    )


def _clock(part: Part, name: str) -> datetime | None:
    """The UTC moment of "2026-04-30 23:30:00.000", which is UTC in every export."""
    text = part.label(name)
    if text is None:
        return None
    if not _CLOCK.fullmatch(text):
        raise part.refused(name, "is no time such as 2026-04-30 23:30:00.000")
    return Part(_NAME, part.path, {name: f"{text.replace(' ', 'T')}+00:00"}).moment(name)


def _day(part: Part) -> Item:
    text = part.must(Part.label, "day_time")
    midnight = part.must(_clock, "day_time") if _CLOCK.fullmatch(text) else _milliseconds(part, "day_time")
    if midnight.astimezone(UTC).timetz().replace(tzinfo=None) != datetime.min.time():
        raise part.refused("day_time", "is not midnight in UTC")
    steps = written.whole(part, "step_count", low=0, high=_STEPS_LIMIT)
    if steps is None:
        return Skipped(path=part.path, reason="a day without steps")
    return DayTotal(
        local_date=midnight.date(),
        steps=steps,
        distance_meters=written.number(part, "distance", low=0, high=_METERS_LIMIT),
        energy_kcal=written.number(part, "calorie", low=0, high=_KCAL_LIMIT),
        source=Source.PHONE,
        version=written.microseconds(_clock(part, "update_time")),
        raw=part.raw(),
    )


def _milliseconds(part: Part, name: str) -> datetime:
    return Part(_NAME, part.path, {name: part.must(written.whole, name)}).must(Part.epoch_ms, name)


def _part_of_a_day(part: Part) -> Item:
    return Skipped(path=part.path, reason=_PARTS)


_READERS: Mapping[str, Callable[[Part], Item]] = MappingProxyType(
    {
        "com.samsung.health.exercise": _exercise,
        "com.samsung.shealth.exercise": _exercise,
        "com.samsung.shealth.activity.day_summary": _day,
    }
)

ADAPTER = Adapter(
    name=_NAME,
    title="Samsung Health export",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("text/csv", ".csv"),
    vocabulary=SPORTS.items,
    orders_updates_by="update_time",
    packs=lambda name: ".shealth.exercise." in name or ".activity.day_summary." in name,
)
