"""What citizens correct about their own workouts: merging, splitting, deleting, and whom they trust first."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.base import run as run_on
from domain.drafts import Source
from tests.schema import factories as make

MERGE = """mutation($input: MergeActivitiesInput!) { mergeActivities(input: $input) {
  userErrors { code path } idempotencyKey activity { id recordCount credits } } }"""
SPLIT = """mutation($input: SplitActivityInput!) { splitActivity(input: $input) {
  userErrors { code path } activity { id recordCount energyKcal } remaining { id recordCount energyKcal } } }"""
DELETE = """mutation($input: DeleteActivityInput!) { deleteActivity(input: $input) {
  userErrors { code path } activity { id deletedAt credits } } }"""
ORDER = """mutation($input: SetSourceOrderInput!) { setSourceOrder(input: $input) {
  userErrors { code path } partners activitiesFormed } }"""
MINE = """{ viewer { user { creditBalance activities(orderBy: EARLIEST) { nodes {
  id recordCount energyKcal credits verdict reasons partner { name } records { id partnerRef } } } } } }"""
AT = make.NOW - timedelta(hours=5)


@pytest.fixture
def mine(ask):
    """One's activities, the earliest first, and one's credits."""

    async def asked(user_id):
        user = (await ask(MINE, make.citizen(user_id)))["viewer"]["user"]
        return user["activities"]["nodes"], user["creditBalance"]

    return asked


@pytest.fixture
def change(ask):
    async def changed(document, user_id, **given):
        (payload,) = (await ask(document, make.citizen(user_id), input=given)).values()
        return payload

    return changed


async def entries_of(sessions, user_id):
    async with sessions() as session:
        rows = await run_on(
            session,
            text("SELECT amount FROM credit_entries WHERE user_id = :user"),
            {"user": user_id},
        )
        return sorted(rows.scalars(), reverse=True)


async def two_runs(sessions, *, apart=timedelta(minutes=130)):
    """A person with two runs of an hour by two partners."""
    malee = await make.person(sessions)
    one, other = make.run(AT, partner_ref="g"), make.run(AT + apart, partner_ref="r", energy_kcal=500.0)
    await make.sent(sessions, "garmin", one, owner=malee)
    await make.sent(sessions, "rtaf", other, owner=malee)
    return malee, one, other


async def test_activities_that_a_citizen_merges_are_one_and_credited_once(change, mine, worker_sessions):
    malee, _, _ = await two_runs(worker_sessions)
    (one, other), before = await mine(malee)
    given = {"activityIds": [one["id"], other["id"]], "idempotencyKey": "m-1"}

    merged = await change(MERGE, malee, **given)
    again = await change(MERGE, malee, **given)

    assert merged == again
    assert merged["activity"] == {"id": one["id"], "recordCount": 2, "credits": 7}
    (activity,), after = await mine(malee)
    assert (before, after, activity["recordCount"]) == (12, 7, 2)
    assert await entries_of(worker_sessions, malee) == [7, 5, -5]


async def test_what_was_merged_stays_merged_when_its_records_change_go_and_return(change, mine, worker_sessions):
    malee, _, _ = await two_runs(worker_sessions)
    (one, other), _ = await mine(malee)
    await change(MERGE, malee, activityIds=[one["id"], other["id"]], idempotencyKey="m-1")

    moved = make.run(AT + timedelta(hours=3), partner_ref="r", energy_kcal=300.0, version=10**18)
    await make.sent(worker_sessions, "rtaf", moved, owner=malee)

    (activity,), credits_now = await mine(malee)
    assert (activity["recordCount"], credits_now) == (2, 7)


async def test_records_that_a_citizen_parts_are_two_workouts_whatever_comes_later(change, mine, worker_sessions):
    malee, _, _ = await two_runs(worker_sessions, apart=timedelta(minutes=1))
    (both,), before = await mine(malee)
    parted = next(each["id"] for each in both["records"] if each["partnerRef"] == "r")
    given = {"activityId": both["id"], "recordIds": [parted], "idempotencyKey": "s-1"}

    split = await change(SPLIT, malee, **given)
    again = await change(SPLIT, malee, **given)
    newer = make.run(AT, partner_ref="r", energy_kcal=450.0, version=10**18)
    await make.sent(worker_sessions, "rtaf", newer, owner=malee)

    assert split == again
    assert (split["activity"]["energyKcal"], split["remaining"]["energyKcal"]) == (500.0, 700.0)
    activities, after = await mine(malee)
    assert sorted(each["energyKcal"] for each in activities) == [450.0, 700.0]
    assert (before, after) == (7, 7)  # the same minutes are still credited once


async def test_the_last_word_holds(change, mine, worker_sessions):
    malee, _, _ = await two_runs(worker_sessions, apart=timedelta(minutes=1))
    (both,), _ = await mine(malee)
    parted = next(each["id"] for each in both["records"] if each["partnerRef"] == "r")
    split = await change(SPLIT, malee, activityId=both["id"], recordIds=[parted], idempotencyKey="1")
    ids = [split["activity"]["id"], split["remaining"]["id"]]

    merged = await change(MERGE, malee, activityIds=ids, idempotencyKey="2")

    assert merged["activity"]["recordCount"] == 2
    assert len((await mine(malee))[0]) == 1


async def test_a_copy_joins_one_of_two_workouts_that_a_citizen_parted(change, mine, worker_sessions):
    malee, _, _ = await two_runs(worker_sessions, apart=timedelta(minutes=1))
    (both,), _ = await mine(malee)
    parted = next(each["id"] for each in both["records"] if each["partnerRef"] == "r")
    await change(SPLIT, malee, activityId=both["id"], recordIds=[parted], idempotencyKey="1")

    copy = make.run(AT + timedelta(minutes=1), partner_ref="s")
    await make.sent(worker_sessions, "strava", copy, owner=malee)

    activities, _ = await mine(malee)
    shared = sorted(sorted(each["partnerRef"] for each in activity["records"]) for activity in activities)
    assert shared == [["g"], ["r", "s"]]  # the longest overlap binds first


async def test_a_deleted_activity_stays_away_whatever_its_partners_send(change, mine, worker_sessions):
    malee, one, _ = await two_runs(worker_sessions, apart=timedelta(minutes=1))
    (both,), _ = await mine(malee)

    gone = await change(DELETE, malee, activityId=both["id"])
    again = await change(DELETE, malee, activityId=both["id"])
    await make.sent(worker_sessions, "garmin", one, owner=malee)
    await make.sent(worker_sessions, "rtaf", make.run(AT, partner_ref="r", version=10**18), owner=malee)

    assert gone == again
    assert gone["activity"]["deletedAt"] is not None
    assert gone["activity"]["credits"] == 0
    assert await mine(malee) == ([], 0)
    assert await entries_of(worker_sessions, malee) == [7, -7]


async def test_a_citizens_order_of_sources_decides_whose_figures_count(change, mine, worker_sessions):
    malee, _, _ = await two_runs(worker_sessions, apart=timedelta(minutes=1))
    (before,), _ = await mine(malee)

    ordered = await change(ORDER, malee, partners=["rtaf", "garmin"])
    again = await change(ORDER, malee, partners=["rtaf", "garmin"])

    (after,), credits_now = await mine(malee)
    assert (before["partner"]["name"], after["partner"]["name"], credits_now) == ("garmin", "rtaf", 5)
    assert (ordered["activitiesFormed"], again["activitiesFormed"]) == (1, 0)


async def test_the_less_trusted_of_two_copies_whose_clocks_are_hours_apart_waits(mine, worker_sessions):
    malee = await make.person(worker_sessions)
    copy = make.run(AT - timedelta(hours=7), partner_ref="p", elapsed_seconds=3610.0, source=Source.PHONE)
    await make.sent(worker_sessions, "rtaf", copy, owner=malee)
    alone, _ = await mine(malee)

    await make.sent(worker_sessions, "garmin", make.run(AT, partner_ref="d"), owner=malee)

    (shifted, true), credits_now = await mine(malee)
    assert [each["verdict"] for each in alone] == ["ACCEPTED"]
    assert (shifted["verdict"], shifted["reasons"]) == ("FLAGGED", ["CLOCK_SHIFT"])
    assert (true["verdict"], credits_now) == ("ACCEPTED", 7)


async def test_a_copy_is_clear_again_when_the_other_goes(change, mine, worker_sessions):
    malee = await make.person(worker_sessions)
    await make.sent(worker_sessions, "garmin", make.run(AT, partner_ref="d"), owner=malee)
    await make.sent(worker_sessions, "rtaf", make.run(AT - timedelta(hours=7), partner_ref="p"), owner=malee)
    (shifted, true), _ = await mine(malee)

    await change(DELETE, malee, activityId=true["id"])

    (left,), credits_now = await mine(malee)
    assert shifted["reasons"] == ["CLOCK_SHIFT"]
    assert (left["verdict"], left["reasons"], credits_now) == ("ACCEPTED", [], 7)


async def test_nobody_corrects_what_is_not_theirs(change, mine, worker_sessions):
    malee, _, _ = await two_runs(worker_sessions)
    somchai, _, _ = await two_runs(worker_sessions)
    (theirs, _), _ = await mine(somchai)
    (own, _), _ = await mine(malee)
    record = theirs["records"][0]["id"]

    refused = [
        await change(MERGE, malee, activityIds=[own["id"], theirs["id"]], idempotencyKey="1"),
        await change(SPLIT, malee, activityId=theirs["id"], recordIds=[record], idempotencyKey="2"),
        await change(SPLIT, malee, activityId=own["id"], recordIds=[record], idempotencyKey="3"),
        await change(DELETE, malee, activityId=theirs["id"]),
    ]

    assert [each["userErrors"][0]["code"] for each in refused] == ["NOT_FOUND"] * 4
    assert len((await mine(somchai))[0]) == len((await mine(malee))[0]) == 2


async def test_corrections_that_make_no_sense_say_what_to_do(change, mine, worker_sessions):
    malee, _, _ = await two_runs(worker_sessions)
    (own, _), _ = await mine(malee)
    whole = {"activityId": own["id"], "recordIds": [own["records"][0]["id"]]}

    refused = [
        await change(MERGE, malee, activityIds=[own["id"], own["id"]], idempotencyKey="1"),
        await change(SPLIT, malee, **whole, idempotencyKey="2"),
        await change(SPLIT, malee, **whole, idempotencyKey=""),
        await change(ORDER, malee, partners=["garmin", "garmin"]),
        await change(ORDER, malee, partners=["nobody"]),
    ]

    assert [(each["userErrors"][0]["code"], each["userErrors"][0]["path"][-1]) for each in refused] == [
        ("BAD_USER_INPUT", "activityIds"),
        ("BAD_USER_INPUT", "recordIds"),
        ("BAD_USER_INPUT", "idempotencyKey"),
        ("BAD_USER_INPUT", "partners"),
        ("BAD_USER_INPUT", "partners"),
    ]


@pytest.mark.parametrize("viewer", [make.partner("garmin"), make.admin()])
async def test_only_citizens_correct_activities(execute, worker_sessions, mine, viewer):
    malee, _, _ = await two_runs(worker_sessions)
    (own, _), _ = await mine(malee)

    result = await execute(DELETE, viewer, input={"activityId": own["id"]})

    assert result.errors[0]["extensions"]["code"] == "FORBIDDEN"
    assert len((await mine(malee))[0]) == 2
