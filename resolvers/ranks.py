"""Ranks: how many are ahead, at a cost that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, and_, case, cast, func, literal_column, select
from sqlmodel import col

from domain.ranks import BITS, SHIFTS, SIBLINGS, ScoreBucket
from domain.standings import Standing
from resolvers.context import Parent, Seer

COUNTED = 100
"""Participants ahead who are counted one by one: a page's worth."""


def rank_of(_viewer: Seer, standing: Parent) -> ColumnElement[int]:
    """One more than the number of participants with a higher score, at a cost that does not grow with their number.

    Up to `COUNTED` of them are counted, so that the first page shows one moment; more are the sum of score buckets.
    """
    # With an order the index is read from its top; without one a plan may scan the table for the first it meets.
    higher = select(col(Standing.score)).order_by(col(Standing.score).desc()).limit(literal_column(str(COUNTED)))
    first = higher.where(col(Standing.challenge_id) == standing.challenge_id, col(Standing.score) > standing.score)
    counted = select(func.count().label("people")).select_from(first.subquery("first")).subquery("counted")
    few = case((counted.c.people < literal_column(str(COUNTED)), counted.c.people), else_=_ahead_by_buckets(standing))
    return select(few + literal_column("1")).scalar_subquery()


def rank_at_the_top(_viewer: Seer, standing: Parent) -> ColumnElement[int]:
    """The rank of those on a leaderboard's first page, where all that are ahead of them stand, too."""
    return func.rank().over(partition_by=standing.challenge_id, order_by=standing.score.desc())


def rank_on_a_page(viewer: Seer, page: Subquery) -> Select[Any]:
    """Everybody's rank on a page of a leaderboard."""
    lines, rank = spread(page, ["score"], partial(rank_of, viewer))
    return select(*[lines.c[column.name] for column in page.c], rank.label("rank"))


def spread(
    page: Subquery, by: Sequence[str], rank: Callable[[Parent], ColumnElement[Any]]
) -> tuple[Subquery, ColumnElement[Any]]:
    """The lines of a page that is ordered by these columns, the highest first, and beside them the rank of each.

    Two are looked up by `rank`, further ones follow from how many stand between. The first figure's own rank does not
    tell the second's, since others with that figure may stand ahead of the page.
    """
    window: dict[str, Any] = {"order_by": [page.c[name].desc() for name in by]}
    place, tier, row = func.rank().over(**window), func.dense_rank().over(**window), func.row_number().over(**window)
    placed = select(page, place.label("place"), tier.label("tier"), row.label("row")).subquery("placed")
    # By text, so that what is asked of a line is asked of this one.
    line = SimpleNamespace(**{each.name: literal_column(f'placed."{each.name}"', each.type) for each in page.c})
    head = and_(placed.c.place == placed.c.row, placed.c.tier <= literal_column("2"))
    known = select(placed, case((head, rank(line))).label("looked_up")).subquery("known")
    first, second = [
        func.max(known.c.looked_up).filter(known.c.tier == literal_column(tier)).over() for tier in ("1", "2")
    ]
    ahead = func.count().filter(known.c.tier == literal_column("1")).over() + literal_column("1")
    return known, case((known.c.tier == literal_column("1"), first), else_=second + known.c.place - ahead)


def _ahead_by_buckets(standing: Parent) -> ColumnElement[int]:
    series = func.generate_series(literal_column("0"), literal_column(str(SHIFTS[-1])), literal_column(str(BITS)))
    levels = series.table_valued("shift").render_derived("levels")
    own: ColumnElement[Any] = standing.score.bitwise_rshift(levels.c.shift)
    # A subquery for each level, since a join may be planned as one with all buckets of the challenge.
    above = select(func.sum(col(ScoreBucket.people))).where(
        col(ScoreBucket.challenge_id) == standing.challenge_id,
        col(ScoreBucket.shift) == levels.c.shift,
        col(ScoreBucket.bucket) > own,
        col(ScoreBucket.bucket) <= own.bitwise_or(literal_column(str(SIBLINGS))),
    )
    ahead = select(cast(func.sum(above.correlate(levels).scalar_subquery()), BigInteger)).select_from(levels)
    # What waits to be folded must not put somebody among those who were counted.
    return func.greatest(ahead.scalar_subquery(), literal_column(str(COUNTED)))
