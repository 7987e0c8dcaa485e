"""The seal of a closed challenge: hashes of its lists, hashes of these, and one hash that stands for all.

One rule makes every level: `FAN` lines, each ended by a line feed, have one SHA-256, which in hex is a line of the next
level, until there is one. docs/verifying.md says it for those who check it without us.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run
from domain.finals import FAN, Part, hash_of
from domain.freezing import held

FORM = "ccc-standings 1"
"""The first line of a seal: what it is, and which form."""
TABLES: Mapping[Part, str] = {
    Part.PEOPLE: "final_standings",
    Part.TEAMS: "final_team_standings",
    Part.PRIZES: "final_prizes",
}

_LEVEL = text(f"""
    INSERT INTO final_hashes (challenge_id, part, level, number, hash)
    SELECT challenge_id, part, level + 1, number / {FAN}, {hash_of("encode(hash, 'hex')", "number")}
    FROM final_hashes WHERE challenge_id = :challenge AND part = :part AND level = :level
    GROUP BY challenge_id, part, level, number / {FAN} HAVING (
        SELECT count(*) FROM final_hashes f WHERE f.challenge_id = :challenge AND f.part = :part AND f.level = :level
    ) > 1
    ON CONFLICT DO NOTHING
""")  # noqa: S608

# How many lines each list has, and its root: the newest position counts, since positions have no gaps.
SEAL = f"""
    SELECT c.id, '{FORM}' || chr(10) || 'challenge ' || c.id || chr(10) || 'closing_since '
           || to_char(c.closing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || chr(10)
           || {
    " || ".join(
        f"'{part} ' || coalesce((SELECT max(position) FROM {table} l WHERE l.challenge_id = c.id), 0) || ' ' "
        f"|| coalesce((SELECT encode(h.hash, 'hex') FROM final_hashes h "
        f"WHERE h.challenge_id = c.id AND h.part = '{part}' ORDER BY h.level DESC LIMIT 1), '-') || chr(10)"
        for part, table in TABLES.items()
    )
} AS seal
    FROM challenges c WHERE c.closing_since IS NOT NULL
"""  # noqa: S608
"""SQL for the seals of challenges that have begun to close."""

_CLOSE = text(f"""
    WITH sealed AS (
        INSERT INTO final_seals (challenge_id, seal) SELECT id, seal FROM ({SEAL}) s WHERE id = :challenge
        ON CONFLICT DO NOTHING RETURNING challenge_id, seal
    )
    UPDATE challenges c SET state = 'final', closed_at = :now, standings_hash = sha256(convert_to(s.seal, 'UTF8'))
    FROM sealed s WHERE c.id = s.challenge_id
""")  # noqa: S608


async def sealed(session: AsyncSession, challenge_id: UUID, now: datetime) -> bool:
    """Whether the challenge became final now; all its lists are frozen and its prizes booked."""
    await held(session, challenge_id)
    for part in Part:
        level = 1
        while (await run(session, _LEVEL, {"challenge": challenge_id, "part": part.value, "level": level})).rowcount:
            level += 1
    return bool((await run(session, _CLOSE, {"challenge": challenge_id, "now": now})).rowcount)
