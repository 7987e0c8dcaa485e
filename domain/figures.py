"""Every figure of the rules: what it is, and beside it what it decides, in which unit, within which bounds, by whom.

To add one:
1. Declare it in `Figures` with `figure(default, unit=..., th=..., en=..., source=..., least=..., most=...)`; units and
   sources are words of `domain.cards`, and a new one may be written in place.
2. Give it an example in `EXAMPLES` of `domain/rule_examples.py`, worked out by the function that applies it.
3. Run `ccc rules > docs/rules.md` and, as for any change of the contract, `ccc schema > schema/schema.graphql`.
Tests name what is missing. A rulebook stored without the figure has its default, so that is what held before there was
such a figure: no migration.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from domain.cards import (
    CREDITS,
    KCAL,
    KCAL_PER_HOUR,
    KCAL_PER_KG_HOUR,
    KILOGRAMS,
    MET,
    METERS,
    METERS_PER_SECOND,
    MINUTES,
    PROGRAMME,
    RATIO,
    SECONDS,
    STEPS,
    STEPS_PER_MINUTE,
    WEEKS,
    WHO_2020,
    figure,
)


@dataclass(frozen=True, kw_only=True)
class SpeedLimit:
    """Average metres a second above which an activity is held for review, and above which it is refused.

    They count from `from_meters` on: a short sprint may be faster than any long run.
    """

    flag_mps: float = figure(
        unit=METERS_PER_SECOND,
        th="ความเร็วเฉลี่ยที่เกินแล้วต้องรอตรวจสอบ",
        en="Average speed above which an activity waits for review.",
        source=PROGRAMME,
        least=0.5,
        most=100,
    )
    reject_mps: float = figure(
        unit=METERS_PER_SECOND,
        th="ความเร็วเฉลี่ยที่เกินแล้วไม่นับ",
        en="Average speed above which an activity is refused.",
        source=PROGRAMME,
        least=0.5,
        most=100,
    )
    from_meters: float = figure(
        0.0,
        unit=METERS,
        th="ระยะทางตั้งแต่เท่านี้ขึ้นไปจึงใช้ขีดจำกัดความเร็วเต็มรูป ระยะสั้นกว่านี้แม้เร็วเกินก็เพียงรอตรวจสอบ",
        en="Distance from which the limits count in full; a shorter activity that is too fast only waits for review.",
        source=PROGRAMME,
        least=0,
        most=100_000,
    )


_TEEN, _ADULT = 13, 18  # years


def _speed_limits() -> dict[str, SpeedLimit]:
    return {
        "running": SpeedLimit(flag_mps=5.5, reject_mps=6.9, from_meters=5_000),
        "walking": SpeedLimit(flag_mps=2.5, reject_mps=4.0),
        "cycling": SpeedLimit(flag_mps=15, reject_mps=20),
        "swimming": SpeedLimit(flag_mps=2.0, reject_mps=2.4),
    }


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All figures of one rulebook; the defaults are version 1.

    Kilocalories, seconds, metres, metres a second, kilograms and credits, as the names say.
    """

    kcal_per_credit: int = figure(
        100,
        unit=KCAL,
        th="พลังงานที่ต้องใช้ในหนึ่งวันเพื่อให้ได้หนึ่งเครดิต เศษที่เหลือหมดไปเมื่อสิ้นวัน",
        en="Energy of a day that gives one credit; what remains lapses at midnight.",
        source=PROGRAMME,
        least=1,
        most=10_000,
    )
    daily_cap_credits: int = figure(
        20,
        unit=CREDITS,
        th="เครดิตสูงสุดที่ได้จากการออกกำลังกายในหนึ่งวัน",
        en="The most credits that one day of exercise gives.",
        source=PROGRAMME,
        least=1,
        most=1_000,
    )
    manual_daily_cap_credits: int = figure(
        5,
        unit=CREDITS,
        th="เครดิตสูงสุดในหนึ่งวันจากกิจกรรมที่พิมพ์กรอกเอง",
        en="The most credits that activities typed in by hand give in one day.",
        source=PROGRAMME,
        least=0,
        most=1_000,
    )
    default_mass_kg: float = figure(
        60.0,
        unit=KILOGRAMS,
        th="น้ำหนักตัวที่ใช้ประมาณพลังงานเมื่อไม่ทราบน้ำหนักจริง",
        en="Body mass that an estimate of energy takes where none is known.",
        source=PROGRAMME,
        least=20,
        most=200,
    )
    default_mass_child_kg: float = figure(
        30.0,
        unit=KILOGRAMS,
        th="น้ำหนักตัวที่ใช้แทนเมื่อไม่ทราบน้ำหนักจริงของผู้ที่มีอายุไม่ถึง 13 ปี",
        en="Body mass taken instead for somebody known to be under 13.",
        source=PROGRAMME,
        least=10,
        most=200,
    )
    default_mass_teen_kg: float = figure(
        50.0,
        unit=KILOGRAMS,
        th="น้ำหนักตัวที่ใช้แทนเมื่อไม่ทราบน้ำหนักจริงของผู้ที่มีอายุ 13 ถึง 17 ปี",
        en="Body mass taken instead for somebody known to be 13 to 17.",
        source=PROGRAMME,
        least=10,
        most=200,
    )
    flag_elapsed_seconds: int = figure(
        18 * 3600,
        unit=SECONDS,
        th="ระยะเวลาที่เกินแล้วต้องรอตรวจสอบ",
        en="Duration above which an activity waits for review.",
        source=PROGRAMME,
        least=3_600,
        most=14 * 86_400,
    )
    reject_elapsed_seconds: int = figure(
        48 * 3600,
        unit=SECONDS,
        th="ระยะเวลาที่เกินแล้วไม่นับ",
        en="Duration above which an activity is refused.",
        source=PROGRAMME,
        least=3_600,
        most=14 * 86_400,
    )
    flag_steps_per_minute: float = figure(
        250,
        unit=STEPS_PER_MINUTE,
        th="จำนวนก้าวต่อนาทีที่เกินแล้วต้องรอตรวจสอบ",
        en="Steps a minute above which an activity waits for review.",
        source=PROGRAMME,
        least=60,
        most=1_000,
    )
    day_steps_most: int = figure(
        100_000,
        unit=STEPS,
        th="จำนวนก้าวรวมของหนึ่งวันจากแหล่งเดียวที่เกินแล้วไม่นับ",
        en="Steps of a whole day by one source above which this total does not count.",
        source=PROGRAMME,
        least=10_000,
        most=1_000_000,
    )
    stride_meters_least: float = figure(
        0.2,
        unit=METERS,
        th="ความยาวก้าวเฉลี่ยที่สั้นกว่านี้ต้องรอตรวจสอบ (วิ่งและเดิน)",
        en="Average stride below which a run or a walk waits for review.",
        source=PROGRAMME,
        least=0,
        most=5,
    )
    stride_meters_most: float = figure(
        2.5,
        unit=METERS,
        th="ความยาวก้าวเฉลี่ยที่ยาวกว่านี้ต้องรอตรวจสอบ (วิ่งและเดิน)",
        en="Average stride above which a run or a walk waits for review.",
        source=PROGRAMME,
        least=0.5,
        most=10,
    )
    energy_kcal_per_hour: float = figure(
        1_400,
        unit=KCAL_PER_HOUR,
        th="พลังงานต่อชั่วโมงที่เกินแล้วไม่เชื่อ ระบบจะประมาณใหม่และให้กิจกรรมรอตรวจสอบ",
        en="Energy an hour above which a source's figure is not believed: it is estimated anew, and the activity "
        "waits for review.",
        source=PROGRAMME,
        least=100,
        most=10_000,
    )
    energy_kcal_per_kg_hour: float = figure(
        20,
        unit=KCAL_PER_KG_HOUR,
        th="พลังงานต่อน้ำหนักตัวหนึ่งกิโลกรัมต่อชั่วโมงที่เกินแล้วไม่เชื่อ",
        en="Energy a kilogram of body mass and hour above which a source's figure is not believed.",
        source=PROGRAMME,
        least=1,
        most=100,
    )
    energy_met: float = figure(
        23,
        unit=MET,
        th="ความหนัก (MET) ที่เกินแล้วไม่เชื่อตัวเลขพลังงาน",
        en="Intensity above which a source's energy is not believed.",
        source=PROGRAMME,
        least=1,
        most=100,
    )
    kilojoules_least: float = figure(
        3.4,
        unit=RATIO,
        th="พลังงานที่มากกว่าค่าประมาณตั้งแต่กี่เท่าจึงสงสัยว่าหน่วยเป็นกิโลจูล (หนึ่งกิโลแคลอรีเท่ากับ 4.184 กิโลจูล)",
        en="How many times the estimate a source's energy is at least when it seems to be kilojoules, of which a "
        "kilocalorie has 4.184.",
        source=PROGRAMME,
        least=2,
        most=4.184,
    )
    kilojoules_most: float = figure(
        5.0,
        unit=RATIO,
        th="พลังงานที่มากกว่าค่าประมาณไม่เกินกี่เท่าจึงสงสัยว่าหน่วยเป็นกิโลจูล",
        en="How many times the estimate a source's energy is at most when it seems to be kilojoules.",
        source=PROGRAMME,
        least=4.184,
        most=10,
    )
    burst_factor: float = figure(
        2.0,
        unit=RATIO,
        th="ความเร็วสูงสุดที่เกินขีดจำกัดที่ไม่นับกี่เท่าจึงต้องรอตรวจสอบ",
        en="How many times the speed at which an activity is refused its fastest moment may reach before it waits for "
        "review.",
        source=PROGRAMME,
        least=1,
        most=10,
    )
    vigorous_met: float = figure(
        6.0,
        unit=MET,
        th="ความหนักตั้งแต่เท่านี้ขึ้นไปถือว่าหนัก",
        en="Intensity from which a minute counts as vigorous.",
        source=WHO_2020,
        least=1,
        most=23,
    )
    regular_minutes_least: int = figure(
        150,
        unit=MINUTES,
        th="นาทีต่อสัปดาห์ที่ถือว่าเพียงพอ โดยนาทีที่หนักนับเป็นสองเท่า",
        en="Minutes a week that are enough; vigorous minutes count twice.",
        source=WHO_2020,
        least=1,
        most=10_000,
    )
    regular_weeks_least: int = figure(
        3,
        unit=WEEKS,
        th="จำนวนสัปดาห์ที่เพียงพอซึ่งทำให้เป็นผู้ออกกำลังกายสม่ำเสมอ",
        en="Weeks of enough exercise that make a regular exerciser.",
        source=PROGRAMME,
        least=1,
        most=26,
    )
    regular_weeks_looked_at: int = figure(
        4,
        unit=WEEKS,
        th="จำนวนสัปดาห์ล่าสุดที่ใช้พิจารณา รวมสัปดาห์ที่พิจารณา",
        en="The last weeks in which they are looked for, the week itself included.",
        source=PROGRAMME,
        least=1,
        most=26,
    )
    speed_limits: dict[str, SpeedLimit] = field(default_factory=_speed_limits)

    def of_age(self, years: int) -> Figures:
        """These figures, with the mass that is assumed for somebody so old, by the year of birth."""
        if years >= _ADULT:
            return self
        mass_kg = self.default_mass_child_kg if years < _TEEN else self.default_mass_teen_kg
        return replace(self, default_mass_kg=mass_kg)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Figures:
        """The figures as stored in a rulebook row; absent ones keep the default of version 1."""
        limits = {group: SpeedLimit(**limit) for group, limit in stored.get("speed_limits", {}).items()}
        return cls(**{**stored, "speed_limits": limits or _speed_limits()})
