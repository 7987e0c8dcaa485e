"""What organisers say about challenges: the inputs of `draftChallenge` and what follows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import strawberry

from domain.challenges import Metric, Mode, Ranking
from domain.design_rules import (
    LARGEST_FIGURE,
    LARGEST_POOL,
    LARGEST_PRIZE,
    LAST_RANK,
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    MOST_DAYS,
    MOST_GRACE_DAYS,
    MOST_PLACES,
    MOST_PRIZES,
    OLDEST,
)
from domain.designs import Eligible, PrizeDesign
from domain.drafts import Source
from domain.prizes import PrizeKind
from domain.publishing import LONGEST_REASON
from domain.sports import Sport
from domain.teams import TeamKind
from domain.templates import TemplateName
from engine.declare import Ref
from resolvers.scalars import BigInt

ChallengeId = Annotated[strawberry.ID, Ref("Challenge")]
_KEY = (
    "Your name for this call, 1 to 100 characters. The same key and content again changes nothing; with another "
    "content it is refused as CONFLICT."
)
_LEFT_OUT: Any = strawberry.UNSET


@strawberry.input(description="Who may take part and what of their days counts; what is left out limits nothing.")
class EligibilityInput:
    """Limits on people and their days."""

    sports: list[Sport] | None = strawberry.field(
        default=None, description="Only activities of these sports count; day totals of steps do not count then."
    )
    sources: list[Source] | None = strawberry.field(
        default=None, description="Only activities reported this way count; day totals of steps do not count then."
    )
    places: list[str] | None = strawberry.field(
        default=None,
        description=f"Only people at home in one of these places, codes of any level, {MOST_PLACES} at most: asked "
        "when joining and again day by day.",
    )
    team_kinds: list[TeamKind] | None = strawberry.field(
        default=None,
        description="Only people in a team of one of these kinds, or in one under such a team: asked when joining and "
        "again day by day.",
    )
    min_age: int | None = strawberry.field(
        default=None,
        description=f"The least age in whole years, 0 to {OLDEST}: the year of the first day less the year of birth.",
    )
    max_age: int | None = strawberry.field(
        default=None, description=f"The greatest age in whole years, 0 to {OLDEST}, reckoned like `minAge`."
    )


@strawberry.input(description="A prize in credits for each person who earns it.")
class PrizeInput:
    """A prize."""

    kind: PrizeKind = strawberry.field(description="What it is for.")
    from_rank: int | None = strawberry.field(
        default=None, description=f"The first rank that it is for, 1 to {LAST_RANK}; none for the target."
    )
    to_rank: int | None = strawberry.field(
        default=None, description=f"The last rank that it is for, `fromRank` to {LAST_RANK}; none for the target."
    )
    amount: BigInt = strawberry.field(description=f"Credits for each person, 1 to {LARGEST_PRIZE}.")
    title_th: str = strawberry.field(description=f"What it is called in Thai, 1 to {LONGEST_TITLE} characters.")
    title_en: str = strawberry.field(description=f"What it is called in English, 1 to {LONGEST_TITLE} characters.")


@strawberry.input(
    description="All that an organiser decides. What is left out is the template's in a draft, and stays in an edit; "
    "null takes away what there is."
)
class ChallengeInput:
    """What is decided about a challenge."""

    title_th: str | None = strawberry.field(
        default=_LEFT_OUT, description=f"The title in Thai, 1 to {LONGEST_TITLE} characters."
    )
    title_en: str | None = strawberry.field(
        default=_LEFT_OUT, description=f"The title in English, 1 to {LONGEST_TITLE} characters."
    )
    description_th: str | None = strawberry.field(
        default=_LEFT_OUT, description=f"What it is about, in Thai, 1 to {LONGEST_DESCRIPTION} characters."
    )
    description_en: str | None = strawberry.field(
        default=_LEFT_OUT, description=f"What it is about, in English, 1 to {LONGEST_DESCRIPTION} characters."
    )
    metric: Metric | None = strawberry.field(default=_LEFT_OUT, description="What it counts.")
    mode: Mode | None = strawberry.field(default=_LEFT_OUT, description="Who competes, or that it is a goal.")
    team_kind: TeamKind | None = strawberry.field(
        default=_LEFT_OUT,
        description="The kind of team that competes, or is shown beside individuals; needed for the mode TEAMS.",
    )
    ranking: Ranking | None = strawberry.field(
        default=_LEFT_OUT, description="How teams are compared; TOTAL unless said otherwise."
    )
    eligibility: EligibilityInput | None = strawberry.field(
        default=_LEFT_OUT, description="Who may take part and what counts, as a whole; null for everybody and all."
    )
    daily_cap: BigInt | None = strawberry.field(
        default=_LEFT_OUT,
        description=f"The most that one day adds, 1 to {LARGEST_FIGURE} in units of the metric; not of ACTIVE_DAYS.",
    )
    target: BigInt | None = strawberry.field(
        default=_LEFT_OUT,
        description=f"The goal, 1 to {LARGEST_FIGURE} in units of the metric: of each person, or of all together for "
        "COLLECTIVE_GOAL. Needed for goals.",
    )
    day_metric: Metric | None = strawberry.field(
        default=_LEFT_OUT, description="With ACTIVE_DAYS: what makes a day active; any activity when left out."
    )
    day_least: BigInt | None = strawberry.field(
        default=_LEFT_OUT,
        description=f"With `dayMetric`: how much of it a day needs, 1 to {LARGEST_FIGURE} in its units.",
    )
    starts_on: date | None = strawberry.field(
        default=_LEFT_OUT, description="The first day in Thailand that counts: today or later, within two years."
    )
    ends_on: date | None = strawberry.field(
        default=_LEFT_OUT,
        description=f"The last day in Thailand that counts; {MOST_DAYS} days at most. A template has a usual length.",
    )
    grace_days: int | None = strawberry.field(
        default=_LEFT_OUT,
        description=f"How many days after the last one late data still counts, 0 to {MOST_GRACE_DAYS}; 7 unless said "
        "otherwise.",
    )
    prizes: list[PrizeInput] | None = strawberry.field(
        default=_LEFT_OUT, description=f"All prizes, {MOST_PRIZES} at most; they replace those there are."
    )
    prize_budget: BigInt | None = strawberry.field(
        default=_LEFT_OUT,
        description=f"The most credits that all prizes may come to, up to {LARGEST_POOL}; at least one for each rank. "
        "Publishing keeps them in the sponsor's budget of AWARD credits. Beyond, prizes are cut in proportion.",
    )


@strawberry.input(description="A number of a template.")
class TemplateFigureInput:
    """A figure."""

    name: str = strawberry.field(description="Which one, such as `steps`.")
    value: BigInt = strawberry.field(description="The number, within the bounds and in the unit of the template.")


@strawberry.input(description="A template to start from.")
class TemplateInput:
    """A template with its figures."""

    name: TemplateName = strawberry.field(description="Which one; `challengeTemplates` lists them.")
    figures: list[TemplateFigureInput] | None = strawberry.field(
        default=None, description="Numbers to choose; those left out are the usual ones."
    )


@strawberry.input(description="A challenge to draft.")
class DraftChallengeInput:
    """What `draftChallenge` takes."""

    sponsor: str | None = strawberry.field(
        default=None,
        description="The short name of the partner that holds it; the token's own organisation when left out, which "
        "administrators cannot.",
    )
    template: TemplateInput | None = strawberry.field(
        default=None, description="What to start from; `challenge` says what is different."
    )
    challenge: ChallengeInput = strawberry.field(description="What it is to be.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="What to change of a challenge.")
class EditChallengeInput:
    """What `editChallenge` takes."""

    challenge_id: ChallengeId = strawberry.field(description="The challenge.")
    challenge: ChallengeInput = strawberry.field(
        description="What changes: of a draft anything, later titles and descriptions alone."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="Which challenge to publish.")
class PublishChallengeInput:
    """What `publishChallenge` takes."""

    challenge_id: ChallengeId = strawberry.field(description="The challenge, a draft.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="Which challenge to call off, and why.")
class CancelChallengeInput:
    """What `cancelChallenge` takes."""

    challenge_id: ChallengeId = strawberry.field(description="The challenge, not yet final.")
    reason_th: str = strawberry.field(
        description=f"Why, in Thai, 1 to {LONGEST_REASON} characters; everybody reads it."
    )
    reason_en: str = strawberry.field(
        description=f"Why, in English, 1 to {LONGEST_REASON} characters; everybody reads it."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


def changes_in(given: ChallengeInput) -> Mapping[str, Any]:
    """What was said, by the names of a design."""
    said = {name: value for name, value in vars(given).items() if value is not strawberry.UNSET}
    if said.get("eligibility") is not None:
        said["eligibility"] = _eligible(said["eligibility"])
    if said.get("prizes") is not None:
        said["prizes"] = tuple(PrizeDesign(**vars(each)) for each in said["prizes"])
    return said


def _eligible(given: EligibilityInput) -> Eligible:
    return Eligible(
        sports=tuple(given.sports or ()),
        places=tuple(given.places or ()),
        sources=tuple(given.sources or ()),
        team_kinds=tuple(given.team_kinds or ()),
        min_age=given.min_age,
        max_age=given.max_age,
    )
