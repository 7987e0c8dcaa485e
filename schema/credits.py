"""The credit ledger as its owner sees it."""

from __future__ import annotations

from datetime import date, datetime

import strawberry
from sqlalchemy import Text

from domain import credits as rows
from resolvers import awards, credits
from schema.enums import described
from schema.scalars import BigInt
from schema.words import Node, Payload, column, computed, holds, one, shows, text, value

_KINDS = {
    "exercise": "Energy burned; booked by the hub alone.",
    "volunteering": "Hours given.",
    "good_deed": "A good deed.",
    "award": "A prize.",
    "redemption": "Credits spent.",
    "reversal": "An entry taken back: what it was for has changed, or its issuer corrects it.",
}
described(rows.CreditKind, says="What a credit entry is for.", values=_KINDS)
described(
    awards.AwardOutcome,
    says="What became of one award.",
    values={
        "awarded": "The credits are booked.",
        "unknown_person": "Nobody of that reference or id has granted `credit:award`; nothing is booked.",
    },
)
described(credits.EntryKind, says="Which kind of credit entries to list.", values=_KINDS)


@shows(
    rows.CreditEntry,
    node=credits.by_id,
    extra={"words_th": Text(), "words_en": Text()},
    says="One booking of the credit ledger; it never changes.",
)
class CreditEntry(Node):
    """An entry."""

    kind: rows.CreditKind = column(says="What it is for.")
    amount: BigInt = column(says="Credits, whole; negative for what is spent or taken back.")
    balance_after: BigInt | None = computed(
        credits.balance_after,
        says="The person's credits after it, below 0 for a debt; null where `creditBalance` is.",
    )
    issuer: str = column(says="Who booked it, by the partner's name; `ccc` for the programme.")
    cause: str = column(says="What caused it, as a word of ours, such as `activities`.")
    cause_text: str = text(th="words_th", en="words_en", says="What caused it, in words for the person.")
    local_date: date | None = column(says="The day in Thailand that it is for; null when it is for none.")
    rulebook_version: int = column(says="The version of the rulebook it was reckoned by.")
    reverses: strawberry.ID | None = column(ref="CreditEntry", says="The entry it takes back; null for others.")
    created_at: datetime = column(says="When it was booked.")


@holds(says="What became of one award of a call.")
class AwardResult:
    """A result."""

    index: int = value(says="The award's position in the call, from 0.")
    outcome: awards.AwardOutcome = value(says="What became of it.")
    entry: CreditEntry | None = one(credits.awarded, says="The entry; null when there is none or it may not be seen.")


@holds(says="The answer of `awardCredits`.")
class AwardCreditsPayload(Payload):
    """What awarding gives."""

    results: list[AwardResult] | None = value(says="One result for each award, in order.")
    idempotency_key: str | None = value(says="The key of this call, as sent.")


@holds(says="The answer of `redeemCredits`.")
class RedeemCreditsPayload(Payload):
    """What redeeming gives."""

    entry: CreditEntry | None = one(credits.booked, says="The entry; null when it may not be seen.")
    idempotency_key: str | None = value(says="The key of this redemption, as sent.")


@holds(says="The answer of `reverseEntry`.")
class ReverseEntryPayload(Payload):
    """What taking back gives."""

    entry: CreditEntry | None = one(credits.booked, says="The reversal; null when it may not be seen.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
