"""Sharing with sponsors: participants let one see their pseudonym and score in its challenge, and take that back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import run
from domain.errors import Forbidden, NotFound
from domain.users import FULL_AGE

_SHARE = text("""
    UPDATE standings s SET shared_at = CASE WHEN :share THEN coalesce(s.shared_at, CAST(:now AS timestamptz)) END
    FROM users u
    WHERE s.user_id = :user AND s.challenge_id = :challenge AND u.id = s.user_id
      AND (NOT :share OR u.birth_year IS NULL OR :year - u.birth_year > :full_age)
    RETURNING s.user_id
""")
_TAKES_PART = text("SELECT FROM standings WHERE user_id = :user AND challenge_id = :challenge")


async def share(
    session: AsyncSession, user_id: UUID, challenge_id: UUID, *, agreed: bool, now: datetime, argument: str
) -> None:
    """Whether the sponsor sees the participant's pseudonym and score from now on; the same again changes nothing.

    Taking it back is open in every state of a challenge. Raises NotFound for somebody who does not take part,
    Forbidden for a minor who agrees, in the `argument` that says so.
    """
    binds = {"user": user_id, "challenge": challenge_id}
    rule = {"share": agreed, "now": now, "year": local_date_of(now).year, "full_age": FULL_AGE}
    if (await run(session, _SHARE, {**binds, **rule})).first():
        return
    if (await run(session, _TAKES_PART, binds)).first() is None:
        raise NotFound("You do not take part in this challenge; `joinChallenge` first.", path=("input", "challengeId"))
    raise Forbidden(
        "Scores of people under age, or who may be by their year of birth, are not shared with sponsors.",
        path=("input", argument),
    )
