"""The door as partners find it: the whole application on a database, over HTTP."""

import gzip
import io
import json
import zipfile
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from app.bodies import Pace
from app.main import create_app
from app.settings import Settings
from auth import tokens
from auth.tokens import Tokens
from tests.app.conftest import RecordingEngine
from tests.schema import factories as make

KEY = "k" * 32
ISSUER = "http://127.0.0.1:8000"
SAMPLES = Path(__file__).parents[1] / "samples"
NDJSON = "application/x-ndjson"


def settings_of(database_url, key_path, folder, **more):
    given = {
        "database_url": database_url,
        "signing_key": key_path,
        "citizen_number_key": KEY,
        "uploads_dir": folder,
        "database_connections": 4,
    }
    return Settings(**{**given, **more})


class Client:
    """A partner's client, and what it finds on the disk behind the door."""

    def __init__(self, http, mint, folder):
        self.http = http
        self.folder = folder
        self._mint = mint

    def bearer(self, name):
        return {"authorization": f"Bearer {self._mint(make.partner(name))}"}

    def deliver(self, name, body, kind="application/json", **headers):
        given = {**self.bearer(name), "content-type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.http.post(f"/partners/{name}", content=body, headers=given)

    def upload(self, name, body, file_name="file", **fields):
        files = {"file": (file_name, body)}
        return self.http.post(f"/partners/{name}/files", files=files, data=fields, headers=self.bearer(name))

    def spooled(self):
        return sorted(each.name for each in self.folder.iterdir())


@contextmanager
def the_door(settings, **how):
    mint = Tokens(tokens.key_at(settings.signing_key), issuer=ISSUER, audience=f"{ISSUER}/graphql").mint
    app = create_app(settings, execute_for=lambda *_: RecordingEngine(), **how)
    with TestClient(app, raise_server_exceptions=True) as http:
        yield Client(http, mint, settings.uploads_dir)


SLOW = Pace(silence_seconds=0.2, after_seconds=0.1, bytes_per_second=1e6)


def code(answer):
    return answer.json()["errors"][0]["extensions"]["code"]


def workout(number, person="p-1", **more):
    day, minute = divmod(number, 24)
    given = {
        "partnerRef": f"w-{number}",
        "personRef": person,
        "sport": "RUN",
        "startedAt": f"2026-{1 + day % 9:02}-{1 + day // 9 % 28:02}T{minute:02}:10:00+07:00",
        "elapsedSeconds": 1800,
        "distanceMeters": 5000,
    }
    return {**given, **more}


def lines(*documents):
    return b"".join(json.dumps(each).encode() + b"\n" for each in documents)


def zipped(entries, method=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


def packed(body):
    return gzip.compress(body)
