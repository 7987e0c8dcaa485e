"""Collective goals: how far everybody together has come, and on which day the target was reached."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, literal_column, select
from sqlmodel import col

from domain.challenges import Mode
from domain.collective import CollectiveDay
from domain.ranks import ChallengeTotal
from resolvers.context import Parent, Seer
from resolvers.progress import first_beyond, progress


def progress_of(_viewer: Seer, challenge: Parent) -> Select[Any]:
    """How far a collective goal has come; no row for other challenges."""
    total = select(col(ChallengeTotal.score)).where(col(ChallengeTotal.challenge_id) == challenge.id)
    value = func.coalesce(cast(total.scalar_subquery(), BigInteger), literal_column("0"))
    return progress(value, case((challenge.mode == Mode.COLLECTIVE_GOAL.value, challenge.target)))


def reached_on_of(_viewer: Seer, challenge: Parent) -> ColumnElement[Any]:
    """The local day with which the sum of all reached the target; null before. A row for each day of the window."""
    so_far = func.sum(col(CollectiveDay.score)).over(order_by=col(CollectiveDay.local_date))
    days = select(col(CollectiveDay.local_date), so_far.label("so_far"))
    window = days.where(col(CollectiveDay.challenge_id) == challenge.id)
    return first_beyond(window.subquery("days"), challenge.target)
