"""Rulebooks as everybody sees them, and what administrators do with them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from domain import rulebooks as rows
from domain import rulemaking
from domain.plausibility import Verdict
from domain.scopes import Scope
from resolvers import rulebooks, users
from schema.enums import described
from schema.users import User
from schema.words import Node, Payload, column, computed, holds, many, one, shows, text, value

described(
    rows.RulebookState,
    says="The life of a rulebook.",
    values={
        "draft": "Waits for another administrator's approval.",
        "approved": "Decides the days from its date on.",
        "withdrawn": "Will never decide anything.",
    },
)
described(
    rulemaking.Step,
    says="What was done to a rulebook.",
    values={
        "drafted": "An administrator drafted it.",
        "approved": "Another administrator approved it.",
        "withdrawn": "It was withdrawn before it was in force.",
        "rebooked": "Days of the past were booked anew by it.",
    },
    name="RulebookStepKind",
)

if TYPE_CHECKING:

    class RulebookFigures:
        """Every figure by its flat name."""

else:

    def _figures() -> type:
        fields = {
            name: computed(rulebooks.figure_of(each), says=rulebooks.said(each))
            for name, each in rulebooks.FIGURES.items()
        }
        hints = {name: int if each.whole else float for name, each in rulebooks.FIGURES.items()}
        made = type("RulebookFigures", (), {**fields, "__annotations__": hints, "__module__": __name__})
        return shows(rows.Rulebook, says="Every figure of a rulebook.")(made)

    RulebookFigures = _figures()


@shows(rulebooks.RulebookFigure, says="One figure of a rulebook with what it means.")
class RulebookFigure:
    """A figure."""

    name: str = column(says="Its name on the page of rules, such as `speed_limits.running.flag_mps`.")
    description: str = text(th="says_th", en="says_en", says="What it decides.")
    unit: str = text(th="unit_th", en="unit_en", says="Its unit.")
    source: str = text(th="source_th", en="source_en", says="Where it comes from.")
    value: float = column(says="The figure, in its unit.")
    before: float | None = column(
        from_="value_before",
        says="The figure in the approved rulebook that it follows; null when it is the first.",
    )
    least: float = column(says="The least that a rulebook may set, in its unit.")
    most: float = column(says="The most that a rulebook may set, in its unit.")


@shows(rulemaking.RulebookStep, says="What an administrator did to a rulebook; kept for good.")
class RulebookStep:
    """A step."""

    step: rulemaking.Step = column(says="What was done.")
    done_by: str = column(says="By whom: `user:` or `client:` and the id; of a command the name given.")
    client_id: str | None = column(says="The OAuth client they used; null for a command.")
    reason: str = column(says="Why.")
    done_at: datetime = column(says="When.")


@shows(rows.Rulebook, node=rulebooks.by_id, key="version", says="A dated version of the rules of credits and verdicts.")
class Rulebook(Node):
    """A rulebook."""

    version: int = column(says="Its number; entries of the ledger name it.")
    state: rows.RulebookState = column(says="Whether it counts.")
    in_force_from: date = column(says="The first day in Thailand that it decides.")
    figures: RulebookFigures | None = one(rulebooks.itself, says="Its figures, each by its name.")
    rules: list[RulebookFigure] = many(
        rulebooks.rules_of, limit=200, expects=40, says="Its figures with what they mean, in the order of the page."
    )
    changes: list[RulebookFigure] = many(
        rulebooks.changes_of, limit=200, says="The figures that differ from the approved rulebook it follows."
    )
    replaces: Rulebook | None = one(
        rulebooks.replaced_by, says="The approved rulebook that it follows; null for the first."
    )
    based_on: int | None = column(needs=Scope.ADMIN, says="The version that it was drafted from.")
    drafted_by: str | None = column(needs=Scope.ADMIN, says="Who drafted it: `user:` or `client:` and the id.")
    drafted_at: datetime = column(from_="created_at", says="When it was drafted.")
    approved_by: str | None = column(needs=Scope.ADMIN, says="Who approved it; null for a draft.")
    approved_at: datetime | None = column(says="When it was approved; null for a draft.")
    steps: list[RulebookStep] | None = many(
        rulebooks.steps_of, needs=Scope.ADMIN, says="What was done to it, by whom and why, the earliest first."
    )


@holds(says="How many workouts would be judged differently.")
class VerdictChange:
    """A change of verdicts."""

    before: Verdict = value(says="The verdict by the rules in force.")
    after: Verdict = value(says="The verdict by the rulebook looked at.")
    activities: int = value(says="How many of the workouts looked at.")


@holds(says="A person's day that would give other credits.")
class DayDifference:
    """A difference."""

    user: User | None = one(users.owner_of, says="Whose day it is.")
    local_date: date = value(says="The day in Thailand.")
    credits_before: int = value(says="Credits that are booked for it.")
    credits_after: int = value(says="Credits that the rulebook looked at gives.")


@holds(says="The answer of `previewRulebook`: what would change on the days looked at. Nothing is stored.")
class PreviewRulebookPayload(Payload):
    """What looking gives."""

    people: int | None = value(says="People looked at.")
    people_days: int | None = value(says="People's days looked at: a day of two people counts twice.")
    is_whole: bool | None = value(
        says="Whether those are all days with an activity in the range. If not, it is a sample, spread evenly over the "
        "time."
    )
    people_changed: int | None = value(says="People with a day that would give other credits.")
    people_days_changed: int | None = value(says="People's days that would give other credits.")
    credits_more: int | None = value(says="Credits that would be added, on the days that gain.")
    credits_less: int | None = value(says="Credits that would be taken back, on the days that lose; not negative.")
    activities_changed: int | None = value(says="Workouts whose energy or verdict would differ.")
    verdict_changes: list[VerdictChange] | None = value(says="Those whose verdict would differ, by verdict.")
    largest: list[DayDifference] | None = value(says="The ten largest differences of credits, the largest first.")


@holds(says="The answer of `draftRulebook`.")
class DraftRulebookPayload(Payload):
    """What drafting gives."""

    rulebook: Rulebook | None = one(rulebooks.of_version, says="The draft.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `approveRulebook` and `withdrawRulebook`.")
class DecideRulebookPayload(Payload):
    """What a decision gives."""

    rulebook: Rulebook | None = one(rulebooks.of_version, says="The rulebook as it stands now.")
