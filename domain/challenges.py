"""Challenges: what they count, for whom, and where in their life they are."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from domain.base import Row, utc_now, uuid7


class Metric(StrEnum):
    """What a challenge counts, each a whole number."""

    CREDITS = "credits"
    ENERGY_KCAL = "energy_kcal"
    DISTANCE_METERS = "distance_meters"
    MOVING_MINUTES = "moving_minutes"
    STEPS = "steps"
    ACTIVE_DAYS = "active_days"
    ACTIVITIES = "activities"


class Mode(StrEnum):
    """Who competes, or whether anybody does."""

    INDIVIDUALS = "individuals"
    TEAMS = "teams"
    PERSONAL_GOAL = "personal_goal"
    COLLECTIVE_GOAL = "collective_goal"


class Ranking(StrEnum):
    """How teams are compared."""

    TOTAL = "total"
    AVERAGE_PER_MEMBER = "average_per_member"
    PARTICIPATION_SHARE = "participation_share"
    REGULAR_SHARE = "regular_share"


class ChallengeState(StrEnum):
    """The life of a challenge. Days count from its first one, once it is published, until it begins to close."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RUNNING = "running"
    GRACE = "grace"
    FINAL = "final"
    CANCELLED = "cancelled"


COUNTS = "state IN ('published', 'running', 'grace') AND closing_since IS NULL"
"""SQL for whether days still move a challenge. The state says only what is shown: a job moves it by the day."""


_NONE: Any = {"server_default": text("0")}


class Challenge(Row, table=True):
    """A sponsor's challenge over the local days `starts_on` to `ends_on`, both included.

    `eligibility` may hold `sports`, `sources`, `team_kinds` (words), `places` (codes of any level), `min_age` and
    `max_age` (whole years, by birth year, in the year of the start); absent means all. `daily_cap` limits what one day
    adds, in units of the metric; `target` is the goal where there is one. `team_kind` is the level that competes or is
    shown beside individuals. With `day_metric` a day is active when it has `day_least` of that. `prize_budget` is the
    most credits that the prizes take from the sponsor's budget of the fiscal year from `prize_year`; `prize_reserved`
    what of it is still kept there. From `closing_since` on nothing moves any more.
    """

    __tablename__ = "challenges"
    __table_args__ = (
        Index("ix_challenges_state_starts_on_id", "state", "starts_on", "id"),
        CheckConstraint("prize_reserved BETWEEN 0 AND prize_budget", name="prize_reserved"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    sponsor_name: str = Field(sa_type=Text)
    title_th: str = Field(sa_type=Text)
    title_en: str = Field(sa_type=Text)
    description_th: str = Field(sa_type=Text)
    description_en: str = Field(sa_type=Text)
    metric: str = Field(sa_type=Text)
    mode: str = Field(sa_type=Text)
    team_kind: str | None = Field(default=None, sa_type=Text)
    ranking: str = Field(default=Ranking.TOTAL.value, sa_type=Text)
    eligibility: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")}
    )
    daily_cap: int | None = Field(default=None, sa_type=BigInteger)
    target: int | None = Field(default=None, sa_type=BigInteger)
    day_metric: str | None = Field(default=None, sa_type=Text)
    day_least: int | None = Field(default=None, sa_type=BigInteger)
    starts_on: date
    ends_on: date
    grace_days: int = 7
    prize_budget: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    prize_reserved: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_NONE)
    prize_year: date | None = None
    state: str = Field(default=ChallengeState.DRAFT.value, sa_type=Text)
    participants: int = Field(default=0, sa_type=BigInteger)
    standings_hash: bytes | None = None
    synthetic: bool = False
    created_at: datetime = Field(default_factory=utc_now)
    published_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancellation_th: str | None = Field(default=None, sa_type=Text)
    cancellation_en: str | None = Field(default=None, sa_type=Text)
    closing_since: datetime | None = None
    closed_at: datetime | None = None


class ChallengeStep(Row, table=True):
    """What was done to a challenge, by whom, and with which key. Append-only; the database refuses update and delete.

    `done_by` is `partner:` and the sponsor's name, or `user:`/`client:` and the id of an administrator. `content_hash`
    tells the same call sent again from another one under its key.
    """

    __tablename__ = "challenge_steps"
    __table_args__ = (Index("ix_challenge_steps_challenge_id_done_at", "challenge_id", "done_at"),)

    done_by: str = Field(primary_key=True, sa_type=Text)
    idempotency_key: str = Field(primary_key=True, sa_type=Text)
    challenge_id: UUID
    step: str = Field(sa_type=Text)
    content_hash: bytes
    done_at: datetime = Field(default_factory=utc_now)
