"""What is shown of who takes part: no sum of it, at any moment or between any two, is about fewer than ten people."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import chain, combinations

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.base import run
from domain.demographics import UNKNOWN, AgeBand, Cell, age_band_of, of_user, province_of, renewed
from domain.statistics import Withheld
from tests.domain.factories import person

MONDAY = date(2026, 1, 5)
NAMES = ("a", "b", "c", "d")
FEW, COMPLEMENT = Withheld.TOO_FEW_PEOPLE.value, Withheld.COMPLEMENT.value
joins = st.one_of(st.just(0), st.integers(0, 4), st.integers(8, 14))
moves = st.tuples(joins, st.one_of(st.just(0), st.integers(0, 12)))
lives = st.integers(3, 4).flatmap(
    lambda cells: st.lists(st.lists(moves, min_size=cells, max_size=cells), min_size=1, max_size=5)
)


def grown(cell, joined, left):
    held = cell.joins - cell.leaves + joined
    return Cell(**{**fields(cell), "joins": cell.joins + joined, "leaves": cell.leaves + min(left, held)})


def fields(cell):
    return {name: getattr(cell, name) for name in Cell.__slots__}


def lived(days):
    """The cells after each day: as they are, and as they are shown."""
    cells = [Cell(cell=name) for name in NAMES[: len(days[0])]]
    told = []
    for number, moved in enumerate(days):
        cells = [grown(cell, *each) for cell, each in zip(cells, moved, strict=True)]
        cells = renewed(cells, MONDAY + timedelta(days=number))
        told.append(cells)
    return told


class Known:
    """The sums over (cell, day) of who came less who went that follow from what was told."""

    def __init__(self, rows):
        self.pivots = {}
        for row in rows:
            rest = self._rest([Fraction(value) for value in row])
            first = next((n for n, value in enumerate(rest) if value), None)
            if first is not None:
                self.pivots[first] = [value / rest[first] for value in rest]

    def _rest(self, row):
        for at, held in sorted(self.pivots.items()):
            if row[at]:
                times = row[at]
                row = [value - times * other for value, other in zip(row, held, strict=True)]
        return row

    def __contains__(self, row):
        return not any(self._rest([Fraction(value) for value in row]))


@settings(max_examples=150, deadline=None)
@given(lives)
def test_nothing_about_fewer_than_ten_people_is_found_by_subtracting_sums_or_moments(days):
    told = lived(days)
    cells, count = range(len(told[0])), len(days)

    def row(some, after, until):
        return [int(cell in some and after <= day < until) for cell in cells for day in range(count)]

    # Everybody knows how many take part, on every day; whoever looks each day knows what was ever shown.
    rows = [row(cells, 0, until) for until in range(1, count + 1)]
    shown = {(n, cell.shown_on) for each in told for n, cell in enumerate(each) if cell.people is not None}
    rows += [row([n], 0, (on - MONDAY).days + 1) for n, on in shown]
    known = Known(rows)
    some = chain.from_iterable(combinations(cells, size) for size in range(1, len(cells)))

    for part in some:
        for after in range(count):
            for until in range(after + 1, count + 1):
                if row(part, after, until) in known:
                    before = told[after - 1] if after else [Cell(cell=name) for name in NAMES]
                    moved = sum(told[until - 1][n].moves - before[n].moves for n in part)
                    assert moved >= 10, (part, after, until)
                    assert after or sum(told[until - 1][n].now for n in part) >= 10


@settings(max_examples=300, deadline=None)
@given(lives)
def test_what_is_shown_was_so_on_the_day_it_names_and_is_about_ten_people(days):
    told = lived(days)

    for each in chain.from_iterable(told):
        assert (each.people is None) == (each.withheld is not None)
        if each.people is not None:
            then = next(cell for cell in told[(each.shown_on - MONDAY).days] if cell.cell == each.cell)
            assert each.people == then.now >= 10


def shown(**people):
    cells = [Cell(cell=name, joins=joined) for name, joined in people.items()]
    return {each.cell: each.people or each.withheld for each in renewed(cells, MONDAY)}


@pytest.mark.parametrize(
    ("people", "seen"),
    [
        ({"a": 30, "b": 20, "c": 10}, {"a": 30, "b": 20, "c": 10}),
        ({"a": 30, "b": 20, "c": 9}, {"a": 30, "b": COMPLEMENT, "c": FEW}),
        ({"a": 30, "b": 6, "c": 4}, {"a": 30, "b": FEW, "c": FEW}),
        ({"a": 30, "b": 0, "c": 0}, {"a": FEW, "b": FEW, "c": FEW}),
        ({"a": 30, "b": 20, "c": 5, "d": 4}, {"a": 30, "b": COMPLEMENT, "c": FEW, "d": FEW}),
    ],
)
def test_the_smallest_of_the_others_hides_who_would_be_left_over(people, seen):
    assert shown(**people) == seen


def test_a_day_on_which_few_people_moved_shows_what_the_day_before_did():
    first = renewed([Cell(cell=name, joins=50) for name in NAMES], MONDAY)

    later = renewed([grown(cell, 9, 0) for cell in first], MONDAY + timedelta(days=1))

    assert [(each.people, each.shown_on) for each in later] == [(50, MONDAY)] * 4


def test_cells_take_turns_where_one_must_always_be_kept_back():
    cells, shown_on = [Cell(cell=name) for name in ("a", "b", "few")], []
    for number in range(4):
        moved = [grown(cell, joined, 0) for cell, joined in zip(cells, (40, 30, number == 0), strict=True)]
        cells = renewed(moved, MONDAY + timedelta(days=number))
        shown_on.append([each.shown_on and (each.shown_on - MONDAY).days for each in cells])

    assert shown_on == [[0, None, None], [0, 1, None], [2, 1, None], [2, 3, None]]


@pytest.mark.parametrize(
    ("birth_year", "band"),
    [
        (None, UNKNOWN),
        (2009, AgeBand.UNDER_18),
        (2008, AgeBand.FROM_18_TO_24),
        (1966, AgeBand.FROM_60),
        (1900, "from_60"),
    ],
)
def test_an_age_band_is_that_of_the_years_one_becomes_in_the_year_of_joining(birth_year, band):
    assert age_band_of(birth_year, 2026) == band


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


async def test_sql_and_python_agree_about_cells(session):
    people = [
        (year, sex, home) for year in (None, *range(1955, 2016)) for sex, home in (("female", "1001"), (None, None))
    ]
    for year, sex, home in people:
        await person(session, birth_year=year, sex=sex, home_place_code=home)

    found = await run(session, text(f"SELECT {of_user('2026')} FROM users u"))  # noqa: S608

    mine = [(age_band_of(year, 2026), sex or UNKNOWN, province_of(home)) for year, sex, home in people]
    assert sorted(map(tuple, found)) == sorted(mine)
