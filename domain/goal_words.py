"""Goals and streaks in words, Thai and English."""

from __future__ import annotations

from collections.abc import Mapping

from domain.counters import Period
from domain.goals import GoalMetric
from domain.streaks import StreakKind

_WHAT: Mapping[GoalMetric, tuple[str, str, str]] = {
    GoalMetric.ACTIVE_DAYS: ("ออกกำลังกาย {} วัน", "Exercise on {} day", "Exercise on {} days"),
    GoalMetric.ACTIVITIES: ("ออกกำลังกาย {} ครั้ง", "{} activity", "{} activities"),
    GoalMetric.MOVING_MINUTES: ("เคลื่อนไหว {} นาที", "{} minute in motion", "{} minutes in motion"),
    GoalMetric.EQUIVALENT_MINUTES: (
        "เคลื่อนไหว {} นาที นับกิจกรรมหนักเป็นสองเท่า",
        "{} minute, vigorous ones twice",
        "{} minutes, vigorous ones twice",
    ),
    GoalMetric.DISTANCE_METERS: ("ระยะทาง {} เมตร", "{} metre", "{} metres"),
    GoalMetric.ENERGY_KCAL: ("พลังงาน {} กิโลแคลอรี", "{} kilocalorie", "{} kilocalories"),
    GoalMetric.CREDITS: ("แคลอรีเครดิต {} เครดิต", "{} credit", "{} credits"),
    GoalMetric.STEPS: ("เดิน {} ก้าว", "{} step", "{} steps"),
}
"""What is aimed at in Thai, and in English for one and for several."""
_EACH = {Period.DAY: ("ต่อวัน", "a day"), Period.WEEK: ("ต่อสัปดาห์", "a week"), Period.MONTH: ("ต่อเดือน", "a month")}
_RUNS = {StreakKind.DAY: ("วัน", "day"), StreakKind.WEEK: ("สัปดาห์", "week")}


def goal_in_words(metric: str, period: str, target: int | None) -> tuple[str, str] | None:
    """What is aimed at, in Thai and English; None for a goal that has ended."""
    if target is None:
        return None
    thai, one, several = _WHAT[GoalMetric(metric)]
    each_thai, each_english = _EACH[Period(period)]
    number = f"{target:,}"
    english = (one if target == 1 else several).format(number)
    return f"{thai.format(number)} {each_thai}", f"{english} {each_english}"


def streak_in_words(kind: str, length: int) -> tuple[str, str]:
    """How long a run is, in Thai and English."""
    thai, english = _RUNS[StreakKind(kind)]
    return f"ต่อเนื่อง {length:,} {thai}", f"{length:,} {english}{'s' * (length != 1)} in a row"
