"""Folds what waits in the queues into the counters that many people share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import collective, streaks, unmapped
from domain.bangkok import local_date_of
from domain.base import run, utc_now
from domain.counters import each
from domain.ranks import CLEAR, FOLD
from domain.team_figures import figured
from domain.team_standings import FOLD as FOLD_TEAMS
from domain.weeks import decided, this_week
from domain.withholding import judge

AT_ONCE = 50_000
"""Rows that one statement takes from a queue."""

_LOCK = 20_260_000_002
_TRY = text("SELECT pg_try_advisory_xact_lock(:key)")
_WAIT = text("SELECT pg_advisory_xact_lock(:key)")

# What a statement deletes is what it adds, by its own snapshot: a row that is not yet visible stays, whatever its id,
# and a pass that ends in the middle has neither deleted nor added. Rows are locked in the order of their keys.
_PLACES = text(f"""
    WITH taken AS (
        DELETE FROM place_changes WHERE id = ANY(ARRAY(SELECT id FROM place_changes ORDER BY id LIMIT :most))
        RETURNING home_place_code, period, starts_on, participants, regular_exercisers, {each("{0}")}
    ), homes AS (
        SELECT home_place_code, period, starts_on, sum(participants) AS participants,
               sum(regular_exercisers) AS regular_exercisers, {each("sum({0}) AS {0}")}
        FROM taken GROUP BY home_place_code, period, starts_on
    ), folded AS (
        INSERT INTO place_periods AS held (place_code, period, starts_on, participants, regular_exercisers,
                                             {each("{0}")})
        SELECT a.ancestor_code, h.period, h.starts_on, sum(h.participants), sum(h.regular_exercisers),
               {each("sum(h.{0})")}
        FROM homes h JOIN place_ancestors a ON a.place_code = h.home_place_code
        GROUP BY a.ancestor_code, h.period, h.starts_on
        HAVING sum(h.participants) <> 0 OR sum(h.regular_exercisers) <> 0 OR {each("sum(h.{0}) <> 0", " OR ")}
        ORDER BY a.ancestor_code, h.period, h.starts_on
        ON CONFLICT (place_code, period, starts_on) DO UPDATE
        SET participants = held.participants + excluded.participants,
            regular_exercisers = held.regular_exercisers + excluded.regular_exercisers,
            {each("{0} = held.{0} + excluded.{0}")}
    )
    SELECT (SELECT count(*) FROM taken), array_agg(home_place_code), array_agg(period), array_agg(starts_on)
    FROM homes WHERE participants <> 0 OR NOT ({each("{0} <> 0", " OR ")})
""")  # noqa: S608

_WAITING = text("""
    SELECT p.rows, t.rows, s.rows, w.rows, d.rows, g.rows, c.rows, u.rows,
           coalesce(extract(epoch FROM clock_timestamp() - least(p.since, t.since, s.since, w.since, d.since,
                                                                 g.since, c.since, u.since)), 0)
    FROM (SELECT count(*) AS rows, min(queued_at) AS since FROM place_changes) p,
         (SELECT count(*) AS rows, min(queued_at) AS since FROM team_standing_changes) t,
         (SELECT count(*) AS rows, min(queued_at) AS since FROM standing_changes) s,
         (SELECT count(*) AS rows, min(queued_at) AS since FROM week_changes) w,
         (SELECT count(*) AS rows, min(queued_at) AS since FROM day_changes) d,
         (SELECT count(*) AS rows, min(queued_at) AS since FROM collective_changes) g,
         (SELECT count(*) AS rows, min(queued_at) AS since FROM reference_changes) c,
         (SELECT count(*) AS rows, min(queued_at) AS since FROM unmapped_changes) u
""")


@dataclass(frozen=True)
class Folded:
    """How many rows a pass took from each queue."""

    places: int = 0
    teams: int = 0
    standings: int = 0
    weeks: int = 0
    days: int = 0
    collective: int = 0
    words: int = 0

    @property
    def rows(self) -> int:
        """How many together."""
        return self.places + self.teams + self.standings + self.weeks + self.days + self.collective + self.words


@dataclass(frozen=True)
class Waiting:
    """How many rows wait in each queue, and how long the oldest has: since the transaction began that wrote it.

    `claims` are those of `domain.settling`, whose pass goes before.
    """

    places: int = 0
    teams: int = 0
    standings: int = 0
    weeks: int = 0
    days: int = 0
    collective: int = 0
    claims: int = 0
    words: int = 0
    age_seconds: float = 0.0

    @property
    def rows(self) -> int:
        """How many together."""
        shared = self.places + self.teams + self.standings + self.weeks
        return shared + self.days + self.collective + self.claims + self.words


async def fold(
    session: AsyncSession,
    *,
    wait: bool = False,
    at_once: int = AT_ONCE,
    week: date | None = None,
    today: date | None = None,
) -> Folded | None:
    """What one pass moved from the queues to the counters, in the caller's transaction; each row exactly once.

    One pass runs at a time: None if another is under way, or with `wait` a pass after it, so that whatever was
    committed before the call is folded when it ends. Eight statements, six more for every `at_once` rows of a queue,
    one where people came or went, since what is withheld is judged with the counters (a row of nothing asks for it,
    too), one where teams moved, whose figures are found anew, one where nobody has a score any more, and three where
    weeks wait. `week` and `today` are the present ones in Bangkok.
    """
    if not (await run(session, _WAIT if wait else _TRY, {"key": _LOCK})).scalar() and not wait:
        return None
    moved = partial(figured, today=today or local_date_of(utc_now()))
    weeks = await decided(session, at_once, week or this_week())  # first, since it queues what that is to places
    return Folded(
        places=await _emptied(session, _PLACES, at_once, _judged),
        teams=await _emptied(session, FOLD_TEAMS, at_once, moved),
        standings=await _emptied(session, FOLD, at_once, _cleared),
        weeks=weeks,
        days=await _emptied(session, streaks.FOLD, at_once),
        collective=await _emptied(session, collective.FOLD, at_once),
        words=await _emptied(session, unmapped.FOLD, at_once),
    )


async def alone(session: AsyncSession) -> None:
    """Waits until no pass is under way; none will be until the caller's transaction ends."""
    await run(session, _WAIT, {"key": _LOCK})


Columns = Sequence[list[Any]]


async def _judged(session: AsyncSession, cells: Columns) -> None:
    await judge(session, list(zip(*cells, strict=True)))


async def _cleared(session: AsyncSession, places: Columns) -> None:
    await run(session, CLEAR, {"places": places[0]})


async def _emptied(
    session: AsyncSession,
    sql: TextClause,
    at_once: int,
    then: Callable[[AsyncSession, Columns], Awaitable[None]] | None = None,
) -> int:
    """How many rows were taken; the arrays that the statement gives beside their number are for `then`."""
    taken = 0
    while True:
        rows, *columns = (await run(session, sql, {"most": at_once})).one()
        if then and any(columns):
            await then(session, columns)
        taken += int(rows)
        if rows < at_once:
            return taken


async def waiting(session: AsyncSession) -> Waiting:
    """What is not folded yet, by one statement that reads the queues alone."""
    places, teams, standings, weeks, days, together, claims, words, age = (await run(session, _WAITING)).one()
    return Waiting(places, teams, standings, weeks, days, together, claims, words, float(age))
