import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import text

from auth.viewer import ANONYMOUS
from domain.base import inserted, run
from domain.counters import PlacePeriod
from domain.folding import fold
from domain.places import PlaceKind, all_places
from domain.withholding import JUDGE_EVERYTHING
from tests.schema import factories as make

JANUARY = date(2026, 1, 1)
ELSEWHERE = {each.code: 5000 for each in all_places() if each.kind in {PlaceKind.REGION, PlaceKind.PROVINCE}}
"""Enough people in every region and province."""
KRABI = ("8101", "8102", "8103", "8104", "8105", "8106", "8107", "8108")
"""The districts of the province 81."""
FIGURES = "participants activities movingSeconds distanceMeters energyKcal credits withheld"
CELL = f"""
query($code: String!, $period: Period! = MONTH, $on: Date! = "2026-01-31") {{
  place(code: $code) {{
    name(language: EN) statistics(period: $period, on: $on) {{ period startsOn endsOn {FIGURES} }}
  }}
}}
"""
DISTRICTS = """
{ place(code: "81") {
  statistics(period: MONTH, on: "2026-01-01") { withheld }
  children(first: 100) { nodes { code statistics(period: MONTH, on: "2026-01-01") { participants withheld } } }
} }
"""
SERIES = """
query($period: Period!, $from: Date!, $to: Date!, $first: Int, $after: String) { place(code: "81") {
  statisticsByPeriod(period: $period, fromDate: $from, toDate: $to, first: $first, after: $after) {
    nodes { startsOn endsOn participants withheld } pageInfo { hasNextPage endCursor }
  }
} }
"""
WITHHELD = dict.fromkeys(FIGURES.split())


async def counted(sessions, people, *, period="month", starts_on=JANUARY, **figures):
    """Counters of just these places; the others have none."""
    rows = [
        {
            "place_code": code,
            "period": period,
            "starts_on": starts_on,
            "participants": count,
            "activities": 3 * count,
            "moving_seconds": 3600 * count,
            "distance_meters": 5000 * count,
            "energy_kcal": 700 * count,
            "credits": 7 * count,
        }
        | figures
        for code, count in people.items()
    ]
    async with sessions.begin() as session:
        await inserted(session, PlacePeriod, rows)
        await run(session, text(JUDGE_EVERYTHING))


@pytest.fixture
def cell(ask):
    async def found(code, **variables):
        return (await ask(CELL, make.ministry(), code=code, **variables))["place"]["statistics"]

    return found


@pytest.fixture
def districts(ask):
    """What is shown of the districts of Krabi: people, or why not."""

    async def found():
        nodes = (await ask(DISTRICTS, make.ministry()))["place"]["children"]["nodes"]
        shown = {each["code"]: each["statistics"] for each in nodes}
        assert all((each["participants"] is None) == (each["withheld"] is not None) for each in shown.values())
        return {code: each["withheld"] or each["participants"] for code, each in shown.items()}

    return found


async def test_a_month_of_a_province_is_read_from_its_counter(cell, worker_sessions):
    await counted(worker_sessions, {"81": 12, "TH": 4000}, energy_kcal=2**40)

    assert await cell("TH") == {
        "period": "MONTH",
        "startsOn": "2026-01-01",
        "endsOn": "2026-01-31",
        "participants": 4000,
        "activities": 12_000,
        "movingSeconds": 14_400_000,
        "distanceMeters": 20_000_000,
        "energyKcal": 2**40,
        "credits": 28_000,
        "withheld": None,
    }


@pytest.mark.parametrize(
    ("period", "on", "starts_on", "ends_on"),
    [
        ("DAY", "2026-01-31", "2026-01-31", "2026-01-31"),
        ("MONTH", "2026-01-01", "2026-01-01", "2026-01-31"),
        ("MONTH", "2024-02-29", "2024-02-01", "2024-02-29"),
        ("MONTH", "2026-12-31", "2026-12-01", "2026-12-31"),
        ("DAY", "9999-12-31", "9999-12-31", "9999-12-31"),
        ("MONTH", "0001-01-01", "0001-01-01", "0001-01-31"),
    ],
)
async def test_any_day_names_the_period_that_holds_it(cell, period, on, starts_on, ends_on):
    found = await cell("TH", period=period, on=on)

    assert (found["period"], found["startsOn"], found["endsOn"]) == (period, starts_on, ends_on)


async def test_nine_people_are_too_few_and_ten_are_shown(cell, worker_sessions):
    await counted(worker_sessions, {"TH": 9})
    await counted(worker_sessions, {"TH": 10}, starts_on=date(2026, 2, 1))

    nine, ten = await cell("TH"), await cell("TH", on="2026-02-28")

    assert {name: nine[name] for name in WITHHELD} == WITHHELD | {"withheld": "TOO_FEW_PEOPLE"}
    assert (ten["participants"], ten["activities"], ten["withheld"]) == (10, 30, None)


async def test_nobody_at_all_looks_like_a_few_people(cell, worker_sessions):
    await counted(worker_sessions, {"81": 1, "82": 0})

    assert await cell("81") == await cell("82") == await cell("83")


@pytest.mark.parametrize(
    ("people", "withheld"),
    [
        # nobody is few
        ([30, 31, 32, 33, 34, 35, 36, 37], {}),
        # one alone needs another, the smallest
        ([30, 31, 9, 33, 34, 35, 36, 37], {"8103": "TOO_FEW_PEOPLE", "8101": "COMPLEMENT"}),
        # equally small: the first by code
        ([3, 30, 30, 33, 34, 35, 36, 37], {"8101": "TOO_FEW_PEOPLE", "8102": "COMPLEMENT"}),
        # two who are ten together hide each other
        ([4, 6, 32, 33, 34, 35, 36, 37], {"8101": "TOO_FEW_PEOPLE", "8102": "TOO_FEW_PEOPLE"}),
        # two who are nine together are as one
        (
            [4, 5, 32, 33, 34, 35, 36, 31],
            {"8101": "TOO_FEW_PEOPLE", "8102": "TOO_FEW_PEOPLE", "8108": "COMPLEMENT"},
        ),
        # where nobody did anything is a place of few people, too
        ([0, 30, 31, 33, 34, 35, 36, 37], {"8101": "TOO_FEW_PEOPLE", "8102": "COMPLEMENT"}),
        # nothing is left to withhold
        ([9, 0, 0, 0, 0, 0, 0, 0], dict.fromkeys(KRABI, "TOO_FEW_PEOPLE")),
    ],
)
async def test_a_place_of_few_people_is_not_found_from_its_siblings(districts, worker_sessions, people, withheld):
    given = dict(zip(KRABI, people, strict=True))
    everybody = ELSEWHERE | {"81": sum(people)} | {code: count for code, count in given.items() if count}
    await counted(worker_sessions, everybody)

    assert await districts() == given | withheld


async def test_a_place_that_hides_a_sibling_is_not_found_from_its_own_places(ask, districts, worker_sessions):
    # Krabi (81) hides Ranong (85): Krabi's districts must not add up to it.
    districts_of_krabi = dict(zip(KRABI, range(28, 36), strict=True))
    await counted(worker_sessions, ELSEWHERE | {"85": 3, "81": 252} | districts_of_krabi)

    data = await ask(DISTRICTS, make.ministry())

    assert data["place"]["statistics"] == {"withheld": "COMPLEMENT"}
    assert await districts() == districts_of_krabi | {"8101": "COMPLEMENT"}


async def test_a_health_zone_is_shown_when_all_its_provinces_are(ask, worker_sessions):
    document = """query($on: Date!) { places(where: {kind: HEALTH_ZONE}, orderBy: CODE) {
        nodes { code statistics(period: MONTH, on: $on) { withheld } } } }"""
    everywhere = ELSEWHERE | {each.code: 5000 for each in all_places() if each.kind == PlaceKind.HEALTH_ZONE}
    await counted(worker_sessions, everywhere)
    await counted(worker_sessions, everywhere | {"85": 3, "81": 252}, starts_on=date(2026, 2, 1))

    async def hidden(on):
        zones = (await ask(document, make.ministry(), on=on))["places"]["nodes"]
        return {each["code"]: each["statistics"]["withheld"] for each in zones if each["statistics"]["withheld"]}

    assert await hidden("2026-01-01") == {}
    assert await hidden("2026-02-01") == {"HZ11": "COMPLEMENT"}  # both provinces are of this zone


LEVELS = """query($kind: PlaceKind!, $after: String) { places(where: {kind: $kind}, first: 100, after: $after) {
    nodes { code statistics(period: MONTH, on: "2026-01-01") { participants withheld } }
    pageInfo { hasNextPage endCursor } } }"""


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_withheld_is_not_found_by_subtracting_whatever_is_shown(ask, worker_sessions, seed):
    # given a country whose districts have few people or many, so that all levels have both
    dice = random.Random(seed)  # noqa: S311 - data, not secrets
    places = {each.code: each for each in all_places() if each.kind != PlaceKind.SUBDISTRICT}
    few = dice.choice([0.01, 0.1, 0.5, 0.9, 0.97])
    people = defaultdict(int)
    for each in places.values():
        if each.kind == PlaceKind.DISTRICT:
            count = dice.randint(0, 9) if dice.random() < few else dice.randint(10, 40)
            province = places[each.parent_code]
            for code in (each.code, province.code, province.parent_code, province.health_zone_code, "TH"):
                people[code] += count
    await counted(worker_sessions, people)

    # when everything is asked for, and what the sums leave no choice for is computed
    shown, reasons = {}, {}
    for kind in ("COUNTRY", "REGION", "HEALTH_ZONE", "PROVINCE", "DISTRICT"):
        after, more = None, True
        while more:
            page = (await ask(LEVELS, make.ministry(), kind=kind, after=after))["places"]
            shown |= {each["code"]: each["statistics"]["participants"] for each in page["nodes"]}
            reasons |= {each["code"]: each["statistics"]["withheld"] for each in page["nodes"]}
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    known = {code: count for code, count in shown.items() if count is not None}
    found = solved(sums_of(places), known)

    # then it is no place of the tree, and no health zone of few people
    assert {code for code in found if places[code].kind != PlaceKind.HEALTH_ZONE or people[code] < 10} == set()
    assert known == {code: people[code] for code in known}
    assert {c for c, why in reasons.items() if why == "TOO_FEW_PEOPLE"} == {c for c in places if people[c] < 10}


def sums_of(places):
    """Each place with those that add up to it: the tree, and health zones across it."""
    zones = [code for code, each in places.items() if each.kind == PlaceKind.HEALTH_ZONE]
    parts = {code: [c for c, p in places.items() if p.parent_code == code and c not in zones] for code in places}
    parts |= {zone: [c for c, p in places.items() if p.health_zone_code == zone] for zone in zones}
    return [(whole, some) for whole, some in [*parts.items(), ("TH", zones)] if some]


def solved(sums, known):
    """The places that the sums leave no choice for, besides those known: Gauss and Jordan, in whole fractions."""
    rows = []
    for whole, parts in sums:
        row = {
            code: Fraction(sign) for code, sign in [(whole, -1), *[(part, 1) for part in parts]] if code not in known
        }
        for pivot, other in rows:
            row = minus(row, other, row.get(pivot, 0))
        if row:
            pivot, head = next(iter(row.items()))
            row = {code: value / head for code, value in row.items()}
            rows = [(p, minus(other, row, other.get(pivot, 0))) for p, other in rows] + [(pivot, row)]
    return {pivot for pivot, row in rows if len(row) == 1}


def minus(row, other, times):
    made = {code: row.get(code, 0) - times * other.get(code, 0) for code in {**row, **other}} if times else row
    return {code: value for code, value in made.items() if value}


async def test_an_activity_counts_in_the_month_in_which_it_started_in_thailand(cell, worker_sessions):
    # half past midnight of the first of February in Bangkok, still January in UTC
    midnight, now = datetime(2026, 1, 31, 17, 30, tzinfo=UTC), datetime(2026, 2, 1, 5, tzinfo=UTC)
    for _ in range(10):
        ref = await make.linked(worker_sessions, await make.person(worker_sessions, home_place_code="8101"), "garmin")
        runs = [make.run(midnight, person_ref=ref), make.run(midnight - timedelta(hours=2), person_ref=ref)]
        await make.sent(worker_sessions, "garmin", *runs, now=now)
    async with worker_sessions.begin() as session:
        await fold(session, wait=True)

    before = await cell("TH", period="DAY", on="2026-01-31"), await cell("TH", on="2026-01-01")
    after = await cell("TH", period="DAY", on="2026-02-01"), await cell("TH", on="2026-02-28")

    assert [(each["participants"], each["activities"]) for each in (*before, *after)] == [(10, 10)] * 4


@pytest.mark.parametrize("kind", ["anonymous", "citizen", "partner", "sponsor"])
async def test_statistics_need_their_scope(execute, worker_sessions, kind):
    viewers = {"anonymous": ANONYMOUS, "partner": make.partner("garmin"), "sponsor": make.sponsor("demo_sponsor")}
    viewer = viewers.get(kind) or make.citizen(await make.person(worker_sessions))

    result = await execute(CELL, viewer, code="81")

    assert result.data == {"place": {"name": "Krabi", "statistics": None}}
    (error,) = result.errors
    assert (error["path"], error["extensions"]["code"]) == (["place", "statistics"], "FORBIDDEN")


async def test_administrators_see_no_more_than_the_ministry(ask, worker_sessions):
    await counted(worker_sessions, {"TH": 9})

    data = await ask(CELL, make.admin(), code="TH")

    assert data["place"]["statistics"]["withheld"] == "TOO_FEW_PEOPLE"


async def test_a_month_of_all_provinces_is_one_statement(execute, worker_sessions):
    provinces = [each.code for each in all_places() if each.kind == PlaceKind.PROVINCE]
    people = {code: 1000 + number for number, code in enumerate(provinces)}
    await counted(worker_sessions, ELSEWHERE | people)

    result = await execute(
        """{ places(where: {kind: PROVINCE}, first: 77) { nodes { code name healthZone { name }
        statistics(period: MONTH, on: "2026-01-15") { participants energyKcal withheld } } } }""",
        make.ministry(),
    )

    found = {each["code"]: each["statistics"]["participants"] for each in result.data["places"]["nodes"]}
    assert (result.errors, result.statements) == ([], 1)
    assert found == people


async def test_a_series_has_a_cell_for_every_period_also_for_empty_ones(ask, worker_sessions):
    await counted(worker_sessions, {"81": 300}, starts_on=date(2025, 12, 1))
    await counted(worker_sessions, dict.fromkeys(KRABI, 20) | {"81": 2}, starts_on=date(2026, 2, 1))

    data = await ask(SERIES, make.ministry(), period="MONTH", **{"from": "2025-12-24", "to": "2026-02-01"})

    found = [tuple(each.values()) for each in data["place"]["statisticsByPeriod"]["nodes"]]
    # the other provinces of the region have nobody at all, so that Krabi alone cannot be shown beside them
    assert found == [
        ("2025-12-01", "2025-12-31", None, "COMPLEMENT"),
        ("2026-01-01", "2026-01-31", None, "TOO_FEW_PEOPLE"),
        ("2026-02-01", "2026-02-28", None, "TOO_FEW_PEOPLE"),
    ]


async def test_a_series_withholds_what_the_single_cell_withholds(ask, worker_sessions):
    # few people in the south and in one region of several: every reason there is, at every level
    west = {each.code: 0 for each in all_places() if each.parent_code == "R2"} | {"R2": 4}
    await counted(worker_sessions, ELSEWHERE | west | {"85": 3, "81": 252, "TH": 100_000})
    document = """query($kind: PlaceKind!) { places(where: {kind: $kind}, first: 90) { nodes {
        statistics(period: MONTH, on: "2026-01-01") { participants withheld }
        statisticsByPeriod(period: MONTH, fromDate: "2026-01-01", toDate: "2026-01-01") {
            nodes { participants withheld } }
    } } }"""

    for kind in ("COUNTRY", "REGION", "HEALTH_ZONE", "PROVINCE"):
        nodes = (await ask(document, make.ministry(), kind=kind))["places"]["nodes"]
        assert [[each["statistics"]] for each in nodes] == [each["statisticsByPeriod"]["nodes"] for each in nodes]


async def test_a_series_ends_after_four_hundred_periods_and_is_read_in_pages(ask):
    found, after, more = [], None, True
    while more:
        data = await ask(
            SERIES,
            make.ministry(),
            period="DAY",
            first=100,
            after=after,
            **{"from": "2025-01-01", "to": "9999-12-31"},
        )
        page = data["place"]["statisticsByPeriod"]
        found += [each["startsOn"] for each in page["nodes"]]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

    assert found == [(date(2025, 1, 1) + timedelta(days=day)).isoformat() for day in range(400)]


async def test_a_series_that_ends_before_it_starts_is_empty(ask):
    data = await ask(SERIES, make.ministry(), period="DAY", **{"from": "2026-01-02", "to": "2026-01-01"})

    assert data["place"]["statisticsByPeriod"]["nodes"] == []


async def test_more_than_a_hundred_cells_of_a_place_at_once_are_refused(execute):
    result = await execute(
        SERIES, make.ministry(), period="DAY", first=101, **{"from": "2025-01-01", "to": "2026-01-01"}
    )

    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


async def test_a_hundred_cells_of_every_province_are_too_many(execute):
    result = await execute(
        """{ places(where: {kind: PROVINCE}, first: 100) { nodes {
        statisticsByPeriod(period: DAY, fromDate: "2025-01-01", toDate: "2025-12-31", first: 100) {
        nodes { participants } } } } }""",
        make.ministry(),
    )

    assert [error["extensions"]["code"] for error in result.errors] == ["QUERY_TOO_COMPLEX"]


@pytest.mark.parametrize("day", ["2026-02-30", "31/01/2569", "2569"])
async def test_what_is_no_day_is_refused(execute, day):
    result = await execute(CELL, make.ministry(), code="81", on=day)

    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]
