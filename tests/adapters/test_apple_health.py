"""Apple exports of several iOS versions, pushes from a phone, and what neither would send."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.apple_health import ADAPTER, normalise
from adapters.apple_sports import SPORTS
from adapters.base import items
from domain.drafts import DayTotal, Deletion, Draft, EnergyKind, Item, Problem, Skipped, Source, refusal
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import SAMPLES, assert_as_expected, expected_of, sample
from tests.adapters.mutations import mutated
from tests.adapters.xml_mutations import changed_xml

FILES = sorted(path.name for path in (SAMPLES / "apple_health").glob("*.xml"))
IOS10, IOS16, IOS17 = (
    "export_inline_route.xml",
    "export_ios16_malformed_doctype.xml",
    "export_ios17_workoutstatistics.xml",
)
PUSH = json.loads(sample("apple_health/healthkit_push.json"))


def workout(inside: str = "", word: str = "Running", **changes: str | None) -> str:
    attributes: dict[str, str | None] = {
        "workoutActivityType": f"HKWorkoutActivityType{word}",
        "duration": "30",
        "durationUnit": "min",
        "sourceName": "Watch",
        "startDate": "2026-05-01 06:00:00 +0700",
        "endDate": "2026-05-01 06:35:00 +0700",
    } | changes
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items() if value is not None)
    return f"<Workout {written}>{inside}</Workout>"


def statistic(kind: str, total: str, unit: str) -> str:
    return f'<WorkoutStatistics type="HKQuantityTypeIdentifier{kind}" sum="{total}" unit="{unit}"/>'


def entry(key: str, value: str) -> str:
    return f'<MetadataEntry key="{key}" value="{value}"/>'


def steps(value: str, start: str = "2026-05-01 06:00:00 +0700", source: str = "iPhone", inside: str = "") -> str:
    kind = "HKQuantityTypeIdentifierStepCount"
    said = f'sourceName="{source}" unit="count" startDate="{start}" value="{value}"'
    return f'<Record type="{kind}" {said}>{inside}</Record>'


def export(*parts: str) -> bytes:
    return f'<HealthData locale="th_TH">{"".join(parts)}</HealthData>'.encode()


def all_of(data: bytes) -> list[Item]:
    return list(items(ADAPTER, data))


def one(data: bytes) -> Item:
    (item,) = all_of(data)
    return item


def draft_of(data: bytes) -> Draft:
    item = one(data)
    assert isinstance(item, Draft)
    return item


def pushed(**changes: object) -> Item:
    return one(json.dumps({"workouts": [{**PUSH["workouts"][0], **changes}]}).encode())


@pytest.mark.parametrize("name", [IOS10, IOS17])
def test_a_recorded_export_becomes_what_is_expected(name: str) -> None:
    assert_as_expected(f"apple_health/{name}", items(ADAPTER, sample(f"apple_health/{name}")))


def test_a_recorded_run_keeps_all_that_the_watch_said() -> None:
    draft = next(item for item in all_of(sample(f"apple_health/{IOS10}")) if isinstance(item, Draft))

    assert (draft.sport_word, draft.source, draft.device_name) == (
        "HKWorkoutActivityTypeRunning",
        Source.DEVICE,
        "Apple Watch",
    )
    assert (draft.energy_kind, draft.p95_speed_mps, draft.utc_offset_seconds) == (
        EnergyKind.ACTIVE,
        2.48034,
        -8 * 3600,
    )
    assert draft.raw.startswith(b"<Workout workoutActivityType=")


def test_the_rings_of_a_day_are_a_day_total() -> None:
    days = [item for item in all_of(sample(f"apple_health/{IOS10}")) if isinstance(item, DayTotal)]

    assert [(day.local_date, day.energy_kcal, day.steps) for day in days] == [
        (date(2016, 11, 15), 590.252, None),
        (date(2016, 11, 16), 323.513, None),
    ]


def test_a_malformed_document_type_and_control_characters_do_not_cost_the_export() -> None:
    found = all_of(sample(f"apple_health/{IOS16}"))

    (draft,) = [item for item in found if isinstance(item, Draft)]
    assert (draft.started_at, draft.utc_offset_seconds) == (datetime(2026, 5, 1, 23, tzinfo=UTC), 25200)
    assert (draft.sport, draft.steps, draft.pulse_bpm) == (Sport.TREADMILL_RUN, 5100, 151)
    assert (draft.elapsed_seconds, draft.moving_seconds) == (1980, 1890)
    assert draft.energy_kcal == pytest.approx(300)
    assert draft.distance_meters == pytest.approx(4988.97, abs=0.01)


def test_the_steps_of_a_day_are_its_best_source_and_nothing_typed_in() -> None:
    days = [item for item in all_of(sample(f"apple_health/{IOS16}")) if isinstance(item, DayTotal)]

    assert [(day.local_date.day, day.steps, day.source) for day in days] == [
        (2, 1500, Source.DEVICE),
        (3, 70, Source.PHONE),
    ]
    assert days[0].energy_kcal == pytest.approx(500)


def test_steps_belong_to_the_bangkok_day_on_which_they_start() -> None:
    (day,) = all_of(export(steps("100", "2026-04-30 20:00:00 +0000"), steps("1.5", "2026-05-01 16:59:59 +0000")))

    assert isinstance(day, DayTotal)
    assert (day.local_date, day.steps) == (date(2026, 5, 1), 102)


@pytest.mark.parametrize("name", FILES)
def test_what_is_kept_of_a_workout_reads_the_same_again(name: str) -> None:
    for item in all_of(sample(f"apple_health/{name}")):
        if isinstance(item, Draft):
            assert one(item.raw) == item


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_comes_in_pieces_gives_the_same(name: str) -> None:
    data = sample(f"apple_health/{name}")

    assert list(normalise(data[i : i + 100] for i in range(0, len(data), 100))) == list(normalise(data))


def test_exports_from_two_time_zones_name_a_workout_the_same() -> None:
    here = draft_of(export(workout()))
    there = draft_of(
        export(workout(startDate="2026-05-01 01:00:00 +0200", endDate="2026-05-01 01:35:00 +0200", creationDate="x"))
    )

    assert here.partner_ref == there.partner_ref
    assert draft_of(export(workout(word="Walking"))).partner_ref != here.partner_ref


def test_the_zone_of_the_workout_goes_before_that_of_the_phone() -> None:
    zones = ["Asia/Tokyo", "Nowhere/Land", "../../etc/passwd", "Asia", ""]

    offsets = [draft_of(export(workout(entry("HKTimeZone", zone)))).utc_offset_seconds for zone in zones]

    assert offsets == [9 * 3600, 25200, 25200, 25200, 25200]


@pytest.mark.parametrize(
    ("inside", "word", "meters"),
    [
        (statistic("DistanceCycling", "20", "km") + statistic("DistanceWalkingRunning", "1", "km"), "Cycling", 20_000),
        (statistic("DistanceWalkingRunning", "1", "km"), "Cycling", None),
        (statistic("DistanceSwimming", "1000", "yd"), "Swimming", 914.4),
        (statistic("DistancePaddleSports", "2", "mi"), "PaddleSports", 3218.688),
        (statistic("DistanceCycling", "2", "km") + statistic("DistanceSwimming", "1", "km"), "Yoga", None),
        (statistic("DistanceCycling", "2", "km") + statistic("DistanceSwimming", "1", "km"), "SwimBikeRun", 3000),
        (statistic("DistanceWalkingRunning", "0", "km"), "Running", None),
    ],
)
def test_a_sport_takes_its_own_distance(inside: str, word: str, meters: float | None) -> None:
    assert draft_of(export(workout(inside, word))).distance_meters == (
        None if meters is None else pytest.approx(meters)
    )


@pytest.mark.parametrize(
    ("value", "unit", "kcal"),
    [("300", "Cal", 300), ("300", "kcal", 300), ("1255.2", "kJ", 300), ("300000", "cal", 300)],
)
def test_energy_is_read_in_its_unit_and_leaves_out_the_resting_part(value: str, unit: str, kcal: float) -> None:
    inside = statistic("BasalEnergyBurned", "99", "Cal")

    by_statistic = draft_of(export(workout(inside + statistic("ActiveEnergyBurned", value, unit))))
    by_attribute = draft_of(export(workout(inside, totalEnergyBurned=value, totalEnergyBurnedUnit=unit)))

    assert by_statistic.energy_kcal == by_attribute.energy_kcal == pytest.approx(kcal)


def test_zero_totals_are_not_measured() -> None:
    draft = draft_of(export(workout(totalDistance="0", totalDistanceUnit="km", totalEnergyBurned="0")))

    assert (draft.distance_meters, draft.energy_kcal, draft.steps, draft.pulse_bpm) == (None, None, None, None)


@pytest.mark.parametrize(
    ("word", "metadata", "ours"),
    [
        ("Running", entry("HKIndoorWorkout", "1"), Sport.TREADMILL_RUN),
        ("Cycling", entry("HKIndoorWorkout", "0"), Sport.RIDE),
        ("Swimming", entry("HKSwimmingLocationType", "2"), Sport.OPEN_WATER_SWIM),
        ("Yoga", entry("HKIndoorWorkout", "1"), Sport.YOGA),
        ("TaiChi", "", Sport.TAI_CHI),
        ("SepakTakraw", "", Sport.OTHER),
    ],
)
def test_the_word_and_the_place_tell_the_sport(word: str, metadata: str, ours: Sport) -> None:
    draft = draft_of(export(workout(metadata, word)))

    assert (draft.sport, draft.sport_word) == (ours, f"HKWorkoutActivityType{word}")


def test_every_word_of_healthkit_is_listed_once_and_sorted() -> None:
    assert list(SPORTS) == sorted(SPORTS)
    assert len(SPORTS) >= 80


@pytest.mark.parametrize(
    ("name", "device", "source"),
    [
        ("Somchai’s Apple Watch", None, Source.DEVICE),
        ("iPhone", None, Source.PHONE),
        ("Nike Run Club", "&lt;&lt;HKDevice: 0x1&gt;, name:iPhone, model:iPhone&gt;", Source.PHONE),
        ("Connect", "&lt;&lt;HKDevice: 0x1&gt;, name:Forerunner, model:FR255&gt;", Source.DEVICE),
    ],
)
def test_the_source_tells_watches_from_phones(name: str, device: str | None, source: Source) -> None:
    assert draft_of(export(workout(sourceName=name, device=device))).source is source


def test_what_a_person_typed_in_is_manual() -> None:
    draft = draft_of(export(workout(entry("HKWasUserEntered", "1"))))

    assert (draft.manual, draft.source) == (True, Source.MANUAL)


@pytest.mark.parametrize(
    ("changes", "code", "name"),
    [
        ({"startDate": "2026-05-01 06:00:00"}, "MISSING_ZONE", "startDate"),
        ({"endDate": "2026-05-01T06:30:00"}, "MISSING_ZONE", "endDate"),
        ({"startDate": None}, "MISSING_TIME", "startDate"),
        ({"startDate": "2569-05-01 06:00:00 +0700"}, "BAD_TIME", "startDate"),
        ({"startDate": "1 พ.ค. 2569"}, "BAD_TIME", "startDate"),
        ({"duration": None, "endDate": None}, "MISSING_DURATION", "endDate"),
        ({"duration": "NaN"}, "BAD_NUMBER", "duration"),
        ({"durationUnit": "fortnight"}, "BAD_UNIT", "duration"),
        ({"totalDistance": "1", "totalDistanceUnit": "li"}, "BAD_UNIT", "totalDistance"),
        ({"totalEnergyBurned": "๕", "totalEnergyBurnedUnit": "kcal"}, "BAD_NUMBER", "totalEnergyBurned"),
    ],
)
def test_a_figure_that_cannot_be_read_is_quarantined_with_its_place(
    changes: dict[str, str | None], code: str, name: str
) -> None:
    found = all_of(export(workout(), workout(**changes), workout()))

    assert [type(item) for item in found] == [Draft, Problem, Draft]
    (problem,) = [item for item in found if isinstance(item, Problem)]
    assert (problem.code, problem.path) == (code, ("Workout", 1, name))
    assert problem.raw.endswith(b"</Workout>")


def test_an_end_before_the_start_is_left_to_the_verdict() -> None:
    assert draft_of(export(workout(endDate="2026-05-01 05:59:00 +0700"))).elapsed_seconds == -60


def test_records_that_cannot_be_read_are_told_once_with_their_number() -> None:
    found = all_of(export(steps("x"), steps("5", "2026-05-01 06:00:00"), steps("-1"), steps("9")))

    assert [type(item) for item in found] == [DayTotal, Problem]
    assert isinstance(found[1], Problem)
    assert found[1].code == "BAD_RECORD"
    assert found[1].message.startswith("3 ")
    assert b'"value":"x"' in found[1].raw


@pytest.mark.parametrize("changes", ['dateComponents="today"', 'dateComponents="2569-05-01"', 'activeEnergyBurned="x"'])
def test_a_day_that_cannot_be_read_is_quarantined(changes: str) -> None:
    problem = one(export(f'<ActivitySummary {changes} activeEnergyBurnedUnit="kcal"/>'))

    assert isinstance(problem, Problem)
    assert (problem.code, problem.path) == ("BAD_RECORD", ("ActivitySummary",))


def test_steps_beyond_any_day_are_quarantined() -> None:
    problem = one(export(steps("9e6")))

    assert isinstance(problem, Problem)
    assert (problem.code, problem.path) == ("ABSURD_FIGURE", ("day", "2026-05-01"))


def test_records_of_other_kinds_and_correlated_copies_count_for_nothing() -> None:
    other = steps("5").replace("StepCount", "HeartRate")

    assert all_of(export(other, f"<Correlation>{steps('5')}</Correlation>", f"<Other>{workout()}</Other>")) == []


@pytest.mark.parametrize("root", ["ClinicalDocument", "gpx", "html"])
def test_another_document_of_the_export_is_refused_by_name(root: str) -> None:
    with pytest.raises(BadPayload, match=f"first element is {root}; expected HealthData"):
        all_of(f"<{root}/>".encode())


def test_a_truncated_export_is_refused() -> None:
    with pytest.raises(BadPayload, match="broken at line"):
        all_of(sample(f"apple_health/{IOS16}")[:-20])


def test_an_export_of_any_length_is_read_in_constant_memory() -> None:
    def chunks(blocks: int) -> Iterator[bytes]:
        padding = f'<Record type="HKQuantityTypeIdentifierHeartRate" device="{"x" * 900}"/>' * 40
        yield b"<HealthData>"
        for _ in range(blocks):
            yield (workout() + steps("1") + padding).encode()
        yield b"</HealthData>"

    peaks = []
    for blocks in (10, 100):
        tracemalloc.start()
        assert sum(isinstance(item, Draft) for item in normalise(chunks(blocks))) == blocks
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.3


def test_workouts_come_before_the_export_has_ended() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"<HealthData>" + (workout() * 1000).encode()
        pytest.fail("the first workouts were not given before more was asked for")

    assert isinstance(next(iter(normalise(chunks()))), Draft)


def test_a_push_becomes_workouts_and_deletions() -> None:
    found = all_of(sample("apple_health/healthkit_push.json"))

    swim, ride = [item for item in found if isinstance(item, Draft)]
    assert (swim.partner_ref, swim.person_ref) == (PUSH["workouts"][0]["uuid"], "ios-user-7")
    assert (swim.sport, swim.distance_meters, swim.source) == (Sport.POOL_SWIM, 1500, Source.DEVICE)
    assert swim.energy_kcal == pytest.approx(350)
    assert (ride.sport, ride.energy_kcal, ride.elapsed_seconds, ride.moving_seconds) == (Sport.RIDE, 512.4, 4200, 3690)
    assert ride.distance_meters == pytest.approx(24_310)
    (local,) = [item for item in found if isinstance(item, Problem)]
    assert (local.code, local.path) == ("MISSING_ZONE", ("workouts", 2, "startDate"))
    gone = [item.partner_ref[-2:] for item in found if isinstance(item, Deletion)]
    assert gone == ["13", "14"]


def test_a_pushed_ride_is_the_exported_one_under_another_name() -> None:
    exported = next(item for item in all_of(sample(f"apple_health/{IOS17}")) if isinstance(item, Draft))
    (wanted, _) = expected_of(f"apple_health/{IOS17}")

    ride = [item for item in all_of(sample("apple_health/healthkit_push.json")) if isinstance(item, Draft)][1]

    assert (ride.sport, ride.distance_meters, ride.energy_kcal) == (
        exported.sport,
        exported.distance_meters,
        wanted["kcal"],
    )


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"workouts": null}', b"{", b'{"userId": "x"}'])
def test_a_push_without_workouts_or_deletions_is_refused(body: bytes) -> None:
    with pytest.raises(BadPayload):
        all_of(body)


def test_what_a_pushed_workout_lacks_is_told_with_its_place() -> None:
    unnamed, unknown = pushed(uuid=None), pushed(totalDistance={"value": 1, "unit": "li"})

    assert isinstance(unnamed, Problem)
    assert isinstance(unknown, Problem)
    assert unnamed.path == ("workouts", 0, "uuid")
    assert (unknown.code, unknown.path) == ("BAD_UNIT", ("workouts", 0, "totalDistance"))


def test_the_page_describes_the_push_that_is_read() -> None:
    page = (SAMPLES.parents[1] / "docs" / "partners" / "apple_health.md").read_text("utf-8")
    example = re.search(r"```json\n(.*?)```", page, re.DOTALL)

    assert example is not None
    assert [type(item) for item in all_of(example[1].encode())] == [Draft, Deletion]


def assert_only_items(data: bytes) -> None:
    try:
        found = all_of(data)
    except BadPayload:
        return
    for item in found:
        assert isinstance(item, Draft | DayTotal | Deletion | Problem | Skipped)
        assert not isinstance(item, Draft) or refusal(item) is None


EXPORTS = st.sampled_from(FILES).flatmap(lambda name: changed_xml(sample(f"apple_health/{name}")))


@settings(max_examples=200, deadline=None)
@given(EXPORTS)
def test_a_changed_export_gives_items_or_a_refusal(data: bytes) -> None:
    assert_only_items(data)


@settings(max_examples=200, deadline=None)
@given(mutated(PUSH))
def test_a_changed_push_gives_items_or_a_refusal(document: object) -> None:
    assert_only_items(json.dumps(document).encode())


@pytest.mark.long
@settings(max_examples=10_000, deadline=None)
@given(EXPORTS | mutated(PUSH).map(lambda document: json.dumps(document).encode()) | st.binary(max_size=400))
def test_ten_thousand_changed_files_give_items_or_a_refusal(data: bytes) -> None:
    assert_only_items(data)
