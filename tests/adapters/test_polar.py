"""Polar's exercises, days and webhook events, as recorded, as documented and as broken."""

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
from adapters.garmin import normalise as garmin
from adapters.polar import ADAPTER, SPORTS, normalise, pages, verify
from domain.drafts import DayTotal, Draft, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.sound import assert_sound

RECORDED = "polar_accesslink/exercise_run.json"
EVENT: dict[str, object] = json.loads(sample("polar_accesslink/webhook_exercise_event.json"))
EXERCISE: dict[str, object] = json.loads(sample(RECORDED))
SCENARIO_A = "_scenarios/A_same_run_5_sources/"
DAY = {"date": "2026-01-01", "polar-user": "https://x/v3/users/7", "active-steps": 250, "active-calories": 428}


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(**changes: object) -> Draft:
    item = one(EXERCISE | changes)
    assert isinstance(item, Draft)
    return item


def problem_of(**changes: object) -> Problem:
    item = one(EXERCISE | changes)
    assert isinstance(item, Problem)
    return item


def test_a_recorded_exercise_becomes_the_expected_workout() -> None:
    found = list(items(ADAPTER, sample(RECORDED)))

    assert_as_expected(RECORDED, found)


def test_an_exercise_keeps_everything_it_says() -> None:
    draft = draft_of()

    assert draft.person_ref == "12345"
    assert (draft.pulse_bpm, draft.device_name, draft.source) == (145, "Polar Vantage V2", Source.DEVICE)
    assert (draft.steps, draft.moving_seconds, draft.version) == (None, None, None)


def test_the_local_time_less_its_offset_is_utc() -> None:
    draft = draft_of(start_time="2026-01-01T06:58:40", start_time_utc_offset=420)

    assert draft.started_at == datetime(2025, 12, 31, 23, 58, 40, tzinfo=UTC)
    assert draft.local_date == date(2026, 1, 1)


def test_a_false_z_after_the_local_time_changes_nothing() -> None:
    assert draft_of(start_time="2024-01-15T08:00:00Z").started_at == draft_of().started_at


@pytest.mark.parametrize("offset", [None, "60", 60.5, 2000])
def test_without_its_offset_the_moment_is_not_guessed(offset: object) -> None:
    assert problem_of(start_time_utc_offset=offset).path == ("start_time_utc_offset",)


def test_a_time_with_a_zone_of_its_own_contradicts_the_definition() -> None:
    assert problem_of(start_time="2024-01-15T08:00:00+07:00").path == ("start_time",)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT2H44M45.5S", 9885.5), ("PT34M40S", 2080), ("PT0.789S", 0.789), ("P1DT1S", 86_401), ("PT3600S", 3600)],
)
def test_durations_are_read_with_their_fractions(text: str, seconds: float) -> None:
    assert draft_of(duration=text).elapsed_seconds == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "P", "PT", "1H", "PT1H2", "-PT1H", "PT1e5S", "P1Y", "PT" + "9" * 400 + "S", 3600])
def test_another_spelling_of_a_duration_is_refused(text: object) -> None:
    assert problem_of(duration=text).path == ("duration",)


@pytest.mark.parametrize(
    ("detailed", "general", "sport", "word"),
    [
        ("TRAIL_RUNNING", "RUNNING", Sport.TRAIL_RUN, "TRAIL_RUNNING"),
        (None, "CYCLING", Sport.RIDE, "CYCLING"),
        ("RUNNING_ON_THE_MOON", "RUNNING", Sport.RUN, "RUNNING_ON_THE_MOON"),
        ("UNDERWATER_CHESS", "OTHER", Sport.OTHER, "UNDERWATER_CHESS"),
        (None, None, Sport.OTHER, None),
    ],
)
def test_the_detailed_sport_speaks_before_the_general_one(
    detailed: str | None, general: str | None, sport: Sport, word: str | None
) -> None:
    draft = draft_of(detailed_sport_info=detailed, sport=general)

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_no_word_means_other() -> None:
    assert len(SPORTS) >= 130
    assert Sport.OTHER not in SPORTS.values()


@pytest.mark.parametrize("device", [None, "", "Polar Beat", "Polar Flow app"])
def test_a_phone_or_nothing_named_gets_the_lesser_trust(device: str | None) -> None:
    assert draft_of(device=device).source is Source.PHONE


def test_zero_calories_are_unknown_calories() -> None:
    assert draft_of(calories=0).energy_kcal is None


def test_a_second_device_on_the_same_run_covers_it_to_95_per_cent() -> None:
    (polar,) = items(ADAPTER, sample(SCENARIO_A + "4_polar_exercise.json"))
    (watch,) = garmin(json.loads(sample(SCENARIO_A + "1_garmin_push.json")))

    assert isinstance(polar, Draft)
    assert isinstance(watch, Draft)
    shared = (min(polar.ended_at, watch.ended_at) - max(polar.started_at, watch.started_at)).total_seconds()
    assert (polar.elapsed_seconds, polar.distance_meters, polar.energy_kcal) == (2080, None, 388)
    assert shared / polar.elapsed_seconds == pytest.approx(0.95, abs=0.005)
    assert shared == watch.elapsed_seconds
    assert polar.local_date == watch.local_date


def test_an_exercise_event_asks_to_fetch() -> None:
    assert one(EVENT) == Fetch(partner_ref="aQlC83", person_ref="475")


@pytest.mark.parametrize("changes", [{"date": "2026-01-01"}, {"entity_id": "2026-01-01"}])
def test_a_day_event_asks_to_fetch_the_day(changes: dict[str, object]) -> None:
    assert one(EVENT | {"event": "ACTIVITY_SUMMARY"} | changes) == Fetch(partner_ref="day 2026-01-01", person_ref="475")


@pytest.mark.parametrize("event", ["PING", "SLEEP", "CONTINUOUS_HEART_RATE"])
def test_other_events_are_skipped(event: str) -> None:
    assert isinstance(one({"event": event, "timestamp": "2026-01-01T00:00:00Z"}), Skipped)


@pytest.mark.parametrize(
    "document",
    [DAY, {"start_time": "2026-01-01T00:00:00", "user_id": 7, "steps": 250, "active_calories": 428, "calories": 2329}],
)
def test_a_day_is_a_day_total_of_active_energy(document: object) -> None:
    total = one(document)

    assert isinstance(total, DayTotal)
    assert (total.local_date, total.person_ref, total.steps, total.energy_kcal) == (date(2026, 1, 1), "7", 250, 428)


def test_a_day_without_figures_is_skipped() -> None:
    assert isinstance(one({"date": "2026-01-01", "daily_activity": 1.0}), Skipped)


@pytest.mark.parametrize(("field", "value"), [("date", "2026-02-30"), ("active-steps", -1), ("active-steps", 1e12)])
def test_a_bad_day_is_quarantined(field: str, value: object) -> None:
    item = one(DAY | {field: value})

    assert isinstance(item, Problem)
    assert item.path == (field,)


def test_a_bad_exercise_leaves_the_rest_of_the_list() -> None:
    found = list(normalise([EXERCISE, EXERCISE | {"id": None}, 5, DAY]))

    assert [type(item) for item in found] == [Draft, Problem, Problem, DayTotal]
    assert [item.path for item in found if isinstance(item, Problem)] == [(1, "id"), (2,)]


@pytest.mark.parametrize("payload", [None, 1, "x", {}, [1, "x"], {"error": "no"}, [[]]])
def test_what_is_not_polar_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([EXERCISE, EVENT, DAY, [EXERCISE, DAY]]).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    assert_sound(normalise, payload)


def test_pages_ask_for_exercises_and_days() -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))

    first = next(walk)
    second = walk.send(httpx2.Response(200, json=[EXERCISE]))
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, json=[]))

    assert [request.url.path for request in (first, second)] == ["/v3/exercises", "/v3/users/activities"]
    assert first.headers["authorization"] == "Bearer t0ken"


def test_a_signed_event_is_verified_and_a_forged_one_is_not() -> None:
    body = sample("polar_accesslink/webhook_exercise_event.json")
    signature = hmac.new(b"s3cret", body, sha256).hexdigest()

    assert verify({"Polar-Webhook-Signature": signature}, body, "s3cret")
    assert verify({"polar-webhook-signature": signature}, body, "s3cret")
    assert not verify({"Polar-Webhook-Signature": signature}, body + b" ", "s3cret")
    assert not verify({"Polar-Webhook-Signature": signature}, body, "other")
    assert not verify({"Polar-Webhook-Signature": hmac.new(b"", body, sha256).hexdigest()}, body, "")
    assert not verify({"Polar-Webhook-Signature": "é\udcff"}, body, "s3cret")
    assert not verify({}, body, "s3cret")


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (b'{"event": "PING", "timestamp": "2026-01-01T00:00:00Z"}', True),
        (b'{"event": "PING", "user_id": 7}', False),
        (b'[{"event": "PING"}]', False),
        (b"PING", False),
    ],
)
def test_a_bare_ping_comes_before_the_key_and_is_let_in(body: bytes, taken: bool) -> None:
    assert verify({}, body, "s3cret") is taken


def test_the_card() -> None:
    assert ADAPTER.partner_scopes == ("accesslink.read_all",)
    assert ADAPTER.also_called == ("polar_accesslink",)
