"""Suunto's workouts and notifications, as recorded, as documented and as broken."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import completed, items
from adapters.suunto import ADAPTER, SPORTS, normalise, pages, verify
from domain.drafts import Draft, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.sound import assert_sound

RECORDED = "suunto/workouts_list.json"
LIST: dict[str, object] = json.loads(sample(RECORDED))
WORKOUT: dict[str, object] = LIST["payload"][0]
PUSHED: dict[str, object] = {
    "type": "WORKOUT_CREATED",
    "username": "somchai",
    "workout": {
        "workoutKey": "67604889401b942184624cb8",
        "activityId": 22,
        "startTime": 1702729200000,
        "totalTime": 3600,
        "energyConsumption": 500,
        "stepCount": 8500,
        "totalDistance": 10000,
        "hrdata": {"workoutAvgHR": 145, "workoutMaxHR": 175},
        "avgSpeed": 2.78,
        "maxSpeed": 6,
        "timeOffsetInMinutes": 420,
    },
    "gear": {"manufacturer": "Suunto", "name": "Suunto Vertical", "productType": "SPORT_WATCH"},
}


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(**changes: object) -> Draft:
    item = one(WORKOUT | changes)
    assert isinstance(item, Draft)
    return item


def test_recorded_workouts_become_the_expected_ones() -> None:
    found = list(items(ADAPTER, sample(RECORDED)))

    assert_as_expected(RECORDED, found)


def test_a_pushed_workout_keeps_everything_it_says() -> None:
    draft = one(PUSHED)

    assert isinstance(draft, Draft)
    assert (draft.partner_ref, draft.person_ref) == ("67604889401b942184624cb8", "somchai")
    assert (draft.sport, draft.sport_word) == (Sport.TRAIL_RUN, "22")
    assert (draft.utc_offset_seconds, draft.pulse_bpm, draft.peak_speed_mps) == (25_200, 145, 6)
    assert (draft.source, draft.device_name) == (Source.DEVICE, "Suunto Vertical")


def test_the_older_id_is_another_name_of_the_workout() -> None:
    draft = draft_of(workoutKey="abc")

    assert (draft.partner_ref, draft.known_as) == ("abc", ("123456789",))


def test_a_pause_lies_between_the_motion_and_the_stop() -> None:
    draft = draft_of(totalTime=3000.5)

    assert (draft.elapsed_seconds, draft.moving_seconds) == (3600, 3000.5)


@pytest.mark.parametrize("stop", [None, 1705309199000])
def test_without_a_true_stop_the_motion_is_all_there_is(stop: object) -> None:
    draft = draft_of(stopTime=stop)

    assert (draft.elapsed_seconds, draft.moving_seconds) == (3600, None)


def test_the_users_own_maximum_is_not_the_pulse_of_the_workout() -> None:
    assert draft_of(hrdata={"max": 190, "avg": 140}).pulse_bpm == 140
    assert draft_of(hrdata={"max": 190}).pulse_bpm is None


def test_what_a_person_typed_is_manual() -> None:
    draft = draft_of(isManuallyAdded=True)

    assert (draft.manual, draft.source) == (True, Source.MANUAL)


def test_a_workout_without_gear_was_made_by_the_phone() -> None:
    assert draft_of(gear=None).source is Source.PHONE


@pytest.mark.parametrize(("number", "sport", "word"), [(999, Sport.OTHER, "999"), (None, Sport.OTHER, None)])
def test_an_unknown_number_is_other_and_kept(number: object, sport: Sport, word: str | None) -> None:
    draft = draft_of(activityId=number)

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_no_number_means_other() -> None:
    assert len(SPORTS) >= 95
    assert Sport.OTHER not in SPORTS.values()


def test_the_older_notification_asks_to_fetch() -> None:
    found = list(items(ADAPTER, sample("suunto/workout_live_notification.json")))

    assert found == [Fetch(partner_ref="5f1e8a9e2c3d4b5a6f7e8d9c", person_ref="suuntouser")]


@pytest.mark.parametrize("kind", ["ROUTE_CREATED", "SUUNTO_247_SLEEP_CREATED", "SUUNTO_247_ACTIVITY_CREATED"])
def test_other_notifications_are_skipped(kind: str) -> None:
    assert isinstance(one({"type": kind, "username": "somchai", "samples": []}), Skipped)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("startTime", "1705309200000"),
        ("startTime", None),
        ("startTime", 1e30),
        ("startTime", 1705309200000000),
        ("totalTime", None),
        ("totalTime", "3600"),
        ("stepCount", 12.5),
        ("timeOffsetInMinutes", 10_000),
        ("isManuallyAdded", 1),
        ("hrdata", 5),
        ("gear", []),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(field: str, value: object) -> None:
    item = one({"payload": [WORKOUT | {field: value}]})

    assert isinstance(item, Problem)
    assert item.path == ("payload", 0, field)


def test_a_workout_without_any_name_is_quarantined() -> None:
    item = one(WORKOUT | {"workoutId": None})

    assert isinstance(item, Problem)
    assert item.path == ("workoutKey",)


def test_a_bad_workout_leaves_the_rest() -> None:
    found = list(normalise({"error": None, "payload": [5, WORKOUT, {"workoutKey": "x"}]}))

    assert [type(item) for item in found] == [Problem, Draft, Problem]


@pytest.mark.parametrize(
    "payload",
    [None, 1, {}, [1], [[]], {"payload": None}, {"payload": 5}, {"error": {"code": 403}, "payload": []}],
)
def test_what_is_not_suunto_or_is_an_error_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


def test_an_empty_page_holds_nothing() -> None:
    assert list(normalise({"error": None, "payload": []})) == []


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([LIST, PUSHED, {"username": "u", "workoutid": "w"}]).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    assert_sound(normalise, payload)


def test_pages_go_on_until_one_is_empty_and_want_our_key() -> None:
    walk = pages("t0ken", datetime(2024, 1, 1, tzinfo=UTC))

    first = next(walk)
    second = walk.send(httpx2.Response(200, content=sample(RECORDED)))
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, json={"error": None, "payload": []}))

    assert first.url.params["since"] == "1704067200000"
    assert [request.url.params["offset"] for request in (first, second)] == ["0", "100"]
    assert completed(first, application_key="k3y").headers["ocp-apim-subscription-key"] == "k3y"
    with pytest.raises(ValueError, match="Ocp-Apim-Subscription-Key"):
        completed(second)


@pytest.mark.parametrize("body", [b"[]", b'{"error": "x"}', b"no"])
def test_pages_refuse_an_answer_without_workouts(body: bytes) -> None:
    walk = pages("t0ken", datetime(2024, 1, 1, tzinfo=UTC))
    next(walk)

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(200, content=body))


def test_a_signed_notification_is_verified_and_a_forged_one_is_not() -> None:
    body = json.dumps(PUSHED).encode()
    signature = hmac.new(b"s3cret", body, sha256).hexdigest()

    assert verify({"x-hmac-sha256-signature": signature}, body, "s3cret")
    assert verify({"X-HMAC-SHA256-Signature": signature.upper()}, body, "s3cret")
    assert not verify({"X-HMAC-SHA256-Signature": signature}, body[:-1], "s3cret")
    assert not verify({"X-HMAC-SHA256-Signature": signature[:-1]}, body, "s3cret")
    assert not verify({"X-HMAC-SHA256-Signature": ""}, body, "s3cret")
    assert not verify({}, body, "s3cret")
