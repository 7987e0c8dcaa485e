from uuid import UUID

import psycopg
import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from app import migrate
from app.settings import API, WORKER, with_user
from domain.ranks import SHIFTS, WRONG
from domain.tables import metadata


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in rows} - {"alembic_version"}


def test_migrations_go_up_down_and_up_again(empty_database_url):
    migrate.upgrade(empty_database_url)
    first = tables(empty_database_url)
    migrate.downgrade(empty_database_url, "base")
    nothing = tables(empty_database_url)
    migrate.upgrade(empty_database_url)

    assert first >= set(metadata.tables)
    assert nothing == set()
    assert tables(empty_database_url) == first


def test_each_migration_can_be_taken_back_alone(empty_database_url):
    for script in reversed(list(migrate.revisions())):
        migrate.upgrade(empty_database_url, script)
        migrate.downgrade(empty_database_url, "-1")
        migrate.upgrade(empty_database_url, script)

    with migrate.connected(empty_database_url) as connection:
        assert migrate.current(connection) == migrate.head()


def test_the_declared_tables_are_the_migrated_ones(database_url):
    assert migrate.drift(database_url, metadata) == []


def test_a_database_that_is_up_to_date_is_left_alone(database_url):
    migrate.upgrade(database_url)

    with migrate.connected(database_url) as connection:
        assert migrate.current(connection) == migrate.head()


@pytest.mark.parametrize(("role", "sees_all"), [(WORKER, True), (API, False)])
def test_the_worker_passes_row_security_and_the_api_does_not(database_url, role, sees_all):
    with migrate.connected(database_url) as owner:
        owner.execute(text("CREATE TABLE guarded (id integer)"))
        owner.execute(text("INSERT INTO guarded VALUES (1)"))
        owner.execute(text("ALTER TABLE guarded ENABLE ROW LEVEL SECURITY"))
        owner.execute(text("GRANT SELECT ON guarded TO ccc_api"))
        owner.commit()

    with psycopg.connect(with_user(database_url, role)) as connection:
        rows = connection.execute("SELECT id FROM guarded").fetchall()

    assert rows == ([(1,)] if sees_all else [])


def test_the_api_may_touch_only_what_was_granted(database_url):
    with migrate.connected(database_url) as owner:
        owner.execute(text("CREATE TABLE unshared (id integer)"))
        owner.commit()

    with (
        psycopg.connect(with_user(database_url, API)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT id FROM unshared")


FIGURES = ("activities", "moving_seconds", "distance_meters", "energy_kcal", "credits")
WORTH = dict.fromkeys(FIGURES, 1)


def test_counters_by_day_become_counters_by_period_and_back_with_all_that_waits(empty_database_url):
    def add(connection, table, **row):
        names, values = ", ".join(row), ", ".join(f"%({name})s" for name in row)
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", row)  # noqa: S608

    migrate.upgrade(empty_database_url, "0015")
    with psycopg.connect(empty_database_url) as connection:
        for place, above in (("1001", "10"), ("1001", "1001"), ("1002", "10"), ("1002", "1002")):
            add(connection, "place_ancestors", place_code=place, ancestor_code=above)
        for day, home in (("2026-01-05", "1001"), ("2026-01-06", "1002"), ("2026-02-01", "1002")):
            add(
                connection,
                "user_days",
                user_id="01a20000-0000-7000-8000-000000000001",
                local_date=day,
                home_place_code=home,
                vigorous_seconds=0,
                **WORTH,
            )
            for place in (home, "10"):
                add(connection, "place_days", place_code=place, local_date=day, participants=1, **WORTH)

    migrate.upgrade(empty_database_url, "0016")
    with psycopg.connect(empty_database_url) as connection:
        months = connection.execute(
            "SELECT place_code, starts_on::text, participants, credits FROM place_periods "
            "WHERE period = 'month' ORDER BY 1, 2"
        ).fetchall()
        for period in ("day", "month"):
            change = {"home_place_code": "1002", "period": period, "starts_on": "2026-02-01", "participants": 1}
            add(connection, "place_changes", **change, **WORTH)
    migrate.downgrade(empty_database_url, "0015")
    with psycopg.connect(empty_database_url) as connection:
        days = connection.execute(
            "SELECT place_code, local_date::text, participants, credits FROM place_days ORDER BY 1, 2"
        ).fetchall()

    january, february = "2026-01-01", "2026-02-01"
    assert months == [("10", january, 1, 2), ("10", february, 1, 1), ("1002", january, 1, 2), ("1002", february, 1, 1)]
    assert days == [
        ("10", "2026-01-05", 1, 1),
        ("10", "2026-01-06", 1, 1),
        ("10", february, 2, 2),
        ("1001", "2026-01-05", 1, 1),
        ("1002", "2026-01-06", 1, 1),
        ("1002", february, 2, 2),
    ]


def shape_of_jobs(connection, schema):
    """Everything that makes the job library's schema: columns, functions, indexes, triggers, constraints."""
    mine, triggers = "pg_namespace n ON n.nspname = %s AND n.oid", "pg_trigger t ON NOT tgisinternal AND t.tgrelid"
    questions = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = %s",
        "SELECT p.proname, p.prosrc FROM pg_proc p JOIN [mine] = p.pronamespace",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s",
        "SELECT conname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN [mine] = c.connamespace",
        "SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_class c JOIN [mine] = c.relnamespace JOIN [triggers] = c.oid",
    )
    questions = [each.replace("[mine]", mine).replace("[triggers]", triggers) for each in questions]
    found = [row for question in questions for row in connection.execute(question, [schema]).fetchall()]
    return sorted(tuple(str(each).replace(f"{schema}.procrastinate", "procrastinate") for each in row) for row in found)


def test_the_migrated_schema_of_jobs_is_the_one_that_the_installed_library_wants(database_url):
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE SCHEMA wanted")
        owner.execute("SET search_path TO wanted")
        owner.execute(SchemaManager.get_schema())
        owner.execute("SET search_path TO public")

        migrated, wanted = shape_of_jobs(owner, "jobs"), shape_of_jobs(owner, "wanted")

    assert migrated == wanted
    assert len(wanted) > 50


def test_days_become_weeks_of_people_and_places(empty_database_url):
    weeks = next((migrate.SCRIPTS / "versions").glob("*_weeks.py")).stem[:4]
    day = (
        "INSERT INTO user_days (user_id, local_date, home_place_code, vigorous_seconds, activities, moving_seconds, "
        "distance_meters, energy_kcal, credits) VALUES (%s, %s, '1001', 60, 1, 90, 1, 1, 1)"
    )
    found = "SELECT starts_on::text, activities, moving_seconds, vigorous_seconds FROM "

    migrate.upgrade(empty_database_url, f"{int(weeks) - 1:04}")
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("INSERT INTO place_ancestors (place_code, ancestor_code) VALUES ('1001', '10')")
        for local_date in ("2026-01-04", "2026-01-05", "2026-01-11"):
            connection.execute(day, ["01a20000-0000-7000-8000-000000000001", local_date])
    migrate.upgrade(empty_database_url, weeks)
    with psycopg.connect(empty_database_url) as connection:
        people = connection.execute(f"{found} user_periods WHERE period = 'week' ORDER BY 1").fetchall()
        places = connection.execute(f"{found} place_periods WHERE period = 'week' ORDER BY 1").fetchall()

    assert people == places == [("2025-12-29", 1, 90, 60), ("2026-01-05", 2, 180, 120)]


def test_ranks_of_standings_that_were_there_before_are_filled_in(empty_database_url):
    migrate.upgrade(empty_database_url, "0028")
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("""
            INSERT INTO standings (user_id, challenge_id, score)
            SELECT uuidv7(), CAST(lpad(CAST(n % 2 AS text), 32, '0') AS uuid), power(2, n % 40) + n % 3
            FROM generate_series(1, 200) n
        """)
    migrate.upgrade(empty_database_url, "0029")

    with psycopg.connect(empty_database_url) as connection:
        people = connection.execute("SELECT shift, sum(people) FROM score_buckets GROUP BY shift ORDER BY 1").fetchall()
        wrong = connection.execute(WRONG).fetchall()

    assert people == [(shift, 200) for shift in SHIFTS]
    assert wrong == []


def test_days_that_were_there_before_become_streaks_and_weeks_wait_for_the_pass(empty_database_url):
    streaks = next((migrate.SCRIPTS / "versions").glob("*_streaks.py")).stem[:4]
    person = "01a20000-0000-7000-8000-000000000001"

    migrate.upgrade(empty_database_url, f"{int(streaks) - 1:04}")
    with psycopg.connect(empty_database_url) as connection:
        for local_date, activities in (("2026-01-04", 1), ("2026-01-05", 2), ("2026-01-06", 0), ("2026-01-07", 1)):
            connection.execute(
                "INSERT INTO user_days (user_id, local_date, activities, moving_seconds, vigorous_seconds, "
                "distance_meters, energy_kcal, credits) VALUES (%s, %s, %s, 0, 0, 0, 0, 0)",
                [person, local_date, activities],
            )
        connection.execute(
            "INSERT INTO user_periods (user_id, period, starts_on, activities, moving_seconds, distance_meters, "
            "energy_kcal, credits) VALUES (%s, 'week', '2026-01-05', 1, 9000, 0, 0, 0)",
            [person],
        )
    migrate.upgrade(empty_database_url, streaks)
    with psycopg.connect(empty_database_url) as connection:
        runs = connection.execute("SELECT kind, starts_on::text, ends_on::text, length FROM streaks ORDER BY 2")
        found = runs.fetchall()
        weeks = connection.execute("SELECT starts_on::text FROM week_changes").fetchall()

    assert found == [("day", "2026-01-04", "2026-01-05", 2), ("day", "2026-01-07", "2026-01-07", 1)]
    assert weeks == [("2026-01-05",)]


def test_standings_of_teams_are_made_anew_for_every_level(empty_database_url):
    def add(connection, table, **row):
        names, values = ", ".join(row), ", ".join(f"%({name})s" for name in row)
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", row)  # noqa: S608

    one, two, root, office, challenge = (UUID(f"01a20000-0000-7000-8000-{n:012d}") for n in range(1, 6))
    words = dict.fromkeys(("title_th", "title_en", "description_th", "description_en"), "")
    window = {"starts_on": "2026-01-01", "ends_on": "2026-01-31", "grace_days": 7}
    rules = {"metric": "steps", "mode": "teams", "team_kind": "ministry", "ranking": "total", "state": "running"}
    made = {"synthetic": False, "created_at": "2025-12-01"}
    migrate.upgrade(empty_database_url, "0034")
    with psycopg.connect(empty_database_url) as connection:
        for team, above in ((root, [root]), (office, [root, office])):
            tree = {"parent_id": above[-2] if above[1:] else None, "ancestor_ids": above, "open": True, "members": 10}
            add(connection, "teams", id=team, kind="ministry", name_th="", name_en="", **tree, **made)
        shown = {"id": challenge, "sponsor_name": "mots", "participants": 2}
        add(connection, "challenges", **shown, **words, **window, **rules, **made)
        for user, score in ((one, 300), (two, 50)):
            joined = {"joined_on": "2025-12-01", "created_at": "2025-12-01"}
            add(connection, "memberships", user_id=user, team_id=office, kind="ministry", **joined)
            key = {"user_id": user, "challenge_id": challenge}
            add(connection, "challenge_days", **key, local_date="2026-01-05", value=score, team_id=root)
            add(connection, "standings", **key, score=score)
        add(connection, "team_standings", challenge_id=challenge, team_id=root, score=350)

    migrate.upgrade(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        standings = connection.execute(
            "SELECT team_id, depth, score, participants, figure, ranked FROM team_standings ORDER BY depth"
        ).fetchall()
        total = connection.execute("SELECT score FROM challenge_totals").fetchall()
    migrate.downgrade(empty_database_url, "0034")
    with psycopg.connect(empty_database_url) as connection:
        before = connection.execute("SELECT team_id, score FROM team_standings").fetchall()

    assert standings == [(root, 1, 350, 2, 350, True), (office, 2, 350, 2, 350, True)]
    assert total == [(350,)]
    assert before == [(office, 350)]
