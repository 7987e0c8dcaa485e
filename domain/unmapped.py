"""Words for sports that no table knows: which partner sends them, and how often.

A delivery only queues what it brought, and a pass adds it up: all that a partner sends has the same few words, and
deliveries that added to one row would wait for one another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field

from domain.arrivals import Arrivals
from domain.base import Row
from domain.counters import queue_key, queue_time
from domain.sports import Sport

LONGEST_WORD = 100
"""Characters by which words are told apart here; the record keeps all of its word."""


class UnmappedSport(Row, table=True):
    """A word that came with records of OTHER, by partner. It stays when a later version of a format knows the word."""

    __tablename__ = "unmapped_sports"
    __table_args__ = (
        Index("ix_unmapped_sports_partner_name_records", "partner_name", "records"),
        Index("ix_unmapped_sports_records", "records"),
    )

    partner_name: str = Field(primary_key=True, sa_type=Text)
    word: str = Field(primary_key=True, sa_type=Text)
    records: int = Field(sa_type=BigInteger)
    first_seen_at: datetime
    last_seen_at: datetime


class UnmappedChange(Row, table=True):
    """How many new records a delivery brought with such a word; waits like a `PlaceChange`."""

    __tablename__ = "unmapped_changes"

    id: int | None = Field(default=None, sa_column=queue_key())
    partner_name: str = Field(sa_type=Text)
    word: str = Field(sa_type=Text)
    records: int
    seen_at: datetime
    queued_at: datetime | None = Field(default=None, sa_column=queue_time())


FOLD = text("""
    WITH taken AS (
        DELETE FROM unmapped_changes
        WHERE id = ANY(ARRAY(SELECT id FROM unmapped_changes ORDER BY id LIMIT :most))
        RETURNING partner_name, word, records, seen_at
    ), folded AS (
        INSERT INTO unmapped_sports AS held (partner_name, word, records, first_seen_at, last_seen_at)
        SELECT partner_name, word, sum(records), min(seen_at), max(seen_at) FROM taken
        GROUP BY partner_name, word ORDER BY partner_name, word
        ON CONFLICT (partner_name, word) DO UPDATE
        SET records = held.records + excluded.records,
            first_seen_at = least(held.first_seen_at, excluded.first_seen_at),
            last_seen_at = greatest(held.last_seen_at, excluded.last_seen_at)
    )
    SELECT count(*) FROM taken
""")


def unmapped_of(arrivals: Arrivals, now: datetime) -> Iterator[tuple[str, str, int, datetime]]:
    """What is to be queued: the new records of OTHER that came with a word, by word; none for most deliveries."""
    found = Counter(
        (held.report.partner_name, held.draft.sport_word[:LONGEST_WORD])
        for _, held in arrivals.fresh
        if held.draft and held.report and held.draft.sport is Sport.OTHER and held.draft.sport_word
    )
    return ((partner_name, word, records, now) for (partner_name, word), records in found.items())
