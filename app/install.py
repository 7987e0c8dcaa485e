"""Brings a database to where the program can run on it: newest shape, and the rows every installation has."""

from __future__ import annotations

from app import db, migrate
from app.settings import Settings
from domain import reference


async def load_reference(databases: db.Databases) -> None:
    """Sports, places, partners and the first rulebook, as the code knows them; safe to run again."""
    async with databases.owner.begin() as session:
        await reference.load(session)


async def install(settings: Settings) -> None:
    """Migrate the database of `settings` to the newest shape and load its reference rows."""
    migrate.upgrade(settings.url_of())
    async with db.opened(settings) as databases:
        await load_reference(databases)
