"""What could not become a record: kept with where and why, and taken up again when it can."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import inserted_if_new, run, uuid7
from domain.drafts import DayTotal, Draft, Item, Problem
from domain.records import Quarantined

_WAITING: TypeAdapter[Draft | DayTotal] = TypeAdapter(Draft | DayTotal)


class _Failed(Protocol):
    item: Item
    user_id: UUID | None
    problem: Problem | None


def fingerprint_of(problem: Problem) -> bytes:
    """What the same failure has again: a hash over its code, path, person and bytes."""
    # The person too: equal rows of two people are two failures, and a citizen number stands in none of them.
    steps = [problem.code, *_path(problem)] + ([] if problem.person_ref is None else ["", problem.person_ref])
    return hashlib.sha256("\x1f".join(steps).encode("utf-8", "replace") + b"\x1e" + problem.raw).digest()


def _path(problem: Problem) -> list[str]:
    return [str(step).replace("\x00", "\N{REPLACEMENT CHARACTER}") for step in problem.path]


async def keep(session: AsyncSession, partner_name: str, failed: Iterable[_Failed], now: datetime) -> None:
    """One entry for each failure, by one statement; a failure that is already there is not kept twice."""
    rows: dict[bytes, dict[str, Any]] = {}
    for each in failed:
        if (problem := each.problem) is None:
            continue
        fingerprint = fingerprint_of(problem)
        rows[fingerprint] = {
            "id": uuid7(now),
            "partner_name": partner_name,
            "code": problem.code,
            "path": _path(problem),
            "message": problem.message.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:2000],
            "person_ref": problem.person_ref,
            "user_id": each.user_id,
            "raw": problem.raw,
            "draft": _WAITING.dump_json(each.item).decode()
            if problem.code == "UNKNOWN_PERSON" and isinstance(each.item, Draft | DayTotal)
            else None,
            "fingerprint": fingerprint,
            "received_at": now,
        }
    # In one order for everybody: whoever keeps the same failure at once waits, and never in a circle.
    await inserted_if_new(session, Quarantined, [row for _, row in sorted(rows.items())])


_TAKE_UP = text("""
    UPDATE quarantine SET replayed_at = :now
    WHERE partner_name = :partner AND person_ref = :person AND code = 'UNKNOWN_PERSON'
      AND replayed_at IS NULL AND draft IS NOT NULL
    RETURNING draft
""")


@dataclass(frozen=True)
class Entry:
    """What waits: whose file it was in, the bytes, and what they say where only the person was unknown."""

    id: UUID
    user_id: UUID | None
    raw: bytes
    received_at: datetime
    item: Draft | DayTotal | None


# Taken by one replay at a time: another passes over what this one holds.
_WAITING_ENTRIES = """
    SELECT id, user_id, raw, received_at, draft FROM quarantine
    WHERE partner_name = :partner AND replayed_at IS NULL AND received_at >= :since {of_code}
    ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
"""
_OF_ANY_CODE = text(_WAITING_ENTRIES.format(of_code=""))
_OF_A_CODE = text(_WAITING_ENTRIES.format(of_code="AND code = :code"))

_REPLAYED = text("UPDATE quarantine SET replayed_at = :now WHERE id = ANY(CAST(:ids AS uuid[]))")


async def waiting(
    session: AsyncSession, partner_name: str, *, code: str | None, since: datetime, most: int
) -> list[Entry]:
    """The oldest entries of a partner that wait since then or later, of one code or of any; held until the commit."""
    binds = {"partner": partner_name, "since": since, "most": most, **({"code": code} if code else {})}
    rows = await run(session, _OF_A_CODE if code else _OF_ANY_CODE, binds)
    return [
        Entry(
            row.id,
            row.user_id,
            bytes(row.raw),
            row.received_at,
            _WAITING.validate_json(row.draft) if row.draft else None,
        )
        for row in rows
    ]


async def replayed(session: AsyncSession, entries: Iterable[UUID], now: datetime) -> None:
    """These entries are done with: what they held is taken in."""
    await run(session, _REPLAYED, {"ids": list(entries), "now": now})


async def waiting_for(
    session: AsyncSession, partner_name: str, person_ref: str, now: datetime
) -> list[Draft | DayTotal]:
    """What was sent of a person before they connected, marked as replayed by this transaction."""
    rows = await run(session, _TAKE_UP, {"partner": partner_name, "person": person_ref, "now": now})
    return [_WAITING.validate_json(draft) for draft in rows.scalars()]
