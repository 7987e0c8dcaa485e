"""The root of reads."""

from __future__ import annotations

from auth.viewer import ViewerKind
from domain.scopes import Scope
from resolvers import (
    activities,
    challenges,
    finals,
    partners,
    places,
    reviews,
    rulebooks,
    sports,
    teams,
    templates,
    unmapped,
    uploads,
    users,
)
from resolvers import viewer as viewers
from schema.activities import ORDERS as ACTIVITY_ORDERS
from schema.activities import Activity
from schema.challenges import ORDERS as CHALLENGE_ORDERS
from schema.challenges import Challenge
from schema.finals import StandingProof
from schema.partners import Partner, UnmappedSport
from schema.places import ORDERS as PLACE_ORDERS
from schema.places import Place
from schema.reviews import ReviewItem
from schema.rulebooks import Rulebook
from schema.sports import Sport
from schema.teams import ORDERS as TEAM_ORDERS
from schema.teams import (
    Team,
)
from schema.templates import ChallengeTemplate
from schema.uploads import Upload
from schema.users import User
from schema.viewer import Viewer
from schema.words import Connection, Node, connection, holds, many, node_by_id, nodes_by_ids, one


@holds(says="What can be asked.")
class Query:
    """The root of reads."""

    viewer: Viewer = one(viewers.itself, public=True, says="Whoever asks.")
    node: Node | None = node_by_id()
    nodes: list[Node | None] = nodes_by_ids()
    users: Connection[User] | None = connection(
        users.listed,
        orders=("id",),
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="The people whom the viewer sees: oneself and adults of one's teams; for a partner those linked to it.",
    )
    activities: Connection[Activity] | None = connection(
        activities.listed,
        orders=ACTIVITY_ORDERS,
        needs=Scope.ACTIVITY_READ,
        says="The activities that the viewer sees: one's own; for a partner those of people who granted it.",
    )
    teams: Connection[Team] = connection(teams.listed, orders=TEAM_ORDERS, public=True, says="All teams.")
    challenges: Connection[Challenge] = connection(
        challenges.listed, orders=CHALLENGE_ORDERS, public=True, says="All challenges but drafts; a sponsor's own, too."
    )
    challenge_templates: list[ChallengeTemplate] = many(
        templates.listed, public=True, says="What `draftChallenge` can start from: a fixed list."
    )
    verify_standing: StandingProof | None = one(
        finals.verified, public=True, says="What proves a frozen standing: its line, and all hashes up to the seal."
    )
    verify_team_standing: StandingProof | None = one(
        finals.team_verified, public=True, says="What proves a team's frozen standing."
    )
    review_queue: Connection[ReviewItem] | None = connection(
        reviews.waiting,
        orders=("appealed_at", "flagged_at"),
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="The activities that wait for a decision: those appealed first, then the others, each the oldest first. A "
        "partner sees those that its own record speaks for.",
    )
    # What stands for one comes before the list: the list's name hides the module within the class.
    partner: Partner | None = one(partners.by_name, public=True, says="The partner of a name.")
    partners: Connection[Partner] = connection(
        partners.listed, orders=("name",), public=True, says="All partners, by name."
    )
    place: Place | None = one(places.by_code, public=True, says="The place of a code.")
    places: Connection[Place] = connection(places.listed, orders=PLACE_ORDERS, public=True, says="All places.")
    rulebook_in_force: Rulebook | None = one(
        rulebooks.in_force, public=True, says="The rulebook that decides a day in Thailand; rules are public."
    )
    rulebooks: Connection[Rulebook] | None = connection(
        rulebooks.listed,
        orders=("-version",),
        needs=Scope.ADMIN,
        opens=(ViewerKind.ADMIN,),
        says="All rulebooks, drafts and withdrawn ones too, the newest first.",
    )
    upload_status: Upload | None = one(
        uploads.by_id,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="How far a file has come that the token's organisation uploaded; null for anybody else's.",
    )
    sport: Sport | None = one(sports.by_word, public=True, says="The sport of a word.")
    sports: Connection[Sport] = connection(sports.listed, orders=("word",), public=True, says="All sports, by word.")
    unmapped_sports: Connection[UnmappedSport] | None = connection(
        unmapped.listed,
        orders=("-records",),
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Words for sports that a partner's format does not know, so that their records are `OTHER`, the most "
        "frequent first: a partner's own, for administrators all. They follow a delivery within seconds.",
    )
