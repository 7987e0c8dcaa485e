"""Taking part in challenges: joining one, and leaving it with all that one counted there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import Row, run, utc_now, uuid7
from domain.challenge_weeks import QUEUE
from domain.challenges import COUNTS
from domain.collective import withdrawn
from domain.demographics import UNKNOWN, of_user
from domain.eligibility import MEETS_ALL, WHY, reason
from domain.enrolment_days import queued
from domain.errors import Conflict, NotFound

_AT = ("input", "challengeId")


class ChallengeNotOpen(Conflict):
    """Nobody can join a challenge that is over, nor leave one whose standings are settled."""

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
    """One call by which somebody joined or left a challenge, by its key: sent again late it does nothing more."""

    __tablename__ = "enrolment_steps"

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    idempotency_key: str = Field(primary_key=True, sa_type=Text)
    step: str = Field(sa_type=Text)
    done_at: datetime = Field(default_factory=utc_now)


class Step(StrEnum):
    """What such a call does."""

    JOINED = "joined"
    LEFT = "left"


# A call whose key was seen before does nothing, whatever became of the person since.
_CLAIMED = """
    claimed AS (
        INSERT INTO enrolment_steps (user_id, challenge_id, idempotency_key, step, done_at)
        VALUES (CAST(:user AS uuid), CAST(:challenge AS uuid), :key, :step, CAST(:now AS timestamptz))
        ON CONFLICT DO NOTHING RETURNING user_id
    )
"""

_THIS_YEAR = "extract(year FROM CAST(:today AS date))"

# The person takes part, shows with a score of 0 at once, and is counted once: only the first of several does any of it.
# The window decides and not what is shown, since the job that moves states may be late.
_ENROL = text(f"""
    WITH {_CLAIMED}, enrolled AS (
        INSERT INTO enrolments (user_id, challenge_id, enrolled_at, age_band, sex, province_code)
        SELECT u.id, c.id, CAST(:now AS timestamptz), {of_user(_THIS_YEAR)} FROM claimed
        JOIN users u ON u.id = claimed.user_id JOIN challenges c ON c.id = CAST(:challenge AS uuid)
        WHERE c.state IN ('published', 'running') AND c.closing_since IS NULL AND c.ends_on >= CAST(:today AS date)
          AND {MEETS_ALL}
        ON CONFLICT DO NOTHING RETURNING user_id, challenge_id, age_band, sex, province_code
    ), standing AS (
        INSERT INTO standings (user_id, challenge_id, score) SELECT user_id, challenge_id, 0 FROM enrolled
        ON CONFLICT DO NOTHING RETURNING challenge_id
    ), queued AS (
        INSERT INTO standing_changes (challenge_id, score_after, people) SELECT challenge_id, 0, 1 FROM standing
    ), noted AS ({queued("enrolled", 1, "CAST(:today AS date)")}), counted AS (
        UPDATE challenges SET participants = participants + 1 WHERE id IN (SELECT challenge_id FROM enrolled)
    ), weeks AS (
        {QUEUE} AND EXISTS (SELECT FROM enrolled)
    )
    SELECT EXISTS (SELECT FROM claimed), EXISTS (SELECT FROM enrolled)
""")  # noqa: S608

# Nobody is counted twice or left behind: each counter loses what the rows say that go in this same statement. The
# folding pass finds the person nowhere any more, and so takes them from the participants of all their teams.
_LEAVE = text(f"""
    WITH {_CLAIMED}, gone AS (
        DELETE FROM enrolments e USING claimed, challenges c
        WHERE e.user_id = claimed.user_id AND e.challenge_id = CAST(:challenge AS uuid)
          AND c.id = e.challenge_id AND c.{COUNTS}
        RETURNING e.user_id, e.challenge_id, e.age_band, e.sex, e.province_code
    ), days AS (
        DELETE FROM challenge_days d USING gone
        WHERE d.user_id = gone.user_id AND d.challenge_id = gone.challenge_id
        RETURNING d.user_id, d.challenge_id, d.local_date, d.team_id, d.value
    ), history AS (
        DELETE FROM standing_days d USING gone WHERE d.user_id = gone.user_id AND d.challenge_id = gone.challenge_id
    ), together AS ({withdrawn("days")}), of_teams AS (
        INSERT INTO team_standing_changes (challenge_id, team_id, user_id, score)
        SELECT challenge_id, team_id, user_id, -sum(value) FROM days WHERE team_id IS NOT NULL
        GROUP BY challenge_id, team_id, user_id
    ), standing AS (
        DELETE FROM standings s USING gone WHERE s.user_id = gone.user_id AND s.challenge_id = gone.challenge_id
        RETURNING s.challenge_id, s.score
    ), queued AS (
        INSERT INTO standing_changes (challenge_id, score_before, people) SELECT challenge_id, score, 1 FROM standing
    ), noted AS ({queued("gone", -1, "CAST(:today AS date)")}), counted AS (
        UPDATE challenges SET participants = participants - 1 WHERE id IN (SELECT challenge_id FROM gone)
    ), weeks AS (
        {QUEUE} AND EXISTS (SELECT FROM gone)
    )
    SELECT EXISTS (SELECT FROM claimed), EXISTS (SELECT FROM gone)
""")  # noqa: S608

_HELD = text(f"""
    SELECT c.state <> 'draft' AND (c.state <> 'cancelled' OR c.published_at IS NOT NULL) AS is_public,
           c.state IN ('published', 'running') AND c.closing_since IS NULL AS takes_in,
           c.ends_on >= CAST(:today AS date) AS lasts,
           (SELECT s.step FROM enrolment_steps s
            WHERE s.user_id = u.id AND s.challenge_id = c.id AND s.idempotency_key = :key) AS step,
           EXISTS (SELECT FROM enrolments e WHERE e.user_id = u.id AND e.challenge_id = c.id) AS enrolled, {WHY}
    FROM challenges c JOIN users u ON u.id = :user WHERE c.id = :challenge
""")  # noqa: S608

_DAYS_SO_FAR = text("""
    SELECT d.local_date FROM challenges c
    JOIN LATERAL (
        SELECT local_date FROM user_days WHERE user_id = :user AND local_date BETWEEN c.starts_on AND c.ends_on
        UNION
        SELECT local_date FROM day_totals WHERE user_id = :user AND local_date BETWEEN c.starts_on AND c.ends_on
    ) d ON d.local_date <= :until
    WHERE c.id = :challenge ORDER BY d.local_date
""")


async def enrol(
    session: AsyncSession, user_id: UUID, challenge_id: UUID, now: datetime, *, key: str | None = None
) -> bool:
    """Whether the person is a participant from now on; False: they were one already, or `key` did this before.

    The caller holds the person's lock. Raises NotFound for a draft or no challenge at all, ChallengeNotOpen for one
    that is neither published nor running or whose last day is over, NotEligible, and Conflict for a key that left.
    """
    binds = _binds(user_id, challenge_id, now, key, Step.JOINED)
    claimed, done = (await run(session, _ENROL, binds)).one()
    if done:
        return True
    held = await _held(session, binds)
    if not claimed or held.enrolled:
        return False
    if not (held.takes_in and held.lasts):
        raise ChallengeNotOpen(
            "This challenge takes nobody in any more; look for one that is published or running.", path=_AT
        )
    raise reason(held) or Conflict("The challenge has just changed; join again.", path=_AT)


async def leave(session: AsyncSession, user_id: UUID, challenge_id: UUID, now: datetime, *, key: str) -> bool:
    """Whether the person took part until now; they may join again. False: they did not, or `key` did this before.

    This is the one way out: whatever counts participants loses this one in its statement. The caller holds the
    person's lock. Raises NotFound, ChallengeNotOpen for one that is being closed, final or cancelled, and Conflict for
    a key that joined.
    """
    binds = _binds(user_id, challenge_id, now, key, Step.LEFT)
    claimed, done = (await run(session, _LEAVE, binds)).one()
    if done:
        return True
    held = await _held(session, binds)
    if not claimed or not held.enrolled:
        return False
    raise ChallengeNotOpen("The standings of this challenge are settled; nobody leaves it any more.", path=_AT)


def _binds(user_id: UUID, challenge_id: UUID, now: datetime, key: str | None, step: Step) -> dict[str, object]:
    key = key or str(uuid7(now))
    when = {"now": now, "today": local_date_of(now)}
    return {"user": user_id, "challenge": challenge_id, "key": key, "step": step.value, **when}


async def _held(session: AsyncSession, binds: Mapping[str, object]) -> Any:
    """What there is, asked after the attempt, so that a call that won the race is seen. Raises NotFound, Conflict."""
    held = (await run(session, _HELD, binds)).first()
    if held is None or not held.is_public:
        raise NotFound("There is no such challenge; look for one in `challenges`.", path=_AT)
    if held.step != binds["step"]:
        raise Conflict(
            f"This idempotencyKey {held.step} this challenge; use a new one.", path=("input", "idempotencyKey")
        )
    return held


async def days_so_far(session: AsyncSession, user_id: UUID, challenge_id: UUID, until: date) -> list[date]:
    """The person's local days in the window of the challenge up to `until`, in order, that have any figures."""
    binds = {"user": user_id, "challenge": challenge_id, "until": until}
    return list((await run(session, _DAYS_SO_FAR, binds)).scalars())
