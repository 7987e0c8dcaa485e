import gzip
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.http import DOCUMENT_LIMIT, GRAPHQL, VARIABLES_LIMIT
from app.refusals import JSON


def code(response) -> str:
    assert response.headers["content-type"].split(";")[0] in {JSON, GRAPHQL}
    assert list(response.json()) == ["errors"]
    return response.json()["errors"][0]["extensions"]["code"]


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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
