"""`awardCredits`, `redeemCredits`, `reverseEntry`, `setCreditBudget`: who may give, spend and take back."""

import asyncio
from datetime import date, timedelta

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text

from app import db
from domain.base import run
from domain.budgets import fiscal_year_of
from domain.check import findings
from domain.connections import hashed_with
from domain.drafts import Deletion
from domain.partners import Partner
from domain.scopes import Scope
from resolvers.context import Context
from tests.schema import factories as make

AWARD = """
mutation($input: AwardCreditsInput!) { awardCredits(input: $input) {
    idempotencyKey userErrors { code message path }
    results { index outcome entry { id amount kind issuer cause causeText localDate balanceAfter } }
} }
"""
REDEEM = """
mutation($input: RedeemCreditsInput!) { redeemCredits(input: $input) {
    userErrors { code message path } entry { id amount kind issuer causeText balanceAfter }
} }
"""
REVERSE = """
mutation($input: ReverseEntryInput!) { reverseEntry(input: $input) {
    userErrors { code message path } entry { id amount kind issuer reverses }
} }
"""
BUDGET = """
mutation($input: SetCreditBudgetInput!) { setCreditBudget(input: $input) {
    userErrors { code message path }
    budget { kind startsOn endsOn budget spent remaining mostPerAward changes { budget reason setBy } }
} }
"""
ACCOUNT = "{ viewer { user { creditBalance creditDebt creditEntries { nodes { id amount kind balanceAfter } } } } }"
CAUSE = {"th": "เก็บขยะชายหาด", "en": "Beach clean-up"}
YEAR = "2025-10-01"  # the fiscal year of the tests' present
AGENCY = make.partner("dpe", Scope.CREDIT_AWARD)
SHOP = make.sponsor("demo_sponsor")


@pytest.fixture
def change(ask):
    """Runs a mutation of one field as somebody; gives its payload."""

    async def changed(document, viewer, **given):
        given.setdefault("idempotencyKey", "key-1")
        (payload,) = (await ask(document, viewer, input=given)).values()
        return payload

    return changed


@pytest.fixture
def budget(change):
    async def given(amount=100, kind="VOLUNTEERING", **more):
        decision = {"partner": "dpe", "kind": kind, "startsOn": YEAR, "reason": "agreed", "budget": amount, **more}
        decision.setdefault("idempotencyKey", f"budget-{kind}-{amount}")
        return await change(BUDGET, make.admin(), **decision)

    return given


def award(ref="D-1", amount=5, kind="VOLUNTEERING", **more):
    return {"personRef": ref, "amount": amount, "kind": kind, "cause": CAUSE, **more}


async def volunteer(sessions, ref="D-1", *scopes, partner="dpe"):
    user = await make.person(sessions)
    await make.linked(sessions, user, partner, ref, *(scopes or (Scope.CREDIT_AWARD,)))
    return user


async def account(ask, user):
    return (await ask(ACCOUNT, make.citizen(user)))["viewer"]["user"]


async def left(ask):
    budgets = (await ask('{ partner(name: "dpe") { creditBudgets { kind remaining } } }', AGENCY))["partner"]
    return {each["kind"]: each["remaining"] for each in budgets["creditBudgets"]}


async def wrong(sessions):
    async with sessions() as session:
        return [line async for _, _, lines in findings(session) for line in lines]


def codes(payload):
    return [(each["code"], each["path"]) for each in payload["userErrors"]]


async def test_an_agency_awards_within_its_budget_those_who_let_it(change, budget, ask, worker_sessions):
    await budget(100)
    malee = await volunteer(worker_sessions, "D-1", Scope.CREDIT_AWARD)
    await volunteer(worker_sessions, "D-2", Scope.ACTIVITY_READ)  # linked, and has not granted it

    payload = await change(
        AWARD, AGENCY, awards=[award(localDate="2026-01-30"), award("D-2"), award("D-404"), award(amount=7)]
    )

    assert payload["userErrors"] == []
    assert [each["outcome"] for each in payload["results"]] == [
        "AWARDED",
        "UNKNOWN_PERSON",
        "UNKNOWN_PERSON",
        "AWARDED",
    ]
    first = payload["results"][0]["entry"]
    assert first == {
        "id": first["id"], "amount": 5, "kind": "VOLUNTEERING", "issuer": "dpe", "cause": "award",
        "causeText": CAUSE["th"], "localDate": "2026-01-30", "balanceAfter": None,
    }  # fmt: skip
    held = await account(ask, malee)
    assert (held["creditBalance"], [each["balanceAfter"] for each in held["creditEntries"]["nodes"]]) == (12, [12, 5])
    assert await left(ask) == {"VOLUNTEERING": 88}
    assert await wrong(worker_sessions) == []


async def test_a_person_is_named_by_the_global_id_too(change, budget, worker_sessions):
    await budget()
    malee = await volunteer(worker_sessions)
    stranger = await make.person(worker_sessions)
    awards = [{**award(), "personRef": None, "userId": make.gid("User", user)} for user in (malee, stranger)]

    payload = await change(AWARD, AGENCY, awards=awards)

    assert [each["outcome"] for each in payload["results"]] == ["AWARDED", "UNKNOWN_PERSON"]


async def test_beyond_a_budget_nothing_is_awarded_and_the_key_stays_unused(change, budget, ask, worker_sessions):
    await budget(9)
    await budget(50, "GOOD_DEED")
    malee = await volunteer(worker_sessions)
    given = [award(kind="GOOD_DEED"), award(), award()]

    refused = await change(AWARD, AGENCY, awards=given)
    before = await left(ask)
    await budget(10)
    again = await change(AWARD, AGENCY, awards=given)

    assert codes(refused) == [("BUDGET_EXCEEDED", ["input", "awards"])]
    assert "10 VOLUNTEERING credits and 9 are left" in refused["userErrors"][0]["message"]
    assert before == {"VOLUNTEERING": 9, "GOOD_DEED": 50}
    assert again["userErrors"] == []
    assert await left(ask) == {"VOLUNTEERING": 0, "GOOD_DEED": 45}
    assert (await account(ask, malee))["creditBalance"] == 15


async def test_without_a_budget_of_the_kind_and_year_nothing_is_awarded(change, budget, worker_sessions):
    await budget(100, "GOOD_DEED")
    await budget(100, startsOn="2024-10-01", idempotencyKey="last year")
    await volunteer(worker_sessions)

    assert codes(await change(AWARD, AGENCY, awards=[award()])) == [("BUDGET_EXCEEDED", ["input", "awards"])]


async def test_one_award_is_no_more_than_the_budget_says(change, budget, worker_sessions):
    await budget(100, mostPerAward=5)
    await volunteer(worker_sessions)

    payloads = [await change(AWARD, AGENCY, awards=[award(amount=n)], idempotencyKey=str(n)) for n in (5, 6)]

    assert [codes(each) for each in payloads] == [[], [("BUDGET_EXCEEDED", ["input", "awards"])]]


async def test_the_same_key_answers_the_same_and_is_refused_for_something_else(change, budget, ask, worker_sessions):
    await budget()
    malee = await volunteer(worker_sessions)
    given = [award(), award("D-9")]
    first = await change(AWARD, AGENCY, awards=given)
    await volunteer(worker_sessions, "D-9")

    same = await change(AWARD, AGENCY, awards=given)
    other = await change(AWARD, AGENCY, awards=[award(amount=6), award("D-9")])

    assert same == first
    assert codes(other) == [("CONFLICT", ["input", "idempotencyKey"])]
    assert (await account(ask, malee))["creditBalance"] == 5


@pytest.mark.parametrize(
    ("awards", "path"),
    [
        ([], ["input", "awards"]),
        ([award()] * 1001, ["input", "awards"]),
        ([award(), award(amount=0)], ["input", "awards", "1", "amount"]),
        ([award(amount=1_000_001)], ["input", "awards", "0", "amount"]),
        ([award(kind="EXERCISE")], ["input", "awards", "0", "kind"]),
        ([award(kind="REDEMPTION")], ["input", "awards", "0", "kind"]),
        ([award(localDate="2026-02-01")], ["input", "awards", "0", "localDate"]),
        ([award(ref=None)], ["input", "awards", "0", "personRef"]),
        (
            [award(userId=make.gid("User", "019a0000-0000-7000-8000-000000000000"))],
            ["input", "awards", "0", "personRef"],
        ),
        ([award(cause={"th": " ", "en": "x"})], ["input", "awards", "0", "cause", "th"]),
        ([award(cause={"th": "ก", "en": "x" * 201})], ["input", "awards", "0", "cause", "en"]),
    ],
)
async def test_awards_that_make_no_sense_are_refused_at_their_place(change, budget, worker_sessions, awards, path):
    await budget()
    await volunteer(worker_sessions)

    assert codes(await change(AWARD, AGENCY, awards=awards)) == [("BAD_USER_INPUT", path)]


async def test_a_partner_without_a_signed_agreement_neither_awards_nor_redeems(change, budget, worker_sessions):
    await budget()
    await volunteer(worker_sessions)
    async with worker_sessions.begin() as session:
        for name in ("dpe", "demo_sponsor"):
            (await session.get(Partner, name)).agreement = "suspended"

    awarded = await change(AWARD, AGENCY, awards=[award()])
    redeemed = await change(REDEEM, SHOP, amount=1, cause=CAUSE, personRef="S-1")

    assert (codes(awarded), codes(redeemed)) == ([("CONFLICT", [])], [("CONFLICT", [])])


async def test_a_thousand_awards_take_as_many_statements_as_thirty(change, budget, worker_sessions, database_url):
    await budget(10_000)
    for n in range(3):
        await volunteer(worker_sessions, f"D-{n}")
    await change(AWARD, AGENCY, awards=[award(f"D-{n}") for n in range(3)])  # the first opens their accounts
    counts = []
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("CREATE EXTENSION pg_stat_statements")
        for size in (30, 1000):
            admin.execute("SELECT pg_stat_statements_reset()")
            await change(AWARD, AGENCY, awards=[award(f"D-{n % 3}") for n in range(size)], idempotencyKey=str(size))
            counts += admin.execute("""
                SELECT sum(calls) FROM pg_stat_statements WHERE query !~ 'pg_stat_'
                  AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            """).fetchone()

    assert counts[0] == counts[1]
    assert counts[0] < 30


async def test_credits_of_other_kinds_never_count_as_exercise(change, budget, worker_sessions):
    await budget()
    ref = "D-1"
    malee = await volunteer(worker_sessions, ref)
    await make.sent(worker_sessions, "dpe", make.run(person_ref=ref))
    await change(AWARD, AGENCY, awards=[award(localDate="2026-01-31")])
    await change(REDEEM, make.citizen(malee), amount=2, cause=CAUSE)

    async with worker_sessions() as session:
        days = (await run(session, text("SELECT array_agg(credits) FROM user_days"))).scalar()
        periods = (await run(session, text("SELECT array_agg(DISTINCT credits) FROM user_periods"))).scalar()
    assert (days, periods) == ([7], [7])
    assert await wrong(worker_sessions) == []


async def test_a_citizen_spends_what_is_there_and_no_more(change, ask, worker_sessions):
    malee = await make.active(worker_sessions)

    bought = await change(REDEEM, make.citizen(malee), amount=5, cause=CAUSE)
    again = await change(REDEEM, make.citizen(malee), amount=5, cause=CAUSE)
    other = await change(REDEEM, make.citizen(malee), amount=2, cause=CAUSE)
    more = await change(REDEEM, make.citizen(malee), amount=3, cause=CAUSE, idempotencyKey="key-2")

    entry = bought["entry"]
    assert entry == {
        "id": entry["id"], "amount": -5, "kind": "REDEMPTION", "issuer": "ccc", "causeText": CAUSE["th"],
        "balanceAfter": 2,
    }  # fmt: skip
    assert again == bought
    assert codes(other) == [("CONFLICT", ["input", "idempotencyKey"])]
    assert (codes(more), more["entry"]) == ([("NOT_ENOUGH_CREDITS", ["input", "amount"])], None)
    assert "balance is 2" in more["userErrors"][0]["message"]
    assert (await account(ask, malee))["creditBalance"] == 2


async def test_a_shop_redeems_for_those_who_let_it_and_learns_no_balance(change, ask, worker_sessions):
    malee = await make.active(worker_sessions)
    await make.linked(worker_sessions, malee, "demo_sponsor", "S-1", Scope.CREDIT_REDEEM)
    other = await make.active(worker_sessions)
    await make.linked(worker_sessions, other, "demo_sponsor", "S-2", Scope.PROFILE_READ)

    bought = await change(REDEEM, SHOP, amount=5, cause=CAUSE, personRef="S-1")
    more = await change(REDEEM, SHOP, amount=3, cause=CAUSE, personRef="S-1", idempotencyKey="key-2")
    strangers = [
        await change(REDEEM, SHOP, amount=1, cause=CAUSE, **named)
        for named in ({"personRef": "S-2"}, {"personRef": "S-404"}, {"userId": make.gid("User", other)})
    ]

    assert (bought["entry"]["issuer"], bought["entry"]["balanceAfter"]) == ("demo_sponsor", None)
    assert codes(more) == [("NOT_ENOUGH_CREDITS", ["input", "amount"])]
    assert "balance" not in more["userErrors"][0]["message"]
    assert [each["userErrors"][0]["code"] for each in strangers] == ["NOT_FOUND"] * 3
    assert (await account(ask, malee))["creditBalance"] == 2


@pytest.mark.parametrize(
    "named", [{"personRef": "S-1"}, {"userId": make.gid("User", "019a0000-0000-7000-8000-000000000000")}]
)
async def test_a_citizen_spends_for_nobody_else(change, worker_sessions, named):
    malee = await make.active(worker_sessions)

    payload = await change(REDEEM, make.citizen(malee), amount=1, cause=CAUSE, **named)

    assert codes(payload) == [("BAD_USER_INPUT", ["input", "personRef"])]


async def test_an_award_is_taken_back_once_and_returns_to_its_budget(change, budget, ask, worker_sessions):
    await budget(10)
    malee = await volunteer(worker_sessions)
    entry = (await change(AWARD, AGENCY, awards=[award(amount=10)]))["results"][0]["entry"]["id"]

    back = await change(REVERSE, AGENCY, entryId=entry, cause=CAUSE)
    again = await change(REVERSE, AGENCY, entryId=entry, cause=CAUSE, idempotencyKey="key-2")
    chained = await change(REVERSE, AGENCY, entryId=back["entry"]["id"], cause=CAUSE)

    made = {"amount": -10, "kind": "REVERSAL", "issuer": "dpe", "reverses": entry}
    assert back["entry"] == {"id": back["entry"]["id"], **made}
    assert again == back
    assert codes(chained) == [("NOT_REVERSIBLE", ["input", "entryId"])]
    assert await left(ask) == {"VOLUNTEERING": 10}
    assert (await account(ask, malee))["creditBalance"] == 0
    assert await wrong(worker_sessions) == []


async def test_only_the_issuer_and_administrators_take_back(change, budget, ask, worker_sessions):
    await budget()
    malee = await volunteer(worker_sessions, "D-1", Scope.CREDIT_AWARD, Scope.CREDIT_REDEEM)
    await make.linked(worker_sessions, malee, "rtaf", "R-1", Scope.CREDIT_AWARD)
    entry = (await change(AWARD, AGENCY, awards=[award()]))["results"][0]["entry"]["id"]
    await change(REDEEM, make.citizen(malee), amount=1, cause=CAUSE)
    spent = (await account(ask, malee))["creditEntries"]["nodes"][0]["id"]

    by_others = [
        await change(REVERSE, viewer, entryId=which, cause=CAUSE)
        for viewer, which in [
            (make.partner("rtaf", Scope.CREDIT_AWARD), entry),
            (make.partner("dpe", Scope.CREDIT_REDEEM), entry),
            (AGENCY, spent),
        ]
    ]
    by_admin = await change(REVERSE, make.admin(), entryId=spent, cause=CAUSE)

    assert [codes(each) for each in by_others] == [[("NOT_FOUND", ["input", "entryId"])]] * 3
    assert (by_admin["entry"]["amount"], by_admin["entry"]["issuer"]) == (1, "ccc")


async def test_exercise_is_not_taken_back_by_hand(change, ask, worker_sessions):
    malee = await make.active(worker_sessions)
    entry = (await account(ask, malee))["creditEntries"]["nodes"][0]["id"]

    assert codes(await change(REVERSE, make.admin(), entryId=entry, cause=CAUSE)) == [
        ("NOT_REVERSIBLE", ["input", "entryId"])
    ]


async def test_a_deletion_after_spending_leaves_a_debt_that_later_credits_work_off(change, ask, worker_sessions):
    malee = await make.person(worker_sessions)
    ref = await make.linked(worker_sessions, malee, "garmin")
    workout = make.run(person_ref=ref)
    await make.sent(worker_sessions, "garmin", workout, now=make.NOW - timedelta(hours=1))
    await change(REDEEM, make.citizen(malee), amount=5, cause=CAUSE)

    await make.sent(worker_sessions, "garmin", Deletion(partner_ref=workout.partner_ref, person_ref=ref))
    owed = await account(ask, malee)
    refused = await change(REDEEM, make.citizen(malee), amount=1, cause=CAUSE, idempotencyKey="key-2")
    await make.sent(worker_sessions, "garmin", make.run(make.NOW - timedelta(days=2), person_ref=ref))
    paid = await account(ask, malee)

    assert (owed["creditBalance"], owed["creditDebt"]) == (-5, 5)
    assert codes(refused) == [("NOT_ENOUGH_CREDITS", ["input", "amount"])]
    assert (paid["creditBalance"], paid["creditDebt"]) == (2, 0)
    assert [each["balanceAfter"] for each in paid["creditEntries"]["nodes"]] == [2, -5, 2, 7]
    assert await wrong(worker_sessions) == []


async def test_administrators_set_budgets_and_every_decision_is_kept(budget, worker_sessions, change):
    first = await budget(100, reason="agreed in October")
    await volunteer(worker_sessions)
    await change(AWARD, AGENCY, awards=[award(amount=60)])

    less = await budget(59)
    raised = await budget(200, mostPerAward=60, reason="a flood")
    replayed = await budget(100, reason="agreed in October")
    misused = await budget(300, idempotencyKey="budget-VOLUNTEERING-100")

    shared = {"kind": "VOLUNTEERING", "startsOn": YEAR, "endsOn": "2026-09-30"}
    made = {"budget": 100, "reason": "agreed in October", "setBy": "ccc-admin"}
    assert first["budget"] == {
        **shared,
        "budget": 100,
        "spent": 0,
        "remaining": 100,
        "mostPerAward": None,
        "changes": [made],
    }
    assert codes(less) == [("CONFLICT", ["input", "budget"])]
    assert {name: raised["budget"][name] for name in ("budget", "spent", "mostPerAward")} == {
        "budget": 200, "spent": 60, "mostPerAward": 60,
    }  # fmt: skip
    assert sorted(each["budget"] for each in raised["budget"]["changes"]) == [100, 200]
    assert replayed["budget"] == raised["budget"]
    assert codes(misused) == [("CONFLICT", ["input", "idempotencyKey"])]


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"startsOn": "2026-01-01"}, "BAD_USER_INPUT", ["input", "startsOn"]),
        ({"kind": "EXERCISE"}, "BAD_USER_INPUT", ["input", "kind"]),
        ({"amount": -1}, "BAD_USER_INPUT", ["input", "budget"]),
        ({"mostPerAward": 0}, "BAD_USER_INPUT", ["input", "mostPerAward"]),
        ({"reason": " "}, "BAD_USER_INPUT", ["input", "reason"]),
        ({"partner": "nobody"}, "NOT_FOUND", []),
    ],
)
async def test_decisions_that_make_no_sense_are_refused_at_their_place(budget, given, code, path):
    assert codes(await budget(**given)) == [(code, path)]


async def test_budgets_are_shown_to_their_partner_and_the_decisions_to_administrators_alone(
    budget, ask, worker_sessions
):
    await budget()
    document = '{ partner(name: "dpe") { creditBudgets { budget changes { reason } } } }'

    seen = {
        name: (await ask(document, viewer))["partner"]["creditBudgets"]
        for name, viewer in {
            "itself": AGENCY,
            "administrator": make.admin(),
            "other": make.partner("rtaf", Scope.CREDIT_AWARD),
            "citizen": make.citizen(await make.person(worker_sessions)),
            "ministry": make.ministry(),
        }.items()
    }

    assert seen == {
        "itself": [{"budget": 100, "changes": []}],
        "administrator": [{"budget": 100, "changes": [{"reason": "agreed"}]}],
        "other": [],
        "citizen": [],
        "ministry": [],
    }


async def test_the_scope_opens_each_change_and_nothing_else_does(execute, worker_sessions):
    malee = await make.person(worker_sessions)
    given = {"amount": 1, "cause": CAUSE, "idempotencyKey": "k"}
    tries = [
        (AWARD, make.partner("dpe", Scope.CREDIT_REDEEM), {"awards": [award()], "idempotencyKey": "k"}),
        (AWARD, make.sponsor("demo_sponsor"), {"awards": [award()], "idempotencyKey": "k"}),
        (AWARD, make.admin(), {"awards": [award()], "idempotencyKey": "k"}),
        (REDEEM, make.citizen(malee, without=[Scope.CREDIT_REDEEM]), given),
        (REDEEM, AGENCY, {**given, "personRef": "D-1"}),
        (REDEEM, make.ministry(), given),
        (REVERSE, make.citizen(malee), {"entryId": make.gid("CreditEntry", malee), "cause": CAUSE,
                                        "idempotencyKey": "k"}),
        (BUDGET, AGENCY, {"partner": "dpe", "kind": "AWARD", "startsOn": YEAR, "budget": 1, "reason": "r",
                          "idempotencyKey": "k"}),
    ]  # fmt: skip

    results = [await execute(document, viewer, input=inputs) for document, viewer, inputs in tries]

    assert [each.errors[0]["extensions"]["code"] if each.errors else each.data for each in results] == ["FORBIDDEN"] * 8


async def test_an_issuer_sees_its_own_entries_of_those_who_let_it_and_no_others(change, budget, ask, worker_sessions):
    await budget()
    malee = await volunteer(worker_sessions)
    await make.sent(worker_sessions, "dpe", make.run(person_ref="D-1"))
    await change(AWARD, AGENCY, awards=[award()])
    viewer = make.partner("dpe", Scope.CREDIT_AWARD, Scope.CREDIT_READ)
    document = "{ users { nodes { creditEntries { nodes { amount kind } } } } }"

    granted = await ask(document, viewer)
    async with worker_sessions.begin() as session:
        await run(session, text("UPDATE connections SET scopes = '{}' WHERE user_id = :u"), {"u": malee})
    withdrawn = await ask(document, viewer)

    own = [{"amount": 5, "kind": "VOLUNTEERING"}]
    assert [each["users"]["nodes"][0]["creditEntries"]["nodes"] for each in (granted, withdrawn)] == [own, []]


@pytest_asyncio.fixture
async def many(worker_url):
    """Fifty connections of the worker."""
    engine = db.engine_for(worker_url, connections=50)
    yield db.sessions_of(engine)
    await engine.dispose()


@pytest.fixture
def together(many, execute):
    """Fifty of the same mutation at once, each on a connection of its own; gives their payloads."""

    async def at_once(document, viewer, given):
        engine = execute.engine

        async def one(number):
            context = Context(many, viewer, str, make.NOW)
            result = await engine.execute(document, {"input": given(number)}, None, viewer, context=context)
            assert not result.errors, result.errors
            (payload,) = result.data.values()
            return payload

        return await asyncio.gather(*(one(number) for number in range(50)))

    return at_once


def won(payloads):
    return sum(not each["userErrors"] for each in payloads)


async def test_of_fifty_redemptions_of_the_last_credit_one_wins(together, change, ask, worker_sessions):
    malee = await make.active(worker_sessions)
    await change(REDEEM, make.citizen(malee), amount=6, cause=CAUSE, idempotencyKey="before")

    payloads = await together(
        REDEEM, make.citizen(malee), lambda n: {"amount": 1, "cause": CAUSE, "idempotencyKey": f"key-{n}"}
    )

    assert won(payloads) == 1
    assert {code for each in payloads for code, _ in codes(each)} == {"NOT_ENOUGH_CREDITS"}
    assert (await account(ask, malee))["creditBalance"] == 0
    assert await wrong(worker_sessions) == []


async def test_of_fifty_awards_the_budget_takes_as_many_as_it_holds(together, budget, ask, worker_sessions):
    await budget(50)
    for n in range(7):
        await volunteer(worker_sessions, f"D-{n}")

    payloads = await together(AWARD, AGENCY, lambda n: {"awards": [award(f"D-{n % 7}")], "idempotencyKey": f"key-{n}"})

    assert won(payloads) == 10
    assert await left(ask) == {"VOLUNTEERING": 0}
    assert await wrong(worker_sessions) == []


async def test_one_key_fifty_times_at_once_makes_one_entry(together, budget, ask, worker_sessions):
    await budget()
    malee = await volunteer(worker_sessions)

    awarded = await together(AWARD, AGENCY, lambda _: {"awards": [award()], "idempotencyKey": "one"})
    redeemed = await together(
        REDEEM, make.citizen(malee), lambda _: {"amount": 2, "cause": CAUSE, "idempotencyKey": "one"}
    )
    entry = awarded[0]["results"][0]["entry"]["id"]
    reversed_ = await together(
        REVERSE, AGENCY, lambda n: {"entryId": entry, "cause": CAUSE, "idempotencyKey": f"key-{n}"}
    )

    assert [len({repr(each) for each in payloads}) for payloads in (awarded, redeemed, reversed_)] == [1, 1, 1]
    assert [each["amount"] for each in (await account(ask, malee))["creditEntries"]["nodes"]] == [-5, -2, 5]
    assert await left(ask) == {"VOLUNTEERING": 100}
    assert await wrong(worker_sessions) == []


async def test_awards_redemptions_and_deliveries_of_the_same_people_never_deadlock(
    together, budget, many, worker_sessions
):
    await budget(10_000)
    await budget(10_000, "GOOD_DEED")
    refs = [f"D-{n}" for n in range(8)]
    for ref in refs:
        await volunteer(worker_sessions, ref)
    workouts = {ref: make.runs(6, person_ref=ref) for ref in refs}

    async def delivered(day, order):
        items = [workouts[ref][day] for ref in order]
        await make.sent(many, "dpe", *items)
        await make.sent(
            many, "dpe", *[Deletion(partner_ref=each.partner_ref, person_ref=each.person_ref) for each in items[::2]]
        )

    def mixed(number):
        kinds = ("VOLUNTEERING", "GOOD_DEED")[:: 1 if number % 2 else -1]
        order = refs[number % 8 :] + refs[: number % 8]
        given = [award(ref, kind=kind) for ref in order for kind in kinds]
        return {"awards": given, "idempotencyKey": f"key-{number}"}

    payloads, *_ = await asyncio.gather(
        together(AWARD, AGENCY, mixed), *(delivered(day, refs[::-1] if day % 2 else refs) for day in range(6))
    )

    assert won(payloads) == 50
    assert await wrong(worker_sessions) == []
    async with worker_sessions() as session:
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert (await run(session, text(deadlocks))).scalar() == 0


async def test_the_fiscal_year_turns_on_the_first_of_october_in_bangkok():
    days = [date(2025, 9, 30), date(2025, 10, 1), date(2026, 1, 31)]

    assert [fiscal_year_of(day) for day in days] == [date(2024, 10, 1), date(2025, 10, 1), date(2025, 10, 1)]


async def test_a_person_named_by_a_citizen_number_is_found_by_its_keyed_hash(execute, budget, worker_sessions):
    await budget(100)
    keyed = hashed_with(b"a key of the test")
    user = await volunteer(worker_sessions, keyed("1101700207030"), Scope.CREDIT_AWARD)
    await make.linked(worker_sessions, user, "demo_sponsor", keyed("1101700207030"), Scope.CREDIT_REDEEM)
    given = {"awards": [award("1-1017-00207-03-0")], "idempotencyKey": "1"}

    awarded = await execute(AWARD, AGENCY, hashed=keyed, input=given)
    redeemed = await execute(
        REDEEM,
        SHOP,
        hashed=keyed,
        input={"amount": 5, "cause": CAUSE, "personRef": "1101700207030", "idempotencyKey": "2"},
    )

    assert [each["outcome"] for each in awarded.data["awardCredits"]["results"]] == ["AWARDED"]
    assert redeemed.data["redeemCredits"]["entry"]["amount"] == -5
    assert await wrong(worker_sessions) == []
