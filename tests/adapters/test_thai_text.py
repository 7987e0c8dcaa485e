"""Thai dates, times, durations and numbers: every spelling reads back, and nothing is guessed."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.thai_text import Unclear, clock, day, day_and_clock, duration, is_missing, number, plain, quantity

MONTHS = "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม".split()  # noqa: SIM905
SHORT = ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."]
ENGLISH = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")

days = st.dates(date(2000, 1, 1), date(2042, 12, 31))


def spellings_of(found: date) -> list[str]:
    d, m, era = found.day, found.month, found.year + 543
    texts = [
        f"{d:02}/{m:02}/{era}",
        f"{d}/{m}/{era}",
        f"{d}-{m}-{era % 100:02}",
        f"{d:02}.{m:02}.{era}",
        f"{d} {SHORT[m - 1]} {era}",
        f"{d}{SHORT[m - 1]}{era % 100:02}",
        f"{d} {SHORT[m - 1].replace('.', '')} {era}",
        f"{d} {MONTHS[m - 1]} พ.ศ. {era}",
        f"วันที่ {d} เดือน{MONTHS[m - 1]} พ.ศ.{era}",
        f"วันเสาร์ที่ {d} {MONTHS[m - 1]} {era}",
        f"{d} {MONTHS[m - 1]} ค.ศ. {found.year}",
        f"{d} {ENGLISH[m - 1]} {found.year}",
        f"{d} {ENGLISH[m - 1][:3]} {era}",
        f"{era}-{m:02}-{d:02}",
        found.isoformat(),
        f"{d:02}/{m:02}/{found.year}",
    ]
    return [*texts, *(text.translate(THAI_DIGITS) for text in texts)]


@given(days)
def test_a_day_reads_back_from_each_of_its_spellings(found: date) -> None:
    assert {text: day(text) for text in spellings_of(found)} == dict.fromkeys(spellings_of(found), found)


@given(days, st.times())
def test_a_day_with_a_time_behind_it_reads_back(found: date, at: time) -> None:
    at = at.replace(microsecond=0, tzinfo=None)

    for text in (f"{found:%d/%m}/{found.year + 543} {at}", f"{found}T{at}", f"{found:%d/%m/%Y} เวลา {at:%H.%M} น."):
        read, clocked = day_and_clock(text)
        assert read == found
        assert clocked is not None
        assert (clocked.hour, clocked.minute) == (at.hour, at.minute)


def test_a_leap_day_of_the_buddhist_calendar_is_valid() -> None:
    assert day("29/02/2567") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text",
    ["29/02/2566", "31/04/2567", "13/13/2567", "00/01/2567", "12/01/24", "12/01", "2567", "วันนี้", "1 ม.ค.", "พ.ศ. 2567",
     "12/01/2567/1", "1 มกรา 2567", "12 ม.ค. พ.ศ. 2024", "12 ม.ค. ค.ศ. 2567", "12/01-2567", "9" * 5000],
)  # fmt: skip
def test_a_day_without_one_meaning_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        day(text)


@given(st.times())
def test_a_time_reads_back_from_each_of_its_spellings(at: time) -> None:
    at = at.replace(second=0, microsecond=0, tzinfo=None)
    texts = [
        f"{at:%H:%M}",
        f"{at:%H.%M} น.",
        f"{at.hour}:{at.minute:02}น.",
        f"{at:%H:%M:%S}",
        f"{at:%I:%M %p}",
        f"เวลา {at:%H.%M} น.",
    ]

    for text in (*texts, *(text.translate(THAI_DIGITS) for text in texts)):
        assert clock(text) == at


@pytest.mark.parametrize("text", ["24:00", "17.3", "6", "13:00 PM", "0:00 AM", "06:60", "เช้า", "6 โมงเช้า", "-1:00", ""])
def test_a_time_without_one_meaning_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        clock(text)


@given(st.integers(0, 47), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_reads_back_from_each_of_its_spellings(hours: int, minutes: int, seconds: int) -> None:
    wanted = hours * 3600 + minutes * 60 + seconds
    texts = [
        f"{hours:02}:{minutes:02}:{seconds:02}",
        f"{hours} ชม. {minutes} นาที {seconds} วินาที",
        f"{hours} ชั่วโมง {minutes} นาที {seconds} วินาที",
        f"{hours}ชม.{minutes}น.{seconds}วิ",
        f"{hours * 60 + minutes}:{seconds:02}",
        f"{hours}h {minutes}m {seconds}s",
        f"{wanted:,} วินาที",
    ]

    for text in (*texts, *(text.translate(THAI_DIGITS) for text in texts)):
        assert duration(text) == wanted


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("60", "", 3600),
        ("45 นาที", "", 2700),
        ("1 ชม. 10 นาที", "", 4200),
        ("2 ชั่วโมง", "", 7200),
        ("1.5 ชั่วโมง", "", 5400),
        ("1 ชั่วโมงครึ่ง", "", 5400),
        ("ครึ่งชั่วโมง", "", 1800),
        ("34:10", "", 2050),
        ("1:10", "hours:minutes", 4200),
        ("1.5", "hours", 5400),
        ("0.5", "minutes", 30),
        ("90", "seconds", 90),
    ],
)
def test_a_duration_follows_its_unit(text: str, unit: str, seconds: float) -> None:
    assert duration(text, unit) == seconds


@pytest.mark.parametrize("text", ["1.30", "34.10", "1:70", "0:60:00", "นาที", "", "สักพัก", "1 ชั่วโมง 10", "-5", "5 กม."])
def test_a_duration_without_one_meaning_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        duration(text)


@given(st.decimals(0, 10**9, places=2, allow_nan=False))
def test_a_number_reads_back_with_commas_and_thai_digits(value: object) -> None:
    for text in (f"{value}", f"{value:,}", f"{value:,}".translate(THAI_DIGITS), f" {value}\u200b"):
        assert number(text) == pytest.approx(float(str(value)))


@pytest.mark.parametrize("text", ["5,2", "1,23,4", "1e5", "nan", "inf", "", "ห้า", "5 2", ".", "0x10", "½"])
def test_a_number_without_one_meaning_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        number(text)


def test_a_unit_behind_a_number_is_told_apart() -> None:
    assert [quantity(text) for text in ("๕.๒ กม.", "6,040 ก้าว", "5", "382kcal")] == [
        (5.2, "กม."),
        (6040.0, "ก้าว"),
        (5.0, ""),
        (382.0, "kcal"),
    ]


@pytest.mark.parametrize("text", ["", "  ", "-", "–", "--", "ไม่มี", "N/A", "\u200b", "ไม่ระบุ", "."])
def test_marks_of_nothing_are_missing(text: str) -> None:
    assert is_missing(text)


def test_look_alike_spellings_become_the_usual_one() -> None:
    assert plain(" ว่ายน้\u0e4d\u0e32 \u00a0เเบดมินตัน ") == plain("ว่ายน้ำ แบดมินตัน")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for reader in (day, day_and_clock, clock, duration, number, quantity):
        try:
            reader(text)
        except Unclear as unclear:
            told = str(unclear)
        else:
            told = "read"
        assert 0 < len(told) < 500
