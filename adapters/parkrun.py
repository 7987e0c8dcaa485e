"""parkrun: the results page of one event, as its organisers hand it over.

Source: the results pages that parkrun publishes (`Results-table`). parkrun has no open API and its rules forbid
scraping, so nothing is fetched: the file comes from the organisers, and a runner connects with their own barcode.
Quirks:

- A row's name is in the page; its number only in the link of the name. The person is known by the barcode, "A"
  and that number. Names and clubs are not kept.
- "Unknown" rows have neither a number nor a time.
- The distance is fixed by the kind of event: 5 km, juniors 2 km. Nothing tells who ran and who walked: all RUN.
- The page tells the day, not the hour. Events start in the morning; `START` is put for all of them and the record
  is marked coarse, so that ten minutes of difference still find the same run from a watch.
- Times are m:ss or h:mm:ss. There is no energy; no steps either.
- A corrected page replaces the rows of the former one; a row that is gone from it is not noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from adapters.base import Adapter, Reads, raw_json
from adapters.html_tags import Tag, tags
from adapters.reading import storable
from domain.drafts import BANGKOK, Draft, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "parkrun"
START = time(7, 0)
"""The hour in Thailand at which events are taken to start."""

_METERS, _JUNIOR_METERS = 5_000, 2_000
# The largest event had under 3,000 finishers; a row takes about 2 KB and 30 tags.
_BYTES_LIMIT, _ROWS_LIMIT, _TAGS_LIMIT = 8_000_000, 5_000, 300_000
_ROW = "Results-table-row"
_NUMBER = re.compile(r"(?:/parkrunner/|[?&]athleteNumber=)([0-9]{1,12})(?![0-9])")
_EVENT = re.compile(r"^https?://[^/]{1,100}/(?!results/|parkrunner/)([a-z0-9-]{1,60})/")
_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_ISSUE = re.compile(r"#([0-9]{1,5})")
_TIME = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,2}):([0-9]{2})")
# What of a row may be kept: nothing that names the runner.
_KEPT = ("data-position", "data-agegroup", "data-gender", "data-agegrade", "data-achievement", "data-runs", "data-vols")


@dataclass(slots=True)
class _Row:
    attributes: Mapping[str, str]
    number: str | None = None
    event: str | None = None
    time_text: str = ""
    in_time_cell: bool = False


@dataclass(slots=True)
class _Page:
    title: str = ""
    day_text: str = ""
    issue: str | None = None
    rows: list[_Row] = field(default_factory=list)


def normalise(payload: object) -> Iterator[Item]:
    """A draft for each runner, in the order of finishing; unknown runners come out as skipped.

    The path of a problem is ("row", position in the table from 1, field). Raises BadPayload for a file that is no
    results page, is out of bounds, or does not tell its day.
    """
    if not isinstance(payload, bytes):
        raise BadPayload(_NAME, (), "expected the bytes of a file")
    if len(payload) > _BYTES_LIMIT:
        raise BadPayload(_NAME, (), f"the page is over {_BYTES_LIMIT:,} bytes; send one event a file")
    try:
        page = _read(payload.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadPayload(_NAME, (), f"the page is not UTF-8 (byte {error.start})") from error
    if not page.rows:
        raise BadPayload(_NAME, (), f"found no results; the page needs rows of the class {_ROW}")
    day = _day(page.day_text)
    return (_item(page, day, position, row) for position, row in enumerate(page.rows, start=1))


def _read(text: str) -> _Page:
    page = _Page()
    for count, tag in enumerate(tags(text)):
        if count >= _TAGS_LIMIT:
            raise BadPayload(_NAME, (), f"the page has over {_TAGS_LIMIT:,} tags; send one event a file")
        if tag.closes:
            continue
        if tag.name == "tr":
            if _ROW in tag.classes:
                page.rows.append(_Row(tag.attributes))
            if len(page.rows) > _ROWS_LIMIT:
                raise BadPayload(_NAME, (), f"the page has over {_ROWS_LIMIT:,} rows; send one event a file")
        elif page.rows:
            _read_cell(page.rows[-1], tag)
        else:
            _read_heading(page, tag)
    return page


def _read_heading(page: _Page, tag: Tag) -> None:
    if tag.name == "h1" and not page.title:
        page.title = tag.text[:200]
    elif tag.name == "span":
        if "format-date" in tag.classes and not page.day_text:
            page.day_text = tag.text
        elif page.issue is None and (found := _ISSUE.fullmatch(tag.text)):
            page.issue = found[1]


def _read_cell(row: _Row, tag: Tag) -> None:
    if tag.name == "td":
        row.in_time_cell = "Results-table-td--time" in tag.classes
        row.time_text = row.time_text or (tag.text if row.in_time_cell else "")
    elif tag.name == "a" and row.number is None:
        link = tag.attributes.get("href", "")[:300]
        number, event = _NUMBER.search(link), _EVENT.search(link)
        row.number, row.event = (number[1] if number else None), (event[1] if event else None)
    elif row.in_time_cell and not row.time_text:
        row.time_text = tag.text


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    if found is None:
        raise BadPayload(
            _NAME, ("date",), "found no day; the heading needs a span of the class format-date, dd/mm/yyyy"
        )
    try:
        day = date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError as error:
        raise BadPayload(_NAME, ("date",), "the day in the heading is not in the calendar") from error
    # The first parkrun was held in 2004; Buddhist years and typing errors are not guessed at.
    if not 2004 <= day.year <= 2199:  # noqa: PLR2004 - the comment says it
        raise BadPayload(_NAME, ("date",), "the year in the heading cannot be a parkrun's; write it in the common era")
    return day


def _item(page: _Page, day: date, position: int, row: _Row) -> Item:
    if row.number is None and not row.time_text:
        return Skipped(path=("row", position), reason="an unknown runner, without number and time")
    barcode, seconds = row.number and f"A{row.number}", _seconds(row.time_text)
    event = row.event or "-".join(page.title.lower().split())[:60] or "event"
    junior = "junior" in f"{event} {page.title}".lower()
    kept = {name: row.attributes[name][:60] for name in _KEPT if name in row.attributes}
    facts = {"event": event, "issue": page.issue, "day": day.isoformat(), "runner": barcode, "time": row.time_text[:20]}
    raw = raw_json({name: storable(value) if value else value for name, value in (facts | kept).items()})
    if barcode is None:
        message = "The row has a time, but no link to a runner; correct the page and send it again."
        return Problem(code="BAD_PAYLOAD", path=("row", position, "runner"), message=message, raw=raw)
    if seconds is None:
        message = "The row has no time such as 24:05 or 1:02:03; correct the page and send it again."
        return Problem(code="BAD_PAYLOAD", path=("row", position, "time"), message=message, person_ref=barcode, raw=raw)
    return Draft(
        partner_ref=storable(f"{event}/{day.isoformat()}/{barcode}"),
        person_ref=barcode,
        sport=Sport.RUN,
        sport_word=_NAME,
        title=storable(" ".join(filter(None, (page.title, page.issue and f"#{page.issue}")))) or None,
        started_at=datetime.combine(day, START, BANGKOK).astimezone(UTC),
        elapsed_seconds=seconds,
        distance_meters=_JUNIOR_METERS if junior else _METERS,
        source=Source.EVENT,
        coarse=True,
        raw=raw,
    )


def _seconds(text: str) -> int | None:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    limit = 60
    if seconds >= limit or (found[1] and minutes >= limit):
        return None
    return hours * 3_600 + minutes * 60 + seconds or None


ADAPTER = Adapter(
    name=_NAME,
    title="parkrun",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("text/html", ".html", ".htm"),
)
