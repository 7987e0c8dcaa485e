"""Estimates follow the Compendium's rows and always say what they used."""

import csv
import math
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.energy import GENERIC_CODE, all_mets, estimated_kcal, met_for
from domain.sports import Sport, facts_of

MASS_KG = 65.0


def table():
    text = files("domain").joinpath("data/met2024.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def test_every_row_of_the_table_is_kept_under_its_own_code():
    assert len(all_mets()) == len(table())


def test_the_default_row_of_the_table_is_the_default_of_the_sport():
    defaults = {row["sport"]: row["code"] for row in table() if row["default"] and row["sport"] in set(Sport)}

    assert {sport: facts_of(Sport(sport)).met_code for sport in defaults} == defaults


@pytest.mark.parametrize("sport", ["walk", "run", "ride"])
def test_the_bands_of_a_sport_touch_without_gap_or_overlap(sport):
    bands = sorted(
        (float(row["speed_min_mps"]), float(row["speed_max_mps"]))
        for row in table()
        if row["sport"] == sport and row["speed_max_mps"]
    )

    assert all(high == low for (_, high), (low, _) in pairwise(bands))


@pytest.mark.parametrize(
    ("sport", "speed_mps", "code"),
    [
        (Sport.RUN, 2.7, "12050"),
        (Sport.RUN, 2.64, "12050"),  # a band starts at its lower end
        (Sport.RUN, None, "12150"),
        (Sport.WALK, 1.4, "17190"),
        (Sport.RIDE, 5.0, "01020"),
        (Sport.SWIM, 1.0, "18310"),
    ],
)
def test_a_known_speed_picks_its_band_and_an_unknown_one_the_default(sport, speed_mps, code):
    assert met_for(sport, speed_mps).code == code


@pytest.mark.parametrize(("speed_mps", "code"), [(0.5, "12026"), (9.0, "12135")])
def test_a_speed_outside_all_bands_takes_the_nearest_band(speed_mps, code):
    assert met_for(Sport.RUN, speed_mps).code == code


@pytest.mark.parametrize("speed_mps", [0.0, -1.0, math.nan, math.inf])
def test_a_speed_that_is_none_counts_as_unknown(speed_mps):
    assert met_for(Sport.RUN, speed_mps) == met_for(Sport.RUN)


@pytest.mark.parametrize(
    ("sport", "speed_mps", "code"),
    [
        (Sport.TREADMILL_RUN, 2.7, "12050"),
        (Sport.VIRTUAL_RUN, 2.7, "12050"),
        (Sport.MARATHON, None, "12150"),
        (Sport.TRAIL_RUN, 1.3, "12140"),
        (Sport.VIRTUAL_RIDE, 12.0, "01200"),
        (Sport.EBIKE, 8.0, "01088"),
        (Sport.EBIKE_MOUNTAIN, None, "01088"),
        (Sport.STICK_EXERCISE, None, "02064"),
    ],
)
def test_a_sport_without_a_row_falls_back_to_its_parents(sport, speed_mps, code):
    assert met_for(sport, speed_mps).code == code


@pytest.mark.parametrize("sport", [Sport.OTHER, Sport.WHEELCHAIR, Sport.HANDCYCLE])
def test_a_family_without_a_row_takes_the_generic_one(sport):
    assert met_for(sport, 3.0).code == GENERIC_CODE


def test_a_row_known_from_a_secondary_list_only_is_unverified():
    assert not met_for(Sport.FUTSAL).verified
    assert not met_for(Sport.WALK, 0.5).verified
    assert met_for(Sport.RUN).verified


def test_riding_in_a_car_is_not_creditable():
    assert {code for code, met in all_mets().items() if not met.creditable} == {"16015", "16030"}


@pytest.mark.parametrize("sport", Sport)
def test_every_sport_has_a_creditable_row(sport):
    assert met_for(sport).creditable


def test_energy_is_met_times_mass_times_hours():
    estimate = estimated_kcal(Sport.RUN, 1800, 4860, 60.0, MASS_KG)

    assert estimate.kcal == pytest.approx(9.3 * 60 * 0.5)
    assert (estimate.met_code, estimate.met_value, estimate.mass_kg, estimate.mass_assumed) == (
        "12050",
        9.3,
        60.0,
        False,
    )


@pytest.mark.parametrize("mass_kg", [None, 0.0, -70.0, math.nan, math.inf])
def test_without_a_usable_mass_the_default_is_taken_and_marked(mass_kg):
    estimate = estimated_kcal(Sport.YOGA, 3600, None, mass_kg, MASS_KG)

    assert estimate.kcal == pytest.approx(2.3 * MASS_KG)
    assert estimate.mass_kg == MASS_KG
    assert estimate.mass_assumed


@given(
    sport=st.sampled_from(Sport),
    moving_seconds=st.floats(-1e6, 1e6) | st.just(math.nan),
    distance_meters=st.none() | st.floats(0, 1e7),
    mass_kg=st.none() | st.floats(-10, 300),
)
def test_an_estimate_is_finite_never_negative_and_can_be_worked_out_again(
    sport, moving_seconds, distance_meters, mass_kg
):
    estimate = estimated_kcal(sport, moving_seconds, distance_meters, mass_kg, MASS_KG)

    hours = max(moving_seconds, 0) / 3600 if math.isfinite(moving_seconds) else 0
    assert estimate.kcal >= 0
    assert estimate.kcal == pytest.approx(estimate.met_value * estimate.mass_kg * hours)
    assert all_mets()[estimate.met_code].value == estimate.met_value
