"""What people correct about their own workouts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import Select
from sqlmodel import col

from domain import corrections
from domain.activities import Activity
from domain.errors import BadInput
from engine.declare import Ref
from resolvers.activities import seen_by
from resolvers.context import Context, Parent, Seer
from resolvers.keys import accepted_key, person_of

ActivityId = Annotated[strawberry.ID, Ref("Activity")]
RecordId = Annotated[strawberry.ID, Ref("Record")]
MOST_ACTIVITIES = 10
_KEY = "The client's name for this attempt, 1 to 100 characters; the same again changes nothing."


@strawberry.input(description="Which activities to merge.")
class MergeActivitiesInput:
    """What `mergeActivities` takes."""

    activity_ids: list[ActivityId] = strawberry.field(
        description=f"2 to {MOST_ACTIVITIES} of one's own activities, of {corrections.MOST_RECORDS} records at most."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="Which records to part from an activity.")
class SplitActivityInput:
    """What `splitActivity` takes."""

    activity_id: ActivityId = strawberry.field(description="One's own activity, of several records.")
    record_ids: list[RecordId] = strawberry.field(
        description="The records that are a workout of their own, 1 or more; at least one other remains."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="Which activity to delete.")
class DeleteActivityInput:
    """What `deleteActivity` takes."""

    activity_id: ActivityId = strawberry.field(description="One's own activity.")


@strawberry.input(description="Whom to trust first.")
class SetSourceOrderInput:
    """What `setSourceOrder` takes."""

    partners: list[str] = strawberry.field(
        description=f"Names of partners, the most trusted first, {corrections.MOST_SOURCES} at most, each once; those "
        "left out come after them. Empty: no order of one's own."
    )


@dataclass
class Corrected:
    """What came of a correction."""

    user_id: UUID
    activity_id: UUID
    idempotency_key: str | None = None
    remaining_id: UUID | None = None


@dataclass
class Reordered:
    """What came of a new order of sources."""

    user_id: UUID
    partners: list[str]
    activities_formed: int


def corrected(viewer: Seer, done: Parent) -> Select[Activity]:
    """The activity that a correction made, deleted or not."""
    return seen_by(viewer).where(col(Activity.user_id) == done.user_id, col(Activity.id) == done.activity_id)


def remaining(viewer: Seer, done: Parent) -> Select[Activity]:
    """The activity that others were parted from."""
    return seen_by(viewer).where(col(Activity.user_id) == done.user_id, col(Activity.id) == done.remaining_id)


async def merge(context: Context, input: MergeActivitiesInput) -> Corrected:  # noqa: A002 - the contract's word
    """Activities of the person of the token made one. Raises NotFound, BadInput."""
    key, user_id = accepted_key(input.idempotency_key), person_of(context.viewer)
    wanted = {UUID(str(each)) for each in input.activity_ids}
    if len(wanted) > MOST_ACTIVITIES:
        raise BadInput(f"Name at most {MOST_ACTIVITIES} activities.", path=("input", "activityIds"))
    made = await corrections.merge(context.session, user_id, wanted, now=context.now, key=key)
    return Corrected(user_id, made, key)


async def split(context: Context, input: SplitActivityInput) -> Corrected:  # noqa: A002 - the contract's word
    """Records of an activity of the person of the token made a workout of their own. Raises NotFound, BadInput."""
    key, user_id = accepted_key(input.idempotency_key), person_of(context.viewer)
    records = {UUID(str(each)) for each in input.record_ids}
    activity_id = UUID(str(input.activity_id))
    made, left = await corrections.split(context.session, user_id, activity_id, records, now=context.now, key=key)
    return Corrected(user_id, made, key, left)


async def delete(context: Context, input: DeleteActivityInput) -> Corrected:  # noqa: A002 - the contract's word
    """An activity of the person of the token gone for good. Raises NotFound."""
    user_id, activity_id = person_of(context.viewer), UUID(str(input.activity_id))
    await corrections.delete(context.session, user_id, activity_id, now=context.now)
    return Corrected(user_id, activity_id)


async def reorder(context: Context, input: SetSourceOrderInput) -> Reordered:  # noqa: A002 - the contract's word
    """The order of sources of the person of the token. Raises BadInput."""
    user_id = person_of(context.viewer)
    count = await corrections.reorder(context.session, user_id, input.partners, now=context.now)
    return Reordered(user_id, list(input.partners), count)
