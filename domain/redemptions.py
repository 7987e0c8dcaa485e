"""Credits that people spend."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.awards import LARGEST
from domain.base import driver_of
from domain.credits import CreditKind
from domain.errors import BadInput, Conflict
from domain.exchange import asked
from domain.posting import Words, opened


class NotEnoughCredits(Conflict):
    """A redemption of more than the person has; nobody with a debt can redeem."""

    code = "NOT_ENOUGH_CREDITS"


_KNOWN = "SELECT id, amount, cause_th, cause_en FROM credit_entries WHERE user_id = $1 AND idempotency_key = $2"

# The balance and the entry are one statement: of any number at once, those win that the balance is enough for.
_REDEEM = """
    WITH spent AS (
        UPDATE credit_balances SET balance = balance - $2, entries = entries + 1
        WHERE user_id = $1 AND balance >= $2 RETURNING balance
    )
    INSERT INTO credit_entries (user_id, id, kind, issuer, amount, balance_after, rulebook_version, cause, cause_th,
                                cause_en, idempotency_key, created_at)
    SELECT $1, $3, $4, $5, -$2, balance, $6, 'redemption', $7, $8, $9, $10 FROM spent
    RETURNING id
"""


async def redeem(
    session: AsyncSession, user_id: UUID, issuer: str, amount: int, words: Words, *, key: str, now: datetime, tell: bool
) -> UUID:
    """The entry by which the person spends `amount`. The same key of the issuer for the person again: the same entry.

    `tell`: the refusal may say what the person has. Raises BadInput, NotEnoughCredits, Conflict.
    """
    if not 1 <= amount <= LARGEST:
        raise BadInput(f"Redeem 1 to {LARGEST} credits.", path=("input", "amount"))
    connection = await driver_of(session)
    name = f"redeem:{issuer}:{key}"
    ledger = await opened(connection, [user_id], now)
    (known,) = await asked(connection, (_KNOWN, [user_id, name]))
    if known:
        booked: UUID = known[0][0]
        if known[0][1:] != (-amount, words.th, words.en):
            raise Conflict(
                "This idempotencyKey redeemed something else; use a new one.", path=("input", "idempotencyKey")
            )
        return booked
    account = ledger.accounts[user_id.int]
    held = account.balance
    entry_id, _ = account.follow(-amount, now)
    kind = CreditKind.REDEMPTION.value
    version = ledger.rulebook_version
    (done,) = await asked(
        connection, (_REDEEM, [user_id, amount, entry_id, kind, issuer, version, words.th, words.en, name, now])
    )
    if not done:
        has = f"the balance is {held}" if tell else "the person has fewer"
        raise NotEnoughCredits(
            f"{amount} credits are not there to spend: {has}. Choose something smaller.", path=("input", "amount")
        )
    return entry_id
