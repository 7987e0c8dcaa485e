"""What is kept back from statistics, so that no figure is about a few people."""

from __future__ import annotations

from enum import StrEnum

LEAST_PEOPLE = 10
"""A figure about fewer people is withheld."""
MOST_CELLS = 400
"""Periods that a series of one place holds."""


class Withheld(StrEnum):
    """Why the figures of a cell (a place in a period) are withheld."""

    TOO_FEW_PEOPLE = "too_few_people"
    COMPLEMENT = "complement"
