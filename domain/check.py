"""Proof that what is maintained equals what it is maintained from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import enrolment_days, final_proofs, homes, standing_days, team_days, team_figures
from domain.base import run
from domain.booking import differences
from domain.budgets import ISSUED, fiscal_year
from domain.challenge_weeks import WRONG_WEEKS
from domain.collective import WRONG as WRONG_TOGETHER
from domain.counters import Period, each, periods_of
from domain.days import Day
from domain.prizes import CHALLENGE_OF_ENTRY
from domain.ranks import WRONG, WRONG_TOTALS
from domain.rulebooks import Rulebooks, approved
from domain.streaks import DIFFERENCES as STREAKS
from domain.team_proofs import WRONG_PARTICIPANTS, WRONG_PARTICIPATION, WRONG_REGULAR_WEEKS, WRONG_SUMS
from domain.weeks import week_differences
from domain.withholding import DIFFERENCES

_PEOPLE_AT_ONCE = 1_000
_SHOWN = 100

# Each statement gives one line for each thing that is wrong: with `:first`, among the people from one id to another.
_SUMS: dict[str, str] = {
    "balances": """
        SELECT format('user %s: the balance is %s, the entries sum to %s',
                      coalesce(b.user_id, e.user_id), b.balance, e.amount)
        FROM (SELECT * FROM credit_balances WHERE user_id BETWEEN :first AND :last) b
        FULL JOIN (SELECT user_id, sum(amount) AS amount, count(*) AS entries FROM credit_entries
                   WHERE user_id BETWEEN :first AND :last GROUP BY 1) e ON e.user_id = b.user_id
        WHERE (coalesce(b.balance, 0), coalesce(b.entries, 0)) <> (coalesce(e.amount, 0), coalesce(e.entries, 0))
    """,
    "running balances": """
        SELECT format('user %s, entry %s: the balance after it is %s, the entries up to it sum to %s',
                      user_id, id, balance_after, amount)
        FROM (SELECT user_id, id, balance_after, sum(amount) OVER (PARTITION BY user_id ORDER BY id) AS amount
              FROM credit_entries WHERE user_id BETWEEN :first AND :last) e
        WHERE balance_after <> amount
    """,
    "reversals": """
        SELECT format('user %s, entry %s: it takes back %s, which %s', r.user_id, r.id, r.reverses,
                      coalesce('is about ' || e.amount, 'is not there'))
        FROM credit_entries r LEFT JOIN credit_entries e ON e.user_id = r.user_id AND e.id = r.reverses
        WHERE r.user_id BETWEEN :first AND :last AND r.reverses IS NOT NULL
          AND (e.id IS NULL OR (r.cause = 'reversal' AND r.amount <> -e.amount))
        UNION ALL
        SELECT format('user %s, entry %s: it is taken back %s times', user_id, reverses, count(*))
        FROM credit_entries
        WHERE cause = 'reversal' AND user_id BETWEEN :first AND :last GROUP BY user_id, reverses HAVING count(*) > 1
    """,
    "budgets": f"""
        SELECT format('partner %s, %s from %s: %s is spent, the awards that stand come to %s',
                      coalesce(b.partner_name, e.issuer), coalesce(b.kind, e.kind), coalesce(b.starts_on, e.starts_on),
                      coalesce(b.spent, 0), coalesce(e.amount, 0))
        FROM credit_budgets b FULL JOIN (
            SELECT a.issuer, a.kind, coalesce(c.prize_year, {fiscal_year("a.created_at")}) AS starts_on,
                   sum(a.amount) AS amount
            FROM credit_entries a LEFT JOIN challenges c ON c.id = {CHALLENGE_OF_ENTRY.format(entry="a")}
            LEFT JOIN credit_entries r ON r.user_id = a.user_id AND r.reverses = a.id AND r.cause = 'reversal'
            WHERE a.kind IN ({", ".join(f"'{kind}'" for kind in ISSUED)}) AND r.id IS NULL GROUP BY 1, 2, 3
        ) e ON e.issuer = b.partner_name AND e.kind = b.kind AND e.starts_on = b.starts_on
        WHERE coalesce(b.spent, 0) <> coalesce(e.amount, 0)
    """,  # noqa: S608
    "reserved prizes": """
        SELECT format('partner %s, AWARD from %s: %s is reserved, its challenges keep %s for prizes',
                      coalesce(b.partner_name, c.sponsor_name), coalesce(b.starts_on, c.prize_year),
                      coalesce(b.reserved, 0), coalesce(c.prize_reserved, 0))
        FROM (SELECT * FROM credit_budgets WHERE kind = 'award') b FULL JOIN (
            SELECT sponsor_name, prize_year, sum(prize_reserved) AS prize_reserved FROM challenges
            WHERE prize_reserved > 0 GROUP BY 1, 2
        ) c ON c.sponsor_name = b.partner_name AND c.prize_year = b.starts_on
        WHERE coalesce(b.reserved, 0) <> coalesce(c.prize_reserved, 0)
        UNION ALL SELECT format('challenge %s is %s and keeps %s for prizes', id, state, prize_reserved)
        FROM challenges WHERE prize_reserved > 0 AND state IN ('draft', 'cancelled', 'final')
        UNION ALL SELECT format('challenge %s is %s and keeps nothing for prizes of up to %s', id, state, prize_budget)
        FROM challenges WHERE prize_reserved <> prize_budget AND state IN ('published', 'running')
    """,
    "standings": """
        SELECT format('challenge %s, user %s: the score is %s, the days sum to %s',
                      coalesce(s.challenge_id, d.challenge_id), coalesce(s.user_id, d.user_id), s.score, d.score)
        FROM (SELECT * FROM standings WHERE user_id BETWEEN :first AND :last) s
        FULL JOIN (SELECT challenge_id, user_id, sum(value) AS score FROM challenge_days
                   WHERE user_id BETWEEN :first AND :last GROUP BY 1, 2) d
             ON d.challenge_id = s.challenge_id AND d.user_id = s.user_id
        WHERE coalesce(s.score, 0) <> coalesce(d.score, 0)
    """,
    "team standings": WRONG_SUMS,
    "team participation": WRONG_PARTICIPATION,
    "team participants": WRONG_PARTICIPANTS,
    "figures of teams": team_figures.WRONG,
    "weeks in challenges": WRONG_WEEKS,
    "regular weeks of teams": WRONG_REGULAR_WEEKS,
    "ranks": WRONG,
    "totals": WRONG_TOTALS,
    "final standings": final_proofs.STANDINGS,
    "prizes won": final_proofs.PRIZES,
    "participants": """
        SELECT format('challenge %s says %s participants, %s are enrolled', c.id, c.participants, coalesce(e.people, 0))
        FROM challenges c LEFT JOIN (SELECT challenge_id, count(*) AS people FROM enrolments GROUP BY 1) e
             ON e.challenge_id = c.id
        WHERE c.participants <> coalesce(e.people, 0)
    """,
    "enrolments by day": enrolment_days.WRONG,
    "days of standings": standing_days.WRONG,
    "team members": """
        SELECT format('team %s says %s members, %s belong to it', t.id, t.members, coalesce(m.people, 0))
        FROM teams t LEFT JOIN (
            SELECT a.team_id, count(DISTINCT ms.user_id) AS people
            FROM memberships ms JOIN teams l ON l.id = ms.team_id
            CROSS JOIN LATERAL unnest(l.ancestor_ids) AS a(team_id)
            WHERE ms.left_on IS NULL GROUP BY 1
        ) m ON m.team_id = t.id
        WHERE t.members <> coalesce(m.people, 0)
    """,
    "team days": team_days.WRONG,
    "home teams": homes.WRONG,
    "people's periods": f"""
        SELECT format('user %s, %s of %s: the counters differ from the days',
                      coalesce(p.user_id, d.user_id), coalesce(p.period, d.period), coalesce(p.starts_on, d.starts_on))
        FROM (SELECT * FROM user_periods WHERE user_id BETWEEN :first AND :last) p FULL JOIN (
            SELECT u.user_id, l.period, l.starts_on, {each("sum(u.{0}) AS {0}")}
            FROM user_days u CROSS JOIN LATERAL ({periods_of("u.local_date")}) AS l(period, starts_on)
            WHERE u.user_id BETWEEN :first AND :last GROUP BY 1, 2, 3
        ) d ON d.user_id = p.user_id AND d.period = p.period AND d.starts_on = p.starts_on
        WHERE ({each("coalesce(p.{0}, 0)")}) <> ({each("coalesce(d.{0}, 0)")})
    """,  # noqa: S608
    "streaks": STREAKS,
    "collective goals": WRONG_TOGETHER,
    "place counters": f"""
        SELECT format('place %s, %s of %s: the counters differ from its people''s',
                      coalesce(p.place_code, d.place_code), coalesce(p.period, d.period),
                      coalesce(p.starts_on, d.starts_on))
        FROM (
            SELECT place_code, period, starts_on, sum(participants) AS participants,
                   sum(regular_exercisers) AS regular_exercisers, {each("sum({0}) AS {0}")} FROM (
                SELECT place_code, period, starts_on, participants, regular_exercisers, {each("{0}")} FROM place_periods
                UNION ALL
                SELECT a.ancestor_code, c.period, c.starts_on, c.participants, c.regular_exercisers, {each("c.{0}")}
                FROM place_changes c JOIN place_ancestors a ON a.place_code = c.home_place_code
            ) AS folded_and_waiting GROUP BY 1, 2, 3
        ) p FULL JOIN (
            SELECT a.ancestor_code AS place_code, u.period, u.starts_on,
                   sum(u.participants) AS participants, sum(u.regular_exercisers) AS regular_exercisers,
                   {each("sum(u.{0}) AS {0}")}
            FROM (
                SELECT home_place_code, period, starts_on, count(*) FILTER (WHERE activities > 0) AS participants,
                       0 AS regular_exercisers, {each("sum({0}) AS {0}")}
                FROM (
                    SELECT home_place_code, '{Period.DAY}' AS period, local_date AS starts_on, {each("{0}")}
                    FROM user_days
                    UNION ALL SELECT home_place_code, period, starts_on, {each("{0}")} FROM user_periods
                ) AS people GROUP BY 1, 2, 3
                UNION ALL SELECT home_place_code, '{Period.WEEK}', starts_on, 0, count(*), {each("0")}
                FROM regular_weeks GROUP BY 1, 2, 3
            ) u JOIN place_ancestors a ON a.place_code = u.home_place_code GROUP BY 1, 2, 3
        ) d ON d.place_code = p.place_code AND d.period = p.period AND d.starts_on = p.starts_on
        WHERE (coalesce(p.participants, 0), coalesce(p.regular_exercisers, 0), {each("coalesce(p.{0}, 0)")})
           <> (coalesce(d.participants, 0), coalesce(d.regular_exercisers, 0), {each("coalesce(d.{0}, 0)")})
    """,  # noqa: S608
    "withheld cells": DIFFERENCES,
    "rebookings": """
        SELECT format('rebooking %s is not finished: ccc rebook --rulebook %s --from %s --to %s --apply',
                      number, rulebook_version, starts_on, ends_on)
        FROM rebookings WHERE finished_at IS NULL
    """,
    "review queue": """
        SELECT format('user %s, activity %s: it is %s for %s, in the queue it is %s for %s',
                      coalesce(a.user_id, q.user_id), coalesce(a.id, q.activity_id), a.verdict, a.reasons, q.verdict,
                      q.reasons)
        FROM (SELECT user_id, id, speaks_record_id, partner_name, verdict, reasons FROM activities
              WHERE deleted_at IS NULL AND verdict = 'flagged') a
        FULL JOIN (SELECT * FROM review_queue WHERE verdict = 'flagged') q
             ON q.user_id = a.user_id AND q.activity_id = a.id
        WHERE (a.speaks_record_id, a.partner_name, a.verdict, a.reasons)
              IS DISTINCT FROM (q.record_id, q.partner_name, q.verdict, q.reasons)
    """,
    "shared references": """
        SELECT format('user %s, record %s: the claims do not bear out that it %s shared',
                      r.user_id, r.id, CASE WHEN r.shared_reference THEN 'is' ELSE 'is not' END)
        FROM records r LEFT JOIN (
            SELECT DISTINCT mine.user_id, mine.record_id
            FROM reference_claims mine JOIN reference_claims other USING (reference)
            WHERE other.user_id <> mine.user_id
        ) s ON s.user_id = r.user_id AND s.record_id = r.id
        WHERE r.deleted_at IS NULL AND r.shared_reference <> (s.user_id IS NOT NULL)
          AND NOT EXISTS (SELECT FROM reference_changes)
    """,
    "activities and records": """
        SELECT format('activity %s says %s records, %s belong to it',
                      coalesce(a.id, r.activity_id), a.record_count, r.records)
        FROM (SELECT * FROM activities WHERE deleted_at IS NULL AND user_id BETWEEN :first AND :last) a FULL JOIN (
            SELECT user_id, activity_id, count(*) AS records FROM records
            WHERE deleted_at IS NULL AND user_id BETWEEN :first AND :last GROUP BY 1, 2
        ) r ON r.user_id = a.user_id AND r.activity_id = a.id
        WHERE coalesce(a.record_count, 0) <> coalesce(r.records, 0)
    """,
}

_PERSONAL = {what: sql for what, sql in _SUMS.items() if ":first" in sql}

_PEOPLE = text("SELECT id FROM users WHERE id > :after ORDER BY id LIMIT :limit")

_DAYS = text("""
    SELECT user_id, local_date FROM activities WHERE user_id BETWEEN :first AND :last
    UNION SELECT user_id, local_date FROM user_days WHERE user_id BETWEEN :first AND :last
    UNION SELECT user_id, local_date FROM credit_entries
          WHERE user_id BETWEEN :first AND :last AND cause = 'activities'
    UNION SELECT user_id, local_date FROM challenge_days WHERE user_id BETWEEN :first AND :last
    UNION SELECT user_id, local_date FROM day_totals WHERE user_id BETWEEN :first AND :last
""")

_NOBODY, _LAST = UUID(int=0), UUID(int=2**128 - 1)


async def findings(session: AsyncSession) -> AsyncIterator[tuple[str, int, list[str]]]:
    """What does not add up: (what was compared, how much of it was, the first hundred differences), as it goes.

    Every local day of every person is scored anew from its accepted activities by the rules in force, and compared
    with its counters, credits and the days of challenges that still move; then every sum with its parts, what waits to
    be folded included. Read in one transaction, it sees one moment.
    """
    rulebooks = await approved(session)
    after, days_done = _NOBODY, 0
    while people := [row[0] for row in await run(session, _PEOPLE, {"after": after, "limit": _PEOPLE_AT_ONCE})]:
        after = people[-1]
        days = await _days(session, people[0], after)
        days_done += len(days)
        yield "people's days", days_done, (await differences(session, days, rulebooks))[:_SHOWN]
    yield "regular exercisers", 0, await week_differences(session, _NOBODY, _LAST, rulebooks, _SHOWN)
    for what, sql in _SUMS.items():
        yield what, 0, await _lines(session, sql, {"first": _NOBODY, "last": _LAST} if what in _PERSONAL else {})


async def of_people(session: AsyncSession, first: UUID, last: UUID, rulebooks: Rulebooks) -> list[tuple[str, str]]:
    """What does not add up for the people from one id to another: (what was compared, the difference)."""
    days = await _days(session, first, last)
    found = [("people's days", line) for line in await differences(session, days, rulebooks)]
    for what, sql in _PERSONAL.items():
        found += [(what, line) for line in await _lines(session, sql, {"first": first, "last": last})]
    regular = await week_differences(session, first, last, rulebooks, _SHOWN)
    return found + [("regular exercisers", line) for line in regular]


async def _days(session: AsyncSession, first: UUID, last: UUID) -> list[Day]:
    return [(row[0], row[1]) for row in await run(session, _DAYS, {"first": first, "last": last})]


async def _lines(session: AsyncSession, sql: str, binds: Mapping[str, Any]) -> list[str]:
    return [row[0] for row in await run(session, text(f"{sql} LIMIT {_SHOWN}"), binds)]
