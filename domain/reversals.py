"""Awards and redemptions taken back by those who booked them, each once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import driver_of
from domain.budgets import ISSUED, refund
from domain.credits import PROGRAMME, CreditKind
from domain.errors import Conflict, NotFound
from domain.exchange import asked
from domain.posting import Posting, Words, opened, posted
from domain.prizes import CHALLENGE_OF_ENTRY


class NotReversible(Conflict):
    """An entry that nobody takes back by hand: exercise follows its activities, and a reversal is an end."""

    code = "NOT_REVERSIBLE"


# A partner finds what it booked itself, while the person grants it what it booked that by.
_FIND = f"""
    SELECT e.user_id, e.kind, e.issuer, e.amount, e.local_date, coalesce(h.prize_year, e.created_at)
    FROM credit_entries e LEFT JOIN challenges h ON h.id = {CHALLENGE_OF_ENTRY.format(entry="e")}
    WHERE e.id = $1 AND ($2::text IS NULL OR e.issuer = $2 AND EXISTS (
        SELECT FROM connections c
        WHERE c.user_id = e.user_id AND c.partner_name = $2 AND c.status = 'active'
          AND CASE e.kind WHEN 'redemption' THEN 'credit:redeem' ELSE 'credit:award' END = ANY(c.scopes)
          AND CASE e.kind WHEN 'redemption' THEN 'credit:redeem' ELSE 'credit:award' END = ANY($3::text[])))
"""  # noqa: S608

_REVERSED = "SELECT id FROM credit_entries WHERE user_id = $1 AND idempotency_key = $2"


async def reverse(
    session: AsyncSession, entry_id: UUID, words: Words, *, by: str | None, scopes: Iterable[str], now: datetime
) -> tuple[UUID, UUID]:
    """(person, entry) of what takes `entry_id` back; again: the same. An award goes back to its budget.

    `by` is the partner that asks with `scopes`, None for an administrator. What was spent meanwhile is a debt.
    Raises NotFound for what the partner did not book or may no longer touch, NotReversible.
    """
    connection = await driver_of(session)
    (found,) = await asked(connection, (_FIND, [entry_id, by, sorted(scopes)]))
    if not found:
        raise NotFound("There is no such entry that you booked.", path=("input", "entryId"))
    user_id, word, issuer, amount, local_date, booked_at = found[0]
    kind = CreditKind(word)
    if kind not in (*ISSUED, CreditKind.REDEMPTION):
        raise NotReversible(
            "Only awards and redemptions are taken back. Credits of exercise follow its activities.",
            path=("input", "entryId"),
        )
    name = f"reversal:{entry_id}"  # unique among the person's entries: an entry is taken back once
    ledger = await opened(connection, [user_id], now)
    (before,) = await asked(connection, (_REVERSED, [user_id, name]))
    if before:
        return user_id, before[0][0]
    taken = Posting(
        user_id, CreditKind.REVERSAL, by or PROGRAMME, -amount, "reversal", words, name, local_date, entry_id
    )
    if kind in ISSUED:
        await asked(connection, refund(issuer, kind, local_date_of(booked_at), amount))
    (made,) = await posted(connection, ledger, [taken])
    return user_id, made
