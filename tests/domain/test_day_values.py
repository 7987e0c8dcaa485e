"""What a day counts, by every metric and rule: against the plainest words for it, and what must hold for any day."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.challenges import Metric
from domain.day_values import Counted, Rules, day_value, rules_of

SPORTS, SOURCES = ["run", "walk", "swim"], ["device", "phone", "manual"]
PLACES, KINDS = ["10", "1001", "90", "R6"], ["school", "club", "ministry"]
WHOLE = st.integers(0, 30_000)


def counted(**figures):
    nothing = {"energy_kcal": 0.0, "distance_meters": 0.0, "moving_seconds": 0.0, "steps": 0, "credits": 0}
    return Counted(**{"sport": "run", "source": "device", **nothing, **figures})


def some(words):
    return st.frozensets(st.sampled_from(words), max_size=2)


def eighths(most):
    """Figures that floating point adds up exactly, so that the plain words and the rules round the same."""
    return st.integers(0, most * 8).map(lambda n: n / 8)


ACTIVITIES = st.lists(
    st.builds(
        Counted,
        sport=st.sampled_from(SPORTS),
        source=st.sampled_from(SOURCES),
        energy_kcal=eighths(3_000),
        distance_meters=eighths(60_000),
        moving_seconds=eighths(36_000),
        steps=WHOLE,
        credits=st.integers(0, 30),
    ),
    max_size=6,
)
ROUGH = st.lists(
    st.builds(
        counted,
        energy_kcal=st.floats(0, 3_000),
        distance_meters=st.floats(0, 60_000),
        moving_seconds=st.floats(0, 36_000),
    ),
    max_size=6,
)
RULES = st.builds(
    Rules,
    metric=st.sampled_from(Metric),
    sports=some(SPORTS),
    sources=some(SOURCES),
    places=some(PLACES),
    team_kinds=some(KINDS),
    daily_cap=st.none() | st.integers(1, 20_000),
    day_metric=st.none() | st.sampled_from([each for each in Metric if each is not Metric.ACTIVE_DAYS]),
    day_least=st.integers(1, 20_000),
)
DAYS = {"day": ACTIVITIES, "day_steps": st.none() | WHOLE, "places": some(PLACES), "team_kinds": some(KINDS)}


def figure(metric, day, day_steps):
    """What the day comes to, exactly and before it is rounded down."""
    steps = sum(each.steps for each in day)
    return {
        Metric.CREDITS: sum(each.credits for each in day),
        Metric.ENERGY_KCAL: sum(Fraction(each.energy_kcal) for each in day),
        Metric.DISTANCE_METERS: sum(Fraction(each.distance_meters) for each in day),
        Metric.MOVING_MINUTES: sum(Fraction(each.moving_seconds) for each in day) / 60,
        Metric.STEPS: steps if day_steps is None else max(steps, day_steps),
        Metric.ACTIVITIES: len(day),
        Metric.ACTIVE_DAYS: int(len(day) > 0),
    }[metric]


def plainly(rules, day, day_steps, places, team_kinds):
    """The rules of the design, word for word."""
    if rules.places and not rules.places & places:
        return 0
    if rules.team_kinds and not rules.team_kinds & team_kinds:
        return 0
    counting = [
        each for each in day if each.sport in (rules.sports or SPORTS) and each.source in (rules.sources or SOURCES)
    ]
    if rules.sports or rules.sources:
        day_steps = None
    if rules.metric is Metric.ACTIVE_DAYS and rules.day_metric:
        value = int(figure(rules.day_metric, counting, day_steps) >= rules.day_least)
    else:
        value = int(figure(rules.metric, counting, day_steps))
    return value if rules.daily_cap is None else min(value, rules.daily_cap)


@given(rules=RULES, **DAYS)
def test_a_day_counts_what_its_rules_say(rules, day, day_steps, places, team_kinds):
    value = day_value(rules, day, day_steps, places=places, team_kinds=team_kinds)

    assert value == plainly(rules, day, day_steps, places, team_kinds)


@given(rules=RULES, **DAYS)
def test_no_day_counts_less_than_nothing_or_more_than_the_cap(rules, day, day_steps, places, team_kinds):
    value = day_value(rules, day, day_steps, places=places, team_kinds=team_kinds)

    assert isinstance(value, int)
    assert 0 <= value <= (value if rules.daily_cap is None else rules.daily_cap)
    assert rules.metric is not Metric.ACTIVE_DAYS or value in (0, 1)


@given(rules=RULES, more=ACTIVITIES, **DAYS)
def test_another_activity_never_takes_anything_away(rules, more, day, day_steps, places, team_kinds):
    there = {"places": places, "team_kinds": team_kinds}

    assert day_value(rules, day + more, day_steps, **there) >= day_value(rules, day, day_steps, **there)


@given(rules=RULES, order=st.randoms(use_true_random=False), **{**DAYS, "day": ROUGH})
def test_the_order_of_arrival_makes_no_difference(rules, order, day, day_steps, places, team_kinds):
    shuffled = order.sample(day, len(day))
    there = {"places": places, "team_kinds": team_kinds}

    assert day_value(rules, shuffled, day_steps, **there) == day_value(rules, day, day_steps, **there)


@given(rules=RULES, **DAYS)
def test_a_stricter_rule_never_counts_more(rules, day, day_steps, places, team_kinds):
    free = replace(rules, sports=frozenset(), sources=frozenset(), places=frozenset(), team_kinds=frozenset())
    there = {"places": places, "team_kinds": team_kinds}
    strict = day_value(rules, day, day_steps, **there)

    assert strict <= day_value(free, day, day_steps, **there)
    assert strict <= day_value(replace(rules, daily_cap=None), day, day_steps, **there)
    assert strict >= day_value(replace(rules, day_least=rules.day_least + 1), day, day_steps, **there)


@pytest.mark.parametrize(
    ("metric", "figures", "least", "active"),
    [
        (Metric.STEPS, {"steps": 7_999}, 8_000, 0),
        (Metric.STEPS, {"steps": 8_000}, 8_000, 1),
        (Metric.MOVING_MINUTES, {"moving_seconds": 1_799.9}, 30, 0),
        (Metric.MOVING_MINUTES, {"moving_seconds": 1_800}, 30, 1),
        (Metric.DISTANCE_METERS, {"distance_meters": 5_000}, 5_000, 1),
        (Metric.ENERGY_KCAL, {"energy_kcal": 99.9}, 100, 0),
        (Metric.CREDITS, {"credits": 3}, 3, 1),
        (Metric.ACTIVITIES, {}, 2, 0),
        (None, {}, None, 1),
    ],
)
def test_a_day_is_active_from_the_least_on(metric, figures, least, active):
    rules = rules_of("active_days", {}, None, metric, least)

    assert day_value(rules, [counted(**figures)], None) == active


def test_the_best_total_of_steps_makes_a_day_active_without_any_workout():
    rules = rules_of("active_days", {}, None, "steps", 8_000)

    assert day_value(rules, [], 8_000) == 1
    assert day_value(replace(rules, sports=frozenset({"walk"})), [], 8_000) == 0


def test_steps_of_people_elsewhere_do_not_count():
    rules = rules_of("steps", {"places": ["90"]})

    assert day_value(rules, [], 9_000, places={"10", "TH"}) == 0
    assert day_value(rules, [], 9_000, places={"9011", "90", "TH"}) == 9_000


def test_what_limits_nothing_is_kept_as_nothing():
    assert rules_of("credits", {"sports": None, "min_age": 5}) == Rules(Metric.CREDITS)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Metric.CREDITS, 5),
        (Metric.ENERGY_KCAL, 500),
        (Metric.DISTANCE_METERS, 8_000),
        (Metric.MOVING_MINUTES, 70),
        (Metric.STEPS, 9_000),
        (Metric.ACTIVE_DAYS, 1),
        (Metric.ACTIVITIES, 2),
    ],
)
def test_each_metric_counts_its_own(metric, value):
    day = [
        counted(energy_kcal=300.5, distance_meters=5_000.4, moving_seconds=1_800, steps=6_000, credits=3),
        counted(energy_kcal=200.2, distance_meters=3_000.0, moving_seconds=2_400, steps=3_000, credits=2),
    ]

    assert day_value(Rules(metric), day, None) == value


def test_a_day_total_of_steps_replaces_those_of_its_workouts():
    assert day_value(Rules(Metric.STEPS), [counted(steps=6_000)], 12_500) == 12_500
    assert day_value(Rules(Metric.STEPS, sports=frozenset({"run"})), [counted(steps=6_000)], 12_500) == 6_000


def test_eligibility_looks_at_sport_place_and_source():
    day = [counted(credits=1), counted(credits=2, sport="swim"), counted(credits=4, source="manual")]

    assert day_value(Rules(Metric.CREDITS, sports=frozenset({"run"})), day, None) == 5
    assert day_value(Rules(Metric.CREDITS, sources=frozenset({"device", "phone"})), day, None) == 3
    assert day_value(Rules(Metric.CREDITS, places=frozenset({"90"})), day, None, places={"90", "TH"}) == 7
    assert day_value(Rules(Metric.CREDITS, places=frozenset({"10"})), day, None, places={"90", "TH"}) == 0


def test_a_days_cap_holds():
    assert day_value(Rules(Metric.ENERGY_KCAL, daily_cap=200), [counted(energy_kcal=900.0)], None) == 200
