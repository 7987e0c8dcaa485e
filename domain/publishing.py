"""A challenge becomes the public's, is called off, and shows where in its life it is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import driver_of
from domain.budgets import BudgetExceeded
from domain.challenges import ChallengeState
from domain.errors import BadInput, Conflict
from domain.exchange import asked
from domain.organising import AT, Organiser, Step, claimed, found
from domain.partners import AgreementState
from domain.posting import Words

LONGEST_REASON = 500


class ChallengeDecided(Conflict):
    """A challenge that is too far in its life for what is asked."""

    code = "CHALLENGE_DECIDED"


_HELD = """
    SELECT state, sponsor_name, starts_on, prize_budget, prize_year, closing_since IS NOT NULL FROM challenges
    WHERE id = $1 AND ($2::text IS NULL OR sponsor_name = $2)
"""

# Before the statement that publishes takes its look at the budget and the prizes: an edit under way is waited for here.
_LOCK = "SELECT true FROM challenges WHERE id = $1 FOR UPDATE"

# Rules become the public's and the pool the winners', or neither: a caller who sees no reservation rolls back. Of two
# that publish against one budget the second waits for the first, and then looks at what that left.
_PUBLISH = """
    WITH published AS (
        UPDATE challenges SET state = 'published', published_at = $4::timestamptz, prize_reserved = prize_budget
        WHERE id = $1 AND ($2::text IS NULL OR sponsor_name = $2) AND state = 'draft' AND starts_on >= $3
          AND EXISTS (SELECT FROM partners p WHERE p.name = sponsor_name AND p.agreement = 'signed')
        RETURNING id, sponsor_name, prize_budget, prize_year
    ), reserved AS (
        UPDATE credit_budgets b SET reserved = b.reserved + p.prize_budget FROM published p
        WHERE p.prize_budget > 0
          AND b.partner_name = p.sponsor_name AND b.kind = 'award' AND b.starts_on = p.prize_year
          AND b.spent + b.reserved + p.prize_budget <= b.budget
          AND (b.most_per_award IS NULL OR b.most_per_award >= ALL (
              SELECT z.amount FROM prizes z WHERE z.challenge_id = p.id))
        RETURNING true
    )
    SELECT p.prize_budget = 0 OR EXISTS (SELECT FROM reserved) FROM published p
"""

_BUDGET = """
    SELECT b.budget - b.spent - b.reserved, b.most_per_award,
           (SELECT max(z.amount) FROM prizes z WHERE z.challenge_id = $3)
    FROM credit_budgets b WHERE b.partner_name = $1 AND b.kind = 'award' AND b.starts_on = $2
"""

_CANCEL = """
    WITH cancelled AS (
        UPDATE challenges SET state = 'cancelled', cancelled_at = $3::timestamptz, cancellation_th = $4,
                              cancellation_en = $5, prize_reserved = 0
        WHERE id = $1 AND ($2::text IS NULL OR sponsor_name = $2)
          AND state IN ('draft', 'published', 'running', 'grace') AND closing_since IS NULL
        RETURNING sponsor_name, prize_year, old.prize_reserved AS released
    ), released AS (
        UPDATE credit_budgets b SET reserved = b.reserved - c.released FROM cancelled c
        WHERE c.released > 0 AND b.partner_name = c.sponsor_name AND b.kind = 'award' AND b.starts_on = c.prize_year
    )
    SELECT true FROM cancelled
"""

_ADVANCE = """
    UPDATE challenges SET state = CASE WHEN ends_on < $1 THEN 'grace' ELSE 'running' END
    WHERE (state = 'published' AND starts_on <= $1) OR (state = 'running' AND ends_on < $1)
    RETURNING id
"""


async def published(session: AsyncSession, challenge_id: UUID, by: Organiser, *, key: str, now: datetime) -> None:
    """The draft announced, and what its prizes may come to kept in the sponsor's budget; again by its key: nothing.

    Raises NotFound, ChallengeDecided for one that is no draft, BadInput when its first day is over, BudgetExceeded,
    Conflict for a sponsor without agreement or a key used otherwise.
    """
    connection, today = await driver_of(session), local_date_of(now)
    if await claimed(connection, by, key, Step.PUBLISHED, challenge_id, [challenge_id], now) is not None:
        return
    _, done = await asked(connection, (_LOCK, [challenge_id]), (_PUBLISH, [challenge_id, by.sponsor, today, now]))
    if done and done[0][0]:
        return
    (held,) = await asked(connection, (_HELD, [challenge_id, by.sponsor]))
    state, sponsor, starts_on, pool, year, _ = found(held)
    if done:
        raise await _exceeded(connection, challenge_id, sponsor, pool, year)
    if state != ChallengeState.DRAFT.value:
        raise ChallengeDecided(f"This challenge is {state} already; only a draft is published.", path=AT)
    if starts_on < today:
        raise BadInput(
            f"Its first day, {starts_on}, is over; edit `startsOn` to {today} or later, then publish.", path=AT
        )
    raise Conflict(f"The agreement with {sponsor} is not {AgreementState.SIGNED.value}; publish when it is.", path=AT)


async def cancelled(
    session: AsyncSession, challenge_id: UUID, reason: Words, by: Organiser, *, key: str, now: datetime
) -> None:
    """The challenge called off, what was kept for prizes given back; again by its key: nothing changes.

    Raises BadInput for a reason too long or none, NotFound, ChallengeDecided for one that is final or cancelled, or
    about to be final; Conflict for a key used otherwise.
    """
    for text, where in ((reason.th, "reasonTh"), (reason.en, "reasonEn")):
        if not 0 < len(text.strip()) <= LONGEST_REASON:
            raise BadInput(f"Say why in 1 to {LONGEST_REASON} characters, in both languages.", path=("input", where))
    connection = await driver_of(session)
    words = [reason.th.strip(), reason.en.strip()]
    if await claimed(connection, by, key, Step.CANCELLED, challenge_id, [challenge_id, words], now) is not None:
        return
    (done,) = await asked(connection, (_CANCEL, [challenge_id, by.sponsor, now, *words]))
    if not done:
        (held,) = await asked(connection, (_HELD, [challenge_id, by.sponsor]))
        state, *_, closing = found(held)
        over = "being closed" if closing and state != ChallengeState.FINAL.value else f"{state} already"
        raise ChallengeDecided(f"This challenge is {over} and stays so.", path=AT)


async def advanced(session: AsyncSession, today: date) -> list[UUID]:
    """The challenges whose state follows the day: those that begin, and those whose last day is over.

    Only what is shown: days count by the window, and people join by it.
    """
    (rows,) = await asked(await driver_of(session), (_ADVANCE, [today]))
    return [row[0] for row in rows]


async def _exceeded(
    connection: AsyncConnection[Any], challenge_id: UUID, sponsor: str, pool: int, year: date
) -> BudgetExceeded:
    (found,) = await asked(connection, (_BUDGET, [sponsor, year, challenge_id]))
    if not found:
        return BudgetExceeded(
            f"There is no budget of AWARD credits for {sponsor} in the fiscal year from {year}, in which the "
            "prizes are given; ask the programme for one.",
            path=AT,
        )
    left, most, largest = found[0]
    if most is not None and largest > most:
        return BudgetExceeded(f"One award of {sponsor} is {most} credits at most; lower the prizes.", path=AT)
    return BudgetExceeded(
        f"The prizes may come to {pool} credits and {left} are left of the budget from {year}; lower `prizeBudget`, or "
        "ask the programme for more.",
        path=AT,
    )
