"""Why an activity is as it is: codes of what was decided of its records, and the same in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import combinations

from domain.activities import EnergySource, Report, burned_by, in_order_of_trust, ranking
from domain.dedupe import bond
from domain.figures import Figures
from domain.links import Word, Words


class Why(StrEnum):
    """What was decided. A code may be followed by a colon and what it is about, twice at most."""

    SPEAKS_COVERING = "SPEAKS_COVERING"
    SPEAKS_BY_TRUST = "SPEAKS_BY_TRUST"
    SPEAKS_BY_OWN_ORDER = "SPEAKS_BY_OWN_ORDER"
    SPEAKS_BY_NAME = "SPEAKS_BY_NAME"
    BOUND = "BOUND"
    PARTED = "PARTED"
    FILLED = "FILLED"
    ENERGY_OF = "ENERGY_OF"
    MASS_ASSUMED = "MASS_ASSUMED"


_BY = (Why.SPEAKS_COVERING, Why.SPEAKS_BY_TRUST, Why.SPEAKS_BY_OWN_ORDER, Why.SPEAKS_BY_NAME, Why.SPEAKS_BY_NAME)
_FIGURES = ("distance_meters", "steps", "pulse_bpm", "moving_seconds")


def explained(
    reports: Sequence[Report],
    figures: Figures,
    *,
    mass_kg: float | None,
    source_order: Sequence[str],
    said: Words,
    estimated: bool,
) -> list[str]:
    """The codes of what was decided of these reports of one workout; empty for a lone record with nothing to tell.

    By the functions that decide: who speaks and by which rule, what binds the reports, what each other lent, whose
    energy it is, and whether an estimate assumed the mass.
    """
    found: list[str] = []
    if len(reports) > 1:
        found += _among(reports, figures, mass_kg, source_order, said)
    if said and any(word.word is Word.APART for each in reports for word in said.get(_name(each), {}).values()):
        found.append(Why.PARTED)
    if estimated and not mass_kg:
        found.append(Why.MASS_ASSUMED)
    return found


def _among(
    reports: Sequence[Report],
    figures: Figures,
    mass_kg: float | None,
    source_order: Sequence[str],
    said: Words,
) -> Iterator[str]:
    ranked, rank = in_order_of_trust(reports, source_order), ranking(reports, source_order)
    speaker, second = ranked[0], ranked[1]
    first, next_one = rank(speaker), rank(second)
    decides = next(n for n in range(len(_BY)) if n == len(_BY) - 1 or first[n] != next_one[n])
    yield f"{_BY[decides]}:{speaker.partner_name}:{second.partner_name}"
    bonds = {bond(one, other) for one, other in combinations(ranked, 2)}
    yield from sorted(f"{Why.BOUND}:{each.value}" for each in bonds if each)
    if any(_said_same(said, one, other) for one, other in combinations(ranked, 2)):
        yield f"{Why.BOUND}:said"
    for field in _FIGURES:
        lender = next((each for each in ranked if getattr(each, field) is not None), speaker)
        if lender is not speaker:
            yield f"{Why.FILLED}:{field}:{lender.partner_name}"
    burned, _ = burned_by(ranked, mass_kg, figures)
    if burned and burned is not speaker:
        yield f"{Why.ENERGY_OF}:{burned.partner_name}"


def _name(report: Report) -> tuple[str, str]:
    return (report.partner_name, report.partner_ref)


def _said_same(said: Words, one: Report, other: Report) -> bool:
    word = said.get(_name(one), {}).get(_name(other))
    return word is not None and word.word is Word.SAME


_THAI, _ENGLISH = 0, 1
_TOLD: Mapping[str, tuple[str, str]] = {
    Why.SPEAKS_COVERING: (
        "ใช้เวลาและกีฬาจาก {0} เพราะบันทึกของ {1} ครอบคลุมไม่ถึงร้อยละ 80 ของทั้งครั้ง",
        "Time and sport are those of {0}: the record of {1} covers less than 80 % of the whole.",
    ),
    Why.SPEAKS_BY_TRUST: (
        "ใช้เวลาและกีฬาจาก {0} เพราะวิธีวัดน่าเชื่อถือกว่าของ {1}",
        "Time and sport are those of {0}: it was measured more reliably than the record of {1}.",
    ),
    Why.SPEAKS_BY_OWN_ORDER: (
        "ใช้เวลาและกีฬาจาก {0} เพราะคุณเลือกให้มาก่อน {1}",
        "Time and sport are those of {0}: you put it before {1}.",
    ),
    Why.SPEAKS_BY_NAME: (
        "ใช้เวลาและกีฬาจาก {0} ซึ่งน่าเชื่อถือเท่ากับ {1} โดยเลือกตามลำดับชื่อ",
        "Time and sport are those of {0}, as reliable as {1}: chosen by name.",
    ),
    f"{Why.BOUND}:upstream": (
        "รวมเป็นครั้งเดียวเพราะบันทึกหนึ่งอ้างว่าคัดลอกจากอีกบันทึก",
        "One workout, since a record names another as its origin.",
    ),
    f"{Why.BOUND}:overlap": (
        "รวมเป็นครั้งเดียวเพราะเวลาทับกันอย่างน้อยร้อยละ 80",
        "One workout, since records overlap by 80 % or more.",
    ),
    f"{Why.BOUND}:near_start": (
        "รวมเป็นครั้งเดียวเพราะเริ่มเกือบพร้อมกันและนานเกือบเท่ากัน",
        "One workout, since records start within 3 minutes and last nearly as long.",
    ),
    f"{Why.BOUND}:coarse": (
        "รวมเป็นครั้งเดียวเพราะตรงกันภายใน 10 นาทีกับแถวที่ปัดเศษนาที",
        "One workout, since a row of rounded minutes agrees within 10 minutes.",
    ),
    f"{Why.BOUND}:said": ("รวมเป็นครั้งเดียวตามที่คุณบอก", "One workout, since you said so."),
    Why.PARTED: ("แยกจากบันทึกอื่นตามที่คุณบอก", "Kept apart from other records, since you said so."),
    f"{Why.FILLED}:distance_meters": ("ระยะทางมาจาก {0}", "The distance is that of {0}."),
    f"{Why.FILLED}:steps": ("จำนวนก้าวมาจาก {0}", "The steps are those of {0}."),
    f"{Why.FILLED}:pulse_bpm": ("อัตราการเต้นหัวใจมาจาก {0}", "The heart rate is that of {0}."),
    f"{Why.FILLED}:moving_seconds": ("เวลาเคลื่อนไหวมาจาก {0}", "The time in motion is that of {0}."),
    Why.ENERGY_OF: ("พลังงานมาจาก {0}", "The energy is that of {0}."),
    Why.MASS_ASSUMED: (
        "ไม่ทราบน้ำหนักตัว จึงใช้ {mass} กิโลกรัม ซึ่งเป็นค่าสมมติของโครงการ",
        "Body mass is unknown; {mass} kg is the programme's assumption.",
    ),
}
_ENERGY: Mapping[str, tuple[str, str]] = {
    EnergySource.ACTIVE: ("พลังงานเป็นพลังงานจากการเคลื่อนไหวที่แหล่งข้อมูลบอก", "Energy is the source's active energy."),
    EnergySource.TOTAL: (
        "พลังงานเป็นพลังงานรวมที่แหล่งข้อมูลบอก ซึ่งรวมขณะพัก",
        "Energy is the source's total energy, which holds what the body burns at rest.",
    ),
    EnergySource.ESTIMATED: (
        "พลังงานประมาณจากความหนักของกีฬา (รหัส {met} ใน Compendium 2024) น้ำหนักตัว และเวลา",
        "Energy is estimated from the sport's intensity (code {met} of the 2024 Compendium), mass and time.",
    ),
}
_REFUSED = (
    "ไม่เชื่อพลังงานที่แหล่งข้อมูลบอก เพราะมากเกินกว่าจะเป็นไปได้",
    "Energy that a source states was refused as implausible.",
)
_OVERLAPPED = (
    "เวลาที่ทับกับอีกครั้งหนึ่งซึ่งเริ่มก่อน นับเครดิตให้ครั้งนั้นแล้ว นาทีเดียวกันนับครั้งเดียว",
    "Minutes that overlap another workout are credited to that one, which began earlier: each minute counts once.",
)


def in_words(
    decisions: list[str],
    energy_source: str,
    met_code: str | None,
    mass_kg: float | None,
    reasons: list[str],
    *,
    overlapped: bool = False,
    in_english: bool = False,
) -> list[str]:
    """What was decided of an activity, one sentence each, in Thai or in English: its records first, then its energy.

    `overlapped`: some of its minutes are credited to a workout that began earlier.
    """
    at = _ENGLISH if in_english else _THAI
    mass = "" if mass_kg is None else f"{mass_kg:.10g}"
    told = [_sentence(code, at, mass) for code in decisions if code != Why.MASS_ASSUMED]
    if "IMPLAUSIBLE_ENERGY" in reasons:
        told.append(_REFUSED[at])
    if energy_source in _ENERGY:
        told.append(_ENERGY[energy_source][at].format(met=met_code))
    if Why.MASS_ASSUMED in decisions:
        told.append(_sentence(Why.MASS_ASSUMED, at, mass))
    if overlapped:
        told.append(_OVERLAPPED[at])
    return told


def _sentence(code: str, at: int, mass: str) -> str:
    head, *rest = code.split(":")
    if head not in _TOLD and rest:
        head, *rest = f"{head}:{rest[0]}", *rest[1:]
    texts = _TOLD.get(head)
    say: Callable[..., str] = texts[at].format if texts else code.format
    return say(*rest, mass=mass)
