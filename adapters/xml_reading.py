"""XML documents of any length read element by element, in bounded memory, without entities or network.

Expat reads; defusedxml only guards tree builders, and a tree of a year's export does not fit. Prefixes of names are
dropped, since exporters choose them freely and a part cut out of its document has to be readable by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from xml.parsers import expat

from adapters.xml_text import pieces
from domain.errors import BadPayload

LARGEST_RAW_BYTES = 32 * 1024 * 1024
DEEPEST = 64
LARGEST_ELEMENT = 500_000
"""What a kept element with everything in it may hold: characters, plus 200 for each element."""
_ELEMENT_COST = 200
_LONGEST_TOKEN = 256 * 1024
_MOST_NAMES = 5_000

# Where a tag ends, whatever its quoted values hold.
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")


class Step(Enum):
    """What the reader came upon: a container's start or end, or an element with all that is in it."""

    OPENED = auto()
    CLOSED = auto()
    WHOLE = auto()


@dataclass(slots=True, eq=False)
class Element:
    """One element: its name without prefix, its attributes, its children in order and its own text, stripped.

    `raw` holds a container's bytes, in UTF-8, once it is closed, if the form keeps them.
    """

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""
    raw: bytes = field(default=b"", repr=False)

    def child(self, name: str) -> Element | None:
        """The first child of that name."""
        return next((each for each in self.children if each.name == name), None)

    def text_of(self, name: str) -> str | None:
        """The text of the first child of that name; empty is None."""
        found = self.child(name)
        return found.text or None if found else None

    def below(self, *names: str) -> Element | None:
        """The first element of any of those names at any depth below this one, in document order."""
        for each in self.children:
            if each.name in names:
                return each
            if (found := each.below(*names)) is not None:
                return found
        return None


@dataclass(frozen=True, kw_only=True)
class Form:
    """Which parts of a partner's documents are looked at.

    `looks_at` maps each container to the children looked at: those that are containers themselves are
    opened, the others kept whole; all else is skipped with everything in it. `raw` names the containers
    whose bytes are kept, 32 MB at most; `only` maps the name of a whole element to the attribute and the
    values with which alone it is kept.
    """

    partner: str
    roots: frozenset[str]
    looks_at: Mapping[str, frozenset[str]]
    raw: frozenset[str] = frozenset()
    only: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)

    def read(self, source: object) -> Iterator[tuple[Step, Element]]:
        """What the document in `source` (bytes, or an iterable of them) holds, in its order, as it is read.

        Raises BadPayload, possibly after some elements, for what is no such document, breaks off or is out of
        bounds.
        """
        walk = _Walk(self)
        for piece in pieces(self.partner, source):
            yield from walk.fed(piece)
        yield from walk.fed(b"", last=True)


class _Walk:
    """One document on its way through expat."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.found: list[tuple[Step, Element]] = []
        self.opened: list[Element] = []
        self.kept: list[Element] = []
        self.kept_size = 0
        self.skipped = 0
        self.window = bytearray()
        self.window_at = 0
        self.raw_at: int | None = None
        # Told explicitly, since the declaration in the document speaks of the bytes before they became UTF-8.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.started
        self.parser.EndElementHandler = self.ended
        # The prolog comes without one; wherever else it stands, nothing in it may count.
        self.parser.StartDoctypeDeclHandler = self.refused_doctype
        self.parser.EntityDeclHandler = self.refused_entity

    def fed(self, piece: bytes, *, last: bool = False) -> list[tuple[Step, Element]]:
        """What `piece` completed."""
        self.window += piece
        try:
            self.parser.Parse(piece, last)
        except expat.ExpatError as error:
            message = (
                f"the XML is broken at line {error.lineno}, column {error.offset} ({expat.ErrorString(error.code)})"
            )
            raise self.refused(f"{message}; export the file again") from error
        reached = max(self.parser.CurrentByteIndex, self.window_at)
        end = self.window_at + len(self.window)
        if not last and end - reached > _LONGEST_TOKEN:
            raise self.refused("a single tag or comment is too long")
        if len(self.parser.intern) > _MOST_NAMES:
            raise self.refused("it uses too many different names of elements")
        if self.raw_at is not None and end - self.raw_at > LARGEST_RAW_BYTES:
            raise self.refused(f"one {self.opened[-1].name} is over {LARGEST_RAW_BYTES // 1024**2} MB")
        unread = reached if self.raw_at is None else self.raw_at
        del self.window[: unread - self.window_at]
        self.window_at = unread
        found, self.found = self.found, []
        return found

    def refused(self, reason: str) -> BadPayload:
        return BadPayload(self.form.partner, (), reason)

    def refused_doctype(self, *_declared: object) -> None:
        raise self.refused("it has a document type where none may stand")

    def refused_entity(self, *_declared: object) -> None:
        raise self.refused("it declares entities, which are not expanded; export the file again")

    def started(self, prefixed: str, attributes: dict[str, str]) -> None:
        if len(self.opened) + len(self.kept) + self.skipped >= DEEPEST:
            raise self.refused(f"its elements are nested over {DEEPEST} deep")
        if self.skipped:
            self.skipped += 1
            return
        name = prefixed.rpartition(":")[2]
        if self.kept:
            self.kept.append(self.element(name, attributes))
            self.kept[-2].children.append(self.kept[-1])
        elif not self.is_awaited(name):
            self.skipped = 1
        elif name in self.form.looks_at:
            self.opened.append(Element(name, attributes))
            self.found.append((Step.OPENED, self.opened[-1]))
            if name in self.form.raw:
                self.raw_at = self.parser.CurrentByteIndex
        elif self.is_wanted(name, attributes):
            self.kept_size = 0
            self.kept.append(self.element(name, attributes))
            self.parser.CharacterDataHandler = self.told
        else:
            self.skipped = 1

    def is_awaited(self, name: str) -> bool:
        if self.opened:
            return name in self.form.looks_at[self.opened[-1].name]
        if name in self.form.roots:
            return True
        expected = ", ".join(sorted(self.form.roots))
        raise self.refused(f"its first element is {name[:60]}; expected {expected}")

    def is_wanted(self, name: str, attributes: Mapping[str, str]) -> bool:
        attribute, values = self.form.only.get(name, (None, None))
        return attribute is None or values is None or attributes.get(attribute) in values

    def element(self, name: str, attributes: dict[str, str]) -> Element:
        self.grown(_ELEMENT_COST + sum(map(len, attributes)) + sum(map(len, attributes.values())))
        return Element(name, attributes)

    def told(self, text: str) -> None:
        self.grown(len(text))
        self.kept[-1].text += text

    def grown(self, by: int) -> None:
        self.kept_size += by
        if self.kept_size > LARGEST_ELEMENT:
            raise self.refused(f"one {self.kept[0].name if self.kept else 'element'} is too large")

    def ended(self, _name: str) -> None:
        if self.skipped:
            self.skipped -= 1
        elif self.kept:
            element = self.kept.pop()
            element.text = element.text.strip()
            if not self.kept:
                self.parser.CharacterDataHandler = None
                self.found.append((Step.WHOLE, element))
        else:
            element = self.opened.pop()
            if element.name in self.form.raw and self.raw_at is not None:
                element.raw = self.cut(self.raw_at)
                self.raw_at = None
            self.found.append((Step.CLOSED, element))

    def cut(self, start: int) -> bytes:
        """The document from the tag at `start` to the end of the tag that is being read."""
        tag = _TAG.match(self.window, start - self.window_at)
        # Behind an element that is one tag, expat stands at its end already.
        if tag is None or not tag[0].endswith(b"/>"):
            tag = _TAG.match(self.window, self.parser.CurrentByteIndex - self.window_at)
        return bytes(self.window[start - self.window_at : tag.end() if tag else len(self.window)])
