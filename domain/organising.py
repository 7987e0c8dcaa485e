"""What organisers decide about challenges: drafts and edits. Each is done once for its key, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from sqlalchemy.dialects import postgresql
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import driver_of, inserted, table_of, uuid7
from domain.challenges import Challenge, ChallengeState, Metric, Mode, Ranking
from domain.design_rules import refusal, refuse, texts_wrong
from domain.designs import TEXTS, Design, Eligible, PrizeDesign, columns_of, prizes_of
from domain.drafts import Source
from domain.errors import Conflict, NotFound
from domain.exchange import asked
from domain.partners import partner_named
from domain.prizes import Prize, PrizeKind
from domain.sports import Sport
from domain.teams import TeamKind

AT = ("input", "challengeId")


class RulesFrozen(Conflict):
    """The rules of a challenge that is published; its texts may still change."""

    code = "RULES_FROZEN"


class Step(StrEnum):
    """What can be done to a challenge."""

    DRAFTED = "drafted"
    EDITED = "edited"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Organiser:
    """Who acts: `name` is `partner:` and the sponsor's, or an administrator's; `sponsor` is None for those."""

    name: str
    sponsor: str | None


_CLAIM = """
    INSERT INTO challenge_steps (done_by, idempotency_key, challenge_id, step, content_hash, done_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true
"""

_CLAIMED = "SELECT challenge_id, content_hash FROM challenge_steps WHERE done_by = $1 AND idempotency_key = $2"

# Locked, so that what is written next is what was read, with the changes.
_DESIGN = """
    SELECT title_th, title_en, description_th, description_en, metric, mode, team_kind, ranking, eligibility, daily_cap,
           target, day_metric, day_least, starts_on, ends_on, grace_days, prize_budget, state
    FROM challenges WHERE id = $1 AND ($2::text IS NULL OR sponsor_name = $2) FOR UPDATE
"""

_PRIZES = """
    SELECT kind, from_rank, to_rank, amount, title_th, title_en FROM prizes WHERE challenge_id = $1 ORDER BY number
"""

_DROP_PRIZES = "DELETE FROM prizes WHERE challenge_id = $1"


async def drafted(
    session: AsyncSession, design: Design, sponsor: str, by: Organiser, *, key: str, content: object, now: datetime
) -> UUID:
    """The challenge drafted; the same call again gives the same one.

    `content` is what the call said, to tell it from another under its key. Raises BadInput, NotFound for no partner,
    Conflict for a key used otherwise.
    """
    connection, made = await driver_of(session), uuid7(now)
    before = await claimed(connection, by, key, Step.DRAFTED, made, [sponsor, content], now)
    if before is not None:
        return before
    await partner_named(session, sponsor)
    refuse(design, local_date_of(now))
    row = {**columns_of(design), "id": made, "sponsor_name": sponsor, "state": ChallengeState.DRAFT.value,
           "participants": 0, "synthetic": False, "created_at": now}  # fmt: skip
    await inserted(session, Challenge, [row])
    await _put(session, made, design)
    return made


async def edited(
    session: AsyncSession, challenge_id: UUID, changes: Mapping[str, Any], by: Organiser, *, key: str, now: datetime
) -> None:
    """The challenge with these fields of its design changed: of a draft any, later the texts alone.

    Raises BadInput, NotFound, RulesFrozen, Conflict for a key used otherwise.
    """
    connection = await driver_of(session)
    if await claimed(connection, by, key, Step.EDITED, challenge_id, [challenge_id, dict(changes)], now) is not None:
        return
    held, state = await _design(connection, challenge_id, by)
    wished = replace(held, **changes)
    frozen = [name for name in changes if name not in TEXTS and _kept(held, name) != _kept(wished, name)]
    if state == ChallengeState.DRAFT.value:
        refuse(wished, local_date_of(now))
    elif frozen:
        raise RulesFrozen(
            f"This challenge is {state}: people rely on its rules. Its title and description may still change.",
            path=("input", "challenge", _camel(frozen[0])),
        )
    elif wrong := next(texts_wrong(wished), None):
        raise refusal(wrong)
    columns = columns_of(wished)
    if state != ChallengeState.DRAFT.value:
        columns = {name: columns[name] for name in TEXTS}
    await asked(connection, (_update(tuple(columns)), [challenge_id, orjson.dumps(columns).decode()]))
    if state == ChallengeState.DRAFT.value and "prizes" in changes:
        await asked(connection, (_DROP_PRIZES, [challenge_id]))
        await _put(session, challenge_id, wished)


async def claimed(
    connection: AsyncConnection[Any], by: Organiser, key: str, step: Step, challenge_id: UUID, content: object,
    now: datetime,
) -> UUID | None:  # fmt: skip
    """The challenge of the same call before, None for a call that is new and is kept. Raises Conflict.

    Of several at once the first goes on and the others wait here for what comes of it.
    """
    said = hashlib.sha256(orjson.dumps([step.value, content], option=orjson.OPT_SORT_KEYS)).digest()
    (new,) = await asked(connection, (_CLAIM, [by.name, key, challenge_id, step.value, said, now]))
    if new:
        return None
    ((before, content_hash),) = (await asked(connection, (_CLAIMED, [by.name, key])))[0]
    if content_hash != said:
        raise Conflict("This idempotencyKey did something else; use a new one.", path=("input", "idempotencyKey"))
    same: UUID = before
    return same


def found(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The first row of an organiser's own challenge. Raises NotFound for none."""
    if not rows:
        raise NotFound("You hold no such challenge; look for one in `challenges`.", path=AT)
    return rows[0]


async def _design(connection: AsyncConnection[Any], challenge_id: UUID, by: Organiser) -> tuple[Design, str]:
    """The design as it is kept, and the state."""
    held, prizes = await asked(connection, (_DESIGN, [challenge_id, by.sponsor]), (_PRIZES, [challenge_id]))
    (*texts, metric, mode, team_kind, ranking, eligibility, daily_cap, target, day_metric, day_least, starts_on,
     ends_on, grace_days, pool, state) = found(held)  # fmt: skip
    title_th, title_en, description_th, description_en = texts
    return Design(
        title_th=title_th,
        title_en=title_en,
        description_th=description_th,
        description_en=description_en,
        metric=Metric(metric),
        mode=Mode(mode),
        team_kind=team_kind and TeamKind(team_kind),
        ranking=Ranking(ranking),
        eligibility=_eligible(eligibility),
        daily_cap=daily_cap,
        target=target,
        day_metric=day_metric and Metric(day_metric),
        day_least=day_least,
        starts_on=starts_on,
        ends_on=ends_on,
        grace_days=grace_days,
        prizes=tuple(
            PrizeDesign(kind=PrizeKind(kind), from_rank=first, to_rank=last, amount=amount, title_th=th, title_en=en)
            for kind, first, last, amount, th, en in prizes
        ),
        prize_budget=pool,
    ), state


def _eligible(stored: Mapping[str, Any]) -> Eligible:
    return Eligible(
        sports=tuple(map(Sport, stored.get("sports", ()))),
        places=tuple(stored.get("places", ())),
        sources=tuple(map(Source, stored.get("sources", ()))),
        team_kinds=tuple(map(TeamKind, stored.get("team_kinds", ()))),
        min_age=stored.get("min_age"),
        max_age=stored.get("max_age"),
    )


def _kept(design: Design, name: str) -> Any:
    """What is compared to tell whether a rule changes: nothing said is what limits nothing."""
    value = getattr(design, name)
    return (value.stored() if isinstance(value, Eligible) else value) or None


async def _put(session: AsyncSession, challenge_id: UUID, design: Design) -> None:
    await inserted(session, Prize, [{"challenge_id": challenge_id, **each} for each in prizes_of(design)])


@cache
def _update(names: tuple[str, ...]) -> str:
    """The statement that sets these columns of a challenge; rules only while it is a draft."""
    table, dialect = table_of(Challenge), postgresql.dialect()  # type: ignore[no-untyped-call]
    kinds = ", ".join(f"{name} {table.c[name].type.compile(dialect)}" for name in names)
    columns = ", ".join(names)
    draft = "" if set(names) <= set(TEXTS) else " AND state = 'draft'"
    return (
        f"UPDATE challenges SET ({columns}) = (SELECT {columns} FROM json_to_record($2::json) AS u({kinds})) "  # noqa: S608
        f"WHERE id = $1{draft}"
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
