"""`ccc check` finds nothing after honest work, and whatever was tampered with."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from domain.awards import award
from domain.base import run, uuid7
from domain.budgets import set_budget
from domain.check import findings
from domain.drafts import Deletion
from domain.folding import fold
from domain.ranks import StandingChange
from domain.redemptions import redeem
from domain.reversals import reverse
from domain.scopes import Scope
from domain.standings import Standing
from tests.domain.factories import (
    MORNING,
    NOW,
    WORDS,
    an_award,
    challenge_for,
    decision,
    draft,
    granted,
    person,
    taken,
    team_of,
)


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


async def found(session):
    return [line async for _, _, lines in findings(session) for line in lines]


async def lived_through(session):
    """Two people with a week of workouts, some copied, edited, moved and deleted; the later half is not folded yet."""
    one, other = await person(session), await person(session, home_place_code="1036")
    await team_of(session, one, other)
    await challenge_for(session, one, other, team_kind="province", daily_cap=500)
    for user in (one, other):
        week = [draft(str(day), at=MORNING + timedelta(days=day), steps=5000) for day in range(7)]
        await taken(session, "garmin", *week, owner=user)
        await taken(session, "strava", draft("s0", upstream=("garmin", "0")), owner=user)
        await taken(
            session,
            "garmin",
            draft("1", at=MORNING + timedelta(days=9), kcal=900),
            Deletion(partner_ref="2"),
            owner=user,
        )
        if user == one:
            await fold(session)
    await awarded_and_spent(session, one)
    return one, other


async def awarded_and_spent(session, user):
    """9 credits of volunteering stand, 4 were taken back; 3 were spent and given back."""
    await set_budget(session, decision(budget=100), set_by="admin", key="1", now=NOW)
    await granted(session, user, "dpe", "D-1", Scope.CREDIT_AWARD)
    for amount in (9, 4):
        (entry,) = await award(session, "dpe", [an_award("D-1", amount)], key=str(amount), now=NOW)
    spent = await redeem(session, user, "ccc", 3, WORDS, key="1", now=NOW, tell=True)
    for each in (entry, spent):
        await reverse(session, each, WORDS, by=None, scopes=(), now=NOW)


async def test_nothing_is_found_after_honest_work(session):
    await lived_through(session)

    assert await found(session) == []


@pytest.mark.parametrize(
    ("tampering", "says"),
    [
        ("UPDATE credit_balances SET balance = balance + 1", "the entries sum to"),
        (
            """INSERT INTO credit_entries SELECT (json_populate_record(e, json_build_object(
                   'id', uuidv7(), 'idempotency_key', 'again'))).* FROM credit_entries e LIMIT 1""",
            "the entries up to it sum to",
        ),
        ("UPDATE credit_budgets SET spent = spent - 1", "8 is spent, the awards that stand come to 9"),
        ("DELETE FROM credit_budgets", "0 is spent, the awards that stand come to 9"),
        (
            """INSERT INTO credit_entries SELECT (json_populate_record(e, json_build_object(
                   'id', uuidv7(), 'idempotency_key', 'again', 'amount', 1, 'reverses', uuidv7()))).*
               FROM credit_entries e WHERE cause = 'reversal' LIMIT 1""",
            "which is not there",
        ),
        (
            """INSERT INTO credit_entries SELECT (json_populate_record(e, json_build_object(
                   'id', uuidv7(), 'idempotency_key', 'again', 'amount', 7))).*
               FROM credit_entries e WHERE cause = 'reversal' LIMIT 1""",
            "is taken back 2 times",
        ),
        ("UPDATE user_days SET energy_kcal = energy_kcal + 1 WHERE local_date = '2026-01-01'", "is counted as"),
        (
            "UPDATE user_periods SET energy_kcal = energy_kcal + 1 WHERE period = 'month'",
            "month of 2026-01-01: the counters differ",
        ),
        ("UPDATE place_periods SET participants = 0 WHERE place_code = 'TH' AND period = 'day'", "place TH, day of"),
        ("UPDATE place_periods SET credits = 0 WHERE place_code = 'TH' AND period = 'month'", "place TH, month of"),
        ("UPDATE place_periods SET withheld = NULL", "withheld is nothing, by the counters it is too_few_people"),
        ("DELETE FROM place_changes", "place TH, day of"),
        ("DELETE FROM team_standing_changes", "the days sum to"),
        ("UPDATE standings SET score = score + 1", "the days sum to"),
        ("UPDATE team_standings SET score = 0", "the days sum to"),
        ("UPDATE score_buckets SET people = 2 WHERE shift = 0", "3 people are counted, 2 have such a score"),
        ("DELETE FROM score_buckets WHERE shift = 56", "scores from 0: 1 people are counted, 2 have such a score"),
        ("DELETE FROM standing_changes", "1 people are counted, 2 have such a score"),
        ("UPDATE challenge_days SET value = 1 WHERE local_date = '2026-01-01'", "the day is worth"),
        ("UPDATE activities SET credits = credits + 1 WHERE local_date = '2026-01-01'", "shows 4 credits"),
        ("UPDATE activities SET verdict = 'rejected' WHERE local_date = '2026-01-01'", "credits are booked"),
        ("UPDATE activities SET record_count = 9", "says 9 records"),
        ("UPDATE challenges SET participants = 9", "says 9 participants"),
        ("UPDATE teams SET members = 9", "says 9 members"),
        ("DELETE FROM user_days", "is counted as 0"),
    ],
)
async def test_each_tampering_is_found(session, tampering, says):
    await lived_through(session)

    await run(session, text(tampering))

    assert any(says in line for line in await found(session))


async def test_a_score_without_any_day_is_found(session):
    challenge = uuid7()
    session.add(Standing(user_id=uuid7(), challenge_id=challenge, score=5))
    session.add(StandingChange(challenge_id=challenge, score_after=5, people=1))
    await session.flush()

    assert len(await found(session)) == 1
