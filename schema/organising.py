"""What organisers get back."""

from __future__ import annotations

from resolvers import challenges
from schema.challenges import Challenge
from schema.words import Payload, holds, one, value


@holds(says="The answer of `draftChallenge`, `editChallenge`, `publishChallenge` and `cancelChallenge`.")
class OrganiseChallengePayload(Payload):
    """What organising gives."""

    challenge: Challenge | None = one(challenges.named, says="The challenge as it is now.")
    idempotency_key: str | None = value(says="The key of this call, as sent.")
