"""Words for sports that no table knows, for whoever can have them mapped."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy import Select, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.unmapped import UnmappedSport
from resolvers.context import Parent, Seer, administers, nothing_of


@strawberry.input(description="Which words to list.")
class UnmappedSportFilter:
    """Conditions on words."""

    partner: str | None = strawberry.field(description="Only words of this partner, by its short name.")


Where = Annotated[
    UnmappedSportFilter | None,
    strawberry.argument(description="Which words to list; all that may be seen when left out."),
]


def seen_by(viewer: Seer) -> Select[UnmappedSport]:
    """A partner's own words; all for administrators."""
    every = select(UnmappedSport)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.PARTNER:
        return every.where(col(UnmappedSport.partner_name) == viewer.partner_name)
    return nothing_of(every)


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[UnmappedSport]:
    """The words that match."""
    words = seen_by(viewer)
    if where is not None and where.partner is not None:
        words = words.where(col(UnmappedSport.partner_name) == where.partner)
    return words
