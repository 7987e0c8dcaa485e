"""A leaderboard of a million is read like one of ten thousand: by as many rows and pages of indexes."""

from dataclasses import dataclass

import pytest
from psycopg import AsyncConnection
from sqlalchemy import text

from domain.base import run
from domain.ranks import SHIFTS, SIBLINGS, filling
from resolvers.ranks import COUNTED
from tests.schema import factories as make
from tests.schema.explained import Reads, reads

SMALL = 10_000
PEOPLE = """
    INSERT INTO users (id, display_name, birth_year, language, synthetic, created_at)
    SELECT CAST(md5('person ' || n) AS uuid), 'Person ' || n, 1990, 'th', true, now() FROM generate_series(1, :people) n
"""
FILL = """
    INSERT INTO standings (user_id, challenge_id, score)
    SELECT CAST(md5('person ' || n) AS uuid), CAST(:challenge AS uuid), {score} FROM generate_series(1, :people) n
"""
SCORES = {
    "spread over a million": "hashint8(n) & 1048575",
    "active days": "abs(hashint8(n) % 61)",
}
BOARD = """query($id: ID!, $around: ParticipantChoice, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) { ... on Challenge {
    leaderboard(around: $around, first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { rank score displayName isMine } } pageInfo { hasPreviousPage hasNextPage }
    }
  } }
}"""
RANK = """query($id: ID!, $who: ParticipantChoice!) {
  node(id: $id) { ... on Challenge { rankOf(who: $who) { rank score displayName } } }
}"""
MINE = "query($id: ID!) { node(id: $id) { ... on Challenge { myStanding { rank score } } } }"
PLACES = {"first": 0, "tenth": 9, "five thousandth": 4_999, "last": -1}


async def peopled(database_url, sessions, people, score):
    """A challenge of so many people, with the indexes as autovacuum leaves them."""
    race = await make.challenge(sessions)
    async with sessions.begin() as session:
        await run(session, text(FILL.format(score=score)), {"challenge": race.id, "people": people})
        await run(session, text(filling("WHERE challenge_id = :challenge")), {"challenge": race.id})
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("VACUUM (ANALYZE) standings, score_buckets, challenges, users")
    return race


async def somebody(sessions, race, place):
    """Who stands there in the list, and what is shown of their pseudonym."""
    direction, ahead = ("DESC", place) if place >= 0 else ("ASC", -1 - place)
    one = f"""
        SELECT user_id, pseudonym_id FROM standings WHERE challenge_id = :race
        ORDER BY score {direction}, pseudonym_id {direction} OFFSET :ahead LIMIT 1
    """  # noqa: S608
    async with sessions.begin() as session:
        user_id, pseudonym_id = (await run(session, text(one), {"race": race.id, "ahead": ahead})).one()
    return user_id, f"P-{pseudonym_id.hex[:12].upper()}"


@dataclass(frozen=True)
class Cost:
    """What a question read, which showed so many lines and looked up so many ranks."""

    name: str
    lines: int
    ranks: int
    found: Reads


@pytest.fixture
def costs(execute, api_pool, owner_sessions, database_url):
    """What each question costs in a challenge of so many people with such scores."""

    async def found(people, score):
        race = await peopled(database_url, owner_sessions, people, score)
        challenge = make.gid("Challenge", race.id)

        async def asked(name, document, viewer, lines=1, ranks=1, **variables):
            result = await execute(document, viewer, id=challenge, **variables)
            assert not result.errors, result.errors
            read = await reads(execute.engine, api_pool, document, viewer, id=challenge, **variables)
            made.append(Cost(name, lines, ranks, read))
            return result.data["node"]

        made = []
        for place, at in PLACES.items():
            user_id, alias = await somebody(owner_sessions, race, at)
            malee, sponsor = make.citizen(user_id), make.sponsor("demo_sponsor")
            mine = (await asked(f"own rank, {place}", MINE, malee))["myStanding"]
            named = await asked(f"rank by name, {place}", RANK, malee, who={"person": make.gid("User", user_id)})
            hidden = await asked(f"rank by pseudonym, {place}", RANK, sponsor, who={"pseudonym": alias})
            assert mine["rank"] == named["rankOf"]["rank"] == hidden["rankOf"]["rank"]
            near = await asked(f"neighbours, {place}", BOARD, malee, 9, 2, around={}, first=9)
            edges = near["leaderboard"]["edges"]
            assert [each["node"]["rank"] for each in edges if each["node"]["isMine"]] == [mine["rank"]]
            cursor = edges[4]["cursor"]
            await asked(f"a hundred behind, {place}", BOARD, malee, 100, 2, first=100, after=cursor)
            await asked(f"a hundred ahead, {place}", BOARD, malee, 100, 2, last=100, before=cursor)
        await asked("top 100", BOARD, malee, 100, 0, first=100)
        return made

    return found


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
@pytest.mark.parametrize("large", [100_000, pytest.param(1_000_000, marks=pytest.mark.long)])
async def test_what_a_board_reads_does_not_grow_with_its_people(costs, owner_sessions, large, score):
    async with owner_sessions.begin() as session:
        await run(session, text(PEOPLE), {"people": large})

    few, many = await costs(SMALL, score), await costs(large, score)
    for cost in (*few, *many):
        shown, read = cost.lines + 1, cost.found
        # A line is read on either side of the middle, with its name; a rank counts at first, then adds up buckets.
        assert read.rows <= 4 * shown + cost.ranks * (COUNTED + len(SHIFTS) * SIBLINGS) + 10, cost
        # An index is four pages deep at most, and so is each level of buckets; of the counted each may have its own.
        assert read.pages <= 9 * shown + cost.ranks * (COUNTED + 4 * len(SHIFTS) + 20) + 20, cost
        assert read.scanned <= {"challenges"}, cost  # of which there are two
