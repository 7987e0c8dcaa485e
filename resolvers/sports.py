"""Sports: public reference data."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy import Select, select
from sqlmodel import col

from domain.reference import SportRow
from domain.sports import Sport, SportGroup
from resolvers.context import Parent, Seer


@strawberry.input(description="Which sports to list.")
class SportFilter:
    """Conditions on sports."""

    group: SportGroup | None = strawberry.field(description="Only sports of this group.")


Word = Annotated[Sport, strawberry.argument(description="The sport's word.")]
Where = Annotated[SportFilter | None, strawberry.argument(description="Which sports to list; all when left out.")]


def seen_by(_viewer: Seer) -> Select[SportRow]:
    """All sports, for everybody."""
    return select(SportRow)


def by_id(viewer: Seer, key: Parent) -> Select[SportRow]:
    """The sport behind a global id."""
    return seen_by(viewer).where(col(SportRow.word) == key.id)


def by_word(viewer: Seer, _root: Parent, *, word: Word) -> Select[SportRow]:
    """The sport of a word."""
    return seen_by(viewer).where(col(SportRow.word) == word)


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[SportRow]:
    """The sports that match."""
    sports = seen_by(viewer)
    if where is not None and where.group is not None:
        sports = sports.where(col(SportRow.group_word) == where.group)
    return sports


def parent_of(viewer: Seer, sport: Parent) -> Select[SportRow]:
    """The sport that this one is a variety of."""
    return seen_by(viewer).where(col(SportRow.word) == sport.parent_word)


def of_workout(viewer: Seer, workout: Parent) -> Select[SportRow]:
    """The sport of an activity or a record."""
    return seen_by(viewer).where(col(SportRow.word) == workout.sport)
