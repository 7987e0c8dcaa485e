"""The answer to people who say where they live."""

from __future__ import annotations

from datetime import date

from resolvers import users
from schema.users import User
from schema.words import Payload, holds, one, value


@holds(says="The answer of `setHomePlace`.")
class SetHomePlacePayload(Payload):
    """What a move gives."""

    user: User | None = one(users.asking, says="The person, with the new home.")
    valid_from: date | None = value(
        says="The first day in Thailand that counts in the new place; null when they lived there already."
    )
