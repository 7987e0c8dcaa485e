"""Reads the records that what changes may concern: those it may be one workout with, and all that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.activities import Report
from domain.arrivals import Holder
from domain.dedupe import reach
from domain.drafts import EnergyKind, Source
from domain.exchange import asked
from domain.merging import CLOCK_SHIFT, Standing, Stored
from domain.reviews import Decided
from domain.sports import Sport

# The records of `whole` activities, each with where its activity stands.
_WHOLE = f"""
    SELECT r.user_id, r.id, r.activity_id, r.partner_name, r.partner_ref, r.known_as, r.sport, r.started_at, r.ended_at,
           r.elapsed_seconds, r.moving_seconds, r.distance_meters, r.energy_kcal, r.energy_kind, r.steps, r.pulse_bpm,
           r.peak_speed_mps, r.p95_speed_mps, r.manual, r.coarse, r.source, r.upstream_partner, r.upstream_ref,
           r.owner_only, r.received_at, r.shared_reference, a.local_date, '{CLOCK_SHIFT}' = ANY(a.reasons), v.id,
           v.decision, v.reasons
    FROM whole w
    CROSS JOIN LATERAL (
        SELECT * FROM records r WHERE r.user_id = w.user_id AND r.activity_id = w.activity_id AND r.deleted_at IS NULL
        OFFSET 0
    ) r
    CROSS JOIN LATERAL (
        SELECT * FROM activities a WHERE a.user_id = w.user_id AND a.id = w.activity_id OFFSET 0
    ) a
    LEFT JOIN LATERAL (
        SELECT v.id, v.decision, v.reasons FROM reviews v WHERE v.user_id = r.user_id AND v.record_id = r.id
        ORDER BY v.id DESC LIMIT 1
    ) v ON true
"""  # noqa: S608
_BEHIND = f"WITH whole AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS t(user_id, activity_id)) {_WHOLE}"  # noqa: S608

# Whether `s` may be a copy of {one} under a clock that is whole or half hours off (see `dedupe.shifted`).
_SHIFTED = """
    s.partner_name <> {one}.partner_name
    AND abs(s.elapsed_seconds - {one}.elapsed_seconds) <= 0.01 * greatest(s.elapsed_seconds, {one}.elapsed_seconds)
    AND CAST(extract(epoch FROM date_trunc('second', s.started_at) - date_trunc('second', {one}.started_at)) AS bigint)
        % 1800 = 0
"""

# What could be the same workout as a record: it overlaps, or one of both quotes an upstream name and they start
# within a day, or its clock is hours off (see `dedupe`). Then, whole, the activities that any of it belongs to, with
# those that may be copies of them under another clock, since of such two one is held; and so on.
_NEAR = f"""
    WITH RECURSIVE near AS (
        SELECT s.user_id, s.activity_id
        FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::double precision[], $6::boolean[])
             AS w(user_id, partner_name, started_at, reach, elapsed_seconds, copied)
        CROSS JOIN LATERAL (
            SELECT * FROM records s
            WHERE s.user_id = w.user_id AND s.started_at >= w.started_at - interval '48 hours'
              AND s.started_at <= greatest(w.reach, w.started_at + interval '24 hours')
            OFFSET 0
        ) s
        WHERE s.deleted_at IS NULL AND s.activity_id IS NOT NULL
          AND ((s.started_at < w.reach AND s.ended_at > w.started_at)
               OR ((w.copied OR s.upstream_ref IS NOT NULL) AND s.started_at >= w.started_at - interval '24 hours'
                   AND s.started_at <= w.started_at + interval '24 hours')
               OR ({_SHIFTED.format(one="w")}))
    ), whole AS (
        (SELECT user_id, activity_id FROM near
         UNION SELECT user_id, activity_id FROM unnest($7::uuid[], $8::uuid[]) AS t(user_id, activity_id){{named}})
        UNION
        SELECT r.user_id, n.activity_id
        FROM whole w
        CROSS JOIN LATERAL (
            SELECT * FROM records r
            WHERE r.user_id = w.user_id AND r.activity_id = w.activity_id AND r.deleted_at IS NULL
            OFFSET 0
        ) r
        CROSS JOIN LATERAL (
            SELECT s.activity_id FROM records s
            WHERE s.user_id = r.user_id AND s.started_at >= r.started_at - interval '15 hours'
              AND s.started_at <= r.started_at + interval '15 hours'
              AND s.deleted_at IS NULL AND s.activity_id IS NOT NULL AND {_SHIFTED.format(one="r")}{{linked}}
            OFFSET 0
        ) n
    )
    {_WHOLE}
"""  # noqa: S608
_NEAR_USUAL = _NEAR.format(named="", linked="")

# For people who said of some records that they are one workout or two, also the activities of all records that such
# words lead to: what the rules would bind and a word keeps apart has such a word between it.
_NEAR_SAID = _NEAR.format(
    named="""
         UNION SELECT r.user_id, r.activity_id
         FROM unnest($9::uuid[], $10::text[], $11::text[]) AS l(user_id, partner_name, partner_ref)
         JOIN records r USING (user_id, partner_name, partner_ref)
         WHERE r.deleted_at IS NULL AND r.activity_id IS NOT NULL""",
    linked="""
            UNION ALL SELECT o.activity_id FROM record_links l
            JOIN records o ON o.user_id = l.user_id AND o.partner_name = l.other_partner_name
                 AND o.partner_ref = l.other_partner_ref
            WHERE l.user_id = r.user_id AND l.partner_name = r.partner_name AND l.partner_ref = r.partner_ref
              AND o.deleted_at IS NULL AND o.activity_id IS NOT NULL""",
)

_REPORTED = tuple(Report.__dataclass_fields__)


async def near(
    connection: AsyncConnection[Any],
    arrived: Sequence[tuple[Holder, Report]],
    touched: Sequence[tuple[UUID, UUID]],
    *,
    said: bool,
) -> list[Stored]:
    """Every stored report of the activities in `touched` (user, activity), and of those that what `arrived` concerns.

    `said`: any of the people said something of their records. With each report comes where its activity stands
    and the newest decision on it.
    """
    if not arrived and not touched:
        return []
    reports = [report for _, report in arrived]
    binds: list[object] = [
        [each.user_id for each in reports],
        [each.partner_name for each in reports],
        [each.started_at for each in reports],
        [reach(each) for each in reports],
        [each.elapsed_seconds for each in reports],
        [each.upstream_ref is not None for each in reports],
        [user for user, _ in touched],
        [activity for _, activity in touched],
    ]
    question = _NEAR_USUAL
    linked = [
        (holder.id, *name)
        for holder, report in arrived
        for name in holder.said.get((report.partner_name, report.partner_ref), ())
    ]
    if said:
        question = _NEAR_SAID
        binds += [list(column) for column in zip(*linked, strict=True)] or [[], [], []]
    (rows,) = await asked(connection, (question, binds))
    return list(map(_stored, rows))


async def behind(connection: AsyncConnection[Any], activities: Sequence[tuple[UUID, UUID]]) -> list[Stored]:
    """Every stored report of these activities (user, activity) and of no others, as in `near`."""
    binds: list[object] = [[user for user, _ in activities], [activity for _, activity in activities]]
    (rows,) = await asked(connection, (_BEHIND, binds))
    return list(map(_stored, rows))


def _stored(row: Sequence[Any]) -> Stored:
    *_, day, shifted, review_id, decision, reasons = row
    decided = Decided(review_id, decision, frozenset(reasons)) if review_id else None
    return Stored(_report(row), Standing(day, shifted), decided)


_AS: Mapping[str, Callable[[Any], Any]] = {"sport": Sport, "source": Source, "energy_kind": EnergyKind}


def _report(row: Sequence[Any]) -> Report:
    words = dict(zip(_REPORTED, row, strict=False))
    return Report(**{**words, **{name: kind(words[name]) for name, kind in _AS.items()}})
