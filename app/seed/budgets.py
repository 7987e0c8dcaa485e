"""What the synthetic country's agency and sponsor may give away, so that a demo can award."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from app.seed.challenges import all_challenges
from app.seed.plan import Plan
from domain.budgets import fiscal_year_of
from domain.credits import CreditKind

_AGENCY = "dpe"
_BUDGETS = {CreditKind.VOLUNTEERING: 100_000, CreditKind.GOOD_DEED: 50_000, CreditKind.AWARD: 10_000}
_MOST_PER_AWARD = 100
_SPONSOR, _OF_SPONSOR = "demo_sponsor", 200_000


def all_budgets(plan: Plan) -> Iterator[dict[str, Any]]:
    """The columns of each budget, and of the decision that set it: of this fiscal year, and for the prizes promised."""
    year = fiscal_year_of(plan.today)
    promised: Counter[date] = Counter({year: 0})
    for challenge in all_challenges(plan):
        if challenge.row["prize_reserved"]:
            promised[challenge.row["prize_year"]] += challenge.row["prize_reserved"]
    for kind, budget in _BUDGETS.items():
        yield _budget(plan, _AGENCY, kind, year, budget) | {"most_per_award": _MOST_PER_AWARD}
    for starts_on, reserved in promised.items():
        yield _budget(plan, _SPONSOR, CreditKind.AWARD, starts_on, _OF_SPONSOR) | {"reserved": reserved}


def _budget(plan: Plan, partner: str, kind: CreditKind, starts_on: date, budget: int) -> dict[str, Any]:
    return {
        "partner_name": partner,
        "kind": kind.value,
        "starts_on": starts_on,
        "budget": budget,
        "spent": 0,
        "reserved": 0,
        "most_per_award": None,
        "set_by": "ccc seed",
        "idempotency_key": f"{partner} {kind} {starts_on}",
        "reason": "An example, so that there is something to try.",
        "created_at": plan.now,
    }
