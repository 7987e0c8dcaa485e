"""Standings of people and teams: the lines of leaderboards."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import standings as rows
from domain import team_standings as team_rows
from domain.standing_days import DAILY as KEPT_DAILY
from resolvers import challenges, ranks, standing_days, standings, team_standings, teams
from schema.goals import Progress
from schema.scalars import BigInt
from schema.standing_days import DailyStanding, DailyTeamStanding
from schema.teams import Team
from schema.words import Connection, column, computed, connection, one, shows

if TYPE_CHECKING:
    from schema.challenges import Challenge
    from schema.users import User


@shows(rows.ChallengeDay, says="What one day of a participant counts.")
class StandingDay:
    """A day of a standing."""

    local_date: date = column(says="The day in Thailand.")
    value: BigInt = column(says="What it adds to the score, in whole units of the metric.")
    team: Team | None = one(teams.named, says="The team that it counts for; null where there is none.")


@shows(rows.Standing, says="One participant's line of a leaderboard.")
class Standing:
    """A standing."""

    rank: int = computed(
        ranks.rank_of,
        says=f"1 for the highest score; equal scores share a rank. The first {ranks.COUNTED} are always exact; "
        "further ranks follow the scores within seconds.",
    )
    score: BigInt = column(says="In whole units of the challenge's metric.")
    progress: Progress | None = one(
        standings.progress_of, says="How far the score has come towards the challenge's target; null without a target."
    )
    reached_on: date | None = computed(
        standings.reached_on_of,
        says="The day in Thailand with which the score reached the target, for the participant and administrators; "
        "null before, and for others. Late and corrected activities move it.",
    )
    display_name: str | None = computed(
        standings.display_name_of,
        says="For citizens the participant's name, of minors and for everybody else a pseudonym that stays the same "
        "within this challenge and exists in no other.",
    )
    is_mine: bool = computed(standings.is_own, says="Whether it is the viewer's own.")
    user: Annotated[User, strawberry.lazy("schema.users")] | None = one(
        standings.person_in, says="The participant; null for viewers who may not see them."
    )
    challenge: Annotated[Challenge, strawberry.lazy("schema.challenges")] | None = one(
        challenges.named, says="The challenge."
    )
    days_counted: int | None = computed(
        standings.days_counted_of,
        says="On how many days something counts, for the participant and administrators; null for others.",
    )
    days: Connection[StandingDay] = connection(
        standings.days_of,
        orders=("-local_date",),
        says="What each day counts, the latest first, for the participant and administrators; empty for others.",
    )

    history: Connection[DailyStanding] = connection(
        standing_days.of_standing,
        orders=("-local_date",),
        says=f"Score and rank at the end of each day, the latest first, for the participant and administrators; empty "
        f"for others. Of days more than {KEPT_DAILY} ago Sundays alone are kept.",
    )


@shows(team_rows.TeamStanding, says="One team's line of a leaderboard.")
class TeamStanding:
    """A team's standing."""

    level: int = column(from_="depth", says="The team's level in its tree: 1 for a root.")
    rank: int | None = computed(
        team_standings.team_rank_of,
        says="Among the ranked teams of its level by what the challenge ranks teams by, 1 for the highest; equal "
        f"figures share a rank. Null for teams of fewer than {team_rows.RANKED_FROM} people, which are not ranked.",
    )
    rank_beside: int | None = computed(
        team_standings.rank_beside_of,
        says="The same among the teams directly under the same team, such as the districts of its province; null for "
        "roots.",
    )
    score: BigInt = column(
        says="The sum of its people's days while they belonged to it or to a team under it, in units of the metric; "
        "follows their days within seconds."
    )
    members: int | None = computed(
        team_standings.members_of, says="People who belong to it or to a team under it, today."
    )
    average_members: float | None = computed(
        team_standings.average_members_of,
        says="The same on an average day of the window up to `figuredOn`, what averages and shares divide by; null "
        "before the window.",
    )
    participants: BigInt | None = computed(
        team_standings.participants_of,
        says="Distinct people who have a day that counts for it or for a team under it; null unless it is ranked.",
    )
    average_per_member: float | None = computed(
        team_standings.average_of,
        says="Where teams are ranked by AVERAGE_PER_MEMBER: the score divided by the member-days of the window so far, "
        "in units of the metric for a member and day, to the thousandth below. Null elsewhere and unless it is ranked.",
    )
    participation_share: float | None = computed(
        team_standings.participation_of,
        says="Where teams are ranked by PARTICIPATION_SHARE: the participants divided by the average members of the "
        "window so far, 0 to 1, to the millionth below. Null elsewhere and unless it is ranked.",
    )
    regular_share: float | None = computed(
        team_standings.regular_of,
        says="Where teams are ranked by REGULAR_SHARE: the weeks in which members exercised regularly divided by the "
        "member-weeks of the window so far, 0 to 1, to the millionth below. Null elsewhere and unless it is ranked.",
    )
    figured_on: date | None = column(
        says="The day in Thailand up to which what it is ranked by is reckoned; null until it first is."
    )
    team: Team | None = one(teams.named, says="The team.")
    challenge: Annotated[Challenge, strawberry.lazy("schema.challenges")] | None = one(
        challenges.named, says="The challenge."
    )
    history: Connection[DailyTeamStanding] = connection(
        standing_days.of_team, orders=("-local_date",), says="Figure and rank at the end of each day, the latest first."
    )
