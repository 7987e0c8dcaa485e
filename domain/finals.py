"""What stays of a challenge for ever: its standings by pseudonym, its prizes, and the hashes that prove them.

Nothing here names a person, so that erasing one changes nothing. A pseudonym leads to its person by `Standing` alone.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Computed, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from domain.base import Row

FAN = 100
"""So many lines, of standings or of hashes, have one hash on the next level: decision 0021."""


class Part(StrEnum):
    """The lists that a closed challenge consists of, in the order in which its seal names them."""

    PEOPLE = "people"
    TEAMS = "teams"
    PRIZES = "prizes"


def hash_of(lines: str, order: str) -> str:
    """SQL for the SHA-256 of lines, an SQL expression, each ended by a line feed, in an order; of a group of rows."""
    return f"sha256(convert_to(string_agg({lines} || chr(10), '' ORDER BY {order}), 'UTF8'))"


def hashing(part: Part, rows: str) -> str:
    """SQL that keeps the hashes of whole groups of lines; `rows` have challenge_id, position and line."""
    return f"""
        INSERT INTO final_hashes (challenge_id, part, level, number, hash)
        SELECT challenge_id, '{part}', 1, (position - 1) / {FAN}, {hash_of("line", "position")} FROM {rows}
        GROUP BY challenge_id, (position - 1) / {FAN}
    """  # noqa: S608


def line(*columns: str) -> Any:
    """The canonical line of a row: its columns with a space between them, `-` for none. docs/verifying.md says it."""
    said = " || ' '::text || ".join(f"coalesce({name}::text, '-'::text)" for name in columns)
    return Column(Text, Computed(said, persisted=False), nullable=False)


class FinalStanding(Row, table=True):
    """A participant's line of a closed challenge. `position` counts from 1 without gaps, `rank` is shared by ties."""

    __tablename__ = "final_standings"
    __table_args__ = (UniqueConstraint("challenge_id", "pseudonym_id"),)

    challenge_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    rank: int = Field(sa_type=BigInteger)
    pseudonym_id: UUID
    score: int = Field(sa_type=BigInteger)
    line: str = Field(default="", sa_column=line("position", "rank", "pseudonym_id", "score"))


class FinalTeamStanding(Row, table=True):
    """A team's line of a closed challenge: level by level, the ranked ones first, by `figure`.

    `depth` is 1 for a root. `rank` is among the teams of that depth, shared by ties, None for those not ranked.
    `figure` is what ranks, in the unit of `TeamStanding`.
    """

    __tablename__ = "final_team_standings"
    __table_args__ = (UniqueConstraint("challenge_id", "team_id"),)

    challenge_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    depth: int
    rank: int | None = Field(default=None, sa_type=BigInteger)
    team_id: UUID
    figure: int | None = Field(default=None, sa_type=BigInteger)
    score: int = Field(sa_type=BigInteger)
    line: str = Field(default="", sa_column=line("position", "depth", "rank", "team_id", "figure", "score"))


class FinalPrize(Row, table=True):
    """A prize that a participant of a closed challenge won, once for each number: `credits` after any cut.

    `booked_at` is when it was booked in their ledger as `entry_id`, None while that is still to be done. There is no
    entry for somebody who was erased before, or of what was cut to nothing.
    """

    __tablename__ = "final_prizes"
    __table_args__ = (
        UniqueConstraint("challenge_id", "number", "pseudonym_id"),
        Index("ix_final_prizes_challenge_id_pseudonym_id", "challenge_id", "pseudonym_id"),
        Index(
            "ix_final_prizes_waiting", "challenge_id", "position", postgresql_where=text("booked_at IS NULL")
        ),
    )  # fmt: skip

    challenge_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    number: int
    pseudonym_id: UUID
    credits: int = Field(sa_type=BigInteger)
    booked_at: datetime | None = None
    entry_id: UUID | None = None
    line: str = Field(default="", sa_column=line("position", "number", "pseudonym_id", "credits"))


class FinalHash(Row, table=True):
    """The SHA-256 of up to `FAN` lines. On level 1 these are lines of a list, above it the hashes below, in hex.

    `number` counts from 0 on each level of a list; the level that has only the number 0 is the root.
    """

    __tablename__ = "final_hashes"

    challenge_id: UUID = Field(primary_key=True)
    part: str = Field(primary_key=True, sa_type=Text)
    level: int = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes


class FinalSeal(Row, table=True):
    """The text that names the roots of a challenge's lists; its SHA-256 is the challenge's `standings_hash`."""

    __tablename__ = "final_seals"

    challenge_id: UUID = Field(primary_key=True)
    seal: str = Field(sa_type=Text)
