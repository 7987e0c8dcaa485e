"""Where people and teams stood on each day."""

from __future__ import annotations

from datetime import date

from domain import standing_days as rows
from schema.scalars import BigInt
from schema.words import column, shows


@shows(rows.StandingDay, says="Where somebody stood when a day ended, as the night's round found them soon after.")
class DailyStanding:
    """A standing as of a day."""

    local_date: date = column(says="The day in Thailand.")
    score: BigInt = column(says="In whole units of the challenge's metric.")
    rank: BigInt = column(says="1 for the highest score of that moment; equal scores share a rank.")


@shows(rows.TeamStandingDay, says="Where a team stood when a day ended, as the night's round found it soon after.")
class DailyTeamStanding:
    """A team's standing as of a day."""

    local_date: date = column(says="The day in Thailand.")
    figure: BigInt | None = column(
        says="What the challenge ranks teams by: the total in units of its metric, the average of a member and day in "
        "thousandths of a unit, shares in millionths; null while it could not be known."
    )
    rank: BigInt | None = column(says="Among the ranked teams of its level; null while it was not ranked.")
