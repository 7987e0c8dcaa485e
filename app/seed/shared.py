"""The counters that many people share, summed from the rows of the people just made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SHARED: Mapping[str, str] = MappingProxyType(
    {
        # Per place of residence first: a country has fewer places than people.
        "place_days": """
            INSERT INTO place_days (place_code, local_date, participants, activities, moving_seconds, distance_meters,
                                    energy_kcal, credits)
            SELECT a.ancestor_code, d.local_date, sum(d.participants), sum(d.activities), sum(d.moving_seconds),
                   sum(d.distance_meters), sum(d.energy_kcal), sum(d.credits)
            FROM (
                SELECT ud.home_place_code, ud.local_date, count(*) AS participants, sum(ud.activities) AS activities,
                       sum(ud.moving_seconds) AS moving_seconds, sum(ud.distance_meters) AS distance_meters,
                       sum(ud.energy_kcal) AS energy_kcal, sum(ud.credits) AS credits
                FROM user_days ud JOIN users u ON u.id = ud.user_id AND u.synthetic
                WHERE ud.home_place_code IS NOT NULL AND ud.activities > 0
                GROUP BY ud.home_place_code, ud.local_date
            ) d JOIN place_ancestors a ON a.place_code = d.home_place_code
            GROUP BY a.ancestor_code, d.local_date
            ON CONFLICT (place_code, local_date) DO UPDATE SET
                participants = place_days.participants + excluded.participants,
                activities = place_days.activities + excluded.activities,
                moving_seconds = place_days.moving_seconds + excluded.moving_seconds,
                distance_meters = place_days.distance_meters + excluded.distance_meters,
                energy_kcal = place_days.energy_kcal + excluded.energy_kcal,
                credits = place_days.credits + excluded.credits
        """,
        "team_standings": """
            INSERT INTO team_standings (challenge_id, team_id, score)
            SELECT d.challenge_id, d.team_id, sum(d.value)
            FROM challenge_days d JOIN challenges c ON c.id = d.challenge_id AND c.synthetic
            WHERE d.team_id IS NOT NULL GROUP BY d.challenge_id, d.team_id
        """,
    }
)
"""What is summed, by table, in the order of making."""
