"""Frozen standings as everybody sees them, and the proof of a line, recomputed here from what GraphQL gave."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
import pytest_asyncio
from psycopg import AsyncConnection
from sqlalchemy import text

from app import db
from app.closing import closed
from app.settings import settings
from auth.viewer import ANONYMOUS
from domain.base import run
from domain.errors import Refused
from engine.execute import Engine
from schema import SCHEMA
from tests.domain.over import crowd, silent
from tests.schema import factories as make

LATER = make.NOW + timedelta(days=60)

PROOF = "line position levels { level number place lines hash } seal standingsHash isValid"
BOARD = """
query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Challenge {
  state standingsHash closedAt
  finalStandings(first: $first, after: $after) {
    totalCount nodes { rank position pseudonym score line prizes { number credits } } pageInfo { hasNextPage endCursor }
  }
  prizesWon(first: 2) {
    nodes { position number credits line standing { pseudonym } proof { isValid levels { level } } }
  }
  finalTeamStandings { nodes { rank team { id } proof { isValid line } } }
  myFinalStanding { position line proof { isValid } }
} } }
"""
VERIFY = f"""
query($challenge: ID!, $position: BigInt!) {{
  verifyStanding(challenge: $challenge, position: $position) {{ {PROOF} }}
}}
"""
TEAM = f"""
query($challenge: ID!, $team: ID!) {{ verifyTeamStanding(challenge: $challenge, team: $team) {{ {PROOF} }} }}
"""


def hashed(lines):
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def holds(proof, standings_hash, part="people"):
    """Whether the proof leads from its line to that hash, by the rules of docs/verifying.md."""
    line = proof["line"]
    for level in proof["levels"]:
        if level["lines"][level["place"]] != line or hashed(level["lines"]) != level["hash"]:
            return False
        line = level["hash"]
    roots = {said.split()[0]: said.split()[2] for said in proof["seal"].splitlines()[3:]}
    sealed = hashlib.sha256(proof["seal"].encode()).hexdigest()
    return (roots[part], sealed) == (line, standings_hash) and proof["standingsHash"] == sealed


ROWS = """
    SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_user_tables
    WHERE relname IN ('final_standings', 'final_hashes', 'final_seals')
"""
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def rows_read_by_those_who_are_gone(url):
    """Rows of frozen tables; a connection says what it has read when it ends, so all others end first."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        while (await (await connection.execute(OTHERS)).fetchone())[0]:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
        return int((await (await connection.execute(ROWS)).fetchone())[0])


async def rows_read(url, api_url, document, **variables):
    """Rows of frozen tables that the document reads."""
    before = await rows_read_by_those_who_are_gone(url)
    async with db.pool_for(api_url, connections=2) as pool:
        engine = Engine(schema=SCHEMA, pool=pool, refused=Refused)
        result = await engine.execute(document, variables, None, ANONYMOUS)
        await engine.close()
    assert result.data["verifyStanding"]["isValid"]
    return await rows_read_by_those_who_are_gone(url) - before


@pytest_asyncio.fixture
async def over(worker_sessions):
    """A final challenge of 10,150 people: three levels of hashes."""
    async with worker_sessions.begin() as session:
        challenge = await crowd(session, 10_150, team_kind="ministry")
    await closed(worker_sessions, challenge.id, LATER, silent)
    return challenge


@pytest.fixture
def proof(ask, over):
    """The proof of the line at a position."""

    async def proven(position):
        of = make.gid("Challenge", over.id)
        return (await ask(VERIFY, challenge=of, position=position))["verifyStanding"]

    return proven


@pytest.fixture
def board(ask, over):
    async def seen(viewer=ANONYMOUS, **page):
        return (await ask(BOARD, viewer, id=make.gid("Challenge", over.id), **page))["node"]

    return seen


async def test_every_line_of_a_final_challenge_can_be_proven(proof, board):
    page = await board(first=100)
    nodes = page["finalStandings"]["nodes"]

    proofs = [await proof(each["position"]) for each in nodes[::33]]

    assert (page["state"], page["finalStandings"]["totalCount"]) == ("FINAL", 10_150)
    assert [each["line"] for each in proofs] == [each["line"] for each in nodes[::33]]
    assert all(holds(each, page["standingsHash"]) and each["isValid"] for each in proofs)
    assert [level["level"] for level in proofs[0]["levels"]] == [1, 2, 3]
    assert max(len(level["lines"]) for level in proofs[0]["levels"]) == 100


async def test_the_last_line_of_a_list_can_be_proven_and_none_after_it(proof, board):
    last = await proof(10_150)

    assert holds(last, (await board())["standingsHash"])
    assert [len(level["lines"]) for level in last["levels"]] == [50, 2, 2]
    assert last["isValid"]
    assert await proof(10_151) is None


async def test_a_proof_is_given_in_its_order_whatever_of_it_is_asked_for(ask, over):
    document = """query($id: ID!) { verifyStanding(challenge: $id, position: 7) { levels { lines } } }"""

    found = (await ask(document, id=make.gid("Challenge", over.id)))["verifyStanding"]["levels"]

    assert [len(level["lines"]) for level in found] == [100, 100, 2]


async def test_prizes_are_listed_and_proven_by_pseudonym(board):
    page = await board(first=1)

    (best,) = page["finalStandings"]["nodes"]
    first, second = page["prizesWon"]["nodes"]
    assert best["prizes"] == [{"number": 1, "credits": 5}]
    assert (first["standing"], first["credits"], first["position"]) == ({"pseudonym": best["pseudonym"]}, 5, 1)
    assert first["proof"] == {"isValid": True, "levels": [{"level": 1}, {"level": 2}]}
    assert second["line"].split()[:2] == ["2", "1"]


async def test_a_line_that_was_changed_does_not_verify(proof, owner_sessions):
    async with owner_sessions.begin() as session:
        await run(session, text("SET LOCAL session_replication_role = replica"))
        await run(session, text("UPDATE final_standings SET score = score + 1 WHERE position = 2"))

    found = [(await proof(position))["isValid"] for position in (2, 1, 101)]

    assert found == [False, False, True]  # the first is of the same group


async def test_a_proof_reads_no_more_among_many_than_among_few(database_url, api_url):
    async with db.opened(settings(database_url=database_url)) as databases:
        made = []
        for people in (150, 10_150):
            async with databases.worker.begin() as session:
                made.append(await crowd(session, people))
            await closed(databases.worker, made[-1].id, LATER, silent)
        async with databases.owner.begin() as session:
            await run(session, text("ANALYZE"))

    among_few, among_many = [
        await rows_read(database_url, api_url, VERIFY, challenge=make.gid("Challenge", challenge.id), position=50)
        for challenge in made
    ]

    # Two levels against three, and 100 hashes on the second against 2; all read for the levels and for `isValid`.
    assert 200 < among_few < 250
    assert among_few < among_many < among_few + 2 * (100 + 3)


async def test_nothing_is_frozen_or_proven_before_a_challenge_is_final(ask, worker_sessions):
    running = await make.challenge(worker_sessions)

    page = (await ask(BOARD, id=make.gid("Challenge", running.id)))["node"]
    proof = await ask(VERIFY, challenge=make.gid("Challenge", running.id), position=1)

    assert (page["standingsHash"], page["closedAt"], page["finalStandings"]["nodes"]) == (None, None, [])
    assert proof == {"verifyStanding": None}


async def test_one_s_own_line_is_found_and_a_team_s_proven(ask, worker_sessions):
    malee = await make.active(worker_sessions, days=3)
    club = await make.team(worker_sessions, members=12)
    await make.belongs(worker_sessions, malee, club)
    race = await make.challenge(worker_sessions, team_kind="club", ends_on=make.TODAY)
    join = (
        'mutation($id: ID!) { joinChallenge(input: {challengeId: $id, idempotencyKey: "k"}) { userErrors { code } } }'
    )
    await ask(join, make.citizen(malee), id=make.gid("Challenge", race.id))
    await closed(worker_sessions, race.id, LATER, silent)

    page = (await ask(BOARD, make.citizen(malee), id=make.gid("Challenge", race.id)))["node"]
    team = await ask(TEAM, challenge=make.gid("Challenge", race.id), team=make.gid("Team", club.id))
    alone = (await ask(BOARD, ANONYMOUS, id=make.gid("Challenge", race.id)))["node"]["myFinalStanding"]

    assert page["myFinalStanding"]["line"].split()[3] == "21"
    assert page["myFinalStanding"]["proof"] == {"isValid": True}
    assert page["finalTeamStandings"]["nodes"][0]["rank"] == 1
    assert team["verifyTeamStanding"]["line"].split()[1:] == ["1", "1", str(club.id), "21", "21"]
    assert holds(team["verifyTeamStanding"], page["standingsHash"], "teams")
    assert team["verifyTeamStanding"]["isValid"]
    assert alone is None


async def test_the_leaderboard_of_a_final_challenge_shows_what_is_frozen(ask, over):
    document = """query($id: ID!) { node(id: $id) { ... on Challenge {
        leaderboard(first: 100) { nodes { rank score } } finalStandings(first: 100) { nodes { rank score } } } } }"""

    page = (await ask(document, id=make.gid("Challenge", over.id)))["node"]

    assert page["leaderboard"] == page["finalStandings"]
