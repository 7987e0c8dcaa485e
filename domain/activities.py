"""The canonical workout: its row, which record speaks for it, and how the others fill the gaps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, overload
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from domain.bangkok import local_date_of
from domain.base import Row, text_array, utc_now, uuid7
from domain.drafts import EnergyKind, Source
from domain.energy import estimated_kcal
from domain.plausibility import Measured, energy_is_plausible, judged, smells_of_kilojoules
from domain.records import NO_WORDS
from domain.reviews import Decided, reviewed
from domain.rulebooks import Figures
from domain.sports import Sport


class EnergySource(StrEnum):
    """How an activity's kilocalories came about."""

    ACTIVE = "active"
    TOTAL = "total"
    ESTIMATED = "estimated"


class Activity(Row, table=True):
    """One workout of one person, however many records report it; the only thing that is credited.

    `credits` is its share of the credits of its local day. `decisions` are codes of what was decided that the other
    columns do not tell (see `explaining`); a lone record usually has none. `deleted_at` marks a workout whose records
    are all gone; it stays as a tombstone for those who synchronise.
    """

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_user_id_started_at_id", "user_id", "started_at", "id"),
        Index("ix_activities_id", "id"),
        # What partners list and synchronise by, across the people who gave consent.
        Index("ix_activities_started_at_id", "started_at", "id"),
        Index("ix_activities_updated_at_id", "updated_at", "id"),
    )

    user_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    sport: str = Field(sa_type=Text)
    started_at: datetime
    ended_at: datetime
    local_date: date
    elapsed_seconds: float
    moving_seconds: float | None = None
    distance_meters: float | None = None
    energy_kcal: float
    energy_source: str = Field(sa_type=Text)
    met_code: str | None = Field(default=None, sa_type=Text)
    mass_kg: float | None = None
    steps: int | None = Field(default=None, sa_type=BigInteger)
    pulse_bpm: int | None = None
    manual: bool = False
    source: str = Field(sa_type=Text)
    speaks_record_id: UUID
    partner_name: str = Field(sa_type=Text)
    owner_only: bool = False
    record_count: int
    verdict: str = Field(sa_type=Text)
    reasons: list[str] = Field(default_factory=list, sa_type=text_array(), sa_column_kwargs=NO_WORDS)
    decisions: list[str] = Field(default_factory=list, sa_type=text_array(), sa_column_kwargs=NO_WORDS)
    credits: int = 0
    updated_at: datetime = Field(default_factory=utc_now)
    deleted_at: datetime | None = None


# Not frozen: a frozen class sets each of its fields by a call of its own, which made this six times as dear.
@dataclass(kw_only=True)
class Report:
    """A record as merging sees it; the same words and units as its row. Nobody changes one."""

    user_id: UUID
    id: UUID
    activity_id: UUID | None
    partner_name: str
    partner_ref: str
    known_as: Sequence[str]
    sport: Sport
    started_at: datetime
    ended_at: datetime
    elapsed_seconds: float
    moving_seconds: float | None
    distance_meters: float | None
    energy_kcal: float | None
    energy_kind: EnergyKind
    steps: int | None
    pulse_bpm: int | None
    peak_speed_mps: float | None
    p95_speed_mps: float | None
    manual: bool
    coarse: bool
    source: Source
    upstream_partner: str | None
    upstream_ref: str | None
    owner_only: bool
    received_at: datetime
    shared_reference: bool = False


_TRUST = {source: rank for rank, source in enumerate(Source)}
COVERS = 0.8
_BELIEVED = (EnergyKind.ACTIVE, EnergyKind.TOTAL)
_ESTIMATED = EnergySource.ESTIMATED.value


def trust(report: Report) -> int:
    """How a record was measured, as a rank; the least is the most trusted."""
    return _TRUST[Source.MANUAL if report.manual else report.source]


Rank = tuple[bool, int, int, str, str]
"""Whether it covers less than the whole, how it was measured, the citizen's own order, and its name; least is first."""


def ranking(reports: Sequence[Report], source_order: Sequence[str] = ()) -> Callable[[Report], Rank]:
    """What tells where each report of one workout stands among them."""
    start = min(each.started_at for each in reports)
    span = (max(each.ended_at for each in reports) - start).total_seconds()
    own = {partner: rank for rank, partner in enumerate(source_order)}

    def rank(each: Report) -> Rank:
        falls_short = each.elapsed_seconds < COVERS * span
        return (falls_short, trust(each), own.get(each.partner_name, len(own)), each.partner_name, each.partner_ref)

    return rank


def in_order_of_trust(reports: Sequence[Report], source_order: Sequence[str] = ()) -> list[Report]:
    """The reports of one workout, the one that speaks first.

    Those that cover at least 80 % of the whole come before those that do not; then device, phone, event,
    agency, manual; then the citizen's own order of partners; then (partner, partner_ref). Arrival never counts.
    """
    return sorted(reports, key=ranking(reports, source_order))


@overload
def _lent(
    ranked: Sequence[Report], field: Literal["distance_meters", "moving_seconds"], lenders: list[Report]
) -> float | None: ...
@overload
def _lent(ranked: Sequence[Report], field: Literal["steps", "pulse_bpm"], lenders: list[Report]) -> int | None: ...
def _lent(ranked: Sequence[Report], field: str, lenders: list[Report]) -> float | int | None:
    """The figure of the first that has it, who is then among the lenders."""
    for each in ranked:
        figure: float | int | None = getattr(each, field)
        if figure is not None:
            if each is not ranked[0]:
                lenders.append(each)
            return figure
    return None


def _fastest(ranked: Sequence[Report], field: Literal["peak_speed_mps", "p95_speed_mps"]) -> float | None:
    """The speed that the most trusted of those states who state one; it judges the workout and is not shown."""
    return next((speed for each in ranked if (speed := getattr(each, field)) is not None), None)


def _doubts(each: Report, mass_kg: float | None, figures: Figures) -> Sequence[str]:
    """What speaks against a report's kilocalories; empty if they are believed."""
    kcal, seconds = each.energy_kcal or 0.0, each.elapsed_seconds
    plausible = energy_is_plausible(kcal, seconds, mass_kg, figures)
    kcal_per_kg_hour = kcal / (mass_kg or figures.default_mass_kg) / (seconds / 3600) if seconds > 0 else 0.0
    if plausible and (each.distance_meters is None or kcal_per_kg_hour < 2 * figures.vigorous_met):
        return ()  # nearly all end here; only a hard effort at a known speed is worth the estimate
    moving = each.moving_seconds if each.moving_seconds is not None else max(seconds, 0.0)
    expected = estimated_kcal(each.sport, moving, each.distance_meters, mass_kg, figures.default_mass_kg).kcal
    if smells_of_kilojoules(kcal, expected, figures):
        return ("IMPLAUSIBLE_ENERGY", "KILOJOULES_SUSPECTED")
    return () if plausible else ("IMPLAUSIBLE_ENERGY",)


def burned_by(ranked: Sequence[Report], mass_kg: float | None, figures: Figures) -> tuple[Report | None, Sequence[str]]:
    """Whose energy is believed, if anybody's: active before total; and what is to be said of those before it."""
    told = [each for each in ranked if each.energy_kcal]
    reasons: Sequence[str] = ()
    for wanted in _BELIEVED if told else ():
        for each in told:
            if each.energy_kind is wanted and each.energy_kcal:
                if not (doubts := _doubts(each, mass_kg, figures)):
                    return each, reasons
                reasons = (*reasons, *doubts)
    return None, reasons


def merged(
    activity_id: UUID,
    reports: Sequence[Report],
    figures: Figures,
    *,
    mass_kg: float | None,
    source_order: Sequence[str],
    now: datetime,
    decisions: Collection[Decided] = (),
    suspicions: Sequence[str] = (),
) -> dict[str, Any]:
    """The columns of the activity behind `reports` (one or more), without its credits.

    Time and sport are the speaker's; figures it lacks come from the others in order of trust. Energy is the
    most trusted plausible active figure, else total, else a MET estimate. Distance and steps are never invented.
    The activity is for its owner only if any figure came from a record that is. `decisions` are those that people made
    on any of the reports, `suspicions` reasons to hold it for review that lie outside of it.
    """
    ranked = in_order_of_trust(reports, source_order) if len(reports) > 1 else reports
    speaker = ranked[0]
    lenders = [speaker]
    distance = _lent(ranked, "distance_meters", lenders)
    steps = _lent(ranked, "steps", lenders)
    pulse = _lent(ranked, "pulse_bpm", lenders)
    moving = _lent(ranked, "moving_seconds", lenders)
    if moving is not None:
        moving = min(moving, max(speaker.elapsed_seconds, 0.0))
    burned, reasons = burned_by(ranked, mass_kg, figures)
    energy_source, met_code, mass_used = _ESTIMATED, None, None
    if burned is not None:
        energy: float = burned.energy_kcal or 0.0
        energy_source = burned.energy_kind.value
        lenders.append(burned)
    else:
        estimate = estimated_kcal(
            speaker.sport,
            max(moving if moving is not None else speaker.elapsed_seconds, 0.0),
            distance,
            mass_kg,
            figures.default_mass_kg,
        )
        energy, met_code, mass_used = estimate.kcal, estimate.met_code, estimate.mass_kg
    if any(each.shared_reference for each in reports):
        reasons = (*reasons, "SHARED_REFERENCE")
    judgement = judged(
        Measured(
            sport=speaker.sport,
            started_at=speaker.started_at,
            elapsed_seconds=speaker.elapsed_seconds,
            moving_seconds=moving,
            distance_meters=distance,
            steps=int(steps) if steps is not None else None,
            peak_speed_mps=_fastest(ranked, "peak_speed_mps"),
            p95_speed_mps=_fastest(ranked, "p95_speed_mps"),
        ),
        figures,
        now=speaker.received_at,  # not this moment: a verdict must not change because a copy arrived later
        reasons=(*reasons, *suspicions),
    )
    if decisions:
        judgement = reviewed(judgement, decisions)
    return {
        "user_id": speaker.user_id,
        "id": activity_id,
        "sport": speaker.sport.value,
        "started_at": speaker.started_at,
        "ended_at": speaker.ended_at,
        "local_date": local_date_of(speaker.started_at),
        "elapsed_seconds": speaker.elapsed_seconds,
        "moving_seconds": moving,
        "distance_meters": distance,
        "energy_kcal": energy,
        "energy_source": energy_source,
        "met_code": met_code,
        "mass_kg": mass_used,
        "steps": steps,
        "pulse_bpm": pulse,
        "manual": speaker.manual,
        "source": speaker.source.value,
        "speaks_record_id": speaker.id,
        "partner_name": speaker.partner_name,
        "owner_only": any(each.owner_only for each in lenders),
        "record_count": len(reports),
        "verdict": judgement.verdict.value,
        "reasons": list(judgement.reasons),
        "decisions": [],
        "updated_at": now,
        "deleted_at": None,
    }
