"""Which records are one workout: the rules as examples, and what holds for any set of records."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.activities import Report, in_order_of_trust, merged
from domain.dedupe import clusters, joined, same_workout
from domain.drafts import EnergyKind, Source
from domain.rulebooks import Figures
from domain.sports import Sport

SEVEN = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
SOMEBODY, SOMEBODY_ELSE = UUID(int=1), UUID(int=2)


def report(partner="garmin", ref="1", *, start=0.0, minutes=33.0, **figures):
    started = SEVEN + timedelta(minutes=start)
    nothing = dict.fromkeys(
        (
            "moving_seconds",
            "distance_meters",
            "energy_kcal",
            "steps",
            "pulse_bpm",
            "peak_speed_mps",
            "p95_speed_mps",
            "activity_id",
        )
    )
    return Report(
        **{
            **nothing,
            "user_id": SOMEBODY,
            "id": UUID(int=hash((partner, ref)) % 2**127),
            "partner_name": partner,
            "partner_ref": ref,
            "known_as": (),
            "sport": Sport.RUN,
            "started_at": started,
            "ended_at": started + timedelta(minutes=minutes),
            "elapsed_seconds": minutes * 60,
            "energy_kind": EnergyKind.ACTIVE,
            "manual": False,
            "coarse": False,
            "source": Source.DEVICE,
            "upstream_partner": None,
            "upstream_ref": None,
            "owner_only": False,
            "received_at": started + timedelta(days=1),
            **figures,
        }
    )


def test_an_upstream_reference_binds_whatever_the_clocks_say():
    origin = report("garmin", "15")
    copy = report("strava", "16", start=7 * 60, upstream_partner="garmin", upstream_ref="15")

    assert same_workout(origin, copy)
    assert same_workout(copy, origin)


def test_a_copy_may_quote_another_name_of_its_origin():
    origin = report("garmin", "summary-1", known_as=("15",))

    assert same_workout(origin, report("strava", "16", upstream_partner="garmin", upstream_ref="15", sport=Sport.OTHER))


def test_two_copies_of_an_absent_origin_are_one_workout():
    quoting = {"upstream_partner": "garmin", "upstream_ref": "15"}

    assert same_workout(report("strava", "16", **quoting), report("health_connect", "h", start=90, **quoting))


def test_an_upstream_name_two_days_apart_proves_nothing():
    copy = report("strava", "16", start=49 * 60, upstream_partner="garmin", upstream_ref="15")

    assert not same_workout(report("garmin", "15"), copy)


def test_eighty_per_cent_of_the_shorter_is_enough_and_less_is_not():
    long = report("garmin", minutes=100)

    assert same_workout(long, report("polar", start=92, minutes=10))
    assert not same_workout(long, report("polar", start=93, minutes=10))


def test_near_starts_and_like_lengths_bind_partners_but_not_one_partner():
    assert same_workout(report("garmin", minutes=5), report("polar", start=2, minutes=5))
    assert not same_workout(report("garmin", minutes=5), report("garmin", "2", start=2, minutes=5))
    assert not same_workout(report("garmin", minutes=5), report("polar", start=2, minutes=6))


def test_rounded_minutes_are_given_ten_minutes():
    row = report("dpe", start=9, minutes=20, coarse=True, source=Source.AGENCY)

    assert same_workout(report(minutes=15), row)
    assert not same_workout(report(minutes=9), row)


def test_what_lasts_over_two_days_or_not_at_all_overlaps_nothing():
    inside = report("polar", start=60, minutes=60)

    assert same_workout(report(minutes=48 * 60), inside)
    assert not same_workout(report(minutes=48 * 60 + 1), inside)
    assert not same_workout(report(minutes=-60, ended_at=SEVEN + timedelta(hours=2)), inside)


def test_sports_of_different_families_stay_apart():
    assert not same_workout(report(sport=Sport.RUN), report("polar", sport=Sport.YOGA))
    assert same_workout(report(sport=Sport.RUN), report("polar", sport=Sport.TRAIL_RUN))


def test_different_people_are_never_merged():
    assert not same_workout(report(), report("polar", user_id=SOMEBODY_ELSE))


def test_the_one_that_speaks_is_measured_before_it_is_typed():
    ranked = in_order_of_trust(
        [
            report("a", manual=True),
            report("b", source=Source.AGENCY),
            report("c", source=Source.PHONE),
            report("z", source=Source.DEVICE),
        ]
    )

    assert [each.partner_name for each in ranked] == ["z", "c", "b", "a"]


def test_the_citizens_order_of_sources_decides_between_equals():
    ranked = in_order_of_trust([report("garmin"), report("polar")], source_order=["polar"])

    assert ranked[0].partner_name == "polar"


def test_a_fragment_never_speaks_for_the_whole():
    ranked = in_order_of_trust([report("garmin", minutes=20), report("phone", minutes=60, source=Source.PHONE)])

    assert ranked[0].partner_name == "phone"


def figures_of(reports, **body):
    columns = merged(UUID(int=9), reports, Figures(), **{"mass_kg": 62.0, "source_order": (), "now": SEVEN, **body})
    return {name: columns[name] for name in columns if name != "speaks_record_id"}


def test_missing_figures_come_from_the_others_and_none_is_invented():
    columns = figures_of([report("garmin", energy_kcal=371), report("polar", pulse_bpm=151, distance_meters=5031.0)])

    assert (columns["energy_kcal"], columns["energy_source"]) == (371, "active")
    assert (columns["pulse_bpm"], columns["distance_meters"], columns["steps"]) == (151, 5031.0, None)


def test_a_total_is_taken_only_where_no_active_figure_is():
    total = report("a", energy_kcal=409, energy_kind=EnergyKind.TOTAL)

    assert figures_of([total])["energy_source"] == "total"
    assert figures_of([total, report("z", energy_kcal=371, source=Source.PHONE)])["energy_kcal"] == 371


def test_implausible_energy_is_estimated_anew_and_flagged():
    columns = figures_of([report(minutes=30, sport=Sport.WALK, distance_meters=2500.0, energy_kcal=25_000)])

    assert (columns["energy_source"], columns["verdict"]) == ("estimated", "flagged")
    assert columns["reasons"] == ["IMPLAUSIBLE_ENERGY"]
    assert 50 < columns["energy_kcal"] < 250
    assert columns["mass_kg"] == 62.0


def test_without_energy_or_mass_the_default_mass_is_used_and_named():
    columns = figures_of([report(minutes=60, sport=Sport.AEROBICS)], mass_kg=None)

    assert (columns["energy_source"], columns["mass_kg"]) == ("estimated", Figures().default_mass_kg)
    assert columns["met_code"]


PARTNERS = ("garmin", "strava", "polar")


@st.composite
def lives(draw):
    """Up to eight records of one person within half a day, some of them copies of one another."""
    count = draw(st.integers(1, 8))
    made = []
    for index in range(count):
        quoted = draw(st.sampled_from([None, *(str(each) for each in range(count))]))
        made.append(
            report(
                draw(st.sampled_from(PARTNERS)),
                str(index),
                start=draw(st.integers(0, 600)),
                minutes=draw(st.integers(1, 180)),
                sport=draw(st.sampled_from([Sport.RUN, Sport.TRAIL_RUN, Sport.RIDE])),
                source=draw(st.sampled_from(list(Source))),
                energy_kcal=draw(st.none() | st.integers(1, 900)),
                upstream_partner=None if quoted is None else draw(st.sampled_from(PARTNERS)),
                upstream_ref=quoted,
            )
        )
    return made


@given(lives(), st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_the_workouts_or_their_figures(reports, random):
    shuffled = random.sample(reports, len(reports))

    def seen(given_order):
        return sorted(
            (sorted(each.partner_ref for each in group), str(figures_of(group))) for group in clusters(given_order)
        )

    assert seen(shuffled) == seen(reports)


@given(lives())
def test_each_record_is_in_one_workout_and_bound_to_it(reports):
    groups = clusters(reports)

    assert sorted(each.partner_ref for group in groups for each in group) == sorted(
        each.partner_ref for each in reports
    )
    for group in groups:
        for each in group:
            others = [other for other in group if other is not each]
            assert not others or any(same_workout(each, other) for other in others)
            outside = [other for other in reports if other not in group]
            assert not any(same_workout(each, other) for other in outside)


@given(lives())
def test_being_the_same_workout_is_mutual(reports):
    for one in reports:
        for other in reports:
            assert same_workout(one, other) == same_workout(other, one)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 20)), max_size=12))
def test_joined_spans_cover_the_same_time_without_touching(pairs):
    spans = [(SEVEN + timedelta(hours=low), SEVEN + timedelta(hours=low + length)) for low, length in pairs]

    united = joined(spans)

    assert all(any(low <= span[0] and span[1] <= high for low, high in united) for span in spans)
    assert all(one[1] < other[0] for one, other in pairwise(united))
