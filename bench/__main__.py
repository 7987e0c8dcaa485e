"""`python -m bench`: fills a database, drives every contender with the same requests, and writes the results.

Small: `python -m bench --people 2000 --activities 20000 --seconds 1 --rounds 3`. For the record:
`python -m bench --people 1000000 --activities 12000000 --growth --growth-people 50000 --growth-activities 600000`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg

from app.embedded import EmbeddedPostgres
from app.install import install
from app.progress import reporting
from app.serving import terminable
from app.settings import API, PREFIX, settings, with_user
from bench import workloads
from bench.contenders import Contender, Place
from bench.contenders.all import CONTENDERS
from bench.contenders.ours import Ours
from bench.filling import fill
from bench.measuring import Load, Run, Server, free_port, measured, postmaster_of, running, script, wrk
from bench.report import (
    Figures,
    Growth,
    Medians,
    Notes,
    aligned,
    first_line,
    growth_table,
    markdown,
    medians,
    reads_table,
)
from domain.errors import BadInput, Refused

_RESULTS = Path(__file__).with_name("results.md")
_FACTORS = (1, 4, 16)
_WARM_SECONDS = 2
_OK = 200
NOTES = (
    "Ours runs with bearer tokens, scopes, visibility and the request log on; the references have none of them.",
    (
        "All servers are started once and stay; each workload goes round the contenders in turn, so that what else the "
        "machine does falls on all alike. Every contender has one process and ten database connections."
    ),
    (
        "Before a workload is timed, answers of every contender to the same requests are compared, item by item; "
        "cursors, and how ids, instants and words are spelled, may differ."
    ),
    "W3 withholds small counts in every contender, by the column that is kept beside the counters.",
    "W4 takes the viewer's rank from the histogram of scores that is kept beside the standings, in every contender.",
    "All people are of age and have names, so that what visibility shows is what a reference without it shows.",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it. What is missing on the machine, or does not agree, is one message and exit code 2."""
    arguments = sys.argv[1:] if arguments is None else arguments
    chosen = _parsed(arguments)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]  # a developer's own settings are not under test
    try:
        with terminable(), ExitStack() as stack:
            wrk()
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ccc-bench-")))
            postgres = stack.enter_context(EmbeddedPostgres(chosen.keep))
            _run(chosen, postgres, folder, f"python -m bench {shlex.join(arguments)}".strip())
    except Refused as refused:
        print(f"bench: {refused.message}", file=sys.stderr)
        sys.exit(2)


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--people", type=int, default=200_000)
    add("--activities", type=int, default=2_000_000)
    add("--seconds", type=int, default=4, help="of each run (4)")
    add("--rounds", type=int, default=5, help="runs of which the median counts (5)")
    add("--connections", type=int, default=16, help="requests under way at once (16)")
    add("--only", default=",".join(CONTENDERS), help=f"contenders, of {','.join(CONTENDERS)}")
    add("--workloads", default=",".join(workloads.TITLES), help="of W1,W2,W3,W4,W5")
    add("--growth", action="store_true", help="also measure reads at 1, 4 and 16 times the data")
    add("--growth-only", action="store_true", help="measure nothing else")
    add("--growth-people", type=int, default=2_000, help="at 1 x (2000)")
    add("--growth-activities", type=int, default=20_000, help="at 1 x (20000)")
    add("--keep", type=Path, help="a folder to keep the databases in, for the next time; else they are thrown away")
    add("--results", type=Path, default=_RESULTS, help="the file to write")
    chosen = parser.parse_args(arguments)
    chosen.only, chosen.workloads = chosen.only.split(","), chosen.workloads.split(",")
    unknown = {*chosen.only} - {*CONTENDERS} | {*chosen.workloads} - {*workloads.TITLES}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


def _run(chosen: argparse.Namespace, postgres: EmbeddedPostgres, folder: Path, command: str) -> None:
    load = Load(chosen.seconds, chosen.connections)
    how = f"Medians of {chosen.rounds} runs of {load.seconds} s, {load.connections} connections, one wrk thread."
    contenders = [CONTENDERS[name]() for name in chosen.only]
    figures = growth = None
    notes = Notes(list(NOTES))
    if not chosen.growth_only:
        url, took = _filled(postgres, chosen.people, chosen.activities)
        sizes = f"{chosen.people:,} people, {chosen.activities:,} activities (filled in {took:.0f} s)"
        arena = _Arena(chosen, load, folder / "reads")
        reads, peaks = arena.compared([(each, url) for each in contenders])
        titles = {each.name: each.title for each in contenders}
        named = {(workload, contenders[i].name): found for (workload, i), found in reads.items()}
        figures = Figures(sizes, how, named, {contenders[i].name: peak for i, peak in peaks.items()}, titles)
    if chosen.growth or chosen.growth_only:
        growth = _growth(chosen, postgres, load, folder / "growth", how)
    with psycopg.connect(postgres.url()) as connection:
        versions = {"PostgreSQL": connection.execute("SHOW server_version").fetchone()[0]}
    versions["wrk"] = first_line(wrk(), "-v")
    for each in contenders:
        versions |= getattr(each, "versions", dict)()
    if figures:
        print("\n" + aligned(reads_table(figures)))
    if growth:
        print("\n" + aligned(growth_table(growth)))
    chosen.results.write_text(markdown(command, figures, growth, notes, versions))
    print(f"\nWritten: {chosen.results}")


def _filled(postgres: EmbeddedPostgres, people: int, activities: int) -> tuple[str, float]:
    """The URL of a database of this size, and the seconds its filling took, 0 when it was kept from another time."""
    name = f"bench_{people}_{activities}"
    url = postgres.url(name)
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        if admin.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None:
            with psycopg.connect(url) as connection:
                if connection.execute("SELECT to_regclass('bench.challenges')").fetchone()[0]:
                    return url, 0.0
            admin.execute(f"DROP DATABASE {name}")
        admin.execute(f"CREATE DATABASE {name}")
    asyncio.run(install(settings(database_url=url)))
    with reporting() as report:
        return url, fill(url, people=people, activities=activities, progress=report)


def _growth(chosen: argparse.Namespace, postgres: EmbeddedPostgres, load: Load, folder: Path, how: str) -> Growth:
    sizes, entries, keys = {}, [], []
    for factor in _FACTORS:
        people, activities = chosen.growth_people * factor, chosen.growth_activities * factor
        url, _ = _filled(postgres, people, activities)
        sizes[factor] = f"{people:,} people, {activities:,} activities"
        for name in ("ours", "canned"):
            entries.append((CONTENDERS[name](), url))
            keys.append((name, factor))
    reads, _ = _Arena(chosen, load, folder).compared(entries)
    return Growth(sizes, how, {(workload, *keys[i]): found for (workload, i), found in reads.items()})


class _Arena:
    """Where servers stand side by side and are driven in turn."""

    def __init__(self, chosen: argparse.Namespace, load: Load, folder: Path) -> None:
        self._chosen = chosen
        self._load = load
        self._folder = folder

    def compared(
        self, entries: Sequence[tuple[Contender, str]]
    ) -> tuple[Mapping[tuple[str, int], Medians], Mapping[int, float]]:
        """Medians by workload and position in `entries`, and peak megabytes by position.

        An entry is a contender and the URL of its database. Raises BadInput when answers on one database differ.
        """
        with ExitStack() as stack:
            servers = []
            for number, (contender, url) in enumerate(entries):
                place = Place(free_port(), with_user(url, API), url, self._folder / str(number))
                place.folder.mkdir(parents=True)
                servers.append(stack.enter_context(running(contender, place)))
            admin = stack.enter_context(psycopg.connect(entries[0][1]))
            postmaster = postmaster_of(admin)
            admin.rollback()
            found = {}
            for workload in self._chosen.workloads:
                print(f"{workload}: {workloads.TITLES[workload]}", flush=True)
                for number, runs in self._rounds(workload, servers, postmaster).items():
                    found[workload, number] = medians(runs)
            return found, {number: server.peak_mb for number, server in enumerate(servers)}

    def _rounds(self, workload: str, servers: Sequence[Server], postmaster: int) -> dict[int, list[Run]]:
        asked = {}
        for server in servers:
            if isinstance(server.contender, Ours):
                server.contender.renew()
            url = server.place.owner_url
            asked.setdefault(url, workloads.asks(url)[workload])
        for url, asks in asked.items():
            _refuse_differences(workload, asks, [each for each in servers if each.place.owner_url == url])
        paths = []
        for server in servers:
            posts = [server.contender.post(workload, ask) for ask in asked[server.place.owner_url]]
            paths.append(script(posts, server.place.port, server.place.folder, workload))
        warm = replace(self._load, seconds=min(_WARM_SECONDS, self._load.seconds))
        for server, path in zip(servers, paths, strict=True):
            measured(server, path, warm, postmaster)
        runs: dict[int, list[Run]] = {number: [] for number in range(len(servers))}
        for _ in range(self._chosen.rounds):
            for number, server in enumerate(servers):
                runs[number].append(measured(server, paths[number], self._load, postmaster))
        return runs


def _refuse_differences(workload: str, asks: Sequence[workloads.Ask], servers: Iterable[Server]) -> None:
    """Nothing when all servers give the same data for some of the asks, and as much as there should be."""
    for ask in asks[:: max(len(asks) // 20, 1)]:
        first = None
        for server in servers:
            name = server.contender.name
            response = server.answer(server.contender.post(workload, ask))
            answer = response.json()
            if response.status_code != _OK or "errors" in answer:
                log = (server.place.folder / "server.log").read_text(errors="replace")[-3000:]
                raise BadInput(f"{workload}: {name} answers {response.status_code} {response.text[:1500]}\n{log}")
            form = server.contender.form(workload, answer)
            if workloads.size(workload, form) != workloads.FULL[workload]:
                raise BadInput(f"{workload}: {name} gives {workloads.size(workload, form)} items.")
            if first is not None and form != first[1]:
                raise BadInput(f"{workload}: {first[0]} and {name} differ:\n{first[1]}\n{form}"[:4000])
            first = first or (name, form)


if __name__ == "__main__":
    main()
