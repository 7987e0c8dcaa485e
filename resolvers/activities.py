"""Activities: who may see which, and what partners ask of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
import strawberry
from sqlalchemy import ColumnElement, Select, and_, exists, literal_column, not_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.activities import Activity
from domain.drafts import Deletion, Draft, EnergyKind, Item, Problem, Source
from domain.errors import BadInput, NotFound
from domain.ingest import Outcome, Result, ingest
from domain.partners import Partner
from domain.plausibility import Verdict
from domain.scopes import Scope
from domain.sports import Sport
from engine.declare import Ref
from resolvers.connections import entrusted, linked
from resolvers.context import Context, Parent, Seer, administers, among, nothing_of
from resolvers.keys import accepted_key, organisation_of
from resolvers.scalars import BigInt


@strawberry.input(description="Which activities to list; conditions add up.")
class ActivityFilter:
    """Conditions on activities."""

    sports: list[Sport] | None = strawberry.field(description="Only these sports.")
    from_date: date | None = strawberry.field(description="Only activities of this local day and later.")
    to_date: date | None = strawberry.field(description="Only activities of this local day and earlier.")
    verdicts: list[Verdict] | None = strawberry.field(description="Only these verdicts.")
    partner: str | None = strawberry.field(description="Only activities that the record of this partner speaks for.")
    user: Annotated[strawberry.ID, Ref("User")] | None = strawberry.field(description="Only this person's activities.")
    changed_since: datetime | None = strawberry.field(
        description="Only activities that changed at or after this moment; then deleted ones are listed too, with "
        "`deletedAt`, so that copies can follow."
    )


Where = Annotated[ActivityFilter | None, strawberry.argument(description="Which activities to list.")]


def seen_by(viewer: Seer) -> Select[Activity]:
    """One's own; for a partner those of people who granted it `activity:read`, unless another's terms forbid."""
    every = select(Activity).add_columns(_overlapped().label("overlapped"))
    if administers(viewer):
        return every
    if Scope.ACTIVITY_READ not in viewer.scopes:
        return nothing_of(every)
    if viewer.kind == ViewerKind.CITIZEN:
        return every.where(col(Activity.user_id) == viewer.user_id)
    if viewer.kind == ViewerKind.PARTNER:
        return every.where(
            col(Activity.user_id).in_(linked(viewer, Scope.ACTIVITY_READ)),
            or_(not_(col(Activity.owner_only)), col(Activity.partner_name) == viewer.partner_name),
        )
    return nothing_of(every)


def _overlapped() -> ColumnElement[bool]:
    """Whether some of an activity's minutes are credited to another of its day: to one that began earlier."""
    other = aliased(Activity)
    earlier = or_(
        col(other.started_at) < col(Activity.started_at),
        and_(
            col(other.started_at) == col(Activity.started_at),
            col(other.elapsed_seconds) > col(Activity.elapsed_seconds),
        ),
    )
    return exists().where(
        col(other.user_id) == col(Activity.user_id),
        col(other.local_date) == col(Activity.local_date),
        # the index by which people list theirs leads to the day
        col(other.started_at) <= col(Activity.started_at),
        col(other.started_at) > col(Activity.started_at) - literal_column("interval '1 day'"),
        col(other.ended_at) > col(Activity.started_at),
        earlier,
        col(other.verdict) == literal_column(f"'{Verdict.ACCEPTED}'"),
        col(other.deleted_at).is_(None),
    )


def by_id(viewer: Seer, key: Parent) -> Select[Activity]:
    """The activity behind a global id, unless it was deleted."""
    return seen_by(viewer).where(col(Activity.id) == key.id, col(Activity.deleted_at).is_(None))


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[Activity]:
    """The activities that match."""
    return _matching(seen_by(viewer), where)


def of_user(viewer: Seer, user: Parent, *, where: Where = None) -> Select[Activity]:
    """A person's activities that match."""
    return _matching(seen_by(viewer).where(col(Activity.user_id) == user.id), where)


def formed(viewer: Seer, result: Parent) -> Select[Activity]:
    """The activity that an item became part of."""
    return seen_by(viewer).where(
        col(Activity.user_id) == result.user_id,
        col(Activity.id) == result.activity_id,
        col(Activity.deleted_at).is_(None),
    )


def pulse_of(viewer: Seer, activity: Parent) -> ColumnElement[Any]:
    """The average heart rate; a partner reads it only with the person's grant of health data."""
    return entrusted(viewer, activity.user_id, activity.pulse_bpm, Scope.HEALTH_READ)


def mass_used_in(viewer: Seer, activity: Parent) -> ColumnElement[Any]:
    """The body mass of an estimate; a partner reads it only with the person's grant of health data."""
    return entrusted(viewer, activity.user_id, activity.mass_kg, Scope.HEALTH_READ)


def _matching(activities: Select[Activity], where: ActivityFilter | None) -> Select[Activity]:
    if where is None or where.changed_since is None:
        activities = activities.where(col(Activity.deleted_at).is_(None))
    else:
        activities = activities.where(col(Activity.updated_at) >= where.changed_since)
    if where is None:
        return activities
    if where.sports is not None:
        activities = activities.where(among(col(Activity.sport), where.sports))
    if where.from_date is not None:
        activities = activities.where(col(Activity.local_date) >= where.from_date)
    if where.to_date is not None:
        activities = activities.where(col(Activity.local_date) <= where.to_date)
    if where.verdicts is not None:
        activities = activities.where(among(col(Activity.verdict), where.verdicts))
    if where.partner is not None:
        activities = activities.where(col(Activity.partner_name) == where.partner)
    if where.user is not None:
        activities = activities.where(col(Activity.user_id) == where.user)
    return activities


MOST_AT_ONCE = 1_000


@strawberry.input(description="One workout as a partner reports it, or the deletion of one.")
class ActivityInput:
    """What a partner says about one workout."""

    partner_ref: str = strawberry.field(
        description="Your reference of the workout, 1 to 200 characters; the same reference again is an update."
    )
    person_ref: str | None = strawberry.field(
        description="Your reference of the person. May be left out when the token speaks for the person."
    )
    version: BigInt | None = strawberry.field(
        description="Orders the updates of one reference, higher is newer; null: the order of arrival."
    )
    sport: Sport | None = strawberry.field(description="The sport; OTHER when left out.")
    sport_word: str | None = strawberry.field(description="Your own word for the sport, kept verbatim.")
    started_at: datetime | None = strawberry.field(
        description="The start with its offset, such as 2026-01-31T06:30:00+07:00. Needed unless `deleted`."
    )
    elapsed_seconds: float | None = strawberry.field(
        description="From start to end, seconds, pauses included. Needed unless `deleted`."
    )
    moving_seconds: float | None = strawberry.field(description="Seconds in motion.")
    distance_meters: float | None = strawberry.field(description="Metres.")
    energy_kcal: float | None = strawberry.field(description="Kilocalories, active ones unless `energyIsTotal`.")
    energy_is_total: bool | None = strawberry.field(
        description="Whether the kilocalories hold what the body burns at rest; false when left out."
    )
    steps: int | None = strawberry.field(description="Steps.")
    pulse_bpm: int | None = strawberry.field(description="Average heart rate, beats a minute.")
    manual: bool | None = strawberry.field(description="Whether it was typed in by hand; false when left out.")
    source: Source | None = strawberry.field(description="How the figures came about; DEVICE when left out.")
    title: str | None = strawberry.field(description="Your title of the workout.")
    deleted: bool | None = strawberry.field(
        description="Whether the workout is gone; then only the references and `version` count. Without a version it "
        "is gone for good."
    )


@strawberry.input(description="What `recordActivities` takes.")
class RecordActivitiesInput:
    """A batch of workouts."""

    activities: list[ActivityInput] = strawberry.field(
        description=f"1 to {MOST_AT_ONCE} workouts, stored together; each has a result of its own."
    )
    idempotency_key: str = strawberry.field(
        description="Your name for this attempt, 1 to 100 characters; it comes back in the answer. It is safe to send "
        "a batch again: `partnerRef` and `version` decide what is new, and what is not answers UNCHANGED."
    )


@dataclass
class ItemProblem:
    """Why an item was not taken."""

    code: str
    path: list[str]
    message: str


@dataclass
class ItemResult:
    """What became of one item."""

    index: int
    partner_ref: str
    outcome: Outcome
    user_id: UUID | None
    activity_id: UUID | None
    record_id: UUID | None
    problem: ItemProblem | None


@dataclass
class Recorded:
    """What became of a batch, one result an item, in order."""

    results: list[ItemResult]
    idempotency_key: str


async def record(context: Context, input: RecordActivitiesInput) -> Recorded:  # noqa: A002 - the contract's word
    """The workouts stored and booked as those of the token's organisation.

    Raises BadInput for a batch of the wrong size, Forbidden for a token of no organisation, Conflict unless the
    organisation's agreement is signed.
    """
    key = accepted_key(input.idempotency_key)
    given = input.activities
    if not 0 < len(given) <= MOST_AT_ONCE:
        raise BadInput(f"Send 1 to {MOST_AT_ONCE} activities at once.", path=("input", "activities"))
    partner = await context.session.get(Partner, organisation_of(context.viewer))
    if partner is None:
        raise NotFound("The organisation of this token is no partner.")
    results = await ingest(
        context.session,
        partner,
        [_item(each) for each in given],
        now=context.now,
        hashed=context.hashed,
        owner=context.viewer.user_id,
    )
    context.taken(partner.name, Counter(each.outcome.value for each in results))
    return Recorded(
        results=[_result(index, each, of) for index, (each, of) in enumerate(zip(given, results, strict=True))],
        idempotency_key=key,
    )


def _item(given: ActivityInput) -> Item:
    if given.deleted:
        return Deletion(partner_ref=given.partner_ref, person_ref=given.person_ref, version=given.version)
    raw = orjson.dumps(
        {name: value for name, value in vars(given).items() if value is not None}, option=orjson.OPT_SORT_KEYS
    )
    if given.started_at is None or given.elapsed_seconds is None:
        missing = "started_at" if given.started_at is None else "elapsed_seconds"
        message = f"Send {_camel(missing)}, or `deleted: true` for a workout that is gone."
        return Problem(code="MISSING_FIGURE", path=(missing,), message=message, person_ref=given.person_ref, raw=raw)
    return Draft(
        partner_ref=given.partner_ref,
        person_ref=given.person_ref,
        version=given.version,
        sport=given.sport or Sport.OTHER,
        sport_word=given.sport_word,
        title=given.title,
        started_at=given.started_at,
        elapsed_seconds=given.elapsed_seconds,
        moving_seconds=given.moving_seconds,
        distance_meters=given.distance_meters,
        energy_kcal=given.energy_kcal,
        energy_kind=EnergyKind.TOTAL if given.energy_is_total else EnergyKind.ACTIVE,
        steps=given.steps,
        pulse_bpm=given.pulse_bpm,
        manual=bool(given.manual),
        source=given.source or Source.DEVICE,
        raw=raw,
    )


def _result(index: int, given: ActivityInput, result: Result) -> ItemResult:
    problem = None
    if result.problem is not None:
        step = result.problem.path[-1] if result.problem.path else ""
        field = _camel(step) if isinstance(step, str) and hasattr(given, step) else "personRef"
        path = ["input", "activities", str(index), field]
        problem = ItemProblem(code=result.problem.code, path=path, message=result.problem.message)
    return ItemResult(
        index=index,
        partner_ref=given.partner_ref,
        outcome=result.outcome,
        user_id=result.user_id,
        activity_id=result.activity_id,
        record_id=result.record_id,
        problem=problem,
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.title() for part in others)
