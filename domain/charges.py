"""Who is in charge of a team: its captains and stewards, those of the teams above, its partner, administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run
from domain.errors import Forbidden, NotFound
from domain.teams import Role, ShownAs


class NotInCharge(Forbidden):
    """The change is for whoever is in charge of the team."""

    code = "NOT_IN_CHARGE"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, a partner's client, or an administrator; `name` is what is noted of them."""

    name: str
    user_id: UUID | None = None
    partner_name: str | None = None
    administers: bool = False

    def binds(self, *roles: Role) -> dict[str, Any]:
        """What `IN_CHARGE` asks for; `roles` those that suffice, captains and stewards unless said otherwise."""
        return {
            "by": self.user_id,
            "partner": self.partner_name,
            "administers": self.administers,
            "roles": [each.value for each in roles or (Role.CAPTAIN, Role.STEWARD)],
            "name": self.name,
        }


IN_CHARGE = """
    (CAST(:administers AS boolean) OR t.partner_name = CAST(:partner AS text) OR EXISTS (
        SELECT FROM memberships c WHERE c.user_id = CAST(:by AS uuid) AND c.left_on IS NULL
          AND c.team_id = ANY(t.ancestor_ids) AND c.role = ANY(CAST(:roles AS text[]))
    ))
"""
"""SQL for whether an actor is in charge of the team `t`."""

_MEMBER = text(f"""
    SELECT m.user_id FROM memberships m JOIN teams t ON t.id = m.team_id
    WHERE m.team_id = :team AND m.pseudonym_id = :member AND m.left_on IS NULL AND t.joining <> 'derived'
      AND {IN_CHARGE}
""")  # noqa: S608
_APPOINT = text(f"""
    UPDATE memberships m SET role = :role FROM teams t
    WHERE m.team_id = :team AND m.pseudonym_id = :member AND m.left_on IS NULL AND t.id = m.team_id
      AND t.joining <> 'derived' AND {IN_CHARGE}
    RETURNING m.user_id
""")  # noqa: S608
_IN_CHARGE_OF = text(f"SELECT FROM teams t WHERE t.id = :team AND {IN_CHARGE}")


async def member_named(session: AsyncSession, actor: Actor, team_id: UUID, member_id: UUID) -> UUID:
    """The person behind a `memberId` of a team that the actor is captain of. Raises NotFound."""
    row = (await run(session, _MEMBER, {"team": team_id, "member": member_id, **actor.binds(Role.CAPTAIN)})).first()
    if row is None:
        raise NotFound("There is no such member of a team that you are captain of.", path=("input", "memberId"))
    return UUID(str(row.user_id))


async def appoint(session: AsyncSession, actor: Actor, team_id: UUID, member_id: UUID, role: Role) -> UUID:
    """The member who has that role from now on; captains and who is above them decide. Raises NotFound."""
    binds = {"team": team_id, "member": member_id, "role": role.value, **actor.binds(Role.CAPTAIN)}
    row = (await run(session, _APPOINT, binds)).first()
    if row is None:
        raise NotFound("There is no such member of a team that you are captain of.", path=("input", "memberId"))
    return UUID(str(row.user_id))


async def check(session: AsyncSession, actor: Actor, team_id: UUID, *roles: Role) -> None:
    """Raises NotInCharge unless the actor is in charge of the team by one of the roles."""
    if (await run(session, _IN_CHARGE_OF, {"team": team_id, **actor.binds(*roles)})).first() is None:
        raise NotInCharge("This is for whoever is in charge of the team.", path=("input", "teamId"))


_SHOW = text("""
    UPDATE memberships SET shown_as = :shown_as WHERE user_id = :user AND team_id = :team AND left_on IS NULL
    RETURNING user_id
""")


async def show(session: AsyncSession, user_id: UUID, team_id: UUID, shown_as: ShownAs) -> None:
    """The person shows so to the others of a team of theirs. Raises NotFound."""
    binds = {"user": user_id, "team": team_id, "shown_as": shown_as.value}
    if (await run(session, _SHOW, binds)).first() is None:
        raise NotFound("You do not belong to this team; `joinTeam` first.", path=("input", "teamId"))
