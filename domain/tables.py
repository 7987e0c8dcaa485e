"""All tables, for migrations and for whoever needs the whole metadata."""

from __future__ import annotations

from domain import (  # noqa: F401 - imported to register their tables
    activities,
    admissions,
    awards,
    budgets,
    challenge_weeks,
    challenges,
    collective,
    connections,
    counters,
    credits,
    demographics,
    enrolment_days,
    enrolments,
    finals,
    goals,
    guardians,
    homes,
    links,
    mappings,
    masses,
    partners,
    places,
    prizes,
    progress,
    ranks,
    records,
    reference,
    references,
    reviews,
    rulebooks,
    rulemaking,
    snapshots,
    standing_days,
    standings,
    streaks,
    team_standings,
    teams,
    unmapped,
    uploads,
    users,
)
from domain.base import metadata

__all__ = ["metadata"]
