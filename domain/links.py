"""What people say about their records: these two are one workout, or they are two. Their word outranks every rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations, product
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import Index, Text, text
from sqlmodel import Field

from domain.base import Row, utc_now
from domain.exchange import asked
from domain.writing import Mode, Sheet, written

Name = tuple[str, str]
"""A record by (partner_name, partner_ref): what it says may change or go and come back, its name stays."""


class Word(StrEnum):
    """What is said of two records."""

    SAME = "same"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Said:
    """A word about two records, and when it was said."""

    word: Word
    said_at: datetime


Words = Mapping[Name, Mapping[Name, Said]]
"""The words of one person by either record, then by the other."""


class RecordLink(Row, table=True):
    """The last word of a person about two of their records. Each pair stands twice, once from either side.

    `idempotency_key` names the attempt that said it, on the side of the first record only, so that the attempt made
    again finds what it did.
    """

    __tablename__ = "record_links"
    __table_args__ = (
        Index(
            "ix_record_links_user_id_idempotency_key",
            "user_id",
            "idempotency_key",
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    user_id: UUID = Field(primary_key=True)
    partner_name: str = Field(primary_key=True, sa_type=Text)
    partner_ref: str = Field(primary_key=True, sa_type=Text)
    other_partner_name: str = Field(primary_key=True, sa_type=Text)
    other_partner_ref: str = Field(primary_key=True, sa_type=Text)
    word: str = Field(sa_type=Text)
    said_by: UUID
    said_at: datetime = Field(default_factory=utc_now)
    idempotency_key: str | None = Field(default=None, sa_type=Text)


_LINK = tuple(RecordLink.model_fields)

# The record that the attempt was about in the first place. Words that a later attempt replaced are no longer its.
_MADE = """
    SELECT partner_name, partner_ref, other_partner_name, other_partner_ref, word FROM record_links
    WHERE user_id = $1 AND idempotency_key = $2 ORDER BY word, partner_name, partner_ref, other_partner_name,
          other_partner_ref
"""


async def said_under(connection: AsyncConnection[Any], user_id: UUID, key: str) -> list[tuple[Name, Name, Word]]:
    """The words that an attempt of this name said, as they stand: those about two apart come first."""
    (rows,) = await asked(connection, (_MADE, [user_id, key]))
    return [((row[0], row[1]), (row[2], row[3]), Word(row[4])) for row in rows]


async def say(
    connection: AsyncConnection[Any],
    user_id: UUID,
    *,
    same: Iterable[Name] = (),
    apart: tuple[Iterable[Name], Iterable[Name]] = ((), ()),
    by: UUID,
    at: datetime,
    key: str,
) -> None:
    """All pairs of `same` are one workout, and each of the first of `apart` is none with any of the second.

    What was said of these pairs before no longer holds.
    """
    pairs = [(one, other, Word.SAME) for one, other in combinations(sorted(same), 2)]
    pairs += [(one, other, Word.APART) for one, other in product(sorted(apart[0]), sorted(apart[1]))]
    rows: list[tuple[object, ...]] = []
    for one, other, word in pairs:
        rows.append((user_id, *one, *other, word.value, by, at, key))
        rows.append((user_id, *other, *one, word.value, by, at, None))
    await written(connection, [Sheet(RecordLink, Mode.REPLACE, _LINK, rows)])
