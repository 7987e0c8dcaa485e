from dataclasses import dataclass

import pytest

from domain.cards import stated
from domain.figures import Figures

FIRST = list(stated(Figures()))


@pytest.mark.parametrize("each", FIRST, ids=lambda each: each.name)
def test_every_figure_says_in_both_languages_what_it_decides_in_which_unit_and_by_whom(each):
    said = (each.card.says, each.card.unit, each.card.source)

    assert all(text.strip() for words in said for text in words)


@pytest.mark.parametrize("each", FIRST, ids=lambda each: each.name)
def test_every_figure_starts_within_its_bounds(each):
    assert each.card.least <= each.value <= each.card.most


def test_figures_within_figures_are_named_by_where_they_stand():
    names = {each.name for each in FIRST}

    assert {"kcal_per_credit", "speed_limits.running.flag_mps"} <= names
    assert len(names) == len(FIRST)


def test_a_figure_without_a_card_is_refused():
    @dataclass
    class Bare:
        weight: float = 1.0

    with pytest.raises(TypeError, match="weight"):
        list(stated(Bare()))
