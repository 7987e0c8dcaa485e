"""Day totals as their owner sees them."""

from __future__ import annotations

from datetime import date

from domain.drafts import Source
from domain.plausibility import Verdict
from domain.records import DayTotalRow
from resolvers import partners, totals
from schema.partners import Partner
from schema.scalars import BigInt
from schema.words import column, computed, one, shows


@shows(DayTotalRow, says="What one source counted on a whole day, workouts included; never added to activities.")
class DayTotal:
    """A total."""

    local_date: date = column(says="The day in Thailand.")
    partner: Partner | None = one(partners.named, says="Who sent it.")
    source: Source = column(says="How the figures came about.")
    steps: BigInt | None = column(says="Steps; null when not reported.")
    distance_meters: float | None = column(says="Metres; null when not reported.")
    energy_kcal: float | None = column(says="Active kilocalories; null when not reported.")
    verdict: Verdict = column(says="ACCEPTED ones may count; the others never do.")
    reasons: list[str] = column(says="What speaks against it, such as `TOO_MANY_STEPS`; empty for most.")
    counts: bool = computed(
        totals.counts,
        says="Whether step challenges count these steps: of a day's accepted totals the best measured one, then "
        "the one of the source that the person puts first.",
    )
