"""The rebookings that are stored: begun once, carried on where they stopped, finished before the next begins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run
from domain.errors import BadInput, Conflict
from domain.rulebooks import approved
from domain.rulemaking import Administrator, Step, alone, kept

_LATEST = text("""
    SELECT number, rulebook_version, starts_on, ends_on, finished_at IS NOT NULL AS finished
    FROM rebookings ORDER BY number DESC LIMIT 1
""")

_BEGIN = text("""
    INSERT INTO rebookings (rulebook_version, starts_on, ends_on, created_at)
    VALUES (:version, :starts_on, :ends_on, CAST(:now AS timestamptz)) RETURNING number
""")

# Two commands that carry on the same rebooking take its batches in turn.
_AT = text("SELECT coalesce(done_until, CAST(:nobody AS uuid)) FROM rebookings WHERE number = :number FOR UPDATE")

_ADVANCE = text("UPDATE rebookings SET done_until = :done_until WHERE number = :number")

_FINISH = text("""
    UPDATE rebookings SET finished_at = CAST(:now AS timestamptz) WHERE number = :number AND finished_at IS NULL
""")

NOBODY = UUID(int=0)
"""Comes before everybody."""


def dated(starts_on: date, ends_on: date, today: date) -> None:
    """Raises BadInput for days in the wrong order, and for days that are still to come: those follow their own date."""
    if starts_on > ends_on:
        raise BadInput(f"The days go from {starts_on} to {ends_on}; swap them.")
    if ends_on > today:
        raise BadInput(f"Days to come follow the rulebook of their date; end on {today} at the latest.")


async def begun(
    session: AsyncSession,
    version: int,
    starts_on: date,
    ends_on: date,
    by: Administrator,
    reason: str,
    now: datetime,
) -> int | None:
    """The number of the rebooking, one that was begun before if it is the same; None where these days are done.

    From the commit on the version decides these days for everybody. Raises Conflict for a version that is not approved,
    and while another rebooking is unfinished.
    """
    await alone(session)
    if (await approved(session)).of(version) is None:
        raise Conflict(f"Rulebook {version} is not approved, and only an approved one decides days.")
    latest: Any = (await run(session, _LATEST)).first()
    if latest and not latest.finished:
        if (latest.rulebook_version, latest.starts_on, latest.ends_on) == (version, starts_on, ends_on):
            return int(latest.number)
        raise Conflict(
            f"A rebooking is unfinished; first run `ccc rebook --rulebook {latest.rulebook_version} "
            f"--from {latest.starts_on} --to {latest.ends_on} --apply` to its end."
        )
    if latest and latest.rulebook_version == version and latest.starts_on <= starts_on and ends_on <= latest.ends_on:
        return None
    binds = {"version": version, "starts_on": starts_on, "ends_on": ends_on, "now": now}
    number: int = (await run(session, _BEGIN, binds)).scalar_one()
    await kept(session, version, Step.REBOOKED, by, f"{starts_on} to {ends_on}: {reason}", now)
    return number


async def position(session: AsyncSession, number: int) -> UUID:
    """The last person whose days are done, `NOBODY` at first; held until the transaction ends."""
    found: UUID = (await run(session, _AT, {"number": number, "nobody": NOBODY})).scalar_one()
    return found


async def advanced(session: AsyncSession, number: int, done_until: UUID) -> None:
    """Everybody up to this person is done."""
    await run(session, _ADVANCE, {"number": number, "done_until": done_until})


async def finished(session: AsyncSession, number: int, now: datetime) -> None:
    """Everybody is done; again: nothing changes."""
    await run(session, _FINISH, {"number": number, "now": now})
