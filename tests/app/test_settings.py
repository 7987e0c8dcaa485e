import pytest

from app.settings import API, WORKER, BadSettings, settings


@pytest.fixture
def environment(monkeypatch):
    return monkeypatch.setenv


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CCC_PORT", "eighty"),
        ("CCC_PORT", "70000"),
        ("CCC_DATABASE_URL", "mysql://a@b/c"),
        ("CCC_DATABASE_URL", "postgresql:///nobody"),
        ("CCC_API_DATABASE_URL", "nonsense"),
        ("CCC_DATABASE_CONNECTIONS", "0"),
        ("CCC_ISSUER", "not a url"),
        ("CCC_LOG_FORMAT", "xml"),
        ("CCC_PARTNER_SECRETS", "not json"),
        ("CCC_CITIZEN_NUMBER_KEY", "short"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(environment, name, value):
    environment(name, value)

    with pytest.raises(BadSettings, match=name) as refusal:
        settings()

    assert "Value error" not in refusal.value.message


def test_a_refused_url_does_not_show_its_password(environment):
    environment("CCC_DATABASE_URL", "mysql://a:hunter2@b/c")

    with pytest.raises(BadSettings) as refusal:
        settings()

    assert "hunter2" not in refusal.value.message
    assert "hunter2" not in repr(refusal.value.__cause__)


def test_all_that_is_wrong_is_said_at_once(environment):
    environment("CCC_PORT", "x")
    environment("CCC_LOG_LEVEL", "LOUD")

    with pytest.raises(BadSettings, match=r"CCC_PORT.*CCC_LOG_LEVEL"):
        settings()


def test_the_other_roles_use_the_same_database_under_their_names(environment):
    environment("CCC_DATABASE_URL", "postgresql://boss:pw@db.example:5433/ccc?sslmode=require")

    assert settings().url_of() == "postgresql://boss:pw@db.example:5433/ccc?sslmode=require"
    assert settings().url_of(WORKER) == "postgresql://ccc_worker:pw@db.example:5433/ccc?sslmode=require"
    assert settings().url_of(API) == "postgresql://ccc_api:pw@db.example:5433/ccc?sslmode=require"


def test_a_role_can_have_an_address_of_its_own(environment):
    environment("CCC_DATABASE_URL", "postgresql://boss@db.example/ccc")
    environment("CCC_API_DATABASE_URL", "postgresql://reader@replica.example/ccc")

    assert settings().url_of(API) == "postgresql://reader@replica.example/ccc"


def test_a_socket_folder_survives_the_change_of_user():
    url = settings(database_url="postgresql://postgres@/ccc?host=/tmp/ccc-run-1").url_of(API)

    assert url == "postgresql://ccc_api@/ccc?host=%2Ftmp%2Fccc-run-1"


def test_without_a_database_the_variable_is_named():
    with pytest.raises(BadSettings, match="CCC_DATABASE_URL"):
        settings().url_of()


def test_the_issuer_follows_the_port_unless_given():
    assert settings(port=8123).issued_by() == "http://127.0.0.1:8123"
    assert settings(issuer="https://ccc.example/").issued_by() == "https://ccc.example"
