"""Challenges that are over, with prizes, and what came of closing them."""

from datetime import timedelta

from sqlalchemy import text

from app.folding import drained
from domain.base import run
from domain.budgets import fiscal_year_of
from domain.check import findings
from domain.enrolment_days import FILLING
from domain.prizes import Prize
from tests.domain.factories import MORNING, NOW, challenge_for, draft, person, taken

OVER = MORNING.date() + timedelta(days=3)
"""The last day of these challenges; NOW is long after their days for late data."""
YEAR = fiscal_year_of(NOW.date())


RANKS = {"kind": "rank", "from_rank": 1, "to_rank": 1, "amount": 50}
SECOND = {"kind": "rank", "from_rank": 2, "to_rank": 3, "amount": 20}
TARGET = {"kind": "target", "amount": 5}


def silent(_what, _done, _total):
    pass


async def everything_agrees(sessions):
    await drained(sessions)
    async with sessions() as session:
        return [line async for _, _, lines in findings(session) for line in lines]


async def raced(session, *kcal, prizes=(), budget=0, **columns):
    """A challenge in which people have burned so much on one day; (challenge, people)."""
    people = [await person(session) for _ in kcal]
    challenge = await challenge_for(session, *people, **{"ends_on": OVER, "state": "draft", **columns})
    for number, prize in enumerate(prizes, 1):
        session.add(Prize(challenge_id=challenge.id, number=number, title_th="รางวัล", title_en="Prize", **prize))
    await session.flush()
    if budget:
        kept = """
            INSERT INTO credit_budgets AS b (partner_name, kind, starts_on, budget, spent, reserved)
            VALUES ('mots', 'award', :year, 1000000, 0, :kept)
            ON CONFLICT (partner_name, kind, starts_on) DO UPDATE SET reserved = b.reserved + excluded.reserved
        """
        await run(session, text(kept), {"year": YEAR, "kept": budget})
    sql = """
        UPDATE challenges SET state = 'grace', prize_budget = :budget, prize_reserved = :budget, prize_year = :year
        WHERE id = :challenge
    """
    await run(session, text(sql), {"budget": budget, "year": YEAR if budget else None, "challenge": challenge.id})
    for user, energy in zip(people, kcal, strict=True):
        if energy:
            await taken(session, "garmin", draft(str(user), kcal=energy), owner=user)
    return challenge, people


async def crowd(session, size, **columns):
    """A challenge that is over, in which so many people have scores of 1 to 9, and those with 5 or more a prize."""
    challenge, _ = await raced(session, prizes=[TARGET, SECOND], budget=100_000, target=5, **columns)
    sql = """
        WITH people AS (
            INSERT INTO users (id, display_name, language, source_order, synthetic, created_at)
            SELECT gen_random_uuid(), 'Somebody', 'th', '{}', false, now() FROM generate_series(1, :size) RETURNING id
        ), numbered AS (SELECT id, 1 + row_number() OVER () % 9 AS score FROM people), enrolled AS (
            INSERT INTO enrolments (user_id, challenge_id, enrolled_at) SELECT id, :challenge, now() FROM people
        ), days AS (
            INSERT INTO challenge_days (user_id, challenge_id, local_date, value)
            SELECT id, :challenge, :day, score FROM numbered
        ), counted AS (
            UPDATE challenges SET participants = :size WHERE id = :challenge
        ), queued AS (
            INSERT INTO standing_changes (challenge_id, score_after, people)
            SELECT :challenge, score, count(*) FROM numbered GROUP BY score
        )
        INSERT INTO standings (user_id, challenge_id, score) SELECT id, :challenge, score FROM numbered
    """
    await run(session, text(sql), {"size": size, "challenge": challenge.id, "day": OVER})
    for filling in FILLING.values():
        counted = text(filling.format(only="WHERE challenge_id = :challenge"))
        await run(session, counted, {"challenge": challenge.id})
    return challenge


async def lines_of(session, table, challenge):
    sql = f"SELECT line FROM {table} WHERE challenge_id = :c ORDER BY position"  # noqa: S608
    return list((await run(session, text(sql), {"c": challenge.id})).scalars())


async def prizes_of(session, people):
    sql = "SELECT amount FROM credit_entries WHERE user_id = :user AND cause = 'prize' ORDER BY id"
    return [list((await run(session, text(sql), {"user": user})).scalars()) for user in people]
