"""The answer to people who say what they weigh."""

from __future__ import annotations

from resolvers import users
from schema.users import User
from schema.words import Payload, holds, one, value


@holds(says="The answer of `setMass`.")
class SetMassPayload(Payload):
    """What a mass gives."""

    user: User | None = one(users.asking, says="The person, with the newest mass.")
    activities_formed: int | None = value(says="How many activities were formed anew with it.")
