"""Invitations to teams and requests to join them: for whom they concern and whoever is in charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, Text, any_, case, cast, func, literal, or_, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain import admissions
from domain.admissions import INVITED, JoinRequest, RequestState, TeamInvitation
from domain.errors import NotFound
from domain.ingest import lock
from domain.teams import Membership, Role, Team
from domain.users import User
from engine.declare import Ref
from resolvers.context import Context, Parent, Seer, administers, nothing_of
from resolvers.keys import accepted_key, actor_of, person_of
from resolvers.moving import joined
from resolvers.teams import TeamId
from resolvers.users import of_age


@strawberry.input(description="An invitation to a team.")
class InviteToTeamInput:
    """What `inviteToTeam` takes."""

    team_id: TeamId = strawberry.field(description="The team, in one's charge.")
    person: Annotated[strawberry.ID, Ref("User")] | None = strawberry.field(
        default=None, description="For this person alone, once; null for whoever has the code."
    )
    most_uses: int = strawberry.field(
        default=1, description=f"How many people may use it, 1 to {admissions.MOST_USES}; once for a person."
    )
    days: int = strawberry.field(default=14, description=f"How long it holds, 1 to {admissions.MOST_DAYS} days.")
    idempotency_key: str = strawberry.field(
        description="Your name for this invitation, 1 to 100 characters. The same key again gives the same invitation; "
        "with another content it is refused as CONFLICT."
    )


@strawberry.input(description="Which invitation to withdraw.")
class WithdrawInvitationInput:
    """What `withdrawInvitation` takes."""

    invitation_id: strawberry.ID = strawberry.field(description="Its `invitationId`.")


@strawberry.input(description="Which team to ask for a place.")
class RequestToJoinInput:
    """What `requestToJoin` takes."""

    team_id: TeamId = strawberry.field(description="A team that people join by approval.")
    note: str | None = strawberry.field(
        default=None,
        description=f"A word to whoever decides, {admissions.LONGEST_NOTE} characters at most; it goes when they have.",
    )
    transfer: bool = strawberry.field(
        default=False, description="Whether to leave, when accepted, the other team of the kind that one is in."
    )
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@strawberry.input(description="What becomes of a request.")
class DecideJoinRequestInput:
    """What `decideJoinRequest` takes."""

    request_id: strawberry.ID = strawberry.field(description="Its `requestId`.")
    accept: bool = strawberry.field(description="Whether the person joins, from today on.")


@strawberry.input(description="Which request to withdraw.")
class WithdrawJoinRequestInput:
    """What `withdrawJoinRequest` takes."""

    request_id: strawberry.ID = strawberry.field(description="The `requestId` of one's own request.")


@dataclass
class Done:
    """Which invitation or request was made or changed."""

    id: UUID
    team_id: UUID | None = None
    idempotency_key: str | None = None
    joined_on: date | None = None


def invitations_seen_by(viewer: Seer) -> Select[TeamInvitation]:
    """Those to teams in one's charge, and those made out to oneself."""
    every = select(TeamInvitation)
    if administers(viewer):
        return every
    led = col(TeamInvitation.team_id).in_(_led(viewer))
    if viewer.kind == ViewerKind.CITIZEN:
        return every.where(or_(col(TeamInvitation.user_id) == viewer.user_id, led))
    return every.where(led) if viewer.kind == ViewerKind.PARTNER else nothing_of(every)


def _led(viewer: Seer) -> Select[Any]:
    """The teams whose captain, steward or keeper the viewer is."""
    if viewer.kind == ViewerKind.PARTNER:
        return select(col(Team.id)).where(col(Team.partner_name) == viewer.partner_name)
    own = select(col(Membership.team_id)).where(
        col(Membership.user_id) == viewer.user_id,
        col(Membership.left_on).is_(None),
        col(Membership.role) != Role.MEMBER.value,
    )
    # each team above which, or in which, the viewer has a role
    return select(col(Team.id)).where(own.where(col(Membership.team_id) == any_(col(Team.ancestor_ids))).exists())


def invitations_of_team(viewer: Seer, team: Parent) -> Select[TeamInvitation]:
    """The invitations to a team."""
    return invitations_seen_by(viewer).where(col(TeamInvitation.team_id) == team.id)


def invitations_of_user(viewer: Seer, user: Parent) -> Select[TeamInvitation]:
    """The invitations made out to a person that can be used."""
    found = invitations_seen_by(viewer).where(
        col(TeamInvitation.user_id) == user.id,
        col(TeamInvitation.withdrawn_at).is_(None),
        col(TeamInvitation.uses) < col(TeamInvitation.most_uses),
        col(TeamInvitation.expires_at) > func.now(),
    )
    return found.order_by(col(TeamInvitation.invited_at).desc(), col(TeamInvitation.id))


def invitation_made(viewer: Seer, done: Parent) -> Select[TeamInvitation]:
    """The invitation that was made or withdrawn."""
    return invitations_seen_by(viewer).where(col(TeamInvitation.id) == done.id)


def requests_seen_by(viewer: Seer) -> Select[JoinRequest]:
    """Those for teams in one's charge, and one's own."""
    every = select(JoinRequest)
    if administers(viewer):
        return every
    led = col(JoinRequest.team_id).in_(_led(viewer))
    if viewer.kind == ViewerKind.CITIZEN:
        return every.where(or_(col(JoinRequest.user_id) == viewer.user_id, led))
    return every.where(led) if viewer.kind == ViewerKind.PARTNER else nothing_of(every)


def requests_of_team(viewer: Seer, team: Parent) -> Select[JoinRequest]:
    """The requests that wait for whoever is in charge of a team."""
    return requests_seen_by(viewer).where(
        col(JoinRequest.team_id) == team.id, col(JoinRequest.state) == RequestState.WAITING.value
    )


def requests_of_user(viewer: Seer, user: Parent) -> Select[JoinRequest]:
    """A person's requests, for themselves; the latest first."""
    found = requests_seen_by(viewer).where(col(JoinRequest.user_id) == user.id)
    if not administers(viewer):
        found = found.where(col(JoinRequest.user_id) == viewer.user_id)
    return found.order_by(col(JoinRequest.asked_at).desc(), col(JoinRequest.id))


def request_made(viewer: Seer, done: Parent) -> Select[JoinRequest]:
    """The request that was made or decided."""
    return requests_seen_by(viewer).where(col(JoinRequest.id) == done.id)


def id_of(_viewer: Seer, made: Parent) -> ColumnElement[str]:
    """What to name to change an invitation or a request."""
    return cast(made.id, Text)


def name_of(viewer: Seer, request: Parent) -> ColumnElement[Any]:
    """Who asks, by name; minors by a pseudonym that stands for this request alone."""
    person = select(col(User.display_name)).where(col(User.id) == request.user_id)
    if not administers(viewer):
        own = col(User.id) == viewer.user_id if viewer.kind == ViewerKind.CITIZEN else literal(value=False)
        person = person.where(or_(own, of_age(col(User.birth_year))))
    digits = func.upper(func.right(func.replace(cast(request.id, Text), "-", ""), 12))
    return func.coalesce(person.scalar_subquery(), literal("P-").concat(digits))


def code_of(viewer: Seer, invitation: Parent) -> ColumnElement[Any]:
    """The code, for whoever is in charge."""
    if viewer.kind == ViewerKind.CITIZEN and not administers(viewer):
        return case((invitation.team_id.in_(_led(viewer)), invitation.code))
    return invitation.code  # type: ignore[no-any-return]  # a parent's column


async def invite(context: Context, input: InviteToTeamInput) -> Done:  # noqa: A002 - the contract's word
    """An invitation to a team in the charge of whoever asks. Raises BadInput, NotInCharge, Conflict."""
    key, team_id = accepted_key(input.idempotency_key), UUID(str(input.team_id))
    made = await admissions.invite(
        context.session,
        actor_of(context.viewer),
        team_id,
        person=UUID(str(input.person)) if input.person else None,
        most_uses=input.most_uses,
        days=input.days,
        key=key,
        now=context.now,
    )
    return Done(made, team_id, key)


async def withdraw_invitation(
    context: Context,
    input: WithdrawInvitationInput,  # noqa: A002 - the contract's word
) -> Done:
    """The invitation, which lets nobody in any more. Raises NotFound."""
    made = _key(input.invitation_id, "invitationId")
    await admissions.withdraw_invitation(context.session, actor_of(context.viewer), made, now=context.now)
    return Done(made)


async def request(context: Context, input: RequestToJoinInput) -> Done:  # noqa: A002 - the contract's word
    """The person of the token asks to join. Raises BadInput, Conflict."""
    key, team_id = accepted_key(input.idempotency_key), UUID(str(input.team_id))
    user_id = person_of(context.viewer)
    await lock(context.session, [user_id])
    made = await admissions.request(
        context.session, user_id, team_id, note=input.note, transfer=input.transfer, now=context.now
    )
    return Done(made, team_id, key)


async def decide(context: Context, input: DecideJoinRequestInput) -> Done:  # noqa: A002 - the contract's word
    """A request accepted, which makes its person a member from today on, or declined.

    Raises NotFound, TeamFull, AlreadyInTeam; a refused acceptance leaves it waiting.
    """
    actor, session, now = actor_of(context.viewer), context.session, context.now
    made = _key(input.request_id, "requestId")
    user_id, team_id, transfer = await admissions.waiting(session, actor, made)
    if not input.accept:
        await admissions.decided(session, made, actor.name, RequestState.DECLINED, now=now)
        return Done(made, team_id)
    await lock(session, [user_id])
    await admissions.decided(session, made, actor.name, RequestState.ACCEPTED, now=now)
    return Done(made, team_id, joined_on=await joined(context, user_id, team_id, INVITED, transfer=transfer))


async def withdraw_request(
    context: Context,
    input: WithdrawJoinRequestInput,  # noqa: A002 - the contract's word
) -> Done:
    """The person of the token no longer asks; one that is decided stays so."""
    made = _key(input.request_id, "requestId")
    await admissions.take_back(context.session, person_of(context.viewer), made, now=context.now)
    return Done(made)


def _key(given: strawberry.ID, field: str) -> UUID:
    try:
        return UUID(str(given))
    except ValueError:
        raise NotFound("There is nothing of this id for you.", path=("input", field)) from None
