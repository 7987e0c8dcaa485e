"""Statistics of places, from the counters: figures about few people are withheld, also from subtraction.

Region, province, district, subdistrict are one tree in which the figures of a place sum those of the places under it.
Where some of those siblings have too few people, and are one alone or fewer than ten together, the smallest of the
others is withheld as well; so is the smallest child of a place that is withheld for that reason. Then every sum that
is shown hides nothing, or two places and ten people at least. Health zones cut across the regions: a zone is shown
when all its provinces are, so that it tells nothing new about them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Interval,
    Select,
    Text,
    and_,
    any_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array
from sqlmodel import col

from domain.counters import FIGURES, Period, PlacePeriod
from domain.places import Place, PlaceAncestor, PlaceKind
from domain.scopes import Scope
from domain.statistics import LEAST_PEOPLE, MOST_CELLS, Withheld
from resolvers.context import Parent, Seer, nothing_of

_DEPTH = {
    kind.value: level
    for level, kind in enumerate((PlaceKind.SUBDISTRICT, PlaceKind.DISTRICT, PlaceKind.PROVINCE, PlaceKind.REGION))
}
"""The levels of the tree below the country, from the ground up."""
_AT_ONCE = (PlaceKind.REGION.value, PlaceKind.PROVINCE.value)
_PLACE: tuple[Any, ...] = (col(Place.code), col(Place.parent_code), col(Place.kind), col(Place.health_zone_code))

Length = Annotated[Period, strawberry.argument(description="How long each period is.")]
Day = Annotated[
    date, strawberry.argument(description="A local day; the period that holds it is shown, such as its whole month.")
]
First = Annotated[date, strawberry.argument(description="The first period is the one that holds this local day.")]
Last = Annotated[
    date, strawberry.argument(description="The last period is the one that holds this local day, or an earlier one.")
]


Given = Any
"""An argument while a query is planned: a placeholder, not the value that its annotation promises."""


@dataclass
class PlaceStatistics:
    """The columns of a cell: a place in a period."""

    period: str
    starts_on: date
    ends_on: date
    participants: int | None
    activities: int | None
    moving_seconds: int | None
    distance_meters: int | None
    energy_kcal: int | None
    credits: int | None
    withheld: str | None


def seen_by(viewer: Seer) -> Select[PlacePeriod]:
    """The counters, for those with `stats:read`; who shows them keeps small ones back."""
    every = select(PlacePeriod)
    return every if Scope.STATS_READ in viewer.scopes else nothing_of(every)


def of_place(viewer: Seer, place: Parent, *, period: Length, on: Day) -> Select[Any]:
    """The one cell of a place that holds a day; always there, also where nobody did anything."""
    start = _start(period, on)
    return _cells(viewer, place, period, select(start.label("starts_on")), _known(viewer, period, start))


def series_of_place(viewer: Seer, place: Parent, *, period: Length, from_date: First, to_date: Last) -> Select[Any]:
    """The cells of a place from one day to another, 400 at most; those where nobody did anything, too."""
    first = cast(_start(period, from_date), DateTime)
    # The last one is computed, not cut: a series from year 1 on must not be made first.
    last = func.least(cast(_start(period, to_date), DateTime), first + _length(period, MOST_CELLS - 1))
    starts = func.generate_series(first, last, _length(period)).table_valued("day").render_derived()
    return _cells(viewer, place, period, select(cast(starts.c.day, Date).label("starts_on")))


def _start(period: Given, day: Given) -> ColumnElement[date]:
    return cast(func.date_trunc(cast(period, Text), cast(day, DateTime)), Date)


def _length(period: Given, times: int = 1) -> ColumnElement[Any]:
    return cast(literal(f"{times} ", Text).concat(cast(period, Text)), Interval)


def _cells(viewer: Seer, place: Parent, period: Given, starts: Select[Any], known: CTE | None = None) -> Select[Any]:
    """A cell of the place for each day of `starts`, its figures null where they are withheld.

    `known` tells for the only day which regions and provinces are withheld.
    """
    # OFFSET 0 and LIMIT 1 keep PostgreSQL from computing the day for each counter, and the reason for each figure.
    starting = starts.offset(0).subquery("starting")
    counted = _Counted(viewer, period, literal_column("starting.starts_on", Date))
    held = counted.of(place.code).lateral("held")
    few = literal_column("coalesce(held.participants, 0)", BigInteger) < LEAST_PEOPLE
    complements = counted.hides_one_of(_or_its_provinces(place))
    if known is not None:
        # Nothing of the place stands in these lists, so that PostgreSQL makes each once and looks it up from then on.
        hidden = select(known.c.code).where(known.c.withheld)
        zones = select(known.c.health_zone_code).where(known.c.withheld, known.c.health_zone_code.is_not(None))
        complements = case(
            (place.kind == PlaceKind.HEALTH_ZONE.value, place.code.in_(zones)),
            (place.kind.in_(_AT_ONCE), place.code.in_(hidden)),
            else_=complements,
        )
    reason = case((few, Withheld.TOO_FEW_PEOPLE.value), (complements, Withheld.COMPLEMENT.value))
    verdict = select(reason.label("reason")).limit(1).lateral("verdict")
    shown = verdict.c.reason.is_(None)
    columns: list[ColumnElement[Any]] = [
        cast(period, Text).label("period"),
        starting.c.starts_on,
        (cast(starting.c.starts_on + _length(period), Date) - 1).label("ends_on"),
        *[case((shown, held.c[name])).label(name) for name in ("participants", *FIGURES)],
        verdict.c.reason.label("withheld"),
    ]
    return select(*columns).select_from(starting.outerjoin(held, true()).join(verdict, true()))


def _or_its_provinces(place: Parent) -> ColumnElement[Any]:
    """The code of a place; of a health zone those of its provinces."""
    provinces = select(col(Place.code)).where(
        col(Place.kind) == PlaceKind.PROVINCE.value, col(Place.health_zone_code) == place.code
    )
    zone = place.kind == PlaceKind.HEALTH_ZONE.value
    return case((zone, func.array(provinces.scalar_subquery())), else_=array([place.code], type_=Text))


class _Counted:
    """The counters of one period, and what its places hide.

    Queries inside refer to those around them by plain names: SQLAlchemy would have to guess which one is meant.
    """

    def __init__(self, viewer: Seer, period: Given, starts_on: ColumnElement[date]) -> None:
        self._counters = seen_by(viewer).where(
            col(PlacePeriod.period) == cast(period, Text), col(PlacePeriod.starts_on) == starts_on
        )

    def of(self, code: Any) -> Select[PlacePeriod]:
        """The counters of a place; no row where nobody did anything."""
        return self._counters.where(col(PlacePeriod.place_code) == code)

    def places(self, which: ColumnElement[bool]) -> Select[Any]:
        """Places with their people, nobody where there is no counter."""
        # The limit makes it a look-up for each place, whatever PostgreSQL thinks of how many there are.
        held = self.of(literal_column("places.code", Text)).with_only_columns(col(PlacePeriod.participants))
        one = held.limit(1).lateral("counter")
        people = func.coalesce(one.c.participants, 0).label("people")
        columns: list[ColumnElement[Any]] = [*_PLACE, people]
        return select(*columns).outerjoin(one, true()).where(which)

    def hides_one_of(self, codes: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether one of these places is withheld."""
        asked = self.places(col(Place.code) == any_(codes)).lateral("asked")
        hides = self._hides(literal_column("asked.code", Text))
        return select(true()).select_from(asked).where(or_(asked.c.people < LEAST_PEOPLE, hides)).exists()

    def _hides(self, code: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether a place of enough people is the one that hides its siblings, or the place above, from subtraction.

        What it has to hide is found at the first level, from it upwards, where it is not the smallest of enough people
        or a sibling has too few.
        """
        ancestors = select(col(PlaceAncestor.ancestor_code)).where(col(PlaceAncestor.place_code) == code)
        level = case(_DEPTH, value=col(Place.kind)).label("level")
        path = self.places(and_(col(Place.code).in_(ancestors), level.is_not(None))).add_columns(level)
        # in order before the siblings are read, so that mostly they are read for the first level only
        above = path.order_by(level).offset(0).lateral("above")
        mine = [literal_column(f"above.{name}", Text) for name in ("parent_code", "kind", "code")]
        sibling = self.places(and_(col(Place.parent_code) == mine[0], col(Place.kind) == mine[1])).lateral("sibling")
        few = sibling.c.people < LEAST_PEOPLE
        before = tuple_(sibling.c.people, sibling.c.code) < tuple_(literal_column("above.people", BigInteger), mine[2])
        beside = select(
            func.count().filter(and_(not_(few), before)).label("smaller"),
            func.count().filter(few).label("few"),
            func.sum(sibling.c.people).filter(few).label("together"),
        ).lateral("beside")
        decided = or_(beside.c.smaller > 0, beside.c.few > 0)
        first = select(and_(beside.c.smaller == 0, _need_one_more(beside))).where(decided)
        first = first.select_from(above.join(beside, true())).order_by(above.c.level).limit(1)
        return func.coalesce(first.scalar_subquery(), false())


def _need_one_more(siblings: Any) -> ColumnElement[bool]:
    """Whether siblings of few people could be found from the place above if no other were withheld."""
    return and_(siblings.c.few > 0, or_(siblings.c.few == 1, siblings.c.together < LEAST_PEOPLE))


def _known(viewer: Seer, period: Given, start: ColumnElement[date]) -> CTE:
    """The regions and provinces of one period, and which are withheld, read once for a whole statement.

    The rule of `_Counted.hides_one_of`, for the levels that are mostly asked for all at once.
    """
    kind = or_(*[col(Place.kind) == each for each in _AT_ONCE])
    cell = _Counted(viewer, period, start).places(kind).subquery()
    few, siblings = cell.c.people < LEAST_PEOPLE, [cell.c.kind, cell.c.parent_code]
    rank = func.row_number().over(partition_by=siblings, order_by=[few, cell.c.people, cell.c.code])
    judged = select(
        *cell.c,
        and_(not_(few), rank == 1).label("smallest"),
        func.count().filter(few).over(partition_by=siblings).label("few"),
        func.sum(cell.c.people).filter(few).over(partition_by=siblings).label("together"),
    ).cte()
    above = judged.alias()
    needed = case(
        (judged.c.few > 0, _need_one_more(judged)),
        else_=func.coalesce(and_(above.c.smallest, _need_one_more(above)), false()),
    )
    withheld = or_(judged.c.people < LEAST_PEOPLE, and_(judged.c.smallest, needed)).label("withheld")
    found = select(judged.c.code, judged.c.health_zone_code, withheld)
    found = found.select_from(judged.outerjoin(above, above.c.code == judged.c.parent_code))
    return found.cte().prefix_with("MATERIALIZED")
