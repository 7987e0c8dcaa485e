"""Standings: what each day of a participant counts, and people's sums, kept as data arrives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from domain.base import Row


class ChallengeDay(Row, table=True):
    """What one day of one participant counts, and for which team: the finest grain of a standing."""

    __tablename__ = "challenge_days"

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)
    team_id: UUID | None = None


_RANDOM: Any = {"server_default": text("gen_random_uuid()"), "info": {"unique": True}}  # 122 random bits


class Standing(Row, table=True):
    """A participant's score: the sum of their days. Ranked by score, highest first; equal scores share a rank.

    `pseudonym_id` stands for them in this challenge alone, and orders equal scores, so that neither a name nor a
    cursor leads to the person. It is random and not a hash of the two keys, which whoever holds those could compute.
    `shared_at` is when they agreed that the sponsor sees pseudonym and score, None when they do not.
    """

    __tablename__ = "standings"
    __table_args__ = (
        # Read backwards: both in one direction, so that a page anywhere begins with one descent.
        Index("ix_standings_challenge_id_score_pseudonym_id", "challenge_id", "score", "pseudonym_id"),
        Index("ix_standings_challenge_id_pseudonym_id", "challenge_id", "pseudonym_id"),
        Index(
            "ix_standings_shared",
            "challenge_id",
            "score",
            "pseudonym_id",
            postgresql_where=text("shared_at IS NOT NULL"),
        ),
    )

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    score: int = Field(default=0, sa_type=BigInteger)
    pseudonym_id: UUID = Field(default_factory=uuid4, sa_column_kwargs=_RANDOM)
    shared_at: datetime | None = None
