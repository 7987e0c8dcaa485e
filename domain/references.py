"""One recording, two people: what each record claims to be, under the names that a recording has outside.

A delivery only queues what its records claim; a pass (`domain.settling`) keeps the claims, keyed by the reference
itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Text, text
from sqlmodel import Field

from domain.arrivals import Arrivals, Held
from domain.base import Row, text_array

QUOTED = frozenset({"garmin"})
"""Partners whose references the copies of others quote (Strava: `garmin_push_<id>`); theirs are claims themselves."""
_DIGEST_LENGTH = 32  # characters; so long a name is a digest or a UUID, which two recordings do not share by chance


class ReferenceClaim(Row, table=True):
    """A record of a person says that it is this recording; `reference` is a name of it outside, see `_claims`."""

    __tablename__ = "reference_claims"
    __table_args__ = (Index("ix_reference_claims_user_id_record_id", "user_id", "record_id"),)

    reference: str = Field(primary_key=True, sa_type=Text)
    user_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)


class ReferenceChange(Row, table=True):
    """What a record claims from now on, instead of what it claimed; waits for the pass. Only inserted and deleted."""

    __tablename__ = "reference_changes"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    user_id: UUID
    record_id: UUID
    claims: list[str] = Field(sa_type=text_array())
    queued_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    )


def changes_of(arrivals: Arrivals) -> Iterator[tuple[UUID, UUID, list[str]]]:
    """What is to be queued: of new records those that claim anything, of changed and gone ones all."""
    for holder, held in arrivals.fresh:
        if claims := _claims(held):
            yield holder.id, _id(held), claims
    for holder, held in arrivals.changed:
        yield holder.id, _id(held), _claims(held)
    for holder, held in arrivals.gone:
        yield holder.id, _id(held), []


def _id(held: Held) -> UUID:
    assert held.id is not None  # noqa: S101 - for the type checker; a record that arrived has one
    return held.id


def _claims(held: Held) -> list[str]:
    """The names under which the same recording could come in for somebody else; none for most records.

    A partner that names the person answers for whose the record is, since one of its names is one person here. What
    comes without a name, such as a file, could be anybody's: its content speaks, and a reference that is a digest.
    """
    draft, report = held.draft, held.report
    if draft is None or report is None:
        return []
    claims = [f"{report.upstream_partner}:{report.upstream_ref}"] if report.upstream_ref else []
    if report.partner_name in QUOTED:
        claims += [f"{report.partner_name}:{name}" for name in (report.partner_ref, *report.known_as)]
    if draft.person_ref is None:
        claims.append(f"sha256:{held.raw_hash.hex()}")
        if len(report.partner_ref) >= _DIGEST_LENGTH:
            claims.append(f"digest:{report.partner_ref}")
    return claims
