"""Whoever is on a leaderboard: found by name or pseudonym by those who may, with neighbours and rank."""

import re
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from auth.viewer import ANONYMOUS
from domain.base import run, uuid7
from domain.ranks import filling
from domain.standings import ChallengeDay, Standing
from tests.schema import factories as make

BOARD = """
query($id: ID!, $around: ParticipantChoice, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) { ... on Challenge {
    leaderboard(around: $around, first: $first, after: $after, last: $last, before: $before) {
      nodes { rank score isMine displayName }
      pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
    }
  } }
}
"""
RANK = """
query($id: ID!, $who: ParticipantChoice!) { node(id: $id) { ... on Challenge {
  rankOf(who: $who) { rank score isMine displayName }
} } }
"""
# Three share each score; the first page, and more, stands ahead of most.
CROWD = """
    INSERT INTO standings (user_id, challenge_id, score)
    SELECT uuidv7(), :race, n / 3 * 100 FROM generate_series(0, 308) n
"""


MANUAL = Path(__file__).parents[2] / "docs" / "leaderboards.md"


async def line(sessions, of, user_id, score):
    """The person with that score; gives what is shown of their pseudonym."""
    row = Standing(user_id=user_id, challenge_id=of.id, score=score)
    async with sessions.begin() as session:
        session.add(row)
    return f"P-{row.pseudonym_id.hex[:12].upper()}"


@pytest_asyncio.fixture
async def race(worker_sessions):
    return await make.challenge(worker_sessions)


@pytest.fixture
def board(ask, race):
    async def seen(viewer=ANONYMOUS, of=race, **page):
        return (await ask(BOARD, viewer, id=make.gid("Challenge", of.id), **page))["node"]["leaderboard"]

    return seen


@pytest.fixture
def rank(ask, race):
    async def found(viewer, of=race, **who):
        return (await ask(RANK, viewer, id=make.gid("Challenge", of.id), who=who))["node"]["rankOf"]

    return found


@pytest_asyncio.fixture
async def crowd(race, worker_sessions):
    async with worker_sessions.begin() as session:
        await run(session, text(CROWD), {"race": race.id})


async def counted(sessions):
    async with sessions.begin() as session:
        await run(session, text("DELETE FROM score_buckets"))
        await run(session, text(filling()))


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("score", [0, 50, 200, 5_000, 5_050, 10_200, 10_250])
async def test_my_neighbours_are_as_many_ahead_as_behind_unless_the_list_ends(board, race, worker_sessions, score):
    malee = await make.person(worker_sessions)
    await line(worker_sessions, race, malee, score)
    await counted(worker_sessions)
    scores = sorted([score, *[n // 3 * 100 for n in range(309)]], reverse=True)

    page = await board(make.citizen(malee), around={}, first=7)

    found = [each["score"] for each in page["nodes"]]
    at = [each["isMine"] for each in page["nodes"]].index(True)
    assert len(found) == 7
    assert at == 3 or not page["pageInfo"]["hasPreviousPage"] or not page["pageInfo"]["hasNextPage"]
    assert found in [scores[n : n + 7] for n in range(len(scores))]
    assert [each["rank"] for each in page["nodes"]] == [scores.index(each) + 1 for each in found]


@pytest.mark.usefixtures("crowd")
async def test_the_list_goes_on_to_both_sides_of_my_neighbours(board, race, worker_sessions):
    malee = await make.person(worker_sessions)
    await line(worker_sessions, race, malee, 5_050)
    await counted(worker_sessions)

    middle = await board(make.citizen(malee), around={}, first=9)
    ends = middle["pageInfo"]
    ahead = await board(make.citizen(malee), last=100, before=ends["startCursor"])
    behind = await board(make.citizen(malee), first=100, after=ends["endCursor"])

    found = [each for page in (ahead, middle, behind) for each in page["nodes"]]
    scores = sorted([5_050, *[n // 3 * 100 for n in range(309)]], reverse=True)
    me = scores.index(5_050)
    assert [each["score"] for each in found] == scores[me - 104 : me + 105]
    assert [each["rank"] for each in found] == [scores.index(each) + 1 for each in scores[me - 104 : me + 105]]


@pytest.mark.usefixtures("crowd")
async def test_there_is_no_middle_for_whoever_does_not_take_part(board, rank, worker_sessions):
    malee = await make.person(worker_sessions)

    for viewer in (make.citizen(malee), ANONYMOUS):
        page = await board(viewer, around={})

        assert (page["nodes"], page["pageInfo"]["hasNextPage"]) == ([], False)
        assert await rank(viewer) is None


async def test_a_person_is_found_by_those_who_may_see_them_and_know_the_name(board, rank, race, worker_sessions):
    malee, somchai, stranger = [await make.active(worker_sessions, name) for name in ("Malee", "Somchai", "Suda")]
    child = await make.active(worker_sessions, "Nong", birth_year=2015)
    club = await make.team(worker_sessions)
    for score, user_id in enumerate((malee, somchai, stranger, child)):
        await line(worker_sessions, race, user_id, score)
    for user_id in (malee, somchai, child):
        await make.belongs(worker_sessions, user_id, club)
    await counted(worker_sessions)

    async def found(viewer, user_id):
        who = {"person": make.gid("User", user_id)}
        one, page = await rank(viewer, **who), (await board(viewer, around=who, first=1))["nodes"]
        assert page == ([] if one is None else [one])
        return one and one["displayName"]

    assert await found(make.citizen(malee), somchai) == "Somchai"
    assert await found(make.citizen(malee), malee) == "Malee"
    assert await found(make.citizen(malee), stranger) is None
    assert await found(make.citizen(malee), child) is None
    assert await found(make.citizen(child), child) == "Nong"
    assert await found(make.admin(), child) == "Nong"
    for outsider in (make.partner("garmin"), make.sponsor("demo_sponsor"), make.ministry(), ANONYMOUS):
        assert await found(outsider, malee) is None


async def test_a_pseudonym_is_found_where_it_is_shown_and_leads_no_citizen_to_a_name(
    board, rank, race, worker_sessions
):
    malee = await make.person(worker_sessions, "Malee")
    child = await make.person(worker_sessions, "Nong", birth_year=2015)
    adult_alias, child_alias = [
        await line(worker_sessions, race, user_id, score) for user_id, score in ((malee, 30), (child, 20))
    ]
    await counted(worker_sessions)
    suda = make.citizen(await make.person(worker_sessions, "Suda"))

    async def found(viewer, alias):
        one = await rank(viewer, pseudonym=alias)
        page = (await board(viewer, around={"pseudonym": alias}, first=1))["nodes"]
        assert page == ([] if one is None else [one])
        return one and (one["rank"], one["displayName"])

    for outsider in (make.sponsor("demo_sponsor"), make.partner("garmin"), make.ministry(), ANONYMOUS):
        assert await found(outsider, adult_alias) == (1, adult_alias)
        assert await found(outsider, child_alias.lower().replace("p-", "P-")) == (2, child_alias)
    assert await found(suda, child_alias) == (2, child_alias)
    assert await found(suda, adult_alias) is None
    assert await found(make.admin(), adult_alias) == (1, "Malee")


@pytest.mark.parametrize("alias", ["", "P-", "P-00", "P-0000000000zz", "P-000000000000", "0" * 36, "P-' OR true --"])
async def test_what_is_no_pseudonym_of_the_challenge_finds_nobody(rank, race, worker_sessions, alias):
    await line(worker_sessions, race, uuid7(), 3)

    assert await rank(ANONYMOUS, pseudonym=alias) is None


async def test_a_pseudonym_of_another_challenge_finds_nobody(rank, worker_sessions):
    other = await make.challenge(worker_sessions)
    alias = await line(worker_sessions, other, uuid7(), 3)
    await counted(worker_sessions)

    assert await rank(ANONYMOUS, pseudonym=alias) is None
    assert (await rank(ANONYMOUS, of=other, pseudonym=alias))["rank"] == 1


async def test_a_person_and_a_pseudonym_are_both_meant(rank, race, worker_sessions):
    malee, somchai = [await make.person(worker_sessions) for _ in range(2)]
    aliases = [await line(worker_sessions, race, user_id, 3) for user_id in (malee, somchai)]
    person = make.gid("User", malee)

    found = [await rank(make.admin(), person=person, pseudonym=alias) for alias in aliases]

    assert [each is not None for each in found] == [True, False]


async def test_nobody_has_a_rank_or_neighbours_towards_a_personal_goal(board, rank, worker_sessions):
    goal = await make.challenge(worker_sessions, mode="personal_goal", target=100)
    malee = await make.person(worker_sessions)
    await line(worker_sessions, goal, malee, 3)

    assert await rank(make.citizen(malee), of=goal) is None
    assert (await board(make.citizen(malee), of=goal, around={}))["nodes"] == []


@pytest.mark.parametrize(
    ("target", "score", "progress"),
    [
        (None, 70, None),
        (100, 25, {"value": 25, "target": 100, "share": 0.25, "reached": False}),
        (100, 170, {"value": 170, "target": 100, "share": 1.0, "reached": True}),
    ],
)
async def test_a_standing_says_how_far_it_has_come_towards_the_target(ask, worker_sessions, target, score, progress):
    race = await make.challenge(worker_sessions, target=target)
    await line(worker_sessions, race, uuid7(), score)

    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Challenge { leaderboard { nodes { "
        "progress { value target share reached } } } } } }",
        id=make.gid("Challenge", race.id),
    )

    assert data["node"]["leaderboard"]["nodes"] == [{"progress": progress}]


async def test_days_are_for_whoever_did_them(ask, race, worker_sessions):
    malee, somchai = [await make.person(worker_sessions) for _ in range(2)]
    club = await make.team(worker_sessions)
    for user_id in (malee, somchai):
        await line(worker_sessions, race, user_id, 12)
    days = [(race.starts_on, 5, None), (make.TODAY, 0, None), (race.ends_on, 7, club.id)]
    async with worker_sessions.begin() as session:
        session.add_all(
            ChallengeDay(user_id=malee, challenge_id=race.id, local_date=day, value=value, team_id=team_id)
            for day, value, team_id in days
        )
    document = """query($id: ID!) { node(id: $id) { ... on Challenge { leaderboard { nodes {
        isMine daysCounted days(first: 2) { nodes { localDate value team { name(language: EN) } } } } } } } }"""

    async def seen(viewer):
        nodes = (await ask(document, viewer, id=make.gid("Challenge", race.id)))["node"]["leaderboard"]["nodes"]
        return sorted(((each["daysCounted"], each["days"]["nodes"]) for each in nodes), key=str)

    mine = [
        {"localDate": race.ends_on.isoformat(), "value": 7, "team": {"name": "Team"}},
        {"localDate": make.TODAY.isoformat(), "value": 0, "team": None},
    ]
    assert await seen(make.citizen(malee)) == [(2, mine), (None, [])]
    assert await seen(make.admin()) == [(0, []), (2, mine)]
    for outsider in (make.partner("garmin"), make.sponsor("demo_sponsor"), ANONYMOUS):
        assert await seen(outsider) == [(None, []), (None, [])]


@pytest.mark.usefixtures("crowd")
async def test_a_board_with_all_that_stands_on_it_takes_as_many_statements_as_it_has_lists(
    execute, race, worker_sessions
):
    malee = await make.person(worker_sessions)
    alias = await line(worker_sessions, race, malee, 5_050)
    document = """query($id: ID!, $alias: String!) { node(id: $id) { ... on Challenge {
        top: leaderboard(first: 100) { nodes { rank displayName progress { share } } }
        near: leaderboard(around: {}, first: 9) { nodes { rank displayName } }
        myStanding { rank progress { share } daysCounted }
        mine: rankOf(who: {}) { rank }
        theirs: rankOf(who: {pseudonym: $alias}) { rank }
    } } }"""

    result = await execute(document, make.citizen(malee), id=make.gid("Challenge", race.id), alias=alias)

    # The challenge with the three single standings beside it, and the two pages.
    assert (result.errors, result.statements) == ([], 3)


async def test_the_questions_of_the_manual_are_answered(ask, race, worker_sessions):
    people, teams = re.findall(r"```graphql\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    malee, province = await make.person(worker_sessions), await make.team(worker_sessions, "province")
    await line(worker_sessions, race, malee, 5)
    await counted(worker_sessions)
    challenge = make.gid("Challenge", race.id)

    of_people = await ask(people, make.citizen(malee), challenge=challenge)
    of_teams = await ask(teams, make.citizen(malee), challenge=challenge, province=make.gid("Team", province.id))

    assert of_people["node"]["near"]["nodes"] == [{"rank": 1, "displayName": "Malee", "score": 5, "isMine": True}]
    assert of_teams["node"]["districts"]["nodes"] == []
