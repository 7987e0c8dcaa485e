"""The recorded payloads under tests/samples and what each must become, in our words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from domain.drafts import Draft, Item

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
TOLERANCE = 0.001

# expected.json words that are not already values of our Sport.
_SPORT_WORDS = {"running": "run", "walking": "walk", "cycling": "ride"}


def sample(name: str) -> bytes:
    """The bytes of tests/samples/`name`."""
    return (SAMPLES / name).read_bytes()


@cache
def _all_expected() -> dict[str, list[dict[str, object]]]:
    files: dict[str, list[dict[str, object]]] = json.loads(sample("expected.json"))["files"]
    return files


def expected_of(name: str) -> list[dict[str, object]]:
    """What expected.json says of tests/samples/`name`, one mapping per workout, in file order."""
    return _all_expected()[name]


def as_expected(draft: Draft) -> dict[str, object]:
    """`draft` under the keys of expected.json."""
    return {
        "sport": draft.sport.value,
        "start_utc": draft.started_at.astimezone(UTC).isoformat(),
        "elapsed_s": draft.elapsed_seconds,
        "moving_s": draft.moving_seconds,
        "timer_s": draft.moving_seconds,
        "distance_m": draft.distance_meters,
        "kcal": draft.energy_kcal,
        "steps": draft.steps,
        "external_id": draft.partner_ref,
        "utc_offset_s": draft.utc_offset_seconds,
        "manual": draft.manual,
        # Where no record is named, the app that wrote it.
        "origin": " ".join(draft.upstream) if draft.upstream else draft.device_name,
        "province": draft.province_code,
        "district": draft.district_code,
    }


def _same(key: str, wanted: object, got: object) -> bool:
    if key == "start_utc" and isinstance(wanted, str) and isinstance(got, str):
        return abs((datetime.fromisoformat(wanted) - datetime.fromisoformat(got)).total_seconds()) < TOLERANCE
    if key == "kcal" and wanted == 0:
        return not got  # the sample index: 0 or absent is missing
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return isinstance(got, int | float) and math.isclose(wanted, got, rel_tol=TOLERANCE, abs_tol=1e-9)
    return wanted == got


def differences(draft: Draft, wanted: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """The keys on which `draft` departs from `wanted`, each with (wanted, got); empty when it agrees.

    Only keys that we hold are compared; numbers agree within 0.1 %.
    """
    got = as_expected(draft)
    adapted = {key: value for key, value in wanted.items() if key in got}
    if isinstance(word := adapted.get("sport"), str):
        adapted["sport"] = _SPORT_WORDS.get(word, word)
    return {key: (value, got[key]) for key, value in adapted.items() if not _same(key, value, got[key])}


def assert_as_expected(name: str, items: Iterable[Item]) -> None:
    """Fail unless the drafts among `items` are, in order, what expected.json says of `name`."""
    drafts = [item for item in items if isinstance(item, Draft)]
    wanted = expected_of(name)

    assert len(drafts) == len(wanted), f"{name}: {len(drafts)} drafts, {len(wanted)} expected"
    assert [differences(draft, one) for draft, one in zip(drafts, wanted, strict=True)] == [{}] * len(wanted)
