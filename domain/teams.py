"""Teams: a tree of nodes, who belonged to which on which days, and how many did."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, BigInteger, Index, Text, Uuid, text
from sqlmodel import Field

from domain.base import Row, utc_now, uuid7
from domain.places import PlaceKind, all_places


class TeamKind(StrEnum):
    """What sort of node it is; a person has one active team of each kind, clubs excepted."""

    MINISTRY = "ministry"
    PROVINCE = "province"
    DISTRICT = "district"
    ORGANISATION = "organisation"
    SCHOOL = "school"
    CLUB = "club"


class Joining(StrEnum):
    """How people come to belong to a node."""

    OPEN = "open"
    INVITATION = "invitation"
    APPROVAL = "approval"
    DERIVED = "derived"
    CLOSED = "closed"


class Role(StrEnum):
    """What a member may do: stewards let people in, captains also edit the team and give roles."""

    MEMBER = "member"
    STEWARD = "steward"
    CAPTAIN = "captain"


class ShownAs(StrEnum):
    """How a member shows to the others; minors never by name."""

    NAME = "name"
    PSEUDONYM = "pseudonym"
    HIDDEN = "hidden"


class Team(Row, table=True):
    """A node of a tree. `kind` says which tree, the number of ancestors the level in it.

    `ancestor_ids` runs from the root to the node itself, so that a day's figures reach
    every level without walking. `members` counts the distinct people who belong to it or to a node under it today;
    `most_members` limits them where it is set. `partner_name` is the organisation that keeps it, `made_by` who made it.
    """

    __tablename__ = "teams"
    __table_args__ = (
        Index("ix_teams_kind_id", "kind", "id"),
        Index("ix_teams_parent_id_id", "parent_id", "id"),
        Index("ix_teams_made_by", "made_by", postgresql_where=text("made_by IS NOT NULL")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str = Field(sa_type=Text)
    parent_id: UUID | None = None
    ancestor_ids: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid))
    name_th: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)
    place_code: str | None = Field(default=None, sa_type=Text)
    joining: str = Field(default=Joining.OPEN.value, sa_type=Text)
    members: int = 0
    most_members: int | None = None
    partner_name: str | None = Field(default=None, sa_type=Text)
    made_by: str | None = Field(default=None, sa_type=Text)
    synthetic: bool = False
    created_at: datetime = Field(default_factory=utc_now)


_AS_MEMBER: Any = {"server_default": Role.MEMBER.value}
_BY_NAME: Any = {"server_default": ShownAs.NAME.value}
_RANDOM: Any = {"server_default": text("gen_random_uuid()")}
_ACTIVE: Any = {"postgresql_where": text("left_on IS NULL")}
_ONE_OF_A_KIND: Any = {"unique": True, "postgresql_where": text("left_on IS NULL AND kind <> 'club'")}


class Membership(Row, table=True):
    """Somebody's time in a team: from `joined_on` to `left_on`, both local days, the last one excluded.

    `kind` repeats the team's, so that the database itself holds "one active team of a kind". `pseudonym_id` stands for
    the member in this team alone, so that neither a name nor an id leads to the person; it is random.
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
    role: str = Field(default=Role.MEMBER.value, sa_type=Text, sa_column_kwargs=_AS_MEMBER)
    shown_as: str = Field(default=ShownAs.NAME.value, sa_type=Text, sa_column_kwargs=_BY_NAME)
    pseudonym_id: UUID = Field(default_factory=uuid4, sa_column_kwargs=_RANDOM)
    created_at: datetime = Field(default_factory=utc_now)


class TeamDay(Row, table=True):
    """A day on which a team's people changed: how many belonged to it from then on, distinct ones as in `Team.members`.

    `member_days_before` adds up the members of each day before it. So up to a day D, inclusive, the newest row at or
    before D gives `member_days_before + members * (D - local_date + 1)`, and a window is the difference of two.
    """

    __tablename__ = "team_days"

    team_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    members: int
    member_days_before: int = Field(sa_type=BigInteger)


_PROVINCE, _DISTRICT = len("10"), len("1001")
_OF_PLACE = 0x8 << 76 | 0b10 << 62  # a UUIDv8 (RFC 9562), whose other digits are ours to choose


def team_of_place(code: str) -> UUID:
    """The id of the team of a province or a district: `00000000-0000-8000-8000-000000001001`.

    It ends with the code, so that SQL finds it without a look-up, see `HOME_TEAMS`.
    """
    return UUID(int=_OF_PLACE | int(code, 16))


_OF_CODE = "CAST('00000000-0000-8000-8000-' || lpad(left({{code}}, {digits}), 12, '0') AS uuid)"
HOME_TEAMS = f"""
    CASE WHEN {{code}} ~ '^[0-9]{{{{4}}}}'
         THEN ARRAY[{_OF_CODE.format(digits=_PROVINCE)}, {_OF_CODE.format(digits=_DISTRICT)}] ELSE '{{{{}}}}' END
"""
"""SQL for the ids of the teams of the province and the district that hold the place `{code}`; none for wider places."""


def home_teams(code: str | None) -> list[UUID]:
    """The teams of the province and the district to which whoever lives there belongs; none without a home."""
    return [team_of_place(code[:digits]) for digits in (_PROVINCE, _DISTRICT)] if code else []


def teams_of_places() -> list[dict[str, Any]]:
    """The columns of the teams that derive from home places, provinces before districts: 77 and 928."""
    kinds = {PlaceKind.PROVINCE: TeamKind.PROVINCE, PlaceKind.DISTRICT: TeamKind.DISTRICT}
    return [_of_place(each.code, kinds[PlaceKind(each.kind)], each.name_th, each.name_en) for each in all_places()
            if each.kind in kinds]  # fmt: skip


def _of_place(code: str, kind: TeamKind, name_th: str, name_en: str) -> dict[str, Any]:
    above = home_teams(code) if kind is TeamKind.DISTRICT else [team_of_place(code)]
    return {
        "id": above[-1],
        "kind": kind.value,
        "parent_id": above[-2] if kind is TeamKind.DISTRICT else None,
        "ancestor_ids": above,
        "name_th": name_th,
        "name_en": name_en,
        "place_code": code,
        "joining": Joining.DERIVED.value,
    }
