"""How many normalised records a second are ingested, beside COPY alone and beside an ORM loop, in one run.

`python -m bench.ingest [--people 20000] [--seconds 5] [--growth]` prints one table. Every record is a run of its own
person and day with a raw payload of about 300 bytes; two open challenges with teams take half of the people. Commits
are durable. Each figure is the median of three runs; the database is the embedded one, on this machine alone.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.pool import Pool
from uuid import UUID

import psycopg
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlmodel import Session, create_engine, select

from app import db, migrate
from app.embedded import EmbeddedPostgres
from app.settings import settings
from domain import reference
from domain.activities import Activity
from domain.base import inserted, uuid7
from domain.challenges import Challenge, Enrolment
from domain.connections import Person
from domain.credits import Balance, CreditEntry
from domain.drafts import Draft
from domain.ingest import ingest
from domain.partners import Partner
from domain.places import PlaceKind, all_places
from domain.records import Payload, Record
from domain.sports import Sport
from domain.teams import Membership, Team
from domain.users import User

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
FIRST_DAY = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
RAW = b'{"activity":"run","samples":"' + b"0123456789" * 27 + b'"}'
RUNS = 3


def drafts(run_name: str, people: int, start: int) -> Iterator[Draft]:
    """Runs without end, one a person and day, from the person `start` on."""
    number = start
    while True:
        day, person = divmod(number, people)
        yield Draft(
            person_ref=str(person),
            partner_ref=f"{run_name}-{number}",
            sport=Sport.RUN,
            started_at=FIRST_DAY + timedelta(days=day % 300, minutes=person % 600),
            elapsed_seconds=1980.0,
            moving_seconds=1951.0,
            distance_meters=5032.1,
            energy_kcal=371.0,
            steps=5480,
            pulse_bpm=152,
            raw=RAW + str(number).encode(),
        )
        number += 1


async def _filled(url: str, people: int) -> None:
    async with (
        db.opened(settings(database_url=url, database_connections=2)) as databases,
        databases.owner() as session,
        session.begin(),
    ):
        await reference.load(session)
        homes = [each.code for each in all_places() if each.kind == PlaceKind.DISTRICT]
        users = [uuid7() for _ in range(people)]
        row = {"language": "th", "source_order": [], "synthetic": True, "created_at": NOW, "mass_kg": 62.0}
        rows = [
            {"id": user, "display_name": "x", "home_place_code": homes[n % len(homes)], **row}
            for n, user in enumerate(users)
        ]
        await inserted(session, User, rows)
        named = [{"partner_name": "garmin", "person_ref": str(n), "user_id": u} for n, u in enumerate(users)]
        await inserted(session, Person, named)
        await _campaign(session, users)


async def _campaign(session: object, users: list[UUID]) -> None:
    teams = [
        Team(id=(made := uuid7()), kind="province", ancestor_ids=[made], name_th="", name_en="") for _ in range(77)
    ]
    challenges = [
        Challenge(
            sponsor_name="mots", title_th="", title_en="", description_th="", description_en="", metric=metric,
            mode="teams", team_kind="province", starts_on=FIRST_DAY.date(), ends_on=(FIRST_DAY + timedelta(300)).date(),
            state="running", participants=len(users) // 2,
        )
        for metric in ("energy_kcal", "active_days")
    ]  # fmt: skip
    session.add_all([*teams, *challenges])
    await session.flush()
    joined = (FIRST_DAY - timedelta(days=9)).date()
    members = [
        {"user_id": user, "team_id": teams[n % 77].id, "joined_on": joined, "kind": "province", "created_at": NOW}
        for n, user in enumerate(users)
    ]
    await inserted(session, Membership, members)
    for challenge in challenges:
        half = users[: len(users) // 2]
        await inserted(
            session, Enrolment, [{"user_id": u, "challenge_id": challenge.id, "enrolled_at": NOW} for u in half]
        )


def _write(url: str, people: int, size: int, seconds: float, name: str, start: int) -> int:
    """Records ingested in about `seconds` by one writer, `size` a transaction."""

    async def written() -> int:
        async with db.opened(settings(database_url=url, database_connections=1)) as databases:
            async with databases.worker() as session:
                partner = await session.get(Partner, "garmin")
            source, done = drafts(name, people, start), 0
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                batch = [next(source) for _ in range(size)]
                async with databases.worker() as session, session.begin():
                    await ingest(session, partner, batch, now=NOW, hashed=str)
                done += size
            return done

    return asyncio.run(written())


def ours(pool: Pool, url: str, people: int, size: int, writers: int, seconds: float, name: str) -> float:
    """Records a second of so many writers, each a process with its own people."""
    share = people // writers
    pool.starmap(_write, [(url, people, size, 0.1, f"{name}-warm{n}", n * share) for n in range(writers)])
    began = time.monotonic()
    total = sum(pool.starmap(_write, [(url, people, size, seconds, f"{name}-{n}", n * share) for n in range(writers)]))
    return total / (time.monotonic() - began)


def copied(url: str, people: int, seconds: float, name: str) -> float:
    """Records a second by COPY into the records table alone: no identity, no merging, no credits."""
    columns = (
        "user_id, id, partner_name, partner_ref, known_as, version, sport, started_at, ended_at, local_date, "
        "elapsed_seconds, energy_kcal, energy_kind, manual, coarse, source, owner_only, raw_hash, received_at"
    )
    with psycopg.connect(url) as connection:
        users = [row[0] for row in connection.execute("SELECT id FROM users ORDER BY id")]
        source, done, began = drafts(name, people, 0), 0, time.monotonic()
        while time.monotonic() < began + seconds:
            with connection.cursor().copy(f"COPY records ({columns}) FROM STDIN") as copy:
                for _ in range(5_000):
                    each = next(source)
                    copy.write_row(
                        (users[int(each.person_ref)], uuid7(), "garmin", each.partner_ref, [], 1, "run",
                         each.started_at, each.ended_at, each.local_date, each.elapsed_seconds, each.energy_kcal,
                         "active", False, False, "device", False, each.raw_hash, NOW)
                    )  # fmt: skip
            connection.commit()
            done += 5_000
        return done / (time.monotonic() - began)


def one_by_one(url: str, people: int, seconds: float, name: str) -> float:
    """Records a second by an ORM loop: look up, add record, payload, activity and entry, raise the balance, commit."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with Session(engine) as session:
        users = session.exec(select(User.id).order_by(User.id)).all()
    source, done, began = drafts(name, people, 0), 0, time.monotonic()
    while time.monotonic() < began + seconds:
        each = next(source)
        user = users[int(each.person_ref)]
        with Session(engine) as session:
            known = select(Record).where(
                Record.user_id == user, Record.partner_name == "garmin", Record.partner_ref == each.partner_ref
            )
            if session.exec(known).first() is None:
                record, activity = uuid7(), uuid7()
                shared = {
                    "user_id": user, "sport": "run", "started_at": each.started_at, "ended_at": each.ended_at,
                    "local_date": each.local_date, "elapsed_seconds": each.elapsed_seconds,
                    "energy_kcal": each.energy_kcal, "source": "device", "partner_name": "garmin",
                }  # fmt: skip
                session.add(Record(id=record, activity_id=activity, partner_ref=each.partner_ref, version=1,
                                   energy_kind="active", raw_hash=each.raw_hash, **shared))  # fmt: skip
                session.add(Payload(user_id=user, record_id=record, raw=each.raw))
                session.add(Activity(id=activity, energy_source="active", speaks_record_id=record, record_count=1,
                                     verdict="accepted", credits=3, **shared))  # fmt: skip
                session.add(CreditEntry(user_id=user, kind="exercise", issuer="ccc", amount=3, rulebook_version=1,
                                        local_date=each.local_date, cause="activities",
                                        idempotency_key=f"orm:{each.partner_ref}"))  # fmt: skip
                balance = session.get(Balance, user) or Balance(user_id=user)
                balance.balance += 3
                balance.entries += 1
                session.add(balance)
                session.commit()
        done += 1
    engine.dispose()
    return done / (time.monotonic() - began)


def _median(measure: Callable[[str], float], name: str) -> float:
    return statistics.median(measure(f"{name}-{number}") for number in range(RUNS))


def _prepared(server: EmbeddedPostgres, people: int) -> str:
    name = f"bench_{people}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    migrate.upgrade(server.url(name))
    asyncio.run(_filled(server.url(name), people))
    return server.url(name)


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument(
        "--growth", action="store_true", help="measure 1,000 a batch again at 4 and 16 times the people"
    )
    chosen = parser.parse_args()
    found: list[tuple[str, float]] = []
    with (
        EmbeddedPostgres() as server,
        multiprocessing.get_context("spawn").Pool(2) as pool,
        Progress(transient=True) as progress,
    ):
        task = progress.add_task("ingest", total=None)

        def measured(url: str, people: int, size: int, writers: int) -> None:
            label = f"{size:,} a batch, {writers} writer{'s' * (writers > 1)}, {people:,} people"
            progress.update(task, description=label)
            rate = _median(
                lambda name: ours(pool, url, people, size, writers, chosen.seconds, name), f"{size}-{writers}"
            )
            found.append((label, rate))

        url = _prepared(server, chosen.people)
        for size in (1, 100, 1_000, 5_000):
            for writers in (1, 2):
                measured(url, chosen.people, size, writers)
        progress.update(task, description="references")
        loop = _median(lambda name: one_by_one(url, chosen.people, chosen.seconds, name), "orm")
        copy = _median(lambda name: copied(url, chosen.people, chosen.seconds, name), "copy")
        for times in (4, 16) if chosen.growth else ():
            measured(_prepared(server, chosen.people * times), chosen.people * times, 1_000, 1)
    table = Table("ingest", "records/s", "x ORM loop", "of COPY alone")
    for label, rate in [*found, ("COPY into records alone", copy), ("ORM loop, one a commit", loop)]:
        table.add_row(label, f"{rate:,.0f}", f"{rate / loop:.1f}", f"{rate / copy:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
