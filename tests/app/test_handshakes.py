"""Vendors that try our address, and those that prove themselves otherwise than by a signature."""

import base64
import hmac
import json
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.app.delivering import SAMPLES, code, settings_of, the_door

AUTHORIZATION = "Bearer chosen-by-us"
KEY = ec.generate_private_key(ec.SECP256R1())
NUMBER = 7


def keyset():
    """Google's public keys in the form in which its library writes them."""
    point = KEY.public_key().public_numbers()
    coordinates = [number.to_bytes(33, "big") for number in (point.x, point.y)]
    message = b"".join(
        struct.pack("BB", field << 3 | 2, 33) + each for field, each in zip((3, 4), coordinates, strict=True)
    )
    value = base64.b64encode(message).decode()
    key = {"keyData": {"value": value}, "status": "ENABLED", "keyId": NUMBER, "outputPrefixType": "TINK"}
    return json.dumps({"primaryKeyId": NUMBER, "key": [key]})


def signature(body):
    made = b"\x01" + NUMBER.to_bytes(4, "big") + KEY.sign(body, ec.ECDSA(SHA256()))
    return base64.b64encode(made).decode()


SECRETS = {
    "fitbit": "client secret",
    "fitbit.handshake": "right",
    "strava": "sub-1",
    "strava.handshake": "token",
    "oura.handshake": "token",
    "google_health": keyset(),
    "google_health.handshake": AUTHORIZATION,
    "garmin": "in-the-address",
}
VERIFICATION = b'{"type": "verification"}'
NOTIFICATION = json.dumps({"data": {"healthUserId": "g-1", "operation": "UPSERT", "dataType": "exercise"}}).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("uploads")
    made.chmod(0o700)
    return made


@pytest.fixture
def door(database_url, key_path, folder):
    with the_door(settings_of(database_url, key_path, folder, partner_secrets=SECRETS)) as client:
        yield client.http


TRIES = {
    "fitbit, the right code": ("fitbit?verify=right", 204, None),
    "fitbit, a wrong code": ("fitbit?verify=wrong", 404, None),
    "fitbit, no code": ("fitbit", 404, "NOT_FOUND"),
    "strava": ("strava?hub.mode=subscribe&hub.challenge=c-1&hub.verify_token=token", 200, {"hub.challenge": "c-1"}),
    "strava, another token": ("strava?hub.mode=subscribe&hub.challenge=c-1&hub.verify_token=x", 403, None),
    "strava, no token": ("strava?hub.mode=subscribe&hub.challenge=c-1", 403, None),
    "oura": ("oura?verification_token=token&challenge=c-2", 200, {"challenge": "c-2"}),
    "oura, another token": ("oura?verification_token=x&challenge=c-2", 401, None),
    "withings": ("withings", 200, None),
    "garmin": ("garmin", 404, "NOT_FOUND"),
    "a sponsor": ("mots", 400, "BAD_USER_INPUT"),
    "nobody": ("nobody?verify=right", 404, "NOT_FOUND"),
}


def _said_in(answer):
    if not answer.content:
        return None
    return code(answer) if "errors" in answer.json() else answer.json()


def test_vendors_that_try_the_address_get_the_answer_they_want(door):
    answers = {name: door.get(f"/partners/{address}") for name, (address, _, _) in TRIES.items()}

    said = {name: (each.status_code, _said_in(each)) for name, each in answers.items()}
    assert said == {name: (status, document) for name, (_, status, document) in TRIES.items()}
    assert door.head("/partners/withings").status_code == 200


def test_google_is_known_by_the_authorization_that_we_chose_and_by_its_signature(door):
    def sent(body, **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given["content-type"] = "application/json"
        answer = door.post("/partners/google_health", content=body, headers=given)
        return answer.status_code

    signed = {"x_healthapi_signature": signature(NOTIFICATION)}

    assert sent(VERIFICATION, authorization=AUTHORIZATION) == 201
    assert sent(VERIFICATION) == 401
    assert sent(VERIFICATION, authorization="Bearer another") == 401
    assert sent(NOTIFICATION, authorization=AUTHORIZATION, **signed) == 201
    assert sent(NOTIFICATION, **signed) == 401
    assert sent(NOTIFICATION, authorization=AUTHORIZATION) == 401
    assert sent(NOTIFICATION + b" ", authorization=AUTHORIZATION, **signed) == 401


def test_fitbit_is_answered_without_a_word(door):
    body = b"[]"
    mark = base64.b64encode(hmac.digest(b"client secret&", body, "sha1")).decode()

    answer = door.post(
        "/partners/fitbit", content=body, headers={"content-type": "application/json", "x-fitbit-signature": mark}
    )

    assert (answer.status_code, answer.content) == (204, b"")


def test_who_signs_nothing_is_known_by_an_address_that_nobody_else_knows(door):
    body = (Path(SAMPLES) / "garmin_health" / "epoch.json").read_bytes()
    headers = {"content-type": "application/json"}

    keys = ("?key=in-the-address", "?key=x", "?key=", "")
    answers = [door.post(f"/partners/garmin{key}", content=body, headers=headers) for key in keys]
    unset = door.post("/partners/withings?key=", content=body, headers=headers)

    assert [each.status_code for each in answers] == [200, 401, 401, 401]
    assert unset.status_code == 401
