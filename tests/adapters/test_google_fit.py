"""Google Fit's sessions, segments, aggregates and changes, as recorded, as documented and as broken."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.google_fit import ADAPTER, normalise, pages
from adapters.google_fit_sports import NOT_EXERCISE, SPORTS
from domain.drafts import DayTotal, Deletion, Draft, EnergyKind, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.soundness import assert_sound

SEGMENTS = "google_fit/merge-activity-segments.json"
PARTS = ("google_fit/merge-step-deltas.json", "google_fit/merge-calories-expended.json")
AGGREGATE = "google_fit/aggregate_sessions_and_days.json"
DELETED = "google_fit/sessions_deleted.json"
DOCUMENTS = [json.loads(sample(name)) for name in (SEGMENTS, AGGREGATE, DELETED, *PARTS)]
SEGMENT = DOCUMENTS[0]["point"][0]
BUCKET = DOCUMENTS[1]["bucket"][0]


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def segment(**changes: object) -> Item:
    return one({"point": [SEGMENT | changes]})


def test_recorded_segments_become_the_expected_workouts() -> None:
    assert_as_expected(SEGMENTS, items(ADAPTER, sample(SEGMENTS)))


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_a_day_are_skipped(name: str) -> None:
    found = list(items(ADAPTER, sample(name)))

    assert found
    assert {type(item) for item in found} == {Skipped}


def test_a_typed_segment_is_manual_and_names_its_app() -> None:
    *_, typed = items(ADAPTER, sample(SEGMENTS))

    assert isinstance(typed, Draft)
    assert (typed.source, typed.device_name) == (Source.MANUAL, "com.google.android.apps.fitness")


@pytest.mark.parametrize("number", [0, 3, 4, 5, 72, 109, 117])
def test_what_is_no_exercise_is_skipped(number: int) -> None:
    assert isinstance(segment(value=[{"intVal": number}]), Skipped)


@pytest.mark.parametrize(
    ("number", "sport"), [(1, Sport.RIDE), (58, Sport.TREADMILL_RUN), (101, Sport.ZUMBA), (9999, Sport.OTHER)]
)
def test_a_number_becomes_a_sport_and_is_kept(number: int, sport: Sport) -> None:
    draft = segment(value=[{"intVal": number}])

    assert isinstance(draft, Draft)
    assert (draft.sport, draft.sport_word) == (sport, str(number))


def test_no_number_means_other_or_two_things() -> None:
    assert Sport.OTHER not in SPORTS.values()
    assert not set(SPORTS) & set(NOT_EXERCISE)
    assert len(SPORTS) >= 90


def test_a_long_source_still_names_its_points_apart() -> None:
    long = f"derived:com.google.activity.segment:{'x' * 400}:"
    first, second = (
        segment(originDataSourceId=long),
        segment(originDataSourceId=long, endTimeNanos="1420154989000000001"),
    )

    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert len(first.partner_ref) == len(second.partner_ref) == 64
    assert first.partner_ref != second.partner_ref


def test_a_deleted_point_and_a_deleted_session_are_named_as_they_were() -> None:
    inserted, deleted = normalise({"insertedDataPoint": [SEGMENT], "deletedDataPoint": [SEGMENT]})
    (session,) = items(ADAPTER, sample(DELETED))

    assert isinstance(inserted, Draft)
    assert deleted == Deletion(partner_ref=inserted.partner_ref, version=inserted.version)
    assert session == Deletion(partner_ref="com.example.run:1436275800000", version=1436400000000000)


def test_an_aggregate_gives_sessions_their_figures_and_whole_days_their_steps() -> None:
    run, night, day, empty = items(ADAPTER, sample(AGGREGATE))

    assert isinstance(run, Draft)
    assert (run.sport, run.steps, run.distance_meters, run.moving_seconds) == (Sport.RUN, 4146, 4820.5, 1740)
    assert (run.energy_kcal, run.energy_kind) == (330.25, EnergyKind.TOTAL)
    assert (run.device_name, run.source) == ("com.example.run", Source.PHONE)
    assert isinstance(night, Skipped)
    assert isinstance(day, DayTotal)
    assert (day.local_date, day.steps, day.energy_kcal) == (date(2015, 7, 7), 9120, None)
    assert isinstance(empty, Skipped)


def test_a_session_of_a_list_has_no_figures() -> None:
    draft = one({"session": [BUCKET["session"]]})

    assert isinstance(draft, Draft)
    assert (draft.partner_ref, draft.steps, draft.energy_kcal) == ("com.example.run:1436275800000", None, None)


@pytest.mark.parametrize("shift", [1, 3_600_000])
def test_a_bucket_that_is_no_bangkok_day_is_skipped(shift: int) -> None:
    day = DOCUMENTS[1]["bucket"][2]
    moved = {name: str(int(day[name]) + shift) for name in ("startTimeMillis", "endTimeMillis")}

    assert isinstance(one({"bucket": [day | moved]}), Skipped)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"startTimeNanos": None}, "startTimeNanos"),
        ({"startTimeNanos": "soon"}, "startTimeNanos"),
        ({"endTimeNanos": "9" * 20}, "endTimeNanos"),
        ({"value": []}, "value"),
        ({"value": [{"intVal": 7.5}]}, "intVal"),
        ({"dataTypeName": 5}, "dataTypeName"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(changes: dict[str, object], field: str) -> None:
    item = segment(**changes)

    assert isinstance(item, Problem)
    assert item.path == ("point", 0, field) if field != "intVal" else item.path[-1] == field


@pytest.mark.parametrize("payload", [None, 1, "x", [], {}, {"error": {}}])
def test_what_is_not_google_fit_at_all_is_refused(payload: object) -> None:
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


def test_pages_ask_for_what_is_gone_and_then_for_figures_in_windows_of_bangkok_days() -> None:
    now = {"date": "Mon, 02 Feb 2026 07:00:00 GMT"}
    walk = pages("t0ken", datetime(2026, 1, 1, 18, 0, tzinfo=UTC))

    gone = next(walk)
    more = walk.send(httpx2.Response(200, json={"nextPageToken": "p2"}, headers=now))
    asked = [walk.send(httpx2.Response(200, content=sample(DELETED), headers=now))]
    for _ in range(3):
        asked.append(walk.send(httpx2.Response(200, content=sample(AGGREGATE), headers=now)))  # noqa: PERF401 - in turn
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, content=sample(AGGREGATE), headers=now))

    assert gone.url.params["fields"] == "deletedSession,nextPageToken,hasMoreData"
    assert gone.url.params["startTime"] == "2026-01-01T18:00:00+00:00"
    assert more.url.params["pageToken"] == "p2"
    bodies = [json.loads(request.content) for request in asked]
    assert [sorted(body)[1] for body in bodies] == ["bucketBySession", "bucketByTime"] * 2
    assert bodies[0]["startTimeMillis"] == 1767286800000  # 2 January, midnight in Bangkok
    assert bodies[2]["startTimeMillis"] == bodies[0]["endTimeMillis"]


def test_pages_refuse_an_answer_without_a_date() -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    next(walk)

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(200, json={}))


def test_google_signs_nothing_here() -> None:
    assert ADAPTER.verify is None
