"""Verdicts by the limits of the rulebook."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.plausibility import Measured, Verdict, energy_is_plausible, judged
from domain.rulebooks import Figures
from domain.sports import Sport

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RULES = Figures()
CASES = Path(__file__).parents[1] / "samples" / "_scenarios" / "E_implausible" / "cases.json"


def verdict_on(**figures):
    measured = {"sport": Sport.RUN, "started_at": NOW - timedelta(days=1), "elapsed_seconds": 1_800, **figures}
    return judged(Measured(**measured), RULES, now=NOW)


SPORTS = {"run": Sport.RUN, "walk": Sport.WALK, "cycling": Sport.RIDE}
EXPECTED = {
    "car as run": (Verdict.REJECTED, ("TOO_FAST",)),
    "motorbike as cycling": (Verdict.REJECTED, ("TOO_FAST",)),
    "elite but possible": (Verdict.FLAGGED, ("VERY_FAST",)),
    "phone shaker": (Verdict.FLAGGED, ("STEPS_TOO_FAST", "STRIDE_IMPLAUSIBLE")),
    "negative duration": (Verdict.REJECTED, ("NOT_POSITIVE_DURATION",)),
    "future start": (Verdict.REJECTED, ("FUTURE_START",)),
    "30 h walk": (Verdict.FLAGGED, ("VERY_LONG",)),
}


@pytest.mark.parametrize("case", [each for each in json.loads(CASES.read_text()) if each["case"] in EXPECTED])
def test_each_recorded_case_gets_its_verdict(case):
    figures = {"sport": SPORTS[case["sport"]], "elapsed_seconds": case["elapsed_s"]}
    if "start" in case:
        figures["started_at"] = datetime.fromisoformat(case["start"])
    figures |= {name: case[key] for key, name in (("distance_m", "distance_meters"), ("steps", "steps")) if key in case}

    judgement = verdict_on(**figures)

    assert (judgement.verdict, judgement.reasons) == EXPECTED[case["case"]]


def test_an_ordinary_run_is_accepted():
    assert verdict_on(distance_meters=5_000, steps=5_000).verdict is Verdict.ACCEPTED


def test_a_sprint_may_be_faster_than_any_long_run():
    assert verdict_on(elapsed_seconds=60, distance_meters=350).verdict is Verdict.ACCEPTED


def test_a_short_trip_by_car_waits_for_review():
    assert verdict_on(elapsed_seconds=200, distance_meters=3_000).reasons == ("VERY_FAST",)


@pytest.mark.parametrize(
    ("sport", "speed", "verdict", "reasons"),
    [
        (Sport.RUN, 5.5, Verdict.ACCEPTED, ()),
        (Sport.RUN, 5.6, Verdict.FLAGGED, ("VERY_FAST",)),
        (Sport.RUN, 6.9, Verdict.FLAGGED, ("VERY_FAST",)),
        (Sport.RUN, 7.0, Verdict.REJECTED, ("TOO_FAST",)),
        (Sport.WALK, 2.5, Verdict.ACCEPTED, ()),
        (Sport.WALK, 2.6, Verdict.FLAGGED, ("VERY_FAST",)),
        (Sport.WALK, 4.1, Verdict.REJECTED, ("TOO_FAST",)),
        (Sport.RIDE, 15, Verdict.ACCEPTED, ()),
        (Sport.RIDE, 15.1, Verdict.FLAGGED, ("VERY_FAST",)),
        (Sport.RIDE, 20.1, Verdict.REJECTED, ("TOO_FAST",)),
        (Sport.SWIM, 2.0, Verdict.ACCEPTED, ()),
        (Sport.SWIM, 2.1, Verdict.FLAGGED, ("VERY_FAST",)),
        (Sport.SWIM, 2.5, Verdict.REJECTED, ("TOO_FAST",)),
    ],
)
def test_each_group_of_sports_has_its_own_speed(sport, speed, verdict, reasons):
    judgement = verdict_on(sport=sport, elapsed_seconds=1_000, distance_meters=speed * 1_000)

    assert (judgement.verdict, judgement.reasons) == (verdict, reasons)


def test_a_car_in_the_city_is_told_by_its_fastest_parts_and_not_by_its_average():
    trip = {"elapsed_seconds": 2_400, "distance_meters": 12_000}

    assert verdict_on(**trip).verdict is Verdict.ACCEPTED
    assert verdict_on(**trip, p95_speed_mps=13.9).reasons == ("P95_TOO_FAST",)


def test_the_fast_parts_of_intervals_and_of_a_short_sprint_are_nothing_odd():
    assert verdict_on(elapsed_seconds=3_000, distance_meters=10_000, p95_speed_mps=6.5).verdict is Verdict.ACCEPTED
    assert verdict_on(elapsed_seconds=600, distance_meters=1_000, p95_speed_mps=9.5).verdict is Verdict.ACCEPTED


def test_a_peak_that_nobody_reaches_waits_for_review_whatever_the_average():
    assert verdict_on(elapsed_seconds=3_000, distance_meters=10_000, peak_speed_mps=14).reasons == ("PEAK_TOO_FAST",)


def test_a_sport_without_limits_of_speed_is_not_judged_by_it():
    assert verdict_on(sport=Sport.SKI, distance_meters=30_000, p95_speed_mps=25).verdict is Verdict.ACCEPTED


def test_a_clock_that_was_never_set_is_rejected():
    assert verdict_on(started_at=datetime(1999, 12, 31, tzinfo=UTC)).reasons == ("CLOCK_NOT_SET",)


def test_three_days_are_no_workout():
    assert verdict_on(elapsed_seconds=72 * 3600).verdict is Verdict.REJECTED


@pytest.mark.parametrize(
    ("kcal", "hours", "mass", "plausible"),
    [
        (1_400, 1, None, True),
        (1_401, 1, None, False),
        (1_200, 1, 60, True),
        (1_201, 1, 60, False),
        (25_000, 0.5, None, False),
        (2_301, 1, 75, False),
        (100, 0, None, False),
    ],
)
def test_energy_has_limits_by_hour_and_by_mass(kcal, hours, mass, plausible):
    assert energy_is_plausible(kcal, hours * 3600, mass, RULES) is plausible
