"""The credit ledger: append-only integer entries, and the balance that equals their sum."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint
from sqlmodel import Field

from domain.base import Row, utc_now, uuid7

PROGRAMME = "ccc"
"""The issuer of credits for exercise."""


class CreditKind(StrEnum):
    """What an entry is for. EXERCISE is booked by the hub alone."""

    EXERCISE = "exercise"
    VOLUNTEERING = "volunteering"
    GOOD_DEED = "good_deed"
    AWARD = "award"
    REDEMPTION = "redemption"
    REVERSAL = "reversal"


class CreditEntry(Row, table=True):
    """One booking, never changed: correct it by another. The database refuses update and delete.

    `amount` is in credits, negative for what is taken back or spent. `idempotency_key` is unique per person.
    """

    __tablename__ = "credit_entries"
    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        Index("ix_credit_entries_id", "id"),
    )

    user_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str = Field(sa_type=Text)
    issuer: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    rulebook_version: int
    local_date: date | None = None
    cause: str = Field(sa_type=Text)
    idempotency_key: str = Field(sa_type=Text)
    reverses: UUID | None = None
    created_at: datetime = Field(default_factory=utc_now)


class Balance(Row, table=True):
    """A person's credits: the sum of their entries, kept for speed and proven by `ccc check`."""

    __tablename__ = "credit_balances"

    user_id: UUID = Field(primary_key=True)
    balance: int = Field(default=0, sa_type=BigInteger)
    entries: int = Field(default=0, sa_type=BigInteger)
