"""Runs the migrations on a connection that is handed in, or on the database of the settings."""

from alembic import context
from sqlalchemy import Connection, text

from app import migrate
from domain.tables import metadata

# Two processes that start together migrate one after the other. The number is arbitrary and ours.
_LOCK = 7_210_001


def run(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
        connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    from app.settings import settings

    with migrate.connected(settings().url_of()) as connection:
        run(connection)
