"""What became of a delivery, as JSON at its end, or line by line while it is still arriving."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.importing import Report
from app.refusals import error_of
from domain.errors import Refused
from domain.ingest import Outcome, Result

NDJSON_TYPE = "application/x-ndjson"
MOST_SAID = 1_000
"""Results that an answer to a long delivery lists, and beyond them what could not be taken."""
_UNREAD_SECONDS = 60.0  # for a client that does not read what it is told


def answer(report: Report) -> dict[str, Any]:
    """Every result of a delivery that was read whole."""
    return {"counts": report.counts, "results": [_said(*each) for each in enumerate(report.results)]}


async def said_of(answers: AsyncGenerator[list[Result], None]) -> dict[str, Any]:
    """The first results of a delivery of any length, those that were not taken, and how many were left out."""
    tally = _Tally()
    results: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    async with aclosing(answers):
        async for batch in answers:
            for index, each in tally.took(batch):
                if index < MOST_SAID:
                    results.append(_said(index, each))
                elif each.problem and len(problems) < MOST_SAID:
                    problems.append(_said(index, each))
    results += problems
    return {"counts": tally.counts, "results": results, "resultsLeftOut": tally.items - len(results)}


def tells(request: Request) -> bool:
    """Whether the client asks to be told while it sends."""
    return any(
        each.partition(";")[0].strip().lower() == NDJSON_TYPE for each in request.headers.get("accept", "").split(",")
    )


class Told(Response):
    """A line for each batch once it is stored, `{"items", "counts", "problems"}`, and a last one when all is.

    `items` counts from the beginning: so many need not be sent again, whatever happens. The last line has `done`, or
    `errors` in the shape of every refusal.
    """

    media_type = NDJSON_TYPE

    def __init__(self, first: list[Result], answers: AsyncGenerator[list[Result], None]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._first = first
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the body's readers have it
        """Tell it. A client that does not read is given up."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with aclosing(self._lines()) as lines:
            async for line in lines:
                async with asyncio.timeout(_UNREAD_SECONDS):
                    await send({"type": "http.response.body", "body": orjson.dumps(line) + b"\n", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _lines(self) -> AsyncGenerator[dict[str, Any], None]:
        tally = _Tally()
        async with aclosing(self._answers) as answers:
            try:
                if self._first:
                    yield _line(tally, self._first)
                async for batch in answers:
                    yield _line(tally, batch)
            except Refused as refused:
                yield {"items": tally.items, "counts": tally.counts, "errors": [error_of(refused)]}
                return
        yield {"items": tally.items, "counts": tally.counts, "done": True}


class _Tally:
    """Counts results over batches."""

    def __init__(self) -> None:
        self.items = 0
        self._counted: Counter[Outcome] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        return {outcome.value: self._counted[outcome] for outcome in Outcome if self._counted[outcome]}

    def took(self, batch: Sequence[Result]) -> Iterator[tuple[int, Result]]:
        """The results with their indices from the beginning."""
        first = self.items
        self.items += len(batch)
        self._counted.update(each.outcome for each in batch)
        return enumerate(batch, first)


def _line(tally: _Tally, batch: Sequence[Result]) -> dict[str, Any]:
    problems = [_said(index, each) for index, each in tally.took(batch) if each.problem]
    return {"items": tally.items, "counts": tally.counts, "problems": problems}


def _said(index: int, result: Result) -> dict[str, Any]:
    problem = result.problem
    return {
        "index": index,
        "partnerRef": getattr(result.item, "partner_ref", None),
        "outcome": result.outcome.name,
        "problem": {"code": problem.code, "path": problem.path, "message": problem.message} if problem else None,
    }
