"""Teams and memberships as everybody sees them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import teams as rows
from engine.declare import Order
from resolvers import admissions, memberships, partners, places, team_standings, teams
from schema.enums import described
from schema.places import Place
from schema.words import Connection, Node, Payload, column, computed, connection, holds, one, shows, text, value

if TYPE_CHECKING:
    from schema.admissions import JoinRequest, TeamInvitation
    from schema.partners import Partner
    from schema.standings import TeamStanding
    from schema.users import User

described(
    rows.TeamKind,
    says="What sort of node a team is; a person has one active team of each kind, clubs excepted.",
    values={
        "ministry": "A ministry.",
        "province": "The people of a province.",
        "district": "The people of a district.",
        "organisation": "A company, agency or other organisation, or a part of one.",
        "school": "A school or university.",
        "club": "A club; a person may be in several.",
    },
)
described(
    rows.Joining,
    says="How people come to belong to a team.",
    values={
        "open": "Whoever wants joins by themselves.",
        "invitation": "People join whom somebody in charge of the team has invited.",
        "approval": "People ask, and somebody in charge of the team decides.",
        "derived": "It follows from where they live; nobody joins or leaves by choice.",
        "closed": "Nobody joins at present.",
    },
)


described(
    rows.Role,
    says="What a member of a team may do. A role holds for the teams under it, too.",
    values={
        "member": "Belongs to it.",
        "steward": "Also invites people and decides requests to join.",
        "captain": "Also edits the team, gives roles, and removes and transfers members.",
    },
)
described(
    rows.ShownAs,
    says="How a member shows to the others of the team; minors never show by name.",
    values={
        "name": "By the display name.",
        "pseudonym": "By a pseudonym that stays the same in the team.",
        "hidden": "Not at all, but to captains and stewards by pseudonym.",
    },
)


class TeamOrder(Order):
    """Orders of teams."""

    NAME = "name"
    MEMBERS = "members"


described(TeamOrder, says="The order of teams.", values={"name": "By Thai name.", "members": "The largest first."})
ORDERS = {TeamOrder.NAME: ("name_th", "id"), TeamOrder.MEMBERS: ("-members", "-id")}


@shows(rows.Membership, says="Somebody's time in a team.")
class Membership:
    """A membership."""

    member_id: strawberry.ID = computed(
        memberships.id_of, says="What stands for the member in this team, and nowhere else; for whoever is captain."
    )
    display_name: str = computed(
        memberships.display_name_of,
        says="The member's name if they show by it; else, and for minors, a pseudonym, the same as long as they stay.",
    )
    user: Annotated[User, strawberry.lazy("schema.users")] | None = one(
        memberships.person_in, says="Whose it is; null when they may not be seen, or do not show by name here."
    )
    role: rows.Role = column(says="What they may do in the team.")
    shown_as: rows.ShownAs | None = computed(
        memberships.shown_as_of, says="How they show to the others; for themselves alone."
    )
    team: Team | None = one(teams.named, says="The team.")
    joined_on: date = column(says="The first day in Thailand that counts for the team.")
    left_on: date | None = column(says="The first day that no longer counts; null while it lasts.")


@shows(rows.Team, node=teams.by_id, says="A node of the tree of teams.")
class Team(Node):
    """A team."""

    kind: rows.TeamKind = column(says="What sort of node it is.")
    name: str = text(th="name_th", en="name_en", says="Its name.")
    joining: rows.Joining = column(says="How people come to belong to it.")
    open: bool = computed(
        teams.is_open, says="Whether people may join it by themselves.", deprecated="`joining` says how people join."
    )
    most_members: int | None = column(says="How many people it takes at most; null for no limit.")
    parent: Team | None = one(teams.parent_of, says="The team above; null at a root.")
    children: Connection[Team] = connection(teams.children_of, orders=ORDERS, says="The teams directly under it.")
    place: Place | None = one(places.of_team, says="Where it is at home.")
    member_count: int = column(from_="members", says="People who belong to it or to a team under it, today.")
    partner: Annotated[Partner, strawberry.lazy("schema.partners")] | None = one(
        partners.of_team, says="The organisation that keeps it; null for clubs of citizens and where none does."
    )
    invitations: Connection[Annotated[TeamInvitation, strawberry.lazy("schema.admissions")]] = connection(
        admissions.invitations_of_team,
        orders=("-id",),
        says="Invitations to it, for whoever is in charge of it; empty for others.",
    )
    join_requests: Connection[Annotated[JoinRequest, strawberry.lazy("schema.admissions")]] = connection(
        admissions.requests_of_team,
        orders=("id",),
        says="Requests to join it that wait, the oldest first, for whoever is in charge of it; empty for others.",
    )
    members: Connection[Membership] = connection(
        memberships.of_team,
        orders=("joined_on", "user_id"),
        says="Who belongs to it now, the longest first, for those who belong to it themselves; empty for others, and "
        "in teams of provinces and districts, which nobody joins by choice. Who hides shows to its captains and "
        "stewards alone, by pseudonym.",
    )
    standings: Connection[Annotated[TeamStanding, strawberry.lazy("schema.standings")]] = connection(
        team_standings.standings_of_team, orders=("-challenge_id",), says="Its standings, the latest challenge first."
    )


@holds(says="The answer of `joinTeam`.")
class JoinTeamPayload(Payload):
    """What joining gives."""

    membership: Membership | None = one(memberships.joined, says="The membership.")
    team: Team | None = one(teams.named, says="The team.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `leaveTeam` and `removeMember`.")
class LeaveTeamPayload(Payload):
    """What leaving gives."""

    team: Team | None = one(teams.named, says="The team.")
    left_on: date | None = value(
        says="The first day in Thailand that no longer counts for it; null for who did not belong to it."
    )


@holds(says="The answer of `transferMember`.")
class TransferMemberPayload(Payload):
    """What a transfer gives."""

    team: Team | None = one(teams.named, says="The team that they belong to now.")
    joined_on: date | None = value(says="The first day in Thailand that counts for it.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `showInTeam` and `setTeamRole`.")
class MembershipPayload(Payload):
    """What became of a membership."""

    membership: Membership | None = one(memberships.changed, says="The membership, if the viewer may see it.")
    team: Team | None = one(teams.named, says="The team.")


@holds(says="The answer of `createTeam` and `editTeam`.")
class TeamPayload(Payload):
    """What became of a team."""

    team: Team | None = one(teams.named, says="The team.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
