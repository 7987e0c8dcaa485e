"""The partners' formats: one file each, registered here by one line."""

from __future__ import annotations

from adapters import (
    apple_health,
    ccc_ndjson,
    coros,
    declared,
    fit_file,
    fitbit,
    garmin,
    google_fit,
    google_health,
    gpx_file,
    health_connect,
    huawei,
    ieee_1752,
    open_mhealth,
    oura,
    parkrun,
    polar,
    samsung_health,
    strava,
    suunto,
    tcx_file,
    thai_agency,
    wahoo,
    withings,
)
from adapters.base import Adapter
from domain.errors import NotFound
from domain.partners import Partner

ADAPTERS: dict[str, Adapter] = {
    "apple_health": apple_health.ADAPTER,
    "ccc_ndjson": ccc_ndjson.ADAPTER,
    "coros": coros.ADAPTER,
    "declared": declared.ADAPTER,
    "fit_file": fit_file.ADAPTER,
    "fitbit": fitbit.ADAPTER,
    "garmin": garmin.ADAPTER,
    "google_fit": google_fit.ADAPTER,
    "google_health": google_health.ADAPTER,
    "gpx_file": gpx_file.ADAPTER,
    "health_connect": health_connect.ADAPTER,
    "huawei": huawei.ADAPTER,
    "ieee_1752": ieee_1752.ADAPTER,
    "open_mhealth": open_mhealth.ADAPTER,
    "oura": oura.ADAPTER,
    "parkrun": parkrun.ADAPTER,
    "polar": polar.ADAPTER,
    "samsung_health": samsung_health.ADAPTER,
    "strava": strava.ADAPTER,
    "suunto": suunto.ADAPTER,
    "tcx_file": tcx_file.ADAPTER,
    "thai_agency": thai_agency.ADAPTER,
    "wahoo": wahoo.ADAPTER,
    "withings": withings.ADAPTER,
}

_BY_ANY_NAME = {name: card for card in ADAPTERS.values() for name in (card.name, *card.also_called)}


def adapter_of(partner: Partner) -> Adapter | None:
    """The format that a partner sends, its own mapping where it declared one; None if it sends nothing."""
    if partner.adapter is None:
        return None
    return declared.of_partner(partner) if partner.adapter == declared.ADAPTER.name else adapter_named(partner.adapter)


def adapter_named(name: str) -> Adapter:
    """The adapter of that name, or of that other name it goes by.

    Raises NotFound, naming the adapters that exist.
    """
    try:
        return _BY_ANY_NAME[name]
    except KeyError as error:
        raise NotFound(f"There is no adapter {name[:80]!r}; there are {', '.join(sorted(ADAPTERS))}.") from error
