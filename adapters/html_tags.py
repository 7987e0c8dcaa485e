"""The tags of an HTML page in their order, read in one pass whose cost grows with the page alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape

# A tag longer than this is no tag of a page made for people. Nothing below goes back over what it has read: the
# parser of the standard library takes quadratic time for unfinished tags and comments.
_TAG_LIMIT = 8_000
_TEXT_LIMIT = 2_000
_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
_TAG = re.compile(r"""<(/?)([A-Za-z][A-Za-z0-9]{0,30}+)((?:[^"'>]++|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""(?<=[\s"'/])([^\s=/"'<>]{1,60}+)\s{0,9}+=\s{0,9}+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_OPAQUE = frozenset({"script", "style", "textarea", "title"})


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of a page; what it says is read when asked for, since most tags are never asked."""

    page: str
    found: re.Match[str]

    @property
    def name(self) -> str:
        """Its name in lower case."""
        return self.found[2].lower()

    @property
    def closes(self) -> bool:
        """True for a closing tag."""
        return bool(self.found[1])

    @property
    def attributes(self) -> Mapping[str, str]:
        """Its attributes with their values; names in lower case."""
        parts = _ATTRIBUTE.finditer(self.found[3])
        return {each[1].lower(): unescape(each[2] or each[3] or each[4] or "") for each in parts}

    @property
    def classes(self) -> frozenset[str]:
        """The words of its class attribute."""
        return frozenset(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """The text between it and the next tag, 2,000 characters at most."""
        start = self.found.end()
        following = self.page.find("<", start, start + _TEXT_LIMIT)
        end = start + _TEXT_LIMIT if following == -1 else following
        return unescape(self.page[start:end]).replace("\xa0", " ").strip()


def tags(page: str) -> Iterator[Tag]:
    """Every tag of `page` in its order.

    Comments, declarations, scripts and styles are left out. The page ends where one of these or a tag is unfinished.
    """
    at = 0
    while (opening := _OPENING.search(page, at)) is not None:
        at = opening.start()
        if page.startswith("<!--", at):
            at = _after(page, "-->", at + 4)
        elif page[at + 1] in "!?":
            at = _after(page, ">", at + 1)
        elif page.startswith("</", at) and not page[at + 2 : at + 3].isalpha():
            at += 2
        else:
            found = _TAG.match(page, at, at + _TAG_LIMIT)
            if found is None:
                return
            tag = Tag(page, found)
            yield tag
            at = found.end()
            if tag.name in _OPAQUE and not tag.closes:
                at = _after(page, f"</{tag.name}", at)


def _after(page: str, mark: str, start: int) -> int:
    found = page.find(mark, start)
    return len(page) if found == -1 else found + len(mark)
