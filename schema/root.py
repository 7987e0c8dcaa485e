"""The roots: what can be asked and changed, as an Apollo Federation v2 subgraph."""

from __future__ import annotations

from pathlib import Path

from auth.viewer import ViewerKind
from domain.scopes import Scope
from resolvers import (
    activities,
    admissions,
    awards,
    budgets,
    challenges,
    corrections,
    enrolments,
    finals,
    founding,
    goals,
    guardians,
    homes,
    mapping_trials,
    mappings,
    masses,
    moving,
    organising,
    partners,
    places,
    previews,
    quarantine,
    redemptions,
    reviews,
    rulebooks,
    sharing,
    sports,
    teams,
    templates,
    uploads,
    users,
)
from resolvers import viewer as viewers
from schema.activities import ORDERS as ACTIVITY_ORDERS
from schema.activities import Activity, RecordActivitiesPayload
from schema.admissions import InvitationPayload, JoinRequestPayload
from schema.budgets import SetCreditBudgetPayload
from schema.challenges import ORDERS as CHALLENGE_ORDERS
from schema.challenges import Challenge, JoinChallengePayload, LeaveChallengePayload, ShareWithSponsorPayload
from schema.corrections import (
    DeleteActivityPayload,
    MergeActivitiesPayload,
    SetSourceOrderPayload,
    SplitActivityPayload,
)
from schema.credits import AwardCreditsPayload, RedeemCreditsPayload, ReverseEntryPayload
from schema.finals import StandingProof
from schema.goals import ChangeGoalPayload
from schema.guardians import AskGuardianPayload, GuardianConsentPayload
from schema.homes import SetHomePlacePayload
from schema.mappings import (
    ActivateMappingPayload,
    PreviewMappingPayload,
    SaveMappingPayload,
    SuggestMappingPayload,
)
from schema.masses import SetMassPayload
from schema.organising import OrganiseChallengePayload
from schema.partners import Partner, ReplayQuarantinedPayload
from schema.places import ORDERS as PLACE_ORDERS
from schema.places import Place
from schema.reviews import AppealActivityPayload, DecideReviewPayload, ReviewItem
from schema.rulebooks import DecideRulebookPayload, DraftRulebookPayload, PreviewRulebookPayload, Rulebook
from schema.sports import Sport
from schema.teams import ORDERS as TEAM_ORDERS
from schema.teams import (
    JoinTeamPayload,
    LeaveTeamPayload,
    MembershipPayload,
    Team,
    TeamPayload,
    TransferMemberPayload,
)
from schema.templates import ChallengeTemplate
from schema.uploads import Upload
from schema.users import User
from schema.viewer import Viewer
from schema.words import Connection, Node, build, connection, holds, many, mutation, node_by_id, nodes_by_ids, one

PRINTED = Path(__file__).with_name("schema.graphql")
"""The contract as text, committed."""
ORGANISERS = (ViewerKind.SPONSOR, ViewerKind.PARTNER, ViewerKind.ADMIN)
"""Who may hold challenges."""


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


@holds(says="What can be changed.")
class Mutation:
    """The root of changes."""

    record_activities: RecordActivitiesPayload | None = mutation(
        activities.record,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER,),
        says="Store workouts that a partner reports, up to 1,000 at once.",
    )
    replay_quarantined: ReplayQuarantinedPayload | None = mutation(
        quarantine.replay,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER,),
        says="Try again what stands in the quarantine of the token's organisation, the oldest first: rows of people "
        "who have connected since, and what can be read by now.",
    )
    suggest_mapping: SuggestMappingPayload | None = mutation(
        mapping_trials.suggest,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="What the columns of a file seem to be, from its header words in Thai and English. Nothing is stored.",
    )
    preview_mapping: PreviewMappingPayload | None = mutation(
        mapping_trials.preview,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Try a mapping on a sample: the workouts it gives and the rows it cannot read. Nothing is stored.",
    )
    save_mapping: SaveMappingPayload | None = mutation(
        mappings.save,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Keep a mapping as a version of its own. Nothing is read by it before `activateMapping`.",
    )
    activate_mapping: ActivateMappingPayload | None = mutation(
        mappings.activate,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Read what the partner sends by one of its mappings from now on. What came before stays as it was read.",
    )
    decide_review: DecideReviewPayload | None = mutation(
        reviews.decide,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Decide whether an activity that waits for review counts. Credits, counters and standings follow at once. "
        "What was rejected or decided before is for administrators.",
    )
    appeal_activity: AppealActivityPayload | None = mutation(
        reviews.appeal,
        opens=(ViewerKind.CITIZEN,),
        says="Appeal against the verdict on an activity of one's own, once for each verdict.",
    )
    merge_activities: MergeActivitiesPayload | None = mutation(
        corrections.merge,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Say that one's own activities are one workout. It holds for their records whatever they become; "
        "`splitActivity` undoes it.",
    )
    split_activity: SplitActivityPayload | None = mutation(
        corrections.split,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Say that some records of one's own activity are a workout of their own. It holds whatever they become; "
        "`mergeActivities` undoes it.",
    )
    delete_activity: DeleteActivityPayload | None = mutation(
        corrections.delete,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Delete one's own activity for good: its records stay away, even when a partner sends them again or "
        "newer, and what it counted is taken back. Deleting again changes nothing.",
    )
    set_source_order: SetSourceOrderPayload | None = mutation(
        corrections.reorder,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Say whose figures one trusts first where sources of equal standing differ. All one's activities follow. "
        "The same order again changes nothing.",
    )
    set_mass: SetMassPayload | None = mutation(
        masses.weigh,
        needs=Scope.HEALTH_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Say what one weighs from a day on. Energy is estimated with the mass of its day, so days before it stay "
        "as they are. The same again changes nothing.",
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
    set_home_place: SetHomePlacePayload | None = mutation(
        homes.settle,
        opens=(ViewerKind.CITIZEN,),
        says="Say where one lives from today on, in Thailand. What one did before stays where it was; the running week "
        "and month count in the new place, and one changes to the teams of its province and district. The same place "
        "again changes nothing.",
    )
    join_team: JoinTeamPayload | None = mutation(
        moving.join,
        opens=(ViewerKind.CITIZEN,),
        says="Join a team from today on, in Thailand: an open one, or with an invitation. Joining again answers the "
        "same membership.",
    )
    leave_team: LeaveTeamPayload | None = mutation(
        moving.leave,
        opens=(ViewerKind.CITIZEN,),
        says="Leave a team: what one does from today on, in Thailand, no longer counts for it; what one did before "
        "still does. Leaving again changes nothing.",
    )
    show_in_team: MembershipPayload | None = mutation(
        moving.show,
        opens=(ViewerKind.CITIZEN,),
        says="Say how one shows to the other members of a team. Minors never show by name, whatever they say.",
    )
    transfer_member: TransferMemberPayload | None = mutation(
        moving.transfer,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Take a member from a team that one is captain of to another in one's charge, from today on, in Thailand.",
    )
    remove_member: LeaveTeamPayload | None = mutation(
        moving.remove,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Remove a member from a team that one is captain of, from today on, in Thailand.",
    )
    set_team_role: MembershipPayload | None = mutation(
        moving.appoint,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Make a member of a team that one is captain of a captain, a steward or a plain member. Partners do so in "
        "the teams they keep.",
    )
    invite_to_team: InvitationPayload | None = mutation(
        admissions.invite,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Invite to a team in one's charge: one person, or whoever has the code that comes back.",
    )
    withdraw_invitation: InvitationPayload | None = mutation(
        admissions.withdraw_invitation,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Let nobody join by an invitation any more. Withdrawing again changes nothing.",
    )
    request_to_join: JoinRequestPayload | None = mutation(
        admissions.request,
        opens=(ViewerKind.CITIZEN,),
        says="Ask to join a team that takes people by approval. Asking again while it waits changes its words.",
    )
    decide_join_request: JoinRequestPayload | None = mutation(
        admissions.decide,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Accept or decline a request to join a team in one's charge. Whoever is accepted joins today.",
    )
    withdraw_join_request: JoinRequestPayload | None = mutation(
        admissions.withdraw_request,
        opens=(ViewerKind.CITIZEN,),
        says="No longer ask to join. Withdrawing again, or what is decided, changes nothing.",
    )
    create_team: TeamPayload | None = mutation(
        founding.create,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Make a team. People make clubs, 10 at most, and are their captains; partners make teams under those they "
        "keep, administrators all but those of provinces and districts.",
    )
    edit_team: TeamPayload | None = mutation(
        founding.edit,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Change a team that one is captain of or keeps. Its kind and its place in the tree stay.",
    )
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
    ask_guardian: AskGuardianPayload | None = mutation(
        guardians.ask,
        needs=Scope.CONSENT_MANAGE,
        opens=(ViewerKind.CITIZEN,),
        says="For people under 20: a code with which their guardian consents to their taking part in challenges. While "
        "a code waits to be used it is the same.",
    )
    consent_as_guardian: GuardianConsentPayload | None = mutation(
        guardians.consent,
        needs=Scope.CONSENT_MANAGE,
        opens=(ViewerKind.CITIZEN,),
        says="Consent, as somebody of age, to a minor's taking part in challenges, with the code that they gave.",
    )
    withdraw_guardian_consent: GuardianConsentPayload | None = mutation(
        guardians.withdraw,
        needs=Scope.CONSENT_MANAGE,
        opens=(ViewerKind.CITIZEN,),
        says="Withdraw a guardian's consent, one's own or for oneself. The minor joins no further challenge. "
        "Withdrawing again changes nothing.",
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
    draft_rulebook: DraftRulebookPayload | None = mutation(
        rulebooks.draft,
        needs=Scope.ADMIN,
        opens=(ViewerKind.ADMIN,),
        says="Draft a new version of the rules. It decides nothing until another administrator approves it.",
    )
    preview_rulebook: PreviewRulebookPayload | None = mutation(
        previews.preview,
        needs=Scope.ADMIN,
        opens=(ViewerKind.ADMIN,),
        says="What a rulebook would change if it had decided days of the past, by the functions that book them. "
        "Nothing is stored.",
    )
    approve_rulebook: DecideRulebookPayload | None = mutation(
        rulebooks.approve,
        needs=Scope.ADMIN,
        opens=(ViewerKind.ADMIN,),
        says="Approve a rulebook that another administrator drafted. It decides the days from its date on, and no "
        "earlier ones. Approving again changes nothing.",
    )
    withdraw_rulebook: DecideRulebookPayload | None = mutation(
        rulebooks.withdraw,
        needs=Scope.ADMIN,
        opens=(ViewerKind.ADMIN,),
        says="Withdraw a draft, or an approved rulebook that is not in force yet. Withdrawing again changes nothing.",
    )
    award_credits: AwardCreditsPayload | None = mutation(
        awards.award,
        needs=Scope.CREDIT_AWARD,
        opens=(ViewerKind.PARTNER,),
        says="Give credits to people who granted it, up to 1,000 awards at once, within the partner's budgets: all or, "
        "beyond a budget, none.",
    )
    redeem_credits: RedeemCreditsPayload | None = mutation(
        redemptions.redeem,
        needs=Scope.CREDIT_REDEEM,
        opens=(ViewerKind.CITIZEN, ViewerKind.PARTNER, ViewerKind.SPONSOR),
        says="Spend credits: one's own, or at a partner those of a person who granted it. Never more than there are.",
    )
    reverse_entry: ReverseEntryPayload | None = mutation(
        awards.reverse,
        opens=(ViewerKind.PARTNER, ViewerKind.SPONSOR, ViewerKind.ADMIN),
        says="Take back an award or a redemption that one booked, once. An award returns to its budget; what was spent "
        "of it meanwhile is a debt.",
    )
    set_credit_budget: SetCreditBudgetPayload | None = mutation(
        budgets.set_budget,
        needs=Scope.ADMIN,
        opens=(ViewerKind.ADMIN,),
        says="Decide how many credits of a kind a partner may give in a fiscal year.",
    )


SCHEMA = build(Query, Mutation)
"""The schema that the engine serves."""
