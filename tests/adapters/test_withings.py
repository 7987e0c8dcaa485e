"""Withings' workouts, days and notifications, as recorded, as documented and as broken."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.withings import ADAPTER, SPORTS, normalise, pages
from domain.drafts import DayTotal, Disconnection, Draft, EnergyKind, Fetch, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.soundness import assert_sound, bytes_mutated

WORKOUTS = "withings/workouts.json"
DAYS = "withings/v2_activity.json"
OLD_DAYS = "withings/activity_measures_daily.json"
INTRADAY = "withings/intraday_activity.json"
DOCUMENTS = [json.loads(sample(name)) for name in (WORKOUTS, DAYS, OLD_DAYS, INTRADAY)]
WORKOUT = DOCUMENTS[0]["body"]["series"][0]


def answer(*series: object, **body: object) -> dict[str, object]:
    return {"status": 0, "body": {"series": list(series), **body}}


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(**changes: object) -> Draft:
    item = one(answer(WORKOUT | changes))
    assert isinstance(item, Draft)
    return item


def test_recorded_workouts_keep_everything_they_say() -> None:
    found = [item for item in items(ADAPTER, sample(WORKOUTS)) if isinstance(item, Draft)]
    first = found[0]

    assert len(found) == 10
    assert (first.partner_ref, first.sport, first.sport_word) == ("3661300277", Sport.WALK, "1")
    assert (first.started_at, first.utc_offset_seconds) == (datetime(2023, 8, 29, 19, 6, 51, tzinfo=UTC), 7200)
    assert (first.elapsed_seconds, first.moving_seconds, first.distance_meters) == (502, 502, 680)
    assert (first.energy_kcal, first.energy_kind, first.steps) == (47, EnergyKind.ACTIVE, 779)
    assert (first.source, first.pulse_bpm, first.version) == (Source.PHONE, None, 1693481873000000)


def test_recorded_days_are_day_totals_of_active_energy() -> None:
    found = list(items(ADAPTER, sample(DAYS)))

    assert [(item.local_date, item.steps, item.energy_kcal) for item in found if isinstance(item, DayTotal)] == [
        (date(2023, 10, 20), 1209, 85.497),
        (date(2023, 10, 21), 1155, 134.132),
    ]
    assert {item.source for item in found if isinstance(item, DayTotal)} == {Source.PHONE}  # a "GoogleFit tracker"


def test_days_of_the_older_answer_are_read_too() -> None:
    found = [item for item in items(ADAPTER, sample(OLD_DAYS)) if isinstance(item, DayTotal)]

    assert [item.steps for item in found] == [2934, 2600, 5458, 1798]
    assert (found[0].distance_meters, found[0].energy_kcal, found[0].source) == (2563, 139, Source.DEVICE)


def test_minutes_of_days_and_measures_of_the_body_are_skipped() -> None:
    assert [type(item) for item in items(ADAPTER, sample(INTRADAY))] == [Skipped]
    assert isinstance(one({"status": 0, "body": {"measuregrps": [{"measures": []}]}}), Skipped)


@pytest.mark.parametrize(
    ("attrib", "deviceid", "expected"),
    [(0, "a1b2", Source.DEVICE), (0, None, Source.PHONE), (2, None, Source.MANUAL), (4, "a1b2", Source.MANUAL)],
)
def test_the_source_is_what_measured_it(attrib: int, deviceid: str | None, expected: Source) -> None:
    draft = draft_of(attrib=attrib, deviceid=deviceid)

    assert (draft.source, draft.manual) == (expected, expected is Source.MANUAL)


def test_what_a_person_typed_stands_in_fields_of_its_own() -> None:
    data = {"calories": 0, "distance": 0, "manual_calories": 210, "manual_distance": 3000, "hr_average": 131}

    typed, measured = draft_of(attrib=2, data=data), draft_of(attrib=0, data=data)

    assert (typed.energy_kcal, typed.distance_meters, typed.pulse_bpm) == (210, 3000, 131)
    assert (measured.energy_kcal, measured.distance_meters) == (None, None)


def test_a_pause_is_not_in_motion_and_a_row_without_figures_is_a_workout() -> None:
    assert draft_of(data={"pause_duration": 100}).moving_seconds == 402
    assert (draft_of(data=None).steps, draft_of(data=None).moving_seconds) == (None, None)


@pytest.mark.parametrize("zone", ["Asia/Bangkok", "Mars/Base", "../etc/passwd", "", None])
def test_the_offset_is_the_zones_or_untold(zone: str | None) -> None:
    assert draft_of(timezone=zone).utc_offset_seconds == (25200 if zone == "Asia/Bangkok" else None)


@pytest.mark.parametrize(
    ("number", "sport"), [(2, Sport.RUN), (16, Sport.WEIGHTLIFTING), (308, Sport.INDOOR_CYCLING), (36, Sport.OTHER)]
)
def test_a_number_becomes_a_sport_and_is_kept(number: int, sport: Sport) -> None:
    draft = draft_of(category=number)

    assert (draft.sport, draft.sport_word) == (sport, str(number))


def test_no_number_means_other_and_no_activity_is_none() -> None:
    assert Sport.OTHER not in SPORTS.values()
    assert isinstance(one(answer(WORKOUT | {"category": 128})), Skipped)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"startdate": None}, "startdate"), ({"enddate": "late"}, "enddate"), ({"id": None}, "id"), ({"data": 5}, "data")],
)
def test_a_field_that_cannot_be_read_is_named(changes: dict[str, object], field: str) -> None:
    item = one(answer(WORKOUT | changes))

    assert isinstance(item, Problem)
    assert item.path == ("body", "series", 0, field)


@pytest.mark.parametrize(
    ("form", "item"),
    [
        (
            b"userid=12345&appli=16&startdate=1767225600&enddate=1767229200",
            Fetch(partner_ref="activity 1767225600", person_ref="12345"),
        ),
        (b"userid=12345&appli=16&date=2026-01-01", Fetch(partner_ref="activity 2026-01-01", person_ref="12345")),
        (b"userid=12345&appli=46&action=unlink", Disconnection(person_ref="12345")),
        (b"userid=12345&appli=46&action=delete", Disconnection(person_ref="12345")),
    ],
)
def test_a_notification_fetches_or_disconnects(form: bytes, item: Item) -> None:
    assert list(items(ADAPTER, form)) == [item]


@pytest.mark.parametrize("form", [b"userid=1&appli=44", b"userid=1&appli=46&action=update", b"userid=1"])
def test_other_notifications_are_skipped(form: bytes) -> None:
    assert isinstance(one(form), Skipped)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {},
        {"status": 401, "body": {}, "error": "invalid token"},
        {"status": 0, "body": {}},
        {"status": 0, "body": {"series": 5}},
        b"",
        b"{",
        b"\xef\xbb\xbf",
        b"appli=16",
        b"userid=",
        b"user id",
        b"\xff",
        b"&".join(b"a=1" for _ in range(100)),
    ],
)
def test_what_is_not_withings_at_all_is_refused(payload: object) -> None:
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
@given(bytes_mutated(b"userid=12345&appli=16&startdate=1767225600&enddate=1767229200") | st.binary(max_size=60))
def test_any_change_to_a_notification_gives_an_item_or_a_refusal(payload: bytes) -> None:
    try:
        found = list(items(ADAPTER, payload))
    except BadPayload:
        return

    assert_sound(found)


def test_pages_ask_for_workouts_and_then_for_days_as_long_as_there_is_more() -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    more = {"status": 0, "body": {"series": [WORKOUT], "more": True, "offset": 200}}

    first = next(walk)
    second = walk.send(httpx2.Response(200, json=more))
    days = walk.send(httpx2.Response(200, content=sample(WORKOUTS)))
    with pytest.raises(StopIteration):
        walk.send(httpx2.Response(200, content=sample(DAYS)))

    forms = [parse_qs(request.content.decode()) for request in (first, second, days)]
    assert [form["action"] for form in forms] == [["getworkouts"], ["getworkouts"], ["getactivity"]]
    assert [form["offset"] for form in forms] == [["0"], ["200"], ["0"]]
    assert forms[0]["lastupdate"] == ["1767225600"]
    assert str(first.url) == "https://wbsapi.withings.net/v2/measure"
    assert (first.method, first.headers["authorization"]) == ("POST", "Bearer t0ken")


@pytest.mark.parametrize(
    "body",
    [{"status": 601}, {"status": 0}, {"status": 0, "body": {"more": True, "offset": 0}}, {"status": 0, "body": 5}],
)
def test_pages_refuse_an_error_and_an_answer_that_does_not_go_on(body: object) -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    next(walk)

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(200, json=body))


def test_withings_signs_no_notification() -> None:
    assert ADAPTER.verify is None
