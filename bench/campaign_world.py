"""The people and teams of a campaign, and what its people do day by day: the same for the same number."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.seed.teams import MINISTRIES
from domain.base import driver_of, uuid7
from domain.connections import Person
from domain.drafts import Deletion, Draft
from domain.placenames import names_by_code
from domain.sports import Sport
from domain.teams import Joining, Team, TeamKind
from domain.users import User
from domain.writing import Mode, Sheet, written

PARTNER = "garmin"
_PROVINCE, _DISTRICT = len("10"), len("1001")
_EDITED, _DELETED, _LATE, _LATEST_DAYS = 0.03, 0.01, 0.04, 6
_USER = ("id", "display_name", "home_place_code", "birth_year", "sex", "language", "source_order", "synthetic",
         "created_at", "mass_kg")  # fmt: skip
Report = Draft | Deletion


def at(day: date, hour: int) -> datetime:
    """That hour of the clock in Bangkok."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 7)


@dataclass(frozen=True)
class Somebody:
    """A person, where they live, the team of their ministry there, and how often they go for a walk."""

    number: int
    id: UUID
    home: str
    team_id: UUID
    habit: float


async def peopled(session: AsyncSession, people: int, now: datetime) -> tuple[list[Somebody], int]:
    """So many people with homes, linked to a partner, and 20 ministries with a team in each of 77 provinces.

    Nobody belongs to a team yet. The number is that of the teams in the provinces.
    """
    dice = random.Random(2569)  # noqa: S311 - a synthetic country
    homes = [code for code in names_by_code() if len(code) == _DISTRICT]
    teams: dict[tuple[int, str], UUID] = {}
    for number, (_, name_th, name_en, _) in enumerate(MINISTRIES):
        ministry = _team(name_th, name_en, None, Joining.CLOSED)
        session.add(ministry)
        for code, (province_th, province_en) in names_by_code().items():
            if len(code) == _PROVINCE:
                team = _team(f"{name_th} {province_th}", f"{name_en}, {province_en}", ministry, Joining.OPEN)
                team.place_code = code
                teams[number, code] = team.id
                session.add(team)
    await session.flush()
    weights = [weight for *_, weight in MINISTRIES]
    ministries = dice.choices(range(len(MINISTRIES)), weights, k=people)
    made = []
    for number, ministry_number in enumerate(ministries):
        home = dice.choice(homes)
        team_id = teams[ministry_number, home[:_PROVINCE]]
        made.append(Somebody(number, uuid7(), home, team_id, dice.uniform(0.15, 0.9)))
    born = [dice.randint(1950, 2000) for _ in made]
    await written(
        await driver_of(session),
        [
            Sheet(
                User,
                Mode.INSERT,
                _USER,
                [
                    (each.id, f"คนที่ {each.number}", each.home, year, "female" if each.number % 2 else "male", "th", [],
                     True, now, 62.0)
                    for each, year in zip(made, born, strict=True)
                ],
            ),
            Sheet(
                Person,
                Mode.INSERT,
                ("partner_name", "person_ref", "user_id"),
                [(PARTNER, str(each.number), each.id) for each in made],
            ),
        ],
    )  # fmt: skip
    return made, len(teams)


def _team(name_th: str, name_en: str, parent: Team | None, joining: Joining) -> Team:
    made = uuid7()
    return Team(
        id=made,
        kind=TeamKind.MINISTRY.value,
        parent_id=parent.id if parent else None,
        ancestor_ids=[*(parent.ancestor_ids if parent else ()), made],
        name_th=name_th,
        name_en=name_en,
        joining=joining.value,
        synthetic=True,
    )


class Days:
    """What reaches us on each day: walks of the day, late ones of days before, newer versions, deletions."""

    def __init__(self, people: Sequence[Somebody], first: date, days: int) -> None:
        self._people = people
        self._first = first
        self._days = days
        self._dice = random.Random(2570)  # noqa: S311 - synthetic walks
        self._later: dict[date, list[Report]] = defaultdict(list)
        self.edits = self.deletions = self.late = 0

    def of(self, day: date) -> list[Report]:
        """The items that arrive on a day, of days after the window only what is late."""
        found = self._later.pop(day, [])
        if day < self._first + timedelta(days=self._days):
            for person in self._people:
                if self._dice.random() < person.habit:
                    self._walk(person, day, found)
        return found

    def _walk(self, person: Somebody, day: date, today: list[Report]) -> None:
        minutes = self._dice.randint(15, 90)
        walk = Draft(
            person_ref=str(person.number),
            partner_ref=f"{day}-{person.number}",
            version=1,
            sport=Sport.WALK,
            started_at=at(day, 6) + timedelta(seconds=self._dice.randint(0, 36_000)),
            elapsed_seconds=minutes * 60.0,
            distance_meters=minutes * 78.0,
            energy_kcal=minutes * 4.2,
            steps=minutes * 108,
            raw=f'{{"walk":{person.number},"day":"{day}","minutes":{minutes}}}'.encode(),
        )
        luck = self._dice.random()
        if luck < _LATE:
            self.late += 1
            self._later[day + timedelta(days=self._dice.randint(1, _LATEST_DAYS))].append(walk)
            return
        today.append(walk)
        if luck < _LATE + _EDITED:
            self.edits += 1
            newer = replace(walk, version=2, steps=minutes * 112, raw=walk.raw + b" ")
            self._later[day + timedelta(days=1)].append(newer)
        elif luck < _LATE + _EDITED + _DELETED:
            self.deletions += 1
            gone = Deletion(person_ref=walk.person_ref, partner_ref=walk.partner_ref, version=2)
            self._later[day + timedelta(days=1)].append(gone)


def deliveries(items: Sequence[Report], size: int) -> Iterator[Sequence[Report]]:
    """The items in deliveries; those of one person stand together, so that deliveries concern different people."""
    ordered = sorted(items, key=lambda each: int(each.person_ref or 0))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
