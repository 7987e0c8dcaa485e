"""A day's credits: the rules as examples, and what holds for any day."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.rulebooks import Figures
from domain.scoring import Workout, score_of_day

SEVEN = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
RULES = Figures()


def workout(number=1, *, start=0.0, minutes=30.0, kcal=250.0, **figures):
    started = SEVEN + timedelta(minutes=start)
    return Workout(
        **{
            "id": UUID(int=number),
            "sport": "run",
            "started_at": started,
            "ended_at": started + timedelta(minutes=minutes),
            "elapsed_seconds": minutes * 60,
            "moving_seconds": None,
            "distance_meters": None,
            "energy_kcal": kcal,
            "steps": None,
            "manual": False,
            "source": "device",
            **figures,
        }
    )


def test_an_empty_day_is_worth_nothing():
    assert score_of_day([], RULES).credits == 0


def test_a_credit_is_a_full_hundred_and_the_remainder_lapses_at_midnight():
    assert score_of_day([workout(kcal=99.9)], RULES).credits == 0
    assert score_of_day([workout(kcal=199.9)], RULES).credits == 1


def test_remainders_of_a_day_add_up_and_the_workout_that_completes_a_credit_shows_it():
    score = score_of_day([workout(1, kcal=150), workout(2, start=60, kcal=150)], RULES)

    assert [each.credits for each in score.shares] == [1, 2]
    assert score.credits == 3


def test_the_daily_cap_holds():
    assert score_of_day([workout(minutes=600, kcal=9_000)], RULES).credits == RULES.daily_cap_credits


def test_energy_typed_in_by_hand_has_its_own_lower_cap():
    typed = workout(1, kcal=2_000, manual=True)

    assert score_of_day([typed], RULES).credits == RULES.manual_daily_cap_credits
    assert score_of_day([typed, workout(2, start=60, kcal=300)], RULES).credits == RULES.manual_daily_cap_credits + 3


def test_overlapping_minutes_count_once_even_between_sports():
    run, yoga = workout(1, minutes=60, kcal=600), workout(2, start=30, minutes=60, kcal=200, sport="yoga")

    score = score_of_day([yoga, run], RULES)

    assert [each.energy_kcal for each in score.shares] == [600, 100]
    assert score.moving_seconds == 90 * 60


def test_a_workout_inside_another_counts_no_minutes():
    score = score_of_day([workout(1, minutes=60, kcal=600), workout(2, start=10, minutes=20, sport="yoga")], RULES)

    assert (score.energy_kcal, score.activities, score.moving_seconds) == (600, 2, 3600)


def test_vigorous_minutes_are_those_of_six_met_or_more():
    score = score_of_day([workout(1, minutes=60), workout(2, start=90, minutes=30, sport="yoga")], RULES)

    assert score.vigorous_seconds == 3600


days = st.lists(
    st.builds(
        workout,
        st.integers(1, 10**9),
        start=st.integers(0, 1_000),
        minutes=st.integers(1, 300),
        kcal=st.floats(0, 3_000),
        sport=st.sampled_from(["run", "walk", "yoga"]),
        manual=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda each: each.id,
)


@given(days, st.randoms(use_true_random=False))
def test_the_order_given_changes_nothing(day, random):
    assert score_of_day(random.sample(day, len(day)), RULES) == score_of_day(day, RULES)


@given(days)
def test_shares_sum_to_the_day_and_stay_within_the_caps(day):
    score = score_of_day(day, RULES)

    assert sum(each.credits for each in score.shares) == score.credits
    assert all(each.credits >= 0 for each in score.shares)
    assert 0 <= score.credits <= RULES.daily_cap_credits
    assert sum(each.credits for each in score.shares if each.workout.manual) <= RULES.manual_daily_cap_credits + 1
    assert score.energy_kcal <= sum(each.energy_kcal for each in day) + 1


@given(days)
def test_no_minute_is_counted_twice(day):
    score = score_of_day(day, RULES)

    minutes = {
        minute
        for each in day
        for minute in range(
            int((each.started_at - SEVEN).total_seconds()), int((each.ended_at - SEVEN).total_seconds()), 60
        )
    }
    assert score.moving_seconds == len(minutes) * 60


@given(days, st.integers(1, 2_000))
def test_a_measured_workout_more_never_costs_credits(day, kcal):
    later = workout(10**9 + 1, start=2_000, minutes=60, kcal=kcal)

    assert score_of_day([*day, later], RULES).credits >= score_of_day(day, RULES).credits
