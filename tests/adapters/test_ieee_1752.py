"""IEEE 1752.1 data points, as constructed against the schema, and as broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from adapters.base import items
from adapters.ieee_1752 import ADAPTER, normalise
from domain.drafts import Draft, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.sound import assert_sound

RECORDED = "ieee_1752_1/data_point_walk.json"
SCHEMA: dict[str, object] = json.loads(sample("ieee_1752_1/_schema_physical-activity-1.0.json"))
POINT: dict[str, object] = json.loads(sample(RECORDED))


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def with_body(**changes: object) -> dict[str, object]:
    return POINT | {"body": POINT["body"] | changes}


def with_header(**changes: object) -> dict[str, object]:
    return POINT | {"header": POINT["header"] | changes}


def draft_of(document: object) -> Draft:
    item = one(document)
    assert isinstance(item, Draft)
    return item


def test_a_recorded_data_point_becomes_the_expected_workout() -> None:
    found = list(items(ADAPTER, sample(RECORDED)))

    assert_as_expected(RECORDED, found)


def test_the_header_names_the_record_and_its_modality_the_trust() -> None:
    sensed, reported = draft_of(POINT), draft_of(with_header(modality="self-reported", user_id="p-7"))

    assert sensed.partner_ref == reported.partner_ref == "7e0fd6e0-5d2a-4a43-9a3e-2b7a0f8b4c11"
    assert (sensed.person_ref, sensed.source, sensed.manual) == (None, Source.DEVICE, False)
    assert (reported.person_ref, reported.source, reported.manual) == ("p-7", Source.MANUAL, True)


def test_a_later_point_of_the_same_record_has_a_higher_version() -> None:
    later = draft_of(with_header(source_creation_date_time="2026-03-01T18:05:01+07:00"))

    assert later.version == draft_of(POINT).version + 1_000_000


@pytest.mark.parametrize("unit", ["laps", "strokes", "movements", "jumping jacks"])
def test_other_movements_are_not_steps(unit: str) -> None:
    assert draft_of(with_body(base_movement_quantity={"value": 40, "unit": unit})).steps is None


@pytest.mark.parametrize("name", ["sedentary", "Sitting", "lying down"])
def test_time_without_exercise_is_skipped(name: str) -> None:
    assert isinstance(one(with_body(activity_name=name)), Skipped)


def test_an_average_over_days_is_skipped() -> None:
    document = with_body(descriptive_statistic="average", descriptive_statistic_denominator="d")

    assert isinstance(one(document), Skipped)


def test_every_figure_of_the_schema_may_be_missing_but_two() -> None:
    required = set(SCHEMA["required"])
    bare = {name: POINT["body"][name] for name in required}

    draft = draft_of({"header": POINT["header"], "body": bare})

    assert required == {"activity_name", "effective_time_frame"}
    assert (draft.sport, draft.distance_meters, draft.energy_kcal, draft.steps) == (Sport.WALK, None, None, None)
    assert draft.moving_seconds is None


@pytest.mark.parametrize("name", ["activity_name", "effective_time_frame"])
def test_those_two_may_not(name: str) -> None:
    item = one(with_body(**{name: None}))

    assert isinstance(item, Problem)
    assert item.path == ("body", name)


def test_a_time_without_zone_is_not_guessed() -> None:
    interval = {"start_date_time": "2026-03-01T17:00:00", "end_date_time": "2026-03-01T18:00:00"}

    item = one(with_body(effective_time_frame={"time_interval": interval}))

    assert isinstance(item, Problem)
    assert item.path == ("body", "effective_time_frame", "time_interval", "start_date_time")


@pytest.mark.parametrize("payload", [None, 1, {}, [[]], {"uuid": "x"}])
def test_what_is_no_data_point_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


@settings(max_examples=100, deadline=None)
@given(mutated(POINT) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    assert_sound(normalise, payload)


def test_the_card() -> None:
    assert ADAPTER.also_called == ("ieee_1752_1",)
    assert ADAPTER.verify is None
