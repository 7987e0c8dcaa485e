"""FIT files from devices, damaged files, and files that no device would write."""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import fitdecode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.fit_file import ADAPTER, normalise
from adapters.fit_frames import LARGEST_FILE_BYTES, crc16
from adapters.fit_sports import _BY_BOTH, _BY_SPORT, _BY_SUB_SPORT, NOT_EXERCISE, sport_of
from domain.drafts import Draft, EnergyKind, Item, Problem, Skipped, Source, refusal
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import SAMPLES, assert_as_expected, expected_of, sample

FILES = sorted(path.name for path in (SAMPLES / "fit").glob("*.fit"))
RUN = "fit/garmin-fenix-5-run.fit"
START = 1_000_000_000  # 2021-09-08T01:46:40Z on the FIT clock
BASE_TYPES = {1: 0x02, 2: 0x84, 4: 0x86}

Fields = Sequence[tuple[int, int, int]]  # number, bytes, value


def message(local: int, number: int, fields: Fields, developer: bytes = b"") -> bytes:
    """A definition and one message of it; `developer` bytes follow the fields, undescribed."""
    header = 0x40 | local | (0x20 if developer else 0)
    definition = struct.pack("<BBBHB", header, 0, 0, number, len(fields))
    definition += b"".join(bytes((each, size, BASE_TYPES[size])) for each, size, _ in fields)
    if developer:
        definition += bytes((1, 7, len(developer), 3))
    return (
        definition + bytes((local,)) + b"".join(value.to_bytes(size, "little") for _, size, value in fields) + developer
    )


def fit(*messages: bytes) -> bytes:
    body = b"".join(messages)
    header = struct.pack("<2BHI4s", 14, 0x20, 2100, len(body), b".FIT")
    header += crc16(header).to_bytes(2, "little")
    return header + body + crc16(header + body).to_bytes(2, "little")


def file_id(kind: int = 4, serial: int = 123) -> bytes:
    return message(0, 0, [(0, 1, kind), (3, 4, serial), (4, 4, START)])


def session(**changes: int) -> bytes:
    figures = {"end": START + 600, "start": START, "sport": 1, "sub": 0, "elapsed": 600_000, "timer": 540_000}
    figures |= changes
    numbers = {
        "end": 253,
        "start": 2,
        "elapsed": 7,
        "timer": 8,
        "distance": 9,
        "cycles": 10,
        "kcal": 11,
        "sport": 5,
        "sub": 6,
    }
    sizes = {"sport": 1, "sub": 1, "kcal": 2}
    return message(1, 18, [(numbers[name], sizes.get(name, 4), value) for name, value in figures.items()])


def lap(start: int, *, sport: int = 1, distance: int = 100_000) -> bytes:
    fields = [(253, 4, start + 300), (2, 4, start), (7, 4, 300_000), (9, 4, distance), (25, 1, sport)]
    return message(2, 19, fields)


def point(at: int, distance: int, speed: int = 3000) -> bytes:
    return message(3, 20, [(253, 4, at), (5, 4, distance), (6, 2, speed), (3, 1, 120)])


def one(data: bytes) -> Item:
    (item,) = normalise(data)
    return item


def draft_of(data: bytes) -> Draft:
    item = one(data)
    assert isinstance(item, Draft)
    return item


def problem_of(data: bytes) -> Problem:
    item = one(data)
    assert isinstance(item, Problem)
    return item


@pytest.mark.parametrize("name", [name for name in FILES if name != "activity-unexpected-eof.fit"])
def test_a_recorded_file_becomes_what_is_expected(name: str) -> None:
    assert_as_expected(f"fit/{name}", items(ADAPTER, sample(f"fit/{name}")))


@pytest.mark.parametrize("name", FILES)
def test_the_same_file_gives_the_same_items(name: str) -> None:
    assert list(normalise(sample(f"fit/{name}"))) == list(normalise(sample(f"fit/{name}")))


def test_a_recorded_run_keeps_all_that_the_watch_said() -> None:
    draft = draft_of(sample(RUN))

    assert draft.partner_ref == "3945849289-20170611T143409Z"
    assert (draft.device_name, draft.source, draft.sport_word) == ("garmin fenix5", Source.DEVICE, "running")
    assert (draft.pulse_bpm, draft.peak_speed_mps, draft.moving_seconds) == (90, 3.658, 56.887)
    assert (draft.utc_offset_seconds, draft.energy_kind) == (-7 * 3600, EnergyKind.TOTAL)
    assert draft.raw == sample(RUN)


def test_a_day_of_monitoring_is_no_workout() -> None:
    item = one(sample("fit/MonitoringFile.fit"))

    assert isinstance(item, Skipped)
    assert "monitoring" in item.reason


def test_a_truncated_file_is_quarantined_whole_with_what_could_be_read() -> None:
    data = sample("fit/activity-unexpected-eof.fit")

    problem = problem_of(data)

    assert (problem.code, problem.path, problem.raw) == ("TRUNCATED", ("file", 0, "byte", 768), data)
    (wanted,) = expected_of("fit/activity-unexpected-eof.fit")
    assert f"{wanted['elapsed_s']} s, {wanted['distance_m']} m, {wanted['kcal']} kcal" in problem.message
    assert "running from 2012-04-09T21:22:26Z" in problem.message


@pytest.mark.parametrize(
    "name", [name for name in FILES if name not in {"activity-unexpected-eof.fit", "MonitoringFile.fit"}]
)
def test_cut_anywhere_a_file_never_becomes_a_workout(name: str) -> None:
    data = sample(f"fit/{name}")

    for length in range(len(data) - 1, 12, -max(1, len(data) // 40)):
        assert not [item for item in normalise(data[:length]) if isinstance(item, Draft)]


def test_a_changed_byte_is_a_bad_checksum() -> None:
    data = bytearray(sample(RUN))
    data[-40] ^= 1

    problem = problem_of(bytes(data))

    assert (problem.code, problem.path) == ("BAD_CRC", ("file", 0, "byte", 0))
    assert "157.56 m" in problem.message


def test_a_changed_header_is_a_bad_checksum() -> None:
    data = bytearray(sample(RUN))
    data[2] ^= 1
    data[-2:] = crc16(bytes(data[:-2])).to_bytes(2, "little")

    assert problem_of(bytes(data)).code == "BAD_CRC"


@pytest.mark.parametrize("data", [b"", b"FIT", b"\x0e" * 13, b"PK\x03\x04" * 40, b"x" * 1000, sample(RUN)[1:]])
def test_what_is_no_fit_file_is_refused(data: bytes) -> None:
    with pytest.raises(BadPayload) as refused:
        list(normalise(data))

    assert refused.value.partner == "fit_file"


def test_text_instead_of_bytes_is_refused() -> None:
    with pytest.raises(BadPayload):
        list(normalise({"file": "x"}))


def test_each_session_of_a_multisport_file_is_a_workout_of_its_own() -> None:
    data = fit(
        file_id(), session(sport=5, sub=18), session(sport=3, start=START + 600), session(sport=2, start=START + 700)
    )

    drafts = [item for item in normalise(data) if isinstance(item, Draft)]

    assert [draft.sport for draft in drafts] == [Sport.OPEN_WATER_SWIM, Sport.OTHER, Sport.RIDE]
    assert [draft.partner_ref[-2:] for draft in drafts] == ["-0", "-1", "-2"]
    assert [draft.sport_word for draft in drafts] == ["swimming/open_water", "transition", "cycling"]


def test_without_sessions_the_laps_add_up() -> None:
    draft = draft_of(fit(file_id(), lap(START), lap(START + 300)))

    assert (draft.elapsed_seconds, draft.distance_meters, draft.sport) == (600, 2000, Sport.RUN)
    assert draft.started_at == datetime(2021, 9, 8, 1, 46, 40, tzinfo=UTC)


def test_laps_of_different_sports_are_different_workouts() -> None:
    drafts = list(normalise(fit(file_id(), lap(START), lap(START + 300, sport=2), lap(START + 600, sport=2))))

    assert [(draft.sport, draft.elapsed_seconds) for draft in drafts if isinstance(draft, Draft)] == [
        (Sport.RUN, 300),
        (Sport.RIDE, 600),
    ]


def test_without_a_summary_the_points_are_measured() -> None:
    sport = message(4, 12, [(0, 1, 11), (1, 1, 0)])

    draft = draft_of(fit(file_id(), sport, *(point(START + second, second * 150) for second in range(0, 61, 10))))

    assert (draft.sport, draft.elapsed_seconds, draft.distance_meters) == (Sport.WALK, 60, 90)
    assert (draft.peak_speed_mps, draft.pulse_bpm, draft.moving_seconds) == (3, 120, None)
    assert draft.p95_speed_mps == 3


def test_points_with_compressed_time_stamps_count_from_the_last_full_one() -> None:
    definition = struct.pack("<BBBHB", 0x41, 0, 0, 20, 1) + bytes((5, 4, 0x86))
    clock = message(0, 21, [(253, 4, START)])
    points = b"".join(
        bytes((0x80 | 1 << 5 | (START + step) & 31,)) + (step * 300).to_bytes(4, "little") for step in (10, 20)
    )

    draft = draft_of(fit(file_id(), clock, definition, points))

    assert (draft.elapsed_seconds, draft.distance_meters) == (10, 60)


def test_a_missing_start_follows_from_end_and_duration() -> None:
    assert draft_of(fit(file_id(), session(start=2**32 - 1))).started_at == datetime(2021, 9, 8, 1, 46, 40, tzinfo=UTC)


def test_a_workout_on_a_clock_that_was_never_set_is_quarantined() -> None:
    problem = problem_of(fit(file_id(), session(start=1000, end=1600)))

    assert (problem.code, problem.path) == ("MISSING_TIME", ("file", 0, "session", 0))


def test_a_workout_without_any_duration_is_quarantined() -> None:
    nothing = 2**32 - 1

    assert problem_of(fit(file_id(), session(elapsed=nothing, timer=nothing, end=nothing))).code == "MISSING_DURATION"


def test_without_an_elapsed_time_the_end_counts() -> None:
    draft = draft_of(fit(file_id(), session(elapsed=2**32 - 1, end=START + 630)))

    assert (draft.elapsed_seconds, draft.moving_seconds) == (630, 540)


def test_figures_that_a_device_leaves_out_stay_unknown() -> None:
    draft = draft_of(fit(file_id(), session(distance=2**32 - 1, kcal=2**16 - 1)))

    assert (draft.distance_meters, draft.energy_kcal, draft.steps, draft.pulse_bpm) == (None, None, None, None)


@pytest.mark.parametrize(("sport", "steps"), [(1, 1000), (11, 1000), (17, 1000), (2, None), (5, None)])
def test_strides_are_steps_on_foot_only(sport: int, steps: int | None) -> None:
    assert draft_of(fit(file_id(), session(sport=sport, cycles=500))).steps == steps


def test_developer_fields_without_a_description_do_no_harm() -> None:
    described = message(
        1, 18, [(253, 4, START + 600), (2, 4, START), (5, 1, 1), (7, 4, 600_000)], developer=b"\x01\x02\x03"
    )

    assert draft_of(fit(file_id(), described)).elapsed_seconds == 600


def test_a_field_of_the_wrong_size_is_unknown_and_the_rest_is_read() -> None:
    definition = struct.pack("<BBBHB", 0x41, 0, 0, 18, 4) + bytes((2, 4, 0x86, 7, 4, 0x86, 9, 3, 0x86, 5, 1, 0))
    data = b"\x01" + START.to_bytes(4, "little") + (600_000).to_bytes(4, "little") + b"\x01\x02\x03" + b"\x01"

    draft = draft_of(fit(file_id(), definition, data))

    assert (draft.elapsed_seconds, draft.distance_meters) == (600, None)


def test_an_empty_field_is_let_pass() -> None:
    definition = struct.pack("<BBBHB", 0x41, 0, 0, 18, 3) + bytes((2, 4, 0x86, 9, 0, 0x86, 7, 4, 0x86))

    assert draft_of(fit(file_id(), definition, b"\x01" + struct.pack("<II", START, 600_000))).elapsed_seconds == 600


def test_an_undefined_message_after_the_session_does_no_harm() -> None:
    assert draft_of(fit(file_id(), session(), b"\x0a\x01\x02")).elapsed_seconds == 600


def test_an_undefined_message_before_the_session_is_a_problem() -> None:
    problem = problem_of(fit(file_id(), b"\x0a\x01\x02", session()))

    assert (problem.code, problem.path[-1]) == ("UNDEFINED_MESSAGE", 14 + len(file_id()))


def test_a_message_longer_than_the_file_is_a_truncation() -> None:
    assert problem_of(fit(file_id(), session()[:-4])).code == "TRUNCATED"
    assert problem_of(fit(file_id(), session()[:9])).code == "TRUNCATED"


def test_a_file_whose_size_was_never_written_is_a_truncation() -> None:
    data = bytearray(fit(file_id(), session()))
    data[4:8] = bytes(4)

    problem = problem_of(bytes(data[:-2]))

    assert problem.code == "TRUNCATED"
    assert "600 s" in problem.message


def test_chained_files_are_read_one_after_the_other() -> None:
    found = list(normalise(fit(file_id(), session()) + fit(file_id(kind=2)) + fit(file_id(serial=9), session(sport=2))))

    assert [type(item) for item in found] == [Draft, Skipped, Draft]
    assert [draft.partner_ref for draft in found if isinstance(draft, Draft)] == [
        "123-20210908T014640Z",
        "9-20210908T014640Z",
    ]


def test_what_follows_a_whole_file_and_is_none_is_kept_apart() -> None:
    draft, problem = normalise(fit(file_id(), session()) + b"garbage behind the file")

    assert isinstance(draft, Draft)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.raw) == ("BAD_HEADER", b"garbage behind the file")


def test_without_a_serial_number_the_file_names_itself() -> None:
    reference = draft_of(fit(file_id(serial=2**32 - 1), session())).partner_ref

    assert len(reference) == 64


def test_a_file_without_kind_or_without_workout_is_quarantined() -> None:
    assert problem_of(fit(session())).code == "NO_WORKOUT"
    assert problem_of(fit(file_id())).code == "NO_WORKOUT"


def test_a_drive_is_no_exercise() -> None:
    assert isinstance(one(fit(file_id(), session(sport=24))), Skipped)


def test_an_unknown_sport_is_kept_by_its_number() -> None:
    draft = draft_of(fit(file_id(), session(sport=201, sub=202)))

    assert (draft.sport, draft.sport_word) == (Sport.OTHER, "sport 201/sub_sport 202")


def test_every_word_we_map_is_a_word_of_the_profile() -> None:
    types = fitdecode.profile.MESSAGE_TYPES[18].fields
    sports, refinements = (set(types[number].type.enum.values()) for number in (5, 6))

    assert {*_BY_SPORT, *NOT_EXERCISE, *(sport for sport, _ in _BY_BOTH)} <= sports
    assert {*_BY_SUB_SPORT, *(refinement for _, refinement in _BY_BOTH)} <= refinements


@pytest.mark.parametrize(
    ("sport", "refined", "ours"),
    [
        ("running", "trail", Sport.TRAIL_RUN),
        ("running", "treadmill", Sport.TREADMILL_RUN),
        ("cycling", "mountain", Sport.MOUNTAIN_BIKE),
        ("cycling", "indoor_cycling", Sport.INDOOR_CYCLING),
        ("swimming", "lap_swimming", Sport.POOL_SWIM),
        ("training", "yoga", Sport.YOGA),
        ("generic", None, Sport.OTHER),
        (None, None, Sport.OTHER),
    ],
)
def test_a_refinement_tells_the_sport(sport: str | None, refined: str | None, ours: Sport) -> None:
    assert sport_of(sport, refined) is ours


def test_a_file_over_the_limit_is_refused_at_once() -> None:
    with pytest.raises(BadPayload, match="MB"):
        list(normalise(fit(file_id()) + bytes(LARGEST_FILE_BYTES)))


def test_more_messages_than_any_recording_are_refused_in_time() -> None:
    empty = struct.pack("<BBBHB", 0x41, 0, 0, 20, 0)
    began = time.monotonic()

    with pytest.raises(BadPayload, match="messages"):
        list(normalise(fit(file_id(), empty, b"\x01" * 2_100_000)))

    assert time.monotonic() - began < 20


def test_hundreds_of_chained_files_are_refused() -> None:
    with pytest.raises(BadPayload, match="chained"):
        list(normalise(fit(file_id(kind=2)) * 300))


def assert_only_items(data: bytes) -> None:
    try:
        found = list(items(ADAPTER, data))
    except BadPayload:
        return
    for item in found:
        assert isinstance(item, Draft | Problem | Skipped)
        assert not isinstance(item, Draft) or refusal(item) is None


@given(st.binary(max_size=400))
def test_any_bytes_give_items_or_a_refusal(data: bytes) -> None:
    assert_only_items(data)


@given(st.binary(max_size=300))
def test_any_body_with_a_right_checksum_gives_items_or_a_refusal(body: bytes) -> None:
    assert_only_items(fit(file_id(), body))


@settings(max_examples=300)
@given(
    st.sampled_from([name for name in FILES if name != "sample-activity-indoor-trainer.fit"]),
    st.lists(st.tuples(st.integers(14, 6000), st.binary(max_size=4), st.integers(0, 4)), min_size=1, max_size=6),
)
def test_a_changed_file_with_a_right_checksum_gives_items_or_a_refusal(
    name: str, changes: list[tuple[int, bytes, int]]
) -> None:
    body = bytearray(sample(f"fit/{name}")[14:-2])
    for place, new, removed in changes:
        at = place % len(body)
        body[at : at + removed] = new

    assert_only_items(fit(bytes(body)))
