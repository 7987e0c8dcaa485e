"""What deliveries need from the settings and the databases: the way in, and whose they are."""

from __future__ import annotations

import contextlib
from uuid import UUID

from app.db import Databases
from app.importing import Door
from app.settings import Settings
from domain.base import utc_now
from domain.connections import hashed_with
from domain.errors import NotFound
from domain.users import Login, User


def door_of(settings: Settings, databases: Databases) -> Door:
    """The way in for records: the worker's sessions, our clock, and the hash for citizen numbers.

    Raises BadSettings without the key of that hash.
    """
    return Door(sessions=databases.worker, now=utc_now, hashed=hashed_with(settings.citizen_number_secret()))


async def owner_named(databases: Databases, user: str) -> UUID:
    """The id of the person whose id or user name is `user`. Raises NotFound."""
    async with databases.worker() as session:
        with contextlib.suppress(ValueError):
            if await session.get(User, UUID(user)):
                return UUID(user)
        login = await session.get(Login, user)
    if login is None:
        raise NotFound(f"There is no user {user[:80]!r}; give an id or a user name, as in demo.json.")
    return login.user_id
