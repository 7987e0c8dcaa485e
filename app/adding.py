"""Begins a format: writes its adapter, test, recordings folder and page, and registers it where formats are listed."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.adding_texts import ADAPTER, INDEX, NOTICE, PAGE, TEST
from domain.errors import BadInput

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST_NAME = 40
_NOT_IN_TITLES = frozenset('"\\|<>')  # they end a text of Python's or a cell of a table
_LONGEST_TITLE = 40

_AFTER = "## Licences\n"
# file: (the list's lines, each with the name they are sorted by; the line to put among them)
_LISTS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "adapters/__init__.py": (
        (re.compile(r"^    (\w+),\n", re.MULTILINE), "    {name},\n"),
        (re.compile(r'^    "(\w+)": \w+\.ADAPTER,\n', re.MULTILINE), '    "{name}": {name}.ADAPTER,\n'),
    ),
    "docs/partners/index.md": (
        (
            re.compile(r"^\| `(\w+)`.* \| \[\w+\.md\]\(\w+\.md\) \|\n", re.MULTILINE),
            "| `{name}` | nothing yet | - | [{name}.md]({name}.md) |\n",
        ),
    ),
    "pyproject.toml": ((re.compile(r'^    "adapters\.(\w+)",\n', re.MULTILINE), '    "adapters.{name}",\n'),),
}


@dataclass(frozen=True)
class Begun:
    """The files of a format to begin, by path, with their whole text: new ones, and those that get a line."""

    new: Mapping[Path, str]
    changed: Mapping[Path, str]

    def write(self) -> None:
        """Write all; the new ones first. Raises BadInput where one has come to exist meanwhile."""
        for path, text in self.new.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
            except FileExistsError as error:
                raise BadInput(f"{path} exists already; nothing of it was changed.") from error
        for path, text in self.changed.items():
            path.write_text(text, encoding="utf-8")


def begun(root: Path, name: str, title: str, taken: Mapping[str, str]) -> Begun:
    """What begins the format `name` in the checkout at `root`; writes nothing. `taken`: names in use, and whose.

    Raises BadInput for a name that is taken or no identifier, a title that is none, and a folder that is no checkout.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME or keyword.iskeyword(name):
        raise BadInput(
            f"{name[:80]!r} names no adapter: take 1 to {_LONGEST_NAME} small letters, digits and single underscores, "
            "beginning with a letter, and no word of Python's."
        )
    if name in taken:
        raise BadInput(
            f"There is an adapter of the name {name!r}: {taken[name]}. Take another name, or change that one."
        )
    if not 0 < len(title.strip()) <= _LONGEST_TITLE or not title.isprintable() or _NOT_IN_TITLES & set(title):
        raise BadInput(
            f"{title[:80]!r} is no title: take 1 to {_LONGEST_TITLE} characters on one line, and none of "
            f"{' '.join(sorted(_NOT_IN_TITLES))}."
        )
    if not all((root / file).is_file() for file in _LISTS):
        raise BadInput(f"{root} is no checkout of this program; a format is begun where its source is.")
    new = {
        root / "adapters" / f"{name}.py": ADAPTER,
        root / "tests" / "adapters" / f"test_{name}.py": TEST,
        root / "tests" / "samples" / name / "NOTICE.md": NOTICE,
        root / "docs" / "partners" / f"{name}.md": PAGE,
    }
    if there := [str(path.relative_to(root)) for path in new if path.exists()]:
        raise BadInput(f"{', '.join(there)} exists already. Take another name.")
    index = root / "tests" / "samples" / "INDEX.md"
    return Begun(
        {path: _filled(text, name, title.strip()) for path, text in new.items()},
        {root / file: _registered(root, file, name) for file in _LISTS}
        | {index: index.read_text(encoding="utf-8").replace(_AFTER, f"{_filled(INDEX, name, title)}{_AFTER}", 1)},
    )


def _filled(text: str, name: str, title: str) -> str:
    return text.replace("<name>", name).replace("<title>", title)


def _registered(root: Path, file: str, name: str) -> str:
    """The file with its line for `name` in each of its lists of formats, by the alphabet."""
    text = (root / file).read_text(encoding="utf-8")
    for lines, line in _LISTS[file]:
        found = list(lines.finditer(text))
        if not found:
            raise BadInput(f"{file} holds no list of formats as it did; register {name} by hand.")
        at = next((each.start() for each in found if each[1] > name), found[-1].end())
        text = text[:at] + line.format(name=name) + text[at:]
    return text
