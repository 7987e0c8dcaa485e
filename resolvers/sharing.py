"""Whether the sponsor of a challenge sees a participant's pseudonym and score: each person decides for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry

from domain.sharing import share
from engine.declare import Ref
from resolvers.context import Context
from resolvers.keys import person_of


@strawberry.input(description="What to share with the sponsor of a challenge.")
class ShareWithSponsorInput:
    """What `shareWithSponsor` takes."""

    challenge_id: Annotated[strawberry.ID, Ref("Challenge")] = strawberry.field(
        description="A challenge that one takes part in."
    )
    share: bool = strawberry.field(
        description="True: the sponsor sees one's pseudonym and score from now on. False: it sees them no more."
    )


@dataclass
class Shared:
    """Whose sharing was set, in which challenge."""

    user_id: UUID
    challenge_id: UUID


async def set_sharing(context: Context, input: ShareWithSponsorInput) -> Shared:  # noqa: A002 - the contract's word
    """The standing, shared or not. Raises NotFound, Forbidden."""
    user_id, challenge_id = person_of(context.viewer), UUID(str(input.challenge_id))
    await share(context.session, user_id, challenge_id, agreed=input.share, now=context.now, argument="share")
    return Shared(user_id, challenge_id)
