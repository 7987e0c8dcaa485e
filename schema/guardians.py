"""Guardians' consent as the minor and the guardian see it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain import guardians as rows
from resolvers import guardians
from schema.words import Payload, column, computed, holds, one, shows, value


@shows(rows.GuardianConsent, says="A minor's question to a guardian and the answer; for the two alone.")
class GuardianConsent:
    """A consent."""

    consent_id: strawberry.ID = computed(guardians.id_of, says="What to name to withdraw it.")
    is_mine: bool = computed(guardians.is_mine, says="Whether the viewer is the minor; else the guardian.")
    minor_name: str | None = computed(guardians.minor_name_of, says="The minor's display name.")
    guardian_name: str | None = computed(
        guardians.guardian_name_of, says="The guardian's display name; null before they consented."
    )
    code: str | None = computed(guardians.code_of, says="For the minor: the code, until it is used.")
    code_expires_at: datetime = column(says="Until when the code can be used.")
    asked_at: datetime = column(says="When the minor asked.")
    consented_at: datetime | None = column(says="When the guardian consented; null while nobody has.")
    text_version: str | None = column(says="The version of the text that the guardian agreed to.")
    withdrawn_at: datetime | None = column(says="When it was withdrawn; null while it is in force or waits.")


@holds(says="The answer of `askGuardian`.")
class AskGuardianPayload(Payload):
    """What asking gives."""

    code: str | None = value(says="The code for the guardian, 12 letters and digits, to be used once.")
    code_expires_at: datetime | None = value(says="Until when it can be used.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `consentAsGuardian` and `withdrawGuardianConsent`.")
class GuardianConsentPayload(Payload):
    """What became of a consent."""

    consent: GuardianConsent | None = one(guardians.answered, says="The consent.")
