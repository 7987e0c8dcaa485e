"""Credits spent: by the person, or at a partner's whom the person lets do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry

from auth.viewer import ViewerKind
from domain import redemptions
from domain.awards import LARGEST
from domain.base import driver_of
from domain.citizens import keyed
from domain.connections import granting
from domain.credits import PROGRAMME
from domain.errors import BadInput, NotFound
from domain.posting import words
from domain.scopes import Scope
from engine.declare import Ref
from resolvers.awards import CauseInput, signed
from resolvers.context import Context
from resolvers.keys import accepted_key, organisation_of, person_of
from resolvers.scalars import BigInt


@strawberry.input(description="What `redeemCredits` takes.")
class RedeemCreditsInput:
    """What to spend on what."""

    amount: BigInt = strawberry.field(description=f"Credits, whole, 1 to {LARGEST}.")
    cause: CauseInput = strawberry.field(description="What the person gets for it.")
    person_ref: str | None = strawberry.field(
        description="For a partner's client: its own reference of the person; or `userId`, one of both."
    )
    user_id: Annotated[strawberry.ID, Ref("User")] | None = strawberry.field(
        description="For a partner's client: the person's global id; or `personRef`, one of both."
    )
    idempotency_key: str = strawberry.field(
        description="Your name for this redemption, 1 to 100 characters, such as the number of the order. The same key "
        "for the same person answers the same entry; with another amount or cause it is refused as CONFLICT."
    )


@dataclass
class Redeemed:
    """What came of spending."""

    user_id: UUID
    entry_id: UUID
    idempotency_key: str


async def redeem(context: Context, input: RedeemCreditsInput) -> Redeemed:  # noqa: A002 - the contract's word
    """Credits of the token's person spent, or of the person whom a partner's client names and who granted it that.

    Raises BadInput, Conflict, Forbidden, NotEnoughCredits, NotFound.
    """
    key = accepted_key(input.idempotency_key)
    said = words(input.cause.th, input.cause.en, ("input", "cause"))
    if context.viewer.kind == ViewerKind.CITIZEN:
        user_id, issuer, tell = _oneself(context, input), PROGRAMME, True
    else:
        issuer = await signed(context.session, organisation_of(context.viewer))
        user_id = await _named(context, input, issuer)
        tell = False  # what somebody has is not for a till to print
    entry = await redemptions.redeem(
        context.session, user_id, issuer, input.amount, said, key=key, now=context.now, tell=tell
    )
    return Redeemed(user_id=user_id, entry_id=entry, idempotency_key=key)


def _oneself(context: Context, given: RedeemCreditsInput) -> UUID:
    if given.person_ref is not None or given.user_id is not None:
        raise BadInput("You spend your own credits; leave personRef and userId out.", path=("input", "personRef"))
    return person_of(context.viewer)


async def _named(context: Context, given: RedeemCreditsInput, partner_name: str) -> UUID:
    if (given.person_ref is None) == (given.user_id is None):
        raise BadInput("Name the person by personRef or by userId, by one of them.", path=("input", "personRef"))
    user_id = UUID(str(given.user_id)) if given.user_id else None
    by_ref, by_id = await granting(
        await driver_of(context.session),
        partner_name,
        Scope.CREDIT_REDEEM,
        [keyed(given.person_ref, context.hashed)] if given.person_ref is not None else [],
        [user_id] if user_id else [],
    )
    for found in (*by_ref.values(), *by_id):
        return found
    raise NotFound(
        "Nobody of that reference lets you spend their credits; ask the person to grant `credit:redeem`.",
        path=("input", "userId" if user_id else "personRef"),
    )
