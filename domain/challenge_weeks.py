"""In which weeks participants were regular exercisers, and for which node of the competing kind that counts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import Field

from domain.base import Row


class ChallengeWeek(Row, table=True):
    """A participant is a regular exerciser as of the ISO week from `starts_on`, a Monday within the window.

    `team_id` is the node that they belonged to on that Monday. Kept by the folding pass where teams are ranked by it.
    """

    __tablename__ = "challenge_weeks"

    user_id: UUID = Field(primary_key=True)
    challenge_id: UUID = Field(primary_key=True)
    starts_on: date = Field(primary_key=True)
    team_id: UUID
