"""Leaving and changing teams, limits of size, and what captains do with members."""

import asyncio

import pytest

from app.folding import drained
from tests.schema import factories as make

JOIN = """
mutation($id: ID!, $transfer: Boolean! = false) {
  joinTeam(input: {teamId: $id, transfer: $transfer, idempotencyKey: "k"}) {
    userErrors { code message } membership { joinedOn memberId role }
  }
}
"""
LEAVE = "mutation($id: ID!) { leaveTeam(input: {teamId: $id}) { userErrors { code } leftOn team { memberCount } } }"
ROLE = """
mutation($id: ID!, $member: ID!, $role: Role!) {
  setTeamRole(input: {teamId: $id, memberId: $member, role: $role}) { userErrors { code } membership { role } }
}
"""
REMOVE = """
mutation($id: ID!, $member: ID!) {
  removeMember(input: {teamId: $id, memberId: $member}) { userErrors { code } leftOn team { memberCount } }
}
"""
TRANSFER = """
mutation($id: ID!, $member: ID!, $to: ID!) {
  transferMember(input: {teamId: $id, memberId: $member, toTeamId: $to, idempotencyKey: "k"}) {
    userErrors { code } joinedOn team { memberCount }
  }
}
"""


@pytest.fixture
def change(ask):
    """Changes a team as somebody: the payload, or the code that refused it."""

    async def changed(document, viewer, team, **more):
        ((_, payload),) = (await ask(document, viewer, id=make.gid("Team", team.id), **more)).items()
        return payload["userErrors"][0]["code"] if payload["userErrors"] else payload

    return changed


@pytest.fixture
def join(change):
    async def joined(user_id, team, **more):
        found = await change(JOIN, make.citizen(user_id), team, **more)
        return found if isinstance(found, str) else found["membership"]

    return joined


async def captain_of(sessions, team, **columns):
    user_id = await make.person(sessions, "Captain")
    await make.belongs(sessions, user_id, team, role="captain", **columns)
    return user_id


async def test_leaving_ends_with_yesterday_and_leaving_again_changes_nothing(change, join, worker_sessions):
    root = await make.team(worker_sessions, "organisation")
    club = await make.team(worker_sessions, "club", parent=root)
    malee = await make.person(worker_sessions)
    await join(malee, club)

    left = await change(LEAVE, make.citizen(malee), club)
    again = await change(LEAVE, make.citizen(malee), club)
    back = await join(malee, club)

    assert left == {"userErrors": [], "leftOn": "2026-01-31", "team": {"memberCount": 0}}
    assert again == {"userErrors": [], "leftOn": None, "team": {"memberCount": 0}}
    assert back["joinedOn"] == "2026-01-31"


async def test_what_one_did_today_no_longer_counts_for_the_team_left_today(change, join, ask, execute, worker_sessions):
    club = await make.team(worker_sessions, "club")
    race = await make.challenge(worker_sessions, team_kind="club")
    malee = await make.active(worker_sessions, days=1)
    await join(malee, club)
    entered = await execute(
        'mutation($id: ID!) { joinChallenge(input: {challengeId: $id, idempotencyKey: "k"}) { userErrors { code } } }',
        make.citizen(malee),
        id=make.gid("Challenge", race.id),
    )
    assert not entered.errors
    await drained(worker_sessions)

    await change(LEAVE, make.citizen(malee), club)
    await drained(worker_sessions)

    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Team { standings { nodes { score } } } } }",
        id=make.gid("Team", club.id),
    )
    assert [each["score"] for each in data["node"]["standings"]["nodes"]] in ([], [0])


async def test_joining_another_team_of_a_kind_is_a_transfer_of_one_day(change, join, worker_sessions):
    old, new = [await make.team(worker_sessions, "school") for _ in range(2)]
    malee = await make.person(worker_sessions)
    await join(malee, old)

    refused = await join(malee, new)
    moved = await join(malee, new, transfer=True)

    assert refused == "ALREADY_IN_TEAM"
    assert moved["joinedOn"] == "2026-01-31"
    assert (await change(LEAVE, make.citizen(malee), old))["leftOn"] is None
    assert (await change(LEAVE, make.citizen(malee), new))["leftOn"] == "2026-01-31"


@pytest.mark.parametrize(
    ("joining", "code"),
    [
        ("closed", "TEAM_CLOSED"),
        ("derived", "TEAM_CLOSED"),
        ("invitation", "INVITATION_NEEDED"),
        ("approval", "APPROVAL_NEEDED"),
    ],
)
async def test_a_refused_transfer_leaves_one_where_one_was(join, change, joining, code, worker_sessions):
    old, new = await make.team(worker_sessions, "school"), await make.team(worker_sessions, "school", joining=joining)
    malee = await make.person(worker_sessions)
    await join(malee, old)

    assert await join(malee, new, transfer=True) == code
    assert (await change(LEAVE, make.citizen(malee), old))["leftOn"] == "2026-01-31"


async def test_of_fifty_who_join_at_once_ten_find_the_ten_free_places(execute, ask, worker_sessions):
    root = await make.team(worker_sessions, "organisation", most_members=10)
    clubs = [await make.team(worker_sessions, "club", parent=root) for _ in range(2)]
    people = [await make.person(worker_sessions) for _ in range(50)]

    results = await asyncio.gather(
        *[execute(JOIN, make.citizen(each), id=make.gid("Team", clubs[n % 2].id)) for n, each in enumerate(people)]
    )

    codes = [[error["code"] for error in each.data["joinTeam"]["userErrors"]] for each in results]
    assert (codes.count([]), codes.count(["TEAM_FULL"])) == (10, 40)
    data = await ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Team { memberCount mostMembers } } }",
        ids=[make.gid("Team", each.id) for each in (root, *clubs)],
    )
    counts = [each["memberCount"] for each in data["nodes"]]
    assert counts[0] == sum(counts[1:]) == 10


async def test_teams_of_where_people_live_are_not_left(change, worker_sessions):
    derived = await make.team(worker_sessions, "district", joining="derived")
    malee = await make.person(worker_sessions)
    await make.belongs(worker_sessions, malee, derived)

    assert await change(LEAVE, make.citizen(malee), derived) == "TEAM_CLOSED"


async def test_captains_give_roles_and_stewards_and_strangers_do_not(change, join, worker_sessions):
    club = await make.team(worker_sessions)
    captain, malee = await captain_of(worker_sessions, club), await make.person(worker_sessions)
    member = (await join(malee, club))["memberId"]

    given = await change(ROLE, make.citizen(captain), club, member=member, role="STEWARD")
    by_steward = await change(ROLE, make.citizen(malee), club, member=member, role="CAPTAIN")
    unknown = await change(ROLE, make.citizen(captain), club, member="nobody", role="CAPTAIN")
    by_admin = await change(ROLE, make.admin(), club, member=member, role="CAPTAIN")

    assert given["membership"] == {"role": "STEWARD"}
    assert (by_steward, unknown) == ("NOT_FOUND", "NOT_FOUND")
    assert by_admin["membership"] == {"role": "CAPTAIN"}


async def test_a_captain_removes_and_transfers_members_in_their_tree_and_a_partner_in_its_own(
    change, join, worker_sessions
):
    root = await make.team(worker_sessions, "organisation", partner_name="dpe")
    offices = [await make.team(worker_sessions, "organisation", parent=root, partner_name="dpe") for _ in range(2)]
    elsewhere = await make.team(worker_sessions, "organisation")
    captain, malee = await captain_of(worker_sessions, root), await make.person(worker_sessions)
    member = (await join(malee, offices[0]))["memberId"]

    async def taken_to(team, viewer):
        return await change(TRANSFER, viewer, offices[0], member=member, to=make.gid("Team", team.id))

    assert await taken_to(elsewhere, make.citizen(captain)) == "NOT_IN_CHARGE"
    assert await taken_to(offices[1], make.partner("garmin")) == "NOT_FOUND"
    moved = await taken_to(offices[1], make.partner("dpe"))
    assert (moved["joinedOn"], moved["team"]) == ("2026-01-31", {"memberCount": 1})
    assert await change(REMOVE, make.citizen(captain), offices[0], member=member) == "NOT_FOUND"
    again = (await join(malee, offices[1]))["memberId"]
    removed = await change(REMOVE, make.citizen(captain), offices[1], member=again)
    assert removed == {"userErrors": [], "leftOn": "2026-01-31", "team": {"memberCount": 0}}
