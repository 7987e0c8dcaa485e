"""The days of an Apple export: steps by their best source, and the watch's active energy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapters.apple_workouts import KILOCALORIES, Figure, Unread, source_of, written_moment
from adapters.base import raw_json
from adapters.tracks import number
from adapters.xml_reading import Element
from domain.drafts import BANGKOK, DayTotal, Item, Problem, Skipped, Source
from domain.errors import BadPayload

_MOST_SUMS = 200_000
_STEPS_LIMIT, _KCAL_LIMIT = 2_000_000, 1_000_000
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class Days:
    """Sums by day and source, never the samples.

    Phone and watch count the same steps, so the sources of a day are not added: the one that counted most stands
    for it. What a person typed in counts nowhere.
    """

    def __init__(self, partner: str) -> None:
        self._partner = partner
        self._steps: dict[date, dict[str, float]] = {}
        self._energy: dict[date, float] = {}
        self._sums = 0
        self._unread: list[tuple[str, dict[str, str]]] = []
        self._unread_count = 0

    def add_steps(self, record: Element) -> None:
        """Add one `Record` of steps to the day on which it starts.

        Raises BadPayload if the export has more days and sources than any life.
        """
        attributes = record.attributes
        typed = any(
            entry.attributes.get("key") == "HKWasUserEntered" and entry.attributes.get("value") == "1"
            for entry in record.children
        )
        if typed:
            return
        at, steps = written_moment(attributes.get("startDate")), number(attributes.get("value"))
        if at is None or at.tzinfo is None or steps is None or steps < 0:
            self._not_read(record)
            return
        sources = self._steps.setdefault(at.astimezone(BANGKOK).date(), {})
        name = attributes.get("sourceName", "")[:100]
        self._grown(name not in sources)
        sources[name] = sources.get(name, 0.0) + steps

    def add_summary(self, summary: Element) -> None:
        """Add one `ActivitySummary`, the day's active energy as the watch's rings show it."""
        attributes = summary.attributes
        written = Figure(
            name="activeEnergyBurned",
            value=attributes.get("activeEnergyBurned"),
            unit=attributes.get("activeEnergyBurnedUnit"),
        )
        try:
            day = date.fromisoformat(attributes.get("dateComponents", ""))
            energy = written.in_units(KILOCALORIES, otherwise="kcal")
        except (ValueError, Unread):
            self._not_read(summary)
            return
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            self._not_read(summary)
            return
        self._grown(day not in self._energy)
        self._energy[day] = energy or 0.0

    def items(self) -> Iterator[Item]:
        """One item for each day, in their order, and one for all that could not be read."""
        for day in sorted(self._steps.keys() | self._energy.keys()):
            yield self._item(day)
        if self._unread:
            name, attributes = self._unread[0]
            message = f"{self._unread_count} day figures or step records could not be read; this is the first."
            yield Problem(code="BAD_RECORD", path=(name,), message=message, raw=raw_json(attributes))

    def _item(self, day: date) -> Item:
        sources = self._steps.get(day, {})
        name, most = max(sorted(sources.items()), key=lambda pair: pair[1], default=("", 0.0))
        steps, energy = round(most), self._energy.get(day, 0.0)
        raw = raw_json({"day": day.isoformat(), "steps": sources, "activeEnergyKcal": self._energy.get(day)})
        path = ("day", day.isoformat())
        if not 0 <= steps <= _STEPS_LIMIT or not 0 <= energy <= _KCAL_LIMIT:
            message = "The day's steps or energy are beyond what a record holds."
            return Problem(code="ABSURD_FIGURE", path=path, message=message, raw=raw)
        if not steps and not energy:
            return Skipped(path=path, reason="a day on which nothing was counted")
        return DayTotal(
            local_date=day,
            steps=steps or None,
            energy_kcal=energy or None,
            source=Source.DEVICE if energy else source_of(name, None),
            raw=raw,
        )

    def _grown(self, is_new: bool) -> None:
        self._sums += is_new
        if self._sums > _MOST_SUMS:
            raise BadPayload(self._partner, ("Record",), "it has more days and sources than any life")

    def _not_read(self, element: Element) -> None:
        self._unread_count += 1
        if not self._unread:
            self._unread.append((element.name, element.attributes))
