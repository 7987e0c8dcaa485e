"""Dated versions of every figure that decides who gets credit."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, utc_now


class RulebookState(StrEnum):
    """Only an approved rulebook counts, from its date on."""

    DRAFT = "draft"
    APPROVED = "approved"


@dataclass(frozen=True, kw_only=True)
class SpeedLimit:
    """Average metres a second above which an activity is held for review, and above which it is refused.

    They count from `from_meters` on: a short sprint may be faster than any long run.
    """

    flag_mps: float
    reject_mps: float
    from_meters: float = 0.0


def _speed_limits() -> dict[str, SpeedLimit]:
    return {
        "running": SpeedLimit(flag_mps=5.5, reject_mps=6.9, from_meters=5_000),
        "walking": SpeedLimit(flag_mps=2.5, reject_mps=4.0),
        "cycling": SpeedLimit(flag_mps=15, reject_mps=20),
        "swimming": SpeedLimit(flag_mps=2.0, reject_mps=2.4),
    }


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All figures of one rulebook; the defaults are version 1.

    Kilocalories, seconds, metres, metres a second, kilograms and credits, as the names say.
    """

    kcal_per_credit: int = 100
    daily_cap_credits: int = 20
    manual_daily_cap_credits: int = 5
    default_mass_kg: float = 60.0
    flag_elapsed_seconds: int = 18 * 3600
    reject_elapsed_seconds: int = 48 * 3600
    flag_steps_per_minute: float = 250
    stride_meters_least: float = 0.2
    stride_meters_most: float = 2.5
    energy_kcal_per_hour: float = 1_400
    energy_kcal_per_kg_hour: float = 20
    energy_met: float = 23
    vigorous_met: float = 6.0
    speed_limits: dict[str, SpeedLimit] = field(default_factory=_speed_limits)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Figures:
        """The figures as stored in a rulebook row; absent ones keep the default of version 1."""
        limits = {group: SpeedLimit(**limit) for group, limit in stored.get("speed_limits", {}).items()}
        return cls(**{**stored, "speed_limits": limits or _speed_limits()})


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
