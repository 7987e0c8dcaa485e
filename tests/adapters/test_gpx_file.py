"""GPX tracks with and without times, and files that nobody recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.gpx_file import ADAPTER, normalise
from domain.drafts import Draft, Item, Problem, Skipped, Source, refusal
from domain.errors import BadPayload
from domain.plausibility import Measured, Verdict, judged
from domain.rulebooks import Figures
from domain.sports import Sport
from tests.adapters.expected import SAMPLES, TOLERANCE, expected_of, sample
from tests.adapters.xml_mutations import changed_xml

FILES = sorted(path.name for path in (SAMPLES / "gpx").glob("*.gpx"))
START = datetime(2026, 5, 1, tzinfo=UTC)
STEP = 0.0001  # degrees of latitude, about 11 m


def point(seconds: float | None, north: float = 0, inside: str = "") -> str:
    time = "" if seconds is None else f"<time>{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}</time>"
    return f'<trkpt lat="{13.75 + north}" lon="100.5">{time}{inside}</trkpt>'


def gpx(*segments: str, word: str | None = "running", name: str = "x", creator: str = "test") -> bytes:
    kind = "" if word is None else f"<type>{word}</type>"
    inside = "".join(f"<trkseg>{segment}</trkseg>" for segment in segments)
    return f'<gpx version="1.1" creator="{creator}"><trk><name>{name}</name>{kind}{inside}</trk></gpx>'.encode()


def walk(seconds: int, step: int = 10) -> str:
    return "".join(point(at, at * STEP / 10) for at in range(0, seconds + 1, step))


def one(data: bytes) -> Item:
    (item,) = items(ADAPTER, data)
    return item


def draft_of(data: bytes) -> Draft:
    item = one(data)
    assert isinstance(item, Draft)
    return item


def problem_of(data: bytes) -> Problem:
    item = one(data)
    assert isinstance(item, Problem)
    return item


@pytest.mark.parametrize("name", FILES)
def test_each_track_of_a_recorded_file_becomes_what_is_expected(name: str) -> None:
    found = list(items(ADAPTER, sample(f"gpx/{name}")))

    wanted = expected_of(f"gpx/{name}")
    assert len(found) == max(1, len(wanted))  # a file without tracks is one thing skipped
    for item, one_wanted in zip(found, wanted, strict=False):
        if not one_wanted["points"]:
            assert isinstance(item, Skipped)
        elif one_wanted["elapsed_s"] is None:
            assert isinstance(item, Problem)
            assert item.code == "MISSING_TIME"
        else:
            assert isinstance(item, Draft)
            assert item.started_at == datetime.fromisoformat(str(one_wanted["start_utc"]))
            assert (item.title, item.sport_word) == (one_wanted["name"], one_wanted["type"])
            assert item.elapsed_seconds == one_wanted["elapsed_s"]
            assert item.moving_seconds == one_wanted["moving_s"]
            assert item.distance_meters == pytest.approx(one_wanted["distance_2d_m"], rel=TOLERANCE, abs=0.1)
            # Theirs is the fastest leg; ours is what was held for a twentieth of the time, so never more.
            fastest = one_wanted["max_speed_mps"]
            assert isinstance(fastest, float)
            assert (item.p95_speed_mps or 0) <= fastest + 0.01


def test_an_impossible_leg_still_reaches_the_speed_check() -> None:
    draft = draft_of(sample("gpx/garminconnect_sample_activity.gpx"))

    measured = Measured(
        sport=draft.sport,
        started_at=draft.started_at,
        elapsed_seconds=draft.elapsed_seconds,
        distance_meters=draft.distance_meters,
        p95_speed_mps=draft.p95_speed_mps,
    )
    judgement = judged(measured, Figures(), now=datetime(2026, 1, 1, tzinfo=UTC))

    assert draft.sport is Sport.RUN
    assert (judgement.verdict, judgement.reasons) == (Verdict.FLAGGED, ("P95_TOO_FAST",))


def test_a_lost_fix_in_a_recorded_track_is_not_its_peak() -> None:
    drafts = [item for item in items(ADAPTER, sample("gpx/cerknicko-jezero.gpx")) if isinstance(item, Draft)]

    assert [draft.p95_speed_mps for draft in drafts if draft.title == "ACTIVE LOG #5"] == [pytest.approx(11.5, abs=0.1)]


@pytest.mark.parametrize("name", FILES)
def test_what_is_kept_of_a_track_reads_the_same_again(name: str) -> None:
    for item in items(ADAPTER, sample(f"gpx/{name}")):
        if isinstance(item, Draft):
            assert one(item.raw) == item
        if isinstance(item, Problem):
            again = one(item.raw)
            assert isinstance(again, Problem)
            assert (again.code, again.raw) == (item.code, item.raw)


def test_a_track_keeps_its_name_in_another_layout() -> None:
    other = gpx(walk(60)).replace(b"><", b">\n  <").replace(b"gpx", b"g:gpx").replace(b'creator="test"', b"")

    assert draft_of(other).partner_ref == draft_of(gpx(walk(60))).partner_ref
    assert draft_of(gpx(walk(70))).partner_ref != draft_of(gpx(walk(60))).partner_ref


def test_a_gap_between_segments_is_elapsed_but_neither_way_nor_movement() -> None:
    later = "".join(point(600 + at, 1 + at * STEP / 10) for at in range(0, 61, 10))

    draft = draft_of(gpx(walk(60), later))

    assert (draft.elapsed_seconds, draft.moving_seconds) == (660, 120)
    assert draft.distance_meters == pytest.approx(12 * 11.13, rel=0.01)


def test_standing_still_is_no_movement() -> None:
    draft = draft_of(gpx(walk(60) + point(300, 6 * STEP)))

    assert (draft.elapsed_seconds, draft.moving_seconds) == (300, 60)


def test_a_jump_of_the_receiver_adds_nothing() -> None:
    draft = draft_of(gpx(walk(60) + point(65, 1) + point(70, 6 * STEP) + point(80, 7 * STEP)))

    assert draft.distance_meters == pytest.approx(7 * 11.13, rel=0.01)
    assert draft.p95_speed_mps == pytest.approx(1.113, rel=0.01)


def test_points_without_time_between_timed_ones_lengthen_the_way() -> None:
    draft = draft_of(gpx(point(0) + point(None, 5 * STEP) + point(60, 0)))

    assert draft.distance_meters == pytest.approx(10 * 11.13, rel=0.01)
    assert draft.moving_seconds == 60


@pytest.mark.parametrize(
    ("points", "code"),
    [
        (point(None) + point(None, STEP), "MISSING_TIME"),
        (point(None) + point(10, STEP), "MISSING_TIME"),
        (point(0) + point(None, STEP), "MISSING_TIME"),
        (point(0), "MISSING_DURATION"),
        (point(0) + point(None, 0, "<time>2026-05-01T07:00:00</time>"), "MISSING_ZONE"),
        (point(0) + point(None, 0, "<time>1 May</time>"), "BAD_TIME"),
    ],
)
def test_a_track_without_a_duration_is_quarantined_never_guessed(points: str, code: str) -> None:
    problem = problem_of(gpx(points))

    assert (problem.code, problem.path[:2]) == (code, ("trk", 0))
    assert b"<trk>" in problem.raw


def test_a_local_time_without_zone_is_shown_where_it_stands() -> None:
    data = gpx(point(0) + point(None, 0, "<time>2026-05-01T07:00:00</time>") + point(9))

    assert problem_of(data).path == ("trk", 0, "trkpt", 1, "time")


def test_a_clock_that_runs_backwards_is_left_to_the_verdict() -> None:
    draft = draft_of(gpx(point(60) + point(0, STEP)))

    assert (draft.elapsed_seconds, draft.moving_seconds, draft.distance_meters) == (-60, None, None)


def test_a_printed_offset_tells_the_place() -> None:
    data = (
        gpx(point(0) + point(60)).replace(b"T00:00:00Z", b"T07:00:00+07:00").replace(b"T00:01:00Z", b"T07:01:00+07:00")
    )

    draft = draft_of(data)

    assert (draft.started_at, draft.utc_offset_seconds) == (START, 25200)


@pytest.mark.parametrize("prefix", ["gpxtpx", "ns3"])
def test_the_pulse_of_the_extension_is_averaged_whatever_its_prefix(prefix: str) -> None:
    def beat(bpm: str) -> str:
        hr = f"<{prefix}:hr>{bpm}</{prefix}:hr>"
        return f"<extensions><{prefix}:TrackPointExtension>{hr}</{prefix}:TrackPointExtension></extensions>"

    draft = draft_of(gpx(point(0, 0, beat("100")) + point(10, STEP, beat("120")) + point(20, STEP, beat("x"))))

    assert (draft.pulse_bpm, draft.energy_kcal, draft.steps) == (110, None, None)


@pytest.mark.parametrize(
    ("word", "name", "creator", "ours", "kept"),
    [
        ("running", "x", "test", Sport.RUN, "running"),
        ("Trail_Running", "x", "test", Sport.TRAIL_RUN, "Trail_Running"),
        ("cycling", "Morning Run", "test", Sport.RIDE, "cycling"),
        ("9", "x", "StravaGPX", Sport.RUN, "9"),
        ("9", "x", "test", Sport.OTHER, "9"),
        ("jkljkl", "Run", "test", Sport.OTHER, "jkljkl"),
        (None, "Morning Run", "test", Sport.RUN, "run"),
        (None, "เดินรอบสวนลุม", "test", Sport.WALK, "เดิน"),
        (None, "Brunch strides", "test", Sport.OTHER, None),
        (None, "Run to the ride", "test", Sport.OTHER, None),
    ],
)
def test_the_type_or_else_the_name_tells_the_sport(
    word: str | None, name: str, creator: str, ours: Sport, kept: str | None
) -> None:
    draft = draft_of(gpx(walk(60), word=word, name=name, creator=creator))

    assert (draft.sport, draft.sport_word) == (ours, kept)


@pytest.mark.parametrize(("creator", "source"), [("Garmin Connect", Source.DEVICE), ("GPSBabel", Source.PHONE)])
def test_only_makers_of_devices_are_taken_for_devices(creator: str, source: Source) -> None:
    assert draft_of(gpx(walk(60), creator=creator)).source is source


def test_a_drive_is_no_exercise() -> None:
    assert isinstance(one(gpx(walk(60), word="Driving")), Skipped)


def test_ten_thousand_points_are_read_in_time() -> None:
    began = datetime.now(UTC)

    draft_of(gpx("".join(point(at, at * STEP / 10) for at in range(10_000))))

    assert datetime.now(UTC) - began < timedelta(seconds=10)


@pytest.mark.parametrize("cut", [10, 400, 3000, 36_000])
def test_a_truncated_file_is_refused(cut: int) -> None:
    with pytest.raises(BadPayload, match="broken"):
        list(normalise(sample("gpx/cerknicko-jezero.gpx")[:cut]))


def assert_only_items(data: bytes) -> None:
    try:
        found = list(items(ADAPTER, data))
    except BadPayload:
        return
    for item in found:
        assert isinstance(item, Draft | Problem | Skipped)
        assert not isinstance(item, Draft) or refusal(item) is None


SMALL = gpx(point(0, 0, "<ele>5</ele>") + point(10, STEP, "<ele>6</ele><hr>120</hr>"), walk(30))


@settings(max_examples=200, deadline=None)
@given(changed_xml(SMALL) | changed_xml(sample("gpx/track_with_speed.gpx")))
def test_a_changed_file_gives_items_or_a_refusal(data: bytes) -> None:
    assert_only_items(data)


@pytest.mark.long
@settings(max_examples=10_000, deadline=None)
@given(changed_xml(SMALL) | changed_xml(sample("gpx/garminconnect_sample_activity.gpx")) | st.binary(max_size=400))
def test_ten_thousand_changed_files_give_items_or_a_refusal(data: bytes) -> None:
    assert_only_items(data)
