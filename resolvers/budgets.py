"""Budgets of credits: a partner reads its own, administrators set them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Date, Select, cast, literal_column, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain import budgets
from domain.budgets import Budget, BudgetChange
from domain.credits import CreditKind
from resolvers.awards import KINDS
from resolvers.context import Context, Parent, Seer, administers, nothing_of
from resolvers.keys import accepted_key
from resolvers.scalars import BigInt


@strawberry.input(description="What `setCreditBudget` takes.")
class SetCreditBudgetInput:
    """A decision about a budget."""

    partner: str = strawberry.field(description="The partner's short name, such as `dpe`.")
    kind: CreditKind = strawberry.field(description=f"The kind: one of {KINDS}.")
    starts_on: date = strawberry.field(description="The 1 October on which the fiscal year starts.")
    budget: BigInt = strawberry.field(
        description="Credits that may be given in that year, 0 to 1000000000000; not less than is given already."
    )
    most_per_award: BigInt | None = strawberry.field(
        description="The most credits of one award; null where the budget alone limits it."
    )
    reason: str = strawberry.field(description="Why, 1 to 500 characters; it is kept with the decision.")
    idempotency_key: str = strawberry.field(
        description="Your name for this decision, 1 to 100 characters. The same key again changes nothing; with "
        "another content it is refused as CONFLICT."
    )


@dataclass
class BudgetSet:
    """Which budget was set."""

    partner_name: str
    kind: str
    starts_on: date
    idempotency_key: str


def seen_by(viewer: Seer) -> Select[Budget]:
    """A partner's own budgets."""
    every = select(Budget)
    if administers(viewer):
        return every
    if viewer.kind in (ViewerKind.PARTNER, ViewerKind.SPONSOR):
        return every.where(col(Budget.partner_name) == viewer.partner_name)
    return nothing_of(every)


def of_partner(viewer: Seer, partner: Parent) -> Select[Budget]:
    """A partner's budgets, the latest year first."""
    own = seen_by(viewer).where(col(Budget.partner_name) == partner.name)
    return own.order_by(col(Budget.starts_on).desc(), col(Budget.kind))


def decided(viewer: Seer, made: Parent) -> Select[Budget]:
    """The budget that was set."""
    return seen_by(viewer).where(
        col(Budget.partner_name) == made.partner_name,
        col(Budget.kind) == made.kind,
        col(Budget.starts_on) == made.starts_on,
    )


def ends_on(_viewer: Seer, budget: Parent) -> ColumnElement[Any]:
    """The last day of the fiscal year."""
    return cast(budget.starts_on + literal_column("interval '1 year - 1 day'"), Date)


def remaining(_viewer: Seer, budget: Parent) -> ColumnElement[Any]:
    """What may still be given."""
    return budget.budget - budget.spent - budget.reserved  # type: ignore[no-any-return]  # a parent's columns


def changes_of(viewer: Seer, budget: Parent) -> Select[BudgetChange]:
    """The decisions about a budget, the latest first, for administrators."""
    every = select(BudgetChange)
    if not administers(viewer):
        every = nothing_of(every)
    return every.where(
        col(BudgetChange.partner_name) == budget.partner_name,
        col(BudgetChange.kind) == budget.kind,
        col(BudgetChange.starts_on) == budget.starts_on,
    ).order_by(col(BudgetChange.created_at).desc(), col(BudgetChange.idempotency_key))


async def set_budget(context: Context, input: SetCreditBudgetInput) -> BudgetSet:  # noqa: A002 - the contract's word
    """The budget as an administrator decides. Raises BadInput, NotFound, Conflict."""
    key = accepted_key(input.idempotency_key)
    given = budgets.Decision(
        partner_name=input.partner,
        kind=input.kind,
        starts_on=input.starts_on,
        budget=input.budget,
        most_per_award=input.most_per_award,
        reason=input.reason.strip(),
    )
    by = str(context.viewer.user_id or context.viewer.client_id)
    await budgets.set_budget(context.session, given, set_by=by, key=key, now=context.now)
    return BudgetSet(given.partner_name, given.kind.value, given.starts_on, key)
