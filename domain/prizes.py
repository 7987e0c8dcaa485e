"""Prizes of a challenge, in credits of the sponsor's budget."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Text
from sqlmodel import Field

from domain.base import Row


class PrizeKind(StrEnum):
    """What a prize is for."""

    RANK = "rank"
    TARGET = "target"
    TEAM_RANK = "team_rank"


CAUSE = "prize"
"""The cause of the ledger's entry for a prize; its key is `prize:<challenge>:<number>`."""
CHALLENGE_OF_ENTRY = (
    "CASE WHEN {entry}.cause = 'prize' THEN CAST(split_part({entry}.idempotency_key, ':', 2) AS uuid) END"
)
"""SQL for the challenge that an entry of the ledger is a prize of, else null. Its budget is that of `prize_year`."""


class Prize(Row, table=True):
    """What each person gets who ends on a rank, reaches the target, or counted for a team that ends on a rank.

    `number` counts from 1 within the challenge. `amount` is in credits per person. Ranks count from 1, both ends
    included; of a prize for the target they are None.
    """

    __tablename__ = "prizes"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "CASE kind WHEN 'target' THEN from_rank IS NULL AND to_rank IS NULL "
            "ELSE from_rank IS NOT NULL AND to_rank IS NOT NULL AND from_rank BETWEEN 1 AND to_rank END",
            name="ranks",
        ),
    )

    challenge_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    from_rank: int | None = None
    to_rank: int | None = None
    amount: int = Field(sa_type=BigInteger)
    title_th: str = Field(sa_type=Text)
    title_en: str = Field(sa_type=Text)
