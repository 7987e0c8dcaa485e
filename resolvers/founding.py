"""People, organisations and administrators who make and edit teams."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import strawberry

from domain import founding
from domain.founding import Texts
from domain.ingest import lock
from domain.teams import Joining, TeamKind
from resolvers.context import Context
from resolvers.keys import accepted_key, actor_of
from resolvers.moving import joined
from resolvers.teams import TeamId

_NAME = f"1 to {founding.LONGEST_NAME} characters."
_MOST = f"How many people it takes at most, 1 to {founding.MOST_MEMBERS}; 0 for no limit."


@strawberry.input(description="A new team.")
class CreateTeamInput:
    """What `createTeam` takes."""

    kind: TeamKind = strawberry.field(description="Its kind: `CLUB` for people; never `PROVINCE` or `DISTRICT`.")
    name_th: str = strawberry.field(description=f"Its Thai name, {_NAME}")
    name_en: str = strawberry.field(description=f"Its English name, {_NAME}")
    parent_id: TeamId | None = strawberry.field(
        default=None, description=f"The team above it, in one's charge; {founding.MOST_LEVELS} levels at most."
    )
    place: str | None = strawberry.field(default=None, description="The code of the place where it is at home.")
    joining: Joining = strawberry.field(default=Joining.OPEN, description="How people join it; not `DERIVED`.")
    most_members: int = strawberry.field(default=0, description=_MOST)
    partner: str | None = strawberry.field(
        default=None,
        description="For administrators: the short name of the partner that keeps it; that of the team above if left "
        "out.",
    )
    idempotency_key: str = strawberry.field(
        description="Your name for this team, 1 to 100 characters. The same key again gives the same team; with "
        "another content it is refused as CONFLICT."
    )


@strawberry.input(description="What changes of a team; what is left out stays.")
class EditTeamInput:
    """What `editTeam` takes."""

    team_id: TeamId = strawberry.field(description="The team, which one is captain of.")
    name_th: str | None = strawberry.field(default=None, description=f"Its Thai name, {_NAME}")
    name_en: str | None = strawberry.field(default=None, description=f"Its English name, {_NAME}")
    place: str | None = strawberry.field(default=None, description="The code of the place where it is at home.")
    joining: Joining | None = strawberry.field(default=None, description="How people join it; not `DERIVED`.")
    most_members: int | None = strawberry.field(
        default=None, description=f"{_MOST} Whoever belongs to it stays, though they be more."
    )


@dataclass
class Founded:
    """Which team was made or edited."""

    team_id: UUID
    idempotency_key: str | None = None


async def create(context: Context, input: CreateTeamInput) -> Founded:  # noqa: A002 - the contract's word
    """A new team; a person who makes it is its captain. Raises BadInput, NotInCharge, Conflict."""
    key, actor, session = accepted_key(input.idempotency_key), actor_of(context.viewer), context.session
    if actor.user_id:
        await lock(session, [actor.user_id])
    made, is_new = await founding.create(
        session,
        actor,
        input.kind,
        Texts(
            name_th=input.name_th,
            name_en=input.name_en,
            place_code=input.place,
            joining=input.joining,
            most_members=input.most_members,
        ),
        parent=UUID(str(input.parent_id)) if input.parent_id else None,
        owner=input.partner,
        key=key,
        now=context.now,
    )
    if is_new and actor.user_id and not actor.administers:
        await joined(context, actor.user_id, made, list(Joining), transfer=False)
        await founding.captain(session, actor.user_id, made)
    return Founded(made, key)


async def edit(context: Context, input: EditTeamInput) -> Founded:  # noqa: A002 - the contract's word
    """The team, changed. Raises BadInput, NotInCharge."""
    team_id = UUID(str(input.team_id))
    texts = Texts(
        name_th=input.name_th,
        name_en=input.name_en,
        place_code=input.place,
        joining=input.joining,
        most_members=input.most_members,
    )
    await founding.edit(context.session, actor_of(context.viewer), team_id, texts)
    return Founded(team_id)
