"""Organisations of the network: what they are, which adapter reads them, what their agreement allows."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, utc_now
from domain.errors import NotFound


class PartnerKind(StrEnum):
    """What sort of organisation it is."""

    VENDOR = "vendor"
    AGENCY = "agency"
    LOCAL_GOVERNMENT = "local_government"
    SCHOOL = "school"
    EVENT = "event"
    SPONSOR = "sponsor"
    FILES = "files"


class AgreementState(StrEnum):
    """The life of the agreement; only SIGNED opens scopes."""

    DRAFT = "draft"
    SIGNED = "signed"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


class Partner(Row, table=True):
    """An organisation, keyed by its short name, which is also its address at the door.

    `adapter` names the format it sends; None for one that sends nothing (most sponsors). `mapping` is the one that it
    declared itself and activated, `mapping_version` which of its own that is; None where it declared none.
    `owner_only`: its terms let a figure be shown only to the person it belongs to.
    """

    __tablename__ = "partners"

    name: str = Field(primary_key=True, sa_type=Text)
    title_th: str = Field(sa_type=Text)
    title_en: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    adapter: str | None = Field(default=None, sa_type=Text)
    agreement: str = Field(default=AgreementState.SIGNED.value, sa_type=Text)
    agreed_on: date | None = None
    owner_only: bool = False
    mapping: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    mapping_version: int | None = None
    created_at: datetime = Field(default_factory=utc_now)


async def partner_named(session: AsyncSession, name: str) -> Partner:
    """The partner of that short name. Raises NotFound, naming those there are."""
    if (partner := await session.get(Partner, name)) is not None:
        return partner
    there = (await session.exec(select(Partner.name).order_by(Partner.name))).all()
    raise NotFound(f"There is no partner “{name[:60]}”. There are: {', '.join(there)}.")
