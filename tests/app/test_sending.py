"""The examples of docs/partners/sending.md, as they stand there, against a server."""

import asyncio
import json
import os
import re
import socket
import subprocess
import threading
from pathlib import Path

import httpx2
import orjson
import pytest
import uvicorn

from app.main import create_app
from app.serving import configured
from app.working import Working
from auth import tokens
from auth.tokens import Tokens
from domain.connections import connect
from domain.jobs import Queue
from tests.app.delivering import SAMPLES, lines, settings_of, workout
from tests.domain.factories import figure, person
from tests.schema import factories as make

PAGE = Path(__file__).parents[2] / "docs" / "partners" / "sending.md"
EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
PUSH = SAMPLES / "_scenarios" / "A_same_run_5_sources" / "1_garmin_push.json"


@pytest.fixture
def hub(database_url, key_path, tmp_path):
    """A server on a port of its own; gives its settings."""
    (tmp_path / "uploads").mkdir(mode=0o700)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(16)  # whoever connects before the server runs waits for it
        port = sock.getsockname()[1]
        issuer = f"http://127.0.0.1:{port}"
        settings = settings_of(database_url, key_path, tmp_path / "uploads", port=port, issuer=issuer)
        server = uvicorn.Server(configured(create_app(settings), settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            yield settings
        finally:
            server.should_exit = True
            thread.join()


def pasted(example, folder, **environment):
    """What a shell prints for an example."""
    given = {"PATH": os.environ["PATH"], **environment}
    command = ["bash", "-c", f"set -eo pipefail\n{example}"]
    ended = subprocess.run(command, cwd=folder, env=given, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


async def test_every_example_of_the_page_does_what_the_page_says(hub, worker_sessions, tmp_path):
    async with worker_sessions.begin() as session:
        user = await person(session, mass_kg=62.0)
        for ref in ("p-1", "runner-7"):
            await connect(session, user, "garmin", ref)
    (tmp_path / "push.json").write_bytes(PUSH.read_bytes())
    (tmp_path / "workouts.ndjson").write_bytes(lines(*(workout(n) for n in range(1_300))))
    issuer = hub.issued_by()
    mint = Tokens(tokens.key_at(hub.signing_key), issuer=issuer, audience=f"{issuer}/graphql").mint
    told = {"HUB": issuer, "TOKEN": mint(make.partner("garmin"), minutes=30)}
    setting_up, as_json, gzipped, by_line, told_by_line, as_file, status = EXAMPLES

    assert "ccc token partner --partner garmin" in setting_up
    for example in (as_json, gzipped):
        answer = orjson.loads(await asyncio.to_thread(pasted, example, tmp_path, **told))
        assert list(answer) == ["counts", "results"]
    answer = orjson.loads(await asyncio.to_thread(pasted, by_line, tmp_path, **told))
    assert (answer["counts"], answer["resultsLeftOut"]) == ({"created": 1_300}, 300)
    said = [
        orjson.loads(each) for each in (await asyncio.to_thread(pasted, told_by_line, tmp_path, **told)).splitlines()
    ]
    assert [each["items"] for each in said] == [1_000, 1_300, 1_300]
    assert said[-1] == {"items": 1_300, "counts": {"unchanged": 1_300}, "done": True}
    upload = orjson.loads(await asyncio.to_thread(pasted, as_file, tmp_path, **told))["upload"]
    assert upload["state"] == "WAITING"
    async with Working(hub, queues=(Queue.UPLOADS,)).beside():
        for _ in range(400):
            answer = json.loads(await asyncio.to_thread(pasted, status, tmp_path, UPLOAD=upload["id"], **told))
            if answer["data"]["uploadStatus"]["state"] == "DONE":
                break
            await asyncio.sleep(0.1)
    assert (answer["data"]["uploadStatus"]["state"], answer["data"]["uploadStatus"]["items"]) == ("DONE", 1)


def spoken(port, *, announced, body):
    """What a server says to a delivery that announces another length than it has; what comes first if it says two."""
    head = (
        f"POST /partners/garmin HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: {announced}"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(f"{head}\r\n\r\n".encode() + body)
        sock.shutdown(socket.SHUT_WR)
        return sock.recv(1_000).split(b"\r\n")[0]


LENGTHS = {
    "more than there is": ("1000", b"{}"),
    "less than there is": ("1", b"{}GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n"),
    "negative": ("-1", b"{}"),
    "two": ("1, 2", b"{}"),
    "no number": ("x", b"{}"),
}


@pytest.mark.parametrize(("announced", "body"), LENGTHS.values(), ids=LENGTHS.keys())
async def test_a_length_that_is_not_that_of_the_body_brings_nothing_in_and_breaks_nothing(
    hub, worker_sessions, announced, body
):
    said = await asyncio.to_thread(spoken, hub.port, announced=announced, body=body)
    after = await asyncio.to_thread(httpx2.get, f"{hub.issued_by()}/healthz")

    assert not said or said.split(b" ")[1] in {b"400", b"401"}
    assert after.status_code == 200
    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(*) FROM quarantine") == 0
