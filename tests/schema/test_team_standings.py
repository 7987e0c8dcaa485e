"""Teams on a leaderboard: by level and branch, by what the challenge ranks by, with ranks of counting on every page."""

from datetime import timedelta

import pytest
import pytest_asyncio

from auth.viewer import ANONYMOUS
from domain.base import uuid7
from domain.team_standings import TeamStanding
from domain.teams import Team, TeamDay
from tests.schema import factories as make

BOARD = """
query($id: ID!, $level: Int, $under: ID, $around: TeamChoice, $first: Int, $after: String, $last: Int,
      $before: String) {
  node(id: $id) { ... on Challenge {
    teamLeaderboard(level: $level, under: $under, around: $around, first: $first, after: $after, last: $last,
                    before: $before) {
      nodes { rank rankBeside level score team { name(language: EN) } }
      pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
    }
  } }
}
"""


async def line(sessions, of, by, figure, **columns):
    """The team with that figure, ranked by it unless told otherwise."""
    given = {"score": figure, "participants": 10, "ranked": True, **columns}
    async with sessions.begin() as session:
        session.add(TeamStanding(challenge_id=of.id, team_id=by.id, depth=len(by.ancestor_ids), figure=figure, **given))


@pytest.fixture
def board(ask):
    async def seen(of, viewer=ANONYMOUS, **page):
        data = await ask(BOARD, viewer, id=make.gid("Challenge", of.id), **page)
        return data["node"]["teamLeaderboard"]

    return seen


def named(page):
    return [each["team"]["name"] for each in page["nodes"]]


@pytest_asyncio.fixture
async def country(worker_sessions):
    """A race of districts: two provinces with three and two of them."""
    race = await make.challenge(worker_sessions, mode="teams", team_kind="district")
    found = {}
    for name, figure, districts in (("North", 60, (30, 20, 10)), ("South", 65, (40, 25))):
        province = await make.team(worker_sessions, "province", name_en=name, members=50)
        await line(worker_sessions, race, province, figure)
        found[name] = province
        for number, of_district in enumerate(districts, 1):
            district = await make.team(
                worker_sessions, "district", parent=province, name_en=f"{name} {number}", members=20
            )
            await line(worker_sessions, race, district, of_district)
            found[district.name_en] = district
    return race, found


async def test_what_is_ranked_comes_first_and_equal_figures_share_a_rank(board, worker_sessions):
    race = await make.challenge(worker_sessions, mode="teams", team_kind="club")
    for name, figure, ranked in (("a", 9, True), ("b", 5, True), ("c", 5, True), ("d", 1, True), ("small", 99, False)):
        club = await make.team(worker_sessions, name_en=name)
        await line(worker_sessions, race, club, figure, ranked=ranked)

    nodes = (await board(race))["nodes"]

    assert [(each["rank"], each["score"]) for each in nodes] == [(1, 9), (2, 5), (2, 5), (4, 1), (None, 99)]


@pytest_asyncio.fixture
async def crowd(worker_sessions):
    """A race of 250 clubs, three with each figure, and 20 that are not ranked; the clubs by their place in the list."""
    race = await make.challenge(worker_sessions, mode="teams", team_kind="club")
    ids = sorted((uuid7() for _ in range(270)), reverse=True)
    async with worker_sessions.begin() as session:
        for n, key in enumerate(ids):
            session.add(Team(id=key, kind="club", name_th="ก", name_en=str(n), ancestor_ids=[key]))
            figures = {"figure": 1_000 - n // 3, "score": n, "ranked": n < 250}
            session.add(TeamStanding(challenge_id=race.id, team_id=key, **figures))
    return race, ids


RANKS = [1 + n // 3 * 3 for n in range(250)] + [None] * 20


async def test_ranks_are_those_of_counting_on_every_page(board, crowd):
    race, _ = crowd
    for side, cursor, end, more in (
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ):
        found, page = [], await board(race, **{side: 70})
        found.append(page)
        while page["pageInfo"][more]:
            page = await board(race, **{side: 70, cursor: page["pageInfo"][end]})
            found.append(page)

        ordered = found if side == "first" else found[::-1]
        assert [int(each["team"]["name"]) for page in ordered for each in page["nodes"]] == list(range(270))
        assert [each["rank"] for page in ordered for each in page["nodes"]] == RANKS


@pytest.mark.parametrize("at", [0, 1, 100, 101, 102, 248, 249, 250, 269])
async def test_a_team_has_its_neighbours_and_its_own_rank(ask, board, crowd, at):
    race, ids = crowd
    team = make.gid("Team", ids[at])

    page = await board(race, around={"team": team}, first=5)
    alone = await ask(
        "query($id: ID!, $team: ID!) { node(id: $id) { ... on Challenge { teamRankOf(team: $team) { rank score } } } }",
        id=make.gid("Challenge", race.id),
        team=team,
    )

    start = max(0, min(at - 2, 265))
    assert [each["score"] for each in page["nodes"]] == list(range(start, start + 5))
    assert [each["rank"] for each in page["nodes"]] == RANKS[start : start + 5]
    assert alone["node"]["teamRankOf"] == {"rank": RANKS[at], "score": at}


async def test_each_level_is_a_board_of_its_own(board, country):
    race, _ = country

    assert named(await board(race)) == ["South 1", "North 1", "South 2", "North 2", "North 3"]
    assert named(await board(race, level=2)) == named(await board(race))
    assert named(await board(race, level=1)) == ["South", "North"]
    assert named(await board(race, level=3)) == []
    assert named(await board(race, level=-1)) == []


async def test_a_branch_is_shown_with_ranks_in_the_level_and_beside_its_siblings(board, country):
    race, teams = country
    under = make.gid("Team", teams["North"].id)

    direct, deeper = await board(race, under=under), await board(race, under=under, level=2)
    itself = await board(race, under=under, level=1)

    assert [(*named({"nodes": [each]}), each["rank"], each["rankBeside"]) for each in direct["nodes"]] == [
        ("North 1", 2, 1),
        ("North 2", 4, 2),
        ("North 3", 5, 3),
    ]
    assert deeper["nodes"] == direct["nodes"]
    assert itself["nodes"] == []
    assert [each["rankBeside"] for each in (await board(race, level=1))["nodes"]] == [None, None]


async def test_roots_are_the_usual_board_where_districts_do_not_compete(board, worker_sessions):
    race = await make.challenge(worker_sessions, mode="teams", team_kind="ministry")
    ministry = await make.team(worker_sessions, "ministry", name_en="Ministry")
    branch = await make.team(worker_sessions, "ministry", parent=ministry, name_en="Branch")
    for each in (ministry, branch):
        await line(worker_sessions, race, each, 5)

    assert named(await board(race)) == ["Ministry"]
    assert named(await board(race, under=make.gid("Team", ministry.id))) == ["Branch"]


async def test_my_teams_are_found_at_each_level(ask, board, country, worker_sessions):
    race, teams = country
    malee = await make.person(worker_sessions)
    await make.belongs(worker_sessions, malee, teams["North 2"])
    await make.belongs(worker_sessions, malee, teams["South 1"], left_on=make.TODAY)
    viewer = make.citizen(malee)

    at_level = [named(await board(race, viewer, level=level, around={}, first=1)) for level in (1, 2)]
    inside = await board(race, viewer, under=make.gid("Team", teams["North"].id), around={}, first=3)
    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Challenge { myTeamStandings { level rank team { name(language: EN) } "
        "} } } }",
        viewer,
        id=make.gid("Challenge", race.id),
    )

    assert at_level == [["North"], ["North 2"]]
    assert named(inside) == ["North 1", "North 2", "North 3"]
    assert [(each["level"], each["rank"], each["team"]["name"]) for each in data["node"]["myTeamStandings"]] == [
        (1, 2, "North"),
        (2, 4, "North 2"),
    ]


async def test_whoever_belongs_to_none_of_the_teams_has_none(ask, board, country, worker_sessions):
    race, _ = country
    malee = await make.person(worker_sessions)
    await make.belongs(worker_sessions, malee, await make.team(worker_sessions))

    for viewer in (make.citizen(malee), make.sponsor("demo_sponsor"), ANONYMOUS):
        data = await ask(
            "query($id: ID!) { node(id: $id) { ... on Challenge { myTeamStandings { rank } } } }",
            viewer,
            id=make.gid("Challenge", race.id),
        )

        assert data["node"]["myTeamStandings"] == []
        assert named(await board(race, viewer, around={})) == []


async def test_there_is_no_middle_around_a_team_of_another_level_or_branch(board, country):
    race, teams = country
    choice = {"team": make.gid("Team", teams["North 1"].id)}

    assert named(await board(race, level=1, around=choice)) == []
    assert named(await board(race, under=make.gid("Team", teams["South"].id), around=choice)) == []
    assert named(await board(race, around={"team": make.gid("Team", uuid7())})) == []


@pytest.mark.parametrize(
    ("ranking", "figure", "shown"),
    [
        ("total", 70, {}),
        ("average_per_member", 1_234, {"averagePerMember": 1.234}),
        ("participation_share", 250_000, {"participationShare": 0.25}),
        ("regular_share", 1_000_000, {"regularShare": 1.0}),
    ],
)
async def test_a_figure_is_shown_as_what_it_means(ask, worker_sessions, ranking, figure, shown):
    race = await make.challenge(worker_sessions, mode="teams", team_kind="club", ranking=ranking)
    large, small = [await make.team(worker_sessions, members=members) for members in (12, 9)]
    reckoned = {"score": 70, "participants": 3, "figured_on": make.TODAY}
    await line(worker_sessions, race, large, figure, **reckoned)
    await line(worker_sessions, race, small, figure, ranked=False, **reckoned)

    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Challenge { teamLeaderboard { nodes { score members participants "
        "averagePerMember participationShare regularShare figuredOn } } } } }",
        id=make.gid("Challenge", race.id),
    )

    shares = {"averagePerMember": None, "participationShare": None, "regularShare": None}
    both = {"score": 70, "figuredOn": make.TODAY.isoformat(), **shares}
    assert data["node"]["teamLeaderboard"]["nodes"] == [
        {**both, "members": 12, "participants": 3, **shown},
        {**both, "members": 9, "participants": None},
    ]


@pytest.mark.parametrize(
    ("begins_ago", "figured_ago", "average"),
    [(9, 0, 7.0), (4, 0, 12.0), (9, 5, 2.0), (9, 8, 0.0), (30, 0, 70 / 31), (9, None, None), (-1, 0, None)],
)
async def test_average_members_are_those_of_the_days_of_the_window(
    ask, worker_sessions, begins_ago, figured_ago, average
):
    starts_on = make.TODAY - timedelta(days=begins_ago)
    race = await make.challenge(worker_sessions, mode="teams", team_kind="club", starts_on=starts_on)
    club = await make.team(worker_sessions, members=12)
    figured_on = None if figured_ago is None else make.TODAY - timedelta(days=figured_ago)
    await line(worker_sessions, race, club, 5, figured_on=figured_on)
    # nobody, then five people for two days, and twelve since five days
    async with worker_sessions.begin() as session:
        for ago, members, before in ((6, 5, 0), (4, 12, 10)):
            day = make.TODAY - timedelta(days=ago)
            session.add(TeamDay(team_id=club.id, local_date=day, members=members, member_days_before=before))

    data = await ask(
        "query($id: ID!) { node(id: $id) { ... on Challenge { teamLeaderboard { nodes { averageMembers } } } } }",
        id=make.gid("Challenge", race.id),
    )

    assert data["node"]["teamLeaderboard"]["nodes"] == [{"averageMembers": average}]


async def test_teams_with_all_that_stands_on_their_lines_take_a_statement_a_list(execute, country, worker_sessions):
    race, teams = country
    malee = await make.person(worker_sessions)
    await make.belongs(worker_sessions, malee, teams["North 2"])
    document = """query($id: ID!, $team: ID!, $north: ID!) { node(id: $id) { ... on Challenge {
        top: teamLeaderboard(first: 100) { nodes { rank rankBeside score members averageMembers participants
            averagePerMember team { name } } }
        near: teamLeaderboard(around: {}, first: 3) { nodes { rank team { name } } }
        branch: teamLeaderboard(under: $north) { nodes { rank team { name } } }
        myTeamStandings { level rank team { name } }
        teamRankOf(team: $team) { rank team { name } }
    } } }"""
    keys = {"team": make.gid("Team", teams["South 1"].id), "north": make.gid("Team", teams["North"].id)}

    result = await execute(document, make.citizen(malee), id=make.gid("Challenge", race.id), **keys)

    # The challenge with the one standing beside it, three pages, and one's own.
    assert (result.errors, result.statements) == ([], 5)
