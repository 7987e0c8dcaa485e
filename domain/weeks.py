"""Who exercises regularly: enough minutes in enough of the last weeks, as the rulebook of the week says.

A person's week is their counters of it (`UserPeriod`). A week that began or ceased to be enough is queued by whoever
counts it, and concerns itself and the weeks that look back at it, up to this one. Whoever stopped sends nothing more,
so when a week begins, everybody who was regular in the one before is queued for it: the weekly roll.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of, monday
from domain.base import run, utc_now
from domain.challenge_weeks import MOVE
from domain.exchange import asked
from domain.figures import Figures
from domain.progress import Progress, progress_of
from domain.rulebooks import Rulebooks, approved
from domain.streaks import WEEK_DIFFERENCES, WEEKS

ROLL = "weekly roll"
_ROLLED_AT_ONCE = 5_000  # people a transaction
_WEEK = timedelta(days=7)
_NOBODY = UUID(int=0)

_TAKE = text("""
    DELETE FROM week_changes WHERE id = ANY(ARRAY(SELECT id FROM week_changes ORDER BY id LIMIT :most))
    RETURNING user_id, starts_on
""")

# For each week that may be asked for or looked back at: what is enough, in how many weeks, of how many.
_RULES = """
    rules AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:weeks AS date[]), CAST(:seconds AS bigint[]), CAST(:least AS integer[]),
                             CAST(:of AS integer[])) AS r(week, seconds, least, looked_at)
    )
"""
_DUE = """
    due AS (
        SELECT a.user_id, a.week FROM asked a JOIN rules r ON r.week = a.week
        WHERE r.least <= (
            SELECT count(*) FROM user_periods p JOIN rules q ON q.week = p.starts_on
            WHERE p.user_id = a.user_id AND p.period = 'week' AND p.moving_seconds + p.vigorous_seconds >= q.seconds
              AND p.starts_on BETWEEN a.week - 7 * (r.looked_at - 1) AND a.week
        )
    )
"""

# Only this writes `regular_weeks`, and one pass runs at a time. A person counts in the place where their week counts,
# or where they live on its last day if they did nothing in it.
_DECIDE = text(f"""
    WITH {_RULES}, asked AS (
        SELECT DISTINCT t.user_id, t.week + 7 * k AS week
        FROM unnest(CAST(:users AS uuid[]), CAST(:changed AS date[])) AS t(user_id, week), generate_series(0, :ahead) k
        WHERE k = 0 OR t.week + 7 * k <= CAST(:this_week AS date)
    ), {_DUE}, gone AS (
        DELETE FROM regular_weeks h USING asked a
        WHERE h.user_id = a.user_id AND h.starts_on = a.week
          AND NOT EXISTS (SELECT FROM due d WHERE d.user_id = a.user_id AND d.week = a.week)
        RETURNING h.home_place_code, h.starts_on
    ), come AS (
        INSERT INTO regular_weeks AS held (user_id, starts_on, home_place_code)
        SELECT d.user_id, d.week, CASE WHEN p.user_id IS NOT NULL THEN p.home_place_code
                                       WHEN h.user_id IS NOT NULL THEN h.place_code ELSE u.home_place_code END
        FROM due d LEFT JOIN users u ON u.id = d.user_id
        LEFT JOIN LATERAL (
            SELECT user_id, place_code FROM user_homes
            WHERE user_id = d.user_id AND valid_from <= d.week + 6 ORDER BY valid_from DESC LIMIT 1
        ) h ON true
        LEFT JOIN user_periods p ON p.user_id = d.user_id AND p.period = 'week' AND p.starts_on = d.week
        ON CONFLICT (user_id, starts_on) DO UPDATE SET home_place_code = excluded.home_place_code
        WHERE held.home_place_code IS DISTINCT FROM excluded.home_place_code
        RETURNING new.starts_on, new.home_place_code, old.home_place_code AS home_before
    )
    INSERT INTO place_changes (home_place_code, period, starts_on, regular_exercisers, participants, activities,
                               moving_seconds, distance_meters, energy_kcal, credits)
    SELECT home_place_code, 'week', starts_on, sum(people), 0, 0, 0, 0, 0, 0
    FROM (
        SELECT home_place_code, starts_on, -1 AS people FROM gone
        UNION ALL SELECT home_before, starts_on, -1 FROM come
        UNION ALL SELECT home_place_code, starts_on, 1 FROM come
    ) AS moves WHERE home_place_code IS NOT NULL GROUP BY home_place_code, starts_on HAVING sum(people) <> 0
""")  # noqa: S608

_ROLL = text("""
    WITH people AS (
        SELECT user_id FROM regular_weeks WHERE starts_on = :before AND user_id > :after ORDER BY user_id LIMIT :most
    ), queued AS (INSERT INTO week_changes (user_id, starts_on) SELECT user_id, :before FROM people)
    SELECT count(*), (array_agg(user_id ORDER BY user_id DESC))[1] FROM people
""")

# Everybody with any week that the new one or a later one looks back at: for the first roll, and when the rules change.
_ROLL_EVERYBODY = text("""
    WITH people AS (
        SELECT DISTINCT user_id FROM user_periods
        WHERE period = 'week' AND starts_on > :since AND user_id > :after ORDER BY user_id LIMIT :most
    ), queued AS (
        INSERT INTO week_changes (user_id, starts_on)
        SELECT p.user_id, p.starts_on FROM people JOIN user_periods p USING (user_id)
        WHERE p.period = 'week' AND p.starts_on > :since
    )
    SELECT count(*), (array_agg(user_id ORDER BY user_id DESC))[1] FROM people
""")

# A week decided by other rules concerns those it had as regular, and whoever has a week that it may look back at; a
# week that counts by another threshold concerns those that look back at it, as if it had changed.
_REQUEUE = """
    INSERT INTO week_changes (user_id, starts_on)
    SELECT p.user_id, p.starts_on FROM user_periods p
    WHERE p.user_id = ANY($1::uuid[]) AND p.period = 'week' AND p.starts_on BETWEEN $2::date AND $4::date
    UNION
    SELECT r.user_id, r.starts_on FROM regular_weeks r
    WHERE r.user_id = ANY($1::uuid[]) AND r.starts_on BETWEEN $3::date AND $4::date
"""

# Weeks that were not rolled yet, and people whose changes wait, are left out.
_DIFFERENCES = text(f"""
    WITH {_RULES}, waiting AS MATERIALIZED (SELECT DISTINCT user_id FROM week_changes), asked AS (
        SELECT DISTINCT p.user_id, p.starts_on + 7 * k AS week FROM user_periods p, generate_series(0, :ahead) k
        WHERE p.period = 'week' AND p.user_id BETWEEN :first AND :last
          AND p.starts_on + 7 * k <= CAST(:rolled AS date) AND p.user_id NOT IN (SELECT user_id FROM waiting)
    ), {_DUE}
    SELECT format('user %s, week of %s: regular exerciser is %s, by the weeks it is %s',
                  coalesce(h.user_id, d.user_id), coalesce(h.starts_on, d.week), h.user_id IS NOT NULL,
                  d.user_id IS NOT NULL)
    FROM (SELECT * FROM regular_weeks WHERE user_id BETWEEN :first AND :last AND starts_on <= CAST(:rolled AS date)
          AND user_id NOT IN (SELECT user_id FROM waiting)) h
    FULL JOIN due d ON d.user_id = h.user_id AND d.week = h.starts_on
    WHERE h.user_id IS NULL OR d.user_id IS NULL LIMIT :most
""")  # noqa: S608

_SPAN = text("""
    SELECT min(starts_on), max(starts_on) FROM user_periods WHERE period = 'week' AND user_id BETWEEN :first AND :last
""")


def this_week() -> date:
    """The Monday of the present week in Bangkok."""
    return monday(local_date_of(utc_now()))


async def decided(session: AsyncSession, at_once: int, week: date) -> int:
    """How many queued weeks were taken; who is regular is found anew for them, up to the present `week`, and streaks.

    The caller alone folds.
    """
    taken, rulebooks = 0, None
    while True:
        weeks = (await run(session, _TAKE, {"most": at_once})).all()
        if weeks:
            rulebooks = rulebooks or await approved(session)
            users, changed = [row[0] for row in weeks], [row[1] for row in weeks]
            asked_for = {"users": users, "changed": changed, "this_week": week}
            binds = {**_rules(rulebooks, min(changed), max(changed)), **asked_for}
            await run(session, _DECIDE, binds)
            await run(session, WEEKS, binds)
            await run(session, MOVE, {**asked_for, "ahead": binds["ahead"]})
        taken += len(weeks)
        if len(weeks) < at_once:
            return taken


def _rules(rulebooks: Rulebooks, first: date, last: date) -> dict[str, Any]:
    """The rules of the weeks from `first` to `last`, and as far around them as weeks look back."""
    ahead = max(
        rulebooks.on(first + n * _WEEK).figures.regular_weeks_looked_at for n in range((last - first).days // 7 + 27)
    )
    around = [first + n * _WEEK for n in range(-ahead, (last - first).days // 7 + ahead + 1)]
    figures = [rulebooks.on(week).figures for week in around]
    return {
        "weeks": around,
        "seconds": [each.regular_minutes_least * 60 for each in figures],
        "least": [each.regular_weeks_least for each in figures],
        "of": [each.regular_weeks_looked_at for each in figures],
        "ahead": ahead - 1,
    }


async def requeued(
    connection: AsyncConnection[Any], people: Sequence[UUID], before: Rulebooks, after: Rulebooks, days: Iterable[date]
) -> None:
    """Queues the weeks of these people whose rules are others `after`, of those that began on one of the days."""
    moved = [
        day for day in days if day == monday(day) and _asks(before.on(day).figures) != _asks(after.on(day).figures)
    ]
    if moved:
        back = max(after.on(week).figures.regular_weeks_looked_at for week in moved) - 1
        await asked(connection, (_REQUEUE, [list(people), moved[0] - back * _WEEK, moved[0], moved[-1]]))


def _asks(figures: Figures) -> tuple[int, int, int]:
    return (figures.regular_minutes_least, figures.regular_weeks_least, figures.regular_weeks_looked_at)


async def rolled(session: AsyncSession, week: date) -> bool:
    """Queues the next people for the weeks up to `week` that have begun since the last roll; whether that was all.

    Some thousand people, in the caller's transaction: it goes on where the last call stopped. A week that had no roll
    is caught up with, week by week. Doing it twice does nothing.
    """
    progress = await progress_of(session, ROLL)
    if progress.week is not None and progress.week >= week:
        return True
    target = week if progress.week is None else progress.week + _WEEK
    since = await _since(session, progress, target)
    binds: Mapping[str, Any] = {"after": progress.after or _NOBODY, "most": _ROLLED_AT_ONCE}
    if since is None:
        found = await run(session, _ROLL, {**binds, "before": target - _WEEK})
    else:
        found = await run(session, _ROLL_EVERYBODY, {**binds, "since": since})
    people, last = found.one()
    progress.people += people
    progress.after = last
    if people < _ROLLED_AT_ONCE:
        progress.after, progress.week, progress.ended_at = None, target, utc_now()
    session.add(progress)
    await session.flush()
    return progress.week == week


async def _since(session: AsyncSession, progress: Progress, target: date) -> date | None:
    """The week after which everybody's weeks are queued; None if those who were regular before are enough."""
    if progress.week is None:
        return date.min
    rulebooks = await approved(session)
    now, before = (rulebooks.on(each).figures for each in (target, progress.week))
    if (now.regular_weeks_least, now.regular_weeks_looked_at) == (
        before.regular_weeks_least,
        before.regular_weeks_looked_at,
    ):
        return None
    return target - now.regular_weeks_looked_at * _WEEK


async def week_differences(
    session: AsyncSession, first: UUID, last: UUID, rulebooks: Rulebooks, most: int
) -> list[str]:
    """Whose being a regular exerciser, of the people from one id to another, does not follow from their weeks.

    Nor their streaks of weeks. Before the first roll nothing is compared: it queues the weeks that were there before.
    """
    rolled_up_to = await session.get(Progress, ROLL)
    span = (await run(session, _SPAN, {"first": first, "last": last})).one()
    if rolled_up_to is None or rolled_up_to.week is None or span[0] is None:
        return []
    binds = {**_rules(rulebooks, *span), "first": first, "last": last, "most": most}
    regular = await run(session, _DIFFERENCES, {**binds, "rolled": rolled_up_to.week})
    return [row[0] for row in (*regular, *(await run(session, WEEK_DIFFERENCES, binds)))]
