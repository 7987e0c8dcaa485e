"""Who makes teams, and what may be changed of them."""

import asyncio

import pytest

from tests.schema import factories as make

CREATE = """
mutation($input: CreateTeamInput!) {
  createTeam(input: $input) {
    userErrors { code path }
    team { id kind name(language: EN) joining mostMembers memberCount parent { id } partner { name } }
  }
}
"""
EDIT = """
mutation($input: EditTeamInput!) {
  editTeam(input: $input) { userErrors { code path } team { name joining mostMembers } }
}
"""


@pytest.fixture
def create(ask):
    async def created(viewer, key="k", **given):
        usual = {"kind": "CLUB", "nameTh": "ชมรมวิ่ง", "nameEn": "Runners", "idempotencyKey": key}
        payload = (await ask(CREATE, viewer, input={**usual, **given}))["createTeam"]
        return payload["userErrors"][0]["code"] if payload["userErrors"] else payload["team"]

    return created


@pytest.fixture
def edit(ask):
    async def edited(viewer, team, **given):
        payload = (await ask(EDIT, viewer, input={"teamId": make.gid("Team", team.id), **given}))["editTeam"]
        return payload["userErrors"][0]["code"] if payload["userErrors"] else payload["team"]

    return edited


async def test_a_person_makes_a_club_once_and_is_its_captain(create, ask, worker_sessions):
    malee = make.citizen(await make.person(worker_sessions))

    made, again = await create(malee), await create(malee)

    assert (
        made
        == again
        == {
            "id": made["id"],
            "kind": "CLUB",
            "name": "Runners",
            "joining": "OPEN",
            "mostMembers": None,
            "memberCount": 1,
            "parent": None,
            "partner": None,
        }
    )
    seen = await ask("{ viewer { user { memberships { role team { id } } } } }", malee)
    assert seen["viewer"]["user"]["memberships"] == [{"role": "CAPTAIN", "team": {"id": made["id"]}}]
    assert await create(malee, nameEn="Walkers") == "CONFLICT"


async def test_a_club_made_twice_at_once_is_one(execute, worker_sessions):
    malee = make.citizen(await make.person(worker_sessions))
    given = {"kind": "CLUB", "nameTh": "ชมรม", "nameEn": "Club", "idempotencyKey": "k"}

    results = await asyncio.gather(*[execute(CREATE, malee, input=given) for _ in range(3)])

    assert len({each.data["createTeam"]["team"]["id"] for each in results}) == 1
    assert results[0].data["createTeam"]["team"]["memberCount"] == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "SCHOOL"}, "NOT_IN_CHARGE"),
        ({"kind": "PROVINCE"}, "BAD_USER_INPUT"),
        ({"joining": "DERIVED"}, "BAD_USER_INPUT"),
        ({"nameTh": "  "}, "BAD_USER_INPUT"),
        ({"nameEn": "x" * 121}, "BAD_USER_INPUT"),
        ({"mostMembers": -1}, "BAD_USER_INPUT"),
        ({"place": "9999"}, "NOT_IN_CHARGE"),
        ({"partner": "dpe"}, "NOT_IN_CHARGE"),
    ],
)
async def test_what_people_cannot_make_is_refused(create, given, code, worker_sessions):
    assert await create(make.citizen(await make.person(worker_sessions)), **given) == code


async def test_people_make_ten_clubs_at_most(create, worker_sessions):
    malee = make.citizen(await make.person(worker_sessions))

    made = [await create(malee, key=str(n)) for n in range(11)]

    assert made[10] == "NOT_IN_CHARGE"
    assert len({each["id"] for each in made[:10]}) == 10
    assert await create(malee, key="3") == made[3]


async def test_a_partner_makes_teams_under_its_own_and_an_administrator_all(create, worker_sessions):
    root = await create(make.admin(), kind="ORGANISATION", partner="dpe")
    other = await make.team(worker_sessions, "organisation")

    office = await create(make.partner("dpe"), kind="ORGANISATION", parentId=root["id"], mostMembers=50)

    assert root["partner"] == {"name": "dpe"}
    assert (office["parent"], office["partner"], office["mostMembers"]) == ({"id": root["id"]}, {"name": "dpe"}, 50)
    assert await create(make.partner("dpe"), key="2", kind="ORGANISATION") == "NOT_IN_CHARGE"
    assert await create(make.partner("garmin"), kind="ORGANISATION", parentId=root["id"]) == "NOT_IN_CHARGE"
    elsewhere = make.gid("Team", other.id)
    assert await create(make.partner("dpe"), key="3", kind="ORGANISATION", parentId=elsewhere) == "NOT_IN_CHARGE"


async def test_nothing_is_made_under_where_people_live_nor_deeper_than_six_levels(create, worker_sessions):
    district = await make.team(worker_sessions, "district", joining="derived")
    deep = None
    for _ in range(6):
        deep = await make.team(worker_sessions, "organisation", parent=deep)

    for above in (district, deep):
        refused = await create(make.admin(), kind="ORGANISATION", parentId=make.gid("Team", above.id))
        assert refused == "NOT_IN_CHARGE"


async def test_a_captain_edits_and_others_do_not(edit, worker_sessions):
    club = await make.team(worker_sessions, most_members=5)
    captain, steward, stranger = [await make.person(worker_sessions) for _ in range(3)]
    await make.belongs(worker_sessions, captain, club, role="captain")
    await make.belongs(worker_sessions, steward, club, role="steward")

    edited = await edit(make.citizen(captain), club, nameTh="ชมรมใหม่", joining="APPROVAL", mostMembers=0)

    assert edited == {"name": "ชมรมใหม่", "joining": "APPROVAL", "mostMembers": None}
    for other in (steward, stranger):
        assert await edit(make.citizen(other), club, nameTh="ก") == "NOT_IN_CHARGE"
    assert (await edit(make.admin(), club, nameTh="ก"))["joining"] == "APPROVAL"


async def test_teams_of_where_people_live_stay_as_they_are(edit, worker_sessions):
    district = await make.team(worker_sessions, "district", joining="derived")

    assert await edit(make.admin(), district, nameTh="ก") == "NOT_IN_CHARGE"
