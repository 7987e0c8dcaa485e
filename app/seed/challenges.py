"""The challenges of the synthetic country: who takes part, and what each of their days counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from app.seed.people import Somebody
from app.seed.plan import Draws, Key, Plan, midnight
from app.seed.teams import Belonging, team_of
from domain.bangkok import local_date_of
from domain.booking import counted
from domain.challenges import ChallengeState, Metric, Mode, Ranking
from domain.day_values import Rules, day_value, rules_of
from domain.demographics import UNKNOWN, age_band_of, province_of
from domain.scoring import DayScore
from domain.sports import Sport, SportGroup, all_facts
from domain.teams import TeamKind
from domain.users import FULL_AGE

_INACTIVE_JOIN_TOO = 0.05
_ONE_IN_SHARES = 4
_NOTHING = DayScore()


@dataclass(frozen=True, kw_only=True)
class _Idea:
    """A challenge by days from today; `share` of those who exercise and may take part do."""

    sponsor: str
    title_th: str
    title_en: str
    description_th: str
    description_en: str
    metric: Metric
    mode: Mode
    starts: int
    ends: int
    state: ChallengeState
    share: float
    team_kind: TeamKind | None = None
    ranking: Ranking = Ranking.TOTAL
    eligibility: tuple[tuple[str, tuple[str, ...]], ...] = ()
    daily_cap: int | None = None
    target: int | None = None


_RUNS = tuple(sport.value for sport in Sport if all_facts()[sport].group is SportGroup.RUNNING)

_IDEAS: Sequence[_Idea] = (
    _Idea(
        sponsor="mots",
        title_th="ทุกแคลอรีมีค่า",
        title_en="Every calorie counts",
        description_th="สะสมแคลอรีเครดิตจากทุกกิจกรรม รายบุคคล แสดงผลรวมของกระทรวง",
        description_en="Collect credits with any sport, for yourself; ministries are shown beside.",
        metric=Metric.CREDITS,
        mode=Mode.INDIVIDUALS,
        team_kind=TeamKind.MINISTRY,
        starts=-90,
        ends=30,
        state=ChallengeState.RUNNING,
        share=0.40,
    ),
    _Idea(
        sponsor="mots",
        title_th="ทีมฟิต 20 กระทรวง 77 จังหวัด",
        title_en="Team fit: 20 ministries, 77 provinces",
        description_th="ทีมกระทรวงระดับจังหวัดแข่งกันด้วยนาทีที่เคลื่อนไหว นับไม่เกินวันละ 120 นาทีต่อคน",
        description_en="Teams of ministries in provinces compete in minutes moved, at most 120 a day and person.",
        metric=Metric.MOVING_MINUTES,
        mode=Mode.TEAMS,
        team_kind=TeamKind.MINISTRY,
        ranking=Ranking.AVERAGE_PER_MEMBER,
        starts=-60,
        ends=30,
        state=ChallengeState.RUNNING,
        share=0.60,
        daily_cap=120,
    ),
    _Idea(
        sponsor="demo_sponsor",
        title_th="วิ่งสะสมระยะ 100 กิโลเมตร",
        title_en="Run 100 kilometres",
        description_th="นับเฉพาะการวิ่ง ไม่เกินวันละ 42,195 เมตร",
        description_en="Running only, at most 42,195 metres a day.",
        metric=Metric.DISTANCE_METERS,
        mode=Mode.INDIVIDUALS,
        eligibility=(("sports", _RUNS),),
        starts=-45,
        ends=15,
        state=ChallengeState.RUNNING,
        share=0.20,
        daily_cap=42_195,
        target=100_000,
    ),
    _Idea(
        sponsor="mots",
        title_th="ก้าวพร้อมกันทั้งประเทศ",
        title_en="A country on the move",
        description_th="รวมก้าวของทุกคน นับไม่เกินวันละ 30,000 ก้าวต่อคน",
        description_en="Everybody's steps together, at most 30,000 a day and person.",
        metric=Metric.STEPS,
        mode=Mode.COLLECTIVE_GOAL,
        starts=-30,
        ends=30,
        state=ChallengeState.RUNNING,
        share=0.25,
        daily_cap=30_000,
        target=1_000_000_000,
    ),
    _Idea(
        sponsor="demo_sponsor",
        title_th="ขยับ 20 วัน",
        title_en="Twenty active days",
        description_th="ออกกำลังกายให้ครบ 20 วัน",
        description_en="Exercise on twenty days.",
        metric=Metric.ACTIVE_DAYS,
        mode=Mode.PERSONAL_GOAL,
        starts=-28,
        ends=13,
        state=ChallengeState.RUNNING,
        share=0.15,
        target=20,
    ),
    _Idea(
        sponsor="mots",
        title_th="คนเหนือชวนขยับ",
        title_en="The North moves",
        description_th="จำนวนครั้งที่ออกกำลังกายของผู้ที่อยู่ภาคเหนือ วันละไม่เกิน 2 ครั้ง",
        description_en="Workouts of people who live in the North, at most two a day.",
        metric=Metric.ACTIVITIES,
        mode=Mode.INDIVIDUALS,
        eligibility=(("places", ("R1",)),),
        starts=-40,
        ends=-3,
        state=ChallengeState.GRACE,
        share=0.30,
        daily_cap=2,
    ),
    _Idea(
        sponsor="mots",
        title_th="แคลอรีรอบอุ่นเครื่อง",
        title_en="Warm-up round",
        description_th="พลังงานสะสมรายบุคคล รอบที่ผ่านมา ปิดผลแล้ว",
        description_en="Energy collected by each person in the last round, now closed.",
        metric=Metric.ENERGY_KCAL,
        mode=Mode.INDIVIDUALS,
        team_kind=TeamKind.MINISTRY,
        starts=-118,
        ends=-60,
        state=ChallengeState.FINAL,
        share=0.30,
        daily_cap=2_000,
    ),
    _Idea(
        sponsor="demo_sponsor",
        title_th="องค์กรขยับ",
        title_en="Companies on the move",
        description_th="องค์กรแข่งกันด้วยแคลอรีเครดิตรวม ปิดผลแล้ว",
        description_en="Companies compete in credits, now closed.",
        metric=Metric.CREDITS,
        mode=Mode.TEAMS,
        team_kind=TeamKind.ORGANISATION,
        starts=-110,
        ends=-70,
        state=ChallengeState.FINAL,
        share=0.70,
    ),
)


@dataclass(frozen=True)
class Window:
    """A challenge as the days of its participants are counted: its row, and what the rows of days need of it."""

    id: Key
    row: Mapping[str, Any]
    idea: _Idea
    rules: Rules
    starts_on: date
    ends_on: date


@lru_cache(maxsize=2)
def all_challenges(plan: Plan) -> Sequence[Window]:
    """Eight challenges: five running, one in grace, two final. Their rows are without participants."""
    draws = plan.draws("challenges")
    return [_window(plan, idea, draws) for idea in _IDEAS]


def _window(plan: Plan, idea: _Idea, draws: Draws) -> Window:
    starts_on, ends_on = plan.today + timedelta(days=idea.starts), plan.today + timedelta(days=idea.ends)
    made_at = midnight(starts_on) - timedelta(days=14)
    challenge_id = draws.key(made_at)
    closed_at = midnight(ends_on + timedelta(days=8)) if idea.state is ChallengeState.FINAL else None
    row = {
        "id": challenge_id,
        "sponsor_name": idea.sponsor,
        "title_th": idea.title_th,
        "title_en": idea.title_en,
        "description_th": idea.description_th,
        "description_en": idea.description_en,
        "metric": idea.metric.value,
        "mode": idea.mode.value,
        "team_kind": idea.team_kind.value if idea.team_kind else None,
        "ranking": idea.ranking.value,
        "eligibility": {name: list(values) for name, values in idea.eligibility},
        "daily_cap": idea.daily_cap,
        "target": idea.target,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "grace_days": 7,
        "state": idea.state.value,
        "participants": 0,
        "standings_hash": None,
        "synthetic": True,
        "created_at": made_at,
        "published_at": made_at,
        "closing_since": closed_at,
        "closed_at": closed_at,
        "prize_budget": 0,
        "prize_reserved": 0,
        **dict.fromkeys(
            ("day_metric", "day_least", "prize_year", "cancelled_at", "cancellation_th", "cancellation_en"), None
        ),
    }
    rules = rules_of(idea.metric, dict(idea.eligibility), idea.daily_cap)
    return Window(challenge_id, row, idea, rules, starts_on, ends_on)


def joined(plan: Plan, person: Somebody, belonging: Sequence[Belonging], draws: Draws) -> list[Window]:
    """The challenges that somebody takes part in; the demo's people in all that run and take them."""
    found = []
    for window in all_challenges(plan):
        idea = window.idea
        places = dict(idea.eligibility).get("places")
        fits = not places or bool(person.places.intersection(places))
        if idea.mode is Mode.TEAMS:
            fits = fits and any(idea.team_kind == each.kind for each in belonging)
        share = idea.share if person.habit.chance else idea.share * _INACTIVE_JOIN_TOO
        sure = person.demo is not None and idea.state is ChallengeState.RUNNING
        if fits and (draws.random() < share or sure):
            found.append(window)
    return found


def enrolment(plan: Plan, person: Somebody, window: Window, draws: Draws) -> dict[str, Any]:
    """The row of somebody's taking part, made some time in the first days of the challenge."""
    after = timedelta(days=draws.randint(-5, 5), seconds=draws.randint(0, 86_399))
    at = min(midnight(window.starts_on) + after, plan.now)
    joined_at = max(at, person.connected_at)
    return {
        "user_id": person.id,
        "challenge_id": window.id,
        "enrolled_at": joined_at,
        "age_band": age_band_of(person.columns["birth_year"], local_date_of(joined_at).year),
        "sex": person.columns["sex"] or UNKNOWN,
        "province_code": province_of(person.columns["home_place_code"]),
    }


def shared_at(person: Somebody, enrolled_at: datetime) -> datetime | None:
    """When somebody agreed that sponsors see their pseudonyms and scores: one in four adults, as they joined."""
    birth_year = person.columns["birth_year"]
    of_age = birth_year is None or enrolled_at.year - birth_year > FULL_AGE
    return enrolled_at if of_age and person.number % _ONE_IN_SHARES == 0 else None


def days_in(
    window: Window,
    person: Somebody,
    belonging: Sequence[Belonging],
    scores: Mapping[date, DayScore],
    steps: Mapping[date, int],
) -> Iterator[dict[str, Any]]:
    """The rows of the days that count something, each with the team it counts for.

    `scores` are the person's days with workouts, `steps` their day totals.
    """
    rules, kind = window.rules, window.idea.team_kind
    for day in sorted({*scores, *steps} if rules.metric is Metric.STEPS else scores):
        if window.starts_on <= day <= window.ends_on:
            workouts = counted(scores.get(day, _NOTHING))
            value = day_value(rules, workouts, steps.get(day), places=person.places)
            if value:
                yield {
                    "user_id": person.id,
                    "challenge_id": window.id,
                    "local_date": day,
                    "value": value,
                    "team_id": team_of(kind, day, belonging) if kind else None,
                }
