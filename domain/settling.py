"""Marks the records of people who claim one recording, and releases those that nobody else claims any more.

No delivery reads what is another person's, nobody waits for somebody else, and it does not matter who came first: each
claim is queued by its own delivery, and judged here when all that were committed before are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import driver_of, run
from domain.deciding import judged_anew
from domain.exchange import asked
from domain.ingest import lock

AT_ONCE = 2_000
"""Queued changes that one pass takes; it holds the locks of the people whom they concern."""

_LOCK = 20_260_000_004
_TRY = text("SELECT pg_try_advisory_xact_lock(:key) AND EXISTS (SELECT FROM reference_changes)")

_TAKE = """
    DELETE FROM reference_changes
    WHERE id = ANY(ARRAY(SELECT id FROM reference_changes ORDER BY id LIMIT $1::bigint))
    RETURNING id, user_id, record_id, claims
"""

_WITHDRAW = """
    DELETE FROM reference_claims c USING unnest($1::uuid[], $2::uuid[]) AS g(user_id, record_id)
    WHERE c.user_id = g.user_id AND c.record_id = g.record_id RETURNING c.reference
"""

_CLAIM = """
    INSERT INTO reference_claims (reference, user_id, record_id)
    SELECT reference, user_id, record_id
    FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS g(reference, user_id, record_id)
    ON CONFLICT DO NOTHING
"""

# Of all records that these references touch those whose mark is not what the claims say.
_DIFFERING = """
    WITH touched AS (
        SELECT user_id, record_id FROM reference_claims WHERE reference = ANY($1::text[])
        UNION SELECT user_id, record_id FROM unnest($2::uuid[], $3::uuid[]) AS g(user_id, record_id)
    ), judged AS (
        SELECT t.user_id, t.record_id, EXISTS (
            SELECT FROM reference_claims mine JOIN reference_claims other USING (reference)
            WHERE mine.user_id = t.user_id AND mine.record_id = t.record_id AND other.user_id <> t.user_id
        ) AS shared FROM touched t
    )
    SELECT j.user_id, j.record_id, j.shared FROM judged j
    JOIN records r ON r.user_id = j.user_id AND r.id = j.record_id AND r.shared_reference <> j.shared
"""

_MARK = """
    UPDATE records r SET shared_reference = g.shared
    FROM unnest($1::uuid[], $2::uuid[], $3::boolean[]) AS g(user_id, id, shared)
    WHERE r.user_id = g.user_id AND r.id = g.id AND r.shared_reference <> g.shared
    RETURNING r.user_id, r.activity_id
"""


async def settle(session: AsyncSession, now: datetime) -> int | None:
    """How many queued changes were taken, in the caller's transaction; None if another pass is under way or none waits.

    People are locked in one order for everybody and after everything else, which no delivery ever waits for.
    """
    if not (await run(session, _TRY, {"key": _LOCK})).scalar():
        return None
    connection = await driver_of(session)
    (taken,) = await asked(connection, (_TAKE, [AT_ONCE]))
    # A person's deliveries commit one after the other, so of a record's changes the last number is the last word.
    newest = {(user_id, record_id): claims for _, user_id, record_id, claims in sorted(taken)}
    records = _columns(newest, 2)
    rows = [(name, *record) for record, claims in sorted(newest.items()) for name in sorted(set(claims))]
    withdrawn, _ = await asked(connection, (_WITHDRAW, records), (_CLAIM, _columns(rows, 3)))
    references = sorted({name for (name,) in withdrawn} | {name for name, *_ in rows})
    (differing,) = await asked(connection, (_DIFFERING, [references, *records]))
    if differing:
        await lock(session, {user_id for user_id, *_ in differing})
        (marked,) = await asked(connection, (_MARK, _columns(differing, 3)))
        await judged_anew(session, [(user_id, made) for user_id, made in marked if made], now)
    return len(taken)


def _columns(rows: Iterable[Any], count: int) -> list[object]:
    listed = list(rows)
    return [[row[n] for row in listed] for n in range(count)]
