"""Commands about what partners send."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import DEMO, Folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.importing import Report
    from domain.ingest import Result

PartnerName = Annotated[str, typer.Argument(metavar="PARTNER", help="An adapter; `ccc partners` lists them.")]
File = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A file as the partner sent it.")
]


def partners() -> None:
    """List the partners that an installation starts with: name, title, format and what it takes.

    `normalise` also takes the name of a format, under any of its names.
    """
    from adapters import ADAPTERS
    from domain import reference

    for partner in reference.partners():
        card = ADAPTERS.get(partner.adapter or "")
        names, taken = (", ".join((card.name, *card.also_called)), " ".join(card.accepts)) if card else ("-", "-")
        print(f"{partner.name}\t{partner.title_en}\t{names}\t{taken}")


def normalise(partner: PartnerName, file: File) -> None:
    """Read a partner's file and print its workouts as JSON lines in our words and units; store nothing.

    Workouts go to standard output. Whatever else the file says (problems, skipped parts, deletions,
    pings) goes to standard error, as JSON lines with a `kind`. Exit code 2 when nothing can be read.

    Example: `ccc normalise strava activity.json | head -1`
    """
    from app.drafting import lines

    for is_draft, line in lines(partner, file):
        sink = sys.stdout.buffer if is_draft else sys.stderr.buffer
        sink.write(line + b"\n")
    sys.stdout.buffer.flush()


def import_(
    partner: PartnerName,
    file: File,
    user: Annotated[str | None, typer.Option(help="Whose file it is: a user's id or user name.")] = None,
    folder: Folder = DEMO,
) -> None:
    """Take a partner's file, and say what became of each part. It may be of any length, gzip, or a ZIP of files.

    With `--user` the file is that person's own. Without it, as for the spreadsheet of a whole agency, each
    record goes to the person who has connected under the name it carries; the others wait (`ccc connect`).

    Examples: `ccc import strava activity.json --user demo1` · `ccc import dpe report.xlsx`
    """
    from app import db, importing
    from app import demo as demos
    from app.doors import door_of, owner_named
    from app.folding import drained
    from app.progress import reporting
    from app.settings import settings

    async def taken() -> Report:
        async with db.opened(chosen) as databases:
            owner = await owner_named(databases, user) if user else None
            door = door_of(chosen, databases)
            with reporting() as report:
                said = await importing.delivered(
                    door,
                    await importing.partner_for(door, partner),
                    file,
                    owner=owner,
                    progress=lambda read, total: report(f"Reading {file.name}, bytes", read, total),
                    told=_say_problems,
                )
            await drained(databases.worker)
            return said

    place = demos.Demo(folder)
    with demos.database(settings(), place) as found:
        chosen = demos.with_keys(found, place)
        _say(asyncio.run(taken()))


def _say(said: Report) -> None:
    for outcome, count in said.counts.items():
        print(f"{outcome}: {count}")
    _say_problems(said.results)


def _say_problems(results: Sequence[Result]) -> None:
    for result in results:
        if result.problem:
            where = "/".join(str(part) for part in result.problem.path)
            print(f"{result.problem.code} at {where or 'the file'}: {result.problem.message}", file=sys.stderr)


def connect(
    partner: PartnerName,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The partner's name for the person.")],
    user: Annotated[str, typer.Option(help="Who that is here: a user's id or user name.")],
    folder: Folder = DEMO,
) -> None:
    """Link a person to a partner's name for them, and take in what had waited for them.

    Example: `ccc connect dpe A0001 --user demo1`
    """
    from app import db, importing
    from app import demo as demos
    from app.doors import door_of, owner_named
    from app.folding import drained
    from app.settings import settings

    async def linked() -> Report:
        async with db.opened(chosen) as databases:
            owner = await owner_named(databases, user)
            door = door_of(chosen, databases)
            said = await importing.joined(door, await importing.partner_for(door, partner), person, owner)
            await drained(databases.worker)
            return said

    place = demos.Demo(folder)
    with demos.database(settings(), place) as found:
        chosen = demos.with_keys(found, place)
        said = asyncio.run(linked())
    print(f"Connected; {len(said.results)} waiting records were taken in.")
    _say(said)
