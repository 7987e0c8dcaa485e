"""The challenges of the synthetic country: who takes part, and what each of their days counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from app.seed.ideas import IDEAS, Idea
from app.seed.people import Somebody
from app.seed.plan import Draws, Key, Plan, midnight
from app.seed.teams import Belonging, team_of
from domain.bangkok import local_date_of
from domain.booking import counted
from domain.challenges import ChallengeState, Metric, Mode
from domain.day_values import Rules, day_value, rules_of
from domain.demographics import UNKNOWN, age_band_of, province_of
from domain.designs import Design, columns_of, prizes_of
from domain.scoring import DayScore
from domain.templates import designed
from domain.users import FULL_AGE

_INACTIVE_JOIN_TOO = 0.05
_ONE_IN_SHARES = 4
_NOTHING = DayScore()


@dataclass(frozen=True)
class Window:
    """A challenge as the days of its participants are counted: its rows, and what those of days need of it."""

    id: Key
    row: Mapping[str, Any]
    prizes: Sequence[Mapping[str, Any]]
    idea: Idea
    rules: Rules
    starts_on: date
    last_day: date


@lru_cache(maxsize=2)
def all_challenges(plan: Plan) -> Sequence[Window]:
    """Ten challenges: five running, one in grace, two to close, one to come, one cancelled; without participants."""
    draws = plan.draws("challenges")
    return [_window(plan, idea, draws) for idea in IDEAS]


def _window(plan: Plan, idea: Idea, draws: Draws) -> Window:
    starts_on, ends_on = plan.today + timedelta(days=idea.starts), plan.today + timedelta(days=idea.ends)
    made_at = midnight(starts_on) - timedelta(days=14)
    challenge_id = draws.key(made_at)
    cancelled_on = None if idea.cancelled is None else plan.today + timedelta(days=idea.cancelled)
    said = {name: value for name, value in vars(idea.design).items() if value != getattr(Design(), name)}
    base = designed(idea.template, {}, starts_on) if idea.template else Design()
    columns = columns_of(replace(base, **said, starts_on=starts_on, ends_on=ends_on))
    row = {
        **columns,
        "id": challenge_id,
        "sponsor_name": idea.sponsor,
        "state": idea.state.value,
        "participants": 0,
        "standings_hash": None,
        "synthetic": True,
        "created_at": made_at,
        "published_at": made_at,
        "cancelled_at": cancelled_on and midnight(cancelled_on),
        "cancellation_th": cancelled_on and "ฝุ่น PM2.5 สูงเกินกว่าจะออกกำลังกายกลางแจ้งได้",
        "cancellation_en": cancelled_on and "Too much fine dust to exercise outdoors.",
        "closing_since": None,
        "closed_at": None,
        "prize_reserved": columns["prize_budget"],
    }
    rules = rules_of(*(columns[name] for name in ("metric", "eligibility", "daily_cap", "day_metric", "day_least")))
    prizes = [{"challenge_id": challenge_id, **each} for each in prizes_of(idea.design)]
    last = ends_on if cancelled_on is None else cancelled_on - timedelta(days=1)
    return Window(challenge_id, row, prizes, idea, rules, starts_on, last)


def joined(plan: Plan, person: Somebody, belonging: Sequence[Belonging], draws: Draws) -> list[Window]:
    """The challenges that somebody takes part in; the demo's people in all that run and take them."""
    found = []
    for window in all_challenges(plan):
        idea = window.idea
        places, kind = window.rules.places, window.row["team_kind"]
        fits = not places or bool(person.places.intersection(places))
        if window.row["mode"] == Mode.TEAMS:
            fits = fits and any(kind == each.kind for each in belonging)
        if window.row["cancelled_at"]:
            fits = fits and person.connected_at < window.row["cancelled_at"]
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
    rules, kind = window.rules, window.row["team_kind"]
    for day in sorted({*scores, *steps} if Metric.STEPS in (rules.metric, rules.day_metric) else scores):
        if window.starts_on <= day <= window.last_day:
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
