"""What the challenges of the synthetic country are about, by days from today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.challenges import ChallengeState, Metric, Mode, Ranking
from domain.designs import Design, Eligible, PrizeDesign
from domain.prizes import PrizeKind
from domain.sports import Sport, SportGroup, all_facts
from domain.teams import TeamKind
from domain.templates import TemplateName


@dataclass(frozen=True, kw_only=True)
class Idea:
    """A challenge by days from today; `share` of those who exercise and may take part do.

    `template` with its usual figures says what `design` does not. `cancelled` is the day on which it was called off.
    """

    sponsor: str
    design: Design
    starts: int
    ends: int
    state: ChallengeState
    share: float
    template: TemplateName | None = None
    cancelled: int | None = None


_RUNS = tuple(sport for sport in Sport if all_facts()[sport].group is SportGroup.RUNNING)
_PRIZES = tuple(
    PrizeDesign(kind=kind, from_rank=first, to_rank=last, amount=amount, title_th=title_th, title_en=title_en)
    for kind, first, last, amount, title_th, title_en in (
        (PrizeKind.RANK, 1, 3, 300, "สามอันดับแรก", "The first three"),
        (PrizeKind.RANK, 4, 10, 100, "สิบอันดับแรก", "The first ten"),
        (PrizeKind.TARGET, None, None, 20, "วิ่งครบระยะ", "All hundred kilometres"),
    )
)

IDEAS: Sequence[Idea] = (
    Idea(
        sponsor="mots",
        design=Design(
            title_th="ทุกแคลอรีมีค่า",
            title_en="Every calorie counts",
            description_th="สะสมแคลอรีเครดิตจากทุกกิจกรรม รายบุคคล แสดงผลรวมของกระทรวง",
            description_en="Collect credits with any sport, for yourself; ministries are shown beside.",
            metric=Metric.CREDITS,
            mode=Mode.INDIVIDUALS,
            team_kind=TeamKind.MINISTRY,
        ),
        starts=-90,
        ends=30,
        state=ChallengeState.RUNNING,
        share=0.40,
    ),
    Idea(
        sponsor="mots",
        design=Design(
            title_th="ทีมฟิต 20 กระทรวง 77 จังหวัด",
            title_en="Team fit: 20 ministries, 77 provinces",
            description_th="ทีมกระทรวงระดับจังหวัดแข่งกันด้วยนาทีที่เคลื่อนไหว นับไม่เกินวันละ 120 นาทีต่อคน",
            description_en="Teams of ministries in provinces compete in minutes moved, at most 120 a day and person.",
            metric=Metric.MOVING_MINUTES,
            mode=Mode.TEAMS,
            team_kind=TeamKind.MINISTRY,
            ranking=Ranking.AVERAGE_PER_MEMBER,
            daily_cap=120,
        ),
        starts=-60,
        ends=30,
        state=ChallengeState.RUNNING,
        share=0.60,
    ),
    Idea(
        sponsor="demo_sponsor",
        design=Design(
            title_th="วิ่งสะสมระยะ 100 กิโลเมตร",
            title_en="Run 100 kilometres",
            description_th="นับเฉพาะการวิ่ง ไม่เกินวันละ 42,195 เมตร",
            description_en="Running only, at most 42,195 metres a day.",
            metric=Metric.DISTANCE_METERS,
            mode=Mode.INDIVIDUALS,
            eligibility=Eligible(sports=_RUNS),
            daily_cap=42_195,
            target=100_000,
            prizes=_PRIZES,
            prize_budget=50_000,
        ),
        starts=-45,
        ends=15,
        state=ChallengeState.RUNNING,
        share=0.20,
    ),
    Idea(
        sponsor="mots",
        design=Design(
            title_th="ก้าวพร้อมกันทั้งประเทศ",
            title_en="A country on the move",
            description_th="รวมก้าวของทุกคน นับไม่เกินวันละ 30,000 ก้าวต่อคน",
            description_en="Everybody's steps together, at most 30,000 a day and person.",
            metric=Metric.STEPS,
            mode=Mode.COLLECTIVE_GOAL,
            daily_cap=30_000,
            target=1_000_000_000,
        ),
        starts=-30,
        ends=30,
        state=ChallengeState.RUNNING,
        share=0.25,
    ),
    Idea(
        sponsor="demo_sponsor",
        template=TemplateName.STEP_DAYS,
        design=Design(),
        starts=-28,
        ends=13,
        state=ChallengeState.RUNNING,
        share=0.15,
    ),
    Idea(
        sponsor="mots",
        design=Design(
            title_th="คนเหนือชวนขยับ",
            title_en="The North moves",
            description_th="จำนวนครั้งที่ออกกำลังกายของผู้ที่อยู่ภาคเหนือ วันละไม่เกิน 2 ครั้ง",
            description_en="Workouts of people who live in the North, at most two a day.",
            metric=Metric.ACTIVITIES,
            mode=Mode.INDIVIDUALS,
            eligibility=Eligible(places=("R1",)),
            daily_cap=2,
        ),
        starts=-40,
        ends=-3,
        state=ChallengeState.GRACE,
        share=0.30,
    ),
    Idea(
        sponsor="mots",
        design=Design(
            title_th="แคลอรีรอบอุ่นเครื่อง",
            title_en="Warm-up round",
            description_th="พลังงานสะสมรายบุคคล รอบที่ผ่านมา ปิดผลแล้ว",
            description_en="Energy collected by each person in the last round, now closed.",
            metric=Metric.ENERGY_KCAL,
            mode=Mode.INDIVIDUALS,
            team_kind=TeamKind.MINISTRY,
            daily_cap=2_000,
        ),
        starts=-118,
        ends=-60,
        state=ChallengeState.GRACE,
        share=0.30,
    ),
    Idea(
        sponsor="demo_sponsor",
        design=Design(
            title_th="องค์กรขยับ",
            title_en="Companies on the move",
            description_th="องค์กรแข่งกันด้วยแคลอรีเครดิตรวม ปิดผลแล้ว",
            description_en="Companies compete in credits, now closed.",
            metric=Metric.CREDITS,
            mode=Mode.TEAMS,
            team_kind=TeamKind.ORGANISATION,
        ),
        starts=-110,
        ends=-70,
        state=ChallengeState.GRACE,
        share=0.70,
    ),
    Idea(
        sponsor="demo_sponsor",
        template=TemplateName.TEAM_PARTICIPATION,
        design=Design(),
        starts=7,
        ends=34,
        state=ChallengeState.PUBLISHED,
        share=0.05,
    ),
    Idea(
        sponsor="demo_sponsor",
        template=TemplateName.CREDIT_RACE,
        design=Design(title_th="แข่งเก็บเครดิตหน้าหนาว", title_en="Winter race for credits"),
        starts=-20,
        ends=-7,
        state=ChallengeState.CANCELLED,
        share=0.10,
        cancelled=-12,
    ),
)
