"""The frozen standings of final challenges as everybody sees them, and their proofs."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain import finals as rows
from resolvers import finals, teams
from schema.scalars import BigInt
from schema.teams import Team
from schema.words import column, computed, many, one, shows

_LINE = "The line as it was hashed; docs/verifying.md says how."


@shows(finals.ProofLevel, says="The group of lines on one level that leads from a line to the root.")
class ProofLevel:
    """A level of a proof."""

    level: int = column(says="1 for the lines of the list itself; the hashes of one level are the lines of the next.")
    number: BigInt = column(says="Which group of that level it is, from 0.")
    place: int = column(says="Which of `lines` is the own one, or the hash of the group below, from 0.")
    lines: list[str] = column(says=f"The lines of the group, {rows.FAN} at most.")
    hash: str = column(
        says="SHA-256, in hex, of the lines, each ended by a line feed; it is a line of the next level, and on the "
        "last one the root that the seal names."
    )


@shows(finals.Proven, says="What proves a line of a final challenge: from it up to the challenge's hash.")
class StandingProof:
    """A proof."""

    line: str = column(says=_LINE)
    position: BigInt = column(says="Where the line stands in its list, from 1.")
    levels: list[ProofLevel] = many(
        finals.levels_of,
        limit=finals.MOST_LEVELS,
        expects=4,
        says="The groups from the line's own up to the root, as many as the list needs.",
    )
    seal: str = computed(finals.seal_of, says="The text that names the root of each list.")
    standings_hash: str = computed(finals.hash_of, says="SHA-256 of the seal, in hex: the challenge's hash.")
    is_valid: bool = computed(
        finals.is_valid,
        says="Whether the hub, recomputing all of this now, finds it true. Whoever does not trust it recomputes it.",
    )


@shows(rows.FinalPrize, says="A prize that somebody won, by pseudonym.")
class FinalPrize:
    """A prize that was won."""

    position: BigInt = column(says="Where it stands in the list, from 1.")
    number: int = column(says="The number of the prize within the challenge.")
    credits: BigInt = column(says="Credits, after the cut where all prizes together were beyond their budget.")
    line: str = column(says=_LINE)
    standing: Annotated[FinalStanding, strawberry.lazy("schema.finals")] | None = one(
        finals.standing_of_prize, says="The winner's frozen standing."
    )
    proof: StandingProof | None = one(finals.proof_of_prize, says="What proves the line.")


@shows(rows.FinalStanding, says="One participant's frozen line, by pseudonym.")
class FinalStanding:
    """A frozen standing."""

    position: BigInt = column(says="Where it stands in the list, from 1; equal scores in the order of the pseudonyms.")
    rank: BigInt = column(says="1 for the highest score; equal scores share a rank.")
    pseudonym: str = computed(
        finals.pseudonym_of, says="A random UUID that stands for the participant in this challenge alone."
    )
    score: BigInt = column(says="In whole units of the challenge's metric.")
    line: str = column(says=_LINE)
    prizes: list[FinalPrize] = many(finals.prizes_of_standing, expects=2, says="What the participant won, by number.")
    proof: StandingProof | None = one(finals.proof_of_standing, says="What proves the line.")


@shows(rows.FinalTeamStanding, says="One team's frozen line.")
class FinalTeamStanding:
    """A team's frozen standing."""

    position: BigInt = column(says="Where it stands in the list, from 1: level by level, the ranked ones first.")
    depth: int = column(says="The level of the team, 1 for a root.")
    rank: BigInt | None = column(says="Among the ranked teams of its level; null for one that is not ranked.")
    figure: BigInt | None = column(says="What ranks it, in the units of `ranking`; null where it cannot be known.")
    score: BigInt = column(says="The sum of its people's days, in units of the metric.")
    line: str = column(says=_LINE)
    team: Team | None = one(teams.named, says="The team.")
    proof: StandingProof | None = one(finals.proof_of_team, says="What proves the line.")
