"""The answers to people who correct their own workouts."""

from __future__ import annotations

from resolvers import corrections
from schema.activities import Activity
from schema.words import Payload, holds, one, value


@holds(says="The answer of `mergeActivities`.")
class MergeActivitiesPayload(Payload):
    """What merging gives."""

    activity: Activity | None = one(corrections.corrected, says="The one activity that they are now.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `splitActivity`.")
class SplitActivityPayload(Payload):
    """What splitting gives."""

    activity: Activity | None = one(corrections.corrected, says="The activity of the records that were parted.")
    remaining: Activity | None = one(
        corrections.remaining, says="The activity of the first of the other records, by partner and reference."
    )
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `deleteActivity`.")
class DeleteActivityPayload(Payload):
    """What deleting gives."""

    activity: Activity | None = one(corrections.corrected, says="The activity as it was left, with its `deletedAt`.")


@holds(says="The answer of `setSourceOrder`.")
class SetSourceOrderPayload(Payload):
    """What ordering sources gives."""

    partners: list[str] | None = value(says="The partners in order, the most trusted first.")
    activities_formed: int | None = value(says="How many activities of several records were formed anew.")
