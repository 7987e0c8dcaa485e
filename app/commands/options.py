"""What several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEMO = Path(".demo")
Folder = Annotated[Path, typer.Option("--dir", help="The demo's folder: database, key and demo.json.")]
People = Annotated[int, typer.Option(min=1, max=1_000_000, help="How many synthetic people.")]
