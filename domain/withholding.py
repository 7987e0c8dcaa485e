"""Which cells of the places' counters are withheld: kept beside them, judged anew where people came or went.

Region, province, district, subdistrict are one tree in which the figures of a place sum those of the places under it.
Where some of those siblings have too few people, and are one alone or fewer than ten together, the smallest of the
others is withheld as well; so is the smallest child of a place that is withheld for that reason. Then every sum that
is shown hides nothing, or two places and ten people at least. Health zones cut across the regions: a zone is shown
when all its provinces are, so that it tells nothing new about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import run
from domain.places import PlaceKind
from domain.statistics import LEAST_PEOPLE, Withheld

_WORDS = {
    "least": LEAST_PEOPLE,
    "few": Withheld.TOO_FEW_PEOPLE.value,
    "complement": Withheld.COMPLEMENT.value,
    "country": PlaceKind.COUNTRY.value,
    "zone": PlaceKind.HEALTH_ZONE.value,
    "province": PlaceKind.PROVINCE.value,
}
_LEVELS = (PlaceKind.REGION.value, PlaceKind.PROVINCE.value, PlaceKind.DISTRICT.value, PlaceKind.SUBDISTRICT.value)


_CHANGED = """
    touched AS (
        SELECT DISTINCT p.code, p.kind, p.parent_code, c.period, c.starts_on
        FROM unnest(CAST(:places AS text[]), CAST(:periods AS text[]), CAST(:starts AS date[]))
             AS c(place_code, period, starts_on)
        JOIN place_ancestors a ON a.place_code = c.place_code JOIN places p ON p.code = a.ancestor_code
    )
"""
_EVERYWHERE = """
    touched AS (
        SELECT p.code, p.kind, p.parent_code, c.period, c.starts_on
        FROM place_periods c JOIN places p ON p.code = c.place_code
    )
"""

# A level is judged by whole families of siblings: those of which a place was touched, and those under a place that
# began or ceased to be a complement. `above` is whether the place above is one, as judged just now or as it stands.
_LEVEL = """
    {level} AS (
        SELECT f.*, CASE WHEN f.people < {least} THEN '{few}'
                         WHEN f.smallest AND CASE WHEN f.few > 0 THEN f.few = 1 OR f.together < {least} ELSE f.above END
                         THEN '{complement}' END AS withheld
        FROM (
            SELECT m.*, count(*) FILTER (WHERE m.people < {least}) OVER family AS few,
                   sum(m.people) FILTER (WHERE m.people < {least}) OVER family AS together,
                   m.people >= {least} AND row_number() OVER (
                       PARTITION BY m.parent_code, m.period, m.starts_on ORDER BY m.people < {least}, m.people, m.code
                   ) = 1 AS smallest
            FROM (
                SELECT p.code, p.parent_code, p.health_zone_code, g.period, g.starts_on, g.above,
                       CASE WHEN held.place_code IS NULL THEN '{few}' ELSE held.withheld END AS before,
                       coalesce(held.participants, 0) AS people
                FROM ({families}) g JOIN places p ON p.parent_code = g.parent_code AND p.kind = '{level}'
                LEFT JOIN place_periods held
                     ON held.place_code = p.code AND held.period = g.period AND held.starts_on = g.starts_on
            ) m WINDOW family AS (PARTITION BY m.parent_code, m.period, m.starts_on)
        ) f
    )
"""
_HIGHEST = "SELECT DISTINCT parent_code, period, starts_on, false AS above FROM touched WHERE kind = '{level}'"
_BELOW = """
    SELECT g.parent_code, g.period, g.starts_on,
           CASE WHEN j.code IS NULL THEN held.withheld ELSE j.withheld END IS NOT DISTINCT FROM '{complement}' AS above
    FROM (
        SELECT parent_code, period, starts_on FROM touched WHERE kind = '{level}'
        UNION
        SELECT code, period, starts_on FROM {upper}
        WHERE (before IS NOT DISTINCT FROM '{complement}') <> (withheld IS NOT DISTINCT FROM '{complement}')
    ) g
    LEFT JOIN {upper} j ON j.code = g.parent_code AND j.period = g.period AND j.starts_on = g.starts_on
    LEFT JOIN place_periods held
         ON held.place_code = g.parent_code AND held.period = g.period AND held.starts_on = g.starts_on
"""

# Zones that were touched, and those of provinces that began or ceased to be shown; and the country.
_OTHERS = """
    health_zone AS (
        SELECT z.code, z.period, z.starts_on, held.withheld AS before,
               CASE WHEN held.participants < {least} THEN '{few}' WHEN EXISTS (
            SELECT FROM places p
            LEFT JOIN province j ON j.code = p.code AND j.period = z.period AND j.starts_on = z.starts_on
            LEFT JOIN place_periods s ON s.place_code = p.code AND s.period = z.period AND s.starts_on = z.starts_on
            WHERE p.kind = '{province}' AND p.health_zone_code = z.code
              AND CASE WHEN j.code IS NULL THEN coalesce(s.participants, 0) < {least} OR s.withheld IS NOT NULL
                       ELSE j.withheld IS NOT NULL END
        ) THEN '{complement}' END AS withheld
        FROM (
            SELECT code, period, starts_on FROM touched WHERE kind = '{zone}'
            UNION
            SELECT health_zone_code, period, starts_on FROM province WHERE before IS DISTINCT FROM withheld
        ) z JOIN place_periods held
            ON held.place_code = z.code AND held.period = z.period AND held.starts_on = z.starts_on
    ), country AS (
        SELECT c.code, c.period, c.starts_on, held.withheld AS before,
               CASE WHEN held.participants < {least} THEN '{few}' END AS withheld
        FROM touched c JOIN place_periods held
             ON held.place_code = c.code AND held.period = c.period AND held.starts_on = c.starts_on
        WHERE c.kind = '{country}'
    )
"""


def _judged(touched: str, then: str) -> str:
    """SQL that judges the touched cells and all that hang on them; `then` does something with those `changed` by it."""
    parts, families = [touched], _HIGHEST
    for level, upper in zip(_LEVELS, (None, *_LEVELS), strict=False):
        words = {"level": level, "upper": upper, **_WORDS}
        parts.append(_LEVEL.format(families=families.format(**words), **words))
        families = _BELOW
    parts.append(_OTHERS.format(**_WORDS))
    every = " UNION ALL ".join(
        f"SELECT code, period, starts_on, withheld FROM {each} WHERE before IS DISTINCT FROM withheld"  # noqa: S608
        for each in (*_LEVELS, _WORDS["zone"], _WORDS["country"])
    )
    return f"WITH {', '.join(parts)}, changed AS ({every}) {then}"


_OF_CHANGED = "c WHERE s.place_code = c.code AND s.period = c.period AND s.starts_on = c.starts_on"
_ENTER = f"UPDATE place_periods s SET withheld = c.withheld FROM changed {_OF_CHANGED}"  # noqa: S608
_JUDGE = text(_judged(_CHANGED, _ENTER))
JUDGE_EVERYTHING = _judged(_EVERYWHERE, _ENTER)
"""SQL that enters what is withheld in all counters there are, for those who wrote them by other ways than a pass."""

DIFFERENCES = _judged(
    _EVERYWHERE,
    f"""
    SELECT format('place %s, %s of %s: withheld is %s, by the counters it is %s', s.place_code, s.period, s.starts_on,
                  coalesce(s.withheld, 'nothing'), coalesce(c.withheld, 'nothing'))
    FROM place_periods s, changed {_OF_CHANGED}
    """,  # noqa: S608
)
"""SQL with a line for each cell that is shown or withheld against the rule."""


async def judge(session: AsyncSession, cells: Sequence[tuple[str, str, date]]) -> None:
    """Enters what is withheld now that the people of these cells (place, period, starts_on) are others.

    One statement, whatever their number; it also judges the cells that contain them and those these have to hide.
    """
    if cells:
        places, periods, starts = (list(column) for column in zip(*cells, strict=True))
        binds: dict[str, Any] = {"places": places, "periods": periods, "starts": starts}
        await run(session, _JUDGE, binds)
