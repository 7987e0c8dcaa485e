"""What many people share: queued by whoever books, added up by a pass, each change exactly once."""

import asyncio
from collections import defaultdict
from datetime import date, timedelta

import psycopg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from domain.bangkok import monday
from domain.base import driver_of, inserted, run, utc_now, uuid7
from domain.check import findings
from domain.collective import CollectiveChange
from domain.counters import FIGURES, PlaceChange, TeamStandingChange
from domain.counting import Count, counting
from domain.days import LocalDay, read
from domain.drafts import Deletion
from domain.folding import Folded, fold, waiting
from domain.ranks import StandingChange
from domain.rulebooks import approved
from domain.streaks import DayChange
from domain.unmapped import UnmappedChange
from domain.users import User
from domain.writing import written
from tests.domain.factories import MORNING, challenge_for, draft, figure, person, taken, team_of

JANUARY = date(2026, 1, 1)
PEOPLE = [uuid7() for _ in range(3)]
HOMES = [None, "9011", "1001", "100101", "1036", "TH"]
DAYS = [date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1), date(2026, 12, 31)]


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


def change(place="9011", period="day", **figures):
    counted = dict.fromkeys(("participants", *FIGURES), 0) | {"activities": 1} | figures
    return {"home_place_code": place, "period": period, "starts_on": JANUARY, **counted}


async def count(session, rows):
    connection = await driver_of(session)
    days = [LocalDay(row["user_id"], row["local_date"]) for row in rows]
    _, periods = await read(connection, days)
    counts = [
        Count(*map(row.get, ("user_id", "local_date", "home_place_code")),
              tuple(map(row.get, FIGURES)), day.counted)
        for row, day in zip(rows, days, strict=True)
    ]  # fmt: skip
    await written(connection, counting(counts, periods, await approved(session)))


async def queued(sessions, *rows):
    async with sessions() as session, session.begin():
        await inserted(session, PlaceChange, rows)


async def folded(sessions, **how):
    async with sessions() as session, session.begin():
        return await fold(session, **how)


async def counted_at(sessions, place="TH"):
    sql = "SELECT activities FROM place_periods WHERE place_code = :place AND period = 'day'"
    async with sessions() as session:
        return await figure(session, sql, place=place)


steps = st.lists(
    st.tuples(
        st.sampled_from(range(len(PEOPLE))),
        st.sampled_from(HOMES),
        st.dictionaries(st.sampled_from(DAYS), st.integers(0, 3), min_size=1),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
async def test_counters_of_places_are_those_of_their_people_after_any_history(session, history):
    days, homes = {}, {}
    async with session.begin_nested() as example:
        for who, home, changes, fold_now in history:
            rows = []
            for day, activities in changes.items():
                worth = dict(zip(FIGURES, (activities * n for n in (1, 600, 1_000, 70, 2, 300)), strict=True))
                rows.append({"user_id": PEOPLE[who], "local_date": day, "home_place_code": home} | worth)
                days[who, day] = (home, worth)
                homes[who, day.replace(day=1)] = homes[who, monday(day)] = home
            await count(session, rows)
            if fold_now:
                await fold(session)
        await fold(session)

        found = await held(session)
        await example.rollback()

    assert found == await expected(session, days, homes)


async def held(session):
    """The counters that are not all zero, by place, period and first day."""
    names = ", ".join(("participants", *FIGURES))
    rows = await run(session, text(f"SELECT place_code, period, starts_on, {names} FROM place_periods"))  # noqa: S608
    return {tuple(key): tuple(figures) for *key, a, b, c, d, e, f, g in rows if any(figures := (a, b, c, d, e, f, g))}


async def expected(session, days, homes):
    """The same from what each person's days are worth, added up by hand."""
    above = defaultdict(list)
    for place, ancestor in await run(session, text("SELECT place_code, ancestor_code FROM place_ancestors")):
        above[place].append(ancestor)
    people = {
        (who, "day", day): (home, [worth[name] for name in FIGURES]) for (who, day), (home, worth) in days.items()
    }
    for (who, day), (_, worth) in days.items():
        for longer in ((who, "month", day.replace(day=1)), (who, "week", monday(day))):
            _, sums = people.setdefault(longer, (homes[who, longer[2]], [0] * len(FIGURES)))
            sums[:] = [a + worth[name] for a, name in zip(sums, FIGURES, strict=True)]
    places = defaultdict(lambda: [0] * (1 + len(FIGURES)))
    for (_, period, starts_on), (home, figures) in people.items():
        for place in above[home] if figures[0] else ():
            key = (place, period, starts_on)
            places[key] = [a + b for a, b in zip(places[key], (1, *figures), strict=True)]
    return {key: tuple(figures) for key, figures in places.items()}


async def test_who_exercises_on_two_days_of_a_month_is_one_participant_of_it(session):
    user = await person(session)

    await taken(session, "garmin", draft("1"), draft("2", at=MORNING + timedelta(days=3)), owner=user)
    await fold(session)

    people = "SELECT array_agg(participants ORDER BY period, starts_on) FROM place_periods WHERE place_code = 'TH'"
    assert await figure(session, people) == [1, 1, 1, 1]


async def test_a_month_moves_with_the_person_and_its_counted_days_stay(session):
    user = await person(session, home_place_code="9011")
    await taken(session, "garmin", draft("1"), owner=user)
    await fold(session)

    row = await session.get(User, user)
    row.home_place_code = "1036"
    await session.flush()
    await taken(session, "garmin", draft("2", at=MORNING + timedelta(days=3)), owner=user)
    await fold(session)

    at = "SELECT array_agg(activities ORDER BY period, starts_on) FROM place_periods WHERE place_code = :p"
    assert await figure(session, at, p="90") == [1, 0, 0]
    assert await figure(session, at, p="10") == [1, 2, 2]
    assert [line for _, _, lines in [each async for each in findings(session)] for line in lines] == []


async def test_what_is_taken_back_leaves_nothing_counted(session):
    user = await person(session)
    team = await team_of(session, user)
    await challenge_for(session, user, team_kind="province")
    await taken(session, "strava", draft("17"), owner=user)
    await fold(session)

    await taken(session, "strava", Deletion(partner_ref="17"), owner=user)
    await fold(session)

    assert await held(session) == {}
    assert await figure(session, "SELECT score FROM team_standings WHERE team_id = :t", t=team.id) == 0


async def test_changes_that_cancel_each_other_are_not_queued(session):
    day = {"user_id": PEOPLE[0], "local_date": JANUARY, "home_place_code": "9011"}
    await count(session, [day | dict.fromkeys(FIGURES, 1)])
    await fold(session)

    await count(session, [day | dict.fromkeys(FIGURES, 1)])

    assert (await waiting(session)).rows == 0


async def test_each_change_is_folded_once_whoever_folds_and_whoever_writes_meanwhile(worker_sessions):
    async def write():
        for _ in range(20):
            await queued(worker_sessions, *(change() for _ in range(5)))

    async def fold_on():
        rows = 0
        while not writers.done() or await counted_at(worker_sessions) != 400:
            done = await folded(worker_sessions, at_once=7)
            rows += done.places if done else 0
            await asyncio.sleep(0)
        return rows

    writers = asyncio.gather(*(write() for _ in range(4)))
    # a session pool of four connections: two write at a time while two fold
    async with asyncio.timeout(30):
        by_each = await asyncio.gather(fold_on(), fold_on())

    assert sum(by_each) == 400
    assert await counted_at(worker_sessions) == 400


async def test_two_processes_that_wait_for_each_other_fold_all_and_nothing_twice(worker_sessions, worker_url):
    for number in range(40):
        await queued(worker_sessions, change(), change("1036", participants=1, credits=number))

    done = await asyncio.gather(*(folded(worker_sessions, wait=True, at_once=9) for _ in range(4)))

    assert sorted(each.rows for each in done) == [0, 0, 0, 80]
    assert await counted_at(worker_sessions) == 80
    with psycopg.connect(worker_url) as connection:
        of_bangkok = "SELECT participants, credits FROM place_periods WHERE place_code = '10'"
        assert connection.execute(of_bangkok).fetchone() == (40, sum(range(40)))


async def test_a_pass_leaves_it_to_the_one_under_way(worker_sessions):
    await queued(worker_sessions, change())

    async with worker_sessions() as first, first.begin():
        mine = await fold(first)
        others = await folded(worker_sessions)

    assert (mine, others) == (Folded(places=1), None)


async def test_a_pass_cut_off_in_the_middle_loses_nothing_and_doubles_nothing(worker_sessions, database_url):
    await queued(worker_sessions, *(change() for _ in range(10)))
    await folded(worker_sessions)
    await queued(worker_sessions, *(change() for _ in range(10)))

    async with worker_sessions() as session:
        assert await fold(session) == Folded(places=10)
        with psycopg.connect(database_url, autocommit=True) as admin:
            backend = await figure(session, "SELECT pg_backend_pid()")
            admin.execute("SELECT pg_terminate_backend(%s)", [backend])
        with pytest.raises(DBAPIError):
            await session.commit()
        await session.invalidate()
    after_the_crash = await counted_at(worker_sessions)
    again = await folded(worker_sessions, wait=True)

    assert (after_the_crash, again) == (10, Folded(places=10))
    assert await counted_at(worker_sessions) == 20


async def test_a_change_that_is_committed_late_is_folded_though_its_number_is_lower(worker_sessions):
    async with worker_sessions() as late, late.begin():
        await inserted(late, PlaceChange, [change(activities=5)])
        await queued(worker_sessions, change(activities=1))

        first = await folded(worker_sessions)

    assert first == Folded(places=1)
    assert await folded(worker_sessions) == Folded(places=1)
    assert await counted_at(worker_sessions) == 6


async def test_writers_of_one_place_do_not_wait_for_one_another_nor_for_a_pass(worker_sessions):
    await queued(worker_sessions, change())

    async with asyncio.timeout(5), worker_sessions() as folder, folder.begin(), worker_sessions() as writer:
        await fold(folder)
        async with writer.begin():
            await inserted(writer, PlaceChange, [change()])
            await queued(worker_sessions, change())

    assert await folded(worker_sessions) == Folded(places=2)


@pytest.mark.parametrize("rows", [1, 10, 1_000])
async def test_the_number_of_statements_of_a_pass_does_not_depend_on_the_number_of_rows(worker_sessions, rows):
    places = [change(("9011", "1036", "1001")[n % 3]) for n in range(rows)]
    teams = [{"challenge_id": PEOPLE[0], "team_id": PEOPLE[n % 3], "score": n + 1} for n in range(rows)]
    standings = [{"challenge_id": PEOPLE[0], "score_before": n, "score_after": n + 1, "people": 1} for n in range(rows)]
    async with worker_sessions() as session, session.begin():
        await inserted(session, PlaceChange, places)
        await inserted(session, TeamStandingChange, teams)
        await inserted(session, StandingChange, standings)
        await inserted(session, DayChange, [{"user_id": PEOPLE[n % 3], "local_date": JANUARY} for n in range(rows)])
        together = {"challenge_id": PEOPLE[0], "local_date": JANUARY, "score": 1}
        await inserted(session, CollectiveChange, [together] * rows)
        change_of_word = {"partner_name": "strava", "word": "Plogging", "records": 1, "seen_at": utc_now()}
        await inserted(session, UnmappedChange, [change_of_word] * rows)
        said = []
        connection = (await session.connection()).sync_connection
        event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))

        done = await fold(session)

    assert done == Folded(rows, rows, rows, days=rows, collective=rows, words=rows)
    assert len(said) == 8


async def test_what_waits_is_told_with_its_age(worker_sessions):
    async with worker_sessions() as session:
        nothing = await waiting(session)
    await queued(worker_sessions, change(), change())

    async with worker_sessions() as session:
        found = await waiting(session)

    assert (nothing.rows, nothing.age_seconds) == (0, 0)
    assert (found.places, found.teams) == (2, 0)
    assert 0 < found.age_seconds < 60
