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

    rank: int | None = computed(
        team_standings.team_rank_of,
        says="Among the ranked teams of its level by what the challenge ranks teams by, 1 for the highest; equal "
        f"figures share a rank. Null for teams of fewer than {team_rows.RANKED_FROM} people, which are not ranked.",
    )
    score: BigInt = column(
        says="The sum of its people's days while they belonged to it or to a team under it, in units of the metric; "
        "follows their days within seconds."
    )
    team: Team | None = one(teams.named, says="The team.")
    challenge: Annotated[Challenge, strawberry.lazy("schema.challenges")] | None = one(
        challenges.named, says="The challenge."
    )
    history: Connection[DailyTeamStanding] = connection(
        standing_days.of_team, orders=("-local_date",), says="Figure and rank at the end of each day, the latest first."
    )
