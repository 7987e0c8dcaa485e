"""Daily counters: one row per person and day, and one per place and day that many people share."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from domain.base import Row


class UserDay(Row, table=True):
    """A person's accepted activities of one local day, in whole units; the base of every statistic.

    `home_place_code` is where they lived when the day was last counted, so that a correction takes from the
    place it was given to.
    """

    __tablename__ = "user_days"
    __table_args__ = (Index("ix_user_days_local_date", "local_date"),)

    user_id: UUID = Field(primary_key=True)
    local_date: date = Field(primary_key=True)
    home_place_code: str | None = Field(default=None, sa_type=Text)
    activities: int = 0
    moving_seconds: int = Field(default=0, sa_type=BigInteger)
    vigorous_seconds: int = Field(default=0, sa_type=BigInteger)
    distance_meters: int = Field(default=0, sa_type=BigInteger)
    energy_kcal: int = Field(default=0, sa_type=BigInteger)
    credits: int = 0


class PlaceDay(Row, table=True):
    """All people of a place, of any level, on one local day. `participants` are distinct people."""

    __tablename__ = "place_days"

    place_code: str = Field(primary_key=True, sa_type=Text)
    local_date: date = Field(primary_key=True)
    participants: int = Field(default=0, sa_type=BigInteger)
    activities: int = Field(default=0, sa_type=BigInteger)
    moving_seconds: int = Field(default=0, sa_type=BigInteger)
    distance_meters: int = Field(default=0, sa_type=BigInteger)
    energy_kcal: int = Field(default=0, sa_type=BigInteger)
    credits: int = Field(default=0, sa_type=BigInteger)
