"""Legacy Fitbit's logs, step series and notifications, as recorded, as documented and as broken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, date, datetime

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.fitbit import ADAPTER, SPORTS, TYPES, normalise, pages, verify
from domain.drafts import DayTotal, Disconnection, Draft, EnergyKind, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, expected_of, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.soundness import assert_sound

LIST = "fitbit/activity_log_list_item.json"
DAILY = "fitbit/activities-date-single-in-activities-list.json"
SERIES = "fitbit/activities-steps-timeseries.json"
INTRADAY = "fitbit/activities-steps-1d-1m-intraday.json"
NOTIFICATIONS = "fitbit/subscription_notifications.json"
LOG = json.loads(sample(LIST))["activities"][0]
DOCUMENTS = [json.loads(sample(name)) for name in (LIST, DAILY, SERIES, INTRADAY, NOTIFICATIONS)]


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(**changes: object) -> Draft:
    item = one({"activities": [LOG | changes]})
    assert isinstance(item, Draft)
    return item


def test_a_recorded_list_becomes_the_expected_workout() -> None:
    assert_as_expected(LIST, items(ADAPTER, sample(LIST)))


def test_a_local_time_without_a_zone_is_quarantined_and_not_guessed() -> None:
    quarantined, summary = items(ADAPTER, sample(DAILY))

    assert expected_of(DAILY)[0]["start_utc"] is None
    assert isinstance(quarantined, Problem)
    assert (quarantined.code, quarantined.path) == ("MISSING_ZONE", ("activities", 0, "startTime"))
    assert b"79441095" in quarantined.raw
    assert isinstance(summary, Skipped)


def test_a_log_keeps_everything_it_says() -> None:
    draft = draft_of(
        activeDuration=3500000, lastModified="2024-01-15T09:00:00.000Z", startTime="2024-01-15T14:30:00+07:00"
    )

    assert (draft.started_at, draft.utc_offset_seconds) == (datetime(2024, 1, 15, 7, 30, tzinfo=UTC), 25200)
    assert (draft.elapsed_seconds, draft.moving_seconds) == (3600, 3500)
    assert (draft.pulse_bpm, draft.device_name, draft.source) == (155, "Fitbit Charge 6", Source.DEVICE)
    assert (draft.energy_kcal, draft.energy_kind) == (500, EnergyKind.TOTAL)
    assert draft.version == 1705309200000000


@pytest.mark.parametrize(
    ("unit", "meters"), [(None, 10000), ("Kilometer", 10000), ("Mile", 16093.44), ("mile", 16093.44)]
)
def test_a_distance_is_in_the_unit_it_names(unit: str | None, meters: float) -> None:
    assert draft_of(distanceUnit=unit).distance_meters == pytest.approx(meters)


def test_an_unknown_unit_is_quarantined() -> None:
    item = one({"activities": [LOG | {"distanceUnit": "Furlong"}]})

    assert isinstance(item, Problem)
    assert item.path == ("activities", 0, "distanceUnit")


@pytest.mark.parametrize(
    ("changes", "sport", "word"),
    [
        ({"activityName": "วิ่ง"}, Sport.RUN, "วิ่ง"),  # translated, but the type's number is not
        ({"activityTypeId": None}, Sport.RUN, "Run"),
        ({"activityTypeId": 1, "activityName": "Rowing Machine"}, Sport.ROWING_MACHINE, "Rowing Machine"),
        ({"activityTypeId": 15000, "activityName": "Sport"}, Sport.OTHER, "Sport"),
        ({"activityTypeId": 999, "activityName": None}, Sport.OTHER, "999"),
    ],
)
def test_a_type_or_a_name_becomes_a_sport_and_keeps_its_word(
    changes: dict[str, object], sport: Sport, word: str
) -> None:
    draft = draft_of(**changes)

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_no_word_means_other() -> None:
    assert Sport.OTHER not in {*SPORTS.values(), *TYPES.values()}
    assert all(word == word.lower() for word in SPORTS)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"logType": "manual"}, Source.MANUAL),
        ({"logType": "mobile_run"}, Source.PHONE),
        ({"logType": "tracker", "source": None}, Source.DEVICE),
        ({"logType": "auto_detected", "source": None}, Source.DEVICE),
        ({"source": {"name": "Strava", "type": "app"}}, Source.PHONE),
        ({"source": None}, Source.PHONE),
    ],
)
def test_the_source_is_what_measured_it(changes: dict[str, object], expected: Source) -> None:
    draft = draft_of(**changes)

    assert (draft.source, draft.manual) == (expected, expected is Source.MANUAL)


def test_a_series_is_day_totals() -> None:
    found = list(items(ADAPTER, sample(SERIES)))

    assert [(item.local_date, item.steps) for item in found if isinstance(item, DayTotal)] == [
        (date(2015, 8, 23), 175),
        (date(2015, 8, 24), 2937),
        (date(2015, 8, 25), 0),
    ]


def test_minutes_are_not_added_to_their_day() -> None:
    total, minutes = items(ADAPTER, sample(INTRADAY))

    assert isinstance(total, DayTotal)
    assert (total.local_date, total.steps) == (date(2015, 8, 21), 3212)
    assert isinstance(minutes, Skipped)


def test_notifications_fetch_and_disconnect() -> None:
    activities, sleep, revoked = items(ADAPTER, sample(NOTIFICATIONS))

    assert activities == Fetch(partner_ref="activities 2026-05-01", person_ref="228S74")
    assert isinstance(sleep, Skipped)
    assert revoked == Disconnection(person_ref="184X36")


@pytest.mark.parametrize("wrapped", [LOG, {"activityLog": LOG}])
def test_a_single_log_is_read_too(wrapped: dict[str, object]) -> None:
    assert isinstance(one(wrapped), Draft)


@pytest.mark.parametrize("payload", [None, 1, "x", {}, [1], [[]], {"errors": []}])
def test_what_is_not_fitbit_at_all_is_refused(payload: object) -> None:
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


def answer(following: object) -> httpx2.Response:
    return httpx2.Response(200, json=json.loads(sample(LIST)) | {"pagination": {"next": following}})


def test_pages_follow_the_next_page_and_then_ask_for_the_steps_of_each_day() -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, 18, 0, tzinfo=UTC))
    following = (
        "https://api.fitbit.com/1/user/-/activities/list.json?offset=100&limit=100&sort=asc&afterDate=2026-01-02"
    )

    first = next(walk)
    second = walk.send(answer(following))
    steps = walk.send(httpx2.Response(200, content=sample(LIST)))

    assert first.url.path == "/1/user/-/activities/list.json"
    assert dict(first.url.params) == {"afterDate": "2026-01-02", "sort": "asc", "limit": "100", "offset": "0"}
    assert "accept-language" not in first.headers
    assert str(second.url) == following
    assert second.headers["authorization"] == "Bearer t0ken"
    assert steps.url.path == "/1/user/-/activities/steps/date/2026-01-02/today.json"
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, content=sample(SERIES)))


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/1/user/-/activities/list.json?x",
        "https://api.fitbit.com.evil.example/list.json?",
        "https://api.fitbit.com/1/user/-/profile.json",
        "http://169.254.169.254/",
        7,
    ],
)
def test_the_token_never_goes_elsewhere(following: object) -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    next(walk)

    with pytest.raises(BadPayload):
        walk.send(answer(following))


def test_a_list_that_leads_back_to_itself_ends() -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    first = next(walk)

    assert "steps" in walk.send(answer(str(first.url))).url.path


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(f"{secret}&".encode(), body, hashlib.sha1).digest()).decode()


def test_what_fitbit_signed_is_verified() -> None:
    body = sample(NOTIFICATIONS)

    assert verify({"X-Fitbit-Signature": signature(body, "s3cret")}, body, "s3cret")
    assert verify({"x-fitbit-signature": signature(body, "s3cret")}, body, "s3cret")


@pytest.mark.parametrize(
    "given_signature", ["", "x", "๒", signature(b"[]", "s3cret"), signature(sample(NOTIFICATIONS), "other")]
)
def test_nothing_else_is_verified(given_signature: str) -> None:
    body = sample(NOTIFICATIONS)

    assert not verify({"X-Fitbit-Signature": given_signature}, body, "s3cret")
    assert not verify({"X-Fitbit-Signature": signature(body, "")}, body, "")
    assert not verify({}, body, "s3cret")
