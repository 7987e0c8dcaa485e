"""Figures that vendors write as text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given

from adapters import written
from adapters.reading import Part
from domain.errors import BadPayload
from tests.adapters.mutations import ANY_JSON


def part(value: object) -> Part:
    return Part("somebody", (), {"it": value})


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("5120", 5120),
        (5120, 5120),
        ("1436275800000000001", 1436275800000000001),
        ("12.0", 12),
        ("", None),
        (None, None),
    ],
)
def test_a_whole_number_may_be_written_as_text(value: object, found: int | None) -> None:
    assert written.whole(part(value), "it") == found


@pytest.mark.parametrize("value", ["๕", "0x10", "1_000", "twelve", "12.5", True, [], "NaN", "Infinity", "9" * 30])
def test_other_text_is_no_whole_number(value: object) -> None:
    with pytest.raises(BadPayload):
        written.whole(part(value), "it")


def test_bounds_hold_for_text_too() -> None:
    with pytest.raises(BadPayload):
        written.number(part("11"), "it", low=0, high=10)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("+0700", 25200), ("+07:00", 25200), ("UTC-0300", -10800), ("GMT+05:45", 20700), ("Z", 0), ("", None)],
)
def test_an_offset_is_read_in_its_spellings(text: str, seconds: int | None) -> None:
    assert written.offset(part(text), "it") == seconds


@pytest.mark.parametrize("text", ["+7", "0700", "+1900", "Asia/Bangkok", "+07:00:30", 7])
def test_any_other_offset_is_refused(text: object) -> None:
    with pytest.raises(BadPayload):
        written.offset(part(text), "it")


def test_a_version_is_microseconds() -> None:
    assert written.microseconds(datetime(2024, 4, 30, 0, 30, 10, tzinfo=UTC)) == 1714437010000000
    assert written.microseconds(None) is None


@given(ANY_JSON)
def test_anything_is_a_figure_nothing_or_refused(value: object) -> None:
    for read in (written.number, written.whole, written.offset):
        try:
            found = read(part(value), "it")
        except BadPayload:
            continue
        assert found is None or abs(found) >= 0
