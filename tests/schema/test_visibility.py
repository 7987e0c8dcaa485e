"""Who sees what from each root: every kind of viewer, one country."""

from types import SimpleNamespace

import pytest
import pytest_asyncio

from auth.viewer import ANONYMOUS
from domain.scopes import Scope
from tests.schema import factories as make

ROOTS = """
{
  users(first: 100) { nodes { id } }
  activities(first: 100) { nodes { id } }
  teams(where: {kind: CLUB}) { nodes { id } }
  challenges { nodes { title(language: EN) } }
  partners { nodes { name } }
  places(first: 1) { nodes { code } }
  sports(first: 1) { nodes { word } }
}
"""


@pytest_asyncio.fixture
async def country(worker_sessions):
    """Malee and Somchai share a club; Malee trusts Garmin and the Air Force, Anan nobody; a minor is in the club."""
    club = await make.team(worker_sessions, members=3)
    malee = await make.active(worker_sessions, "Malee", scopes=[Scope.ACTIVITY_READ, Scope.PROFILE_READ])
    somchai = await make.active(worker_sessions, "Somchai", partner_name="strava", scopes=[Scope.ACTIVITY_READ])
    anan = await make.active(worker_sessions, "Anan")
    minor = await make.person(worker_sessions, "Nong", birth_year=2015)
    for user_id in (malee, somchai, minor):
        await make.belongs(worker_sessions, user_id, club)
    await make.linked(worker_sessions, somchai, "garmin", None, Scope.ACTIVITY_READ)
    await make.challenge(worker_sessions, title_en="Open")
    await make.challenge(worker_sessions, title_en="Draft", state="draft")
    return SimpleNamespace(malee=malee, somchai=somchai, anan=anan, minor=minor, club=club)


# viewer -> people, activities (None: refused), challenges
EXPECTED = {
    "anonymous": (None, None, {"Open"}),
    "citizen": ({"malee", "somchai"}, {"malee"}, {"Open"}),
    "loner": ({"anan"}, {"anan"}, {"Open"}),
    "garmin": ({"malee", "somchai", "anan"}, {"malee"}, {"Open"}),
    "strava": ({"somchai"}, {"somchai"}, {"Open"}),
    "rtaf": (set(), set(), {"Open"}),
    "ministry": (None, set(), {"Open"}),
    "sponsor": (None, None, {"Open", "Draft"}),
    "other sponsor": (None, None, {"Open"}),
    "admin": ({"malee", "somchai", "anan", "minor"}, {"malee", "somchai", "anan"}, {"Open", "Draft"}),
}


def _viewers(country):
    return {
        "anonymous": ANONYMOUS,
        "citizen": make.citizen(country.malee),
        "loner": make.citizen(country.anan),
        "garmin": make.partner("garmin"),
        "strava": make.partner("strava"),
        "rtaf": make.partner("rtaf"),
        "ministry": make.ministry(),
        "sponsor": make.sponsor("demo_sponsor"),
        "other sponsor": make.sponsor("mots"),
        "admin": make.admin(),
    }


async def test_every_kind_of_viewer_sees_its_own_part_of_every_root(execute, country):
    owners = {}
    everything = await execute("{ activities { nodes { id user { id } } } }", make.admin())
    for each in everything.data["activities"]["nodes"]:
        owners[each["id"]] = each["user"]["id"]
    names = {make.gid("User", getattr(country, name)): name for name in ("malee", "somchai", "anan", "minor")}

    for kind, viewer in _viewers(country).items():
        result = await execute(ROOTS, viewer)

        people, activities, challenges = EXPECTED[kind]
        data = result.data
        seen = data["users"] and {names[each["id"]] for each in data["users"]["nodes"]}
        done = data["activities"] and {names[owners[each["id"]]] for each in data["activities"]["nodes"]}
        assert (kind, seen, done) == (kind, people, activities)
        assert {each["title"] for each in data["challenges"]["nodes"]} == challenges, kind
        assert len(data["teams"]["nodes"]) == 1, kind
        assert len(data["partners"]["nodes"]) >= 9, kind
        assert data["places"]["nodes"], kind
        assert data["sports"]["nodes"], kind
        refused = {"users": people, "activities": activities}
        assert {error["path"][0] for error in result.errors} == {root for root, rows in refused.items() if rows is None}
        assert {error["extensions"]["code"] for error in result.errors} <= {"FORBIDDEN"}


@pytest.mark.usefixtures("country")
async def test_a_global_id_opens_nothing_that_the_lists_hide(ask):
    everything = await ask(
        "{ activities { nodes { id records { id } user { id creditEntries { nodes { id } } } } } }", make.admin()
    )
    ids = []
    for each in everything["activities"]["nodes"]:
        ids += [
            each["id"],
            each["user"]["id"],
            each["records"][0]["id"],
            each["user"]["creditEntries"]["nodes"][0]["id"],
        ]

    for viewer in (ANONYMOUS, make.ministry(), make.sponsor("demo_sponsor"), make.partner("rtaf")):
        data = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", viewer, ids=ids)

        assert data["nodes"] == [None] * len(ids), viewer.kind


async def test_a_member_of_ones_team_shows_their_name_and_nothing_else(ask, country):
    data = await ask(
        """query($id: ID!) { node(id: $id) { ... on User {
            displayName birthYear massKg language homePlace { code } creditBalance
            activities { nodes { id } } creditEntries { nodes { id } } days { nodes { localDate } }
            standings { nodes { score } } connections { personRef }
        } } }""",
        make.citizen(country.malee),
        id=make.gid("User", country.somchai),
    )

    empty = {"nodes": []}
    assert data["node"] == {
        "displayName": "Somchai",
        "birthYear": None,
        "massKg": None,
        "language": None,
        "homePlace": None,
        "creditBalance": None,
        "activities": empty,
        "creditEntries": empty,
        "days": empty,
        "standings": empty,
        "connections": [],
    }


async def test_a_minor_shows_to_nobody_of_their_team(ask, country):
    data = await ask(
        "query($id: ID!) { node(id: $id) { id } }", make.citizen(country.malee), id=make.gid("User", country.minor)
    )

    assert data["node"] is None


async def test_leaving_a_team_ends_what_one_sees_of_it(ask, worker_sessions):
    club = await make.team(worker_sessions)
    malee, somchai = [await make.person(worker_sessions, name) for name in ("Malee", "Somchai")]
    await make.belongs(worker_sessions, malee, club, left_on=make.TODAY)
    await make.belongs(worker_sessions, somchai, club)

    data = await ask("{ users { nodes { displayName } } }", make.citizen(malee))

    assert data["users"]["nodes"] == [{"displayName": "Malee"}]


async def test_neighbours_of_a_province_are_no_acquaintances(ask, worker_sessions):
    province = await make.team(worker_sessions, kind="province")
    malee, somchai = [await make.person(worker_sessions, name) for name in ("Malee", "Somchai")]
    for user_id in (malee, somchai):
        await make.belongs(worker_sessions, user_id, province)

    data = await ask(
        """query($id: ID!) {
            users { nodes { displayName } }
            node(id: $id) { ... on Team { members { nodes { joinedOn } } } }
        }""",
        make.citizen(malee),
        id=make.gid("Team", province.id),
    )

    assert data["users"]["nodes"] == [{"displayName": "Malee"}]
    assert len(data["node"]["members"]["nodes"]) == 1


@pytest.mark.parametrize(("scope", "field"), [("profile:read", "displayName"), ("health:read", "massKg")])
async def test_a_partner_reads_of_a_person_only_what_that_person_granted(ask, worker_sessions, scope, field):
    trusting, careful = [await make.person(worker_sessions, name, mass_kg=60) for name in ("Malee", "Somchai")]
    await make.linked(worker_sessions, trusting, "garmin", None, Scope(scope))
    await make.linked(worker_sessions, careful, "garmin")

    data = await ask(f"{{ users {{ nodes {{ {field} }} }} }}", make.partner("garmin", Scope(scope)))

    assert [each[field] is None for each in data["users"]["nodes"]] == [False, True]


async def test_a_missing_scope_is_told_at_the_field(execute, country):
    result = await execute(
        "{ viewer { user { displayName massKg creditBalance } } }",
        make.citizen(country.malee, without=[Scope.HEALTH_READ, Scope.CREDIT_READ]),
    )

    assert result.data["viewer"]["user"] == {"displayName": "Malee", "massKg": None, "creditBalance": None}
    assert sorted((error["path"][-1], error["extensions"]["code"]) for error in result.errors) == [
        ("creditBalance", "FORBIDDEN"),
        ("massKg", "FORBIDDEN"),
    ]
