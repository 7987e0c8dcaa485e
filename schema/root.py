"""The roots: what can be asked and changed, as an Apollo Federation v2 subgraph."""

from __future__ import annotations

from pathlib import Path

from schema.challenge_mutations import ChallengeMutations
from schema.credit_mutations import CreditMutations
from schema.queries import Query
from schema.record_mutations import RecordMutations
from schema.team_mutations import TeamMutations
from schema.words import build, holds

PRINTED = Path(__file__).with_name("schema.graphql")
"""The contract as text, committed."""


@holds(says="What can be changed.")
class Mutation(CreditMutations, ChallengeMutations, TeamMutations, RecordMutations):
    """The root of changes."""


SCHEMA = build(Query, Mutation)
"""The schema that the engine serves."""
