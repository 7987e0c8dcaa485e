import re
from datetime import date, timedelta

import pytest

from domain.design_rules import refuse
from domain.templates import TEMPLATES, designed
from tests.schema import factories as make

LIST = """{ challengeTemplates {
    name title(language: EN) description(language: EN) days metric mode ranking teamKind dayMetric
    figures { name description(language: EN) unit(language: EN) least most usual }
} }"""
DRAFT = """mutation($input: DraftChallengeInput!) { draftChallenge(input: $input) { userErrors { code path message }
  challenge { title titleEn: title(language: EN) description(language: EN) metric mode teamKind ranking dayMetric
    dayLeast target dailyCap startsOn endsOn state eligibleSports } } }"""
SPONSOR = make.sponsor("demo_sponsor")


@pytest.fixture
def draft(ask):
    """Drafts from a template; gives the payload."""

    async def drafted(name, figures=(), *, key="k", **challenge):
        chosen = [{"name": word, "value": figure} for word, figure in figures]
        given = {"template": {"name": name, "figures": chosen}, "challenge": challenge, "idempotencyKey": key}
        return (await ask(DRAFT, SPONSOR, input=given))["draftChallenge"]

    return drafted


async def test_templates_are_listed_with_the_numbers_to_choose(ask):
    listed = (await ask(LIST))["challengeTemplates"]

    assert [each["name"] for each in listed] == [each.name.upper() for each in TEMPLATES]
    steps = {"least": 1_000, "most": 50_000, "usual": 8_000}
    days = {"least": 1, "most": 366, "usual": 20}
    assert listed[0] == {
        "name": "STEP_DAYS",
        "title": "Walk {steps} steps on {days} days",
        "description": "A day with {steps} steps counts as one. Reach {days} of them.",
        "days": 28,
        "metric": "ACTIVE_DAYS",
        "mode": "PERSONAL_GOAL",
        "ranking": "TOTAL",
        "teamKind": None,
        "dayMetric": "STEPS",
        "figures": [
            {"name": "steps", "description": "Steps a day", "unit": "steps", **steps},
            {"name": "days", "description": "On how many days", "unit": "days", **days},
        ],
    }  # fmt: skip


async def test_a_template_is_a_whole_challenge_but_for_its_first_day(draft):
    payload = await draft("STEP_DAYS", startsOn="2026-02-01")

    assert payload == {
        "userErrors": [],
        "challenge": {
            "title": "เดินวันละ 8,000 ก้าว ให้ครบ 20 วัน",
            "titleEn": "Walk 8,000 steps on 20 days",
            "description": "A day with 8,000 steps counts as one. Reach 20 of them.",
            "metric": "ACTIVE_DAYS",
            "mode": "PERSONAL_GOAL",
            "teamKind": None,
            "ranking": "TOTAL",
            "dayMetric": "STEPS",
            "dayLeast": 8_000,
            "target": 20,
            "dailyCap": None,
            "startsOn": "2026-02-01",
            "endsOn": "2026-02-28",
            "state": "DRAFT",
            "eligibleSports": [],
        },
    }


async def test_figures_and_whatever_else_differs_are_the_organisers(draft):
    payload = await draft(
        "STEP_DAYS", [("steps", 10_000), ("days", 5)], startsOn="2026-02-01", endsOn="2026-02-07", titleEn="A week"
    )

    made = payload["challenge"]
    assert (made["titleEn"], made["dayLeast"], made["target"], made["endsOn"]) == ("A week", 10_000, 5, "2026-02-07")
    assert made["title"] == "เดินวันละ 10,000 ก้าว ให้ครบ 5 วัน"


@pytest.mark.parametrize(
    ("figures", "challenge", "path"),
    [
        ([("steps", 999)], {}, "template figures 0 value"),
        ([("days", 5), ("miles", 5)], {}, "template figures 1 name"),
        ([("days", 29)], {}, "challenge target"),
        ([], {"startsOn": None}, "challenge startsOn"),
        ([], {"startsOn": "9999-12-30"}, "challenge startsOn"),
    ],
)
async def test_figures_out_of_bounds_are_refused(draft, figures, challenge, path):
    payload = await draft("STEP_DAYS", figures, **{"startsOn": "2026-02-01", **challenge})

    assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [
        ("BAD_USER_INPUT", ["input", *path.split()])
    ]


async def test_the_same_key_stands_for_the_same_template_and_figures(draft):
    await draft("STEP_DAYS", startsOn="2026-02-01")

    same = await draft("STEP_DAYS", startsOn="2026-02-01")
    others = [
        await draft("MINUTE_DAYS", startsOn="2026-02-01"),
        await draft("STEP_DAYS", [("days", 19)], startsOn="2026-02-01"),
    ]

    assert same["userErrors"] == []
    assert [each["userErrors"][0]["code"] for each in others] == ["CONFLICT", "CONFLICT"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.name)
@pytest.mark.parametrize("bound", ["least", "usual"])
def test_every_template_can_be_published_as_it_is(template, bound):
    today = date(2026, 2, 1)

    design = designed(template.name, {each.name: getattr(each, bound) for each in template.figures}, today)

    refuse(design, today)
    assert design.ends_on == today + timedelta(days=template.days - 1)
    texts = (design.title_th, design.title_en, design.description_th, design.description_en)
    assert not any(re.search(r"[{}]", text) for text in texts)
