"""Changes of rules, and of credits that are given and spent."""

from __future__ import annotations

from auth.viewer import ViewerKind
from domain.scopes import Scope
from resolvers import (
    awards,
    budgets,
    previews,
    redemptions,
    rulebooks,
)
from schema.budgets import SetCreditBudgetPayload
from schema.credits import AwardCreditsPayload, RedeemCreditsPayload, ReverseEntryPayload
from schema.rulebooks import DecideRulebookPayload, DraftRulebookPayload, PreviewRulebookPayload
from schema.words import holds, mutation


@holds(says="Changes of rules, and of credits that are given and spent.")
class CreditMutations:
    """Changes of rules, and of credits that are given and spent."""

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
