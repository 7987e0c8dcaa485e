"""What a partner may give away: a budget of credits by kind and fiscal year, set by administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, driver_of, utc_now
from domain.credits import CreditKind
from domain.errors import BadInput, Conflict
from domain.exchange import asked
from domain.partners import partner_named

ISSUED = (CreditKind.VOLUNTEERING, CreditKind.GOOD_DEED, CreditKind.AWARD)
"""The kinds that partners give, each within a budget of its own."""
_OCTOBER = 10
_LARGEST = 1_000_000_000_000
_LONGEST_REASON = 500


_NONE: Any = {"server_default": text("0")}


class BudgetExceeded(Conflict):
    """More credits than the budget of that kind and fiscal year still holds, or than one award may be."""

    code = "BUDGET_EXCEEDED"


class Budget(Row, table=True):
    """What a partner may give of one kind in the fiscal year that starts on a 1 October, and what it has given.

    `spent` is what was given less what was taken back, `reserved` what published challenges promise as prizes; the
    database keeps both together between 0 and `budget`. `most_per_award` limits one award; None where the
    budget alone does.
    """

    __tablename__ = "credit_budgets"
    __table_args__ = (
        CheckConstraint("spent >= 0 AND reserved >= 0 AND spent + reserved <= budget", name="within_budget"),
    )

    partner_name: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(primary_key=True, sa_type=Text)
    starts_on: date = Field(primary_key=True)
    budget: int = Field(sa_type=BigInteger)
    spent: int = Field(default=0, sa_type=BigInteger)
    reserved: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    most_per_award: int | None = Field(default=None, sa_type=BigInteger)


class BudgetChange(Row, table=True):
    """One decision about a budget: who, when and why. Append-only; the database refuses update and delete."""

    __tablename__ = "credit_budget_changes"
    __table_args__ = (
        Index("ix_credit_budget_changes_partner_name_kind_starts_on", "partner_name", "kind", "starts_on"),
    )

    set_by: str = Field(primary_key=True, sa_type=Text)
    idempotency_key: str = Field(primary_key=True, sa_type=Text)
    partner_name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    starts_on: date
    budget: int = Field(sa_type=BigInteger)
    most_per_award: int | None = Field(default=None, sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What an administrator decides about a budget."""

    partner_name: str
    kind: CreditKind
    starts_on: date
    budget: int
    most_per_award: int | None
    reason: str


_DECIDE = """
    INSERT INTO credit_budget_changes (set_by, idempotency_key, partner_name, kind, starts_on, budget, most_per_award,
                                       reason, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING true
"""

_DECIDED = """
    SELECT partner_name, kind, starts_on, budget, most_per_award, reason FROM credit_budget_changes
    WHERE set_by = $1 AND idempotency_key = $2
"""

# The row that is there is only changed where it may be: what was given cannot be more than the budget.
_SET = """
    INSERT INTO credit_budgets AS b (partner_name, kind, starts_on, budget, spent, most_per_award)
    VALUES ($1, $2, $3, $4, 0, $5)
    ON CONFLICT (partner_name, kind, starts_on) DO UPDATE
    SET budget = excluded.budget, most_per_award = excluded.most_per_award WHERE b.spent + b.reserved <= excluded.budget
    RETURNING true
"""

_SPEND = """
    UPDATE credit_budgets SET spent = spent + $4
    WHERE partner_name = $1 AND kind = $2 AND starts_on = $3 AND spent + reserved + $4 <= budget
      AND (most_per_award IS NULL OR most_per_award >= $5)
    RETURNING true
"""

_REFUND = """
    UPDATE credit_budgets SET spent = spent - $4 WHERE partner_name = $1 AND kind = $2 AND starts_on = $3
"""

_STATE = """
    SELECT budget - spent - reserved, most_per_award FROM credit_budgets
    WHERE partner_name = $1 AND kind = $2 AND starts_on = $3
"""


def fiscal_year_of(day: date) -> date:
    """The first day of the Thai government's fiscal year (October to September) that `day` lies in."""
    return date(day.year if day.month >= _OCTOBER else day.year - 1, _OCTOBER, 1)


def fiscal_year(moment: str) -> str:
    """SQL for the first day of the fiscal year that a moment, an SQL expression, lies in."""
    shifted = f"date_trunc('year', {moment} AT TIME ZONE 'Asia/Bangkok' + interval '3 months')"
    return f"CAST({shifted} - interval '3 months' AS date)"


async def set_budget(session: AsyncSession, given: Decision, *, set_by: str, key: str, now: datetime) -> None:
    """The budget as decided, and the decision kept. The same key and content again changes nothing.

    Raises BadInput, NotFound for no partner, Conflict for a budget below what is spent or a key used otherwise.
    """
    _refuse(given)
    await partner_named(session, given.partner_name)
    connection = await driver_of(session)
    content = (given.partner_name, given.kind.value, given.starts_on, given.budget, given.most_per_award, given.reason)
    (decided,) = await asked(connection, (_DECIDE, [set_by, key, *content, now]))
    if not decided:
        ((before,),) = await asked(connection, (_DECIDED, [set_by, key]))
        if tuple(before) != content:
            raise Conflict("This idempotencyKey set another budget; use a new one.", path=("input", "idempotencyKey"))
        return
    (done,) = await asked(connection, (_SET, [*content[:5]]))
    if not done:
        message = "More than that is spent and reserved already; set a budget of at least `spent` and `reserved`."
        raise Conflict(message, path=("input", "budget"))


def _refuse(given: Decision) -> None:
    if given.kind not in ISSUED:
        kinds = ", ".join(each.name for each in ISSUED)
        raise BadInput(f"Partners issue {kinds}; choose one of these kinds.", path=("input", "kind"))
    if given.starts_on != fiscal_year_of(given.starts_on):
        raise BadInput("A fiscal year starts on 1 October; send that day.", path=("input", "startsOn"))
    if not 0 <= given.budget <= _LARGEST:
        raise BadInput(f"Send a budget of 0 to {_LARGEST} credits.", path=("input", "budget"))
    if given.most_per_award is not None and not 1 <= given.most_per_award <= _LARGEST:
        raise BadInput(f"Send a limit of 1 to {_LARGEST} credits, or none.", path=("input", "mostPerAward"))
    if not 1 <= len(given.reason.strip()) <= _LONGEST_REASON:
        raise BadInput(f"Send a reason of 1 to {_LONGEST_REASON} characters.", path=("input", "reason"))


async def spent(
    connection: AsyncConnection[Any], partner_name: str, day: date, amounts: Mapping[CreditKind, Sequence[int]]
) -> None:
    """The amounts taken from the partner's budgets of the fiscal year of `day`: all of them, or it raises.

    One conditional update a kind, in the order of the kinds for everybody. The caller holds the people's locks.
    Raises BudgetExceeded; the caller's transaction is to be rolled back then.
    """
    starts_on = fiscal_year_of(day)
    kinds = sorted(amounts)
    done = await asked(
        connection,
        *((_SPEND, [partner_name, kind.value, starts_on, sum(amounts[kind]), max(amounts[kind])]) for kind in kinds),
    )
    for kind, updated in zip(kinds, done, strict=True):
        if not updated:
            raise await _exceeded(connection, partner_name, starts_on, kind, amounts[kind])


async def _exceeded(
    connection: AsyncConnection[Any], partner_name: str, starts_on: date, kind: CreditKind, amounts: Sequence[int]
) -> BudgetExceeded:
    (found,) = await asked(connection, (_STATE, [partner_name, kind.value, starts_on]))
    path = ("input", "awards")
    if not found:
        return BudgetExceeded(
            f"There is no budget of {kind.name} credits for {partner_name} in the fiscal year from {starts_on}; "
            "ask the programme for one.",
            path=path,
        )
    left, most = found[0]
    if most is not None and max(amounts) > most:
        return BudgetExceeded(f"One award of {kind.name} is {most} credits at most; send less.", path=path)
    return BudgetExceeded(
        f"These awards come to {sum(amounts)} {kind.name} credits and {left} are left of the budget; nothing was "
        "awarded. Send fewer, or ask the programme for more.",
        path=path,
    )


def refund(partner_name: str, kind: CreditKind, day: date, amount: int) -> tuple[str, list[object]]:
    """The statement that gives back to a budget what was awarded on `day`, and its parameters."""
    return _REFUND, [partner_name, kind.value, fiscal_year_of(day), amount]
