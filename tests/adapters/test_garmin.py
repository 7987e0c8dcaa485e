"""Garmin's push envelopes and pull answers, as recorded, as documented and as broken."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.garmin import ADAPTER, SPORTS, normalise, pages
from domain.drafts import DayTotal, Disconnection, Draft, Fetch, Item, Problem, Skipped, Source, refusal
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated

PUSH = "_scenarios/A_same_run_5_sources/1_garmin_push.json"
EXPECTED = ("garmin_health/activities_pull_run_ride.json", "garmin_health/activity_cycling_indoor.json", PUSH)
SUMMARY: dict[str, object] = json.loads(sample(PUSH))["activities"][0]
DETAILS: dict[str, object] = {
    "userId": "g-u7",
    "summaryId": "15000000001-detail",
    "activityId": 15000000009,
    "summary": {name: value for name, value in SUMMARY.items() if name not in {"userId", "summaryId", "activityId"}},
    "samples": [{"startTimeInSeconds": 1767225600, "heartRate": 120}],
}
DAILY: dict[str, object] = json.loads(sample("garmin_health/daily_summary.json"))["dailies"][0] | {"userId": "g-u7"}
EVERYTHING: dict[str, object] = {
    "activities": [SUMMARY, SUMMARY | {"summaryId": "2", "parentSummaryId": "15000000001"}],
    "activityDetails": [DETAILS],
    "manuallyUpdatedActivities": [SUMMARY | {"manual": True}],
    "moveIQActivities": [{"calendarDate": "2026-01-01", "activityType": "Walking"}],
    "dailies": [DAILY],
    "epochs": json.loads(sample("garmin_health/epoch.json"))["epochs"],
    "deregistrations": [{"userId": "g-u7", "userAccessToken": "secret"}],
    "userPermissionsChange": [{"userId": "g-u7", "permissions": ["ACTIVITY_EXPORT"]}],
    "sleeps": [{"summaryId": "s"}],
}
DOCUMENTS = [EVERYTHING, *(json.loads(sample(name)) for name in EXPECTED)]


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(document: object) -> Draft:
    item = one(document)
    assert isinstance(item, Draft)
    return item


def pushed(**changes: object) -> dict[str, object]:
    return {"activities": [SUMMARY | changes]}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_payload_becomes_the_expected_workouts(name: str) -> None:
    found = list(items(ADAPTER, sample(name)))

    assert_as_expected(name, found)


def test_a_pushed_activity_keeps_everything_it_says() -> None:
    draft = draft_of(pushed(activityName="วิ่งเช้า", maxSpeedInMetersPerSecond=4.2))

    assert (draft.person_ref, draft.title) == ("g-u7", "วิ่งเช้า")
    assert (draft.sport, draft.sport_word) == (Sport.RUN, "RUNNING")
    assert (draft.pulse_bpm, draft.peak_speed_mps) == (152, 4.2)
    assert (draft.source, draft.device_name) == (Source.DEVICE, "forerunner265")
    assert (draft.upstream, draft.known_as) == (None, ())


def test_the_activity_id_is_another_name_of_the_summary() -> None:
    first, _ = normalise(json.loads(sample("garmin_health/activities_pull_run_ride.json")))

    assert isinstance(first, Draft)
    assert (first.partner_ref, first.known_as) == ("summary_001", ("12345678901",))


def test_strava_quotes_a_name_that_garmin_gives() -> None:
    from adapters import strava  # noqa: PLC0415 - the one test that looks at both

    copy = strava.normalise(json.loads(sample("_scenarios/A_same_run_5_sources/2_strava_detailed_activity.json")))
    (from_strava,) = copy
    original = draft_of(pushed(summaryId="summary-1"))

    assert isinstance(from_strava, Draft)
    assert from_strava.upstream is not None
    assert from_strava.upstream[0] == ADAPTER.name
    assert from_strava.upstream[1] in original.known_as


def test_details_name_the_same_record_as_the_activity() -> None:
    draft = draft_of({"activityDetails": [DETAILS]})

    assert (draft.partner_ref, draft.known_as) == ("15000000001", ("15000000009",))
    assert (draft.person_ref, draft.distance_meters, draft.steps) == ("g-u7", 5032.1, 5480)


@pytest.mark.parametrize("envelope", ["activities", "manuallyUpdatedActivities", "activityDetails"])
def test_a_leg_of_a_multisport_activity_is_counted_in_its_parent(envelope: str) -> None:
    parent = SUMMARY | {"isParent": True, "activityType": "MULTI_SPORT"}
    leg = SUMMARY | {"summaryId": "15000000002", "parentSummaryId": 15000000001}

    found = list(normalise({envelope: [parent, leg]}))

    assert [type(item) for item in found] == [Draft, Skipped]


def test_a_leg_without_its_parent_is_skipped_too() -> None:
    assert isinstance(one(pushed(parentSummaryId="77")), Skipped)


@pytest.mark.parametrize(
    ("envelope", "flag", "manual"),
    [
        ("activities", None, False),
        ("activities", True, True),
        ("manuallyUpdatedActivities", None, True),
        ("manuallyUpdatedActivities", False, False),
    ],
)
def test_what_a_person_typed_is_manual(envelope: str, flag: bool | None, manual: bool) -> None:
    draft = draft_of({envelope: [SUMMARY | {"manual": flag}]})

    assert draft.manual is manual
    assert draft.source is (Source.MANUAL if manual else Source.DEVICE)


@pytest.mark.parametrize(
    ("word", "sport"),
    [
        ("TRAIL_RUNNING", Sport.TRAIL_RUN),
        ("ROWING_V2", Sport.ROWING),
        ("CROSS_COUNTRY_SKIING_WS", Sport.XC_SKI),
        ("lap_swimming", Sport.POOL_SWIM),
        ("YOGA", Sport.YOGA),
        ("UNDERWATER_CHESS", Sport.OTHER),
        (None, Sport.OTHER),
    ],
)
def test_an_activity_type_becomes_a_sport_and_keeps_its_word(word: str | None, sport: Sport) -> None:
    draft = draft_of(pushed(activityType=word))

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_no_word_means_other() -> None:
    assert len(SPORTS) >= 100
    assert Sport.OTHER not in SPORTS.values()


def test_a_daily_is_a_day_total_and_no_workout() -> None:
    (total,) = items(ADAPTER, sample("garmin_health/daily_summary.json"))

    assert isinstance(total, DayTotal)
    assert (total.local_date, total.steps, total.energy_kcal) == (date(2024, 1, 15), 12500, 650)
    assert total.distance_meters == 9500.5


def test_a_day_without_figures_is_skipped() -> None:
    assert isinstance(one({"dailies": [{"userId": "g-u7", "calendarDate": "2026-01-01"}]}), Skipped)


def test_epochs_are_skipped() -> None:
    assert [type(item) for item in items(ADAPTER, sample("garmin_health/epoch.json"))] == [Skipped]


def test_an_envelope_of_everything_keeps_its_order() -> None:
    found = [type(item) for item in normalise(EVERYTHING)]

    assert found == [Draft, Skipped, Draft, Draft, Skipped, DayTotal, Skipped, Disconnection, Skipped, Skipped]


@pytest.mark.parametrize(
    ("summary", "kind"),
    [
        (SUMMARY, Draft),
        (DETAILS, Draft),
        (DAILY, DayTotal),
        (EVERYTHING["epochs"], Skipped),
        (EVERYTHING["moveIQActivities"], Skipped),
    ],
)
def test_a_bare_summary_or_list_tells_its_kind(summary: object, kind: type[Item]) -> None:
    bare = summary if isinstance(summary, list) else [summary]

    assert [type(item) for item in normalise(bare)] == [kind]
    assert isinstance(one(bare[0]), kind)


def test_a_ping_asks_to_fetch_and_its_address_is_not_kept() -> None:
    ping = {
        "userId": "g-u7",
        "uploadStartTimeInSeconds": 1,
        "uploadEndTimeInSeconds": 2,
        "callbackURL": "https://169.254.169.254/?token=x",
    }

    for kind in ("activities", "activityDetails", "dailies"):
        assert one({kind: [ping]}) == Fetch(partner_ref="uploads 1 to 2", person_ref="g-u7")


def test_a_deregistration_disconnects() -> None:
    assert one({"deregistrations": [{"userId": "g-u7"}]}) == Disconnection(person_ref="g-u7")


def test_credentials_are_kept_nowhere() -> None:
    token = {"userAccessToken": "s3cret"}

    found = [
        one(pushed(**token)),
        one(pushed(**token, startTimeInSeconds="late")),
        one({"dailies": [DAILY | token]}),
        one({"novelties": [token], "dailies": []}),
        one({"activities": token}),
    ]

    assert [b"s3cret" in item.raw for item in found if isinstance(item, Draft | DayTotal | Problem)] == [False] * 5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("startTimeInSeconds", "1767225600"),
        ("startTimeInSeconds", None),
        ("startTimeInSeconds", True),
        ("startTimeInSeconds", 10**20),
        ("startTimeInSeconds", 1767225600000),
        ("durationInSeconds", None),
        ("durationInSeconds", []),
        ("steps", 12.5),
        ("steps", "5480"),
        ("startTimeOffsetInSeconds", 10**6),
        ("activityType", {}),
        ("manual", 1),
        ("userId", 1.5),
        ("summaryId", "\ud800"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(field: str, value: object) -> None:
    item = one(pushed(**{field: value}))

    assert isinstance(item, Problem)
    assert (item.code, item.path) == ("BAD_PAYLOAD", ("activities", 0, field))


def test_a_summary_without_any_name_is_quarantined() -> None:
    item = one(pushed(summaryId=None, activityId=None))

    assert isinstance(item, Problem)
    assert item.path == ("activities", 0, "summaryId")


@pytest.mark.parametrize(
    ("field", "value"), [("calendarDate", "2026-02-30"), ("steps", -1), ("steps", 1e12), ("activeKilocalories", True)]
)
def test_a_bad_daily_is_quarantined(field: str, value: object) -> None:
    item = one({"dailies": [DAILY | {field: value}]})

    assert isinstance(item, Problem)
    assert item.path == ("dailies", 0, field)


def test_a_bad_summary_leaves_the_rest_of_the_push() -> None:
    found = list(normalise({"activities": [5, SUMMARY, {"userId": "g-u7"}], "dailies": None, "novelties": [1]}))

    assert [type(item) for item in found] == [Problem, Draft, Problem, Problem, Problem]
    assert [item.path for item in found if isinstance(item, Problem)] == [
        ("activities", 0),
        ("activities", 2, "summaryId"),
        ("dailies",),
        ("novelties",),
    ]
    assert found[2].person_ref == "g-u7"


@pytest.mark.parametrize("payload", [None, 1, "x", {}, [1, "x"], {"error": "no"}, [[]]])
def test_what_is_not_garmin_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


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
            assert item.partner_ref not in item.known_as
        if isinstance(item, Problem):
            assert item.message
            assert "".join(str(step) for step in item.path).encode() is not None


def test_pages_walk_windows_of_a_day_until_the_servers_time() -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    answer = httpx2.Response(200, json=[], headers={"date": "Fri, 02 Jan 2026 07:00:00 GMT"})

    requests = [next(walk)]
    for _ in range(3):
        requests.append(walk.send(answer))  # noqa: PERF401 - each depends on the one before
    with pytest.raises(StopIteration):
        walk.send(answer)

    assert [request.url.path.rsplit("/", 1)[1] for request in requests] == ["activities", "dailies"] * 2
    assert [int(request.url.params["uploadStartTimeInSeconds"]) for request in requests[::2]] == [
        1767225600,
        1767312000,
    ]
    assert [int(request.url.params["uploadEndTimeInSeconds"]) for request in requests[::2]] == [1767312000, 1767398400]
    assert requests[0].headers["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}])
def test_pages_refuse_an_answer_that_does_not_tell_the_time(headers: dict[str, str]) -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    next(walk)
    walk.send(httpx2.Response(200, json=[]))

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(200, json=[], headers=headers))


def test_garmin_health_is_the_same_partner() -> None:
    assert ADAPTER.also_called == ("garmin_health",)
    assert ADAPTER.verify is None
