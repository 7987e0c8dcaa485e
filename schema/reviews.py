"""Reviews as reviewers see them, and as those see them whose activities they are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import reviews as rows
from domain.plausibility import Verdict
from resolvers import partners, reviews
from schema.enums import described
from schema.partners import Partner
from schema.records import Record
from schema.words import Payload, column, holds, one, shows, value

if TYPE_CHECKING:
    from schema.activities import Activity

described(
    rows.Decision,
    name="ReviewDecision",
    says="What a reviewer made of an activity.",
    values={"accept": "It counts.", "reject": "It does not count."},
)
described(
    rows.ReviewerKind,
    says="In which office somebody decided.",
    values={
        "steward": "For the partner whose record speaks for the activity.",
        "administrator": "For the programme.",
    },
)


@shows(rows.Review, says="A decision on an activity. It stands as long as nothing else speaks against the activity.")
class Review:
    """A decision."""

    decision: rows.Decision = column(says="What was decided.")
    reviewer_kind: rows.ReviewerKind = column(says="In which office; the person who decided is not shown.")
    note: str = column(says="Why, in the reviewer's words.")
    verdict: Verdict = column(says="The verdict that was decided on.")
    reasons: list[str] = column(says="The reasons that were decided on, as stable codes.")
    reviewed_at: datetime = column(says="When it was decided.")


@shows(rows.Appeal, says="What a person says against a verdict.")
class Appeal:
    """An appeal."""

    text: str = column(says="Their words.")
    verdict: Verdict = column(says="The verdict they appeal against.")
    reasons: list[str] = column(says="The reasons of that verdict, as stable codes.")
    appealed_at: datetime = column(says="When they appealed.")


@shows(rows.Waiting, says="An activity that waits for a decision, without the name of its owner.")
class ReviewItem:
    """An entry of the queue."""

    activity_id: strawberry.ID = column(ref="Activity", says="The activity's id, for `decideReview`.")
    verdict: Verdict = column(says="FLAGGED, or REJECTED for one that was appealed, which is for administrators.")
    reasons: list[str] = column(says="What speaks against it, as stable codes.")
    flagged_at: datetime = column(says="Since when it waits.")
    appealed_at: datetime | None = column(says="When its owner appealed; null when they did not.")
    partner: Partner | None = one(partners.named, says="Whose record speaks for it.")
    record: Record | None = one(
        reviews.record_of, says="The record that speaks for it: a partner's own, without track; pulse by consent alone."
    )
    appeal: Appeal | None = one(reviews.appeal_of_waiting, says="What its owner says; null when they did not appeal.")
    activity: Annotated[Activity, strawberry.lazy("schema.activities")] | None = one(
        reviews.activity_of, says="The activity with all its records; null for everybody but administrators."
    )


@holds(says="The answer of `decideReview`.")
class DecideReviewPayload(Payload):
    """What deciding gives."""

    activity: Annotated[Activity, strawberry.lazy("schema.activities")] | None = one(
        reviews.judged, says="The activity after the decision; null when it may not be seen."
    )
    idempotency_key: str | None = value(says="The key of this decision, as sent.")


@holds(says="The answer of `appealActivity`.")
class AppealActivityPayload(Payload):
    """What appealing gives."""

    activity: Annotated[Activity, strawberry.lazy("schema.activities")] | None = one(
        reviews.judged, says="The activity."
    )
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
