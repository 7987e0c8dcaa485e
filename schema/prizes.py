"""Prizes of challenges, and what was done to a challenge, as everybody may see them."""

from __future__ import annotations

from datetime import datetime

from domain import challenges, organising
from domain import prizes as rows
from resolvers import organising as organised
from schema.enums import described
from schema.scalars import BigInt
from schema.words import column, computed, shows, text

described(
    rows.PrizeKind,
    says="What a prize is for.",
    values={
        "rank": "Everybody whose final rank is one of these; equal scores share a rank.",
        "target": "Everybody whose own score reaches the target.",
        "team_rank": "Everybody who counted for a team whose final rank is one of these.",
    },
)
described(
    organising.Step,
    says="What was done to a challenge.",
    values={
        "drafted": "It was drafted.",
        "edited": "Something of it was changed.",
        "published": "It was announced.",
        "cancelled": "It was called off.",
    },
    name="ChallengeStepKind",
)


@shows(rows.Prize, says="A prize of a challenge, in credits for each person who earns it.")
class Prize:
    """A prize."""

    number: int = column(says="Its place among the prizes of the challenge, from 1.")
    kind: rows.PrizeKind = column(says="What it is for.")
    title: str = text(th="title_th", en="title_en", says="What it is called.")
    from_rank: int | None = column(says="The first rank that it is for, from 1; null of a prize for the target.")
    to_rank: int | None = column(says="The last rank that it is for; null of a prize for the target.")
    amount: BigInt = column(
        says="Credits for each person. Less when all prizes would come to more than `prizeBudget`: then each is cut in "
        "proportion."
    )


@shows(challenges.ChallengeStep, says="What somebody did to a challenge; kept for good.")
class ChallengeStep:
    """A step."""

    step: organising.Step = column(says="What was done.")
    done_by: str = computed(
        organised.done_by, says="`partner:` and the sponsor's name, or `administrator`; these see which one."
    )
    done_at: datetime = column(says="When.")
