"""What a history of deliveries comes to, to be compared with what the same history comes to in another order."""

from sqlalchemy import text

from domain.base import run
from domain.check import findings
from domain.folding import fold
from tests.domain.factories import taken

# What is compared: everything but ids, moments of writing, and how many entries booked a day's credits.
COMPARED = {
    "records": """
        SELECT user_id, partner_name, partner_ref, version, started_at, energy_kcal FROM records
        WHERE deleted_at IS NULL
    """,
    "activities": """
        SELECT a.user_id, a.sport, a.started_at, a.ended_at, a.local_date, a.elapsed_seconds, a.moving_seconds,
               a.distance_meters, a.energy_kcal, a.energy_source, a.steps, a.manual, a.source, a.partner_name,
               a.owner_only, a.record_count, a.verdict, a.reasons, a.credits,
               array_agg(r.partner_ref ORDER BY r.partner_ref)
        FROM activities a JOIN records r ON r.user_id = a.user_id AND r.activity_id = a.id
        WHERE a.deleted_at IS NULL GROUP BY a.user_id, a.id
    """,
    "credits": "SELECT user_id, local_date, sum(amount) FROM credit_entries GROUP BY 1, 2 HAVING sum(amount) <> 0",
    "balances": "SELECT user_id, balance FROM credit_balances WHERE balance <> 0",
    "days": "SELECT * FROM user_days WHERE activities > 0",
    "periods": "SELECT * FROM user_periods WHERE activities > 0",
    "places": "SELECT * FROM place_periods WHERE activities > 0",
    "challenge days": "SELECT user_id, challenge_id, local_date, value FROM challenge_days WHERE value <> 0",
    "standings": "SELECT user_id, challenge_id, score FROM standings WHERE score <> 0",
    "ranks": "SELECT * FROM score_buckets WHERE shift = 0 AND bucket > 0",
    "team standings": "SELECT * FROM team_standings WHERE score <> 0",
    "streaks": "SELECT user_id, kind, starts_on, ends_on, length FROM streaks",
    "day totals": "SELECT user_id, local_date, partner_name, version, steps FROM day_totals",
}


def delivered(chance, items):
    """The items in any order, in deliveries of any size from one partner and person each; a few come twice."""
    shuffled = [*items, *chance.sample(items, len(items) // 4)]
    chance.shuffle(shuffled)
    deliveries = []
    while shuffled:
        user, partner, _ = shuffled[0]
        size = chance.randrange(1, 9)
        batch = [each for each in shuffled if each[:2] == (user, partner)][:size]
        for each in batch:
            shuffled.remove(each)
        deliveries.append((user, partner, [what for *_, what in batch]))
    return deliveries


async def comes_to(session, deliveries, *, before=None, after=None):
    """All that is compared, and what `ccc check` says, after the deliveries; undone again.

    `before` and `after` do something else before and after them.
    """
    savepoint = await session.begin_nested()
    if before:
        await before(session)
    for user, partner, items in deliveries:
        await taken(session, partner, *items, owner=user)
    if after:
        await after(session)
    wrong = [line async for _, _, lines in findings(session) for line in lines]
    await fold(session)
    found = {what: sorted(map(repr, await run(session, text(sql)))) for what, sql in COMPARED.items()}
    await savepoint.rollback()
    return found, wrong
