"""Sources' reports: the record at its version, its raw payload, tombstones, day totals, quarantine."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from domain.base import Row, text_array, utc_now, uuid7

NO_WORDS: Any = {"server_default": text("'{}'")}


class Record(Row, table=True):
    """One source's report of one workout, at its newest version.

    Identity is (user, partner, partner_ref). `version` orders updates; where a partner has none it is the
    arrival in microseconds. `shared_reference` is set by `domain.settling`, for a recording that
    other people claim too. `activity_id` is the canonical workout it belongs to, None once deleted.
    """

    __tablename__ = "records"
    __table_args__ = (
        UniqueConstraint("user_id", "partner_name", "partner_ref"),
        Index("ix_records_user_id_started_at", "user_id", "started_at"),
        Index("ix_records_user_id_activity_id", "user_id", "activity_id"),
        Index("ix_records_id", "id"),
    )

    user_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    activity_id: UUID | None = None
    partner_name: str = Field(sa_type=Text)
    partner_ref: str = Field(sa_type=Text)
    known_as: list[str] = Field(default_factory=list, sa_type=text_array(), sa_column_kwargs=NO_WORDS)
    version: int = Field(sa_type=BigInteger)
    sport: str = Field(sa_type=Text)
    sport_word: str | None = Field(default=None, sa_type=Text)
    started_at: datetime
    ended_at: datetime
    local_date: date
    utc_offset_seconds: int | None = None
    elapsed_seconds: float
    moving_seconds: float | None = None
    distance_meters: float | None = None
    energy_kcal: float | None = None
    energy_kind: str = Field(sa_type=Text)
    steps: int | None = Field(default=None, sa_type=BigInteger)
    pulse_bpm: int | None = None
    peak_speed_mps: float | None = None
    p95_speed_mps: float | None = None
    manual: bool = False
    coarse: bool = False
    source: str = Field(sa_type=Text)
    upstream_partner: str | None = Field(default=None, sa_type=Text)
    upstream_ref: str | None = Field(default=None, sa_type=Text)
    device_name: str | None = Field(default=None, sa_type=Text)
    place_code: str | None = Field(default=None, sa_type=Text)
    owner_only: bool = False
    shared_reference: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    raw_hash: bytes = Field(sa_type=LargeBinary)
    received_at: datetime = Field(default_factory=utc_now)
    deleted_at: datetime | None = None


class Payload(Row, table=True):
    """The bytes a record was read from, apart from it, since reads rarely want them."""

    __tablename__ = "payloads"

    user_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)
    raw: bytes = Field(sa_type=LargeBinary)


class Tombstone(Row, table=True):
    """A deletion that a replay cannot raise. `version` None: for good."""

    __tablename__ = "tombstones"

    user_id: UUID = Field(primary_key=True)
    partner_name: str = Field(primary_key=True, sa_type=Text)
    partner_ref: str = Field(primary_key=True, sa_type=Text)
    version: int | None = Field(default=None, sa_type=BigInteger)
    deleted_at: datetime = Field(default_factory=utc_now)


class DayTotalRow(Row, table=True):
    """A source's total of one day; kept apart from workouts, which it already contains."""

    __tablename__ = "day_totals"

    user_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    partner_name: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    source: str = Field(sa_type=Text)
    steps: int | None = Field(default=None, sa_type=BigInteger)
    distance_meters: float | None = None
    energy_kcal: float | None = None
    verdict: str = Field(default="accepted", sa_type=Text, sa_column_kwargs={"server_default": text("'accepted'")})
    reasons: list[str] = Field(default_factory=list, sa_type=text_array(), sa_column_kwargs=NO_WORDS)
    raw: bytes = Field(sa_type=LargeBinary)


class Quarantined(Row, table=True):
    """A part of a payload that could not become a record, with where and why; replayable from `raw`.

    `draft` is what it says, in JSON, when it can be read and only its person is unknown.
    `fingerprint` is a hash over code, path and raw: the same failure again is the same entry.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("partner_name", "fingerprint"),
        Index("ix_quarantine_partner_name_id", "partner_name", "id"),
        Index("ix_quarantine_partner_name_person_ref", "partner_name", "person_ref"),
        Index("ix_quarantine_waiting", "partner_name", "id", postgresql_where=text("replayed_at IS NULL")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    partner_name: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)
    path: list[str] = Field(default_factory=list, sa_type=text_array(), sa_column_kwargs=NO_WORDS)
    message: str = Field(sa_type=Text)
    person_ref: str | None = Field(default=None, sa_type=Text)
    user_id: UUID | None = None
    raw: bytes = Field(sa_type=LargeBinary)
    draft: str | None = Field(default=None, sa_type=Text)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    received_at: datetime = Field(default_factory=utc_now)
    replayed_at: datetime | None = None


class PendingFetch(Row, table=True):
    """A partner's ping whose record is still to be pulled; one row however often it pings."""

    __tablename__ = "pending_fetches"

    partner_name: str = Field(primary_key=True, sa_type=Text)
    partner_ref: str = Field(primary_key=True, sa_type=Text)
    person_ref: str | None = Field(default=None, sa_type=Text)
    asked_at: datetime = Field(default_factory=utc_now)
