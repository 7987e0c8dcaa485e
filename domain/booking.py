"""Books what changed on people's days: credits, counters and standings, in one set-based pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import challenges
from domain.base import driver_of
from domain.collective import CollectiveChange
from domain.counters import FIGURES, TeamStandingChange
from domain.counting import NOTHING, Count, counting
from domain.credits import PROGRAMME, Account, Balance, CreditEntry, CreditKind
from domain.day_values import Counted, day_value
from domain.days import Day, LocalDay, Part, read
from domain.ranks import MOVES, QUEUE
from domain.rulebooks import Rulebooks
from domain.scoring import DayScore, score_of_day
from domain.standings import ChallengeDay, Standing
from domain.writing import Mode, Queue, Sheet, shared_out, written

# Rows by a number that stands for their keys: the hash of a UUID is a call of its own in Python.
Sums = dict[Any, list[Any]]
Scored = Sequence[tuple[LocalDay, DayScore]]

_ENTRY = ("user_id", "id", "kind", "issuer", "amount", "balance_after", "rulebook_version", "local_date", "cause",
          "idempotency_key", "reverses", "created_at")  # fmt: skip
_CHALLENGE_DAY = ("user_id", "challenge_id", "local_date", "value", "team_id")
_TEAM_CHANGE = ("challenge_id", "team_id", "user_id", "score")
_RANKS = Queue(MOVES, QUEUE)
_TOGETHER = challenges.Mode.COLLECTIVE_GOAL.value
_EXERCISE, _REVERSAL = CreditKind.EXERCISE.value, CreditKind.REVERSAL.value


@dataclass(slots=True)
class Bookings:
    """What is to be written so that days are booked as their scores say; rows are values in the order of columns."""

    days: list[Count] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    balances: Sums = field(default_factory=dict)
    entered: list[tuple[Any, ...]] = field(default_factory=list)
    moved: list[tuple[Any, ...]] = field(default_factory=list)
    people: Sums = field(default_factory=dict)
    teams: Sums = field(default_factory=dict)
    together: Sums = field(default_factory=dict)

    def sheets(self) -> list[Sheet]:
        """The rows by table. Who comes first is the same for everybody."""
        people = [row for row in self.people.values() if row[-1]]
        teams = [row for row in self.teams.values() if row[-1] or row[2]]
        together = [row for row in self.together.values() if row[-1]]
        return [
            Sheet(CreditEntry, Mode.INSERT, _ENTRY, self.entries),
            Sheet(ChallengeDay, Mode.INSERT, _CHALLENGE_DAY, self.entered),
            Sheet(TeamStandingChange, Mode.INSERT, _TEAM_CHANGE, teams),
            Sheet(CollectiveChange, Mode.INSERT, ("challenge_id", "local_date", "score"), together),
            Sheet(ChallengeDay, Mode.REPLACE, _CHALLENGE_DAY, self.moved),
            Sheet(Balance, Mode.ADD, ("user_id", "balance", "entries"), list(self.balances.values())),
            Sheet(Standing, Mode.ADD, ("user_id", "challenge_id", "score"), people, _RANKS),
        ]


def scored(days: Iterable[LocalDay], rulebooks: Rulebooks) -> Scored:
    """Each day with what its accepted workouts are worth by the rules of that day."""
    return [(day, score_of_day(day.workouts, rulebooks.on(day.local_date).figures)) for day in days]


def bookings(days: Scored, rulebooks: Rulebooks, accounts: Mapping[int, Account], now: datetime) -> Bookings:
    """The difference between what is booked and what the days are worth; nothing where they agree.

    `accounts` are where the people's ledgers end; they go on with what is booked here.
    """
    found = Bookings()
    for day, score in days:
        _count(found, day, score)
        difference = score.credits - day.booked
        if difference:
            _book(found, day, difference, rulebooks.on(day.local_date).version, accounts[day.user_id.int], now)
        if day.parts:
            _move(found, day, score)
    return found


async def rebook(session: AsyncSession, days: Iterable[Day], rulebooks: Rulebooks, now: datetime) -> None:
    """Credits, counters and standings of `days` brought to what their accepted activities are worth.

    Books only the difference to what is booked, so that doing it again changes nothing. The caller holds the
    people's locks. A fixed number of statements, whatever the number of days.
    """
    connection = await driver_of(session)
    held = [LocalDay(user_id, day) for user_id, day in sorted(set(days))]
    accounts, periods = await read(connection, held)
    worth = scored(held, rulebooks)
    shares = [
        (day.user_id, share.workout.id, share.credits)
        for day, score in worth
        for share in score.shares
        if day.shares[share.workout.id] != share.credits
    ]
    found = bookings(worth, rulebooks, accounts, now)
    await shared_out(connection, shares)
    await written(connection, [*found.sheets(), *counting(found.days, periods, rulebooks)])


async def differences(session: AsyncSession, days: Iterable[Day], rulebooks: Rulebooks) -> list[str]:
    """What `rebook` would change on `days`, one line each; empty when everything is booked as it should be."""
    held = [LocalDay(user_id, day) for user_id, day in sorted(set(days))]
    await read(await driver_of(session), held)
    found = []
    for day, score in scored(held, rulebooks):
        where = f"user {day.user_id} on {day.local_date}"
        found += [
            f"{where}: {name} is counted as {figure}, its activities give {getattr(score, name)}"
            for name, figure in zip(FIGURES, day.counted[1] if day.counted else NOTHING, strict=True)
            if figure != getattr(score, name)
        ]
        if day.booked != score.credits:
            found.append(f"{where}: {day.booked} credits are booked, its activities give {score.credits}")
        found += [
            f"{where}: activity {share.workout.id} shows {day.shares[share.workout.id]} credits, not {share.credits}"
            for share in score.shares
            if day.shares[share.workout.id] != share.credits
        ]
        workouts = counted(score)
        for part in day.parts:
            value = _value(part, workouts, day)
            if value != (part.value or 0):
                found.append(f"{where}: challenge {part.race.id} holds {part.value or 0}, the day is worth {value}")
            if part.value is not None and part.team_id != part.team_now:
                team, team_now = part.team_id or "nobody", part.team_now or "nobody"
                found.append(f"{where}: challenge {part.race.id} counts for {team}, the person belonged to {team_now}")
    return found


def _count(found: Bookings, day: LocalDay, score: DayScore) -> None:
    new = (score.activities, score.moving_seconds, score.distance_meters, score.energy_kcal, score.credits,
           score.vigorous_seconds)  # fmt: skip
    at, before = day.counted or (None, NOTHING)
    if new != before or (day.home_place_code != at and score.activities):
        home = day.home_place_code
        found.days.append(Count(day.user_id, day.local_date, home, new, day.counted, day.homes))


def _book(
    found: Bookings, day: LocalDay, difference: int, rulebook_version: int, account: Account, now: datetime
) -> None:
    kind, reverses = (_EXERCISE, None) if difference > 0 else (_REVERSAL, day.last_positive)
    # The n-th booking of a day exists once: two writers that both missed the other's would collide here.
    key = f"day:{day.local_date}:{day.entries}"
    entry_id, balance_after = account.follow(difference, now)
    found.entries.append(
        (day.user_id, entry_id, kind, PROGRAMME, difference, balance_after, rulebook_version, day.local_date,
         "activities", key, reverses, now)
    )  # fmt: skip
    balance = found.balances.setdefault(day.user_id.int, [day.user_id, 0, 0])
    balance[1] += difference
    balance[2] += 1


def _move(found: Bookings, day: LocalDay, score: DayScore) -> None:
    workouts = counted(score)
    for part in day.parts:
        value, before = _value(part, workouts, day), part.value or 0
        if value == before and (part.team_id == part.team_now or part.value is None):
            continue
        row = (day.user_id, part.race.id, day.local_date, value, part.team_now)
        (found.entered if part.value is None else found.moved).append(row)
        _add(found.people, day.user_id, part.race.id, value - before)
        _move_teams(found.teams, part, day.user_id, before, value)
        if part.race.mode == _TOGETHER:
            key = (part.race.id.int, day.local_date)
            found.together.setdefault(key, [part.race.id, day.local_date, 0])[2] += value - before


def _move_teams(sums: Sums, part: Part, user_id: UUID, before: int, value: int) -> None:
    """What nodes gain and lose, by person where that began or ceased to have the day: all others' add up."""
    if part.team_id == part.team_now:
        whose = None if before and value else user_id
        _add_for(sums, part.race.id, part.team_now, whose, value - before)
        return
    if before:
        _add_for(sums, part.race.id, part.team_id, user_id, -before)
    if value:
        _add_for(sums, part.race.id, part.team_now, user_id, value)


def _add_for(sums: Sums, race_id: UUID, team_id: UUID | None, user_id: UUID | None, by: int) -> None:
    if team_id is not None:
        key = (race_id.int, team_id.int, user_id and user_id.int)
        sums.setdefault(key, [race_id, team_id, user_id, 0])[3] += by


def _add(sums: Sums, one: UUID, other: UUID, by: int) -> None:
    sums.setdefault((one.int, other.int), [one, other, 0])[2] += by


def _value(part: Part, workouts: Sequence[Counted], day: LocalDay) -> int:
    kinds = {kind for kind, _ in day.teams} if part.race.rules.team_kinds else frozenset[str]()
    return day_value(part.race.rules, workouts, day.steps, places=day.places, team_kinds=kinds)


def counted(score: DayScore) -> list[Counted]:
    """The day's workouts as challenges see them."""
    return [
        Counted(
            sport=share.workout.sport,
            source=share.workout.source,
            energy_kcal=share.energy_kcal,
            distance_meters=share.workout.distance_meters or 0.0,
            moving_seconds=share.moving_seconds,
            steps=share.workout.steps or 0,
            credits=share.credits,
        )
        for share in score.shares
    ]
