"""People's local days as the database holds them: what is counted, booked and scored before they are booked anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.challenges import COUNTS
from domain.counters import FIGURES
from domain.counting import Counters, Periods, periods_of_days
from domain.credits import LATEST, Account, accounts
from domain.day_values import Rules, rules_of
from domain.exchange import asked
from domain.homes import MOVED, Homes, home_on
from domain.scoring import Workout

Day = tuple[UUID, date]

_DAYS = "unnest($1::uuid[], $2::date[]) WITH ORDINALITY AS d(user_id, local_date, n)"

_HOMES = f"SELECT d.n, u.home_place_code FROM {_DAYS} JOIN users u ON u.id = d.user_id"  # noqa: S608

_PERIODS = f"""
    SELECT p.user_id, p.period, p.starts_on, p.home_place_code, {", ".join(f"p.{name}" for name in FIGURES)}
    FROM unnest($1::uuid[], $2::text[], $3::date[]) AS a(user_id, period, starts_on)
    JOIN user_periods p USING (user_id, period, starts_on)
"""  # noqa: S608

# What a day counts, what is booked of it, and its accepted activities: a row for each of these, and one for a day
# without any. Entries are found by their keys, `day:2026-01-31:0` and so on, and activities by when they start, so that
# the indexes by which people list theirs do for both. OFFSET 0 keeps the order of the join.
_STORED = f"""
    SELECT d.n, ud.home_place_code, b.amount, b.entries, b.last_positive, {", ".join(f"ud.{name}" for name in FIGURES)},
           a.credits, a.id, a.sport, a.started_at, a.ended_at, a.elapsed_seconds, a.moving_seconds, a.distance_meters,
           a.energy_kcal, a.steps, a.manual, a.source
    FROM {_DAYS} {{join}} user_days ud USING (user_id, local_date)
    CROSS JOIN LATERAL (
        SELECT CAST(coalesce(sum(e.amount), 0) AS bigint) AS amount, count(*) AS entries,
               (array_agg(e.id ORDER BY e.id DESC) FILTER (WHERE e.amount > 0))[1] AS last_positive
        FROM credit_entries e
        WHERE e.user_id = d.user_id AND e.cause = 'activities'
          AND e.idempotency_key BETWEEN 'day:' || to_char(d.local_date, 'YYYY-MM-DD') || ':'
              AND 'day:' || to_char(d.local_date, 'YYYY-MM-DD') || ';'
    ) b
    LEFT JOIN LATERAL (
        SELECT * FROM activities a
        WHERE a.user_id = d.user_id AND a.local_date = d.local_date
          AND a.started_at >= CAST(d.local_date AS timestamp) AT TIME ZONE 'Asia/Bangkok'
          AND a.started_at < CAST(d.local_date + 1 AS timestamp) AT TIME ZONE 'Asia/Bangkok'
          AND a.deleted_at IS NULL AND a.verdict = 'accepted'
        OFFSET 0
    ) a ON true
"""  # noqa: S608
_STORED_OF_COUNTED, _STORED_OF_ALL = _STORED.format(join="JOIN"), _STORED.format(join="LEFT JOIN")

# The best day total of steps: by how it was measured, then by the person's own order of sources.
_STEPS = f"""
    SELECT DISTINCT ON (d.n) d.n, t.steps
    FROM {_DAYS} JOIN day_totals t ON t.user_id = d.user_id AND t.local_date = d.local_date AND t.steps IS NOT NULL
         AND t.verdict = 'accepted'
    JOIN users u ON u.id = d.user_id
    ORDER BY d.n, array_position(ARRAY['device', 'phone', 'event', 'agency', 'manual'], t.source),
             coalesce(array_position(u.source_order, t.partner_name), 1000), t.partner_name
"""  # noqa: S608

_OPEN = f"""
    SELECT id, mode, team_kind, metric, eligibility, daily_cap, day_metric, day_least FROM challenges
    WHERE {COUNTS} AND starts_on <= $2 AND ends_on >= $1
"""  # noqa: S608

# One row per day and open challenge of its person: what the day counts now, and for which team.
_TAKING_PART = f"""
    SELECT d.n, c.id, cd.value, cd.team_id
    FROM {_DAYS} JOIN enrolments e ON e.user_id = d.user_id
    JOIN challenges c ON c.id = e.challenge_id AND d.local_date BETWEEN c.starts_on AND c.ends_on
         AND {COUNTS}
    LEFT JOIN challenge_days cd ON cd.user_id = d.user_id AND cd.challenge_id = c.id AND cd.local_date = d.local_date
"""  # noqa: S608

# Without `+ 0` the day is part of the index condition, for which PostgreSQL 18 skips through the index team by team:
# 400 times as dear.
_MEMBERS = f"""
    {_DAYS} JOIN memberships ms ON ms.user_id = d.user_id AND ms.joined_on + 0 <= d.local_date
         AND (ms.left_on IS NULL OR ms.left_on > d.local_date)
"""

_BELONGING = f"SELECT d.n, ms.kind, ms.team_id FROM {_MEMBERS}"  # noqa: S608

_ANCESTORS = "SELECT place_code, ancestor_code FROM place_ancestors WHERE place_code = ANY($1::text[])"


@dataclass(frozen=True, slots=True)
class Race:
    """A challenge that still moves."""

    id: UUID
    mode: str
    team_kind: str | None
    rules: Rules


@dataclass(slots=True)
class Part:
    """A day in a challenge: what it counts there, None if nothing yet, for which team, and for which it should."""

    race: Race
    value: int | None
    team_id: UUID | None
    team_now: UUID | None


@dataclass(slots=True, eq=False)
class LocalDay:
    """One local day of one person, with their home on that day, and their `homes` if they ever moved.

    `shares` are the credits that its accepted workouts show.

    `counted` is its row of counters. `arriving` are columns of activities formed anew that stand on it, `replaced` the
    stored ones that these are or were part of.
    """

    user_id: UUID
    local_date: date
    home_place_code: str | None = None
    homes: Homes = ()
    counted: Counters | None = None
    booked: int = 0
    entries: int = 0
    last_positive: UUID | None = None
    steps: int | None = None
    workouts: list[Workout] = field(default_factory=list)
    shares: dict[UUID, int] = field(default_factory=dict)
    teams: list[tuple[str, UUID]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    places: frozenset[str] = frozenset()
    arriving: list[dict[str, Any]] = field(default_factory=list)
    replaced: set[UUID] = field(default_factory=set)


async def read(
    connection: AsyncConnection[Any], days: Sequence[LocalDay], *, known: bool = False
) -> tuple[dict[int, Account], Periods]:
    """Enters in these days what is held of them, by one exchange; gives people's accounts and longer periods.

    `known`: it is entered where the people live at present, and days that are not counted have no accepted workouts and
    no bookings. So it is wherever workouts are booked in the transaction that writes them. Else all is looked up.
    """
    found = days
    if not found:
        return {}, {}
    people = list({each.user_id.int: each.user_id for each in found}.values())
    users, dates = [each.user_id for each in found], [each.local_date for each in found]
    binds = [users, dates]
    longer = periods_of_days(zip(users, dates, strict=True))
    questions: list[tuple[str, Sequence[object]]] = [
        (_PERIODS, [list(column) for column in zip(*longer, strict=True)]),
        (_STORED_OF_COUNTED if known else _STORED_OF_ALL, binds),
        (_STEPS, binds),
        (_TAKING_PART, binds),
        (_BELONGING, binds),
        (_OPEN, [min(dates), max(dates)]),
        (LATEST, [people]),
        (MOVED, [people]),
    ]
    if not known:
        questions.append((_HOMES, binds))
    periods, stored, steps, *racing = await asked(connection, *questions)
    for n, home in () if known else racing.pop():
        found[n - 1].home_place_code = home
    _settle(found, racing.pop())
    held = accounts(people, racing.pop())
    for row in stored:
        _store(found[row[0] - 1], *row[1:])
    for n, best in steps:
        found[n - 1].steps = best
    await _enter(connection, found, *racing)
    return held, {
        (user.int, period, starts_on): (home, tuple(figures)) for user, period, starts_on, home, *figures in periods
    }


Rows = Sequence[tuple[Any, ...]]


def _settle(days: Sequence[LocalDay], moved: Rows) -> None:
    """Enter the homes of people who moved, and the one of each day."""
    homes: dict[int, list[tuple[date, str | None]]] = defaultdict(list)
    for user_id, since, code in moved:
        homes[user_id.int].append((since, code))
    for day in days if homes else ():
        day.homes = homes.get(day.user_id.int, ())
        day.home_place_code = home_on(day.homes, day.local_date, day.home_place_code)


def _store(
    day: LocalDay, counted_at: str | None, booked: int, entries: int, last_positive: UUID | None, *row: Any
) -> None:
    """Enter a row of `_STORED` in its day."""
    figures, (credits_now, *workout) = row[: len(FIGURES)], row[len(FIGURES) :]
    if figures[0] is not None:
        day.counted = (counted_at, figures)
    day.booked, day.entries, day.last_positive = booked, entries, last_positive
    if credits_now is not None:
        made = Workout(**dict(zip(Workout.__slots__, workout, strict=True)))
        day.workouts.append(made)
        day.shares[made.id] = credits_now


async def _enter(
    connection: AsyncConnection[Any], days: Sequence[LocalDay], parts: Rows, belonging: Rows, races: Rows
) -> None:
    """The challenges that the days count in, and for which node of the kind that competes, joined by that day.

    Of several clubs it is the one with the lowest id. The folding pass finds the nodes above.
    """
    opened = {row[0].int: Race(row[0], row[1], row[2], rules_of(*row[3:])) for row in races}
    for n, kind, team_id in belonging:
        days[n - 1].teams.append((kind, team_id))
    for n, race_id, value, team_id in parts:
        if race := opened.get(race_id.int):  # absent if it closed between the two statements
            own = [joined for kind, joined in days[n - 1].teams if kind == race.team_kind]
            team_now = own[0] if len(own) == 1 else min(own, default=None)
            days[n - 1].parts.append(Part(race, value, team_id, team_now))
    if any(race.rules.places for race in opened.values()):
        await _locate(connection, days)


async def _locate(connection: AsyncConnection[Any], days: Sequence[LocalDay]) -> None:
    """Enter the places, of any level, that contain the people's homes."""
    codes = sorted({day.home_place_code for day in days if day.home_place_code})
    above: dict[str, list[str]] = defaultdict(list)
    for place, ancestor in (await asked(connection, (_ANCESTORS, [codes])))[0]:
        above[place].append(ancestor)
    places = {code: frozenset(found) for code, found in above.items()}
    for day in days:
        day.places = places.get(day.home_place_code or "", frozenset())
