"""Thai dates, times, durations and numbers as people write them, read without guessing."""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache

from domain.thai import cleaned

BUDDHIST_ERA = 543
# Nobody reports workouts of the year 2400 CE, so a year above it was typed in the Buddhist era.
_LAST_CHRISTIAN_YEAR = 2400
# Two digits are read as 25xx only from 2543 (2000 CE) on: `24` might as well mean 2024 CE.
_FIRST_SHORT_YEAR = 43
_LONGEST = 200
_READ = 300

_MISSING = frozenset(
    ["", "ไม่มี", "ไม่มีข้อมูล", "ไม่ระบุ", "ไม่ทราบ", "n/a", "na", "n.a.", "none", "null", "nil", "#n/a"],
)

_MONTHS: dict[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "มกราคม มค january jan",
            "กุมภาพันธ์ กพ february feb",
            "มีนาคม มีค march mar",
            "เมษายน เมย april apr",
            "พฤษภาคม พค may",
            "มิถุนายน มิย june jun",
            "กรกฎาคม กค july jul",
            "สิงหาคม สค august aug",
            "กันยายน กย september sep sept",
            "ตุลาคม ตค october oct",
            "พฤศจิกายน พย november nov",
            "ธันวาคม ธค december dec",
        ),
        start=1,
    )
    for word in words.split()
}

_WEEKDAY = re.compile(
    r"^(?:วันที่|(?:วัน)?(?:จันทร์|อังคาร|พุธ|พฤหัสบดี|พฤหัส|ศุกร์|เสาร์|อาทิตย์)(?:ที่)?|(?:จ|อ|พ|พฤ|ศ|ส|อา)\.(?=\s*\d))[\s,]*",
)
_YEAR_FIRST = re.compile(r"^(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})$")
_ERA = r"(?P<era>พ\.?\s?ศ\.?|ค\.?\s?ศ\.?|b\.?e\.?|c\.?e\.?|a\.?d\.?)?"
_DAY_FIRST = re.compile(
    rf"^(?P<day>\d{{1,2}})\s?([-/. ])\s?(?P<month>\d{{1,2}})\s?\2\s?{_ERA}\s*(?P<year>\d{{2}}|\d{{4}})$"
)
_WORDED = re.compile(
    rf"^(?P<day>\d{{1,2}})[\s\-/]*(?:เดือน)?(?P<month>[ก-๎.]+?|[a-z]+\.?)[\s\-/,]*(?:ปี)?\s*{_ERA}\s*(?P<year>\d{{2}}|\d{{4}})$",
)
_CLOCK = re.compile(
    r"^(?:เวลา\s*)?(?P<hour>\d{1,2})(?:(?P<dot>[:.])(?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d{1,6})?)?)?"
    r"\s*(?P<mark>น\.?|นาฬิกา|[ap]\.?m\.?)?$",
)
_DAY_THEN_CLOCK = re.compile(r"^(?P<day>.*?\d)(?:[\s,T]*เวลา\s*|[\s,T]+)(?P<clock>\d{1,2}[:.]\d{2}(?![\d.]).*)$")
_PLAIN_NUMBER = re.compile(r"^[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$")
_QUANTITY = re.compile(r"^(?P<number>[-+]?[\d,]*\.?\d+|[\d,]+\.)\s*(?P<unit>[^\d\s][^\d]{0,30})?$")
_COLONS = re.compile(r"^(?P<first>\d{1,4}):(?P<second>\d{2})(?::(?P<third>\d{2}))?$")
_HOUR = r"ชั่วโมง|ช\.?ม\.?|hours?|hrs?\.?|h"
_MINUTE = r"นาที|น\.?|minutes?|mins?\.?|m"
_SECOND = r"วินาที|วิ\.?|seconds?|secs?\.?|s"
_UNITS = re.compile(
    rf"^(?:(?P<hours>\d+(?:\.\d+)?)\s*(?:{_HOUR}))?(?:\s*(?:กับ|and)?\s*(?P<minutes>\d+(?:\.\d+)?)\s*(?:{_MINUTE}))?"
    rf"(?:\s*(?P<seconds>\d+(?:\.\d+)?)\s*(?:{_SECOND}))?$",
)


class Unclear(ValueError):
    """A text without one meaning; the message says what to write instead."""


@lru_cache(maxsize=8192)  # sports, durations and organisations repeat from row to row
def _plain(text: str) -> str:
    return cleaned(text)


def plain(text: str) -> str:
    """`text` as it was meant (domain.thai), in Arabic digits; of a very long text only the beginning."""
    return _plain(text[:_READ])


def is_missing(text: str) -> bool:
    """True for a blank cell and for the marks people put when there is nothing to report."""
    if not text:
        return True
    found = plain(text).lower()
    return found in _MISSING or not found.strip("-–—‐_.")


def number(text: str) -> float:
    """The number in `text`: Thai or Arabic digits, commas between thousands, a decimal point.

    Raises Unclear for anything else, a decimal comma (`5,2`) among it.
    """
    found = _short(text)
    if not _PLAIN_NUMBER.match(found):
        raise Unclear(f"“{found}” is not a number; write digits with a decimal point, such as 5.2 or 6,040.")
    return float(found.replace(",", ""))


def quantity(text: str) -> tuple[float, str]:
    """The number in `text` and the unit written behind it, lower case, or "" without one; raises Unclear."""
    found = _short(text)
    match = _QUANTITY.match(found)
    if match is None:
        raise Unclear(f"“{found}” is not a number; write digits with a decimal point, such as 5.2 or 6,040.")
    return number(match["number"]), (match["unit"] or "").strip().lower()


def day(text: str) -> date:
    """The calendar day in `text`.

    Day first (`12/01/2567`, `12-1-67`, `13 ม.ค. 2567`, `14 มกราคม พ.ศ. 2567`), or year first (`2567-01-12`). Years
    above 2400 and two-digit years are Buddhist (CE + 543), other four-digit years Christian. Raises Unclear.
    """
    found = _WEEKDAY.sub("", _short(text)).lower()
    match = _YEAR_FIRST.match(found) or _DAY_FIRST.match(found) or _WORDED.match(found)
    if match is None:
        raise Unclear(f"“{_short(text)}” is not a date; write day/month/year, such as 12/01/2567.")
    parts = match.groupdict()
    month = int(parts["month"]) if parts["month"].isdecimal() else _MONTHS.get(parts["month"].replace(".", ""))
    if month is None:
        raise Unclear(f"“{parts['month']}” is not a month; write its Thai name or number, such as ม.ค. or 01.")
    return calendar_day(_christian(parts["year"], parts.get("era")), month, int(parts["day"]), _short(text))


def calendar_day(year: int, month: int, day_of_month: int, written: str) -> date:
    """The day of a Christian year; raises Unclear naming `written` if the calendar has no such day."""
    try:
        return date(year, month, day_of_month)
    except ValueError:
        raise Unclear(f"“{written}” is not in the calendar; write day/month/year, such as 29/02/2567.") from None


def day_and_clock(text: str) -> tuple[date, time | None]:
    """The day in `text` and the time of day behind it, if there is one; raises Unclear."""
    found = _short(text)
    match = _DAY_THEN_CLOCK.match(found)
    return (day(found), None) if match is None else (day(match["day"]), clock(match["clock"]))


def clock(text: str) -> time:
    """The time of day in `text`: `06:15`, `17.30 น.`, `17 น.`, `7:00 AM`; raises Unclear.

    Two digits of minutes are needed, so that `17.3`, which a spreadsheet makes of 17.30, is not taken for 17:03.
    """
    found = _short(text)
    match = _CLOCK.match(found.lower())
    if match is None or (match["minute"] is None and match["mark"] is None):
        raise Unclear(f"“{found}” is not a time of day; write hours and minutes, such as 17:30 or 17.30 น.")
    hour, mark = int(match["hour"]), (match["mark"] or "").replace(".", "")
    if mark in {"am", "pm"}:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - the clock face
            raise Unclear(f"“{found}” is not a time of day; use 1 to 12 with AM and PM, or 17:30.")
        hour = hour % 12 + (12 if mark == "pm" else 0)
    try:
        return time(hour, int(match["minute"] or 0), int(match["second"] or 0))
    except ValueError:
        raise Unclear(f"“{found}” is not a time of day; write 00:00 to 23:59.") from None


def duration(text: str, unit: str = "") -> float:
    """Seconds in `text`: `45 นาที`, `1 ชม. 10 นาที`, `00:34:10`, `34:10` (minutes and seconds), `60` (minutes).

    `unit` is the column's own unit, which a bare number or a pair with a colon then means: "hours", "minutes",
    "seconds" or "hours:minutes". A bare decimal without a unit raises Unclear: `1.30` may be 78 or 90 minutes.
    """
    found = _short(text).lower()
    if match := _COLONS.match(found):
        return _colon_seconds(match, found, unit)
    if _PLAIN_NUMBER.match(found):
        value = number(found)
        if value < 0:
            raise Unclear(f"“{found}” is below zero; write a duration, such as 45 นาที or 00:34:10.")
        if value != int(value) and unit not in _UNIT_SECONDS:
            raise Unclear(f"“{found}” may be minutes or hours and minutes; write 34 นาที 10 วินาที or 00:34:10.")
        return value * _UNIT_SECONDS.get(unit, 60)
    if found in {"ครึ่ง", "ครึ่งชั่วโมง"}:
        return 1800.0
    match = _UNITS.match(found.replace(",", "").removesuffix("ครึ่ง").strip())
    if match is None or not any(match.groups()):
        raise Unclear(f"“{_short(text)}” is not a duration; write 45 นาที, 1 ชม. 10 นาที or 00:34:10.")
    half = 0.0
    if found.endswith("ครึ่ง"):
        half = 1800.0 if match["hours"] and not match["minutes"] else 30.0
    hours, minutes, seconds = (float(match[name] or 0) for name in ("hours", "minutes", "seconds"))
    return hours * 3600 + minutes * 60 + seconds + half


_UNIT_SECONDS = {"hours": 3600.0, "minutes": 60.0, "seconds": 1.0}


def _colon_seconds(match: re.Match[str], found: str, unit: str) -> float:
    first, second = int(match["first"]), int(match["second"])
    third = match["third"]
    if second > 59 or (third is not None and int(third) > 59):  # noqa: PLR2004 - sixty of each
        raise Unclear(f"“{found}” is not a duration; minutes and seconds end at 59, as in 00:34:10.")
    if third is not None:
        return first * 3600.0 + second * 60 + int(third)
    return (first * 3600.0 + second * 60) if unit == "hours:minutes" else (first * 60.0 + second)


def christian_year(year: int) -> int:
    """The Christian year; one above 2400 was meant in the Buddhist era."""
    return year - BUDDHIST_ERA if year > _LAST_CHRISTIAN_YEAR else year


def _christian(year: str, era: str | None) -> int:
    value = int(year)
    letter = (era or "").replace(".", "").replace(" ", "")
    buddhist, christian = letter in {"พศ", "be"}, letter in {"คศ", "ce", "ad"}
    if len(year) == 2:  # noqa: PLR2004 - a year without its century
        if christian:
            return 2000 + value
        if not buddhist and value < _FIRST_SHORT_YEAR:
            raise Unclear(f"“{year}” may be 25{year} or 20{year}; write the year with four digits, such as 2567.")
        return 2500 + value - BUDDHIST_ERA
    if (christian and value > _LAST_CHRISTIAN_YEAR) or (buddhist and value <= _LAST_CHRISTIAN_YEAR):
        raise Unclear(f"The year {year} does not fit its era; write พ.ศ. 2567 or ค.ศ. 2024.")
    return christian_year(value)


def _short(text: str) -> str:
    found = plain(text)
    if len(found) > _LONGEST:
        raise Unclear(f"The cell holds over {_LONGEST} characters; write the figure alone.")
    return found
