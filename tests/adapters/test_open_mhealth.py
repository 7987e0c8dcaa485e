"""Open mHealth data points, as the library's own test data has them, and as broken."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.open_mhealth import ADAPTER, normalise
from domain.drafts import DayTotal, Draft, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport, all_facts
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.sound import assert_sound

FOLDER = "open_mhealth/"
EXPECTED = (
    "physical-activity__1.2__ok__with-calories-burned.json",
    "physical-activity__1.0__ok__with-time-frame.json",
    "granola_hk-workout__ok__with-calories-burned.json",
)
BODY: dict[str, object] = json.loads(sample(FOLDER + EXPECTED[0]))
STEPS: dict[str, object] = json.loads(sample(FOLDER + "step-count__3.0__ok__valid-step-count.json"))
HEADER: dict[str, object] = {
    "id": "dp-1",
    "user_id": "p-7",
    "creation_date_time": "2015-02-06T08:00:00Z",
    "schema_id": {"namespace": "omh", "name": "physical-activity", "version": "1.2"},
    "acquisition_provenance": {"source_name": "RunKeeper", "modality": "sensed"},
}
POINT: dict[str, object] = {"header": HEADER, "body": BODY}


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(document: object) -> Draft:
    item = one(document)
    assert isinstance(item, Draft)
    return item


def body(**changes: object) -> dict[str, object]:
    return BODY | changes


def framed(**interval: object) -> dict[str, object]:
    return {"effective_time_frame": {"time_interval": interval}}


@pytest.mark.parametrize("name", EXPECTED)
def test_recorded_data_becomes_the_expected_workouts(name: str) -> None:
    found = list(items(ADAPTER, sample(FOLDER + name)))

    assert_as_expected(FOLDER + name, found)


@pytest.mark.parametrize("name", ["activity-name-only", "with-distance"])
def test_an_activity_without_a_time_frame_cannot_be_credited(name: str) -> None:
    (item,) = items(ADAPTER, sample(f"{FOLDER}physical-activity__1.0__ok__{name}.json"))

    assert isinstance(item, Problem)
    assert item.path == ("effective_time_frame",)


def test_a_header_names_the_record_the_person_and_the_version() -> None:
    draft = draft_of(POINT)

    assert (draft.partner_ref, draft.person_ref) == ("dp-1", "p-7")
    assert draft.version == int(datetime(2015, 2, 6, 8, tzinfo=UTC).timestamp()) * 1_000_000
    assert (draft.source, draft.manual, draft.device_name) == (Source.DEVICE, False, "RunKeeper")


@pytest.mark.parametrize(
    ("modality", "source"),
    [("sensed", Source.DEVICE), ("self-reported", Source.MANUAL), (None, Source.PHONE), ("dreamt", Source.PHONE)],
)
def test_the_modality_decides_the_trust(modality: str | None, source: Source) -> None:
    draft = draft_of(POINT | {"header": HEADER | {"acquisition_provenance": {"modality": modality}}})

    assert (draft.source, draft.manual) == (source, source is Source.MANUAL)


def test_a_bare_body_is_named_by_its_start_and_its_activity() -> None:
    first, again, later = draft_of(BODY), draft_of(BODY), draft_of(body(activity_name="running"))

    assert first.partner_ref == again.partner_ref == "2015-02-06T06:25:00.000000Z walking"
    assert first.partner_ref != later.partner_ref


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [
        (
            {"start_date_time": "2026-01-01T07:00:00+07:00", "end_date_time": "2026-01-01T07:30:00+07:00"},
            1800,
        ),
        ({"start_date_time": "2026-01-01T07:00:00+07:00", "duration": {"value": 0.5, "unit": "h"}}, 1800),
        ({"end_date_time": "2026-01-01T07:30:00+07:00", "duration": {"value": 30, "unit": "min"}}, 1800),
    ],
)
def test_any_two_of_start_end_and_duration_tell_the_time(interval: dict[str, object], seconds: float) -> None:
    draft = draft_of(body(**framed(**interval)))

    assert draft.started_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert draft.elapsed_seconds == seconds


@pytest.mark.parametrize(
    ("frame", "path"),
    [
        ({"date_time": "2026-01-01T00:00:00Z"}, ("effective_time_frame", "time_interval")),
        (
            {"time_interval": {"date": "2026-01-01", "part_of_day": "morning"}},
            ("effective_time_frame", "time_interval", "start_date_time"),
        ),
        (
            {"time_interval": {"start_date_time": "2026-01-01T00:00:00", "end_date_time": "2026-01-01T01:00:00"}},
            ("effective_time_frame", "time_interval", "start_date_time"),
        ),
        (
            {"time_interval": {"start_date_time": "2026-01-01T00:00:00Z", "duration": {"value": 1, "unit": "Mo"}}},
            ("effective_time_frame", "time_interval", "duration", "unit"),
        ),
        (
            {"time_interval": {"start_date_time": "2026-01-01T00:00:00Z", "duration": {"value": 1e300, "unit": "d"}}},
            ("effective_time_frame", "time_interval", "duration"),
        ),
    ],
)
def test_a_frame_that_does_not_tell_how_long_is_quarantined(frame: object, path: tuple[str, ...]) -> None:
    item = one(body(effective_time_frame=frame))

    assert isinstance(item, Problem)
    assert item.path == path


@pytest.mark.parametrize(
    ("amount", "meters"),
    [
        ({"value": 1.5, "unit": "mi"}, 2414.016),
        ({"value": 4.4, "unit": "km"}, 4400),
        ({"value": 100, "unit": "yd"}, 91.44),
        ({"value": 800, "unit": "m"}, 800),
    ],
)
def test_a_distance_is_read_in_its_unit(amount: object, meters: float) -> None:
    assert draft_of(body(distance=amount)).distance_meters == pytest.approx(meters)


@pytest.mark.parametrize(
    ("figure", "value", "path"),
    [
        ("distance", 5, ("distance",)),
        ("distance", {"value": 5}, ("distance", "unit")),
        ("distance", {"value": 5, "unit": "li"}, ("distance", "unit")),
        ("distance", {"value": "5", "unit": "km"}, ("distance", "value")),
        ("kcal_burned", {"value": 160, "unit": "cal"}, ("kcal_burned", "unit")),
    ],
)
def test_a_number_without_a_unit_we_know_is_not_guessed(figure: str, value: object, path: tuple[str, ...]) -> None:
    item = one(body(**{figure: value}))

    assert isinstance(item, Problem)
    assert item.path == path


@pytest.mark.parametrize(
    ("name", "sport"),
    [
        ("Walking", Sport.WALK),
        ("HKWorkoutActivityTypeTraditionalStrengthTraining", Sport.STRENGTH),
        ("HKWorkoutActivityTypeTableTennis", Sport.TABLE_TENNIS),
        ("trail_run", Sport.TRAIL_RUN),
        ("Muay Thai", Sport.MUAY_THAI),
        ("cross-country skiing", Sport.XC_SKI),
        ("underwater chess", Sport.OTHER),
    ],
)
def test_a_free_name_becomes_a_sport_and_is_kept(name: str, sport: Sport) -> None:
    draft = draft_of(body(activity_name=name))

    assert (draft.sport, draft.sport_word) == (sport, name)


def test_our_own_words_and_names_are_known() -> None:
    for facts in all_facts().values():
        assert draft_of(body(activity_name=facts.sport.value)).sport is facts.sport


def test_steps_of_an_hour_are_skipped() -> None:
    assert isinstance(one(STEPS), Skipped)


@pytest.mark.parametrize(
    ("start", "end", "day"),
    [
        ("2026-01-31T00:00:00+07:00", "2026-02-01T00:00:00+07:00", date(2026, 1, 31)),
        ("2026-01-30T17:00:00Z", "2026-01-31T17:00:00Z", date(2026, 1, 31)),
        ("2026-01-31T00:00:00+00:00", "2026-02-01T00:00:00+00:00", date(2026, 1, 31)),
    ],
)
@pytest.mark.parametrize("count", [9000, {"value": 9000, "unit": "steps"}])
def test_steps_of_a_whole_day_are_its_total(start: str, end: str, day: date, count: object) -> None:
    total = one({"step_count": count, **framed(start_date_time=start, end_date_time=end)})

    assert isinstance(total, DayTotal)
    assert (total.local_date, total.steps, total.energy_kcal) == (day, 9000, None)


@pytest.mark.parametrize("document", [STEPS, BODY])
def test_a_statistic_is_no_sum(document: dict[str, object]) -> None:
    assert isinstance(one(document | {"descriptive_statistic": "maximum"}), Skipped)


@pytest.mark.parametrize(
    "count", [True, "9000", -1, 10**9, {"value": 9000, "unit": "laps"}, {"value": 1.5, "unit": "steps"}]
)
def test_a_count_that_cannot_be_one_is_quarantined(count: object) -> None:
    item = one(STEPS | {"step_count": count})

    assert isinstance(item, Problem)
    assert item.path[0] == "step_count"


def test_points_about_something_else_are_skipped() -> None:
    header = HEADER | {"schema_id": {"namespace": "omh", "name": "body-weight", "version": "2.0"}}

    assert isinstance(one({"header": header, "body": {"body_weight": {"value": 60, "unit": "kg"}}}), Skipped)


def test_a_bad_point_leaves_the_rest() -> None:
    found = list(normalise([POINT, {"header": HEADER, "body": {}}, 5, BODY]))

    assert [type(item) for item in found] == [Draft, Problem, Problem, Draft]
    assert [item.path for item in found if isinstance(item, Problem)] == [(1, "body", "activity_name"), (2,)]


@pytest.mark.parametrize("payload", [None, 1, "x", {}, [1, {}], {"error": "no"}, [[]]])
def test_what_is_no_data_point_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([POINT, BODY, STEPS, [POINT, STEPS]]).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    assert_sound(normalise, payload)
