"""Places: public reference data."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy import Select, func, or_, select
from sqlmodel import col

from domain.places import Place, PlaceAncestor, PlaceKind
from resolvers.connections import entrusted
from resolvers.context import Parent, Seer


@strawberry.input(description="Which places to list; conditions add up.")
class PlaceFilter:
    """Conditions on places."""

    kind: PlaceKind | None = strawberry.field(description="Only places of this level.")
    parent: str | None = strawberry.field(description="Only places directly under the place of this code.")
    name_contains: str | None = strawberry.field(
        description="Only places whose Thai or English name holds this text; English in any case."
    )


Code = Annotated[
    str,
    strawberry.argument(description="The DOPA code, such as `1001`; R1, HZ01 or TH for what stands above."),
]
Where = Annotated[PlaceFilter | None, strawberry.argument(description="Which places to list; all when left out.")]


def seen_by(_viewer: Seer) -> Select[Place]:
    """All places, for everybody."""
    return select(Place)


def by_id(viewer: Seer, key: Parent) -> Select[Place]:
    """The place behind a global id."""
    return seen_by(viewer).where(col(Place.code) == key.id)


def by_code(viewer: Seer, _root: Parent, *, code: Code) -> Select[Place]:
    """The place of a code."""
    return seen_by(viewer).where(col(Place.code) == code)


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[Place]:
    """The places that match."""
    return _matching(seen_by(viewer), where)


def children_of(viewer: Seer, place: Parent, *, where: Where = None) -> Select[Place]:
    """The places directly under a place; a health zone has its provinces."""
    under = or_(col(Place.parent_code) == place.code, col(Place.health_zone_code) == place.code)
    return _matching(seen_by(viewer).where(under), where)


def parent_of(viewer: Seer, place: Parent) -> Select[Place]:
    """The place above."""
    return seen_by(viewer).where(col(Place.code) == place.parent_code)


def health_zone_of(viewer: Seer, place: Parent) -> Select[Place]:
    """The health zone of a province."""
    return seen_by(viewer).where(col(Place.code) == place.health_zone_code)


def of_team(viewer: Seer, team: Parent) -> Select[Place]:
    """Where a team is at home."""
    return seen_by(viewer).where(col(Place.code) == team.place_code)


def home_of(viewer: Seer, user: Parent) -> Select[Place]:
    """Where a person lives, for that person."""
    home = entrusted(viewer, user.id, user.home_place_code)
    return seen_by(viewer).where(col(Place.code) == home)


def within(code: str) -> Select[str]:
    """The codes of a place and of all that lies in it."""
    return select(col(PlaceAncestor.place_code)).where(col(PlaceAncestor.ancestor_code) == code)


def _matching(places: Select[Place], where: PlaceFilter | None) -> Select[Place]:
    if where is None:
        return places
    if where.kind is not None:
        places = places.where(col(Place.kind) == where.kind)
    if where.parent is not None:
        places = places.where(col(Place.parent_code) == where.parent)
    if where.name_contains is not None:
        # strpos and not LIKE: what the client sends is text, no pattern
        in_thai = func.strpos(Place.name_th, where.name_contains) > 0
        in_english = func.strpos(func.lower(Place.name_en), func.lower(where.name_contains)) > 0
        places = places.where(or_(in_thai, in_english))
    return places
