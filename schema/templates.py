"""Templates of challenges as everybody sees them."""

from __future__ import annotations

from domain import challenges as words
from domain import templates as rows
from domain.teams import TeamKind
from resolvers import templates
from schema.enums import described
from schema.scalars import BigInt
from schema.words import column, many, shows, text

described(
    rows.TemplateName,
    says="The templates of challenges.",
    values={
        "step_days": "A personal goal: so many steps on so many days.",
        "minute_days": "A personal goal: so many minutes in motion on so many days.",
        "running_distance": "A personal goal: so many kilometres of running.",
        "steps_together": "A goal of all together: so many million steps.",
        "credit_race": "People compete in credits.",
        "team_minutes": "Teams compete in the average of minutes in motion.",
        "team_participation": "Teams compete in the share of members who take part.",
        "team_regulars": "Teams compete in the share of members who exercise regularly.",
    },
    name="ChallengeTemplateName",
)


@shows(templates.FigureRow, says="A number to choose when a challenge is drafted from a template.")
class ChallengeTemplateFigure:
    """A figure."""

    name: str = column(says="Its name in `figures`, such as `steps`.")
    description: str = text(th="says_th", en="says_en", says="What it decides.")
    unit: str = text(th="unit_th", en="unit_en", says="Its unit.")
    least: BigInt = column(says="The least that it may be, in its unit.")
    most: BigInt = column(says="The most that it may be, in its unit.")
    usual: BigInt = column(says="What it is when left out, in its unit.")


@shows(templates.TemplateRow, says="A challenge to start from: `draftChallenge` makes a draft of it.")
class ChallengeTemplate:
    """A template."""

    name: rows.TemplateName = column(says="Its name.")
    title: str = text(th="title_th", en="title_en", says="The title of its challenges; figures stand in braces.")
    description: str = text(
        th="description_th", en="description_en", says="What its challenges are about; figures stand in braces."
    )
    days: int = column(says="How many days its challenges last unless `endsOn` says otherwise.")
    metric: words.Metric = column(says="What they count.")
    mode: words.Mode = column(says="Who competes.")
    ranking: words.Ranking = column(says="How teams are compared.")
    team_kind: TeamKind | None = column(says="The kind of team that competes unless `teamKind` says otherwise.")
    day_metric: words.Metric | None = column(says="What makes a day active; null where that is not asked.")
    figures: list[ChallengeTemplateFigure] = many(
        templates.figures_of, limit=5, expects=2, says="The numbers to choose."
    )
