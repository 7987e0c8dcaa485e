"""Changes of teams, of who belongs to them, and of homes and guardians."""

from __future__ import annotations

from auth.viewer import ViewerKind
from domain.scopes import Scope
from resolvers import (
    admissions,
    founding,
    guardians,
    homes,
    moving,
)
from schema.admissions import InvitationPayload, JoinRequestPayload
from schema.guardians import AskGuardianPayload, GuardianConsentPayload
from schema.homes import SetHomePlacePayload
from schema.teams import (
    JoinTeamPayload,
    LeaveTeamPayload,
    MembershipPayload,
    TeamPayload,
    TransferMemberPayload,
)
from schema.words import holds, mutation


@holds(says="Changes of teams, of who belongs to them, and of homes and guardians.")
class TeamMutations:
    """Changes of teams, of who belongs to them, and of homes and guardians."""

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
