"""Partners: public reference data, except what stands in their quarantine."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy import Select, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.partners import Partner, PartnerKind
from domain.records import Quarantined
from resolvers.context import Parent, Seer, administers, nothing_of


@strawberry.input(description="Which partners to list.")
class PartnerFilter:
    """Conditions on partners."""

    kind: PartnerKind | None = strawberry.field(description="Only partners of this kind.")


Name = Annotated[str, strawberry.argument(description="The partner's short name, such as `garmin`.")]
Where = Annotated[PartnerFilter | None, strawberry.argument(description="Which partners to list; all when left out.")]


def seen_by(_viewer: Seer) -> Select[Partner]:
    """All partners, for everybody."""
    return select(Partner)


def by_id(viewer: Seer, key: Parent) -> Select[Partner]:
    """The partner behind a global id."""
    return seen_by(viewer).where(col(Partner.name) == key.id)


def by_name(viewer: Seer, _root: Parent, *, name: Name) -> Select[Partner]:
    """The partner of a name."""
    return seen_by(viewer).where(col(Partner.name) == name)


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[Partner]:
    """The partners that match."""
    partners = seen_by(viewer)
    if where is not None and where.kind is not None:
        partners = partners.where(col(Partner.kind) == where.kind)
    return partners


def named(viewer: Seer, thing: Parent) -> Select[Partner]:
    """The partner that an activity, a record, a link or a viewer names."""
    return seen_by(viewer).where(col(Partner.name) == thing.partner_name)


def of_team(viewer: Seer, team: Parent) -> Select[Partner]:
    """The organisation that keeps a team."""
    return seen_by(viewer).where(col(Partner.name) == team.partner_name)


def sponsor_of(viewer: Seer, challenge: Parent) -> Select[Partner]:
    """The sponsor of a challenge."""
    return seen_by(viewer).where(col(Partner.name) == challenge.sponsor_name)


def quarantine_seen_by(viewer: Seer) -> Select[Quarantined]:
    """What a partner itself sent and could not be taken."""
    every = select(Quarantined)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.PARTNER:
        return every.where(col(Quarantined.partner_name) == viewer.partner_name)
    return nothing_of(every)


def quarantine_of(viewer: Seer, partner: Parent) -> Select[Quarantined]:
    """What stands in a partner's quarantine."""
    return quarantine_seen_by(viewer).where(col(Quarantined.partner_name) == partner.name)
