from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.cards import stated
from domain.figures import Figures
from domain.fixed_rules import fixed_rules
from domain.rule_examples import example_of
from domain.rules_page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"

FIRST = list(stated(Figures()))


@pytest.mark.parametrize("each", FIRST, ids=lambda each: each.name)
def test_every_figure_says_in_both_languages_what_it_decides_in_which_unit_and_by_whom(each):
    said = (each.card.says, each.card.unit, each.card.source)

    assert all(text.strip() for words in said for text in words)


@pytest.mark.parametrize("each", FIRST, ids=lambda each: each.name)
def test_every_figure_starts_within_its_bounds(each):
    assert each.card.least <= each.value <= each.card.most


@pytest.mark.parametrize("each", FIRST, ids=lambda each: each.name)
def test_every_figure_has_an_example_in_both_languages(each):
    assert all(example_of(Figures(), each))


def test_examples_follow_the_figures():
    dear = Figures(kcal_per_credit=200, daily_cap_credits=3)
    said = {each.name: example_of(dear, each).en for each in stated(dear)}

    assert said["kcal_per_credit"] == "A day of 742 kcal gives 3 credits."
    assert said["daily_cap_credits"] == "A day of 1,600 kcal gives 3 credits."


def test_every_rule_of_merging_shows_both_sides_of_its_figure():
    shown = {each.name: each.example.en for each in fixed_rules()}
    sided = {name for name, example in shown.items() if {"one workout", "two workouts"} <= set(_ends(example))}

    assert sided == {"overlap", "longest", "near_start", "same_length", "coarse", "same_day"}
    assert shown["trust"].endswith("the one of device speaks.")
    assert shown["covers"].endswith("the one of typed in by hand speaks.")


def _ends(example):
    return [part.rpartition(": ")[2] for part in example.rstrip(".").split("; ")]


def test_the_page_of_rules_is_the_one_that_the_rules_make():
    assert PAGE.read_text(encoding="utf-8") == page(Figures()), "run: ccc rules > docs/rules.md"


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
