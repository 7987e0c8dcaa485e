"""A decision on an activity, an appeal against a verdict, and activities judged anew with all that follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.arrivals import Arrivals, Holder
from domain.base import driver_of, run, uuid7
from domain.errors import Conflict, Forbidden, NotFound
from domain.holding import held
from domain.ingest import lock, settled
from domain.merging import Formed, judged
from domain.nearby import behind
from domain.plausibility import Verdict
from domain.reviews import FIGURES, Decision, ReviewerKind, figures_hash


class NothingToReview(Conflict):
    """The activity counts as it is, and nobody has doubts."""

    code = "NOTHING_TO_REVIEW"


class AlreadyAppealed(Conflict):
    """The person has appealed against this verdict."""

    code = "ALREADY_APPEALED"


@dataclass(frozen=True, kw_only=True)
class Reviewer:
    """Who decides: in which office, for which partner, by which client, and the person if the token names one."""

    kind: ReviewerKind
    partner_name: str | None = None
    client_id: str | None = None
    user_id: UUID | None = None


_OWNER = text("SELECT user_id FROM activities WHERE id = :id AND deleted_at IS NULL")

_ACTIVITY = text(f"""
    SELECT {", ".join(FIGURES)}, partner_name, verdict, reasons FROM activities
    WHERE user_id = :user AND id = :id AND deleted_at IS NULL
""")  # noqa: S608

_DECIDE = text("""
    INSERT INTO reviews (user_id, id, activity_id, record_id, decision, verdict, reasons, figures_hash, reviewer_kind,
                         reviewer_id, client_id, partner_name, note, idempotency_key, reviewed_at)
    VALUES (:user, :review, :id, :record, :decision, :verdict, CAST(:reasons AS text[]), :figures, :kind, :reviewer,
            :client, :partner, :note, :key, :now)
""")

_DECIDED = text("""
    SELECT id, decision, note FROM reviews WHERE user_id = :user AND activity_id = :id AND idempotency_key = :key
""")

_DONE = text("DELETE FROM review_queue WHERE user_id = :user AND activity_id = :id")

_APPEAL = text("""
    INSERT INTO appeals (user_id, id, activity_id, verdict, reasons, text, idempotency_key, appealed_at)
    VALUES (:user, :appeal, :id, :verdict, CAST(:reasons AS text[]), :text, :key, :now)
    ON CONFLICT DO NOTHING RETURNING id
""")

_APPEALED = text("""
    SELECT idempotency_key, text FROM appeals
    WHERE user_id = :user AND activity_id = :id AND verdict = :verdict AND reasons = CAST(:reasons AS text[])
""")

_AHEAD = text("""
    INSERT INTO review_queue (user_id, activity_id, record_id, partner_name, verdict, reasons, flagged_at, appealed_at)
    SELECT user_id, id, speaks_record_id, partner_name, verdict, reasons, :now, :now FROM activities
    WHERE user_id = :user AND id = :id
    ON CONFLICT (user_id, activity_id) DO UPDATE SET appealed_at = excluded.appealed_at
""")


async def decide(
    session: AsyncSession,
    activity_id: UUID,
    decision: Decision,
    by: Reviewer,
    *,
    note: str,
    key: str,
    now: datetime,
) -> UUID:
    """Whose activity it is, after the decision and all that follows from it; the same key again changes nothing.

    A steward decides on flagged activities for which a record of the own partner speaks; an administrator on those of
    everybody, also on rejected ones and on those decided before. Nobody decides on their own.
    Raises NotFound, Forbidden, NothingToReview, and Conflict for a key that was used for something else.
    """
    user_id: UUID | None = (await run(session, _OWNER, {"id": activity_id})).scalar()
    if user_id is None:
        raise NotFound("There is no such activity.")
    await lock(session, [user_id])
    before = (await run(session, _DECIDED, {"user": user_id, "id": activity_id, "key": key})).first()
    activity = await _activity(session, user_id, activity_id)
    if by.kind is ReviewerKind.STEWARD and activity["partner_name"] != by.partner_name:
        raise NotFound("There is no such activity.")
    if before is not None:
        if (before.decision, before.note) != (decision.value, note):
            raise Conflict("This idempotencyKey was used for another decision; send a new one.")
        return user_id
    _may_decide(by, user_id, activity)
    await run(
        session,
        _DECIDE,
        {
            "user": user_id,
            "review": uuid7(),
            "id": activity_id,
            "record": activity["speaks_record_id"],
            "decision": decision.value,
            "verdict": activity["verdict"],
            "reasons": list(activity["reasons"]),
            "figures": figures_hash(activity),
            "kind": by.kind.value,
            "reviewer": by.user_id,
            "client": by.client_id,
            "partner": by.partner_name,
            "note": note,
            "key": key,
            "now": now,
        },
    )
    await run(session, _DONE, {"user": user_id, "id": activity_id})
    await judged_anew(session, [(user_id, activity_id)], now)
    return user_id


def _may_decide(by: Reviewer, user_id: UUID, activity: Mapping[str, Any]) -> None:
    if not activity["reasons"]:
        raise NothingToReview("Nothing speaks against this activity; it counts as it is.")
    if by.user_id == user_id:
        raise Forbidden("Nobody decides on an activity of their own; leave it to somebody else.")
    if by.kind is not ReviewerKind.ADMINISTRATOR and activity["verdict"] != Verdict.FLAGGED:
        raise Forbidden("What was rejected or decided before is for an administrator.")


async def appeal(
    session: AsyncSession, user_id: UUID, activity_id: UUID, words: str, *, key: str, now: datetime
) -> None:
    """The person's appeal against the verdict on an activity of theirs, which then waits before all others.

    The same key again changes nothing. Raises NotFound, NothingToReview for one that counts, AlreadyAppealed.
    """
    await lock(session, [user_id])
    activity = await _activity(session, user_id, activity_id)
    if activity["verdict"] == Verdict.ACCEPTED:
        raise NothingToReview("This activity counts; there is nothing to appeal against.")
    of = {
        "user": user_id,
        "id": activity_id,
        "verdict": activity["verdict"],
        "reasons": list(activity["reasons"]),
    }
    more = {"appeal": uuid7(), "text": words, "key": key, "now": now}
    if (await run(session, _APPEAL, {**of, **more})).scalar() is None:
        before = (await run(session, _APPEALED, of)).one()
        if (before.idempotency_key, before.text) != (key, words):
            raise AlreadyAppealed("You have appealed against this verdict; wait for the decision.")
        return
    await run(session, _AHEAD, {"user": user_id, "id": activity_id, "now": now})


async def judged_anew(session: AsyncSession, activities: Iterable[tuple[UUID, UUID]], now: datetime) -> None:
    """Activities (user, activity) formed anew from the records they have, and their days booked by the difference.

    The caller holds the people's locks, and has changed what else decides on a verdict: reviews, marks of records.
    A fixed number of statements, whatever the number of activities.
    """
    wanted = sorted(set(activities))
    if not wanted:
        return
    connection = await driver_of(session)
    holders = {user_id.int: Holder(user_id) for user_id, _ in wanted}
    rulebooks = await held(connection, "", holders.values(), [], [])
    rows = judged(holders, await behind(connection, wanted), rulebooks, now)
    await settled(session, holders.values(), Arrivals(), Formed(changed=rows), rulebooks, now)


async def _activity(session: AsyncSession, user_id: UUID, activity_id: UUID) -> Mapping[str, Any]:
    row = (await run(session, _ACTIVITY, {"user": user_id, "id": activity_id})).mappings().first()
    if row is None:
        raise NotFound("There is no such activity.")
    return dict(row)
