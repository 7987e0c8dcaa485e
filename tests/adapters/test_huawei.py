"""Huawei's activity records, its export's workouts and HiTrack files, as recorded and as broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import APPLICATION_KEY_HEADER, items
from adapters.huawei import ADAPTER, normalise, pages
from adapters.huawei_sports import EXPORTED, SPORTS
from adapters.huawei_track import track_of
from domain.drafts import Deletion, Draft, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.soundness import assert_sound, bytes_mutated

KIT = "huawei/health_kit_activityRecords.json"
EXPORT = "huawei/motion_path_detail_data.json"
BARE_KEYS = "huawei/motion_path_bare_keys.json"
TRACK = "huawei/HiTrack_1551732120000155173259000030001.hitrack.txt"
DOCUMENTS = [json.loads(sample(name)) for name in (KIT, EXPORT)]
RECORD = DOCUMENTS[0]["activityRecord"][0]
MOTION = DOCUMENTS[1][0]


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(document: object) -> Draft:
    item = one(document)
    assert isinstance(item, Draft)
    return item


def record(**changes: object) -> dict[str, object]:
    return {"activityRecord": [RECORD | changes]}


@pytest.mark.parametrize("name", [KIT, EXPORT])
def test_a_recorded_payload_becomes_the_expected_workouts(name: str) -> None:
    assert_as_expected(name, items(ADAPTER, sample(name)))


def test_a_record_keeps_everything_it_says() -> None:
    summary = [
        {
            "dataTypeName": "com.huawei.continuous.exercise_heart_rate.statistics",
            "value": [{"fieldName": "avg", "floatValue": 151.4}, {"fieldName": "max", "integerValue": 180}],
        },
        {"dataTypeName": "com.huawei.continuous.speed.statistics", "value": [{"fieldName": "max", "floatValue": 4.2}]},
    ]
    draft = draft_of(record(activitySummary={"dataSummary": summary}))

    assert (draft.title, draft.sport_word, draft.version) == ("Outdoor run", "running", 1714437010000000)
    assert (draft.pulse_bpm, draft.peak_speed_mps, draft.distance_meters) == (151, 4.2, None)
    assert (draft.source, draft.device_name) == (Source.PHONE, "com.huawei.health")


def test_a_name_that_repeats_the_id_is_no_title() -> None:
    assert draft_of(record(name=RECORD["id"])).title is None


@pytest.mark.parametrize(
    ("word", "sport"),
    [
        ("swimming.pool", Sport.POOL_SWIM),
        ("SEPAKTAKRAW", Sport.TAKRAW),
        (57, Sport.TREADMILL_RUN),
        (12345, Sport.OTHER),
        ("tug_of_war", Sport.OTHER),
    ],
)
def test_a_word_becomes_a_sport_and_is_kept(word: object, sport: Sport) -> None:
    draft = draft_of(record(activityType=word))

    assert (draft.sport, draft.sport_word) == (sport, str(word))


def test_no_word_means_other() -> None:
    assert Sport.OTHER not in {*SPORTS.values(), *EXPORTED.values()}
    assert len(SPORTS) >= 100


def test_a_record_that_still_goes_on_and_one_of_no_exercise_are_skipped() -> None:
    assert isinstance(one(record(endTime=None)), Skipped)
    assert isinstance(one(record(activityType="escalator")), Skipped)


def test_a_deleted_record_is_a_deletion_of_its_version() -> None:
    gone = one({"deletedActivityRecord": [{"id": "MyActivityRecord1", "modifyTime": 1714437020000}]})

    assert gone == Deletion(partner_ref="MyActivityRecord1", version=1714437020000000)


def test_an_exported_workout_takes_its_energy_in_thousandths_and_its_pulse_from_the_track() -> None:
    (run,) = items(ADAPTER, sample(BARE_KEYS))

    assert isinstance(run, Draft)
    assert (run.partner_ref, run.sport, run.sport_word) == ("AgAAAAAAAAAB", Sport.RUN, "4")
    assert (run.elapsed_seconds, run.moving_seconds) == (2100, 1980)
    assert (run.energy_kcal, run.steps, run.pulse_bpm, run.peak_speed_mps) == (342, 5610, 145, 2.7)


def test_bare_keys_inside_texts_are_left_alone() -> None:
    body = b'[{"sportType": 4, "startTime": 1, "totalTime": 1, "note": "{1:2}", "paceMap": {1.5: 2}}]'

    assert b'"note":"{1:2}"' in draft_of(body).raw


@pytest.mark.parametrize("body", [b'["' + b'\\"' * 50_000, b"[" + b"{1:" * 50_000, b"[" + b",   1" * 50_000, b'["\\'])
def test_a_broken_document_is_refused_in_time_that_grows_with_its_length(body: bytes) -> None:
    with pytest.raises(BadPayload):
        list(normalise(body))


def test_an_exported_workout_without_a_name_is_named_by_its_start_and_sport() -> None:
    run, walk = items(ADAPTER, sample(EXPORT))

    assert isinstance(run, Draft)
    assert isinstance(walk, Draft)
    assert (run.partner_ref, walk.partner_ref) == ("1714435200000-4", "1714438800000-5")
    assert (run.source, walk.source) == (Source.PHONE, Source.MANUAL)


def test_an_unknown_number_of_the_export_is_kept() -> None:
    draft = draft_of([MOTION | {"sportType": 9876}])

    assert (draft.sport, draft.sport_word) == (Sport.OTHER, "9876")


def test_a_recorded_track_adds_up() -> None:
    (run,) = items(ADAPTER, sample(TRACK))

    assert isinstance(run, Draft)
    assert (run.started_at, run.elapsed_seconds) == (datetime(2019, 3, 4, 20, 42, tzinfo=UTC), 469)
    assert run.distance_meters == pytest.approx(1697.4, abs=1)  # two kilometres' paces of 264 s stand in the file
    assert (run.pulse_bpm, run.peak_speed_mps) == (144, 4.8)
    assert (run.sport, run.energy_kcal, run.utc_offset_seconds) == (Sport.OTHER, None, None)


def test_a_pause_is_no_way() -> None:
    lines = [
        "tp=lbs;k=0;lat=13.75;lon=100.50;alt=0.0;t=1.5E12;",
        "tp=lbs;k=1;lat=90.0;lon=-80.0;alt=0.0;t=0.0;",
        "tp=lbs;k=2;lat=13.85;lon=100.50;alt=0.0;t=1.50000001E12;",
        "tp=lbs;k=3;lat=13.851;lon=100.50;alt=0.0;t=1.50000002E9;",  # newer files count seconds
    ]
    track = track_of(lines)

    assert track is not None
    assert track.distance_meters == pytest.approx(111, abs=1)
    assert track.elapsed_seconds == 20


def test_a_track_without_a_moment_is_quarantined() -> None:
    item = one(b"tp=b-p-m;k=1;v=2;\n")

    assert isinstance(item, Problem)
    assert item.code == "MISSING_TIME"


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (record(timeZone="Bangkok"), ("activityRecord", 0, "timeZone")),
        (record(startTime="soon"), ("activityRecord", 0, "startTime")),
        (record(activitySummary={"dataSummary": 5}), ("activityRecord", 0, "activitySummary", "dataSummary")),
        (record(id=None), ("activityRecord", 0, "id")),
        ([MOTION | {"startTime": None}], (0, "startTime")),
        ([MOTION | {"totalTime": None}], (0, "totalTime")),
    ],
)
def test_a_field_that_cannot_be_read_is_named(document: object, path: tuple[str | int, ...]) -> None:
    item = one(document)

    assert isinstance(item, Problem)
    assert item.path == path


@pytest.mark.parametrize(
    "payload", [None, 1, {}, [1], [{}], b"", b"{", b"\xff", b"tp=\xff", b'{"error": 1}', b"[" * 9999]
)
def test_what_is_not_huawei_at_all_is_refused(payload: object) -> None:
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


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([BARE_KEYS, TRACK, KIT]).flatmap(lambda name: bytes_mutated(sample(name))))
def test_any_change_to_a_file_gives_items_or_a_refusal(payload: bytes) -> None:
    try:
        found = list(items(ADAPTER, payload))
    except BadPayload:
        return

    assert_sound(found)


def test_pages_walk_windows_of_thirty_days_until_the_servers_time() -> None:
    now = {"date": "Mon, 02 Feb 2026 07:00:00 GMT"}
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))

    first = next(walk)
    second = walk.send(httpx2.Response(200, content=sample(KIT), headers=now))
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, content=sample(KIT), headers=now))

    assert first.url.path == "/healthkit/v2/activityRecords"
    assert dict(first.url.params) == {"startTime": "1767225600000", "endTime": "1769817600000"}
    assert second.url.params["startTime"] == "1769817600000"
    assert first.headers["authorization"] == "Bearer t0ken"
    assert first.extensions[APPLICATION_KEY_HEADER] == "x-client-id"


def test_pages_refuse_an_answer_without_a_date() -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    next(walk)

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(200, content=sample(KIT)))
