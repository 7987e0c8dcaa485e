"""How many normalised records a second are ingested, beside COPY alone and beside an ORM loop, in one run.

`python -m bench.ingest [--people 20000] [--seconds 5] [--growth] [--write]` prints each figure as it is known, then one
table; `--write` puts it into `bench/ingest.md` too. Every record is a run of its own person and day with a raw payload
of about 300 bytes; two open challenges with teams take half of the people. Commits are durable. Each figure is the
median of three runs; the database is the embedded one, on this machine alone. A default run takes six minutes.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from app.embedded import EmbeddedPostgres
from app.overlapping import TOGETHER
from bench.ingest_world import prepared
from bench.ingest_writers import Rate, copied, one_by_one, ours
from bench.report import aligned, machine

RUNS = 3
WRITERS = (1, 2)
SHAPES = [
    *((size, writers, 1) for size in (1, 100, 1_000, 5_000) for writers in WRITERS),
    (1_000, 1, TOGETHER),
    (5_000, 1, TOGETHER),
]
"""Records a batch, writers, and transactions that a writer has under way at once, as a file that is imported has."""
GROWTH = (4, 16)
_RESULTS = Path(__file__).with_name("ingest.md")
_HEADS = ("", "records/s", "x ORM loop", "of COPY alone", "CPU us writer", "CPU us database", "spread")


@dataclass(frozen=True)
class Line:
    """The runs of one measurement."""

    label: str
    runs: Sequence[Rate]

    @property
    def middle(self) -> Rate:
        """The run in the middle by its rate."""
        return sorted(self.runs, key=lambda each: each.records)[len(self.runs) // 2]

    @property
    def spread(self) -> float:
        """How far apart the rates are, as a share of the middle one."""
        rates = [each.records for each in self.runs]
        return (max(rates) - min(rates)) / statistics.median(rates)


def _measured(label: str, measure: Callable[[str], Rate], name: str) -> Line:
    line = Line(label, [measure(f"{name}-{number}") for number in range(RUNS)])
    print(f"{time.strftime('%H:%M:%S')}  {label}: {line.middle.records:,.0f} records/s", flush=True)
    return line


def _label(size: int, writers: int, together: int, people: int) -> str:
    under_way = f" with {together} under way" if together > 1 else ""
    return f"{size:,} a batch, {writers} writer{'s' * (writers > 1)}{under_way}, {people:,} people"


def _table(lines: Sequence[Line], copy: Line, loop: Line) -> list[list[str]]:
    rows = [list(_HEADS)]
    for line in (*lines, copy, loop):
        found = line.middle
        rows.append(
            [
                line.label,
                f"{found.records:,.0f}",
                f"{found.records / loop.middle.records:.1f}",
                f"{found.records / copy.middle.records:.2f}",
                f"{found.writer_us:.0f}",
                f"{found.database_us:.0f}",
                f"{line.spread:.0%}",
            ]
        )
    return rows


def _markdown(rows: Sequence[Sequence[str]], command: str, versions: dict[str, str]) -> str:
    rule = ["---", *("---:" for _ in rows[0][1:])]
    facts = "\n".join(f"- {name}: {value}" for name, value in {**machine(), **versions}.items())
    table = "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))
    what = (__doc__ or "").partition("\n\n")[2].partition("Every record")[2].strip()
    return (
        f"# Ingest\n\nMeasured on {datetime.now(UTC):%Y-%m-%d} by `{command}`.\n\n{facts}\n\n"
        f"Every record {what}\n\n{table}\n\nThe spread is that of the runs' rates, as a share of the middle one.\n"
    )


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--growth", action="store_true", help="1,000 a batch again at 4 and 16 times the people")
    parser.add_argument("--write", action="store_true", help=f"write {_RESULTS.name}")
    chosen = parser.parse_args()
    people, seconds = chosen.people, chosen.seconds
    lines: list[Line] = []
    with EmbeddedPostgres() as server, multiprocessing.get_context("spawn").Pool(max(WRITERS)) as pool:
        url = prepared(server, people)
        numbers = itertools.count()
        for size, writers, together in SHAPES:

            def measure(name: str, size: int = size, writers: int = writers, together: int = together) -> Rate:
                return ours(pool, url, people, size, writers, together, seconds, name, next(numbers))

            label = _label(size, writers, together, people)
            lines.append(_measured(label, measure, f"{size}-{writers}-{together}"))
        loop = _measured("ORM loop, one a commit", lambda name: one_by_one(url, people, seconds, name), "orm")
        copy = _measured("COPY into records alone", lambda name: copied(url, people, seconds, name), "copy")
        for times in GROWTH if chosen.growth else ():
            more = people * times
            larger = prepared(server, more)

            def measure_more(name: str, url: str = larger, people: int = more) -> Rate:
                return ours(pool, url, people, 1_000, 1, 1, seconds, name, next(numbers))

            lines.append(_measured(_label(1_000, 1, 1, more), measure_more, f"growth-{times}"))
        with psycopg.connect(url) as connection:
            versions = {"PostgreSQL": str(connection.info.parameter_status("server_version"))}
    rows = _table(lines, copy, loop)
    print(aligned(rows))
    if chosen.write:
        options = f" --people {people} --seconds {seconds:g}" + " --growth" * chosen.growth
        _RESULTS.write_text(_markdown(rows, f"python -m bench.ingest{options} --write", versions))


if __name__ == "__main__":
    main()
