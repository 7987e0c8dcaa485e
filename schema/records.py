"""Sources' reports as their owners and senders see them."""

from __future__ import annotations

from datetime import date, datetime

from domain import records as rows
from domain.drafts import EnergyKind, Source
from domain.scopes import Scope
from domain.sports import Sport as SportWord
from resolvers import partners, records, sports
from resolvers.activities import pulse_of
from schema.enums import described
from schema.partners import Partner
from schema.scalars import BigInt
from schema.sports import Sport
from schema.words import Node, column, computed, one, shows

described(
    Source,
    says="How figures came about, the most trusted first.",
    values={
        "device": "Measured by a device.",
        "phone": "Measured by a phone.",
        "event": "The result of an event.",
        "agency": "Reported by an agency.",
        "manual": "Typed in by hand.",
    },
)
described(
    EnergyKind,
    says="What kilocalories count.",
    values={"active": "What the exercise burned.", "total": "That and what the body burns at rest."},
)


@shows(rows.Record, node=records.by_id, says="One source's report of one workout, at its newest version.")
class Record(Node):
    """A report."""

    partner: Partner | None = one(partners.named, says="Who sent it.")
    partner_ref: str = column(says="The partner's own reference of the workout.")
    version: BigInt = column(says="Higher is newer; the arrival in microseconds where the partner counts none.")
    sport: SportWord = column(says="The sport, in our taxonomy.")
    sport_details: Sport | None = one(sports.of_workout, says="The sport with its names.")
    sport_word: str | None = column(says="The partner's own word for the sport, verbatim.")
    started_at: datetime = column(says="The start, UTC.")
    ended_at: datetime = column(says="The end, UTC.")
    local_date: date = column(says="The day in Thailand on which it started.")
    elapsed_seconds: float = column(says="From start to end, seconds, pauses included.")
    moving_seconds: float | None = column(says="Seconds in motion; null when not reported.")
    distance_meters: float | None = column(says="Metres; null when not reported.")
    energy_kcal: float | None = column(says="Kilocalories as reported; null when not reported.")
    energy_kind: EnergyKind = column(says="What the kilocalories count.")
    steps: BigInt | None = column(says="Steps; null when not reported.")
    pulse_bpm: int | None = computed(
        pulse_of, needs=Scope.HEALTH_READ, says="Average heart rate, beats a minute; health data."
    )
    manual: bool = column(says="Whether it was typed in by hand.")
    source: Source = column(says="How the figures came about.")
    upstream_partner: str | None = column(says="The partner whose report this is a copy of; null for an original.")
    upstream_ref: str | None = column(says="That partner's reference of the report this is a copy of.")
    device_name: str | None = column(says="The device, as the source names it.")
    received_at: datetime = column(says="When this version came in.")
