"""Mappings that organisations declare for their own files: kept by version, one of them active."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, run, utc_now
from domain.errors import Conflict, NotFound

DECLARED, COMMON = "declared", "thai_agency"
"""The adapters between which an organisation may choose by itself: its own mapping, or the agencies' common report."""


class NotDeclarable(Conflict):
    """The organisation's format is not one that it declares."""

    code = "NOT_DECLARABLE"


class PartnerMapping(Row, table=True):
    """A version of a partner's mapping; never changes. `spec` is what `adapters.declared.Spec` stores."""

    __tablename__ = "partner_mappings"
    __table_args__ = (
        Index("uq_partner_mappings_partner_name_idempotency_key", "partner_name", "idempotency_key", unique=True),
    )

    partner_name: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(primary_key=True)
    spec: dict[str, Any] = Field(sa_type=JSONB)
    note: str = Field(sa_type=Text)
    saved_by: str = Field(sa_type=Text)
    idempotency_key: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)
    activated_at: datetime | None = None


# Whoever saves at the same time waits for the partner's row, and then sees the version before.
_LOCK = text("SELECT FROM partners WHERE name = :partner FOR UPDATE")
_SAVE = text("""
    INSERT INTO partner_mappings (partner_name, version, spec, note, saved_by, idempotency_key, created_at)
    SELECT name, 1 + coalesce((SELECT max(version) FROM partner_mappings m WHERE m.partner_name = name), 0),
           CAST(:spec AS jsonb), :note, :by, :key, :now
    FROM partners WHERE name = :partner ON CONFLICT (partner_name, idempotency_key) DO NOTHING
    RETURNING version
""")
_SAVED = text("""
    SELECT version, spec = CAST(:spec AS jsonb) AND note = :note AS same
    FROM partner_mappings WHERE partner_name = :partner AND idempotency_key = :key
""")
_ACTIVATE = text("""
    WITH chosen AS (
        UPDATE partner_mappings SET activated_at = :now WHERE partner_name = :partner AND version = :version
        RETURNING version, spec
    )
    UPDATE partners p SET adapter = :declared, mapping = c.spec, mapping_version = c.version
    FROM chosen c WHERE p.name = :partner AND (p.adapter IS NULL OR p.adapter IN (:declared, :common))
    RETURNING p.name
""")
_DEACTIVATE = text("""
    UPDATE partners SET adapter = :common, mapping = NULL, mapping_version = NULL
    WHERE name = :partner AND adapter IN (:declared, :common) RETURNING name
""")
_FORMAT = text("""
    SELECT p.adapter, EXISTS (SELECT FROM partner_mappings m WHERE m.partner_name = p.name AND m.version = :version)
    FROM partners p WHERE p.name = :partner
""")


async def save(
    session: AsyncSession, partner: str, spec: Mapping[str, Any], *, note: str, by: str, key: str, now: datetime
) -> int:
    """The version under which the mapping is kept; the same key and content again give the same.

    Raises NotFound without such a partner, Conflict for a key that saved something else.
    """
    binds = {"partner": partner, "spec": orjson.dumps(spec).decode(), "note": note, "key": key}
    await run(session, _LOCK, {"partner": partner})
    if (made := (await run(session, _SAVE, {**binds, "by": by, "now": now})).first()) is not None:
        return int(made.version)
    held = (await run(session, _SAVED, binds)).first()
    if held is None:
        raise NotFound("There is no such partner; `partners` lists them.", path=("input", "partner"))
    if not held.same:
        raise Conflict("This idempotencyKey saved another mapping; use a new one.", path=("input", "idempotencyKey"))
    return int(held.version)


async def activate(session: AsyncSession, partner: str, version: int | None, now: datetime) -> None:
    """What the partner sends from now on is read by its mapping of that version; None: as the common report.

    Again changes nothing. Raises NotFound, and NotDeclarable for a partner that sends a vendor's format.
    """
    binds = {"partner": partner, "declared": DECLARED, "common": COMMON}
    if version is None:
        done = (await run(session, _DEACTIVATE, binds)).first()
    else:
        done = (await run(session, _ACTIVATE, {**binds, "version": version, "now": now})).first()
    if done is not None:
        return
    held = (await run(session, _FORMAT, {"partner": partner, "version": version or 0})).first()
    if held is None or (version is not None and not held[1]):
        raise NotFound("There is no mapping of this version; `mappings` lists them.", path=("input", "version"))
    raise NotDeclarable(
        f"{partner} sends the format {held[0]}, which is not declared; an administrator has to change that first.",
        path=("input", "version"),
    )
