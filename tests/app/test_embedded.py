import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app import folders
from app.embedded import DatabaseUnavailable, EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]

STARTED_AND_WAITING = """
import sys, time
from pathlib import Path
from app.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]) if sys.argv[1] else None, durable=False) as server:
    print(server.url(), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that the server's account can reach, which pytest's own is not for root."""
    base = Path(tempfile.mkdtemp(prefix="ccc-test-"))
    base.chmod(0o755)
    yield base / "pg"
    shutil.rmtree(base)


def started_elsewhere(data: Path | str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTED_AND_WAITING, str(data)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def eventually(condition, seconds=10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_it_sorts_and_compares_thai_by_the_builtin_locale(postgres):
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")

        row = connection.execute("SELECT similarity('กรุงเทพ', 'กรุงเทพมหานคร'), upper('é'), version()").fetchone()

    assert row is not None
    assert row[0] > 0.3
    assert row[1] == "É"
    assert row[2].startswith("PostgreSQL 18")


def test_it_listens_on_no_network_address(postgres):
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_kept_data_is_there_again_after_a_restart(data):
    with EmbeddedPostgres(data) as server, psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    with EmbeddedPostgres(data) as server, psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()

    assert row == (42,)


def test_a_second_server_on_the_same_folder_is_refused(data):
    with EmbeddedPostgres(data, durable=False), pytest.raises(DatabaseUnavailable) as refusal:
        EmbeddedPostgres(data, durable=False).__enter__()

    assert f"process {os.getpid()}" in refusal.value.message


def test_it_dies_with_a_killed_parent_and_its_folder_is_swept():
    process, url = started_elsewhere("")
    folder = Path(url.partition("host=")[2])
    server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    killed(process)

    assert eventually(lambda: not Path(f"/proc/{server}").exists())
    assert folder in folders.swept()
    assert not folder.exists()


def test_a_folder_whose_owner_was_killed_can_be_used_at_once(data):
    process, url = started_elsewhere(data)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    killed(process)

    with EmbeddedPostgres(data) as server, psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()

    assert row == (42,)


def test_a_folder_in_use_is_not_swept():
    with folders.PrivateFolder(None) as folder:
        assert folder.path not in folders.swept()
        assert folder.path.exists()


def test_data_of_another_major_version_is_refused_with_both_versions_named(data):
    (data / "data").mkdir(parents=True)
    (data / "data" / "PG_VERSION").write_text("15\n")

    with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL 15.* 18"):
        EmbeddedPostgres(data).__enter__()


def test_a_start_that_fails_shows_the_end_of_the_server_log(data):
    with EmbeddedPostgres(data, durable=False):
        pass
    with (data / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_parameter = on\n")

    with pytest.raises(DatabaseUnavailable, match="no_such_parameter"):
        EmbeddedPostgres(data, durable=False).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_keeps_data_elsewhere_when_the_server_account_cannot_reach_the_folder(tmp_path):
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "pg", durable=False) as server, psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    stand_in = Path((closed / "pg.location").read_text().strip())
    with EmbeddedPostgres(closed / "pg", durable=False) as server, psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
    (closed / "pg.location").unlink()
    with EmbeddedPostgres(closed / "pg", durable=False) as server, psycopg.connect(server.url()) as connection:
        fresh = connection.execute("SELECT to_regclass('kept')").fetchone()

    assert row == (42,)
    assert fresh == (None,)
    assert not (closed / "pg").exists()
    shutil.rmtree(stand_in)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_stand_in_folder_of_somebody_else_is_refused(tmp_path):
    theirs = tmp_path / "taken"
    theirs.mkdir()
    account = folders.Account(os.geteuid() + 12345, 12345)

    with pytest.raises(PermissionError, match="not a private folder"):
        folders.claimed(theirs, account)
