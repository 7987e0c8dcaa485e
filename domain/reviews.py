"""What people decided on activities that wait for review: decisions, appeals, and the queue of what waits.

A decision belongs to the record that spoke when it was made, and stands wherever that record goes: as long as the
activity it is part of has no other reasons than were decided on. So it does not matter in which order records arrive,
part and merge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from domain.base import Row, text_array, utc_now, uuid7
from domain.exchange import asked
from domain.plausibility import Judgement, Verdict
from domain.records import NO_WORDS


class Decision(StrEnum):
    """What a reviewer made of an activity."""

    ACCEPT = "accept"
    REJECT = "reject"


class ReviewerKind(StrEnum):
    """In which office somebody decided."""

    STEWARD = "steward"
    ADMINISTRATOR = "administrator"


class Review(Row, table=True):
    """One decision, only ever added: by whom, when, on what, and what they saw of it.

    `verdict` and `reasons` are those that were decided on, `figures_hash` is SHA-256 over the activity's figures then.
    `record_id` is the record that spoke.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("user_id", "activity_id", "idempotency_key"),
        Index("ix_reviews_user_id_record_id_id", "user_id", "record_id", "id"),
    )

    user_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    activity_id: UUID
    record_id: UUID
    decision: str = Field(sa_type=Text)
    verdict: str = Field(sa_type=Text)
    reasons: list[str] = Field(default_factory=list, sa_type=text_array(), sa_column_kwargs=NO_WORDS)
    figures_hash: bytes = Field(sa_type=LargeBinary)
    reviewer_kind: str = Field(sa_type=Text)
    reviewer_id: UUID | None = None
    client_id: str | None = Field(default=None, sa_type=Text)
    partner_name: str | None = Field(default=None, sa_type=Text)
    note: str = Field(sa_type=Text)
    idempotency_key: str = Field(sa_type=Text)
    reviewed_at: datetime = Field(default_factory=utc_now)


class Appeal(Row, table=True):
    """What a person says against a verdict, once for each verdict with its reasons; only ever added."""

    __tablename__ = "appeals"
    __table_args__ = (UniqueConstraint("user_id", "activity_id", "verdict", "reasons"),)

    user_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    activity_id: UUID
    verdict: str = Field(sa_type=Text)
    reasons: list[str] = Field(default_factory=list, sa_type=text_array(), sa_column_kwargs=NO_WORDS)
    text: str = Field(sa_type=Text)
    idempotency_key: str = Field(sa_type=Text)
    appealed_at: datetime = Field(default_factory=utc_now)


class Waiting(Row, table=True):
    """An activity that waits for a decision: every flagged one, and of the rejected those that were appealed.

    `record_id` is the record that speaks, sent by `partner_name`.
    """

    __tablename__ = "review_queue"
    __table_args__ = (
        Index("ix_review_queue_order", "appealed_at", "flagged_at", "user_id", "activity_id"),
        Index("ix_review_queue_partner_order", "partner_name", "appealed_at", "flagged_at", "user_id", "activity_id"),
    )

    user_id: UUID = Field(primary_key=True)
    activity_id: UUID = Field(primary_key=True)
    record_id: UUID
    partner_name: str = Field(sa_type=Text)
    verdict: str = Field(sa_type=Text)
    reasons: list[str] = Field(default_factory=list, sa_type=text_array(), sa_column_kwargs=NO_WORDS)
    flagged_at: datetime
    appealed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The newest decision on a record: its id, which orders decisions, and the reasons it was made on."""

    id: UUID
    decision: str
    reasons: frozenset[str]


_FOLLOWS = {Decision.ACCEPT.value: Verdict.ACCEPTED, Decision.REJECT.value: Verdict.REJECTED}


def reviewed(judgement: Judgement, decisions: Collection[Decided]) -> Judgement:
    """The verdict after review; the reasons stay those of the figures.

    The newest decision that was made on all of these reasons holds. What has no reasons against it needs none, and is
    accepted, also where it was rejected for others that are gone.
    """
    if not judgement.reasons:
        return judgement
    covering = [each for each in decisions if each.reasons.issuperset(judgement.reasons)]
    if not covering:
        return judgement
    return Judgement(_FOLLOWS[max(covering, key=lambda each: each.id).decision], judgement.reasons)


# What ceases to wait goes, unless it is rejected for the same reasons for which it was appealed.
_QUEUE = """
    WITH given AS (
        SELECT user_id, activity_id, record_id, partner_name, verdict, string_to_array(reasons, ' ') AS reasons
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
             AS g(user_id, activity_id, record_id, partner_name, verdict, reasons)
    ), ceased AS (
        DELETE FROM review_queue q USING given g
        WHERE q.user_id = g.user_id AND q.activity_id = g.activity_id AND g.verdict <> 'flagged'
          AND (q.verdict, q.reasons) IS DISTINCT FROM (g.verdict, g.reasons)
    )
    INSERT INTO review_queue AS q
           (user_id, activity_id, record_id, partner_name, verdict, reasons, flagged_at)
    SELECT user_id, activity_id, record_id, partner_name, verdict, reasons, CAST($7 AS timestamptz) FROM given
    WHERE verdict = 'flagged'
    ON CONFLICT (user_id, activity_id) DO UPDATE
    SET record_id = excluded.record_id, partner_name = excluded.partner_name, verdict = excluded.verdict,
        reasons = excluded.reasons,
        flagged_at = CASE WHEN (q.verdict, q.reasons) = (excluded.verdict, excluded.reasons) THEN q.flagged_at
                          ELSE excluded.flagged_at END,
        appealed_at = CASE WHEN (q.verdict, q.reasons) = (excluded.verdict, excluded.reasons) THEN q.appealed_at END
"""

_LEAVE = """
    DELETE FROM review_queue q USING unnest($1::uuid[], $2::uuid[]) AS g(user_id, activity_id)
    WHERE q.user_id = g.user_id AND q.activity_id = g.activity_id
"""


async def queued(
    connection: AsyncConnection[Any],
    fresh: Sequence[Mapping[str, Any]],
    changed: Sequence[Mapping[str, Any]],
    gone: Sequence[tuple[UUID, UUID]],
    now: datetime,
) -> None:
    """The queue brought to what activities formed anew are: columns of new and of changed ones, keys of those gone.

    No statement where nothing was flagged and nothing stored changed, which is nearly always.
    """
    rows = [row for row in fresh if row["verdict"] == Verdict.FLAGGED]
    rows += changed
    questions: list[tuple[str, Sequence[object]]] = []
    if rows:
        columns = ("user_id", "id", "speaks_record_id", "partner_name", "verdict")
        given: list[object] = [[row[name] for row in rows] for name in columns]
        questions.append((_QUEUE, [*given, [" ".join(row["reasons"]) for row in rows], now]))
    if gone:
        questions.append((_LEAVE, [list(column) for column in zip(*gone, strict=True)]))
    await asked(connection, *questions)


FIGURES = (
    "sport", "started_at", "ended_at", "elapsed_seconds", "moving_seconds", "distance_meters", "energy_kcal",
    "energy_source", "steps", "pulse_bpm", "manual", "source", "speaks_record_id", "record_count",
)  # fmt: skip


def figures_hash(activity: Mapping[str, Any]) -> bytes:
    """SHA-256 over what an activity says, to tell later whether a decision was made on the same."""
    return hashlib.sha256(orjson.dumps({name: activity[name] for name in FIGURES})).digest()
