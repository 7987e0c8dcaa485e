"""Commands about challenges that are over: closing one, and proving what it ended with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import DEMO, Folder

_FOUND_FAULTS = 1

Name = Annotated[str, typer.Argument(help="Its id, or its title in Thai or English.")]


def close(name: Name, folder: Folder = DEMO) -> None:
    """Close a challenge whose days for late data are over: freeze and seal its standings, book its prizes.

    A job does it by itself. Safe to run again, and beside the job: it goes on where it was cut off and books nothing
    twice. Example: `ccc close "Walk together"`
    """
    from app import closing, db
    from app import demo as demos
    from app.progress import reporting
    from app.settings import settings
    from domain.base import utc_now

    async def done() -> tuple[closing.Closed, str]:
        async with db.opened(chosen) as databases:
            challenge_id = await closing.named(databases.worker, name)
            with reporting() as report:
                made = await closing.closed(databases.worker, challenge_id, utc_now(), report)
            return made, await closing.hash_of(databases.worker, challenge_id)

    with demos.database(settings(), demos.Demo(folder)) as chosen:
        made, standings_hash = asyncio.run(done())
    print(f"Standings frozen: {made.people:,} of people, {made.teams:,} of teams.")
    print(f"Prizes booked: {made.prizes:,}; {made.released:,} credits went back to the sponsor's budget.")
    print(f"The hash of the standings is {standings_hash}")


def verify(
    name: Name,
    export: Annotated[
        Path | None, typer.Option(help="A folder to write the lines to, for those who verify them without us.")
    ] = None,
    folder: Folder = DEMO,
) -> None:
    """Recompute the hash of a final challenge from its frozen standings. Exit code 1 when it is another.

    docs/verifying.md says how to do the same with `sha256sum`. Example: `ccc verify "Walk together" --export walk`
    """
    from app import closing, db
    from app import demo as demos
    from app.progress import reporting
    from app.settings import settings
    from domain.finals import Part
    from domain.verifying import Verified

    async def recomputed() -> Verified:
        async with db.opened(chosen) as databases:
            challenge_id = await closing.named(databases.worker, name)
            with reporting() as report:
                return await closing.verified(databases.worker, challenge_id, report, written)

    def written(part: Part, lines: Sequence[str]) -> None:
        if export is not None:
            with (export / f"{part}.txt").open("a", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)

    if export is not None:
        export.mkdir(parents=True, exist_ok=True)
        for part in Part:
            (export / f"{part}.txt").write_text("")
    with demos.database(settings(), demos.Demo(folder)) as chosen:
        found = asyncio.run(recomputed())
    if export is not None:
        (export / "seal.txt").write_text(found.seal, encoding="utf-8", newline="\n")
    for part, lines in found.lines.items():
        print(f"{part}: {lines:,} lines")
    print(f"The hash of the standings is {found.standings_hash}")
    for difference in found.differences:
        print(f"  {difference}")
    print("It does not agree." if found.differences else "It agrees with the challenge.")
    if found.differences:
        raise typer.Exit(_FOUND_FAULTS)
