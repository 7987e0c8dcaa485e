"""Wahoo's workouts and summaries, as recorded, as documented and as broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.wahoo import ADAPTER, SPORTS, normalise, pages, verify
from domain.drafts import Draft, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import expected_of, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.sound import assert_sound

RECORDED = "wahoo/webhook_workout_summary_docs.json"
EVENT: dict[str, object] = json.loads(sample(RECORDED))
FIGURES: dict[str, object] = {
    "calories_accum": "1500.00",
    "distance_accum": "24909.71",
    "duration_active_accum": "179.00",
    "duration_paused_accum": "95.25",
    "duration_total_accum": "275.00",
    "heart_rate_avg": "100.40",
    "work_accum": "620000.00",
}


def pushed(workout: dict[str, object] | None = None, **figures: object) -> dict[str, object]:
    summary = EVENT["workout_summary"]
    return EVENT | {
        "workout_summary": summary | FIGURES | figures | {"workout": summary["workout"] | (workout or {})},
    }


def listed(**changes: object) -> dict[str, object]:
    summary = {name: value for name, value in EVENT["workout_summary"].items() if name != "workout"} | FIGURES
    return EVENT["workout_summary"]["workout"] | {"user_id": 60462, "workout_summary": summary} | changes


PAGE: dict[str, object] = {"workouts": [listed(), listed(id=2, workout_summary=None)], "total": 2, "page": 1}


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(document: object) -> Draft:
    item = one(document)
    assert isinstance(item, Draft)
    return item


def test_a_summary_whose_figures_are_not_there_yet_asks_to_fetch() -> None:
    (wanted,) = expected_of(RECORDED)

    found = list(items(ADAPTER, sample(RECORDED)))

    assert found == [Fetch(partner_ref=str(wanted["external_id"]), person_ref="60462")]


def test_a_summary_with_figures_is_a_workout() -> None:
    draft = draft_of(pushed())

    assert (draft.partner_ref, draft.person_ref, draft.title) == ("56519", "60462", "Friday Fun")
    assert draft.started_at == datetime(2015, 8, 12, 9, tzinfo=UTC)
    assert (draft.elapsed_seconds, draft.moving_seconds) == (275, 179)
    assert (draft.distance_meters, draft.energy_kcal, draft.pulse_bpm) == (24909.71, 1500, 100)
    assert (draft.source, draft.utc_offset_seconds) == (Source.DEVICE, None)


def test_a_listed_workout_is_the_same_as_a_pushed_one() -> None:
    found, planned = normalise(PAGE)

    assert isinstance(found, Draft)
    assert isinstance(planned, Skipped)
    wanted = draft_of(pushed())
    assert (found.partner_ref, found.person_ref, found.version) == (wanted.partner_ref, "60462", wanted.version)


def test_the_plan_is_not_what_was_measured() -> None:
    assert draft_of(pushed({"minutes": 600})).elapsed_seconds == 275


def test_without_a_total_the_parts_are_added() -> None:
    assert draft_of(pushed(duration_total_accum=None)).elapsed_seconds == 274.25


def test_work_on_the_pedals_is_not_energy() -> None:
    assert draft_of(pushed(calories_accum=None)).energy_kcal is None
    assert draft_of(pushed(calories_accum="0.00")).energy_kcal is None


def test_a_later_change_has_a_higher_version() -> None:
    former, later = draft_of(pushed()), draft_of(pushed(updated_at="2018-10-23T20:43:50.001Z"))

    assert later.version == former.version + 1000


def test_what_a_person_typed_is_manual() -> None:
    draft = draft_of(pushed(manual=True))

    assert (draft.manual, draft.source) == (True, Source.MANUAL)


@pytest.mark.parametrize(
    ("number", "sport", "word"),
    [(0, Sport.RIDE, "0"), (40, Sport.KITESURF, "40"), (17, Sport.OTHER, "17"), (None, Sport.OTHER, None)],
)
def test_a_number_names_the_sport(number: object, sport: Sport, word: str | None) -> None:
    draft = draft_of(pushed({"workout_type_id": number}))

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_no_number_means_other() -> None:
    assert len(SPORTS) >= 55
    assert Sport.OTHER not in SPORTS.values()


def test_the_shared_token_and_the_link_to_the_track_are_kept_nowhere() -> None:
    found = [one(pushed()), one(pushed({"starts": "late"})), one(listed())]

    kept = [item.raw for item in found if isinstance(item, Draft | Problem)]
    assert len(kept) == 3
    assert not any(b"webhook_token" in raw or b"amazonaws" in raw for raw in kept)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("distance_accum", "far"),
        ("distance_accum", "1e5"),
        ("distance_accum", "9" * 400),
        ("distance_accum", "NaN"),
        ("distance_accum", "๑๒"),
        ("distance_accum", True),
        ("duration_total_accum", "1:00"),
        ("updated_at", None),
        ("updated_at", "yesterday"),
        ("manual", "no"),
    ],
)
def test_a_figure_that_cannot_be_read_is_named(field: str, value: object) -> None:
    item = one(pushed(**{field: value}))

    assert isinstance(item, Problem)
    assert item.path == ("workout_summary", field)


@pytest.mark.parametrize(("field", "value"), [("id", None), ("starts", None), ("starts", "2015-08-12T09:00:00")])
def test_a_workout_that_cannot_be_read_is_named(field: str, value: object) -> None:
    item = one(pushed({field: value}))

    assert isinstance(item, Problem)
    assert item.path == ("workout_summary", "workout", field)


def test_another_event_is_skipped() -> None:
    assert isinstance(one(EVENT | {"event_type": "route"}), Skipped)


@pytest.mark.parametrize("payload", [None, 1, {}, [1], [[]], {"workouts": 5}, {"error": "no"}])
def test_what_is_not_wahoo_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([EVENT, pushed(), PAGE]).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    assert_sound(normalise, payload)


def test_pages_go_back_until_before_the_start() -> None:
    walk = pages("t0ken", datetime(2015, 8, 1, tzinfo=UTC))

    first = next(walk)
    second = walk.send(httpx2.Response(200, json=PAGE))
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, json={"workouts": [listed(starts="2015-07-31T09:00:00.000Z")]}))

    assert [request.url.params["page"] for request in (first, second)] == ["1", "2"]
    assert first.headers["authorization"] == "Bearer t0ken"


def test_pages_end_with_an_empty_one_and_refuse_what_is_none() -> None:
    walk = pages("t0ken", datetime(2015, 8, 1, tzinfo=UTC))
    next(walk)
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, json={"workouts": []}))

    walk = pages("t0ken", datetime(2015, 8, 1, tzinfo=UTC))
    next(walk)
    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(401, json={"error": "no"}))


def test_the_shared_token_is_asked_for() -> None:
    body = sample(RECORDED)

    assert verify({}, body, "<webhook_token>")
    assert not verify({}, body, "<webhook_token")
    assert not verify({}, body, "")


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"webhook_token": ""}', b'{"webhook_token": null}', b"{}"])
def test_nothing_else_is_verified(body: bytes) -> None:
    assert not verify({}, body, "t")
    assert not verify({}, body, "")
