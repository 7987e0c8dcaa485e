"""How a rulebook comes about: drafted, approved by another administrator, withdrawn; every step is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Identity, Index, Integer, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import Row, inserted, run, utc_now
from domain.cards import Stated, stated
from domain.errors import BadInput, Conflict, NotFound
from domain.figures import Figures
from domain.rulebooks import Rulebook, RulebookState, Rules, approved

NOTICE = timedelta(hours=1)
"""How long before its first day a rulebook must be approved: deliveries that are under way have old rules at hand."""

_VERSION = ("input", "version")
_NOT_ABOVE = (
    ("manual_daily_cap_credits", "daily_cap_credits"),
    ("flag_elapsed_seconds", "reject_elapsed_seconds"),
    ("stride_meters_least", "stride_meters_most"),
)


class SameAdministrator(Conflict):
    """Nobody approves their own draft."""

    code = "SAME_ADMINISTRATOR"


class RulebookDecided(Conflict):
    """A rulebook that is approved, withdrawn or in force, and stays so."""

    code = "RULEBOOK_DECIDED"


class RulebookOutdated(Conflict):
    """A draft of figures that another version has changed meanwhile."""

    code = "RULEBOOK_OUTDATED"


class RulebookTooLate(Conflict):
    """A rulebook whose first day is here or too near."""

    code = "RULEBOOK_TOO_LATE"


class Step(StrEnum):
    """What was done to a rulebook."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    REBOOKED = "rebooked"


class RulebookStep(Row, table=True):
    """Who did what to a rulebook, when and why; the database refuses update and delete."""

    __tablename__ = "rulebook_steps"
    __table_args__ = (Index("ix_rulebook_steps_version_number", "version", "number"),)

    number: int | None = Field(default=None, sa_column=Column(Integer, Identity(always=True), primary_key=True))
    version: int
    step: str = Field(sa_type=Text)
    done_by: str = Field(sa_type=Text)
    client_id: str | None = Field(default=None, sa_type=Text)
    reason: str = Field(sa_type=Text)
    done_at: datetime = Field(default_factory=utc_now)


@dataclass(frozen=True)
class Administrator:
    """Who acts: `name` is `user:<id>`, or `client:<id>` for a client alone; `client_id` the client they act by."""

    name: str
    client_id: str | None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a draft says; `changes` are by where a figure stands, ("speed_limits", "running", "flag_mps")."""

    changes: Mapping[tuple[str, ...], float]
    in_force_from: date
    reason: str
    idempotency_key: str


# One change of rulebooks at a time, so that versions follow one another and a draft is approved upon what it was
# drafted from. Readers, ingest among them, go on.
_ALONE = text("LOCK TABLE rulebooks IN SHARE ROW EXCLUSIVE MODE")

_SAME_KEY = text("""
    SELECT r.version, r.in_force_from, r.figures, r.based_on, s.reason
    FROM rulebooks r JOIN rulebook_steps s ON s.version = r.version AND s.step = 'drafted'
    WHERE r.drafted_by = :by AND r.idempotency_key = :key
""")

_NEXT = text("SELECT coalesce(max(version), 0) + 1 FROM rulebooks")

_KNOWN = text("SELECT * FROM rulebooks WHERE version = :version")

_APPROVE = text("""
    UPDATE rulebooks SET state = 'approved', approved_by = :by, approved_at = CAST(:now AS timestamptz)
    WHERE version = :version AND state = 'draft' RETURNING version
""")

_WITHDRAW = text("UPDATE rulebooks SET state = 'withdrawn' WHERE version = :version RETURNING version")

_REBOOKED = text("SELECT EXISTS (SELECT FROM rebookings WHERE rulebook_version = :version)")


def first_day(now: datetime) -> date:
    """The earliest local day that a rulebook approved now may decide: tomorrow, in the last hour the day after."""
    return local_date_of(now + NOTICE) + timedelta(days=1)


def amended(figures: Figures, changes: Mapping[tuple[str, ...], float]) -> Figures:
    """The figures with these changes. Raises BadInput that names every figure out of bounds, or against another."""
    made: dict[str, Any] = asdict(figures)
    for path, value in changes.items():
        within = made
        for name in path[:-1]:
            within = within[name]
        within[path[-1]] = value
    found = Figures.of(made)
    shown = list(stated(found))
    wrong = [
        (each, f"{each.public} must be {each.card.least:,.10g} to {each.card.most:,.10g} {each.card.unit.en}")
        for each in shown
        if not each.card.least <= each.value <= each.card.most
    ] or _contradictions({each.path: each for each in shown})
    if wrong:
        raise BadInput("; ".join(text for _, text in wrong) + ".", path=("input", "figures", wrong[0][0].public))
    return found


def _contradictions(figures: Mapping[tuple[str, ...], Stated]) -> list[tuple[Stated, str]]:
    """The figures that allow what another one forbids, each with what to do."""
    pairs = [(figures[lower,], figures[upper,]) for lower, upper in _NOT_ABOVE]
    pairs += [(each, figures[*path[:-1], "reject_mps"]) for path, each in figures.items() if path[-1] == "flag_mps"]
    return [
        (lower, f"{lower.public} is {lower.value:,.10g}, above {upper.public}, {upper.value:,.10g}; change one of both")
        for lower, upper in pairs
        if lower.value > upper.value
    ]


async def drafted(session: AsyncSession, wish: Wish, by: Administrator, now: datetime) -> int:
    """The version of a new draft, with the figures of the rulebook it would follow and the changes wished for.

    The same key of the same administrator again gives the same draft. Raises BadInput for figures out of bounds, a day
    that is not ahead or nothing to change; Conflict for a key that stands for another draft.
    """
    await run(session, _ALONE)
    binds = {"by": by.name, "key": wish.idempotency_key}
    books = await approved(session)
    if held := (await run(session, _SAME_KEY, binds)).first():
        base = books.of(held.based_on)
        same = base and asdict(amended(base.figures, wish.changes)) == held.figures
        if same and (held.in_force_from, held.reason) == (wish.in_force_from, wish.reason):
            return int(held.version)
        raise Conflict(
            "This idempotencyKey stands for another draft; send a new one.", path=("input", "idempotencyKey")
        )
    earliest = first_day(now)
    if wish.in_force_from < earliest:
        raise BadInput(
            f"A rulebook never decides the past; let it be in force from {earliest} at the earliest.",
            path=("input", "inForceFrom"),
        )
    base = books.on(wish.in_force_from)
    figures = amended(base.figures, wish.changes)
    if figures == base.figures:
        raise BadInput(f"Nothing differs from rulebook {base.version}; change a figure.", path=("input", "figures"))
    version: int = (await run(session, _NEXT)).scalar_one()
    row = {
        "version": version,
        "in_force_from": wish.in_force_from,
        "state": RulebookState.DRAFT.value,
        "figures": asdict(figures),
        "based_on": base.version,
        "drafted_by": by.name,
        "drafted_client": by.client_id,
        "idempotency_key": wish.idempotency_key,
        "created_at": now,
    }
    await inserted(session, Rulebook, [row])
    await kept(session, version, Step.DRAFTED, by, wish.reason, now)
    return version


async def approve(session: AsyncSession, version: int, by: Administrator, reason: str, now: datetime) -> None:
    """The draft in force from its date on; again by the same administrator: nothing changes.

    Raises NotFound, SameAdministrator, RulebookDecided, RulebookTooLate, and RulebookOutdated when the rulebook that it
    would follow is not the one it was drafted from: what that one changed would silently be taken back.
    """
    row = await _alone_with(session, version)
    if row.state == RulebookState.APPROVED.value and row.approved_by == by.name:
        return
    if row.state != RulebookState.DRAFT.value:
        raise RulebookDecided(f"Rulebook {version} is {row.state}; draft another version.", path=_VERSION)
    alone = by.name.startswith("client:") or row.drafted_by.startswith("client:")
    # A person's own token and that of the client they use might be one and the same person's.
    if by.name == row.drafted_by or (alone and by.client_id == row.drafted_client):
        raise SameAdministrator(
            "Another administrator than the one who drafted it must approve a rulebook, signed in as themselves.",
            path=_VERSION,
        )
    if row.in_force_from < first_day(now):
        raise RulebookTooLate(f"It is too late for {row.in_force_from}; draft it anew with a later day.", path=_VERSION)
    before = (await approved(session)).on(row.in_force_from).version
    if before != row.based_on:
        raise RulebookOutdated(
            f"It was drafted from rulebook {row.based_on}, and {before} came between; draft it anew.", path=_VERSION
        )
    await run(session, _APPROVE, {"version": version, "by": by.name, "now": now})
    await kept(session, version, Step.APPROVED, by, reason, now)


async def withdraw(session: AsyncSession, version: int, by: Administrator, reason: str, now: datetime) -> None:
    """The draft, or the approved rulebook that is not in force yet, out of the way; again: nothing changes.

    Raises NotFound, and RulebookDecided for one that decides days already or could within the hour.
    """
    row = await _alone_with(session, version)
    if row.state == RulebookState.WITHDRAWN.value:
        return
    if row.state == RulebookState.APPROVED.value:
        decides = row.in_force_from < first_day(now)
        if decides or (await run(session, _REBOOKED, {"version": version})).scalar():
            raise RulebookDecided(f"Days are booked by rulebook {version}; draft another version.", path=_VERSION)
    await run(session, _WITHDRAW, {"version": version})
    await kept(session, version, Step.WITHDRAWN, by, reason, now)


async def _alone_with(session: AsyncSession, version: int) -> Any:
    await run(session, _ALONE)
    await rules_of(session, version)
    return (await run(session, _KNOWN, {"version": version})).one()


async def rules_of(session: AsyncSession, version: int) -> Rules:
    """The rules of a version, whatever its state. Raises NotFound."""
    row = (await run(session, _KNOWN, {"version": version})).first()
    if row is None:
        raise NotFound("There is no such rulebook; look for one in `rulebooks`.", path=_VERSION)
    return Rules(row.version, row.in_force_from, Figures.of(row.figures))


async def alone(session: AsyncSession) -> None:
    """Nobody else changes rulebooks until the transaction ends."""
    await run(session, _ALONE)


async def kept(session: AsyncSession, version: int, step: Step, by: Administrator, reason: str, now: datetime) -> None:
    """The step, for whoever asks later."""
    row = {
        "version": version,
        "step": step.value,
        "done_by": by.name,
        "client_id": by.client_id,
        "reason": reason,
        "done_at": now,
    }
    await inserted(session, RulebookStep, [row])
