"""The partners' formats: one file each, registered here by one line."""

from __future__ import annotations

from adapters import fit_file, garmin, strava, thai_agency
from adapters.base import Adapter
from domain.errors import NotFound

ADAPTERS: dict[str, Adapter] = {
    "strava": strava.ADAPTER,
    "garmin": garmin.ADAPTER,
    "fit_file": fit_file.ADAPTER,
    "thai_agency": thai_agency.ADAPTER,
}

_BY_ANY_NAME = {name: card for card in ADAPTERS.values() for name in (card.name, *card.also_called)}


def adapter_named(name: str) -> Adapter:
    """The adapter of that name, or of that other name it goes by.

    Raises NotFound, naming the adapters that exist.
    """
    try:
        return _BY_ANY_NAME[name]
    except KeyError as error:
        raise NotFound(f"There is no adapter {name[:80]!r}; there are {', '.join(sorted(ADAPTERS))}.") from error
