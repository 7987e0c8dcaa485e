"""Joins the reading engine to our schema: what answers `/graphql`."""

from __future__ import annotations

from typing import Any

from app.db import Databases
from app.http import Answer, Execute
from app.importing import Door
from auth.viewer import Viewer
from domain.errors import Refused
from engine.execute import Engine
from resolvers.context import Context
from schema import SCHEMA
from schema.demand import LIMITS


class Executor:
    """Runs operations: reads by the pool of the API role, changes by the worker's sessions."""

    def __init__(self, databases: Databases, door: Door) -> None:
        self.engine = Engine(schema=SCHEMA, pool=databases.pool, refused=Refused, limits=LIMITS)
        self._door = door

    async def __call__(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, viewer: Viewer
    ) -> Answer:
        """The answer, errors included."""
        door = self._door
        context = Context(door.sessions, viewer, door.hashed, door.now(), door.counted)
        return await self.engine.execute(query, variables, operation_name, viewer, context=context)


def executor(databases: Databases, door: Door) -> Execute:
    """What runs operations on `databases`; the application measures its `engine`."""
    return Executor(databases, door)


def sdl() -> str:
    """The schema in the schema definition language, as committed in `schema/schema.graphql`."""
    return SCHEMA.as_str() + "\n"
