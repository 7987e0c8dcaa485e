"""What sponsors see of their challenges: figures of the last midnight, and participants who agreed."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from auth.viewer import ANONYMOUS, Viewer, ViewerKind
from domain.base import inserted, run
from domain.enrolment_days import EnrolmentChange
from domain.folding import fold
from domain.scopes import Scope
from domain.snapshots import kept
from domain.team_standings import TeamStanding
from tests.schema import factories as make
from tests.schema.explained import reads

YESTERDAY = make.TODAY - timedelta(days=1)
CONSOLE = """
query($id: ID!) { node(id: $id) { ... on Challenge { console {
  asOf enrolled began active reached
  enrolmentsByDay { nodes { localDate joined left } }
  ageBands { ageBand people asOf withheld }
  sexes { sex people asOf withheld }
  provinces { province { code } people withheld }
} } } }
"""
PARTICIPANTS = """
query($id: ID!) { node(id: $id) { ... on Challenge {
  consentingParticipants(first: 100) { nodes { pseudonym score } }
} } }
"""
JOIN = """
mutation($input: JoinChallengeInput!) {
  joinChallenge(input: $input) { userErrors { code path } standing { score displayName } }
}
"""
SHARE = """
mutation($id: ID!, $share: Boolean!) {
  shareWithSponsor(input: {challengeId: $id, share: $share}) { userErrors { code path } standing { score } }
}
"""


async def night(sessions, day=YESTERDAY):
    async with sessions.begin() as session:
        await fold(session)
    ended = False
    while not ended:
        async with sessions.begin() as session:
            ended = await kept(session, day, make.NOW)


async def came(sessions, race, day, people, *, sex="female", age_band="from_25_to_34", province="50", change=1):
    """So many people who joined or left on that day, as far as consoles count them."""
    cells = {"age_band": age_band, "sex": sex, "province_code": province}
    row = {"challenge_id": race.id, "local_date": day, "people": change, **cells}
    async with sessions.begin() as session:
        await inserted(session, EnrolmentChange, [row] * people)


@pytest_asyncio.fixture
async def race(worker_sessions):
    published = make.NOW - timedelta(days=20)
    return await make.challenge(worker_sessions, created_at=published, published_at=published, target=10)


@pytest.fixture
def console(execute, race):
    """The console of the race as somebody sees it, and the codes of errors."""

    async def seen(viewer):
        result = await execute(CONSOLE, viewer, id=make.gid("Challenge", race.id))
        return result.data["node"]["console"], {each["extensions"]["code"] for each in result.errors or ()}

    return seen


SPONSOR = make.sponsor("demo_sponsor")


async def test_the_console_is_for_the_sponsor_and_administrators(console, worker_sessions):
    await night(worker_sessions)
    without = Viewer(ViewerKind.SPONSOR, None, "x", "demo_sponsor", frozenset({Scope.CHALLENGE_READ}))
    holder = make.partner("demo_sponsor", Scope.CHALLENGE_MANAGE)

    for viewer in (SPONSOR, holder, make.admin()):
        seen, codes = await console(viewer)
        assert (seen["asOf"], codes) == (YESTERDAY.isoformat(), set())
    for viewer in (make.sponsor("mots"), make.partner("garmin", Scope.CHALLENGE_MANAGE)):
        assert await console(viewer) == (None, set())
    malee = await make.person(worker_sessions)
    for viewer in (ANONYMOUS, make.citizen(malee), make.ministry(), make.partner("garmin"), without):
        assert await console(viewer) == (None, {"FORBIDDEN"})


async def test_the_console_is_empty_until_a_round_is_through(console, worker_sessions):
    before = await console(SPONSOR)
    async with worker_sessions.begin() as session:
        await kept(session, YESTERDAY, make.NOW)
    during = await console(SPONSOR)

    await night(worker_sessions)

    assert before == during == (None, set())
    assert (await console(SPONSOR))[0]["enrolled"] == 0


async def test_the_funnel_and_the_days_are_those_of_the_last_midnight(execute, console, race, worker_sessions):
    people = [await make.active(worker_sessions, days=days) for days in (3, 1)] + [await make.person(worker_sessions)]
    for number, user_id in enumerate(people):
        given = {"challengeId": make.gid("Challenge", race.id), "idempotencyKey": "k"}
        then = make.NOW - timedelta(days=1 + number)
        await execute(JOIN, make.citizen(user_id), now=then, input=given)
    await came(worker_sessions, race, make.TODAY, 5)
    await came(worker_sessions, race, YESTERDAY, 1, change=-1)

    await night(worker_sessions)
    seen, _ = await console(SPONSOR)

    figures = {name: seen[name] for name in ("asOf", "enrolled", "began", "active", "reached")}
    assert figures == {"asOf": "2026-01-30", "enrolled": 3, "began": 1, "active": 1, "reached": 1}
    assert seen["enrolmentsByDay"]["nodes"] == [
        {"localDate": "2026-01-30", "joined": 1, "left": 1},
        {"localDate": "2026-01-29", "joined": 1, "left": 0},
        {"localDate": "2026-01-28", "joined": 1, "left": 0},
    ]


async def test_demographics_withhold_few_people_and_who_would_be_left_over(console, race, worker_sessions):
    for sex, band, province, people in (
        ("female", "under_18", "50", 30),
        ("male", "from_60", "10", 12),
        ("other", "unknown", "unknown", 2),
    ):
        await came(worker_sessions, race, YESTERDAY, people, sex=sex, age_band=band, province=province)

    await night(worker_sessions)
    seen, _ = await console(SPONSOR)

    day = YESTERDAY.isoformat()
    assert seen["sexes"] == [
        {"sex": "FEMALE", "people": 30, "asOf": day, "withheld": None},
        {"sex": "MALE", "people": None, "asOf": None, "withheld": "COMPLEMENT"},
        {"sex": "OTHER", "people": None, "asOf": None, "withheld": "TOO_FEW_PEOPLE"},
        {"sex": None, "people": None, "asOf": None, "withheld": "TOO_FEW_PEOPLE"},
    ]
    assert [each["ageBand"] for each in seen["ageBands"]] == [
        "UNDER_18", "FROM_18_TO_24", "FROM_25_TO_34", "FROM_35_TO_44", "FROM_45_TO_59", "FROM_60", None,
    ]  # fmt: skip
    assert [each["people"] for each in seen["ageBands"]] == [30, *[None] * 6]
    provinces = {(each["province"] or {}).get("code"): each["people"] for each in seen["provinces"]}
    assert len(provinces) == 78
    assert {code for code, people in provinces.items() if people is not None} == {"50"}


async def test_a_day_on_which_one_person_joined_changes_no_figure_about_people(console, race, worker_sessions):
    await came(worker_sessions, race, YESTERDAY - timedelta(days=1), 30)
    await came(worker_sessions, race, YESTERDAY - timedelta(days=1), 20, sex="male", age_band="from_60", province="10")
    await night(worker_sessions, YESTERDAY - timedelta(days=1))
    before, _ = await console(SPONSOR)
    await came(worker_sessions, race, YESTERDAY, 1)

    await night(worker_sessions)
    after, _ = await console(SPONSOR)

    assert (before["asOf"], after["asOf"]) == ("2026-01-29", "2026-01-30")
    assert after["enrolmentsByDay"]["nodes"][0] == {"localDate": "2026-01-30", "joined": 1, "left": 0}
    for cells in ("ageBands", "sexes", "provinces"):
        assert after[cells] == before[cells]
        assert any(each["people"] for each in after[cells])


async def test_a_console_takes_as_many_statements_for_one_challenge_as_for_many(execute, worker_sessions):
    document = CONSOLE.replace("$id: ID!", "$ids: [ID!]!").replace("node(id: $id)", "nodes(ids: $ids)")
    published = make.NOW - timedelta(days=20)
    made = [await make.challenge(worker_sessions, created_at=published) for _ in range(5)]
    for each in made:
        for day in range(1, 6):
            await came(worker_sessions, each, make.TODAY - timedelta(days=day), day)
    await night(worker_sessions)
    ids = [make.gid("Challenge", each.id) for each in made]

    one = await execute(document, SPONSOR, ids=ids[:1])
    many = await execute(document, SPONSOR, ids=ids)

    assert len([each for each in many.data["nodes"] if each["console"]["enrolmentsByDay"]["nodes"]]) == 5
    assert one.statements == many.statements


async def joined(execute, user_id, race, **more):
    given = {"challengeId": make.gid("Challenge", race.id), "idempotencyKey": "k", **more}
    return (await execute(JOIN, make.citizen(user_id), input=given)).data["joinChallenge"]


@pytest.fixture
def participants(execute, race):
    """What somebody sees of those who agreed, and the codes of errors."""

    async def seen(viewer):
        result = await execute(PARTICIPANTS, viewer, id=make.gid("Challenge", race.id))
        found = result.data["node"]["consentingParticipants"]
        return found and found["nodes"], {each["extensions"]["code"] for each in result.errors or ()}

    return seen


async def test_sponsors_see_only_participants_who_agreed_by_pseudonym(execute, participants, race, worker_sessions):
    malee, somchai, nid = [await make.active(worker_sessions, days=days) for days in (3, 2, 1)]
    for user_id, more in ((nid, {"shareWithSponsor": True}), (malee, {"shareWithSponsor": True}), (somchai, {})):
        await joined(execute, user_id, race, **more)
    async with worker_sessions() as session:
        sql = "SELECT user_id, 'P-' || upper(left(replace(pseudonym_id::text, '-', ''), 12)) FROM standings"
        pseudonyms = {row[0]: row[1] for row in await run(session, text(sql))}

    lines, codes = await participants(SPONSOR)

    expected = [{"pseudonym": pseudonyms[malee], "score": 21}, {"pseudonym": pseudonyms[nid], "score": 7}]
    assert (lines, codes) == (expected, set())
    assert await participants(make.admin()) == (expected, set())
    assert await participants(make.sponsor("mots")) == ([], set())
    for viewer in (
        ANONYMOUS,
        make.citizen(malee),
        make.ministry(),
        make.partner("demo_sponsor", Scope.CHALLENGE_MANAGE),
    ):
        assert await participants(viewer) == (None, {"FORBIDDEN"})


async def test_those_who_agreed_are_found_without_reading_all_who_did_not(execute, api_pool, worker_sessions):
    found = []
    for people in (60, 6_000):
        race = await make.challenge(worker_sessions)
        async with worker_sessions.begin() as session:
            some = """INSERT INTO standings (user_id, challenge_id, score, shared_at)
                      SELECT uuidv7(), :race, n, CASE WHEN n <= 30 THEN now() END FROM generate_series(1, :people) n"""
            await run(session, text(some), {"race": race.id, "people": people})
        document, key = PARTICIPANTS.replace("first: 100", "first: 20"), make.gid("Challenge", race.id)
        found.append(await reads(execute.engine, api_pool, document, SPONSOR, id=key))

    assert [each.rows for each in found] == [found[0].rows] * 2
    assert found[1].rows < 40
    assert "standings" not in found[1].scanned


@pytest.mark.parametrize("state", ["running", "final"])
async def test_taking_it_back_holds_at_once_and_in_every_state(execute, participants, race, worker_sessions, state):
    malee = await make.active(worker_sessions)
    await joined(execute, malee, race, shareWithSponsor=True)
    async with worker_sessions.begin() as session:
        await run(session, text("UPDATE challenges SET state = :state"), {"state": state})
    before, _ = await participants(SPONSOR)

    results = [
        (await execute(SHARE, make.citizen(malee), id=make.gid("Challenge", race.id), share=share)).data
        for share in (False, False, True)
    ]

    after = await participants(SPONSOR)
    assert [each["shareWithSponsor"] for each in results] == [{"userErrors": [], "standing": {"score": 7}}] * 3
    assert len(before) == 1
    assert len(after[0]) == 1


async def test_what_was_taken_back_is_gone(execute, participants, race, worker_sessions):
    malee = await make.active(worker_sessions)
    await joined(execute, malee, race, shareWithSponsor=True)

    await execute(SHARE, make.citizen(malee), id=make.gid("Challenge", race.id), share=False)

    assert await participants(SPONSOR) == ([], set())


async def test_leaving_and_joining_again_shares_nothing_unless_asked_again(
    execute, participants, race, worker_sessions
):
    malee = await make.active(worker_sessions)
    await joined(execute, malee, race, shareWithSponsor=True)
    leave = (
        'mutation($id: ID!) { leaveChallenge(input: {challengeId: $id, idempotencyKey: "l"}) { userErrors { code } } }'
    )
    left = await execute(leave, make.citizen(malee), id=make.gid("Challenge", race.id))

    again = await joined(execute, malee, race, idempotencyKey="again")

    assert left.data["leaveChallenge"]["userErrors"] == again["userErrors"] == []
    assert again["standing"]["score"] == 7
    assert await participants(SPONSOR) == ([], set())


async def test_minors_share_nothing_and_who_does_not_take_part_has_nothing_to_share(execute, race, worker_sessions):
    minor, stranger = await make.active(worker_sessions, birth_year=2006), await make.person(worker_sessions)
    await make.consented(worker_sessions, minor)

    refused = await joined(execute, minor, race, shareWithSponsor=True)
    plain = await joined(execute, minor, race)
    later = await execute(SHARE, make.citizen(minor), id=make.gid("Challenge", race.id), share=True)
    absent = await execute(SHARE, make.citizen(stranger), id=make.gid("Challenge", race.id), share=True)

    codes = [each.data["shareWithSponsor"]["userErrors"] for each in (later, absent)]
    assert refused["userErrors"] == [{"code": "FORBIDDEN", "path": ["input", "shareWithSponsor"]}]
    assert refused["standing"] is None
    assert plain["userErrors"] == []
    assert codes == [
        [{"code": "FORBIDDEN", "path": ["input", "share"]}],
        [{"code": "NOT_FOUND", "path": ["input", "challengeId"]}],
    ]


HISTORY = """
query($id: ID!) { node(id: $id) { ... on Challenge {
  leaderboard(first: 10) { nodes { isMine history(first: 5) { nodes { localDate score rank } } } }
  teamLeaderboard { nodes { history { nodes { localDate figure rank } } } }
} } }
"""


async def test_a_history_is_for_the_person_whose_it_is_and_that_of_a_team_for_everybody(
    execute, ask, race, worker_sessions
):
    malee, somchai = [await make.active(worker_sessions, days=days) for days in (3, 2)]
    for user_id in (malee, somchai):
        await joined(execute, user_id, race)
    club = await make.team(worker_sessions, members=10)
    async with worker_sessions.begin() as session:
        session.add(TeamStanding(challenge_id=race.id, team_id=club.id, score=35))
    for day in (YESTERDAY - timedelta(days=1), YESTERDAY):
        await night(worker_sessions, day)

    async def seen(viewer):
        node = (await ask(HISTORY, viewer, id=make.gid("Challenge", race.id)))["node"]
        teams = [each["history"]["nodes"] for each in node["teamLeaderboard"]["nodes"]]
        return [each["history"]["nodes"] for each in node["leaderboard"]["nodes"]], teams

    days = ("2026-01-30", "2026-01-29")
    first, second = (
        [{"localDate": day, "score": score, "rank": rank} for day in days] for score, rank in ((21, 1), (14, 2))
    )
    team = [[{"localDate": day, "figure": 35, "rank": 1} for day in days]]
    assert await seen(make.citizen(malee)) == ([first, []], team)
    assert await seen(make.admin()) == ([first, second], team)
    for viewer in (ANONYMOUS, SPONSOR, make.ministry()):
        assert await seen(viewer) == ([[], []], team)
