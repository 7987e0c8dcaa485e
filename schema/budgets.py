"""What partners may give away, as they and administrators see it."""

from __future__ import annotations

from datetime import date, datetime

from domain import budgets as rows
from domain.credits import CreditKind
from resolvers import budgets
from schema.scalars import BigInt
from schema.words import Payload, column, computed, holds, many, one, shows, value


@shows(rows.BudgetChange, says="A decision of an administrator about a budget; it never changes.")
class CreditBudgetChange:
    """A decision."""

    budget: BigInt = column(says="Credits that may be given from then on.")
    most_per_award: BigInt | None = column(says="The most credits of one award; null for no such limit.")
    reason: str = column(says="Why.")
    set_by: str = column(says="Who decided: the administrator's key, or the client's name.")
    created_at: datetime = column(says="When.")


@shows(rows.Budget, says="What a partner may give of one kind of credits in one fiscal year.")
class CreditBudget:
    """A budget."""

    kind: CreditKind = column(says="The kind of credits.")
    starts_on: date = column(says="The first day of the fiscal year, a 1 October.")
    ends_on: date = computed(budgets.ends_on, says="The last day of the fiscal year, a 30 September.")
    budget: BigInt = column(says="Credits that may be given in the year.")
    spent: BigInt = column(says="Credits given, less those taken back.")
    reserved: BigInt = column(says="Credits kept for the prizes of published challenges, until these are over.")
    remaining: BigInt = computed(budgets.remaining, says="Credits that may still be given.")
    most_per_award: BigInt | None = column(says="The most credits of one award; null for no such limit.")
    changes: list[CreditBudgetChange] = many(
        budgets.changes_of, says="The decisions about it, the latest first, 100 at most; for administrators."
    )


@holds(says="The answer of `setCreditBudget`.")
class SetCreditBudgetPayload(Payload):
    """What setting gives."""

    budget: CreditBudget | None = one(budgets.decided, says="The budget as it is now.")
    idempotency_key: str | None = value(says="The key of this decision, as sent.")
