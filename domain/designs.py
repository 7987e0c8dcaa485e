"""What an organiser decides about a challenge, as it travels from the contract to its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain.budgets import fiscal_year_of
from domain.challenges import Metric, Mode, Ranking
from domain.drafts import Source
from domain.prizes import PrizeKind
from domain.sports import Sport
from domain.teams import TeamKind


@dataclass(frozen=True, kw_only=True)
class Eligible:
    """Who may take part and what counts; what is empty or None limits nothing. Ages in whole years, both included."""

    sports: tuple[Sport, ...] = ()
    places: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    team_kinds: tuple[TeamKind, ...] = ()
    min_age: int | None = None
    max_age: int | None = None

    def stored(self) -> dict[str, Any]:
        """As `Challenge.eligibility` keeps it: without what limits nothing."""
        lists = {"sports": self.sports, "places": self.places, "sources": self.sources, "team_kinds": self.team_kinds}
        found: dict[str, Any] = {name: sorted(map(str, set(words))) for name, words in lists.items() if words}
        ages = {"min_age": self.min_age, "max_age": self.max_age}
        return {**found, **{name: age for name, age in ages.items() if age is not None}}


@dataclass(frozen=True, kw_only=True)
class PrizeDesign:
    """A prize: `amount` credits for each person; ranks from 1, both included, None of a prize for the target."""

    kind: PrizeKind
    from_rank: int | None
    to_rank: int | None
    amount: int
    title_th: str
    title_en: str


@dataclass(frozen=True, kw_only=True)
class Design:
    """All that an organiser decides. None where it is not said yet, or where nothing limits."""

    title_th: str | None = None
    title_en: str | None = None
    description_th: str | None = None
    description_en: str | None = None
    metric: Metric | None = None
    mode: Mode | None = None
    team_kind: TeamKind | None = None
    ranking: Ranking | None = Ranking.TOTAL
    eligibility: Eligible | None = None
    daily_cap: int | None = None
    target: int | None = None
    day_metric: Metric | None = None
    day_least: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    grace_days: int | None = 7
    prizes: tuple[PrizeDesign, ...] | None = ()
    prize_budget: int | None = 0


TEXTS = ("title_th", "title_en", "description_th", "description_en")
"""What may be changed after publication."""


def columns_of(design: Design) -> dict[str, Any]:
    """The design as columns of a challenge; prizes are rows of their own."""
    texts = {name: (getattr(design, name) or "").strip() for name in TEXTS}
    words = {name: _word(getattr(design, name)) for name in ("metric", "mode", "team_kind", "ranking", "day_metric")}
    plain = {name: getattr(design, name) for name in ("daily_cap", "target", "day_least", "starts_on", "ends_on",
                                                      "grace_days")}  # fmt: skip
    eligibility = (design.eligibility or Eligible()).stored()
    pool = design.prize_budget or 0
    year = prize_year(design) if pool else None
    return {**texts, **words, **plain, "eligibility": eligibility, "prize_budget": pool, "prize_year": year}


def prizes_of(design: Design) -> list[dict[str, Any]]:
    """The prizes as rows, numbered from 1, without the challenge."""
    return [
        {
            "number": number,
            "kind": each.kind.value,
            "from_rank": each.from_rank,
            "to_rank": each.to_rank,
            "amount": each.amount,
            "title_th": each.title_th.strip(),
            "title_en": each.title_en.strip(),
        }
        for number, each in enumerate(design.prizes or (), 1)
    ]


def prize_year(design: Design) -> date:
    """The fiscal year whose budget the prizes take from: that of the day after the grace, when they are given."""
    if design.ends_on is None:
        raise ValueError("a design without a last day has no year of prizes")
    return fiscal_year_of(design.ends_on + timedelta(days=(design.grace_days or 0) + 1))


def _word(value: Any) -> str | None:
    return None if value is None else str(value)
