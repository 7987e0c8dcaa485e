"""The demo: a folder with a database, a signing key, and `demo.json`, which says how to get in."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psycopg
from pydantic import SecretStr

from app.embedded import EmbeddedPostgres
from app.settings import BadSettings, Settings
from auth import tokens
from auth.viewer import Viewer, ViewerKind
from domain.errors import BadInput, NotFound

FOLDER = Path(".demo")
DATABASE = "ccc"


@dataclass(frozen=True)
class Demo:
    """The files of one demo folder."""

    folder: Path

    @property
    def card(self) -> Path:
        """`demo.json`: addresses, users with passwords, clients."""
        return self.folder / "demo.json"

    @property
    def key(self) -> Path:
        """The PEM file that signs the demo's tokens."""
        return self.folder / "signing-key.pem"

    @property
    def citizen_number_key(self) -> Path:
        """The secret of the demo's citizen numbers."""
        return self.folder / "citizen-number-key"

    @property
    def url(self) -> Path:
        """Where a running demo's database listens; gone when it stops."""
        return self.folder / "database.url"

    def read(self) -> dict[str, Any]:
        """What `demo.json` says. Raises NotFound before the first `ccc demo`."""
        try:
            card: dict[str, Any] = orjson.loads(self.card.read_bytes())
        except (OSError, ValueError) as error:
            raise NotFound(f"{self.card} cannot be read; run `ccc demo` first.") from error
        return card


@contextlib.contextmanager
def database(settings: Settings, demo: Demo) -> Iterator[Settings]:
    """`settings` with a database: the configured one, the running demo's, or the demo's started for the block."""
    if settings.database_url is not None:
        yield settings
        return
    running = _running(demo)
    if running is not None:
        yield settings.model_copy(update={"database_url": running})
        return
    demo.folder.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(demo.folder / "pg") as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
        written(demo.url, server.url(DATABASE).encode())
        try:
            yield settings.model_copy(update={"database_url": server.url(DATABASE)})
        finally:
            demo.url.unlink(missing_ok=True)


def _running(demo: Demo) -> str | None:
    try:
        url = demo.url.read_text()
        psycopg.connect(url, connect_timeout=2).close()
    except (OSError, psycopg.OperationalError):
        return None
    return url


def with_keys(settings: Settings, demo: Demo) -> Settings:
    """`settings` with both keys: the configured ones, else the demo's, made now if it is the first time.

    Uploads wait in the demo's folder, too, unless another is configured: the sweep of another installation would take
    them for files of nobody.
    """
    demo.folder.mkdir(parents=True, exist_ok=True)
    ours: dict[str, object] = {}
    if settings.uploads_dir is None:
        ours["uploads_dir"] = demo.folder / "uploads"
    if settings.signing_key is None:
        if not demo.key.exists():
            tokens.generated_key(demo.key)
        ours["signing_key"] = demo.key
    if settings.citizen_number_key is None:
        if not demo.citizen_number_key.exists():
            written(demo.citizen_number_key, secrets.token_hex(32).encode())
        ours["citizen_number_key"] = SecretStr(demo.citizen_number_key.read_text())
    return settings.model_copy(update=ours)


def speaker(card: dict[str, Any], role: ViewerKind, user: str | None, partner: str | None) -> Viewer:
    """Whom a demo token of `role` speaks for: by default the first such user and client in `demo.json`.

    An administrator is nobody in particular, or a user of the demo: some decisions take two of them.

    Raises BadInput or NotFound, naming what there is.
    """
    clients = [each for each in card["clients"] if each["kind"] == role and partner in {None, each["partner"]}]
    if not clients:
        names = sorted({str(each["partner"]) for each in card["clients"] if each["kind"] == role})
        raise NotFound(f"No demo client of kind {role} for {partner!r}; there are {', '.join(names) or 'none'}.")
    user_id = None
    if role is ViewerKind.CITIZEN or (role is ViewerKind.ADMIN and user is not None):
        people = [each for each in card["users"] if user in {None, each["username"], each["id"]}]
        if not people:
            known = ", ".join(each["username"] for each in card["users"])
            raise NotFound(f"No demo user {user!r}; there are {known or 'none'}.")
        user_id = UUID(people[0]["id"])
    elif user is not None:
        raise BadInput(f"A {role} token speaks for a client, not for a user; leave --user out.")
    client = clients[0]
    return Viewer(role, user_id, client["client_id"], client["partner"], frozenset(client["scopes"]))


def on_port(settings: Settings, sock: socket.socket) -> Settings:
    """`settings` with the port that `sock` really has."""
    return settings.model_copy(update={"port": sock.getsockname()[1]})


def written(path: Path, content: bytes) -> None:
    """Replace the file at `path` in one step, readable by its owner alone: it holds passwords."""
    if path.is_symlink():
        raise BadSettings(f"{path} is a link; remove it.")
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    fresh.replace(path)
