"""What a person's records come to by the domain's own rules: activities, days, credits and standings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from app.seed import activities, challenges, goals, teams
from app.seed.people import AGENCIES, Somebody, somebody
from app.seed.plan import CHUNK, Draws, Key, Plan
from app.seed.writing import Packed, Sheets
from domain.activities import Activity, merged
from domain.connections import Connection, ConnectionStatus, Person
from domain.counters import UserDay
from domain.credits import PROGRAMME, Balance, CreditEntry, CreditKind
from domain.enrolments import Enrolment
from domain.goals import Goal
from domain.guardians import TEXT_VERSION, GuardianConsent
from domain.plausibility import Verdict
from domain.records import DayTotalRow, Payload, Record
from domain.rulebooks import Rulebooks, Rules
from domain.scopes import Scope
from domain.scoring import DayScore, Workout, score_of_day
from domain.standings import ChallengeDay, Standing
from domain.teams import Membership
from domain.users import FULL_AGE, User

_GRANTED = [Scope.ACTIVITY_READ.value, Scope.ACTIVITY_WRITE.value, Scope.PROFILE_READ.value]
_GRANTED_AGENCIES = [*_GRANTED, Scope.CREDIT_AWARD.value]
_SHOP = "demo_sponsor"
_OLD_ENOUGH = 35  # to be the guardian of anybody under 20
Days = Mapping[date, Sequence[dict[str, Any]]]


@dataclass
class Chunk:
    """Some of the people with all that is theirs, and what they add to rows that many share."""

    packed: Packed
    participants: Mapping[Key, int]


@dataclass
class _Drawing:
    """A chunk in the making."""

    plan: Plan
    rules: Mapping[date, Rules]
    sheets: Sheets = field(default_factory=Sheets)
    participants: Counter[Key] = field(default_factory=Counter)
    guardian: Key | None = None


def drawn(plan: Plan, number: int, rulebooks: Rulebooks) -> Chunk:
    """The chunk `number` of the people of `plan`: the same arguments, the same bytes, in any process."""
    drawing = _Drawing(plan, {day.date: rulebooks.on(day.date) for day in plan.season})
    for person in range(number * CHUNK, min((number + 1) * CHUNK, plan.people)):
        draws = plan.draws(person)
        _add(drawing, somebody(plan, person, draws), draws)
    return Chunk(drawing.sheets.packed(), dict(drawing.participants))


def _add(drawing: _Drawing, person: Somebody, draws: Draws) -> None:
    drawing.sheets.add(User, person.columns)
    belonging = teams.belongings(drawing.plan, person, draws)
    for row in teams.rows_of(person, belonging):
        drawing.sheets.add(Membership, row)
    by_day, heard_at = _activities(drawing, person, draws)
    scores = {day: _scored(drawing, rows) for day, rows in by_day.items()}
    for rows in by_day.values():
        for row in rows:
            drawing.sheets.add(Activity, row)
    _count(drawing, person, by_day, scores, draws)
    _connect(drawing, person, heard_at)
    for goal in goals.goals_of(drawing.plan, person):
        drawing.sheets.add(Goal, goal)
    walked = {day: sum(row["steps"] or 0 for row in rows) for day, rows in by_day.items()}
    steps = {}
    for total in activities.totals_of(drawing.plan, person, walked, draws):
        drawing.sheets.add(DayTotalRow, total)
        steps[total["local_date"]] = total["steps"]
    worth = {day: score for day, score in scores.items() if score.activities}
    _take_part(drawing, person, belonging, worth, steps, draws)


def _activities(drawing: _Drawing, person: Somebody, draws: Draws) -> tuple[Days, dict[str, datetime]]:
    """The rows of a person's activities by local day, without credits, and when each partner last sent one.

    Their records are written.
    """
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    heard_at: dict[str, datetime] = {}
    for told in activities.workouts_of(drawing.plan, person, draws):
        for each in told:
            drawing.sheets.add(Record, each.record)
            payload = {"user_id": person.id, "record_id": each.record["id"], "raw": each.raw}
            drawing.sheets.add(Payload, payload)
            heard_at[each.record["partner_name"]] = each.record["received_at"]
        first = told[0].record
        figures, mass_kg = drawing.rules[first["local_date"]].figures, person.columns["mass_kg"]
        if not mass_kg and person.columns["birth_year"]:
            figures = figures.of_age(first["local_date"].year - person.columns["birth_year"])
        row = merged(
            first["activity_id"],
            [each.report() for each in told],
            figures,
            mass_kg=mass_kg,
            source_order=person.columns["source_order"],
            now=max(each.record["received_at"] for each in told),
        )
        row["credits"] = 0
        by_day[row["local_date"]].append(row)
    return by_day, heard_at


_COUNTED_AS = Workout.__slots__


def _scored(drawing: _Drawing, rows: Sequence[dict[str, Any]]) -> DayScore:
    """The score of one day, whose shares are entered in the rows."""
    accepted = {row["id"]: row for row in rows if row["verdict"] == Verdict.ACCEPTED.value}
    workouts = [Workout(**{name: row[name] for name in _COUNTED_AS}) for row in accepted.values()]
    figures = drawing.rules[rows[0]["local_date"]].figures
    score = score_of_day(workouts, figures)
    for share in score.shares:
        accepted[share.workout.id]["credits"] = share.credits
    return score


def _count(
    drawing: _Drawing,
    person: Somebody,
    by_day: Days,
    scores: Mapping[date, DayScore],
    draws: Draws,
) -> None:
    entries: list[dict[str, Any]] = []
    for day, score in scores.items():
        if score.activities:
            counted = {
                "user_id": person.id,
                "local_date": day,
                "home_place_code": person.columns["home_place_code"],
                "activities": score.activities,
                "moving_seconds": score.moving_seconds,
                "vigorous_seconds": score.vigorous_seconds,
                "distance_meters": score.distance_meters,
                "energy_kcal": score.energy_kcal,
                "credits": score.credits,
            }
            drawing.sheets.add(UserDay, counted)
        if score.credits:
            booked_at = max(row["updated_at"] for row in by_day[day])
            entry = {
                "user_id": person.id,
                "id": draws.key(booked_at),
                "kind": CreditKind.EXERCISE.value,
                "issuer": PROGRAMME,
                "amount": score.credits,
                "rulebook_version": drawing.rules[day].version,
                "local_date": day,
                "cause": "activities",
                "idempotency_key": f"day:{day}:0",
                "cause_th": None,
                "cause_en": None,
                "reverses": None,
                "created_at": booked_at,
            }
            entries.append(entry)
    _enter(drawing, person, entries)


def _enter(drawing: _Drawing, person: Somebody, entries: list[dict[str, Any]]) -> None:
    """A person's ledger, in the order of the ids, and its balance."""
    balance = 0
    for entry in sorted(entries, key=itemgetter("id")):
        balance += entry["amount"]
        drawing.sheets.add(CreditEntry, {**entry, "balance_after": balance})
    if entries:
        drawing.sheets.add(Balance, {"user_id": person.id, "balance": balance, "entries": len(entries)})


def _connect(drawing: _Drawing, person: Somebody, heard_at: Mapping[str, datetime]) -> None:
    lets = person.demo is not None or (person.number + 1) % 3  # two of three let the partner read along
    grants = {partner: _GRANTED_AGENCIES if partner in AGENCIES else _GRANTED for partner in person.partners}
    known_as = dict(person.partners)
    if person.demo:
        known_as[_SHOP], grants[_SHOP] = f"S{person.number:07d}", [Scope.CREDIT_REDEEM.value]
    for partner, ref in known_as.items():
        link: dict[str, Any] = {
            "user_id": person.id,
            "partner_name": partner,
            "person_ref": ref,
            "status": ConnectionStatus.ACTIVE.value,
            "scopes": grants[partner] if lets else [],
            "access_token_encrypted": None,
            "refresh_token_encrypted": None,
            "token_expires_at": None,
            "connected_at": person.connected_at,
            "last_record_at": heard_at.get(partner),
            "revoked_at": None,
        }
        drawing.sheets.add(Connection, link)
        drawing.sheets.add(Person, link)


def _allowed(
    drawing: _Drawing, person: Somebody, windows: Sequence[challenges.Window], draws: Draws
) -> Sequence[challenges.Window]:
    """The challenges, with a guardian's consent for minors; their guardian is the last grown-up drawn before them."""
    birth_year = person.columns["birth_year"]
    age = drawing.plan.today.year - birth_year if birth_year else None
    if age is None or age > FULL_AGE:
        if age is not None and age >= _OLD_ENOUGH:
            drawing.guardian = person.id
        return windows
    if drawing.guardian is None or not windows:
        return []
    at = person.connected_at
    consent = {"minor_id": person.id, "id": draws.key(at), "code": draws.key(at), "code_expires_at": at, "asked_at": at,
               "guardian_id": drawing.guardian, "consented_at": at, "text_version": TEXT_VERSION,
               "withdrawn_at": None, "withdrawn_by": None}  # fmt: skip
    drawing.sheets.add(GuardianConsent, consent)
    return windows


def _take_part(
    drawing: _Drawing,
    person: Somebody,
    belonging: Sequence[teams.Belonging],
    scores: Mapping[date, DayScore],
    steps: Mapping[date, int],
    draws: Draws,
) -> None:
    for window in _allowed(drawing, person, challenges.joined(drawing.plan, person, belonging, draws), draws):
        enrolment = challenges.enrolment(drawing.plan, person, window, draws)
        drawing.sheets.add(Enrolment, enrolment)
        drawing.participants[window.id] += 1
        score = 0
        for row in challenges.days_in(window, person, belonging, scores, steps):
            drawing.sheets.add(ChallengeDay, row)
            score += row["value"]
        # Repeatable like the rest of the country: there is nobody behind the pseudonym to find out about.
        pseudonym = str(UUID(int=draws.getrandbits(128), version=4))
        standing = {"user_id": person.id, "challenge_id": window.id, "score": score, "pseudonym_id": pseudonym}
        shared_at = challenges.shared_at(person, enrolment["enrolled_at"])
        drawing.sheets.add(Standing, {**standing, "shared_at": shared_at})
