"""Every format is registered, findable by each of its names, and documented."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import adapters
from adapters import ADAPTERS, adapter_named
from domain.errors import NotFound
from tests.adapters.expected import SAMPLES

ROOT = Path(adapters.__file__).parent
CARDS = sorted(path.stem for path in ROOT.glob("*.py") if "ADAPTER = Adapter(" in path.read_text("utf-8"))


def test_every_file_with_a_card_is_registered() -> None:
    cards = [import_module(f"adapters.{name}").ADAPTER for name in CARDS]

    assert sorted(ADAPTERS) == sorted(card.name for card in cards)
    assert all(ADAPTERS[card.name] is card for card in cards)


def test_a_file_is_called_as_its_adapter() -> None:
    assert sorted(ADAPTERS) == CARDS


@pytest.mark.parametrize(("name", "card"), [("garmin", "garmin"), ("garmin_health", "garmin"), ("strava", "strava")])
def test_an_adapter_is_found_by_any_of_its_names(name: str, card: str) -> None:
    assert adapter_named(name) is ADAPTERS[card]


def test_no_two_adapters_share_a_name() -> None:
    names = [name for card in ADAPTERS.values() for name in (card.name, *card.also_called)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["", "Strava ", "nike", "x" * 10_000])
def test_an_unknown_name_is_answered_with_those_that_exist(name: str) -> None:
    with pytest.raises(NotFound) as refused:
        adapter_named(name)

    assert all(known in refused.value.message for known in ADAPTERS)
    assert len(refused.value.message) < 1000


@pytest.mark.parametrize("name", CARDS)
def test_every_adapter_has_its_page_and_is_listed(name: str) -> None:
    partners = ROOT.parent / "docs" / "partners"

    assert (partners / f"{name}.md").is_file()
    assert f"({name}.md)" in (partners / "index.md").read_text("utf-8")


@pytest.mark.parametrize("name", [name for name in CARDS if name != "declared"])  # it reads others' tables as declared
def test_every_adapter_has_recordings_with_their_sources_and_tests_of_what_they_become(name: str) -> None:
    called = {name, *ADAPTERS[name].also_called}
    recorded = [
        path.relative_to(SAMPLES)
        for path in SAMPLES.rglob("*")
        if path.is_file() and path.name != "NOTICE.md" and path.relative_to(SAMPLES).parts[0] in called
    ]

    index = (SAMPLES / "INDEX.md").read_text("utf-8")
    told = (SAMPLES / "expected.json").read_text("utf-8")
    tests = (ROOT.parent / "tests" / "adapters" / f"test_{name}.py").read_text("utf-8")
    assert recorded, f"put recorded payloads into tests/samples/{name}/"
    assert [path for path in recorded if path.name not in index] == []
    assert any(f'"{path.as_posix()}"' in told or path.name in tests for path in recorded)


def test_no_adapter_may_know_another() -> None:
    contracts = tomllib.loads((ROOT.parent / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]

    (apart,) = [each["modules"] for each in contracts if each["type"] == "independence"]
    assert apart == [f"adapters.{name}" for name in CARDS]
