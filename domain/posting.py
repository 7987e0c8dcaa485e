"""Books entries that are not for exercise: people locked, entries written after their latest, balances raised."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.bangkok import local_date_of
from domain.credits import LATEST, Account, Balance, CreditEntry, CreditKind, accounts
from domain.errors import BadInput
from domain.exchange import asked
from domain.holding import locked
from domain.writing import Mode, Sheet, written

_LONGEST = 200

_VERSION = """
    SELECT version FROM rulebooks WHERE state = 'approved' AND in_force_from <= $1
    ORDER BY in_force_from DESC, version DESC LIMIT 1
"""

_COLUMNS = ("user_id", "id", "kind", "issuer", "amount", "balance_after", "rulebook_version", "local_date", "cause",
            "cause_th", "cause_en", "idempotency_key", "reverses", "created_at")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What an entry is for, as the person reads it."""

    th: str
    en: str


def words(th: str, en: str, path: tuple[str | int, ...]) -> Words:
    """Both texts without spaces around them. Raises BadInput unless each has 1 to 200 characters."""
    given = Words(th.strip(), en.strip())
    for name, said in (("th", given.th), ("en", given.en)):
        if not 1 <= len(said) <= _LONGEST:
            raise BadInput(f"Say what it is for in 1 to {_LONGEST} characters.", path=(*path, name))
    return given


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry to book; `key` is unique among the person's entries."""

    user_id: UUID
    kind: CreditKind
    issuer: str
    amount: int
    cause: str
    words: Words
    key: str
    local_date: date | None = None
    reverses: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledgers of people who are locked: where each ends, and the rulebook in force today."""

    accounts: dict[int, Account]
    rulebook_version: int
    now: datetime


async def opened(connection: AsyncConnection[Any], people: Collection[UUID], now: datetime) -> Ledger:
    """The people's ledgers, theirs alone until the transaction ends. Locks come before any budget, for everybody."""
    await locked(connection, people)
    latest, versions = await asked(connection, (LATEST, [list(people)]), (_VERSION, [local_date_of(now)]))
    if not versions:
        raise LookupError("no approved rulebook: load the reference data")
    return Ledger(accounts(people, latest), versions[0][0], now)


async def posted(connection: AsyncConnection[Any], ledger: Ledger, postings: Sequence[Posting]) -> list[UUID]:
    """The ids of the entries booked, in order; balances follow. A fixed number of statements."""
    rows: list[tuple[Any, ...]] = []
    sums: dict[int, list[Any]] = {}
    for each in postings:
        entry_id, after = ledger.accounts[each.user_id.int].follow(each.amount, ledger.now)
        rows.append(
            (each.user_id, entry_id, each.kind.value, each.issuer, each.amount, after, ledger.rulebook_version,
             each.local_date, each.cause, each.words.th, each.words.en, each.key, each.reverses, ledger.now)
        )  # fmt: skip
        held = sums.setdefault(each.user_id.int, [each.user_id, 0, 0])
        held[1] += each.amount
        held[2] += 1
    await written(
        connection,
        [
            Sheet(CreditEntry, Mode.INSERT, _COLUMNS, rows),
            Sheet(Balance, Mode.ADD, ("user_id", "balance", "entries"), list(sums.values())),
        ],
    )
    return [row[1] for row in rows]
