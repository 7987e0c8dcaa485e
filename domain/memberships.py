"""Who joins, leaves and changes teams: each by one statement that keeps the counters of all teams it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import driver_of
from domain.errors import Conflict, NotFound
from domain.exchange import asked
from domain.teams import Joining


class TeamClosed(Conflict):
    """People cannot join this node themselves."""

    code = "TEAM_CLOSED"


class InvitationNeeded(Conflict):
    """People join the team whom somebody in charge has invited."""

    code = "INVITATION_NEEDED"


class ApprovalNeeded(Conflict):
    """People ask to join the team."""

    code = "APPROVAL_NEEDED"


class TeamFull(Conflict):
    """The team, or one above it, has as many people as it takes."""

    code = "TEAM_FULL"


class AlreadyInTeam(Conflict):
    """The person has an active team of this kind."""

    code = "ALREADY_IN_TEAM"


# The nodes that the person $1 comes to or goes from when leaving the teams $2 for the teams $3: whoever belongs to a
# node by two teams comes to it once, and stays while one of them is left.
_MOVES = """
    held AS (
        SELECT ms.team_id, ms.kind, up.id FROM memberships ms JOIN teams t ON t.id = ms.team_id
        CROSS JOIN LATERAL unnest(t.ancestor_ids) AS up(id)
        WHERE ms.user_id = $1::uuid AND ms.left_on IS NULL
    ), stays AS (
        SELECT id FROM held WHERE team_id <> ALL($2::uuid[])
        UNION SELECT up.id FROM teams t CROSS JOIN LATERAL unnest(t.ancestor_ids) AS up(id)
              WHERE t.id = ANY($3::uuid[])
    ), moves AS (
        SELECT id, -1 AS people FROM held WHERE id NOT IN (SELECT id FROM stays)
        UNION SELECT id, 1 FROM stays WHERE id NOT IN (SELECT id FROM held)
    )
"""

# Everybody locks teams by this statement alone, in one order, so that moves wait and never deadlock; the next one sees
# what those before it have committed.
_LOCK = f"""
    WITH {_MOVES} SELECT t.id FROM teams t WHERE t.id IN (SELECT id FROM moves) ORDER BY t.id FOR UPDATE
"""  # noqa: S608

# A move that waited past midnight for one of the next day belongs to the next day, too: no day behind the newest of a
# team changes any more. Whoever comes back on the day they left goes on as if they had not. The folding pass is told
# what moves: teams are ranked by their members, and weeks count for where people belong on Mondays.
_MOVE = f"""
    WITH {_MOVES}, newest AS (
        SELECT m.id, d.local_date FROM moves m CROSS JOIN LATERAL (
            SELECT local_date FROM team_days WHERE team_id = m.id ORDER BY local_date DESC LIMIT 1
        ) d
    ), present AS (
        SELECT greatest($4::date, max(local_date)) AS local_date FROM newest
    ), chosen AS (
        SELECT t.id, t.kind FROM teams t
        WHERE t.id = ANY($3::uuid[]) AND t.joining = ANY($6::text[]) AND t.id NOT IN (SELECT team_id FROM held)
          AND (t.kind = 'club' OR t.kind NOT IN (SELECT kind FROM held WHERE team_id <> ALL($2::uuid[])))
          AND NOT EXISTS (SELECT FROM moves m JOIN teams a ON a.id = m.id AND m.people > 0
                          WHERE a.members >= a.most_members)
    ), possible AS (
        SELECT p.local_date FROM present p WHERE cardinality($3::uuid[]) = (SELECT count(*) FROM chosen)
    ), gone AS (
        UPDATE memberships ms SET left_on = greatest(ms.joined_on, p.local_date) FROM possible p
        WHERE ms.user_id = $1::uuid AND ms.team_id = ANY($2::uuid[]) AND ms.left_on IS NULL
        RETURNING ms.team_id
    ), come AS (
        INSERT INTO memberships (user_id, team_id, joined_on, kind, created_at)
        SELECT $1::uuid, c.id, p.local_date, c.kind, $5::timestamptz
        FROM (SELECT count(*) FROM gone) AS first_of_all CROSS JOIN chosen c CROSS JOIN possible p
        ON CONFLICT (user_id, team_id, joined_on) DO UPDATE SET left_on = NULL
        RETURNING team_id
    ), counted AS (
        UPDATE teams t SET members = t.members + m.people FROM moves m
        WHERE t.id = m.id AND EXISTS (SELECT FROM gone UNION ALL SELECT FROM come)
        RETURNING t.id, t.members
    ), dated AS (
        INSERT INTO team_days AS held (team_id, local_date, members, member_days_before)
        SELECT c.id, p.local_date, c.members,
               coalesce(b.member_days_before + CAST(b.members AS bigint) * (p.local_date - b.local_date), 0)
        FROM counted c CROSS JOIN present p LEFT JOIN LATERAL (
            SELECT * FROM team_days d WHERE d.team_id = c.id AND d.local_date < p.local_date
            ORDER BY d.local_date DESC LIMIT 1
        ) b ON true
        ON CONFLICT (team_id, local_date) DO UPDATE SET members = excluded.members
    ), told AS (
        INSERT INTO team_standing_changes (team_id) SELECT id FROM counted
    ), weeks AS (
        INSERT INTO week_changes (user_id, starts_on) SELECT $1::uuid, p.local_date FROM present p
        WHERE extract(isodow FROM p.local_date) = 1 AND EXISTS (SELECT FROM gone UNION ALL SELECT FROM come)
    )
    SELECT p.local_date, ARRAY(SELECT team_id FROM gone), ARRAY(SELECT team_id FROM come) FROM present p
"""  # noqa: S608

_WHY_NOT = """
    SELECT t.kind, t.joining, m.team_id, m.joined_on, o.name_en
    FROM teams t
    LEFT JOIN memberships m ON m.user_id = $1::uuid AND m.left_on IS NULL
         AND (m.team_id = t.id OR (m.kind = t.kind AND t.kind <> 'club'))
    LEFT JOIN teams o ON o.id = m.team_id
    WHERE t.id = $2::uuid
"""


# The team that a person leaves to join another of its kind.
_OTHER = """
    SELECT m.team_id FROM teams t JOIN memberships m ON m.kind = t.kind AND m.team_id <> t.id
    WHERE t.id = $2::uuid AND m.user_id = $1::uuid AND m.left_on IS NULL AND t.kind <> 'club'
"""
_JOINING = "SELECT joining FROM teams WHERE id = $1::uuid"

_AT = ("input", "teamId")


@dataclass(frozen=True, slots=True)
class Moved:
    """From which local day on somebody belongs elsewhere: to the teams `joined`, and no longer to those `left`."""

    local_date: date
    left: Sequence[UUID]
    joined: Sequence[UUID]


class _Held(NamedTuple):
    kind: str
    joining: str
    team_id: UUID | None
    joined_on: date | None
    name: str | None


async def move(
    session: AsyncSession,
    user_id: UUID,
    *,
    leave: Sequence[UUID] = (),
    join: Sequence[UUID] = (),
    admitted: Sequence[Joining] = (),
    today: date,
    now: datetime,
) -> Moved:
    """What came of leaving these teams and joining those, all or nothing, as of one day.

    The caller holds the person's lock. Each of `join`, one of a kind at most, must take people in by one of the ways
    `admitted`, have room at every level, and be neither a team of theirs nor the second of a kind; else nothing
    changes. One exchange; it waits for others who move in the same trees.
    """
    connection = await driver_of(session)
    who = [user_id, list(leave), list(join)]
    _, ((local_date, left, joined),) = await asked(
        connection, (_LOCK, who), (_MOVE, [*who, today, now, [each.value for each in admitted]])
    )
    return Moved(local_date, left, joined)


async def join(
    session: AsyncSession,
    user_id: UUID,
    team_id: UUID,
    *,
    ways: Sequence[Joining] = (Joining.OPEN,),
    transfer: bool = False,
    today: date,
    now: datetime,
) -> tuple[date, bool]:
    """The day the person's membership began, and whether it is new.

    `ways` are those that are open to them; with `transfer` they leave another team of the kind on that day. The caller
    holds the person's lock. Raises NotFound, TeamClosed, InvitationNeeded, ApprovalNeeded, TeamFull, AlreadyInTeam
    which names the other team.
    """
    connection = await driver_of(session)
    leave: list[UUID] = []
    if transfer:
        (other,) = await asked(connection, (_OTHER, [user_id, team_id]))
        leave = [each for (each,) in other]
    moved = await move(session, user_id, leave=leave, join=[team_id], admitted=ways, today=today, now=now)
    if moved.joined:
        return moved.local_date, True
    # Asked after the attempt, so that a join that won the race is seen.
    (found,) = await asked(connection, (_WHY_NOT, [user_id, team_id]))
    if not found:
        raise NotFound("There is no such team; look for one in `teams`.", path=_AT)
    held = _Held(*found[0])
    if held.team_id == team_id and held.joined_on is not None:
        return held.joined_on, False
    raise _reason(held, ways)


def _reason(held: _Held, ways: Sequence[Joining]) -> Conflict:
    if held.joining not in ways:
        match held.joining:
            case Joining.INVITATION:
                return InvitationNeeded("People join this team by invitation; send the `code` of one.", path=_AT)
            case Joining.APPROVAL:
                return ApprovalNeeded("Ask to join this team with `requestToJoin`.", path=_AT)
            case Joining.DERIVED:
                return TeamClosed("This team follows from where people live; see `setHomePlace`.", path=_AT)
        return TeamClosed("This team takes nobody at present.", path=_AT)
    if held.team_id is not None:
        message = f"One belongs to one {held.kind} at a time, so far to {held.name}; leave it first, or `transfer`."
        return AlreadyInTeam(message, path=_AT)
    return TeamFull("This team, or one above it, has as many people as it takes; choose another.", path=_AT)


async def leave(session: AsyncSession, user_id: UUID, team_id: UUID, *, today: date, now: datetime) -> date | None:
    """The first local day that no longer counts for the team; None for who does not belong to it.

    The caller holds the person's lock. Raises NotFound, TeamClosed for a team of where they live.
    """
    (found,) = await asked(await driver_of(session), (_JOINING, [team_id]))
    if not found:
        raise NotFound("There is no such team; look for one in `teams`.", path=_AT)
    if found[0][0] == Joining.DERIVED:
        raise TeamClosed("This team follows from where people live; see `setHomePlace`.", path=_AT)
    moved = await move(session, user_id, leave=[team_id], today=today, now=now)
    return moved.local_date if moved.left else None


async def transferred(
    session: AsyncSession, user_id: UUID, origin: UUID, target: UUID, *, today: date, now: datetime
) -> date:
    """The day on which the person went from one team to another; the caller is in charge of both.

    Raises TeamClosed for a team of where people live, TeamFull, AlreadyInTeam.
    """
    ways = [each for each in Joining if each is not Joining.DERIVED]
    moved = await move(session, user_id, leave=[origin], join=[target], admitted=ways, today=today, now=now)
    if not moved.joined:
        (found,) = await asked(await driver_of(session), (_WHY_NOT, [user_id, target]))
        raise _reason(_Held(*found[0]), ways)
    return moved.local_date
