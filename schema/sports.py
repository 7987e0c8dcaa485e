"""Sports as partners see them."""

from __future__ import annotations

from domain import reference as rows
from domain.sports import GROUP_NAMES, SportGroup, all_facts
from domain.sports import Sport as SportWord
from resolvers import sports
from schema.enums import described
from schema.words import Node, column, one, shows, text

described(
    SportGroup,
    says="The coarse shelf of a sport, by which statistics count.",
    values={group.value: f"{english} ({thai})." for group, (thai, english) in GROUP_NAMES.items()},
)
described(
    SportWord,
    name="SportWord",
    says="A sport of the common taxonomy; sources' own words are mapped to these.",
    values={word.value: f"{facts.name_en} ({facts.name_th})." for word, facts in all_facts().items()},
)


@shows(rows.SportRow, node=sports.by_id, key="word", says="A sport of the common taxonomy.")
class Sport(Node):
    """A sport."""

    word: SportWord = column(says="Its word, which never changes.")
    name: str = text(th="name_th", en="name_en", says="Its name.")
    group: SportGroup = column(from_="group_word", says="The shelf it is counted on.")
    parent: Sport | None = one(sports.parent_of, says="The sport it is a variety of; null at the root of a family.")
    met_code: str = column(says="Its code in the 2024 Adult Compendium of Physical Activities.")
    met: float = column(
        says="Metabolic equivalent at an ordinary pace, in MET; 1 MET is about 1 kcal per kilogram and hour."
    )
    met_verified: bool = column(says="Whether the Compendium lists the sport itself, and not only a similar one.")
