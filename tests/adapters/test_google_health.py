"""Google Health's data points, roll-ups and notifications, as recorded, as documented and as broken."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.google_health import ADAPTER, SPORTS, normalise, pages, verify
from domain.drafts import DayTotal, Draft, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.soundness import assert_sound

LIST = "google_health_api/exercise_datapoints_list.json"
NOTIFICATIONS = "google_health_api/webhook_notifications.json"
ROLLUP = "google_health_api/steps_daily_rollup.json"
POINT = json.loads(sample(LIST))["dataPoints"][0]
DOCUMENTS = [json.loads(sample(name)) for name in (LIST, NOTIFICATIONS, ROLLUP)]


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def point(**changes: object) -> dict[str, object]:
    return {"dataPoints": [POINT | {"exercise": POINT["exercise"] | changes}]}


def draft_of(document: object) -> Draft:
    item = one(document)
    assert isinstance(item, Draft)
    return item


def test_a_recorded_list_becomes_the_expected_workout() -> None:
    assert_as_expected(LIST, items(ADAPTER, sample(LIST)))


def test_an_exercise_keeps_everything_it_says() -> None:
    draft = draft_of(point(updateTime="2026-05-01T00:50:00.5Z"))

    assert (draft.title, draft.sport_word, draft.pulse_bpm) == ("Run", "RUNNING", 151)
    assert (draft.source, draft.device_name, draft.person_ref) == (Source.DEVICE, "Charge 6", None)
    assert draft.version == 1777596600500000


@pytest.mark.parametrize(
    ("kind", "title", "sport", "word"),
    [
        ("BIKING", "Bike", Sport.RIDE, "BIKING"),
        ("TREADMILL", None, Sport.TREADMILL_RUN, "TREADMILL"),
        ("OTHER", "ตะกร้อ", Sport.OTHER, "ตะกร้อ"),
        ("WORKOUT", None, Sport.OTHER, "WORKOUT"),
        ("UNDERWATER_CHESS", "Chess", Sport.OTHER, "UNDERWATER_CHESS"),
        (None, None, Sport.OTHER, None),
    ],
)
def test_an_exercise_type_becomes_a_sport_and_keeps_its_word(
    kind: str | None, title: str | None, sport: Sport, word: str | None
) -> None:
    draft = draft_of(point(exerciseType=kind, displayName=title))

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_no_word_means_other() -> None:
    assert Sport.OTHER not in SPORTS.values()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"recordingMethod": "MANUAL"}, Source.MANUAL),
        ({"device": {"formFactor": "WATCH"}}, Source.DEVICE),
        ({"device": {"formFactor": "PHONE", "displayName": "Pixel 9"}, "platform": "FITBIT"}, Source.PHONE),
        ({"platform": "HEALTH_CONNECT", "application": {"packageName": "com.strava"}}, Source.PHONE),
        ({}, Source.PHONE),
    ],
)
def test_the_source_is_what_measured_it(source: dict[str, object], expected: Source) -> None:
    draft = draft_of({"dataPoints": [POINT | {"dataSource": source}]})

    assert draft.source is expected
    assert draft.manual is (expected is Source.MANUAL)


def test_a_name_may_tell_the_person_and_a_reconciled_point_is_named_otherwise() -> None:
    named = draft_of(POINT | {"name": "users/4Q7F2K/dataTypes/exercise/dataPoints/7"})
    reconciled = {key: value for key, value in POINT.items() if key != "name"} | {
        "dataPointName": "users/me/dataTypes/exercise/dataPoints/8"
    }

    assert (named.person_ref, named.partner_ref) == ("4Q7F2K", "7")
    assert (draft_of(reconciled).person_ref, draft_of(reconciled).partner_ref) == (None, "8")


def test_the_place_may_be_untold() -> None:
    interval = {key: value for key, value in POINT["exercise"]["interval"].items() if "Offset" not in key}

    assert draft_of(point(interval=interval)).utc_offset_seconds is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"interval": {"startTime": "2026-05-01T07:10:00", "endTime": "2026-05-01T00:42:00Z"}}, "startTime"),
        ({"interval": {"startTime": "2026-05-01T00:10:00Z"}}, "endTime"),
        ({"interval": None}, "interval"),
        ({"interval": POINT["exercise"]["interval"] | {"startUtcOffset": "90000s"}}, "startUtcOffset"),
        ({"activeDuration": "PT30M"}, "activeDuration"),
        ({"metricsSummary": {"steps": "many"}}, "steps"),
        ({"metricsSummary": {"caloriesKcal": []}}, "caloriesKcal"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(changes: dict[str, object], field: str) -> None:
    item = one(point(**changes))

    assert isinstance(item, Problem)
    assert item.path[-1] == field


def test_a_roll_up_is_a_day_total_and_a_day_without_steps_is_none() -> None:
    total, empty = items(ADAPTER, sample(ROLLUP))

    assert isinstance(total, DayTotal)
    assert (total.local_date, total.steps, total.energy_kcal) == (date(2026, 5, 1), 8421, None)
    assert isinstance(empty, Skipped)


def test_a_notification_asks_to_fetch_and_a_deletion_without_a_name_is_kept_for_a_person() -> None:
    exercise, steps, deleted, sleep = items(ADAPTER, sample(NOTIFICATIONS))

    assert exercise == Fetch(partner_ref="exercise 2026-05-01T00:10:00Z to 2026-05-01T00:42:00Z", person_ref="4Q7F2K")
    assert isinstance(steps, Fetch)
    assert isinstance(deleted, Problem)
    assert (deleted.code, deleted.person_ref) == ("UNNAMED_DELETION", "4Q7F2K")
    assert isinstance(sleep, Skipped)


def test_a_trial_of_the_address_says_nothing() -> None:
    assert isinstance(one({"type": "verification"}), Skipped)


def test_google_leaves_out_empty_lists() -> None:
    assert list(normalise({})) == list(normalise({"nextPageToken": "x"})) == []


@pytest.mark.parametrize("payload", [None, 1, "x", [1], [[]], {"error": {}}, {"dataPoints": 5}])
def test_what_is_not_google_health_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DOCUMENTS).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    try:
        found = list(normalise(payload))
    except BadPayload:
        return

    assert_sound(found)


def test_pages_follow_the_tokens_and_then_ask_for_the_days() -> None:
    now = {"date": "Fri, 01 May 2026 18:00:00 GMT"}  # already 2 May in Bangkok
    token = "t" * 500
    walk = pages("t0ken", datetime(2026, 1, 15, tzinfo=UTC))

    first = next(walk)
    second = walk.send(httpx2.Response(200, json=json.loads(sample(LIST)) | {"nextPageToken": token}, headers=now))
    days = walk.send(httpx2.Response(200, content=sample(LIST), headers=now))
    rest = walk.send(httpx2.Response(200, content=sample(ROLLUP), headers=now))

    assert first.url.path == "/v4/users/me/dataTypes/exercise/dataPoints"
    assert dict(first.url.params) == {
        "filter": 'exercise.interval.civil_start_time >= "2026-01-14"',
        "pageSize": "25",
    }
    assert first.headers["authorization"] == "Bearer t0ken"
    assert second.url.params["pageToken"] == token
    assert days.url.path.endswith("/steps/dataPoints:dailyRollUp")
    assert json.loads(days.content)["range"]["end"] == {"date": {"year": 2026, "month": 4, "day": 14}}
    assert json.loads(rest.content)["range"] == {
        "start": {"date": {"year": 2026, "month": 4, "day": 14}},
        "end": {"date": {"year": 2026, "month": 5, "day": 3}},
    }
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, content=sample(ROLLUP), headers=now))


def test_pages_end_where_a_token_comes_again_and_refuse_an_answer_without_a_date() -> None:
    walk = pages("t0ken", datetime(2026, 5, 1, tzinfo=UTC))
    next(walk)
    walk.send(httpx2.Response(200, json={"nextPageToken": "a"}))

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(200, json={"nextPageToken": "a"}))


def signed_by(key: ec.EllipticCurvePrivateKey, number: int, body: bytes) -> str:
    der = key.sign(body, ec.ECDSA(SHA256()))
    return base64.b64encode(b"\x01" + number.to_bytes(4, "big") + der).decode()


def keyset_of(key: ec.EllipticCurvePrivateKey, number: int, **changes: object) -> str:
    point = key.public_key().public_numbers()
    x, y = (b"\x00" + coordinate.to_bytes(32, "big") for coordinate in (point.x, point.y))
    message = b"\x12\x06\x08\x03\x10\x02\x18\x02" + b"\x1a\x21" + x + b"\x22\x21" + y
    entry = {
        "keyData": {
            "typeUrl": "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
            "value": base64.b64encode(message).decode(),
            "keyMaterialType": "ASYMMETRIC_PUBLIC",
        },
        "status": "ENABLED",
        "keyId": number,
        "outputPrefixType": "TINK",
    }
    return json.dumps({"primaryKeyId": number, "key": [entry | changes]})


KEY = ec.derive_private_key(0x5EED, ec.SECP256R1())
BODY = sample(NOTIFICATIONS)


def test_what_google_signed_is_verified_whatever_the_case_of_the_header() -> None:
    header = {"x-healthapi-signature": signed_by(KEY, 4_000_000_007, BODY)}

    assert verify(header, BODY, keyset_of(KEY, 4_000_000_007))
    assert not verify(header, BODY + b" ", keyset_of(KEY, 4_000_000_007))


@pytest.mark.parametrize(
    "keyset",
    [
        keyset_of(KEY, 8),
        keyset_of(KEY, 7, status="DISABLED"),
        keyset_of(KEY, 7, outputPrefixType="RAW"),
        keyset_of(KEY, 7, keyData={"value": "AAAA"}),
        keyset_of(KEY, 7, keyData={"value": "!"}),
        keyset_of(KEY, 7, keyData=[]),
        keyset_of(KEY, 7, keyId=2**40),
        keyset_of(ec.derive_private_key(0xBAD, ec.SECP256R1()), 7),
        "{}",
        '{"key": 5}',
        "",
        "\ud800",
    ],
)
def test_no_other_key_verifies(keyset: str) -> None:
    assert not verify({"X-HEALTHAPI-SIGNATURE": signed_by(KEY, 7, BODY)}, BODY, keyset)


@pytest.mark.parametrize(
    "signature", ["", "AQ==", "no base64", "๒", base64.b64encode(b"\x01\x00\x00\x00\x07").decode()]
)
def test_no_forged_signature_is_verified(signature: str) -> None:
    assert not verify({"X-HEALTHAPI-SIGNATURE": signature}, BODY, keyset_of(KEY, 7))
    assert not verify({}, BODY, keyset_of(KEY, 7))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_signature_and_any_key_are_answered(signature: bytes, message: bytes) -> None:
    keyset = keyset_of(KEY, 7, keyData={"value": base64.b64encode(message).decode()})

    assert not verify({"X-HEALTHAPI-SIGNATURE": base64.b64encode(signature).decode()}, BODY, keyset)
