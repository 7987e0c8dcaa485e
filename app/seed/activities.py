"""The workouts of the synthetic country: each person's records by workout, with raw payloads, and day totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from app.seed import payloads
from app.seed.people import Habit, Kit, Somebody
from app.seed.plan import Draws, Key, Plan, microseconds
from app.seed.sports import WORD_OF, Effort, Pace, half_meters, tastes
from domain.activities import Report
from domain.drafts import EnergyKind, Source
from domain.plausibility import Verdict

_BANGKOK = timedelta(hours=7)
# Five weekdays and two other days with these factors keep the mean.
_WEEKEND_FACTOR, _WEEKDAY_FACTOR = 1.4, 0.84
_BOTH = ((5 * 3600, 7 * 3600 + 1800), (16 * 3600 + 2700, 19 * 3600 + 1800))
_TWICE, _AT_ONCE, _ODD, _BY_HAND = 0.06, 0.005, 0.006, 0.15
_COPIED_TO_APP, _TOLD_AGENCY_TOO = 0.8, 0.5
_WATCH_DAYS, _WEARS_ALL_DAY = 30, 0.5
_METERS_A_STEP = 0.7
_MICROSECONDS_A_DAY = 86_400_000_000
# Where the vendors' running numbers begin; each person has a thousand of them.
_GARMIN_IDS, _STRAVA_IDS, _IDS_EACH = 18_000_000_000, 14_000_000_000, 1000


@dataclass(frozen=True)
class Told:
    """One source's report of a workout: the columns of its record, and the payload they were read from."""

    record: dict[str, Any]
    raw: bytes

    def report(self) -> Report:
        """The record as merging sees it."""
        # A frozen class of 23 fields sets each by a call; this is one. The record's other columns do no harm.
        report = object.__new__(Report)
        vars(report).update(self.record)
        return report


def workouts_of(plan: Plan, person: Somebody, draws: Draws) -> Iterator[list[Told]]:
    """The reports of each workout of one person, in order of time.

    Workouts are apart in time, but for a few that overlap in another sport, so that no two of them are one.
    """
    if person.habit is Habit.INACTIVE:
        return
    main = person.kit.partners[0]
    liked = tastes(WORD_OF.get(main, "agency"), person.age, draws)
    fitness = draws.uniform(0.88, 1.12)
    chances = (person.habit.chance * _WEEKDAY_FACTOR, min(person.habit.chance * _WEEKEND_FACTOR, 0.97))
    random, running = draws.random, 0
    for day in plan.season:
        if random() >= chances[day.weekend]:
            continue
        early = random() < 0.5  # noqa: PLR2004
        for slot in _BOTH if random() < _TWICE else _BOTH[not early :][:1]:
            pace = liked[0] if random() < 0.7 else draws.choice(liked)  # noqa: PLR2004
            effort = _effort(person, pace, day.begins_at + draws.seconds(*slot), fitness, draws)
            running += 1
            yield _reports(plan, person, effort, running, draws)
        if random() < _AT_ONCE and (other := _other_family(effort, liked)):
            running += 1
            at = effort.started_at + timedelta(seconds=effort.seconds // 2)
            yield _reports(plan, person, _effort(person, other, at, fitness, draws), running, draws)


def _other_family(effort: Effort, liked: list[Pace]) -> Pace | None:
    """A liked sport that cannot be the same workout, done indoors during it, so without a distance."""
    return next((pace for pace in liked if pace.mps is None and effort.pace.mps is not None), None)


def _effort(person: Somebody, pace: Pace, started_at: datetime, fitness: float, draws: Draws) -> Effort:
    low, high = pace.minutes
    # The lesser of two draws: short workouts are more frequent than long ones.
    seconds = int((low + (high - low) * min(draws.random(), draws.random())) * 60)
    meters, hard = None, fitness * draws.uniform(0.9, 1.1)
    if pace.mps:
        mps = draws.uniform(*pace.mps) * fitness
        meters = half_meters(mps * seconds)
        hard = mps / (sum(pace.mps) / 2)
    steps = round(pace.steps_a_minute * seconds / 60 * draws.uniform(0.94, 1.06)) if pace.steps_a_minute else None
    # Vendors count active energy: what is burned beside resting, 1 MET.
    kcal = max(pace.met * hard - 1, 0.8) * person.weight_kg * seconds / 3600 * draws.uniform(0.92, 1.08)
    pulse = round(min(95 + 7 * pace.met * hard + draws.gauss(0, 6), 205 - 0.5 * person.age))
    effort = Effort(pace, started_at, seconds, meters, steps, float(round(kcal)), pulse)
    if draws.random() < _ODD:
        _spoil(effort, draws)
    return effort


def _spoil(effort: Effort, draws: Draws) -> None:
    """One of the mistakes that really arrive; what becomes of it is for the rules to say."""
    kind = draws.randrange(4)
    if kind == 0 and effort.meters:  # the watch was not stopped before the drive home
        effort.meters = half_meters(effort.seconds * draws.uniform(9, 17))
    elif kind == 1 and effort.meters:  # a bicycle recorded as another sport
        effort.meters = half_meters(effort.meters * draws.uniform(1.7, 2.2))
    elif kind == 2 and effort.steps:  # noqa: PLR2004  steps counted twice or thrice
        effort.steps *= draws.randint(2, 3)
    else:  # joules, or an app's slip of a digit
        effort.kcal *= draws.choice((4, 10))


def _reports(plan: Plan, person: Somebody, effort: Effort, running: int, draws: Draws) -> list[Told]:
    """The records of one workout: by the person's first partner, and by the second if it was told too."""
    number = person.number * _IDS_EACH + running
    activity_id = draws.key(effort.started_at + timedelta(seconds=effort.seconds))
    teller = _Teller(plan, person, effort, number, activity_id, draws)
    match person.kit:
        case Kit.WATCH:
            return [teller.watch()]
        case Kit.WATCH_AND_APP:
            return [teller.watch(), teller.copy()] if draws.random() < _COPIED_TO_APP else [teller.watch()]
        case Kit.APP:
            return [teller.app()]
        case Kit.APP_AND_AGENCY:
            return [teller.app(), teller.agency()] if draws.random() < _TOLD_AGENCY_TOO else [teller.app()]
        case Kit.AGENCY:
            return [teller.agency()]


@dataclass
class _Teller:
    """Says one workout as each partner would."""

    plan: Plan
    person: Somebody
    effort: Effort
    number: int
    activity_id: Key
    draws: Draws

    def watch(self) -> Told:
        """Garmin's push: the timer without pauses, active energy, steps and pulse."""
        it = self.effort
        activity_id = _GARMIN_IDS + self.number
        summary_id = f"x{activity_id:x}"
        raw = payloads.garmin(self.person.partners["garmin"], activity_id, summary_id, it)
        return self._told(
            "garmin",
            summary_id,
            it.pace.garmin,
            raw,
            known_as=[str(activity_id)],
            elapsed_seconds=float(it.seconds),
            distance_meters=it.meters,
            energy_kcal=it.kcal,
            steps=it.steps,
            pulse_bpm=it.pulse_bpm,
            device_name=payloads.WATCH,
        )

    def copy(self) -> Told:
        """Strava's copy of the same: with pauses, without steps."""
        it = self.effort
        pause = int(self.draws.random() * it.seconds / 20)
        return self._strava(it.seconds + pause, _GARMIN_IDS + self.number)

    def app(self) -> Told:
        """What Strava's own app on a phone measures."""
        it = self.effort
        return self._strava(it.seconds + int(self.draws.random() * it.seconds / 20), None)

    def _strava(self, elapsed: int, garmin_id: int | None) -> Told:
        it = self.effort
        strava_id = _STRAVA_IDS + self.number
        kcal = None if self.draws.random() < 0.08 else it.kcal  # noqa: PLR2004  the app has no weight to go by
        raw = payloads.strava(
            self.person.partners["strava"], it, strava_id=strava_id, elapsed=elapsed, kcal=kcal, garmin_id=garmin_id
        )
        return self._told(
            "strava",
            str(strava_id),
            it.pace.strava,
            raw,
            elapsed_seconds=float(elapsed),
            moving_seconds=float(it.seconds),
            distance_meters=it.meters,
            energy_kcal=kcal,
            pulse_bpm=it.pulse_bpm if garmin_id else None,
            source=Source.DEVICE if garmin_id else Source.PHONE,
            upstream_partner="garmin" if garmin_id else None,
            upstream_ref=str(garmin_id) if garmin_id else None,
            device_name=payloads.WATCH if garmin_id else payloads.PHONE,
            owner_only=True,
        )

    def agency(self) -> Told:
        """A row of an agency's table: whole minutes, whole metres, energy only here and there."""
        it = self.effort
        partner = next(name for name in self.person.partners if name not in WORD_OF)
        started_at = it.started_at.replace(second=0)
        minutes = max(round(it.seconds / 60), 1)
        meters = float(round(it.meters)) if it.meters else None
        kcal = it.kcal if self.draws.random() < 0.35 else None  # noqa: PLR2004
        manual = self.draws.random() < _BY_HAND
        word = it.pace.word("agency")
        ref = f"A{self.number}"
        person_ref = self.person.partners[partner]
        raw = payloads.agency_row(
            person_ref, ref, started_at, word or "", minutes=minutes, meters=meters, kcal=kcal, manual=manual
        )
        return self._told(
            partner,
            ref,
            word,
            raw,
            started_at=started_at,
            elapsed_seconds=float(minutes * 60),
            distance_meters=meters,
            energy_kcal=kcal,
            manual=manual,
            coarse=True,
            source=Source.AGENCY,
        )

    def _told(self, partner: str, ref: str, word: str | None, raw: bytes, **figures: Any) -> Told:
        it = self.effort
        started_at: datetime = figures.get("started_at", it.started_at)
        ended_at = started_at + timedelta(seconds=figures["elapsed_seconds"])
        # Nothing arrives after the season, so that the country is complete on the morning of today.
        received_at = min(ended_at + self.draws.seconds(20, 1800), self.plan.now)
        return Told(
            {
                **_UNTOLD,
                "user_id": self.person.id,
                "id": self.draws.key(received_at),
                "activity_id": self.activity_id,
                "partner_name": partner,
                "partner_ref": ref,
                "version": microseconds(received_at),
                "sport": it.pace.sport,
                "sport_word": word,
                "started_at": started_at,
                "ended_at": ended_at,
                "local_date": (started_at + _BANGKOK).date(),
                "raw_hash": sha256(raw).digest(),
                "received_at": received_at,
                **figures,
            },
            raw,
        )


_UNTOLD: dict[str, Any] = {
    "known_as": [],
    "utc_offset_seconds": int(_BANGKOK.total_seconds()),
    "moving_seconds": None,
    "distance_meters": None,
    "energy_kcal": None,
    "energy_kind": EnergyKind.ACTIVE,
    "steps": None,
    "pulse_bpm": None,
    "peak_speed_mps": None,
    "p95_speed_mps": None,
    "manual": False,
    "coarse": False,
    "source": Source.DEVICE,
    "upstream_partner": None,
    "upstream_ref": None,
    "device_name": None,
    "place_code": None,
    "owner_only": False,
    "shared_reference": False,
    "deleted_at": None,
}


def totals_of(plan: Plan, person: Somebody, walked: dict[date, int], draws: Draws) -> Iterator[dict[str, Any]]:
    """The rows of the last month's day totals of somebody who wears the watch all day; half of its owners do.

    `walked` holds the steps of each day's workouts, which a total contains.
    """
    if "garmin" not in person.partners or (person.demo is None and draws.random() >= _WEARS_ALL_DAY):
        return
    usual = draws.gauss(5500, 1800)
    for day in plan.season[-_WATCH_DAYS:]:
        steps = max(int(draws.gauss(usual, 1200)), 300) + walked.get(day.date, 0)
        meters, kcal = half_meters(steps * _METERS_A_STEP), float(round(steps * person.weight_kg * 0.0005))
        yield {
            "user_id": person.id,
            "local_date": day.date,
            "partner_name": "garmin",
            "version": microseconds(day.begins_at) + _MICROSECONDS_A_DAY,
            "source": Source.DEVICE,
            "steps": steps,
            "distance_meters": meters,
            "energy_kcal": kcal,
            "verdict": Verdict.ACCEPTED.value,
            "reasons": [],
            "raw": payloads.daily(person.partners["garmin"], day.date, steps=steps, meters=meters, kcal=kcal),
        }
