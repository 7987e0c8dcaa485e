"""What is withheld beside the counters: judged where people came or went, as if all had been judged anew."""

from datetime import date

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.base import inserted, run
from domain.counters import FIGURES, PlaceChange
from domain.folding import fold
from domain.withholding import DIFFERENCES
from tests.domain.factories import figure

JANUARY = date(2026, 1, 1)
# Two provinces of one region and zone, one alone of another; districts, and subdistricts of one district.
HOMES = ["8101", "8102", "8103", "810201", "810202", "8501", "8502", "9301", "930101", "1001"]
comings = st.lists(
    st.tuples(st.sampled_from(HOMES), st.sampled_from(["day", "month"]), st.integers(-12, 14)), min_size=1, max_size=8
)


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


async def queued(session, changes):
    nothing = dict.fromkeys(FIGURES, 0)
    await inserted(
        session,
        PlaceChange,
        [
            {"home_place_code": home, "period": period, "starts_on": JANUARY, "participants": people, **nothing}
            for home, period, people in changes
        ],
    )


async def everybody_of(session, provinces, people):
    """So many in each district of these provinces, so that nobody is missing there."""
    codes = (
        await run(
            session,
            text("SELECT code FROM places WHERE kind = 'district' AND parent_code = ANY(CAST(:p AS text[]))"),
            {"p": provinces},
        )
    ).scalars()
    await queued(session, [(code, period, people) for code in codes for period in ("day", "month")])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(comings, min_size=1, max_size=4), st.integers(1, 3))
async def test_passes_withhold_what_judging_everything_anew_would(session, history, at_once):
    async with session.begin_nested() as example:
        await everybody_of(session, ["81", "85", "93", "90", "92"], 20)
        await fold(session)
        differences = []
        for changes in history:
            await queued(session, changes)
            await fold(session, at_once=at_once)
            differences += (await run(session, text(DIFFERENCES))).scalars().all()
        shown = await figure(session, "SELECT count(*) FROM place_periods WHERE withheld IS NULL")
        await example.rollback()

    assert differences == []
    assert shown > 0


async def test_a_change_of_figures_alone_judges_nothing(session):
    await everybody_of(session, ["81"], 20)
    await fold(session)
    # against the rule, so that judging would be seen
    await run(session, text("UPDATE place_periods SET withheld = 'complement' WHERE place_code = '8101'"))

    nothing = dict.fromkeys(("participants", *FIGURES), 0)
    await inserted(
        session,
        PlaceChange,
        [nothing | {"home_place_code": "8101", "period": "day", "starts_on": JANUARY, "credits": 5}],
    )
    await fold(session)

    assert await figure(session, "SELECT count(*) FROM place_periods WHERE withheld = 'complement'") >= 2


async def test_a_change_of_nothing_asks_for_the_place_to_be_judged(session):
    await everybody_of(session, ["81"], 20)
    await fold(session)
    await run(session, text("UPDATE place_periods SET withheld = 'too_few_people'"))

    await queued(session, [("8101", period, 0) for period in ("day", "month")])
    await fold(session)

    of_krabi = "SELECT array_agg(withheld ORDER BY place_code) FROM place_periods WHERE place_code IN ('8101', 'TH')"
    assert await figure(session, of_krabi) == ["complement", "complement", None, None]
