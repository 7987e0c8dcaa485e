"""What the synthetic country's agency may give away, so that a demo can award."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.seed.plan import Plan
from domain.budgets import fiscal_year_of
from domain.credits import CreditKind

_AGENCY = "dpe"
_BUDGETS = {CreditKind.VOLUNTEERING: 100_000, CreditKind.GOOD_DEED: 50_000, CreditKind.AWARD: 10_000}
_MOST_PER_AWARD = 100


def all_budgets(plan: Plan) -> Iterator[dict[str, Any]]:
    """The columns of each budget of this fiscal year, and of the decision that set it."""
    for kind, budget in _BUDGETS.items():
        yield {
            "partner_name": _AGENCY,
            "kind": kind.value,
            "starts_on": fiscal_year_of(plan.today),
            "budget": budget,
            "spent": 0,
            "reserved": 0,
            "most_per_award": _MOST_PER_AWARD,
            "set_by": "ccc seed",
            "idempotency_key": kind.value,
            "reason": "An example, so that there is something to try.",
            "created_at": plan.now,
        }
