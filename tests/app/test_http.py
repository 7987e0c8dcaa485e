import time

import pytest
from joserfc.jwk import ECKey

from app.http import GRAPHQL, negotiated
from app.refusals import JSON
from auth.tokens import Tokens
from auth.viewer import ANONYMOUS


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
    engine.says({"errors": [{"message": "no", "extensions": {"code": "GRAPHQL_PARSE_FAILED"}}]}, request_error=True)

    response = client.post("/graphql", json={"query": "{"}, headers={"accept": accept})

    assert response.status_code == status
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_a_field_error_is_no_request_error(client, engine, accept):
    engine.says({"data": {"a": None}, "errors": [{"message": "no", "path": ["a"]}]})

    assert client.post("/graphql", json={"query": "{a}"}, headers={"accept": accept}).status_code == 200


def test_a_token_says_who_asks(client, engine, minted, citizen):
    client.post("/graphql", json={"query": "{a}"}, headers={"authorization": f"Bearer {minted}"})

    assert engine.asked[0][3] == citizen


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer", "Basic YTpi", "", "Bearer \u00e9".encode("latin-1")])
def test_a_bad_token_is_401_and_says_which_scheme_is_wanted(client, engine, value):
    response = client.post("/graphql", json={"query": "{a}"}, headers={"authorization": value})

    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer ")
    assert engine.asked == []


def test_two_tokens_are_refused(client, minted):
    headers = [("authorization", f"Bearer {minted}")] * 2

    assert client.post("/graphql", json={"query": "{a}"}, headers=headers).status_code == 401


def test_a_token_of_another_key_is_refused(client, citizen):
    issuer = "http://127.0.0.1:8000"
    forged = Tokens(ECKey.generate_key("P-256"), issuer=issuer, audience=f"{issuer}/graphql").mint(citizen)

    response = client.post("/graphql", json={"query": "{a}"}, headers={"authorization": f"Bearer {forged}"})

    assert response.status_code == 401


def test_a_long_answer_is_compressed_and_a_short_one_is_not(client, engine):
    short = client.post("/graphql", json={"query": "{a}"}, headers={"accept-encoding": "gzip"})
    engine.says({"data": {"a": "x" * 5_000}})
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
