"""How many records a second each adapter reads, beside what the library alone takes to decode the bytes.

`python -m bench.normalise [--seconds 1] [--write]` reads the recorded payloads of each format, again and again, in one
process: no network, no database. A figure is that of the quickest of five rounds, in seconds of CPU. The reference is
the decoder by itself, of the same bytes in the same run: JSON, XML, CSV, a workbook, or the messages of FIT; formats
of which a file has none (raw HiTrack lines, a page of HTML, an export that is not quite XML) show none.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

import fitdecode
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.progress import track
from rich.table import Table

from adapters import adapter_named
from adapters.base import Adapter, items
from bench.report import machine
from domain.drafts import Problem, Skipped
from domain.errors import BadPayload, NotFound

SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
RESULTS = Path(__file__).with_name("normalise.md")
_ROUNDS = 5
_HEADS = ("adapter", "files", "bytes", "records", "records a second", "us a record", "us decoder alone")


@dataclass(frozen=True)
class Measured:
    """One adapter: what of its recordings it was given, and seconds of CPU for all of them once."""

    name: str
    files: int
    size: int
    records: int
    seconds: float
    decoding: float | None

    def cells(self) -> Sequence[str]:
        """The row of the table."""
        alone = "" if self.decoding is None else f"{self.decoding / self.records * 1e6:,.1f}"
        each = self.seconds / self.records
        return (self.name, str(self.files), f"{self.size:,}", str(self.records), f"{1 / each:,.0f}",
                f"{each * 1e6:,.1f}", alone)  # fmt: skip


def recordings() -> Iterator[tuple[Adapter, list[tuple[Path, bytes]]]]:
    """Each adapter that has recordings, with those of which anything comes."""
    found: dict[str, tuple[Adapter, list[tuple[Path, bytes]]]] = {}
    for folder in sorted(SAMPLES.iterdir()):
        try:
            adapter = adapter_named({"fit": "fit_file"}.get(folder.name, folder.name))
        except NotFound:
            continue
        files = [(path, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file()]
        found.setdefault(adapter.name, (adapter, []))[1].extend(each for each in files if _records(adapter, each[1]))
    yield from (each for each in found.values() if each[1])


def _records(adapter: Adapter, body: bytes) -> int:
    try:
        return sum(not isinstance(each, Problem | Skipped) for each in items(adapter, body))
    except BadPayload:
        return 0


def _decoder(path: Path, body: bytes) -> Callable[[], object] | None:
    """The library's own work on these bytes; None for a format without one."""
    match path.suffix:
        case ".json":
            return lambda: json.loads(body)
        case ".ndjson":
            return lambda: [json.loads(line) for line in body.splitlines() if line.strip()]
        case ".xml" | ".tcx" | ".gpx":
            return lambda: sum(1 for _ in iterparse(io.BytesIO(body)))
        case ".csv":
            text = body.decode("utf-8", "replace")
            return lambda: list(csv.reader(io.StringIO(text)))
        case ".xlsx":
            return lambda: [sheet.to_python() for sheet in _sheets(body)]
        case ".fit":
            return lambda: sum(1 for _ in fitdecode.FitReader(io.BytesIO(body)))
        case _:
            return None


def _decodes(work: Callable[[], object]) -> bool:
    """Whether the library alone reads it: some exports are no XML and no JSON until our reader has mended them."""
    try:
        work()
    except (ParseError, DefusedXmlException, json.JSONDecodeError):
        return False
    return True


def _sheets(body: bytes) -> Sequence[object]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
    return [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]


def _quickest(work: Callable[[], object], seconds: float) -> float:
    """Seconds of CPU for one turn: of the rounds, each as long as asked, the quickest."""
    best = float("inf")
    for _ in range(_ROUNDS):
        turns, began = 0, time.process_time()
        while (spent := time.process_time() - began) < seconds / _ROUNDS or not turns:
            work()
            turns += 1
        best = min(best, spent / turns)
    return best


def measured(adapter: Adapter, files: Sequence[tuple[Path, bytes]], seconds: float) -> Measured:
    """An adapter's figures over its recordings."""
    known = [each for path, body in files if (each := _decoder(path, body)) is not None and _decodes(each)]
    return Measured(
        name=adapter.name,
        files=len(files),
        size=sum(len(body) for _, body in files),
        records=sum(_records(adapter, body) for _, body in files),
        seconds=_quickest(lambda: [list(items(adapter, body)) for _, body in files], seconds),
        decoding=_quickest(lambda: [each() for each in known], seconds) if len(known) == len(files) else None,
    )


def main() -> None:
    """Measure every adapter, print the table, and write `normalise.md` if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each adapter is read; 1 by default")
    parser.add_argument("--write", action="store_true", help="write bench/normalise.md, too")
    given = parser.parse_args()
    console, every = Console(), list(recordings())
    found = [measured(*each, given.seconds) for each in track(every, "Reading", console=console, transient=True)]
    table = Table()
    for head in _HEADS:
        table.add_column(head, no_wrap=head == _HEADS[0], justify="left" if head == _HEADS[0] else "right")
    for each in found:
        table.add_row(*each.cells())
    console.print(table)
    if given.write:
        RESULTS.write_text(_page(found, given.seconds), encoding="utf-8")


def _page(found: Sequence[Measured], seconds: float) -> str:
    facts = "\n".join(f"- {name}: {what}" for name, what in machine().items())
    lines = [_HEADS, ("---", *["---:"] * (len(_HEADS) - 1)), *(each.cells() for each in found)]
    rows = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"""# Reading partners' formats

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m bench.normalise --seconds {seconds:g} --write`.

{facts}

CPU of one process, of five rounds the quickest, over the recorded payloads; without network and database. "Decoder
alone" is what the library takes for the same bytes: of FIT it makes every message, ours only those it needs. A file of
a device costs by its points: a FIT file is one record. Notifications count as records where they are recorded.

{rows}
"""


if __name__ == "__main__":
    main()
