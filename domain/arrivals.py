"""What the items of one delivery make of the records that are held: pure, item by item, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from domain.activities import Report
from domain.base import uuid7
from domain.days import LocalDay
from domain.drafts import DayTotal, Deletion, Draft, Fetch, Item, Problem
from domain.links import Name, Said
from domain.partners import Partner
from domain.rulebooks import Rulebooks
from domain.totals import judged_total

UNTIL_RECONNECTED = 0
"""The version of a tombstone left by a disconnection: whoever connects again may send the same records anew."""


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


@dataclass(slots=True, eq=False)
class Held:
    """One record of the delivering partner: as it is stored, then as the items so far leave it.

    `draft` is what it is to be, None while nothing changes it. `activity_id` is the workout it was stored with.
    """

    id: UUID | None = None
    activity_id: UUID | None = None
    version: int = 0
    raw_hash: bytes = b""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    shared_reference: bool = False
    stored: bool = False
    lived: bool = False
    lives: bool = False
    buried: bool = False
    buried_version: int | None = None
    buries: bool = False
    draft: Draft | None = None
    report: Report | None = None


@dataclass(slots=True, eq=False)
class Holder:
    """A person as one delivery sees them: their body, where they live, and what of theirs it touches.

    `days` are the local days that are to be booked anew; `withdrawn` those of day totals that went with a link.
    """

    id: UUID
    mass_kg: float | None = None
    birth_year: int | None = None
    masses: list[tuple[date, float]] = field(default_factory=list)
    source_order: Sequence[str] = ()
    home_place_code: str | None = None
    said: dict[Name, dict[Name, Said]] = field(default_factory=dict)
    records: dict[str, Held] = field(default_factory=dict)
    totals: dict[date, tuple[int, bytes]] = field(default_factory=dict)
    days: dict[date, LocalDay] = field(default_factory=dict)
    withdrawn: list[date] = field(default_factory=list)

    def mass_on(self, local_date: date) -> float | None:
        """What they weighed on that day, in kilograms; before the first day that they named, as on that day."""
        if not self.masses:
            return self.mass_kg
        return next((mass for since, mass in reversed(self.masses) if since <= local_date), self.masses[0][1])

    def day(self, local_date: date) -> LocalDay:
        """That local day of theirs, to be booked anew."""
        if (found := self.days.get(local_date)) is None:
            found = self.days[local_date] = LocalDay(self.id, local_date, self.home_place_code)
        return found


@dataclass(kw_only=True, slots=True)
class Result:
    """What became of one item, in the order of the items."""

    outcome: Outcome
    item: Item
    user_id: UUID | None = None
    record_id: UUID | None = None
    activity_id: UUID | None = None
    problem: Problem | None = None
    holder: Holder | None = field(default=None, repr=False)
    held: Held | None = field(default=None, repr=False)


@dataclass(slots=True)
class Arrivals:
    """What the items of a delivery change; each record once, as the last of its items leaves it.

    `reformed` are stored activities to be formed anew though no record changes: what else decides of them did.
    """

    fresh: list[tuple[Holder, Held]] = field(default_factory=list)
    changed: list[tuple[Holder, Held]] = field(default_factory=list)
    gone: list[tuple[Holder, Held]] = field(default_factory=list)
    tombstones: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[tuple[UUID, date], dict[str, Any]] = field(default_factory=dict)
    fetches: dict[str, dict[str, Any]] = field(default_factory=dict)
    reformed: list[tuple[Holder, UUID]] = field(default_factory=list)

    @property
    def records(self) -> list[tuple[Holder, Held]]:
        """Those that have figures now that they had not."""
        return [*self.fresh, *self.changed]


def arrived(results: Sequence[Result], partner: Partner, now: datetime, rulebooks: Rulebooks) -> Arrivals:
    """All pending items taken in; the outcome of each is entered in its result."""
    found = Arrivals()
    arrival = int(now.timestamp() * 1_000_000)
    touched: dict[int, tuple[Holder, str, Held]] = {}
    for result in results:
        if result.outcome is not Outcome.PENDING:
            continue
        item, holder = result.item, result.holder
        if isinstance(item, Fetch):
            found.fetches[item.partner_ref] = {
                "partner_name": partner.name,
                "partner_ref": item.partner_ref,
                "person_ref": item.person_ref,
                "asked_at": now,
            }
        elif isinstance(item, DayTotal) and holder:
            result.outcome = _totalled(found, item, holder, partner, rulebooks, now)
        elif isinstance(item, (Draft, Deletion)) and holder:
            held = holder.records.get(item.partner_ref)
            if held is None:
                held = holder.records[item.partner_ref] = Held()
            if isinstance(item, Draft):
                result.outcome = _drafted(held, item, arrival, now)
                result.held, result.record_id = held, held.id
            else:
                result.outcome = _deleted(held, item)
            if result.outcome is not Outcome.UNCHANGED:
                touched[id(held)] = (holder, item.partner_ref, held)
    for holder, ref, held in touched.values():
        _sort(found, holder, ref, held, partner, now)
    return found


def _sort(found: Arrivals, holder: Holder, ref: str, held: Held, partner: Partner, now: datetime) -> None:
    if held.buries:
        found.tombstones.append(
            {
                "user_id": holder.id,
                "partner_name": partner.name,
                "partner_ref": ref,
                "version": held.buried_version,
                "deleted_at": now,
            }
        )
    if held.draft is not None:
        held.report = _report(holder.id, held, held.draft, partner, now)
        (found.changed if held.stored else found.fresh).append((holder, held))
    elif held.lived:
        found.gone.append((holder, held))


def _revives(draft: Draft, buried_version: int | None) -> bool:
    """Whether a draft may stand where a tombstone is.

    Only if it is newer by the partner's own count: that it arrived later proves nothing.
    """
    if buried_version == UNTIL_RECONNECTED:
        return True
    return buried_version is not None and draft.version is not None and draft.version > buried_version


def _is_news(stated: int | None, version: int, content: bytes, held_version: int, held_content: bytes) -> bool:
    """Whether what came replaces what is held.

    A newer version does even with the same content, or one in between that comes later would pass for the newest. Of
    two contents that a partner states under one version the greater stays: any would do, but not the later one.
    """
    if stated is None:
        return version >= held_version and content != held_content
    return (version, content) > (held_version, held_content)


def _drafted(held: Held, draft: Draft, arrival: int, now: datetime) -> Outcome:
    version = draft.version if draft.version is not None else arrival
    if held.buried and not _revives(draft, held.buried_version):
        return Outcome.UNCHANGED
    lived, raw_hash = held.lives, sha256(draft.raw).digest()
    if lived and not _is_news(draft.version, version, raw_hash, held.version, held.raw_hash):
        return Outcome.UNCHANGED
    if held.id is None:
        held.id = uuid7(now)
    held.version, held.raw_hash, held.draft, held.lives = version, raw_hash, draft, True
    return Outcome.UPDATED if lived else Outcome.CREATED


def _deleted(held: Held, item: Deletion) -> Outcome:
    version = item.version
    if held.buried and (held.buried_version is None or (version is not None and version <= held.buried_version)):
        return Outcome.UNCHANGED
    if version and held.id and held.version > version:
        return Outcome.UNCHANGED
    held.buried = held.buries = True
    held.buried_version, held.draft, held.lives = version, None, False
    return Outcome.DELETED


def _totalled(
    found: Arrivals, item: DayTotal, holder: Holder, partner: Partner, rulebooks: Rulebooks, now: datetime
) -> Outcome:
    version = item.version if item.version is not None else int(now.timestamp() * 1_000_000)
    before = holder.totals.get(item.local_date)
    if before and not _is_news(item.version, version, item.raw, *before):
        return Outcome.UNCHANGED
    judgement = judged_total(item, rulebooks.on(item.local_date).figures, now=now)
    found.totals[(holder.id, item.local_date)] = {
        "user_id": holder.id,
        "local_date": item.local_date,
        "partner_name": partner.name,
        "version": version,
        "source": item.source.value,
        "steps": item.steps,
        "distance_meters": item.distance_meters,
        "energy_kcal": item.energy_kcal,
        "verdict": judgement.verdict.value,
        "reasons": list(judgement.reasons),
        "raw": item.raw,
    }
    holder.day(item.local_date)
    holder.totals[item.local_date] = (version, item.raw)
    return Outcome.UPDATED if before else Outcome.CREATED


def _report(user_id: UUID, held: Held, draft: Draft, partner: Partner, now: datetime) -> Report:
    assert held.id is not None  # noqa: S101 - for the type checker; a draft was taken in
    upstream_partner, upstream_ref = draft.upstream or (None, None)
    elapsed, started_at = draft.elapsed_seconds, draft.started_at
    return Report(
        user_id=user_id,
        id=held.id,
        activity_id=held.activity_id,
        partner_name=partner.name,
        partner_ref=draft.partner_ref,
        known_as=draft.known_as,
        sport=draft.sport,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=elapsed) if elapsed > 0 else started_at,
        elapsed_seconds=elapsed,
        moving_seconds=draft.moving_seconds,
        distance_meters=draft.distance_meters,
        energy_kcal=draft.energy_kcal,
        energy_kind=draft.energy_kind,
        steps=draft.steps,
        pulse_bpm=draft.pulse_bpm,
        peak_speed_mps=draft.peak_speed_mps,
        p95_speed_mps=draft.p95_speed_mps,
        manual=draft.manual,
        coarse=draft.coarse,
        source=draft.source,
        upstream_partner=upstream_partner,
        upstream_ref=upstream_ref,
        owner_only=partner.owner_only,
        received_at=now,
        shared_reference=held.shared_reference,
    )
