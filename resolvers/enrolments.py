"""Joining challenges and leaving them, each person for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import Select
from sqlmodel import col

from domain import enrolments
from domain.booking import rebook
from domain.drafts import BANGKOK
from domain.ingest import lock
from domain.rulebooks import approved
from domain.sharing import share
from domain.standings import Standing
from engine.declare import Ref
from resolvers.context import Context, Parent, Seer
from resolvers.keys import accepted_key, person_of
from resolvers.standings import own

ChallengeId = Annotated[strawberry.ID, Ref("Challenge")]
_KEY = (
    "The client's name for this attempt, 1 to 100 characters. The same key again changes nothing, whatever happened "
    "since; a new attempt needs a new one."
)


@strawberry.input(description="Which challenge to join.")
class JoinChallengeInput:
    """What `joinChallenge` takes."""

    challenge_id: ChallengeId = strawberry.field(description="The challenge.")
    share_with_sponsor: bool = strawberry.field(
        default=False,
        description="Whether one lets the sponsor of the challenge see one's pseudonym and score; for those of age. "
        "`shareWithSponsor` takes it back at any time.",
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="Which challenge to leave.")
class LeaveChallengeInput:
    """What `leaveChallenge` takes."""

    challenge_id: ChallengeId = strawberry.field(description="The challenge.")
    idempotency_key: str = strawberry.field(description=_KEY)


@dataclass
class Enrolled:
    """What came of joining a challenge."""

    user_id: UUID
    challenge_id: UUID
    idempotency_key: str


def standing_of(viewer: Seer, enrolled: Parent) -> Select[Standing]:
    """The standing that came of joining."""
    return own(viewer).where(
        col(Standing.user_id) == enrolled.user_id, col(Standing.challenge_id) == enrolled.challenge_id
    )


async def join(context: Context, input: JoinChallengeInput) -> Enrolled:  # noqa: A002 - the contract's word
    """The person of the token as a participant, with what they did in the window so far; again: nothing changes.

    Raises what `enrolments.enrol` does.
    """
    key, user_id = accepted_key(input.idempotency_key), person_of(context.viewer)
    challenge_id, session = UUID(str(input.challenge_id)), context.session
    await lock(session, [user_id])
    if await enrolments.enrol(session, user_id, challenge_id, context.now, key=key):
        until = context.now.astimezone(BANGKOK).date()
        days = await enrolments.days_so_far(session, user_id, challenge_id, until)
        await rebook(session, [(user_id, day) for day in days], await approved(session), context.now)
        if input.share_with_sponsor:
            await share(session, user_id, challenge_id, agreed=True, now=context.now, argument="shareWithSponsor")
    return Enrolled(user_id=user_id, challenge_id=challenge_id, idempotency_key=key)


async def leave(context: Context, input: LeaveChallengeInput) -> Enrolled:  # noqa: A002 - the contract's word
    """The person of the token out of the challenge with all they counted there; again: nothing changes.

    Raises what `enrolments.leave` does.
    """
    key, user_id = accepted_key(input.idempotency_key), person_of(context.viewer)
    challenge_id, session = UUID(str(input.challenge_id)), context.session
    await lock(session, [user_id])
    await enrolments.leave(session, user_id, challenge_id, context.now, key=key)
    return Enrolled(user_id=user_id, challenge_id=challenge_id, idempotency_key=key)
