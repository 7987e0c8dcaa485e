"""Who takes part in a challenge, by age, sex and province: what may be shown of it, also to who looks every day.

One table of cells for each dimension. What a cell counts is kept apart from what is shown of it, which is renewed at
midnight, cell by cell, by the rule of `renewed`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Text, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, run, upserted
from domain.statistics import LEAST_PEOPLE, Withheld
from domain.users import Sex

UNKNOWN = "unknown"
"""The cell of those who did not say."""


class AgeBand(StrEnum):
    """Whole years that somebody becomes in the year in which they join."""

    UNDER_18 = "under_18"
    FROM_18_TO_24 = "from_18_to_24"
    FROM_25_TO_34 = "from_25_to_34"
    FROM_35_TO_44 = "from_35_to_44"
    FROM_45_TO_59 = "from_45_to_59"
    FROM_60 = "from_60"


class Dimension(StrEnum):
    """What participants are told apart by; never by two at once."""

    AGE_BAND = "age_band"
    SEX = "sex"
    PROVINCE = "province"


_BANDS = tuple(AgeBand)
_BOUNDS = (18, 25, 35, 45, 60)


def age_band_of(birth_year: int | None, year: int) -> str:
    """The word of the age band in `year` of somebody born in `birth_year`."""
    return UNKNOWN if birth_year is None else _BANDS[bisect_right(_BOUNDS, year - birth_year)].value


def province_of(home_place_code: str | None) -> str:
    """The code of the province of a home: the first two digits of a district or a subdistrict."""
    return home_place_code[:2] if home_place_code else UNKNOWN


def of_user(year: str) -> str:
    """SQL for the three cells of a user `u`, in the order of `Dimension`; `year` is SQL for the year of joining."""
    younger = " ".join(
        f"WHEN {year} - u.birth_year < {bound} THEN '{band}'" for bound, band in zip(_BOUNDS, _BANDS, strict=False)
    )
    return f"""
        CASE WHEN u.birth_year IS NULL THEN '{UNKNOWN}' {younger} ELSE '{_BANDS[-1]}' END,
        coalesce(u.sex, '{UNKNOWN}'), coalesce(left(u.home_place_code, 2), '{UNKNOWN}')
    """


class DemographicCell(Row, table=True):
    """The participants of a challenge of one age band, sex or province, as they were when they joined.

    `joins` and `leaves` count from the beginning. The rest is what is shown: `people` as of the end of `shown_on`, or
    why it is `withheld`. `shown_moves` are the joins and leaves by then, `renewed_moves` those by the last midnight at
    which anything of the dimension was renewed.
    """

    __tablename__ = "demographic_cells"
    __table_args__ = (
        CheckConstraint(
            f"(withheld IS NULL) = (people IS NOT NULL) AND coalesce(people, {LEAST_PEOPLE}) >= {LEAST_PEOPLE}",
            name="shown",
        ),
    )

    challenge_id: UUID = Field(primary_key=True)
    dimension: str = Field(primary_key=True, sa_type=Text)
    cell: str = Field(primary_key=True, sa_type=Text)
    joins: int = Field(default=0, sa_type=BigInteger)
    leaves: int = Field(default=0, sa_type=BigInteger)
    people: int | None = Field(default=None, sa_type=BigInteger)
    shown_on: date | None = None
    withheld: str | None = Field(
        default=Withheld.TOO_FEW_PEOPLE.value,
        sa_type=Text,
        sa_column_kwargs={"server_default": Withheld.TOO_FEW_PEOPLE.value},
    )
    shown_moves: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    renewed_moves: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell of a dimension; the figures of a `DemographicCell`."""

    cell: str
    joins: int = 0
    leaves: int = 0
    people: int | None = None
    shown_on: date | None = None
    withheld: str | None = Withheld.TOO_FEW_PEOPLE.value
    shown_moves: int = 0
    renewed_moves: int = 0

    @property
    def now(self) -> int:
        """People in it."""
        return self.joins - self.leaves

    @property
    def moves(self) -> int:
        """Joins and leaves so far."""
        return self.joins + self.leaves


def renewed(cells: Sequence[Cell], day: date) -> list[Cell]:
    """The cells of one dimension as they are shown from the midnight after `day` on; all cells there can be.

    The number of all participants is known to everybody at any moment, so what is not renewed must not be what is left
    over, neither now nor since an earlier midnight:

    1. A cell is renewed only when it holds ten people and ten have joined or left since it was last.
    2. Cells that are not renewed are none or at least two; together they hold ten people, and ten of them have joined
       or left since the dimension was last renewed. Else the renewable ones with the fewest moves are kept back, too.
    3. None is kept back only when each cell has moved by ten since the dimension was last renewed.

    Where that leaves nothing, nothing is renewed. A cell that is kept back goes on saying what it said; one that fell
    below ten people is withheld as soon as ten have moved, unless nothing is renewed.
    """
    able = sorted((each for each in cells if _may_show(each)), key=lambda each: (_since_shown(each), each.cell))
    behind = [each for each in cells if not _may_show(each)]
    while able and not _hides(behind, cells):
        behind.append(able.pop(0))
    if not able:
        return list(cells)
    kept_back = {each.cell for each in behind}
    return [_kept_back(each) if each.cell in kept_back else _shown(each, day) for each in cells]


def _since_shown(cell: Cell) -> int:
    return cell.moves - cell.shown_moves


def _since_renewed(cells: Iterable[Cell]) -> int:
    return sum(each.moves - each.renewed_moves for each in cells)


def _may_show(cell: Cell) -> bool:
    return cell.now >= LEAST_PEOPLE and _since_shown(cell) >= LEAST_PEOPLE


def _hides(behind: Sequence[Cell], cells: Sequence[Cell]) -> bool:
    """Whether it tells nothing about few people that these cells are not renewed and all others are."""
    if not behind:
        return all(_since_renewed([each]) >= LEAST_PEOPLE for each in cells)
    several, people = len(behind) > 1, sum(each.now for each in behind)
    return several and people >= LEAST_PEOPLE and _since_renewed(behind) >= LEAST_PEOPLE


def _shown(cell: Cell, day: date) -> Cell:
    moves = cell.moves
    return replace(cell, people=cell.now, shown_on=day, withheld=None, shown_moves=moves, renewed_moves=moves)


def _kept_back(cell: Cell) -> Cell:
    cell = replace(cell, renewed_moves=cell.moves)
    few = cell.now < LEAST_PEOPLE
    if cell.people is None:
        return replace(cell, withheld=(Withheld.TOO_FEW_PEOPLE if few else Withheld.COMPLEMENT).value)
    if few and _since_shown(cell) >= LEAST_PEOPLE:
        return replace(cell, people=None, shown_on=None, withheld=Withheld.TOO_FEW_PEOPLE.value)
    return cell


# All cells there can be, so that an absent one tells nothing.
_COMPLETE = text("""
    INSERT INTO demographic_cells (challenge_id, dimension, cell, joins, leaves)
    SELECT :challenge, d.dimension, d.cell, 0, 0 FROM (
        SELECT * FROM unnest(CAST(:dimensions AS text[]), CAST(:cells AS text[])) AS fixed(dimension, cell)
        UNION ALL SELECT :province, code FROM places WHERE kind = 'province'
    ) d ON CONFLICT DO NOTHING
""")
_CELLS = text("""
    SELECT dimension, cell, joins, leaves, people, shown_on, withheld, shown_moves, renewed_moves
    FROM demographic_cells WHERE challenge_id = :challenge ORDER BY dimension, cell
""")
_FIGURES = [each.name for each in fields(Cell)]
_FIXED = [
    (dimension.value, cell)
    for dimension, known in ((Dimension.AGE_BAND, AgeBand), (Dimension.SEX, Sex), (Dimension.PROVINCE, ()))
    for cell in (*known, UNKNOWN)
]


async def renew(session: AsyncSession, challenge_id: UUID, day: date) -> None:
    """Shows of the challenge's participants what may be shown after `day`; three statements."""
    dimensions, cells = (list(map(str, column)) for column in zip(*_FIXED, strict=True))
    fixed = {"dimensions": dimensions, "cells": cells, "province": Dimension.PROVINCE.value}
    await run(session, _COMPLETE, {"challenge": challenge_id, **fixed})
    held = (await run(session, _CELLS, {"challenge": challenge_id})).mappings().all()
    changed = []
    for dimension, rows in groupby(held, key=lambda row: str(row["dimension"])):
        before = [Cell(**{name: row[name] for name in _FIGURES}) for row in rows]
        for old, new in zip(before, renewed(before, day), strict=True):
            if old != new:
                figures = {name: getattr(new, name) for name in _FIGURES}
                changed.append({"challenge_id": challenge_id, "dimension": dimension, **figures})
    await upserted(session, DemographicCell, changed)
