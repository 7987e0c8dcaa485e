"""Rulebooks through the contract: two administrators, refusals, what everybody sees."""

import asyncio
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.viewer import USUAL_SCOPES, Viewer, ViewerKind
from domain.cards import stated
from domain.errors import BadInput
from domain.figures import Figures
from domain.rulebooks import approved
from domain.rulemaking import amended
from tests.schema import factories as make

TOMORROW = make.TODAY + timedelta(days=1)
LATER = make.TODAY + timedelta(days=30)

PAYLOAD = """
    userErrors { code message path }
    rulebook { version state inForceFrom basedOn draftedBy approvedBy approvedAt
               figures { kcalPerCredit dailyCapCredits speedLimitsRunningFlagMps }
               changes { name before value unit description(language: EN) }
               steps { step doneBy clientId reason doneAt } }
"""
DRAFT = (
    "mutation($figures: RulebookFiguresInput!, $from: Date!, $reason: String!, $key: String!) "
    "{ draftRulebook(input: {figures: $figures, inForceFrom: $from, reason: $reason, idempotencyKey: $key}) "
    "{" + PAYLOAD + "idempotencyKey } }"
)
APPROVE = 'mutation($version: Int!) { approveRulebook(input: {version: $version, reason: "agreed"}) {' + PAYLOAD + "} }"
WITHDRAW = 'mutation($version: Int!) { withdrawRulebook(input: {version: $version, reason: "no"}) {' + PAYLOAD + "} }"


def administrator(number: int = 1, client: str = "ccc-admin", *, alone=False) -> Viewer:
    user = None if alone else UUID(int=number)
    return Viewer(ViewerKind.ADMIN, user, client, None, USUAL_SCOPES[ViewerKind.ADMIN])


ONE, OTHER = administrator(1), administrator(2)


@pytest.fixture
def draft(ask):
    async def drafted(viewer=ONE, *, on=LATER, reason="dearer", key="k", **figures):
        given = {"figures": figures or {"kcalPerCredit": 200}, "from": str(on), "reason": reason, "key": key}
        return (await ask(DRAFT, viewer, **given))["draftRulebook"]

    return drafted


@pytest.fixture
def decide(ask):
    async def decided(document, version, viewer=OTHER):
        return next(iter((await ask(document, viewer, version=version)).values()))

    return decided


def code_of(payload):
    (error,) = payload["userErrors"]
    return error["code"]


async def test_a_draft_copies_the_rulebook_it_follows_and_says_what_changes(draft):
    made = await draft(kcalPerCredit=200, speedLimitsRunningFlagMps=6.0)

    assert made == {
        "userErrors": [],
        "idempotencyKey": "k",
        "rulebook": {
            "version": 2,
            "state": "DRAFT",
            "inForceFrom": str(LATER),
            "basedOn": 1,
            "draftedBy": f"user:{UUID(int=1)}",
            "approvedBy": None,
            "approvedAt": None,
            "figures": {"kcalPerCredit": 200, "dailyCapCredits": 20, "speedLimitsRunningFlagMps": 6.0},
            "changes": [
                {
                    "name": "kcal_per_credit",
                    "before": 100.0,
                    "value": 200.0,
                    "unit": "กิโลแคลอรี",
                    "description": "Energy of a day that gives one credit; what remains lapses at midnight.",
                },
                {
                    "name": "speed_limits.running.flag_mps",
                    "before": 5.5,
                    "value": 6.0,
                    "unit": "เมตรต่อวินาที",
                    "description": "Average speed above which an activity waits for review.",
                },
            ],
            "steps": [
                {
                    "step": "DRAFTED",
                    "doneBy": f"user:{UUID(int=1)}",
                    "clientId": "ccc-admin",
                    "reason": "dearer",
                    "doneAt": "2026-01-31T05:00:00Z",
                }
            ],
        },
    }


async def test_another_administrator_approves_and_it_decides_from_its_date_on(draft, decide, ask, worker_sessions):
    await draft()

    made = await decide(APPROVE, 2)

    rulebook = made["rulebook"]
    assert (made["userErrors"], rulebook["state"], rulebook["approvedBy"]) == ([], "APPROVED", f"user:{UUID(int=2)}")
    assert [each["step"] for each in rulebook["steps"]] == ["DRAFTED", "APPROVED"]
    async with worker_sessions() as session:
        books = await approved(session)
    days = [LATER - timedelta(days=1), LATER, LATER + timedelta(days=100)]
    assert [books.on(day).version for day in days] == [1, 2, 2]
    asked = [
        await ask("query($on: Date!) { rulebookInForce(on: $on) { version } }", make.citizen(UUID(int=9)), on=str(day))
        for day in days
    ]
    assert [each["rulebookInForce"]["version"] for each in asked] == [1, 2, 2]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (administrator(1), administrator(1, "another-client")),
        (administrator(alone=True), administrator(alone=True)),
        (administrator(1), administrator(alone=True)),
        (administrator(alone=True), administrator(1)),
    ],
    ids=["one person", "one client", "a person, then their client", "a client, then a person by it"],
)
async def test_nobody_approves_their_own_draft(draft, decide, first, second):
    await draft(first)

    assert code_of(await decide(APPROVE, 2, second)) == "SAME_ADMINISTRATOR"
    assert code_of(await decide(APPROVE, 2, first)) == "SAME_ADMINISTRATOR"


async def test_of_approvals_at_the_same_moment_one_wins(draft, decide):
    await draft()

    made = await asyncio.gather(*[decide(APPROVE, 2, administrator(number)) for number in range(2, 6)])

    won = [each for each in made if not each["userErrors"]]
    assert len(won) == 1
    assert {code_of(each) for each in made if each["userErrors"]} == {"RULEBOOK_DECIDED"}
    assert [step["step"] for step in won[0]["rulebook"]["steps"]] == ["DRAFTED", "APPROVED"]


async def test_approving_again_as_the_same_administrator_changes_nothing(draft, decide):
    await draft()

    first, again = await decide(APPROVE, 2), await decide(APPROVE, 2)

    assert again == first


async def test_a_draft_made_before_another_came_into_force_is_drafted_anew(draft, decide):
    await draft(key="a", kcalPerCredit=200)
    await draft(key="b", dailyCapCredits=30, on=LATER - timedelta(days=1))
    await decide(APPROVE, 3)

    refused = await decide(APPROVE, 2)
    await draft(key="c", kcalPerCredit=200)
    anew = await decide(APPROVE, 4)

    assert code_of(refused) == "RULEBOOK_OUTDATED"
    assert (anew["rulebook"]["figures"]["kcalPerCredit"], anew["rulebook"]["figures"]["dailyCapCredits"]) == (200, 30)


@pytest.mark.parametrize(
    ("figures", "path", "says"),
    [
        ({"kcalPerCredit": 0}, "kcalPerCredit", "kcalPerCredit must be 1 to 10,000 kcal"),
        ({"defaultMassKg": 500, "energyMet": 0}, "defaultMassKg", "energyMet must be 1 to 100 MET"),
        ({"manualDailyCapCredits": 21}, "manualDailyCapCredits", "above dailyCapCredits, 20"),
        ({"speedLimitsWalkingFlagMps": 9}, "speedLimitsWalkingFlagMps", "above speedLimitsWalkingRejectMps, 4"),
    ],
)
async def test_figures_that_cannot_be_are_refused_each_by_its_name(draft, figures, path, says):
    refused = await draft(**figures)

    assert refused["userErrors"][0]["path"] == ["input", "figures", path]
    assert says in refused["userErrors"][0]["message"]
    assert refused["rulebook"] is None


async def test_the_past_is_never_decided_anew(draft):
    assert (await draft(on=make.TODAY))["userErrors"][0]["path"] == ["input", "inForceFrom"]
    assert (await draft(on=TOMORROW, key="other"))["userErrors"] == []


async def test_a_draft_whose_day_has_come_is_not_approved(draft, execute):
    await draft(on=TOMORROW)

    last_hour = make.NOW.replace(hour=16, minute=1)  # 23:01 in Bangkok
    result = await execute(APPROVE, OTHER, now=last_hour, version=2)

    assert code_of(result.data["approveRulebook"]) == "RULEBOOK_TOO_LATE"


async def test_nothing_to_change_and_no_reason_are_refused(draft):
    assert (await draft(kcalPerCredit=100))["userErrors"][0]["path"] == ["input", "figures"]
    assert (await draft(reason=" "))["userErrors"][0]["path"] == ["input", "reason"]


async def test_the_same_key_gives_the_same_draft_and_stands_for_no_other(draft):
    first, again = await draft(), await draft()
    other = await draft(kcalPerCredit=300)
    of_another = await draft(OTHER, kcalPerCredit=300)

    assert again == first
    assert code_of(other) == "CONFLICT"
    assert of_another["rulebook"]["version"] == 3


async def test_a_draft_and_an_approved_one_not_in_force_can_be_withdrawn(draft, decide):
    await draft()
    await draft(key="b", dailyCapCredits=30)
    await decide(APPROVE, 3)

    withdrawn = [await decide(WITHDRAW, version) for version in (2, 3, 3)]

    assert [each["rulebook"]["state"] for each in withdrawn] == ["WITHDRAWN"] * 3
    assert withdrawn[2] == withdrawn[1]
    assert code_of(await decide(APPROVE, 2)) == "RULEBOOK_DECIDED"
    assert code_of(await decide(WITHDRAW, 1)) == "RULEBOOK_DECIDED"
    assert code_of(await decide(WITHDRAW, 9)) == "NOT_FOUND"


async def test_rules_in_force_are_public_and_drafts_are_not(draft, execute, ask):
    await draft()
    document = """{ rulebookInForce {
        version state draftedAt approvedAt replaces { version } changes { name }
        rules { name value before least most unit(language: EN) source(language: EN) } figures { vigorousMet }
    } }"""

    data = await ask(document)
    hidden = await execute("{ rulebooks { nodes { version } } rulebookInForce { steps { step } draftedBy } }")
    node = await ask("query($id: ID!) { node(id: $id) { id } }", id=make.gid("Rulebook", 2))

    rulebook = data["rulebookInForce"]
    assert [each["name"] for each in rulebook["rules"]] == [each.name for each in stated(Figures())]
    assert [each["value"] for each in rulebook["rules"]] == [each.value for each in stated(Figures())]
    assert (rulebook["version"], rulebook["replaces"], rulebook["changes"]) == (1, None, [])
    assert rulebook["figures"] == {"vigorousMet": 6.0}
    assert hidden.data == {"rulebooks": None, "rulebookInForce": {"steps": None, "draftedBy": None}}
    assert {each["extensions"]["code"] for each in hidden.errors} == {"FORBIDDEN"}
    assert node == {"node": None}


async def test_administrators_list_every_rulebook_the_newest_first(draft, ask):
    await draft()

    data = await ask("{ rulebooks(first: 5) { nodes { version state replaces { version } } } }", ONE)

    assert data["rulebooks"]["nodes"] == [
        {"version": 2, "state": "DRAFT", "replaces": {"version": 1}},
        {"version": 1, "state": "APPROVED", "replaces": None},
    ]


@pytest.mark.parametrize("viewer", [make.citizen(UUID(int=1)), make.partner("garmin"), make.ministry()])
async def test_only_administrators_change_rules(execute, viewer):
    result = await execute(APPROVE, viewer, version=1)

    assert result.errors[0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rulebooks SET figures = jsonb_set(figures, '{kcal_per_credit}', '1') WHERE version = 2",
        "UPDATE rulebooks SET in_force_from = '2020-01-01' WHERE version = 2",
        "UPDATE rulebooks SET approved_by = 'user:else' WHERE version = 2",
        "UPDATE rulebooks SET state = 'approved', approved_at = now() WHERE version = 2",
        "UPDATE rulebooks SET state = 'draft', approved_by = NULL WHERE version = 2",
        "UPDATE rulebooks SET state = 'approved', approved_by = drafted_by, approved_at = now() WHERE version = 3",
        "UPDATE rulebooks SET figures = '{}' WHERE version = 3",
        "DELETE FROM rulebooks WHERE version = 2",
        "UPDATE rulebook_steps SET reason = 'other'",
        "DELETE FROM rulebook_steps",
        "TRUNCATE rulebook_steps",
    ],
)
async def test_the_database_refuses_to_change_what_was_decided_also_for_its_owner(draft, decide, database_url, change):
    await draft()
    await draft(key="b", dailyCapCredits=30)
    await decide(APPROVE, 2)

    with psycopg.connect(database_url) as owner, pytest.raises(psycopg.errors.IntegrityError):
        owner.execute(change)


PATHS = [each.path for each in stated(Figures())]


@given(st.dictionaries(st.sampled_from(PATHS), st.floats(-10, 200_000)))
def test_what_is_accepted_is_within_bounds_and_differs_only_as_wished(changes):
    try:
        made = amended(Figures(), changes)
    except BadInput:
        return

    before = {each.path: each.value for each in stated(Figures())}
    assert {each.path: each.value for each in stated(made)} == {**before, **changes}
    assert all(each.card.least <= each.value <= each.card.most for each in stated(made))
