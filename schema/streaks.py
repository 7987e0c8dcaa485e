"""Streaks as those see them who keep them up."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from domain import streaks as rows
from domain.goal_words import streak_in_words
from engine.declare import Order
from resolvers import streaks
from schema.enums import described
from schema.words import Connection, Language, column, connection, derived, one, shows

described(
    rows.StreakKind,
    says="What follows one another without a gap.",
    values={
        "day": "Days in Thailand with an accepted activity.",
        "week": "ISO weeks with a regular exerciser's minutes (150, vigorous ones twice, as the rules say).",
    },
)


class StreakOrder(Order):
    """Orders of streaks."""

    LATEST = "latest"
    LONGEST = "longest"


described(
    StreakOrder,
    says="The order of streaks.",
    values={"latest": "The latest first.", "longest": "The longest first, of equals the latest."},
)


def in_words(
    kind: str,
    length: int,
    *,
    language: Annotated[Language, strawberry.argument(description="The language of the text.")] = Language.TH,
) -> str:
    """How long a run is, in words."""
    return streak_in_words(kind, length)[language == Language.EN]


@shows(rows.Streak, says="A run of days or weeks without a gap. It follows the activities within seconds.")
class Streak:
    """A streak."""

    kind: rows.StreakKind = column(says="Days or weeks.")
    starts_on: date = column(says="Its first day in Thailand; of weeks a Monday.")
    ends_on: date = column(says="Its last day in Thailand; of weeks a Sunday, which may lie ahead.")
    length: int = column(says="How many days or weeks.")
    text: str = derived(in_words, says="How long it is, in words.")


@shows(streaks.Streaks, says="A person's runs of one kind.")
class Streaks:
    """Somebody's streaks."""

    kind: rows.StreakKind = column(says="Days or weeks.")
    current: Streak | None = one(
        streaks.current_of,
        says="The run that goes on: up to today or yesterday, or with this week or the last one; null when there is "
        "none, and one has to begin anew.",
    )
    longest: Streak | None = one(streaks.longest_of, says="The longest run there ever was, of equals the latest.")
    runs: Connection[Streak] = connection(
        streaks.runs_of,
        orders={StreakOrder.LATEST: ("-starts_on",), StreakOrder.LONGEST: ("-length", "-starts_on")},
        says="All runs, a single day or week among them.",
    )
