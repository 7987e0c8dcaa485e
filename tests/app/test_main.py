import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import BadSettings, Settings
from auth import tokens

ENOUGH = "k" * 32


async def nothing(*_: object) -> object:
    raise AssertionError("nothing is executed here")


@pytest.fixture
def key_path(tmp_path):
    tokens.generated_key(tmp_path / "key.pem")
    return tmp_path / "key.pem"


@pytest.fixture
def client(database_url, key_path):
    configured = Settings(
        database_url=database_url, signing_key=key_path, citizen_number_key=ENOUGH, database_connections=2
    )
    with TestClient(create_app(configured, execute_for=lambda *_: nothing)) as client:
        yield client


def test_it_is_ready_once_the_database_has_the_newest_shape(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["status"] == "ready"


def test_it_is_not_ready_with_an_empty_database(empty_database_url, key_path):
    configured = Settings(
        database_url=empty_database_url, signing_key=key_path, citizen_number_key=ENOUGH, database_connections=1
    )

    with TestClient(create_app(configured, execute_for=lambda *_: nothing)) as client:
        response = client.get("/readyz")

        assert client.get("/healthz").status_code == 200
    assert response.status_code == 503
    assert "ccc migrate" in response.json()["errors"][0]["message"]


def test_the_front_page_says_what_is_here_and_gives_a_query_to_paste(client):
    page = client.get("/")

    assert page.status_code == 200
    assert "/graphql" in page.text
    assert "curl" in page.text
    assert "สคีมา" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_an_address_that_does_not_exist_is_refused_in_json(client):
    response = client.get("/nothing/here")

    assert response.status_code == 404
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_a_wrong_method_elsewhere_is_refused_in_json(client):
    response = client.post("/healthz")

    assert response.status_code == 405
    assert response.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    assert "GET" in response.headers["allow"]


def test_every_answer_has_a_request_id_and_a_sensible_one_is_kept(client):
    given = client.get("/healthz", headers={"x-request-id": "gateway-0001"}).headers["x-request-id"]
    made = client.get("/healthz", headers={"x-request-id": "bad id\x7f" + "x" * 100}).headers["x-request-id"]

    assert given == "gateway-0001"
    assert len(made) == 16


def test_the_log_line_of_a_request_has_no_query_and_no_token(client, json_logs):
    client.get("/nothing?query={secretField}", headers={"authorization": "Bearer secret-token"})

    lines = json_logs()
    (line,) = [line for line in lines if line["event"] == "request"]
    assert {"method": "GET", "path": "/nothing", "status": 404}.items() <= line.items()
    assert "request_id" in line
    assert "secret" not in str(lines)


def test_without_a_database_or_a_key_it_does_not_start(key_path):
    given = {"database_url": "postgresql://a@/b", "signing_key": key_path, "citizen_number_key": ENOUGH}

    for name in given:
        with pytest.raises(BadSettings, match=f"CCC_{name.upper()}"):
            create_app(Settings(**given | {name: None}))
