"""Words for sports that nobody mapped: told to the partner that sends them, counted by a pass."""

from datetime import timedelta

import psycopg
import pytest

from domain.folding import fold
from domain.sports import Sport
from tests.schema import factories as make

WORDS = """query($where: UnmappedSportFilter, $first: Int, $after: String) {
  unmappedSports(where: $where, first: $first, after: $after) {
    nodes { word records firstSeenAt lastSeenAt partner { name } } pageInfo { hasNextPage endCursor }
  }
}"""
LATER = make.NOW + timedelta(days=1)


@pytest.fixture
def words(ask, worker_sessions):
    """What a viewer sees after a pass: (partner, word, records)."""

    async def seen(viewer, **given):
        async with worker_sessions() as session, session.begin():
            await fold(session, wait=True)
        nodes = (await ask(WORDS, viewer, **given))["unmappedSports"]["nodes"]
        return [(node["partner"]["name"], node["word"], node["records"]) for node in nodes]

    return seen


async def linked(sessions, *partners):
    user = await make.person(sessions)
    for name in partners:
        await make.linked(sessions, user, name, "R-1")
    return user


def other(ref, word, **more):
    start = make.NOW - timedelta(days=ref)
    return make.run(start, partner_ref=str(ref), person_ref="R-1", sport=Sport.OTHER, sport_word=word, **more)


async def test_words_are_counted_by_partner_the_most_frequent_first(words, worker_sessions):
    await linked(worker_sessions, "strava", "rtaf")
    await make.sent(worker_sessions, "strava", other(1, "Plogging"), other(2, "Unicycling"), other(3, "Unicycling"))
    await make.sent(worker_sessions, "rtaf", other(4, "Unicycling"))

    assert await words(make.partner("strava")) == [("strava", "Unicycling", 2), ("strava", "Plogging", 1)]
    assert await words(make.partner("rtaf")) == [("rtaf", "Unicycling", 1)]


async def test_administrators_see_all_or_those_of_one_partner(words, worker_sessions):
    await linked(worker_sessions, "strava", "rtaf")
    await make.sent(worker_sessions, "strava", other(1, "Plogging"))
    await make.sent(worker_sessions, "rtaf", other(2, "Plogging"), other(3, "Plogging"))

    every, one = await words(make.admin()), await words(make.admin(), where={"partner": "strava"})

    assert every == [("rtaf", "Plogging", 2), ("strava", "Plogging", 1)]
    assert one == [("strava", "Plogging", 1)]


async def test_a_partner_does_not_see_the_words_of_others(words, worker_sessions):
    await linked(worker_sessions, "strava")
    await make.sent(worker_sessions, "strava", other(1, "Plogging"))

    assert await words(make.partner("rtaf"), where={"partner": "strava"}) == []


async def test_citizens_are_refused(execute, worker_sessions):
    user = await linked(worker_sessions, "strava")

    result = await execute(WORDS, make.citizen(user))

    assert [error["extensions"]["code"] for error in result.errors] == ["FORBIDDEN"]


async def test_only_new_records_of_other_with_a_word_count(words, worker_sessions):
    await linked(worker_sessions, "strava")
    known = make.run(make.NOW - timedelta(days=9), partner_ref="9", person_ref="R-1", sport_word="Run")

    await make.sent(worker_sessions, "strava", known, other(1, None), other(2, "Plogging", version=1))
    await make.sent(worker_sessions, "strava", other(2, "Plogging", version=1))
    await make.sent(worker_sessions, "strava", other(2, "Plogging", version=2, distance_meters=900.0))

    assert await words(make.partner("strava")) == [("strava", "Plogging", 1)]


async def test_a_word_says_when_it_came_first_and_last(ask, words, worker_sessions):
    await linked(worker_sessions, "strava")
    await make.sent(worker_sessions, "strava", other(1, "Plogging"), now=LATER)
    await make.sent(worker_sessions, "strava", other(2, "Plogging"), now=make.NOW)

    assert await words(make.partner("strava")) == [("strava", "Plogging", 2)]
    (node,) = (await ask(WORDS, make.partner("strava")))["unmappedSports"]["nodes"]
    assert (node["firstSeenAt"], node["lastSeenAt"]) == ("2026-01-31T05:00:00Z", "2026-02-01T05:00:00Z")


async def test_words_that_differ_after_a_hundred_characters_are_one(words, worker_sessions):
    await linked(worker_sessions, "strava")
    await make.sent(worker_sessions, "strava", other(1, "ก" * 100 + "a"), other(2, "ก" * 100 + "b"))

    assert await words(make.partner("strava")) == [("strava", "ก" * 100, 2)]


async def test_words_page_without_gaps(ask, words, worker_sessions):
    await linked(worker_sessions, "strava")
    await make.sent(worker_sessions, "strava", *(other(n, f"Word {n}") for n in range(1, 6)))
    await words(make.partner("strava"))

    found, after, more = [], None, True
    while more:
        page = (await ask(WORDS, make.partner("strava"), first=2, after=after))["unmappedSports"]
        found += [node["word"] for node in page["nodes"]]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

    assert sorted(found) == [f"Word {n}" for n in range(1, 6)]


@pytest.mark.parametrize("viewer", [make.partner("strava"), make.admin()], ids=["partner", "administrator"])
async def test_a_page_costs_the_same_among_ten_words_and_among_thirty_thousand(blocks_read, database_url, viewer):
    read = []
    for most in (10, 30_000):
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(
                """
                INSERT INTO unmapped_sports (partner_name, word, records, first_seen_at, last_seen_at)
                SELECT partner, 'Word ' || n, n, now(), now()
                FROM unnest(ARRAY['strava', 'rtaf']) AS partner, generate_series(1, %s) AS n ON CONFLICT DO NOTHING
                """,
                [most],
            )
            admin.execute("VACUUM ANALYZE unmapped_sports")
        read.append(await blocks_read(WORDS, viewer, first=10))

    few, many = read
    assert many < few + 40
