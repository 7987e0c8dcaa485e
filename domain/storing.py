"""Writes what a delivery came to: each table once, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.activities import Activity
from domain.arrivals import Arrivals, Held, Holder
from domain.bangkok import local_date_of
from domain.base import table_of
from domain.exchange import asked
from domain.merging import Formed
from domain.records import DayTotalRow, Payload, PendingFetch, Record, Tombstone
from domain.references import ReferenceChange, changes_of
from domain.unmapped import UnmappedChange, unmapped_of
from domain.writing import Mode, Sheet, written

_RECORD = (
    "user_id", "id", "activity_id", "partner_name", "partner_ref", "known_as", "version", "sport", "sport_word",
    "started_at", "ended_at", "local_date", "utc_offset_seconds", "elapsed_seconds", "moving_seconds",
    "distance_meters", "energy_kcal", "energy_kind", "steps", "pulse_bpm", "peak_speed_mps", "p95_speed_mps", "manual",
    "coarse", "source", "upstream_partner", "upstream_ref", "device_name", "place_code", "owner_only", "raw_hash",
    "received_at", "deleted_at",
)  # fmt: skip
_PAYLOAD = ("user_id", "record_id", "raw")
_CHANGE = ("user_id", "record_id", "claims")
_UNMAPPED = ("partner_name", "word", "records", "seen_at")
_ACTIVITY = tuple(column.name for column in table_of(Activity).columns)
_values_of_activity = itemgetter(*_ACTIVITY)

_BELONG = """
    UPDATE records r SET activity_id = n.activity_id
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n(user_id, id, activity_id)
    WHERE r.user_id = n.user_id AND r.id = n.id
"""

_DELETE = """
    UPDATE records r SET deleted_at = CAST($3 AS timestamptz), activity_id = NULL
    FROM unnest($1::uuid[], $2::uuid[]) AS n(user_id, id)
    WHERE r.user_id = n.user_id AND r.id = n.id
"""

_BURY = """
    UPDATE activities a SET deleted_at = CAST($3 AS timestamptz), updated_at = CAST($3 AS timestamptz), credits = 0
    FROM unnest($1::uuid[], $2::uuid[]) AS n(user_id, id)
    WHERE a.user_id = n.user_id AND a.id = n.id AND a.deleted_at IS NULL
"""


def records_of(arrivals: Arrivals, formed: Formed, now: datetime) -> Iterator[Sheet]:
    """The records, with the activities they belong to, and their payloads; deletions and pings."""
    yield Sheet(Record, Mode.INSERT, _RECORD, [_record(*each, formed, now) for each in arrivals.fresh])
    yield Sheet(Payload, Mode.INSERT, _PAYLOAD, _payloads(arrivals.fresh))
    yield Sheet(Record, Mode.REPLACE, _RECORD, [_record(*each, formed, now) for each in arrivals.changed])
    yield Sheet(Payload, Mode.REPLACE, _PAYLOAD, _payloads(arrivals.changed))
    yield Sheet(ReferenceChange, Mode.INSERT, _CHANGE, list(changes_of(arrivals)))
    yield Sheet(UnmappedChange, Mode.INSERT, _UNMAPPED, list(unmapped_of(arrivals, now)))
    yield _listed(Tombstone, Mode.REPLACE, arrivals.tombstones)
    yield _listed(PendingFetch, Mode.IGNORE, [fetch for _, fetch in sorted(arrivals.fetches.items())])


def activities_of(formed: Formed) -> Iterator[Sheet]:
    """The activities, with the credits they have by now."""
    yield Sheet(Activity, Mode.INSERT, _ACTIVITY, list(map(_values_of_activity, formed.fresh)))
    yield Sheet(Activity, Mode.REPLACE, _ACTIVITY, list(map(_values_of_activity, formed.changed)))


async def totalled(connection: AsyncConnection[Any], arrivals: Arrivals) -> None:
    """The day totals written, before days are read: the best of a day's totals is for the database to find."""
    await written(connection, [_listed(DayTotalRow, Mode.REPLACE, list(arrivals.totals.values()))])


async def moved(connection: AsyncConnection[Any], arrivals: Arrivals, formed: Formed, now: datetime) -> None:
    """Stored records that go or belong elsewhere now, and stored activities without any record left."""
    questions: list[tuple[str, list[object]]] = []
    if arrivals.gone:
        gone = [(holder.id, held.id) for holder, held in arrivals.gone]
        questions.append((_DELETE, [*_columns(gone), now]))
    if formed.moved:
        questions.append((_BELONG, _columns(formed.moved)))
    if formed.gone:
        questions.append((_BURY, [*_columns(formed.gone), now]))
    await asked(connection, *questions)


def _columns(rows: Iterable[Sequence[object]]) -> list[object]:
    return [list(column) for column in zip(*rows, strict=True)]


def _listed(row: type[Any], mode: Mode, rows: Sequence[Mapping[str, Any]]) -> Sheet:
    return Sheet(row, mode, tuple(rows[0]) if rows else (), [tuple(each.values()) for each in rows])


def _payloads(records: Iterable[tuple[Holder, Held]]) -> list[tuple[UUID, UUID | None, bytes]]:
    return [(holder.id, held.id, held.draft.raw) for holder, held in records if held.draft]


def _record(holder: Holder, held: Held, formed: Formed, now: datetime) -> tuple[Any, ...]:
    draft, report = held.draft, held.report
    assert draft and report  # noqa: S101, PT018 - for the type checker; sorted among those with figures
    return (
        holder.id, held.id, formed.belonging[report.id.int][0], report.partner_name, report.partner_ref,
        report.known_as, held.version, report.sport, draft.sport_word, report.started_at, report.ended_at,
        local_date_of(report.started_at), draft.utc_offset_seconds, report.elapsed_seconds, report.moving_seconds,
        report.distance_meters, report.energy_kcal, report.energy_kind, report.steps, report.pulse_bpm,
        report.peak_speed_mps, report.p95_speed_mps, report.manual, report.coarse, report.source,
        report.upstream_partner, report.upstream_ref, draft.device_name,
        draft.subdistrict_code or draft.district_code or draft.province_code, report.owner_only, held.raw_hash, now,
        None,
    )  # fmt: skip
