"""The round of a night: where everybody stood when the day ended, in parts that may be cut off and done again."""

from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from app.jobs import Tools, keep
from domain.base import run
from domain.check import findings
from domain.enrolments import enrol, leave
from domain.folding import fold
from domain.ranks import filling
from domain.snapshots import forgotten, kept, last_day
from domain.standings import Standing
from domain.team_standings import TeamStanding
from domain.teams import TeamDay
from tests.domain.factories import MORNING, challenge_for, draft, figure, person, taken, team_of

DAY = date(2026, 1, 8)
NIGHT = datetime(2026, 1, 8, 17, 5, tzinfo=UTC)  # five past midnight in Bangkok
SNAPSHOT = "SELECT enrolled, began, reached, active, people, ended_at FROM challenge_snapshots"
LINES = "SELECT score, rank FROM standing_days WHERE local_date = :day ORDER BY score DESC, rank"


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


async def rows(session, sql, **binds):
    return [tuple(row) for row in await run(session, text(sql), binds)]


async def night(session, day=DAY, at_once=2):
    """The whole round after a day; how many parts it took."""
    parts = 0
    while not await kept(session, day, NIGHT, at_once):
        parts += 1
    return parts


async def a_race(session, *scores, **columns):
    """A challenge published long ago, whose participants have these scores."""
    people = [await person(session) for _ in scores]
    race = await challenge_for(session, *people, **{"created_at": MORNING, **columns})
    for user, score in zip(people, scores, strict=True):
        session.add(Standing(user_id=user, challenge_id=race.id, score=score))
    await session.flush()
    await run(session, text(filling("WHERE challenge_id = :race")), {"race": race.id})
    return race, people


async def test_a_round_keeps_everybodys_score_and_the_rank_that_counting_gives(session):
    await a_race(session, 5, 9, 5, 0, 7, 0, 9)

    parts = await night(session)

    assert await rows(session, LINES, day=DAY) == [(9, 1), (9, 1), (7, 3), (5, 4), (5, 4), (0, 6), (0, 6)]
    assert parts == 1 + 4  # the moment, then four times two people at most
    assert await figure(session, "SELECT count(*) FROM round_ranks") == 0


async def test_what_is_due_is_done_once(session):
    await a_race(session, 5, 9)
    await night(session)
    before = await rows(session, SNAPSHOT)

    parts = await night(session)

    assert parts == 0
    assert await rows(session, SNAPSHOT) == before


async def test_a_part_that_is_cut_off_is_done_again_and_nobody_is_left_out_or_counted_twice(session):
    await a_race(session, *range(7))
    await kept(session, DAY, NIGHT, 2)
    async with session.begin_nested() as part:
        await kept(session, DAY, NIGHT, 2)
        await part.rollback()

    await night(session)

    assert await rows(session, LINES, day=DAY) == [(score, 7 - score) for score in reversed(range(7))]
    assert (await rows(session, SNAPSHOT))[0][:2] == (7, 6)
    assert await figure(session, "SELECT people FROM challenge_snapshots") == 7


async def test_a_part_is_never_done_by_two_at_a_time(worker_sessions):
    async with worker_sessions.begin() as session:
        await a_race(session, 1, 2, 3)
    async with worker_sessions.begin() as one, worker_sessions.begin() as other:
        mine = await kept(one, DAY, NIGHT)
        theirs = await kept(other, DAY, NIGHT)

    async with worker_sessions.begin() as session:
        await night(session)
        people = await figure(session, "SELECT people FROM challenge_snapshots")

    assert (mine, theirs, people) == (False, True, 3)


async def test_scores_that_come_up_during_a_round_rank_by_its_beginning(session):
    _, people = await a_race(session, 10, 8, 6, 4)
    await kept(session, DAY, NIGHT)
    for user, score in zip(people, (12, 9, 6, 0), strict=True):
        await run(session, text("UPDATE standings SET score = :s WHERE user_id = :u"), {"s": score, "u": user})

    await night(session)

    assert await rows(session, LINES, day=DAY) == [(12, 1), (9, 2), (6, 3), (0, 5)]


async def test_the_funnel_is_who_began_was_active_in_seven_days_and_reached_the_target(session):
    race, people = await a_race(session, 0, 1, 99, 100, 250, 2**40, target=100)
    for user, ago, value in ((1, 0, 1), (2, 6, 5), (3, 7, 5), (4, 2, 0), (5, 3, 7), (5, 4, 7)):
        sql = "INSERT INTO challenge_days (user_id, challenge_id, local_date, value) VALUES (:u, :c, :d, :v)"
        binds = {"u": people[user], "c": race.id, "d": DAY - timedelta(days=ago), "v": value}
        await run(session, text(sql), binds)

    await night(session)

    assert await rows(session, SNAPSHOT) == [(6, 5, 3, 3, 6, NIGHT)]


async def test_without_a_target_nobody_reaches_it_and_before_the_first_day_nobody_stands_anywhere(session):
    await a_race(session, 0, 0, starts_on=DAY + timedelta(days=1), state="published")

    parts = await night(session)

    assert parts == 1
    assert await rows(session, SNAPSHOT) == [(2, 0, None, 0, 0, NIGHT)]
    assert await rows(session, LINES, day=DAY) == []


@pytest.mark.parametrize(
    ("columns", "due"),
    [
        ({}, 1),
        ({"state": "grace"}, 1),
        ({"state": "draft"}, 0),
        ({"state": "grace", "closing_since": NIGHT}, 0),
        ({"state": "final"}, 0),
        ({"published_at": datetime(2026, 1, 8, 16, 59, tzinfo=UTC)}, 1),
        ({"published_at": datetime(2026, 1, 8, 17, 0, tzinfo=UTC)}, 0),
    ],
)
async def test_rounds_are_about_challenges_that_were_open_when_the_day_ended(session, columns, due):
    await a_race(session, 5, **columns)

    await night(session)

    assert await figure(session, "SELECT count(*) FROM challenge_snapshots") == due


async def a_team(session, race, score, *, depth=1, members=10):
    """A team of so many people in the race."""
    team = await team_of(session)
    team.members = members
    session.add(TeamDay(team_id=team.id, local_date=race.starts_on, members=members, member_days_before=0))
    session.add(TeamStanding(challenge_id=race.id, team_id=team.id, depth=depth, score=score))
    await session.flush()


async def test_teams_are_ranked_among_those_of_their_level_once_they_are_ranked_at_all(session):
    race, _ = await a_race(session)
    for score, depth, members in ((5, 1, 10), (9, 1, 12), (9, 1, 10), (99, 1, 9), (7, 2, 10)):
        await a_team(session, race, score, depth=depth, members=members)

    await night(session)

    found = await rows(session, "SELECT figure, rank FROM team_standing_days ORDER BY figure, rank")
    assert found == [(5, 3), (7, 1), (9, 1), (9, 1), (99, None)]


async def test_a_teams_figure_is_that_of_the_day_that_ended_also_where_nothing_moved(session):
    race, _ = await a_race(session, ranking="average_per_member")
    await a_team(session, race, 800)

    for day in (DAY, DAY + timedelta(days=1)):
        await night(session, day)

    thousandths = "SELECT local_date, figure FROM team_standing_days ORDER BY local_date"
    assert await rows(session, thousandths) == [(DAY, 10_000), (DAY + timedelta(days=1), 8_888)]


async def test_every_day_is_kept_for_five_weeks_and_sundays_after_that(session):
    await a_race(session, 5, starts_on=DAY - timedelta(days=70), created_at=MORNING - timedelta(days=80))
    days = [DAY - timedelta(days=ago) for ago in range(60, -1, -1)]

    for day in days:
        await night(session, day)

    held = {row[0] for row in await rows(session, "SELECT local_date FROM standing_days")}
    assert held == set(days[-35:]) | {day for day in days if day.isoweekday() == 7}


async def test_a_year_after_a_challenge_was_over_peoples_lines_go_and_nothing_else(session):
    over, _ = await a_race(session, 5, 9, 7)
    open_still, _ = await a_race(session, 5, 9, 7)
    await night(session)
    binds = {"at": NIGHT, "over": over.id}
    await run(session, text("UPDATE challenges SET state = 'final', closed_at = :at WHERE id = :over"), binds)
    year = timedelta(days=365)

    early = await forgotten(session, NIGHT + year, 2)
    parts = 0
    while not await forgotten(session, NIGHT + year + timedelta(minutes=1), 2):
        parts += 1

    assert (early, parts) == (True, 2)
    assert await rows(session, "SELECT DISTINCT challenge_id FROM standing_days") == [(open_still.id,)]
    assert await figure(session, "SELECT count(*) FROM challenge_snapshots") == 2
    assert [line async for what, _, lines in findings(session) if what == "days of standings" for line in lines] == []


async def test_who_joined_is_counted_when_the_day_is_over_and_by_what_was_true_then(session):
    race = await challenge_for(session, created_at=MORNING)
    one = await person(session, birth_year=1990, sex="female", home_place_code="5001")
    other = await person(session, birth_year=None, sex=None, home_place_code=None)
    await enrol(session, one, race.id, NIGHT - timedelta(hours=1))
    await enrol(session, other, race.id, NIGHT)
    await run(session, text("UPDATE users SET sex = 'male', birth_year = 1950, home_place_code = '1001'"))

    await night(session)

    cells = "SELECT dimension, cell, joins FROM demographic_cells WHERE joins > 0 ORDER BY dimension"
    assert await rows(session, cells) == [("age_band", "from_35_to_44", 1), ("province", "50", 1), ("sex", "female", 1)]
    assert await rows(session, "SELECT local_date, joins, leaves FROM enrolment_days") == [(DAY, 1, 0)]
    assert await figure(session, "SELECT count(*) FROM demographic_cells") == 7 + 4 + 78


async def test_leaving_takes_away_what_joining_added_whatever_is_true_of_the_person_by_then(session):
    race = await challenge_for(session, created_at=MORNING)
    user = await person(session, birth_year=1990, sex="female", home_place_code="5001")
    await enrol(session, user, race.id, MORNING, key="1")
    await night(session, DAY - timedelta(days=1))
    await run(session, text("UPDATE users SET sex = 'male', birth_year = 1950, home_place_code = '1001'"))
    await leave(session, user, race.id, NIGHT - timedelta(hours=1), key="2")
    await enrol(session, user, race.id, NIGHT - timedelta(hours=1), key="3")

    await night(session)

    moved = "SELECT cell, joins, leaves FROM demographic_cells WHERE joins + leaves > 0 ORDER BY cell"
    was, is_now = ("50", "female", "from_35_to_44"), ("10", "from_60", "male")
    assert await rows(session, LINES, day=DAY - timedelta(days=1)) == []
    assert await rows(session, moved) == sorted([(cell, 1, 1) for cell in was] + [(cell, 1, 0) for cell in is_now])
    assert await rows(session, "SELECT local_date, joins, leaves FROM enrolment_days ORDER BY 1") == [
        (MORNING.date(), 1, 0),
        (DAY, 1, 1),
    ]


@pytest.mark.parametrize(
    "tampered",
    [
        "UPDATE enrolment_days SET joins = joins + 1",
        "UPDATE demographic_cells SET leaves = leaves + 1 WHERE cell = '90'",
        "DELETE FROM enrolment_changes WHERE local_date > '2026-01-08'",
        "DELETE FROM standing_days WHERE ctid IN (SELECT ctid FROM standing_days LIMIT 1)",
        "UPDATE standing_days SET rank = 3 - rank",
    ],
)
async def test_the_check_finds_what_was_tampered_with_and_nothing_else(session, tampered):
    one, other, late = [await person(session) for _ in range(3)]
    await team_of(session, one, other)
    race = await challenge_for(session, created_at=MORNING, team_kind="province")
    for user in (one, other):
        await enrol(session, user, race.id, MORNING)
    await enrol(session, late, race.id, NIGHT)
    await taken(session, "garmin", draft(), owner=one)
    await fold(session)
    await night(session)
    honest = [line async for _, _, lines in findings(session) for line in lines]

    await run(session, text(tampered))

    found = {what for what, _, lines in [each async for each in findings(session)] if lines}
    assert honest == []
    assert found in ({"enrolments by day"}, {"days of standings"})


async def test_the_job_keeps_the_day_that_is_over(worker_sessions):
    async with worker_sessions.begin() as session:
        race, _ = await a_race(session, 3, 1, 2, ends_on=date(2100, 1, 1))

    await keep(Tools(worker_sessions))

    async with worker_sessions() as session:
        found = await rows(session, "SELECT challenge_id, enrolled, people FROM challenge_snapshots")
    assert found == [(race.id, 3, 3)]


@pytest.mark.parametrize(("now", "day"), [(NIGHT, DAY), (NIGHT - timedelta(minutes=6), DAY - timedelta(days=1))])
def test_the_last_day_is_the_one_before_todays_in_bangkok(now, day):
    assert last_day(now) == day
