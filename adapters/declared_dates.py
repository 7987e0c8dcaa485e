"""Days and moments as a mapping declares them, made into what the readers of cells take without a doubt."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from adapters.thai_sheets import Cell
from adapters.thai_text import plain

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PER_SECOND = {"epoch seconds": 1, "epoch milliseconds": 1_000}
# Nothing that exercised has a clock beyond these, and datetime ends soon after.
_FARTHEST_SECONDS = 253_402_300_799 - 86_400
_NUMBERS = re.compile(
    r"^(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{2}|\d{4})(?P<rest>\D.*)?$"
)
_ZONED = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)


class DateStyle(StrEnum):
    """What the numbers of a date mean. Years above 2400 are Buddhist in each."""

    DAY_FIRST = "day first"  # 31/12/2567; two digits of a year are Buddhist
    DAY_FIRST_CHRISTIAN = "day first, short years Christian"  # 31/12/24 is 2024
    MONTH_FIRST = "month first"  # 12/31/2024, 12/31/24


def in_order(cell: Cell, style: DateStyle) -> Cell:
    """A date of numbers in the order year, month, day where its style is not our usual one; all else as it is."""
    match = _NUMBERS.match(plain(cell)) if isinstance(cell, str) and style is not DateStyle.DAY_FIRST else None
    if match is None:
        return cell
    year = match["year"] if len(match["year"]) == len("2024") else f"20{match['year']}"
    day, month = match["first"], match["second"]
    if style is DateStyle.MONTH_FIRST:
        day, month = month, day
    return f"{year}-{month}-{day}{match['rest'] or ''}"


def moment_of(cell: Cell, unit: str) -> datetime | None:
    """The moment in a cell: ISO 8601 with its zone, or a count of `unit` since 1970; None if it holds none."""
    if isinstance(cell, str) and _ZONED.match(text := plain(cell)):
        try:
            found = datetime.fromisoformat(text.upper())
        except ValueError:
            return None
        return found if date.min.year < found.year < date.max.year else None
    if unit not in _PER_SECOND or not isinstance(cell, str | float):
        return None
    try:
        seconds = float(cell) / _PER_SECOND[unit]
    except ValueError:
        return None
    return _EPOCH + timedelta(seconds=seconds) if -_FARTHEST_SECONDS / 5 < seconds < _FARTHEST_SECONDS else None
