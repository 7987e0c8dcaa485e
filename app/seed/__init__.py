"""Fills a database with a plausible country of people who do not exist; see docs/seed.md."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import secrets
import signal
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from pwdlib import PasswordHash
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Sessions
from app.progress import Report
from app.seed.budgets import all_budgets
from app.seed.challenges import all_challenges
from app.seed.days import Chunk, drawn
from app.seed.people import DEMO, Somebody, somebody
from app.seed.plan import CHUNK, Key, Plan, midnight
from app.seed.shared import SHARED
from app.seed.teams import all_teams
from app.seed.writing import Sheets
from domain import reference
from domain.base import metadata, run
from domain.budgets import Budget, BudgetChange
from domain.challenges import Challenge
from domain.errors import BadInput, Conflict
from domain.prizes import Prize
from domain.rulebooks import Rulebooks, approved
from domain.teams import Team
from domain.users import Login

__all__ = ["DemoUser", "SeedReport", "seeded"]

MOST_PEOPLE = 1_000_000
_FEW_CHUNKS = 2  # drawn before other processes have imported what they need
_AHEAD = 2
_MOST_PROCESSES = 6  # one connection writes no faster than that
_LOCK = 20_260_000_001


class DemoUser(NamedTuple):
    """Somebody whom a demo can log in as."""

    username: str
    password: str
    id: UUID


@dataclass(frozen=True, kw_only=True)
class SeedReport:
    """What was made: rows by table, how long it took, and who can log in."""

    seed: int
    people: int
    rows: dict[str, int]
    seconds: float
    demo_users: tuple[DemoUser, ...]


async def seeded(
    sessions: Sessions,
    *,
    people: int,
    today: date,
    seed: int = 2569,
    passwords: Sequence[str] = (),
    progress: Report | None = None,
    processes: int | None = None,
) -> SeedReport:
    """A country of `people` made in one transaction: the same `seed`, `people` and `today`, the same rows.

    `today` is a local day; activities end the day before. `sessions` are of the owner, or of the worker, who may
    write everything but not refresh the planner's statistics. The first people get the logins `demo1`, `demo2`
    and so on with `passwords`, or random ones. Loads the reference rows where there are none. `processes` None:
    one a core, at most six. Raises BadInput for a number of people not from 1 to 1,000,000, Conflict if there are
    synthetic people already.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise BadInput(f"Give 1 to {MOST_PEOPLE:,} people.")
    began = time.monotonic()
    tell = progress or _silently
    plan = Plan(seed, people, today)
    rows: Counter[str] = Counter()
    async with sessions() as session, session.begin():
        await _refuse_a_second(session)
        if not (await run(session, text("SELECT EXISTS (SELECT FROM places)"))).scalar_one():
            await reference.load(session)
        rulebooks = await approved(session)
        connection = await _driver(session)
        await _people(connection, plan, rulebooks, rows, tell, processes or min(os.cpu_count() or 1, _MOST_PROCESSES))
        demo_users = await _logins(connection, plan, passwords, rows)
        for done, (table, sql) in enumerate(SHARED.items()):
            tell("counters", done, len(SHARED))
            made = (await run(session, text(sql), {"today": today} if ":today" in sql else {})).rowcount
            if table in metadata.tables:
                rows[table] += made
        tell("counters", len(SHARED), len(SHARED))
    async with sessions() as session, session.begin():
        await run(session, text(f"ANALYZE {', '.join(sorted(rows))}"))
    return SeedReport(
        seed=seed,
        people=people,
        rows=dict(sorted(rows.items())),
        seconds=time.monotonic() - began,
        demo_users=demo_users,
    )


def _silently(_what: str, _done: int, _total: int) -> None:
    pass


async def _refuse_a_second(session: AsyncSession) -> None:
    # Held to the end, so that of two that start together one is refused.
    await run(session, text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if (await run(session, text("SELECT EXISTS (SELECT FROM users WHERE synthetic)"))).scalar_one():
        raise Conflict(
            "There are synthetic people in this database already. Seed an empty database, or go on with this one."
        )


async def _driver(session: AsyncSession) -> AsyncConnection[Any]:
    """The psycopg connection under the session, in the session's transaction: SQLAlchemy knows no COPY."""
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, AsyncConnection)  # noqa: S101 - app.db knows no other driver
    return connection


async def _people(
    connection: AsyncConnection[Any], plan: Plan, rulebooks: Rulebooks, rows: Counter[str], tell: Report, processes: int
) -> None:
    """Everybody and what is theirs, then the teams, and the challenges, which count them."""
    participants: Counter[Key] = Counter()
    done = 0
    async for chunk in _chunks(plan, rulebooks, processes):
        rows.update(await chunk.packed.written(connection))
        participants.update(chunk.participants)
        done = min(done + CHUNK, plan.people)
        tell("people", done, plan.people)
    sheets = Sheets()
    for team in all_teams(plan).rows.values():
        sheets.add(Team, team)
    for window in all_challenges(plan):
        for prize in window.prizes:  # written first: once its challenge is published a prize is not added any more
            sheets.add(Prize, prize)
    for window in all_challenges(plan):
        sheets.add(Challenge, {**window.row, "participants": participants[window.id]})
    for budget in all_budgets(plan):
        sheets.add(Budget, budget)
        sheets.add(BudgetChange, budget)
    rows.update(await sheets.packed().written(connection))


async def _chunks(plan: Plan, rulebooks: Rulebooks, processes: int) -> AsyncIterator[Chunk]:
    """The chunks in order, drawn by this process or, where there are many, by several; few are held at a time."""
    if processes == 1 or plan.chunks <= max(_FEW_CHUNKS, processes):
        for number in range(plan.chunks):
            yield drawn(plan, number, rulebooks)
        return
    loop = asyncio.get_running_loop()
    pool = ProcessPoolExecutor(min(processes, plan.chunks), _context(), initializer=_deaf_to_interrupts)
    try:
        waiting: deque[asyncio.Future[Chunk]] = deque()
        for number in range(1, plan.chunks):
            waiting.append(loop.run_in_executor(pool, drawn, plan, number, rulebooks))
            if number == processes:
                yield drawn(plan, 0, rulebooks)  # something to do while the others import what they need
            if len(waiting) >= processes + _AHEAD:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        pool.shutdown(cancel_futures=True)


def _context() -> BaseContext:
    """How processes are started: not as copies of this one, which has connections and perhaps threads."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["app.seed.days"])
    return context


def _deaf_to_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to act on


def _demo_people(plan: Plan) -> list[Somebody]:
    return [somebody(plan, each, plan.draws(each)) for each in range(min(len(DEMO), plan.people))]


async def _logins(
    connection: AsyncConnection[Any], plan: Plan, passwords: Sequence[str], rows: Counter[str]
) -> tuple[DemoUser, ...]:
    hasher = PasswordHash.recommended()
    sheets = Sheets()
    users = []
    for person in _demo_people(plan):
        given = passwords[person.number] if person.number < len(passwords) else secrets.token_urlsafe(9)
        user = DemoUser(f"demo{person.number + 1}", given, UUID(person.id))
        login = {
            "username": user.username,
            "user_id": person.id,
            "password_hash": hasher.hash(user.password),
            "created_at": midnight(plan.first_day),
        }
        sheets.add(Login, login)
        users.append(user)
    rows.update(await sheets.packed().written(connection))
    return tuple(users)
