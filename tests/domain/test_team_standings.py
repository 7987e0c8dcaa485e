"""Standings of teams: of the node that people joined and of all above it, by what counts in each ranking."""

from datetime import timedelta

import pytest_asyncio
from sqlalchemy import text

from domain.base import run
from domain.check import findings
from domain.drafts import Deletion
from domain.enrolments import enrol, leave
from domain.folding import fold
from domain.memberships import move
from domain.teams import Joining, Membership, home_teams
from tests.domain.factories import MORNING, NOW, challenge_for, draft, figure, person, taken, team_of

DAY = timedelta(days=1)
FIRST = MORNING.date()


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


async def belongs(session, user, team, joined_on=FIRST, left_on=None):
    row = Membership(user_id=user, team_id=team.id, joined_on=joined_on, left_on=left_on, kind=team.kind)
    session.add(row)
    await session.flush()


async def standings(session, what, challenge):
    sql = f"SELECT team_id, {what} FROM team_standings WHERE challenge_id = :c"  # noqa: S608
    return dict(tuple(row) for row in await run(session, text(sql), {"c": challenge.id}))


async def wrong(session):
    return [line async for _, _, lines in findings(session) for line in lines if "members" not in line]


async def test_every_level_above_the_joined_node_has_a_standing(session):
    user = await person(session)
    ministry = await team_of(session, kind="ministry")
    department = await team_of(session, kind="ministry", parent=ministry)
    office = await team_of(session, user, kind="ministry", parent=department)
    challenge = await challenge_for(session, user, team_kind="ministry")

    await taken(session, "garmin", draft(kcal=371), owner=user)
    await fold(session)

    assert await standings(session, "score", challenge) == {each.id: 371 for each in (ministry, department, office)}
    assert await standings(session, "depth", challenge) == {ministry.id: 1, department.id: 2, office.id: 3}


async def test_who_goes_from_one_sub_team_to_another_participates_once_above_both(session):
    user, other = await person(session), await person(session)
    ministry = await team_of(session, kind="ministry")
    one = await team_of(session, other, kind="ministry", parent=ministry)
    two = await team_of(session, kind="ministry", parent=ministry)
    await belongs(session, user, one, FIRST, FIRST + DAY)
    await belongs(session, user, two, FIRST + DAY)
    challenge = await challenge_for(session, user, other, team_kind="ministry")

    for day in range(2):
        await taken(session, "garmin", draft(f"{day}", at=MORNING + day * DAY, kcal=100), owner=user)
        await taken(session, "garmin", draft(f"o{day}", at=MORNING + day * DAY, kcal=10), owner=other)
        await fold(session)

    assert await standings(session, "participants", challenge) == {ministry.id: 2, one.id: 2, two.id: 1}
    assert await standings(session, "score", challenge) == {ministry.id: 220, one.id: 120, two.id: 100}
    assert await wrong(session) == []


async def test_nobody_participates_any_more_by_what_was_taken_back(session):
    user = await person(session)
    club = await team_of(session, user, kind="club")
    challenge = await challenge_for(session, user, team_kind="club")
    await taken(session, "garmin", draft("1"), draft("2", at=MORNING + DAY), owner=user)
    await fold(session)

    await taken(session, "garmin", Deletion(partner_ref="1"), owner=user)
    await fold(session)
    with_one_left = await standings(session, "participants", challenge)
    await taken(session, "garmin", Deletion(partner_ref="2"), owner=user)
    await fold(session)

    assert (with_one_left, await standings(session, "participants", challenge)) == ({club.id: 1}, {club.id: 0})
    assert await figure(session, "SELECT count(*) FROM team_participants") == 0
    assert await wrong(session) == []


async def test_of_several_clubs_the_first_one_counts(session):
    user = await person(session)
    first, _ = await team_of(session, user, kind="club"), await team_of(session, user, kind="club")
    challenge = await challenge_for(session, user, team_kind="club")

    await taken(session, "garmin", draft(), owner=user)
    await fold(session)

    assert await standings(session, "score", challenge) == {first.id: 371}


async def test_whoever_lives_somewhere_counts_for_the_province_or_for_district_and_province(session):
    user = await person(session, home_place_code="1001")
    province, district = home_teams("1001")
    await move(session, user, join=[province, district], admitted=[Joining.DERIVED], today=FIRST, now=NOW)
    provinces = await challenge_for(session, user, team_kind="province")
    districts = await challenge_for(session, user, team_kind="district")

    await taken(session, "garmin", draft(), owner=user)
    await fold(session)

    assert await standings(session, "score", provinces) == {province: 371}
    assert await standings(session, "score", districts) == {province: 371, district: 371}
    assert await wrong(session) == []


async def test_the_total_of_a_challenge_follows_its_scores(session):
    users = [await person(session) for _ in range(3)]
    challenge = await challenge_for(session, *users)
    total = "SELECT score FROM challenge_totals WHERE challenge_id = :c"
    for user in users:
        await taken(session, "garmin", draft(kcal=100), owner=user)
    await fold(session)
    of_three = await figure(session, total, c=challenge.id)

    await taken(session, "garmin", Deletion(partner_ref="1"), owner=users[0])
    await fold(session)

    assert (of_three, await figure(session, total, c=challenge.id)) == (300, 200)


WEEKS = (0, 1, 2, 3)


async def regular(session, user):
    """Enough in each of the first four weeks of the window, of which the last two are those of a regular exerciser."""
    walks = [draft(f"w{week}", at=MORNING + 7 * week * DAY, minutes=200) for week in WEEKS]
    await taken(session, "garmin", *walks, owner=user, now=NOW)


async def weeks_of(session, challenge):
    await fold(session, week=FIRST + 25 * DAY, today=FIRST + 30 * DAY)
    found = await standings(session, "regular_weeks", challenge)
    return {team: weeks for team, weeks in found.items() if weeks}


async def test_regular_weeks_count_for_the_node_of_their_monday(session):
    user = await person(session)
    ministry = await team_of(session, kind="ministry")
    one = await team_of(session, kind="ministry", parent=ministry)
    two = await team_of(session, kind="ministry", parent=ministry)
    moved_on = FIRST + 25 * DAY  # a Monday, the last one in the window
    await belongs(session, user, one, FIRST - 30 * DAY, moved_on)
    await belongs(session, user, two, moved_on)
    challenge = await challenge_for(session, user, team_kind="ministry", ranking="regular_share")

    await regular(session, user)

    # Weeks of 29 December to 19 January have enough, so those of 12, 19 and 26 January follow three of four.
    assert await weeks_of(session, challenge) == {ministry.id: 3, one.id: 2, two.id: 1}
    assert await wrong(session) == []


async def test_regular_weeks_count_for_whoever_joins_later_and_no_more_if_they_were_not_regular(session):
    user = await person(session)
    club = await team_of(session, user, kind="club")
    await regular(session, user)
    challenge = await challenge_for(session, team_kind="club", ranking="regular_share", state="running")
    before = await weeks_of(session, challenge)

    await enrol(session, user, challenge.id, MORNING + 30 * DAY)
    joined = await weeks_of(session, challenge)
    await taken(session, "garmin", Deletion(partner_ref="w0"), Deletion(partner_ref="w1"), owner=user)
    after = await weeks_of(session, challenge)

    assert (before, joined, after) == ({}, {club.id: 3}, {})
    assert await figure(session, "SELECT count(*) FROM challenge_weeks") == 0


async def test_who_leaves_a_challenge_takes_days_participation_and_weeks_along(session):
    user, other = await person(session), await person(session)
    club = await team_of(session, user, other, kind="club")
    challenge = await challenge_for(session, team_kind="club", ranking="regular_share")
    for each in (user, other):
        await enrol(session, each, challenge.id, MORNING)
        await regular(session, each)
    of_both = await weeks_of(session, challenge)

    await leave(session, user, challenge.id, MORNING + 30 * DAY, key="1")
    of_one = await weeks_of(session, challenge)

    assert (of_both, of_one) == ({club.id: 6}, {club.id: 3})
    assert await standings(session, "participants", challenge) == {club.id: 1}
    assert await wrong(session) == []
