"""Changes of challenges, of who takes part, and of personal goals."""

from __future__ import annotations

from auth.viewer import ViewerKind
from domain.scopes import Scope
from resolvers import (
    enrolments,
    goals,
    organising,
    sharing,
)
from schema.challenges import JoinChallengePayload, LeaveChallengePayload, ShareWithSponsorPayload
from schema.goals import ChangeGoalPayload
from schema.organising import OrganiseChallengePayload
from schema.words import holds, mutation

ORGANISERS = (ViewerKind.SPONSOR, ViewerKind.PARTNER, ViewerKind.ADMIN)
"""Who may hold challenges."""


@holds(says="Changes of challenges, of who takes part, and of personal goals.")
class ChallengeMutations:
    """Changes of challenges, of who takes part, and of personal goals."""

    draft_challenge: OrganiseChallengePayload | None = mutation(
        organising.draft,
        needs=Scope.CHALLENGE_MANAGE,
        opens=ORGANISERS,
        says="Draft a challenge, from a template or from nothing. Nobody else sees it until it is published.",
    )
    edit_challenge: OrganiseChallengePayload | None = mutation(
        organising.edit,
        needs=Scope.CHALLENGE_MANAGE,
        opens=ORGANISERS,
        says="Change a challenge of one's own: of a draft anything, later titles and descriptions alone "
        "(RULES_FROZEN).",
    )
    publish_challenge: OrganiseChallengePayload | None = mutation(
        organising.publish,
        needs=Scope.CHALLENGE_MANAGE,
        opens=ORGANISERS,
        says="Announce a draft: people can join, its rules stay as they are, and what its prizes may come to is kept "
        "in the sponsor's budget (BUDGET_EXCEEDED).",
    )
    cancel_challenge: OrganiseChallengePayload | None = mutation(
        organising.cancel,
        needs=Scope.CHALLENGE_MANAGE,
        opens=ORGANISERS,
        says="Call off a challenge that is not final. Nothing counts any more, and what was kept for prizes returns to "
        "the budget.",
    )
    join_challenge: JoinChallengePayload | None = mutation(
        enrolments.join,
        opens=(ViewerKind.CITIZEN,),
        says="Take part in a challenge that is published or running, until its last day. All days of its window count, "
        "whenever one joins. Joining again changes nothing.",
    )
    leave_challenge: LeaveChallengePayload | None = mutation(
        enrolments.leave,
        opens=(ViewerKind.CITIZEN,),
        says="Leave a challenge: one's score and days there go from all standings at once. One may join again. Leaving "
        "again changes nothing.",
    )
    share_with_sponsor: ShareWithSponsorPayload | None = mutation(
        sharing.set_sharing,
        opens=(ViewerKind.CITIZEN,),
        says="Let the sponsor of a challenge that one takes part in see one's pseudonym and score, or no more, in "
        "whatever state it is. The same again changes nothing.",
    )
    set_goal: ChangeGoalPayload | None = mutation(
        goals.set_goal,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Aim at so much of something in each day, ISO week or month, from the present one or a later one on. "
        "There is one goal for each metric and period: it replaces what was aimed at from then on, periods before keep "
        "theirs. The same again changes nothing.",
    )
    end_goal: ChangeGoalPayload | None = mutation(
        goals.end_goal,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="End a goal with the period before the present one. What past periods came to stays. Ending again changes "
        "nothing.",
    )
