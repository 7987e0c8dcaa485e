"""What holds for everything an adapter says, whatever it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from domain.drafts import DayTotal, Deletion, Disconnection, Draft, Fetch, Item, Problem, Skipped, refusal
from domain.errors import BadPayload

VERSION_LIMIT = 2**63


def assert_sound(normalise: Callable[[object], Iterable[Item]], payload: object) -> None:
    """Fail unless `payload` is refused with BadPayload, or gives items that can be stored as they are."""
    try:
        found = list(normalise(payload))
    except BadPayload:
        return

    for item in found:
        assert isinstance(item, Draft | DayTotal | Deletion | Disconnection | Fetch | Skipped | Problem)
        texts = [
            getattr(item, name, None) for name in ("partner_ref", "person_ref", "title", "sport_word", "device_name")
        ]
        assert all("\x00" not in text and text.encode() is not None for text in texts if text)
        assert -VERSION_LIMIT <= (getattr(item, "version", None) or 0) < VERSION_LIMIT
        if isinstance(item, Draft) and refusal(item) is None:
            assert item.started_at.utcoffset() == timedelta(0)
            assert item.ended_at.year < 2300
            assert item.local_date
            assert item.raw
            assert item.partner_ref not in item.known_as
        if isinstance(item, DayTotal):
            assert 0 <= (item.steps or 0) <= 2_000_000
            assert 0 <= (item.energy_kcal or 0) <= 1_000_000
        if isinstance(item, Problem):
            assert item.message
            assert "".join(str(step) for step in item.path).encode() is not None
