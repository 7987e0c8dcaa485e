"""The cheap local day is the zone's own."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from domain.bangkok import local_date_of
from domain.drafts import BANGKOK

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


EARLIEST = datetime(1900, 1, 2, tzinfo=UTC)


@given(st.timedeltas(timedelta(0), timedelta(days=200 * 365)), st.one_of(st.just(UTC), OFFSETS))
def test_a_local_day_is_what_the_zone_says(later, zone):
    instant = (EARLIEST + later).astimezone(zone)

    assert local_date_of(instant) == instant.astimezone(BANGKOK).date()
