"""Dated versions of every figure that decides who gets credit.

To add or to describe a figure: `domain/figures.py` says how.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, utc_now
from domain.figures import Figures, SpeedLimit

__all__ = ["Figures", "SpeedLimit"]


class RulebookState(StrEnum):
    """Only an approved rulebook counts, from its date on."""

    DRAFT = "draft"
    APPROVED = "approved"


class Rulebook(Row, table=True):
    """One version; `in_force_from` is the first local day it decides."""

    __tablename__ = "rulebooks"

    version: int = Field(primary_key=True)
    in_force_from: date
    state: str = Field(default=RulebookState.DRAFT.value, sa_type=Text)
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    drafted_by: str = Field(sa_type=Text)
    approved_by: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)


@dataclass(frozen=True)
class Rules:
    """A rulebook in force: its version and figures."""

    version: int
    in_force_from: date
    figures: Figures


class Rulebooks:
    """The approved rulebooks; `on(day)` gives the one in force."""

    def __init__(self, rules: list[Rules]) -> None:
        self._rules = sorted(rules, key=lambda each: (each.in_force_from, each.version), reverse=True)
        self._found: dict[date, Rules] = {}

    def on(self, day: date) -> Rules:
        """The rules in force on a local day; days before the first rulebook are under the first."""
        if (found := self._found.get(day)) is None:
            found = next((each for each in self._rules if each.in_force_from <= day), self._rules[-1])
            self._found[day] = found
        return found


async def approved(session: AsyncSession) -> Rulebooks:
    """All approved rulebooks, by one statement. Raises LookupError on a database without any."""
    rows = (await session.exec(select(Rulebook).where(col(Rulebook.state) == RulebookState.APPROVED.value))).all()
    if not rows:
        raise LookupError("no approved rulebook: load the reference data")
    return Rulebooks([Rules(each.version, each.in_force_from, Figures.of(each.figures)) for each in rows])


def first_rulebook() -> Rulebook:
    """Version 1, in force from the beginning of the programme's records."""
    return Rulebook(
        version=1,
        in_force_from=date(2000, 1, 1),
        state=RulebookState.APPROVED.value,
        figures=asdict(Figures()),
        drafted_by="programme",
        approved_by="ministry",
        created_at=datetime.fromisoformat("2025-01-01T00:00:00+00:00"),
    )
