"""The engine's door: a request in, data and coded errors out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import strawberry
from graphql.execution.values import VariableValues
from psycopg_pool import AsyncConnectionPool

from engine import document as documents
from engine.answer import Nulled
from engine.cache import Cache, CacheFacts
from engine.change import changed
from engine.document import Document, Operation, RequestError
from engine.driver import Job
from engine.faults import fault
from engine.lanes import LaneFacts, Lanes
from engine.model import Model
from engine.placeholders import ViewerSeen, viewer_hints
from engine.plan import Plan
from engine.planner import Planner
from engine.price import Limits
from engine.run import Execution

_WEIGHT = 4
"""Bytes an answer of graphql-core keeps alive for each character of its text."""
Identity = Callable[[Any], tuple[str, Sequence[Any]] | None]


@dataclass
class Result:
    """What a request is answered with; `request_error` tells that nothing was executed.

    `data` is JSON already: instants, ids and days are texts. `statements` counts the reads, not BEGIN or COMMIT.
    """

    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    extensions: dict[str, Any] = field(default_factory=dict)
    request_error: bool = False
    statements: int = 0

    def body(self) -> bytes:
        """The response as GraphQL over HTTP writes it; a request error has no data."""
        made: dict[str, Any] = {}
        if self.errors:
            made["errors"] = self.errors
        if not self.request_error:
            made["data"] = self.data
        if self.extensions:
            made["extensions"] = self.extensions
        try:
            return orjson.dumps(made)
        except TypeError:  # an unpaired surrogate or an endless number that a message quotes
            return json.dumps(made).encode()


class Engine:
    """Executes documents against one schema and one database.

    The pool's connections must be in autocommit mode and in UTC, and read at REPEATABLE READ by default, so
    that statements of one round trip see one moment; all but one of them are kept. `identity(viewer)` gives a psycopg
    statement that tells row security who asks; it runs first in each transaction of a read. `refused` is
    the class of refusals (`code`, `message`, `path`) that mutations raise.
    """

    def __init__(
        self,
        *,
        schema: strawberry.Schema,
        pool: AsyncConnectionPool[Any],
        refused: type[Exception],
        identity: Identity | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.model = Model(schema)
        self._lanes = Lanes(pool)
        self.refused = refused
        self.limits = limits or Limits()
        self._identity = identity
        self._cache: Cache[Document | Plan] = Cache(self.limits.cache_bytes)

    @property
    def lanes(self) -> LaneFacts:
        """How the connections of reads do."""
        return self._lanes.facts

    async def close(self) -> None:
        """Gives the connections back to their pool, before it is closed."""
        await self._lanes.close()

    @property
    def cache(self) -> CacheFacts:
        """How the cache of documents and plans does."""
        return self._cache.facts

    def kind(self, query: str, operation_name: str | None = None) -> str | None:
        """Query or mutation, or None when the document cannot be executed; HTTP's GET needs to know first."""
        try:
            return self._document(query).operation(operation_name).kind
        except RequestError:
            return None

    async def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        viewer: Any = None,
        context: Any = None,
    ) -> Result:
        """The answer to a request; it never raises.

        `context` is needed by mutations alone: `transaction()` opens `session`, and commits or rolls back.
        """
        cost: int | None = None
        try:
            document = self._document(query)
            operation = document.operation(operation_name)
            values = documents.coerced(self.model, operation, variables, self.limits)
            cost = self._affordable(document, operation, values.coerced)
            key, plan = self._plan(document, operation, values.coerced, viewer)
            run = Execution(plan, values.coerced, viewer, self.limits)
            if operation.kind == "mutation":
                data = await self._change(run, values, context)
            else:
                data = await self._read(run, viewer)
            if plan.size != self._cache.size(key):
                self._cache.put(key, plan, plan.size)
        except RequestError as error:
            return Result(errors=error.errors, extensions=self._extensions(error.cost or cost), request_error=True)
        except Exception as error:  # noqa: BLE001 - the last place where a fault can become an answer
            return Result(errors=[fault(error)], extensions=self._extensions(cost))
        return Result(data, run.errors, self._extensions(cost), statements=run.statements)

    def _extensions(self, cost: int | None) -> dict[str, Any]:
        if cost is None:
            return {}
        return {"cost": {"requestedQueryCost": cost, "maximumAvailable": self.limits.cost}}

    def _document(self, text: str) -> Document:
        found = self._cache.get(("document", text))
        if isinstance(found, Document):
            return found
        made = documents.prepared(self.model, text, self.limits)
        self._cache.put(("document", text), made, made.size)
        return made

    def _affordable(self, document: Document, operation: Operation, coerced: Mapping[str, Any]) -> int:
        """The cost. Raises RequestError when it is above the limit."""
        assert document.price is not None  # noqa: S101 - a document without errors is priced
        cost = document.price.cost(operation.name, coerced)
        if cost > self.limits.cost:
            error = documents.refused(
                "QUERY_TOO_COMPLEX",
                f"The query costs {cost}; the limit is {self.limits.cost}. Ask for fewer items or levels.",
            )
            error.cost = cost
            raise error
        return cost

    def _plan(
        self, document: Document, operation: Operation, coerced: Mapping[str, Any], viewer: Any
    ) -> tuple[Any, Plan]:
        """The plan, and its key in the cache. Raises PlanError for declarations that cannot be planned."""
        kind, scopes = str(getattr(viewer, "kind", "")), frozenset(getattr(viewer, "scopes", ()))
        shape = operation.shape(coerced)
        # what graphql-core answers is part of the plan, and depends on values
        values = repr(sorted(coerced.items())) if operation.answered else ""
        key = ("plan", document.text, operation.name, kind, scopes, shape, values)
        found = self._cache.get(key)
        if isinstance(found, Plan):
            return key, found
        answers = documents.answered(self.model, document, operation, coerced) if operation.answered else {}
        seen = ViewerSeen(getattr(viewer, "kind", ""), scopes, viewer_hints(viewer.__class__))
        planner = Planner(self.model, document.fragments, dict(shape), seen, answers, self.limits.most)
        plan = planner.operation(operation.node)
        plan.size += _WEIGHT * len(repr(answers))
        self._cache.put(key, plan, plan.size)
        return key, plan

    async def _read(self, run: Execution, viewer: Any) -> dict[str, Any] | None:
        run.bind(self.model.keys)
        run.memory.hold(run.plan.objects, [None])
        levels = run.plan.levels
        if levels:
            identity = self._identity(viewer) if self._identity else None
            before: list[Job] = [identity] if identity else []
            wire = await self._lanes.take()
            try:
                await run.read(wire, levels, before, transaction=len(run.plan.rounds(levels)) > 1)
            finally:
                self._lanes.give(wire)
        return run.answer()

    async def _change(self, run: Execution, values: VariableValues, context: Any) -> dict[str, Any] | None:
        """The fields of a mutation, one after the other, each in a transaction of its own."""
        run.bind(self.model.keys)
        data: dict[str, Any] = {}
        for change in run.plan.changes:
            try:
                data.update(await changed(run, change, values, context, self.refused))
            except Nulled:
                return None
        return data
