"""The proofs of `domain.check` for some people at a time, round after round. What differs is told, and never mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run, utc_now
from domain.check import of_people
from domain.progress import progress_of
from domain.rulebooks import approved

NAME = "reconciliation"
_PEOPLE_AT_ONCE = 100
_NOBODY = UUID(int=0)
_NEXT = text("SELECT id FROM users WHERE id > :after ORDER BY id LIMIT :most")


@dataclass
class Reconciled:
    """How many people were looked at, what differs (what was compared, the difference), and whether all had a turn."""

    people: int = 0
    differences: list[tuple[str, str]] = field(default_factory=list)
    round_ended: bool = False


async def reconciled(session: AsyncSession, people: int) -> Reconciled:
    """What differs between the figures of the next `people` and what they are made of, in the caller's transaction.

    It remembers where it stopped. In REPEATABLE READ it sees one moment, and fails when another run is under way.
    """
    progress, done = await progress_of(session, NAME), Reconciled()
    rulebooks = await approved(session)
    while done.people < people and not done.round_ended:
        most = min(_PEOPLE_AT_ONCE, people - done.people)
        found = [row[0] for row in await run(session, _NEXT, {"after": progress.after or _NOBODY, "most": most})]
        if found:
            done.differences += await of_people(session, found[0], found[-1], rulebooks)
        done.people += len(found)
        done.round_ended = len(found) < most
        progress.after = None if done.round_ended else found[-1]
    progress.people += done.people
    progress.findings += len(done.differences)
    if done.round_ended:
        progress.ended_at = utc_now()
    session.add(progress)
    await session.flush()
    return done
