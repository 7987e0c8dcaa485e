"""How people come into teams that are not open to all: invitations, and requests that somebody in charge decides."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, driver_of, run, utc_now, uuid7
from domain.charges import IN_CHARGE, Actor, NotInCharge
from domain.errors import BadInput, Conflict, NotFound
from domain.exchange import asked
from domain.teams import Joining

MOST_USES, MOST_DAYS, LONGEST_NOTE = 10_000, 365, 200
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that could be taken for another
_LENGTH = 12  # 60 bits


class RequestState(StrEnum):
    """What became of somebody's wish to join."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class TeamInvitation(Row, table=True):
    """Whoever knows the `code`, or the person `user_id` alone, may join the team `most_uses` times until it expires.

    Its id follows from who invites and their idempotency key. The code is kept as it is, since whoever is in charge
    shows it to people again and again, and it opens nothing but a place in the team.
    """

    __tablename__ = "team_invitations"
    __table_args__ = (
        Index("uq_team_invitations_code", "code", unique=True),
        Index("ix_team_invitations_team_id_id", "team_id", "id"),
        Index("ix_team_invitations_user_id", "user_id", postgresql_where=text("user_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    team_id: UUID
    code: str = Field(sa_type=Text)
    user_id: UUID | None = None
    most_uses: int
    uses: int = 0
    invited_by: str = Field(sa_type=Text)
    invited_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime
    withdrawn_at: datetime | None = None


_WAITS: Any = {"postgresql_where": text("state = 'waiting'")}


class JoinRequest(Row, table=True):
    """Somebody asks to join a team, and leaves another of its kind for it if `transfer`; one a team waits at a time.

    `note` is their own word to whoever decides, and goes when that is done.
    """

    __tablename__ = "join_requests"
    __table_args__ = (
        Index("uq_join_requests_user_id_team_id_waits", "user_id", "team_id", unique=True, **_WAITS),
        Index("ix_join_requests_team_id_id_waits", "team_id", "id", **_WAITS),
        Index("uq_join_requests_id", "id", unique=True),
    )

    user_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    team_id: UUID
    note: str | None = Field(default=None, sa_type=Text)
    transfer: bool = False
    state: str = Field(default=RequestState.WAITING.value, sa_type=Text)
    asked_at: datetime = Field(default_factory=utc_now)
    decided_at: datetime | None = None
    decided_by: str | None = Field(default=None, sa_type=Text)


def id_of(*parts: str) -> UUID:
    """A UUIDv8 (RFC 9562) of a hash: the same parts, the same id."""
    digest = int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:16])
    return UUID(int=digest & ~(0xF << 76) & ~(0b11 << 62) | 0x8 << 76 | 0b10 << 62)


_INVITE = text(f"""
    INSERT INTO team_invitations AS held (id, team_id, code, user_id, most_uses, uses, invited_by, invited_at,
                                          expires_at)
    SELECT CAST(:id AS uuid), t.id, :code, CAST(:person AS uuid), :most_uses, 0, :name, CAST(:now AS timestamptz),
           CAST(:expires_at AS timestamptz)
    FROM teams t
    WHERE t.id = :team AND t.joining <> 'derived' AND {IN_CHARGE}
      AND (CAST(:person AS uuid) IS NULL OR EXISTS (SELECT FROM users WHERE id = :person))
    ON CONFLICT (id) DO UPDATE SET invited_by = held.invited_by
    RETURNING team_id, user_id, most_uses
""")  # noqa: S608


async def invite(
    session: AsyncSession,
    actor: Actor,
    team_id: UUID,
    *,
    person: UUID | None,
    most_uses: int,
    days: int,
    key: str,
    now: datetime,
) -> UUID:
    """The id of an invitation to the team, for one person or for whoever has its code; by the same key, the same.

    Raises BadInput for uses and days out of their limits, NotInCharge, Conflict for a key used for another one.
    """
    if not 1 <= most_uses <= MOST_USES:
        raise BadInput(f"Let 1 to {MOST_USES} people use it.", path=("input", "mostUses"))
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(f"Let it hold for 1 to {MOST_DAYS} days.", path=("input", "days"))
    made = id_of("invitation", actor.name, key)
    uses = 1 if person else most_uses
    binds = {
        "id": made,
        "code": "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)),
        "person": person,
        "most_uses": uses,
        "now": now,
        "expires_at": now + timedelta(days=days),
    }
    row = (await run(session, _INVITE, {**binds, "team": team_id, **actor.binds()})).first()
    if row is None:
        raise NotInCharge(
            "Only who is in charge of a team invites to it, and nobody to where people live; send a person who exists."
        )
    if tuple(row) != (team_id, person, uses):
        raise Conflict("This key was used for another invitation; send a new one.", path=("input", "idempotencyKey"))
    return made


_WITHDRAW = text(f"""
    UPDATE team_invitations i SET withdrawn_at = coalesce(i.withdrawn_at, CAST(:now AS timestamptz)) FROM teams t
    WHERE i.id = :id AND t.id = i.team_id AND {IN_CHARGE} RETURNING i.id
""")  # noqa: S608


async def withdraw_invitation(session: AsyncSession, actor: Actor, invitation_id: UUID, *, now: datetime) -> None:
    """Nobody joins by the invitation any more; who did stays. Again: nothing changes. Raises NotFound."""
    if (await run(session, _WITHDRAW, {"id": invitation_id, "now": now, **actor.binds()})).first() is None:
        raise NotFound("There is no such invitation of a team in your charge.", path=("input", "invitationId"))


INVITED = [Joining.OPEN, Joining.INVITATION, Joining.APPROVAL]
"""The ways that are open to whoever was invited, or accepted."""

# One more use, if there is one left; undone with the transaction if joining is refused. Of several invitations of a
# person it is the oldest.
_USE = """
    WITH belongs AS (
        SELECT FROM memberships WHERE user_id = $2::uuid AND team_id = $1::uuid AND left_on IS NULL
    ), used AS (
    UPDATE team_invitations SET uses = uses + 1 WHERE id = (
        SELECT id FROM team_invitations
        WHERE team_id = $1::uuid AND CASE WHEN $3::text IS NULL THEN user_id = $2::uuid ELSE code = $3 END
          AND (user_id IS NULL OR user_id = $2) AND withdrawn_at IS NULL AND expires_at > $4::timestamptz
          AND uses < most_uses AND NOT EXISTS (SELECT FROM belongs)
        ORDER BY id LIMIT 1 FOR UPDATE
    ) RETURNING id
    )
    SELECT EXISTS (SELECT FROM used), EXISTS (SELECT FROM belongs)
"""


async def used(
    session: AsyncSession, user_id: UUID, team_id: UUID, code: str | None, *, now: datetime
) -> list[Joining]:
    """The ways into the team that an invitation opens: by its code, or without one that made out to the person.

    Raises NotFound for a code that does not open it.
    """
    code = code.strip().upper() if code is not None else None
    (((use, belongs),),) = await asked(await driver_of(session), (_USE, [team_id, user_id, code, now]))
    if use:
        return INVITED
    if code is not None and not belongs:
        raise NotFound(
            "This code does not open this team: it is another's, used up, withdrawn or expired. Ask for a new one.",
            path=("input", "code"),
        )
    return [Joining.OPEN]


_ASK = text("""
    INSERT INTO join_requests AS held (user_id, id, team_id, note, transfer, state, asked_at)
    SELECT CAST(:user AS uuid), CAST(:id AS uuid), t.id, :note, :transfer, 'waiting', CAST(:now AS timestamptz)
    FROM teams t WHERE t.id = :team AND t.joining = 'approval' AND NOT EXISTS (
        SELECT FROM memberships m WHERE m.user_id = :user AND m.team_id = t.id AND m.left_on IS NULL
    )
    ON CONFLICT (user_id, team_id) WHERE state = 'waiting'
    DO UPDATE SET note = excluded.note, transfer = excluded.transfer RETURNING id
""")


async def request(
    session: AsyncSession, user_id: UUID, team_id: UUID, *, note: str | None, transfer: bool, now: datetime
) -> UUID:
    """The id of the request that waits, one a team; asking again changes its words.

    Raises BadInput for a long note, Conflict for a team that takes no requests or where the person belongs already.
    """
    if note is not None and len(note) > LONGEST_NOTE:
        raise BadInput(f"Write {LONGEST_NOTE} characters at most.", path=("input", "note"))
    binds = {"user": user_id, "id": uuid7(now), "team": team_id, "note": note, "transfer": transfer, "now": now}
    row = (await run(session, _ASK, binds)).first()
    if row is None:
        raise Conflict(
            "This team takes no requests, or you belong to it already; see how it takes people in its `joining`.",
            path=("input", "teamId"),
        )
    return UUID(str(row.id))


_FOUND = text(f"""
    SELECT r.user_id, r.team_id, r.transfer FROM join_requests r JOIN teams t ON t.id = r.team_id
    WHERE r.id = :id AND r.state = 'waiting' AND {IN_CHARGE}
""")  # noqa: S608
_DECIDE = text("""
    UPDATE join_requests SET state = :state, decided_at = CAST(:now AS timestamptz), decided_by = :by, note = NULL
    WHERE id = :id AND state = 'waiting' RETURNING id
""")


async def waiting(session: AsyncSession, actor: Actor, request_id: UUID) -> tuple[UUID, UUID, bool]:
    """Whose request it is, for which team, and whether they change to it. Raises NotFound unless it waits for them."""
    row = (await run(session, _FOUND, {"id": request_id, **actor.binds()})).first()
    if row is None:
        raise NotFound("There is no such request that waits for you.", path=("input", "requestId"))
    return row.user_id, row.team_id, row.transfer


async def decided(session: AsyncSession, request_id: UUID, by: str, state: RequestState, *, now: datetime) -> None:
    """The request is no longer waiting. Raises NotFound if it was not: somebody else was first."""
    if (await run(session, _DECIDE, {"id": request_id, "by": by, "state": state.value, "now": now})).first() is None:
        raise NotFound("There is no such request that waits for you.", path=("input", "requestId"))


_TAKE_BACK = text("""
    UPDATE join_requests SET state = 'withdrawn', decided_at = CAST(:now AS timestamptz), note = NULL
    WHERE user_id = :user AND id = :id AND state = 'waiting'
""")


async def take_back(session: AsyncSession, user_id: UUID, request_id: UUID, *, now: datetime) -> None:
    """The person no longer asks; a request that is decided stays so."""
    await run(session, _TAKE_BACK, {"user": user_id, "id": request_id, "now": now})
