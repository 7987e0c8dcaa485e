"""Random documents over the real schema: the planned answer is that of queries run one by one for each parent."""

import random
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from app import db
from app.seed import seeded
from app.settings import API, WORKER, with_user
from app.settings import settings as configured
from domain.drafts import Deletion
from domain.errors import Refused
from domain.scopes import Scope
from engine.execute import Engine
from schema import SCHEMA
from schema.demand import LIMITS
from tests.engine.oracle import Oracle, matched
from tests.schema import factories as make
from tests.schema.documents import Documents, viewer

PEOPLE = 40
SEEDS = st.integers(0, 2**64)


@dataclass(frozen=True)
class Country:
    """Where it is, and what documents may ask about in it."""

    url: str
    stock: dict = field(repr=False)


async def peopled(sessions):
    """A small country with all that visibility turns on: minors, drafts, deletions, terms, what waits."""
    await seeded(sessions.owner, people=PEOPLE, today=make.TODAY + timedelta(days=1), processes=1)
    worker = sessions.worker
    club, school = await make.team(worker, members=12, place_code="1001"), await make.team(worker, "school")
    people = [
        await make.active(worker, "Malee", days=3, scopes=[Scope.ACTIVITY_READ, Scope.PROFILE_READ, Scope.HEALTH_READ]),
        await make.active(worker, "Somchai", days=2, partner_name="strava", scopes=[Scope.ACTIVITY_READ], mass_kg=61.5),
        await make.active(worker, "Nong", birth_year=2015, home_place_code="1001"),
    ]
    for person in people:
        await make.belongs(worker, person, club)
    await make.belongs(worker, people[0], school, left_on=make.TODAY - timedelta(days=3))
    ref = await make.linked(worker, people[1], "garmin", None, Scope.ACTIVITY_READ, Scope.HEALTH_READ)
    kept = make.run(person_ref=ref, pulse_bpm=140, moving_seconds=3500.5, steps=9000)
    gone = make.run(make.NOW - timedelta(days=3), person_ref=ref)
    doubtful = make.run(make.NOW - timedelta(days=5), person_ref=ref, distance_meters=90_000.0)
    await make.sent(worker, "garmin", kept, gone, doubtful)
    await make.sent(worker, "garmin", Deletion(partner_ref=gone.partner_ref, person_ref=ref, version=None))
    await make.sent(worker, "garmin", make.run(person_ref="nobody"), make.run(person_ref="nobody either"))
    only = {"sports": ["run"], "sources": ["device"], "places": ["10"]}
    drafted = await make.challenge(worker, title_en="Draft", state="draft", eligibility=only)
    await make.scored(worker, drafted, club, 70)
    for partner in ("garmin", "strava"):
        await make.declared(worker, partner)
        await make.uploaded(worker, partner)
        for word in ("Plogging", "Unicycling", "วิ่งสามขา"):
            await make.unmapped(worker, partner, word)
    return people


QUERIES = {
    "User": "SELECT id FROM users WHERE id = ANY(%(people)s) ORDER BY id",
    "Activity": "SELECT id FROM activities WHERE user_id = ANY(%(people)s) ORDER BY deleted_at NULLS LAST, id LIMIT 60",
    "Record": "SELECT id FROM records WHERE user_id = ANY(%(people)s) ORDER BY deleted_at NULLS LAST, id LIMIT 60",
    "Team": "SELECT id FROM teams ORDER BY members DESC, id LIMIT 30",
    "Challenge": "SELECT id FROM challenges ORDER BY id",
    "CreditEntry": "SELECT id FROM credit_entries WHERE user_id = ANY(%(people)s) ORDER BY id DESC LIMIT 60",
    "Upload": "SELECT id FROM uploads ORDER BY id",
    "Partner": "SELECT name FROM partners ORDER BY name",
    "Place": "SELECT code FROM places ORDER BY length(code), code LIMIT 120",
    "Sport": "SELECT word FROM sports ORDER BY word LIMIT 40",
    "Rulebook": "SELECT version FROM rulebooks ORDER BY version",
    "partners": "SELECT partner_name FROM connections UNION SELECT sponsor_name FROM challenges ORDER BY 1",
    "homes": "SELECT home_place_code FROM users WHERE home_place_code IS NOT NULL UNION SELECT 'TH' ORDER BY 1",
    "pseudonyms": """
        SELECT 'P-' || upper(left(replace(CAST(s.pseudonym_id AS text), '-', ''), 12)) FROM standings s
        WHERE user_id = ANY(%(people)s) OR score > 100 ORDER BY 1 LIMIT 30
    """,
    "words": "SELECT upper(sport) FROM activities UNION SELECT upper(kind) FROM teams ORDER BY 1",
}


def stocked(url, people):
    """What documents may ask about: mostly what is of a few people, so that some are the viewer's own."""
    with psycopg.connect(url) as connection:
        seeded_ones = [row[0] for row in connection.execute("SELECT id FROM users WHERE synthetic ORDER BY id LIMIT 3")]
        given = {"people": [*people, *seeded_ones]}
        stock = {name: [row[0] for row in connection.execute(query, given)] for name, query in QUERIES.items()}
    return stock | given | {"places": stock["Place"], "today": make.TODAY}


@pytest_asyncio.fixture(scope="module")
async def country(postgres, template):
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE differential TEMPLATE {template} STRATEGY FILE_COPY")
    url = postgres.url("differential")
    async with db.opened(configured(database_url=url, database_connections=2)) as opened:
        people = await peopled(opened)
    return Country(url, stocked(url, people))


@pytest_asyncio.fixture(scope="module")
async def engine(country):
    async with db.pool_for(with_user(country.url, API), connections=2) as pool:
        engine = Engine(schema=SCHEMA, pool=pool, refused=Refused, limits=LIMITS)
        yield engine
        await engine.close()


@pytest.fixture(scope="module")
def plainly(country):
    """Sees every column: the API role may read only those that the schema shows, and the oracle reads whole rows."""
    made = create_engine(
        with_user(country.url, WORKER).replace("postgresql://", "postgresql+psycopg://"),
        connect_args={"options": "-c timezone=UTC"},
    )
    with made.connect() as connection:
        yield connection
    made.dispose()


def in_order(data):
    """The data with the order of keys made part of it."""
    if isinstance(data, dict):
        return [(key, in_order(each)) for key, each in data.items()]
    return [in_order(each) for each in data] if isinstance(data, list) else data


class Asked:
    """One random document, asked as somebody; asked again with cursors of the first answer."""

    def __init__(self, seed, engine, plainly, stock):
        self.seed, self.engine, self.plainly, self.stock = seed, engine, plainly, stock
        self.viewer = viewer(random.Random(seed), stock)  # noqa: S311 - documents, not secrets
        self.cursors = {}

    async def compared(self, pages=None):
        """The engine's data, found equal to the oracle's; None for a document that demands too much."""
        source = Documents(random.Random(self.seed + 1), self.engine.model, self.stock, pages)  # noqa: S311
        text = source.document()
        result = await self.engine.execute(text, source.variables, viewer=self.viewer)
        shown = (text, source.variables, self.viewer)
        if any(e["extensions"]["code"] == "QUERY_TOO_COMPLEX" for e in result.errors):
            return None
        assert not result.request_error, (result.errors, shown)
        oracle = Oracle(self.engine.model, self.plainly, self.viewer, source.variables, dict(self.cursors))
        try:
            expected = oracle.answer(text)
        finally:
            self.plainly.rollback()
        assert {(tuple(e.get("path", ())), e["extensions"]["code"]) for e in result.errors} == oracle.errors, shown
        assert in_order(result.data) == in_order(matched(expected, result.data, self.cursors)), shown
        return result.data


async def check(seed, engine, plainly, country):
    asked = Asked(seed, engine, plainly, country.stock)

    data = await asked.compared()
    pages = dict(drawn(random.Random(seed + 2), data))  # noqa: S311
    if pages:
        await asked.compared(pages)


def drawn(dice, data):
    """For some of the connections a side and a cursor, mostly one of its own."""
    found = dict(cursors_in(data))
    for alias, own in found.items():
        if dice.random() < 0.7:
            yield (
                alias,
                (dice.choice(["after", "before"]), dice.choice(own if dice.random() < 0.95 else max(found.values()))),
            )


def cursors_in(data):
    """The cursors on the pages of each aliased connection."""
    for key, value in data.items() if isinstance(data, dict) else ():
        for each in value if isinstance(value, list) else [value]:
            yield from cursors_in(each)
            if isinstance(each, dict):
                edges = [e for v in each.values() if isinstance(v, list) for e in v if isinstance(e, dict)]
                own = [c for e in edges for k, c in e.items() if k == "cursor" or (k[0] == "k" and isinstance(c, str))]
                if own:
                    yield key, own


@pytest.mark.parametrize("half", [0, 1])
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=SEEDS)
async def test_the_answer_is_that_of_queries_run_one_by_one(half, seed, engine, plainly, country):
    await check(2 * seed + half, engine, plainly, country)


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=SEEDS)
async def test_the_answer_is_that_of_queries_run_one_by_one_for_long(seed, engine, plainly, country):
    await check(seed, engine, plainly, country)
