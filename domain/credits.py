"""The credit ledger: append-only integer entries, and the balance that equals their sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
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
    A person's entries stand in the order of their ids; `balance_after` is the sum of all up to this one.
    `cause` is a word of ours; `cause_th` and `cause_en` are the issuer's, None where ours says it all.
    """

    __tablename__ = "credit_entries"
    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        Index("ix_credit_entries_id", "id"),
        # Nearly all entries are for exercise; it is the others that one looks for among them.
        Index(
            "ix_credit_entries_user_id_kind_id", "user_id", "kind", "id", postgresql_where=text("kind <> 'exercise'")
        ),
    )

    user_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str = Field(sa_type=Text)
    issuer: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    balance_after: int = Field(sa_type=BigInteger)
    rulebook_version: int
    local_date: date | None = None
    cause: str = Field(sa_type=Text)
    cause_th: str | None = Field(default=None, sa_type=Text)
    cause_en: str | None = Field(default=None, sa_type=Text)
    idempotency_key: str = Field(sa_type=Text)
    reverses: UUID | None = None
    created_at: datetime = Field(default_factory=utc_now)


class Balance(Row, table=True):
    """A person's credits: the sum of their entries, kept for speed and proven by `ccc check`."""

    __tablename__ = "credit_balances"

    user_id: UUID = Field(primary_key=True)
    balance: int = Field(default=0, sa_type=BigInteger)
    entries: int = Field(default=0, sa_type=BigInteger)


LATEST = """
    SELECT e.user_id, e.balance_after, e.id FROM unnest($1::uuid[]) AS u(user_id)
    CROSS JOIN LATERAL (
        SELECT * FROM credit_entries e WHERE e.user_id = u.user_id ORDER BY e.id DESC LIMIT 1
    ) e
"""
"""Each person's latest entry, for `accounts`; those without one give no row. Given under the people's locks."""

_A_MILLISECOND_LATER = 1 << 80  # in a UUIDv7


@dataclass(slots=True)
class Account:
    """Where a person's ledger ends: the next entry follows on it. True only while the person is locked."""

    balance: int = 0
    latest: UUID | None = None

    def follow(self, amount: int, now: datetime) -> tuple[UUID, int]:
        """The id and the balance after an entry of `amount` booked now, which is the end of the ledger from here on.

        Ids of one person rise, each a millisecond at least, also within one delivery and where two clocks differ
        (RFC 9562, section 6.2, allows an id to be ahead of its clock), so that their order is that of the bookings.
        """
        made = uuid7(now)
        if self.latest is not None and made.int >> 80 <= self.latest.int >> 80:
            behind = (self.latest.int >> 80) - (made.int >> 80) + 1
            made = UUID(int=made.int + behind * _A_MILLISECOND_LATER)
        self.balance, self.latest = self.balance + amount, made
        return made, self.balance


def accounts(users: Iterable[UUID], latest: Iterable[tuple[Any, ...]]) -> dict[int, Account]:
    """The people's accounts by the number of their key, from the rows of `LATEST`."""
    found = {user.int: Account() for user in users}
    for user, balance, entry in latest:
        found[user.int] = Account(balance, entry)
    return found
