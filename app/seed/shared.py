"""The counters that many people share, summed from the rows of the people just made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain import collective, team_days, team_figures, team_standings
from domain.counters import Period, each, periods_of
from domain.enrolment_days import FILLING
from domain.ranks import FILLING_TOTALS, filling
from domain.streaks import FILL
from domain.withholding import JUDGE_EVERYTHING

SHARED: Mapping[str, str] = MappingProxyType(
    {
        "team_days": team_days.FILL,
        "members": team_days.FILL_MEMBERS,
        "review_queue": """
            INSERT INTO review_queue (user_id, activity_id, record_id, partner_name, verdict, reasons, flagged_at)
            SELECT a.user_id, a.id, a.speaks_record_id, a.partner_name, a.verdict, a.reasons, a.updated_at
            FROM activities a JOIN users u ON u.id = a.user_id AND u.synthetic
            WHERE a.verdict = 'flagged' AND a.deleted_at IS NULL
        """,
        "user_periods": f"""
            INSERT INTO user_periods (user_id, period, starts_on, home_place_code, {each("{0}")})
            SELECT d.user_id, p.period, p.starts_on, (array_agg(d.home_place_code ORDER BY d.local_date DESC))[1],
                   {each("sum(d.{0})")}
            FROM user_days d JOIN users u ON u.id = d.user_id AND u.synthetic
            CROSS JOIN LATERAL ({periods_of("d.local_date")}) AS p(period, starts_on)
            GROUP BY d.user_id, p.period, p.starts_on
        """,  # noqa: S608
        "streaks": FILL,
        # Per place of residence first: a country has fewer places than people.
        "place_periods": f"""
            INSERT INTO place_periods AS held (place_code, period, starts_on, participants, {each("{0}")})
            SELECT a.ancestor_code, d.period, d.starts_on, sum(d.participants), {each("sum(d.{0})")}
            FROM (
                SELECT p.home_place_code, p.period, p.starts_on, count(*) AS participants, {each("sum(p.{0}) AS {0}")}
                FROM (
                    SELECT user_id, home_place_code, '{Period.DAY}' AS period, local_date AS starts_on, {each("{0}")}
                    FROM user_days
                    UNION ALL
                    SELECT user_id, home_place_code, period, starts_on, {each("{0}")} FROM user_periods
                ) p JOIN users u ON u.id = p.user_id AND u.synthetic
                WHERE p.home_place_code IS NOT NULL AND p.activities > 0
                GROUP BY p.home_place_code, p.period, p.starts_on
            ) d JOIN place_ancestors a ON a.place_code = d.home_place_code
            GROUP BY a.ancestor_code, d.period, d.starts_on
            ORDER BY a.ancestor_code, d.period, d.starts_on
            ON CONFLICT (place_code, period, starts_on) DO UPDATE SET
                participants = held.participants + excluded.participants, {each("{0} = held.{0} + excluded.{0}")}
        """,  # noqa: S608
        "withheld": JUDGE_EVERYTHING,
        "team_participants": team_standings.FILLING_PARTICIPANTS,
        "team_standings": team_standings.FILLING,
        "challenge_totals": FILLING_TOTALS,
        "collective_days": collective.FILL,
        "figures of teams": team_figures.FILLING,
        **{
            table: sql.format(only="WHERE challenge_id IN (SELECT id FROM challenges WHERE synthetic)")
            for table, sql in FILLING.items()
        },
        "score_buckets": filling("WHERE challenge_id IN (SELECT id FROM challenges WHERE synthetic)"),
    }
)
"""What is summed, by table, in the order of making; and what of it is withheld."""
