import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import orjson
import pytest
import uvloop
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app import serving
from app.settings import BadSettings, Settings
from auth import tokens

ROOT = Path(__file__).resolve().parents[2]


def test_port_zero_takes_a_free_port():
    with serving.bound(Settings(port=0)) as sock:
        assert sock.getsockname()[1] > 0


def test_a_port_in_use_is_refused_with_the_name_of_the_setting():
    with serving.bound(Settings(port=0)) as sock:
        taken = Settings(port=sock.getsockname()[1])

        with pytest.raises(BadSettings, match="CCC_PORT"):
            serving.bound(taken)


def test_an_address_that_is_not_ours_is_refused():
    with pytest.raises(BadSettings, match=r"192\.0\.2\.1"):
        serving.bound(Settings(host="192.0.2.1", port=0))


def test_a_request_to_terminate_ends_blocks_in_order():
    ended = []

    def terminated() -> None:
        with serving.terminable():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                ended.append("cleaned up")

    with pytest.raises(SystemExit) as end:
        terminated()

    assert (end.value.code, ended) == (143, ["cleaned up"])
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_it_is_served_on_uvloop_and_httptools():
    config = serving.configured("never.loaded", Settings())

    assert config.get_loop_factory() is uvloop.new_event_loop
    assert AutoHTTPProtocol is HttpToolsProtocol


@pytest.fixture
def started(database_url, tmp_path):
    """`ccc serve --workers 2` under way: the process and its address."""
    tokens.generated_key(tmp_path / "key.pem")
    with serving.bound(Settings(port=0)) as sock:
        port = sock.getsockname()[1]
    environment = {
        "PATH": os.defpath,
        "CCC_PORT": str(port),
        "CCC_DATABASE_URL": database_url,
        "CCC_DATABASE_CONNECTIONS": "2",
        "CCC_SIGNING_KEY": str(tmp_path / "key.pem"),
        "CCC_CITIZEN_NUMBER_KEY": "k" * 32,
        "CCC_LOG_FORMAT": "json",
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from app.cli import main; main()", "serve", "--workers", "2"],
            cwd=ROOT,
            env=environment,
            stderr=log,
            start_new_session=True,
        )
    yield process, f"http://127.0.0.1:{port}", tmp_path / "log"
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def asked(address, path, query=None):
    body = orjson.dumps({"query": query}) if query else None
    request = urllib.request.Request(address + path, body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own address
        return answer.read().decode()


def workers_of(process, address):
    """The processes that answer, once both do."""
    found: set[str] = set()
    deadline = time.monotonic() + 60
    while len(found) < 2 and time.monotonic() < deadline:
        assert process.poll() is None
        with contextlib.suppress(OSError):
            found.update(re.findall(r'worker="(\d+)"', asked(address, "/metrics")))
        time.sleep(0.02)
    return {int(each) for each in found}


def alive(pid):
    """Whether that process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_two_workers_answer_on_one_port_and_stop_with_the_first_process(started):
    process, address, log = started

    workers = workers_of(process, address)
    answers = [asked(address, "/graphql", "{ sports(first: 1) { nodes { word } } }") for _ in range(20)]
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=30)

    assert len(workers) == 2
    assert process.pid not in workers
    assert len(set(answers)) == 1
    assert '"errors"' not in answers[0]
    assert code == 0
    assert not [each for each in workers if alive(each)]
    with pytest.raises(OSError, match="refused"):
        asked(address, "/healthz")
    lines = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    assert {line["level"] for line in lines} == {"info"}


def test_workers_do_not_outlive_a_first_process_that_is_killed(started):
    process, address, _ = started

    workers = workers_of(process, address)
    process.kill()
    process.wait()

    assert len(workers) == 2
    deadline = time.monotonic() + 20
    while (left := [each for each in workers if alive(each)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []
