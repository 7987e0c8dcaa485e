"""Where people say they live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import strawberry

from domain import homes
from domain.bangkok import local_date_of
from domain.booking import rebook
from domain.ingest import lock
from domain.rulebooks import approved
from resolvers.context import Context
from resolvers.keys import person_of


@strawberry.input(description="Where one lives from today on.")
class SetHomePlaceInput:
    """What `setHomePlace` takes."""

    place: str | None = strawberry.field(
        description="The code of a district (4 digits) or a subdistrict (6 digits); null to say none."
    )


@dataclass
class Settled:
    """What came of a move."""

    user_id: UUID
    valid_from: date | None


async def settle(context: Context, input: SetHomePlaceInput) -> Settled:  # noqa: A002 - the contract's word
    """The home of the person of the token from today on, with their teams of places. Raises UnknownPlace."""
    session, user_id = context.session, person_of(context.viewer)
    today = local_date_of(context.now)
    await lock(session, [user_id])
    day = await homes.set_home(session, user_id, input.place, today=today, now=context.now)
    if day is not None:
        # what they did on the day counts in the new place, and for its teams
        await rebook(session, [(user_id, day)], await approved(session), context.now)
    return Settled(user_id, day)
