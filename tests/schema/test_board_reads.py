"""A leaderboard of a million is read like one of ten thousand: by as many rows and pages of indexes."""

from dataclasses import dataclass

import pytest
from psycopg import AsyncConnection
from sqlalchemy import text

from auth.viewer import ANONYMOUS
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
    await vacuumed(database_url, "standings, score_buckets, challenges, users")
    return race


async def vacuumed(database_url, tables):
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        # What these tests commit is not on disk yet, and until then no page counts as seen by everybody.
        await connection.execute("CHECKPOINT")
        await connection.execute(f"VACUUM (ANALYZE) {tables}")


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


TEAMS = """
    WITH made AS (
        INSERT INTO teams (id, kind, name_th, name_en, ancestor_ids, joining, members, synthetic, created_at)
        SELECT id, 'club', 'ก', CAST(n AS text), ARRAY[id], 'open', 20, true, now()
        FROM (SELECT n, uuidv7() AS id FROM generate_series(1, :teams) n OFFSET 0) t RETURNING id, name_en
    )
    INSERT INTO team_standings (challenge_id, team_id, depth, score, participants, figure, ranked)
    SELECT CAST(:challenge AS uuid), id, 1, 1, 1, abs(hashint8(CAST(name_en AS bigint)) % 5000), true FROM made
"""
TEAM_BOARD = """query($id: ID!, $around: TeamChoice, $first: Int, $after: String) {
  node(id: $id) { ... on Challenge {
    teamLeaderboard(around: $around, first: $first, after: $after) {
      edges { cursor node { rank score team { name } } } pageInfo { hasPreviousPage hasNextPage }
    }
  } }
}"""
TEAM_RANK = "query($id: ID!, $team: ID!) { node(id: $id) { ... on Challenge { teamRankOf(team: $team) { rank } } } }"
PER_PAGE = 60
"""Fewer entries than a page of the index of teams has."""


@pytest.fixture
def team_costs(execute, api_pool, owner_sessions, database_url):
    """What each question costs in a challenge of so many teams."""

    async def found(teams):
        race = await make.challenge(owner_sessions, mode="teams", team_kind="club")
        async with owner_sessions.begin() as session:
            await run(session, text(TEAMS), {"challenge": race.id, "teams": teams})
            ordered = "SELECT team_id FROM team_standings WHERE challenge_id = :race ORDER BY figure DESC, team_id DESC"
            ids = list((await run(session, text(ordered), {"race": race.id})).scalars())
        await vacuumed(database_url, "team_standings, teams, challenges")
        given, made = {"id": make.gid("Challenge", race.id)}, []

        async def asked(name, document, lines, ahead, **variables):
            result = await execute(document, **given, **variables)
            assert not result.errors, result.errors
            read = await reads(execute.engine, api_pool, document, ANONYMOUS, **given, **variables)
            made.append((name, lines + 1, ahead, read))
            return result.data["node"]

        for place in (0, teams // 2, teams - 1):
            team = make.gid("Team", ids[place])
            await asked(f"rank {place}", TEAM_RANK, 1, place, team=team)
            near = await asked(f"neighbours {place}", TEAM_BOARD, 9, 2 * place + 20, around={"team": team}, first=9)
            cursor = near["teamLeaderboard"]["edges"][4]["cursor"]
            await asked(f"a hundred behind {place}", TEAM_BOARD, 100, 2 * place + 200, first=100, after=cursor)
        await asked("top 100", TEAM_BOARD, 100, 0, first=100)
        return made

    return found


async def test_a_board_of_teams_reads_its_lines_and_of_those_ahead_an_index_twice(team_costs):
    for teams in (1_000, 10_000):
        for name, shown, ahead, read in await team_costs(teams):
            assert read.rows <= 5 * shown + ahead + 10, (teams, name, read)
            assert read.pages <= 12 * shown + ahead // PER_PAGE + 40, (teams, name, read)
            assert read.scanned <= {"challenges"}, (teams, name, read)
