"""Who makes teams, and what may be changed of them: never their kind nor their place in the tree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.admissions import id_of
from domain.base import run
from domain.charges import IN_CHARGE, Actor, NotInCharge
from domain.errors import BadInput, Conflict
from domain.teams import Joining, Role, TeamKind

LONGEST_NAME, MOST_LEVELS, MOST_MEMBERS, MOST_CLUBS = 120, 6, 1_000_000, 10
_OF_PLACES = (TeamKind.PROVINCE, TeamKind.DISTRICT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """What captains may change of a team; None leaves it as it is, `most_members` 0 lifts the limit."""

    name_th: str | None = None
    name_en: str | None = None
    place_code: str | None = None
    joining: Joining | None = None
    most_members: int | None = None

    def checked(self) -> dict[str, Any]:
        """As binds. Raises BadInput."""
        for field, name in (("nameTh", self.name_th), ("nameEn", self.name_en)):
            if name is not None and not 0 < len(name.strip()) <= LONGEST_NAME:
                raise BadInput(f"Give a name of 1 to {LONGEST_NAME} characters.", path=("input", field))
        if self.joining is Joining.DERIVED:
            message = "Only teams of provinces and districts derive from where people live; choose another way."
            raise BadInput(message, path=("input", "joining"))
        if self.most_members is not None and not 0 <= self.most_members <= MOST_MEMBERS:
            raise BadInput(f"Give 1 to {MOST_MEMBERS} people, or 0 for no limit.", path=("input", "mostMembers"))
        return {
            "name_th": self.name_th and self.name_th.strip(),
            "name_en": self.name_en and self.name_en.strip(),
            "place": self.place_code,
            "joining": self.joining and self.joining.value,
            "most": self.most_members,
        }


_PLACE_EXISTS = "(CAST(:place AS text) IS NULL OR EXISTS (SELECT FROM places WHERE code = :place))"

# A node under another belongs to the partner of that one. The same key again finds what it made.
_CREATE = text(f"""
    INSERT INTO teams AS held (id, kind, parent_id, ancestor_ids, name_th, name_en, place_code, joining, members,
                               most_members, partner_name, made_by, synthetic, created_at)
    SELECT CAST(:id AS uuid), :kind, t.id, coalesce(t.ancestor_ids, '{{}}') || CAST(:id AS uuid), :name_th, :name_en,
           :place, :joining, 0, nullif(CAST(:most AS integer), 0), coalesce(:owner, t.partner_name), :name, false,
           CAST(:now AS timestamptz)
    FROM (VALUES (1)) AS one LEFT JOIN teams t ON t.id = CAST(:parent AS uuid)
    WHERE {_PLACE_EXISTS} AND (:limited = false OR EXISTS (SELECT FROM teams WHERE id = :id)
           OR (SELECT count(*) FROM teams WHERE made_by = :name) < {MOST_CLUBS})
      AND (CAST(:parent AS uuid) IS NULL AND NOT :under
           OR t.joining <> 'derived' AND cardinality(t.ancestor_ids) < {MOST_LEVELS} AND {IN_CHARGE})
      AND (t.id IS NULL OR CAST(:kind AS text) <> 'ministry' OR t.kind = 'ministry')
    ON CONFLICT (id) DO UPDATE SET made_by = held.made_by
    RETURNING kind, parent_id, name_th, name_en, xmax = 0
""")  # noqa: S608

_EDIT = text(f"""
    UPDATE teams t SET name_th = coalesce(:name_th, t.name_th), name_en = coalesce(:name_en, t.name_en),
        place_code = coalesce(:place, t.place_code), joining = coalesce(:joining, t.joining),
        most_members = CASE WHEN CAST(:most AS integer) IS NULL THEN t.most_members ELSE nullif(:most, 0) END
    WHERE t.id = :team AND t.joining <> 'derived' AND {_PLACE_EXISTS} AND {IN_CHARGE}
    RETURNING t.id
""")  # noqa: S608

_CAPTAIN = text("""
    UPDATE memberships SET role = 'captain' WHERE user_id = :user AND team_id = :team AND left_on IS NULL
""")


async def create(
    session: AsyncSession,
    actor: Actor,
    kind: TeamKind,
    texts: Texts,
    *,
    parent: UUID | None,
    owner: str | None,
    key: str,
    now: datetime,
) -> tuple[UUID, bool]:
    """The id of a team, and whether it is new: by the same key it is the same.

    People make clubs, ten at most, by themselves or under a team that they are captain of; partners nodes under theirs,
    administrators all but those of places, for the partner `owner` if they say so. Raises BadInput, NotInCharge,
    Conflict for a key used for another team.
    """
    if kind in _OF_PLACES:
        raise BadInput("Teams of provinces and districts are there already.", path=("input", "kind"))
    if not actor.administers and (owner is not None or (actor.user_id is not None and kind is not TeamKind.CLUB)):
        raise NotInCharge("People make clubs; let your organisation or the programme make other teams.")
    binds = texts.checked()
    made = id_of("team", actor.name, key)
    rules = {"limited": actor.user_id is not None, "under": actor.partner_name is not None and not actor.administers}
    given = {"id": made, "kind": kind.value, "parent": parent, "owner": owner, "now": now}
    row = (await run(session, _CREATE, {**binds, **rules, **given, **actor.binds(Role.CAPTAIN)})).first()
    if row is None:
        raise NotInCharge(
            f"You cannot make this team: name a place that exists and a team in your charge above it; there are "
            f"{MOST_LEVELS} levels at most, and {MOST_CLUBS} clubs a person."
        )
    *content, is_new = row
    if content != [kind.value, parent, binds["name_th"], binds["name_en"]]:
        raise Conflict("This key was used for another team; send a new one.", path=("input", "idempotencyKey"))
    return made, is_new


async def edit(session: AsyncSession, actor: Actor, team_id: UUID, texts: Texts) -> None:
    """The team as it says from now on; whoever belongs to it stays. Raises BadInput, NotInCharge."""
    binds = {**texts.checked(), "team": team_id, **actor.binds(Role.CAPTAIN)}
    if (await run(session, _EDIT, binds)).first() is None:
        raise NotInCharge("Only a captain, its partner or an administrator edits a team; name a place that exists.")


async def captain(session: AsyncSession, user_id: UUID, team_id: UUID) -> None:
    """The member is captain; the caller has made the team for them."""
    await run(session, _CAPTAIN, {"user": user_id, "team": team_id})
