"""Recomputes the hashes of a closed challenge from its frozen lines, without the code that made them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run
from domain.errors import Conflict, NotFound
from domain.finals import FAN, Part
from domain.sealing import FORM, TABLES

_AT_ONCE = 100 * FAN

_SEALED = text("""
    SELECT to_char(closing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS closing_since, closed_at,
           encode(standings_hash, 'hex') AS standings_hash
    FROM challenges WHERE id = :challenge AND state <> 'draft'
""")
_LINES = {
    part: text(f"""
        SELECT position, line FROM {table} WHERE challenge_id = :challenge AND position > :after
        ORDER BY position LIMIT :most
    """)  # noqa: S608
    for part, table in TABLES.items()
}
_KEPT = text("""
    SELECT level, encode(hash, 'hex') AS hash FROM final_hashes WHERE challenge_id = :challenge AND part = :part
    ORDER BY level, number
""")

Take = Callable[[Part, Sequence[str]], None]


class ChallengeNotFinal(Conflict):
    """Standings can be verified once they are frozen and sealed."""

    code = "CHALLENGE_NOT_FINAL"


@dataclass(kw_only=True)
class Verified:
    """What was recomputed: the seal, its SHA-256 in hex, the lines of each list, and what is kept differently."""

    seal: str
    standings_hash: str
    lines: Mapping[Part, int]
    differences: list[str] = field(default_factory=list)


async def verified(session: AsyncSession, challenge_id: UUID, take: Take = lambda _part, _lines: None) -> Verified:
    """The challenge's seal made anew from its frozen lines, and every hash that is kept otherwise.

    `take` gets the lines of each list as they are read, some thousand at once. Raises NotFound, ChallengeNotFinal.
    """
    held = (await run(session, _SEALED, {"challenge": challenge_id})).first()
    if held is None:
        raise NotFound("There is no such challenge.")
    if held.closed_at is None or held.standings_hash is None:
        raise ChallengeNotFinal("The standings of this challenge are not sealed; verify them once it is final.")
    counts: dict[Part, int] = {}
    differences: list[str] = []
    seal = [FORM, f"challenge {challenge_id}", f"closing_since {held.closing_since}"]
    for part in Part:
        counts[part], bottom = 0, []
        async for lines in _lines(session, challenge_id, part):
            take(part, lines)
            counts[part] += len(lines)
            bottom += hashes(lines)
        levels = _levels(bottom)
        kept = (await run(session, _KEPT, {"challenge": challenge_id, "part": part.value})).all()
        differences += _differences(part, levels, [(row.level, row.hash) for row in kept])
        seal.append(f"{part} {counts[part]} {levels[-1][0] if bottom else '-'}")
    said = "".join(f"{line}\n" for line in seal)
    found = Verified(seal=said, standings_hash=hashlib.sha256(said.encode()).hexdigest(), lines=counts)
    found.differences = differences
    if found.standings_hash != held.standings_hash:
        differences.append(f"the seal hashes to {found.standings_hash}, the challenge says {held.standings_hash}")
    return found


def hashes(lines: Sequence[str]) -> list[str]:
    """The next level of some lines: the SHA-256, in hex, of each `FAN` of them."""
    return [_hash(lines[start : start + FAN]) for start in range(0, len(lines), FAN)]


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _levels(bottom: list[str]) -> list[list[str]]:
    levels = [bottom]
    while len(levels[-1]) > 1:
        levels.append(hashes(levels[-1]))
    return levels


async def _lines(session: AsyncSession, challenge_id: UUID, part: Part) -> AsyncIterator[list[str]]:
    """The lines of a list in batches, whole groups each; in the order of their positions, whatever these are."""
    after = 0
    while True:
        binds = {"challenge": challenge_id, "after": after, "most": _AT_ONCE}
        rows = (await run(session, _LINES[part], binds)).all()
        if rows:
            yield [row.line for row in rows]
            after = rows[-1].position
        if len(rows) < _AT_ONCE:
            return


def _differences(part: Part, levels: Sequence[Sequence[str]], kept: Sequence[tuple[int, str]]) -> list[str]:
    made = [(level, line) for level, lines in enumerate(levels, 1) for line in lines]
    if len(made) != len(kept):
        return [f"{part}: {len(kept)} hashes are kept, the lines give {len(made)}"]
    return [
        f"{part}, level {level}: {is_kept} is kept, the lines give {line}"
        for (level, line), (_, is_kept) in zip(made, kept, strict=True)
        if line != is_kept
    ]
