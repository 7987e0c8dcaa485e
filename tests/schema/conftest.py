import psycopg
import pytest
import pytest_asyncio

from auth.viewer import ANONYMOUS
from domain.errors import Refused
from engine.execute import Engine
from resolvers.context import Context
from schema import SCHEMA
from tests.schema.factories import NOW


@pytest_asyncio.fixture
async def execute(api_pool, worker_sessions):
    """Runs a document as somebody; gives the whole result."""
    engine = Engine(schema=SCHEMA, pool=api_pool, refused=Refused)

    async def executed(document, viewer=ANONYMOUS, *, now=NOW, hashed=str, **variables):
        context = Context(worker_sessions, viewer, hashed, now)
        return await engine.execute(document, variables, None, viewer, context=context)

    executed.engine = engine
    yield executed
    await engine.close()


@pytest.fixture
def ask(execute):
    """Runs a document as somebody and expects no error; gives the data."""

    async def asked(document, viewer=ANONYMOUS, **variables):
        result = await execute(document, viewer, **variables)
        assert not result.errors, result.errors
        return result.data

    return asked


@pytest.fixture
def blocks_read(execute, database_url):
    """Runs a document as somebody; gives how many blocks of tables and indexes PostgreSQL looked at for it."""

    async def read(document, viewer, **variables):
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            await execute(document, viewer, **variables)
            admin.execute("SELECT pg_stat_statements_reset()")
            result = await execute(document, viewer, **variables)
            assert not result.errors, result.errors
            (blocks,) = admin.execute("""
                SELECT sum(shared_blks_hit + shared_blks_read) FROM pg_stat_statements
                WHERE query !~ 'pg_stat_' AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            """).fetchone()
        return int(blocks)

    return read
