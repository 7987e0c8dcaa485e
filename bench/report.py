"""The results as one table for the terminal, and as `results.md` with machine, versions and date."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median

from bench.measuring import Run
from bench.workloads import TITLES

_PACKAGES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "httptools", "psycopg", "orjson")
_HEADS = (
    "",
    "contender",
    "requests/s",
    "ours is",
    "50 % ms",
    "99 % ms",
    "CPU ms server",
    "CPU ms database",
    "CPU ms both",
)


@dataclass(frozen=True)
class Medians:
    """The middle of several runs, and how far apart their rates were, as a share of the middle."""

    rate: float
    half_ms: float
    slow_ms: float
    server_ms: float
    database_ms: float
    spread: float

    @property
    def cpu_ms(self) -> float:
        """CPU of server and database together, milliseconds a request."""
        return self.server_ms + self.database_ms


def medians(runs: Sequence[Run]) -> Medians:
    """The middle of each figure over `runs`, of which there is at least one."""
    rates = [run.rate for run in runs]
    return Medians(
        rate=median(rates),
        half_ms=median(run.half_ms for run in runs),
        slow_ms=median(run.slow_ms for run in runs),
        server_ms=median(run.server_ms for run in runs),
        database_ms=median(run.database_ms for run in runs),
        spread=(max(rates) - min(rates)) / median(rates),
    )


@dataclass(frozen=True)
class Figures:
    """What a comparison found: medians by workload and contender, peak megabytes and titles by contender."""

    sizes: str
    how: str
    reads: Mapping[tuple[str, str], Medians]
    peaks: Mapping[str, float]
    titles: Mapping[str, str]


@dataclass(frozen=True)
class Growth:
    """What growing data did: medians by workload, contender and factor, and what each factor means."""

    sizes: Mapping[int, str]
    how: str
    reads: Mapping[tuple[str, str, int], Medians]


@dataclass
class Notes:
    """What a reader must know to read the figures rightly."""

    lines: list[str] = field(default_factory=list)


def reads_table(figures: Figures) -> list[list[str]]:
    """Rows of text, the head first: a row for each workload and contender, and one of memory each."""
    rows = [list(_HEADS)]
    ours = {workload: found for (workload, name), found in figures.reads.items() if name == "ours"}
    for (workload, name), found in figures.reads.items():
        against = "" if name == "ours" or workload not in ours else f"{ours[workload].rate / found.rate:.2f} x"
        latency = [f"{found.half_ms:.1f}", f"{found.slow_ms:.1f}"]
        cpu = [f"{each:.3f}" for each in (found.server_ms, found.database_ms, found.cpu_ms)]
        rows.append([workload, name, f"{found.rate:,.0f}", against, *latency, *cpu])
    for name, peak in figures.peaks.items():
        rows.append(["peak", name, f"{peak:.0f} MB", "", "", "", "", "", ""])
    return rows


def growth_table(growth: Growth) -> list[list[str]]:
    """Rows of text, the head first: requests/s by size of data, and the costs of the largest over the smallest."""
    factors = list(growth.sizes)
    low, high = factors[0], factors[-1]
    heads = ["", "contender", *(f"{factor} x requests/s" for factor in factors)]
    heads += [f"time {high} x / {low} x", f"CPU {high} x / {low} x"]
    rows = [heads]
    for workload, name in dict.fromkeys((workload, name) for workload, name, _ in growth.reads):
        found = [growth.reads[workload, name, factor] for factor in factors]
        ratios = [f"{found[0].rate / found[-1].rate:.2f}", f"{found[-1].cpu_ms / found[0].cpu_ms:.2f}"]
        rows.append([workload, name, *(f"{each.rate:,.0f}" for each in found), *ratios])
    return rows


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """The rows as text in columns, figures to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    left = 2
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i < left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def markdown(
    command: str, figures: Figures | None, growth: Growth | None, notes: Notes, versions: Mapping[str, str]
) -> str:
    """`results.md`: how it was measured, on what, the tables, and the notes."""
    now = datetime.now(UTC)
    parts = ["# Results", f"Measured on {now:%Y-%m-%d} by `{command}`.", _listed({**machine(), **versions})]
    if figures:
        parts += ["## Reads", f"{figures.sizes}. {figures.how}", _marked(reads_table(figures))]
        parts += [
            _listed(TITLES),
            _listed(figures.titles),
            f"Widest spread of a median's runs: {_widest(figures):.0%}.",
        ]
    if growth:
        sizes = _listed({f"{factor} x": size for factor, size in growth.sizes.items()})
        parts += ["## Growth", growth.how, sizes, _marked(growth_table(growth))]
    parts += ["## How to read this", "\n".join(f"- {line}" for line in notes.lines)]
    return "\n\n".join(parts) + "\n"


def _widest(figures: Figures) -> float:
    return max(found.spread for found in figures.reads.values())


def _listed(entries: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in entries.items())


def _marked(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    rule = ["---" if number < 2 else "---:" for number in range(len(head))]  # noqa: PLR2004 - two columns of names
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *body))


def machine() -> dict[str, str]:
    """What it ran on and with, by name."""
    processor, memory = platform.processor() or platform.machine(), ""
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    cores = sum(line.startswith("processor") for line in _lines("/proc/cpuinfo"))
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            memory = f"{int(line.split()[1]) / 1e6:.0f} GB"
    return {
        "machine": f"{cores} cores of {processor}, {memory}; client, servers and database share them",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES),
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def first_line(*command: str) -> str:
    """The first line that a command prints, on either stream; empty when it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed commands
    except OSError:
        return ""
    return (done.stdout or done.stderr).partition("\n")[0].strip()
