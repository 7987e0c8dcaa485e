import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from app.folding import drained
from domain.base import run
from domain.check import findings
from tests.schema import factories as make

PAYLOAD = "{ userErrors { code message path } challenge { participants myStanding { score } } idempotencyKey }"
DOCUMENTS = {
    name: f"mutation($input: {name.capitalize()}ChallengeInput!) {{ {name}Challenge(input: $input) {PAYLOAD} }}"
    for name in ("join", "leave")
}
BOARD = """query($id: ID!) { node(id: $id) { ... on Challenge {
    participants leaderboard { nodes { rank score displayName } } teamLeaderboard { nodes { score } }
} } }"""


@pytest.fixture
def enrol(execute):
    """Joins or leaves a challenge as a person; gives the payload."""

    async def enrolled(name, user_id, challenge, *, key="k", now=make.NOW):
        given = {"challengeId": make.gid("Challenge", challenge.id), "idempotencyKey": key}
        result = await execute(DOCUMENTS[name], make.citizen(user_id), now=now, input=given)
        assert not result.errors, result.errors
        return result.data[f"{name}Challenge"]

    return enrolled


@pytest_asyncio.fixture
async def race(worker_sessions):
    return await make.challenge(worker_sessions, team_kind="club")


def codes(payload):
    return [error["code"] for error in payload["userErrors"]]


async def wrong(sessions):
    """What `ccc check` finds."""
    async with sessions() as session:
        return [line async for *_, lines in findings(session) for line in lines]


async def enrolled_in(sessions, challenge):
    async with sessions() as session:
        found = await run(
            session, text("SELECT count(*) FROM enrolments WHERE challenge_id = :id"), {"id": challenge.id}
        )
        return found.scalar()


# Ages are those of 2026, by year of birth.
@pytest.mark.parametrize(
    ("limits", "birth_year", "allowed"),
    [
        ({"min_age": 21}, 2005, True),
        ({"min_age": 21}, 2006, False),
        ({"max_age": 59}, 1967, True),
        ({"max_age": 59}, 1966, False),
        ({"min_age": 25, "max_age": 25}, 2001, True),
        ({"min_age": 0}, None, False),
        ({}, None, True),
    ],
)
async def test_people_of_the_ages_join(enrol, worker_sessions, limits, birth_year, allowed):
    challenge = await make.challenge(worker_sessions, eligibility=limits)
    malee = await make.person(worker_sessions, birth_year=birth_year)
    await make.consented(worker_sessions, malee)

    payload = await enrol("join", malee, challenge)

    assert codes(payload) == ([] if allowed else ["NOT_ELIGIBLE"])
    assert await enrolled_in(worker_sessions, challenge) == int(allowed)


@pytest.mark.parametrize(
    ("places", "home", "allowed"),
    [
        (["9011"], "9011", True),
        (["90"], "9011", True),
        (["10", "R6"], "9011", True),
        (["HZ12"], "901101", True),
        (["9011"], "9001", False),
        (["9011"], "90", False),
        (["50"], "9011", False),
        (["50"], None, False),
    ],
)
async def test_people_at_home_in_a_place_of_any_level_join(enrol, worker_sessions, places, home, allowed):
    challenge = await make.challenge(worker_sessions, eligibility={"places": places})
    malee = await make.person(worker_sessions, home_place_code=home)

    assert codes(await enrol("join", malee, challenge)) == ([] if allowed else ["NOT_ELIGIBLE"])


@pytest.mark.parametrize(
    ("kind", "left_on", "allowed"),
    [
        ("school", None, True),
        ("school", make.TODAY + timedelta(days=1), True),
        ("school", make.TODAY, False),
        ("club", None, False),
    ],
)
async def test_people_in_teams_of_the_kinds_join(enrol, worker_sessions, kind, left_on, allowed):
    challenge = await make.challenge(worker_sessions, eligibility={"team_kinds": ["school", "organisation"]})
    malee = await make.person(worker_sessions)
    await make.belongs(worker_sessions, malee, await make.team(worker_sessions, kind), left_on=left_on)

    assert codes(await enrol("join", malee, challenge)) == ([] if allowed else ["NOT_ELIGIBLE"])


# In 2026 whoever was born in 2005 is of age all year, and whoever was in 2006 perhaps not yet.
@pytest.mark.parametrize(
    ("birth_year", "consent", "code"),
    [
        (2006, None, "GUARDIAN_NEEDED"),
        (2006, {}, None),
        (2006, {"withdrawn_at": make.NOW}, "GUARDIAN_NEEDED"),
        (2006, {"guardian_id": None, "consented_at": None}, "GUARDIAN_NEEDED"),
        (2005, None, None),
        (None, None, None),
    ],
)
async def test_minors_join_with_a_guardians_consent(enrol, race, worker_sessions, birth_year, consent, code):
    nid = await make.person(worker_sessions, birth_year=birth_year)
    if consent is not None:
        await make.consented(worker_sessions, nid, **consent)

    payload = await enrol("join", nid, race)

    assert codes(payload) == ([code] if code else [])
    assert await enrolled_in(worker_sessions, race) == (0 if code else 1)


async def test_what_one_is_not_eligible_for_no_guardian_is_asked_about(enrol, worker_sessions):
    adults = await make.challenge(worker_sessions, eligibility={"min_age": 21})

    payload = await enrol("join", await make.person(worker_sessions, birth_year=2015), adults)

    assert codes(payload) == ["NOT_ELIGIBLE"]


async def test_a_refusal_says_for_whom_the_challenge_is_and_who_one_is(enrol, worker_sessions):
    malee = await make.person(worker_sessions, birth_year=1990, home_place_code="9011")
    rules = [{"max_age": 20}, {"min_age": 40}, {"places": ["50", "10"]}, {"team_kinds": ["school"]}]

    said = []
    for limits in rules:
        challenge = await make.challenge(worker_sessions, eligibility=limits)
        (error,) = (await enrol("join", malee, challenge))["userErrors"]
        assert error["path"] == ["input", "challengeId"]
        said.append(error["message"])

    assert "people of 0 to 20 in 2026" in said[0]
    assert "you are reckoned 36" in said[0]
    assert "people of 40 or older in 2026" in said[1]
    assert "Bangkok, Chiang Mai" in said[2]
    assert "school" in said[3]


async def test_nobody_joins_after_the_last_day_whatever_is_shown(enrol, worker_sessions):
    over = await make.challenge(worker_sessions, state="running", ends_on=make.TODAY - timedelta(days=1))
    lasting = await make.challenge(worker_sessions, state="published", ends_on=make.TODAY)
    closing = await make.challenge(worker_sessions, closing_since=make.NOW)
    malee = await make.person(worker_sessions)

    assert codes(await enrol("join", malee, over)) == ["CHALLENGE_NOT_OPEN"]
    assert codes(await enrol("join", malee, closing)) == ["CHALLENGE_NOT_OPEN"]
    assert codes(await enrol("join", malee, lasting)) == []


async def test_what_one_did_before_a_late_publication_was_shown_counts(enrol, worker_sessions):
    begun = await make.challenge(worker_sessions, state="published")
    malee = await make.active(worker_sessions, days=3)

    payload = await enrol("join", malee, begun)

    assert payload["challenge"]["myStanding"] == {"score": 21}


async def test_days_count_only_while_one_is_at_home_in_the_places(enrol, worker_sessions):
    local = await make.challenge(worker_sessions, eligibility={"places": ["90"]}, metric="activities")
    malee = await make.active(worker_sessions, days=2, home_place_code="9011")

    payload = await enrol("join", malee, local)

    assert payload["challenge"]["myStanding"] == {"score": 2}
    assert await wrong(worker_sessions) == []


async def test_whoever_leaves_is_gone_from_every_standing(enrol, ask, race, worker_sessions):
    club = await make.team(worker_sessions, members=2)
    people = [await make.active(worker_sessions, name, days=days) for name, days in (("Malee", 3), ("Somchai", 2))]
    for each in people:
        await make.belongs(worker_sessions, each, club)
        await enrol("join", each, race)
    await drained(worker_sessions)

    payload = await enrol("leave", people[0], race, key="leave")
    await drained(worker_sessions)

    assert payload == {
        "userErrors": [],
        "challenge": {"participants": 1, "myStanding": None},
        "idempotencyKey": "leave",
    }
    board = (await ask(BOARD, make.admin(), id=make.gid("Challenge", race.id)))["node"]
    assert board == {
        "participants": 1,
        "leaderboard": {"nodes": [{"rank": 1, "score": 14, "displayName": "Somchai"}]},
        "teamLeaderboard": {"nodes": [{"score": 14}]},
    }
    assert await wrong(worker_sessions) == []


async def test_whoever_left_may_join_again_and_counts_all_days_anew(enrol, race, worker_sessions):
    malee = await make.active(worker_sessions, days=3)
    for name, key in (("join", "1"), ("leave", "2"), ("join", "3")):
        payload = await enrol(name, malee, race, key=key)
        await drained(worker_sessions)

    assert payload["challenge"] == {"participants": 1, "myStanding": {"score": 21}}
    assert await wrong(worker_sessions) == []


async def test_a_call_that_comes_again_late_does_not_undo_what_came_after(enrol, race, worker_sessions):
    malee = await make.active(worker_sessions)
    await enrol("join", malee, race, key="1")
    await enrol("leave", malee, race, key="2")

    joined = await enrol("join", malee, race, key="1")
    await enrol("join", malee, race, key="3")
    left = await enrol("leave", malee, race, key="2")

    assert joined["challenge"] == {"participants": 0, "myStanding": None}
    assert left["challenge"] == {"participants": 1, "myStanding": {"score": 7}}


async def test_a_key_that_joined_does_not_leave(enrol, race, worker_sessions):
    malee = await make.person(worker_sessions)
    await enrol("join", malee, race)

    assert codes(await enrol("leave", malee, race)) == ["CONFLICT"]


async def test_leaving_where_one_does_not_take_part_changes_nothing(enrol, race, worker_sessions):
    malee = await make.person(worker_sessions)
    draft = await make.challenge(worker_sessions, state="draft")

    assert (await enrol("leave", malee, race))["challenge"] == {"participants": 0, "myStanding": None}
    assert codes(await enrol("leave", malee, draft)) == ["NOT_FOUND"]


@pytest.mark.parametrize(
    "change", ["state = 'final'", "state = 'cancelled', published_at = now()", "closing_since = now()"]
)
async def test_nobody_leaves_settled_standings(enrol, race, worker_sessions, change):
    malee = await make.active(worker_sessions)
    await enrol("join", malee, race)
    async with worker_sessions.begin() as session:
        await run(session, text(f"UPDATE challenges SET {change}"))  # noqa: S608

    assert codes(await enrol("leave", malee, race, key="leave")) == ["CHALLENGE_NOT_OPEN"]
    assert await enrolled_in(worker_sessions, race) == 1


async def test_leaving_joining_and_new_workouts_at_the_same_moment_keep_all_sums(enrol, race, worker_sessions):
    club = await make.team(worker_sessions, members=4)
    people = []
    for number in range(4):
        malee = await make.active(worker_sessions, days=2)
        await make.belongs(worker_sessions, malee, club)
        await enrol("join", malee, race)
        people.append((malee, await make.linked(worker_sessions, malee, "fitbit", f"f{number}")))

    await asyncio.gather(
        *[enrol("leave", malee, race, key="2") for malee, _ in people],
        *[enrol("join", malee, race, key="3") for malee, _ in people[:2]],
        *[make.sent(worker_sessions, "fitbit", make.run(person_ref=ref)) for _, ref in people],
    )
    await drained(worker_sessions)

    assert await wrong(worker_sessions) == []
