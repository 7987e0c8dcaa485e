from datetime import timedelta

import pytest

from domain.base import inserted
from domain.counters import RegularWeek
from domain.folding import fold
from domain.scopes import Scope
from domain.weeks import this_week
from tests.schema import factories as make


async def test_days_add_up_what_one_did(ask, worker_sessions):
    malee = await make.active(worker_sessions, days=4)

    data = await ask(
        """query($where: DayFilter) { viewer { user { days(where: $where) { nodes {
            localDate activities movingSeconds vigorousSeconds distanceMeters energyKcal credits
        } } } } }""",
        make.citizen(malee),
        where={"fromDate": "2026-01-29", "toDate": "2026-01-30"},
    )

    figures = {"activities": 1, "movingSeconds": 3600, "vigorousSeconds": 3600, "distanceMeters": 10_000}
    assert data["viewer"]["user"]["days"]["nodes"] == [
        {"localDate": f"2026-01-{day}", **figures, "energyKcal": 700, "credits": 7} for day in (30, 29)
    ]


async def test_activities_of_a_person_page_and_filter(ask, worker_sessions):
    malee = await make.active(worker_sessions, days=5)

    data = await ask(
        """query($where: ActivityFilter) { viewer { user { activities(first: 2, where: $where, orderBy: EARLIEST) {
            nodes { localDate } pageInfo { hasNextPage }
        } } } }""",
        make.citizen(malee),
        where={"fromDate": "2026-01-28"},
    )

    assert data["viewer"]["user"]["activities"] == {
        "nodes": [{"localDate": "2026-01-28"}, {"localDate": "2026-01-29"}],
        "pageInfo": {"hasNextPage": True},
    }


async def test_memberships_are_told_latest_first(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    old = await make.team(worker_sessions, "school", name_en="Old")
    new = await make.team(worker_sessions, "school", name_en="New")
    await make.belongs(worker_sessions, malee, old, make.TODAY - timedelta(days=90), make.TODAY - timedelta(days=9))
    await make.belongs(worker_sessions, malee, new, make.TODAY - timedelta(days=9))

    data = await ask(
        "{ viewer { user { memberships { joinedOn leftOn team { name(language: EN) } } } } }", make.citizen(malee)
    )

    assert data["viewer"]["user"]["memberships"] == [
        {"joinedOn": "2026-01-22", "leftOn": None, "team": {"name": "New"}},
        {"joinedOn": "2025-11-02", "leftOn": "2026-01-22", "team": {"name": "Old"}},
    ]


async def test_links_to_partners_are_ones_own_to_see(ask, worker_sessions):
    malee = await make.person(worker_sessions)
    await make.linked(worker_sessions, malee, "strava", "S-1")
    await make.linked(worker_sessions, malee, "garmin", "G-1", Scope.ACTIVITY_READ)
    document = "{ users { nodes { connections { partner { name } status scopes personRef revokedAt } } } }"

    own = await ask(document, make.citizen(malee))
    partners = await ask(document, make.partner("garmin", Scope.CONNECTION_MANAGE))

    link = {"status": "ACTIVE", "revokedAt": None}
    assert own["users"]["nodes"][0]["connections"] == [
        {"partner": {"name": "garmin"}, "scopes": ["activity:read"], "personRef": "G-1", **link},
        {"partner": {"name": "strava"}, "scopes": [], "personRef": "S-1", **link},
    ]
    assert partners["users"]["nodes"][0]["connections"] == []


async def test_people_are_found_by_where_they_live_by_those_who_may_know(ask, worker_sessions):
    for place in ("100101", "500101", None):
        user_id = await make.person(worker_sessions, str(place), home_place_code=place)
        await make.linked(worker_sessions, user_id, "garmin")
    document = "query($where: UserFilter) { users(where: $where) { nodes { displayName } } }"

    found = await ask(document, make.admin(), where={"homePlace": "10"})
    probed = await ask(document, make.partner("garmin"), where={"homePlace": "10"})

    assert found["users"]["nodes"] == [{"displayName": "100101"}]
    assert probed["users"]["nodes"] == []


WEEKS = "weeks { nodes { startsOn activities equivalentMinutes isRegular } }"


async def test_weeks_say_what_counts_for_a_regular_exerciser(ask, worker_sessions):
    malee = await make.active(worker_sessions, days=20)
    async with worker_sessions.begin() as session:
        await fold(session)

    data = await ask(f"{{ viewer {{ user {{ {WEEKS} }} }} }}", make.citizen(malee))

    nodes = data["viewer"]["user"]["weeks"]["nodes"]
    assert [tuple(node.values()) for node in nodes] == [
        ("2026-01-26", 6, 720, True),
        ("2026-01-19", 7, 840, False),
        ("2026-01-12", 7, 840, False),
    ]


async def test_weeks_are_nobody_elses_to_see(ask, worker_sessions):
    malee = await make.active(worker_sessions, days=3, scopes=[Scope.ACTIVITY_READ])

    data = await ask(
        f"query($id: ID!) {{ node(id: $id) {{ ... on User {{ {WEEKS} }} }} }}",
        make.partner("garmin", Scope.ACTIVITY_READ),
        id=make.gid("User", malee),
    )

    assert data["node"]["weeks"]["nodes"] == []


@pytest.mark.parametrize(("weeks_ago", "is_regular"), [(0, True), (1, True), (2, False), (None, False)])
async def test_a_regular_exerciser_is_one_as_of_this_week_or_the_last(ask, worker_sessions, weeks_ago, is_regular):
    malee = await make.active(worker_sessions, scopes=[Scope.ACTIVITY_READ])
    async with worker_sessions.begin() as session:
        if weeks_ago is not None:
            starts_on = this_week() - timedelta(weeks=weeks_ago)
            await inserted(session, RegularWeek, [{"user_id": malee, "starts_on": starts_on}])

    own = await ask("{ viewer { user { isRegularExerciser } } }", make.citizen(malee))
    partners = await ask(
        "query($id: ID!) { node(id: $id) { ... on User { isRegularExerciser } } }",
        make.partner("garmin", Scope.ACTIVITY_READ),
        id=make.gid("User", malee),
    )

    assert own["viewer"]["user"]["isRegularExerciser"] is is_regular
    assert partners["node"]["isRegularExerciser"] is is_regular
