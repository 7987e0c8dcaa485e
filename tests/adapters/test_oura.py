"""Oura's documents and notifications, as recorded, as documented and as broken."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, date, datetime
from hashlib import sha256

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.oura import ADAPTER, SPORTS, normalise, pages, verify
from domain.drafts import DayTotal, Deletion, Draft, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.sound import assert_sound

RECORDED = "oura/workout.json"
PAGE: dict[str, object] = json.loads(sample(RECORDED))
WORKOUT: dict[str, object] = PAGE["data"][0]
SLEEP: dict[str, object] = json.loads(sample("oura/webhook_notification.json"))
NOTICE: dict[str, object] = SLEEP | {"data_type": "workout", "object_id": "oura-workout-abc123"}
DAY: dict[str, object] = {
    "id": "d1",
    "day": "2026-01-01",
    "steps": 9120,
    "active_calories": 412,
    "total_calories": 2412,
    "equivalent_walking_distance": 8040,
    "timestamp": "2026-01-01T04:00:00+07:00",
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


@pytest.mark.parametrize(
    ("source", "manual", "trust"),
    [
        ("manual", True, Source.MANUAL),
        ("autodetected", False, Source.DEVICE),
        ("confirmed", False, Source.DEVICE),
        (None, False, Source.DEVICE),
    ],
)
def test_only_what_was_typed_is_manual(source: str | None, manual: bool, trust: Source) -> None:
    draft = draft_of(source=source)

    assert (draft.manual, draft.source) == (manual, trust)


def test_the_printed_offset_tells_the_place() -> None:
    there = draft_of(start_datetime="2026-01-01T06:30:00+07:00", end_datetime="2026-01-01T07:00:00+07:00")
    nowhere = draft_of(start_datetime="2025-12-31T23:30:00Z", end_datetime="2026-01-01T00:00:00Z")

    assert (there.utc_offset_seconds, nowhere.utc_offset_seconds) == (25_200, None)
    assert there.started_at == nowhere.started_at
    assert there.local_date == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("word", "sport"),
    [
        ("cycling", Sport.RIDE),
        ("Cross country skiing", Sport.XC_SKI),
        ("stand-up_paddling", Sport.SUP),
        ("underwater_chess", Sport.OTHER),
        (None, Sport.OTHER),
    ],
)
def test_an_activity_becomes_a_sport_and_keeps_its_word(word: str | None, sport: Sport) -> None:
    draft = draft_of(activity=word)

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_no_word_means_other() -> None:
    assert len(SPORTS) >= 60
    assert Sport.OTHER not in SPORTS.values()


def test_a_day_is_a_day_total_of_active_energy() -> None:
    total = one(DAY)

    assert isinstance(total, DayTotal)
    assert (total.local_date, total.steps, total.energy_kcal) == (date(2026, 1, 1), 9120, 412)
    assert total.distance_meters is None


def test_a_day_without_figures_is_skipped() -> None:
    assert isinstance(one({"day": "2026-01-01", "total_calories": 1700}), Skipped)


@pytest.mark.parametrize(
    ("change", "item"),
    [
        ({}, Fetch(partner_ref="oura-workout-abc123", person_ref="oura-user-123")),
        ({"event_type": "update"}, Fetch(partner_ref="oura-workout-abc123", person_ref="oura-user-123")),
        ({"event_type": "delete"}, Deletion(partner_ref="oura-workout-abc123", person_ref="oura-user-123")),
        (
            {"data_type": "daily_activity", "object_id": "d1"},
            Fetch(partner_ref="daily_activity d1", person_ref="oura-user-123"),
        ),
    ],
)
def test_a_notification_asks_to_fetch_or_deletes(change: dict[str, object], item: Item) -> None:
    assert one(NOTICE | change) == item


def test_a_notification_about_sleep_or_a_day_taken_back_is_skipped() -> None:
    found = [*items(ADAPTER, sample("oura/webhook_notification.json"))]
    taken_back = one(NOTICE | {"data_type": "daily_activity", "event_type": "delete"})

    assert [type(item) for item in [*found, taken_back]] == [Skipped, Skipped]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (WORKOUT | {"start_datetime": "2024-01-15T08:00:00"}, "start_datetime"),
        (WORKOUT | {"end_datetime": None}, "end_datetime"),
        (WORKOUT | {"id": None}, "id"),
        (WORKOUT | {"calories": "350"}, "calories"),
        (DAY | {"steps": -1}, "steps"),
        (DAY | {"steps": 10**9}, "steps"),
        (DAY | {"day": "1 January"}, "day"),
        (NOTICE | {"event_type": "melt"}, "event_type"),
        (NOTICE | {"object_id": None}, "object_id"),
    ],
)
def test_what_cannot_be_read_is_named(document: object, field: str) -> None:
    item = one({"data": [document]})

    assert isinstance(item, Problem)
    assert item.path == ("data", 0, field)


@pytest.mark.parametrize("payload", [None, 1, {}, [1], [[]], {"data": 5}, {"detail": "no"}])
def test_what_is_not_oura_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([PAGE, NOTICE, DAY, [WORKOUT, DAY]]).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    assert_sound(normalise, payload)


def test_pages_follow_the_token_and_then_ask_for_the_days() -> None:
    walk = pages("t0ken", datetime(2024, 1, 14, 20, tzinfo=UTC))

    first = next(walk)
    second = walk.send(httpx2.Response(200, json={"data": [WORKOUT], "next_token": "more"}))
    third = walk.send(httpx2.Response(200, content=sample(RECORDED)))
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, json={"data": [], "next_token": None}))

    assert [request.url.path.rsplit("/", 1)[1] for request in (first, second, third)] == [
        "workout",
        "workout",
        "daily_activity",
    ]
    assert second.url.params.get("next_token") == "more"
    assert {request.url.params["start_date"] for request in (first, second, third)} == {"2024-01-14"}
    assert "next_token" not in third.url.params


def test_pages_do_not_follow_one_token_for_ever() -> None:
    walk = pages("t0ken", datetime(2024, 1, 14, tzinfo=UTC))
    answer = httpx2.Response(200, json={"data": [], "next_token": "same"})

    next(walk)
    walk.send(answer)
    third = walk.send(answer)

    assert third.url.path.endswith("daily_activity")


def test_pages_refuse_an_answer_that_is_none() -> None:
    walk = pages("t0ken", datetime(2024, 1, 14, tzinfo=UTC))
    next(walk)

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(401, json={"detail": "no"}))


def test_a_signed_notification_is_verified_and_a_forged_one_is_not() -> None:
    body = json.dumps(NOTICE).encode()
    signature = hmac.new(b"s3cret", b"1767225600" + body, sha256).hexdigest().upper()
    headers = {"x-oura-signature": signature, "x-oura-timestamp": "1767225600"}

    assert verify(headers, body, "s3cret")
    assert not verify(headers | {"x-oura-timestamp": "1767225601"}, body, "s3cret")
    assert not verify({"x-oura-signature": hmac.new(b"s3cret", body, sha256).hexdigest()}, body, "s3cret")
    assert not verify(headers, body + b" ", "s3cret")
    assert not verify(headers, body, "")
    assert not verify({}, body, "s3cret")
