"""What every test may ask for: a fresh database of its own, sessions of the three roles, no network."""

import asyncio
import ipaddress
import itertools
import os
import sys

import psycopg
import pytest
import pytest_asyncio

# Our own modules are imported inside fixtures: pure tests should not pay seconds for SQLModel.

_TEMPLATE = "template_ccc"
_numbers = itertools.count(1)


def _only_loopback(event, arguments):
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if not isinstance(address, tuple):
            return  # a Unix socket's path
        host = address[0]
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    host = host.decode("idna") if isinstance(host, bytes) else host
    if host in {None, "", "localhost"}:
        return
    try:
        allowed = ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        raise PermissionError(f"tests reach loopback only, not {host!r}")


# An audit hook cannot be removed, so no test can lift it by accident.
sys.addaudithook(_only_loopback)


def pytest_configure():
    # Settings come from the environment; a developer's own must not reach the tests.
    for name in [name for name in os.environ if name.startswith("CCC_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def postgres():
    """One server per test process, started by the first test that needs it."""
    from app.embedded import EmbeddedPostgres

    with EmbeddedPostgres(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres):
    """The name of a migrated database that nobody connects to, so that it can be cloned."""
    from app import migrate

    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {_TEMPLATE}")
    url = postgres.url(_TEMPLATE)
    migrate.upgrade(url)
    asyncio.run(_reference_data(url))
    return _TEMPLATE


async def _reference_data(url):
    from app import db
    from domain import reference

    engine = db.engine_for(url, connections=1)
    async with db.sessions_of(engine)() as session, session.begin():
        await reference.load(session)
    await engine.dispose()


def _cloned(postgres, template):
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield postgres.url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(postgres):
    """The owner's URL of a database without any table."""
    yield from _cloned(postgres, "template0")


@pytest.fixture
def database_url(postgres, template):
    """The owner's URL of a freshly migrated database, dropped after the test."""
    yield from _cloned(postgres, template)


@pytest.fixture
def worker_url(database_url):
    from app.settings import WORKER, with_user

    return with_user(database_url, WORKER)


@pytest.fixture
def api_url(database_url):
    from app.settings import API, with_user

    return with_user(database_url, API)


@pytest_asyncio.fixture
async def databases(database_url):
    """`app.db.Databases`: session makers of the three roles and the API's pool, on a fresh database."""
    from app import db
    from app.settings import settings

    async with db.opened(settings(database_url=database_url, database_connections=4)) as opened:
        yield opened


@pytest.fixture
def owner_sessions(databases):
    return databases.owner


@pytest.fixture
def worker_sessions(databases):
    """What ingest, folding and seeding use: it sees every row."""
    return databases.worker


@pytest.fixture
def api_sessions(databases):
    """What readers use: it sees the rows that policies allow."""
    return databases.api


@pytest.fixture
def api_pool(databases):
    """The psycopg pool of the reading engine, as the API role."""
    return databases.pool
