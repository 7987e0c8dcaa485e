"""Goals of challenges: how far each participant, or all together, have come, and on which day a target was reached."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.folding import drained
from domain.base import run
from domain.check import findings
from domain.drafts import Deletion
from tests.schema import factories as make

SHOWN = """query($id: ID!) { node(id: $id) { ... on Challenge {
  progress { value target share reached } reachedOn leaderboard { nodes { score reachedOn } }
  myStanding { score reachedOn progress { value reached } }
} } }"""
JOIN = """mutation($id: ID!, $key: String!) { joinChallenge(input: {challengeId: $id, idempotencyKey: $key}) {
  userErrors { code } } }"""
LEAVE = JOIN.replace("joinChallenge", "leaveChallenge")


@pytest.fixture
def change(execute):
    """Joins or leaves a challenge as a person."""

    async def changed(document, user_id, challenge, key="1"):
        result = await execute(document, make.citizen(user_id), id=make.gid("Challenge", challenge.id), key=key)
        (payload,) = result.data.values()
        assert (result.errors, payload["userErrors"]) == ([], [])

    return changed


@pytest.fixture
def shown(ask, worker_sessions):
    """A challenge as somebody sees it once everything is folded."""

    async def seen(challenge, viewer):
        await drained(worker_sessions)
        return (await ask(SHOWN, viewer, id=make.gid("Challenge", challenge.id)))["node"]

    return seen


def ran(days_ago, *, whose="", version=1, kcal=700.0):
    """The run of the day so many days ago, at that version; what two people report under one name would not count."""
    at = make.NOW - timedelta(days=days_ago, hours=5)
    return make.run(at, partner_ref=f"{whose}day-{days_ago}", version=version, energy_kcal=kcal)


def day(days_ago):
    return (make.TODAY - timedelta(days=days_ago)).isoformat()


async def goal(sessions, **columns):
    given = {"metric": "energy_kcal", "mode": "personal_goal", "target": 1400}
    return await make.challenge(sessions, **{**given, **columns})


async def wrong(sessions):
    async with sessions() as session:
        return [line async for _, _, lines in findings(session) for line in lines]


async def test_a_personal_goal_is_reached_with_the_day_that_fills_it(change, shown, worker_sessions):
    malee, race = await make.person(worker_sessions), await goal(worker_sessions)
    await change(JOIN, malee, race)

    await make.sent(worker_sessions, "garmin", ran(6), owner=malee)
    before = (await shown(race, make.citizen(malee)))["myStanding"]
    await make.sent(worker_sessions, "garmin", ran(4), ran(2), owner=malee)
    after = (await shown(race, make.citizen(malee)))["myStanding"]

    assert before == {"score": 700, "reachedOn": None, "progress": {"value": 700, "reached": False}}
    assert after == {"score": 2100, "reachedOn": day(4), "progress": {"value": 2100, "reached": True}}


async def test_the_day_moves_with_what_is_late_edited_or_taken_back(change, shown, worker_sessions):
    malee, race = await make.person(worker_sessions), await goal(worker_sessions)
    await change(JOIN, malee, race)
    found = []

    for items in (
        [ran(4), ran(2)],
        [ran(6)],
        [ran(6, version=2, kcal=600.0)],
        [Deletion(partner_ref="day-4", version=2)],
        [Deletion(partner_ref="day-6", version=3)],
    ):
        await make.sent(worker_sessions, "garmin", *items, owner=malee)
        found.append((await shown(race, make.citizen(malee)))["myStanding"]["reachedOn"])

    assert found == [day(2), day(4), day(2), None, None]


async def test_a_personal_goal_has_no_leaderboard_and_no_progress_of_all(change, shown, worker_sessions):
    malee, race = await make.person(worker_sessions), await goal(worker_sessions)
    await change(JOIN, malee, race)
    await make.sent(worker_sessions, "garmin", ran(4), ran(2), owner=malee)

    seen = await shown(race, make.citizen(malee))

    assert (seen["leaderboard"]["nodes"], seen["progress"], seen["reachedOn"]) == ([], None, None)


async def test_when_others_reached_a_target_is_theirs_to_know(change, shown, worker_sessions):
    malee, somchai = await make.person(worker_sessions), await make.person(worker_sessions)
    race = await goal(worker_sessions, mode="individuals")
    for each in (malee, somchai):
        await change(JOIN, each, race)
        await make.sent(worker_sessions, "garmin", ran(4, whose=each), ran(2, whose=each), owner=each)

    seen = {
        viewer.kind: sorted(str(each["reachedOn"]) for each in (await shown(race, viewer))["leaderboard"]["nodes"])
        for viewer in (make.citizen(malee), make.partner("garmin"), make.admin())
    }

    assert seen == {"citizen": [day(2), "None"], "partner": ["None", "None"], "admin": [day(2), day(2)]}


async def test_all_work_for_one_target_together(change, shown, worker_sessions):
    malee, somchai = await make.person(worker_sessions), await make.person(worker_sessions)
    race = await goal(worker_sessions, mode="collective_goal", target=2800)
    await change(JOIN, malee, race)
    await make.sent(worker_sessions, "garmin", ran(6), ran(5), owner=malee)
    before = await shown(race, make.partner("garmin"))

    await make.sent(worker_sessions, "garmin", ran(7), ran(3), ran(1), owner=somchai)
    await change(JOIN, somchai, race)
    after = await shown(race, make.partner("garmin"))
    await change(LEAVE, somchai, race, key="2")
    left = await shown(race, make.partner("garmin"))

    assert (before["progress"], before["reachedOn"]) == (
        {"value": 1400, "target": 2800, "share": 0.5, "reached": False},
        None,
    )
    assert (after["progress"], after["reachedOn"]) == (
        {"value": 3500, "target": 2800, "share": 1.0, "reached": True},
        day(3),
    )
    assert (left["progress"], left["reachedOn"]) == (before["progress"], None)
    assert await wrong(worker_sessions) == []


async def test_a_collective_goal_that_nobody_works_for_is_at_nothing(shown, worker_sessions):
    race = await goal(worker_sessions, mode="collective_goal")

    seen = await shown(race, make.partner("garmin"))

    assert (seen["progress"]["value"], seen["progress"]["reached"], seen["reachedOn"]) == (0, False, None)


async def test_the_proof_names_a_day_of_a_collective_goal_that_is_not_the_sum_of_its_people(
    change, worker_sessions, owner_sessions
):
    malee, race = await make.person(worker_sessions), await goal(worker_sessions, mode="collective_goal")
    await change(JOIN, malee, race)
    await make.sent(worker_sessions, "garmin", ran(6), owner=malee)
    waiting = await wrong(worker_sessions)
    await drained(worker_sessions)
    folded = await wrong(worker_sessions)

    async with owner_sessions.begin() as session:
        await run(session, text("UPDATE collective_days SET score = score + 1"))

    assert (waiting, folded) == ([], [])
    assert [line for line in await wrong(worker_sessions) if "701 together" in line]


events = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.integers(0, 1), st.integers(0, 9), st.sampled_from([100.0, 350.0, 700.0])),
        st.tuples(st.just("delete"), st.integers(0, 1), st.integers(0, 9), st.none()),
        st.tuples(st.sampled_from(["join", "leave", "fold"]), st.integers(0, 1), st.none(), st.none()),
    ),
    max_size=12,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=events, target=st.sampled_from([300, 1000, 2000]))
async def test_whatever_happens_the_days_follow_from_what_people_did(change, shown, worker_sessions, events, target):
    people = [await make.person(worker_sessions) for _ in range(2)]
    alone = await goal(worker_sessions, target=target)
    together = await goal(worker_sessions, target=target, mode="collective_goal")
    did, taking_part = {}, set()
    for version, (what, who, ago, kcal) in enumerate(events, 1):
        match what:
            case "run":
                item = ran(ago, whose=people[who], version=version, kcal=kcal)
                await make.sent(worker_sessions, "garmin", item, owner=people[who])
                did[who, ago] = int(kcal)
            case "delete":
                item = Deletion(partner_ref=f"{people[who]}day-{ago}", version=version)
                await make.sent(worker_sessions, "garmin", item, owner=people[who])
                did.pop((who, ago), None)
            case "fold":
                await drained(worker_sessions)
            case _:
                for race in (alone, together):
                    await change(JOIN if what == "join" else LEAVE, people[who], race, key=str(version))
                (taking_part.add if what == "join" else taking_part.discard)(who)

    for who in taking_part:
        mine = (await shown(alone, make.citizen(people[who])))["myStanding"]
        assert mine["reachedOn"] == first_day({ago: kcal for (one, ago), kcal in did.items() if one == who}, target)
    sums = {ago: sum(did.get((who, ago), 0) for who in taking_part) for ago in range(10)}
    seen = await shown(together, make.partner("garmin"))
    assert (seen["progress"]["value"], seen["reachedOn"]) == (sum(sums.values()), first_day(sums, target))
    assert await wrong(worker_sessions) == []


def first_day(kcal, target):
    """The first day with which these days sum to the target."""
    total = 0
    for ago in sorted(kcal, reverse=True):
        total += kcal[ago]
        if total >= target:
            return day(ago)
    return None
