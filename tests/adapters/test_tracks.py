"""The 95th percentile of a track's speed."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tracks import p95_of_readings, p95_speed


def test_a_speed_counts_for_how_long_it_lasted_however_densely_it_was_written() -> None:
    sparse = p95_speed(array("d", [3.0, 14.0]), array("d", [900.0, 100.0]))
    dense = p95_speed(array("d", [3.0] * 9 + [14.0] * 100), array("d", [100.0] * 9 + [1.0] * 100))

    assert sparse == dense == 14.0


def test_pauses_and_standing_do_not_hide_a_ride() -> None:
    # Five minutes by car among two hours of standing, with readings every second and a gap of an hour.
    standing = [(float(second), 0.0) for second in range(3_600)]
    driving = [(7_200.0 + second, 14.0) for second in range(300)]

    assert p95_of_readings([*standing, *driving]) == 14.0


def test_a_jump_of_the_receiver_is_above_the_percentile() -> None:
    readings = [(float(second), 45.0 if second == 500 else 3.0) for second in range(1_000)]

    assert p95_of_readings(readings) == 3.0


def test_nothing_that_moved_has_no_percentile() -> None:
    assert p95_of_readings([(0.0, 0.0), (1.0, 0.0)]) is None


@given(st.lists(st.tuples(st.floats(0.3, 99), st.floats(0.1, 60)), min_size=1, max_size=60))
def test_it_is_exceeded_for_less_than_a_twentieth_of_the_time(legs: list[tuple[float, float]]) -> None:
    speeds, seconds = (array("d", column) for column in zip(*legs, strict=True))

    found = p95_speed(speeds, seconds)

    assert found in speeds
    above = sum(held for speed, held in legs if speed > (found or 0))
    assert above < 0.05 * sum(seconds) or above == pytest.approx(0.05 * sum(seconds))
