"""The page of vocabularies says what the adapters know, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters import ADAPTERS
from adapters.base import Adapter
from app.sports_page import page
from domain.sports import Sport, all_facts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sports.md"
WORDLESS = {"parkrun"}  # every result is a run


def lines_of(card: Adapter) -> list[str]:
    return [line for line in page([card]).splitlines() if line.startswith("| ")]


def knowing(*words: tuple[object, Sport]) -> Adapter:
    def vocabulary() -> Iterable[tuple[object, Sport]]:
        return words

    return replace(ADAPTERS["strava"], vocabulary=vocabulary)


def test_the_committed_page_is_the_adapters() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(ADAPTERS.values()), "run: ccc sports > docs/sports.md"


def test_a_format_is_told_with_its_words_those_without_a_sport_and_its_sports() -> None:
    card = knowing(("Run", Sport.RUN), ("Jog", Sport.RUN), ("Yoga", Sport.YOGA), ("Lunch", Sport.OTHER))

    lines = lines_of(card)

    assert "| [`strava`](partners/strava.md) | Strava | 4 | 1 | 2 |" in lines
    assert [line.rsplit("| ", 1)[1] for line in lines if line.startswith(("| `RUN`", "| `YOGA`"))] == [
        "strava 2 |",
        "strava 1 |",
    ]


def test_a_word_that_stands_twice_counts_once() -> None:
    card = knowing(("Run", Sport.RUN), ("Run", Sport.RUN))

    lines = lines_of(card)

    assert "| [`strava`](partners/strava.md) | Strava | 1 | 0 | 1 |" in lines


def test_every_sport_of_ours_has_its_line() -> None:
    lines = lines_of(ADAPTERS["strava"])

    told = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert told == [sport.name for sport in all_facts() if sport is not Sport.OTHER]


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_a_format_that_names_sports_says_its_words(name: str) -> None:
    vocabulary = ADAPTERS[name].vocabulary

    assert (vocabulary is None) == (name in WORDLESS)
    assert vocabulary is None or any(sport is not Sport.OTHER for _, sport in vocabulary())
