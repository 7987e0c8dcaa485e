"""Statistics of places as ministries see them."""

from __future__ import annotations

from datetime import date

from domain import counters
from domain import statistics as rows
from resolvers import statistics
from schema.enums import described
from schema.scalars import BigInt
from schema.words import column, shows

described(
    counters.Period,
    says="How long a counter counts, by days in Thailand.",
    values={"day": "A day.", "week": "An ISO week, Monday to Sunday.", "month": "A calendar month."},
)
described(
    rows.Withheld,
    says="Why figures are withheld.",
    values={
        "too_few_people": f"Fewer than {rows.LEAST_PEOPLE} people took part, or nobody.",
        "complement": "Enough people took part, but the figures of too few could be found by subtracting.",
    },
)


@shows(
    statistics.PlaceStatistics,
    says="What the people who live in a place did in a period: accepted activities, as of a second or so ago. All "
    "figures are null where they are withheld.",
)
class PlaceStatistics:
    """A place in a period."""

    period: counters.Period = column(says="How long the period is.")
    starts_on: date = column(says="Its first day in Thailand.")
    ends_on: date = column(says="Its last day in Thailand; it may lie ahead.")
    participants: BigInt | None = column(says="Different people with an activity; each counts once in the period.")
    activities: BigInt | None = column(says="How many activities.")
    moving_seconds: BigInt | None = column(says="Seconds in motion; a person's overlapping ones count once.")
    distance_meters: BigInt | None = column(says="Metres.")
    energy_kcal: BigInt | None = column(says="Kilocalories; a person's overlapping ones count once.")
    credits: BigInt | None = column(says="Credits of exercise.")
    vigorous_seconds: BigInt | None = column(says="Of the seconds in motion, those at 6 MET or more.")
    withheld: rows.Withheld | None = column(says="Why the figures are withheld; null when they are shown.")
