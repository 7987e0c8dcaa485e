"""Challenges at the end of each Bangkok day: a round through all that are open, in parts, that goes on where it was.

A part is a transaction of its own. First come those who joined and left up to the end of the day, then the ranks of all
scores, the teams and the figures of the console at one moment, then the people, some thousand at a time.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import Row, run, utc_now
from domain.challenges import COUNTS
from domain.demographics import renew
from domain.enrolment_days import counted
from domain.ranks import SHIFTS, SIBLINGS
from domain.standing_days import FORGET_RANKS, PEOPLE, RANKS, TEAMS

PEOPLE_AT_ONCE = 5_000
"""People of one transaction."""
_LOCK = 20_260_000_006
_ALONE = text("SELECT pg_try_advisory_xact_lock(:key)")
_NOBODY = UUID(int=0)
_KEPT = "interval '365 days'"


class ChallengeSnapshot(Row, table=True):
    """A challenge as the round that followed a local day found it.

    `enrolled` took part, `began` had a score above 0, `reached` the target (None without one), at the moment when the
    round began; `active` counted something in the last seven days up to this one, counted person by person as the
    round went through them up to `after`. Shown once it has ended. On the last one, `forgotten_after` and
    `forgotten_at` say how far people's lines of the challenge have been deleted, and when all were.
    """

    __tablename__ = "challenge_snapshots"

    challenge_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    enrolled: int = Field(sa_type=BigInteger)
    began: int = Field(sa_type=BigInteger)
    reached: int | None = Field(default=None, sa_type=BigInteger)
    active: int = Field(default=0, sa_type=BigInteger)
    people: int = Field(default=0, sa_type=BigInteger)
    after: UUID | None = None
    begun_at: datetime = Field(default_factory=utc_now)
    ended_at: datetime | None = None
    forgotten_after: UUID | None = None
    forgotten_at: datetime | None = None


# A round that has begun is ended whatever becomes of the challenge meanwhile.
_NEXT = text(f"""
    SELECT c.id, c.starts_on <= CAST(:day AS date) AS running, s.challenge_id IS NOT NULL AS begun, s.after
    FROM challenges c LEFT JOIN challenge_snapshots s ON s.challenge_id = c.id AND s.local_date = :day
    WHERE s.ended_at IS NULL AND (s.challenge_id IS NOT NULL OR {COUNTS} AND coalesce(c.published_at, c.created_at)
          < timezone('Asia/Bangkok', CAST(:day AS timestamp) + interval '1 day'))
    ORDER BY c.id LIMIT 1
""")  # noqa: S608

_AHEAD = f"""
    (SELECT coalesce(sum((
        SELECT sum(b.people) FROM score_buckets b WHERE b.challenge_id = c.id AND b.shift = l.shift
          AND b.bucket > ({{0}} >> l.shift) AND b.bucket <= (({{0}} >> l.shift) | {SIBLINGS})
    )), 0) FROM unnest(ARRAY{list(SHIFTS)}) AS l(shift))
"""  # noqa: S608
_BEGIN = text(f"""
    INSERT INTO challenge_snapshots (challenge_id, local_date, enrolled, began, reached, active, people, begun_at,
                                     ended_at)
    SELECT c.id, :day, b.began + coalesce((
        SELECT z.people FROM score_buckets z WHERE z.challenge_id = c.id AND z.shift = 0 AND z.bucket = 0
    ), 0), b.began, b.reached, 0, 0, :now, CASE WHEN c.starts_on > CAST(:day AS date) THEN CAST(:now AS timestamptz) END
    FROM challenges c CROSS JOIN LATERAL (
        SELECT {_AHEAD.format("CAST(0 AS bigint)")} AS began,
               CASE WHEN c.target IS NOT NULL THEN {_AHEAD.format("(c.target - 1)")} END AS reached
    ) b
    WHERE c.id = :challenge
""")  # noqa: S608

_ADVANCE = text("""
    UPDATE challenge_snapshots SET people = people + :people, active = active + :active,
           after = coalesce(CAST(:last AS uuid), after), ended_at = CAST(:ended AS timestamptz)
    WHERE challenge_id = :challenge AND local_date = :day
""")


# The last year's, and not all there ever were: a challenge is dealt with in the month in which it is due.
_OVER = text(f"""
    SELECT s.challenge_id, s.local_date, s.forgotten_after FROM challenges c CROSS JOIN LATERAL (
        SELECT * FROM challenge_snapshots n WHERE n.challenge_id = c.id ORDER BY n.local_date DESC LIMIT 1
    ) s
    WHERE s.forgotten_at IS NULL AND coalesce(c.closed_at, c.cancelled_at) < CAST(:now AS timestamptz) - {_KEPT}
      AND coalesce(c.closed_at, c.cancelled_at) > CAST(:now AS timestamptz) - {_KEPT} - interval '30 days'
    ORDER BY c.id LIMIT 1
""")  # noqa: S608
_FORGET = text("""
    WITH people AS (
        SELECT user_id FROM enrolments WHERE challenge_id = :challenge AND user_id > :after
        ORDER BY user_id LIMIT :most
    ), deleted AS (
        DELETE FROM standing_days h USING people p WHERE h.user_id = p.user_id AND h.challenge_id = :challenge
    )
    UPDATE challenge_snapshots s SET forgotten_after = coalesce(d.last, s.forgotten_after),
           forgotten_at = CASE WHEN d.people < :most THEN CAST(:now AS timestamptz) END
    FROM (SELECT count(*) AS people, (array_agg(user_id ORDER BY user_id DESC))[1] AS last FROM people) d
    WHERE s.challenge_id = :challenge AND s.local_date = :day
""")


def last_day(now: datetime) -> date:
    """The last local day that is over."""
    return date.fromordinal(local_date_of(now).toordinal() - 1)


async def kept(session: AsyncSession, day: date, now: datetime, at_once: int = PEOPLE_AT_ONCE) -> bool:
    """Does the next part of the round that follows `day`, in the caller's transaction; whether nothing was left to do.

    Doing one twice comes to the same, and whoever is cut off has done nothing. One part at a time: while another is
    under way, by a worker that was given up too early, there is nothing to do.
    """
    if not (await run(session, _ALONE, {"key": _LOCK})).scalar():
        return True
    due = (await run(session, _NEXT, {"day": day})).first()
    if due is None:
        return True
    challenge = {"challenge": due.id}
    if not due.begun:
        if await counted(session, due.id, day):
            await renew(session, due.id, day)
            await run(session, FORGET_RANKS, challenge)
            await run(session, RANKS, challenge)
            await run(session, TEAMS, {**challenge, "day": day})
            await run(session, _BEGIN, {**challenge, "day": day, "now": now})
        return False
    part = {**challenge, "day": day, "after": due.after or _NOBODY, "most": at_once}
    people, last, active = (await run(session, PEOPLE, part)).one()
    ended = now if people < at_once else None
    done = {"people": people, "active": active, "last": last, "ended": ended}
    await run(session, _ADVANCE, {**challenge, "day": day, **done})
    if ended:
        await run(session, FORGET_RANKS, challenge)
    return False


async def forgotten(session: AsyncSession, now: datetime, at_once: int = PEOPLE_AT_ONCE) -> bool:
    """Deletes the next people's lines of a challenge that was over a year ago; whether nothing was left to do.

    Goes on where it stopped, in the caller's transaction. What counted people and teams stays.
    """
    due = (await run(session, _OVER, {"now": now})).first()
    if due is None:
        return True
    part = {"challenge": due.challenge_id, "day": due.local_date, "after": due.forgotten_after or _NOBODY}
    await run(session, _FORGET, {**part, "most": at_once, "now": now})
    return False
