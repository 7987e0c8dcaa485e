"""Credits that partners give for volunteering, good deeds and prizes, within their budgets."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Text, Uuid
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import Row, driver_of, utc_now
from domain.budgets import ISSUED, spent
from domain.connections import granting
from domain.credits import CreditKind
from domain.errors import BadInput, Conflict
from domain.exchange import asked
from domain.posting import Posting, Words, opened, posted
from domain.scopes import Scope

LARGEST = 1_000_000
"""Credits of one award or redemption."""


class AwardCall(Row, table=True):
    """One call of a partner, by its key: what it said, hashed, and what came of each award, None for unknown people."""

    __tablename__ = "award_calls"

    partner_name: str = Field(primary_key=True, sa_type=Text)
    idempotency_key: str = Field(primary_key=True, sa_type=Text)
    content_hash: bytes
    entries: list[UUID | None] = Field(sa_type=ARRAY(Uuid))
    created_at: datetime = Field(default_factory=utc_now)


@dataclass(frozen=True, slots=True)
class Award:
    """One award. The person is named by our key or by the partner's reference; the other is None."""

    user_id: UUID | None
    person_ref: str | None
    amount: int
    kind: CreditKind
    words: Words
    local_date: date | None


_CLAIM = """
    INSERT INTO award_calls (partner_name, idempotency_key, content_hash, entries, created_at)
    VALUES ($1, $2, $3, '{}', $4) ON CONFLICT DO NOTHING RETURNING true
"""

_ANSWERED = "SELECT content_hash, entries FROM award_calls WHERE partner_name = $1 AND idempotency_key = $2"

_ANSWER = "UPDATE award_calls SET entries = $3::uuid[] WHERE partner_name = $1 AND idempotency_key = $2"


async def award(
    session: AsyncSession, partner_name: str, awards: Sequence[Award], *, key: str, now: datetime
) -> list[UUID | None]:
    """The entry of each award, in order; None for people who have not granted the partner `credit:award`.

    All that can be awarded is, or nothing: a call that goes beyond a budget raises and leaves its key unused, so that
    it can be sent again as it is. The same key and content again gives what came of it the first time. The number of
    statements does not depend on the number of awards. Raises BadInput, BudgetExceeded, Conflict.
    """
    today = local_date_of(now)
    for number, each in enumerate(awards):
        _refuse(each, today, ("input", "awards", number))
    connection = await driver_of(session)
    content = hashlib.sha256(orjson.dumps(list(awards))).digest()
    # Of several at once the first goes on and the others wait here for what comes of it.
    (claimed,) = await asked(connection, (_CLAIM, [partner_name, key, content, now]))
    if not claimed:
        ((before, entries),) = (await asked(connection, (_ANSWERED, [partner_name, key])))[0]
        if before != content:
            raise Conflict(
                "This idempotencyKey awarded something else; use a new one.", path=("input", "idempotencyKey")
            )
        return list(entries)
    by_ref, by_id = await granting(
        connection,
        partner_name,
        Scope.CREDIT_AWARD,
        [each.person_ref for each in awards if each.person_ref is not None],
        [each.user_id for each in awards if each.user_id is not None],
    )
    people = [by_id.get(each.user_id) if each.user_id else by_ref.get(each.person_ref or "") for each in awards]
    made: list[UUID | None] = [None] * len(awards)
    known = [(number, user, awards[number]) for number, user in enumerate(people) if user is not None]
    if known:
        amounts: dict[CreditKind, list[int]] = defaultdict(list)
        postings = []
        for number, user, each in known:
            amounts[each.kind].append(each.amount)
            name = f"award:{partner_name}:{key}:{number}"
            postings.append(
                Posting(user, each.kind, partner_name, each.amount, "award", each.words, name, each.local_date)
            )
        ledger = await opened(connection, {user for _, user, _ in known}, now)
        await spent(connection, partner_name, today, amounts)
        for (number, *_), entry in zip(known, await posted(connection, ledger, postings), strict=True):
            made[number] = entry
    await asked(connection, (_ANSWER, [partner_name, key, made]))
    return made


def _refuse(given: Award, today: date, path: tuple[Any, ...]) -> None:
    if (given.user_id is None) == (given.person_ref is None):
        raise BadInput("Name the person by userId or by personRef, by one of them.", path=(*path, "personRef"))
    if given.kind not in ISSUED:
        kinds = ", ".join(each.name for each in ISSUED)
        raise BadInput(f"Partners issue {kinds}; choose one of these kinds.", path=(*path, "kind"))
    if not 1 <= given.amount <= LARGEST:
        raise BadInput(f"An award is 1 to {LARGEST} credits.", path=(*path, "amount"))
    if given.local_date is not None and given.local_date > today:
        raise BadInput("Send the day on which it happened; that one is still to come.", path=(*path, "localDate"))
