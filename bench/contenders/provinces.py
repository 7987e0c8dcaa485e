"""What those who write SQL themselves read for W3: one pass of windows over a month of the regions and provinces."""

from __future__ import annotations

from domain.counters import FIGURES as COUNTED

FIGURES = ("participants", *COUNTED)
_SHOWN = ", ".join(f"CASE WHEN withheld IS NULL THEN {name} END AS {name}" for name in FIGURES)
_PROVINCES = f"""
WITH judged AS MATERIALIZED (
    SELECT *, count(*) FILTER (WHERE people < 10) OVER siblings AS few,
           sum(people) FILTER (WHERE people < 10) OVER siblings AS together,
           people >= 10 AND row_number() OVER (PARTITION BY kind, parent_code ORDER BY people < 10, people, code) = 1
               AS smallest
    FROM (
        SELECT p.code, p.kind, p.parent_code, p.name_th, p.sort_key_th, {", ".join(f"s.{name}" for name in FIGURES)},
               coalesce(s.participants, 0) AS people
        FROM places p LEFT JOIN place_periods s
             ON s.place_code = p.code AND s.period = 'month' AND s.starts_on = {{month}}
        WHERE p.kind IN ('region', 'province')
    ) counted WINDOW siblings AS (PARTITION BY kind, parent_code)
)
SELECT code, name_th, sort_key_th, withheld, {_SHOWN}
FROM (
    SELECT p.*, CASE WHEN p.people < 10 THEN 'too_few_people'
                     WHEN p.smallest AND CASE WHEN p.few > 0 THEN p.few = 1 OR p.together < 10
                          ELSE r.smallest AND r.few > 0 AND (r.few = 1 OR r.together < 10) END THEN 'complement'
                END AS withheld
    FROM (SELECT * FROM judged WHERE kind = 'province') p JOIN judged r ON r.code = p.parent_code
) provinces
"""  # noqa: S608 - our own names


def provinces(month: str) -> str:
    """The statement for the month that starts on `month`, an SQL expression; it withholds what the hub withholds.

    Its columns are code, name_th, sort_key_th, withheld and those of `FIGURES`.
    """
    return _PROVINCES.format(month=month)
