"""Strava's payloads, as recorded, as documented and as broken."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import INDEX, items
from adapters.strava import ADAPTER, SPORTS, normalise, pages, verify
from domain.drafts import Deletion, Disconnection, Draft, Fetch, Problem, Skipped, Source, refusal
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated

RECORDED = (
    "strava/detailed_activity_run_2013.json",
    "strava/detailed_activity_docs_example.json",
    "strava/athlete_activities_list_docs_example.json",
    "strava/club_activities_docs_example.json",
)
SCENARIO_A = "_scenarios/A_same_run_5_sources/2_strava_detailed_activity.json"
SCENARIO_C = "_scenarios/C_edit_delete_late/"
DOCUMENTS = [
    json.loads(sample(name))
    for name in (
        *RECORDED[1:],
        SCENARIO_A,
        "strava/webhook_activity_update.json",
        "strava/webhook_athlete_deauthorize.json",
    )
]


def read(name: str) -> list[object]:
    return list(items(ADAPTER, sample(name)))


def activity(**changes: object) -> dict[str, object]:
    return json.loads(sample(SCENARIO_A)) | changes


def draft_of(document: object) -> Draft:
    (draft,) = normalise(document)
    assert isinstance(draft, Draft)
    return draft


def problem_of(document: object) -> Problem:
    (problem,) = normalise(document)
    assert isinstance(problem, Problem)
    return problem


def event(**changes: object) -> dict[str, object]:
    return json.loads(sample("strava/webhook_activity_update.json")) | changes


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_payload_becomes_the_expected_workouts(name: str) -> None:
    found = read(name)

    assert_as_expected(name, found)


def test_a_detailed_activity_keeps_everything_it_says() -> None:
    draft = draft_of(activity(average_heartrate=151.6, max_speed=4.2, athlete={"id": 7}))

    assert draft.person_ref == "7"
    assert draft.title == "Morning Run"
    assert (draft.sport, draft.sport_word) == (Sport.RUN, "Run")
    assert (draft.pulse_bpm, draft.peak_speed_mps) == (152, 4.2)
    assert (draft.source, draft.device_name) == (Source.DEVICE, "Garmin Forerunner 265")
    assert draft.local_date == date(2026, 1, 1)


@pytest.mark.parametrize("prefix", ["garmin_push_", "garmin_ping_"])
def test_a_garmin_upload_names_its_origin(prefix: str) -> None:
    draft = draft_of(activity(external_id=f"{prefix}15000000001"))

    assert draft.upstream == ("garmin", "15000000001")


@pytest.mark.parametrize(
    "external_id", [None, "", "garmin_push_", "garmin_push_x1", "620D5DDD-B836", "my garmin_push_1"]
)
def test_another_external_id_names_no_origin(external_id: str | None) -> None:
    assert draft_of(activity(external_id=external_id)).upstream is None


def test_mechanical_work_is_not_taken_for_energy() -> None:
    drafts = [draft for draft in read("strava/athlete_activities_list_docs_example.json") if isinstance(draft, Draft)]

    assert [draft.energy_kcal for draft in drafts] == [None, None]


def test_zero_calories_are_unknown_calories() -> None:
    assert draft_of(activity(calories=0.0)).energy_kcal is None


def test_a_manual_entry_is_marked_whatever_device_it_names() -> None:
    draft = draft_of(activity(manual=True))

    assert draft.manual
    assert draft.source is Source.MANUAL


@pytest.mark.parametrize(
    ("device_name", "source"),
    [("Strava iPhone App", Source.PHONE), (None, Source.PHONE), ("COROS PACE 3", Source.DEVICE)],
)
def test_the_recording_device_decides_the_trust(device_name: str | None, source: Source) -> None:
    assert draft_of(activity(device_name=device_name, external_id=None)).source is source


def test_the_old_type_speaks_where_sport_type_is_missing() -> None:
    assert draft_of(activity(sport_type=None, type="Walk")).sport is Sport.WALK


def test_an_unknown_sport_is_other_and_keeps_its_word() -> None:
    draft = draft_of(activity(sport_type="Quidditch"))

    assert (draft.sport, draft.sport_word) == (Sport.OTHER, "Quidditch")


def test_every_sport_word_of_the_reference_is_known() -> None:
    assert len(SPORTS) >= 50
    assert [word for word, sport in SPORTS.items() if sport is Sport.OTHER] == ["Workout"]


def test_club_rows_are_quarantined_because_nothing_tells_them_apart() -> None:
    (problem,) = read("strava/club_activities_docs_example.json")

    assert isinstance(problem, Problem)
    assert (problem.code, problem.path) == ("BAD_PAYLOAD", (0, "id"))
    assert b"Peter" in problem.raw


def test_an_edit_and_a_deletion_follow_the_activity() -> None:
    created, pinged, edited, deleted = (
        read(SCENARIO_C + name)[0]
        for name in ("1_create.json", "2_webhook_update.json", "3_after_update.json", "4_webhook_delete.json")
    )

    assert isinstance(created, Draft)
    assert isinstance(edited, Draft)
    assert (created.sport, created.distance_meters, created.energy_kcal) == (Sport.WALK, 5000, 250)
    assert (edited.sport, edited.distance_meters, edited.energy_kcal) == (Sport.RUN, 6000, 420)
    assert edited.title == "เดินเย็น (แก้ไข)"
    assert created.raw_hash != edited.raw_hash
    assert pinged == Fetch(partner_ref=created.partner_ref, person_ref="7")
    assert deleted == Deletion(partner_ref=created.partner_ref, person_ref="7", version=None)


def test_a_webhook_update_asks_to_fetch() -> None:
    assert read("strava/webhook_activity_update.json") == [Fetch(partner_ref="1360128428", person_ref="134815")]


def test_the_text_false_disconnects() -> None:
    assert read("strava/webhook_athlete_deauthorize.json") == [Disconnection(person_ref="134815")]


def test_another_change_of_the_athlete_is_skipped() -> None:
    (item,) = normalise(event(object_type="athlete", updates={"authorized": "true"}))

    assert isinstance(item, Skipped)


def test_several_events_come_in_one_list() -> None:
    found = list(normalise([event(object_id=1), event(object_id=2, aspect_type="delete")]))

    assert found == [Fetch(partner_ref="1", person_ref="134815"), Deletion(partner_ref="2", person_ref="134815")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"object_id": None}, "object_id"),
        ({"owner_id": 1.5}, "owner_id"),
        ({"aspect_type": "melt"}, "aspect_type"),
        ({"object_type": "club"}, "aspect_type"),
    ],
)
def test_an_event_that_says_nothing_known_is_quarantined(change: dict[str, object], field: str) -> None:
    assert problem_of(event(**change)).path == (field,)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", True),
        ("id", ""),
        ("id", "a\x00b"),
        ("id", None),
        ("id", 10**300),
        ("start_date", "2026-01-01T00:00:00"),
        ("start_date", "yesterday"),
        ("start_date", 1767225600),
        ("start_date", "0001-01-01T00:00:00+14:00"),
        ("elapsed_time", "1980"),
        ("elapsed_time", None),
        ("elapsed_time", True),
        ("distance", 10**400),
        ("utc_offset", 10**6),
        ("manual", "no"),
        ("athlete", 7),
        ("name", 5),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(field: str, value: object) -> None:
    problem = problem_of(activity(**{field: value}))

    assert (problem.code, problem.path) == ("BAD_PAYLOAD", (field,))
    assert problem.message.startswith(field) or field == "athlete"


def test_a_bad_row_leaves_the_rest_of_the_list() -> None:
    first, second, third = normalise([activity(id=1), activity(id=2, start_date="never"), activity(id=3)])

    assert isinstance(first, Draft)
    assert isinstance(second, Problem)
    assert second.path == (1, "start_date")
    assert json.loads(second.raw)["id"] == 2
    assert isinstance(third, Draft)


@pytest.mark.parametrize("payload", [None, 1, "x", {}, [1, "x", {}], {"errors": []}, [[]]])
def test_what_is_not_strava_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


def test_an_empty_page_holds_nothing() -> None:
    assert list(normalise([])) == []


def test_absurd_figures_come_out_as_problems() -> None:
    (item,) = items(ADAPTER, json.dumps(activity(distance=1e12)).encode())

    assert isinstance(item, Problem)
    assert item.code == "ABSURD_FIGURE"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DOCUMENTS).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    try:
        found = list(normalise(payload))
    except BadPayload:
        return

    for item in found:
        if isinstance(item, Draft) and refusal(item) is None:
            assert item.started_at.tzinfo is UTC
            assert item.ended_at.year < 2300
            assert item.local_date
            assert not {"\x00"} & set((item.title or "") + (item.person_ref or ""))
            assert (item.title or "").encode() is not None
        if isinstance(item, Problem):
            assert item.message
            assert item.path is not None


def test_nesting_as_deep_as_the_decoder_takes_is_no_crash() -> None:
    for depth in range(100, 1100, 5):
        body = sample(SCENARIO_A).replace(b'"trainer": false', b'"trainer": ' + b"[" * depth + b"]" * depth)
        try:
            (item,) = items(ADAPTER, body)
        except BadPayload:
            continue

        assert isinstance(item, Problem) or (isinstance(item, Draft) and item.raw)


def test_pages_list_the_ids_and_then_fetch_each_activity() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    walk = pages("t0ken", since)

    first = next(walk)
    one = walk.send(httpx2.Response(200, json=[{"id": 12345678987654321}, {"id": 7}]))
    two = walk.send(httpx2.Response(200, json=activity()))
    second = walk.send(httpx2.Response(404, json={"message": "Record Not Found"}))

    assert first.url.path == "/api/v3/athlete/activities"
    assert dict(first.url.params) == {"after": "1767225600", "page": "1", "per_page": "200"}
    assert first.headers["authorization"] == "Bearer t0ken"
    assert first.extensions[INDEX] is True
    assert [one.url.path, two.url.path] == ["/api/v3/activities/12345678987654321", "/api/v3/activities/7"]
    assert INDEX not in one.extensions
    assert second.url.params["page"] == "2"
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, json=[]))


@pytest.mark.parametrize("body", [b"{}", b"no", b'[{"id": "../athlete"}]', b"[5]"])
def test_pages_refuse_a_list_that_is_none(body: bytes) -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    next(walk)

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(200, content=body))


def test_an_event_of_our_subscription_is_verified() -> None:
    body = sample("strava/webhook_activity_update.json")

    assert verify({}, body, "120475")
    assert not verify({}, body, "120476")
    assert not verify({}, body, "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[1]",
        b'{"subscription_id": true}',
        b'{"subscription_id": null}',
        sample(SCENARIO_A),
        b'[{"subscription_id": 120475}, {"subscription_id": 1}]',
    ],
)
def test_nothing_else_is_verified(body: bytes) -> None:
    assert not verify({}, body, "120475")


def test_figures_are_shown_to_their_owner_only() -> None:
    assert ADAPTER.owner_only
