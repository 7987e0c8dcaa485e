from datetime import timedelta

import pytest

from domain.connections import disconnected
from domain.drafts import Deletion
from domain.scopes import Scope
from domain.sports import Sport
from tests.schema import factories as make

LIST = """
query($where: ActivityFilter, $first: Int, $after: String, $order: ActivityOrder! = LATEST) {
  activities(where: $where, first: $first, after: $after, orderBy: $order) {
    nodes { id localDate sport deletedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def _days(data):
    return [each["localDate"][-2:] for each in data["activities"]["nodes"]]


@pytest.fixture
def runner(worker_sessions):
    """Makes a person who ran on the last days; gives the viewer."""

    async def made(days):
        return make.citizen(await make.active(worker_sessions, days=days))

    return made


async def test_pages_join_up_to_the_whole_list_in_both_orders(ask, runner):
    malee = await runner(7)

    for order, expected in [("LATEST", "31 30 29 28 27 26 25"), ("EARLIEST", "25 26 27 28 29 30 31")]:
        found, after, more = [], None, True
        while more:
            data = await ask(LIST, malee, first=3, after=after, order=order)
            found += _days(data)
            more, after = data["activities"]["pageInfo"]["hasNextPage"], data["activities"]["pageInfo"]["endCursor"]

        assert found == expected.split()


async def test_a_cursor_of_another_list_is_refused(execute, runner):
    malee = await runner(3)
    page = await execute(LIST, malee, first=1)
    cursor = page.data["activities"]["pageInfo"]["endCursor"]

    elsewhere = await execute(LIST, malee, first=1, after=cursor, where={"sports": ["RUN"]})

    assert elsewhere.data == {"activities": None}
    assert elsewhere.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_filters_add_up(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    ref = await make.linked(worker_sessions, malee, "garmin")
    walk = make.run(make.NOW - timedelta(days=9), person_ref=ref, sport=Sport.WALK, distance_meters=4000.0)
    fast = make.run(make.NOW - timedelta(days=2), person_ref=ref, distance_meters=24_000.0)
    await make.sent(worker_sessions, "garmin", *make.runs(2, person_ref=ref), walk, fast)

    async def found(**where):
        return _days(await ask(LIST, make.citizen(malee), where=where))

    assert await found() == ["31", "30", "29", "22"]
    assert await found(sports=["WALK", "SWIM"]) == ["22"]
    assert await found(fromDate="2026-01-30") == ["31", "30"]
    assert await found(fromDate="2026-01-22", toDate="2026-01-30") == ["30", "29", "22"]
    assert await found(verdicts=["FLAGGED", "REJECTED"]) == ["29"]
    assert await found(partner="strava") == []
    assert await found(user=make.gid("User", malee)) == ["31", "30", "29", "22"]
    assert await found(sports=["RUN"], verdicts=["ACCEPTED"], toDate="2026-01-30") == ["30"]


async def test_an_id_of_another_kind_is_no_filter(execute, runner):
    result = await execute(LIST, await runner(1), where={"user": make.gid("Team", "x")})

    assert result.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_follower_of_changes_learns_of_deletions(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    ref = await make.linked(worker_sessions, malee, "garmin", None, Scope.ACTIVITY_READ)
    kept, gone = make.runs(2, person_ref=ref)
    await make.sent(worker_sessions, "garmin", kept, gone, now=make.NOW - timedelta(hours=2))
    since = make.NOW - timedelta(hours=1)
    await make.sent(worker_sessions, "garmin", Deletion(partner_ref=gone.partner_ref, person_ref=ref))

    now = await ask(LIST, make.partner("garmin"))
    changed = await ask(
        LIST, make.partner("garmin"), where={"changedSince": since.isoformat()}, order="RECENTLY_CHANGED"
    )

    assert _days(now) == ["31"]
    assert [each["deletedAt"] for each in now["activities"]["nodes"]] == [None]
    assert _days(changed) == ["30"]
    assert [each["deletedAt"] for each in changed["activities"]["nodes"]] == ["2026-01-31T05:00:00Z"]


async def test_one_workout_of_two_partners_is_one_activity_with_two_records(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    for name, scope in (("garmin", Scope.ACTIVITY_READ), ("rtaf", Scope.ACTIVITY_READ)):
        ref = await make.linked(worker_sessions, malee, name, None, scope)
        await make.sent(worker_sessions, name, make.run(person_ref=ref, sport_word=f"{name} word", version=3))
    document = """{ activities { nodes {
        recordCount partner { name } sportDetails { name(language: EN) } speaksRecord { sportWord version }
        records { sportWord partner { name } }
    } } }"""

    own = await ask(document, make.citizen(malee))
    garmins = await ask(document, make.partner("garmin"))
    air_force = await ask(document, make.partner("rtaf"))

    both = [{"sportWord": f"{name} word", "partner": {"name": name}} for name in ("garmin", "rtaf")]
    speaks = {"sportWord": "garmin word", "version": 3}
    shared = {"recordCount": 2, "partner": {"name": "garmin"}, "sportDetails": {"name": "Run"}}
    assert own["activities"]["nodes"] == [{**shared, "speaksRecord": speaks, "records": both}]
    assert garmins["activities"]["nodes"] == [{**shared, "speaksRecord": speaks, "records": both[:1]}]
    assert air_force["activities"]["nodes"] == [{**shared, "speaksRecord": None, "records": both[1:]}]


async def test_a_figure_that_is_for_its_owner_only_reaches_no_other_partner(ask, worker_sessions):
    malee = await make.active(worker_sessions, partner_name="strava", scopes=[Scope.ACTIVITY_READ])
    await make.linked(worker_sessions, malee, "garmin", None, Scope.ACTIVITY_READ)

    seen = [
        len((await ask(LIST, viewer))["activities"]["nodes"])
        for viewer in (make.citizen(malee), make.partner("strava"), make.partner("garmin"), make.admin())
    ]

    assert seen == [1, 1, 0, 1]


async def test_a_partner_sees_no_heart_rate_without_a_grant_for_it(ask, worker_sessions):
    document = "{ activities { nodes { pulseBpm records { pulseBpm } } } }"
    scopes = (Scope.ACTIVITY_READ, Scope.HEALTH_READ)
    for granted in (scopes, scopes[:1]):
        malee = await make.person(worker_sessions)
        ref = await make.linked(worker_sessions, malee, "garmin", None, *granted)
        await make.sent(worker_sessions, "garmin", make.run(person_ref=ref, pulse_bpm=150))

    data = await ask(document, make.partner("garmin", *scopes))

    seen = sorted(data["activities"]["nodes"], key=lambda each: each["pulseBpm"] is None)
    assert seen == [
        {"pulseBpm": 150, "records": [{"pulseBpm": 150}]},
        {"pulseBpm": None, "records": [{"pulseBpm": None}]},
    ]


async def test_the_end_of_a_link_ends_what_the_partner_sees(ask, worker_sessions):
    malee = await make.active(worker_sessions, scopes=[Scope.ACTIVITY_READ])
    before = await ask(LIST, make.partner("garmin"))
    async with worker_sessions.begin() as session:
        await disconnected(session, malee, "garmin")

    after = await ask(LIST, make.partner("garmin"))

    assert (len(before["activities"]["nodes"]), after["activities"]["nodes"]) == (1, [])
