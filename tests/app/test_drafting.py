from datetime import UTC, date, datetime, timedelta, timezone

import orjson
import pytest

from app import drafting
from domain.drafts import Deletion, Draft, Fetch, Problem, Skipped
from domain.errors import NotFound
from domain.sports import Sport

BANGKOK = timezone(timedelta(hours=7))


def said(item):
    return orjson.loads(orjson.dumps(drafting._said(item)))


def test_a_draft_shows_utc_the_local_day_and_nothing_that_is_private():
    draft = Draft(
        partner_ref="1",
        sport=Sport("run"),
        started_at=datetime(2026, 1, 2, 1, 30, tzinfo=BANGKOK),
        elapsed_seconds=60.0,
        citizen_number="1101700207030",
        raw=b"the row",
    )

    shown = said(draft)

    assert shown["started_at"] == "2026-01-01T18:30:00+00:00"
    assert shown["local_date"] == str(date(2026, 1, 2))
    assert shown["sport"] == "run"
    assert shown["manual"] is False
    assert shown["distance_meters"] is None
    assert not {"raw", "citizen_number"} & set(shown)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (Problem(code="X", path=("a", 1), message="m", raw=b"\xff"), "problem"),
        (Skipped(path=(3,), reason="a total row"), "skipped"),
        (Fetch(partner_ref="1"), "fetch"),
        (Deletion(partner_ref="1"), "deletion"),
    ],
)
def test_what_is_no_draft_says_its_kind(item, kind):
    assert said(item)["kind"] == kind


def test_a_start_in_utc_stays_in_utc():
    draft = Draft(partner_ref="1", sport=Sport("run"), started_at=datetime(2026, 1, 1, tzinfo=UTC), elapsed_seconds=1)

    assert said(draft)["started_at"] == "2026-01-01T00:00:00+00:00"


def test_a_partner_without_an_adapter_is_not_found():
    with pytest.raises(NotFound, match="strava"):
        list(drafting.lines("nobody", b"{}"))
