"""People: one row each, and the names by which they log in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Text, text
from sqlmodel import Field

from domain.base import Row, text_array, utc_now, uuid7

FULL_AGE = 20
"""Years; Civil and Commercial Code, section 19. By the year of birth alone only who is older is certainly of age."""


class Sex(StrEnum):
    """As the person states it; None where they do not."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Language(StrEnum):
    """The two languages of everything a person reads."""

    TH = "th"
    EN = "en"


class User(Row, table=True):
    """A person. `home_place_code` is the finest place they gave, a district or a subdistrict.

    `source_order` is their own order of partners, most trusted first, for figures that differ.
    `synthetic` marks people made by `ccc seed`, who exist nowhere else.
    """

    __tablename__ = "users"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    display_name: str = Field(sa_type=Text)
    home_place_code: str | None = Field(default=None, sa_type=Text, index=True)
    birth_year: int | None = None
    sex: str | None = Field(default=None, sa_type=Text)
    mass_kg: float | None = None
    language: str = Field(default=Language.TH.value, sa_type=Text)
    source_order: list[str] = Field(
        default_factory=list, sa_type=text_array(), sa_column_kwargs={"server_default": text("'{}'")}
    )
    synthetic: bool = False
    created_at: datetime = Field(default_factory=utc_now)


class Login(Row, table=True):
    """A user name, keyed by itself so that a log-in is one probe on any number of shards."""

    __tablename__ = "logins"

    username: str = Field(primary_key=True, sa_type=Text)
    user_id: UUID = Field(index=True)
    password_hash: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)
