"""Closing a challenge: nothing moves it any more, and its standings are copied by pseudonym, batch by batch.

Each function is the work of one transaction and does nothing where it is done already, so that whoever begins again
goes on where the last one was cut off, and two at once share the work. `app.closing` drives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of, monday
from domain.base import driver_of, run
from domain.challenges import COUNTS
from domain.errors import Conflict, NotFound
from domain.finals import FAN, Part, hashing
from domain.folding import fold
from domain.holding import stilled
from domain.team_figures import figured

AT_ONCE = 100 * FAN
"""Standings of one batch: a multiple of the lines that have one hash."""


class ChallengeNotOver(Conflict):
    """A challenge closes when the days for late data are over."""

    code = "CHALLENGE_NOT_OVER"


@dataclass(frozen=True)
class Closing:
    """A challenge that has begun to close; with `standings_hash` it has closed."""

    id: UUID
    sponsor_name: str
    title_th: str
    title_en: str
    ends_on: date
    participants: int
    prize_budget: int
    prize_reserved: int
    prize_year: date | None
    closing_since: datetime
    standings_hash: bytes | None


_OVER = f"{COUNTS} AND ends_on + grace_days < CAST(:today AS date)"

_DUE = text(f"""
    SELECT id FROM challenges WHERE closed_at IS NULL AND (closing_since IS NOT NULL OR {_OVER}) ORDER BY ends_on, id
""")  # noqa: S608

_CLOSING = text("SELECT true FROM challenges WHERE id = :challenge AND closing_since IS NOT NULL")
_BEGIN = text(f"UPDATE challenges SET closing_since = :now, state = 'grace' WHERE id = :challenge AND {_OVER}")  # noqa: S608

_TEAMS_OF = text("SELECT team_id FROM team_standings WHERE challenge_id = :challenge")
_WHY_NOT = text("""
    SELECT state, closing_since, ends_on + grace_days AS until FROM challenges WHERE id = :challenge
""")

# The row's lock lets closers of one challenge go one after the other. Who moves standings does not wait for it.
_HELD = text("""
    SELECT id, sponsor_name, title_th, title_en, ends_on, participants, prize_budget, prize_reserved, prize_year,
           closing_since, standings_hash
    FROM challenges WHERE id = :challenge AND closing_since IS NOT NULL FOR NO KEY UPDATE
""")

_LAST = text("""
    SELECT position, rank, score, pseudonym_id FROM final_standings WHERE challenge_id = :challenge
    ORDER BY position DESC LIMIT 1
""")
_NOBODY_YET = (0, 0, 2**63 - 1, UUID(int=2**128 - 1))

# Two ranges of the leaderboard's index: what is left of the last score, then those below it. One condition for both
# would read all of that score again for each batch, and active days have millions of one score.
_PEOPLE = text(f"""
    WITH next AS (
        SELECT score, pseudonym_id FROM (
            (SELECT score, pseudonym_id FROM standings
             WHERE challenge_id = :challenge AND score = CAST(:score AS bigint) AND pseudonym_id < CAST(:after AS uuid)
             ORDER BY pseudonym_id DESC LIMIT :most)
            UNION ALL
            (SELECT score, pseudonym_id FROM standings
             WHERE challenge_id = :challenge AND score < CAST(:score AS bigint)
             ORDER BY score DESC, pseudonym_id DESC LIMIT :most)
        ) AS n ORDER BY score DESC, pseudonym_id DESC LIMIT :most
    ), frozen AS (
        INSERT INTO final_standings (challenge_id, position, rank, pseudonym_id, score)
        SELECT CAST(:challenge AS uuid),
               CAST(:position AS bigint) + row_number() OVER (ORDER BY score DESC, pseudonym_id DESC),
               CASE score WHEN CAST(:score AS bigint) THEN CAST(:rank AS bigint)
                          ELSE CAST(:position AS bigint) + rank() OVER (ORDER BY score DESC) END,
               pseudonym_id, score FROM next
        RETURNING challenge_id, position, line
    ), hashed AS ({hashing(Part.PEOPLE, "frozen")})
    SELECT count(*) FROM frozen
""")  # noqa: S608

_TEAMS = text(f"""
    WITH frozen AS (
        INSERT INTO final_team_standings (challenge_id, position, depth, rank, team_id, figure, score)
        SELECT challenge_id, row_number() OVER (ORDER BY depth, ranked DESC, figure DESC NULLS LAST, team_id), depth,
               CASE WHEN ranked THEN rank() OVER (PARTITION BY depth, ranked ORDER BY figure DESC) END,
               team_id, figure, score
        FROM team_standings WHERE challenge_id = :challenge AND NOT EXISTS (
            SELECT FROM final_team_standings f WHERE f.challenge_id = :challenge
        )
        RETURNING challenge_id, position, line
    ), hashed AS ({hashing(Part.TEAMS, "frozen")})
    SELECT count(*) FROM frozen
""")  # noqa: S608


async def due(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """The challenges to close: those whose days for late data are over, and those that somebody began to close."""
    return list((await run(session, _DUE, {"today": local_date_of(now)})).scalars())


async def begun(session: AsyncSession, challenge_id: UUID, now: datetime, *, patience_milliseconds: int) -> bool:
    """Whether the challenge began to close by this call: when it is committed, nothing moves it any more.

    Whoever writes standings has committed before, and is folded here, or begins after and sees it. What the folding
    pass has to do is done before anybody is asked to wait. Raises NotFound, ChallengeNotOver, and psycopg's
    LockNotAvailable where writers take longer than `patience_milliseconds`: then the transaction is to be begun anew.
    """
    today = local_date_of(now)
    week = monday(today)
    binds = {"challenge": challenge_id, "today": today, "now": now}
    if (await run(session, _CLOSING, binds)).first():
        return False
    await fold(session, wait=True, week=week, today=today)  # until the commit nobody else folds
    teams = list((await run(session, _TEAMS_OF, binds)).scalars())
    await figured(session, [[challenge_id] * len(teams), teams], today)
    await stilled(await driver_of(session), patience_milliseconds)
    await fold(session, wait=True, week=week, today=today)
    if (await run(session, _BEGIN, binds)).rowcount:
        return True
    found = (await run(session, _WHY_NOT, binds)).first()
    if found is None or found.state == "draft":
        raise NotFound("There is no such challenge.")
    if found.state == "cancelled":
        raise ChallengeNotOver("This challenge was cancelled; there is nothing to close.")
    if found.closing_since is None:
        raise ChallengeNotOver(f"Late data counts until {found.until}; close the challenge on a later day.")
    return False  # somebody else's call was faster


async def held(session: AsyncSession, challenge_id: UUID) -> Closing:
    """The challenge, locked for its closers until the transaction ends. Raises LookupError if it is not closing."""
    row = (await run(session, _HELD, {"challenge": challenge_id})).first()
    if row is None:
        raise LookupError(f"challenge {challenge_id} is not closing")
    return Closing(*row)


async def people_frozen(session: AsyncSession, challenge_id: UUID, at_once: int = AT_ONCE) -> int:
    """How many participants' standings were frozen now, the next in the order of the leaderboard; 0 when all are."""
    await held(session, challenge_id)
    last = (await run(session, _LAST, {"challenge": challenge_id})).first() or _NOBODY_YET
    position, rank, score, after = last
    binds = {"challenge": challenge_id, "position": position, "rank": rank, "score": score, "after": after}
    frozen: int = (await run(session, _PEOPLE, {**binds, "most": at_once})).scalar_one()
    return frozen


async def teams_frozen(session: AsyncSession, challenge_id: UUID) -> int:
    """How many teams' standings were frozen now: all, or none where they are already."""
    await held(session, challenge_id)
    frozen: int = (await run(session, _TEAMS, {"challenge": challenge_id})).scalar_one()
    return frozen
