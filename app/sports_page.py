"""How much of each format's vocabulary becomes which of our sports, as a page made from the adapters' own tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from adapters.base import Adapter
from domain.sports import Sport, all_facts

_HEAD = """\
# Sports and the words for them

How many of each format's words and numbers are read as which of our sports. Made by `ccc sports` from the adapters' own
tables; a test compares. A word that no table holds becomes `OTHER` and is kept verbatim as the record's `sportWord`: no
workout is lost for its word. They are counted: `unmappedSports` lists a partner's own to it, all to administrators.

## By format

*Words* are all that the format's table holds; *left as `OTHER`* those of them that are known and say no sport of ours;
*sports* how many of ours the rest comes to. Formats that leave words to whoever writes them (files of points, agencies'
tables, Open mHealth) know the names of our own list beside their own words, so their counts grow with it.
"""
_BY_SPORT = """\
## By sport

How many words of each format become the sport. One that no vendor's format has comes by free words alone.
"""


def page(adapters: Iterable[Adapter]) -> str:
    """The whole page in Markdown: formats in the order given, sports in the order of our list."""
    cards = list(adapters)
    counts = {card.name: _counted(card) for card in cards}
    parts = [
        _HEAD,
        _table(("adapter", "title", "words", "left as `OTHER`", "sports"), (_line(card, counts) for card in cards)),
        "",
        _BY_SPORT,
        _table(
            ("sport", "English", "ไทย", "formats"),
            (
                (f"`{sport.name}`", facts.name_en, facts.name_th, _formats(sport, counts))
                for sport, facts in all_facts().items()
                if sport is not Sport.OTHER
            ),
        ),
    ]
    return "\n".join(parts) + "\n"


def _counted(card: Adapter) -> Counter[Sport]:
    """Words by what they become; a word that stands in several tables of one format counts once for each sport."""
    return Counter(sport for _, sport in dict.fromkeys(card.vocabulary() if card.vocabulary else ()))


def _line(card: Adapter, counts: dict[str, Counter[Sport]]) -> tuple[str, ...]:
    name = f"[`{card.name}`](partners/{card.name}.md)"
    if card.vocabulary is None:
        return name, card.title, "names no sport", "", ""
    found = counts[card.name]
    return name, card.title, str(found.total()), str(found[Sport.OTHER]), str(len(found.keys() - {Sport.OTHER}))


def _formats(sport: Sport, counts: dict[str, Counter[Sport]]) -> str:
    return ", ".join(f"{name} {found[sport]}" for name, found in counts.items() if found[sport])


def _table(heads: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rows = (heads, ("---",) * len(heads), *lines)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
