"""Challenges: their rules, who takes part, and the standings kept as data arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, run, utc_now, uuid7
from domain.errors import Conflict, NotFound


class ChallengeNotOpen(Conflict):
    """Nobody can join a challenge that is over."""

    code = "CHALLENGE_NOT_OPEN"


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
    """The life of a challenge; standings move while it is running or in grace."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RUNNING = "running"
    GRACE = "grace"
    FINAL = "final"


MOVES = (ChallengeState.RUNNING.value, ChallengeState.GRACE.value)
JOINABLE = (ChallengeState.PUBLISHED.value, ChallengeState.RUNNING.value)


class Challenge(Row, table=True):
    """A sponsor's challenge over the local days `starts_on` to `ends_on`, both included.

    `eligibility` may hold `sports` (words), `places` (codes of any level), `sources` (words); absent means all.
    `daily_cap` limits what one day adds, in units of the metric; `target` is the goal where there is one.
    `team_kind` is the level that competes or is shown beside individuals.
    """

    __tablename__ = "challenges"
    __table_args__ = (Index("ix_challenges_state_starts_on_id", "state", "starts_on", "id"),)

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
    starts_on: date
    ends_on: date
    grace_days: int = 7
    state: str = Field(default=ChallengeState.DRAFT.value, sa_type=Text)
    participants: int = Field(default=0, sa_type=BigInteger)
    standings_hash: bytes | None = None
    synthetic: bool = False
    created_at: datetime = Field(default_factory=utc_now)


class Enrolment(Row, table=True):
    """Somebody takes part in a challenge; all days of its window count, whenever they joined."""

    __tablename__ = "enrolments"
    __table_args__ = (Index("ix_enrolments_challenge_id_user_id", "challenge_id", "user_id"),)

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    enrolled_at: datetime = Field(default_factory=utc_now)


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
    """

    __tablename__ = "standings"
    __table_args__ = (
        Index("ix_standings_challenge_id_score_pseudonym_id", "challenge_id", text("score DESC"), "pseudonym_id"),
    )

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    score: int = Field(default=0, sa_type=BigInteger)
    pseudonym_id: UUID = Field(default_factory=uuid4, sa_column_kwargs=_RANDOM)


class TeamStanding(Row, table=True):
    """A team's score in a challenge: the sum of its people's days while they belonged to it."""

    __tablename__ = "team_standings"
    __table_args__ = (
        Index("ix_team_standings_challenge_id_score_team_id", "challenge_id", text("score DESC"), "team_id"),
    )

    challenge_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True)
    score: int = Field(default=0, sa_type=BigInteger)


@dataclass(kw_only=True, slots=True)
class Counted:
    """One accepted activity as challenges see it. Nobody changes one."""

    sport: str
    source: str
    place_codes: frozenset[str]
    energy_kcal: float
    distance_meters: float
    moving_seconds: float
    steps: int
    credits: int


def day_value(
    metric: Metric, eligibility: dict[str, Any], daily_cap: int | None, day: Sequence[Counted], day_steps: int | None
) -> int:
    """What one local day adds to a score, in whole units of the metric, never negative.

    `day` holds the accepted activities of that day; `day_steps` the best day total, which already contains the
    activities' steps and so replaces them, unless the challenge is for certain sports only.
    """
    sports = places = sources = frozenset[str]()
    eligible = day
    if eligibility:
        sports, places, sources = (frozenset(eligibility.get(name) or ()) for name in ("sports", "places", "sources"))
        eligible = [
            each
            for each in day
            if (not sports or each.sport in sports)
            and (not places or places & each.place_codes)
            and (not sources or each.source in sources)
        ]
    value: float
    match metric:
        case Metric.CREDITS:
            value = sum(each.credits for each in eligible)
        case Metric.ENERGY_KCAL:
            value = sum(each.energy_kcal for each in eligible)
        case Metric.DISTANCE_METERS:
            value = sum(each.distance_meters for each in eligible)
        case Metric.MOVING_MINUTES:
            value = sum(each.moving_seconds for each in eligible) / 60
        case Metric.STEPS:
            in_workouts = sum(each.steps for each in eligible)
            value = in_workouts if day_steps is None or sports or sources else max(day_steps, in_workouts)
        case Metric.ACTIVE_DAYS:
            value = bool(eligible)
        case Metric.ACTIVITIES:
            value = len(eligible)
    whole = int(value)
    return whole if daily_cap is None else min(whole, daily_cap)


# The person takes part, shows with a score of 0 at once, and is counted once: only the first of several does any of it.
_ENROL = text("""
    WITH enrolled AS (
        INSERT INTO enrolments (user_id, challenge_id, enrolled_at)
        SELECT CAST(:user AS uuid), c.id, CAST(:now AS timestamptz) FROM challenges c
        WHERE c.id = CAST(:challenge AS uuid) AND c.state = ANY(CAST(:joinable AS text[]))
        ON CONFLICT DO NOTHING RETURNING user_id, challenge_id
    ), standing AS (
        INSERT INTO standings (user_id, challenge_id, score) SELECT user_id, challenge_id, 0 FROM enrolled
        ON CONFLICT DO NOTHING RETURNING challenge_id
    ), queued AS (
        INSERT INTO standing_changes (challenge_id, score_after, people) SELECT challenge_id, 0, 1 FROM standing
    )
    UPDATE challenges SET participants = participants + 1 WHERE id IN (SELECT challenge_id FROM enrolled)
    RETURNING id
""")

_WHY_NOT = text("""
    SELECT c.state, EXISTS (SELECT FROM enrolments e WHERE e.user_id = :user AND e.challenge_id = c.id) AS enrolled
    FROM challenges c WHERE c.id = :challenge
""")

_DAYS_SO_FAR = text("""
    SELECT d.local_date FROM challenges c
    JOIN LATERAL (
        SELECT local_date FROM user_days WHERE user_id = :user AND local_date BETWEEN c.starts_on AND c.ends_on
        UNION
        SELECT local_date FROM day_totals WHERE user_id = :user AND local_date BETWEEN c.starts_on AND c.ends_on
    ) d ON d.local_date <= :until
    WHERE c.id = :challenge ORDER BY d.local_date
""")


async def enrol(session: AsyncSession, user_id: UUID, challenge_id: UUID, now: datetime) -> bool:
    """Whether the person is a participant from now on; False: they were one already.

    Raises NotFound for a draft or no challenge at all, ChallengeNotOpen for one that is neither published nor running.
    """
    binds = {"user": user_id, "challenge": challenge_id}
    if (await run(session, _ENROL, {**binds, "joinable": list(JOINABLE), "now": now})).first():
        return True
    held = (await run(session, _WHY_NOT, binds)).first()
    if held is None or held.state == ChallengeState.DRAFT.value:
        raise NotFound("There is no such challenge; look for one in `challenges`.", path=("input", "challengeId"))
    if held.enrolled:
        return False
    raise ChallengeNotOpen(
        "This challenge takes nobody in any more; look for one that is published or running.",
        path=("input", "challengeId"),
    )


async def days_so_far(session: AsyncSession, user_id: UUID, challenge_id: UUID, until: date) -> list[date]:
    """The person's local days in the window of the challenge up to `until`, in order, that have any figures."""
    binds = {"user": user_id, "challenge": challenge_id, "until": until}
    return list((await run(session, _DAYS_SO_FAR, binds)).scalars())
