from datetime import timedelta

import pytest

from domain.drafts import Deletion
from domain.scopes import Scope
from tests.schema import factories as make

LEDGER = """
{ viewer { user { creditBalance creditEntries { nodes {
    id amount kind issuer cause localDate rulebookVersion reverses
} } } } }
"""


async def test_a_deletion_takes_credits_back_by_an_entry_that_names_the_first(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    ref = await make.linked(worker_sessions, malee, "garmin")
    workout = make.run(person_ref=ref)
    await make.sent(worker_sessions, "garmin", workout, now=make.NOW - timedelta(hours=1))
    await make.sent(worker_sessions, "garmin", Deletion(partner_ref=workout.partner_ref, person_ref=ref))

    user = (await ask(LEDGER, make.citizen(malee)))["viewer"]["user"]

    back, given = user["creditEntries"]["nodes"]
    shared = {"issuer": "ccc", "cause": "activities", "localDate": "2026-01-31", "rulebookVersion": 1}
    assert user["creditBalance"] == 0
    assert given == {"id": given["id"], "amount": 7, "kind": "EXERCISE", "reverses": None, **shared}
    assert back == {"id": back["id"], "amount": -7, "kind": "REVERSAL", "reverses": given["id"], **shared}


async def test_nobody_starts_with_a_balance_of_nothing(ask, worker_sessions):
    malee = await make.person(worker_sessions)

    user = (await ask(LEDGER, make.citizen(malee)))["viewer"]["user"]

    assert user == {"creditBalance": 0, "creditEntries": {"nodes": []}}


async def test_a_partner_reads_the_balance_it_was_granted_and_never_the_ledger(ask, worker_sessions):
    await make.active(worker_sessions, scopes=[Scope.CREDIT_READ])
    await make.active(worker_sessions, days=2)

    data = await ask(
        "{ users { nodes { creditBalance creditEntries { nodes { id } } } } }",
        make.partner("garmin", Scope.CREDIT_READ),
    )

    nothing = {"nodes": []}
    assert data["users"]["nodes"] == [
        {"creditBalance": 7, "creditEntries": nothing},
        {"creditBalance": None, "creditEntries": nothing},
    ]


STATEMENT = """
query($where: EntryFilter, $after: String, $first: Int) { viewer { user { creditBalance creditDebt
    creditEntries(where: $where, first: $first, after: $after) {
        nodes { amount balanceAfter localDate causeText english: causeText(language: EN) } pageInfo { endCursor }
    } } } }
"""


async def test_the_statement_shows_the_balance_after_each_entry_in_the_order_of_booking(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    ref = await make.linked(worker_sessions, malee, "garmin")
    fair = [make.run(make.NOW - timedelta(days=day, hours=5), person_ref=ref) for day in range(30)]
    await make.sent(worker_sessions, "garmin", *fair)
    late = make.run(make.NOW - timedelta(days=40), person_ref=ref)
    await make.sent(worker_sessions, "garmin", late, now=make.NOW - timedelta(minutes=1))  # a clock that is slow
    await make.sent(worker_sessions, "garmin", Deletion(partner_ref=fair[3].partner_ref, person_ref=ref))

    first = (await ask(STATEMENT, make.citizen(malee), first=20))["viewer"]["user"]["creditEntries"]
    after = first["pageInfo"]["endCursor"]
    second = (await ask(STATEMENT, make.citizen(malee), first=20, after=after))["viewer"]["user"]["creditEntries"]

    entries = [*first["nodes"], *second["nodes"]]
    assert [each["balanceAfter"] for each in entries] == [210, 217, *range(210, 0, -7)]
    assert [(entries[n]["amount"], entries[n]["localDate"]) for n in (0, 1)] == [(-7, "2026-01-28"), (7, "2025-12-22")]
    assert {(each["causeText"], each["english"]) for each in entries} == {("การออกกำลังกาย", "Exercise")}


@pytest.mark.parametrize(
    ("where", "amounts"),
    [
        ({}, [-7, 7, 7]),
        ({"kind": "REVERSAL"}, [-7]),
        ({"kind": "EXERCISE"}, [7, 7]),
        ({"kind": "AWARD"}, []),
        ({"fromDate": "2026-01-31"}, [-7]),
        ({"toDate": "2026-01-30"}, [7, 7]),
        ({"fromDate": "2026-01-30", "toDate": "2026-01-30"}, [7]),
        ({"fromDate": "2026-01-30", "kind": "EXERCISE"}, [7]),
        ({"fromDate": "1960-01-01", "toDate": "9999-12-31"}, [-7, 7, 7]),
    ],
)
async def test_the_statement_is_filtered_by_kind_and_by_the_day_of_booking(ask, worker_sessions, where, amounts):
    malee = await make.person(worker_sessions)
    ref = await make.linked(worker_sessions, malee, "garmin")
    midnight = make.NOW.replace(day=30, hour=17, minute=0)
    early, late = (make.run(make.NOW - timedelta(days=day), person_ref=ref) for day in (6, 5))
    await make.sent(worker_sessions, "garmin", early, now=midnight - timedelta(days=1, microseconds=1))
    await make.sent(worker_sessions, "garmin", late, now=midnight - timedelta(microseconds=1))
    await make.sent(worker_sessions, "garmin", Deletion(partner_ref=late.partner_ref, person_ref=ref), now=midnight)

    user = (await ask(STATEMENT, make.citizen(malee), where=where))["viewer"]["user"]

    assert [each["amount"] for each in user["creditEntries"]["nodes"]] == amounts
    assert (user["creditBalance"], user["creditDebt"]) == (7, 0)
