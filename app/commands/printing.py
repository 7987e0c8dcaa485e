"""Commands that print: the contract, the rules, a token."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.commands.options import DEMO, Folder


class Role(StrEnum):
    """Who a demo token speaks for."""

    CITIZEN = "citizen"
    PARTNER = "partner"
    MINISTRY = "ministry"
    SPONSOR = "sponsor"
    ADMIN = "admin"


def schema() -> None:
    """Print the GraphQL schema, as committed in schema/schema.graphql."""
    from app.answering import sdl

    print(sdl(), end="")


def rules() -> None:
    """Print the rules in English and Thai as Markdown: every figure with its unit, source and a worked example.

    It is docs/rules.md. Example: `ccc rules > docs/rules.md`
    """
    from domain.figures import Figures
    from domain.rules_page import page

    print(page(Figures()), end="")


def sports() -> None:
    """Print as Markdown how many words of each format are read as which of our sports, from the formats' own tables.

    It is docs/sports.md. Example: `ccc sports > docs/sports.md`
    """
    from adapters import ADAPTERS
    from app.sports_page import page

    print(page(ADAPTERS.values()), end="")


def token(
    role: Role,
    *,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How long it counts.")] = 60,
    user: Annotated[
        str | None, typer.Option(help="For a citizen or administrator: user name or id of demo.json.")
    ] = None,
    partner: Annotated[str | None, typer.Option(help="For a partner or sponsor: whose client.")] = None,
    folder: Folder = DEMO,
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
