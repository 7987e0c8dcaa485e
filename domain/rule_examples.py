"""An example for every figure of the rules, worked out by the functions that apply it; nothing is typed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.cards import Stated, Words
from domain.drafts import DayTotal, Source
from domain.energy import estimated_kcal, met_for
from domain.figures import Figures
from domain.plausibility import Judgement, Measured, Verdict, energy_is_plausible, judged, smells_of_kilojoules
from domain.scoring import DayScore, Workout, equivalent_minutes, is_regular, score_of_day
from domain.sports import GROUP_NAMES, Sport, SportGroup
from domain.totals import judged_total

SEVEN = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
"""07:00 in Bangkok on the first day of 2026, when all examples begin."""
_SPORTS = {"running": Sport.RUN, "walking": Sport.WALK, "cycling": Sport.RIDE, "swimming": Sport.SWIM}
_VERDICTS = {
    Verdict.ACCEPTED: Words("นับ", "accepted"),
    Verdict.FLAGGED: Words("รอตรวจสอบ", "waits for review"),
    Verdict.REJECTED: Words("ไม่นับ", "refused"),
}

Example = Callable[[Figures, Stated], Words]


def example_of(figures: Figures, of: Stated) -> Words:
    """What the figure comes to, by these rules. Raises LookupError for a figure without an example: add one here."""
    if of.path[0] in EXAMPLES:
        return EXAMPLES[of.path[0]](figures, of)
    raise LookupError(f"{of.name} has no example: add one to EXAMPLES in domain/rule_examples.py")


def _day(figures: Figures, *, kcal: float, manual: bool = False, sport: Sport = Sport.RUN) -> DayScore:
    hour = Workout(
        id=UUID(int=1),
        sport=sport.value,
        started_at=SEVEN,
        ended_at=SEVEN + timedelta(hours=1),
        elapsed_seconds=3600.0,
        moving_seconds=None,
        distance_meters=None,
        energy_kcal=kcal,
        steps=None,
        manual=manual,
        source=Source.MANUAL.value if manual else Source.DEVICE.value,
    )
    return score_of_day([hour], figures)


def _verdict(figures: Figures, **measured: Any) -> Judgement:
    it = Measured(**{"sport": Sport.HIKE, "started_at": SEVEN, "elapsed_seconds": 3600.0, **measured})
    return judged(it, figures, now=SEVEN + timedelta(days=365))


def _said(judgement: Judgement) -> Words:
    codes = f" ({', '.join(judgement.reasons)})" if judgement.reasons else ""
    return Words(*(f"{text}{codes}" for text in _VERDICTS[judgement.verdict]))


def _number(value: float, digits: int = 0) -> str:
    return f"{value:,.{digits}f}"


def _credit(figures: Figures, _of: Stated) -> Words:
    kcal = figures.kcal_per_credit * 3.71
    got, burned = _day(figures, kcal=kcal).credits, _number(kcal)
    return Words(f"วันที่ใช้ไป {burned} กิโลแคลอรี ได้ {got} เครดิต", f"A day of {burned} kcal gives {got} credits.")


def _cap(figures: Figures, _of: Stated) -> Words:
    kcal = figures.kcal_per_credit * (figures.daily_cap_credits + 5)
    got, burned = _day(figures, kcal=kcal).credits, _number(kcal)
    return Words(f"วันที่ใช้ไป {burned} กิโลแคลอรี ได้ {got} เครดิต", f"A day of {burned} kcal gives {got} credits.")


def _manual_cap(figures: Figures, _of: Stated) -> Words:
    kcal = figures.kcal_per_credit * (figures.manual_daily_cap_credits + 3)
    got, burned = _day(figures, kcal=kcal, manual=True).credits, _number(kcal)
    return Words(
        f"วันที่กรอกเองทั้งหมด {burned} กิโลแคลอรี ได้ {got} เครดิต",
        f"A day of {burned} kcal, all typed in by hand, gives {got} credits.",
    )


def _mass(_figures: Figures, of: Stated) -> Words:
    estimate = estimated_kcal(Sport.WALK, 3600.0, None, None, of.value)
    kcal, mass, met = _number(estimate.kcal), _number(estimate.mass_kg), _number(estimate.met_value, 1)
    return Words(
        f"เดินหนึ่งชั่วโมงโดยไม่ทราบน้ำหนักตัว ประมาณเป็น {met} MET x {mass} กิโลกรัม = {kcal} กิโลแคลอรี",
        f"An hour's walk by somebody of unknown mass is estimated as {met} MET x {mass} kg = {kcal} kcal.",
    )


def _long(figures: Figures, of: Stated) -> Words:
    seconds = of.value + 3600
    said, hours = _said(_verdict(figures, elapsed_seconds=seconds)), _number(seconds / 3600)
    return Words(f"เดินป่า {hours} ชั่วโมง: {said.th}", f"A hike of {hours} hours: {said.en}.")


def _steps(figures: Figures, of: Stated) -> Words:
    steps = int(of.value * 60 * 1.1)
    said, shown = _said(_verdict(figures, steps=steps)), _number(steps)
    return Words(f"{shown} ก้าวในหนึ่งชั่วโมง: {said.th}", f"{shown} steps in an hour: {said.en}.")


def _day_steps(figures: Figures, of: Stated) -> Words:
    steps = int(of.value * 1.1)
    total = DayTotal(local_date=SEVEN.date(), steps=steps)
    said, shown = _said(judged_total(total, figures, now=SEVEN + timedelta(days=1))), _number(steps)
    return Words(f"{shown} ก้าวในหนึ่งวัน: {said.th}", f"{shown} steps in a day: {said.en}.")


def _stride(figures: Figures, of: Stated) -> Words:
    stride = of.value / 2 if of.path[-1] == "stride_meters_least" else of.value * 1.2
    meters, steps = 3_000.0, int(3_000 / stride) if stride else 0
    said = _said(_verdict(figures, sport=Sport.WALK, distance_meters=meters, steps=steps))
    shown, far = _number(steps), _number(meters)
    return Words(f"เดิน {far} เมตรด้วย {shown} ก้าว: {said.th}", f"A walk of {far} m in {shown} steps: {said.en}.")


def _energy(figures: Figures, of: Stated) -> Words:
    mass = None if of.path[-1] == "energy_kcal_per_hour" else figures.default_mass_kg
    kcal = of.value * 1.05 * (mass or 1)
    believed = energy_is_plausible(kcal, 3600.0, mass, figures)
    burned, body = _number(kcal), f"{_number(mass)}" if mass else ""
    who = Words(f"โดยคนหนัก {body} กิโลกรัม", f" by somebody of {body} kg") if mass else Words("", "")
    thai, english = ("เชื่อ", "believed") if believed else ("ไม่เชื่อ", "not believed")
    return Words(f"{burned} กิโลแคลอรีในหนึ่งชั่วโมง{who.th}: {thai}", f"{burned} kcal in an hour{who.en}: {english}.")


def _kilojoules(figures: Figures, of: Stated) -> Words:
    expected = estimated_kcal(Sport.RIDE, 3600.0, 25_000.0, None, figures.default_mass_kg).kcal
    inside = 1.05 if of.path[-1] == "kilojoules_least" else 0.95
    kcal = expected * of.value * inside
    smells = smells_of_kilojoules(kcal, expected, figures)
    shown, usual = _number(kcal), _number(expected)
    thai, english = ("สงสัยว่าเป็นกิโลจูล", "seems to be kilojoules") if smells else ("ไม่สงสัย", "no doubt of the unit")
    return Words(
        f"ปั่นจักรยาน 25 กม. ในหนึ่งชั่วโมง ประมาณ {usual} ส่งมา {shown}: {thai}",
        f"A ride of 25 km in an hour, about {usual} kcal, sent as {shown}: {english}.",
    )


def _burst(figures: Figures, of: Stated) -> Words:
    speed = figures.speed_limits["running"].reject_mps * of.value * 1.05
    said = _said(_verdict(figures, sport=Sport.RUN, distance_meters=10_000.0, peak_speed_mps=speed))
    fast = _number(speed, 2)
    return Words(f"วิ่งเร็วสุด {fast} เมตรต่อวินาที: {said.th}", f"A run whose peak is {fast} m/s: {said.en}.")


def _vigorous(figures: Figures, _of: Stated) -> Words:
    run, walk = (_day(figures, kcal=300, sport=sport).vigorous_seconds // 60 for sport in (Sport.RUN, Sport.WALK))
    runs, walks = (_number(met_for(sport).value, 1) for sport in (Sport.RUN, Sport.WALK))
    return Words(
        f"วิ่งหนึ่งชั่วโมง ({runs} MET) นับเป็นการออกแรงหนัก {run} นาที เดินหนึ่งชั่วโมง ({walks} MET) นับ {walk} นาที",
        f"An hour's run ({runs} MET) has {run} vigorous minutes, an hour's walk ({walks} MET) has {walk}.",
    )


def _regular(figures: Figures, _of: Stated) -> Words:
    least, of = figures.regular_weeks_least, figures.regular_weeks_looked_at
    runs = -(-figures.regular_minutes_least // equivalent_minutes(1_800, 1_800))
    regular, others = (is_regular([True] * weeks, figures) for weeks in (least, least - 1))
    yes, no, fewer = _YES[regular], _YES[others], least - 1
    return Words(
        f"วิ่งสัปดาห์ละ {runs} ครั้ง ครั้งละครึ่งชั่วโมง ใน {least} จาก {of} สัปดาห์: {yes.th} ใน {fewer} สัปดาห์: {no.th}",
        f"{runs} runs of half an hour a week, in {least} of {of} weeks: {yes.en}; in {fewer}: {no.en}.",
    )


def _speed(figures: Figures, of: Stated) -> Words:
    group = of.path[1]
    limit, name = figures.speed_limits[group], GROUP_NAMES[SportGroup(group)]
    if of.path[-1] == "from_meters":
        # just short of it where it binds at all, and too fast
        meters, speed = (limit.from_meters - 1 if limit.from_meters else 100.0), limit.reject_mps * 1.05
    else:
        meters, speed = max(limit.from_meters, 1_000.0) * 2, of.value * 1.05
    seconds = meters / speed
    said = _said(_verdict(figures, sport=_SPORTS[group], distance_meters=meters, elapsed_seconds=seconds))
    far, fast = _number(meters), _number(speed, 2)
    return Words(
        f"{name[0]} {far} เมตรด้วยความเร็วเฉลี่ย {fast} เมตรต่อวินาที: {said.th}",
        f"{name[1]}, {far} m at {fast} m/s on average: {said.en}.",
    )


_YES = {True: Words("สม่ำเสมอ", "regular"), False: Words("ยังไม่สม่ำเสมอ", "not regular")}

EXAMPLES: Mapping[str, Example] = {
    "kcal_per_credit": _credit,
    "daily_cap_credits": _cap,
    "manual_daily_cap_credits": _manual_cap,
    "default_mass_kg": _mass,
    "default_mass_child_kg": _mass,
    "default_mass_teen_kg": _mass,
    "flag_elapsed_seconds": _long,
    "reject_elapsed_seconds": _long,
    "flag_steps_per_minute": _steps,
    "day_steps_most": _day_steps,
    "stride_meters_least": _stride,
    "stride_meters_most": _stride,
    "energy_kcal_per_hour": _energy,
    "energy_kcal_per_kg_hour": _energy,
    "energy_met": _energy,
    "kilojoules_least": _kilojoules,
    "kilojoules_most": _kilojoules,
    "burst_factor": _burst,
    "vigorous_met": _vigorous,
    "regular_minutes_least": _regular,
    "regular_weeks_least": _regular,
    "regular_weeks_looked_at": _regular,
    "speed_limits": _speed,
}
"""By the name of the figure, or of the set that it stands in."""
