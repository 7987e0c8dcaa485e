"""The command `ccc`. Imports happen inside the commands, so that `--help` answers at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.importing import Report

app = typer.Typer(
    name="ccc",
    help="Thailand's exercise platforms behind one GraphQL schema.\n\n"
    "Start with `ccc demo`: it brings its own PostgreSQL, synthetic people and everything to look at.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_REFUSED = 2
_FOUND_FAULTS = 1


class Role(StrEnum):
    """Who a demo token speaks for."""

    CITIZEN = "citizen"
    PARTNER = "partner"
    MINISTRY = "ministry"
    SPONSOR = "sponsor"
    ADMIN = "admin"


Folder = Annotated[Path, typer.Option("--dir", help="The demo's folder: database, key and demo.json.")]
People = Annotated[int, typer.Option(min=1, max=1_000_000, help="How many synthetic people.")]
PartnerName = Annotated[str, typer.Argument(metavar="PARTNER", help="An adapter; `ccc partners` lists them.")]
File = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A file as the partner sent it.")
]
_DEMO = Path(".demo")


@app.command()
def demo(
    *,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
    people: People = 1_000,
    folder: Folder = _DEMO,
) -> None:
    """Start everything with synthetic data, and say what to open.

    Starts a private PostgreSQL in the folder (or uses CCC_DATABASE_URL), migrates it, fills it the
    first time, serves, and prints how to get a token and three queries to paste. Ctrl-C stops it all.

    Examples: `ccc demo` · `ccc demo --port 8123 --people 10000` · `ccc demo --dir /tmp/other`
    """
    from app import demo as demos
    from app import logs, serving, welcome
    from app.filling import filled
    from app.main import create_app
    from app.migrate import upgrade
    from app.progress import reporting
    from app.settings import settings

    chosen = settings(**({} if port is None else {"port": port}))
    logs.configure(chosen.log_format, chosen.log_level)
    place = demos.Demo(folder)
    with serving.terminable(), serving.bound(chosen) as sock, demos.database(chosen, place) as with_database:
        ready = demos.with_keys(demos.on_port(with_database, sock), place)
        upgrade(ready.url_of())
        with reporting() as report:
            card = asyncio.run(filled(ready, place, people, report))
        print(welcome.text(card, place.card), flush=True)
        serving.serve(create_app(ready, with_jobs=True), ready, sock)


@app.command()
def serve(
    *, workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer on the one port.")] = 1
) -> None:
    """Serve the API on CCC_HOST:CCC_PORT, with the database CCC_DATABASE_URL.

    Migrate first: `ccc migrate`. All settings are environment variables; docs/operations.md lists them.

    Example: `ccc serve --workers 4`
    """
    from app import logs, serving
    from app.main import create_app
    from app.settings import settings

    chosen = settings()
    logs.configure(chosen.log_format, chosen.log_level)
    # also with workers, which make their own: what is wrong with the settings is said here, once
    application = create_app(chosen)
    with serving.bound(chosen) as sock:
        if workers == 1:
            serving.serve(application, chosen, sock)
        else:
            serving.serve_with(workers, chosen, sock)


@app.command()
def worker(
    *,
    queues: Annotated[
        str, typer.Option(help="Names of queues, comma separated: upkeep, reconciliation. All when left out.")
    ] = "",
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="How many jobs at the same time.")] = 2,
) -> None:
    """Run jobs from the database CCC_DATABASE_URL: those that are queued, and those that come by themselves.

    SIGTERM and Ctrl-C end it once the running jobs have ended, or after twenty seconds; those cut off are queued
    again. Any number of workers may run. `ccc demo` has its own.

    Example: `ccc worker --queues reconciliation --concurrency 1`
    """
    from app import logs
    from app.settings import settings
    from app.working import queues_named, work

    chosen = settings()
    logs.configure(chosen.log_format, chosen.log_level)
    asyncio.run(work(chosen, queues=queues_named(queues), concurrency=concurrency))


@app.command()
def jobs(
    *,
    retry: Annotated[int | None, typer.Option(help="Queue this job anew, which failed for good.")] = None,
    run: Annotated[str | None, typer.Option(help="Queue a job of this name now.")] = None,
    folder: Folder = _DEMO,
) -> None:
    """List jobs that have not succeeded, those that failed for good first; why they failed is in the worker's log.

    Examples: `ccc jobs` · `ccc jobs --retry 17` · `ccc jobs --run reconcile`
    """
    from app import db
    from app import demo as demos
    from app.jobs import kind_named
    from app.settings import settings
    from domain import jobs as queued
    from domain.enqueuing import enqueue

    async def listed() -> Sequence[queued.Listed]:
        async with db.opened(chosen) as databases, databases.worker.begin() as session:
            if retry is not None:
                await queued.retry(session, retry)
            if run is not None:
                kind = kind_named(run)
                await enqueue(session, kind.name, kind.queue)
            return await queued.unfinished(session)

    with demos.database(settings(), demos.Demo(folder)) as chosen:
        for job in asyncio.run(listed()):
            since = f"{job.since:%Y-%m-%d %H:%M:%SZ}" if job.since else "-"
            print(f"{job.id}\t{job.status}\t{job.queue}\t{job.name}\t{job.attempts} attempts\t{since}\t{job.arguments}")


@app.command()
def migrate(folder: Folder = _DEMO) -> None:
    """Bring the database to the newest shape and load sports, places, partners and the first rulebook.

    Safe to run again, and by several processes at once.
    """
    from app import demo as demos
    from app.install import install
    from app.migrate import head
    from app.settings import settings

    with demos.database(settings(), demos.Demo(folder)) as chosen:
        asyncio.run(install(chosen))
    print(f"The database has shape {head()}.")


@app.command()
def seed(
    *,
    people: People = 10_000,
    number: Annotated[
        int, typer.Option("--seed", help="The same number, on the same day, gives the same country.")
    ] = 2569,
    folder: Folder = _DEMO,
) -> None:
    """Fill the database with a synthetic country: people, teams, challenges, four months of workouts.

    Every synthetic row is marked. Example: `ccc seed --people 100000`
    """
    from app import db
    from app import demo as demos
    from app.folding import drained
    from app.install import install
    from app.jobs import Tools, roll
    from app.progress import reporting
    from app.seed import seeded
    from app.settings import settings
    from domain.drafts import BANGKOK

    async def sown() -> None:
        async with db.opened(chosen) as databases:
            with reporting() as report:
                today = datetime.now(BANGKOK).date()
                made = await seeded(databases.owner, people=people, today=today, seed=number, progress=report)
            await roll(Tools(databases.worker))
            await drained(databases.worker)
        for table, count in made.rows.items():
            print(f"{table}: {count:,}")
        print(f"Seeded in {made.seconds:.1f} s. To log in:")
        for login in made.demo_users:
            print(f"  {login.username} {login.password} {login.id}")

    with demos.database(settings(), demos.Demo(folder)) as chosen:
        asyncio.run(install(chosen))
        asyncio.run(sown())


@app.command()
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


@app.command()
def normalise(partner: PartnerName, file: File) -> None:
    """Read a partner's file and print its workouts as JSON lines in our words and units; store nothing.

    Workouts go to standard output. Whatever else the file says (problems, skipped parts, deletions,
    pings) goes to standard error, as JSON lines with a `kind`. Exit code 2 when nothing can be read.

    Example: `ccc normalise strava activity.json | head -1`
    """
    from app.drafting import lines

    for is_draft, line in lines(partner, file.read_bytes()):
        sink = sys.stdout.buffer if is_draft else sys.stderr.buffer
        sink.write(line + b"\n")
    sys.stdout.buffer.flush()


@app.command("import")
def import_(
    partner: PartnerName,
    file: File,
    user: Annotated[str | None, typer.Option(help="Whose file it is: a user's id or user name.")] = None,
    folder: Folder = _DEMO,
) -> None:
    """Take a partner's file, and say what became of each part.

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
                    file.read_bytes(),
                    owner=owner,
                    progress=lambda done, total: report(f"Reading {file.name}", done, total),
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
    for result in said.results:
        if result.problem:
            where = "/".join(str(part) for part in result.problem.path)
            print(f"{result.problem.code} at {where or 'the file'}: {result.problem.message}", file=sys.stderr)


@app.command()
def connect(
    partner: PartnerName,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The partner's name for the person.")],
    user: Annotated[str, typer.Option(help="Who that is here: a user's id or user name.")],
    folder: Folder = _DEMO,
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


@app.command()
def check(folder: Folder = _DEMO) -> None:
    """Recompute balances, standings and counters from their sources, and name every difference.

    What waits to be folded is folded first, and what arrives meanwhile is counted in. Exit code 1 when there is one.
    """
    from app import db
    from app import demo as demos
    from app.checking import checked
    from app.folding import drained
    from app.settings import settings

    async def compared() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        async with db.opened(chosen) as databases:
            await drained(databases.worker)
            async for what, _, differences in checked(databases.worker):
                found.setdefault(what, []).extend(differences)
        return found

    with demos.database(settings(), demos.Demo(folder)) as chosen:
        outcome = asyncio.run(compared())
    for what, differences in outcome.items():
        print(f"{what}: {f'{len(differences)} differences' if differences else 'agree'}")
        for difference in differences:
            print(f"  {difference}")
    if any(outcome.values()):
        raise typer.Exit(_FOUND_FAULTS)


@app.command()
def rebook(
    *,
    rulebook: Annotated[int, typer.Option(min=1, help="The version that is to decide the days.")],
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; all days when left out.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day; today when left out.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply/--dry-run", help="Book the differences, or only say them.")] = False,
    by: Annotated[str | None, typer.Option(help="With --apply: who is responsible.")] = None,
    reason: Annotated[str | None, typer.Option(help="With --apply: why; it is kept.")] = None,
    folder: Folder = _DEMO,
) -> None:
    """Say what changes if days of the past are decided by another rulebook; with `--apply`, book it.

    The past is not rewritten: differences are booked as new entries of the ledger, and the days stay with that rulebook
    whatever arrives for them later. Challenges that are final do not move. What stopped half-way goes on where it
    stopped when it is given again.

    Examples: `ccc rebook --rulebook 2 --from 2026-01-01 --to 2026-01-31` ·
    `ccc rebook --rulebook 2 --from 2026-01-01 --to 2026-01-31 --apply --by somchai --reason "Decision 4/2569"`
    """
    from datetime import date

    from app import db, rebooking
    from app import demo as demos
    from app.folding import drained
    from app.progress import reporting
    from app.settings import settings
    from domain.base import utc_now
    from domain.drafts import BANGKOK
    from domain.errors import BadInput
    from domain.rebooking import Tally
    from domain.rulemaking import Administrator

    if apply and not (by and reason):
        raise BadInput("Say who is responsible and why: --by NAME --reason TEXT.")
    now = utc_now()
    span = rebooking.Span(
        version=rulebook,
        starts_on=first.date() if first else date(2000, 1, 1),
        ends_on=last.date() if last else now.astimezone(BANGKOK).date(),
    )

    async def done() -> Tally | None:
        async with db.opened(chosen) as databases:
            with reporting() as report:
                if not apply:
                    return await rebooking.foreseen(databases.worker, span, now, report)
                who = Administrator(f"command:{by}", None)
                tally = await rebooking.booked(databases.worker, span, who, str(reason), now, report)
            await drained(databases.worker)
            return tally

    with demos.database(settings(), demos.Demo(folder)) as chosen:
        tally = asyncio.run(done())
    if tally is None:
        print(f"Rulebook {rulebook} decides these days already; nothing changed.")
        return
    for line in rebooking.told(span, tally):
        print(line)
    print("Booked." if apply else "Nothing was written; add --apply --by NAME --reason TEXT to book it.")


@app.command()
def schema() -> None:
    """Print the GraphQL schema, as committed in schema/schema.graphql."""
    from app.answering import sdl

    print(sdl(), end="")


@app.command()
def rules() -> None:
    """Print the rules in English and Thai as Markdown: every figure with its unit, source and a worked example.

    It is docs/rules.md. Example: `ccc rules > docs/rules.md`
    """
    from domain.figures import Figures
    from domain.rules_page import page

    print(page(Figures()), end="")


@app.command()
def token(
    role: Role,
    *,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How long it counts.")] = 60,
    user: Annotated[
        str | None, typer.Option(help="For a citizen or administrator: user name or id of demo.json.")
    ] = None,
    partner: Annotated[str | None, typer.Option(help="For a partner or sponsor: whose client.")] = None,
    folder: Folder = _DEMO,
) -> None:
    """Print an access token for the demo's data.

    Example: `TOKEN=$(ccc token citizen)`, then `curl -H "Authorization: Bearer $TOKEN" ...`
    """
    from app import demo as demos
    from auth import tokens
    from auth.viewer import ViewerKind

    place = demos.Demo(folder)
    card = place.read()
    minter = tokens.Tokens(tokens.key_at(place.key), issuer=card["issuer"], audience=card["graphql"])
    print(minter.mint(demos.speaker(card, ViewerKind(role), user, partner), minutes=minutes))


def main(arguments: list[str] | None = None) -> None:
    """Run one command. A refusal is one sentence on standard error and exit code 2."""
    from domain.errors import Refused

    try:
        app(arguments, prog_name="ccc")
    except Refused as refused:
        print(f"ccc: {refused.message}", file=sys.stderr)
        sys.exit(_REFUSED)
