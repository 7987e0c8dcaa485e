"""Taking part in challenges: joining one, and what that counts from the first day of the window on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import Row, run, utc_now
from domain.challenges import ChallengeState
from domain.demographics import UNKNOWN, of_user
from domain.enrolment_days import queued
from domain.errors import Conflict, NotFound

JOINABLE = (ChallengeState.PUBLISHED.value, ChallengeState.RUNNING.value)


class ChallengeNotOpen(Conflict):
    """Nobody can join a challenge that is over."""

    code = "CHALLENGE_NOT_OPEN"


_UNKNOWN: Any = {"server_default": UNKNOWN}


class Enrolment(Row, table=True):
    """Somebody takes part in a challenge; all days of its window count, whenever they joined.

    `age_band`, `sex` and `province_code` are the cells of `domain.demographics` that counted them when they joined.
    """

    __tablename__ = "enrolments"
    __table_args__ = (Index("ix_enrolments_challenge_id_user_id", "challenge_id", "user_id"),)

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    enrolled_at: datetime = Field(default_factory=utc_now)
    age_band: str = Field(default=UNKNOWN, sa_type=Text, sa_column_kwargs=_UNKNOWN)
    sex: str = Field(default=UNKNOWN, sa_type=Text, sa_column_kwargs=_UNKNOWN)
    province_code: str = Field(default=UNKNOWN, sa_type=Text, sa_column_kwargs=_UNKNOWN)


class EnrolmentStep(Row, table=True):
    """One call by which somebody joined or left a challenge, by its key; `step` is joined or left."""

    __tablename__ = "enrolment_steps"

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    idempotency_key: str = Field(primary_key=True, sa_type=Text)
    step: str = Field(sa_type=Text)
    done_at: datetime = Field(default_factory=utc_now)


_THIS_YEAR = "extract(year FROM CAST(:today AS date))"

# The person takes part, shows with a score of 0 at once, and is counted once: only the first of several does any of it.
_ENROL = text(f"""
    WITH enrolled AS (
        INSERT INTO enrolments (user_id, challenge_id, enrolled_at, age_band, sex, province_code)
        SELECT CAST(:user AS uuid), c.id, CAST(:now AS timestamptz), {of_user(_THIS_YEAR)}
        FROM challenges c LEFT JOIN users u ON u.id = CAST(:user AS uuid)
        WHERE c.id = CAST(:challenge AS uuid) AND c.state = ANY(CAST(:joinable AS text[]))
          AND c.closing_since IS NULL AND c.ends_on >= CAST(:today AS date)
        ON CONFLICT DO NOTHING RETURNING user_id, challenge_id, age_band, sex, province_code
    ), standing AS (
        INSERT INTO standings (user_id, challenge_id, score) SELECT user_id, challenge_id, 0 FROM enrolled
        ON CONFLICT DO NOTHING RETURNING challenge_id
    ), queued AS (
        INSERT INTO standing_changes (challenge_id, score_after, people) SELECT challenge_id, 0, 1 FROM standing
    ), noted AS ({queued("enrolled", 1, "CAST(:today AS date)")})
    UPDATE challenges SET participants = participants + 1 WHERE id IN (SELECT challenge_id FROM enrolled)
    RETURNING id
""")  # noqa: S608

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

    Raises NotFound for a draft or no challenge at all, ChallengeNotOpen for one that is neither published nor
    running, or whose last day is over.
    """
    binds = {"user": user_id, "challenge": challenge_id}
    when = {"joinable": list(JOINABLE), "today": local_date_of(now), "now": now}
    if (await run(session, _ENROL, {**binds, **when})).first():
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
