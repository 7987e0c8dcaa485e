"""One citizen's link to one partner, and who a partner's person is here."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import Index, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, run, text_array, utc_now
from domain.exchange import asked


class ConnectionStatus(StrEnum):
    """Whether records may come in over this link."""

    ACTIVE = "active"
    REVOKED = "revoked"


class Connection(Row, table=True):
    """A citizen's link to a partner; tokens are stored encrypted or not at all."""

    __tablename__ = "connections"
    __table_args__ = (Index("ix_connections_partner_name_user_id", "partner_name", "user_id"),)

    user_id: UUID = Field(primary_key=True)
    partner_name: str = Field(primary_key=True, sa_type=Text)
    person_ref: str | None = Field(default=None, sa_type=Text)
    status: str = Field(default=ConnectionStatus.ACTIVE.value, sa_type=Text)
    scopes: list[str] = Field(
        default_factory=list, sa_type=text_array(), sa_column_kwargs={"server_default": text("'{}'")}
    )
    access_token_encrypted: bytes | None = None
    refresh_token_encrypted: bytes | None = None
    token_expires_at: datetime | None = None
    connected_at: datetime = Field(default_factory=utc_now)
    last_record_at: datetime | None = None
    revoked_at: datetime | None = None


class Person(Row, table=True):
    """(partner, person_ref) -> user, keyed by itself. Citizen numbers stand here only as a keyed hash."""

    __tablename__ = "persons"

    partner_name: str = Field(primary_key=True, sa_type=Text)
    person_ref: str = Field(primary_key=True, sa_type=Text)
    user_id: UUID = Field(index=True)


_PEOPLE = text("""
    SELECT p.person_ref, p.user_id FROM persons p
    WHERE p.partner_name = :partner AND p.person_ref = ANY(CAST(:refs AS text[]))
""")

# Only who granted the scope over a link that is active: everybody else looks like nobody.
_GRANTED = """
    SELECT {what}, c.user_id FROM connections c {also}
    WHERE c.partner_name = $1 AND c.status = 'active' AND $2 = ANY(c.scopes) AND {which}
"""
_GRANTED_BY_REF = _GRANTED.format(
    what="p.person_ref",
    also="JOIN persons p ON p.user_id = c.user_id AND p.partner_name = $1",
    which="p.person_ref = ANY($3::text[])",
)
_GRANTED_BY_ID = _GRANTED.format(what="c.user_id", also="", which="c.user_id = ANY($3::uuid[])")

_LINK = text("""
    WITH person AS (
        INSERT INTO persons (partner_name, person_ref, user_id) VALUES (:partner, :ref, :user)
        ON CONFLICT DO NOTHING RETURNING user_id
    )
    INSERT INTO connections (user_id, partner_name, person_ref, status, connected_at)
    SELECT user_id, :partner, :ref, 'active', now() FROM person
    ON CONFLICT (user_id, partner_name) DO UPDATE
    SET person_ref = excluded.person_ref, status = 'active', revoked_at = NULL
""")

_UNLINK = text("""
    WITH link AS (
        UPDATE connections SET status = 'revoked', revoked_at = now(), access_token_encrypted = NULL,
               refresh_token_encrypted = NULL
        WHERE user_id = :user AND partner_name = :partner
    )
    DELETE FROM persons WHERE partner_name = :partner AND user_id = :user
""")


def hashed_with(key: bytes) -> Callable[[str], str]:
    """What turns a citizen number into the name it is known by here: `cid:` and its HMAC-SHA256 under `key`, in hex."""
    return lambda number: f"cid:{hmac.digest(key, number.encode(), 'sha256').hex()}"


async def people_of(session: AsyncSession, partner_name: str, refs: Iterable[str | None]) -> dict[str, UUID]:
    """Who the partner's persons are here; those we do not know are absent."""
    wanted = sorted({ref for ref in refs if ref and "\x00" not in ref})
    rows = await run(session, _PEOPLE, {"partner": partner_name, "refs": wanted})
    return {row[0]: row[1] for row in rows}


async def granting(
    connection: AsyncConnection[Any], partner_name: str, scope: str, refs: Sequence[str], ids: Sequence[UUID]
) -> tuple[dict[str, UUID], dict[UUID, UUID]]:
    """The people who granted the partner `scope`, by its references and by their keys; all others are absent."""
    by_ref, by_id = await asked(
        connection,
        (_GRANTED_BY_REF, [partner_name, str(scope), list(refs)]),
        (_GRANTED_BY_ID, [partner_name, str(scope), list(ids)]),
    )
    return dict(by_ref), dict(by_id)


async def connect(session: AsyncSession, user_id: UUID, partner_name: str, person_ref: str) -> None:
    """The person linked to the partner under its name for them; nothing if that name is already somebody's."""
    await run(session, _LINK, {"user": user_id, "partner": partner_name, "ref": person_ref})


async def disconnected(session: AsyncSession, user_id: UUID, partner_name: str) -> None:
    """The link ended: its tokens are gone, and what the partner sends from now on finds nobody."""
    await run(session, _UNLINK, {"user": user_id, "partner": partner_name})
