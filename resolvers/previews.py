"""What a rulebook would change, for administrators before they decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from domain.bangkok import local_date_of
from domain.errors import BadInput
from domain.plausibility import Verdict
from domain.previews import LONGEST, MOST_DAYS, previewed
from domain.rebooking import Turn
from domain.rebookings import dated
from domain.rulebooks import Rules, approved
from domain.rulemaking import amended, rules_of
from resolvers.context import Context
from resolvers.rulebooks import RulebookFiguresInput, changes_in

_USUAL = 500


@strawberry.input(description="Which rulebook to look at, and on which days.")
class PreviewRulebookInput:
    """What `previewRulebook` takes."""

    version: int | None = strawberry.field(description="A rulebook, a draft also; leave it out when figures are given.")
    figures: RulebookFiguresInput | None = strawberry.field(
        description="Changes upon the rulebook in force today; leave them out when a version is given."
    )
    from_date: date = strawberry.field(description="The first day in Thailand to look at.")
    to_date: date = strawberry.field(
        description=f"The last day to look at, today at the latest; at most {LONGEST.days} days in all."
    )
    sample: int = strawberry.field(
        default=_USUAL, description=f"How many people's days to look at at most, 1 to {MOST_DAYS:,}."
    )


@dataclass
class VerdictChange:
    """How many workouts would be judged differently."""

    before: Verdict
    after: Verdict
    activities: int


@dataclass
class DayDifference:
    """A person's day that would give other credits."""

    user_id: UUID
    local_date: date
    credits_before: int
    credits_after: int


@dataclass
class Previewed:
    """What came of looking."""

    people: int
    people_days: int
    is_whole: bool
    people_changed: int
    people_days_changed: int
    credits_more: int
    credits_less: int
    activities_changed: int
    verdict_changes: Sequence[VerdictChange]
    largest: Sequence[DayDifference]


async def preview(context: Context, input: PreviewRulebookInput) -> Previewed:  # noqa: A002 - the contract's word
    """What would change on a sample of days; nothing is stored. Raises BadInput, NotFound."""
    if (input.version is None) == (input.figures is None):
        raise BadInput("Give a version or figures, one of both.", path=("input", "version"))
    session, today = context.session, local_date_of(context.now)
    dated(input.from_date, input.to_date, today)
    before = await approved(session)
    rules = await _rules(context, input, before.on(today))
    turn = Turn(before, before.instead(rules, input.from_date, input.to_date))
    found = await previewed(session, turn, input.from_date, input.to_date, input.sample, context.now)
    tally = found.tally
    return Previewed(
        people=tally.people,
        people_days=tally.days,
        is_whole=found.is_whole,
        people_changed=tally.people_changed,
        people_days_changed=tally.days_changed,
        credits_more=tally.credits_more,
        credits_less=tally.credits_less,
        activities_changed=tally.reformed,
        verdict_changes=[
            VerdictChange(Verdict(was), Verdict(now_is), count)
            for (was, now_is), count in sorted(tally.verdicts.items())
        ],
        largest=[DayDifference(each.user_id, each.local_date, each.before, each.after) for each in tally.largest],
    )


async def _rules(context: Context, given: PreviewRulebookInput, today: Rules) -> Rules:
    if given.version is not None:
        return await rules_of(context.session, given.version)
    changes: Any = changes_in(given.figures) if given.figures is not None else {}
    return Rules(0, today.in_force_from, amended(today.figures, changes))
