"""What teams are ranked by: each ranking as it is defined, as of the days that have begun, from ten members on."""

from datetime import datetime, time, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from app.jobs import KINDS, Tools, figure_teams
from domain.bangkok import local_date_of
from domain.base import run, utc_now
from domain.drafts import BANGKOK, DayTotal
from domain.folding import fold
from domain.memberships import move
from domain.team_figures import figured_after
from domain.teams import Joining
from tests.domain.factories import MORNING, NOW, challenge_for, draft, figure, person, taken, team_of

DAY = timedelta(days=1)
FIRST = MORNING.date()


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


async def crowd(session, count):
    return [await person(session) for _ in range(count)]


async def walked(session, user, *days, steps=1_000):
    totals = [DayTotal(local_date=FIRST + n * DAY, steps=steps, version=1, raw=b"%d" % n) for n in days]
    await taken(session, "garmin", *totals, owner=user, now=NOW)


async def came(session, user, team, day, *, leave=()):
    join = [team.id] if team else []
    await move(session, user, leave=leave, join=join, admitted=[Joining.OPEN], today=day, now=NOW)


async def ranked_by(session, challenge, team):
    sql = text("SELECT figure, ranked, figured_on FROM team_standings WHERE challenge_id = :c AND team_id = :t")
    return tuple((await run(session, sql, {"c": challenge.id, "t": team.id})).one())


async def test_a_total_is_the_score(session):
    people = await crowd(session, 10)
    club = await team_of(session, *people, kind="club")
    challenge = await challenge_for(session, *people, team_kind="club", metric="steps")

    await walked(session, people[0], 0, 1)
    await fold(session, today=FIRST + DAY)

    assert await ranked_by(session, challenge, club) == (2_000, True, FIRST + DAY)


async def test_an_average_divides_by_the_members_of_each_day(session):
    people = await crowd(session, 12)
    club = await team_of(session, *people[:10], kind="club")
    for each in people[10:]:
        await came(session, each, club, FIRST + 2 * DAY)
    challenge = await challenge_for(
        session, *people, team_kind="club", metric="steps", ranking="average_per_member", ends_on=FIRST + 3 * DAY
    )

    await walked(session, people[0], 0, 1, 2)
    await fold(session, today=FIRST + 3 * DAY)
    by_the_last_day = await ranked_by(session, challenge, club)
    await walked(session, people[1], 3)
    await fold(session, today=FIRST + 9 * DAY)

    # ten people on each of two days, twelve on each of two more: thousandths of a step a member and day
    assert by_the_last_day == (3_000 * 1_000 // 44, True, FIRST + 3 * DAY)
    assert await ranked_by(session, challenge, club) == (4_000 * 1_000 // 44, True, FIRST + 3 * DAY)


async def test_a_share_of_participants_is_one_of_the_average_members_and_one_at_most(session):
    people = await crowd(session, 10)
    club = await team_of(session, *people, kind="club")
    challenge = await challenge_for(session, *people, team_kind="club", metric="steps", ranking="participation_share")

    for each in people[:3]:
        await walked(session, each, 0)
    await fold(session, today=FIRST)
    of_all = await ranked_by(session, challenge, club)
    for each in people[3:]:
        await came(session, each, None, FIRST + DAY, leave=[club.id])
    await fold(session, today=FIRST + 9 * DAY)

    # ten members on the first day and three on nine more are 3.7 on average
    assert of_all == (300_000, True, FIRST)
    assert await ranked_by(session, challenge, club) == (3 * 10 * 1_000_000 // 37, False, FIRST + 9 * DAY)
    for each in people[3:7]:
        await walked(session, each, 0)
    await fold(session, today=FIRST + 9 * DAY)
    assert await ranked_by(session, challenge, club) == (1_000_000, False, FIRST + 9 * DAY)


async def test_a_share_of_regular_exercisers_is_one_of_the_member_weeks_begun(session):
    people = await crowd(session, 10)
    club = await team_of(session, *people, kind="club")
    challenge = await challenge_for(session, *people, team_kind="club", ranking="regular_share")
    week = timedelta(days=7)

    walks = [draft(f"{n}", at=MORNING + n * week, minutes=200) for n in range(3)]
    await taken(session, "garmin", *walks, owner=people[0], now=NOW)
    await fold(session, week=FIRST + 11 * DAY, today=FIRST + 12 * DAY)

    # The window begins on a Thursday: its weeks so far are those of 5 and 12 January, and three of four are enough
    # from the second one on.
    assert await ranked_by(session, challenge, club) == (1 * 1_000_000 // 20, True, FIRST + 12 * DAY)


@pytest.mark.parametrize("ranking", ["average_per_member", "participation_share", "regular_share"])
async def test_nothing_is_known_before_the_window(session, ranking):
    people = await crowd(session, 10)
    club = await team_of(session, *people, kind="club")
    challenge = await challenge_for(session, *people, team_kind="club", metric="steps", ranking=ranking)

    await walked(session, people[0], 1)
    await fold(session, today=FIRST - DAY)

    assert await ranked_by(session, challenge, club) == (0, False, FIRST - DAY)


async def test_a_team_is_ranked_from_the_tenth_member_on_and_no_longer_without(session):
    people = await crowd(session, 10)
    club = await team_of(session, *people[:9], kind="club")
    challenge = await challenge_for(session, *people, team_kind="club", metric="steps")
    await walked(session, people[0], 0)
    await fold(session, today=FIRST)
    of_nine = await ranked_by(session, challenge, club)

    await came(session, people[9], club, FIRST)
    await fold(session, today=FIRST)
    of_ten = await ranked_by(session, challenge, club)
    await came(session, people[0], None, FIRST + DAY, leave=[club.id])
    await fold(session, today=FIRST + DAY)

    assert (of_nine[1], of_ten[1]) == (False, True)
    assert await ranked_by(session, challenge, club) == (1_000, False, FIRST + DAY)


async def test_figures_of_a_challenge_that_closes_follow_scores_and_no_members(session):
    people = await crowd(session, 10)
    club = await team_of(session, *people, kind="club")
    challenge = await challenge_for(session, *people, team_kind="club", metric="steps", ends_on=FIRST)
    await walked(session, people[0], 0)

    await run(session, text("UPDATE challenges SET closing_since = now()"))
    await came(session, people[9], None, FIRST, leave=[club.id])
    await fold(session, today=FIRST)
    score_that_waited = await ranked_by(session, challenge, club)
    await came(session, people[8], None, FIRST, leave=[club.id])
    await fold(session, today=FIRST)

    assert score_that_waited == (1_000, False, FIRST)
    assert await ranked_by(session, challenge, club) == (1_000, False, FIRST)


async def test_each_day_the_job_finds_the_figures_that_grew_and_no_others(worker_sessions):
    today = local_date_of(utc_now())
    window = {"starts_on": today - 2 * DAY, "ends_on": today + DAY, "team_kind": "club", "metric": "steps"}
    async with worker_sessions() as session, session.begin():
        people = await crowd(session, 10)
        club = await team_of(session, *people, kind="club")
        growing = await challenge_for(session, *people, **window, ranking="average_per_member")
        total = await challenge_for(session, *people, **window)
        at = datetime.combine(today - 2 * DAY, time(7), BANGKOK)
        total_of_a_day = DayTotal(local_date=at.date(), steps=1_000, version=1, raw=b"1")
        await taken(session, "garmin", total_of_a_day, owner=people[0], now=utc_now())
        await fold(session, today=today - 2 * DAY)

    await figure_teams(Tools(worker_sessions))

    async with worker_sessions() as session, session.begin():
        assert await ranked_by(session, growing, club) == (1_000 * 1_000 // 30, True, today)
        assert await ranked_by(session, total, club) == (1_000, True, today - 2 * DAY)
        assert await figured_after(session, None, today) is None  # nothing is left to do
        assert await figure(session, "SELECT count(*) FROM team_standings") == 2
    assert "figure_teams" in {kind.name for kind in KINDS}
