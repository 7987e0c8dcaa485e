"""What this process counts, for Prometheus: requests, deliveries, folding, the engine's cache, the pools.

Every series carries the label `worker`, the process it comes from: with several workers a scrape reaches one of
them, and each answers for itself.
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import SecretStr
from sqlalchemy.pool import QueuePool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db import Databases
from app.watch import Watch
from domain.errors import NotFound
from domain.folding import Waiting
from engine.cache import CacheFacts
from engine.lanes import LaneFacts

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROUTES = frozenset({"/", "/graphql", "/healthz", "/readyz", "/metrics"})
# What a proxy adds says that the client is somewhere else.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Folds(Protocol):
    """The folding of shared counters, as far as it is measured."""

    waiting: Waiting
    rows: int
    passes: int
    failures: int

    @property
    def lag_seconds(self) -> float:
        """How long the oldest row has waited."""
        ...


class Cached(Protocol):
    """The engine, as far as it is measured."""

    @property
    def cache(self) -> CacheFacts:
        """How its cache of documents and plans does."""
        ...

    @property
    def lanes(self) -> LaneFacts:
        """How the connections of its reads do."""
        ...


@dataclass(frozen=True)
class Measured:
    """What is read when it is asked for."""

    databases: Databases
    engine: Cached | None
    folding: Folds | None = None
    watch: Watch | None = None


class Metrics(Collector):
    """The figures of one application in this process."""

    def __init__(self) -> None:
        self.worker = str(os.getpid())
        self.measured: Measured | None = None
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "ccc_requests", "Requests answered.", ("worker", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "ccc_request_seconds",
            "From the request to the last byte of its answer.",
            ("worker", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._items = Counter(
            "ccc_ingest_items",
            "Items that partners sent, by what became of them.",
            ("worker", "partner", "outcome"),
            registry=self._registry,
        )
        self._registry.register(self)
        # Finding a child by its labels costs more than counting.
        self._children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Counts a request; paths that are not ours count as one."""
        route = path if path in _ROUTES else "/partners/{name}" if path.startswith("/partners/") else "other"
        found = self._children.get((route, status))
        if found is None:
            found = (
                self._requests.labels(self.worker, route, str(status)),
                self._seconds.labels(self.worker, route),
            )
            self._children[route, status] = found
        found[0].inc()
        found[1].observe(seconds)

    def taken(self, partner: str, outcomes: Mapping[str, int]) -> None:
        """Counts what became of a partner's items."""
        for outcome, count in outcomes.items():
            self._items.labels(self.worker, partner, outcome).inc(count)

    async def look(self) -> None:
        """Read what only the database knows."""
        if self.measured is not None and self.measured.watch is not None:
            await self.measured.watch.look()

    def text(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The figures that are read at this moment; none while the application is not running."""
        if self.measured is None:
            return
        if self.measured.engine is not None:
            yield from self._cache(self.measured.engine.cache)
        if self.measured.folding is not None:
            yield from self._folding(self.measured.folding)
        if self.measured.watch is not None:
            yield from self.measured.watch.metrics(self.worker)
        yield from self._pools(self.measured)

    def _cache(self, facts: CacheFacts) -> Iterator[Metric]:
        for name, says, value in (
            ("entries", "Documents and plans that the engine keeps.", facts.entries),
            ("bytes", "What they take, as estimated.", facts.bytes),
            ("limit_bytes", "What they may take.", facts.limit),
        ):
            gauge = GaugeMetricFamily(f"ccc_engine_cache_{name}", says, labels=("worker",))
            gauge.add_metric((self.worker,), value)
            yield gauge
        for name, says, count in (
            ("hits", "Documents and plans that were there.", facts.hits),
            ("misses", "Documents and plans that had to be made.", facts.misses),
            ("evictions", "Documents and plans thrown out for room.", facts.evictions),
        ):
            counter = CounterMetricFamily(f"ccc_engine_cache_{name}", says, labels=("worker",))
            counter.add_metric((self.worker,), count)
            yield counter

    def _folding(self, facts: Folds) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "ccc_folding_waiting_rows",
            "Changes of shared counters that waited at the last look.",
            labels=("worker", "queue"),
        )
        waiting.add_metric((self.worker, "places"), facts.waiting.places)
        waiting.add_metric((self.worker, "teams"), facts.waiting.teams)
        waiting.add_metric((self.worker, "standings"), facts.waiting.standings)
        waiting.add_metric((self.worker, "weeks"), facts.waiting.weeks)
        waiting.add_metric((self.worker, "days"), facts.waiting.days)
        waiting.add_metric((self.worker, "collective"), facts.waiting.collective)
        waiting.add_metric((self.worker, "claims"), facts.waiting.claims)
        waiting.add_metric((self.worker, "words"), facts.waiting.words)
        yield waiting
        lag = GaugeMetricFamily(
            "ccc_folding_lag_seconds", "How long the oldest of them has waited.", labels=("worker",)
        )
        lag.add_metric((self.worker,), facts.lag_seconds)
        yield lag
        for name, says, count in (
            ("rows", "Changes that this process has folded.", facts.rows),
            ("passes", "Passes of this process that folded.", facts.passes),
            ("failures", "Passes and looks that failed.", facts.failures),
        ):
            counter = CounterMetricFamily(f"ccc_folding_{name}", says, labels=("worker",))
            counter.add_metric((self.worker,), count)
            yield counter

    def _pools(self, measured: Measured) -> Iterator[Metric]:
        lanes = measured.engine.lanes if measured.engine is not None else LaneFacts(0, 0, 0, 0)
        engine = measured.databases.worker.kw["bind"]
        pool = engine.pool
        found: dict[str, dict[str, float]] = {
            "api": {
                "size": lanes.size,
                "available": lanes.available,
                "max": lanes.max,
                "waiting": lanes.waiting,
            }
        }
        if isinstance(pool, QueuePool):
            open_now = pool.checkedin() + pool.checkedout()
            found["worker"] = {"size": open_now, "available": pool.checkedin(), "max": pool.size()}
        for name, says in (
            ("size", "Connections that are open."),
            ("available", "Of those, idle ones."),
            ("max", "Connections that may be open."),
            ("waiting", "Requests that wait for a connection."),
        ):
            gauge = GaugeMetricFamily(f"ccc_database_pool_{name}", says, labels=("worker", "role"))
            for role, figures in found.items():
                if name in figures:
                    gauge.add_metric((self.worker, role), figures[name])
            yield gauge


class Measuring:
    """Counts every request with its status and its time."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; what ends without an answer counts with status 0."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = 0, time.perf_counter()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            self._metrics.answered(scope["path"], status, time.perf_counter() - started)


class MetricsEndpoint:
    """`GET /metrics`: with a token for its bearer, without one for this machine alone."""

    def __init__(self, metrics: Metrics, token: SecretStr | None) -> None:
        self._metrics = metrics
        self._token = token.get_secret_value().encode() if token else None

    async def __call__(self, request: Request) -> Response:
        """The figures of this process. Raises NotFound for everybody whom they are not for."""
        if not self._is_for(request):
            raise NotFound("Not Found")
        await self._metrics.look()
        return Response(self._metrics.text(), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_LATEST)

    def _is_for(self, request: Request) -> bool:
        if self._token is not None:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            return scheme.lower() == "bearer" and compare_digest(given.strip().encode(), self._token)
        if request.client is None or any(name in request.headers for name in _FORWARDED):
            return False
        try:
            return ipaddress.ip_address(request.client.host).is_loopback
        except ValueError:
            return False
