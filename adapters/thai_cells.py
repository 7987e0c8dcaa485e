"""What one cell of an agency's table says, whether typed as text or kept by a spreadsheet as a date, time or number."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta

from adapters.thai_columns import unit_of
from adapters.thai_sheets import Cell
from adapters.thai_text import (
    Unclear,
    calendar_day,
    christian_year,
    clock,
    day_and_clock,
    duration,
    is_missing,
    plain,
    quantity,
)

KILOJOULES_PER_KILOCALORIE = 4.184
# A workout of over 1,000 km is metres in a column that names no unit.
_FARTHEST_KILOMETERS = 1_000
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a local clock without a zone, as the sheet has it
# Serial numbers of 1950-01-01 and of the year 2600, which Thai Excel holds for a Buddhist year typed as it is.
_SERIALS = (18_264, 256_000)
_METERS = {"kilometers": 1000.0, "meters": 1.0}
_CITIZEN_NUMBER = re.compile(r"(?<!\d)\d(?:[\s\-.]?\d){12}(?!\d)")


def text_of(cell: Cell) -> str:
    """The cell as a person would type it; whole numbers without a point, days and times in ISO form."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, time):
        return cell.isoformat(timespec="seconds")
    return cell.isoformat()


def blank(cell: Cell) -> bool:
    """True for an empty cell and for the marks of nothing to report."""
    return isinstance(cell, str) and is_missing(cell)


def day_of(cell: Cell) -> tuple[date, time | None]:
    """The day in the cell, and the time of day if it holds one too; raises Unclear."""
    if isinstance(cell, float) and not isinstance(cell, bool) and _SERIALS[0] <= cell <= _SERIALS[1]:
        cell = _EXCEL_EPOCH + timedelta(days=round(cell, 6))
    if isinstance(cell, datetime):
        at = time(cell.hour, cell.minute, cell.second)
        return _christian(cell.date()), at if at != time(0) else None
    if isinstance(cell, date):
        return _christian(cell), None
    return day_and_clock(text_of(cell))


def clock_of(cell: Cell) -> time:
    """The time of day in the cell; raises Unclear."""
    if isinstance(cell, float) and not isinstance(cell, bool) and 0 <= cell < 1:
        cell = _EXCEL_EPOCH + timedelta(seconds=round(cell * 86_400))
    if isinstance(cell, datetime | time):
        return time(cell.hour, cell.minute, cell.second)
    return clock(text_of(cell))


def seconds_of(cell: Cell, unit: str) -> float:
    """Seconds in the cell, its bare numbers counted in the column's `unit`; raises Unclear.

    A cell kept as a time lasts as long as it reads, hours first: what shows as 0:34:10 is 34 minutes.
    """
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    if isinstance(cell, time):
        return cell.hour * 3600.0 + cell.minute * 60 + cell.second
    if isinstance(cell, date):
        raise Unclear(f"“{text_of(cell)}” is a date; write a duration, such as 45 นาที or 00:34:10.")
    return duration(text_of(cell), unit)


def meters_of(cell: Cell, unit: str) -> float:
    """Metres in the cell: by the unit behind the number, else the column's, else kilometres; raises Unclear."""
    value, word = quantity(text_of(cell))
    own = unit_of(word) if word else ""
    if own is None or (own and own not in _METERS):
        raise Unclear(f"“{text_of(cell)}” is not a distance; write kilometres, such as 5.2.")
    if not own and not unit and value > _FARTHEST_KILOMETERS:
        raise Unclear(f"{value:g} without a unit would be kilometres; write the unit into the header: กม. or ม.")
    return _positive(value) * _METERS[own or unit or "kilometers"]


def energy_kcal_of(cell: Cell, unit: str) -> float:
    """Kilocalories in the cell, which calories mean in everyday Thai; kilojoules are converted. Raises Unclear."""
    value, word = quantity(text_of(cell))
    own = unit_of(word) if word else ""
    if own is None or (own and own not in {"kilocalories", "kilojoules"}):
        raise Unclear(f"“{text_of(cell)}” is not an energy; write kilocalories, such as 382.")
    return _positive(value) / (KILOJOULES_PER_KILOCALORIE if (own or unit) == "kilojoules" else 1)


def count_of(cell: Cell) -> int:
    """The whole number in the cell, such as steps or a pulse; a unit behind it is let pass. Raises Unclear."""
    value, word = quantity(text_of(cell))
    if word and unit_of(word) != "":
        raise Unclear(f"“{text_of(cell)}” is not a count; write the number alone.")
    if not value.is_integer():
        raise Unclear(f"“{text_of(cell)}” is not a whole number; write it without decimals.")
    return int(_positive(value))


def citizen_number_in(cell: Cell) -> str | None:
    """The 13 digits if the cell holds a citizen number and nothing else, whatever its dashes; None otherwise."""
    digits = re.sub(r"[\s\-.]", "", plain(text_of(cell)))
    return digits if len(digits) == 13 and digits.isascii() and digits.isdecimal() else None  # noqa: PLR2004


def without_citizen_numbers(text: str) -> str:
    """`text` with every run of 13 digits, dashed or not, written as x."""
    return _CITIZEN_NUMBER.sub("x" * 13, plain(text)) if _CITIZEN_NUMBER.search(plain(text)) else text


def _christian(found: date) -> date:
    year = christian_year(found.year)
    return found if year == found.year else calendar_day(year, found.month, found.day, found.strftime("%d/%m/%Y"))


def _positive(value: float) -> float:
    if value < 0 or not math.isfinite(value):
        raise Unclear(f"{value:g} is below zero; write the figure without a sign.")
    return value
