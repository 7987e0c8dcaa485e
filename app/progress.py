"""Says how far a long command is: bars on a terminal, plain lines anywhere else; always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is done, and how much there is."""

_LINE_EVERY_SECONDS = 5.0


@contextmanager
def reporting() -> Iterator[Report]:
    """A Report for the length of the block."""
    if not sys.stderr.isatty():
        yield _plain()
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second that only terminals need
    from rich.progress import Progress, TaskID  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=False) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield report


def _plain() -> Report:
    last: dict[str, float] = {}

    def report(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - last.get(what, 0.0) < _LINE_EVERY_SECONDS:
            return
        last[what] = now
        print(f"{what}: {done:,} of {total:,}", file=sys.stderr, flush=True)  # noqa: T201 - this is its job

    return report
