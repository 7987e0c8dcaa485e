"""Dated versions of every figure that decides who gets credit, and which of them decides a day.

The rulebook of a day is the approved one with the latest date on or before it, unless an administrator had the day
booked anew by another one: then the latest such rebooking decides, also for whatever arrives later. Both are stored, so
that whoever books a day, in whatever order, books it by the same rules. To add a figure: `domain/figures.py` says how.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import CheckConstraint, Column, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, driver_of, utc_now
from domain.exchange import asked
from domain.figures import Figures, SpeedLimit

__all__ = ["Figures", "SpeedLimit"]


class RulebookState(StrEnum):
    """Only an approved rulebook counts, from its date on."""

    DRAFT = "draft"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class Rulebook(Row, table=True):
    """One version; `in_force_from` is the first local day it decides.

    What it says never changes, only its state does, and the database sees to that. `based_on` is the version that it
    was drafted from; `drafted_by` and `approved_by` are different administrators, `user:<id>` or `client:<id>`.
    """

    __tablename__ = "rulebooks"
    __table_args__ = (
        UniqueConstraint("drafted_by", "idempotency_key"),
        CheckConstraint(
            "state <> 'approved' OR (approved_by IS NOT NULL AND approved_by <> drafted_by)",
            name="two_administrators",
        ),
    )

    version: int = Field(primary_key=True)
    in_force_from: date
    state: str = Field(default=RulebookState.DRAFT.value, sa_type=Text)
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    based_on: int | None = None
    drafted_by: str = Field(sa_type=Text)
    drafted_client: str | None = Field(default=None, sa_type=Text)
    approved_by: str | None = Field(default=None, sa_type=Text)
    approved_at: datetime | None = None
    idempotency_key: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)


class Rebooking(Row, table=True):
    """Local days, both ends included, that are booked by another rulebook than the one of their date.

    The one with the highest number decides a day. It does so from the moment it is there; `done_until` is the last
    person whose days have been booked anew, and one is finished before the next begins.
    """

    __tablename__ = "rebookings"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="days_in_order"),
        Index(
            "uq_rebookings_unfinished",
            "finished_at",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    number: int | None = Field(default=None, sa_column=Column(Integer, Identity(always=True), primary_key=True))
    rulebook_version: int
    starts_on: date
    ends_on: date
    done_until: UUID | None = None
    created_at: datetime = Field(default_factory=utc_now)
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Rules:
    """A rulebook in force: its version and figures."""

    version: int
    in_force_from: date
    figures: Figures


@dataclass(frozen=True)
class Rebooked:
    """Days that other rules decide than those of their date; the highest number wins."""

    number: float
    rules: Rules
    starts_on: date
    ends_on: date


class Rulebooks:
    """The approved rulebooks; `on(day)` gives the one that decides it."""

    def __init__(self, rules: Iterable[Rules], rebooked: Iterable[Rebooked] = ()) -> None:
        self._rules = sorted(rules, key=lambda each: (each.in_force_from, each.version), reverse=True)
        self._rebooked = sorted(rebooked, key=lambda each: each.number, reverse=True)
        self._found: dict[date, Rules] = {}

    def on(self, day: date) -> Rules:
        """The rules that decide a local day; days before the first rulebook are under the first."""
        if (found := self._found.get(day)) is None:
            anew = (each.rules for each in self._rebooked if each.starts_on <= day <= each.ends_on)
            dated = (each for each in self._rules if each.in_force_from <= day)
            found = self._found[day] = next(anew, None) or next(dated, self._rules[-1])
        return found

    def of(self, version: int) -> Rules | None:
        """The rules of an approved version."""
        return next((each for each in self._rules if each.version == version), None)

    def instead(self, rules: Rules, starts_on: date, ends_on: date) -> Rulebooks:
        """The same, but for these days, both included, which `rules` decide."""
        return Rulebooks(self._rules, [*self._rebooked, Rebooked(float("inf"), rules, starts_on, ends_on)])

    def without(self, number: int) -> Rulebooks:
        """The same without one rebooking."""
        return Rulebooks(self._rules, [each for each in self._rebooked if each.number != number])


RULEBOOKS = """
    SELECT r.version, r.in_force_from, CAST(r.figures AS text), (
        SELECT CAST(json_agg(json_build_array(b.number, b.starts_on, b.ends_on)) AS text)
        FROM rebookings b WHERE b.rulebook_version = r.version
    )
    FROM rulebooks r WHERE r.state = 'approved' ORDER BY r.version
"""
"""What `rulebooks_of` makes rulebooks of."""


async def approved(session: AsyncSession) -> Rulebooks:
    """All approved rulebooks, by one statement. Raises LookupError on a database without any."""
    (rows,) = await asked(await driver_of(session), (RULEBOOKS, []))
    return rulebooks_of(rows)


def rulebooks_of(rows: Sequence[tuple[Any, ...]]) -> Rulebooks:
    """The rulebooks of the rows that `RULEBOOKS` gives; none at all is a LookupError."""
    return _rulebooks(tuple(rows))


@lru_cache(maxsize=8)
def _rulebooks(rows: tuple[tuple[int, date, str, str | None], ...]) -> Rulebooks:
    if not rows:
        raise LookupError("no approved rulebook: load the reference data")
    rules, rebooked = [], []
    for version, since, figures, anew in rows:
        rules.append(Rules(version, since, Figures.of(orjson.loads(figures))))
        for number, first, last in orjson.loads(anew) if anew else ():
            rebooked.append(Rebooked(number, rules[-1], date.fromisoformat(first), date.fromisoformat(last)))
    return Rulebooks(rules, rebooked)


def first_rulebook() -> Rulebook:
    """Version 1, in force from the beginning of the programme's records."""
    since = datetime.fromisoformat("2025-01-01T00:00:00+00:00")
    return Rulebook(
        version=1,
        in_force_from=date(2000, 1, 1),
        state=RulebookState.APPROVED.value,
        figures=asdict(Figures()),
        drafted_by="programme",
        approved_by="ministry",
        approved_at=since,
        created_at=since,
    )
