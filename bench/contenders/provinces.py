"""What those who write SQL themselves read for W3: the counters of a month of the provinces, as they are shown."""

from __future__ import annotations

from domain.counters import FIGURES as COUNTED

FIGURES = ("participants", *COUNTED)
_SHOWN = ", ".join(f"CASE WHEN s.withheld IS NULL THEN s.{name} END AS {name}" for name in FIGURES)
_PROVINCES = f"""
SELECT p.code, p.name_th, p.sort_key_th, {_SHOWN},
       CASE WHEN s.place_code IS NULL THEN 'too_few_people' ELSE s.withheld END AS withheld
FROM places p LEFT JOIN place_periods s
     ON s.place_code = p.code AND s.period = 'month' AND s.starts_on = {{month}}
WHERE p.kind = 'province'
"""  # noqa: S608 - our own names


def provinces(month: str) -> str:
    """The statement for the month that starts on `month`, an SQL expression; it withholds what the hub withholds.

    Its columns are code, name_th, sort_key_th, withheld and those of `FIGURES`.
    """
    return _PROVINCES.format(month=month)
