"""Activities as those see them who may."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import Boolean

from domain import activities as rows
from domain.drafts import Source
from domain.explaining import in_words
from domain.ingest import Outcome
from domain.plausibility import Verdict
from domain.scopes import Scope
from domain.sports import Sport as SportWord
from engine.declare import Order
from resolvers import activities, credits, partners, records, reviews, sports, users
from schema.credits import CreditEntry
from schema.enums import described
from schema.partners import Partner
from schema.records import Record
from schema.reviews import Appeal, Review
from schema.scalars import BigInt
from schema.sports import Sport
from schema.words import Language, Node, Payload, column, computed, derived, holds, many, one, shows, value

if TYPE_CHECKING:
    from schema.users import User

described(
    Verdict,
    says="Whether an activity counts.",
    values={
        "accepted": "It counts.",
        "flagged": "It waits for a review and does not count until then.",
        "rejected": "It cannot have happened, and never counts.",
    },
)
described(
    rows.EnergySource,
    says="How kilocalories came about.",
    values={
        "active": "The source's active energy.",
        "total": "The source's total energy, which holds what the body burns at rest.",
        "estimated": "MET times body mass times hours, from the 2024 Adult Compendium.",
    },
)
described(
    Outcome,
    says="What became of one item of a batch.",
    values={
        "created": "A new record, and a new activity of its own.",
        "updated": "A newer version of a record.",
        "unchanged": "Nothing new, or older than what is held.",
        "merged": "A new record of an activity that other records report too.",
        "deleted": "The record is gone; what it counted is taken back.",
        "pending": "It will be fetched from the partner.",
        "skipped": "No workout by its nature.",
        "quarantined": "It could not be taken; see `problem`.",
    },
)


class ActivityOrder(Order):
    """Orders of activities."""

    LATEST = "latest"
    EARLIEST = "earliest"
    RECENTLY_CHANGED = "recently_changed"


described(
    ActivityOrder,
    says="The order of activities.",
    values={
        "latest": "The latest start first.",
        "earliest": "The earliest start first.",
        "recently_changed": "The latest change first; together with `changedSince`, to follow changes.",
    },
)
ORDERS = {
    ActivityOrder.LATEST: ("-started_at", "-id"),
    ActivityOrder.EARLIEST: ("started_at", "id"),
    ActivityOrder.RECENTLY_CHANGED: ("-updated_at", "-id"),
}


def _decisions(
    decisions: list[str],
    energy_source: str,
    met_code: str | None,
    mass_kg: float | None,
    reasons: list[str],
    overlapped: bool,
    *,
    language: Annotated[Language, strawberry.argument(description="The language of the text.")] = Language.TH,
) -> list[str]:
    return in_words(
        decisions, energy_source, met_code, mass_kg, reasons, overlapped=overlapped, in_english=language == Language.EN
    )


@shows(
    rows.Activity,
    node=activities.by_id,
    extra={"overlapped": Boolean()},
    says="One workout of one person, however many sources report it; the only thing that is credited.",
)
class Activity(Node):
    """An activity."""

    user: Annotated[User, strawberry.lazy("schema.users")] | None = one(users.owner_of, says="Whose it is.")
    sport: SportWord = column(says="The sport.")
    sport_details: Sport | None = one(sports.of_workout, says="The sport with its names.")
    started_at: datetime = column(says="The start, UTC.")
    ended_at: datetime = column(says="The end, UTC.")
    local_date: date = column(says="The day in Thailand on which it started; it counts for this day.")
    elapsed_seconds: float = column(says="From start to end, seconds, pauses included.")
    moving_seconds: float | None = column(says="Seconds in motion; null when no source reports them.")
    distance_meters: float | None = column(says="Metres; null when no source reports them, never estimated.")
    energy_kcal: float = column(says="Kilocalories.")
    energy_source: rows.EnergySource = column(says="How the kilocalories came about.")
    met_code: str | None = column(says="The Compendium's code an estimate rests on; null when nothing was estimated.")
    steps: BigInt | None = column(says="Steps; null when no source reports them, never estimated.")
    pulse_bpm: int | None = computed(
        activities.pulse_of, needs=Scope.HEALTH_READ, says="Average heart rate, beats a minute; health data."
    )
    manual: bool = column(says="Whether it was typed in by hand.")
    source: Source = column(says="How its figures came about.")
    verdict: Verdict = column(says="Whether it counts.")
    reasons: list[str] = column(
        says="What speaks against it, as stable codes; empty for most. With reasons it counts only after a review."
    )
    review: Review | None = one(reviews.of_activity, says="The newest decision on it; null before there is one.")
    appeal: Appeal | None = one(reviews.appeal_of, says="The newest appeal for it; null when there is none.")
    decisions: list[str] | None = derived(
        _decisions,
        needs=Scope.CONNECTION_MANAGE,
        says="Why it is as it is, a sentence each: whose record speaks and by which rule, what makes its records one "
        "workout, which figures came from which source, how the energy came about, whether minutes are credited to "
        "another workout that began earlier. It names one's sources, so it is for one's own app.",
    )
    decision_codes: list[str] | None = column(
        from_="decisions",
        needs=Scope.CONNECTION_MANAGE,
        says="The same as stable codes, with what they are about behind colons: `SPEAKS_COVERING`, `SPEAKS_BY_TRUST`, "
        "`SPEAKS_BY_OWN_ORDER`, `SPEAKS_BY_NAME` (the partner that speaks, the next one), `BOUND` (`upstream`, "
        "`overlap`, `near_start`, `coarse`, `said`), `PARTED`, `FILLED` (the figure, the partner), `ENERGY_OF` (the "
        "partner), `MASS_ASSUMED`. Empty for a lone record with nothing to tell.",
    )
    mass_used_kg: float | None = computed(
        activities.mass_used_in,
        needs=Scope.HEALTH_READ,
        says="The body mass that an estimate of energy rests on, kilograms; null when nothing was estimated. Health "
        "data.",
    )
    # Before the field that hides the module's name within the class.
    credit_entries: list[CreditEntry] | None = many(
        credits.of_activity,
        expects=3,
        needs=Scope.CREDIT_READ,
        says="What the ledger holds for the activities of its day, in order of booking, 100 at most: the day is "
        "credited as a whole, and each later change of it is an entry of its own.",
    )
    credits: int = column(says="Its share of the credits of its day.")
    partner: Partner | None = one(partners.named, says="Whose record speaks for it.")
    record_count: int = column(says="How many records report it.")
    speaks_record: Record | None = one(
        records.speaking_for, says="The record whose time and sport it has; null when it may not be seen."
    )
    records: list[Record] = many(
        records.of_activity, limit=50, expects=3, says="The records that report it, by partner, 50 at most."
    )
    updated_at: datetime = column(says="When it last changed.")
    deleted_at: datetime | None = column(says="When it was deleted; null for what is there.")


@holds(says="Why an item was not taken.")
class ItemProblem:
    """A problem."""

    code: str = value(says="A stable code, such as `UNKNOWN_PERSON`.")
    path: list[str] = value(says="Where in the input; positions count from 0.")
    message: str = value(says="What to do about it.")


@holds(says="What became of one item of a batch.")
class ActivityResult:
    """A result."""

    index: int = value(says="The item's position in the batch, from 0.")
    partner_ref: str = value(says="Your reference of the workout.")
    outcome: Outcome = value(says="What became of it.")
    activity: Activity | None = one(
        activities.formed,
        needs=Scope.ACTIVITY_READ,
        says="The activity it is part of; null when it may not be seen or there is none.",
    )
    record: Record | None = one(records.taken, says="The record as it stands now; null when there is none.")
    problem: ItemProblem | None = value(says="Why it was not taken; null when it was.")


@holds(says="The answer of `recordActivities`.")
class RecordActivitiesPayload(Payload):
    """What recording gives."""

    results: list[ActivityResult] | None = value(says="One result for each item, in order.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
