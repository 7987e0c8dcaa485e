"""What waits for review, who decides, and what follows."""

import asyncio
from datetime import timedelta

import pytest

from app.checking import checked
from domain.drafts import Deletion
from domain.scopes import Scope
from tests.schema import factories as make

DECIDE = """
mutation($input: DecideReviewInput!) { decideReview(input: $input) {
  userErrors { code path } idempotencyKey activity { verdict credits }
} }
"""
APPEAL = """
mutation($input: AppealActivityInput!) { appealActivity(input: $input) {
  userErrors { code path } activity { verdict appeal { text verdict reasons } }
} }
"""
QUEUE = """
query($where: ReviewFilter, $first: Int) { reviewQueue(where: $where, first: $first) { nodes {
  activityId verdict reasons flaggedAt appealedAt partner { name } appeal { text }
  record { partnerRef distanceMeters pulseBpm } activity { user { displayName } }
} pageInfo { hasNextPage endCursor } } }
"""
OWN = """
{ viewer { user { creditBalance activities(orderBy: EARLIEST) { nodes {
  id verdict reasons credits review { decision reviewerKind note reasons verdict } appeal { text }
} } } } }
"""
FAST = {"distance_meters": 42_195.0, "elapsed_seconds": 7_320.0, "energy_kcal": 2_000.0}  # VERY_FAST


@pytest.fixture
def own(ask):
    """A person's activities as they see them, and their balance."""

    async def seen(user):
        found = (await ask(OWN, make.citizen(user)))["viewer"]["user"]
        return found["activities"]["nodes"], found["creditBalance"]

    return seen


@pytest.fixture
def decide(execute):
    """Decides as somebody; gives the payload."""

    async def decided(activity, decision, viewer=None, *, key="1", note="Checked with the organiser."):
        given = {"activityId": activity["id"], "decision": decision, "note": note, "idempotencyKey": key}
        result = await execute(DECIDE, viewer or make.admin(), input=given)
        assert not result.errors, result.errors
        return result.data["decideReview"]

    return decided


@pytest.fixture
def appeal(execute):
    """Appeals as a person; gives the payload."""

    async def appealed(user, activity, *, text="I won that race.", key="1"):
        given = {"activityId": activity["id"], "text": text, "idempotencyKey": key}
        result = await execute(APPEAL, make.citizen(user), input=given)
        assert not result.errors, result.errors
        return result.data["appealActivity"]

    return appealed


async def runner(sessions, *drafts, partner_name="garmin", name="Malee"):
    """Somebody whose runs came in from a partner they are linked to, without any grant."""
    user = await make.person(sessions, name)
    ref = await make.linked(sessions, user, partner_name)
    await make.sent(sessions, partner_name, *(make.run(**{"person_ref": ref, **each}) for each in drafts))
    return user


async def faults(sessions):
    return [line async for _, _, lines in checked(sessions) for line in lines]


async def test_a_flagged_run_gives_credits_only_after_a_steward_accepts_it(own, decide, worker_sessions):
    user = await runner(worker_sessions, FAST)
    (before,), balance_before = await own(user)

    payload = await decide(before, "ACCEPT", make.partner("garmin", Scope.ACTIVITY_WRITE))

    (after,), balance_after = await own(user)
    assert (before["verdict"], before["reasons"], balance_before) == ("FLAGGED", ["VERY_FAST"], 0)
    assert payload["userErrors"] == []
    assert (after["verdict"], after["reasons"], after["credits"]) == ("ACCEPTED", ["VERY_FAST"], 20)
    assert balance_after == 20
    assert after["review"] == {
        "decision": "ACCEPT",
        "reviewerKind": "STEWARD",
        "note": "Checked with the organiser.",
        "reasons": ["VERY_FAST"],
        "verdict": "FLAGGED",
    }
    assert await faults(worker_sessions) == []


async def test_the_queue_shows_a_steward_their_own_records_without_names_and_the_oldest_first(ask, worker_sessions):
    await runner(worker_sessions, {**FAST, "pulse_bpm": 150, "partner_ref": "first"})
    second = await make.person(worker_sessions)
    later = make.NOW + timedelta(minutes=5)
    await make.sent(worker_sessions, "garmin", make.run(**FAST, partner_ref="second"), owner=second, now=later)
    await runner(worker_sessions, FAST, partner_name="rtaf")

    steward = make.partner("garmin", Scope.ACTIVITY_WRITE, Scope.HEALTH_READ, Scope.PROFILE_READ, Scope.ACTIVITY_READ)
    seen = (await ask(QUEUE, steward, first=1))["reviewQueue"]
    rest = (await ask(QUEUE.replace("first: $first", 'first: $first, after: "' + seen["pageInfo"]["endCursor"] + '"'),
                      steward, first=1))["reviewQueue"]  # fmt: skip
    every = (await ask(QUEUE, make.admin()))["reviewQueue"]["nodes"]

    assert [each["record"]["partnerRef"] for each in (*seen["nodes"], *rest["nodes"])] == ["first", "second"]
    assert seen["nodes"][0]["record"]["pulseBpm"] is None
    assert seen["nodes"][0]["activity"] is None
    assert {each["partner"]["name"] for each in every} == {"garmin", "rtaf"}
    assert every[0]["activity"]["user"]["displayName"] == "Malee"


async def test_the_queue_is_filtered_by_reason_partner_age_and_appeal(ask, own, appeal, worker_sessions):
    fast = await runner(worker_sessions, FAST)
    await runner(worker_sessions, {"elapsed_seconds": 20 * 3600.0}, partner_name="rtaf")
    await appeal(fast, (await own(fast))[0][0])

    async def reasons(**where):
        return [each["reasons"] for each in (await ask(QUEUE, make.admin(), where=where))["reviewQueue"]["nodes"]]

    assert await reasons(reason="VERY_LONG") == [["VERY_LONG"]]
    assert await reasons(partner="garmin") == [["VERY_FAST"]]
    assert await reasons(flaggedBefore=make.NOW.isoformat()) == []
    assert len(await reasons(flaggedBefore=(make.NOW + timedelta(seconds=1)).isoformat())) == 2
    assert await reasons(appealed=True) == [["VERY_FAST"]]
    assert await reasons(appealed=False) == [["VERY_LONG"]]


async def test_nobody_else_sees_the_queue_or_decides(execute, own, decide, worker_sessions):
    user = await runner(worker_sessions, FAST)
    (activity,), _ = await own(user)

    reader = make.partner("garmin", Scope.ACTIVITY_READ)
    for viewer in (make.citizen(user), make.ministry(), make.sponsor("mots"), reader):
        refused = await execute(QUEUE, viewer)
        assert refused.errors[0]["extensions"]["code"] == "FORBIDDEN"
    assert (await decide(activity, "ACCEPT", make.partner("rtaf")))["userErrors"][0]["code"] == "NOT_FOUND"
    assert (await own(user))[1] == 0


async def test_what_the_figures_reject_is_for_administrators(own, decide, worker_sessions):
    user = await runner(worker_sessions, {"distance_meters": 30_000.0})
    (activity,), _ = await own(user)

    by_steward = await decide(activity, "ACCEPT", make.partner("garmin"))
    by_administrator = await decide(activity, "ACCEPT")

    assert activity["verdict"] == "REJECTED"
    assert by_steward["userErrors"][0]["code"] == "FORBIDDEN"
    assert by_administrator["activity"] == {"verdict": "ACCEPTED", "credits": 7}
    assert await faults(worker_sessions) == []


async def test_the_same_decision_again_changes_nothing_and_its_key_is_for_no_other(own, decide, worker_sessions):
    user = await runner(worker_sessions, FAST)
    (activity,), _ = await own(user)
    steward = make.partner("garmin")

    first = await decide(activity, "ACCEPT", steward, key="k")
    again = await decide(activity, "ACCEPT", steward, key="k")
    other = await decide(activity, "REJECT", steward, key="k")

    assert first["activity"] is again["activity"] is None  # its owner granted the partner nothing to see
    assert (first["userErrors"], again["userErrors"]) == ([], [])
    assert other["userErrors"][0]["code"] == "CONFLICT"
    assert (await own(user))[1] == 20


async def test_eight_decisions_at_once_are_one_decision(own, decide, worker_sessions):
    user = await runner(worker_sessions, FAST)
    (activity,), _ = await own(user)
    steward = make.partner("garmin")

    answers = await asyncio.gather(*(decide(activity, "ACCEPT", steward, key=str(n)) for n in range(8)))

    assert sorted(answer["userErrors"] == [] for answer in answers) == [False] * 7 + [True]
    assert (await own(user))[1] == 20
    assert await faults(worker_sessions) == []


async def test_a_rejected_one_counts_never_and_can_be_appealed_once(ask, own, decide, appeal, worker_sessions):
    user = await runner(worker_sessions, FAST)
    (activity,), _ = await own(user)
    first = await appeal(user, activity)
    again = await appeal(user, activity)
    twice = await appeal(user, activity, text="Really.", key="2")
    await decide(activity, "REJECT", make.partner("garmin"))
    against_the_decision = await appeal(user, activity, text="Ask the organiser again.", key="3")
    queue = (await ask(QUEUE, make.admin()))["reviewQueue"]["nodes"]
    stewards = (await ask(QUEUE, make.partner("garmin")))["reviewQueue"]["nodes"]

    assert first["activity"] == {
        "verdict": "FLAGGED",
        "appeal": {"text": "I won that race.", "verdict": "FLAGGED", "reasons": ["VERY_FAST"]},
    }
    assert again["userErrors"] == []
    assert twice["userErrors"][0]["code"] == "ALREADY_APPEALED"
    assert against_the_decision["activity"]["verdict"] == "REJECTED"
    assert [(each["verdict"], each["appeal"]["text"]) for each in queue] == [("REJECTED", "Ask the organiser again.")]
    assert stewards == []

    await decide(activity, "ACCEPT", key="9")

    assert (await ask(QUEUE, make.admin()))["reviewQueue"]["nodes"] == []
    assert (await own(user))[1] == 20


async def test_appeals_come_first(ask, own, appeal, worker_sessions):
    for day in (3, 2, 1):
        await runner(worker_sessions, {**FAST, "partner_ref": str(day)}, name=str(day))
    await make.sent(worker_sessions, "garmin", now=make.NOW)
    nodes = (await ask(QUEUE, make.admin()))["reviewQueue"]["nodes"]
    last = nodes[-1]
    owner = await runner(worker_sessions, FAST, name="Somchai")

    await appeal(owner, (await own(owner))[0][0])

    first = (await ask(QUEUE, make.admin()))["reviewQueue"]["nodes"][0]
    assert first["appeal"]["text"] == "I won that race."
    assert first["activityId"] != last["activityId"]


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001])
async def test_an_appeal_says_something_within_limits(own, appeal, worker_sessions, text):
    user = await runner(worker_sessions, FAST)

    payload = await appeal(user, (await own(user))[0][0], text=text)

    assert payload["userErrors"] == [{"code": "BAD_USER_INPUT", "path": ["input", "text"]}]


async def test_what_counts_has_nothing_to_decide_or_appeal(own, decide, appeal, worker_sessions):
    user = await runner(worker_sessions, {})
    (activity,), _ = await own(user)

    assert (await decide(activity, "REJECT"))["userErrors"][0]["code"] == "NOTHING_TO_REVIEW"
    assert (await appeal(user, activity))["userErrors"][0]["code"] == "NOTHING_TO_REVIEW"


async def test_somebody_elses_activity_is_not_there_to_appeal_for(own, appeal, worker_sessions):
    user = await runner(worker_sessions, FAST)
    other = await make.person(worker_sessions, "Somchai")

    payload = await appeal(other, (await own(user))[0][0])

    assert payload["userErrors"][0]["code"] == "NOT_FOUND"


async def test_a_decision_stands_while_nothing_else_speaks_against_the_run(own, decide, worker_sessions):
    user = await make.person(worker_sessions)

    async def edited(version, **figures):
        draft = make.run(**{**FAST, "partner_ref": "1", "version": version, **figures})
        await make.sent(worker_sessions, "garmin", draft, owner=user)
        ((activity,), balance) = await own(user)
        return activity["verdict"], activity["reasons"], balance

    await edited(1)
    await decide((await own(user))[0][0], "ACCEPT")

    assert await edited(2, distance_meters=42_000.0) == ("ACCEPTED", ["VERY_FAST"], 20)
    assert await edited(3, steps=40_000) == ("FLAGGED", ["STEPS_TOO_FAST", "VERY_FAST"], 0)
    assert await edited(4, steps=None) == ("ACCEPTED", ["VERY_FAST"], 20)
    assert await edited(5, distance_meters=20_000.0) == ("ACCEPTED", [], 20)
    assert await faults(worker_sessions) == []


async def test_a_rejection_ends_with_its_reasons(own, decide, worker_sessions):
    user = await make.person(worker_sessions)
    await make.sent(worker_sessions, "garmin", make.run(**FAST, partner_ref="1", version=1), owner=user)
    await decide((await own(user))[0][0], "REJECT")

    plain = {**FAST, "distance_meters": 20_000.0}
    await make.sent(worker_sessions, "garmin", make.run(**plain, partner_ref="1", version=2), owner=user)

    ((activity,), balance) = await own(user)
    assert (activity["verdict"], balance) == ("ACCEPTED", 20)


@pytest.mark.parametrize("copy_first", [True, False])
async def test_a_decision_goes_with_its_record_into_a_merge_and_out_again(own, decide, worker_sessions, copy_first):
    user = await make.person(worker_sessions)
    start = make.NOW - timedelta(hours=9)
    ours = make.run(start, **FAST, partner_ref="1")
    copy = make.run(start + timedelta(seconds=30), **FAST, partner_ref="2")
    if copy_first:
        await make.sent(worker_sessions, "strava", copy, owner=user)
        await make.sent(worker_sessions, "strava", Deletion(partner_ref="2", version=None), owner=user)
    await make.sent(worker_sessions, "garmin", ours, owner=user)
    await decide((await own(user))[0][0], "ACCEPT")
    again = make.run(start + timedelta(seconds=30), **FAST, partner_ref="3")

    await make.sent(worker_sessions, "strava", again, owner=user)
    ((merged,), balance) = await own(user)
    await make.sent(worker_sessions, "strava", Deletion(partner_ref="3"), owner=user)
    ((alone,), balance_after) = await own(user)

    assert (merged["verdict"], balance, alone["verdict"], balance_after) == ("ACCEPTED", 20, "ACCEPTED", 20)
    assert merged["review"]["decision"] == "ACCEPT"
    assert await faults(worker_sessions) == []


async def test_what_is_deleted_leaves_the_queue(ask, worker_sessions):
    user = await make.person(worker_sessions)
    await make.sent(worker_sessions, "garmin", make.run(**FAST, partner_ref="1"), owner=user)

    await make.sent(worker_sessions, "garmin", Deletion(partner_ref="1"), owner=user)

    assert (await ask(QUEUE, make.admin()))["reviewQueue"]["nodes"] == []
    assert await faults(worker_sessions) == []


async def test_nobody_decides_on_their_own(own, decide, worker_sessions):
    user = await runner(worker_sessions, FAST)
    (activity,), _ = await own(user)
    admin = make.admin()

    payload = await decide(activity, "ACCEPT", type(admin)(admin.kind, user, admin.client_id, None, admin.scopes))

    assert payload["userErrors"][0]["code"] == "FORBIDDEN"
