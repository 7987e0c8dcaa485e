"""Commands about the whole database: its shape, its synthetic country, its proof, its past."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated

import typer

from app.commands.options import DEMO, Folder, People

_FOUND_FAULTS = 1


def migrate(folder: Folder = DEMO) -> None:
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


def seed(
    *,
    people: People = 10_000,
    number: Annotated[
        int, typer.Option("--seed", help="The same number, on the same day, gives the same country.")
    ] = 2569,
    folder: Folder = DEMO,
) -> None:
    """Fill the database with a synthetic country: people, teams, challenges, four months of workouts.

    Every synthetic row is marked. Example: `ccc seed --people 100000`
    """
    from app import db
    from app import demo as demos
    from app.closing import all_closed
    from app.folding import drained
    from app.install import install
    from app.jobs import Tools, roll
    from app.progress import reporting
    from app.seed import seeded
    from app.settings import settings
    from domain.base import utc_now
    from domain.drafts import BANGKOK

    async def sown() -> None:
        async with db.opened(chosen) as databases:
            with reporting() as report:
                today = datetime.now(BANGKOK).date()
                made = await seeded(databases.owner, people=people, today=today, seed=number, progress=report)
                await roll(Tools(databases.worker))
                await drained(databases.worker)
                await all_closed(databases.worker, utc_now(), report)
        for table, count in made.rows.items():
            print(f"{table}: {count:,}")
        print(f"Seeded in {made.seconds:.1f} s. To log in:")
        for login in made.demo_users:
            print(f"  {login.username} {login.password} {login.id}")

    with demos.database(settings(), demos.Demo(folder)) as chosen:
        asyncio.run(install(chosen))
        asyncio.run(sown())


def check(folder: Folder = DEMO) -> None:
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
    folder: Folder = DEMO,
) -> None:
    """Say what changes if days of the past are decided by another rulebook; with `--apply`, book it.

    The past is not rewritten: differences are booked as new entries of the ledger, and the days stay with that rulebook
    whatever arrives for them later. Challenges that are final do not move. What stopped half-way goes on where it
    stopped when it is given again.

    Examples: `ccc rebook --rulebook 2 --from 2026-01-01 --to 2026-01-31` ·
    `ccc rebook --rulebook 2 --from 2026-01-01 --to 2026-01-31 --apply --by NAME --reason "Decision 4/2569"`
    """
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
