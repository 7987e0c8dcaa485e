"""Credits that partners award, and entries that their issuers take back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import strawberry
from sqlmodel.ext.asyncio.session import AsyncSession

from auth.viewer import ViewerKind
from domain import awards, reversals
from domain.budgets import ISSUED
from domain.citizens import keyed
from domain.credits import CreditKind
from domain.errors import BadInput, Conflict
from domain.partners import AgreementState, partner_named
from domain.posting import words
from engine.declare import Ref
from resolvers.context import Context
from resolvers.keys import accepted_key, organisation_of
from resolvers.scalars import BigInt

MOST_AT_ONCE = 1_000
KINDS = ", ".join(f"`{each.name}`" for each in ISSUED)


class AwardOutcome(StrEnum):
    """What became of one award."""

    AWARDED = "awarded"
    UNKNOWN_PERSON = "unknown_person"


@strawberry.input(description="What credits are for, in words that the person reads.")
class CauseInput:
    """A cause in both languages."""

    th: str = strawberry.field(description="In Thai, 1 to 200 characters.")
    en: str = strawberry.field(description="In English, 1 to 200 characters.")


@strawberry.input(description="One award: to whom, how much, what for.")
class AwardInput:
    """One award."""

    person_ref: str | None = strawberry.field(description="Your reference of the person; or `userId`, one of both.")
    user_id: Annotated[strawberry.ID, Ref("User")] | None = strawberry.field(
        description="The person's global id; or `personRef`, one of both."
    )
    amount: BigInt = strawberry.field(description=f"Credits, whole, 1 to {awards.LARGEST}.")
    kind: CreditKind = strawberry.field(description=f"The kind: one of {KINDS}, of which you have a budget.")
    cause: CauseInput = strawberry.field(description="What it is for.")
    local_date: date | None = strawberry.field(
        description="The day in Thailand on which it happened, not a day to come; null for none."
    )


@strawberry.input(description="What `awardCredits` takes.")
class AwardCreditsInput:
    """A batch of awards."""

    awards: list[AwardInput] = strawberry.field(description=f"1 to {MOST_AT_ONCE} awards; each has a result.")
    idempotency_key: str = strawberry.field(
        description="Your name for this call, 1 to 100 characters. The same key with the same awards answers what came "
        "of it the first time; with others it is refused as CONFLICT."
    )


@dataclass
class AwardResult:
    """What became of one award."""

    index: int
    outcome: AwardOutcome
    entry_id: UUID | None


@dataclass
class Awarded:
    """What became of a call, one result an award, in order."""

    results: list[AwardResult]
    idempotency_key: str


@strawberry.input(description="What `reverseEntry` takes.")
class ReverseEntryInput:
    """An entry to take back."""

    entry_id: Annotated[strawberry.ID, Ref("CreditEntry")] = strawberry.field(
        description="The award or redemption that you booked; an administrator may name anybody's."
    )
    cause: CauseInput = strawberry.field(description="Why it is taken back.")
    idempotency_key: str = strawberry.field(
        description="Your name for this attempt, 1 to 100 characters; it comes back in the answer. An entry is taken "
        "back once, whatever the key: again answers the same reversal."
    )


@dataclass
class Reversed:
    """What came of taking an entry back."""

    user_id: UUID
    entry_id: UUID
    idempotency_key: str


async def award(context: Context, input: AwardCreditsInput) -> Awarded:  # noqa: A002 - the contract's word
    """The awards booked as those of the token's organisation.

    Raises BadInput, BudgetExceeded, Conflict for a key used otherwise or without a signed agreement.
    """
    key = accepted_key(input.idempotency_key)
    if not 0 < len(input.awards) <= MOST_AT_ONCE:
        raise BadInput(f"Send 1 to {MOST_AT_ONCE} awards at once.", path=("input", "awards"))
    name = await signed(context.session, organisation_of(context.viewer))
    given = [
        awards.Award(
            user_id=UUID(str(each.user_id)) if each.user_id else None,
            person_ref=keyed(each.person_ref, context.hashed) if each.person_ref else each.person_ref,
            amount=each.amount,
            kind=each.kind,
            words=words(each.cause.th, each.cause.en, ("input", "awards", index, "cause")),
            local_date=each.local_date,
        )
        for index, each in enumerate(input.awards)
    ]
    entries = await awards.award(context.session, name, given, key=key, now=context.now)
    return Awarded(
        results=[
            AwardResult(index, AwardOutcome.AWARDED if entry else AwardOutcome.UNKNOWN_PERSON, entry)
            for index, entry in enumerate(entries)
        ],
        idempotency_key=key,
    )


async def reverse(context: Context, input: ReverseEntryInput) -> Reversed:  # noqa: A002 - the contract's word
    """An award or redemption taken back by its issuer or by an administrator.

    Raises BadInput, NotFound, NotReversible.
    """
    key, viewer = accepted_key(input.idempotency_key), context.viewer
    said = words(input.cause.th, input.cause.en, ("input", "cause"))
    by = None if viewer.kind == ViewerKind.ADMIN else organisation_of(viewer)
    entry_id = UUID(str(input.entry_id))
    user_id, made = await reversals.reverse(
        context.session, entry_id, said, by=by, scopes=viewer.scopes, now=context.now
    )
    return Reversed(user_id=user_id, entry_id=made, idempotency_key=key)


async def signed(session: AsyncSession, partner_name: str) -> str:
    """The partner's name. Raises Conflict unless its agreement is signed."""
    partner = await partner_named(session, partner_name)
    if partner.agreement != AgreementState.SIGNED.value:
        raise Conflict(f"The agreement with {partner.name} is {partner.agreement}; credits move when it is signed.")
    return partner.name
