"""Whoever asks, as a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, cast, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from domain import guardians
from resolvers.context import Parent, Seer


@dataclass
class Asking:
    """The columns of `itself`."""

    kind: str
    scopes: list[str]
    client_id: str | None
    user_id: UUID | None
    partner_name: str | None
    guardian_text_th: str
    guardian_text_en: str
    guardian_text_version: str


def itself(viewer: Seer, _root: Parent) -> Select[Any]:
    """One row that says who asks."""
    return select(
        cast(literal(str(viewer.kind)), Text).label("kind"),
        cast(literal(sorted(map(str, viewer.scopes)), ARRAY(Text)), ARRAY(Text)).label("scopes"),
        cast(viewer.client_id, Text).label("client_id"),
        cast(viewer.user_id, Uuid).label("user_id"),
        cast(viewer.partner_name, Text).label("partner_name"),
        cast(literal(guardians.TEXT_TH), Text).label("guardian_text_th"),
        cast(literal(guardians.TEXT_EN), Text).label("guardian_text_en"),
        cast(literal(guardians.TEXT_VERSION), Text).label("guardian_text_version"),
    )
