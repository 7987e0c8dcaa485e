"""Teams: a tree of nodes, and who belonged to which on which days."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, Text, Uuid, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, run, utc_now, uuid7
from domain.errors import Conflict, NotFound


class TeamClosed(Conflict):
    """People cannot join this node themselves."""

    code = "TEAM_CLOSED"


class AlreadyInTeam(Conflict):
    """The person has an active team of this kind."""

    code = "ALREADY_IN_TEAM"


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


_ACTIVE: Any = {"postgresql_where": text("left_on IS NULL")}
_ONE_OF_A_KIND: Any = {"unique": True, "postgresql_where": text("left_on IS NULL AND kind <> 'club'")}


class Membership(Row, table=True):
    """Somebody's time in a team: from `joined_on` to `left_on`, both local days, the last one excluded.

    `kind` repeats the team's, so that the database itself holds "one active team of a kind".
    """

    __tablename__ = "memberships"
    __table_args__ = (
        Index("uq_memberships_user_id_kind_active", "user_id", "kind", **_ONE_OF_A_KIND),
        Index("ix_memberships_team_id_joined_on_user_id", "team_id", "joined_on", "user_id", **_ACTIVE),
    )

    user_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True)
    joined_on: date = Field(primary_key=True)
    left_on: date | None = None
    kind: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)


# One statement joins and counts. Who is inside an ancestor by another team already is not counted there again; the
# counters are locked in one order for everybody, so that joins wait and never deadlock.
_JOIN = text("""
    WITH joined AS (
        INSERT INTO memberships (user_id, team_id, joined_on, kind, created_at)
        SELECT CAST(:user AS uuid), t.id, CAST(:today AS date), t.kind, CAST(:now AS timestamptz) FROM teams t
        WHERE t.id = CAST(:team AS uuid) AND t.open AND NOT EXISTS (
            SELECT FROM memberships m WHERE m.user_id = :user AND m.team_id = t.id AND m.left_on IS NULL
        )
        ON CONFLICT DO NOTHING RETURNING team_id
    ), counted AS (
        SELECT a.id FROM joined JOIN teams t ON t.id = joined.team_id JOIN teams a ON a.id = ANY(t.ancestor_ids)
        WHERE NOT EXISTS (
            SELECT FROM memberships m JOIN teams o ON o.id = m.team_id
            WHERE m.user_id = :user AND m.left_on IS NULL AND a.id = ANY(o.ancestor_ids)
        )
        ORDER BY a.id FOR UPDATE OF a
    ), grown AS (
        UPDATE teams SET members = members + 1 WHERE id IN (SELECT id FROM counted)
    )
    SELECT team_id FROM joined
""")

_WHY_NOT = text("""
    SELECT t.kind, t.open, m.team_id AS held_id, m.joined_on, o.name_en AS held_name
    FROM teams t
    LEFT JOIN memberships m ON m.user_id = :user AND m.left_on IS NULL
         AND (m.team_id = t.id OR (m.kind = t.kind AND t.kind <> 'club'))
    LEFT JOIN teams o ON o.id = m.team_id
    WHERE t.id = :team
""")


async def join(session: AsyncSession, user_id: UUID, team_id: UUID, *, today: date, now: datetime) -> tuple[date, bool]:
    """The day the person's membership began, and whether it is new.

    The caller holds the person's lock. Raises NotFound, TeamClosed, AlreadyInTeam which names the other team, and
    Conflict for a team left today.
    """
    binds = {"user": user_id, "team": team_id}
    if (await run(session, _JOIN, {**binds, "today": today, "now": now})).first():
        return today, True
    # Asked after the attempt, so that a join that won the race is seen.
    held = (await run(session, _WHY_NOT, binds)).first()
    path = ("input", "teamId")
    if held is None:
        raise NotFound("There is no such team; look for one in `teams`.", path=path)
    if held.held_id == team_id:
        return held.joined_on, False
    if not held.open:
        raise TeamClosed("People cannot join this team themselves.", path=path)
    if held.held_id is not None:
        message = f"You already belong to {held.held_name}, and to one {held.kind} at a time; leave it first."
        raise AlreadyInTeam(message, path=path)
    raise Conflict("You left this team today; join again tomorrow.", path=path)
