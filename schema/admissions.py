"""Invitations to teams and requests to join them, as those whom they concern see them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import strawberry

from domain import admissions as rows
from resolvers import admissions, teams
from schema.enums import described
from schema.teams import Team
from schema.words import Payload, column, computed, holds, one, shows, value

described(
    rows.RequestState,
    says="What became of a request to join a team.",
    values={
        "waiting": "It waits for whoever is in charge of the team.",
        "accepted": "The person has joined.",
        "declined": "They may ask again.",
        "withdrawn": "The person no longer asks.",
    },
)

_Team = Annotated[Team, strawberry.lazy("schema.teams")]


@shows(rows.TeamInvitation, says="An invitation to a team, for one person or for whoever has its code.")
class TeamInvitation:
    """An invitation."""

    invitation_id: strawberry.ID = computed(admissions.id_of, says="What to name to withdraw it.")
    team: _Team | None = one(teams.named, says="The team.")
    code: str | None = computed(
        admissions.code_of, says="What people send to `joinTeam`; for whoever is in charge of the team."
    )
    most_uses: int = column(says="How many people may use it.")
    uses: int = column(says="How many have.")
    invited_at: datetime = column(says="When it was made.")
    expires_at: datetime = column(says="Until when it can be used.")
    withdrawn_at: datetime | None = column(says="When it was withdrawn; null while it holds.")


@shows(rows.JoinRequest, says="Somebody's request to join a team.")
class JoinRequest:
    """A request."""

    request_id: strawberry.ID = computed(admissions.id_of, says="What to name to decide or withdraw it.")
    team: _Team | None = one(teams.named, says="The team.")
    display_name: str = computed(
        admissions.name_of, says="Who asks, by name; minors by a pseudonym that stands for this request alone."
    )
    note: str | None = column(says="Their word to whoever decides; null once it is decided.")
    transfer: bool = column(says="Whether they leave another team of the kind for it.")
    state: rows.RequestState = column(says="What became of it.")
    asked_at: datetime = column(says="When it was made.")
    decided_at: datetime | None = column(says="When it was decided or withdrawn.")


@holds(says="The answer of `inviteToTeam` and `withdrawInvitation`.")
class InvitationPayload(Payload):
    """What became of an invitation."""

    invitation: TeamInvitation | None = one(admissions.invitation_made, says="The invitation.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `requestToJoin`, `decideJoinRequest` and `withdrawJoinRequest`.")
class JoinRequestPayload(Payload):
    """What became of a request."""

    request: JoinRequest | None = one(admissions.request_made, says="The request.")
    joined_on: date | None = value(says="The first day in Thailand that counts for the team, if it was accepted.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
