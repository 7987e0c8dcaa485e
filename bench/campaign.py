"""`python -m bench.campaign`: a whole challenge played on a real database, from the draft to the proof of its lines.

A sponsor drafts and publishes it, people join teams and the challenge, send days of walks with edits, deletions and
late data; it closes, books its prizes, and at the end `ccc check` has nothing to say. Acts of the sponsor and of
samples of people go through GraphQL, those of the mass through the functions of the domain that GraphQL calls.
Small: `python -m bench.campaign --people 300 --days 5`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shlex
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app import closing, db
from app.checking import checked
from app.embedded import EmbeddedPostgres
from app.folding import Folding, drained
from app.install import install
from app.progress import Report, reporting
from app.settings import settings
from auth.viewer import ANONYMOUS, USUAL_SCOPES, Viewer, ViewerKind
from bench.campaign_figures import BUDGET, DRAFT, JOIN, JOIN_TEAM, PRIZES, PUBLISH, VERIFY, Figures, Played, holds
from bench.campaign_world import PARTNER, Days, Somebody, at, deliveries, peopled
from domain import enrolments, memberships
from domain.bangkok import local_date_of
from domain.base import run, utc_now
from domain.booking import rebook
from domain.budgets import fiscal_year_of
from domain.errors import Refused
from domain.folding import alone
from domain.ingest import ingest, lock
from domain.partners import Partner
from domain.publishing import advanced
from domain.rulebooks import approved
from domain.team_figures import figured_after
from domain.teams import Joining, home_teams
from engine.execute import Engine
from engine.ids import encoded
from resolvers.context import Context
from schema import SCHEMA

SPONSOR = "mots"
GRACE_DAYS = 7
_SAMPLE, _LATE_JOINERS = 100, 0.05
_PEOPLE_AT_ONCE, _ITEMS_AT_ONCE, _WRITERS = 50, 500, 2
_POOL = 300_000


class Campaign:
    """One challenge on one database, on days that are all over."""

    def __init__(self, databases: db.Databases, engine: Engine, people: int, days: int, figures: Figures) -> None:
        self._databases = databases
        self._engine = engine
        self._people = people
        self._days = days
        self._figures = figures
        self._keys = count(1)
        self._first = local_date_of(utc_now()) - timedelta(days=days + GRACE_DAYS + 2)
        self._last = self._first + timedelta(days=days - 1)
        self._over = self._last + timedelta(days=GRACE_DAYS + 1)

    async def play(self) -> Played:
        """The whole of it, in order."""
        before = self._first - timedelta(days=1)
        with self._figures.timed("people and teams made", "people") as done:
            async with self._databases.worker.begin() as session:
                everybody, _ = await peopled(session, self._people, at(before, 9))
            done.append(len(everybody))
        async with self._databases.owner.begin() as session:
            await run(session, text("ANALYZE users, persons, teams"))
        challenge = await self._published(at(before, 10))
        early = everybody[: -max(round(self._people * _LATE_JOINERS), 1)]
        async with self._folding():
            with self._figures.timed("joining teams and the challenge", "people") as done:
                done.append(await self._joined(challenge, early, at(before, 12)))
            await self._lived(challenge, everybody, everybody[len(early) :])
        with self._figures.timed("closing: freezing, prizes, seal", "standings") as done:
            made = await closing.closed(self._databases.worker, challenge, at(self._over, 1), self._figures.report)
            done.append(made.people)
        self._figures.counted("prizes booked", made.prizes, "prizes")
        return await self._proven(challenge)

    async def _published(self, now: datetime) -> UUID:
        """The challenge, by GraphQL."""
        admin, sponsor = _viewer(ViewerKind.ADMIN), _viewer(ViewerKind.SPONSOR, partner=SPONSOR)
        year = fiscal_year_of(self._over)
        budget = {"partner": SPONSOR, "kind": "AWARD", "startsOn": str(year), "budget": _POOL, "reason": "campaign"}
        await self._change(BUDGET, admin, now, **budget)
        design = {
            "titleTh": "ทีมฟิต ก้าวไปด้วยกัน", "titleEn": "Team fit, step together",
            "descriptionTh": "เดินเพื่อกระทรวง", "descriptionEn": "Walk for your ministry.",
            "metric": "STEPS", "mode": "TEAMS", "teamKind": "MINISTRY", "ranking": "AVERAGE_PER_MEMBER",
            "dailyCap": 20_000, "target": 4_000 * self._days, "startsOn": str(self._first), "endsOn": str(self._last),
            "graceDays": GRACE_DAYS, "prizes": PRIZES, "prizeBudget": _POOL,
        }  # fmt: skip
        drafted = await self._change(DRAFT, sponsor, now, challenge=design)
        await self._change(PUBLISH, sponsor, now, challengeId=drafted["challenge"]["id"])
        async with self._databases.worker() as session:
            found: UUID = (await run(session, text("SELECT id FROM challenges"))).scalar_one()
        return found

    async def _joined(self, challenge: UUID, people: Sequence[Somebody], now: datetime) -> int:
        """How many joined their team, those of their home, and the challenge; the first ones by GraphQL."""
        sample, today = people[:_SAMPLE], local_date_of(now)
        for person in sample:
            async with self._databases.worker.begin() as session:
                await lock(session, [person.id])
                homes = home_teams(person.home)
                await memberships.move(session, person.id, join=homes, admitted=[Joining.DERIVED], today=today, now=now)
            citizen = _viewer(ViewerKind.CITIZEN, user=person.id)
            await self._change(JOIN_TEAM, citizen, now, teamId=encoded("Team", person.team_id))
            await self._change(JOIN, citizen, now, challengeId=encoded("Challenge", challenge))
        ways = [Joining.OPEN, Joining.DERIVED]
        for start in range(len(sample), len(people), _PEOPLE_AT_ONCE):
            batch = people[start : start + _PEOPLE_AT_ONCE]
            async with self._databases.worker.begin() as session:
                await lock(session, [person.id for person in batch])
                for person in batch:
                    teams = [person.team_id, *home_teams(person.home)]
                    await memberships.move(session, person.id, join=teams, admitted=ways, today=today, now=now)
                    if await enrolments.enrol(session, person.id, challenge, now):
                        days = await enrolments.days_so_far(session, person.id, challenge, today)
                        if days:
                            rulebooks = await approved(session)
                            await rebook(session, [(person.id, day) for day in days], rulebooks, now)
            self._figures.report("Joining", start + len(batch), len(people))
        return len(people)

    async def _lived(self, challenge: UUID, everybody: Sequence[Somebody], late: Sequence[Somebody]) -> None:
        """All days of the window and of the grace, each with what arrives on it and the jobs of its night."""
        arriving, half = Days(everybody, self._first, self._days), self._days // 2
        await self._arrived(arriving, range(half), "walks taken in, first half")
        noon = self._first + timedelta(days=half)
        with self._figures.timed("joining half-way, with the days so far", "people") as done:
            done.append(await self._joined(challenge, late, at(noon, 12)))
        await self._arrived(arriving, range(half, self._days + GRACE_DAYS), "walks taken in, second half and grace")
        self._figures.counted("late, of all days", arriving.late, "items")
        self._figures.counted("newer versions, of all days", arriving.edits, "items")
        self._figures.counted("deletions, of all days", arriving.deletions, "items")

    async def _arrived(self, arriving: Days, numbers: Sequence[int], what: str) -> None:
        with self._figures.timed(what, "items") as done:
            for number in numbers:
                day = self._first + timedelta(days=number)
                await self._night(day)
                todays = arriving.of(day)
                await self._taken(todays, at(day, 21))
                done.append(len(todays))
                self._figures.report("Days", number + 1, self._days + GRACE_DAYS)

    async def _night(self, day: date) -> None:
        """What jobs do when a day begins: states, and the figures of teams that grow with the days."""
        async with self._databases.worker.begin() as session:
            await advanced(session, day)
        last, more = None, True
        while more:
            async with self._databases.worker.begin() as session:
                await alone(session)
                last = await figured_after(session, last, day)
            more = last is not None

    async def _taken(self, items: Sequence[Any], now: datetime) -> None:
        """The items, in deliveries of the partner, some at once."""
        waiting = deliveries(items, _ITEMS_AT_ONCE)

        async def write() -> None:
            for delivery in waiting:
                async with self._databases.worker.begin() as session:
                    partner = await session.get_one(Partner, PARTNER)
                    await ingest(session, partner, delivery, now=now, hashed=str)

        await asyncio.gather(*(write() for _ in range(_WRITERS)))

    async def _proven(self, challenge: UUID) -> Played:
        """The standings verified as a whole, a hundred lines proven by GraphQL, and everything checked."""
        worker = self._databases.worker
        with self._figures.timed("verifying all lines", "lines") as done:
            found = await closing.verified(worker, challenge, self._figures.report, lambda _part, _lines: None)
            done.append(sum(found.lines.values()))
        people = max(found.lines.values())
        positions = sorted({1 + number * (people - 1) // _SAMPLE for number in range(_SAMPLE + 1)})
        holding = 0
        with self._figures.timed("proofs of single lines by GraphQL", "proofs") as done:
            for position in positions:
                asked = {"challenge": encoded("Challenge", challenge), "position": position}
                data = await self._ask(VERIFY, ANONYMOUS, utc_now(), **asked)
                holding += holds(data["verifyStanding"], found.standings_hash)
            done.append(len(positions))
        findings = list(found.differences)
        with self._figures.timed("ccc check", "days of people") as done:
            await drained(worker)
            async for what, count, lines in checked(worker):
                findings += [f"{what}: {line}" for line in lines]
                if count:
                    done[:] = [count]
                    self._figures.report("Checking", count, count)
        return Played(self._figures, found.standings_hash, findings, len(positions), holding)

    @asynccontextmanager
    async def _folding(self) -> AsyncIterator[None]:
        """Passes beside the writers, as a server process has them, and one at the end."""
        async with Folding(self._databases.worker, every=1.0).running():
            yield
        await drained(self._databases.worker)

    async def _change(self, document: str, viewer: Viewer, now: datetime, **given: Any) -> dict[str, Any]:
        """The payload of a mutation that is not refused."""
        data = await self._ask(document, viewer, now, input={"idempotencyKey": str(next(self._keys)), **given})
        (payload,) = data.values()
        if payload["userErrors"]:
            raise RuntimeError(payload["userErrors"])
        return dict(payload)

    async def _ask(self, document: str, viewer: Viewer, now: datetime, **variables: Any) -> dict[str, Any]:
        context = Context(self._databases.worker, viewer, str, now)
        result = await self._engine.execute(document, variables, None, viewer, context=context)
        if result.errors or result.data is None:
            raise RuntimeError(result.errors)
        return result.data


def _viewer(kind: ViewerKind, *, user: UUID | None = None, partner: str | None = None) -> Viewer:
    return Viewer(kind, user, f"campaign-{kind}", partner, USUAL_SCOPES[kind])


async def played(url: str, people: int, days: int, report: Report) -> Played:
    """A campaign on an empty database at this URL, of its owner."""
    chosen = settings(database_url=url, database_connections=_WRITERS + 4)
    await install(chosen)
    async with db.opened(chosen) as databases:
        engine = Engine(schema=SCHEMA, pool=databases.pool, refused=Refused)
        try:
            return await Campaign(databases, engine, people, days, Figures(report)).play()
        finally:
            await engine.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Play it on a PostgreSQL of its own. Exit code 1 when anything does not add up."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="python -m bench.campaign", description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--results", type=Path, help="a file to write the figures to")
    chosen = parser.parse_args(given)
    began = time.perf_counter()
    with EmbeddedPostgres(durable=True) as server, reporting() as report:
        outcome = asyncio.run(played(server.url(), chosen.people, chosen.days, report))
    lines = [
        f"`python -m bench.campaign {shlex.join(given)}`".replace(" `", "`"),
        "",
        *outcome.figures.table(),
        "",
        f"- standings hash {outcome.standings_hash}",
        f"- proofs of single lines that hold: {outcome.proofs_that_hold} of {outcome.proofs}",
        f"- differences found by `ccc check` and `ccc verify`: {len(outcome.findings)}",
        f"- {time.perf_counter() - began:,.0f} s in all; {os.cpu_count()} cores, Python {platform.python_version()}",
    ]
    print("\n".join(lines))
    for finding in outcome.findings:
        print(f"  {finding}")
    if chosen.results:
        chosen.results.write_text("\n".join(["# A campaign", "", *lines, ""]), encoding="utf-8")
    if outcome.findings or outcome.proofs_that_hold < outcome.proofs:
        sys.exit(1)


if __name__ == "__main__":
    main()
