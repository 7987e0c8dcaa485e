"""What holds for whatever an adapter gives, and bytes with some of their parts replaced, removed or doubled."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from domain.drafts import DayTotal, Deletion, Draft, Fetch, Item, Problem, refusal

_CRUMBS = [
    b"",
    b"\x00",
    b"\xff",
    b'"',
    b",",
    b"\n",
    b";",
    b"=",
    b"-",
    b"9" * 400,
    b"1e400",
    b"NaN",
    "๒".encode(),
    b"{",
    b"[",
]


def assert_sound(found: Iterable[Item]) -> None:
    """Fail unless every item can be stored: texts that a database holds, moments with a zone, named references."""
    for item in found:
        assert_storable(item)
        if isinstance(item, Draft) and refusal(item) is None:
            assert item.started_at.utcoffset() is not None
            assert item.ended_at.year < 2300
            assert item.local_date
            assert item.partner_ref not in item.known_as
            assert item.version is None or abs(item.version) < 2**63
        if isinstance(item, DayTotal):
            assert item.steps is None or 0 <= item.steps <= 2_000_000
            assert item.raw
        if isinstance(item, Deletion | Fetch):
            assert 0 < len(item.partner_ref) <= 200
        if isinstance(item, Problem):
            assert item.code
            assert item.message


def assert_storable(item: Item) -> None:
    """Fail if a text of the item is one that PostgreSQL refuses."""
    names = ("partner_ref", "person_ref", "title", "sport_word", "device_name", "reason", "message")
    for text in (getattr(item, name, None) for name in names):
        assert text is None or (text.encode() is not None and "\x00" not in text)


@st.composite
def bytes_mutated(draw: st.DrawFn, payload: bytes) -> bytes:
    """`payload` after one to three changes anywhere in it."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(payload)))
        end = draw(st.integers(start, min(len(payload), start + 40)))
        crumb = draw(st.sampled_from(_CRUMBS) | st.binary(max_size=4) | st.just(payload[start:end] * 2))
        payload = payload[:start] + crumb + payload[end:]
    return payload
