"""What a mapping is: where each figure of an organisation's own file stands, and whether it can read anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adapters.declared_dates import DateStyle
from adapters.thai_columns import ALLOWED_UNITS, Column
from adapters.thai_text import plain
from domain.sports import Sport

NAME = "declared"
NEEDED = (Column.DAY, Column.SPORT)
TIMES = (Column.DURATION, Column.END)


class Unit(StrEnum):
    """What a figure counts where its cells do not say so themselves."""

    KILOMETERS = "kilometers"
    METERS = "meters"
    HOURS = "hours"
    MINUTES = "minutes"
    SECONDS = "seconds"
    HOURS_MINUTES = "hours:minutes"
    KILOCALORIES = "kilocalories"
    KILOJOULES = "kilojoules"
    EPOCH_SECONDS = "epoch seconds"
    EPOCH_MILLISECONDS = "epoch milliseconds"


MOMENT_UNITS = frozenset({"", Unit.EPOCH_SECONDS, Unit.EPOCH_MILLISECONDS})


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a figure stands: under the heading or at the path `at`, or the same `always`; one of both is ""."""

    at: str = ""
    always: str = ""
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A mapping: what stands where. `items` is the path to the list of a JSON document, None for a table."""

    columns: Mapping[Column, Place]
    sports: Mapping[str, Sport] = field(default_factory=dict)
    dates: DateStyle = DateStyle.DAY_FIRST
    items: str | None = None

    def stored(self) -> dict[str, Any]:
        """As it is kept, JSON by nature; lists of numbered parts, so that a database can make rows of them."""
        columns = [
            {"n": n, "figure": each.value, "at": place.at or None, "always": place.always or None,
             "unit": place.unit or None}
            for n, (each, place) in enumerate(self.columns.items())
        ]  # fmt: skip
        sports = [{"n": n, "word": word, "sport": sport.value} for n, (word, sport) in enumerate(self.sports.items())]
        return {"columns": columns, "sports": sports, "dates": self.dates.value, "items": self.items}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Spec:
        """The mapping that was `stored`."""
        return cls(
            columns={
                Column(each["figure"]): Place(at=each["at"] or "", always=each["always"] or "", unit=each["unit"] or "")
                for each in stored["columns"]
            },
            sports={each["word"]: Sport(each["sport"]) for each in stored["sports"]},
            dates=DateStyle(stored["dates"]),
            items=stored["items"],
        )


def units_of(column: Column, spec_items: str | None) -> frozenset[str]:
    """The units that a mapping may give a column; "" says that the cells name them."""
    if column in (Column.DAY, Column.START, Column.END):
        return MOMENT_UNITS if spec_items is not None else frozenset({""})
    return ALLOWED_UNITS.get(column, frozenset()) | {""}


def refusal_of(spec: Spec) -> tuple[Column | None, str] | None:
    """Why this mapping could read nothing, with the column concerned, in words for who makes it; None if it could."""
    missing = [each for each in NEEDED if each not in spec.columns]
    if missing:
        return missing[0], f"Declare where the {missing[0]} stands; no workout is without."
    if not any(each in spec.columns for each in TIMES):
        return Column.DURATION, "Declare where the duration or the end stands; no workout is without one of them."
    if Column.PERSON not in spec.columns and Column.CITIZEN not in spec.columns:
        return Column.PERSON, "Declare where the person's number or the citizen number stands."
    for column, place in spec.columns.items():
        if bool(place.at.strip()) == bool(place.always.strip()):
            return column, "Say where it stands (`at`), or what it always is (`always`): one of both."
        if place.unit not in units_of(column, spec.items):
            named = ", ".join(sorted(Unit(each).name for each in units_of(column, spec.items) if each)) or "no unit"
            return column, f"{column} takes {named}."
    words = [words_of(place.at) for place in spec.columns.values() if place.at]
    twice = next((word for word in words if words.count(word) > 1), None)
    if twice:
        return None, f"“{twice}” stands for two columns; a heading can be one figure."
    return None


def words_of(text: str) -> str:
    """A heading as it is compared: case and spacing do not matter."""
    return " ".join(plain(text).lower().split())
