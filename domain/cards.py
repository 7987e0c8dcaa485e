"""How a figure of the rules is declared: its default, and beside it what it decides, its unit, bounds and source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, NamedTuple


class Words(NamedTuple):
    """A text in the two languages of the programme."""

    th: str
    en: str


CREDITS = Words("เครดิต", "credits")
KCAL = Words("กิโลแคลอรี", "kcal")
KCAL_PER_HOUR = Words("กิโลแคลอรีต่อชั่วโมง", "kcal an hour")
KCAL_PER_KG_HOUR = Words("กิโลแคลอรีต่อกิโลกรัมต่อชั่วโมง", "kcal a kilogram and hour")
MET = Words("MET", "MET")
KILOGRAMS = Words("กิโลกรัม", "kg")
SECONDS = Words("วินาที", "seconds")
MINUTES = Words("นาที", "minutes")
WEEKS = Words("สัปดาห์", "weeks")
RATIO = Words("เท่า", "times")
METERS = Words("เมตร", "metres")
METERS_PER_SECOND = Words("เมตรต่อวินาที", "metres a second")
STEPS = Words("ก้าว", "steps")
STEPS_PER_MINUTE = Words("ก้าวต่อนาที", "steps a minute")

PROGRAMME = Words("มติของโครงการ", "programme decision")
WHO_2020 = Words(
    "แนวทางกิจกรรมทางกายขององค์การอนามัยโลก พ.ศ. 2563", "WHO guidelines on physical activity and sedentary behaviour, 2020"
)
COMPENDIUM_2024 = Words(
    "2024 Adult Compendium of Physical Activities, doi:10.1016/j.jshs.2023.10.010",
    "2024 Adult Compendium of Physical Activities, doi:10.1016/j.jshs.2023.10.010",
)


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is said about a figure. `least` and `most` are the bounds, both included, that a rulebook may set."""

    unit: Words
    says: Words
    source: Words
    least: float
    most: float


_CARD = "figure"


def figure(default: Any = MISSING, *, unit: Words, th: str, en: str, source: Words, least: float, most: float) -> Any:
    """A field of `Figures` with its card, a number. `th` and `en` say what it decides, without the value."""
    card = Card(unit=unit, says=Words(th, en), source=source, least=least, most=most)
    return field(default=default, metadata={_CARD: card})


@dataclass(frozen=True, slots=True)
class Stated:
    """One figure of a set: where it stands (`speed_limits`, `running`, `flag_mps`), its value and its card.

    `whole` says whether it is a whole number by nature.
    """

    path: tuple[str, ...]
    value: float
    card: Card
    whole: bool

    @property
    def name(self) -> str:
        """The path as one word, `speed_limits.running.flag_mps`."""
        return ".".join(self.path)

    @property
    def public(self) -> str:
        """The name in the contract, `speedLimitsRunningFlagMps`."""
        first, *others = "_".join(self.path).split("_")
        return first + "".join(word.capitalize() for word in others)


def stated(figures: Any, path: tuple[str, ...] = ()) -> Iterator[Stated]:
    """Every figure of a set of them, in the order they are declared; a mapping holds sets of its own, by name.

    Raises TypeError for a field that has no card: declare it with `figure(...)`.
    """
    for each in fields(figures):
        value, here = getattr(figures, each.name), (*path, each.name)
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from stated(inner, (*here, name))
        elif is_dataclass(value):
            yield from stated(value, here)
        elif _CARD in each.metadata:
            yield Stated(here, value, each.metadata[_CARD], each.type in {"int", int})
        else:
            raise TypeError(f"{'.'.join(here)} is a figure without a card: declare it with figure(...)")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A rule as the page of rules shows it."""

    name: str
    says: Words
    value: Words
    unit: Words
    source: Words
    example: Words
