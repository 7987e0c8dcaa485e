import asyncio
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from app import logs
from app.main import create_app
from app.settings import Settings
from auth import tokens
from auth.tokens import Tokens
from auth.viewer import Viewer, ViewerKind

CITIZEN = Viewer(ViewerKind.CITIZEN, None, "ccc-web", None, frozenset({"activity:read"}))


@dataclass(kw_only=True)
class Said:
    """An answer of the recording engine."""

    request_error: bool = False
    document: dict[str, Any] = field(default_factory=lambda: {"data": {"__typename": "Query"}})

    def body(self) -> bytes:
        return orjson.dumps(self.document)


@dataclass
class RecordingEngine:
    """An engine that keeps what it was asked and answers what it was told to."""

    answer: Said = field(default_factory=Said)
    asked: list[tuple[str, dict[str, Any] | None, str | None, Viewer]] = field(default_factory=list)
    bug: Exception | None = None

    def says(self, document, *, request_error=False):
        self.answer = Said(document=document, request_error=request_error)

    async def __call__(self, query, variables, operation_name, viewer):
        await asyncio.sleep(0)
        if self.bug:
            raise self.bug
        self.asked.append((query, variables, operation_name, viewer))
        return self.answer


@pytest.fixture(scope="package")
def key_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    tokens.generated_key(path)
    return path


@pytest.fixture(scope="package")
def recording() -> RecordingEngine:
    return RecordingEngine()


@pytest.fixture
def engine(recording) -> RecordingEngine:
    """The engine behind `client`, with nothing asked yet."""
    recording.answer, recording.bug = Said(), None
    recording.asked.clear()
    return recording


@pytest.fixture(scope="package")
def served(recording, key_path) -> Iterator[TestClient]:
    # The pool opens in the background, so that no database is needed to read a request.
    configured = Settings(
        database_url="postgresql://nobody@/none?host=/nonexistent", signing_key=key_path, citizen_number_key="k" * 32
    )
    with TestClient(create_app(configured, execute_for=lambda *_: recording), raise_server_exceptions=True) as client:
        yield client


@pytest.fixture(scope="package")
def minted(key_path) -> str:
    issuer = "http://127.0.0.1:8000"
    return Tokens(tokens.key_at(key_path), issuer=issuer, audience=f"{issuer}/graphql").mint(CITIZEN)


@pytest.fixture
def client(served, engine) -> TestClient:  # noqa: ARG001 - asked for so that it forgets the test before
    """The web application with a recording engine and no database."""
    return served


@pytest.fixture
def citizen() -> Viewer:
    return CITIZEN


@pytest.fixture
def json_logs():
    """A call that gives the log lines written since the start of the test."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    logs.configure("json", "INFO", written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers = handlers
    root.setLevel(level)
