import importlib
import pkgutil
import re
import socket
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import adapters
from app.settings import PREFIX, Settings
from domain.errors import Refused
from domain.scopes import SENTENCES, Scope

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {"adapters", "app", "auth", "domain", "engine", "migrations", "resolvers", "schema"}


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def refusals(family: type[Refused] = Refused) -> set[type[Refused]]:
    return {family}.union(*(refusals(each) for each in family.__subclasses__()))


def modules(package: str) -> list[str]:
    return [each.name for each in pkgutil.walk_packages([str(ROOT / package)], prefix=f"{package}.") if not each.ispkg]


def test_no_installed_distribution_claims_the_names_of_our_packages():
    claims = packages_distributions()

    assert {name: claims.get(name, []) for name in FLOORS if set(claims.get(name, [])) - {"ccc-hub"}} == {}


def test_imports_point_down_only():
    # In a process of its own: within ours it would reconfigure logging and silence every logger there is.
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]

    found = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout


def test_every_adapter_file_is_registered():
    cards = [getattr(importlib.import_module(name), "ADAPTER", None) for name in modules("adapters")]

    assert {card.name for card in cards if card} == set(adapters.ADAPTERS)


@pytest.mark.parametrize("name", adapters.ADAPTERS)
def test_every_adapter_has_its_page(name):
    assert (ROOT / "docs" / "partners" / f"{name}.md").is_file()


def test_no_two_adapters_go_by_one_name():
    names = [name for card in adapters.ADAPTERS.values() for name in (card.name, *card.also_called)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_named_in_the_operations_page(name):
    assert f"`{PREFIX}{name.upper()}`" in page("operations.md")


def test_the_operations_page_names_no_setting_that_does_not_exist():
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page("operations.md")))

    assert named == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_every_error_code_is_explained():
    for floor in sorted(FLOORS - {"migrations"}):
        for name in modules(floor):
            importlib.import_module(name)

    assert {each.code for each in refusals() if f"`{each.code}`" not in page("errors.md")} == set()


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_has_its_sentences_and_is_documented(scope):
    assert all(SENTENCES[scope])
    assert f"`{scope}`" in page("scopes.md")


def test_the_environment_is_read_in_one_place():
    readers = [
        path.relative_to(ROOT)
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.py")
        if re.search(r"os\.environ|os\.getenv", path.read_text())
    ]

    assert readers == []


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_tests_reach_no_address_but_loopback(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET

    with socket.socket(family) as sock, pytest.raises(PermissionError, match="loopback"):
        sock.connect((host, 80))


def test_tests_ask_for_no_names_but_their_own():
    with pytest.raises(PermissionError, match="loopback"):
        socket.getaddrinfo("example.org", 80)


def test_no_tool_has_a_settings_file_of_its_own():
    others = {"setup.cfg", "setup.py", "tox.ini", "pytest.ini", "mypy.ini", ".coveragerc", "ruff.toml", "alembic.ini"}

    assert others & {path.name for path in ROOT.iterdir()} == set()


def test_the_lock_holds_hashes_and_no_registry_address():
    lock = (ROOT / "requirements.lock").read_text()

    assert "--hash=sha256:" in lock
    assert "://" not in lock
