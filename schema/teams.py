"""Teams and memberships as everybody sees them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import teams as rows
from engine.declare import Order
from resolvers import places, team_standings, teams, users
from schema.enums import described
from schema.places import Place
from schema.words import Connection, Node, Payload, column, computed, connection, holds, one, shows, text, value

if TYPE_CHECKING:
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


class TeamOrder(Order):
    """Orders of teams."""

    NAME = "name"
    MEMBERS = "members"


described(TeamOrder, says="The order of teams.", values={"name": "By Thai name.", "members": "The largest first."})
ORDERS = {TeamOrder.NAME: ("name_th", "id"), TeamOrder.MEMBERS: ("-members", "-id")}


@shows(rows.Membership, says="Somebody's time in a team.")
class Membership:
    """A membership."""

    user: Annotated[User, strawberry.lazy("schema.users")] | None = one(
        users.owner_of, says="Whose it is; null when they may not be seen."
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
    members: Connection[Membership] = connection(
        teams.members_of,
        orders=("joined_on", "user_id"),
        says="Who belongs to it now, the longest first, for those who belong to it themselves; empty for others, and "
        "in teams of provinces and districts, which nobody joins by choice.",
    )
    standings: Connection[Annotated[TeamStanding, strawberry.lazy("schema.standings")]] = connection(
        team_standings.standings_of_team, orders=("-challenge_id",), says="Its standings, the latest challenge first."
    )


@holds(says="The answer of `joinTeam`.")
class JoinTeamPayload(Payload):
    """What joining gives."""

    membership: Membership | None = one(teams.membership_of, says="The membership.")
    team: Team | None = one(teams.named, says="The team.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
