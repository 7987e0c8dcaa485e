"""What sources count on whole days: the best of each day counts for steps, none is added to workouts."""

from datetime import timedelta

import pytest

from app.checking import checked
from domain.drafts import DayTotal, Disconnection, Source
from tests.schema import factories as make

SEEN = """
{ viewer { user {
  days { nodes { localDate activities energyKcal steps dayTotals { partner { name } steps counts } } }
  dayTotals { nodes { localDate partner { name } source steps verdict reasons counts } }
  standings { nodes { score } }
} } }
"""


def total(steps, *, day=make.TODAY, version=1, **more):
    raw = f"{steps} {day} {version} {more}".encode()
    return DayTotal(local_date=day, steps=steps, version=version, raw=raw, **more)


@pytest.fixture
def seen(ask):
    """What a person sees of their days, totals and score."""

    async def asked(user):
        return (await ask(SEEN, make.citizen(user)))["viewer"]["user"]

    return asked


async def stepping(sessions, execute, **columns):
    """Somebody in a step challenge."""
    user = await make.person(sessions, **columns)
    challenge = await make.challenge(sessions, metric="steps")
    join = "mutation($i: JoinChallengeInput!) { joinChallenge(input: $i) { userErrors { code } } }"
    given = {"challengeId": make.gid("Challenge", challenge.id), "idempotencyKey": "1"}
    assert not (await execute(join, make.citizen(user), i=given)).errors
    return user


async def score(seen, user):
    ((standing,)) = (await seen(user))["standings"]["nodes"]
    return standing["score"]


async def faults(sessions):
    return [line async for _, _, lines in checked(sessions) for line in lines]


async def test_late_and_edited_totals_move_a_step_challenge_exactly(execute, seen, worker_sessions):
    user = await stepping(worker_sessions, execute)
    yesterday = make.TODAY - timedelta(days=1)
    scores = []
    for item in (total(8_000), total(9_500, day=yesterday), total(8_200, version=2), total(7_000, version=1)):
        await make.sent(worker_sessions, "garmin", item, owner=user)
        scores.append(await score(seen, user))

    assert scores == [8_000, 17_500, 17_700, 17_700]
    assert await faults(worker_sessions) == []


async def test_the_best_measured_source_of_a_day_counts_then_the_persons_own_order(execute, seen, worker_sessions):
    user = await stepping(worker_sessions, execute, source_order=["strava", "garmin"])
    scores = []
    for partner, item in (
        ("rtaf", total(3_000, source=Source.PHONE)),
        ("garmin", total(8_000)),
        ("strava", total(7_500)),
        ("bma", total(90_000, source=Source.MANUAL)),
    ):
        await make.sent(worker_sessions, partner, item, owner=user)
        scores.append(await score(seen, user))

    assert scores == [3_000, 8_000, 7_500, 7_500]
    counting = {each["partner"]["name"]: each["counts"] for each in (await seen(user))["dayTotals"]["nodes"]}
    assert counting == {"rtaf": False, "garmin": False, "strava": True, "bma": False}
    assert await faults(worker_sessions) == []


async def test_a_total_that_no_legs_make_is_shown_and_does_not_count(execute, seen, worker_sessions):
    user = await stepping(worker_sessions, execute)
    await make.sent(worker_sessions, "rtaf", total(6_000, source=Source.PHONE), owner=user)

    await make.sent(worker_sessions, "garmin", total(100_001), owner=user)

    (watch, phone) = (await seen(user))["dayTotals"]["nodes"]
    assert (watch["verdict"], watch["reasons"], watch["counts"]) == ("FLAGGED", ["TOO_MANY_STEPS"], False)
    assert (phone["verdict"], phone["counts"]) == ("ACCEPTED", True)
    assert await score(seen, user) == 6_000


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (total(-5), "NEGATIVE_FIGURE"),
        (total(5_000, day=make.TODAY + timedelta(days=2)), "FUTURE_START"),
        (total(5_000, day=make.TODAY.replace(year=1999)), "CLOCK_NOT_SET"),
    ],
)
async def test_a_total_of_no_day_that_was_is_rejected(seen, worker_sessions, item, reason):
    user = await make.person(worker_sessions)

    await make.sent(worker_sessions, "garmin", item, owner=user)

    ((found,)) = (await seen(user))["dayTotals"]["nodes"]
    assert (found["verdict"], found["reasons"], found["counts"]) == ("REJECTED", [reason], False)


async def test_a_total_is_never_added_to_the_workouts_of_its_day(seen, worker_sessions):
    user = await make.person(worker_sessions)
    await make.sent(worker_sessions, "garmin", make.run(steps=9_000), total(12_000, energy_kcal=900.0), owner=user)

    ((day,)) = (await seen(user))["days"]["nodes"]

    assert (day["activities"], day["energyKcal"], day["steps"]) == (1, 700, 12_000)
    assert day["dayTotals"] == [{"partner": {"name": "garmin"}, "steps": 12_000, "counts": True}]


async def test_totals_go_with_the_link_that_brought_them(execute, seen, worker_sessions):
    user = await stepping(worker_sessions, execute)
    ref = await make.linked(worker_sessions, user, "garmin")
    item = DayTotal(local_date=make.TODAY, steps=8_000, person_ref=ref, raw=b"1")
    await make.sent(worker_sessions, "garmin", item)

    await make.sent(worker_sessions, "garmin", Disconnection(person_ref=ref))

    assert (await seen(user))["dayTotals"]["nodes"] == []
    assert await score(seen, user) == 0
    assert await faults(worker_sessions) == []


async def test_nobody_else_sees_a_persons_totals(execute, worker_sessions):
    user = await make.person(worker_sessions)
    await make.linked(worker_sessions, user, "garmin")
    await make.sent(worker_sessions, "garmin", total(8_000), owner=user)
    document = "query($id: ID!) { node(id: $id) { ... on User { dayTotals { nodes { steps } } } } }"

    result = await execute(document, make.partner("garmin"), id=make.gid("User", user))

    assert result.data["node"]["dayTotals"]["nodes"] == []
