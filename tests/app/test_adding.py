"""A format is begun whole, in the house's form, and says that it reads nothing yet."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters import ADAPTERS
from app import cli
from app.adding import begun
from domain.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
COPIED = ["adapters", "domain", "tests/adapters", "docs/partners", "pyproject.toml", "tests/samples/INDEX.md"]
CHANGED = ["adapters/__init__.py", "docs/partners/index.md", "pyproject.toml", "tests/samples/INDEX.md"]
WRITTEN = [
    "adapters/zepp_life.py",
    "docs/partners/zepp_life.md",
    "tests/adapters/test_zepp_life.py",
    "tests/samples/zepp_life/NOTICE.md",
]
READ = """
from adapters import adapter_named
from adapters.base import items
from domain.errors import BadPayload
try:
    list(items(adapter_named("zepp_life"), b'{"workouts": []}'))
except BadPayload as refused:
    print(refused.message)
"""


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of what a format is made of."""
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


def ran(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main(list(arguments))
    return int(end.value.code or 0)


def texts(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def said(folder: Path, *command: str) -> str:
    found = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def test_a_new_format_is_written_and_registered_by_one_line_each(checkout):
    before = texts(checkout)

    assert ran("partner", "new", "zepp_life", "--title", "Zepp Life", "--dir", str(checkout)) == 0

    after = texts(checkout)
    assert sorted(after.keys() - before.keys()) == WRITTEN
    assert sorted(name for name in before if before[name] != after[name]) == CHANGED
    for name in CHANGED:
        assert set(before[name].splitlines()) <= set(after[name].splitlines())
        assert b"zepp_life" in after[name]


def test_what_is_written_passes_the_linter_and_its_own_tests_and_refuses_all(checkout):
    assert ran("partner", "new", "zepp_life", "--title", "Zepp Life", "--dir", str(checkout)) == 0

    written = [name for name in (*WRITTEN, *CHANGED) if name.endswith(".py")]
    said(checkout, "-m", "ruff", "check", "--no-cache", *written)
    said(checkout, "-m", "ruff", "format", "--no-cache", "--check", *written)
    tests = said(
        checkout, "-m", "pytest", "-q", "--noconftest", "-p", "no:randomly", "tests/adapters/test_zepp_life.py"
    )
    assert "8 passed" in tests
    assert "cannot be read yet" in said(checkout, "-c", READ)


@pytest.mark.long
def test_what_is_written_passes_the_type_checker(checkout):
    assert ran("partner", "new", "zepp_life", "--dir", str(checkout)) == 0

    said(checkout, "-m", "mypy", "adapters/zepp_life.py")


@pytest.mark.parametrize("name", ["aaa", "m2", "zzz"])
def test_lists_of_formats_stay_in_order(checkout, name):
    assert ran("partner", "new", name, "--dir", str(checkout)) == 0

    lines = (checkout / "adapters" / "__init__.py").read_text("utf-8").splitlines()
    registered = [line.split('"')[1] for line in lines if line.endswith(".ADAPTER,")]
    assert registered == sorted([*ADAPTERS, name])


def test_a_dry_run_says_what_it_would_do_and_does_nothing(checkout, capsys):
    before = texts(checkout)

    assert ran("partner", "new", "zepp_life", "--dry-run", "--dir", str(checkout)) == 0

    assert texts(checkout) == before
    assert [line.split("\t")[1] for line in capsys.readouterr().out.splitlines() if "written" in line] == [
        WRITTEN[0],
        WRITTEN[2],
        WRITTEN[3],
        WRITTEN[1],
    ]


@pytest.mark.parametrize(
    "name",
    ["strava", "gpx", "garmin_health", "base", "reading", "index", "Zepp", "9lives", "a-b", "a b", "a__b", "_a", "a_",
     "class", "../x", "", "ก", "x" * 41],
)  # fmt: skip
def test_a_name_that_exists_or_is_no_identifier_is_refused(checkout, capsys, name):
    before = texts(checkout)

    assert ran("partner", "new", "--dir", str(checkout), "--", name) == 2

    assert texts(checkout) == before
    assert capsys.readouterr().err.startswith("ccc: ")


@pytest.mark.parametrize("title", ["", " ", 'a"b', "a\\", "a|b", "a\nb", "<name>", "x" * 41])
def test_a_title_that_would_break_a_file_is_refused(checkout, title):
    with pytest.raises(BadInput, match="is no title"):
        begun(checkout, "zepp_life", title, {})


def test_a_folder_that_is_no_checkout_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no checkout"):
        begun(tmp_path, "zepp_life", "Zepp Life", {})


def test_the_way_is_told_from_the_index():
    partners = ROOT / "docs" / "partners"

    assert "(adding.md)" in (partners / "index.md").read_text("utf-8")
    assert all(
        word in (partners / "adding.md").read_text("utf-8") for word in ["ccc partner new", "normalise", "pages"]
    )
