"""Invitations to teams and requests to join them."""

import asyncio
from datetime import timedelta

import pytest

from tests.schema import factories as make

INVITE = """
mutation($id: ID!, $uses: Int! = 1, $person: ID, $days: Int! = 14, $key: String! = "k") {
  inviteToTeam(input: {teamId: $id, mostUses: $uses, person: $person, days: $days, idempotencyKey: $key}) {
    userErrors { code } invitation { invitationId code uses mostUses expiresAt team { id } }
  }
}
"""
JOIN = """
mutation($id: ID!, $code: String) {
  joinTeam(input: {teamId: $id, code: $code, idempotencyKey: "k"}) { userErrors { code } membership { joinedOn } }
}
"""
ASK = """
mutation($id: ID!, $note: String, $transfer: Boolean! = false) {
  requestToJoin(input: {teamId: $id, note: $note, transfer: $transfer, idempotencyKey: "k"}) {
    userErrors { code } request { requestId state note displayName }
  }
}
"""
DECIDE = """
mutation($id: ID!, $accept: Boolean!) {
  decideJoinRequest(input: {requestId: $id, accept: $accept}) {
    userErrors { code } joinedOn request { state note }
  }
}
"""
WAITING = "query($id: ID!) { node(id: $id) { ... on Team { joinRequests { nodes { displayName note } } } } }"
INVITED = "query($id: ID!) { node(id: $id) { ... on Team { invitations { nodes { code uses } } } } }"


@pytest.fixture
def change(ask):
    """Changes something as somebody: the payload, or the code that refused it."""

    async def changed(document, viewer, **variables):
        ((_, payload),) = (await ask(document, viewer, **variables)).items()
        return payload["userErrors"][0]["code"] if payload["userErrors"] else payload

    return changed


@pytest.fixture
async def team(worker_sessions):
    """A team by invitation, and its captain."""
    made = await make.team(worker_sessions, joining="invitation")
    captain = await make.person(worker_sessions, "Captain")
    await make.belongs(worker_sessions, captain, made, role="captain")
    return make.gid("Team", made.id), captain


async def test_whoever_has_the_code_joins_until_it_is_used_up(team, change, worker_sessions):
    team_id, captain = team
    people = [await make.person(worker_sessions) for _ in range(3)]
    invitation = (await change(INVITE, make.citizen(captain), id=team_id, uses=2))["invitation"]

    first = [await change(JOIN, make.citizen(each), id=team_id, code=invitation["code"].lower()) for each in people]
    again = await change(JOIN, make.citizen(people[0]), id=team_id, code=invitation["code"])

    assert [each if isinstance(each, str) else "joined" for each in first] == ["joined", "joined", "NOT_FOUND"]
    assert again == first[0]
    assert await change(JOIN, make.citizen(people[2]), id=team_id) == "INVITATION_NEEDED"


async def test_a_key_gives_one_invitation_and_another_content_is_refused(team, change):
    team_id, captain = team

    first, again = [await change(INVITE, make.citizen(captain), id=team_id) for _ in range(2)]

    assert again == first
    assert await change(INVITE, make.citizen(captain), id=team_id, uses=7) == "CONFLICT"


async def test_an_invitation_for_a_person_is_for_them_alone_and_needs_no_code(team, change, ask, worker_sessions):
    team_id, captain = team
    malee, somchai = [await make.person(worker_sessions) for _ in range(2)]
    # what can be used is seen by the clock of the database
    given = {"id": team_id, "person": make.gid("User", malee), "days": 365}
    code = (await change(INVITE, make.citizen(captain), **given))["invitation"]["code"]
    mine = "{ viewer { user { teamInvitations { code team { id } } } } }"

    seen = (await ask(mine, make.citizen(malee)))["viewer"]["user"]["teamInvitations"]

    assert seen == [{"code": None, "team": {"id": team_id}}]
    assert await change(JOIN, make.citizen(somchai), id=team_id, code=code) == "NOT_FOUND"
    assert (await change(JOIN, make.citizen(malee), id=team_id))["membership"] == {"joinedOn": "2026-01-31"}


async def test_expired_and_withdrawn_invitations_let_nobody_in(team, change, worker_sessions):
    team_id, captain = team
    malee = make.citizen(await make.person(worker_sessions))
    invitation = (await change(INVITE, make.citizen(captain), id=team_id, days=1))["invitation"]
    withdraw = """mutation($id: ID!) {
      withdrawInvitation(input: {invitationId: $id}) { userErrors { code } invitation { withdrawnAt } } }"""

    late = await change(JOIN, malee, id=team_id, code=invitation["code"], now=make.NOW + timedelta(days=2))
    by_stranger = await change(withdraw, malee, id=invitation["invitationId"])
    await change(withdraw, make.citizen(captain), id=invitation["invitationId"])

    assert (late, by_stranger) == ("NOT_FOUND", "NOT_FOUND")
    assert await change(JOIN, malee, id=team_id, code=invitation["code"]) == "NOT_FOUND"


async def test_of_many_who_use_a_code_at_once_as_many_join_as_it_has_uses(team, change, execute, ask, worker_sessions):
    team_id, captain = team
    code = (await change(INVITE, make.citizen(captain), id=team_id, uses=3))["invitation"]["code"]
    people = [await make.person(worker_sessions) for _ in range(12)]

    results = await asyncio.gather(*[execute(JOIN, make.citizen(each), id=team_id, code=code) for each in people])

    codes = [[error["code"] for error in each.data["joinTeam"]["userErrors"]] for each in results]
    assert (codes.count([]), codes.count(["NOT_FOUND"])) == (3, 9)
    seen = (await ask(INVITED, make.citizen(captain), id=team_id))["node"]["invitations"]["nodes"]
    assert seen == [{"code": code, "uses": 3}]


async def test_a_refused_join_uses_no_invitation(change, ask, worker_sessions):
    made = await make.team(worker_sessions, "school", joining="invitation")
    captain, malee = await make.person(worker_sessions), await make.person(worker_sessions)
    await make.belongs(worker_sessions, captain, made, role="captain")
    await make.belongs(worker_sessions, malee, await make.team(worker_sessions, "school"))
    team_id = make.gid("Team", made.id)
    code = (await change(INVITE, make.citizen(captain), id=team_id))["invitation"]["code"]

    refused = await change(JOIN, make.citizen(malee), id=team_id, code=code)

    assert refused == "ALREADY_IN_TEAM"
    seen = (await ask(INVITED, make.citizen(captain), id=team_id))["node"]["invitations"]["nodes"]
    assert seen == [{"code": code, "uses": 0}]


async def test_who_is_not_in_charge_neither_invites_nor_sees_invitations(team, change, ask, worker_sessions):
    team_id, captain = team
    malee = await make.person(worker_sessions)
    await change(INVITE, make.citizen(captain), id=team_id)

    for viewer in (make.citizen(malee), make.partner("garmin")):
        assert await change(INVITE, viewer, id=team_id) == "NOT_IN_CHARGE"
        assert (await ask(INVITED, viewer, id=team_id))["node"]["invitations"]["nodes"] == []
    assert (await change(INVITE, make.admin(), id=team_id))["invitation"]["mostUses"] == 1


@pytest.fixture
async def asking(worker_sessions):
    """A team by approval, its captain, and somebody else."""
    made = await make.team(worker_sessions, "school", joining="approval")
    captain = await make.person(worker_sessions, "Captain")
    await make.belongs(worker_sessions, captain, made, role="steward")
    return make.gid("Team", made.id), captain, await make.person(worker_sessions, "Malee")


async def test_a_request_waits_until_somebody_in_charge_accepts_it(asking, change, ask, worker_sessions):
    team_id, captain, malee = asking
    request = (await change(ASK, make.citizen(malee), id=team_id, note="ห้อง 6/2"))["request"]
    again = (await change(ASK, make.citizen(malee), id=team_id, note="ห้อง 6/3"))["request"]
    stranger = await make.person(worker_sessions)

    seen = [
        (await ask(WAITING, make.citizen(each), id=team_id))["node"]["joinRequests"]["nodes"]
        for each in (captain, stranger)
    ]
    refused = await change(DECIDE, make.citizen(malee), id=request["requestId"], accept=True)
    accepted = await change(DECIDE, make.citizen(captain), id=request["requestId"], accept=True)

    assert again == {**request, "note": "ห้อง 6/3"}
    assert seen == [[{"displayName": "Malee", "note": "ห้อง 6/3"}], []]
    assert refused == "NOT_FOUND"
    assert accepted == {"userErrors": [], "joinedOn": "2026-01-31", "request": {"state": "ACCEPTED", "note": None}}
    assert await change(DECIDE, make.citizen(captain), id=request["requestId"], accept=True) == "NOT_FOUND"


async def test_a_declined_request_makes_nobody_a_member_and_may_be_made_again(asking, change):
    team_id, captain, malee = asking
    request = (await change(ASK, make.citizen(malee), id=team_id))["request"]["requestId"]

    declined = await change(DECIDE, make.citizen(captain), id=request, accept=False)

    assert (declined["joinedOn"], declined["request"]["state"]) == (None, "DECLINED")
    assert (await change(ASK, make.citizen(malee), id=team_id))["request"]["requestId"] != request


async def test_accepting_twice_at_once_makes_one_member(asking, change, execute, ask):
    team_id, captain, malee = asking
    request = (await change(ASK, make.citizen(malee), id=team_id))["request"]["requestId"]

    results = await asyncio.gather(*[execute(DECIDE, make.citizen(captain), id=request, accept=True) for _ in range(3)])

    codes = [[error["code"] for error in each.data["decideJoinRequest"]["userErrors"]] for each in results]
    assert (codes.count([]), codes.count(["NOT_FOUND"])) == (1, 2)
    assert (await ask(f'{{ node(id: "{team_id}") {{ ... on Team {{ memberCount }} }} }}'))["node"]["memberCount"] == 1


async def test_a_minor_who_asks_shows_by_a_pseudonym_and_may_withdraw(asking, change, ask, worker_sessions):
    team_id, captain, _ = asking
    nid = await make.person(worker_sessions, "Nid", birth_year=2012)
    request = (await change(ASK, make.citizen(nid), id=team_id))["request"]
    withdraw = """mutation($id: ID!) {
      withdrawJoinRequest(input: {requestId: $id}) { userErrors { code } request { state } } }"""

    seen = (await ask(WAITING, make.citizen(captain), id=team_id))["node"]["joinRequests"]["nodes"]
    withdrawn = await change(withdraw, make.citizen(nid), id=request["requestId"])

    assert request["displayName"] == "Nid"
    assert seen[0]["displayName"].startswith("P-")
    assert withdrawn["request"]["state"] == "WITHDRAWN"
    assert (await ask(WAITING, make.citizen(captain), id=team_id))["node"]["joinRequests"]["nodes"] == []


async def test_an_accepted_transfer_changes_teams_and_one_without_it_waits_on(asking, change, worker_sessions):
    team_id, captain, malee = asking
    await make.belongs(worker_sessions, malee, await make.team(worker_sessions, "school"))
    request = (await change(ASK, make.citizen(malee), id=team_id))["request"]["requestId"]

    refused = await change(DECIDE, make.citizen(captain), id=request, accept=True)
    await change(ASK, make.citizen(malee), id=team_id, transfer=True)
    accepted = await change(DECIDE, make.citizen(captain), id=request, accept=True)

    assert refused == "ALREADY_IN_TEAM"
    assert accepted["joinedOn"] == "2026-01-31"
