"""The workouts of the synthetic country: each person's records by workout, with raw payloads, and day totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.seed import payloads
from app.seed.people import Habit, Kit, Somebody
from app.seed.plan import Draws, Plan, midnight
from app.seed.sports import WORD_OF, Effort, Pace, half_meters, tastes
from domain.activities import Report
from domain.drafts import EnergyKind, Source

_BANGKOK_SECONDS = 7 * 3600
# Saturday and Sunday; the factors keep the week's mean.
_WEEKEND, _WEEKEND_FACTOR, _WEEKDAY_FACTOR = 5, 1.4, 0.84
_MORNING, _EVENING = (5 * 3600, 7 * 3600 + 1800), (16 * 3600 + 2700, 19 * 3600 + 1800)
_TWICE, _AT_ONCE, _ODD, _BY_HAND = 0.06, 0.005, 0.006, 0.15
_COPIED_TO_APP, _TOLD_AGENCY_TOO = 0.8, 0.5
_WATCH_DAYS, _WEARS_ALL_DAY = 30, 0.5
_METERS_A_STEP = 0.7
# Where the vendors' running numbers begin; each person has a thousand of them.
_GARMIN_IDS, _STRAVA_IDS, _IDS_EACH = 18_000_000_000, 14_000_000_000, 1000


@dataclass(frozen=True)
class Told:
    """One source's report of a workout: the columns of its record, and the payload they were read from."""

    record: dict[str, Any]
    raw: bytes

    def report(self) -> Report:
        """The record as merging sees it."""
        return Report(**{name: self.record[name] for name in _REPORTED})


_REPORTED = tuple(Report.__dataclass_fields__)


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
    running = 0
    for number in range((plan.last_day - plan.first_day).days + 1):
        day = plan.day(number)
        if draws.random() >= chances[day.weekday() >= _WEEKEND]:
            continue
        start = midnight(day)
        early = draws.random() < 0.5  # noqa: PLR2004
        slots = [_MORNING, _EVENING] if draws.random() < _TWICE else [_MORNING if early else _EVENING]
        for slot in slots:
            pace = liked[0] if draws.random() < 0.7 else draws.choice(liked)  # noqa: PLR2004
            workout = _workout(person, pace, start + timedelta(seconds=draws.randint(*slot)), fitness, draws)
            running += 1
            yield _reports(plan, person, workout, running, draws)
        if draws.random() < _AT_ONCE and (other := _other_family(workout, liked)):
            running += 1
            at = workout.started_at + timedelta(seconds=workout.seconds // 2)
            yield _reports(plan, person, _workout(person, other, at, fitness, draws), running, draws)


def _other_family(workout: Effort, liked: list[Pace]) -> Pace | None:
    """A liked sport that cannot be the same workout, done indoors during it, so without a distance."""
    return next((pace for pace in liked if pace.mps is None and workout.pace.mps is not None), None)


def _workout(person: Somebody, pace: Pace, started_at: datetime, fitness: float, draws: Draws) -> Effort:
    low, high = pace.minutes
    seconds = int(draws.triangular(low, high, low + (high - low) / 3) * 60)
    meters, hard = None, fitness * draws.uniform(0.9, 1.1)
    if pace.mps:
        mps = draws.uniform(*pace.mps) * fitness
        meters = half_meters(mps * seconds)
        hard = mps / (sum(pace.mps) / 2)
    steps = round(pace.steps_a_minute * seconds / 60 * draws.uniform(0.94, 1.06)) if pace.steps_a_minute else None
    # Vendors count active energy: what is burned beside resting, 1 MET.
    kcal = max(pace.met * hard - 1, 0.8) * person.weight_kg * seconds / 3600 * draws.uniform(0.92, 1.08)
    pulse = round(min(95 + 7 * pace.met * hard + draws.gauss(0, 6), 205 - 0.5 * person.age))
    workout = Effort(pace, started_at, seconds, meters, steps, float(round(kcal)), pulse)
    if draws.random() < _ODD:
        _spoil(workout, draws)
    return workout


def _spoil(workout: Effort, draws: Draws) -> None:
    """One of the mistakes that really arrive; what becomes of it is for the rules to say."""
    kind = draws.randrange(4)
    if kind == 0 and workout.meters:  # the watch was not stopped before the drive home
        workout.meters = half_meters(workout.seconds * draws.uniform(9, 17))
    elif kind == 1 and workout.meters:  # a bicycle recorded as another sport
        workout.meters = half_meters(workout.meters * draws.uniform(1.7, 2.2))
    elif kind == 2 and workout.steps:  # noqa: PLR2004  steps counted twice or thrice
        workout.steps *= draws.randint(2, 3)
    else:  # joules, or an app's slip of a digit
        workout.kcal *= draws.choice((4, 10))


def _reports(plan: Plan, person: Somebody, workout: Effort, running: int, draws: Draws) -> list[Told]:
    """The records of one workout: by the person's first partner, and by the second if it was told too."""
    number = person.number * _IDS_EACH + running
    activity_id = draws.uuid(workout.started_at + timedelta(seconds=workout.seconds))
    teller = _Teller(plan, person, workout, number, activity_id, draws)
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
    workout: Effort
    number: int
    activity_id: UUID
    draws: Draws

    def watch(self) -> Told:
        """Garmin's push: the timer without pauses, active energy, steps and pulse."""
        it = self.workout
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
        it = self.workout
        pause = self.draws.randint(0, it.seconds // 20)
        return self._strava(it.seconds + pause, _GARMIN_IDS + self.number)

    def app(self) -> Told:
        """What Strava's own app on a phone measures."""
        it = self.workout
        return self._strava(it.seconds + self.draws.randint(0, it.seconds // 20), None)

    def _strava(self, elapsed: int, garmin_id: int | None) -> Told:
        it = self.workout
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
        it = self.workout
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
        it = self.workout
        started_at: datetime = figures.get("started_at", it.started_at)
        ended_at = started_at + timedelta(seconds=figures["elapsed_seconds"])
        # Nothing arrives after the season, so that the country is complete on the morning of today.
        received_at = min(ended_at + timedelta(seconds=self.draws.randint(20, 1800)), midnight(self.plan.today))
        return Told(
            {
                **_UNTOLD,
                "user_id": self.person.id,
                "id": self.draws.uuid(received_at),
                "activity_id": self.activity_id,
                "partner_name": partner,
                "partner_ref": ref,
                "version": int(received_at.timestamp() * 1_000_000),
                "sport": it.pace.sport,
                "sport_word": word,
                "started_at": started_at,
                "ended_at": ended_at,
                "local_date": (started_at + timedelta(seconds=_BANGKOK_SECONDS)).date(),
                "raw_hash": sha256(raw).digest(),
                "received_at": received_at,
                **figures,
            },
            raw,
        )


_UNTOLD: dict[str, Any] = {
    "known_as": [],
    "utc_offset_seconds": _BANGKOK_SECONDS,
    "moving_seconds": None,
    "distance_meters": None,
    "energy_kcal": None,
    "energy_kind": EnergyKind.ACTIVE,
    "steps": None,
    "pulse_bpm": None,
    "peak_speed_mps": None,
    "manual": False,
    "coarse": False,
    "source": Source.DEVICE,
    "upstream_partner": None,
    "upstream_ref": None,
    "device_name": None,
    "place_code": None,
    "owner_only": False,
    "deleted_at": None,
}


def totals_of(plan: Plan, person: Somebody, walked: dict[date, int], draws: Draws) -> Iterator[dict[str, Any]]:
    """The rows of the last month's day totals of somebody who wears the watch all day; half of its owners do.

    `walked` holds the steps of each day's workouts, which a total contains.
    """
    if "garmin" not in person.partners or (person.demo is None and draws.random() >= _WEARS_ALL_DAY):
        return
    usual = draws.gauss(5500, 1800)
    for ago in range(_WATCH_DAYS, 0, -1):
        day = plan.today - timedelta(days=ago)
        steps = max(int(draws.gauss(usual, 1200)), 300) + walked.get(day, 0)
        meters, kcal = half_meters(steps * _METERS_A_STEP), float(round(steps * person.weight_kg * 0.0005))
        yield {
            "user_id": person.id,
            "local_date": day,
            "partner_name": "garmin",
            "version": int(midnight(day + timedelta(days=1)).timestamp() * 1_000_000),
            "source": Source.DEVICE,
            "steps": steps,
            "distance_meters": meters,
            "energy_kcal": kcal,
            "raw": payloads.daily(person.partners["garmin"], day, steps=steps, meters=meters, kcal=kcal),
        }
