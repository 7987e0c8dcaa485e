import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import psycopg
import pytest

from app import demo as demos
from app.demo import Demo, written
from app.pages import QUERIES
from app.settings import BadSettings, Settings

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "strava" / "detailed_activity_docs_example.json"
ROOT = Path(__file__).resolve().parents[2]
CCC = [sys.executable, "-c", "from app.cli import main; main()"]


@pytest.fixture
def place() -> Iterator[Demo]:
    """A demo folder that the database's account can reach, which pytest's own is not for root."""
    base = Path(tempfile.mkdtemp(prefix="ccc-test-"))
    base.chmod(0o755)
    yield Demo(base / "demo")
    shutil.rmtree(base)


@pytest.fixture
def started(place) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Starts a demo and gives its process and what it printed when it was ready; none is left behind."""
    running: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], str]:
        command = [*CCC, "demo", "--port", "0", "--people", "60", "--dir", str(place.folder)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        running.append(process)
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                return process, said
        raise AssertionError(said[-3000:])

    yield start
    for process in running:
        process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    return process.returncode


def fetched(url: str, token: str | None = None, query: str | None = None) -> dict:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = orjson.dumps({"query": query}) if query else None
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:  # noqa: S310
        return orjson.loads(answer.read())


def ran(*arguments: str) -> str:
    return subprocess.run([*CCC, *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_demo_serves_and_says_how_to_get_in(place, started):
    process, greeting = started()
    card = place.read()

    assert fetched(f"{card['issuer']}/readyz")["status"] == "ready"
    assert greeting.count("curl") == len(QUERIES)
    assert set(card["users"][0]) == {"username", "password", "id"}
    for path in (place.card, place.key, place.citizen_number_key, place.url):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    token = ran("token", "citizen", "--dir", str(place.folder)).strip()
    answers = [fetched(card["graphql"], token, query) for query in QUERIES.values()]
    assert [answer.get("errors") for answer in answers] == [None] * len(QUERIES)
    assert answers[0]["data"]["places"]["nodes"][0]["children"]["nodes"]
    assert answers[2]["data"]["viewer"]["user"]["activities"]["nodes"]

    username = card["users"][0]["username"]
    assert "created: 1" in ran("import", "strava", str(SAMPLE), "--user", username, "--dir", str(place.folder))

    assert stopped(process) == 128 + signal.SIGTERM
    assert not place.url.exists()


@pytest.mark.long
def test_a_demo_started_again_has_the_same_users_and_everything_agrees(place, started):
    process, _ = started()
    card = place.read()
    for _ in range(2):
        ran("import", "strava", str(SAMPLE), "--user", card["users"][0]["username"], "--dir", str(place.folder))
    stopped(process)

    again, _ = started()

    assert place.read()["users"] == card["users"]
    assert "agree" in ran("check", "--dir", str(place.folder))
    stopped(again)


@pytest.mark.long
def test_a_demo_whose_card_was_lost_gives_its_people_new_passwords(place, started):
    process, _ = started()
    card = place.read()
    stopped(process)
    place.card.unlink()

    again, _ = started()

    assert [user["id"] for user in place.read()["users"]] == [user["id"] for user in card["users"]]
    assert place.read()["users"] != card["users"]
    stopped(again)


def test_a_database_can_be_migrated_without_a_demo(place):
    assert "shape" in ran("migrate", "--dir", str(place.folder))


def test_a_configured_database_is_used_as_it_is(place):
    given = Settings(database_url="postgresql://somebody@/somewhere")

    with demos.database(given, place) as used:
        assert used is given
    assert not place.folder.exists()


def test_a_command_beside_a_running_demo_shares_its_database(place):
    with demos.database(Settings(), place) as first, demos.database(Settings(), place) as second:
        assert second.url_of() == first.url_of()
        with psycopg.connect(second.url_of()) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("ccc",)
    assert not place.url.exists()


def test_an_address_left_by_a_killed_demo_is_ignored(place):
    place.folder.mkdir()
    written(place.url, b"postgresql://postgres@/ccc?host=/nonexistent")

    with demos.database(Settings(), place) as used:
        assert "nonexistent" not in used.url_of()


def test_keys_are_made_once_and_given_ones_are_kept(place, tmp_path):
    first = demos.with_keys(Settings(), place)
    again = demos.with_keys(Settings(), place)
    given = demos.with_keys(Settings(signing_key=tmp_path / "my.pem", citizen_number_key="k" * 32), place)

    assert again == first
    assert given.signing_key == tmp_path / "my.pem"
    assert given.citizen_number_secret() == b"k" * 32


def test_a_link_in_the_place_of_a_secret_file_is_refused(tmp_path):
    (tmp_path / "demo.json").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(BadSettings, match="link"):
        written(tmp_path / "demo.json", b"secret")
    assert [path.name for path in tmp_path.iterdir()] == ["demo.json"]
