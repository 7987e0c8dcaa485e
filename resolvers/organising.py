"""Challenges as sponsors and administrators make them: drafted, edited, published, cancelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, literal, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain import organising, publishing
from domain.challenges import ChallengeStep
from domain.designs import Design
from domain.errors import BadInput, Forbidden
from domain.organising import Organiser
from domain.posting import Words
from domain.prizes import Prize
from domain.scopes import Scope
from domain.templates import designed
from resolvers.challenge_inputs import (
    CancelChallengeInput,
    DraftChallengeInput,
    EditChallengeInput,
    PublishChallengeInput,
    changes_in,
)
from resolvers.challenges import for_holders
from resolvers.context import Context, Parent, Seer, administers
from resolvers.keys import accepted_key, organisation_of
from resolvers.rulebooks import administrator


@dataclass
class Organised:
    """Which challenge was changed."""

    challenge_id: UUID
    idempotency_key: str


def prizes_of(_viewer: Seer, challenge: Parent) -> Select[Prize]:
    """The prizes of a challenge, in their order."""
    return select(Prize).where(col(Prize.challenge_id) == challenge.id).order_by(col(Prize.number))


def steps_of(viewer: Seer, challenge: Parent) -> Select[ChallengeStep]:
    """What was done to a challenge, the first first: for its sponsor and administrators."""
    every = select(ChallengeStep).where(col(ChallengeStep.challenge_id) == challenge.id)
    every = every.order_by(col(ChallengeStep.done_at), col(ChallengeStep.idempotency_key))
    return for_holders(viewer, challenge, every)


def done_by(viewer: Seer, step: Parent) -> ColumnElement[Any]:
    """Who did it; which administrator is for administrators."""
    if administers(viewer):
        return step.done_by  # type: ignore[no-any-return]  # a parent's columns
    return case((step.done_by.startswith("partner:"), step.done_by), else_=literal("administrator"))


async def draft(context: Context, input: DraftChallengeInput) -> Organised:  # noqa: A002 - the contract's word
    """A new draft. Raises what `organising.drafted` and `templates.designed` do."""
    by, key, changes = organiser(context), accepted_key(input.idempotency_key), changes_in(input.challenge)
    sponsor = input.sponsor or by.sponsor
    if sponsor is None:
        raise BadInput("Say which partner holds it.", path=("input", "sponsor"))
    if by.sponsor is not None and sponsor != by.sponsor:
        raise Forbidden("An organisation holds challenges of its own: leave `sponsor` out.", path=("input", "sponsor"))
    content: dict[str, Any] = {"changes": changes}
    design = Design()
    if input.template is not None:
        figures = {each.name: each.value for each in input.template.figures or ()}
        design = designed(input.template.name, figures, changes.get("starts_on"))
        content |= {"template": input.template.name, "figures": figures}
    made = await organising.drafted(
        context.session, replace(design, **changes), sponsor, by, key=key, content=content, now=context.now
    )
    return Organised(made, key)


async def edit(context: Context, input: EditChallengeInput) -> Organised:  # noqa: A002 - the contract's word
    """The challenge as changed. Raises what `organising.edited` does."""
    by, key = organiser(context), accepted_key(input.idempotency_key)
    made, changes = UUID(str(input.challenge_id)), changes_in(input.challenge)
    await organising.edited(context.session, made, changes, by, key=key, now=context.now)
    return Organised(made, key)


async def publish(context: Context, input: PublishChallengeInput) -> Organised:  # noqa: A002 - the contract's word
    """The challenge announced. Raises what `publishing.published` does."""
    by, key, made = organiser(context), accepted_key(input.idempotency_key), UUID(str(input.challenge_id))
    await publishing.published(context.session, made, by, key=key, now=context.now)
    return Organised(made, key)


async def cancel(context: Context, input: CancelChallengeInput) -> Organised:  # noqa: A002 - the contract's word
    """The challenge called off. Raises what `publishing.cancelled` does."""
    by, key, made = organiser(context), accepted_key(input.idempotency_key), UUID(str(input.challenge_id))
    reason = Words(input.reason_th, input.reason_en)
    await publishing.cancelled(context.session, made, reason, by, key=key, now=context.now)
    return Organised(made, key)


def organiser(context: Context) -> Organiser:
    """Who acts: an administrator for anybody, else the organisation of the token for itself. Raises Forbidden."""
    viewer = context.viewer
    if viewer.kind != ViewerKind.ADMIN:
        own = organisation_of(viewer)
        return Organiser(f"partner:{own}", own)
    if Scope.ADMIN not in viewer.scopes:
        raise Forbidden("Administrators need the scope admin:* for this.")
    return Organiser(administrator(context).name, None)
