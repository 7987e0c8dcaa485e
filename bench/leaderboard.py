"""What a leaderboard of many costs to write and to read: ours, a sorted set of Redis, and counting in SQL, in one run.

`python -m bench.leaderboard [--people 1000000] [--seconds 2] [--server PATH] [--few] [--write]` prints each figure as
it is known, then two tables; `--write` puts them into `bench/leaderboard.md` too.

Everybody has the same score in all three, spread over a million or, with `--few`, over sixty-one active days. Scores
are changed first, then made equal again, and read. One client asks one question after the other, over a socket on this
machine; ours are whole GraphQL answers, without HTTP. Commits of the database are durable. All take turns, five rounds;
a figure is that of the round whose middle call was the quickest. Without a server of Redis or Valkey on the path, or
named by `--server`, the run says so and leaves the sorted set out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg

from app import db, migrate
from app.embedded import EmbeddedPostgres
from app.settings import API, with_user
from bench import sorted_set
from bench.board_world import CHALLENGE, Set, World, filled, level, sizes, world
from bench.board_writes import Steps, counted_written, deliveries, ours_written, passed, set_written
from bench.boards import Board, Counting, Line, Ours, SortedSet
from bench.measuring import cpu_seconds
from bench.report import aligned, machine
from domain.errors import BadInput, Refused
from engine.execute import Engine
from schema import SCHEMA
from schema.demand import LIMITS

BATCH, ASKED, ROUNDS, WARM = 1_000, 500, 5, 5
_RESULTS = Path(__file__).with_name("leaderboard.md")


@dataclass
class Figure:
    """Microseconds of each call of an operation, and CPU of its server and of the client, microseconds a call."""

    calls: list[float] = field(default_factory=list)
    server_us: float = 0.0
    client_us: float = 0.0

    @property
    def half_us(self) -> float:
        """The call in the middle."""
        return statistics.median(self.calls)

    @property
    def slow_us(self) -> float:
        """What one in a hundred exceeds."""
        return sorted(self.calls)[int(len(self.calls) * 0.99)]


Found = dict[tuple[str, str], Figure]
"""Figures by operation and contender."""


async def _timed(pid: int, seconds: float, call: Callable[[], Awaitable[object]]) -> Figure:
    """An operation over and over for so many seconds, after a few calls that prepare it; of no seconds once."""
    for _ in range(WARM if seconds else 0):
        await call()
    found, cpu, own = Figure(), cpu_seconds(pid), time.process_time()
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until or not found.calls:
        await call()
        found.calls.append((time.perf_counter() - began) * 1e6)
    count = len(found.calls)
    found.server_us, found.client_us = (
        (cpu_seconds(pid) - cpu) * 1e6 / count,
        (time.process_time() - own) * 1e6 / count,
    )
    return found


def _best(rounds: Sequence[Figure]) -> Figure:
    """The round whose middle call was the quickest: what else runs on a machine only adds."""
    return min(rounds, key=lambda each: each.half_us)


async def _reads(world: World, boards: Sequence[Board], seconds: float) -> Found:
    asked = random.Random(5).sample(world.people, ASKED)  # noqa: S311 - a sample, not a secret
    found: dict[tuple[str, str], list[Figure]] = {}
    for _ in range(ROUNDS):
        for board in boards:
            turn = _turns(asked)
            pid = world.sets[False].pid if isinstance(board, SortedSet) else world.database_pid
            operations: dict[str, Callable[[], Awaitable[object]]] = {
                "rank of anybody": lambda board=board, turn=turn: board.rank(next(turn)),  # type: ignore[misc]
                "top 100": board.top,
                "4 neighbours on either side": lambda board=board, turn=turn: board.near(next(turn)),  # type: ignore[misc]
                "100 in the middle": board.middle,
            }
            for name, call in operations.items():
                figure = await _timed(pid, seconds, call)
                found.setdefault((name, board.title), []).append(figure)
                print(f"{time.strftime('%H:%M:%S')}  {name}, {board.title}: {figure.half_us:,.0f} us", flush=True)
    return {key: _best(parts) for key, parts in sorted(found.items(), key=lambda item: item[0][0])}


def _turns(people: Sequence[UUID]) -> Iterator[UUID]:
    while True:
        yield from people


async def _agree(world: World, ours: Ours, rivals: Sequence[Board]) -> None:
    """Raises BadInput unless all contenders say the same of some people, the first page and the middle."""
    for user in random.Random(7).sample(world.people, 50):  # noqa: S311
        ranks = {await board.rank(user) for board in (ours, *rivals)}
        near = [[int(score) for _, score in await board.near(user)] for board in (ours, rivals[-1])]
        # A sorted set has an order of its own within a score, so others may stand around somebody there.
        if len(ranks) != 1 or near[0] != near[1]:
            raise BadInput(f"The contenders disagree about {user}: {ranks}, {near}.")
    pages = [(_plain(await board.top()), [each[1] for each in await board.middle()]) for board in (ours, *rivals)]
    if any(each != pages[0] for each in pages):
        raise BadInput("The contenders disagree about the first page or the middle.")


def _plain(lines: Sequence[Line]) -> list[tuple[int, int]]:
    return [(int(rank), int(score)) for rank, score in lines]


async def _writes(world: World, seconds: float) -> Found:
    found: dict[tuple[str, str], list[Figure]] = {}
    for _ in range(ROUNDS):
        for count in (BATCH, 1):
            label = f"{count:,} a transaction" if count > 1 else "one at a time"
            taken = deliveries(world.people, count)
            for title, figure in [each async for each in _round(world, taken, count, seconds)]:
                found.setdefault((label, title), []).append(figure)
                print(f"{time.strftime('%H:%M:%S')}  {label}, {title}: {figure.half_us:,.1f} us", flush=True)
    return {key: _best(parts) for key, parts in sorted(found.items(), key=lambda item: item[0][0])}


async def _round(world: World, taken: Iterator[Steps], count: int, seconds: float) -> AsyncIterator[tuple[str, Figure]]:
    ours = await _timed(world.database_pid, seconds, lambda: ours_written(world.databases, CHALLENGE, next(taken)))
    yield "ours, scores and queue", _each(ours, count)
    # What a pass takes falls due with the changes: of all that wait, a share for each.
    waiting = (len(ours.calls) + WARM) * count
    passing = await _timed(world.database_pid, 0, lambda: passed(world.databases))
    yield "ours, a pass over all that waits", _each(passing, waiting)
    counting = await _timed(world.database_pid, seconds, lambda: counted_written(world.counting, next(taken)))
    yield "UPDATE and index alone", _each(counting, count)
    for durable, each in world.sets.items():

        async def added(each: Set = each) -> None:
            set_written(each.client, next(taken))

        figure = await _timed(each.pid, seconds, added)
        yield "ZINCRBY, each call on disk" if durable else "ZINCRBY in memory", _each(figure, count)


def _each(figure: Figure, count: int) -> Figure:
    """The figures of one change, of calls that made so many."""
    return Figure([each / count for each in figure.calls], figure.server_us / count, figure.client_us / count)


@dataclass(frozen=True)
class Results:
    """All that a run found."""

    writes: Found
    reads: Found
    bytes: dict[str, int]
    load: tuple[float, float]
    versions: dict[str, str]


async def _measured(url: str, seconds: float, server: str | None) -> Results:
    before = os.getloadavg()[0]
    async with world(url, server) as made, db.pool_for(with_user(url, API), connections=2) as pool:
        writes = await _writes(made, seconds)
        await level(made)
        engine = Engine(schema=SCHEMA, pool=pool, refused=Refused, limits=LIMITS)
        ours = Ours(engine, CHALLENGE)
        half = "SELECT user_id FROM counted ORDER BY score DESC, pseudonym_id DESC OFFSET %s LIMIT 1"
        ((somebody,),) = await (await made.counting.execute(half, (len(made.people) // 2 - 1,))).fetchall()
        await ours.stand(somebody)
        rivals: list[Board] = [Counting(made.counting, len(made.people))]
        if made.sets:
            rivals.insert(0, SortedSet(made.sets[False].client, len(made.people)))
        await _agree(made, ours, rivals)
        reads = await _reads(made, [ours, *rivals], seconds)
        await engine.close()
        return Results(writes, reads, await sizes(made), (before, os.getloadavg()[0]), made.versions)


def _table(figures: Found, what: str) -> list[list[str]]:
    rows = [["", what, "50 % us", "99 % us", "CPU us server", "CPU us client"]]
    for (name, title), found in figures.items():
        times = (found.half_us, found.slow_us, found.server_us, found.client_us)
        rows.append([name, title, *(f"{each:,.1f}" if each < 100 else f"{each:,.0f}" for each in times)])  # noqa: PLR2004
    return rows


def _marked(rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", "---", *("---:" for _ in rows[0][2:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))


def _markdown(found: Results, command: str, people: int) -> str:
    facts = {
        **machine(),
        **found.versions,
        "load": f"{found.load[0]:.1f} before, {found.load[1]:.1f} after, by the minute",
        "size": ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in found.bytes.items()),
    }
    listed = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    how = (__doc__ or "").partition("Everybody has")[2].strip()
    return (
        f"# Leaderboards\n\nMeasured on {datetime.now(UTC):%Y-%m-%d} by `{command}`, {people:,} people.\n\n{listed}\n\n"
        f"Everybody has {how}\n\n## A change of score\n\n{_marked(_table(found.writes, 'contender'))}\n\n"
        f"## A question\n\n{_marked(_table(found.reads, 'contender'))}\n"
    )


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--server", help="the program of a Redis or Valkey server; the first on the path when left out")
    parser.add_argument("--few", action="store_true", help="sixty-one scores instead of a million")
    parser.add_argument("--write", action="store_true", help=f"write {_RESULTS.name}")
    chosen = parser.parse_args()
    server = sorted_set.found(chosen.server)
    if server is None:
        print("There is no Redis or Valkey here (Debian: apt-get install redis-server); the sorted set is left out.")
    with EmbeddedPostgres() as postgres:
        with psycopg.connect(postgres.url(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE board")
        url = postgres.url("board")
        migrate.upgrade(url)
        asyncio.run(filled(url, chosen.people, few=chosen.few))
        found = asyncio.run(_measured(url, chosen.seconds, server))
    print(aligned(_table(found.writes, "a change of score")), aligned(_table(found.reads, "a question")), sep="\n\n")
    if chosen.write:
        options = f" --people {chosen.people} --seconds {chosen.seconds:g}" + " --few" * chosen.few
        _RESULTS.write_text(_markdown(found, f"python -m bench.leaderboard{options} --write", chosen.people))


if __name__ == "__main__":
    main()
