"""Reviews of activities: what waits, who decides, and what people say against a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, any_, case, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain import deciding
from domain.activities import Activity
from domain.deciding import Reviewer
from domain.errors import BadInput
from domain.records import Record
from domain.reviews import Appeal, Decision, Review, ReviewerKind, Waiting
from domain.scopes import Scope
from engine.declare import Ref
from resolvers import activities, records
from resolvers.context import Context, Parent, Seer, administers, nothing_of
from resolvers.keys import accepted_key, organisation_of, person_of

LONGEST_TEXT = 2_000
ActivityId = Annotated[strawberry.ID, Ref("Activity")]


@strawberry.input(description="Which activities of the queue to list; conditions add up.")
class ReviewFilter:
    """Conditions on what waits."""

    reason: str | None = strawberry.field(description="Only those with this reason among theirs, such as `VERY_FAST`.")
    partner: str | None = strawberry.field(description="Only those that a record of this partner speaks for.")
    flagged_before: datetime | None = strawberry.field(description="Only those that have waited since before then.")
    appealed: bool | None = strawberry.field(description="Only those that were appealed, or only those that were not.")


Where = Annotated[ReviewFilter | None, strawberry.argument(description="Which to list; all visible when left out.")]


@strawberry.input(description="What `decideReview` takes.")
class DecideReviewInput:
    """A decision."""

    activity_id: ActivityId = strawberry.field(description="The activity.")
    decision: Decision = strawberry.field(description="Whether it counts.")
    note: str = strawberry.field(
        description=f"Why, for the person whose activity it is; 1 to {LONGEST_TEXT} characters."
    )
    idempotency_key: str = strawberry.field(
        description="Your name for this decision, 1 to 100 characters; the same again changes nothing."
    )


@strawberry.input(description="What `appealActivity` takes.")
class AppealActivityInput:
    """An appeal."""

    activity_id: ActivityId = strawberry.field(description="An activity of yours that is flagged or rejected.")
    text: str = strawberry.field(
        description=f"What speaks for it; 1 to {LONGEST_TEXT} characters. Whoever decides reads it: a steward of the "
        "partner whose record speaks, or an administrator."
    )
    idempotency_key: str = strawberry.field(
        description="Your name for this attempt, 1 to 100 characters; the same again changes nothing."
    )


@dataclass
class Judged:
    """An activity that was decided on or appealed for."""

    user_id: UUID
    activity_id: UUID
    idempotency_key: str


def seen_by(viewer: Seer) -> Select[Review]:
    """Decisions on one's own activities, with `activity:read`; for a partner those of its stewards."""
    every = select(Review)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.ACTIVITY_READ in viewer.scopes:
        return every.where(col(Review.user_id) == viewer.user_id)
    if viewer.kind == ViewerKind.PARTNER and Scope.ACTIVITY_WRITE in viewer.scopes:
        return every.where(col(Review.partner_name) == viewer.partner_name)
    return nothing_of(every)


def of_activity(viewer: Seer, activity: Parent) -> Select[Review]:
    """The newest decision on any of the records that the activity has."""
    its = select(col(Record.id)).where(col(Record.user_id) == activity.user_id, col(Record.activity_id) == activity.id)
    newest = (
        select(col(Review.id))
        .where(col(Review.user_id) == activity.user_id, col(Review.record_id).in_(its))
        .order_by(col(Review.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    return seen_by(viewer).where(col(Review.user_id) == activity.user_id, col(Review.id) == newest)


def appeals_seen_by(viewer: Seer) -> Select[Appeal]:
    """One's own; for a partner those for activities that wait for its stewards."""
    every = select(Appeal)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.CITIZEN and Scope.ACTIVITY_READ in viewer.scopes:
        return every.where(col(Appeal.user_id) == viewer.user_id)
    if viewer.kind == ViewerKind.PARTNER:
        waits = waiting_seen_by(viewer).with_only_columns(col(Waiting.user_id))
        here = col(Waiting.user_id) == col(Appeal.user_id), col(Waiting.activity_id) == col(Appeal.activity_id)
        return every.where(waits.where(*here).exists())
    return nothing_of(every)


def _newest_appeal(viewer: Seer, user_id: Parent, activity_id: Parent) -> Select[Appeal]:
    newest = (
        select(col(Appeal.id))
        .where(col(Appeal.user_id) == user_id, col(Appeal.activity_id) == activity_id)
        .order_by(col(Appeal.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    return appeals_seen_by(viewer).where(col(Appeal.user_id) == user_id, col(Appeal.id) == newest)


def appeal_of(viewer: Seer, activity: Parent) -> Select[Appeal]:
    """The newest appeal for an activity."""
    return _newest_appeal(viewer, activity.user_id, activity.id)


def appeal_of_waiting(viewer: Seer, waiting: Parent) -> Select[Appeal]:
    """The newest appeal for an activity of the queue."""
    return _newest_appeal(viewer, waiting.user_id, waiting.activity_id)


def waiting_seen_by(viewer: Seer) -> Select[Waiting]:
    """All that waits, for administrators; for a partner, with `activity:write`, what is flagged and it speaks for."""
    every = select(Waiting)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.PARTNER and Scope.ACTIVITY_WRITE in viewer.scopes:
        return every.where(col(Waiting.partner_name) == viewer.partner_name, col(Waiting.verdict) == "flagged")
    return nothing_of(every)


def waiting(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[Waiting]:
    """What waits and matches."""
    found = waiting_seen_by(viewer)
    if where is None:
        return found
    if where.reason is not None:
        found = found.where(any_(col(Waiting.reasons)) == where.reason)
    if where.partner is not None:
        found = found.where(col(Waiting.partner_name) == where.partner)
    if where.flagged_before is not None:
        found = found.where(col(Waiting.flagged_at) < where.flagged_before)
    if where.appealed is not None:
        appealed: ColumnElement[bool] = case((col(Waiting.appealed_at).is_(None), False), else_=True)
        found = found.where(appealed == where.appealed)
    return found


def activity_of(viewer: Seer, waiting: Parent) -> Select[Activity]:
    """The activity that waits, for administrators: a steward decides by the own partner's record, without a name."""
    its = activities.seen_by(viewer).where(
        col(Activity.user_id) == waiting.user_id, col(Activity.id) == waiting.activity_id
    )
    return its if administers(viewer) else nothing_of(its)


def record_of(viewer: Seer, waiting: Parent) -> Select[Record]:
    """The record that speaks for what waits."""
    return records.seen_by(viewer).where(col(Record.user_id) == waiting.user_id, col(Record.id) == waiting.record_id)


def judged(viewer: Seer, done: Parent) -> Select[Activity]:
    """The activity that was decided on or appealed for."""
    return activities.seen_by(viewer).where(col(Activity.user_id) == done.user_id, col(Activity.id) == done.activity_id)


async def decide(context: Context, input: DecideReviewInput) -> Judged:  # noqa: A002 - the contract's word
    """The decision of whoever asks, with all that follows from it.

    Raises BadInput, NotFound, Forbidden, Conflict, NothingToReview.
    """
    key, note, viewer = accepted_key(input.idempotency_key), _text(input.note, "note"), context.viewer
    if viewer.kind is ViewerKind.ADMIN:
        by = Reviewer(kind=ReviewerKind.ADMINISTRATOR, client_id=viewer.client_id, user_id=viewer.user_id)
    else:
        by = Reviewer(
            kind=ReviewerKind.STEWARD,
            partner_name=organisation_of(viewer),
            client_id=viewer.client_id,
            user_id=viewer.user_id,
        )
    activity_id = UUID(str(input.activity_id))
    user_id = await deciding.decide(
        context.session, activity_id, input.decision, by, note=note, key=key, now=context.now
    )
    return Judged(user_id=user_id, activity_id=activity_id, idempotency_key=key)


async def appeal(context: Context, input: AppealActivityInput) -> Judged:  # noqa: A002 - the contract's word
    """The appeal of the person of the token.

    Raises BadInput, NotFound, NothingToReview, AlreadyAppealed.
    """
    key, words = accepted_key(input.idempotency_key), _text(input.text, "text")
    user_id, activity_id = person_of(context.viewer), UUID(str(input.activity_id))
    await deciding.appeal(context.session, user_id, activity_id, words, key=key, now=context.now)
    return Judged(user_id=user_id, activity_id=activity_id, idempotency_key=key)


def _text(given: str, field: str) -> str:
    words = given.strip()
    if not 0 < len(words) <= LONGEST_TEXT:
        raise BadInput(f"Send a {field} of 1 to {LONGEST_TEXT} characters.", path=("input", field))
    return words
