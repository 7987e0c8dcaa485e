import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from domain.base import run
from domain.budgets import Budget
from domain.publishing import advanced
from domain.scopes import Scope
from tests.schema import factories as make

PAYLOAD = "{ userErrors { code message path } idempotencyKey challenge { id state } }"
DOCUMENTS = {
    name: f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {PAYLOAD} }}"
    for name in ("draftChallenge", "editChallenge", "publishChallenge", "cancelChallenge")
}
RULES = """query($id: ID!) { node(id: $id) { ... on Challenge {
    title titleEn: title(language: EN) description(language: EN) sponsor { name } metric mode ranking teamKind
    eligibleSports eligibleSources eligibleTeamKinds eligiblePlaces { code } minAge maxAge dailyCap target dayMetric
    dayLeast startsOn endsOn graceDays state publishedAt cancelledAt cancellation(language: EN) closedAt prizeBudget
    prizes { number kind fromRank toRank amount title(language: EN) }
} } }"""
STEPS = "query($id: ID!) { node(id: $id) { ... on Challenge { steps { step doneBy doneAt } } } }"
SPONSOR = make.sponsor("demo_sponsor")
RACE = {
    "titleTh": "วิ่งรอบเมือง",
    "titleEn": "Around the town",
    "descriptionTh": "วิ่งหรือเดินก็ได้",
    "descriptionEn": "Run or walk.",
    "metric": "CREDITS",
    "mode": "INDIVIDUALS",
    "startsOn": "2026-02-01",
    "endsOn": "2026-02-28",
}
GOLD = {"kind": "RANK", "fromRank": 1, "toRank": 3, "amount": 100, "titleTh": "ทอง", "titleEn": "Gold"}
YEAR = make.TODAY.replace(year=2025, month=10, day=1)


@pytest.fixture
def organise(execute):
    """Calls one of the mutations as somebody; gives the payload."""

    async def organised(name, viewer=SPONSOR, *, now=make.NOW, key="k", **given):
        document = DOCUMENTS[f"{name}Challenge"]
        result = await execute(document, viewer, now=now, input={"idempotencyKey": key, **given})
        assert not result.errors, result.errors
        return result.data[f"{name}Challenge"]

    return organised


@pytest.fixture
def drafted(organise):
    """Drafts a challenge that differs from the race in what is given; gives its global id."""

    async def made(viewer=SPONSOR, key="draft", **different):
        payload = await organise("draft", viewer, key=key, challenge={**RACE, **different})
        assert payload["userErrors"] == []
        return payload["challenge"]["id"]

    return made


@pytest.fixture
def rules(ask):
    async def seen(challenge_id, viewer=SPONSOR):
        return (await ask(RULES, viewer, id=challenge_id))["node"]

    return seen


@pytest_asyncio.fixture
async def budget(worker_sessions):
    """Sets the sponsor's budget of awards, and tells what is spent and reserved of it."""

    async def of(limit, most_per_award=None):
        async with worker_sessions.begin() as session:
            row = Budget(partner_name="demo_sponsor", kind="award", starts_on=YEAR, budget=limit)
            row.most_per_award = most_per_award
            session.add(row)

    async def reserved():
        async with worker_sessions() as session:
            return (await run(session, text("SELECT reserved FROM credit_budgets"))).scalars().all()

    of.reserved = reserved
    return of


def codes(payload):
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def test_a_sponsor_drafts_what_nobody_else_sees(drafted, rules):
    made = await drafted()

    seen = await rules(made)
    assert (seen["state"], seen["sponsor"], seen["titleEn"]) == ("DRAFT", {"name": "demo_sponsor"}, "Around the town")
    assert (seen["ranking"], seen["graceDays"], seen["prizes"]) == ("TOTAL", 7, [])
    for outsider in (make.sponsor("mots"), make.partner("garmin"), make.ministry()):
        assert await rules(made, outsider) is None
    assert (await rules(made, make.admin()))["state"] == "DRAFT"


async def test_all_that_a_challenge_can_be_is_kept_as_sent(drafted, rules):
    everything = {
        "metric": "ACTIVE_DAYS",
        "mode": "TEAMS",
        "teamKind": "ORGANISATION",
        "ranking": "PARTICIPATION_SHARE",
        "dayMetric": "STEPS",
        "dayLeast": 8_000,
        "target": 20,
        "graceDays": 3,
        "eligibility": {
            "sports": ["WALK", "RUN"],
            "sources": ["DEVICE", "PHONE"],
            "teamKinds": ["ORGANISATION"],
            "places": ["R1", "1001"],
            "minAge": 15,
            "maxAge": 60,
        },
        "prizes": [{**GOLD, "kind": "TEAM_RANK"}, {**GOLD, "kind": "TARGET", "fromRank": None, "toRank": None}],
        "prizeBudget": 50_000,
    }

    seen = await rules(await drafted(**everything))

    limits = everything.pop("eligibility")
    prizes = everything.pop("prizes")
    assert {name: seen[name] for name in everything} == everything
    assert (sorted(seen["eligibleSports"]), seen["eligibleSources"]) == (["RUN", "WALK"], limits["sources"])
    assert (seen["minAge"], seen["maxAge"], seen["eligibleTeamKinds"]) == (15, 60, ["ORGANISATION"])
    assert [each["code"] for each in seen["eligiblePlaces"]] == ["1001", "R1"]
    shown = {"fromRank": 1, "toRank": 3, "amount": 100, "title": "Gold"}
    assert seen["prizes"] == [
        {"number": 1, **shown, "kind": prizes[0]["kind"]},
        {"number": 2, **shown, "kind": "TARGET", "fromRank": None, "toRank": None},
    ]


WRONG = [
    ({"titleTh": " "}, "titleTh"),
    ({"titleEn": "x" * 121}, "titleEn"),
    ({"descriptionEn": None}, "descriptionEn"),
    ({"metric": None}, "metric"),
    ({"mode": None}, "mode"),
    ({"mode": "TEAMS"}, "teamKind"),
    ({"mode": "PERSONAL_GOAL", "target": 3, "teamKind": "CLUB"}, "teamKind"),
    ({"ranking": "REGULAR_SHARE"}, "ranking"),
    ({"ranking": None}, "ranking"),
    ({"startsOn": None}, "startsOn"),
    ({"startsOn": "2026-01-30"}, "startsOn"),
    ({"startsOn": "9999-12-31", "endsOn": "9999-12-31"}, "startsOn"),
    ({"endsOn": None}, "endsOn"),
    ({"endsOn": "2026-01-31"}, "endsOn"),
    ({"endsOn": "2027-02-02"}, "endsOn"),
    ({"endsOn": "9999-12-31"}, "endsOn"),
    ({"graceDays": -1}, "graceDays"),
    ({"graceDays": 32}, "graceDays"),
    ({"graceDays": None}, "graceDays"),
    ({"dailyCap": 0}, "dailyCap"),
    ({"target": 2**50}, "target"),
    ({"metric": "ACTIVE_DAYS", "dailyCap": 1}, "dailyCap"),
    ({"metric": "ACTIVE_DAYS", "dayMetric": "ACTIVE_DAYS", "dayLeast": 1}, "dayMetric"),
    ({"metric": "ACTIVE_DAYS", "dayMetric": "STEPS"}, "dayLeast"),
    ({"metric": "ACTIVE_DAYS", "dayLeast": 5}, "dayMetric"),
    ({"dayMetric": "STEPS", "dayLeast": 5}, "dayMetric"),
    ({"mode": "PERSONAL_GOAL"}, "target"),
    ({"mode": "COLLECTIVE_GOAL"}, "target"),
    ({"metric": "ACTIVE_DAYS", "mode": "PERSONAL_GOAL", "target": 29}, "target"),
    ({"mode": "PERSONAL_GOAL", "dailyCap": 10, "target": 281}, "target"),
    ({"eligibility": {"places": ["10", "0000"]}}, "eligibility places 1"),
    ({"eligibility": {"places": ["TH"]}}, "eligibility places 0"),
    ({"eligibility": {"places": ["10"] * 101}}, "eligibility places"),
    ({"eligibility": {"minAge": -1}}, "eligibility minAge"),
    ({"eligibility": {"maxAge": 121}}, "eligibility maxAge"),
    ({"eligibility": {"minAge": 30, "maxAge": 29}}, "eligibility maxAge"),
    ({"prizes": [GOLD] * 21, "prizeBudget": 10_000}, "prizes"),
    ({"prizes": [{**GOLD, "amount": 0}], "prizeBudget": 300}, "prizes 0 amount"),
    ({"prizes": [{**GOLD, "titleEn": ""}], "prizeBudget": 300}, "prizes 0 titleEn"),
    ({"prizes": [{**GOLD, "kind": "TEAM_RANK"}], "prizeBudget": 300}, "prizes 0 kind"),
    ({"prizes": [{**GOLD, "kind": "TARGET"}], "prizeBudget": 300}, "prizes 0 kind"),
    ({"prizes": [{**GOLD, "kind": "TARGET"}], "prizeBudget": 300, "target": 9}, "prizes 0 fromRank"),
    ({"prizes": [{**GOLD, "fromRank": 4}], "prizeBudget": 300}, "prizes 0 fromRank"),
    ({"prizes": [{**GOLD, "toRank": None}], "prizeBudget": 300}, "prizes 0 fromRank"),
    ({"prizes": [GOLD, {**GOLD, "fromRank": 3, "toRank": 9}], "prizeBudget": 3000}, "prizes 1 fromRank"),
    ({"prizes": [GOLD], "prizeBudget": 299}, "prizeBudget"),
    ({"prizes": [GOLD]}, "prizeBudget"),
    ({"prizeBudget": 10}, "prizeBudget"),
]


@pytest.mark.parametrize(("different", "where"), WRONG, ids=[where for _, where in WRONG])
async def test_what_cannot_be_held_is_refused_where_it_stands(organise, different, where):
    payload = await organise("draft", challenge={**RACE, **different})

    assert codes(payload) == [("BAD_USER_INPUT", ["input", "challenge", *where.split()])]
    assert payload["challenge"] is None


async def test_a_draft_is_made_once_for_its_key(organise, worker_sessions):
    first = await organise("draft", challenge=RACE)
    again = await organise("draft", challenge=RACE)
    other = await organise("draft", challenge={**RACE, "titleEn": "Another"})
    of_another = await organise("draft", make.sponsor("mots"), challenge=RACE)

    assert again == first
    assert codes(other) == [("CONFLICT", ["input", "idempotencyKey"])]
    assert of_another["challenge"]["id"] != first["challenge"]["id"]
    async with worker_sessions() as session:
        assert (await run(session, text("SELECT count(*) FROM challenges"))).scalar() == 2


async def test_the_same_draft_sent_many_times_at_once_is_one(organise):
    payloads = await asyncio.gather(*[organise("draft", challenge=RACE) for _ in range(8)])

    assert len({each["challenge"]["id"] for each in payloads}) == 1


async def test_a_refused_call_leaves_its_key_unused(organise):
    await organise("draft", challenge={**RACE, "mode": "TEAMS"})

    assert codes(await organise("draft", challenge=RACE)) == []


async def test_administrators_draft_for_a_partner_and_organisations_for_themselves(organise, rules):
    nobody = await organise("draft", make.admin(), challenge=RACE)
    unknown = await organise("draft", make.admin(), challenge=RACE, sponsor="nobody")
    other = await organise("draft", challenge=RACE, sponsor="mots")
    own = await organise("draft", challenge=RACE, sponsor="demo_sponsor")
    agency = await organise("draft", make.partner("dpe", Scope.CHALLENGE_MANAGE), challenge=RACE)
    held = await organise("draft", make.admin(), key="mots", challenge=RACE, sponsor="mots")

    assert [code for code, _ in codes(nobody) + codes(unknown) + codes(other)] == [
        "BAD_USER_INPUT", "NOT_FOUND", "FORBIDDEN",
    ]  # fmt: skip
    assert codes(own) == codes(agency) == []
    assert (await rules(held["challenge"]["id"], make.sponsor("mots")))["sponsor"] == {"name": "mots"}


@pytest.mark.parametrize("viewer", [make.ministry(), make.partner("dpe"), make.citizen(None)])
async def test_others_organise_nothing(execute, viewer):
    result = await execute(DOCUMENTS["draftChallenge"], viewer, input={"idempotencyKey": "k", "challenge": RACE})

    assert result.data == {"draftChallenge": None}
    assert result.errors[0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_draft_is_edited_field_by_field(organise, drafted, rules):
    made = await drafted(dailyCap=20, prizes=[GOLD], prizeBudget=300)
    before = await rules(made)

    changed = {"dailyCap": None, "target": 50, "prizes": [{**GOLD, "amount": 50}]}
    payload = await organise("edit", challengeId=made, challenge=changed)

    assert codes(payload) == []
    prize = {**before["prizes"][0], "amount": 50}
    assert await rules(made) == {**before, "dailyCap": None, "target": 50, "prizes": [prize]}


async def test_an_edit_is_judged_together_with_what_stays(organise, drafted, rules):
    made = await drafted(prizes=[GOLD], prizeBudget=300)
    before = await rules(made)

    payload = await organise("edit", challengeId=made, challenge={"mode": "COLLECTIVE_GOAL", "target": 5})

    assert codes(payload) == [("BAD_USER_INPUT", ["input", "challenge", "prizes", "0", "kind"])]
    assert await rules(made) == before


async def test_an_edit_sent_again_late_takes_nothing_back(organise, drafted, rules):
    made = await drafted()
    first = {"challengeId": made, "challenge": {"titleEn": "First"}, "key": "1"}
    await organise("edit", **first)
    await organise("edit", challengeId=made, challenge={"titleEn": "Second"}, key="2")

    again = await organise("edit", **first)

    assert codes(again) == []
    assert (await rules(made))["titleEn"] == "Second"


FROZEN = {
    "metric": "STEPS",
    "mode": "COLLECTIVE_GOAL",
    "teamKind": "SCHOOL",
    "ranking": "AVERAGE_PER_MEMBER",
    "eligibility": {"sports": ["RUN"]},
    "dailyCap": 5,
    "target": 100,
    "dayMetric": "STEPS",
    "dayLeast": 5,
    "startsOn": "2026-02-02",
    "endsOn": "2026-03-01",
    "graceDays": 9,
    "prizes": [GOLD],
    "prizeBudget": 500,
}


@pytest.mark.parametrize("name", FROZEN)
async def test_the_rules_of_a_published_challenge_are_frozen(organise, drafted, rules, name):
    made = await drafted()
    await organise("publish", challengeId=made)
    before = await rules(made)

    refused = await organise("edit", challengeId=made, challenge={name: FROZEN[name], "titleEn": "New"}, key="e")

    assert codes(refused) == [("RULES_FROZEN", ["input", "challenge", name])]
    assert await rules(made) == before


async def test_texts_of_a_published_challenge_change_and_unchanged_rules_may_be_sent_along(organise, drafted, rules):
    made = await drafted()
    await organise("publish", challengeId=made)
    before = await rules(made)

    payload = await organise("edit", challengeId=made, challenge={**RACE, "titleEn": "New"}, key="e")
    empty = await organise("edit", challengeId=made, challenge={"titleEn": ""}, key="f")

    assert codes(payload) == []
    assert codes(empty) == [("BAD_USER_INPUT", ["input", "challenge", "titleEn"])]
    assert await rules(made) == {**before, "titleEn": "New"}


async def test_only_its_sponsor_and_administrators_change_a_challenge(organise, drafted):
    made = await drafted()
    mots = make.sponsor("mots")

    others = [
        await organise("edit", mots, challengeId=made, challenge={"titleEn": "Mine"}),
        await organise("publish", mots, challengeId=made),
        await organise("cancel", mots, challengeId=made, reasonTh="ก", reasonEn="r"),
    ]
    by_administrator = await organise("publish", make.admin(), challengeId=made)

    assert [codes(each) for each in others] == [[("NOT_FOUND", ["input", "challengeId"])]] * 3
    assert by_administrator["challenge"]["state"] == "PUBLISHED"


async def test_publishing_is_done_once(organise, drafted, rules):
    made = await drafted()

    first = await organise("publish", challengeId=made)
    again = await organise("publish", challengeId=made)
    other = await organise("publish", challengeId=made, key="other")

    assert first["challenge"]["state"] == "PUBLISHED"
    assert again == first
    assert codes(other) == [("CHALLENGE_DECIDED", ["input", "challengeId"])]
    seen = await rules(made, make.ministry())
    assert (seen["state"], seen["publishedAt"]) == ("PUBLISHED", "2026-01-31T05:00:00Z")


async def test_a_draft_whose_first_day_is_over_is_not_published(organise, drafted):
    made = await drafted()

    payload = await organise("publish", challengeId=made, now=make.NOW + timedelta(days=2))

    assert codes(payload) == [("BAD_USER_INPUT", ["input", "challengeId"])]
    assert "2026-02-02" in payload["userErrors"][0]["message"]


async def test_a_partner_without_a_signed_agreement_publishes_nothing(organise, drafted, worker_sessions):
    made = await drafted()
    async with worker_sessions.begin() as session:
        await run(session, text("UPDATE partners SET agreement = 'suspended' WHERE name = 'demo_sponsor'"))

    payload = await organise("publish", challengeId=made)

    assert codes(payload) == [("CONFLICT", ["input", "challengeId"])]


async def test_publishing_keeps_the_prizes_in_the_budget_and_cancelling_gives_them_back(organise, drafted, budget):
    await budget(1_000)
    made = await drafted(prizes=[GOLD], prizeBudget=600)

    await organise("publish", challengeId=made)
    kept = await budget.reserved()
    reason = {"reasonTh": "ฝุ่นมาก", "reasonEn": "Bad air"}
    payload = await organise("cancel", challengeId=made, key="c", **reason)
    again = await organise("cancel", challengeId=made, key="c", **reason)
    other = await organise("cancel", challengeId=made, key="d", **reason)

    assert kept == [600]
    assert payload["challenge"]["state"] == "CANCELLED"
    assert again == payload
    assert codes(other) == [("CHALLENGE_DECIDED", ["input", "challengeId"])]
    assert await budget.reserved() == [0]


@pytest.mark.parametrize(
    ("limit", "most", "says"),
    [(599, None, "599 are left"), (600, 99, "99 credits at most"), (None, None, "no budget")],
)
async def test_prizes_beyond_the_budget_are_not_published(organise, drafted, budget, rules, limit, most, says):
    if limit is not None:
        await budget(limit, most)
    made = await drafted(prizes=[GOLD], prizeBudget=600)

    payload = await organise("publish", challengeId=made)

    assert codes(payload) == [("BUDGET_EXCEEDED", ["input", "challengeId"])]
    assert says in payload["userErrors"][0]["message"]
    assert (await rules(made))["state"] == "DRAFT"
    assert await budget.reserved() == ([] if limit is None else [0])


async def test_of_two_challenges_published_at_once_against_one_budget_one_passes(organise, drafted, budget):
    await budget(1_000)
    both = [await drafted(key=f"{n}", prizes=[GOLD], prizeBudget=600) for n in range(2)]

    payloads = await asyncio.gather(
        *[organise("publish", challengeId=made, key=f"p{n}") for n, made in enumerate(both)]
    )

    assert sorted(str(codes(each)) for each in payloads) == ["[('BUDGET_EXCEEDED', ['input', 'challengeId'])]", "[]"]
    assert await budget.reserved() == [600]


async def test_what_is_cancelled_says_why_and_stays_visible_unless_it_was_a_draft(organise, drafted, rules):
    announced, hidden = await drafted(key="1"), await drafted(key="2")
    await organise("publish", challengeId=announced)
    for n, made in enumerate((announced, hidden)):
        await organise("cancel", challengeId=made, key=f"c{n}", reasonTh="ฝุ่นมาก", reasonEn=" Bad air ")

    seen = await rules(announced, make.ministry())

    assert (seen["state"], seen["cancellation"], seen["cancelledAt"]) == (
        "CANCELLED",
        "Bad air",
        "2026-01-31T05:00:00Z",
    )
    assert await rules(hidden, make.ministry()) is None
    assert (await rules(hidden))["state"] == "CANCELLED"


async def test_what_is_being_closed_or_final_is_not_cancelled(organise, worker_sessions):
    final = await make.challenge(worker_sessions, state="final")
    closing = await make.challenge(worker_sessions, state="grace", closing_since=make.NOW)

    for challenge in (final, closing):
        payload = await organise(
            "cancel", challengeId=make.gid("Challenge", challenge.id), key=str(challenge.id), reasonTh="ก", reasonEn="r"
        )
        assert codes(payload) == [("CHALLENGE_DECIDED", ["input", "challengeId"])]


@pytest.mark.parametrize("reason", [{"reasonTh": " "}, {"reasonEn": "x" * 501}])
async def test_cancelling_says_why_in_both_languages(organise, drafted, reason):
    given = {"reasonTh": "ก", "reasonEn": "r", **reason}

    payload = await organise("cancel", challengeId=await drafted(), **given)

    assert codes(payload) == [("BAD_USER_INPUT", ["input", *reason])]


async def test_every_step_is_kept_for_those_who_hold_the_challenge(organise, drafted, ask, execute):
    made = await drafted()
    await organise("edit", make.admin(), challengeId=made, challenge={"titleEn": "New"})
    await organise("publish", challengeId=made)

    async def steps(viewer):
        found = (await ask(STEPS, viewer, id=made))["node"]["steps"]
        return sorted((each["step"], each["doneBy"]) for each in found)

    assert await steps(SPONSOR) == [
        ("DRAFTED", "partner:demo_sponsor"), ("EDITED", "administrator"), ("PUBLISHED", "partner:demo_sponsor"),
    ]  # fmt: skip
    assert ("EDITED", "client:ccc-admin") in await steps(make.admin())
    assert await steps(make.sponsor("mots")) == []
    assert (await execute(STEPS, make.ministry(), id=made)).errors[0]["extensions"]["code"] == "FORBIDDEN"


async def test_states_follow_the_day_in_bangkok(drafted, organise, rules, worker_sessions):
    made = await drafted()
    await organise("publish", challengeId=made)
    days = [
        make.TODAY,
        make.TODAY + timedelta(days=1),
        make.TODAY + timedelta(days=28),
        make.TODAY + timedelta(days=29),
    ]

    shown = []
    for day in days:
        async with worker_sessions.begin() as session:
            await advanced(session, day)
        shown.append((await rules(made))["state"])

    assert shown == ["PUBLISHED", "RUNNING", "RUNNING", "GRACE"]


async def test_a_short_challenge_that_nobody_looked_at_goes_straight_to_grace(worker_sessions, rules):
    window = {"starts_on": make.TODAY - timedelta(days=2), "ends_on": make.TODAY - timedelta(days=1)}
    short = await make.challenge(worker_sessions, state="published", **window)
    others = [await make.challenge(worker_sessions, state=state, **window) for state in ("draft", "final", "cancelled")]

    async with worker_sessions.begin() as session:
        moved = await advanced(session, make.TODAY)

    assert moved == [short.id]
    states = [(await rules(make.gid("Challenge", each.id), make.admin()))["state"] for each in (short, *others)]
    assert states == ["GRACE", "DRAFT", "FINAL", "CANCELLED"]
