"""Brings people's activities to what their records say: one workout, one activity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.activities import Activity, Report, merged
from domain.base import run, upserted, uuid7
from domain.booking import Day
from domain.dedupe import clusters, joined
from domain.drafts import BANGKOK, EnergyKind, Source
from domain.rulebooks import Rulebooks
from domain.sports import Sport

Span = tuple[UUID, datetime, datetime]
Group = tuple[UUID, UUID, Sequence[Report]]

# A record can touch another only if their spans meet, and none that counts is longer than two days, or if an
# upstream name binds starts within a day.
_REACH = timedelta(hours=24)
_LONGEST = timedelta(hours=48)

# Everything near the spans, and whole the activities that any of it belongs to.
_NEAR = text("""
    WITH near AS (
        SELECT r.user_id, r.id, r.activity_id
        FROM unnest(CAST(:users AS uuid[]), CAST(:lows AS timestamptz[]), CAST(:highs AS timestamptz[]))
             AS w(user_id, low, high)
        JOIN records r ON r.user_id = w.user_id AND r.started_at BETWEEN w.low AND w.high
        WHERE r.deleted_at IS NULL
        UNION
        SELECT r.user_id, r.id, r.activity_id
        FROM unnest(CAST(:owners AS uuid[]), CAST(:touched AS uuid[])) AS t(user_id, activity_id)
        JOIN records r ON r.user_id = t.user_id AND r.activity_id = t.activity_id
        WHERE r.deleted_at IS NULL
    ), whole AS (
        SELECT r.user_id, r.id FROM (SELECT DISTINCT user_id, activity_id FROM near WHERE activity_id IS NOT NULL) n
        JOIN records r ON r.user_id = n.user_id AND r.activity_id = n.activity_id WHERE r.deleted_at IS NULL
        UNION SELECT user_id, id FROM near
    )
    SELECT r.user_id, r.id, r.activity_id, r.partner_name, r.partner_ref, r.known_as, r.sport, r.started_at, r.ended_at,
           r.elapsed_seconds, r.moving_seconds, r.distance_meters, r.energy_kcal, r.energy_kind, r.steps, r.pulse_bpm,
           r.peak_speed_mps, r.manual, r.coarse, r.source, r.upstream_partner, r.upstream_ref, r.owner_only
    FROM whole w JOIN records r ON r.user_id = w.user_id AND r.id = w.id
""")

_BODIES = text("SELECT id, mass_kg, source_order FROM users WHERE id = ANY(CAST(:users AS uuid[]))")

_BELONG = text("""
    UPDATE records r SET activity_id = n.activity_id
    FROM unnest(CAST(:users AS uuid[]), CAST(:ids AS uuid[]), CAST(:activities AS uuid[]))
         AS n(user_id, id, activity_id)
    WHERE r.user_id = n.user_id AND r.id = n.id
""")

# The days that the activities stood on before, so that what they gave there can be taken back.
_STOOD_ON = text("""
    SELECT a.user_id, a.local_date
    FROM unnest(CAST(:users AS uuid[]), CAST(:ids AS uuid[])) AS n(user_id, id)
    JOIN activities a ON a.user_id = n.user_id AND a.id = n.id
""")

_BURY = text("""
    UPDATE activities a SET deleted_at = CAST(:now AS timestamptz), updated_at = CAST(:now AS timestamptz), credits = 0
    FROM unnest(CAST(:users AS uuid[]), CAST(:ids AS uuid[])) AS n(user_id, id)
    WHERE a.user_id = n.user_id AND a.id = n.id AND a.deleted_at IS NULL
""")


def _report(row: Mapping[str, Any]) -> Report:
    words = {
        "sport": Sport(row["sport"]),
        "source": Source(row["source"]),
        "energy_kind": EnergyKind(row["energy_kind"]),
    }
    return Report(**{**row, **words})


def _named(groups: Sequence[Sequence[Report]]) -> list[tuple[UUID, Sequence[Report]]]:
    """Each group with its activity id: the oldest its records already have, unless an earlier group took it."""
    taken: set[UUID] = set()
    named = []
    for group in groups:
        held = sorted({each.activity_id for each in group if each.activity_id} - taken)
        activity_id = held[0] if held else uuid7()
        taken.add(activity_id)
        named.append((activity_id, group))
    return named


async def remerge(
    session: AsyncSession,
    spans: Iterable[Span],
    touched: Iterable[tuple[UUID, UUID]],
    changed: Set[UUID],
    rulebooks: Rulebooks,
    now: datetime,
) -> tuple[set[Day], dict[UUID, tuple[UUID, int]]]:
    """Activities near `spans`, and those in `touched` (user, activity), formed anew from their records.

    `changed` names the records that are new or different; workouts that neither hold one nor gained or lost a record
    are left as they are. Gives the local days whose activities may have changed, and for each record looked at (its
    activity, how many records that has). The caller holds the people's locks. A fixed number of statements.
    """
    touched = sorted(set(touched))
    near: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for user_id, low, high in spans:
        near[user_id].append((low - _LONGEST, high + _REACH))
    wide = [(user_id, *span) for user_id in sorted(near) for span in joined(near[user_id])]
    found = await run(
        session,
        _NEAR,
        {
            "users": [user for user, _, _ in wide],
            "lows": [low for _, low, _ in wide],
            "highs": [high for _, _, high in wide],
            "owners": [user for user, _ in touched],
            "touched": [activity for _, activity in touched],
        },
    )
    by_user: dict[UUID, list[Report]] = defaultdict(list)
    for row in found.mappings():
        by_user[row["user_id"]].append(_report(dict(row)))
    every = [(user, *named) for user, reports in sorted(by_user.items()) for named in _named(clusters(reports))]
    groups = _affected(every, changed | {activity for _, activity in touched})

    everyone = sorted({user for user, *_ in groups} | {user for user, _ in touched})
    bodies = {row["id"]: row for row in (await run(session, _BODIES, {"users": everyone})).mappings()}
    rows = [
        {
            **merged(
                activity_id,
                group,
                rulebooks.on(group[0].started_at.astimezone(BANGKOK).date()).figures,
                mass_kg=bodies[user]["mass_kg"],
                source_order=bodies[user]["source_order"],
                now=now,
            ),
            "credits": 0,
        }
        for user, activity_id, group in groups
    ]
    kept = {(row["user_id"], row["id"]) for row in rows}
    before = {*touched, *((user, each.activity_id) for user, _, group in groups for each in group if each.activity_id)}
    stood = await run(
        session, _STOOD_ON, {"users": [user for user, _ in before], "ids": [activity for _, activity in before]}
    )
    days: set[Day] = {(row[0], row[1]) for row in stood}
    days |= {(row["user_id"], row["local_date"]) for row in rows}
    await upserted(session, Activity, rows)
    await _belong(session, groups)
    gone = sorted(before - kept)
    if gone:
        await run(session, _BURY, {"users": [user for user, _ in gone], "ids": [each for _, each in gone], "now": now})
    return days, {each.id: (activity_id, len(group)) for _, activity_id, group in every for each in group}


def _affected(groups: Sequence[Group], changed: Set[UUID]) -> list[Group]:
    """The groups that hold a changed record or activity, or that gained or lost a record."""
    lost = {each.activity_id for _, activity_id, group in groups for each in group if each.activity_id != activity_id}
    return [
        (user, activity_id, group)
        for user, activity_id, group in groups
        if activity_id in lost
        or activity_id in changed
        or any(each.id in changed or each.activity_id != activity_id for each in group)
    ]


async def _belong(session: AsyncSession, groups: Sequence[Group]) -> None:
    moved = [
        (user, each.id, activity_id)
        for user, activity_id, group in groups
        for each in group
        if each.activity_id != activity_id
    ]
    if moved:
        users, ids, activities = zip(*moved, strict=True)
        await run(session, _BELONG, {"users": list(users), "ids": list(ids), "activities": list(activities)})
