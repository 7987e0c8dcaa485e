"""What fields weigh, and what one document may demand.

A document costs the sum of its fields' weights, times the items of the lists they stand in (`first`,
at most 100). An object or a list weighs 1 and a scalar 0 unless said otherwise here.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.price import Limits

WEIGHTS: Mapping[str, int] = {
    # a rank is some hundred index rows however many take part, a team's one for each team ahead; neither is a column
    "Standing.rank": 2,
    "TeamStanding.rank": 2,
    "TeamStanding.rankBeside": 2,
    "TeamStanding.members": 1,
    "TeamStanding.averageMembers": 2,
    "TeamStanding.averagePerMember": 1,
    "TeamStanding.participationShare": 1,
    "TeamStanding.regularShare": 1,
    "Challenge.myStanding": 3,
    "Challenge.console": 2,
    "Challenge.rankOf": 3,
    "Challenge.teamRankOf": 3,
    "Standing.daysCounted": 1,
    # each cell is judged beside its siblings; its figures weigh, since the items of a list cannot
    # a hundred lines on each level, read twice: for the answer and to hash them
    "StandingProof.levels": 20,
    "StandingProof.isValid": 20,
    "PlaceStatistics.participants": 1,
    "PlaceStatistics.activities": 1,
    "PlaceStatistics.movingSeconds": 1,
    "PlaceStatistics.distanceMeters": 1,
    "PlaceStatistics.energyKcal": 1,
    "PlaceStatistics.credits": 1,
    "PlaceStatistics.vigorousSeconds": 1,
    "PlaceStatistics.withheld": 1,
    # a goal's value is a row of counters, or the days of a month
    "Goal.progress": 2,
    "GoalPeriod.progress": 2,
    # a row for each day of the window
    "Challenge.reachedOn": 2,
    "Standing.reachedOn": 2,
    # who is visible is asked for each person
    "Query.users": 5,
    # a batch books credits, counters and standings
    "Mutation.recordActivities": 50,
    "Mutation.awardCredits": 50,
    "Mutation.redeemCredits": 10,
    "Mutation.reverseEntry": 10,
    "Mutation.setCreditBudget": 10,
    # up to a thousand days are scored
    "Mutation.previewRulebook": 500,
    "Mutation.draftRulebook": 10,
    "Mutation.approveRulebook": 10,
    "Mutation.withdrawRulebook": 10,
    "Mutation.replayQuarantined": 50,
    "Mutation.decideReview": 10,
    "Mutation.appealActivity": 10,
    "Mutation.setGoal": 10,
    "Mutation.endGoal": 10,
    "Mutation.joinTeam": 10,
    "Mutation.leaveTeam": 10,
    "Mutation.transferMember": 10,
    "Mutation.removeMember": 10,
    "Mutation.decideJoinRequest": 10,
    "Mutation.createTeam": 10,
    "Mutation.setHomePlace": 10,
    "Mutation.joinChallenge": 10,
    "Mutation.leaveChallenge": 10,
    "Mutation.shareWithSponsor": 10,
    "Mutation.draftChallenge": 10,
    "Mutation.editChallenge": 10,
    "Mutation.publishChallenge": 10,
    "Mutation.cancelChallenge": 10,
}

LIMITS = Limits(
    tokens=2000,
    depth=12,
    definitions=30,
    aliases=50,
    directives=20,
    fields=300,
    cost=10_000,
    page=20,
    most=100,
    errors=8,
    cache_bytes=64_000_000,
    weights=WEIGHTS,
)
