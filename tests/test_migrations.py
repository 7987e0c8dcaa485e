import psycopg
import pytest
from sqlalchemy import text

from app import migrate
from app.settings import API, WORKER, with_user
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
