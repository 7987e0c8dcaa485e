import asyncio
from datetime import timedelta

import pytest

from app.folding import drained
from domain.scopes import Scope
from tests.schema import factories as make

JOIN = """
mutation($id: ID!) {
  joinTeam(input: {teamId: $id, idempotencyKey: "k"}) {
    userErrors { code message path }
    membership { joinedOn leftOn user { displayName } }
    team { memberCount }
    idempotencyKey
  }
}
"""


@pytest.fixture
def join(execute):
    """Joins a team as a person; gives the payload."""

    async def joined(user_id, team):
        result = await execute(JOIN, make.citizen(user_id), id=make.gid("Team", team.id))
        assert not result.errors, result.errors
        return result.data["joinTeam"]

    return joined


@pytest.fixture
def members(ask):
    """How many people the teams count."""

    async def counted(*teams):
        ids = [make.gid("Team", team.id) for team in teams]
        data = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Team { memberCount } } }", ids=ids)
        return [each["memberCount"] for each in data["nodes"]]

    return counted


async def test_a_tree_of_teams_is_public(ask, worker_sessions):
    ministry = await make.team(worker_sessions, "ministry", name_th="กระทรวง", name_en="Ministry", members=9)
    office = await make.team(worker_sessions, "organisation", parent=ministry, name_en="Office", place_code="1001")

    data = await ask(
        """query($id: ID!) { node(id: $id) { ... on Team {
            name english: name(language: EN) kind memberCount place { name } parent { id }
            children(first: 5) { nodes {
                name(language: EN) kind parent { name } place { code } members { nodes { joinedOn } }
            } }
        } } }""",
        id=make.gid("Team", ministry.id),
    )

    assert data["node"] == {
        "name": "กระทรวง",
        "english": "Ministry",
        "kind": "MINISTRY",
        "memberCount": 9,
        "place": None,
        "parent": None,
        "children": {
            "nodes": [
                {
                    "name": "Office",
                    "kind": "ORGANISATION",
                    "parent": {"name": "กระทรวง"},
                    "place": {"code": office.place_code},
                    "members": {"nodes": []},
                }
            ]
        },
    }


async def test_teams_are_found_by_kind_parent_and_place(ask, worker_sessions):
    root = await make.team(worker_sessions, "ministry", name_th="ก", name_en="root", members=5)
    await make.team(worker_sessions, "club", parent=root, name_th="ข", name_en="bangkok", place_code="100101")
    await make.team(worker_sessions, "school", name_th="ค", name_en="chiang mai", place_code="50", members=9)
    await make.team(worker_sessions, "ministry", name_th="ง", name_en="another", members=7)

    async def found(order="NAME", **where):
        data = await ask(
            "query($where: TeamFilter, $order: TeamOrder!) { teams(where: $where, orderBy: $order) "
            "{ nodes { name(language: EN) joining } } }",
            where=where,
            order=order,
        )
        return [each["name"] for each in data["teams"]["nodes"] if each["joining"] != "DERIVED"]

    assert await found(kind="MINISTRY") == ["root", "another"]
    assert await found("MEMBERS") == ["chiang mai", "another", "root", "bangkok"]
    assert await found(kind="SCHOOL") == ["chiang mai"]
    assert await found(parent=make.gid("Team", root.id)) == ["bangkok"]
    assert await found(place="10") == ["bangkok"]
    assert await found(place="TH", kind="CLUB") == ["bangkok"]


async def test_joining_counts_at_every_level_and_only_once(join, members, worker_sessions):
    ministry = await make.team(worker_sessions, "ministry", joining="closed")
    office = await make.team(worker_sessions, "organisation", parent=ministry)
    club = await make.team(worker_sessions, "club", parent=ministry)
    malee = await make.person(worker_sessions, "Malee")

    first = await join(malee, office)
    again = await join(malee, office)
    await join(malee, club)

    assert first == {
        "userErrors": [],
        "membership": {"joinedOn": "2026-01-31", "leftOn": None, "user": {"displayName": "Malee"}},
        "team": {"memberCount": 1},
        "idempotencyKey": "k",
    }
    assert again == first
    assert await members(ministry, office, club) == [1, 1, 1]


async def test_one_belongs_to_one_team_of_a_kind_and_to_many_clubs(join, worker_sessions):
    schools = [await make.team(worker_sessions, "school", name_en=name) for name in ("Old school", "New school")]
    clubs = [await make.team(worker_sessions, "club") for _ in range(2)]
    malee = await make.person(worker_sessions)
    await join(malee, schools[0])

    refused = await join(malee, schools[1])
    accepted = [await join(malee, club) for club in clubs]

    assert (refused["membership"], refused["team"], refused["idempotencyKey"]) == (None, None, None)
    assert (refused["userErrors"][0]["code"], refused["userErrors"][0]["path"]) == (
        "ALREADY_IN_TEAM",
        ["input", "teamId"],
    )
    assert "Old school" in refused["userErrors"][0]["message"]
    assert [each["userErrors"] for each in accepted] == [[], []]


async def test_closed_and_unknown_teams_take_nobody(join, members, worker_sessions):
    closed = await make.team(worker_sessions, "province", joining="derived")
    unknown = type(closed)(kind="club", name_th="-", name_en="-")
    malee = await make.person(worker_sessions)

    codes = [(await join(malee, team))["userErrors"][0]["code"] for team in (closed, unknown)]

    assert codes == ["TEAM_CLOSED", "NOT_FOUND"]
    assert await members(closed) == [0]


async def test_joins_at_the_same_moment_end_as_one(execute, members, worker_sessions):
    schools = [await make.team(worker_sessions, "school") for _ in range(3)]
    malee = await make.person(worker_sessions)

    results = await asyncio.gather(
        *[execute(JOIN, make.citizen(malee), id=make.gid("Team", school.id)) for school in schools * 2]
    )

    codes = [[error["code"] for error in each.data["joinTeam"]["userErrors"]] for each in results]
    assert codes.count([]) == 2
    assert codes.count(["ALREADY_IN_TEAM"]) == 4
    assert sum(await members(*schools)) == 1


async def test_many_people_joining_at_once_are_all_counted(execute, members, worker_sessions):
    root = await make.team(worker_sessions, "ministry")
    clubs = [await make.team(worker_sessions, "club", parent=root) for _ in range(2)]
    people = [await make.person(worker_sessions) for _ in range(6)]

    await asyncio.gather(
        *[execute(JOIN, make.citizen(each), id=make.gid("Team", club.id)) for each in people for club in clubs]
    )

    assert await members(root, *clubs) == [6, 6, 6]


async def test_what_one_did_today_counts_for_the_team_joined_today(join, ask, execute, worker_sessions):
    club = await make.team(worker_sessions, "club")
    race = await make.challenge(worker_sessions, team_kind="club")
    malee = await make.active(worker_sessions, days=3)
    entered = await execute(
        'mutation($id: ID!) { joinChallenge(input: {challengeId: $id, idempotencyKey: "k"}) { userErrors { code } } }',
        make.citizen(malee),
        id=make.gid("Challenge", race.id),
    )
    assert not entered.errors

    await join(malee, club)
    await drained(worker_sessions)

    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Team { standings { nodes { score challenge { id } } } } } }",
        id=make.gid("Team", club.id),
    )
    assert data["node"]["standings"]["nodes"] == [{"score": 7, "challenge": {"id": make.gid("Challenge", race.id)}}]


async def test_members_are_listed_for_members_alone(ask, worker_sessions):
    club = await make.team(worker_sessions)
    malee, somchai, stranger = [await make.person(worker_sessions, name) for name in ("Malee", "Somchai", "Stranger")]
    await make.belongs(worker_sessions, malee, club)
    await make.belongs(worker_sessions, somchai, club, joined_on=make.TODAY)
    left = await make.person(worker_sessions, "Gone")
    await make.belongs(worker_sessions, left, club, left_on=make.TODAY - timedelta(days=1))
    document = "query($id: ID!) { node(id: $id) { ... on Team { members { nodes { user { displayName } } } } } }"

    async def seen(viewer):
        data = await ask(document, viewer, id=make.gid("Team", club.id))
        return [each["user"]["displayName"] for each in data["node"]["members"]["nodes"]]

    assert await seen(make.citizen(malee)) == ["Malee", "Somchai"]
    assert await seen(make.citizen(stranger)) == []
    assert await seen(make.partner("garmin")) == []


async def test_only_people_join_teams(execute, worker_sessions):
    club = await make.team(worker_sessions)

    for viewer in (make.partner("garmin"), make.admin(), make.ministry()):
        result = await execute(JOIN, viewer, id=make.gid("Team", club.id))

        assert result.errors[0]["extensions"]["code"] == "FORBIDDEN"


LISTED = "query($id: ID!) { node(id: $id) { ... on Team { members { nodes { displayName user { id } shownAs } } } } }"


async def test_members_show_as_they_want_and_minors_by_a_pseudonym(ask, worker_sessions):
    club = await make.team(worker_sessions)
    names = {
        "Malee": {},
        "Somchai": {"shown_as": "pseudonym"},
        "Hidden": {"shown_as": "hidden"},
        "Captain": {"role": "captain"},
        "Nid": {"birth_year": 2012},
    }
    people = {}
    for day, (name, columns) in enumerate(names.items()):
        year = {"birth_year": columns.pop("birth_year")} if "birth_year" in columns else {}
        people[name] = await make.person(worker_sessions, name, **year)
        joined = make.TODAY - timedelta(days=20 - day)
        await make.belongs(worker_sessions, people[name], club, joined_on=joined, **columns)

    async def seen(name):
        found = await ask(LISTED, make.citizen(people[name]), id=make.gid("Team", club.id))
        nodes = found["node"]["members"]["nodes"]
        return [each["displayName"] if each["user"] else each["displayName"][:2] for each in nodes]

    assert await seen("Malee") == ["Malee", "P-", "Captain", "P-"]
    assert await seen("Somchai") == ["Malee", "Somchai", "Captain", "P-"]
    assert await seen("Hidden") == ["Malee", "P-", "Hidden", "Captain", "P-"]
    assert await seen("Captain") == ["Malee", "P-", "P-", "Captain", "P-"]
    assert await seen("Nid") == ["Malee", "P-", "Captain", "Nid"]
    users = await ask("{ users { nodes { displayName } } }", make.citizen(people["Malee"]))
    assert {each["displayName"] for each in users["users"]["nodes"]} == {"Malee", "Captain"}


async def test_a_name_seen_in_one_team_does_not_lead_to_the_pseudonym_in_another(ask, worker_sessions):
    one, other = [await make.team(worker_sessions) for _ in range(2)]
    malee, somchai = [await make.person(worker_sessions, name) for name in ("Malee", "Somchai")]
    for team, columns in ((one, {}), (other, {"shown_as": "pseudonym"})):
        await make.belongs(worker_sessions, malee, team)
        await make.belongs(worker_sessions, somchai, team, **columns)

    found = await ask(
        "query($id: ID!) { node(id: $id) { ... on User { displayName memberships { team { id } } } } }",
        make.citizen(malee),
        id=make.gid("User", somchai),
    )

    assert found["node"] == {"displayName": "Somchai", "memberships": [{"team": {"id": make.gid("Team", one.id)}}]}


async def test_one_says_how_one_shows_in_a_team_of_ones_own(ask, worker_sessions):
    club = await make.team(worker_sessions)
    malee, stranger = [await make.person(worker_sessions, name) for name in ("Malee", "Stranger")]
    await make.belongs(worker_sessions, malee, club)
    document = """mutation($id: ID!) {
      showInTeam(input: {teamId: $id, shownAs: HIDDEN}) { userErrors { code } membership { shownAs displayName } } }"""

    shown, refused = [
        (await ask(document, make.citizen(each), id=make.gid("Team", club.id)))["showInTeam"]
        for each in (malee, stranger)
    ]

    assert shown == {"userErrors": [], "membership": {"shownAs": "HIDDEN", "displayName": "Malee"}}
    assert refused["userErrors"] == [{"code": "NOT_FOUND"}]


async def test_a_token_without_the_scope_for_names_reads_pseudonyms(ask, worker_sessions):
    club = await make.team(worker_sessions)
    malee = await make.person(worker_sessions, "Malee")
    await make.belongs(worker_sessions, malee, club)
    document = "query($id: ID!) { node(id: $id) { ... on Team { members { nodes { displayName } } } } }"

    seen = await ask(document, make.citizen(malee, without=(Scope.PROFILE_READ,)), id=make.gid("Team", club.id))

    assert seen["node"]["members"]["nodes"][0]["displayName"].startswith("P-")
