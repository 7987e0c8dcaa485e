"""The taxonomy of sports is whole, named and free of loops."""

from collections import Counter

import pytest

from domain.energy import all_mets
from domain.sports import GROUP_NAMES, Sport, SportGroup, all_facts, compatible, facts_of, lineage


def test_there_are_at_least_ninety_sports_each_with_facts():
    assert len(Sport) >= 90
    assert list(all_facts()) == list(Sport)


def test_every_word_is_lower_case_and_plain():
    assert all(
        sport.value.isascii() and sport.value.replace("_", "").isalpha() and sport.value.islower() for sport in Sport
    )


def test_every_sport_has_one_thai_and_one_english_name_of_its_own():
    thai = Counter(facts.name_th for facts in all_facts().values())
    english = Counter(facts.name_en.casefold() for facts in all_facts().values())

    assert max(thai.values()) == max(english.values()) == 1
    assert all(name and any("ก" <= letter <= "ฮ" for letter in name) for name in thai)
    assert all(name and name == name.strip() for name in english)


def test_every_group_has_names_and_sports():
    assert set(GROUP_NAMES) == set(SportGroup) == {facts.group for facts in all_facts().values()}


@pytest.mark.parametrize("sport", Sport)
def test_a_lineage_starts_at_the_sport_and_ends_at_a_root(sport):
    kin = lineage(sport)

    assert kin[0] is sport
    assert facts_of(kin[-1]).parent is None
    assert len(set(kin)) == len(kin)


@pytest.mark.parametrize("sport", Sport)
def test_a_met_code_stands_in_the_table_and_earns(sport):
    code = facts_of(sport).met_code

    assert code is None or all_mets()[code].creditable


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Sport.RUN, Sport.TRAIL_RUN),
        (Sport.VIRTUAL_RUN, Sport.TRAIL_RUN),
        (Sport.RIDE, Sport.EBIKE),
        (Sport.OTHER, Sport.OTHER),
    ],
)
def test_sports_of_one_family_are_compatible_both_ways(one, other):
    assert compatible(one, other)
    assert compatible(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [(Sport.RUN, Sport.WALK), (Sport.RIDE, Sport.RUN), (Sport.WHEELCHAIR, Sport.WALK), (Sport.OTHER, Sport.RUN)],
)
def test_sports_of_two_families_are_not_compatible(one, other):
    assert not compatible(one, other)
