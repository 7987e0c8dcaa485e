"""How far recurring work has come: it goes on from there, whoever does it next, and whatever ended the last run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, inserted_if_new


class Progress(Row, table=True):
    """Work that goes through all people, a part at a time.

    `after` is the last person who was done, None between two rounds; `week` the week that a round is about, if it is
    about one. `people` and `findings` are what was done and found since the beginning; `ended_at` is when the last
    round ended.
    """

    __tablename__ = "progress"

    name: str = Field(primary_key=True, sa_type=Text)
    week: date | None = None
    after: UUID | None = None
    people: int = Field(default=0, sa_type=BigInteger)
    findings: int = Field(default=0, sa_type=BigInteger)
    ended_at: datetime | None = None


async def progress_of(session: AsyncSession, name: str) -> Progress:
    """The row of this work, locked, made if it is not there yet; what is changed in it is written with the session."""
    await inserted_if_new(session, Progress, [{"name": name, "people": 0, "findings": 0}])
    locked = select(Progress).where(col(Progress.name) == name).with_for_update()
    return (await session.exec(locked)).one()


async def all_of(session: AsyncSession) -> Sequence[Progress]:
    """How far each such work has come."""
    return (await session.exec(select(Progress).order_by(col(Progress.name)))).all()
