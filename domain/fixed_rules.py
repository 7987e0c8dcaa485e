"""The rules of no rulebook, as a page shows them: most are of merging, and a change would merge and part the past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.activities import COVERS, Report, in_order_of_trust
from domain.cards import COMPENDIUM_2024, KCAL, PROGRAMME, Line, Words
from domain.dedupe import COARSE, LONGEST, MOST_OF_THE_SHORTER, NEAR_START, SAME_DAY, SAME_LENGTH, same_workout
from domain.drafts import EnergyKind, Source
from domain.energy import estimated_kcal
from domain.rule_examples import SEVEN
from domain.sports import Sport

_PERCENT, _MINUTES, _HOURS = Words("ร้อยละ", "%"), Words("นาที", "minutes"), Words("ชั่วโมง", "hours")
_SOURCES = {
    Source.DEVICE: Words("วัดด้วยอุปกรณ์", "device"),
    Source.PHONE: Words("วัดด้วยโทรศัพท์", "phone"),
    Source.EVENT: Words("ผลการแข่งขัน", "event result"),
    Source.AGENCY: Words("รายงานของหน่วยงาน", "agency report"),
    Source.MANUAL: Words("กรอกเอง", "typed in by hand"),
}


def fixed_rules() -> Iterator[Line]:
    """Each rule with its figure; those of merging with an example on both sides of it."""
    yield _rule(
        "overlap",
        th="สองบันทึกทับกันอย่างน้อยเท่านี้ของบันทึกที่สั้นกว่า เป็นการออกกำลังกายครั้งเดียวกัน",
        en="Two records that overlap by at least this part of the shorter one are one workout.",
        value=_whole(MOST_OF_THE_SHORTER * 100),
        unit=_PERCENT,
        example=_beside([(_run(0, 40), _run(each, 40, "strava")) for each in (8, 9)]),
    )
    yield _rule(
        "longest",
        th="บันทึกที่ยาวกว่านี้ หรือไม่มีความยาว ไม่ถือว่าทับกับบันทึกใด",
        en="A record that lasts longer than this, or not at all, overlaps no other.",
        value=_whole(LONGEST / timedelta(hours=1)),
        unit=_HOURS,
        example=_beside([(_run(0, each * 60), _run(60, 60, "strava")) for each in (48, 49)]),
    )
    yield _rule(
        "near_start",
        th="บันทึกจากสองแหล่งที่ทับกัน เริ่มห่างกันไม่เกินเท่านี้ และยาวใกล้เคียงกัน เป็นครั้งเดียวกัน",
        en="Records of two partners that overlap, start within this and last nearly as long are one workout.",
        value=_whole(NEAR_START / timedelta(minutes=1)),
        unit=_MINUTES,
        example=_beside([(_run(0, 10), _run(each, 10.5, "strava")) for each in (3, 4)]),
    )
    yield _rule(
        "same_length",
        th="ยาวใกล้เคียงกัน หมายถึงต่างกันไม่เกินเท่านี้ของบันทึกที่ยาวกว่า",
        en="Lasting nearly as long means: within this part of the longer one.",
        value=_whole(SAME_LENGTH * 100),
        unit=_PERCENT,
        example=_beside([(_run(0, 10), _run(2.5, each, "strava")) for each in (11, 11.5)]),
    )
    yield _rule(
        "coarse",
        th="แถวของหน่วยงานที่บอกเพียงนาทีปัดเศษ ยอมให้เวลาเริ่มและความยาวต่างกันได้เท่านี้",
        en="A row that gives only rounded minutes may differ by this in its start and in its length.",
        value=_whole(COARSE / timedelta(minutes=1)),
        unit=_MINUTES,
        example=_beside([(_run(0, 30), _run(each, 30, "dpe", coarse=True)) for each in (10, 11)]),
    )
    yield _rule(
        "same_day",
        th="บันทึกที่อ้างอิงว่าคัดลอกจากอีกบันทึกหนึ่ง เชื่อเมื่อเริ่มห่างกันไม่เกินเท่านี้",
        en="A record that names another as its origin is believed when they start within this.",
        value=_whole(SAME_DAY / timedelta(hours=1)),
        unit=_HOURS,
        example=_beside(
            [
                (_run(0, 30), _run(each * 60, 30, "strava", upstream_partner="garmin", upstream_ref="1"))
                for each in (24, 25)
            ]
        ),
    )
    yield _rule(
        "trust",
        th="บันทึกที่พูดแทนการออกกำลังกาย เรียงตามความน่าเชื่อถือ แล้วตามลำดับที่เจ้าของเลือกเอง",
        en="Whose figures speak for the workout, the most trusted first; then the owner's own order of sources.",
        value=Words(*(" > ".join(each[language] for each in _SOURCES.values()) for language in (0, 1))),
        unit=Words("ลำดับ", "order"),
        example=_spoken([_run(0, 30, "garmin", source=Source.PHONE), _run(0, 30, "strava", source=Source.DEVICE)]),
    )
    yield _rule(
        "covers",
        th="บันทึกที่ครอบคลุมน้อยกว่านี้ของทั้งครั้ง ไม่พูดก่อนบันทึกที่ครอบคลุม",
        en="A record that covers less than this of the whole never speaks before one that covers it.",
        value=_whole(COVERS * 100),
        unit=_PERCENT,
        example=_spoken([_run(0, 30, "garmin"), _run(0, 60, "strava", source=Source.MANUAL)]),
    )
    estimate = estimated_kcal(Sport.RUN, 3600.0, 10_000.0, 70.0, 60.0)
    burned = f"{estimate.met_value:.10g} x {estimate.mass_kg:.10g} x 1 = {estimate.kcal:,.0f}"
    yield _rule(
        "estimate",
        th="พลังงานที่ไม่มีแหล่งใดบอก ประมาณจากความหนักของกีฬาตามความเร็ว น้ำหนักตัว และเวลาที่เคลื่อนไหว",
        en="Energy that no source states is estimated from the sport's intensity at its speed, mass and moving time.",
        value=Words("MET x กิโลกรัม x ชั่วโมง", "MET x kg x hours"),
        unit=KCAL,
        source=COMPENDIUM_2024,
        example=Words(
            f"วิ่ง 10 กิโลเมตรในหนึ่งชั่วโมงโดยคนหนัก 70 กิโลกรัม (รหัส {estimate.met_code}): {burned} กิโลแคลอรี",
            f"10 km run in an hour by somebody of 70 kg (code {estimate.met_code}): {burned} kcal.",
        ),
    )


def _rule(name: str, *, th: str, en: str, value: Words, unit: Words, example: Words, source: Words = PROGRAMME) -> Line:
    return Line(name=name, says=Words(th, en), value=value, unit=unit, source=source, example=example)


def _whole(value: float) -> Words:
    return Words(f"{value:.10g}", f"{value:.10g}")


def _run(start: float, minutes: float, partner: str = "garmin", **more: Any) -> Report:
    """A run that starts so many minutes after seven."""
    started = SEVEN + timedelta(minutes=start)
    unknown = ("activity_id", "moving_seconds", "distance_meters", "energy_kcal", "steps", "pulse_bpm",
               "peak_speed_mps", "p95_speed_mps", "upstream_partner", "upstream_ref")  # fmt: skip
    given: dict[str, Any] = {
        "user_id": UUID(int=1),
        "id": UUID(int=2),
        "partner_name": partner,
        "partner_ref": "1",
        "known_as": (),
        "sport": Sport.RUN,
        "started_at": started,
        "ended_at": started + timedelta(minutes=minutes),
        "elapsed_seconds": minutes * 60,
        "energy_kind": EnergyKind.ACTIVE,
        "source": Source.DEVICE,
        "manual": False,
        "coarse": False,
        "owner_only": False,
        "received_at": started + timedelta(days=1),
        **dict.fromkeys(unknown),
    }
    return Report(**{**given, **more})


def _span(report: Report) -> str:
    start = (report.started_at - SEVEN) / timedelta(minutes=1)
    return f"{start:.10g}-{start + report.elapsed_seconds / 60:.10g}"


def _beside(pairs: list[tuple[Report, Report]]) -> Words:
    """Whether each pair is one workout; the minutes are counted from the first start."""
    thai, english = [], []
    for one, other in pairs:
        same = same_workout(one, other)
        thai.append(f"นาทีที่ {_span(one)} กับ {_span(other)}: {'ครั้งเดียวกัน' if same else 'คนละครั้ง'}")
        english.append(f"minutes {_span(one)} and {_span(other)}: {'one workout' if same else 'two workouts'}")
    return Words("; ".join(thai), "; ".join(english) + ".")


def _spoken(reports: list[Report]) -> Words:
    """Who speaks for the reports of one workout."""
    speaker = in_order_of_trust(reports)[0]
    both = [
        " กับ ".join(f"{_SOURCES[each.source].th} {each.elapsed_seconds / 60:.10g} นาที" for each in reports),
        " and ".join(f"{_SOURCES[each.source].en}, {each.elapsed_seconds / 60:.10g} minutes" for each in reports),
    ]
    thai, english = _SOURCES[speaker.source]
    return Words(f"{both[0]}: ใช้บันทึก{thai}", f"{both[1]}: the one of {english} speaks.")
