"""The command that begins a partner's format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

partner = typer.Typer(
    name="partner",
    help="Begin a partner's format in a checkout of this program: `ccc partner new NAME`. docs/partners/adding.md "
    "tells the whole way to a format that is read, documented and registered; `ccc partners` lists those there are.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
_CHECKOUT = Path(__file__).resolve().parents[2]


@partner.callback()
def _group() -> None:
    """Begin a partner's format."""


@partner.command("new")
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The adapter's name: small letters, digits, underscores.")
    ],
    title: Annotated[
        str | None, typer.Option(help="What people call it, such as `Zepp Life`; NAME when left out.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    checkout: Annotated[
        Path, typer.Option("--dir", help="The checkout, when it is not this program's own.")
    ] = _CHECKOUT,
) -> None:
    """Write a format's adapter, test, recordings folder and page, and register it; it refuses all until it is written.

    Refuses a name that exists or is no identifier. docs/partners/adding.md tells what comes next.

    Example: `ccc partner new zepp_life --title "Zepp Life" --dry-run`
    """
    from adapters import ADAPTERS
    from app.adding import begun

    taken = {called: card.title for card in ADAPTERS.values() for called in (card.name, *card.also_called)}
    found = begun(checkout.resolve(), name, title or name, taken)
    if not dry_run:
        found.write()
    would = "would be " if dry_run else ""
    for verb, paths in ((f"{would}written", found.new), (f"{would}changed", found.changed)):
        for path in paths:
            print(f"{verb}\t{path.relative_to(checkout.resolve())}")
    if not dry_run:
        print("It refuses every payload until `normalise` is written: docs/partners/adding.md tells how.")
