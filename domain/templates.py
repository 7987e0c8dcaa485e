"""Challenges that an organiser can start from: a fixed list, each with a few numbers to choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.challenges import Metric, Mode, Ranking
from domain.designs import Design, Eligible
from domain.errors import BadInput
from domain.sports import Sport, SportGroup, all_facts
from domain.teams import TeamKind


class TemplateName(StrEnum):
    """The templates."""

    STEP_DAYS = "step_days"
    MINUTE_DAYS = "minute_days"
    RUNNING_DISTANCE = "running_distance"
    STEPS_TOGETHER = "steps_together"
    CREDIT_RACE = "credit_race"
    TEAM_MINUTES = "team_minutes"
    TEAM_PARTICIPATION = "team_participation"
    TEAM_REGULARS = "team_regulars"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number to choose, from `least` to `most`; `usual` where nobody does."""

    name: str
    says_th: str
    says_en: str
    unit_th: str
    unit_en: str
    least: int
    most: int
    usual: int


@dataclass(frozen=True, kw_only=True)
class Template:
    """A challenge but for its days. Texts name the figures in braces; `filled` makes what depends on them."""

    name: TemplateName
    title_th: str
    title_en: str
    description_th: str
    description_en: str
    days: int
    figures: Sequence[Figure]
    design: Design
    filled: Callable[[Mapping[str, int]], Mapping[str, int]]


def _days(most: int, usual: int) -> Figure:
    return Figure(
        name="days", says_th="จำนวนวันที่ต้องทำให้ครบ", says_en="On how many days", unit_th="วัน", unit_en="days",
        least=1, most=most, usual=usual,
    )  # fmt: skip


def _steps(least: int, most: int, usual: int) -> Figure:
    return Figure(
        name="steps", says_th="จำนวนก้าวต่อวัน", says_en="Steps a day", unit_th="ก้าว", unit_en="steps",
        least=least, most=most, usual=usual,
    )  # fmt: skip


def _minutes(most: int, usual: int) -> Figure:
    return Figure(
        name="minutes", says_th="จำนวนนาทีที่เคลื่อนไหวต่อวัน", says_en="Minutes in motion a day", unit_th="นาที",
        unit_en="minutes", least=1, most=most, usual=usual,
    )  # fmt: skip


_RUNS = tuple(sport for sport in Sport if all_facts()[sport].group is SportGroup.RUNNING)
_WINDOW = 28
_MOST_DAYS = 366

TEMPLATES: Sequence[Template] = (
    Template(
        name=TemplateName.STEP_DAYS,
        title_th="เดินวันละ {steps} ก้าว ให้ครบ {days} วัน",
        title_en="Walk {steps} steps on {days} days",
        description_th="วันที่เดินได้ถึง {steps} ก้าวนับเป็นหนึ่งวัน ทำให้ครบ {days} วัน",
        description_en="A day with {steps} steps counts as one. Reach {days} of them.",
        days=_WINDOW,
        figures=(_steps(1_000, 50_000, 8_000), _days(_MOST_DAYS, 20)),
        design=Design(metric=Metric.ACTIVE_DAYS, day_metric=Metric.STEPS, mode=Mode.PERSONAL_GOAL),
        filled=lambda figures: {"day_least": figures["steps"], "target": figures["days"]},
    ),
    Template(
        name=TemplateName.MINUTE_DAYS,
        title_th="ขยับวันละ {minutes} นาที ให้ครบ {days} วัน",
        title_en="Move {minutes} minutes on {days} days",
        description_th="วันที่เคลื่อนไหวถึง {minutes} นาทีนับเป็นหนึ่งวัน ไม่ว่ากีฬาใด ทำให้ครบ {days} วัน",
        description_en="A day with {minutes} minutes in motion, of any sport, counts as one. Reach {days} of them.",
        days=_WINDOW,
        figures=(_minutes(600, 30), _days(_MOST_DAYS, 20)),
        design=Design(metric=Metric.ACTIVE_DAYS, day_metric=Metric.MOVING_MINUTES, mode=Mode.PERSONAL_GOAL),
        filled=lambda figures: {"day_least": figures["minutes"], "target": figures["days"]},
    ),
    Template(
        name=TemplateName.RUNNING_DISTANCE,
        title_th="วิ่งสะสม {kilometers} กิโลเมตร",
        title_en="Run {kilometers} kilometres",
        description_th="นับเฉพาะการวิ่ง ไม่เกินวันละ 42,195 เมตร สะสมให้ครบ {kilometers} กิโลเมตร",
        description_en="Running only, at most 42,195 metres a day. Collect {kilometers} kilometres.",
        days=_WINDOW,
        figures=(
            Figure(
                name="kilometers", says_th="ระยะทางรวม", says_en="The distance in all", unit_th="กิโลเมตร",
                unit_en="kilometres", least=1, most=10_000, usual=100,
            ),
        ),
        design=Design(
            metric=Metric.DISTANCE_METERS, mode=Mode.PERSONAL_GOAL, daily_cap=42_195, eligibility=Eligible(sports=_RUNS)
        ),
        filled=lambda figures: {"target": figures["kilometers"] * 1_000},
    ),
    Template(
        name=TemplateName.STEPS_TOGETHER,
        title_th="รวมพลังเดิน {million_steps} ล้านก้าว",
        title_en="{million_steps} million steps together",
        description_th="รวมก้าวของทุกคน นับไม่เกินวันละ 30,000 ก้าวต่อคน ให้ถึง {million_steps} ล้านก้าว",
        description_en="Everybody's steps, at most 30,000 a day and person, up to {million_steps} million.",
        days=_WINDOW,
        figures=(
            Figure(
                name="million_steps", says_th="เป้าหมายรวม", says_en="The goal of all", unit_th="ล้านก้าว",
                unit_en="million steps", least=1, most=1_000_000, usual=100,
            ),
        ),
        design=Design(metric=Metric.STEPS, mode=Mode.COLLECTIVE_GOAL, daily_cap=30_000),
        filled=lambda figures: {"target": figures["million_steps"] * 1_000_000},
    ),
    Template(
        name=TemplateName.CREDIT_RACE,
        title_th="แข่งสะสมแคลอรีเครดิต",
        title_en="Race for credits",
        description_th="สะสมแคลอรีเครดิตจากทุกกีฬา นับไม่เกินวันละ {credits} เครดิต จัดอันดับรายบุคคล",
        description_en="Credits of any sport, at most {credits} a day. People are ranked.",
        days=_WINDOW,
        figures=(
            Figure(
                name="credits", says_th="เครดิตสูงสุดที่นับต่อวัน", says_en="The most credits that count a day",
                unit_th="เครดิต", unit_en="credits", least=1, most=1_000, usual=20,
            ),
        ),
        design=Design(metric=Metric.CREDITS, mode=Mode.INDIVIDUALS),
        filled=lambda figures: {"daily_cap": figures["credits"]},
    ),
    Template(
        name=TemplateName.TEAM_MINUTES,
        title_th="ทีมขยับ: นาทีเฉลี่ยต่อคน",
        title_en="Teams on the move: minutes per member",
        description_th="นับนาทีที่เคลื่อนไหว ไม่เกินวันละ {minutes} นาทีต่อคน เทียบทีมด้วยค่าเฉลี่ยต่อสมาชิก ทีมเล็กจึงชนะทีมใหญ่ได้",
        description_en="Minutes in motion, at most {minutes} a day and person. Teams are compared by the average of a "
        "member, so that a small one can win.",
        days=_WINDOW,
        figures=(_minutes(600, 120),),
        design=Design(
            metric=Metric.MOVING_MINUTES, mode=Mode.TEAMS, team_kind=TeamKind.ORGANISATION,
            ranking=Ranking.AVERAGE_PER_MEMBER,
        ),
        filled=lambda figures: {"daily_cap": figures["minutes"]},
    ),
    Template(
        name=TemplateName.TEAM_PARTICIPATION,
        title_th="ทั้งทีมลงสนาม",
        title_en="Everybody takes part",
        description_th="เทียบทีมด้วยสัดส่วนสมาชิกที่มีอย่างน้อยหนึ่งวันซึ่งเคลื่อนไหวถึง {minutes} นาที",
        description_en="Teams are compared by the share of members with a day of {minutes} minutes in motion or more.",
        days=_WINDOW,
        figures=(_minutes(600, 30),),
        design=Design(
            metric=Metric.ACTIVE_DAYS, day_metric=Metric.MOVING_MINUTES, mode=Mode.TEAMS,
            team_kind=TeamKind.ORGANISATION, ranking=Ranking.PARTICIPATION_SHARE,
        ),
        filled=lambda figures: {"day_least": figures["minutes"]},
    ),
    Template(
        name=TemplateName.TEAM_REGULARS,
        title_th="ทีมออกกำลังกายสม่ำเสมอ",
        title_en="Regular exercisers",
        description_th="เทียบทีมด้วยสัดส่วนสมาชิกที่ออกกำลังกายสม่ำเสมอ (อย่างน้อยสัปดาห์ละ 150 นาที) "
        "นับนาทีไม่เกินวันละ {minutes} นาทีต่อคน",
        description_en="Teams are compared by the share of members who exercise regularly (150 minutes a week). "
        "Minutes in motion count, at most {minutes} a day and person.",
        days=2 * _WINDOW,
        figures=(_minutes(600, 120),),
        design=Design(
            metric=Metric.MOVING_MINUTES, mode=Mode.TEAMS, team_kind=TeamKind.ORGANISATION,
            ranking=Ranking.REGULAR_SHARE,
        ),
        filled=lambda figures: {"daily_cap": figures["minutes"]},
    ),
)  # fmt: skip

_BY_NAME = {each.name: each for each in TEMPLATES}
_AT = ("input", "template", "figures")


def designed(name: TemplateName, figures: Mapping[str, int], starts_on: date | None) -> Design:
    """The design of a template with these figures, lasting its usual days from `starts_on`.

    Raises BadInput for a figure that the template has not, or out of its bounds.
    """
    template = _BY_NAME[name]
    chosen = {each.name: each.usual for each in template.figures}
    for number, (word, figure) in enumerate(figures.items()):
        card = next((each for each in template.figures if each.name == word), None)
        if card is None:
            raise BadInput(f"This template has the figures {', '.join(chosen)}.", path=(*_AT, number, "name"))
        if not card.least <= figure <= card.most:
            raise BadInput(f"Send {card.least} to {card.most} {card.unit_en}.", path=(*_AT, number, "value"))
        chosen[word] = figure
    shown = {word: f"{figure:,}" for word, figure in chosen.items()}
    texts = {
        text: getattr(template, text).format(**shown)
        for text in ("title_th", "title_en", "description_th", "description_en")
    }
    lasts = timedelta(days=template.days - 1)
    ends_on = starts_on + lasts if starts_on and starts_on <= date.max - lasts else None
    days = {"starts_on": starts_on, "ends_on": ends_on}
    return _with(template.design, {**texts, **days, **template.filled(chosen)})


def _with(design: Design, changes: Mapping[str, object]) -> Design:
    return Design(**{**vars(design), **changes})
