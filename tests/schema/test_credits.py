from datetime import timedelta

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
