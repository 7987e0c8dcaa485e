"""Mappings that organisations declare for their own files."""

from __future__ import annotations

from datetime import date, datetime

from adapters import declared_dates, declared_specs, thai_columns
from domain import mappings as rows
from domain.sports import Sport
from resolvers import mapping_trials, mappings
from schema.enums import described
from schema.words import Payload, column, computed, holds, many, one, shows, value

described(
    thai_columns.Column,
    name="MappingFigure",
    says="A figure that a mapping can place.",
    values={
        "person": "The organisation's own number for the person.",
        "citizen": "The 13 digits of the person's citizen number; only their keyed hash is kept.",
        "reference": "The organisation's number for the workout; without it a digest of person, day, start and sport.",
        "province": "The province, in Thai or English.",
        "district": "The district (อำเภอ, เขต).",
        "subdistrict": "The subdistrict (ตำบล, แขวง).",
        "day": "The day, with its time or without; a moment of JSON gives the start, too.",
        "start": "When it started, in Thailand.",
        "end": "When it ended.",
        "sport": "The word for the sport.",
        "distance": "The distance.",
        "duration": "How long it lasted.",
        "energy": "The energy, active.",
        "steps": "The steps.",
        "pulse": "The average heart rate, beats a minute.",
        "recorded by": "How it was recorded; words such as กรอกเอง or manual make it a manual entry.",
    },
)
described(
    declared_specs.Unit,
    name="MappingUnit",
    says="The unit of a column whose cells do not name one.",
    values={
        "kilometers": "Kilometres, of a distance.",
        "meters": "Metres, of a distance.",
        "hours": "Hours, of a duration.",
        "minutes": "Minutes, of a duration.",
        "seconds": "Seconds, of a duration.",
        "hours:minutes": "Hours and minutes with a colon between, of a duration.",
        "kilocalories": "Kilocalories, of an energy.",
        "kilojoules": "Kilojoules, of an energy.",
        "epoch seconds": "Seconds since 1970 UTC, of a moment in JSON.",
        "epoch milliseconds": "Milliseconds since 1970 UTC, of a moment in JSON.",
    },
)
described(
    declared_dates.DateStyle,
    name="MappingDateStyle",
    says="What the numbers of a date mean. Years above 2400 are Buddhist in each, and years may stand first in each.",
    values={
        "day first": "Day, month, year, such as 31/12/2567; years of two digits are Buddhist.",
        "day first, short years Christian": "Day, month, year; years of two digits are of the Christian era: 31/12/24.",
        "month first": "Month, day, year of the Christian era, such as 12/31/2024 or 12/31/24.",
    },
)


@shows(mappings.MappedColumn, says="Where a figure stands.")
class MappedColumn:
    """A column."""

    figure: thai_columns.Column = column(says="Which figure.")
    at: str | None = column(says="The heading, or in JSON the path inside an item; null for what is always the same.")
    always: str | None = column(says="What it always is; null for what stands in the file.")
    unit: declared_specs.Unit | None = column(says="Its unit; null where the cells name it or it has none.")


@shows(mappings.MappedSport, says="What an organisation's word for a sport means.")
class MappedSport:
    """A word."""

    word: str = column(says="The word.")
    sport: Sport = column(says="Our sport.")


@shows(rows.PartnerMapping, says="A version of how a partner's own file is read; never changes.")
class PartnerMapping:
    """A mapping."""

    version: int = column(says="Its number, from 1 for each partner.")
    note: str = column(says="What it is for or what changed.")
    columns: list[MappedColumn] = many(mappings.columns_of, limit=20, says="Where the figures stand.")
    sports: list[MappedSport] = many(
        mappings.sports_of, limit=500, expects=20, says="Words for sports of the organisation's own."
    )
    dates: declared_dates.DateStyle = computed(mappings.date_style_of, says="What the numbers of a date mean.")
    items: str | None = computed(
        mappings.items_path_of, says="For JSON the path to the list of items, empty for the top; null for tables."
    )
    is_active: bool = computed(mappings.is_active, says="Whether the partner's files are read by it now.")
    saved_at: datetime = column(from_="created_at", says="When it was saved.")
    saved_by: str = column(says="The id of the person or client that saved it.")
    activated_at: datetime | None = column(says="When it was last activated; null if it never was.")


@holds(says="A workout as a mapping reads it from a sample.")
class MappedWorkout:
    """A row."""

    person_ref: str | None = value(says="The organisation's own number for the person; null when named otherwise.")
    named_by_citizen_number: bool = value(says="Whether the row names the person by citizen number, not shown here.")
    sport: Sport = value(says="The sport.")
    sport_word: str | None = value(says="The word in the file.")
    started_at: datetime = value(says="When it started.")
    local_date: date = value(says="The day in Thailand on which it started.")
    elapsed_seconds: float = value(says="How long it lasted.")
    distance_meters: float | None = value(says="How far; null when the file does not say.")
    energy_kcal: float | None = value(says="Active energy in kilocalories; null when the file does not say.")
    steps: int | None = value(says="Steps; null when the file does not say.")


@holds(says="What of a sample cannot be read.")
class MappingRowError:
    """An error."""

    code: str = value(says="A stable code, such as `BAD_DATE`.")
    path: list[str] = value(says="Where: the row as a person counts, of JSON the item from 1, and the column.")
    message: str = value(says="What to do about it.")


@holds(says="The answer of `previewMapping`. Nothing is stored.")
class PreviewMappingPayload(Payload):
    """What trying gives."""

    workouts: int | None = value(says="Rows that are workouts.")
    errors: int | None = value(says="Rows that should be workouts and cannot be read.")
    skipped: int | None = value(says="Rows that are none by their nature, such as totals.")
    rows: list[MappedWorkout] | None = value(says=f"The first {mapping_trials.SHOWN} workouts.")
    row_errors: list[MappingRowError] | None = value(says=f"The first {mapping_trials.SHOWN} errors.")
    unknown_sports: list[str] | None = value(
        says=f"Words for sports that nobody knows, {mapping_trials.SHOWN} at most; declare them in `sports`."
    )


@holds(says="Where a figure seems to stand.")
class SuggestedColumn:
    """A column."""

    figure: thai_columns.Column = value(says="Which figure.")
    at: str | None = value(says="The heading, or in JSON the path inside an item.")
    unit: declared_specs.Unit | None = value(says="The unit that the heading names; null where it names none.")


@holds(says="The answer of `suggestMapping`: a mapping to begin with. Nothing is stored.")
class SuggestMappingPayload(Payload):
    """What a look gives."""

    columns: list[SuggestedColumn] | None = value(says="The figures whose headings are known, in Thai or English.")
    items: str | None = value(says="For JSON the path to the list of items; null for a table.")
    unknown: list[str] | None = value(says="Headings or paths that say nothing known.")
    unknown_sports: list[str] | None = value(says="Words for sports that nobody knows yet.")
    missing: str | None = value(
        says="What has still to be declared before the mapping reads anything; null if nothing."
    )


@holds(says="The answer of `saveMapping`.")
class SaveMappingPayload(Payload):
    """What saving gives."""

    mapping: PartnerMapping | None = one(mappings.kept, says="The mapping as saved.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `activateMapping`.")
class ActivateMappingPayload(Payload):
    """What activating gives."""

    mapping: PartnerMapping | None = one(
        mappings.kept, says="The mapping that reads from now on; null for the common report."
    )
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
