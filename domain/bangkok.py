"""The local day of an instant, cheaply: it is asked for several times a record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.drafts import BANGKOK

# Bangkok has kept this offset since 1920, and no summer time; a test compares with the zone's own rules.
_OFFSET = timedelta(hours=7)
_SINCE = 1921


def local_date_of(instant: datetime) -> date:
    """The Asia/Bangkok calendar day of an aware instant."""
    if instant.tzinfo is UTC and instant.year >= _SINCE:
        return (instant + _OFFSET).date()
    return instant.astimezone(BANGKOK).date()


def monday(day: date) -> date:
    """The first day of the ISO week in which a day lies."""
    return day - timedelta(days=day.weekday())
