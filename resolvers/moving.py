"""People who join, leave and change teams, and what those in charge of a team do with its members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import strawberry

from domain import admissions, charges, memberships
from domain.bangkok import local_date_of
from domain.booking import rebook
from domain.errors import NotFound
from domain.ingest import lock
from domain.rulebooks import approved
from domain.teams import Joining, Role, ShownAs
from resolvers.context import Context
from resolvers.keys import accepted_key, actor_of, person_of
from resolvers.teams import TeamId

_MEMBER = "The `memberId` of the member."


@strawberry.input(description="Which team to join.")
class JoinTeamInput:
    """What `joinTeam` takes."""

    team_id: TeamId = strawberry.field(description="The team.")
    code: str | None = strawberry.field(
        default=None, description="The code of an invitation, for teams that are not open; capitals do not matter."
    )
    transfer: bool = strawberry.field(
        default=False, description="Whether to leave, on the same day, the other team of the kind that one is in."
    )
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@strawberry.input(description="Which team to leave.")
class LeaveTeamInput:
    """What `leaveTeam` takes."""

    team_id: TeamId = strawberry.field(description="The team.")


@strawberry.input(description="How to show in a team.")
class ShowInTeamInput:
    """What `showInTeam` takes."""

    team_id: TeamId = strawberry.field(description="A team that one belongs to.")
    shown_as: ShownAs = strawberry.field(description="How to show to the other members.")


@strawberry.input(description="Which member to take where.")
class TransferMemberInput:
    """What `transferMember` takes."""

    team_id: TeamId = strawberry.field(description="The team that they leave, which one is captain of.")
    member_id: strawberry.ID = strawberry.field(description=_MEMBER)
    to_team_id: TeamId = strawberry.field(description="The team that they join, in one's charge.")
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@strawberry.input(description="Which member to remove.")
class RemoveMemberInput:
    """What `removeMember` takes."""

    team_id: TeamId = strawberry.field(description="The team, which one is captain of.")
    member_id: strawberry.ID = strawberry.field(description=_MEMBER)


@strawberry.input(description="Which role to give.")
class SetTeamRoleInput:
    """What `setTeamRole` takes."""

    team_id: TeamId = strawberry.field(description="The team that one is captain of.")
    member_id: strawberry.ID = strawberry.field(description=_MEMBER)
    role: Role = strawberry.field(description="The role from now on.")


@dataclass
class Joined:
    """What came of joining a team."""

    user_id: UUID
    team_id: UUID
    joined_on: date
    idempotency_key: str


@dataclass
class Left:
    """What came of leaving a team; `left_on` None for who did not belong to it."""

    team_id: UUID
    left_on: date | None


@dataclass
class Changed:
    """Whose membership was changed."""

    user_id: UUID
    team_id: UUID


async def join(context: Context, input: JoinTeamInput) -> Joined:  # noqa: A002 - the contract's word
    """The person of the token in the team from today on, Bangkok time; again: the same membership.

    Raises NotFound, TeamClosed, InvitationNeeded, ApprovalNeeded, TeamFull, AlreadyInTeam.
    """
    key, user_id, team_id = accepted_key(input.idempotency_key), person_of(context.viewer), UUID(str(input.team_id))
    await lock(context.session, [user_id])
    ways = await admissions.used(context.session, user_id, team_id, input.code, now=context.now)
    joined_on = await joined(context, user_id, team_id, ways, transfer=input.transfer)
    return Joined(user_id, team_id, joined_on, key)


async def joined(context: Context, user_id: UUID, team_id: UUID, ways: list[Joining], *, transfer: bool) -> date:
    """The day on which the person, whose lock is held, joined by one of the ways; the day counts for the team."""
    today, now, session = local_date_of(context.now), context.now, context.session
    day, is_new = await memberships.join(session, user_id, team_id, ways=ways, transfer=transfer, today=today, now=now)
    if is_new:
        await rebook(session, [(user_id, day)], await approved(session), now)
    return day


async def leave(context: Context, input: LeaveTeamInput) -> Left:  # noqa: A002 - the contract's word
    """The person of the token out of the team from today on; again: nothing changes. Raises NotFound, TeamClosed."""
    user_id, team_id = person_of(context.viewer), UUID(str(input.team_id))
    return Left(team_id, await _left(context, user_id, team_id))


async def _left(context: Context, user_id: UUID, team_id: UUID) -> date | None:
    session, now = context.session, context.now
    await lock(session, [user_id])
    day = await memberships.leave(session, user_id, team_id, today=local_date_of(now), now=now)
    if day is not None:
        await rebook(session, [(user_id, day)], await approved(session), now)
    return day


async def show(context: Context, input: ShowInTeamInput) -> Changed:  # noqa: A002 - the contract's word
    """How the person of the token shows in a team of theirs from now on. Raises NotFound."""
    user_id, team_id = person_of(context.viewer), UUID(str(input.team_id))
    await charges.show(context.session, user_id, team_id, input.shown_as)
    return Changed(user_id, team_id)


async def transfer(context: Context, input: TransferMemberInput) -> Joined:  # noqa: A002 - the contract's word
    """A member in another team of the kind from today on, both in the charge of whoever asks; again: the same.

    Raises NotFound, NotInCharge, AlreadyInTeam, TeamFull.
    """
    key, actor, session = accepted_key(input.idempotency_key), actor_of(context.viewer), context.session
    origin, target, now = UUID(str(input.team_id)), UUID(str(input.to_team_id)), context.now
    user_id = await charges.member_named(session, actor, origin, _key(input.member_id))
    await charges.check(session, actor, target)
    await lock(session, [user_id])
    day = await memberships.transferred(session, user_id, origin, target, today=local_date_of(now), now=now)
    await rebook(session, [(user_id, day)], await approved(session), now)
    return Joined(user_id, target, day, key)


async def remove(context: Context, input: RemoveMemberInput) -> Left:  # noqa: A002 - the contract's word
    """A member out of the team from today on. Raises NotFound."""
    team_id = UUID(str(input.team_id))
    actor = actor_of(context.viewer)
    user_id = await charges.member_named(context.session, actor, team_id, _key(input.member_id))
    return Left(team_id, await _left(context, user_id, team_id))


async def appoint(context: Context, input: SetTeamRoleInput) -> Changed:  # noqa: A002 - the contract's word
    """A member with another role. Raises NotFound."""
    team_id, actor = UUID(str(input.team_id)), actor_of(context.viewer)
    user_id = await charges.appoint(context.session, actor, team_id, _key(input.member_id), input.role)
    return Changed(user_id, team_id)


def _key(member_id: strawberry.ID) -> UUID:
    try:
        return UUID(str(member_id))
    except ValueError:
        raise NotFound("There is no such member.", path=("input", "memberId")) from None
