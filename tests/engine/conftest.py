# ruff: noqa: PLC0415 - pure tests should not pay for imports they do not use
import psycopg
import pytest
import pytest_asyncio
from psycopg_pool import AsyncConnectionPool

_READS = "-c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on"


@pytest.fixture(scope="session")
def library_url(postgres):
    """The URL of a database with the small library in it; tests that write clean up after themselves."""
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE small_library")
    return postgres.url("small_library")


@pytest_asyncio.fixture(scope="session")
async def shelves(library_url):
    """The rows of the library, as they are in the database."""
    from tests.engine.asked import filled, library

    rows = library()
    await filled(library_url, rows)
    return rows


def _pool(url, most):
    return AsyncConnectionPool(
        url, min_size=1, max_size=most, kwargs={"autocommit": True, "options": _READS}, open=False
    )


@pytest_asyncio.fixture(scope="session")
async def pool(library_url, shelves):  # noqa: ARG001 - the rows must be there
    async with _pool(library_url, 4) as opened:
        yield opened


@pytest_asyncio.fixture
async def pool_of_its_own(library_url, shelves):  # noqa: ARG001 - the rows must be there
    """A pool that no other test's engine holds connections of."""
    async with _pool(library_url, 2) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def engine(pool):
    from engine.execute import Engine, Limits
    from tests.engine.asked import TooMany
    from tests.engine.library import SCHEMA

    made = Engine(schema=SCHEMA, pool=pool, refused=TooMany, limits=Limits())
    yield made
    await made.close()


@pytest_asyncio.fixture
async def engine_with(pool_of_its_own):
    """Makes engines that differ from `engine`, and closes them at the end."""
    from engine.execute import Engine
    from tests.engine.asked import TooMany
    from tests.engine.library import SCHEMA

    made = []

    def engine(**more):
        made.append(Engine(**{"schema": SCHEMA, "pool": pool_of_its_own, "refused": TooMany} | more))
        return made[-1]

    yield engine
    for each in made:
        await each.close()


@pytest.fixture
def ask(engine):
    """Asks as somebody and expects no error; gives the data."""
    from tests.engine.asked import Reader

    async def asked(query, viewer=None, **variables):
        result = await engine.execute(query, variables, viewer=viewer or Reader())
        assert not result.errors, result.errors
        return result.data

    return asked


@pytest_asyncio.fixture
async def context(library_url, shelves):
    from tests.engine.asked import Context

    made = Context(library_url, shelves.authors[0].id)
    yield made
    await made.close()
