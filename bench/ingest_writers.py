"""What the ingest benchmark compares: our way in, COPY into one table, and an ORM loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from multiprocessing.pool import Pool

import psycopg
from sqlmodel import Session, create_engine, select

from app import db
from app.overlapping import overlapped
from app.serving import spare_collector
from app.settings import settings
from bench.ingest_world import DAYS_A_RUN, NOW, drafts
from bench.measuring import cpu_seconds, postmaster_of
from domain.activities import Activity
from domain.base import uuid7
from domain.credits import Balance, CreditEntry
from domain.drafts import Draft
from domain.ingest import ingest
from domain.partners import Partner
from domain.records import Payload, Record
from domain.users import User


@dataclass(frozen=True)
class Rate:
    """Records a second, and microseconds of CPU a record: of the writers and of the database."""

    records: float
    writer_us: float
    database_us: float


def _write(
    url: str, people: int, size: int, together: int, seconds: float, name: str, first: int, first_day: int
) -> tuple[int, float, float]:
    """Records ingested in about `seconds` by one writer, `size` a transaction; how long that took, and its CPU.

    Up to `together` of its transactions are under way at once, as in a file that is imported. The first of each are
    not counted: they open the connections and have their statements prepared.
    """

    async def written() -> tuple[int, float, float]:
        async with db.opened(settings(database_url=url, database_connections=together)) as databases:
            async with databases.worker() as session:
                partner = await session.get(Partner, "garmin")
            assert partner is not None  # noqa: S101 - reference data
            source = drafts(name, people, first, first_day)
            began = now = time.monotonic()
            cpu = 0.0

            async def batches() -> AsyncIterator[list[Draft]]:
                while now < began + seconds:
                    yield [next(source) for _ in range(size)]

            async def take(batch: list[Draft], begun: Callable[[], None]) -> int:
                async with databases.worker() as session, session.begin():
                    await ingest(session, partner, batch, now=NOW, hashed=str, begun=begun)
                return len(batch)

            done = -size * together
            async with aclosing(overlapped(batches(), take, together)) as taken:
                async for records in taken:
                    done += records
                    now = time.monotonic()
                    if done <= 0:
                        began, cpu = now, time.process_time()
            return done, now - began, time.process_time() - cpu

    spare_collector()  # as servers do, which take the deliveries
    return asyncio.run(written())


def ours(
    pool: Pool, url: str, people: int, size: int, writers: int, together: int, seconds: float, name: str, number: int
) -> Rate:
    """So many writers at once, each a process with its own people; `number` counts the runs on this database."""
    share = people // writers
    with psycopg.connect(url) as connection:
        server = postmaster_of(connection)
        before = cpu_seconds(server)
        found = pool.starmap(
            _write,
            [
                (url, share, size, together, seconds, f"{name}-{n}", n * share, number * DAYS_A_RUN)
                for n in range(writers)
            ],
            chunksize=1,
        )
        used = _settled(server) - before
    done = sum(each[0] for each in found)
    rate = sum(each[0] / each[1] for each in found)
    # The database's CPU has the uncounted first batches in it.
    return Rate(rate, sum(each[2] for each in found) / done * 1e6, used / (done + size * writers * together) * 1e6)


def _settled(server: int) -> float:
    """The CPU seconds of the server. One that ends while it is read is missed, so the most of a few readings counts."""
    readings = []
    for _ in range(4):
        readings.append(cpu_seconds(server))
        time.sleep(0.05)
    return max(readings)


def copied(url: str, people: int, seconds: float, name: str) -> Rate:
    """Records a second by COPY into the records table alone: no identity, no merging, no credits."""
    columns = (
        "user_id, id, partner_name, partner_ref, known_as, version, sport, started_at, ended_at, local_date, "
        "elapsed_seconds, energy_kcal, energy_kind, manual, coarse, source, owner_only, raw_hash, received_at"
    )
    with psycopg.connect(url) as connection:
        users = [row[0] for row in connection.execute("SELECT id FROM users ORDER BY id")]
        server = postmaster_of(connection)
        source, done, began, cpu = drafts(name, people, 0), 0, time.monotonic(), time.process_time()
        before = cpu_seconds(server)
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
        used = time.process_time() - cpu, cpu_seconds(server) - before
        return Rate(done / (time.monotonic() - began), used[0] / done * 1e6, used[1] / done * 1e6)


def one_by_one(url: str, people: int, seconds: float, name: str) -> Rate:
    """Records a second by an ORM loop: look up, add record, payload, activity and entry, raise the balance, commit."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with Session(engine) as session:
        users = session.exec(select(User.id).order_by(User.id)).all()
    with psycopg.connect(url) as connection:
        server = postmaster_of(connection)
    source, done, began, cpu = drafts(name, people, 0), 0, time.monotonic(), time.process_time()
    before = cpu_seconds(server)
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
                balance = session.get(Balance, user) or Balance(user_id=user)
                balance.balance += 3
                balance.entries += 1
                session.add(balance)
                session.add(CreditEntry(user_id=user, kind="exercise", issuer="ccc", amount=3, rulebook_version=1,
                                        balance_after=balance.balance, local_date=each.local_date, cause="activities",
                                        idempotency_key=f"orm:{each.partner_ref}"))  # fmt: skip
                session.commit()
        done += 1
    used = time.process_time() - cpu, cpu_seconds(server) - before
    engine.dispose()
    return Rate(done / (time.monotonic() - began), used[0] / done * 1e6, used[1] / done * 1e6)
