"""Brings a database to a shape: up to the newest, down to any, and says where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, create_engine
from sqlalchemy.engine import make_url

SCRIPTS = Path(__file__).resolve().parents[1] / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` up to `revision`; nothing happens when it is there already."""
    with connected(url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate the database at `url` down to `revision`; `base` is an empty one."""
    with connected(url) as connection:
        command.downgrade(_config(connection), revision)


def head() -> str:
    """The newest revision that this code knows."""
    revision = ScriptDirectory(str(SCRIPTS)).get_current_head()
    assert revision is not None  # noqa: S101 - the folder is never empty
    return revision


def revisions() -> list[str]:
    """Every revision that this code knows, the newest first."""
    return [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()]


def current(connection: Connection) -> str | None:
    """The revision that a database has, None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def drift(url: str, metadata: MetaData) -> list[object]:
    """What differs between the database at `url` and the declared tables; empty when nothing does."""
    with connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of its own to the database at `url`, for one migration run."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
