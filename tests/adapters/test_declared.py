"""A declared mapping reads a table or a document by its own words, and nothing else of it."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.declared import ADAPTER, adapter_of, normalise
from adapters.declared_dates import DateStyle
from adapters.declared_specs import Place, Spec, Unit, refusal_of
from adapters.declared_suggesting import suggested
from adapters.thai_agency import ADAPTER as COMMON
from adapters.thai_columns import Column
from domain.drafts import Draft, Problem
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.sound import assert_sound

SAMPLES = Path(__file__).parent.parent / "samples" / "thai_agency"
CLUB = Spec(
    columns={
        Column.PERSON: Place(at="Runner No."),
        Column.DAY: Place(at="When"),
        Column.START: Place(at="From"),
        Column.DURATION: Place(at="Took", unit=Unit.MINUTES),
        Column.DISTANCE: Place(at="Far", unit=Unit.METERS),
        Column.SPORT: Place(at="What"),
    },
    sports={"Jog in the park": Sport.RUN},
    dates=DateStyle.MONTH_FIRST,
)
ROWS = [
    ["Sunday walkers", "", "", "", "", "", ""],
    ["What", "FAR", "runner  no.", "When", "From", "Took", "Shoe size"],
    ["jog in the park", "5200", "R7", "12/31/2024", "06:15", "34", "42"],
    ["walk", "900", "R8", "1/2/25", "17.30 น.", "12.5", "39"],
]
PUSH = Spec(
    columns={
        Column.PERSON: Place(at="who.id"),
        Column.DAY: Place(at="started", unit=Unit.EPOCH_MILLISECONDS),
        Column.DURATION: Place(at="figures.0.seconds", unit=Unit.SECONDS),
        Column.SPORT: Place(always="walk"),
        Column.STEPS: Place(at="steps"),
    },
    items="data.walks",
)


def as_csv(rows: list[list[str]], delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def read(spec: Spec, body: bytes) -> list[object]:
    return list(items(adapter_of(spec), body))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_by_the_words_of_its_mapping_wherever_they_stand(delimiter: str) -> None:
    first, second = read(CLUB, as_csv(ROWS, delimiter))

    assert isinstance(first, Draft)
    assert (first.person_ref, first.sport, first.sport_word) == ("R7", Sport.RUN, "jog in the park")
    assert first.started_at == datetime(2024, 12, 30, 23, 15, tzinfo=UTC)
    assert (first.elapsed_seconds, first.distance_meters) == (34 * 60, 5200)
    assert isinstance(second, Draft)
    assert second.started_at == datetime(2025, 1, 2, 10, 30, tzinfo=UTC)
    assert (second.elapsed_seconds, second.sport) == (750, Sport.WALK)


def test_what_is_kept_of_a_row_reads_the_same_again_and_holds_no_column_that_was_not_declared() -> None:
    first, _ = read(CLUB, as_csv(ROWS))
    assert isinstance(first, Draft)

    assert read(CLUB, first.raw) == [first]
    assert b"42" not in first.raw
    assert b"12/31/2024" in first.raw


def test_a_table_without_a_declared_column_is_refused_by_its_name() -> None:
    without = [[cell for cell in row if cell not in {"Took", "34", "12.5"}] for row in ROWS]

    with pytest.raises(BadPayload, match="“Took”") as refused:
        read(CLUB, as_csv(without))

    assert refused.value.partner == "declared"


def test_a_row_that_cannot_be_read_names_its_number_and_the_organisations_own_heading() -> None:
    rows = [*ROWS, ["walk", "far", "R9", "13/13/2024", "06:15", "34", ""]]

    *_, problem = read(CLUB, as_csv(rows))

    assert isinstance(problem, Problem)
    assert (problem.code, problem.path) == ("BAD_DATE", ("row", 5, "When"))


@pytest.mark.parametrize(
    ("style", "written", "meant"),
    [
        (DateStyle.DAY_FIRST, "01/02/2567", "2024-02-01"),
        (DateStyle.DAY_FIRST, "01/02/67", "2024-02-01"),
        (DateStyle.DAY_FIRST, "2024-02-01", "2024-02-01"),
        (DateStyle.DAY_FIRST_CHRISTIAN, "01/02/24", "2024-02-01"),
        (DateStyle.DAY_FIRST_CHRISTIAN, "1 ก.พ. 2567", "2024-02-01"),
        (DateStyle.MONTH_FIRST, "02/01/2024", "2024-02-01"),
        (DateStyle.MONTH_FIRST, "2/1/24", "2024-02-01"),
        (DateStyle.MONTH_FIRST, "2/1/2567", "2024-02-01"),
    ],
)
def test_a_date_means_what_the_mapping_says(style: DateStyle, written: str, meant: str) -> None:
    spec = Spec(columns=CLUB.columns, dates=style)

    (draft,) = read(spec, as_csv([ROWS[1], ["walk", "900", "R8", written, "08:00", "12", ""]]))

    assert isinstance(draft, Draft)
    assert draft.local_date.isoformat() == meant


def test_a_document_is_read_by_its_paths() -> None:
    walks = [
        {"who": {"id": 7}, "started": 1767225600000, "figures": [{"seconds": 1980}], "steps": 5480, "secret": "x"},
        {"who": {"id": 8}, "started": "2026-01-01T07:00:00+07:00", "figures": [{"seconds": 60.0}], "steps": None},
        {"who": {"id": 9}, "started": "soon", "figures": []},
    ]

    first, second, problem = read(PUSH, orjson.dumps({"data": {"walks": walks}}))

    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert first.started_at == second.started_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert (first.person_ref, first.sport, first.elapsed_seconds, first.steps) == ("7", Sport.WALK, 1980, 5480)
    assert second.steps is None
    assert isinstance(problem, Problem)
    assert problem.path == ("row", 3, "started")
    assert b"secret" not in first.raw
    assert read(PUSH, first.raw) == [first]


def test_a_path_that_is_no_list_is_refused() -> None:
    with pytest.raises(BadPayload) as refused:
        read(PUSH, b'[{"data": 1}]')

    assert refused.value.path == ("data", "walks")


def test_without_an_active_mapping_nothing_is_read() -> None:
    with pytest.raises(BadPayload, match="saveMapping"):
        normalise(b"a,b")

    assert ADAPTER.name == "declared"


@pytest.mark.parametrize("name", ["activities_cp874.csv", "activities_utf8_bom.csv", "activities_report.xlsx"])
def test_the_common_report_is_read_by_the_mapping_suggested_for_it_as_by_its_own_adapter(name: str) -> None:
    body = (SAMPLES / name).read_bytes()
    found = suggested(body)

    declared = [each for each in read(found.spec, body) if isinstance(each, Draft)]
    common = [each for each in items(COMMON, body) if isinstance(each, Draft)]

    assert refusal_of(found.spec) is None
    assert [figures_of(each) for each in declared] == [figures_of(each) for each in common]
    assert len(common) >= 4


def figures_of(draft: Draft) -> tuple[object, ...]:
    return (
        draft.partner_ref, draft.person_ref, draft.sport, draft.started_at, draft.elapsed_seconds,
        draft.distance_meters, draft.energy_kcal, draft.steps, draft.district_code,
    )  # fmt: skip


def test_columns_and_words_that_nobody_knows_are_named() -> None:
    rows = [
        ["รหัสสมาชิก", "วันที่", "เวลาเริ่ม", "กีฬา", "ระยะเวลา", "สีเสื้อ"],
        ["A1", "1/2/2567", "06:00", "ควิดดิช", "30", "แดง"],
    ]

    found = suggested(as_csv(rows))

    assert found.unknown == ["สีเสื้อ"]
    assert found.unknown_sports == ["ควิดดิช"]
    assert refusal_of(found.spec) is None


def test_a_document_suggests_its_paths_and_the_unit_of_its_moments() -> None:
    walk = {
        "memberId": "A1",
        "startTime": 1767225600,
        "durationMinutes": 30,
        "distance_km": 2.5,
        "sport": "walk",
        "x": 1,
    }

    found = suggested(orjson.dumps({"result": {"items": [walk]}}))

    assert found.spec.items == "result.items"
    assert found.spec.columns[Column.DAY] == Place(at="startTime", unit=Unit.EPOCH_SECONDS)
    assert found.spec.columns[Column.DISTANCE] == Place(at="distance_km", unit=Unit.KILOMETERS)
    assert found.spec.columns[Column.PERSON].at == "memberId"
    assert found.unknown == ["durationMinutes", "x"] or Column.DURATION in found.spec.columns


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "day"),
        ({**CLUB.columns, Column.DURATION: Place(at="Took", unit=Unit.METERS)}, "HOURS"),
        ({**CLUB.columns, Column.DAY: Place(at="When", unit=Unit.EPOCH_SECONDS)}, "no unit"),
        ({**CLUB.columns, Column.SPORT: Place()}, "one of both"),
        ({**CLUB.columns, Column.SPORT: Place(at="a", always="b")}, "one of both"),
        ({**CLUB.columns, Column.START: Place(at=" WHEN")}, "two columns"),
        ({key: each for key, each in CLUB.columns.items() if key is not Column.PERSON}, "citizen"),
        ({key: each for key, each in CLUB.columns.items() if key is not Column.DURATION}, "duration"),
    ],
)
def test_a_mapping_that_could_read_nothing_says_why(columns: dict[Column, Place], said: str) -> None:
    refused = refusal_of(Spec(columns=columns))

    assert refused is not None
    assert said in refused[1]
    assert refusal_of(CLUB) is None


@pytest.mark.parametrize("spec", [CLUB, PUSH])
def test_a_mapping_is_stored_as_json_and_comes_back_the_same(spec: Spec) -> None:
    assert Spec.of(orjson.loads(orjson.dumps(spec.stored()))) == spec


_CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["12/31/2024", "31/12/67", "06:15", "1767225600000", "-1", "1e309", "๕.๒ กม.", "45 นาที", "walk"]),
)


@settings(deadline=None)
@given(st.lists(st.lists(_CELL, max_size=8), max_size=6), st.sampled_from(list(DateStyle)))
def test_whatever_stands_in_a_table_only_items_come_out_or_a_refusal(rows: list[list[str]], style: DateStyle) -> None:
    spec = Spec(columns=CLUB.columns, dates=style)

    assert_sound(_reader(spec), as_csv([ROWS[1], *rows]))


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["who", "id", "started", "figures", "seconds", "steps"]), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(_JSON, max_size=4))
def test_whatever_stands_in_a_document_only_items_come_out_or_a_refusal(walks: list[object]) -> None:
    body = json.dumps({"data": {"walks": walks}}).encode()

    assert_sound(_reader(PUSH), body)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_a_suggestion(body: bytes) -> None:
    for given_body in (body, base64.b64encode(body), b"[" + body, ROWS[1][0].encode() + b"," + body):
        try:
            found = suggested(given_body)
        except BadPayload:
            continue
        assert all(found.unknown)


def _reader(spec: Spec) -> Callable[[object], list[object]]:
    return lambda payload: list(items(adapter_of(spec), payload))  # type: ignore[arg-type]
