"""Whatever the order and the split in which records come, they come to the same workouts, credits and counters."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.base import driver_of
from domain.corrections import reformed
from domain.drafts import Deletion, Source
from domain.links import Word, say
from domain.sports import Sport
from tests.domain.compared import comes_to, delivered
from tests.domain.factories import MORNING, NOW, activities_of, challenge_for, draft, person

PARTNERS = ("garmin", "strava", "fit_file", "dpe")
HOUR = 60
# Minutes after the first morning: within minutes of one another, apart by whole hours, on other days, and over two
# days apart.
STARTS = (0, 1, 2.5, 8, 30, HOUR, 7 * HOUR, 7 * HOUR + 1, 17 * HOUR, 47 * HOUR, 49 * HOUR, 60 * HOUR)
# Alike within a tenth and a hundredth, chains, none, and the bound of what may overlap from both sides.
LENGTHS = (-5, 0, 10, 30, 30.2, 33, HOUR, 5 * HOUR, 47 * HOUR, 48 * HOUR, 48 * HOUR + 1, 70 * HOUR)


@st.composite
def items(draw):
    """Up to ten items (partner, item), each version of a name with one content, unless a partner breaks its word."""
    found = []
    for _ in range(draw(st.integers(2, 10))):
        partner, ref = draw(st.sampled_from(PARTNERS)), str(draw(st.integers(0, 2)))
        version = draw(st.integers(1, 3))
        if draw(st.integers(0, 5)) == 0:
            found.append((partner, Deletion(partner_ref=ref, version=draw(st.sampled_from((version, None))))))
            continue
        upstream = draw(st.none() | st.tuples(st.sampled_from(("garmin", "fit_file")), st.sampled_from("012x")))
        figures = {
            "at": MORNING + timedelta(minutes=draw(st.sampled_from(STARTS))),
            "minutes": draw(st.sampled_from(LENGTHS)),
            "kcal": draw(st.sampled_from((None, 150, 371, 90_000))),
            "sport": draw(st.sampled_from((Sport.RUN, Sport.RUN, Sport.TRAIL_RUN, Sport.WALK))),
            "distance_meters": draw(st.sampled_from((None, 5032.1))),
            "source": draw(st.sampled_from(list(Source))),
            "coarse": draw(st.booleans()),
            "upstream": None if upstream is None or upstream[0] == partner else upstream,
            "known_as": draw(st.sampled_from(((), ("x",)))),
        }
        found.append((partner, draft(ref, version=version, **figures)))
    return found


@st.composite
def words(draw):
    """Up to three words of a person about two of their records, present or not."""
    names = st.tuples(st.sampled_from(PARTNERS), st.sampled_from("012"))
    pairs = st.lists(names, min_size=2, max_size=2, unique=True)
    return [(draw(pairs), draw(st.sampled_from(Word))) for _ in range(draw(st.sampled_from((0, 0, 1, 2, 3))))]


async def say_all(session, user, given_words):
    connection = await driver_of(session)
    for n, ((one, other), word) in enumerate(given_words):
        about = {"same": [one, other]} if word is Word.SAME else {"apart": ([one], [other])}
        await say(connection, user, **about, by=user, at=MORNING + timedelta(minutes=n), key=str(n))


async def say_late(session, user, given_words):
    """The words said when all records are there, one after the other, and the activities formed anew by each."""
    for n in range(len(given_words)):
        await say_all(session, user, given_words[: n + 1])
        held = {each.id for each in await activities_of(session, user)}
        await reformed(session, user, held, NOW)


async def _come_to_the_same(worker_sessions, given_items, given_words, chance):
    async with worker_sessions() as session, session.begin():
        somebody = await person(session, mass_kg=55.0)
        await challenge_for(session, somebody, metric="moving_minutes")
        told = [(somebody, partner, what) for partner, what in given_items]

        async def first(session):
            await say_all(session, somebody, given_words)

        async def last(session):
            await say_late(session, somebody, given_words)

        singly = await comes_to(session, [(user, partner, [what]) for user, partner, what in told], before=first)
        others = [
            await comes_to(session, delivered(chance, told), before=first),
            await comes_to(session, delivered(chance, told), after=last),
        ]
        await session.rollback()

    assert singly[1] == []
    assert others == [singly, singly]


def examples(count):
    """Settings for so many histories; one that fails is shown as found, since shrinking replays it a thousand times."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    return settings(max_examples=count, deadline=None, phases=phases, suppress_health_check=list(HealthCheck))


@examples(60)
@given(given_items=items(), given_words=words(), chance=st.randoms(use_true_random=False))
async def test_no_order_and_no_split_of_records_changes_what_they_come_to(
    worker_sessions, given_items, given_words, chance
):
    await _come_to_the_same(worker_sessions, given_items, given_words, chance)


@pytest.mark.long
@examples(1500)
@given(given_items=items(), given_words=words(), chance=st.randoms(use_true_random=False))
async def test_no_order_of_many_more_changes_what_they_come_to(worker_sessions, given_items, given_words, chance):
    await _come_to_the_same(worker_sessions, given_items, given_words, chance)
