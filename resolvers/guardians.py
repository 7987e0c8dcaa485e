"""What guardians consent to: for the two people whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, Text, case, cast, or_, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain import guardians
from domain.errors import NotFound
from domain.guardians import GuardianConsent
from domain.users import User
from resolvers.context import Context, Parent, Seer, administers, nothing_of
from resolvers.keys import accepted_key, person_of


@strawberry.input(description="A question to one's guardian.")
class AskGuardianInput:
    """What `askGuardian` takes."""

    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@strawberry.input(description="A guardian's consent.")
class ConsentAsGuardianInput:
    """What `consentAsGuardian` takes."""

    code: str = strawberry.field(description="The code that the minor got by `askGuardian`; capitals do not matter.")
    text_version: str = strawberry.field(description="The `Viewer.guardianTextVersion` of the text that was read.")
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@strawberry.input(description="Which consent to withdraw.")
class WithdrawGuardianConsentInput:
    """What `withdrawGuardianConsent` takes."""

    consent_id: strawberry.ID = strawberry.field(description="Its `consentId`.")


@dataclass
class Asked:
    """A code that waits to be used."""

    code: str
    code_expires_at: datetime
    idempotency_key: str


@dataclass
class Answered:
    """Which consent was given or withdrawn, and by whom."""

    id: UUID
    user_id: UUID


def seen_by(viewer: Seer) -> Select[GuardianConsent]:
    """Those that one gave, and those about oneself."""
    every = select(GuardianConsent)
    if administers(viewer):
        return every
    if viewer.kind != ViewerKind.CITIZEN:
        return nothing_of(every)
    own = col(GuardianConsent.minor_id) == viewer.user_id, col(GuardianConsent.guardian_id) == viewer.user_id
    return every.where(or_(*own))


def consents_of(viewer: Seer, user: Parent) -> Select[GuardianConsent]:
    """A person's consents, as the minor or as the guardian, the latest first."""
    concerned = or_(col(GuardianConsent.minor_id) == user.id, col(GuardianConsent.guardian_id) == user.id)
    return seen_by(viewer).where(concerned).order_by(col(GuardianConsent.asked_at).desc(), col(GuardianConsent.id))


def answered(viewer: Seer, answer: Parent) -> Select[GuardianConsent]:
    """The consent that was given or withdrawn."""
    return seen_by(viewer).where(col(GuardianConsent.id) == answer.id)


def id_of(_viewer: Seer, consent: Parent) -> ColumnElement[str]:
    """What to name to withdraw it."""
    return cast(consent.id, Text)


def minor_name_of(_viewer: Seer, consent: Parent) -> ColumnElement[Any]:
    """The minor's display name, for the two."""
    return select(col(User.display_name)).where(col(User.id) == consent.minor_id).scalar_subquery()


def guardian_name_of(_viewer: Seer, consent: Parent) -> ColumnElement[Any]:
    """The guardian's display name, for the two."""
    return select(col(User.display_name)).where(col(User.id) == consent.guardian_id).scalar_subquery()


def is_mine(viewer: Seer, consent: Parent) -> ColumnElement[bool]:
    """Whether the viewer is the minor."""
    return consent.minor_id == viewer.user_id  # type: ignore[no-any-return]  # a parent's column


def code_of(viewer: Seer, consent: Parent) -> ColumnElement[Any]:
    """The code, for the minor, while it waits."""
    return case((is_mine(viewer, consent) & consent.consented_at.is_(None), consent.code))


async def ask(context: Context, input: AskGuardianInput) -> Asked:  # noqa: A002 - the contract's word
    """A code for the guardian of the person of the token. Raises Conflict."""
    key = accepted_key(input.idempotency_key)
    question = await guardians.ask(context.session, person_of(context.viewer), now=context.now)
    return Asked(question.code, question.code_expires_at, key)


async def consent(context: Context, input: ConsentAsGuardianInput) -> Answered:  # noqa: A002 - the contract's word
    """The consent of the person of the token. Raises BadInput, NotFound, NotOfAge."""
    accepted_key(input.idempotency_key)
    user_id = person_of(context.viewer)
    given = await guardians.consent(context.session, user_id, input.code, input.text_version, now=context.now)
    return Answered(given, user_id)


async def withdraw(
    context: Context,
    input: WithdrawGuardianConsentInput,  # noqa: A002 - the contract's word
) -> Answered:
    """The consent, withdrawn by the person of the token. Raises NotFound."""
    user_id = person_of(context.viewer)
    try:
        consent_id = UUID(str(input.consent_id))
    except ValueError:
        raise NotFound("There is no such consent of yours.", path=("input", "consentId")) from None
    await guardians.withdraw(context.session, user_id, consent_id, now=context.now)
    return Answered(consent_id, user_id)
