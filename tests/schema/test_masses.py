"""What people weigh from which day on, and what it changes of their estimates."""

from datetime import date, timedelta

import pytest

from tests.schema import factories as make

SET = """mutation($input: SetMassInput!) { setMass(input: $input) {
  userErrors { code path } activitiesFormed user { massKg } } }"""
MINE = "{ viewer { user { activities(orderBy: EARLIEST) { nodes { massUsedKg } } } } }"


@pytest.fixture
def weigh(ask):
    async def weighed(user_id, kg, since):
        given = {"massKg": kg, "validFrom": since.isoformat()}
        return (await ask(SET, make.citizen(user_id), input=given))["setMass"]

    return weighed


@pytest.fixture
def masses(ask):
    """The mass that each of one's activities was estimated with, the earliest first."""

    async def used(user_id):
        nodes = (await ask(MINE, make.citizen(user_id)))["viewer"]["user"]["activities"]["nodes"]
        return [each["massUsedKg"] for each in nodes]

    return used


async def ran(sessions, user_id, *, days):
    """Runs without energy on these days before the present one, sent in that order."""
    for day in days:
        run = make.run(make.NOW - timedelta(days=day, hours=5), energy_kcal=None)
        await make.sent(sessions, "garmin", run, owner=user_id)


async def test_a_mass_counts_from_its_day_on_and_not_before(weigh, masses, worker_sessions):
    malee = await make.person(worker_sessions, mass_kg=70.0)
    await ran(worker_sessions, malee, days=(20, 10, 0))

    answer = await weigh(malee, 65, make.TODAY - timedelta(days=10))

    assert (answer["activitiesFormed"], answer["user"]["massKg"]) == (2, 65.0)
    assert await masses(malee) == [70.0, 65.0, 65.0]


async def test_the_first_mass_counts_for_the_days_before_it(weigh, masses, worker_sessions):
    malee = await make.person(worker_sessions)
    await ran(worker_sessions, malee, days=(20, 0))
    assumed = await masses(malee)

    await weigh(malee, 50, make.TODAY - timedelta(days=10))

    assert assumed == [60.0, 60.0]
    assert await masses(malee) == [50.0, 50.0]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("runs_first", [True, False])
async def test_masses_and_records_come_to_the_same_in_any_order(weigh, masses, worker_sessions, order, runs_first):
    malee = await make.person(worker_sessions, mass_kg=80.0)
    said = [(70, 20), (65, 10), (60, 5)]
    days = (25, 15, 7, 0)
    if runs_first:
        await ran(worker_sessions, malee, days=days)

    for place in order:
        kg, day = said[place]
        await weigh(malee, kg, make.TODAY - timedelta(days=day))
    if not runs_first:
        await ran(worker_sessions, malee, days=days[::-1])

    assert await masses(malee) == [80.0, 70.0, 65.0, 60.0]


@pytest.mark.parametrize(("age", "mass"), [(12, 30.0), (13, 50.0), (17, 50.0), (18, 60.0)])
async def test_an_unknown_mass_is_assumed_by_age_and_said(ask, worker_sessions, age, mass):
    malee = await make.person(worker_sessions, birth_year=make.TODAY.year - age)
    await ran(worker_sessions, malee, days=(0,))

    document = "{ viewer { user { activities { nodes { massUsedKg decisionCodes decisions(language: EN) } } } } }"
    (run,) = (await ask(document, make.citizen(malee)))["viewer"]["user"]["activities"]["nodes"]

    assert (run["massUsedKg"], run["decisionCodes"]) == (mass, ["MASS_ASSUMED"])
    assert run["decisions"][-1] == f"Body mass is unknown; {mass:g} kg is the programme's assumption."


async def test_the_same_mass_again_changes_nothing(weigh, worker_sessions):
    malee = await make.person(worker_sessions)
    await ran(worker_sessions, malee, days=(0,))

    counts = [(await weigh(malee, 65, make.TODAY))["activitiesFormed"] for _ in range(2)]

    assert counts == [1, 0]


async def test_a_mass_that_nobody_has_or_a_day_to_come_is_refused(weigh, worker_sessions):
    malee = await make.person(worker_sessions)
    given = [(9, make.TODAY), (401, make.TODAY), (65, make.TODAY + timedelta(days=1)), (65, date(1899, 1, 1))]

    refused = [(await weigh(malee, *each))["userErrors"][0]["path"][-1] for each in given]

    assert refused == ["massKg", "massKg", "validFrom", "validFrom"]


async def test_only_citizens_with_the_scope_of_health_say_what_they_weigh(execute, worker_sessions):
    malee = await make.person(worker_sessions)
    given = {"massKg": 65, "validFrom": make.TODAY.isoformat()}

    for viewer in (make.citizen(malee, without=["health:write"]), make.partner("garmin"), make.admin()):
        result = await execute(SET, viewer, input=given)

        assert result.errors[0]["extensions"]["code"] == "FORBIDDEN"
