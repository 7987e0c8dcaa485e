"""The rules of a published challenge stay by whatever path; what prizes may come to is in the budget, always."""

import random
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.bangkok import local_date_of
from domain.base import inserted, run, table_of
from domain.budgets import Budget, BudgetExceeded, fiscal_year_of
from domain.challenges import Challenge, Metric, Mode
from domain.check import findings
from domain.designs import TEXTS, Design, PrizeDesign
from domain.errors import Refused
from domain.organising import Organiser, drafted, edited
from domain.posting import Words
from domain.prizes import Prize, PrizeKind
from domain.publishing import ChallengeDecided, advanced, cancelled, published
from tests.domain.factories import NOW, challenge_for, figure

MOTS = Organiser("partner:mots", "mots")
TODAY = local_date_of(NOW)
REASON = Words("ฝุ่นมาก", "Bad air")
PUBLIC = ["published", "running", "grace", "final", "cancelled"]
MOVING = {"id", "state", "participants", "standings_hash", "synthetic", "created_at", "published_at", "cancelled_at",
          "cancellation_th", "cancellation_en", "closing_since", "closed_at", "prize_reserved", *TEXTS}  # fmt: skip
RULES = [name for name in table_of(Challenge).columns.keys() if name not in MOVING]  # noqa: SIM118 - names, not columns
OTHERWISE = {
    "sponsor_name": "'dpe'",
    "metric": "'steps'",
    "mode": "'teams'",
    "team_kind": "'school'",
    "ranking": "'regular_share'",
    "eligibility": """'{"sports": ["run"]}'""",
    "daily_cap": "7",
    "target": "8",
    "day_metric": "'steps'",
    "day_least": "9",
    "starts_on": "starts_on - 1",
    "ends_on": "ends_on + 1",
    "grace_days": "31",
    "prize_budget": "10",
    "prize_year": "'2026-10-01'",
}


def design(**different) -> Design:
    given = {
        "title_th": "ท้าทาย",
        "title_en": "Challenge",
        "description_th": "เดิน",
        "description_en": "Walk",
        "metric": Metric.STEPS,
        "mode": Mode.INDIVIDUALS,
        "starts_on": TODAY,
        "ends_on": TODAY + timedelta(days=20),
    }
    return Design(**{**given, **different})


def pool(credits_in_all: int) -> dict[str, object]:
    gold = PrizeDesign(kind=PrizeKind.RANK, from_rank=1, to_rank=1, amount=1, title_th="ทอง", title_en="Gold")
    return {"prizes": (gold,), "prize_budget": credits_in_all}


async def a_draft(session, key, **different):
    return await drafted(session, design(**different), "mots", MOTS, key=key, content=key, now=NOW)


async def a_budget(session, limit):
    row = Budget(partner_name="mots", kind="award", starts_on=fiscal_year_of(TODAY), budget=limit)
    session.add(row)
    await session.flush()


async def wrong(session):
    return [line async for what, _, lines in findings(session) if what == "reserved prizes" for line in lines]


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


def test_every_column_of_a_challenge_is_a_rule_or_known_to_move():
    assert set(RULES) == set(OTHERWISE)


@pytest.mark.parametrize("state", PUBLIC)
async def test_no_statement_changes_a_rule_of_what_is_published(owner_sessions, state):
    async with owner_sessions.begin() as session:
        await challenge_for(session, state=state)

    for column, value in OTHERWISE.items():
        with pytest.raises(DBAPIError, match="the rules of a published challenge stay"):
            async with owner_sessions.begin() as session:
                await run(session, text(f"UPDATE challenges SET {column} = {value}"))  # noqa: S608


@pytest.mark.parametrize("state", PUBLIC)
async def test_no_statement_makes_a_published_challenge_a_draft_again(owner_sessions, state):
    async with owner_sessions.begin() as session:
        await challenge_for(session, state=state)

    with pytest.raises(DBAPIError, match="the rules of a published challenge stay"):
        async with owner_sessions.begin() as session:
            await run(session, text("UPDATE challenges SET state = 'draft'"))


@pytest.mark.parametrize("state", ["final", "cancelled"])
async def test_what_is_over_stays_over(owner_sessions, state):
    async with owner_sessions.begin() as session:
        await challenge_for(session, state=state)

    with pytest.raises(DBAPIError, match=f"a challenge that is {state} stays so"):
        async with owner_sessions.begin() as session:
            await run(session, text("UPDATE challenges SET state = 'running'"))


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO prizes SELECT challenge_id, 2, kind, 2, 2, amount, title_th, title_en FROM prizes",
        "UPDATE prizes SET amount = amount + 1",
        "DELETE FROM prizes",
    ],
)
async def test_no_statement_changes_the_prizes_of_what_is_published(owner_sessions, change):
    async with owner_sessions.begin() as session:
        challenge = await challenge_for(session, state="draft")
        prize = {"challenge_id": challenge.id, "number": 1, "kind": "rank", "from_rank": 1, "to_rank": 1, "amount": 5,
                 "title_th": "ทอง", "title_en": "Gold"}  # fmt: skip
        await inserted(session, Prize, [prize])
        await run(session, text("UPDATE challenges SET state = 'published'"))

    with pytest.raises(DBAPIError, match="the prizes of a published challenge stay"):
        async with owner_sessions.begin() as session:
            await run(session, text(change))


@pytest.mark.parametrize("change", ["UPDATE challenge_steps SET step = 'x'", "DELETE FROM challenge_steps"])
async def test_what_was_done_to_a_challenge_is_kept(owner_sessions, change):
    async with owner_sessions.begin() as session:
        await a_draft(session, "1")

    with pytest.raises(DBAPIError, match="append-only"):
        async with owner_sessions.begin() as session:
            await run(session, text(change))


async def test_prizes_of_a_year_take_from_the_budget_in_which_they_are_given(session):
    late = design(starts_on=TODAY.replace(month=11), ends_on=TODAY.replace(year=2027, month=9, day=25), **pool(10))
    made = await drafted(session, late, "mots", MOTS, key="1", content="1", now=NOW)

    assert await figure(session, "SELECT prize_year FROM challenges WHERE id = :id", id=made) == TODAY.replace(
        year=2027, month=10, day=1
    )


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE credit_budgets SET reserved = reserved - 1",
        "UPDATE challenges SET prize_reserved = prize_reserved - 1",
        "DELETE FROM credit_budgets",
        "UPDATE challenges SET state = 'cancelled'",
    ],
)
async def test_the_check_finds_reservations_that_do_not_hold(session, tampering):
    await a_budget(session, 1_000)
    made = await a_draft(session, "1", **pool(600))
    await published(session, made, MOTS, key="2", now=NOW)
    before = await wrong(session)

    await run(session, text(tampering))

    assert before == []
    assert len(await wrong(session)) == 1 + tampering.startswith("UPDATE challenges SET prize")


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_organisers_do_the_budget_holds_what_is_promised(worker_sessions, seed):
    dice, made, limit = random.Random(seed), [], 1_000  # noqa: S311
    async with worker_sessions.begin() as session:
        await a_budget(session, limit)

    async def act(session, number):
        key, one = str(number), dice.choice(made) if made else None
        what = dice.choice(["draft", "edit", "publish", "publish", "cancel", "advance"]) if made else "draft"
        if what == "draft":
            made.append(await a_draft(session, key, **pool(dice.choice([1, 400, 700, 1_001]))))
        elif what == "edit":
            await edited(session, one, pool(dice.choice([300, 500])), MOTS, key=key, now=NOW)
        elif what == "publish":
            await published(session, one, MOTS, key=key, now=NOW)
        elif what == "cancel":
            await cancelled(session, one, REASON, MOTS, key=key, now=NOW)
        else:
            await advanced(session, TODAY + timedelta(days=dice.choice([0, 21])))

    refused = set()
    for number in range(25):
        try:
            async with worker_sessions.begin() as session:
                await act(session, number)
        except Refused as refusal:
            refused.add(type(refusal))
        async with worker_sessions() as session:
            reserved = await figure(session, "SELECT reserved FROM credit_budgets")
            promised = await figure(
                session,
                "SELECT coalesce(sum(prize_budget), 0) FROM challenges WHERE state NOT IN ('draft', 'cancelled')",
            )
            assert reserved == promised <= limit
            assert await wrong(session) == []

    assert refused & {BudgetExceeded, ChallengeDecided}
