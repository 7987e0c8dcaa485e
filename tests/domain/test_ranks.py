"""Ranks from the histogram of scores: those of counting, kept by whoever books, and at a cost that does not grow."""

from types import SimpleNamespace
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Uuid, literal_column, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from domain.base import driver_of, run, uuid7
from domain.booking import Bookings
from domain.check import findings
from domain.drafts import Deletion
from domain.enrolments import enrol
from domain.folding import Folded, fold, waiting
from domain.ranks import BITS, SHIFTS, SIBLINGS, filling
from domain.standings import Standing
from domain.writing import written
from resolvers.ranks import COUNTED, rank_of
from tests.domain.factories import MORNING, challenge_for, draft, figure, person, taken

CHALLENGES = [UUID(int=n) for n in (1, 2)]
PEOPLE = [UUID(int=n) for n in range(1, 9)]
LINE = SimpleNamespace(
    score=literal_column("s.score", BigInteger()), challenge_id=literal_column("s.challenge_id", Uuid())
)
RANK = str(select(rank_of(None, LINE)).compile(dialect=postgresql.dialect()))
RANKS = f"SELECT s.challenge_id, s.user_id, ({RANK}) AS rank FROM standings s"  # noqa: S608
COUNTS = """
    SELECT challenge_id, user_id, rank() OVER (PARTITION BY challenge_id ORDER BY score DESC) FROM standings
"""
# More people ahead than are counted one by one, so that everybody else's rank is the histogram's.
CROWD = f"""
    INSERT INTO standings (user_id, challenge_id, score)
    SELECT uuidv7(), c, 9223372036854775807 - n % 3
    FROM unnest(CAST(:challenges AS uuid[])) c, generate_series(1, {COUNTED}) n
"""  # noqa: S608


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


async def moved(session, steps):
    """Scores changed as a booking does it: by person and challenge what is added."""
    people = {(user.int, challenge.int): [user, challenge, by] for (user, challenge), by in steps.items()}
    await written(await driver_of(session), Bookings(people=people).sheets())


async def crowded(session):
    await run(session, text(CROWD), {"challenges": CHALLENGES})
    await run(session, text(filling()))


async def buckets(session):
    """Those with anybody in them, by challenge, level and number."""
    rows = await run(session, text("SELECT challenge_id, shift, bucket, people FROM score_buckets"))
    return {(row.challenge_id, row.shift, row.bucket): row.people for row in rows}


scores = st.one_of(
    st.integers(0, 3),
    st.builds(lambda bits, by: max(2**bits + by, 0), st.integers(0, 62), st.integers(-1, 1)),
    st.integers(0, 2**63 - 1),
)
histories = st.lists(
    st.tuples(
        st.dictionaries(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(CHALLENGES)), scores, min_size=1),
        st.sampled_from([None, 1, 2, 50]),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
async def test_ranks_are_those_of_counting_however_changes_are_split_between_passes(session, history):
    held = {}
    async with session.begin_nested() as example:
        await crowded(session)
        for reached, at_once in history:
            await moved(session, {who: score - held.get(who, 0) for who, score in reached.items()})
            held |= reached
            if at_once:
                await fold(session, at_once=at_once)
        await fold(session)

        by_buckets, by_counting = await run(session, text(RANKS)), await run(session, text(COUNTS))
        kept = await buckets(session)
        made = await anew(session)
        await example.rollback()

    assert set(by_buckets) == set(by_counting)
    assert kept == made


async def anew(session):
    """The buckets as a migration makes them."""
    await run(session, text("DELETE FROM score_buckets"))
    await run(session, text(filling()))
    return await buckets(session)


def test_the_levels_are_all_bits_of_a_score():
    assert [BITS * n for n in range(9)] == list(SHIFTS)
    assert SHIFTS[-1] + BITS == 63


async def test_who_joins_has_a_score_of_nothing_at_once(session):
    user = await person(session)
    challenge = await challenge_for(session)

    await enrol(session, user, challenge.id, MORNING)
    await enrol(session, user, challenge.id, MORNING)
    await fold(session)

    assert await buckets(session) == {(challenge.id, shift, 0): 1 for shift in SHIFTS}


async def test_what_comes_in_is_changed_and_goes_again_moves_people_between_buckets(session):
    users = [await person(session) for _ in range(3)]
    challenge = await challenge_for(session)
    for user in users:
        await enrol(session, user, challenge.id, MORNING)

    exact = []
    for items in (
        [draft("1", kcal=300, version=1)],
        [draft("1", kcal=371, version=2)],
        [Deletion(partner_ref="1", version=3)],
    ):
        for user in users[:2]:
            await taken(session, "strava", *items, owner=user)
        await fold(session)
        exact.append({bucket: people for (_, shift, bucket), people in (await buckets(session)).items() if not shift})

    assert exact == [{0: 1, 300: 2}, {0: 1, 371: 2}, {0: 3}]
    assert [line for _, _, lines in [each async for each in findings(session)] for line in lines] == []


async def test_people_who_make_the_same_step_wait_in_one_row(session):
    await moved(session, {(user, CHALLENGES[0]): 1 for user in PEOPLE})
    await moved(session, {(user, CHALLENGES[0]): 1 for user in PEOPLE})

    rows = (await run(session, text("SELECT score_before, score_after, people FROM standing_changes"))).all()

    assert sorted(rows, key=str) == [(1, 2, len(PEOPLE)), (None, 1, len(PEOPLE))]
    assert (await waiting(session)).standings == 2


async def test_a_pass_cut_off_and_repeated_counts_once(worker_sessions, database_url):
    async with worker_sessions() as session, session.begin():
        await moved(session, {(user, CHALLENGES[0]): 5 for user in PEOPLE})

    async with worker_sessions() as session:
        first = await fold(session)
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", [await figure(session, "SELECT pg_backend_pid()")])
        with pytest.raises(DBAPIError):
            await session.commit()
        await session.invalidate()
    async with worker_sessions() as session, session.begin():
        after_the_crash = await buckets(session)
        again, once_more = await fold(session), await fold(session)
        counted = await buckets(session)

    assert (first, again, once_more) == (Folded(standings=1), Folded(standings=1), Folded())
    assert after_the_crash == {}
    assert set(counted.values()) == {len(PEOPLE)}


async def test_while_changes_wait_the_first_page_is_exact_and_nobody_behind_it_is_before_it(session):
    await crowded(session)
    await moved(session, {(user, CHALLENGES[0]): 10 for user in PEOPLE})
    await run(session, text("DELETE FROM score_buckets"))

    last = await run(session, text(f"{RANKS} WHERE s.score = 10"))
    first = await run(session, text(f"{RANKS} WHERE s.score > 10 AND s.challenge_id = :c"), {"c": CHALLENGES[0]})

    assert {row.rank for row in last} == {COUNTED + 1}
    assert {row.rank for row in first} == {1, 34, 68}


FAR_APART = "hashint8(n) & 1048575"
FILL = """
    INSERT INTO standings (user_id, challenge_id, score)
    SELECT uuidv7(), CAST(:challenge AS uuid), {score} FROM generate_series(1, :people) n
"""
# Thirty people in each of many challenges: what the statistics know says that a challenge is small.
OTHERS = """
    INSERT INTO standings (user_id, challenge_id, score)
    SELECT uuidv7(), CAST(lpad(CAST(n % 500 AS text), 32, '9') AS uuid), hashint8(n) & 1048575
    FROM generate_series(1, 15000) n
"""
# Prepared and with a plan for any values, as the engine reads: a plain EXPLAIN would know the values.
PREPARED = f"PREPARE of_one (uuid, uuid) AS {RANKS} WHERE s.user_id = $1 AND s.challenge_id = $2"


@pytest_asyncio.fixture
async def busy(owner_sessions):
    """A database of many small challenges, and with statistics of these."""
    async with owner_sessions() as session, session.begin():
        await run(session, text(OTHERS))
        await run(session, text(filling()))
    async with owner_sessions() as session, session.begin():
        await run(session, text("ANALYZE standings, score_buckets"))
    return owner_sessions


async def rows_read(sessions, pool, people, score, middle):
    """How many rows of indexes the rank of somebody with the score `middle` costs in a new challenge of so many."""
    challenge, user = uuid7(), uuid7()
    async with sessions() as session, session.begin():
        await run(session, text(FILL.format(score=score)), {"challenge": challenge, "people": people})
        session.add(Standing(user_id=user, challenge_id=challenge, score=middle))
        await session.flush()
        await run(session, text(filling("WHERE challenge_id = :challenge")), {"challenge": challenge})
    async with pool.connection() as connection:
        await connection.execute(PREPARED)
        explained = await connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE of_one ('{user}', '{challenge}')")
        ((plan,),) = await explained.fetchone()
        await connection.execute("DEALLOCATE of_one")
    return sum(of_indexes(plan["Plan"]))


def of_indexes(node):
    """The rows that each part of a plan takes from an index; nothing else may read a table."""
    assert "Seq Scan" not in node["Node Type"]
    if "Relation Name" in node or "Index Name" in node:
        dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        yield round((node["Actual Rows"] + dropped) * node["Actual Loops"])
    for each in node.get("Plans", ()):
        yield from of_indexes(each)


LONG = pytest.param(1_000_000, marks=pytest.mark.long)


@pytest.mark.parametrize("large", [100_000, LONG])
async def test_a_rank_among_many_reads_no_more_than_among_few(busy, api_pool, large):
    few, many = [await rows_read(busy, api_pool, people, "n % 1000", 500) for people in (1_000, large)]

    assert COUNTED < few == many


@pytest.mark.parametrize("people", [1_000, 100_000, LONG])
async def test_a_rank_among_scores_far_apart_reads_no_more_than_the_levels_hold(busy, api_pool, people):
    read = await rows_read(busy, api_pool, people, FAR_APART, 2**19)

    assert COUNTED < read <= COUNTED + len(SHIFTS) * SIBLINGS
