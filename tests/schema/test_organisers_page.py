"""The organisers' manual: its documents run, in order, and say what the page says."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auth.viewer import ANONYMOUS
from domain.templates import TEMPLATES
from tests.schema import factories as make

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "organisers.md").read_text(encoding="utf-8")
NOW = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
STEP = re.compile(
    r"```graphql (?P<who>\w+)\n(?P<document>.*?)```\n"
    r"(?:```json\n(?P<given>.*?)```\n)?(?:```answer\n(?P<answer>.*?)```\n)?",
    re.DOTALL,
)


async def test_the_documents_of_the_page_take_a_challenge_from_the_idea_to_its_end(execute, worker_sessions):
    malee = await make.person(worker_sessions, home_place_code="1001", birth_year=1990)
    viewers = {
        "admin": make.admin(),
        "sponsor": make.sponsor("demo_sponsor"),
        "citizen": make.citizen(malee),
        "anybody": ANONYMOUS,
    }
    made, answers = "", []
    for minute, step in enumerate(STEP.finditer(PAGE)):
        given = json.loads((step["given"] or "{}").replace('"CHALLENGE"', f'"{made}"'))
        result = await execute(step["document"], viewers[step["who"]], now=NOW + timedelta(minutes=minute), **given)
        assert not result.errors, (step["document"], result.errors)
        if step["answer"]:
            assert result.data == json.loads(step["answer"])
            continue
        (payload,) = result.data.values()
        if isinstance(payload, dict):
            assert payload.get("userErrors", []) == [], step["document"]
        if "draftChallenge" in result.data:
            made = payload["challenge"]["id"]
        answers.append(payload)

    budget, templates, draft, edit, published, joined, watched, cancelled = answers
    assert (budget["budget"]["remaining"], len(templates)) == (100_000, len(TEMPLATES))
    assert draft["challenge"]["title"] == "First steps of the year"
    assert (draft["challenge"]["dayLeast"], draft["challenge"]["target"]) == (6_000, 20)
    assert (edit["challenge"]["graceDays"], published["challenge"]["state"]) == (7, "PUBLISHED")
    assert joined == {"userErrors": [], "challenge": {"participants": 1}, "standing": {"score": 0}}
    assert [each["step"] for each in watched["steps"]] == ["DRAFTED", "EDITED", "PUBLISHED"]
    assert cancelled["challenge"] == {"state": "CANCELLED", "cancellation": "Too much fine dust."}


def test_the_page_names_every_template_and_its_figures():
    missing = [
        word
        for each in TEMPLATES
        for word in (each.name.upper(), *(figure.name for figure in each.figures))
        if f"`{word}`" not in PAGE
    ]

    assert missing == []
