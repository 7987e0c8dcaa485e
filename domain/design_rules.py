"""What may not be decided about a challenge: every refusal says where it is and what to do instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain

from domain import awards
from domain.challenges import Metric, Mode, Ranking
from domain.designs import Design, Eligible, PrizeDesign
from domain.errors import BadInput
from domain.places import COUNTRY, ancestors_of
from domain.prizes import PrizeKind

LARGEST_PRIZE = awards.LARGEST
LONGEST_TITLE, LONGEST_DESCRIPTION = 120, 4_000
MOST_DAYS = 366
MOST_GRACE_DAYS = 31
LATEST_START_DAYS = 731
LARGEST_FIGURE = 1_000_000_000_000
MOST_PLACES = 100
OLDEST = 120
MOST_PRIZES = 20
LAST_RANK = 1_000_000
LARGEST_POOL = 1_000_000_000_000

_AT = ("input", "challenge")
Wrong = tuple[str, str | tuple[str | int, ...]]
"""What to do, and where in the input."""


def refuse(design: Design, today: date) -> None:
    """Raises BadInput, saying what to do and where, unless a challenge of this design could be published today."""
    checks = (
        texts_wrong(design),
        _kind_wrong(design),
        _window_wrong(design, today),
        _figures_wrong(design),
        _eligibility_wrong(design),
        _prizes_wrong(design),
    )
    if wrong := next(chain.from_iterable(checks), None):
        raise refusal(wrong)


def refusal(wrong: Wrong) -> BadInput:
    """The refusal of what is wrong."""
    message, where = wrong
    return BadInput(message, path=(*_AT, *((where,) if isinstance(where, str) else where)))


def texts_wrong(design: Design) -> Iterator[Wrong]:
    """What is wrong with titles and descriptions."""
    for name, language in (("Th", "Thai"), ("En", "English")):
        title = getattr(design, f"title_{name.lower()}")
        if not _fits(title, LONGEST_TITLE):
            yield f"Send a title in {language} of 1 to {LONGEST_TITLE} characters.", f"title{name}"
        if not _fits(getattr(design, f"description_{name.lower()}"), LONGEST_DESCRIPTION):
            yield f"Say in {language} what it is about, in 1 to {LONGEST_DESCRIPTION} characters.", f"description{name}"


def _fits(text: str | None, longest: int) -> bool:
    return 0 < len((text or "").strip()) <= longest


def _kind_wrong(design: Design) -> Iterator[Wrong]:
    if design.metric is None:
        yield "Say what the challenge counts.", "metric"
    if design.mode is None:
        yield "Say who competes, or that it is a goal.", "mode"
    if design.mode is Mode.TEAMS and design.team_kind is None:
        yield "Say which kind of teams compete.", "teamKind"
    if design.mode is Mode.PERSONAL_GOAL and design.team_kind is not None:
        yield "Nobody competes for a personal goal: leave out `teamKind`.", "teamKind"
    if design.ranking is None:
        yield "Say how teams are compared; TOTAL where none compete.", "ranking"
    elif design.ranking is not Ranking.TOTAL and design.team_kind is None:
        yield f"{design.ranking.name} compares teams: send `teamKind`, or the ranking TOTAL.", "ranking"


def _window_wrong(design: Design, today: date) -> Iterator[Wrong]:
    first, last = design.starts_on, design.ends_on
    if first is None:
        yield "Send the first day that counts.", "startsOn"
    elif first < today:
        yield f"Rules are known before they count: start on {today} or later.", "startsOn"
    elif first > today + timedelta(days=LATEST_START_DAYS):
        yield f"Start within two years, by {today + timedelta(days=LATEST_START_DAYS)}.", "startsOn"
    if last is None:
        yield "Send the last day that counts.", "endsOn"
    elif first is not None and last < first:
        yield f"The last day is before the first, {first}; send a later one.", "endsOn"
    elif first is not None and (last - first).days >= MOST_DAYS:
        yield f"A challenge lasts {MOST_DAYS} days at most; end by {first + timedelta(days=MOST_DAYS - 1)}.", "endsOn"
    if not _within(design.grace_days, 0, MOST_GRACE_DAYS):
        yield f"Late data counts for 0 to {MOST_GRACE_DAYS} days; send a number of these.", "graceDays"


def _figures_wrong(design: Design) -> Iterator[Wrong]:
    for name, where in (("daily_cap", "dailyCap"), ("target", "target"), ("day_least", "dayLeast")):
        figure = getattr(design, name)
        if figure is not None and not 1 <= figure <= LARGEST_FIGURE:
            yield f"Send 1 to {LARGEST_FIGURE}, in units of the metric, or leave it out.", where
    if design.metric is Metric.ACTIVE_DAYS:
        if design.daily_cap is not None:
            yield "A day is active or not: leave out `dailyCap`.", "dailyCap"
        if design.day_metric is Metric.ACTIVE_DAYS:
            yield "Send the metric that makes a day active, such as STEPS.", "dayMetric"
        if (design.day_metric is None) != (design.day_least is None):
            missing = "dayMetric" if design.day_metric is None else "dayLeast"
            yield "Send `dayMetric` and `dayLeast` together, or neither.", missing
    elif design.day_metric is not None or design.day_least is not None:
        where = "dayLeast" if design.day_metric is None else "dayMetric"
        yield "Only ACTIVE_DAYS asks when a day is active: leave out `dayMetric` and `dayLeast`.", where
    yield from _target_wrong(design)


def _target_wrong(design: Design) -> Iterator[Wrong]:
    if design.target is None:
        if design.mode in (Mode.PERSONAL_GOAL, Mode.COLLECTIVE_GOAL):
            yield "A goal has a target: send one, in units of the metric.", "target"
        return
    most_a_day = 1 if design.metric is Metric.ACTIVE_DAYS else design.daily_cap
    if design.mode is Mode.COLLECTIVE_GOAL or most_a_day is None or None in (design.starts_on, design.ends_on):
        return
    days = (design.ends_on - design.starts_on).days + 1  # type: ignore[operator]  # both are there, as just asked
    if design.target > most_a_day * days:
        yield f"Nobody can reach it: {days} days give {most_a_day * days} at most. Send a lower target.", "target"


def _eligibility_wrong(design: Design) -> Iterator[Wrong]:
    eligible = design.eligibility or Eligible()
    if len(eligible.places) > MOST_PLACES:
        yield f"Name {MOST_PLACES} places at most; a province stands for all its districts.", ("eligibility", "places")
    for number, code in enumerate(eligible.places):
        try:
            ancestors_of(code)
        except KeyError:
            message = f"There is no place “{code[:20]}”; look for its code in `places`."
            yield message, ("eligibility", "places", number)
        if code == COUNTRY:
            yield "Leave the country out: everybody may take part without it.", ("eligibility", "places", number)
    for name, age in (("minAge", eligible.min_age), ("maxAge", eligible.max_age)):
        if age is not None and not 0 <= age <= OLDEST:
            yield f"Send an age of 0 to {OLDEST} years.", ("eligibility", name)
    if eligible.min_age is not None and eligible.max_age is not None and eligible.min_age > eligible.max_age:
        yield f"Nobody is that old: send {eligible.min_age} or more, or a lower `minAge`.", ("eligibility", "maxAge")


_OF_MODE = {PrizeKind.RANK: Mode.INDIVIDUALS, PrizeKind.TEAM_RANK: Mode.TEAMS}


def _prizes_wrong(design: Design) -> Iterator[Wrong]:
    prizes = design.prizes or ()
    if len(prizes) > MOST_PRIZES:
        yield f"Send {MOST_PRIZES} prizes at most.", "prizes"
    for number, each in enumerate(prizes):
        for message, where in _prize_wrong(design, each, prizes[:number]):
            yield message, ("prizes", number, where)
    least = sum(_least(each) for each in prizes)
    if prizes and not _within(design.prize_budget, least, LARGEST_POOL):
        yield (
            (
                f"The prizes come to {least} credits or more: send the most that they may come to in all, {least} to "
                f"{LARGEST_POOL}."
            ),
            "prizeBudget",
        )
    if not prizes and design.prize_budget:
        yield "There are no prizes to pay: leave out `prizeBudget`, or send prizes.", "prizeBudget"


def _prize_wrong(design: Design, prize: PrizeDesign, before: Sequence[PrizeDesign]) -> Iterator[tuple[str, str]]:
    if not 1 <= prize.amount <= LARGEST_PRIZE:
        yield f"A prize is 1 to {LARGEST_PRIZE} credits a person.", "amount"
    for text, where in ((prize.title_th, "titleTh"), (prize.title_en, "titleEn")):
        if not _fits(text, LONGEST_TITLE):
            yield f"Send a title of 1 to {LONGEST_TITLE} characters in both languages.", where
    if (mode := _OF_MODE.get(prize.kind)) is not None and design.mode is not mode:
        yield f"Ranks of that kind exist where the mode is {mode.name}; choose another kind of prize.", "kind"
    if prize.kind is PrizeKind.TARGET:
        yield from _target_prize_wrong(design, prize, before)
    elif prize.from_rank is None or prize.to_rank is None or not 1 <= prize.from_rank <= prize.to_rank <= LAST_RANK:
        yield f"Send the first and the last rank that it is for, from 1 to {LAST_RANK}.", "fromRank"
    elif any(_overlap(prize, each) for each in before):
        yield "Another prize is for some of these ranks; let each rank have one.", "fromRank"


def _target_prize_wrong(design: Design, prize: PrizeDesign, before: Sequence[PrizeDesign]) -> Iterator[tuple[str, str]]:
    if design.target is None or design.mode is Mode.COLLECTIVE_GOAL:
        yield "Nobody reaches a target of their own here; choose another kind of prize.", "kind"
    if any(each.kind is PrizeKind.TARGET for each in before):
        yield "One prize is for the target already; change that one.", "kind"
    if prize.from_rank is not None or prize.to_rank is not None:
        yield "A prize for the target has no ranks: leave them out.", "fromRank"


def _overlap(one: PrizeDesign, other: PrizeDesign) -> bool:
    ranks = (one.from_rank, one.to_rank, other.from_rank, other.to_rank)
    first, last, other_first, other_last = ((each or 0) for each in ranks)
    return one.kind is other.kind and first <= other_last and other_first <= last


def _least(prize: PrizeDesign) -> int:
    """What a prize comes to with one person on each rank."""
    return prize.amount * ((prize.to_rank or 1) - (prize.from_rank or 1) + 1)


def _within(value: int | None, least: int, most: int) -> bool:
    return value is not None and least <= value <= most
