import asyncio

import pytest
import pytest_asyncio
from sqlalchemy import text

from app.folding import drained
from auth.viewer import ANONYMOUS
from domain.base import run, uuid7
from domain.ranks import filling
from domain.standings import Standing
from tests.schema import factories as make

JOIN = """
mutation($id: ID!) {
  joinChallenge(input: {challengeId: $id, idempotencyKey: "k"}) {
    userErrors { code path }
    standing { rank score isMine displayName }
    challenge { participants }
  }
}
"""
BOARD = """
query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Challenge {
  leaderboard(first: $first, after: $after) {
    nodes { rank score displayName isMine user { displayName } } pageInfo { hasNextPage endCursor }
  }
  myStanding { rank score }
} } }
"""


@pytest.fixture
def join(execute):
    """Joins a challenge as a person; gives the payload."""

    async def joined(user_id, challenge):
        result = await execute(JOIN, make.citizen(user_id), id=make.gid("Challenge", challenge.id))
        assert not result.errors, result.errors
        return result.data["joinChallenge"]

    return joined


async def standing(sessions, of, score):
    """Somebody with that score."""
    async with sessions.begin() as session:
        session.add(Standing(user_id=uuid7(), challenge_id=of.id, score=score))


@pytest_asyncio.fixture
async def race(worker_sessions):
    return await make.challenge(worker_sessions)


@pytest.fixture
def board(ask, race):
    """The leaderboard of the race as somebody sees it."""

    async def seen(viewer=ANONYMOUS, **page):
        data = await ask(BOARD, viewer, id=make.gid("Challenge", race.id), **page)
        return data["node"]

    return seen


@pytest.mark.parametrize(
    ("page", "ranks", "following"),
    [
        ({"first": 4}, [1, 1, 3, 4], [4, 4, 7]),
        ({"first": 100}, [1, 1, 3, 4, 4, 4, 7], []),
        ({"last": 3}, [4, 4, 7], []),
    ],
)
async def test_equal_scores_share_a_rank_on_every_page(ask, race, worker_sessions, page, ranks, following):
    other = await make.challenge(worker_sessions)
    for score in (5, 5, 4, 3, 3, 3, 1):
        await standing(worker_sessions, race, score)
        await standing(worker_sessions, other, score + 10)
    document = """query($ids: [ID!]!, $first: Int, $last: Int, $after: String) { nodes(ids: $ids) { ... on Challenge {
      leaderboard(first: $first, last: $last, after: $after) { nodes { rank } pageInfo { endCursor } } } } }"""
    both = [make.gid("Challenge", each.id) for each in (race, other)]

    boards = (await ask(document, ANONYMOUS, ids=both, **page))["nodes"]
    cursor = boards[0]["leaderboard"]["pageInfo"]["endCursor"]
    rest = await ask(document, ANONYMOUS, ids=both[:1], first=100, after=cursor)

    assert [[each["rank"] for each in one["leaderboard"]["nodes"]] for one in boards] == [ranks, ranks]
    assert [each["rank"] for each in rest["nodes"][0]["leaderboard"]["nodes"]] == following


async def test_all_days_of_the_window_count_from_the_moment_of_joining(join, race, worker_sessions):
    malee = await make.active(worker_sessions, days=15)

    first = await join(malee, race)
    again = await join(malee, race)

    assert first == {
        "userErrors": [],
        "standing": {"rank": 1, "score": 11 * 7, "isMine": True, "displayName": "Malee"},
        "challenge": {"participants": 1},
    }
    assert again == first


async def test_what_comes_in_after_joining_moves_the_standing(join, board, race, worker_sessions):
    malee = await make.person(worker_sessions)
    ref = await make.linked(worker_sessions, malee, "garmin")
    started = await join(malee, race)
    await make.sent(worker_sessions, "garmin", make.run(person_ref=ref))

    mine = (await board(make.citizen(malee)))["myStanding"]

    assert (started["standing"]["score"], mine) == (0, {"rank": 1, "score": 7})


@pytest.mark.parametrize(
    ("state", "code"),
    [("published", None), ("grace", "CHALLENGE_NOT_OPEN"), ("final", "CHALLENGE_NOT_OPEN"), ("draft", "NOT_FOUND")],
)
async def test_people_join_what_is_published_or_running(join, worker_sessions, state, code):
    other = await make.challenge(worker_sessions, state=state)

    payload = await join(await make.person(worker_sessions), other)

    assert [error["code"] for error in payload["userErrors"]] == ([code] if code else [])


async def test_joining_at_the_same_moment_counts_one_participant(execute, race, worker_sessions):
    malee = make.citizen(await make.active(worker_sessions, days=2))

    results = await asyncio.gather(*[execute(JOIN, malee, id=make.gid("Challenge", race.id)) for _ in range(5)])

    payloads = [each.data["joinChallenge"] for each in results]
    assert {each["challenge"]["participants"] for each in payloads} == {1}
    assert {each["standing"]["score"] for each in payloads} == {14}


async def test_equal_scores_share_a_rank_across_pages(join, board, race, worker_sessions):
    for days in (3, 1, 2, 2, 1):
        await join(await make.active(worker_sessions, days=days), race)

    found, after, more = [], None, True
    while more:
        page = (await board(make.admin(), first=2, after=after))["leaderboard"]
        found += [(each["rank"], each["score"]) for each in page["nodes"]]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

    assert found == [(1, 21), (2, 14), (2, 14), (4, 7), (4, 7)]


async def test_ranks_beyond_the_first_hundred_are_those_of_counting_too(board, race, worker_sessions):
    crowd = """
        INSERT INTO standings (user_id, challenge_id, score)
        SELECT uuidv7(), :race, n / 3 * 100 FROM generate_series(0, 308) n
    """
    async with worker_sessions.begin() as session:
        await run(session, text(crowd), {"race": race.id})
        await run(session, text(filling()))

    found, after, more = [], None, True
    while more:
        page = (await board(make.admin(), first=100, after=after))["leaderboard"]
        found += [each["rank"] for each in page["nodes"]]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

    assert found == [1 + n // 3 * 3 for n in range(309)]


async def test_names_are_for_citizens_and_pseudonyms_for_everybody_else(join, board, race, worker_sessions):
    malee = await make.active(worker_sessions, "Malee", days=3)
    somchai = await make.active(worker_sessions, "Somchai", days=2)
    child = await make.active(worker_sessions, "Nong", birth_year=2015)
    await make.consented(worker_sessions, child)
    for user_id in (malee, somchai, child):
        await join(user_id, race)

    async def names(viewer):
        return [each["displayName"] for each in (await board(viewer))["leaderboard"]["nodes"]]

    pseudonyms = await names(ANONYMOUS)

    assert all(name.startswith("P-") and len(name) == 14 for name in pseudonyms)
    assert len(set(pseudonyms)) == 3
    for outsider in (make.partner("garmin"), make.sponsor("demo_sponsor"), make.ministry()):
        assert await names(outsider) == pseudonyms
    assert await names(make.citizen(somchai)) == ["Malee", "Somchai", pseudonyms[2]]
    assert await names(make.citizen(child)) == ["Malee", "Somchai", "Nong"]
    assert await names(make.admin()) == ["Malee", "Somchai", "Nong"]


async def test_a_pseudonym_means_nobody_in_another_challenge(join, ask, race, worker_sessions):
    malee = await make.active(worker_sessions)
    other = await make.challenge(worker_sessions)
    for challenge in (race, other):
        await join(malee, challenge)

    names = set()
    for challenge in (race, other):
        data = await ask(BOARD, id=make.gid("Challenge", challenge.id))
        names.add(data["node"]["leaderboard"]["nodes"][0]["displayName"])

    assert len(names) == 2


async def test_a_line_leads_to_the_person_only_for_those_who_may_see_them(join, board, race, worker_sessions):
    club = await make.team(worker_sessions)
    malee, somchai = [await make.active(worker_sessions, name) for name in ("Malee", "Somchai")]
    for user_id in (malee, somchai):
        await join(user_id, race)

    async def people(viewer):
        lines = (await board(viewer))["leaderboard"]["nodes"]
        return sorted((each["user"] or {}).get("displayName", "-") for each in lines)

    assert await people(make.citizen(malee)) == ["-", "Malee"]
    assert await people(make.partner("garmin")) == ["-", "-"]
    assert await people(make.admin()) == ["Malee", "Somchai"]
    for user_id in (malee, somchai):
        await make.belongs(worker_sessions, user_id, club)
    assert await people(make.citizen(malee)) == ["Malee", "Somchai"]


async def test_ones_own_standings_are_found_from_oneself(join, ask, race, worker_sessions):
    malee = await make.active(worker_sessions)
    await join(malee, race)

    data = await ask(
        "{ viewer { user { standings { nodes { score rank isMine challenge { title(language: EN) } } } } } }",
        make.citizen(malee),
    )

    standing = {"score": 7, "rank": 1, "isMine": True, "challenge": {"title": "Walk the talk"}}
    assert data["viewer"]["user"]["standings"]["nodes"] == [standing]


async def test_nobody_competes_for_a_personal_goal(join, ask, worker_sessions):
    goal = await make.challenge(worker_sessions, mode="personal_goal", target=100)
    malee = await make.active(worker_sessions)
    await join(malee, goal)

    data = await ask(BOARD, make.citizen(malee), id=make.gid("Challenge", goal.id))

    assert data["node"] == {
        "leaderboard": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
        "myStanding": {"rank": 1, "score": 7},
    }


async def test_teams_of_fewer_than_ten_people_are_not_ranked(join, ask, worker_sessions):
    race = await make.challenge(worker_sessions, team_kind="club", mode="teams")
    small = await make.team(worker_sessions, name_en="Small", members=9)
    large = await make.team(worker_sessions, name_en="Large", members=10)
    for club, days in ((small, 3), (large, 1)):
        malee = await make.active(worker_sessions, days=days)
        await make.belongs(worker_sessions, malee, club)
        await join(malee, race)
    await drained(worker_sessions)

    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Challenge { teamLeaderboard { nodes { rank score team "
        "{ name(language: EN) } } } } } }",
        id=make.gid("Challenge", race.id),
    )

    assert data["node"]["teamLeaderboard"]["nodes"] == [
        {"rank": 1, "score": 7, "team": {"name": "Large"}},
        {"rank": None, "score": 21, "team": {"name": "Small"}},
    ]


async def test_the_rules_of_a_challenge_are_plain_fields(ask, worker_sessions):
    rules = {"sports": ["walk", "run"], "places": ["50", "10"], "sources": ["device"]}
    strict = await make.challenge(worker_sessions, eligibility=rules, daily_cap=10, target=2**40)
    free = await make.challenge(worker_sessions)
    document = """query($id: ID!) { node(id: $id) { ... on Challenge {
        title sponsor { name } metric mode ranking teamKind eligibleSports eligibleSources eligiblePlaces { code }
        dailyCap target startsOn endsOn graceDays state participants
    } } }"""

    strictly = (await ask(document, id=make.gid("Challenge", strict.id)))["node"]
    freely = (await ask(document, id=make.gid("Challenge", free.id)))["node"]

    shared = {
        "title": "เดินให้ถึงฝัน",
        "sponsor": {"name": "demo_sponsor"},
        "metric": "CREDITS",
        "mode": "INDIVIDUALS",
        "ranking": "TOTAL",
        "teamKind": None,
        "startsOn": "2026-01-21",
        "endsOn": "2026-02-10",
        "graceDays": 7,
        "state": "RUNNING",
        "participants": 0,
    }
    limited = {"eligibleSports": ["WALK", "RUN"], "eligibleSources": ["DEVICE"], "dailyCap": 10, "target": 2**40}
    assert strictly == {**shared, **limited, "eligiblePlaces": [{"code": "10"}, {"code": "50"}]}
    unlimited = {"eligibleSports": [], "eligibleSources": [], "dailyCap": None, "target": None}
    assert freely == {**shared, **unlimited, "eligiblePlaces": []}


async def test_challenges_are_found_by_state_sponsor_metric_and_mode(ask, worker_sessions):
    await make.challenge(worker_sessions, title_en="a", starts_on=make.TODAY, participants=1)
    await make.challenge(worker_sessions, title_en="b", state="final", metric="steps", participants=5)
    await make.challenge(worker_sessions, title_en="c", sponsor_name="mots", mode="collective_goal", participants=3)

    async def found(order="STARTS_LATEST", **where):
        data = await ask(
            "query($where: ChallengeFilter, $order: ChallengeOrder!) { challenges(where: $where, orderBy: $order) "
            "{ nodes { title(language: EN) } } }",
            where=where,
            order=order,
        )
        return [each["title"] for each in data["challenges"]["nodes"]]

    assert (await found())[0] == "a"
    assert await found("PARTICIPANTS") == ["b", "c", "a"]
    assert await found("PARTICIPANTS", states=["FINAL", "GRACE"]) == ["b"]
    assert await found(sponsor="mots") == ["c"]
    assert await found(metric="STEPS") == ["b"]
    assert await found(mode="COLLECTIVE_GOAL", states=["RUNNING"]) == ["c"]
