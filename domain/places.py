"""The tree of places (country, region, health zone, province, district, subdistrict) and areas across it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from sqlalchemy import Text
from sqlmodel import Field

from domain.base import Row
from domain.placenames import Located, district_named, located, names_by_code, province_named, subdistrict_named
from domain.thai import sort_key

__all__ = [
    "COUNTRY",
    "Area",
    "AreaPlace",
    "Located",
    "Place",
    "PlaceAncestor",
    "PlaceKind",
    "all_ancestors",
    "all_places",
    "ancestors_of",
    "district_named",
    "located",
    "province_named",
    "subdistrict_named",
]

COUNTRY = "TH"
"""The code of the root of the tree."""


class PlaceKind(StrEnum):
    """The level of a place."""

    COUNTRY = "country"
    REGION = "region"
    HEALTH_ZONE = "health_zone"
    PROVINCE = "province"
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"


class Place(Row, table=True):
    """A node of the tree, keyed by its DOPA code; `R1`..`R6` are regions, `HZ01`..`HZ13` health zones.

    `kind` is a PlaceKind. The parent of a province is its region; the one of a region or a health zone
    is the country. `health_zone_code` stands on provinces only, `iso_code` on the country and provinces.
    Ordered by `sort_key_th` in C collation, names follow the Thai dictionary.
    """

    __tablename__ = "places"

    code: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text, index=True)
    parent_code: str | None = Field(default=None, sa_type=Text, index=True)
    health_zone_code: str | None = Field(default=None, sa_type=Text)
    iso_code: str | None = Field(default=None, sa_type=Text)
    name_th: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)
    sort_key_th: str = Field(sa_type=Text)


class PlaceAncestor(Row, table=True):
    """One place that holds another: itself, its district, province, region, health zone, the country."""

    __tablename__ = "place_ancestors"

    place_code: str = Field(primary_key=True, sa_type=Text)
    ancestor_code: str = Field(primary_key=True, sa_type=Text, index=True)


class Area(Row, table=True):
    """A named set of places that cuts across the tree, such as a smart city."""

    __tablename__ = "areas"

    code: str = Field(primary_key=True, sa_type=Text)
    name_th: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)


class AreaPlace(Row, table=True):
    """One place of an area; all that lies in the place belongs to the area."""

    __tablename__ = "area_places"

    area_code: str = Field(primary_key=True, sa_type=Text)
    place_code: str = Field(primary_key=True, sa_type=Text, index=True)


@dataclass(frozen=True, slots=True)
class _Group:
    code: str
    name_th: str
    name_en: str
    provinces: frozenset[str]


def all_places() -> tuple[Place, ...]:
    """Every place as a new row, parents before children: country, regions, health zones, then DOPA codes by level.

    Sources: geothai (DOPA) for codes and names, domain/data for regions and health zones.
    """
    return (
        _place(COUNTRY, PlaceKind.COUNTRY, "ประเทศไทย", "Thailand", iso_code=COUNTRY),
        *(_place(each.code, PlaceKind.REGION, each.name_th, each.name_en, COUNTRY) for each in _groups("regions")),
        *(
            _place(each.code, PlaceKind.HEALTH_ZONE, each.name_th, each.name_en, COUNTRY)
            for each in _groups("health_zones")
        ),
        *_dopa_places(),
    )


def all_ancestors() -> tuple[tuple[str, str], ...]:
    """Every (place_code, ancestor_code), each place's own code included, in the order of `all_places`.

    Pairs rather than rows: there are 50,000, and a row takes 60 µs to make.
    """
    return tuple((code, above) for code in (COUNTRY, *_group_codes(), *names_by_code()) for above in ancestors_of(code))


def ancestors_of(code: str) -> tuple[str, ...]:
    """The codes that hold this place, from itself outwards: district, province, region, health zone, country.

    Raises KeyError for a code that is not in the tree.
    """
    if code == COUNTRY:
        return (COUNTRY,)
    if code in _group_codes():
        return (code, COUNTRY)
    names_by_code()[code]
    inside = tuple(code[:length] for length in range(len(code), 0, -2))
    return (*inside, _group_of("regions")[code[:2]], _group_of("health_zones")[code[:2]], COUNTRY)


def _dopa_places() -> Iterator[Place]:
    for code, (name_th, name_en) in names_by_code().items():
        if len(code) == len("10"):
            yield _place(
                code,
                PlaceKind.PROVINCE,
                name_th,
                name_en,
                _group_of("regions")[code],
                health_zone_code=_group_of("health_zones")[code],
                iso_code=f"{COUNTRY}-{code}",
            )
        else:
            kind = PlaceKind.DISTRICT if len(code) == len("1001") else PlaceKind.SUBDISTRICT
            yield _place(code, kind, name_th, name_en, code[:-2])


def _place(
    code: str,
    kind: PlaceKind,
    name_th: str,
    name_en: str,
    parent_code: str | None = None,
    *,
    health_zone_code: str | None = None,
    iso_code: str | None = None,
) -> Place:
    # Bangkok's districts carry the word เขต in their names; all fifty would stand under ข.
    sorted_by = name_th.removeprefix("เขต") if kind is PlaceKind.DISTRICT else name_th
    return Place(
        code=code,
        kind=kind.value,
        parent_code=parent_code,
        health_zone_code=health_zone_code,
        iso_code=iso_code,
        name_th=name_th,
        name_en=name_en,
        sort_key_th=sort_key(sorted_by),
    )


@cache
def _groups(name: str) -> tuple[_Group, ...]:
    held = json.loads(files("domain").joinpath(f"data/{name}.json").read_text(encoding="utf-8"))
    return tuple(
        _Group(each["code"], each["name_th"], each["name_en"], frozenset(each["provinces"])) for each in held["groups"]
    )


@cache
def _group_codes() -> tuple[str, ...]:
    return tuple(each.code for name in ("regions", "health_zones") for each in _groups(name))


@cache
def _group_of(name: str) -> Mapping[str, str]:
    """The code of the group that each province belongs to."""
    return MappingProxyType({province: each.code for each in _groups(name) for province in each.provinces})
