"""The prizes of a closed challenge: who won which, worked out from its frozen standings, and booked once.

Those who share a rank all have its prize. If all prizes together are more than the challenge's budget for them, each is
cut in the same proportion, to whole credits. What is not won goes back to the sponsor's budget.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import driver_of, run
from domain.credits import CreditKind
from domain.exchange import asked
from domain.finals import Part, hashing
from domain.freezing import held
from domain.posting import Posting, Words, opened, posted
from domain.prizes import CAUSE

AT_ONCE = 1_000
"""Prizes that one transaction books; it holds the locks of their winners."""

# Of teams those of the challenge's kind compete, on the highest level that has any. Nobody wins with a score of 0.
_WINNERS = """
    SELECT p.challenge_id, p.number, f.pseudonym_id, f.position AS place, p.amount
    FROM prizes p JOIN final_standings f ON f.challenge_id = p.challenge_id
         AND f.rank BETWEEN p.from_rank AND p.to_rank AND f.score > 0
    WHERE p.kind = 'rank' AND {of}
    UNION ALL
    SELECT p.challenge_id, p.number, f.pseudonym_id, f.position, p.amount
    FROM prizes p JOIN challenges c ON c.id = p.challenge_id
    JOIN final_standings f ON f.challenge_id = p.challenge_id AND f.score >= c.target AND f.score > 0
    WHERE p.kind = 'target' AND {of}
    UNION ALL
    SELECT DISTINCT p.challenge_id, p.number, f.pseudonym_id, f.position, p.amount
    FROM prizes p JOIN challenges c ON c.id = p.challenge_id
    JOIN final_team_standings w ON w.challenge_id = p.challenge_id AND w.rank BETWEEN p.from_rank AND p.to_rank
         AND w.depth = (SELECT min(l.depth) FROM final_team_standings l JOIN teams k ON k.id = l.team_id
                        WHERE l.challenge_id = p.challenge_id AND k.kind = c.team_kind)
    JOIN teams t ON t.ancestor_ids @> ARRAY[w.team_id]
    JOIN team_participants m ON m.challenge_id = p.challenge_id AND m.team_id = t.id
    JOIN standings s ON s.user_id = m.user_id AND s.challenge_id = m.challenge_id
    JOIN final_standings f ON f.challenge_id = s.challenge_id AND f.pseudonym_id = s.pseudonym_id
    WHERE p.kind = 'team_rank' AND {of}
"""


def winners(of: str) -> str:
    """SQL for who has won what: challenge_id, number, pseudonym_id, place, amount; `of` says of which prizes `p`."""
    return _WINNERS.format(of=of)


def cut(amount: str, budget: str, challenge_id: str) -> str:
    """SQL for what is left of a prize where all of its challenge's, the other rows, come to more than their budget."""
    wanted = f"sum({amount}) OVER (PARTITION BY {challenge_id})"
    return f"CAST(div(CAST({amount} AS numeric) * least({budget}, {wanted}), {wanted}) AS bigint)"


_PLAN = text(f"""
    WITH won AS (
        INSERT INTO final_prizes (challenge_id, position, number, pseudonym_id, credits)
        SELECT w.challenge_id, row_number() OVER (ORDER BY w.number, w.place), w.number, w.pseudonym_id,
               {cut("w.amount", "c.prize_budget", "w.challenge_id")}
        FROM ({winners("p.challenge_id = :challenge")}) w JOIN challenges c ON c.id = w.challenge_id
        WHERE NOT EXISTS (SELECT FROM final_prizes f WHERE f.challenge_id = :challenge)
        RETURNING challenge_id, position, line
    ), hashed AS ({hashing(Part.PRIZES, "won")})
    SELECT count(*) FROM won
""")  # noqa: S608

# Whoever was erased meanwhile has no standing any more.
_NEXT = """
    SELECT p.position, p.number, p.credits, u.id, z.title_th, z.title_en
    FROM (SELECT * FROM final_prizes WHERE challenge_id = $1 AND booked_at IS NULL ORDER BY position LIMIT $2::bigint) p
    JOIN prizes z ON z.challenge_id = p.challenge_id AND z.number = p.number
    LEFT JOIN standings s ON s.challenge_id = p.challenge_id AND s.pseudonym_id = p.pseudonym_id
    LEFT JOIN users u ON u.id = s.user_id
    ORDER BY p.position
"""
_BOOKED = """
    UPDATE final_prizes p SET booked_at = $4, entry_id = g.entry_id
    FROM unnest($2::bigint[], $3::uuid[]) AS g(position, entry_id)
    WHERE p.challenge_id = $1 AND p.position = g.position
"""
_TAKE = "UPDATE challenges SET prize_reserved = prize_reserved - $2 WHERE id = $1"
_SPEND = """
    UPDATE credit_budgets SET reserved = reserved - $4, spent = spent + $5
    WHERE partner_name = $1 AND kind = $2 AND starts_on = $3 RETURNING true
"""


async def prizes_won(session: AsyncSession, challenge_id: UUID) -> int:
    """How many prizes were found to be won now: all, or none where they were found already. Nothing is booked."""
    await held(session, challenge_id)
    won: int = (await run(session, _PLAN, {"challenge": challenge_id})).scalar_one()
    return won


async def prizes_booked(session: AsyncSession, challenge_id: UUID, now: datetime, at_once: int = AT_ONCE) -> int:
    """How many prizes were booked now, the next in order, from the sponsor's reserved budget; 0 when all are.

    An award by the sponsor in each winner's ledger, with what the budget and the challenge still keep, in the caller's
    transaction: all of it or nothing, and never a second time.
    """
    challenge = await held(session, challenge_id)
    connection = await driver_of(session)
    (waiting,) = await asked(connection, (_NEXT, [challenge_id, at_once]))
    if not waiting:
        return 0
    postings = [
        Posting(
            user_id=user_id,
            kind=CreditKind.AWARD,
            issuer=challenge.sponsor_name,
            amount=amount,
            cause=CAUSE,
            words=Words(f"รางวัล: {title_th} ({challenge.title_th})", f"Prize: {title_en} ({challenge.title_en})"),
            key=f"{CAUSE}:{challenge_id}:{number}",
            local_date=challenge.ends_on,
        )
        for _, number, amount, user_id, title_th, title_en in waiting
        if user_id is not None and amount
    ]
    ledger = await opened(connection, {each.user_id for each in postings}, now)
    entries = iter(await posted(connection, ledger, postings))
    made = [next(entries) if user_id is not None and amount else None for _, _, amount, user_id, _, _ in waiting]
    total = sum(each.amount for each in postings)
    spent, _, _ = await asked(
        connection,
        (_SPEND, [challenge.sponsor_name, CreditKind.AWARD.value, challenge.prize_year, total, total]),
        (_TAKE, [challenge_id, total]),
        (_BOOKED, [challenge_id, [row[0] for row in waiting], made, now]),
    )
    if total and not spent:
        raise LookupError(f"challenge {challenge_id}: there is no budget that its prizes were reserved in")
    return len(waiting)


async def released(session: AsyncSession, challenge_id: UUID) -> int:
    """How many reserved credits went back to the sponsor's budget, since nobody won them; after that none are kept."""
    challenge = await held(session, challenge_id)
    rest = challenge.prize_reserved
    if rest:
        connection = await driver_of(session)
        await asked(
            connection,
            (_TAKE, [challenge_id, rest]),
            (_SPEND, [challenge.sponsor_name, CreditKind.AWARD.value, challenge.prize_year, rest, 0]),
        )
    return rest
