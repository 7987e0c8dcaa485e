"""The people, teams and challenges that the ingest benchmark writes for, and the records they send."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy import text

from app import db, migrate
from app.embedded import EmbeddedPostgres
from app.settings import settings
from domain import reference
from domain.base import driver_of, run, uuid7
from domain.challenges import Challenge
from domain.connections import Person
from domain.drafts import Draft
from domain.enrolments import Enrolment
from domain.places import PlaceKind, all_places
from domain.ranks import filling
from domain.sports import Sport
from domain.standings import Standing
from domain.team_days import FILL, FILL_HOME_TEAMS, FILL_MEMBERS
from domain.teams import Membership, Team
from domain.users import User
from domain.writing import Mode, Sheet, written

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
FIRST_DAY = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
RAW = b'{"activity":"run","samples":"' + b"0123456789" * 27 + b'"}'
_DAYS = 300
_TEAMS = 77
_READ = "users, persons, teams, memberships, challenges, enrolments, standings, places, place_ancestors"


DAYS_A_RUN = 9
"""A measurement has days of its own: another run of the same person and hour would be taken for the same workout.

All runs on one database, 30 of them, must find room in `_DAYS`.
"""


def drafts(run_name: str, people: int, first: int, first_day: int = 0) -> Iterator[Draft]:
    """Runs without end of so many people from the person `first` on, one a person and day; their figures differ."""
    number = 0
    while True:
        day, person = divmod(number, people)
        minutes = 20 + number * 7919 % 4000 / 100
        yield Draft(
            person_ref=str(first + person),
            partner_ref=f"{run_name}-{number}",
            sport=Sport.RUN,
            started_at=FIRST_DAY + timedelta(days=(first_day + day) % _DAYS, minutes=person % 600, seconds=number % 60),
            elapsed_seconds=minutes * 60 + 29.0,
            moving_seconds=minutes * 60,
            distance_meters=minutes * 154.7,
            energy_kcal=minutes * 11.3,
            steps=int(minutes * 166),
            pulse_bpm=120 + number % 50,
            raw=RAW + str(number).encode(),
        )
        number += 1


def prepared(server: EmbeddedPostgres, people: int) -> str:
    """The URL of a new database with so many people, half of them in two challenges with teams."""
    name = f"bench_{people}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    url = server.url(name)
    migrate.upgrade(url)
    asyncio.run(_filled(url, people))
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"ANALYZE {_READ}")
    return url


async def _filled(url: str, people: int) -> None:
    async with (
        db.opened(settings(database_url=url, database_connections=2)) as databases,
        databases.owner() as session,
        session.begin(),
    ):
        await reference.load(session)
        homes = [each.code for each in all_places() if each.kind == PlaceKind.DISTRICT]
        users = [uuid7() for _ in range(people)]
        teams = [_team() for _ in range(_TEAMS)]
        challenges = [_challenge(metric, people // 2) for metric in ("energy_kcal", "active_days")]
        session.add_all([*teams, *challenges])
        await session.flush()
        half = [(user, challenge.id) for challenge in challenges for user in users[: people // 2]]
        made_at = FIRST_DAY - timedelta(days=9)
        joined = made_at.date()
        await written(
            await driver_of(session),
            [
                Sheet(
                    User,
                    Mode.INSERT,
                    ("id", "display_name", "home_place_code", "language", "source_order", "synthetic", "created_at",
                     "mass_kg"),
                    [(user, "x", homes[n % len(homes)], "th", [], True, made_at, 62.0) for n, user in enumerate(users)],
                ),
                Sheet(
                    Person,
                    Mode.INSERT,
                    ("partner_name", "person_ref", "user_id"),
                    [("garmin", str(n), user) for n, user in enumerate(users)],
                ),
                Sheet(
                    Membership,
                    Mode.INSERT,
                    ("user_id", "team_id", "joined_on", "kind", "created_at"),
                    [(user, teams[n % _TEAMS].id, joined, "organisation", NOW) for n, user in enumerate(users)],
                ),
                Sheet(
                    Enrolment,
                    Mode.INSERT,
                    ("user_id", "challenge_id", "enrolled_at"),
                    [(user, challenge, NOW) for user, challenge in half],
                ),
                Sheet(
                    Standing,
                    Mode.INSERT,
                    ("user_id", "challenge_id", "score"),
                    [(user, challenge, 0) for user, challenge in half],
                ),
            ],
        )  # fmt: skip
        for sql in (filling(), FILL_HOME_TEAMS, FILL, FILL_MEMBERS):
            await run(session, text(sql))


def _team() -> Team:
    made: UUID = uuid7()
    return Team(id=made, kind="organisation", ancestor_ids=[made], name_th="", name_en="")


def _challenge(metric: str, participants: int) -> Challenge:
    return Challenge(
        sponsor_name="mots",
        title_th="",
        title_en="",
        description_th="",
        description_en="",
        metric=metric,
        mode="teams",
        team_kind="organisation",
        starts_on=FIRST_DAY.date(),
        ends_on=(FIRST_DAY + timedelta(_DAYS)).date(),
        state="running",
        participants=participants,
    )
