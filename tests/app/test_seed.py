"""The synthetic country: the same by its seed, true to the rules, and marked as nobody's."""

import hashlib
import multiprocessing
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from datetime import date, timedelta

import psycopg
import pytest
import pytest_asyncio
from psycopg.rows import dict_row
from pwdlib import PasswordHash
from sqlalchemy import text

from adapters import ADAPTERS
from adapters.base import items
from app import db
from app.seed import seeded
from app.seed.days import drawn
from app.seed.people import province_weights, somebody
from app.seed.plan import Plan, midnight
from app.settings import WORKER, with_user
from domain.activities import Report, merged
from domain.base import run
from domain.check import findings
from domain.dedupe import clusters
from domain.drafts import DayTotal, Draft, EnergyKind, Source
from domain.errors import BadInput, Conflict
from domain.placenames import names_by_code
from domain.rulebooks import Figures, Rulebooks, Rules
from domain.sports import Sport
from domain.teams import teams_of_places

TODAY = date(2026, 11, 1)
PEOPLE = 300
_MOVING = "UPDATE challenges SET state = 'running', closing_since = NULL WHERE state <> 'cancelled'"
"""Days of a cancelled challenge are not those of its window."""
FIGURES = Figures()
WORDS = {"sport": Sport, "source": Source, "energy_kind": EnergyKind}
TABLES = (
    *("users", "memberships", "team_days", "connections", "persons", "records", "payloads", "activities", "day_totals"),
    *("credit_entries", "credit_balances", "challenges", "enrolments", "challenge_days", "standings"),
    *("team_standings", "score_buckets", "user_days", "user_periods", "place_periods"),
)
READ = (
    *("partner_ref", "sport", "sport_word", "started_at", "elapsed_seconds", "moving_seconds", "distance_meters"),
    *("energy_kcal", "steps", "pulse_bpm", "manual", "source", "coarse", "utc_offset_seconds", "person_ref"),
    *("raw_hash", "local_date", "device_name"),
)


def _database(postgres, template, name):
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return postgres.url(name)


@asynccontextmanager
async def _sessions(url):
    engine = db.engine_for(url, connections=2)
    yield db.sessions_of(engine)
    await engine.dispose()


@pytest_asyncio.fixture(scope="module")
async def country(postgres, template):
    """The owner's URL and the report of a country that tests only read."""
    url = _database(postgres, template, "country")
    async with _sessions(with_user(url, WORKER)) as sessions:
        report = await seeded(sessions, people=PEOPLE, today=TODAY, passwords=["correct horse"])
    return url, report


@pytest.fixture
def rows(country):
    """A function from SQL to rows as dictionaries, in the country."""
    with psycopg.connect(country[0], row_factory=dict_row, options="-c timezone=UTC") as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchall()


def digests(url):
    found = {}
    with psycopg.connect(url) as connection:
        for table in TABLES:
            lines = connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall()  # noqa: S608
            found[table] = hashlib.sha256(repr(lines).encode()).hexdigest()
    return found


async def test_the_same_seed_gives_the_same_country_on_another_database(country, postgres, template):
    other = _database(postgres, template, "country_again")

    async with _sessions(other) as sessions:
        report = await seeded(sessions, people=PEOPLE, today=TODAY)

    assert digests(other) == digests(country[0])
    assert report.rows == country[1].rows
    assert [user.id for user in report.demo_users] == [user.id for user in country[1].demo_users]


async def test_another_seed_gives_another_country(country, postgres, template):
    other = _database(postgres, template, "country_elsewhere")

    async with _sessions(other) as sessions:
        await seeded(sessions, people=5, today=TODAY, seed=1)

    assert not set(digests(other).values()) & set(digests(country[0]).values())


def test_every_process_draws_the_same_people():
    rulebooks = Rulebooks([Rules(1, date(2000, 1, 1), FIGURES)])
    plan = Plan(2569, 40, TODAY)

    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        elsewhere = pool.submit(drawn, plan, 0, rulebooks).result()

    assert elsewhere == drawn(plan, 0, rulebooks)


async def test_a_second_country_in_one_database_is_refused(database_url):
    async with _sessions(database_url) as sessions:
        await seeded(sessions, people=3, today=TODAY)
        before = digests(database_url)

        with pytest.raises(Conflict, match="synthetic people in this database already"):
            await seeded(sessions, people=4, today=TODAY, seed=1)

    assert digests(database_url) == before


@pytest.mark.parametrize("people", [0, -1, 1_000_001])
async def test_a_number_of_people_that_cannot_be_meant_is_refused(people, worker_sessions):
    with pytest.raises(BadInput, match="1 to 1,000,000"):
        await seeded(worker_sessions, people=people, today=TODAY)


async def test_a_database_without_reference_rows_gets_them(database_url):
    with psycopg.connect(database_url) as owner:
        owner.execute("TRUNCATE places, place_ancestors, sports, partners, rulebooks")

    async with _sessions(database_url) as sessions:
        await seeded(sessions, people=2, today=TODAY)

    with psycopg.connect(database_url) as owner:
        assert owner.execute("SELECT count(*) FROM places WHERE kind = 'district'").fetchone() == (928,)


def test_everything_is_marked_synthetic(rows):
    for table in ("users", "teams", "challenges"):
        real = f"SELECT id FROM {table} WHERE NOT synthetic"  # noqa: S608
        assert {row["id"] for row in rows(real)} <= {each["id"] for each in teams_of_places()}
    assert rows("SELECT count(*) AS n FROM users") == [{"n": PEOPLE}]


def test_the_report_counts_what_is_there(country, rows):
    found = {table: rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in country[1].rows}  # noqa: S608
    found["teams"] -= len(teams_of_places())

    assert found == country[1].rows


async def test_every_counter_equals_its_recomputation_in_final_challenges_too(country):
    async with _sessions(country[0]) as sessions, sessions() as session:
        # Booking looks at challenges that move; undone when the session closes.
        await run(session, text("ALTER TABLE challenges DISABLE TRIGGER guard"))
        await run(session, text(_MOVING))

        found = [difference async for _, _, differences in findings(session) for difference in differences]

    assert found == []


def test_activities_are_what_their_records_come_to(rows):
    people = {row["id"]: row for row in rows("SELECT id, mass_kg, birth_year, source_order FROM users")}
    reports = defaultdict(list)
    fields = Report.__dataclass_fields__
    for row in rows("SELECT * FROM records"):
        words = {
            kind: of(row[kind]) for kind, of in (("sport", Sport), ("source", Source), ("energy_kind", EnergyKind))
        }
        reports[row["user_id"]].append(Report(**{name: row[name] for name in fields} | words))
    stored = {row["id"]: row for row in rows("SELECT * FROM activities")}

    made = {}
    for user_id, each in reports.items():
        for group in clusters(each):
            (activity_id,) = {report.activity_id for report in group}
            person = people[user_id]
            assumes = not person["mass_kg"] and person["birth_year"]
            year = stored[activity_id]["local_date"].year
            made[activity_id] = merged(
                activity_id,
                group,
                FIGURES.of_age(year - person["birth_year"]) if assumes else FIGURES,
                mass_kg=person["mass_kg"],
                source_order=person["source_order"],
                now=stored[activity_id]["updated_at"],
            )

    assert made == {key: {name: row[name] for name in made[key]} for key, row in stored.items()}


def test_days_count_for_the_team_their_person_belonged_to(rows):
    wrong = rows("""
        SELECT cd.* FROM challenge_days cd JOIN challenges c ON c.id = cd.challenge_id
        LEFT JOIN LATERAL (
            SELECT ms.team_id FROM memberships ms
            WHERE ms.user_id = cd.user_id AND ms.kind = c.team_kind AND ms.joined_on <= cd.local_date
              AND (ms.left_on IS NULL OR ms.left_on > cd.local_date)
            ORDER BY ms.team_id LIMIT 1
        ) m ON true WHERE cd.team_id IS DISTINCT FROM m.team_id
    """)

    assert wrong == []


def test_minors_take_part_with_a_guardians_consent(rows):
    minors = f"""
        SELECT u.id, g.consented_at IS NOT NULL AS consented
        FROM users u LEFT JOIN guardian_consents g ON g.minor_id = u.id
        WHERE {TODAY.year} - u.birth_year <= 20 AND u.id IN (SELECT user_id FROM enrolments)
    """  # noqa: S608

    assert {row["consented"] for row in rows(minors)} == {True}


def test_everybody_who_takes_part_has_a_standing(rows):
    missing = """
        SELECT user_id, challenge_id FROM enrolments EXCEPT SELECT user_id, challenge_id FROM standings
    """

    assert rows(missing) == []
    assert rows("SELECT count(*) AS n FROM standings WHERE score = 0")[0]["n"] > 0


def test_payloads_are_readable_by_the_adapters_and_say_what_the_records_hold(rows):
    stored = rows("""
        SELECT r.*, p.raw, c.person_ref, pa.adapter FROM records r
        JOIN payloads p ON p.user_id = r.user_id AND p.record_id = r.id
        JOIN partners pa ON pa.name = r.partner_name
        JOIN connections c ON c.user_id = r.user_id AND c.partner_name = r.partner_name
        ORDER BY md5(r.id::text) LIMIT 400
    """)

    for row in stored:
        (draft,) = items(ADAPTERS[row["adapter"]], row["raw"])
        assert isinstance(draft, Draft)
        assert {name: getattr(draft, name) for name in READ} == {name: row[name] for name in READ}
        assert list(draft.known_as) == row["known_as"]
        assert (draft.upstream or (None, None)) == (row["upstream_partner"], row["upstream_ref"])


def test_day_totals_are_readable_too_and_hold_the_steps_of_workouts(rows):
    totals = rows("SELECT * FROM day_totals")

    (read,) = items(ADAPTERS["garmin"], totals[0]["raw"])
    short = rows("""
        SELECT d.* FROM day_totals d JOIN (
            SELECT user_id, local_date, sum(steps) AS steps FROM activities GROUP BY 1, 2
        ) a USING (user_id, local_date) WHERE a.steps > d.steps
    """)

    assert isinstance(read, DayTotal)
    assert (read.local_date, read.steps, read.energy_kcal) == tuple(
        totals[0][name] for name in ("local_date", "steps", "energy_kcal")
    )
    assert short == []


def test_all_verdicts_and_ways_of_energy_occur(rows):
    assert {row["verdict"] for row in rows("SELECT DISTINCT verdict FROM activities")} == {
        "accepted",
        "flagged",
        "rejected",
    }
    assert len(rows("SELECT DISTINCT energy_source FROM activities")) > 1
    assert {row["record_count"] for row in rows("SELECT DISTINCT record_count FROM activities")} == {1, 2}


def test_the_season_ends_yesterday_and_memberships_begin_before_it(rows):
    season = rows("SELECT min(local_date) AS low, max(local_date) AS high, max(started_at) AS last FROM activities")[0]
    joined = rows("SELECT user_id, kind, min(joined_on) AS joined_on FROM memberships GROUP BY 1, 2")

    assert season["low"] >= TODAY - timedelta(days=120)
    assert season["high"] == TODAY - timedelta(days=1)
    assert season["last"] < midnight(TODAY)
    assert all(each["joined_on"] < TODAY - timedelta(days=120) for each in joined)


def test_there_are_twenty_ministries_in_seventy_seven_provinces(rows):
    kinds = {row["kind"]: row["n"] for row in rows("SELECT kind, count(*) AS n FROM teams GROUP BY 1")}
    below = rows("""
        SELECT parent_id, count(DISTINCT place_code) AS n FROM teams
        WHERE kind = 'ministry' AND parent_id IS NOT NULL GROUP BY 1
    """)

    assert kinds["ministry"] == 20 + 20 * 77
    assert [each["n"] for each in below] == [77] * 20
    assert (kinds["province"], kinds["district"]) == (77, 928)
    assert {"school", "organisation", "club"} <= kinds.keys()


def test_people_are_spread_over_the_country_by_its_population():
    plan = Plan(2569, 20_000, TODAY)

    people = [somebody(plan, number, plan.draws(number)) for number in range(10, plan.people)]

    provinces = Counter(each.province for each in people)
    whole = sum(province_weights().values())
    expected = {code: len(people) * weight / whole for code, weight in province_weights().items()}
    assert provinces.keys() == {code for code in names_by_code() if len(code) == 2}
    assert all(abs(provinces[code] - n) < 5 * n**0.5 for code, n in expected.items())
    homes = [each.columns["home_place_code"] for each in people]
    assert len({home[:4] for home in homes if home}) > 920
    assert 0.25 < sum(bool(each.habit.chance) for each in people) / len(people) < 0.70


def test_about_a_third_of_the_people_belong_to_a_ministry_and_some_to_schools(rows):
    people = {
        row["kind"]: row["n"] for row in rows("SELECT kind, count(DISTINCT user_id) AS n FROM memberships GROUP BY 1")
    }

    assert 0.2 < people["ministry"] / PEOPLE < 0.4
    assert people["district"] / PEOPLE > 0.97
    assert people["school"] > 0
    assert people["organisation"] > 0


def test_the_first_demo_user_has_everything_a_tour_shows(country, rows):
    username, password, user_id = country[1].demo_users[0]

    (login,) = rows("SELECT * FROM logins WHERE username = %s", username)
    partners = rows("SELECT partner_name FROM connections WHERE user_id = %s ORDER BY 1", user_id)
    counts = rows("SELECT count(*) AS n FROM activities WHERE user_id = %s", user_id)
    running = rows(
        "SELECT count(*) AS n FROM enrolments e JOIN challenges c ON c.id = e.challenge_id "
        "WHERE e.user_id = %s AND c.state = 'running'",
        user_id,
    )
    team = rows("SELECT kind FROM memberships WHERE user_id = %s", user_id)

    assert (username, password) == ("demo1", "correct horse")
    assert login["user_id"] == user_id
    assert PasswordHash.recommended().verify(password, login["password_hash"])
    assert [each["partner_name"] for each in partners] == ["demo_sponsor", "garmin", "strava"]
    assert counts[0]["n"] > 20
    assert running[0]["n"] == 5
    assert {each["kind"] for each in team} >= {"district", "ministry"}


def test_keys_are_version_seven_and_in_order_of_making(rows):
    versions = rows("SELECT DISTINCT uuid_extract_version(id) AS v FROM activities")
    first, last = rows("SELECT id FROM users ORDER BY created_at, id LIMIT 1"), rows("SELECT max(id::text) FROM users")

    assert versions == [{"v": 7}]
    assert str(first[0]["id"]) < last[0]["max"]


def test_the_demos_agency_can_award_and_its_shop_redeem(rows):
    granted = rows("""
        SELECT l.username, c.partner_name, c.person_ref FROM logins l JOIN connections c ON c.user_id = l.user_id
        WHERE c.scopes && ARRAY['credit:award', 'credit:redeem'] ORDER BY 1, 2
    """)
    budgets = rows("SELECT * FROM credit_budgets b JOIN credit_budget_changes c USING (partner_name, kind, starts_on)")

    shop = [(f"demo{n + 1}", "demo_sponsor", f"S{n:07}") for n in range(4)]
    assert [tuple(each.values()) for each in granted] == sorted([*shop, ("demo3", "dpe", "P0000002")])
    assert {(each["kind"], each["spent"]) for each in budgets} == {("award", 0), ("good_deed", 0), ("volunteering", 0)}
