"""Whatever becomes of a recording on its way, each format gives items that can be stored, or refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import ADAPTERS
from adapters.base import Adapter, items
from tests.adapters.expected import SAMPLES
from tests.adapters.mutations import mutated
from tests.adapters.sound import assert_sound
from tests.adapters.xml_mutations import changed_xml

NAMES = sorted(set(ADAPTERS) - {"declared"})  # reads nothing without a mapping; its own tests have one
# A body beyond this is changed as well as a smaller one, and takes so much longer to read.
_LARGEST = 60_000
_OFTEN = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


def recordings_of(adapter: Adapter) -> list[Path]:
    """What was recorded of a format, without what is too long to be changed often."""
    folders = {"fit"} if adapter.name == "fit_file" else {adapter.name, *adapter.also_called}
    found = [
        path for name in sorted(folders) if (SAMPLES / name).is_dir() for path in sorted((SAMPLES / name).iterdir())
    ]
    return [path for path in found if path.name != "NOTICE.md" and path.stat().st_size < _LARGEST]


def changed(path: Path) -> st.SearchStrategy[bytes]:
    """A recording after some changes: of nodes where it is JSON, of tags and values where it is XML, of bytes."""
    body = path.read_bytes()
    ways = [changed_bytes(body)]
    if path.suffix in {".xml", ".gpx", ".tcx", ".html"}:
        ways.append(changed_xml(body))
    if path.suffix == ".json":
        try:
            document = json.loads(body)
        except json.JSONDecodeError:
            return ways[0]
        ways.append(mutated(document).map(lambda made: json.dumps(made).encode()))
    return st.one_of(*ways)


@st.composite
def changed_bytes(draw: st.DrawFn, body: bytes) -> bytes:
    """The body after one to four changes of a few bytes, a cut or a doubled part."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(["bytes", "bytes", "cut", "double"])):
            case "bytes":
                odd = st.sampled_from(
                    [b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"NaN", b"1e400", b"9" * 400, b"\xe0\xb9\x91"]
                )
                body = body[:at] + draw(st.binary(max_size=4) | odd) + body[at + draw(st.integers(0, 40)) :]
            case "cut":
                body = body[:at]
            case _:
                body = body[:at] + body[at : at + draw(st.integers(0, 2_000))] + body[at:]
    return body


def reading(adapter: Adapter) -> Callable[[object], list[object]]:
    """As the door reads a body."""
    return lambda body: list(items(adapter, body))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_recording_gives_items_or_a_refusal(name: str) -> None:
    check(name, 15)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_ten_thousand_changed_recordings_give_items_or_a_refusal(name: str) -> None:
    check(name, 10_000)


def check(name: str, examples: int) -> None:
    adapter = ADAPTERS[name]
    recordings = recordings_of(adapter)
    assert recordings

    @settings(max_examples=examples, **_OFTEN)
    @given(st.sampled_from(recordings).flatmap(changed))
    def holds(body: bytes) -> None:
        assert_sound(reading(adapter), body)

    holds()
