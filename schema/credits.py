"""The credit ledger as its owner sees it."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from domain import credits as rows
from resolvers import credits
from schema.enums import described
from schema.scalars import BigInt
from schema.words import Node, column, shows

described(
    rows.CreditKind,
    says="What a credit entry is for.",
    values={
        "exercise": "Energy burned; booked by the hub alone.",
        "volunteering": "Hours given.",
        "good_deed": "A good deed.",
        "award": "A prize.",
        "redemption": "Credits spent.",
        "reversal": "Credits taken back, since what they were for has changed.",
    },
)


@shows(rows.CreditEntry, node=credits.by_id, says="One booking of the credit ledger; it never changes.")
class CreditEntry(Node):
    """An entry."""

    kind: rows.CreditKind = column(says="What it is for.")
    amount: BigInt = column(says="Credits, whole; negative for what is spent or taken back.")
    issuer: str = column(says="Who gave it; `ccc` for the programme.")
    cause: str = column(says="What caused it, such as `activities`.")
    local_date: date | None = column(says="The day in Thailand that it is for; null when it is for none.")
    rulebook_version: int = column(says="The version of the rulebook it was reckoned by.")
    reverses: strawberry.ID | None = column(ref="CreditEntry", says="The entry it takes back; null for others.")
    created_at: datetime = column(says="When it was booked.")
