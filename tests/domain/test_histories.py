"""However a history is delivered, split and ordered, it comes to the same: to what one item at a time comes to."""

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.base import run
from domain.check import findings
from domain.drafts import DayTotal, Deletion, EnergyKind, Source
from domain.sports import Sport
from tests.domain.compared import comes_to, delivered
from tests.domain.factories import MORNING, NOW, challenge_for, draft, person, taken, team_of


def history(chance: random.Random, people):
    """Items (person, partner, item); what one name and version says is always the same, as partners promise."""
    told = {}
    for _ in range(chance.randrange(3, 25)):
        user, partner, ref = chance.choice(people), chance.choice(("garmin", "strava")), str(chance.randrange(4))
        version = chance.randrange(1, 4)
        kind = chance.choices(("draft", "deletion", "total"), (8, 2, 1))[0]
        told.setdefault((user, partner, ref, version, kind), item(chance, kind, partner, ref, version))
    return [(user, partner, what) for (user, partner, *_), what in told.items()]


def item(chance, kind, partner, ref, version):
    if kind == "deletion":
        return Deletion(partner_ref=ref, version=version)
    day = timedelta(days=chance.randrange(2))
    if kind == "total":
        local_date = (MORNING + day).date()
        steps = version * 1000 + local_date.day * 10 + int(ref)
        return DayTotal(local_date=local_date, steps=steps, version=version * 10 + int(ref), raw=f"{steps}".encode())
    copied = {"upstream": ("garmin", chance.choice("0123"))} if partner == "strava" and chance.random() < 0.3 else {}
    return draft(
        ref,
        at=MORNING + day + timedelta(minutes=chance.choice((0, 1, 2, 33, 40, 600, 1015, 1050))),
        minutes=chance.choice((20, 33, 34.5, 60, 300, -5, 60 * 50)),
        kcal=chance.choice((None, 150, 371, 2400, 90_000)),
        version=version,
        sport=chance.choice((Sport.RUN, Sport.RUN, Sport.TRAIL_RUN, Sport.WALK, Sport.OTHER)),
        distance_meters=chance.choice((None, 5032.1, 42_195.0)),
        steps=chance.choice((None, 5480)),
        energy_kind=chance.choice(list(EnergyKind)),
        source=chance.choice(list(Source)),
        manual=chance.random() < 0.2,
        coarse=chance.random() < 0.2,
        **copied,
    )


@pytest.mark.parametrize("seed", range(12))
async def test_any_split_and_order_of_a_history_comes_to_the_same(worker_sessions, seed):
    chance = random.Random(seed)  # noqa: S311 - repeatable histories
    async with worker_sessions() as session, session.begin():
        one, other = await person(session), await person(session, home_place_code="1036", mass_kg=55.0)
        await team_of(session, one, other)
        people = (one, other)
        await challenge_for(session, one, other, team_kind="province", daily_cap=500)
        await challenge_for(session, one, other, metric="steps")
        await challenge_for(session, one, metric="credits", eligibility={"places": ["90"], "sports": ["run"]})
        items = history(chance, people)

        singly = await comes_to(session, [(user, partner, [what]) for user, partner, what in items])
        batches = [await comes_to(session, delivered(chance, items)) for _ in range(2)]

    assert singly[1] == []
    assert batches == [singly, singly]


async def test_writers_of_the_same_people_wait_and_never_deadlock(worker_sessions):
    async with worker_sessions() as session, session.begin():
        people = [await person(session) for _ in range(30)]
        for user in people:
            await run(
                session,
                text("INSERT INTO persons (partner_name, person_ref, user_id) VALUES ('garmin', :ref, :user)"),
                {"ref": str(user), "user": user},
            )

    async def written(order, hour):
        for day in range(3):
            at = MORNING + timedelta(days=day, hours=hour)
            async with worker_sessions() as session, session.begin():
                items = [draft(f"{day}-{hour}", at=at, person_ref=str(user)) for user in order]
                await taken(session, "garmin", *items, now=NOW)

    await asyncio.gather(written(people, 0), written(people[::-1], 2))

    async with worker_sessions() as session:
        assert [line async for _, _, lines in findings(session) for line in lines] == []
        assert (await run(session, text("SELECT sum(balance) FROM credit_balances"))).scalar() == 30 * 3 * 7
