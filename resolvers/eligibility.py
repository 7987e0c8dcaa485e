"""Who may take part in a challenge and what counts, as its rules say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, Text, any_, cast, func, select
from sqlmodel import col

from domain.places import Place
from resolvers import places
from resolvers.context import Parent, Seer


def eligible_sports(_viewer: Seer, challenge: Parent) -> ColumnElement[Any]:
    """The words of the sports that count, empty for all."""
    return _listed_in(challenge, "sports")


def eligible_sources(_viewer: Seer, challenge: Parent) -> ColumnElement[Any]:
    """The sources that count, empty for all."""
    return _listed_in(challenge, "sources")


def eligible_team_kinds(_viewer: Seer, challenge: Parent) -> ColumnElement[Any]:
    """The kinds of teams whose people count, empty for all."""
    return _listed_in(challenge, "team_kinds")


def min_age(_viewer: Seer, challenge: Parent) -> ColumnElement[Any]:
    """The least age, null for none."""
    return cast(challenge.eligibility["min_age"].astext, Integer)


def max_age(_viewer: Seer, challenge: Parent) -> ColumnElement[Any]:
    """The greatest age, null for none."""
    return cast(challenge.eligibility["max_age"].astext, Integer)


def eligible_places(viewer: Seer, challenge: Parent) -> Select[Place]:
    """The places whose people count, by code; empty for all."""
    allowed = col(Place.code) == any_(_listed_in(challenge, "places"))
    return places.seen_by(viewer).where(allowed).order_by(col(Place.code))


def _listed_in(challenge: Parent, name: str) -> ColumnElement[Any]:
    words = select(func.jsonb_array_elements_text(challenge.eligibility[name])).scalar_subquery()
    return func.array(words, type_=ARRAY(Text))
