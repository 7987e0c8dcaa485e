"""Samsung Health's export: its odd layout as recorded, and broken in every way."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.samsung_health import ADAPTER, normalise
from adapters.samsung_sports import SPORTS
from domain.drafts import DayTotal, Draft, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.soundness import assert_sound, bytes_mutated

EXERCISES = "samsung_health/com.samsung.shealth.exercise.20260701120000.csv"
DAYS = "samsung_health/com.samsung.shealth.activity.day_summary.20260701120000.csv"
STEPS = "samsung_health/mcp_fixture_com.samsung.health.step_count.202605.csv"
HEADER = "start_time,com.samsung.health.exercise.end_time,time_offset,datauuid,exercise_type,calorie,duration,distance,"


def file_of(row: str, header: str = HEADER, kind: str = "com.samsung.shealth.exercise") -> bytes:
    return f"{kind},7006011,17\r\n{header}\r\n{row}\r\n".encode("utf-8-sig")


def one(payload: bytes) -> Item:
    (item,) = normalise(payload)
    return item


def row(
    start: str = "2026-04-30 23:30:00.000",
    end: str = "2026-05-01 00:00:00.000",
    offset: str = "UTC+0700",
    kind: str = "1001",
    duration: str = "1700000",
) -> bytes:
    return file_of(f"{start},{end},{offset},u-1,{kind},98.2,{duration},2210.5,")


def test_the_recorded_export_becomes_the_expected_workouts() -> None:
    assert_as_expected(EXERCISES, items(ADAPTER, sample(EXERCISES)))


def test_an_exercise_of_the_early_morning_belongs_to_its_thai_day() -> None:
    *_, walk = items(ADAPTER, sample(EXERCISES))

    assert isinstance(walk, Draft)
    assert walk.local_date == date(2026, 5, 1)


def test_a_row_keeps_everything_it_says() -> None:
    draft = one(row())

    assert isinstance(draft, Draft)
    assert (draft.partner_ref, draft.sport, draft.sport_word) == ("u-1", Sport.WALK, "1001")
    assert (draft.started_at, draft.utc_offset_seconds) == (datetime(2026, 4, 30, 23, 30, tzinfo=UTC), 25200)
    assert (draft.elapsed_seconds, draft.moving_seconds) == (1800, 1700)
    assert (draft.distance_meters, draft.energy_kcal, draft.source) == (2210.5, 98.2, Source.PHONE)


def test_a_column_of_the_base_type_is_found_with_and_without_its_prefix() -> None:
    prefixed = ",".join(f"com.samsung.health.exercise.{name.rsplit('.', 1)[-1]}" for name in HEADER.split(",") if name)
    cells = row().decode("utf-8-sig").splitlines()[2]

    with_comma, without_comma = one(file_of(cells, header=prefixed + ",")), one(file_of(cells, header=prefixed))

    assert isinstance(with_comma, Draft)
    assert with_comma == without_comma == one(row())


@pytest.mark.parametrize(
    ("kind", "sport"), [("1002", Sport.RUN), ("11007", Sport.RIDE), ("11002", Sport.OTHER), ("99999", Sport.OTHER)]
)
def test_a_number_becomes_a_sport_and_is_kept(kind: str, sport: Sport) -> None:
    draft = one(row(kind=kind))

    assert isinstance(draft, Draft)
    assert (draft.sport, draft.sport_word) == (sport, kind)


def test_a_custom_exercise_keeps_its_own_word() -> None:
    cells = "2026-04-30 23:30:00.000,,UTC+0700,u-1,0,ตะกร้อ,1800000,"
    draft = one(
        file_of(cells, header="start_time,end_time,time_offset,datauuid,exercise_type,exercise_custom_type,duration,")
    )

    assert isinstance(draft, Draft)
    assert (draft.sport, draft.sport_word, draft.elapsed_seconds) == (Sport.OTHER, "ตะกร้อ", 1800)


def test_no_number_means_other() -> None:
    assert len(SPORTS) >= 90
    assert Sport.OTHER not in SPORTS.values()


def test_a_row_without_its_offset_is_quarantined_and_not_guessed() -> None:
    item = one(row(offset=""))

    assert isinstance(item, Problem)
    assert (item.code, item.path) == ("MISSING_ZONE", ("row", 3, "time_offset"))
    assert b"u-1" in item.raw


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"start": "30/04/2569 23:30"}, "start_time"),
        ({"start": "2026-04-31 23:30:00.000"}, "start_time"),
        ({"start": ""}, "start_time"),
        ({"offset": "Bangkok"}, "time_offset"),
        ({"duration": "half an hour"}, "duration"),
        ({"end": "", "duration": ""}, "duration"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(changes: dict[str, str], field: str) -> None:
    item = one(row(**changes))

    assert isinstance(item, Problem)
    assert item.path == ("row", 3, field)


def test_the_days_summary_is_day_totals() -> None:
    first, second, empty = items(ADAPTER, sample(DAYS))

    assert isinstance(first, DayTotal)
    assert (first.local_date, first.steps, first.distance_meters) == (date(2026, 5, 1), 8123, 5901.2)
    assert (first.energy_kcal, first.version) == (311.4, 1777741262000000)
    assert isinstance(second, DayTotal)
    assert second.local_date == date(2026, 5, 2)
    assert isinstance(empty, Skipped)


def test_a_day_that_does_not_begin_at_midnight_is_quarantined() -> None:
    item = one(
        file_of("5,2026-05-01 07:00:00.000,", "step_count,day_time,", "com.samsung.shealth.activity.day_summary")
    )

    assert isinstance(item, Problem)
    assert item.path == ("row", 3, "day_time")


def test_steps_of_parts_of_a_day_are_skipped_one_by_one() -> None:
    assert [type(item) for item in items(ADAPTER, sample(STEPS))] == [Skipped] * 3


def test_other_data_types_are_skipped() -> None:
    item = one(file_of("1,2,", "a,b,", "com.samsung.shealth.sleep"))

    assert isinstance(item, Skipped)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        b"",
        b"\xff\xfe",
        b"PK\x03\x04",
        b"com.samsung.shealth.exercise,1,1",
        b"date,steps\n2026-05-01,5\n",
        b"com.samsung.shealth.exercise,1,1\nstart_time,\n" + b"," * 1000,
        b'com.samsung.shealth.exercise,1,1\nstart_time,\n"' + b"x" * 200_000 + b'"',
    ],
)
def test_what_is_no_samsung_file_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([EXERCISES, DAYS, STEPS]).flatmap(lambda name: bytes_mutated(sample(name)))
    | st.binary(max_size=200)
)
def test_any_change_to_a_file_gives_items_or_a_refusal(payload: bytes) -> None:
    try:
        found = list(items(ADAPTER, payload))
    except BadPayload:
        return

    assert_sound(found)
