"""What a campaign measures, how it ends, and what its people and its sponsor say in GraphQL."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from app.progress import Report

BUDGET = "mutation($input: SetCreditBudgetInput!) { setCreditBudget(input: $input) { userErrors { message } } }"
DRAFT = """
mutation($input: DraftChallengeInput!) { draftChallenge(input: $input) { userErrors { message } challenge { id } } }
"""
PUBLISH = """
mutation($input: PublishChallengeInput!) { publishChallenge(input: $input) { userErrors { message } } }
"""
JOIN_TEAM = "mutation($input: JoinTeamInput!) { joinTeam(input: $input) { userErrors { message } } }"
JOIN = "mutation($input: JoinChallengeInput!) { joinChallenge(input: $input) { userErrors { message } } }"
VERIFY = """
query($challenge: ID!, $position: BigInt!) { verifyStanding(challenge: $challenge, position: $position) {
    line levels { place lines hash } seal standingsHash isValid
} }
"""
PRIZES = [
    {"kind": "TARGET", "amount": 5, "titleTh": "ถึงเป้าหมาย", "titleEn": "Target reached"},
    {"kind": "TEAM_RANK", "fromRank": 1, "toRank": 3, "amount": 20, "titleTh": "สามทีมแรก", "titleEn": "First teams"},
]


@dataclass
class Figures:
    """What was done, how much of it, and how long it took."""

    report: Report
    rows: list[tuple[str, int, str, float | None]] = field(default_factory=list)

    def counted(self, what: str, count: int, unit: str) -> None:
        """Notes how many of the last there were of a sort."""
        self.rows.append((f"- of these, {what}", count, unit, None))

    @contextmanager
    def timed(self, what: str, unit: str) -> Iterator[list[int]]:
        """Times the block; it appends to the list how much it did."""
        began, done = time.perf_counter(), list[int]()
        yield done
        self.rows.append((what, sum(done), unit, time.perf_counter() - began))

    def table(self) -> Iterator[str]:
        """The lines of a table in Markdown."""
        yield "| what | how much | seconds | a second |"
        yield "| --- | ---: | ---: | ---: |"
        for what, count, unit, seconds in self.rows:
            rate = "| |" if seconds is None else f"| {seconds:,.1f} | {count / max(seconds, 1e-9):,.0f} |"
            yield f"| {what} | {count:,} {unit} {rate}"


@dataclass
class Played:
    """How a campaign ended: the hash, what `ccc check` found, and whether the sampled proofs hold."""

    figures: Figures
    standings_hash: str
    findings: list[str]
    proofs: int
    proofs_that_hold: int


def holds(proof: dict[str, Any], standings_hash: str) -> bool:
    """Whether a proof leads from its line to the hash, by docs/verifying.md and nothing of ours."""
    line = proof["line"]
    for level in proof["levels"]:
        said = "".join(f"{each}\n" for each in level["lines"])
        if level["lines"][level["place"]] != line or hashlib.sha256(said.encode()).hexdigest() != level["hash"]:
            return False
        line = level["hash"]
    rooted = any(said.startswith("people ") and said.endswith(f" {line}") for said in proof["seal"].splitlines())
    return rooted and hashlib.sha256(proof["seal"].encode()).hexdigest() == standings_hash and proof["isValid"]
