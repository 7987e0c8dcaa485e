"""The one way in: a partner's items become records, activities, credits, counters and standings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import quarantine
from domain.base import inserted_if_new, run, upserted, uuid7
from domain.booking import rebook
from domain.connections import disconnected, people_of
from domain.drafts import DayTotal, Deletion, Disconnection, Draft, Fetch, Item, Problem, Skipped, refusal
from domain.errors import Conflict
from domain.merging import Span, remerge
from domain.partners import AgreementState, Partner
from domain.records import DayTotalRow, Payload, PendingFetch, Record, Tombstone
from domain.rulebooks import approved


class Outcome(StrEnum):
    """What became of one item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    MERGED = "merged"
    DELETED = "deleted"
    PENDING = "pending"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"


@dataclass(kw_only=True)
class Result:
    """What became of one item, in the order of the items."""

    outcome: Outcome
    item: Item
    user_id: UUID | None = None
    record_id: UUID | None = None
    activity_id: UUID | None = None
    problem: Problem | None = None


@dataclass
class _Batch:
    """The work of one call, collected before anything is written."""

    records: dict[tuple[UUID, str], dict[str, Any]] = field(default_factory=dict)
    payloads: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    tombstones: dict[tuple[UUID, str], dict[str, Any]] = field(default_factory=dict)
    totals: dict[tuple[UUID, Any], dict[str, Any]] = field(default_factory=dict)
    fetches: dict[str, dict[str, Any]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    touched: set[tuple[UUID, UUID]] = field(default_factory=set)
    days: set[tuple[UUID, Any]] = field(default_factory=set)


# The version of a tombstone left by a disconnection: whoever connects again may send the same records anew.
_UNTIL_RECONNECTED = 0

_LOCK = text("SELECT pg_advisory_xact_lock(k) FROM (SELECT k FROM unnest(CAST(:keys AS bigint[])) k ORDER BY k) o")

_HELD = text("""
    SELECT i.user_id, i.partner_ref, r.id, r.activity_id, r.version, r.raw_hash, r.started_at, r.ended_at, r.local_date,
           r.deleted_at, t.partner_ref IS NOT NULL AS buried, t.version AS buried_version
    FROM unnest(CAST(:users AS uuid[]), CAST(:refs AS text[])) AS i(user_id, partner_ref)
    LEFT JOIN records r ON r.user_id = i.user_id AND r.partner_name = :partner AND r.partner_ref = i.partner_ref
    LEFT JOIN tombstones t ON t.user_id = i.user_id AND t.partner_name = :partner AND t.partner_ref = i.partner_ref
""")

_TOTALS_HELD = text("""
    SELECT d.user_id, d.local_date, d.version, d.raw
    FROM unnest(CAST(:users AS uuid[]), CAST(:days AS date[])) AS i(user_id, day)
    JOIN day_totals d ON d.user_id = i.user_id AND d.local_date = i.day AND d.partner_name = :partner
""")

_UNMENTIONED = text("""
    SELECT partner_ref FROM records WHERE user_id = :user AND partner_name = :partner AND deleted_at IS NULL
""")


async def lock(session: AsyncSession, users: Iterable[UUID]) -> None:
    """People locked for this transaction, in one order for everybody, so that writers wait and never deadlock."""
    keys = sorted({int.from_bytes(user.bytes[8:], signed=True) for user in users})
    await run(session, _LOCK, {"keys": keys})


async def ingest(
    session: AsyncSession,
    partner: Partner,
    items: Iterable[Item],
    *,
    now: datetime,
    hashed: Callable[[str], str],
    owner: UUID | None = None,
) -> list[Result]:
    """All items of one delivery, stored and booked in the caller's transaction; one result an item, in order.

    `owner` says whose the items are that name nobody. `hashed` turns a citizen number
    into the keyed hash that stands for it. Idempotent: the same delivery again gives UNCHANGED throughout.
    The number of statements does not depend on the number of items. Raises Conflict unless the partner's
    agreement is signed.
    """
    if partner.agreement != AgreementState.SIGNED.value:
        raise Conflict(
            f"The agreement with {partner.name} is {partner.agreement}; records are taken when it is signed."
        )
    given = list(items)
    people = await people_of(session, partner.name, (person_named(each, hashed) for each in given))
    results = [_placed(each, people.get(person_named(each, hashed) or ""), owner, hashed) for each in given]
    await lock(session, {each.user_id for each in results if each.user_id})

    results += await _of_the_disconnected(session, partner, results)
    batch = await _planned(session, partner, results, now)
    await _stored(session, batch)
    rulebooks = await approved(session)
    days, belonging = await remerge(
        session, batch.spans, batch.touched, {row["id"] for row in batch.records.values()}, rulebooks, now
    )
    await rebook(session, days | batch.days, rulebooks, now)
    for result in results:
        if result.record_id in belonging:
            result.activity_id, records = belonging[result.record_id]
            if result.outcome is Outcome.CREATED and records > 1:
                result.outcome = Outcome.MERGED
    await quarantine.keep(session, partner.name, [each for each in results if each.problem], now)
    return results[: len(given)]


def person_named(item: Item, hashed: Callable[[str], str]) -> str | None:
    """The partner's name for the person of an item, a citizen number as its keyed hash; None if it names nobody."""
    if isinstance(item, Draft) and item.citizen_number:
        return hashed(item.citizen_number)
    return getattr(item, "person_ref", None)


def _placed(item: Item, known: UUID | None, owner: UUID | None, hashed: Callable[[str], str]) -> Result:
    """The item with the person it belongs to, or why it cannot be taken."""
    if isinstance(item, Problem):
        return Result(outcome=Outcome.QUARANTINED, item=item, problem=item, user_id=known or owner)
    if isinstance(item, Skipped):
        return Result(outcome=Outcome.SKIPPED, item=item)
    if isinstance(item, Draft) and (problem := refusal(item)):
        return Result(outcome=Outcome.QUARANTINED, item=item, problem=problem, user_id=known or owner)
    person = person_named(item, hashed)
    user_id = known if person else owner
    if user_id is None and not isinstance(item, Fetch):
        raw = item.raw if isinstance(item, (Draft, DayTotal)) else b""
        who = "of a person who has not connected" if person else "without the person it belongs to"
        ref = getattr(item, "partner_ref", None) or str(getattr(item, "local_date", ""))
        message = f"A record {who}. It is taken as soon as the person connects; nothing needs to be sent again."
        problem = Problem(code="UNKNOWN_PERSON", path=(ref,), message=message, person_ref=person, raw=raw)
        return Result(outcome=Outcome.QUARANTINED, item=item, problem=problem)
    return Result(outcome=Outcome.PENDING, item=item, user_id=user_id)


async def _of_the_disconnected(session: AsyncSession, partner: Partner, results: Sequence[Result]) -> list[Result]:
    """The deletions that follow from disconnections: every record the partner ever sent of those people."""
    deletions = []
    for result in results:
        if isinstance(result.item, Disconnection) and result.user_id:
            result.outcome = Outcome.DELETED
            await disconnected(session, result.user_id, partner.name)
            refs = (await run(session, _UNMENTIONED, {"user": result.user_id, "partner": partner.name})).scalars()
            gone = [Deletion(partner_ref=ref, version=_UNTIL_RECONNECTED) for ref in refs]
            deletions += [Result(outcome=Outcome.PENDING, item=each, user_id=result.user_id) for each in gone]
    return deletions


async def _planned(session: AsyncSession, partner: Partner, results: Sequence[Result], now: datetime) -> _Batch:
    batch = _Batch()
    named = [each for each in results if each.outcome is Outcome.PENDING and isinstance(each.item, (Draft, Deletion))]
    binds = {"users": [each.user_id for each in named], "refs": [each.item.partner_ref for each in named]}  # type: ignore[union-attr]
    rows = (await run(session, _HELD, {**binds, "partner": partner.name})).mappings()
    held: dict[tuple[UUID, str], dict[str, Any]] = {(row["user_id"], row["partner_ref"]): dict(row) for row in rows}
    daily = [each for each in results if each.outcome is Outcome.PENDING and isinstance(each.item, DayTotal)]
    day_binds = {"users": [each.user_id for each in daily], "days": [each.item.local_date for each in daily]}  # type: ignore[union-attr]
    totals = (await run(session, _TOTALS_HELD, {**day_binds, "partner": partner.name})).mappings()
    held_totals = {(row["user_id"], row["local_date"]): dict(row) for row in totals}
    arrival = int(now.timestamp() * 1_000_000)

    for result in results:
        if result.outcome is not Outcome.PENDING:
            continue
        item, user_id = result.item, result.user_id
        if isinstance(item, Fetch):
            batch.fetches[item.partner_ref] = {
                "partner_name": partner.name,
                "partner_ref": item.partner_ref,
                "person_ref": item.person_ref,
                "asked_at": now,
            }
        elif isinstance(item, DayTotal) and user_id:
            result.outcome = _plan_total(batch, item, user_id, partner, held_totals, arrival)
        elif isinstance(item, Deletion) and user_id:
            result.outcome = _plan_deletion(batch, item, user_id, partner, held[(user_id, item.partner_ref)], now)
        elif isinstance(item, Draft) and user_id:
            state = held[(user_id, item.partner_ref)]
            result.outcome = _plan_record(batch, item, user_id, partner, state, arrival, now)
            result.record_id, result.activity_id = state["id"], state["activity_id"]
    return batch


def _revives(draft: Draft, buried_version: int | None) -> bool:
    """Whether a draft may stand where a tombstone is.

    Only if it is newer by the partner's own count: that it arrived later proves nothing.
    """
    if buried_version == _UNTIL_RECONNECTED:
        return True
    return buried_version is not None and draft.version is not None and draft.version > buried_version


def _plan_record(
    batch: _Batch, draft: Draft, user_id: UUID, partner: Partner, held: dict[str, Any], arrival: int, now: datetime
) -> Outcome:
    version = draft.version if draft.version is not None else arrival
    if held["buried"] and not _revives(draft, held["buried_version"]):
        return Outcome.UNCHANGED
    known = held["id"] is not None
    if known and held["deleted_at"] is None and (version < held["version"] or held["raw_hash"] == draft.raw_hash):
        return Outcome.UNCHANGED
    if known and held["activity_id"]:
        batch.touched.add((user_id, held["activity_id"]))
    record_id = held["id"] or uuid7(now)
    batch.spans.append((user_id, draft.started_at, max(draft.ended_at, draft.started_at)))
    batch.records[(user_id, draft.partner_ref)] = {
        "user_id": user_id,
        "id": record_id,
        # An id of its own to begin with: most records stay alone with it and are not written twice. In company the
        # oldest id wins.
        "activity_id": held["activity_id"] or uuid7(),
        "partner_name": partner.name,
        "partner_ref": draft.partner_ref,
        "known_as": list(draft.known_as),
        "version": version,
        "sport": draft.sport.value,
        "sport_word": draft.sport_word,
        "started_at": draft.started_at,
        "ended_at": max(draft.ended_at, draft.started_at),
        "local_date": draft.local_date,
        "utc_offset_seconds": draft.utc_offset_seconds,
        "elapsed_seconds": draft.elapsed_seconds,
        "moving_seconds": draft.moving_seconds,
        "distance_meters": draft.distance_meters,
        "energy_kcal": draft.energy_kcal,
        "energy_kind": draft.energy_kind.value,
        "steps": draft.steps,
        "pulse_bpm": draft.pulse_bpm,
        "peak_speed_mps": draft.peak_speed_mps,
        "manual": draft.manual,
        "coarse": draft.coarse,
        "source": draft.source.value,
        "upstream_partner": draft.upstream[0] if draft.upstream else None,
        "upstream_ref": draft.upstream[1] if draft.upstream else None,
        "device_name": draft.device_name,
        "place_code": draft.subdistrict_code or draft.district_code or draft.province_code,
        "owner_only": partner.owner_only,
        "raw_hash": draft.raw_hash,
        "received_at": now,
        "deleted_at": None,
    }
    batch.payloads[record_id] = {"user_id": user_id, "record_id": record_id, "raw": draft.raw}
    seen_before = known and held["deleted_at"] is None
    held.update(
        id=record_id,
        version=version,
        raw_hash=draft.raw_hash,
        deleted_at=None,
        buried=False,
        started_at=draft.started_at,
        ended_at=max(draft.ended_at, draft.started_at),
    )
    return Outcome.UPDATED if seen_before else Outcome.CREATED


def _plan_deletion(
    batch: _Batch, item: Deletion, user_id: UUID, partner: Partner, held: dict[str, Any], now: datetime
) -> Outcome:
    version, buried = item.version, held["buried"]
    if buried and (held["buried_version"] is None or (version is not None and version <= held["buried_version"])):
        return Outcome.UNCHANGED
    if version and held["id"] and held["version"] > version:
        return Outcome.UNCHANGED
    batch.tombstones[(user_id, item.partner_ref)] = {
        "user_id": user_id,
        "partner_name": partner.name,
        "partner_ref": item.partner_ref,
        "version": version,
        "deleted_at": now,
    }
    planned = batch.records.pop((user_id, item.partner_ref), None)
    if held["id"] and held["deleted_at"] is None and (planned is None or held["activity_id"]):
        batch.records[(user_id, item.partner_ref)] = {"gone": True, "user_id": user_id, "id": held["id"]}
        if held["activity_id"]:
            batch.touched.add((user_id, held["activity_id"]))
        batch.spans.append((user_id, held["started_at"], held["ended_at"]))
    elif planned:
        batch.payloads.pop(planned["id"], None)
    held.update(buried=True, buried_version=version, deleted_at=now)
    return Outcome.DELETED


def _plan_total(
    batch: _Batch,
    item: DayTotal,
    user_id: UUID,
    partner: Partner,
    held: dict[tuple[UUID, Any], dict[str, Any]],
    arrival: int,
) -> Outcome:
    key = (user_id, item.local_date)
    version = item.version if item.version is not None else arrival
    before = held.get(key)
    if before and (version < before["version"] or bytes(before["raw"]) == item.raw):
        return Outcome.UNCHANGED
    batch.totals[key] = {
        "user_id": user_id,
        "local_date": item.local_date,
        "partner_name": partner.name,
        "version": version,
        "source": item.source.value,
        "steps": item.steps,
        "distance_meters": item.distance_meters,
        "energy_kcal": item.energy_kcal,
        "raw": item.raw,
    }
    batch.days.add(key)
    held[key] = {"version": version, "raw": item.raw}
    return Outcome.UPDATED if before else Outcome.CREATED


_DELETE_RECORDS = text("""
    UPDATE records r SET deleted_at = CAST(:now AS timestamptz), activity_id = NULL
    FROM unnest(CAST(:users AS uuid[]), CAST(:ids AS uuid[])) AS n(user_id, id)
    WHERE r.user_id = n.user_id AND r.id = n.id
""")


async def _stored(session: AsyncSession, batch: _Batch) -> None:
    alive = [row for row in batch.records.values() if "gone" not in row]
    gone = [row for row in batch.records.values() if "gone" in row]
    await upserted(session, Record, alive)
    await upserted(session, Payload, list(batch.payloads.values()))
    await upserted(session, Tombstone, list(batch.tombstones.values()))
    await upserted(session, DayTotalRow, list(batch.totals.values()))
    await inserted_if_new(session, PendingFetch, list(batch.fetches.values()))
    if gone:
        now = next(iter(batch.tombstones.values()))["deleted_at"]
        binds = {"users": [row["user_id"] for row in gone], "ids": [row["id"] for row in gone], "now": now}
        await run(session, _DELETE_RECORDS, binds)
