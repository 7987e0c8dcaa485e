import asyncio
import gzip
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from app.http import DOCUMENT_LIMIT, GRAPHQL, VARIABLES_LIMIT, negotiated
from app.main import create_app
from app.refusals import JSON
from app.settings import Settings
from auth import tokens
from auth.tokens import Tokens
from auth.viewer import ANONYMOUS, Viewer, ViewerKind

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

    async def __call__(self, query, variables, operation_name, viewer):
        await asyncio.sleep(0)
        if self.bug:
            raise self.bug
        self.asked.append((query, variables, operation_name, viewer))
        return self.answer


@pytest.fixture(scope="module")
def key_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    tokens.generated_key(path)
    return path


@pytest.fixture(scope="module")
def engine() -> RecordingEngine:
    return RecordingEngine()


@pytest.fixture(autouse=True)
def forgotten(engine):
    engine.answer, engine.bug = Said(), None
    engine.asked.clear()


@pytest.fixture(scope="module")
def client(engine, key_path) -> Iterator[TestClient]:
    # The pool opens in the background, so that no database is needed to read a request.
    configured = Settings(
        database_url="postgresql://nobody@/none?host=/nonexistent", signing_key=key_path, citizen_number_key="k" * 32
    )
    with TestClient(create_app(configured, execute_for=lambda *_: engine), raise_server_exceptions=True) as client:
        yield client


@pytest.fixture(scope="module")
def minted(key_path) -> str:
    issuer = "http://127.0.0.1:8000"
    return Tokens(tokens.key_at(key_path), issuer=issuer, audience=f"{issuer}/graphql").mint(CITIZEN)


def code(response) -> str:
    assert response.headers["content-type"].split(";")[0] in {JSON, GRAPHQL}
    assert list(response.json()) == ["errors"]
    return response.json()["errors"][0]["extensions"]["code"]


def test_a_posted_query_reaches_the_engine_whole(client, engine):
    body = {"query": "query A($n: Int) { __typename }", "variables": {"n": 1}, "operationName": "A"}

    response = client.post("/graphql", json=body)

    assert response.status_code == 200
    assert response.json() == {"data": {"__typename": "Query"}}
    assert engine.asked == [(body["query"], {"n": 1}, "A", ANONYMOUS)]


def test_a_query_can_be_asked_by_get(client, engine):
    response = client.get(
        "/graphql", params={"query": "query A { __typename }", "variables": '{"n":1}', "operationName": "A"}
    )

    assert response.status_code == 200
    assert engine.asked == [("query A { __typename }", {"n": 1}, "A", ANONYMOUS)]


@pytest.mark.parametrize(
    ("query", "name"), [("mutation { a }", None), ("query A { a } mutation B { b }", "B"), ("subscription { a }", None)]
)
def test_a_mutation_by_get_is_refused(client, engine, query, name):
    response = client.get("/graphql", params={"query": query} | ({"operationName": name} if name else {}))

    assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "POST"
    assert engine.asked == []


def test_a_get_of_another_site_is_refused(client, engine):
    response = client.get("/graphql", params={"query": "{ a }"}, headers={"sec-fetch-site": "cross-site"})

    assert (response.status_code, code(response)) == (403, "CROSS_SITE")
    assert engine.asked == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused_with_those_allowed(client, method):
    response = client.request(method, "/graphql")

    assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON};q=0.4, {GRAPHQL};q=0.5, text/html", GRAPHQL),
        (f"{GRAPHQL};q=0, {JSON}", JSON),
        ("text/html", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=oops", None),
        ("", JSON),
        (";;,,;", None),
    ],
)
def test_the_media_type_is_negotiated_by_weight(accept, media):
    assert negotiated(accept) == media


def test_an_answer_nobody_accepts_is_refused(client):
    response = client.post("/graphql", json={"query": "{ a }"}, headers={"accept": "text/html"})

    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 400)])
def test_a_request_error_has_the_status_of_its_media_type(client, engine, accept, status):
    engine.answer = Said(
        request_error=True, document={"errors": [{"message": "no", "extensions": {"code": "GRAPHQL_PARSE_FAILED"}}]}
    )

    response = client.post("/graphql", json={"query": "{"}, headers={"accept": accept})

    assert response.status_code == status
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_a_field_error_is_no_request_error(client, engine, accept):
    engine.answer = Said(document={"data": {"a": None}, "errors": [{"message": "no", "path": ["a"]}]})

    assert client.post("/graphql", json={"query": "{a}"}, headers={"accept": accept}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/graphql", "application/json; charset=tis-620", ""],
)
def test_a_body_of_another_type_is_refused(client, kind):
    response = client.post("/graphql", content=b'{"query":"{a}"}', headers={"content-type": kind})

    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_compressed_body_is_refused(client):
    body = gzip.compress(b'{"query":"{a}"}')

    response = client.post("/graphql", content=body, headers={"content-type": JSON, "content-encoding": "gzip"})

    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


UNREADABLE = {
    "null": b"null",
    "a string": b'"x"',
    "a number": b"1",
    "nothing": b"",
    "a batch": b'[{"query":"{a}"}]',
    "not UTF-8": b'{"query":"\xff\xfe"}',
    "UTF-16": '{"query":"{a}"}'.encode("utf-16"),
    "a lone surrogate": b'{"query":"\\ud800"}',
    "NaN": b'{"query":"{a}","variables":{"n":NaN}}',
    "20,000 deep": b'{"query":"{a}","variables":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "20,000 deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "no query": b"{}",
    "query null": b'{"query":null}',
    "query blank": b'{"query":"  "}',
    "query a number": b'{"query":7}',
    "variables a list": b'{"query":"{a}","variables":[1]}',
    "variables a string": b'{"query":"{a}","variables":"{}"}',
    "name a number": b'{"query":"{a}","operationName":7}',
    "extensions a string": b'{"query":"{a}","extensions":"x"}',
    "cut off": b'{"query":"{a}"',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_a_body_that_is_no_request_is_a_bad_request(client, engine, body, accept):
    response = client.post("/graphql", content=body, headers={"content-type": JSON, "accept": accept})

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert engine.asked == []


def test_a_number_of_five_thousand_digits_is_read_or_refused_but_breaks_nothing(client):
    body = b'{"query":"{a}","variables":{"n":' + b"9" * 5_000 + b"}}"

    response = client.post("/graphql", content=body, headers={"content-type": JSON})

    assert response.status_code in {200, 400}


@pytest.mark.parametrize("variables", ["{", "1", "null garbage", "[1]", '"x"'])
def test_variables_of_a_get_that_are_no_object_are_a_bad_request(client, variables):
    response = client.get("/graphql", params={"query": "{a}", "variables": variables})

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: orjson.dumps({"query": text})))
def test_no_bytes_make_the_server_fail(client, body):
    response = client.post("/graphql", content=body, headers={"content-type": JSON})

    assert response.status_code in {200, 400}


def test_a_document_over_its_limit_is_refused(client, engine):
    fits = "{a}" + " " * (DOCUMENT_LIMIT - 3)

    assert client.post("/graphql", json={"query": fits}).status_code == 200
    response = client.post("/graphql", json={"query": fits + " "})

    assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
    assert len(engine.asked) == 1


def test_a_body_over_its_limit_is_refused_before_it_is_read(client):
    response = client.post(
        "/graphql", content=b"x" * (DOCUMENT_LIMIT + VARIABLES_LIMIT + 1), headers={"content-type": JSON}
    )

    assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")


def test_a_body_of_unknown_length_is_cut_at_the_limit(client):
    def endless() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 100_000

    response = client.post("/graphql", content=endless(), headers={"content-type": JSON})

    assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")


def test_an_absurd_content_length_is_refused(client):
    headers = {"content-type": JSON, "content-length": "9" * 5_000}

    response = client.post("/graphql", content=b"{}", headers=headers)

    assert response.status_code == 413


def test_a_token_says_who_asks(client, engine, minted):
    client.post("/graphql", json={"query": "{a}"}, headers={"authorization": f"Bearer {minted}"})

    assert engine.asked[0][3] == CITIZEN


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer", "Basic YTpi", "", "Bearer \u00e9".encode("latin-1")])
def test_a_bad_token_is_401_and_says_which_scheme_is_wanted(client, engine, value):
    response = client.post("/graphql", json={"query": "{a}"}, headers={"authorization": value})

    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer ")
    assert engine.asked == []


def test_two_tokens_are_refused(client, minted):
    headers = [("authorization", f"Bearer {minted}")] * 2

    assert client.post("/graphql", json={"query": "{a}"}, headers=headers).status_code == 401


def test_a_token_of_another_key_is_refused(client):
    issuer = "http://127.0.0.1:8000"
    forged = Tokens(ECKey.generate_key("P-256"), issuer=issuer, audience=f"{issuer}/graphql").mint(CITIZEN)

    response = client.post("/graphql", json={"query": "{a}"}, headers={"authorization": f"Bearer {forged}"})

    assert response.status_code == 401


def test_a_long_answer_is_compressed_and_a_short_one_is_not(client, engine):
    short = client.post("/graphql", json={"query": "{a}"}, headers={"accept-encoding": "gzip"})
    engine.answer = Said(document={"data": {"a": "x" * 5_000}})
    long = client.post("/graphql", json={"query": "{a}"}, headers={"accept-encoding": "gzip"})

    assert "content-encoding" not in short.headers
    assert long.headers["content-encoding"] == "gzip"
    assert {"Accept", "Authorization", "Accept-Encoding"} <= {each.strip() for each in long.headers["vary"].split(",")}
    assert long.json()["data"]["a"] == "x" * 5_000


def test_answers_are_not_stored_by_anyone(client):
    assert client.post("/graphql", json={"query": "{a}"}).headers["cache-control"] == "private, no-store"


def test_a_get_that_would_take_long_to_parse_is_answered_at_once(client):
    started = time.perf_counter()

    client.get("/graphql", params={"query": "{" * 20_000})

    assert time.perf_counter() - started < 2


def test_a_bug_shows_a_reference_and_nothing_else(client, engine, json_logs):
    engine.bug = RuntimeError("secret detail")

    response = client.post("/graphql", json={"query": "{ veryPrivateField }"})

    (error,) = response.json()["errors"]
    assert response.status_code == 500
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in response.text
    logged = json_logs()
    assert [line["error_id"] for line in logged if line["event"] == "bug"] == [error["extensions"]["errorId"]]
    assert "veryPrivateField" not in str(logged)
