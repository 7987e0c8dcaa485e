"""Reads what is held of the people and records that a delivery touches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import chain
from operator import attrgetter
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.arrivals import Held, Holder
from domain.exchange import asked
from domain.links import Said, Word
from domain.rulebooks import RULEBOOKS, Rulebooks, rulebooks_of

_LOCK = "SELECT pg_advisory_xact_lock(k) FROM (SELECT k FROM unnest($1::bigint[]) k ORDER BY k) o"

# Index probes, planned once, whatever the statistics say. Of an empty table the planner thinks that reading it whole is
# cheapest, and keeps to that plan while the batches that follow fill it: a batch then took a thousand times as long.
_PROBES = """
    SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
           set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
           set_config('enable_material', 'off', true)
"""

# Whoever may move a standing holds this one together with all others who do; `stilled` waits for them all.
_WRITERS = 20_260_000_005
_PROBES_OF_A_WRITER = f"{_PROBES}, pg_advisory_xact_lock_shared({_WRITERS})"
_STILL = f"SELECT set_config('lock_timeout', $1, true), pg_advisory_xact_lock({_WRITERS})"

_PEOPLE = """
    SELECT person_ref, user_id FROM persons WHERE partner_name = $1 AND person_ref = ANY($2::text[])
"""

# Only what is there: most records of a delivery are new, and give no row. OFFSET 0 keeps the order of the join: for
# each record asked about one probe, never the other way round, even while the table is thought to be nearly empty.
_RECORDS = """
    SELECT i.n, r.id, r.activity_id, r.version, r.raw_hash, r.started_at, r.ended_at,
           r.shared_reference, r.deleted_at IS NULL
    FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS i(user_id, partner_ref, n)
    CROSS JOIN LATERAL (
        SELECT * FROM records r WHERE r.user_id = i.user_id AND r.partner_name = $3 AND r.partner_ref = i.partner_ref
        OFFSET 0
    ) r
"""

_TOMBSTONES = """
    SELECT i.n, t.version
    FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS i(user_id, partner_ref, n)
    JOIN tombstones t ON t.user_id = i.user_id AND t.partner_name = $3 AND t.partner_ref = i.partner_ref
"""

_TOTALS = """
    SELECT i.n, t.version, t.raw
    FROM unnest($1::uuid[], $2::date[]) WITH ORDINALITY AS i(user_id, local_date, n)
    JOIN day_totals t ON t.user_id = i.user_id AND t.local_date = i.local_date AND t.partner_name = $3
"""

_BODIES = """
    SELECT i.n, u.mass_kg, u.birth_year, nullif(u.source_order, '{}'), u.home_place_code
    FROM unnest($1::uuid[]) WITH ORDINALITY AS i(id, n) JOIN users u ON u.id = i.id
"""

_MASSES = """
    SELECT i.n, m.valid_from, m.mass_kg FROM unnest($1::uuid[]) WITH ORDINALITY AS i(id, n)
    JOIN user_masses m ON m.user_id = i.id ORDER BY i.n, m.valid_from
"""

_LINKS = """
    SELECT i.n, l.partner_name, l.partner_ref, l.other_partner_name, l.other_partner_ref, l.word, l.said_at
    FROM unnest($1::uuid[]) WITH ORDINALITY AS i(id, n) JOIN record_links l ON l.user_id = i.id
"""


def lock_key(user_id: UUID) -> int:
    """The key of a person's advisory lock."""
    return int.from_bytes(user_id.bytes[8:], signed=True)


async def locked(connection: AsyncConnection[Any], users: Iterable[UUID]) -> None:
    """People locked for this transaction, in one order for everybody, so that writers wait and never deadlock.

    What the caller reads of challenges from here on holds until it commits: none begins to close meanwhile.
    """
    await asked(connection, (_PROBES_OF_A_WRITER, []), (_LOCK, [sorted({lock_key(user) for user in users})]))


async def stilled(connection: AsyncConnection[Any], milliseconds: int) -> None:
    """No transaction that may move a standing is under way, and none begins until this one ends.

    Writers that come meanwhile wait behind this call, so it waits only so long for those that are there: beyond that
    it raises psycopg's LockNotAvailable, and the transaction is to be rolled back. Whoever holds people's locks holds
    this one, too, since `locked` and `held` take it before them; so the caller has called neither.
    """
    await asked(connection, (_STILL, [f"{milliseconds}ms"]))


async def people_named(connection: AsyncConnection[Any], partner_name: str, refs: Iterable[str]) -> dict[str, UUID]:
    """Who the partner's persons are here; those we do not know are absent."""
    wanted = sorted({ref for ref in refs if "\x00" not in ref})
    return dict((await asked(connection, (_PEOPLE, [partner_name, wanted])))[0]) if wanted else {}


async def held(
    connection: AsyncConnection[Any],
    partner_name: str,
    holders: Collection[Holder],
    named: Sequence[tuple[Holder, str]],
    days: Sequence[tuple[Holder, date]],
) -> Rulebooks:
    """The rulebooks in force. Locks the people, and enters in them what is stored under these names and days.

    One exchange; each statement after the lock sees what others committed before it was given.
    """
    binds = [[holder.id for holder, _ in named], [ref for _, ref in named], partner_name]
    people = sorted(holders, key=attrgetter("id.int"))
    users = [holder.id for holder in people]
    of_days = [holder.id for holder, _ in days], [day for _, day in days], partner_name
    _, _, rules, bodies, links, masses, records, tombstones, *totals = await asked(
        connection,
        (_PROBES_OF_A_WRITER, []),
        (_LOCK, [sorted({lock_key(holder.id) for holder in people})]),
        (RULEBOOKS, []),
        (_BODIES, [users]),
        (_LINKS, [users]),
        (_MASSES, [users]),
        (_RECORDS, binds),
        (_TOMBSTONES, binds),
        *([(_TOTALS, of_days)] if days else []),
    )
    _embody(people, bodies)
    _hear(people, links, masses)
    for n, *figures, lives in records:
        holder, ref = named[n - 1]
        holder.records[ref] = kept = Held(*figures)
        kept.stored, kept.lived, kept.lives = True, lives, lives
    for n, version in tombstones:
        holder, ref = named[n - 1]
        kept = holder.records.setdefault(ref, Held())
        kept.buried, kept.buried_version = True, version
    for n, version, raw in chain(*totals):
        holder, day = days[n - 1]
        holder.totals[day] = (version, raw)
    return rulebooks_of(rules)


async def embodied(connection: AsyncConnection[Any], people: Sequence[Holder]) -> None:
    """Enters in these people what they weigh, whom they trust, where they live and what they said; locks nobody."""
    users = [holder.id for holder in people]
    _, bodies, links, masses = await asked(
        connection, (_PROBES, []), (_BODIES, [users]), (_LINKS, [users]), (_MASSES, [users])
    )
    _embody(people, bodies)
    _hear(people, links, masses)


def _embody(people: Sequence[Holder], bodies: Iterable[tuple[Any, ...]]) -> None:
    for n, mass_kg, birth_year, source_order, home in bodies:
        holder = people[n - 1]
        holder.mass_kg, holder.birth_year, holder.source_order = mass_kg, birth_year, source_order or ()
        holder.home_place_code = home


def _hear(people: Sequence[Holder], links: Iterable[tuple[Any, ...]], masses: Iterable[tuple[Any, ...]]) -> None:
    for n, since, mass_kg in masses:
        people[n - 1].masses.append((since, mass_kg))
    for n, *names, word, said_at in links:
        one, other = (names[0], names[1]), (names[2], names[3])
        people[n - 1].said.setdefault(one, {})[other] = Said(Word(word), said_at)
