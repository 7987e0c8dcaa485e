"""Teams: a tree of nodes, and who belonged to which on which days."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, Text, Uuid, text
from sqlmodel import Field

from domain.base import Row, utc_now, uuid7


class TeamKind(StrEnum):
    """What sort of node it is; a person has one active team of each kind, clubs excepted."""

    MINISTRY = "ministry"
    PROVINCE = "province"
    DISTRICT = "district"
    ORGANISATION = "organisation"
    SCHOOL = "school"
    CLUB = "club"


class Team(Row, table=True):
    """A node of a tree.

    `ancestor_ids` runs from the root to the node itself, so that a day's figures reach
    every level without walking. People join nodes that are `open`; `members` counts who belongs today.
    """

    __tablename__ = "teams"
    __table_args__ = (Index("ix_teams_kind_id", "kind", "id"), Index("ix_teams_parent_id_id", "parent_id", "id"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str = Field(sa_type=Text)
    parent_id: UUID | None = None
    ancestor_ids: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid))
    name_th: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)
    place_code: str | None = Field(default=None, sa_type=Text)
    open: bool = True
    members: int = 0
    synthetic: bool = False
    created_at: datetime = Field(default_factory=utc_now)


_ONE_OF_A_KIND: Any = {"unique": True, "postgresql_where": text("left_on IS NULL AND kind <> 'club'")}


class Membership(Row, table=True):
    """Somebody's time in a team: from `joined_on` to `left_on`, both local days, the last one excluded.

    `kind` repeats the team's, so that the database itself holds "one active team of a kind".
    """

    __tablename__ = "memberships"
    __table_args__ = (
        Index("uq_memberships_user_id_kind_active", "user_id", "kind", **_ONE_OF_A_KIND),
        Index("ix_memberships_team_id_user_id", "team_id", "user_id"),
    )

    user_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True)
    joined_on: date = Field(primary_key=True)
    left_on: date | None = None
    kind: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)
