# ruff: noqa: PLC0415 - pure tests should not pay for imports they do not use
import psycopg
import pytest
import pytest_asyncio
from psycopg_pool import AsyncConnectionPool


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


@pytest_asyncio.fixture(scope="session")
async def pool(library_url, shelves):  # noqa: ARG001 - the rows must be there
    async with AsyncConnectionPool(
        library_url, min_size=1, max_size=4, kwargs={"autocommit": True}, open=False
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
def engine(pool):
    from engine.execute import Engine, Limits
    from tests.engine.asked import TooMany
    from tests.engine.library import SCHEMA

    return Engine(schema=SCHEMA, pool=pool, refused=TooMany, limits=Limits())


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
