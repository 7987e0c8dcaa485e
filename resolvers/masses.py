"""What people say they weigh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import strawberry

from domain import masses
from resolvers.context import Context
from resolvers.keys import person_of


@strawberry.input(description="What one weighs, and since when.")
class SetMassInput:
    """What `setMass` takes."""

    mass_kg: float = strawberry.field(
        description=f"Body mass, kilograms, {masses.LEAST_KG} to {masses.MOST_KG}; health data."
    )
    valid_from: date = strawberry.field(
        description="The first day in Thailand on which it holds, not to come. It holds until the next day that one "
        "named; the first mass one gives counts for the days before it, too."
    )


@dataclass
class Weighed:
    """What came of a mass."""

    user_id: UUID
    activities_formed: int


async def weigh(context: Context, input: SetMassInput) -> Weighed:  # noqa: A002 - the contract's word
    """The mass of the person of the token from a day on. Raises BadInput."""
    user_id = person_of(context.viewer)
    count = await masses.set_mass(context.session, user_id, input.mass_kg, input.valid_from, now=context.now)
    return Weighed(user_id, count)
