"""One row of an agency's table, read into a draft or refused with what to write instead."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TypeVar

from adapters.thai_cells import (
    blank,
    citizen_number_in,
    clock_of,
    count_of,
    day_of,
    energy_kcal_of,
    meters_of,
    seconds_of,
    text_of,
    without_citizen_numbers,
)
from adapters.thai_columns import Column, Header
from adapters.thai_sheets import Cell
from adapters.thai_sports import sport_of
from adapters.thai_text import Unclear, plain
from domain.drafts import BANGKOK, Draft, Source
from domain.errors import UnknownPlace
from domain.placenames import Located, located
from domain.sports import Sport

T = TypeVar("T")

_OFFSET_SECONDS = 7 * 3600
_FIRST_YEAR = 1950
_LAST_YEAR = 2199
_REFERENCE_LIMIT = 200
_BY_HAND = ("กรอกเอง", "บันทึกเอง", "รายงานเอง", "กรอกด้วยตนเอง", "บันทึกด้วยตนเอง", "รายงานด้วยตนเอง", "manual", "self")
_REFERENCE_BYTES = 16
# Looking for names that look alike takes a tenth of a second.
_SUGGESTED = 100


class RowRefused(ValueError):
    """A row that should be a workout and cannot be read: code, heading of the cell, and what to write."""

    def __init__(self, code: str, heading: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.heading = heading
        self.message = message


@dataclass(frozen=True)
class Row:
    """The cells of one row; `number` counts from 1, as a person sees it.

    `sports` are words of the agency's own, in lower case; they go before ours. `given` are the cells as they came where
    `cells` were made of them.
    """

    cells: Sequence[Cell]
    number: int
    header: Header
    sports: Mapping[str, Sport] = field(default_factory=dict)
    given: Sequence[Cell] | None = None

    def cell(self, column: Column) -> Cell:
        """The cell under a column, "" where the table or the row has none; of several places the first filled."""
        places = self.header.places.get(column) or ((self.header.at[column][0],) if column in self.header.at else ())
        filled = (self.cells[place] for place in places if place < len(self.cells) and not blank(self.cells[place]))
        return next(filled, "")

    def heading(self, column: Column) -> str:
        """The words over a column as the file has them, else the column's own name."""
        return self.header.at[column][1].words if column in self.header.at else str(column)

    def unit(self, column: Column) -> str:
        """The unit that the header gives a column, or ""."""
        return self.header.at[column][1].unit if column in self.header.at else ""

    @cached_property
    def citizen_number(self) -> str | None:
        """The 13 digits that name the person, from the person's or the citizen number's column."""
        return citizen_number_in(self.cell(Column.CITIZEN)) or citizen_number_in(self.cell(Column.PERSON))

    @cached_property
    def person_ref(self) -> str | None:
        """The agency's own name for the person, never a citizen number; None if the row has none."""
        found = self.cell(Column.PERSON)
        if blank(found) or citizen_number_in(found):
            return None
        return without_citizen_numbers(plain(text_of(found)))

    @cached_property
    def raw(self) -> bytes:
        """The known columns of header and row as CSV in UTF-8, readable by this adapter again.

        Without citizen numbers, and without columns that are not read: they may hold names.
        """
        headings = {place: heading.words for place, heading in self.header.at.values()}
        for column, places in self.header.places.items():
            headings.update((place, headings.get(place, str(column))) for place in places)
        hidden = self.header.at[Column.CITIZEN][0] if Column.CITIZEN in self.header.at else None
        known = sorted(headings)
        cells = self.cells if self.given is None else self.given
        texts = [text_of(cells[place]) if place < len(cells) else "" for place in known]
        masked = [
            "x" * 13 if place == hidden and text else without_citizen_numbers(text)
            for place, text in zip(known, texts, strict=True)
        ]
        out = io.StringIO(newline="")
        csv.writer(out).writerows(([headings[place] for place in known], masked))
        return out.getvalue().encode("utf-8", "replace")


def draft_of(row: Row, places: Places) -> Draft:
    """The workout in the row. Raises RowRefused for the first thing that cannot be read."""
    _check_person(row)
    day, clock = _start(row)
    started_at = datetime.combine(day, clock, BANGKOK).astimezone(UTC)
    elapsed, moving = _durations(row, clock)
    word = plain(text_of(row.cell(Column.SPORT)))
    if not word:
        raise RowRefused("MISSING_SPORT", row.heading(Column.SPORT), "Write the sport, such as วิ่ง or เดิน.")
    place = _located(row, places)
    return Draft(
        partner_ref=_reference(row, started_at, word),
        person_ref=row.person_ref,
        citizen_number=row.citizen_number,
        sport=row.sports.get(word.lower()) or sport_of(word),
        sport_word=without_citizen_numbers(word)[:100],
        started_at=started_at,
        utc_offset_seconds=_OFFSET_SECONDS,
        elapsed_seconds=elapsed,
        moving_seconds=moving,
        distance_meters=_read(row, Column.DISTANCE, lambda cell: meters_of(cell, row.unit(Column.DISTANCE))),
        energy_kcal=_read(row, Column.ENERGY, lambda cell: energy_kcal_of(cell, row.unit(Column.ENERGY))),
        steps=_read(row, Column.STEPS, count_of),
        pulse_bpm=_read(row, Column.PULSE, count_of),
        manual=plain(text_of(row.cell(Column.RECORDED_BY))).lower().startswith(_BY_HAND),
        source=Source.AGENCY,
        coarse=elapsed % 60 == 0,
        province_code=place.province_code if place else None,
        district_code=place.district_code if place else None,
        subdistrict_code=place.subdistrict_code if place else None,
        raw=row.raw,
    )


_CODES = {
    Column.DAY: "BAD_DATE",
    Column.START: "BAD_TIME",
    Column.END: "BAD_TIME",
    Column.DURATION: "BAD_DURATION",
}


def _read(row: Row, column: Column, reader: Callable[[Cell], T]) -> T | None:
    """What `reader` makes of the cell, None if it is missing. Raises RowRefused."""
    cell = row.cell(column)
    if blank(cell):
        return None
    try:
        return reader(cell)
    except Unclear as unclear:
        message = without_citizen_numbers(str(unclear))
        raise RowRefused(_CODES.get(column, "BAD_NUMBER"), row.heading(column), message) from unclear


def _check_person(row: Row) -> None:
    citizen = row.cell(Column.CITIZEN)
    if not blank(citizen) and citizen_number_in(citizen) is None:
        message = "A citizen number has 13 digits; check it, or leave the cell blank and give the agency's own code."
        raise RowRefused("BAD_CITIZEN_NUMBER", row.heading(Column.CITIZEN), message)
    named = Column.PERSON in row.header.at or Column.CITIZEN in row.header.at
    if named and row.person_ref is None and row.citizen_number is None:
        column = Column.PERSON if Column.PERSON in row.header.at else Column.CITIZEN
        raise RowRefused("MISSING_PERSON", row.heading(column), "Write whose workout this is.")


def _start(row: Row) -> tuple[date, time]:
    found = _read(row, Column.DAY, day_of)
    if found is None:
        raise RowRefused("MISSING_DATE", row.heading(Column.DAY), "Write the date, such as 12/01/2567.")
    day, clock = found
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        message = f"The year {day.year} CE cannot be meant; write day/month/year, such as 12/01/2567."
        raise RowRefused("BAD_DATE", row.heading(Column.DAY), message)
    start = _read(row, Column.START, clock_of)
    if start is None and clock is None:
        message = "Write when the workout started, such as 06:15 or 17.30 น.; a time is not guessed."
        raise RowRefused("MISSING_TIME", row.heading(Column.START), message)
    return day, start if start is not None else clock or time(0)


def _durations(row: Row, start: time) -> tuple[float, float | None]:
    """Elapsed and moving seconds: the end counts for the first, the duration for the second where both are given."""
    lasted = _read(row, Column.DURATION, lambda cell: seconds_of(cell, row.unit(Column.DURATION)))
    end = _read(row, Column.END, clock_of)
    if end is None:
        if lasted is None:
            message = "Write how long the workout lasted, such as 45 นาที, or when it ended."
            raise RowRefused("MISSING_DURATION", row.heading(Column.DURATION), message)
        return lasted, None
    span = (datetime.combine(date.min, end) - datetime.combine(date.min, start)).total_seconds()
    if lasted is not None and span <= 0:
        return lasted, None
    if span <= 0:
        message = "The workout ends before it starts; if it went past midnight, write its duration, such as 45 นาที."
        raise RowRefused("BAD_TIME", row.heading(Column.END), message)
    if lasted is not None and lasted > span + timedelta(minutes=1).total_seconds():
        message = "The duration is longer than from start to end; correct one of the three cells."
        raise RowRefused("BAD_DURATION", row.heading(Column.DURATION), message)
    return span, None if lasted is None else min(lasted, span)


class Places:
    """The places of one file: each combination of names is looked up once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Located | str] = {}
        self._unknown = 0

    def named(self, province: str, district: str, subdistrict: str) -> Located | str:
        """The place, or why there is none, with names that look alike for the first unknown ones of the file."""
        names = (province, district, subdistrict)
        if names not in self._known:
            try:
                self._known[names] = located(*(name or None for name in names), suggest=self._unknown < _SUGGESTED)
            except UnknownPlace as unknown:
                self._unknown += 1
                self._known[names] = unknown.message
        return self._known[names]


def _located(row: Row, places: Places) -> Located | None:
    columns = (Column.PROVINCE, Column.DISTRICT, Column.SUBDISTRICT)
    province, district, subdistrict = (plain(text_of(row.cell(column))) for column in columns)
    if not (province or district or subdistrict):
        return None
    found = places.named(province, district, subdistrict)
    if isinstance(found, Located):
        return found
    # The message names the level whose cell could not be placed.
    level = next((column for column in columns if f"The {column} " in found), Column.PROVINCE)
    raise RowRefused("UNKNOWN_PLACE", row.heading(level), without_citizen_numbers(found))


def _reference(row: Row, started_at: datetime, word: str) -> str:
    """The agency's own reference, else a digest of who, when and what, so that a corrected row updates its record.

    A citizen number is left out: whoever holds the digest could try them all. Records are told apart by person anyway.
    """
    cell = row.cell(Column.REFERENCE)
    if not blank(cell):
        if citizen_number_in(cell):
            message = "This looks like a citizen number; give a running number of the agency instead."
            raise RowRefused("BAD_REFERENCE", row.heading(Column.REFERENCE), message)
        reference = plain(text_of(cell))
        if len(reference) > _REFERENCE_LIMIT:
            raise RowRefused("BAD_REFERENCE", row.heading(Column.REFERENCE), "Give a reference of 1 to 200 characters.")
        return reference
    local = started_at.astimezone(BANGKOK)
    identity = "\x1f".join((row.person_ref or "", local.strftime("%Y-%m-%d"), local.strftime("%H:%M:%S"), word.lower()))
    return hashlib.sha256(identity.encode()).hexdigest()[: _REFERENCE_BYTES * 2]
