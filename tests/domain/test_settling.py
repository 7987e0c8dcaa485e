"""One recording claimed by two people: both wait for review, whoever came first, until one of them lets go."""

import asyncio
import itertools

import pytest

from app.checking import checked
from domain.connections import connect
from domain.drafts import Deletion
from domain.settling import settle
from tests.domain.factories import NOW, activities_of, balance_of, draft, person, taken

FILE = "f" * 64


@pytest.fixture
def sessions(worker_sessions):
    return worker_sessions


async def two(sessions):
    async with sessions() as session, session.begin():
        return await person(session), await person(session)


async def sent(sessions, user, partner, *items):
    async with sessions() as session, session.begin():
        await taken(session, partner, *items, owner=user)


async def settled(sessions):
    async with sessions() as session, session.begin():
        return await settle(session, NOW)


async def standing(sessions, user):
    """Verdict and reasons of the person's one activity, and their balance."""
    async with sessions() as session:
        (activity,) = await activities_of(session, user)
        return activity.verdict, activity.reasons, await balance_of(session, user)


async def faults(sessions):
    return [line async for _, _, lines in checked(sessions) for line in lines]


# Garmin pushes name their person; so each of these is evidence by reference alone, by content, or by a digest.
SHARED = {
    "a copy and its original": (
        ("garmin", draft("15000000001", person_ref=None, raw=b"watch")),
        ("strava", draft("16", raw=b"copy", upstream=("garmin", "15000000001"))),
    ),
    "a copy of another name of the original": (
        ("garmin", draft("summary-1", known_as=("15000000001",), raw=b"watch")),
        ("strava", draft("16", raw=b"copy", upstream=("garmin", "15000000001"))),
    ),
    "two copies of one original": (
        ("strava", draft("16", raw=b"one", upstream=("garmin", "15000000001"))),
        ("strava", draft("17", raw=b"other", upstream=("garmin", "15000000001"))),
    ),
    "one file": (("fit_file", draft("a", raw=b"file")), ("fit_file", draft("b", raw=b"file"))),
    "one track in two layouts": (
        ("fit_file", draft(FILE, raw=b"gpx")),
        ("thai_agency", draft(FILE, raw=b"tcx")),
    ),
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("case", SHARED)
async def test_both_people_wait_for_review_whoever_came_first(sessions, case, turned):
    people = await two(sessions)
    deliveries = list(zip(people, SHARED[case], strict=True))
    for user, (partner, item) in deliveries[::-1] if turned else deliveries:
        await sent(sessions, user, partner, item)
        await settled(sessions)

    assert [await standing(sessions, user) for user in people] == [("flagged", ["SHARED_REFERENCE"], 0)] * 2
    assert await faults(sessions) == []


async def test_who_is_left_alone_with_it_is_released(sessions):
    one, other = await two(sessions)
    for user in (one, other):
        await sent(sessions, user, "fit_file", draft("a", raw=b"file"))
    await settled(sessions)

    await sent(sessions, other, "fit_file", Deletion(partner_ref="a"))
    await settled(sessions)

    assert await standing(sessions, one) == ("accepted", [], 3)
    assert await faults(sessions) == []


async def test_a_newer_version_that_claims_nothing_lets_go(sessions):
    one, other = await two(sessions)
    await sent(sessions, one, "strava", draft("16", version=1, raw=b"one", upstream=("garmin", "15")))
    await sent(sessions, other, "strava", draft("17", raw=b"other", upstream=("garmin", "15")))
    await settled(sessions)

    await sent(sessions, one, "strava", draft("16", version=2, raw=b"mine"))
    before = await standing(sessions, one)
    await settled(sessions)

    assert before[0] == "flagged"  # until the claims are settled, the mark goes with the record
    assert [(await standing(sessions, user))[0] for user in (one, other)] == ["accepted", "accepted"]
    assert await faults(sessions) == []


async def test_ones_own_copies_are_shared_with_nobody(sessions):
    one, _ = await two(sessions)
    for partner, item in SHARED["a copy and its original"]:
        await sent(sessions, one, partner, item)
    await settled(sessions)

    assert await standing(sessions, one) == ("accepted", [], 3)


async def test_what_names_its_person_is_that_persons_by_the_partners_word(sessions):
    one, other = await two(sessions)
    async with sessions() as session, session.begin():
        for number, user in enumerate((one, other)):
            await connect(session, user, "bma", str(number))
        await taken(session, "bma", *(draft("7", person_ref=str(number), raw=b"row") for number in range(2)))
    await settled(sessions)

    assert (await standing(sessions, one))[0] == (await standing(sessions, other))[0] == "accepted"


async def test_passes_and_deliveries_of_both_people_at_once_end_the_same(sessions):
    one, other = await two(sessions)

    async def deliveries(user, refs):
        for ref in refs:
            day = draft(ref, raw=f"file {ref}".encode())
            await sent(sessions, user, "fit_file", day)

    async def passes():
        for _ in range(20):
            await settled(sessions)

    refs = [str(number) for number in range(8)]
    await asyncio.gather(deliveries(one, refs), deliveries(other, refs[::-1]), passes(), passes())
    while await settled(sessions):
        pass

    async with sessions() as session:
        found = itertools.chain(await activities_of(session, one), await activities_of(session, other))
        assert {tuple(each.reasons) for each in found} == {("SHARED_REFERENCE",)}
    assert await faults(sessions) == []
