"""Agency spreadsheets: samples, every encoding and layout, one message per broken row, and hostile files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.thai_agency import ADAPTER, normalise
from adapters.thai_sports import sport_of
from domain.drafts import Draft, Item, Problem, Skipped, Source, refusal
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample

SAMPLES = (
    "thai_agency/activities_cp874.csv",
    "thai_agency/activities_utf8_bom.csv",
    "thai_agency/activities_report.xlsx",
)
CITIZEN = "1101700203451"
ROW = {
    "เลขประจำตัวผู้เข้าร่วม": "A0001",
    "จังหวัด": "จ.ปัตตานี",
    "อำเภอ": "อ.เมืองปัตตานี",
    "วันที่": "12/01/2567",
    "เวลาเริ่ม": "06:15",
    "ประเภทกิจกรรม": "วิ่ง",
    "ระยะทาง (กม.)": "5.2",
    "ระยะเวลา": "00:34:10",
    "แคลอรี": "382",
    "จำนวนก้าว": "6,040",
}


def csv_of(*rows: Sequence[str], delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def table(*rows: Mapping[str, str], **layout: str) -> bytes:
    """A CSV of the columns of the first row."""
    heads = list(rows[0])
    return csv_of(heads, *([row.get(head, "") for head in heads] for row in rows), **layout)


def without(*names: str, **changes: str) -> dict[str, str]:
    return {name: text for name, text in ROW.items() if name not in names} | changes


def workbook(*rows: Sequence[object], others: Mapping[str, Sequence[Sequence[object]]] = MappingProxyType({})) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for name, other in others.items():
        sheet = book.create_sheet(name)
        for row in other:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def one(data: bytes) -> Item:
    (item,) = normalise(data)
    return item


def draft_of(data: bytes) -> Draft:
    item = one(data)
    assert isinstance(item, Draft), item
    return item


def problem_of(data: bytes) -> Problem:
    item = one(data)
    assert isinstance(item, Problem), item
    return item


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_becomes_what_is_expected(name: str) -> None:
    assert_as_expected(name, items(ADAPTER, sample(name)))


def test_the_samples_hold_the_same_workouts() -> None:
    drafts = [[item for item in normalise(sample(name)) if isinstance(item, Draft)] for name in SAMPLES]

    assert drafts[0] == drafts[1] == drafts[2]


def test_the_total_row_of_the_sample_is_skipped_by_its_number() -> None:
    assert [item for item in normalise(sample(SAMPLES[2])) if not isinstance(item, Draft)] == [
        Skipped(path=("row", 8), reason="a total row")
    ]


def test_the_row_of_a_run_that_others_report_too_is_read() -> None:
    draft = draft_of(sample("_scenarios/A_same_run_5_sources/5_agency_row.csv"))

    assert (draft.person_ref, draft.sport, draft.started_at) == ("A0007", Sport.RUN, datetime(2026, 1, 1, tzinfo=UTC))
    assert (draft.elapsed_seconds, draft.distance_meters) == (1980, 5000)
    assert (draft.source, draft.coarse, draft.manual, draft.utc_offset_seconds) == (Source.AGENCY, True, False, 25_200)


@pytest.mark.parametrize("encoding", ["cp874", "tis-620", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_make_no_difference(encoding: str, delimiter: str) -> None:
    # TIS-620 is what the name says: a codec without the euro sign and the quotes of Windows-874.
    assert draft_of(table(ROW, delimiter=delimiter, encoding=encoding)) == draft_of(table(ROW))


def test_utf16_big_endian_with_a_mark_is_read() -> None:
    assert draft_of(b"\xfe\xff" + table(ROW, encoding="utf-16-be")) == draft_of(table(ROW))


def test_titles_blank_rows_notes_and_repeated_headers_are_no_workouts() -> None:
    heads, cells = list(ROW), list(ROW.values())
    other = [*cells[:4], "18:00", *cells[5:]]
    data = csv_of(
        ["รายงานการออกกำลังกาย ประจำเดือน"], [], heads, cells, [], heads, other,
        ["รวมทั้งสิ้น", "", "", "", "", "", "10.4"], ["", "", "", "ผลรวม", "", "", "10.4"],
        ["หมายเหตุ: ข้อมูลเบื้องต้น"], ["ผู้รายงาน", "นักวิชาการ"],
    )  # fmt: skip

    found = list(normalise(data))

    assert [type(item) for item in found] == [Draft, Skipped, Draft, Skipped, Problem, Skipped, Skipped]
    assert [item.path for item in found if isinstance(item, Skipped)] == [
        ("row", 6),
        ("row", 8),
        ("row", 10),
        ("row", 11),
    ]


def test_a_header_merged_over_two_rows_is_read() -> None:
    data = csv_of(
        ["เลขประจำตัวผู้เข้าร่วม", "สถานที่", "", "วันที่", "เวลาเริ่ม", "กิจกรรม", "", ""],
        ["", "จังหวัด", "อำเภอ", "", "", "ประเภทกิจกรรม", "ระยะทาง (ม.)", "ระยะเวลา"],
        ["A1", "ขอนแก่น", "เมือง", "12/01/2567", "06:15", "เดิน", "3,000", "45 นาที"],
    )

    draft = draft_of(data)

    assert (draft.province_code, draft.district_code, draft.distance_meters) == ("40", "4001", 3000)


def test_units_in_a_row_below_the_header_are_units() -> None:
    data = csv_of(["วันที่", "เวลาเริ่ม", "ประเภทกิจกรรม", "ระยะทาง", "ระยะเวลา"], ["", "", "", "(เมตร)", "(ชม.)"],
                  ["12/01/2567", "06:15", "เดิน", "3000", "1.5"])  # fmt: skip

    draft = draft_of(data)

    assert (draft.distance_meters, draft.elapsed_seconds, draft.person_ref) == (3000, 5400, None)


def test_english_headings_are_read() -> None:
    data = csv_of(
        [
            "Member ID",
            "Date",
            "Start time",
            "Sport",
            "Distance (km)",
            "Duration (min)",
            "Energy (kJ)",
            "Steps",
            "Heart rate",
            "Ref no.",
        ],
        ["7", "2024-01-12", "6:15 AM", "Running", "5.2", "34.5", "1600", "6040", "151", "R-77"],
    )

    draft = draft_of(data)

    assert (draft.person_ref, draft.partner_ref, draft.sport, draft.pulse_bpm) == ("7", "R-77", Sport.RUN, 151)
    assert (draft.elapsed_seconds, draft.energy_kcal) == (2070, pytest.approx(382.4, abs=0.1))
    assert draft.started_at == datetime(2024, 1, 11, 23, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("heading", "cell", "meters"),
    [
        ("ระยะทาง", "5.2", 5200),
        ("ระยะทาง", "5.2 กม.", 5200),
        ("ระยะทาง (กม.)", "5200 เมตร", 5200),
        ("ระยะทาง (เมตร)", "๕,๒๐๐", 5200),
        ("ระยะทาง กม.", "5.2", 5200),
        ("ระยะทาง (กม.)", "ไม่มี", None),
    ],
)
def test_a_distance_follows_its_unit(heading: str, cell: str, meters: float | None) -> None:
    assert draft_of(table(without("ระยะทาง (กม.)", **{heading: cell}))).distance_meters == meters


@pytest.mark.parametrize(
    ("heading", "cell", "seconds", "coarse"),
    [
        ("ระยะเวลา", "60", 3600, True),
        ("ระยะเวลา", "00:34:10", 2050, False),
        ("ระยะเวลา (ชม.:นาที)", "1:10", 4200, True),
        ("จำนวนนาที", "45", 2700, True),
        ("เวลา (นาที)", "45", 2700, True),
        ("เวลาสิ้นสุด", "07:00", 2700, True),
    ],
)
def test_a_duration_follows_its_heading(heading: str, cell: str, seconds: float, *, coarse: bool) -> None:
    draft = draft_of(table(without("ระยะเวลา", **{heading: cell})))

    assert (draft.elapsed_seconds, draft.coarse) == (seconds, coarse)


def test_start_end_and_duration_together_tell_of_pauses() -> None:
    draft = draft_of(table(ROW | {"เวลาสิ้นสุด": "07:00"}))

    assert (draft.elapsed_seconds, draft.moving_seconds) == (2700, 2050)


def test_a_workout_past_midnight_counts_by_its_duration() -> None:
    assert draft_of(table(ROW | {"เวลาเริ่ม": "23:50", "เวลาสิ้นสุด": "00:25"})).elapsed_seconds == 2050


def test_a_date_with_its_time_in_one_cell_is_read() -> None:
    assert draft_of(table(without("เวลาเริ่ม", วันที่="12/01/2567 06:15"))) == replace(
        draft_of(table(ROW)), raw=draft_of(table(without("เวลาเริ่ม", วันที่="12/01/2567 06:15"))).raw
    )


@pytest.mark.parametrize(
    ("changes", "code", "heading"),
    [
        ({"วันที่": "30/02/2567"}, "BAD_DATE", "วันที่"),
        ({"วันที่": "12/01/24"}, "BAD_DATE", "วันที่"),
        ({"วันที่": "12/01/1024"}, "BAD_DATE", "วันที่"),
        ({"วันที่": "-"}, "MISSING_DATE", "วันที่"),
        ({"เวลาเริ่ม": ""}, "MISSING_TIME", "เวลาเริ่ม"),
        ({"เวลาเริ่ม": "17.3"}, "BAD_TIME", "เวลาเริ่ม"),
        ({"ประเภทกิจกรรม": ""}, "MISSING_SPORT", "ประเภทกิจกรรม"),
        ({"ระยะเวลา": ""}, "MISSING_DURATION", "ระยะเวลา"),
        ({"ระยะเวลา": "1.30"}, "BAD_DURATION", "ระยะเวลา"),
        ({"ระยะเวลา": "-5"}, "BAD_DURATION", "ระยะเวลา"),
        ({"ระยะทาง (กม.)": "5,2"}, "BAD_NUMBER", "ระยะทาง (กม.)"),
        ({"ระยะทาง (กม.)": "-5"}, "BAD_NUMBER", "ระยะทาง (กม.)"),
        ({"ระยะทาง (กม.)": "5 ชม."}, "BAD_NUMBER", "ระยะทาง (กม.)"),
        ({"แคลอรี": "มาก"}, "BAD_NUMBER", "แคลอรี"),
        ({"จำนวนก้าว": "6040.5"}, "BAD_NUMBER", "จำนวนก้าว"),
        ({"จังหวัด": "แอตแลนติส"}, "UNKNOWN_PLACE", "จังหวัด"),
        ({"อำเภอ": "หาดใหญ่"}, "UNKNOWN_PLACE", "อำเภอ"),
        ({"เลขประจำตัวผู้เข้าร่วม": "ไม่มี"}, "MISSING_PERSON", "เลขประจำตัวผู้เข้าร่วม"),
        ({"เลขที่อ้างอิง": CITIZEN}, "BAD_REFERENCE", "เลขที่อ้างอิง"),
        ({"เลขที่อ้างอิง": "x" * 201}, "BAD_REFERENCE", "เลขที่อ้างอิง"),
        ({"เลขประจำตัวประชาชน": "12345"}, "BAD_CITIZEN_NUMBER", "เลขประจำตัวประชาชน"),
        ({"เวลาสิ้นสุด": "06:30"}, "BAD_DURATION", "ระยะเวลา"),
        ({"เวลาสิ้นสุด": "06:00", "ระยะเวลา": ""}, "BAD_TIME", "เวลาสิ้นสุด"),
        ({"เวลาสิ้นสุด": "25:00"}, "BAD_TIME", "เวลาสิ้นสุด"),
    ],
)
def test_a_broken_row_says_where_and_what_to_write_and_the_others_are_kept(
    changes: dict[str, str], code: str, heading: str
) -> None:
    broken = ROW | changes
    rows = [dict.fromkeys(broken, "") | ROW, broken, dict.fromkeys(broken, "") | ROW | {"เวลาเริ่ม": "18:00"}]

    before, problem, after = normalise(table(*rows))

    assert isinstance(before, Draft)
    assert isinstance(after, Draft)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.path) == (code, ("row", 3, heading))
    assert problem.message[-1] in ".?"
    assert problem.raw.decode().count("\r\n") == 2


@pytest.mark.parametrize(
    ("missing", "code"),
    [("เวลาเริ่ม", "MISSING_TIME"), ("ระยะเวลา", "MISSING_DURATION"), ("ประเภทกิจกรรม", "MISSING_SPORT")],
)
def test_a_missing_column_is_a_problem_of_every_row_and_never_guessed(missing: str, code: str) -> None:
    found = list(normalise(table(without(missing), without(missing))))

    assert [item.code for item in found if isinstance(item, Problem)] == [code, code]


def test_an_unknown_place_names_those_that_look_alike() -> None:
    assert "ปัตตานี" in problem_of(table(ROW | {"จังหวัด": "ปัตานี้ย"})).message


def test_a_row_of_a_known_number_is_quarantined_with_its_person() -> None:
    assert problem_of(table(ROW | {"วันที่": "?"})).person_ref == "A0001"


def test_a_quarantined_row_can_be_read_again_from_what_was_kept() -> None:
    problem = problem_of(table(ROW | {"อำเภอ": "ไม่รู้จัก"}))

    assert problem_of(problem.raw).raw == problem.raw
    assert draft_of(problem.raw.replace("ไม่รู้จัก".encode(), "เมือง".encode())).district_code == "9401"


def test_columns_that_are_not_read_are_not_kept() -> None:
    draft = draft_of(table(ROW | {"ชื่อ-สกุล": "ชื่อของใครบางคน", "หน่วยงาน": "กองทัพอากาศ"}))

    assert "ใครบางคน" not in draft.raw.decode()


@pytest.mark.parametrize("written", [CITIZEN, "1-1017-00203-45-1", "๑๑๐๑๗๐๐๒๐๓๔๕๑", "1 1017 00203 45 1"])
@pytest.mark.parametrize("heading", ["เลขประจำตัวผู้เข้าร่วม", "เลขประจำตัวประชาชน"])
def test_a_citizen_number_is_told_apart_and_stays_nowhere_else(written: str, heading: str) -> None:
    draft = draft_of(table(without("เลขประจำตัวผู้เข้าร่วม", **{heading: written})))

    assert (draft.citizen_number, draft.person_ref) == (CITIZEN, None)
    kept = draft.raw.decode() + draft.partner_ref + str(draft.sport_word)
    assert "x" * 13 in kept
    assert written not in kept
    assert CITIZEN not in kept


def test_a_citizen_number_in_any_other_cell_is_masked_too() -> None:
    problem = problem_of(table(ROW | {"วันที่": f"วันเกิด {CITIZEN}"}))

    assert CITIZEN not in problem.raw.decode() + problem.message


def test_people_are_told_apart_by_the_agencys_code_and_never_by_a_digest_of_their_number() -> None:
    one, other, third, fourth = (
        draft_of(table(ROW | {"เลขประจำตัวผู้เข้าร่วม": who})).partner_ref
        for who in (CITIZEN, "1101700203452", "A0001", "A0002")
    )

    assert one == other
    assert len({one, third, fourth}) == 3


def test_equal_rows_of_two_numbers_are_two_workouts_of_one_file() -> None:
    rows = [ROW | {"เลขประจำตัวผู้เข้าร่วม": who} for who in (CITIZEN, "1101700203452", CITIZEN)]

    first, second, repeated = normalise(table(*rows))

    assert [first.citizen_number, second.citizen_number] == [CITIZEN, "1101700203452"]
    assert repeated.reason == "the row repeats row 2"


def test_a_row_that_cannot_be_read_says_whose_it_is() -> None:
    problem = problem_of(table(ROW | {"เลขประจำตัวผู้เข้าร่วม": CITIZEN, "วันที่": "?"}))

    assert (problem.citizen_number, problem.person_ref) == (CITIZEN, None)
    assert CITIZEN not in problem.raw.decode()


def test_a_corrected_row_updates_the_same_record() -> None:
    first = draft_of(table(ROW))
    corrected = draft_of(table(ROW | {"ระยะทาง (กม.)": "6", "แคลอรี": "400", "ระยะเวลา": "40 นาที"}))

    assert first.partner_ref == corrected.partner_ref
    assert len(first.partner_ref) == 32
    assert first.raw_hash != corrected.raw_hash


@pytest.mark.parametrize(
    "changes",
    [{"เลขประจำตัวผู้เข้าร่วม": "A0002"}, {"วันที่": "13/01/2567"}, {"เวลาเริ่ม": "06:16"}, {"ประเภทกิจกรรม": "เดิน"}],
)
def test_another_person_day_start_or_sport_is_another_record(changes: dict[str, str]) -> None:
    assert draft_of(table(ROW)).partner_ref != draft_of(table(ROW | changes)).partner_ref


def test_spellings_of_one_row_are_one_record() -> None:
    spelled = ROW | {"วันที่": "๑๒ ม.ค. ๒๕๖๗", "เวลาเริ่ม": "06.15 น."}

    assert draft_of(table(ROW)).partner_ref == draft_of(table(spelled)).partner_ref


def test_the_agencys_own_reference_names_the_record() -> None:
    assert draft_of(table(ROW | {"เลขที่อ้างอิง": "๒๕๖๗/0042"})).partner_ref == "2567/0042"


def test_a_row_twice_is_counted_once_and_a_contradiction_is_a_problem() -> None:
    draft, repeated, contradicted = normalise(table(ROW, ROW, ROW | {"แคลอรี": "999"}))

    assert isinstance(draft, Draft)
    assert repeated == Skipped(path=("row", 3), reason="the row repeats row 2")
    assert isinstance(contradicted, Problem)
    assert (contradicted.code, contradicted.path) == ("DUPLICATE_ROW", ("row", 4))


def test_a_report_by_hand_says_so() -> None:
    assert draft_of(table(ROW | {"วิธีบันทึก": "กรอกเอง"})).manual
    assert not draft_of(table(ROW | {"วิธีบันทึก": "นาฬิกา"})).manual


@pytest.mark.parametrize(
    ("word", "sport"),
    [
        ("เดิน", Sport.WALK),
        ("วิ่ง", Sport.RUN),
        ("ปั่นจักรยาน", Sport.RIDE),
        ("ว่ายน้ำ", Sport.SWIM),
        ("แอโรบิก", Sport.AEROBICS),
        ("แอโรบิค", Sport.AEROBICS),
        ("โยคะ", Sport.YOGA),
        ("รำมวยจีน", Sport.TAI_CHI),
        ("ไทเก็ก", Sport.TAI_CHI),
        ("ตะกร้อ", Sport.TAKRAW),
        ("แบดมินตัน", Sport.BADMINTON),
        ("ฟุตบอล", Sport.FOOTBALL),
        ("ฟุตซอล", Sport.FUTSAL),
        ("วอลเลย์บอล", Sport.VOLLEYBALL),
        ("เปตอง", Sport.PETANQUE),
        ("มวยไทย", Sport.MUAY_THAI),
        ("ลีลาศ", Sport.BALLROOM),
        ("รำวง", Sport.RAM_WONG),
        ("บาสโลบ", Sport.BASLOP),
        ("ไม้พลองป้าบุญมี", Sport.STICK_EXERCISE),
        ("เต้น", Sport.DANCE),
        ("ยกน้ำหนัก", Sport.WEIGHTLIFTING),
        ("เวท", Sport.STRENGTH),
        ("การวิ่ง", Sport.RUN),
        ("Running", Sport.RUN),
        ("trail run", Sport.TRAIL_RUN),
        ("เดิน/วิ่ง", Sport.OTHER),
        ("เก็บขยะ", Sport.OTHER),
    ],
)
def test_a_word_for_a_sport_is_known_or_kept(word: str, sport: Sport) -> None:
    assert sport_of(word) is sport
    assert draft_of(table(ROW | {"ประเภทกิจกรรม": word})).sport_word == word


def test_every_sport_is_known_by_its_own_names() -> None:
    assert {sport: sport_of(sport.value) for sport in Sport} == {sport: sport for sport in Sport}


@pytest.mark.parametrize(
    ("day", "clock", "lasted"),
    [
        (date(2024, 1, 12), time(6, 15), time(0, 34, 10)),
        (date(2567, 1, 12), "06:15", timedelta(minutes=34, seconds=10)),
        (datetime(2567, 1, 12, 6, 15), None, "34:10"),  # noqa: DTZ001 - a cell has no zone
        (45303, 0.26041666666, "00:34:10"),
        ((date(2567, 1, 12) - date(1899, 12, 30)).days, datetime(1899, 12, 30, 6, 15), "34 นาที 10 วินาที"),  # noqa: DTZ001
    ],
)
def test_typed_cells_of_a_workbook_are_read(day: object, clock: object, lasted: object) -> None:
    cells = ["A0001", day, clock, "วิ่ง", 5.2, lasted, 382, 6040]
    heads = ["รหัสสมาชิก", "วันที่", "เวลาเริ่ม", "ประเภทกิจกรรม", "ระยะทาง (กม.)", "ระยะเวลา", "แคลอรี", "จำนวนก้าว"]

    draft = draft_of(workbook(heads, cells))

    assert draft.started_at == datetime(2024, 1, 11, 23, 15, tzinfo=UTC)
    assert (draft.elapsed_seconds, draft.distance_meters, draft.energy_kcal, draft.steps) == (2050, 5200, 382, 6040)


def test_numbers_for_people_and_references_lose_their_point() -> None:
    heads = ["รหัสสมาชิก", "เลขที่อ้างอิง", "วันที่", "เวลาเริ่ม", "ประเภทกิจกรรม", "ระยะเวลา"]

    draft = draft_of(workbook(heads, [7, 42, "12/01/2567", "06:15", "วิ่ง", 30]))
    citizen = draft_of(workbook(heads, [int(CITIZEN), 42, "12/01/2567", "06:15", "วิ่ง", 30]))

    assert (draft.person_ref, draft.partner_ref, draft.elapsed_seconds) == ("7", "42", 1800)
    assert citizen.citizen_number == CITIZEN


def test_a_date_typed_in_the_wrong_era_that_has_no_such_day_is_refused() -> None:
    heads = ["วันที่", "เวลาเริ่ม", "ประเภทกิจกรรม", "ระยะเวลา"]

    assert problem_of(workbook(heads, [date(2564, 2, 29), "06:15", "วิ่ง", 30])).code == "BAD_DATE"


def test_every_visible_sheet_with_a_header_is_read() -> None:
    heads, cells = list(ROW), list(ROW.values())
    broken = [*cells[:3], "?", *cells[4:]]
    other = [*cells[:4], "19:00", *cells[5:]]

    first, second, problem, skipped = normalise(
        workbook(heads, cells, others={"กพ": [heads, other, broken], "คำอธิบาย": [["อ่านก่อน"]]})
    )

    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert isinstance(problem, Problem)
    assert problem.path == ("sheet", "กพ", "row", 3, "วันที่")
    assert skipped == Skipped(path=("sheet", "คำอธิบาย"), reason="the sheet has no header we know")


def test_a_hidden_sheet_is_skipped() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(workbook(list(ROW), list(ROW.values()), others={"เก่า": [list(ROW), list(ROW.values())]}))
    )
    book["เก่า"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)

    draft, skipped = normalise(out.getvalue())

    assert isinstance(draft, Draft)
    assert skipped == Skipped(path=("sheet", "เก่า"), reason="the sheet is hidden")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"\xff\xfe",
        "ไม่มีหัวตาราง\n1,2,3\n".encode(),
        b"%PDF-1.7",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"PK\x03\x04" + bytes(100),
        bytes(range(256)) * 10,
        '"วันที่,เวลาเริ่ม\n'.encode(),
    ],
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(BadPayload) as refused:
        list(normalise(data))

    assert refused.value.partner == "thai_agency"


def test_decoded_json_instead_of_bytes_is_refused() -> None:
    with pytest.raises(BadPayload):
        list(normalise([ROW]))


def test_two_columns_of_one_meaning_are_refused_by_name() -> None:
    with pytest.raises(BadPayload, match=r"ระยะเวลา.*จำนวนนาที"):
        list(normalise(table(ROW | {"จำนวนนาที": "34"})))


def test_a_clearer_heading_wins_over_a_vague_one() -> None:
    draft = draft_of(table({"กิจกรรม": "งานวิ่งการกุศล", "รหัส": "x1"} | ROW))

    assert (draft.sport, draft.person_ref) == (Sport.RUN, "A0001")


def repacked(name: str, content: bytes) -> bytes:
    """The sample workbook with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample(SAMPLES[2]))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = b"</sheetData></worksheet>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (SHEET, OPEN + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + CLOSE),
        (SHEET, OPEN + b'<row r="199999"><c r="CU199999"><v>1</v></c></row>' + CLOSE),
        (SHEET, OPEN + b'<row><c r="&#65;999999999"><v>1</v></c></row>' + CLOSE),
        (SHEET, OPEN + b" " * 130_000_000 + CLOSE),
        (SHEET, b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + OPEN + b"&b;" + CLOSE),
        (SHEET, b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + OPEN + CLOSE),
        (SHEET, OPEN),
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/workbook.xml", b""),
        ("xl/styles.xml", b"\x00\x01"),
    ],
)  # fmt: skip
def test_a_hostile_workbook_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(BadPayload):
        list(normalise(repacked(name, content)))


def test_an_archive_of_too_many_parts_is_refused() -> None:
    out = io.BytesIO(sample(SAMPLES[2]))
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(600):
            archive.writestr(f"xl/extra{number}.xml", b"<x/>")

    with pytest.raises(BadPayload):
        list(normalise(out.getvalue()))


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    data = bytearray(repacked(SHEET, OPEN + b" " * 1_000_000 + CLOSE))
    at = data.rindex(SHEET.encode()) - 46 + 24
    data[at : at + 4] = (1000).to_bytes(4, "little")

    with pytest.raises(BadPayload):
        list(normalise(bytes(data)))


def test_too_many_rows_or_columns_are_refused() -> None:
    with pytest.raises(BadPayload, match="rows"):
        list(normalise(table(ROW) + b"\n" * 200_001))
    with pytest.raises(BadPayload, match="columns"):
        list(normalise(csv_of([*ROW, *"x" * 200])))


def test_thousands_of_unknown_places_stay_affordable() -> None:
    heads = list(ROW)
    rows = [[*list(ROW.values())[:2], f"ไม่รู้จัก{number}", *list(ROW.values())[3:]] for number in range(1000)]

    found = list(normalise(csv_of(heads, *rows)))

    assert {item.code for item in found if isinstance(item, Problem)} == {"UNKNOWN_PLACE"}
    assert len(found) == 1000


def assert_only_items(data: bytes) -> None:
    try:
        found = list(items(ADAPTER, data))
    except BadPayload:
        return
    for item in found:
        assert isinstance(item, Draft | Problem | Skipped)
        assert not isinstance(item, Draft) or refusal(item) is None


@given(st.binary(max_size=500))
def test_any_bytes_give_items_or_a_refusal(data: bytes) -> None:
    assert_only_items(data)


@given(st.lists(st.lists(st.text(max_size=12), min_size=10, max_size=10), min_size=1, max_size=3))
def test_any_cells_under_a_good_header_give_items(rows: list[list[str]]) -> None:
    assert_only_items(table(dict.fromkeys(ROW, "")) + csv_of(*rows, encoding="utf-8"))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SAMPLES[:2]),
    st.lists(st.tuples(st.integers(0, 1200), st.binary(max_size=3), st.integers(0, 3)), min_size=1, max_size=5),
)
def test_a_changed_csv_gives_items_or_a_refusal(name: str, changes: list[tuple[int, bytes, int]]) -> None:
    data = bytearray(sample(name))
    for place, new, removed in changes:
        data[place % len(data) : place % len(data) + removed] = new

    assert_only_items(bytes(data))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 10_000), st.sampled_from([b"", b"9" * 30, b'r="A1"', b"-1", b"2567-13-45", b"&amp;", b'"', b"1e308"])
)
def test_a_changed_workbook_gives_items_or_a_refusal(place: int, new: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(sample(SAMPLES[2]))) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/")]
        name = names[place % len(names)]
        content = bytearray(archive.read(name))
    at = place % max(1, len(content))
    content[at : at + len(new)] = new

    assert_only_items(repacked(name, bytes(content)))
