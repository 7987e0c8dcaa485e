"""What `ccc demo` prints once it serves: where, how to get a token, what to paste."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.pages import QUERIES, pasteable


def text(card: dict[str, Any], path: Path) -> str:
    """The greeting of a demo whose `demo.json` is `card`, kept at `path`."""
    base = card["issuer"]
    options = "" if path.parent == Path(".demo") else f" --dir {path.parent}"
    shown = [
        "",
        f"CCC Hub serves synthetic data at {base}",
        f"  GraphQL   {card['graphql']}",
        f"  Readiness {base}/readyz",
        f"  Users, passwords and clients are in {path}",
        "",
        "A token for one of the citizens (also: partner, ministry, sponsor, admin):",
        f"  TOKEN=$(.venv/bin/ccc token citizen{options})",
        "",
        "Three queries to paste:",
    ]
    for title, query in QUERIES.items():
        token = "$TOKEN" if "token" in title else None
        shown += [f"  # {title}", f"  {pasteable(base, query, token)}"]
    return "\n".join([*shown, "", "Ctrl-C stops it."])
