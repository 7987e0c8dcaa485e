"""The columns of an agency's table: which words may head them, and where the header stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from adapters.thai_text import is_missing, plain

HEADER_WITHIN_ROWS = 30
_FEWEST_KNOWN = 3


class Column(StrEnum):
    """A column we know; its value names it in refusals of whole files."""

    PERSON = "person"
    CITIZEN = "citizen"
    REFERENCE = "reference"
    PROVINCE = "province"
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    DAY = "day"
    START = "start"
    END = "end"
    SPORT = "sport"
    DISTANCE = "distance"
    DURATION = "duration"
    ENERGY = "energy"
    STEPS = "steps"
    PULSE = "pulse"
    RECORDED_BY = "recorded by"


# Words that may head a column; those after the bar give way to a column of a clearer name.
_WORDS: Mapping[Column, str] = {
    Column.PERSON: (
        "เลขประจำตัวผู้เข้าร่วม,รหัสผู้เข้าร่วม,หมายเลขผู้เข้าร่วม,เลขผู้เข้าร่วม,รหัสสมาชิก,เลขที่สมาชิก,หมายเลขสมาชิก,เลขสมาชิก,"
        "รหัสพนักงาน,รหัสเจ้าหน้าที่,รหัสบุคลากร,รหัสนักเรียน,เลขประจำตัวนักเรียน,รหัสประจำตัว,เลขประจำตัว,หมายเลขประจำตัว,รหัสผู้ใช้,"
        "participant,participant id,participant number,person,person id,member,member id,member number,employee id,"
        "student id,user,user id|รหัส"
    ),
    Column.CITIZEN: (
        "เลขประจำตัวประชาชน,เลขบัตรประชาชน,หมายเลขบัตรประชาชน,เลขบัตรประจำตัวประชาชน,เลขที่บัตรประชาชน,เลขประชาชน,"
        "เลขประจำตัวประชาชน 13 หลัก,เลข 13 หลัก,citizen id,citizen number,national id,national id number,id card number|"
    ),
    Column.REFERENCE: (
        "เลขที่อ้างอิง,เลขอ้างอิง,หมายเลขอ้างอิง,รหัสอ้างอิง,รหัสรายการ,เลขที่รายการ,หมายเลขรายการ,รหัสกิจกรรม,reference,"
        "reference number,reference no,ref,ref no,record id,activity id|"
    ),
    Column.PROVINCE: "จังหวัด,province,changwat|",
    Column.DISTRICT: "อำเภอ,เขต,อำเภอ/เขต,เขต/อำเภอ,district,amphoe,khet|",
    Column.SUBDISTRICT: "ตำบล,แขวง,ตำบล/แขวง,แขวง/ตำบล,subdistrict,sub-district,tambon,khwaeng|",
    Column.DAY: (
        "วันที่,วันเดือนปี,วัน/เดือน/ปี,วัน เดือน ปี,ว/ด/ป,วดป,วันที่ออกกำลังกาย,วันที่ทำกิจกรรม,วันที่จัดกิจกรรม,วันที่เข้าร่วม,"
        "วันที่เริ่ม,วันที่และเวลา,วันที่/เวลา,วันเวลา,วันและเวลา,วันที่เวลา,วันเวลาเริ่ม,วันเวลาที่เริ่ม,date,activity date,start date,"
        "date and time,datetime|วัน,day"
    ),
    Column.START: (
        "เวลาเริ่ม,เวลาเริ่มต้น,เวลาเริ่มกิจกรรม,เวลาเริ่มออกกำลังกาย,เริ่มเวลา,เวลาที่เริ่ม,เริ่ม,ตั้งแต่เวลา,start,start time,"
        "started at|เวลา,time"
    ),
    Column.END: "เวลาสิ้นสุด,เวลาสิ้นสุดกิจกรรม,เวลาเลิก,เวลาจบ,สิ้นสุด,สิ้นสุดเวลา,ถึงเวลา,end,end time,finish,finish time|ถึง",
    Column.SPORT: (
        "ประเภทกิจกรรม,ประเภทกีฬา,ประเภทการออกกำลังกาย,ชนิดกิจกรรม,ชนิดกีฬา,ชนิดการออกกำลังกาย,กีฬา,การออกกำลังกาย,"
        "รูปแบบการออกกำลังกาย,sport,activity type,exercise,exercise type|กิจกรรม,ประเภท,ชนิด,activity,type"
    ),
    Column.DISTANCE: "ระยะทาง,ระยะทางรวม,ระยะทางที่ได้,distance|ระยะ",
    Column.DURATION: (
        "ระยะเวลา,ระยะเวลารวม,ระยะเวลาที่ใช้,เวลาที่ใช้,ใช้เวลา,เวลารวม,เวลาออกกำลังกาย,จำนวนนาที,จำนวนชั่วโมง,นาที,ชั่วโมง,"
        "duration,elapsed time,minutes,hours|"
    ),
    Column.ENERGY: (
        "แคลอรี,แคลอรี่,แคลลอรี่,แคลลอรี,กิโลแคลอรี,กิโลแคลอรี่,พลังงาน,พลังงานที่ใช้,พลังงานที่เผาผลาญ,แคลอรีที่เผาผลาญ,"
        "แคลอรี่ที่เผาผลาญ,แคลอรี่ที่ใช้,แคลอรีที่ใช้,จำนวนแคลอรี,จำนวนแคลอรี่,calorie,calories,energy,kcal|"
    ),
    Column.STEPS: "จำนวนก้าว,ก้าว,ก้าวเดิน,จำนวนก้าวเดิน,จำนวนก้าวที่เดิน,steps,step count,number of steps|",
    Column.PULSE: (
        "ชีพจร,ชีพจรเฉลี่ย,อัตราชีพจร,อัตราการเต้นหัวใจ,อัตราการเต้นของหัวใจ,อัตราการเต้นหัวใจเฉลี่ย,อัตราการเต้นของหัวใจเฉลี่ย,"
        "heart rate,average heart rate,avg heart rate,pulse,bpm|"
    ),
    Column.RECORDED_BY: (
        "วิธีบันทึก,วิธีการบันทึก,การบันทึก,บันทึกโดย,แหล่งข้อมูล,ที่มาของข้อมูล,recorded by,recording method,entry method,source|"
    ),
}

_UNITS: Mapping[str, str] = {
    "kilometers": "กม กิโลเมตร กิโล km kms kilometer kilometers kilometre kilometres",
    "meters": "ม เมตร m meter meters metre metres",
    "hours": "ชม ชั่วโมง h hr hrs hour hours",
    "minutes": "นาที min mins minute minutes",
    "seconds": "วินาที วิ s sec secs second seconds",
    "hours:minutes": "ชม:นาที ชั่วโมง:นาที ชมนาที ชั่วโมงนาที ชม:น hh:mm h:mm ชั่วโมง/นาที ชม/นาที",
    "kilocalories": "kcal กิโลแคลอรี กิโลแคลอรี่ แคลอรี แคลอรี่ cal calories แคล",
    "kilojoules": "kj กิโลจูล kilojoules kilojoule",
    "": "ก้าว steps step bpm ครั้ง/นาที ครั้งต่อนาที พศ วดป ว/ด/ป ddmmyyyy dd/mm/yyyy hh:mm:ss",
}
ALLOWED_UNITS = {
    Column.DISTANCE: frozenset({"kilometers", "meters"}),
    Column.DURATION: frozenset({"hours", "minutes", "seconds", "hours:minutes"}),
    Column.ENERGY: frozenset({"kilocalories", "kilojoules"}),
}
_UNIT_BY_WORD = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_DURATION_UNITS = {
    "จำนวนนาที": "minutes",
    "นาที": "minutes",
    "minutes": "minutes",
    "จำนวนชั่วโมง": "hours",
    "ชั่วโมง": "hours",
    "hours": "hours",
}
_BRACKETS = re.compile(r"[(\[（](?P<inside>[^)\]）]*)[)\]）]")
_NOISE = re.compile(r"[\s.\-_:*'\"]+")


def _key(text: str) -> str:
    return _NOISE.sub("", text.lower())


_CLEAR = {_key(word): column for column, words in _WORDS.items() for word in words.split("|")[0].split(",") if word}
_WEAK = {_key(word): column for column, words in _WORDS.items() for word in words.split("|")[1].split(",") if word}


@dataclass(frozen=True, slots=True)
class Heading:
    """What one header cell says: the column, its unit if it names one, the words as written."""

    column: Column
    unit: str
    words: str
    clear: bool


@dataclass(frozen=True)
class Header:
    """Where the header ends (row index from 0) and which cell index each column stands at, with its heading."""

    last_row: int
    at: Mapping[Column, tuple[int, Heading]]
    places: Mapping[Column, tuple[int, ...]]
    """All cells of the place columns: a table may have both เขต and อำเภอ."""
    doubled: tuple[str, str] | None
    """Two headings that mean the same column, if there are such."""


def unit_of(text: str) -> str | None:
    """The unit that `text` names, "" for one that changes nothing (ก้าว), None if it is no unit."""
    word = plain(text).lower()
    return _UNIT_BY_WORD.get(re.sub(r"[\s.]+", "", word), _UNIT_BY_WORD.get(_key(word)))


@lru_cache(maxsize=4096)
def heading(text: str) -> Heading | None:
    """The column that a header cell names, with the unit in brackets or behind the name; None for other words."""
    words = plain(text)
    inside = [match["inside"] for match in _BRACKETS.finditer(words)]
    unit = next((found for part in inside if (found := unit_of(part)) is not None), "")
    bare = _key(_BRACKETS.sub("", words))
    for key, rest in [(bare, ""), *((bare[:cut], bare[cut:]) for cut in range(len(bare) - 1, 1, -1))]:
        column = _CLEAR.get(key) or _WEAK.get(key)
        if column is None or (rest and not _UNIT_BY_WORD.get(rest)):
            continue
        named = (
            unit or _UNIT_BY_WORD.get(rest, "") or (_DURATION_UNITS.get(key, "") if column is Column.DURATION else "")
        )
        if column is Column.START and key in _WEAK and named in ALLOWED_UNITS[Column.DURATION]:
            column = Column.DURATION  # เวลา (นาที)
        kept = named if named in ALLOWED_UNITS.get(column, ()) else ""
        return Heading(column=column, unit=kept, words=words, clear=key in _CLEAR)
    return None


def find_header(rows: Sequence[Sequence[str]]) -> Header | None:
    """The header among the first rows: the row, or two rows of a merged header, with the most known words.

    It must name a date and at least two more columns; None if no row does.
    """
    best: Header | None = None
    for index in range(min(len(rows), HEADER_WITHIN_ROWS)):
        for above in (None, index - 1) if index else (None,):
            header = _header(rows[index], rows[above] if above is not None else (), index)
            if header is not None and (best is None or len(header.at) > len(best.at)):
                best = header
    if best is not None and best.last_row + 1 < len(rows) and _is_units(rows[best.last_row + 1]):
        below = _header(rows[best.last_row + 1], rows[best.last_row], best.last_row + 1)
        if below is not None and len(below.at) >= len(best.at):
            return below
    return best


def _is_units(row: Sequence[str]) -> bool:
    filled = [cell.strip("()[] ") for cell in map(plain, row) if not is_missing(cell)]
    return bool(filled) and all(unit_of(cell) is not None for cell in filled)


def _header(row: Sequence[str], above: Sequence[str], index: int) -> Header | None:
    found: dict[Column, list[tuple[int, Heading]]] = {}
    for place in range(max(len(row), len(above))):
        lower = row[place] if place < len(row) else ""
        upper = above[place] if place < len(above) else ""
        here = heading(lower) or heading(f"{upper} ({lower.strip('()[] ')})" if lower.strip() else upper)
        if here is not None:
            found.setdefault(here.column, []).append((place, here))
    if Column.DAY not in found or len(found) < _FEWEST_KNOWN:
        return None
    spatial = (Column.PROVINCE, Column.DISTRICT, Column.SUBDISTRICT)
    at: dict[Column, tuple[int, Heading]] = {}
    doubled: tuple[str, str] | None = None
    for column, some in found.items():
        clear = [one for one in some if one[1].clear] or some
        at[column] = clear[0]
        if len(clear) > 1 and column not in spatial:
            doubled = doubled or (clear[0][1].words, clear[1][1].words)
    places = {column: tuple(place for place, _ in found.get(column, ())) for column in spatial}
    return Header(last_row=index, at=at, places=places, doubled=doubled)
