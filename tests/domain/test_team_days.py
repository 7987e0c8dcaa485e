"""Member-days: any joins, leaves, transfers and moves of home, on any days, come to what the memberships say."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain import memberships
from domain.base import run
from domain.booking import rebook
from domain.check import findings
from domain.errors import Conflict
from domain.folding import fold
from domain.homes import set_home
from domain.ingest import lock
from domain.rulebooks import approved
from domain.teams import Joining
from tests.domain.factories import MORNING, draft, figure, person, taken, team_of

HOMES = ("9011", "901101", "9001", "1001", None)

# The members of each team on each day of a window, counted person by person.
COUNTED = """
    SELECT up.id, d.day::date, count(DISTINCT m.user_id)
    FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') d(day)
    JOIN memberships m ON m.joined_on <= d.day AND (m.left_on IS NULL OR m.left_on > d.day)
    JOIN teams t ON t.id = m.team_id CROSS JOIN LATERAL unnest(t.ancestor_ids) up(id) GROUP BY 1, 2
"""
KEPT = """
    SELECT d.members, d.member_days_before + d.members * (CAST(:day AS date) - d.local_date + 1) AS until
    FROM team_days d WHERE d.team_id = :team AND d.local_date <= :day ORDER BY d.local_date DESC LIMIT 1
"""


async def lived(session, chance, people, teams, days):
    """Every day some of them join, leave, change teams, move home and exercise, now and then all of that."""
    rulebooks, now = await approved(session), MORNING
    for day in range(days):
        now = MORNING + timedelta(days=day)
        for user in people:
            await lock(session, [user])
            for _ in range(chance.randrange(3)):
                with suppress(Conflict):
                    await something(session, chance, user, chance.choice(teams), now)
            await rebook(session, [(user, now.date())], rulebooks, now)
        if chance.random() < 0.5:
            await fold(session)
    return now.date()


async def something(session, chance, user, team, now):
    """One of them does one thing."""
    when = {"today": now.date(), "now": now}
    match chance.choice(("join", "leave", "transfer", "home", "run")):
        case "join":
            await memberships.join(session, user, team, **when)
        case "leave":
            await memberships.leave(session, user, team, **when)
        case "transfer":
            await memberships.join(session, user, team, transfer=True, **when)
        case "home":
            await set_home(session, user, chance.choice(HOMES), **when)
        case "run":
            at = now + timedelta(days=-chance.randrange(3), minutes=chance.randrange(600))
            await taken(session, "garmin", draft(str(chance.random()), at=at), owner=user, now=now)


@pytest.mark.parametrize("seed", range(6))
async def test_any_history_of_moves_comes_to_what_its_memberships_say(worker_sessions, seed):
    chance = random.Random(seed)  # noqa: S311 - repeatable histories
    async with worker_sessions() as session, session.begin():
        people = [await person(session, home_place_code=None) for _ in range(4)]
        root = await team_of(session, kind="organisation")
        offices = [await team_of(session, kind="organisation", parent=root) for _ in range(2)]
        clubs = [await team_of(session, kind="club", parent=parent) for parent in (root, offices[0], None)]
        teams = [each.id for each in (root, *offices, *clubs)]

        last = await lived(session, chance, people, teams, days=12)

        rows = (await run(session, text(COUNTED), {"first": MORNING.date(), "last": last})).all()
        counted = {(team, day): people for team, day, people in rows}
        every = {team for team, _ in counted} | set(teams)
        for team in every:
            until = 0
            for day in (MORNING.date() + timedelta(days=n) for n in range((last - MORNING.date()).days + 1)):
                until += counted.get((team, day), 0)
                kept = (await run(session, text(KEPT), {"team": team, "day": day})).first()
                assert (tuple(kept) if kept else (0, 0)) == (counted.get((team, day), 0), until)
            members = await figure(session, "SELECT members FROM teams WHERE id = :t", t=team)
            assert members == counted.get((team, last), 0)
        assert [line async for _, _, lines in findings(session) for line in lines] == []


async def test_a_move_that_waited_past_midnight_belongs_to_the_new_day(worker_sessions):
    async with worker_sessions() as session, session.begin():
        first, second = await person(session), await person(session)
        club = await team_of(session, kind="club")
        today, tomorrow = MORNING.date(), MORNING.date() + timedelta(days=1)

        await memberships.join(session, first, club.id, today=tomorrow, now=MORNING)
        late, _ = await memberships.join(session, second, club.id, today=today, now=MORNING)

        assert late == tomorrow
        days = await figure(session, "SELECT array_agg(ROW(local_date, members)) FROM team_days WHERE team_id = :t",
                            t=club.id)  # fmt: skip
        assert [tuple(each) for each in days] == [(str(tomorrow), "2")]


async def test_one_who_goes_from_team_to_team_stays_in_the_one_above(worker_sessions):
    async with worker_sessions() as session, session.begin():
        user = await person(session)
        root = await team_of(session, kind="ministry")
        offices = [await team_of(session, kind="ministry", parent=root) for _ in range(2)]
        today, later = MORNING.date(), MORNING.date() + timedelta(days=5)
        await memberships.join(session, user, offices[0].id, today=today, now=MORNING)

        day, is_new = await memberships.join(
            session, user, offices[1].id, transfer=True, ways=[Joining.OPEN], today=later, now=MORNING
        )

        assert (day, is_new) == (later, True)
        days = "SELECT count(*) FROM team_days WHERE team_id = :t"
        assert [await figure(session, days, t=each.id) for each in (root, *offices)] == [1, 2, 1]
        members = "SELECT members FROM teams WHERE id = :t"
        assert [await figure(session, members, t=each.id) for each in (root, *offices)] == [1, 0, 1]


async def test_whoever_is_in_teams_of_other_places_than_home_is_found(worker_sessions):
    async with worker_sessions() as session, session.begin():
        user = await person(session, home_place_code=None)
        await set_home(session, user, "1001", today=MORNING.date(), now=MORNING)

        await run(session, text("UPDATE users SET home_place_code = '5001'"))

        lines = [line async for what, _, found in findings(session) if what == "home teams" for line in found]
        assert len(lines) == 1
        assert f"user {user}: at home in 5001" in lines[0]
