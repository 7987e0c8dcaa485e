"""The command `ccc`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from app.commands import adding, challenges, database, partners, printing, running

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
_COMMANDS: dict[str, Callable[..., None]] = {
    "demo": running.demo,
    "serve": running.serve,
    "worker": running.worker,
    "jobs": running.jobs,
    "migrate": database.migrate,
    "seed": database.seed,
    "partners": partners.partners,
    "normalise": partners.normalise,
    "import": partners.import_,
    "connect": partners.connect,
    "check": database.check,
    "rebook": database.rebook,
    "close": challenges.close,
    "verify": challenges.verify,
    "schema": printing.schema,
    "rules": printing.rules,
    "sports": printing.sports,
    "token": printing.token,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(adding.partner)

_REFUSED = 2


def main(arguments: list[str] | None = None) -> None:
    """Run one command. A refusal is one sentence on standard error and exit code 2."""
    from domain.errors import Refused

    try:
        app(arguments, prog_name="ccc")
    except Refused as refused:
        print(f"ccc: {refused.message}", file=sys.stderr)
        sys.exit(_REFUSED)
