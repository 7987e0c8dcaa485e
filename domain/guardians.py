"""Guardians' consent: a minor asks for a code, an adult consents with it, and either may withdraw it.

A minor is who may be under 20 by the year of birth; people who named none are taken for adults, and consent for nobody.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import Row, run, utc_now, uuid7
from domain.errors import BadInput, Conflict, NotFound
from domain.users import FULL_AGE

CODE_DAYS = 7
"""How long a code can be used."""

TEXT_VERSION = "2026-11"
TEXT_TH = (
    "ข้าพเจ้าเป็นผู้ใช้อำนาจปกครองของผู้เยาว์ผู้ให้รหัสนี้ และยินยอมให้ผู้เยาว์เข้าร่วมกิจกรรมท้าทาย "
    "ระบบจะเก็บและรวมผลการออกกำลังกายของผู้เยาว์ และแสดงในตารางอันดับด้วยนามแฝงเท่านั้น ข้าพเจ้าถอนความยินยอมได้ทุกเมื่อ"
)
TEXT_EN = (
    "I hold parental authority over the minor who gave me this code, and consent to their taking part in challenges. "
    "Their exercise is stored and added up, and shown on leaderboards by a pseudonym only. I can withdraw this at any "
    "time."
)
"""What a guardian agrees to, in the version that is kept with the consent."""

MINOR = f"""
    ({{person}}.birth_year IS NOT NULL
     AND extract(year FROM CAST({{day}} AS date)) - {{person}}.birth_year <= {FULL_AGE})
"""
"""SQL for whether the row `{person}` of `users` may be of a minor on the local date `{day}`."""

IN_FORCE = """
    EXISTS (SELECT FROM guardian_consents gc
            WHERE gc.minor_id = {person}.id AND gc.consented_at IS NOT NULL AND gc.withdrawn_at IS NULL)
"""
"""SQL for whether a guardian's consent for the row `{person}` of `users` is in force."""

MAY_TAKE_PART = f"(NOT {MINOR} OR {IN_FORCE})"
"""SQL for whether the row `{person}` of `users` needs no guardian's consent on the local date `{day}`, or has it."""

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that could be taken for another
_LENGTH = 12  # 60 bits
_LIVES: Any = {"unique": True, "postgresql_where": text("withdrawn_at IS NULL")}


class GuardianNeeded(Conflict):
    """A minor wants what a guardian has to consent to first."""

    code = "GUARDIAN_NEEDED"


class NotOfAge(Conflict):
    """Who consents for a minor has said a year of birth, and is certainly of age."""

    code = "NOT_OF_AGE"


class GuardianConsent(Row, table=True):
    """A minor's question and the guardian's answer: asked, then consented, then perhaps withdrawn. Never deleted.

    A minor has one that is not withdrawn at most. `code` is for the guardian, once, until `code_expires_at`.
    """

    __tablename__ = "guardian_consents"
    __table_args__ = (
        Index("uq_guardian_consents_minor_id_lives", "minor_id", **_LIVES),
        Index("uq_guardian_consents_code", "code", unique=True),
        Index("ix_guardian_consents_guardian_id", "guardian_id"),
    )

    minor_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str = Field(sa_type=Text)
    code_expires_at: datetime
    asked_at: datetime = Field(default_factory=utc_now)
    guardian_id: UUID | None = None
    consented_at: datetime | None = None
    text_version: str | None = Field(default=None, sa_type=Text)
    withdrawn_at: datetime | None = None
    withdrawn_by: UUID | None = None


class Asked(NamedTuple):
    """A question that waits for its answer."""

    id: UUID
    code: str
    code_expires_at: datetime


_ASK = text(f"""
    INSERT INTO guardian_consents AS held (minor_id, id, code, code_expires_at, asked_at)
    SELECT u.id, CAST(:id AS uuid), :code, CAST(:expires_at AS timestamptz), CAST(:now AS timestamptz)
    FROM users u WHERE u.id = :minor AND {MINOR.format(person="u", day=":today")}
    ON CONFLICT (minor_id) WHERE withdrawn_at IS NULL DO UPDATE SET
        code = CASE WHEN held.code_expires_at > :now THEN held.code ELSE excluded.code END,
        code_expires_at = CASE WHEN held.code_expires_at > :now THEN held.code_expires_at
                               ELSE excluded.code_expires_at END
    WHERE held.consented_at IS NULL
    RETURNING id, code, code_expires_at
""")  # noqa: S608

_CONSENT = text(f"""
    UPDATE guardian_consents c SET guardian_id = g.id, consented_at = CAST(:now AS timestamptz), text_version = :version
    FROM users g
    WHERE c.code = :code AND c.code_expires_at > CAST(:now AS timestamptz) AND c.consented_at IS NULL
      AND c.withdrawn_at IS NULL AND g.id = :guardian AND g.id <> c.minor_id AND g.birth_year IS NOT NULL
      AND NOT {MINOR.format(person="g", day=":today")}
    RETURNING c.id
""")  # noqa: S608

_WHY_NOT = text(f"""
    SELECT g.birth_year IS NOT NULL AND NOT {MINOR.format(person="g", day=":today")} AS of_age, c.id
    FROM users g LEFT JOIN guardian_consents c
         ON c.code = :code AND c.guardian_id = g.id AND c.withdrawn_at IS NULL
    WHERE g.id = :guardian
""")  # noqa: S608

_WITHDRAW = text("""
    UPDATE guardian_consents SET withdrawn_at = coalesce(withdrawn_at, CAST(:now AS timestamptz)),
                                 withdrawn_by = coalesce(withdrawn_by, CAST(:user AS uuid))
    WHERE id = :id AND (minor_id = :user OR guardian_id = :user)
    RETURNING id
""")


async def ask(session: AsyncSession, minor_id: UUID, *, now: datetime) -> Asked:
    """The code that the minor gives their guardian: the one that still waits, or a new one for seven days.

    Raises Conflict for people of age, and for minors whose guardian has consented.
    """
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    binds = {"minor": minor_id, "id": uuid7(now), "code": code, "expires_at": now + timedelta(days=CODE_DAYS)}
    row = (await run(session, _ASK, {**binds, "now": now, "today": local_date_of(now)})).first()
    if row is None:
        raise Conflict("You need no code: you are of age by your profile, or your guardian has consented already.")
    return Asked(*row)


async def consent(session: AsyncSession, guardian_id: UUID, code: str, version: str, *, now: datetime) -> UUID:
    """The id of the consent, which is in force from now on; with the same code again by the same person, the same.

    `version` is that of the text they read. Raises BadInput for an outdated one, NotFound for a code that is unknown,
    used or expired, NotOfAge.
    """
    if version != TEXT_VERSION:
        message = f"Read the present text, version {TEXT_VERSION}, and send its version."
        raise BadInput(message, path=("input", "textVersion"))
    binds = {"guardian": guardian_id, "code": code.strip().upper(), "today": local_date_of(now)}
    row = (await run(session, _CONSENT, {**binds, "version": version, "now": now})).first()
    if row is not None:
        return UUID(str(row.id))
    held = (await run(session, _WHY_NOT, binds)).first()
    if held is not None and held.id is not None:
        return UUID(str(held.id))
    if held is not None and not held.of_age:
        raise NotOfAge("Only who is of age, and has said their year of birth, can consent for a minor.")
    raise NotFound("There is no such code, or it was used or has expired; ask for a new one.", path=("input", "code"))


async def withdraw(session: AsyncSession, user_id: UUID, consent_id: UUID, *, now: datetime) -> None:
    """The consent is no longer in force; its minor or its guardian may do so, again without effect. Raises NotFound."""
    if (await run(session, _WITHDRAW, {"id": consent_id, "user": user_id, "now": now})).first() is None:
        raise NotFound("There is no such consent of yours.", path=("input", "consentId"))
