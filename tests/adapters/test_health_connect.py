"""Health Connect as phones post it: synchronisations and records, as recorded, as documented and as broken."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import garmin, strava
from adapters.base import items
from adapters.health_connect import ADAPTER, normalise
from adapters.health_connect_sports import SPORTS, WORDS
from domain.activities import Report
from domain.dedupe import clusters
from domain.drafts import DayTotal, Deletion, Draft, EnergyKind, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.soundness import assert_sound

SYNC = "health_connect/sdk_sync_payload.json"
RECORD = "health_connect/exercise_session_record.json"
BATCH = "health_connect/records_batch.json"
SCENARIO_A = "_scenarios/A_same_run_5_sources"
COPY = f"{SCENARIO_A}/3_health_connect_sync.json"
DOCUMENTS = [json.loads(sample(name)) for name in (SYNC, RECORD, BATCH, COPY)]
WORKOUT = DOCUMENTS[0]["data"]["workouts"][0]
SESSION = DOCUMENTS[1]


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(document: object) -> Draft:
    item = one(document)
    assert isinstance(item, Draft)
    return item


def workout(**changes: object) -> dict[str, object]:
    return {"data": {"workouts": [WORKOUT | changes]}}


def session(**changes: object) -> dict[str, object]:
    return SESSION | {"metadata": SESSION["metadata"] | changes}


@pytest.mark.parametrize("name", [SYNC, RECORD])
def test_a_recorded_payload_becomes_the_expected_workout(name: str) -> None:
    assert_as_expected(name, items(ADAPTER, sample(name)))


def test_the_same_steps_of_two_apps_are_not_counted_into_the_workout_of_a_third() -> None:
    first, second, run = items(ADAPTER, sample(SYNC))

    assert isinstance(first, Skipped)
    assert isinstance(second, Skipped)
    assert isinstance(run, Draft)
    assert run.steps is None


def test_a_workout_that_says_total_energy_is_marked_so() -> None:
    draft = draft_of(json.loads(sample(COPY)))

    assert (draft.started_at, draft.elapsed_seconds) == (datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC), 1979)
    assert (draft.distance_meters, draft.energy_kcal, draft.energy_kind) == (5030, 409, EnergyKind.TOTAL)
    assert (draft.source, draft.device_name) == (Source.DEVICE, "com.garmin.android.apps.connectmobile")


def report_of(partner: str, draft: Draft) -> Report:
    figures = ("partner_ref", "known_as", "sport", "started_at", "ended_at", "elapsed_seconds", "moving_seconds")
    figures += (
        "distance_meters",
        "energy_kcal",
        "energy_kind",
        "steps",
        "pulse_bpm",
        "peak_speed_mps",
        "p95_speed_mps",
        "manual",
    )
    upstream = draft.upstream or (None, None)
    return Report(
        user_id=UUID(int=1),
        id=UUID(int=sum(partner.encode())),
        activity_id=None,
        partner_name=partner,
        coarse=draft.coarse,
        source=draft.source,
        upstream_partner=upstream[0],
        upstream_ref=upstream[1],
        owner_only=False,
        received_at=datetime(2027, 1, 1, tzinfo=UTC),
        **{name: getattr(draft, name) for name in figures},
    )


def test_the_run_that_garmin_strava_and_the_phone_report_is_one_workout() -> None:
    sent = {
        "garmin": (garmin.ADAPTER, "1_garmin_push.json"),
        "strava": (strava.ADAPTER, "2_strava_detailed_activity.json"),
        "health_connect": (ADAPTER, "3_health_connect_sync.json"),
    }
    reports = [
        report_of(partner, draft)
        for partner, (card, name) in sent.items()
        for draft in items(card, sample(f"{SCENARIO_A}/{name}"))
        if isinstance(draft, Draft)
    ]

    assert len(reports) == 3
    assert [len(cluster) for cluster in clusters(reports)] == [3]


def test_a_workout_belongs_to_the_bangkok_day_on_which_it_started() -> None:
    edges = json.loads(sample("_scenarios/D_time/1_bangkok_midnight.json"))

    for edge in edges:
        assert str(draft_of(workout(startDate=edge["start"])).local_date) == edge["local_day"]


def test_a_session_is_joined_with_the_records_of_its_own_app_alone() -> None:
    found = list(items(ADAPTER, sample(BATCH)))
    walk = found[0]

    assert isinstance(walk, Draft)
    assert (walk.sport, walk.title) == (Sport.WALK, "เดินเช้า")
    assert (walk.steps, walk.distance_meters) == (1800 + 1910, 2650.5)
    assert (walk.energy_kcal, walk.energy_kind) == (121.5, EnergyKind.ACTIVE)
    assert (walk.device_name, walk.source) == ("Galaxy Watch7", Source.DEVICE)
    assert b"StepsRecord" in walk.raw
    assert b"c-3" not in walk.raw
    assert [type(item) for item in found[1:9]] == [Skipped] * 8


def test_a_day_of_the_phones_aggregate_is_a_day_total() -> None:
    (total,) = [item for item in items(ADAPTER, sample(BATCH)) if isinstance(item, DayTotal)]

    assert (total.local_date, total.steps, total.energy_kcal) == (date(2026, 4, 30), 8120, 310)
    assert total.version == 1777597200000000


def test_a_deletion_takes_each_name_that_the_record_may_go_by() -> None:
    gone = [item for item in items(ADAPTER, sample(BATCH)) if isinstance(item, Deletion)]
    (held,) = items(ADAPTER, sample(RECORD))

    assert isinstance(held, Draft)
    assert [item.partner_ref for item in gone] == ["5c1f2f0e-3f1f-4f55-8b9d-1f7c0a5f1b11", "strava-123", "s-0"]
    assert {held.partner_ref, *held.known_as} <= {item.partner_ref for item in gone}


def test_the_writing_apps_count_orders_versions_and_else_the_time_of_change() -> None:
    counted = draft_of(session(clientRecordVersion=3))
    uncounted = draft_of(session(clientRecordId=None, clientRecordVersion=None))

    assert (counted.partner_ref, counted.version) == ("strava-123", 3)
    assert (uncounted.partner_ref, uncounted.version) == ("5c1f2f0e-3f1f-4f55-8b9d-1f7c0a5f1b11", 1777596300000000)


@pytest.mark.parametrize(
    ("kind", "sport", "word"),
    [
        (79, Sport.WALK, "WALKING"),
        (0, Sport.OTHER, "OTHER_WORKOUT"),
        (9999, Sport.OTHER, "9999"),
        ("EXERCISE_TYPE_YOGA", Sport.YOGA, "EXERCISE_TYPE_YOGA"),
        (None, Sport.OTHER, None),
    ],
)
def test_an_exercise_type_becomes_a_sport_and_keeps_its_word(kind: object, sport: Sport, word: str | None) -> None:
    draft = draft_of(SESSION | {"exerciseType": kind})

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_an_unknown_word_of_a_synchronisation_is_kept() -> None:
    draft = draft_of(workout(type="SEPAK_TAKRAW"))

    assert (draft.sport, draft.sport_word) == (Sport.OTHER, "SEPAK_TAKRAW")


def test_no_word_means_other_and_each_is_said_once() -> None:
    assert Sport.OTHER not in SPORTS.values()
    assert len(WORDS) == len(set(WORDS.values())) >= 60


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"recordingMethod": 3}, Source.MANUAL),
        ({"recordingMethod": 2, "device": {"type": 6}}, Source.DEVICE),
        ({"device": {"type": "watch"}}, Source.DEVICE),
        ({"device": {"type": 2}}, Source.PHONE),
        ({}, Source.PHONE),
    ],
)
def test_the_source_is_what_measured_it(changes: dict[str, object], expected: Source) -> None:
    draft = draft_of(session(**changes))

    assert (draft.source, draft.manual) == (expected, expected is Source.MANUAL)


@pytest.mark.parametrize("origin", ["com.strava", {"packageName": "com.strava"}])
def test_the_writing_app_is_named_in_two_spellings(origin: object) -> None:
    assert draft_of(session(dataOrigin=origin)).device_name == "com.strava"


@pytest.mark.parametrize(
    ("values", "meters", "kcal", "kind"),
    [
        ([{"type": "distance", "unit": "km", "value": 5}], 5000, None, EnergyKind.TOTAL),
        (
            [{"type": "totalCalories", "value": 400}, {"type": "activeCalories", "unit": "kJ", "value": 1255.2}],
            None,
            pytest.approx(300),
            EnergyKind.ACTIVE,
        ),
        ([{"type": "elevation", "unit": "furlong", "value": 1}], None, None, EnergyKind.TOTAL),
    ],
)
def test_values_are_in_the_units_they_name(values: object, meters: float, kcal: float, kind: EnergyKind) -> None:
    draft = draft_of(workout(values=values))

    assert (draft.distance_meters, draft.energy_kcal, draft.energy_kind) == (meters, kcal, kind)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"startDate": "2026-05-01T07:10:00"}, "startDate"),
        ({"zoneOffset": "Bangkok"}, "zoneOffset"),
        ({"endDate": None}, "endDate"),
        ({"values": [{"type": "distance", "unit": "furlong", "value": 1}]}, "unit"),
        ({"values": 5}, "values"),
        ({"id": None}, "id"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(changes: dict[str, object], field: str) -> None:
    item = one(workout(**changes))

    assert isinstance(item, Problem)
    assert item.path[:3] == ("data", "workouts", 0)
    assert item.path[-1] == field


def test_a_record_that_cannot_be_read_leaves_the_rest() -> None:
    batch = json.loads(sample(BATCH))
    batch["records"][1]["count"] = "many"

    found = list(normalise(batch))

    assert isinstance(found[0], Draft)
    assert found[0].steps == 1910
    assert isinstance(found[1], Problem)
    assert found[1].path == ("records", 1, "count")


def test_records_of_an_untold_app_are_joined_with_nothing() -> None:
    batch = json.loads(sample(BATCH))["records"]
    for record in batch:
        record["metadata"].pop("dataOrigin")

    assert draft_of([batch[0]]).steps is None
    assert isinstance(found := next(iter(normalise(batch))), Draft)
    assert found.steps is None


def test_a_batch_that_would_grow_as_its_square_is_refused() -> None:
    batch = json.loads(sample(BATCH))["records"]

    with pytest.raises(BadPayload):
        list(normalise([batch[0]] * 400 + [batch[1]] * 400))


@pytest.mark.parametrize("payload", [None, 1, "x", {}, [1], [[]], {"data": 5}, {"data": []}, {"errors": []}])
def test_what_is_not_health_connect_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


def test_a_synchronisation_without_news_holds_nothing() -> None:
    assert list(normalise({"data": {"records": [], "workouts": [], "sleep": []}})) == []


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DOCUMENTS).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    try:
        found = list(normalise(payload))
    except BadPayload:
        return

    assert_sound(found)
