"""Days booked by another rulebook: what is foreseen is what is booked, once, and it stays whatever arrives later."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.folding import drained
from app.rebooking import Span, booked, foreseen, told
from domain.bangkok import monday
from domain.base import run
from domain.check import findings
from domain.errors import BadInput, Conflict, NotFound
from domain.rulebooks import approved
from domain.rulemaking import Administrator, RulebookDecided, Wish, approve, drafted, withdraw
from domain.sports import Sport
from domain.weeks import rolled
from tests.domain.factories import MORNING, NOW, challenge_for, draft, figure, person, taken, team_of
from tests.domain.test_histories import history

ONE, OTHER, OPERATOR = (Administrator(name, None) for name in ("user:1", "user:2", "command:somebody"))
DAY = MORNING.date()
JANUARY = Span(version=2, starts_on=DAY, ends_on=date(2026, 1, 31))
CHANGES = {
    "dearer credits": {("kcal_per_credit",): 250},
    "more credits, lower caps": {("kcal_per_credit",): 40, ("daily_cap_credits",): 6, ("manual_daily_cap_credits",): 1},
    "stricter limits": {("speed_limits", "running", "flag_mps"): 2.0, ("flag_steps_per_minute",): 100},
    "doubted energy": {("energy_kcal_per_hour",): 300, ("default_mass_kg",): 90},
    "milder limits": {("reject_elapsed_seconds",): 14 * 86_400, ("flag_elapsed_seconds",): 14 * 86_400},
}  # fmt: skip

# What a person has, without ids and moments of writing.
OWN = {
    "activities": """
        SELECT sport, started_at, energy_kcal, energy_source, verdict, reasons, credits, record_count FROM activities
        WHERE user_id = :user AND deleted_at IS NULL
    """,
    "credits": """
        SELECT local_date, sum(amount) FROM credit_entries WHERE user_id = :user GROUP BY 1 HAVING sum(amount) <> 0
    """,
    "balance": "SELECT balance FROM credit_balances WHERE user_id = :user AND balance <> 0",
    "days": """
        SELECT local_date, activities, moving_seconds, vigorous_seconds, energy_kcal, credits FROM user_days
        WHERE user_id = :user AND activities > 0
    """,
    "challenge": "SELECT local_date, value FROM challenge_days WHERE user_id = :user AND value <> 0",
}


def quiet(_what, _done, _total):
    pass


async def rulebook(sessions, changes, *, version=2):
    """An approved rulebook with these changes, in force long after the days of these tests."""
    async with sessions.begin() as session:
        wish = Wish(
            changes=changes, in_force_from=date(2027, 1, version), reason="a test", idempotency_key=f"key {version}"
        )
        made = await drafted(session, wish, ONE, NOW)
        await approve(session, made, OTHER, "a test", NOW)
    assert made == version


async def wrong(sessions):
    async with sessions() as session, session.begin():
        return [line async for _, _, lines in findings(session) for line in lines]


async def own(session, user):
    return {what: sorted(map(repr, await run(session, text(sql), {"user": user}))) for what, sql in OWN.items()}


async def delivered(sessions, user, items):
    async with sessions.begin() as session:
        for partner, item in items:
            await taken(session, partner, item, owner=user)


async def month(sessions, people=3, **columns):
    """People with a run of 371 kcal on each of seven days, and a challenge that counts credits."""
    async with sessions.begin() as session:
        users = [await person(session) for _ in range(people)]
        await team_of(session, *users)
        race = await challenge_for(session, *users, metric="credits", team_kind="province", **columns)
        for user in users:
            week = [draft(str(day), at=MORNING + timedelta(days=day), kcal=371) for day in range(7)]
            await taken(session, "garmin", *week, owner=user)
    return users, race


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("seed", range(3))
async def test_it_does_not_matter_what_arrived_before_and_what_after(worker_sessions, what, seed):
    chance = random.Random(seed)  # noqa: S311 - repeatable histories
    async with worker_sessions.begin() as session:
        people = [await person(session, mass_kg=55.0 if seed else None) for _ in range(3)]
        await team_of(session, *people)
        await challenge_for(session, *people, metric="credits", team_kind="province")
        told_items = [(partner, item) for _, partner, item in history(chance, (people[0],))]
    earlier = {people[0]: told_items, people[1]: told_items[: len(told_items) // 2], people[2]: []}
    await rulebook(worker_sessions, CHANGES[what])
    for user, items in earlier.items():
        await delivered(worker_sessions, user, items)

    would = await foreseen(worker_sessions, JANUARY, NOW, quiet, at_once=2)
    did = await booked(worker_sessions, JANUARY, OPERATOR, "a test", NOW, quiet, at_once=1)
    between = await wrong(worker_sessions)
    for user, items in earlier.items():
        await delivered(worker_sessions, user, told_items[len(items) :])

    assert did == would
    assert between == []
    assert await wrong(worker_sessions) == []
    async with worker_sessions() as session:
        first, *others = [await own(session, user) for user in people]
    assert others == [first, first]


async def test_differences_are_new_entries_that_name_the_rulebook(worker_sessions):
    (user, *_), _ = await month(worker_sessions)
    await rulebook(worker_sessions, {("kcal_per_credit",): 200})

    tally = await booked(worker_sessions, JANUARY, OPERATOR, "a test", NOW, quiet)

    assert (tally.people, tally.days, tally.days_changed, tally.people_changed) == (3, 21, 21, 3)
    assert (tally.credits_more, tally.credits_less) == (0, 42)
    assert [(each.before, each.after) for each in tally.largest] == [(3, 1)] * 10
    async with worker_sessions() as session:
        rows = await run(
            session,
            text(
                "SELECT kind, amount, rulebook_version, reverses IS NOT NULL FROM credit_entries "
                "WHERE user_id = :user AND local_date = '2026-01-01' ORDER BY id"
            ),
            {"user": user},
        )
        assert [tuple(row) for row in rows] == [("exercise", 3, 1, False), ("reversal", -2, 2, True)]


async def test_doing_it_again_changes_nothing(worker_sessions):
    await month(worker_sessions)
    await rulebook(worker_sessions, {("kcal_per_credit",): 200})
    await booked(worker_sessions, JANUARY, OPERATOR, "a test", NOW, quiet)
    async with worker_sessions() as session:
        entries = await figure(session, "SELECT count(*) FROM credit_entries")

    again = await booked(worker_sessions, JANUARY, OPERATOR, "a test", NOW, quiet)
    would = await foreseen(worker_sessions, JANUARY, NOW, quiet)

    assert again is None
    assert (would.days, would.days_changed, would.reformed) == (21, 0, 0)
    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(*) FROM credit_entries") == entries
        assert await figure(session, "SELECT count(*) FROM rebookings") == 1


async def test_what_stopped_half_way_goes_on_where_it_stopped(worker_sessions):
    await month(worker_sessions, people=5)
    await rulebook(worker_sessions, {("kcal_per_credit",): 200})
    would = await foreseen(worker_sessions, JANUARY, NOW, quiet)

    def stopping(_what, done, _total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await booked(worker_sessions, JANUARY, OPERATOR, "a test", NOW, stopping, at_once=2)
    half = await wrong(worker_sessions)
    rest = await booked(worker_sessions, JANUARY, OPERATOR, "a test", NOW, quiet, at_once=2)

    assert any("rebooking 1 is not finished" in line for line in half)
    assert (rest.people, rest.credits_less) == (3, would.credits_less * 3 // 5)
    assert await wrong(worker_sessions) == []
    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(*) FROM rulebook_steps WHERE step = 'rebooked'") == 1


async def test_a_final_challenge_does_not_move_and_a_running_one_does(worker_sessions):
    users, final = await month(worker_sessions)
    async with worker_sessions.begin() as session:
        running = await challenge_for(session, *users, metric="credits", starts_on=DAY + timedelta(days=20))
        late = [draft(f"late {user}", at=MORNING + timedelta(days=21), kcal=371) for user in users]
        for user, each in zip(users, late, strict=True):
            await taken(session, "garmin", each, owner=user)
        await run(session, text("UPDATE challenges SET state = 'final' WHERE id = :id"), {"id": final.id})
    await rulebook(worker_sessions, {("kcal_per_credit",): 200})

    await booked(worker_sessions, JANUARY, OPERATOR, "a test", NOW, quiet)

    async with worker_sessions() as session:
        scores = "SELECT array_agg(DISTINCT score) FROM standings WHERE challenge_id = :id"
        assert await figure(session, scores, id=final.id) == [24]
        assert await figure(session, scores, id=running.id) == [1]
        assert await figure(session, "SELECT array_agg(DISTINCT balance) FROM credit_balances") == [8]
    await drained(worker_sessions)
    assert await wrong(worker_sessions) == []


async def test_the_latest_rebooking_decides_a_day_and_days_outside_keep_theirs(worker_sessions):
    await month(worker_sessions, people=1)
    await rulebook(worker_sessions, {("kcal_per_credit",): 200})
    await rulebook(worker_sessions, {("daily_cap_credits",): 2, ("manual_daily_cap_credits",): 1}, version=3)
    third = Span(version=3, starts_on=DAY + timedelta(days=1), ends_on=DAY + timedelta(days=2))

    for span in (JANUARY, third):
        await booked(worker_sessions, span, OPERATOR, "a test", NOW, quiet)

    async with worker_sessions() as session:
        books = await approved(session)
        days = "SELECT array_agg(credits ORDER BY local_date) FROM user_days"
        assert await figure(session, days) == [1, 1, 1, 1, 1, 1, 1]
    assert [books.on(DAY + timedelta(days=n)).version for n in (-1, 0, 1, 2, 3, 30, 31)] == [1, 2, 3, 3, 2, 2, 1]
    assert await wrong(worker_sessions) == []


async def test_rulebooks_that_decide_nothing_and_days_to_come_are_refused(worker_sessions):
    async with worker_sessions.begin() as session:
        wish = Wish(
            changes={("kcal_per_credit",): 200}, in_force_from=date(2027, 1, 1), reason="a test", idempotency_key="k"
        )
        await drafted(session, wish, ONE, NOW)

    async def tried(span):
        await booked(worker_sessions, span, OPERATOR, "a test", NOW, quiet)

    with pytest.raises(Conflict, match="not approved"):
        await tried(JANUARY)
    with pytest.raises(NotFound):
        await tried(Span(version=9, starts_on=DAY, ends_on=DAY))
    with pytest.raises(BadInput, match="swap"):
        await tried(Span(version=1, starts_on=DAY, ends_on=DAY - timedelta(days=1)))
    with pytest.raises(BadInput, match="Days to come"):
        await tried(Span(version=1, starts_on=DAY, ends_on=NOW.date() + timedelta(days=1)))
    assert (await foreseen(worker_sessions, JANUARY, NOW, quiet)).days == 0


async def test_while_one_is_unfinished_no_other_begins_and_its_rulebook_stays(worker_sessions):
    await month(worker_sessions)
    await rulebook(worker_sessions, {("kcal_per_credit",): 200})

    def stopping(_what, _done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await booked(worker_sessions, JANUARY, OPERATOR, "a test", NOW, stopping, at_once=1)

    with pytest.raises(Conflict, match="--rulebook 2 --from 2026-01-01 --to 2026-01-31"):
        await booked(worker_sessions, Span(version=1, starts_on=DAY, ends_on=DAY), OPERATOR, "a test", NOW, quiet)
    with pytest.raises(RulebookDecided):
        async with worker_sessions.begin() as session:
            await withdraw(session, 2, ONE, "a test", NOW)


async def test_what_changed_is_told_in_lines(worker_sessions):
    await month(worker_sessions, people=1)
    await rulebook(worker_sessions, {("flag_steps_per_minute",): 60, ("kcal_per_credit",): 200})

    lines = list(told(JANUARY, await foreseen(worker_sessions, JANUARY, NOW, quiet)))

    assert lines[:5] == [
        "Rulebook 2 on 2026-01-01 to 2026-01-31",
        "looked at: 1 people, 7 days",
        "days that differ: 7 of 1 people",
        "credits: +0 -14",
        "workouts with other energy or verdict: 0",
    ]
    assert lines[5].endswith("on 2026-01-01: 3 to 1 credits")


THIS_WEEK = monday(NOW.date())


async def walkers(sessions, *weeks):
    """People with a walk of 150 minutes in each of these weeks ago, and the weeks rolled up to this one."""
    async with sessions.begin() as session:
        users = [await person(session) for _ in weeks]
        await team_of(session, *users)
        for user, ago in zip(users, weeks, strict=True):
            walks = [
                draft(f"{week} of {user}", at=NOW - timedelta(weeks=week), minutes=150, sport=Sport.WALK, kcal=None)
                for week in ago
            ]
            await taken(session, "garmin", *walks, owner=user)
    async with sessions.begin() as session:
        while not await rolled(session, THIS_WEEK):
            pass
    return users


async def regular(sessions, users):
    """How many weeks ago each of them was regular, once all is folded."""
    await drained(sessions)
    async with sessions() as session:
        rows = list(await run(session, text("SELECT user_id, starts_on FROM regular_weeks")))
    return [sorted((THIS_WEEK - week).days // 7 for user, week in rows if user == each) for each in users]


@pytest.mark.parametrize(
    ("figures", "then"),
    [
        ({("regular_minutes_least",): 151}, [[], [8, 9], []]),
        ({("regular_weeks_least",): 2}, [[4, 5, 6, 7], [7, 8, 9], [7]]),
        ({("regular_weeks_least",): 1}, [[4, 5, 6, 7], [6, 7, 8, 9], [5, 6, 7]]),
        ({("regular_weeks_looked_at",): 9}, [[4, 5, 6, 7], [4, 5, 6, 7, 8, 9], []]),
        ({("regular_weeks_looked_at",): 3}, [[7], [8, 9], []]),
    ],
)
async def test_weeks_whose_rules_changed_are_decided_anew_though_their_days_did_not(worker_sessions, figures, then):
    people = await walkers(worker_sessions, (9, 8, 7, 5), (11, 10, 9), (10, 8))
    span = Span(version=2, starts_on=THIS_WEEK - timedelta(weeks=8, days=-2), ends_on=THIS_WEEK - timedelta(weeks=4))
    before = await regular(worker_sessions, people)
    assert before == [[5, 6, 7], [8, 9], []]
    await rulebook(worker_sessions, figures)

    tally = await booked(worker_sessions, span, OPERATOR, "a test", NOW, quiet, at_once=2)
    after = await regular(worker_sessions, people)
    there = await wrong(worker_sessions)
    back = Span(version=1, starts_on=span.starts_on, ends_on=span.ends_on)
    await booked(worker_sessions, back, OPERATOR, "a test", NOW, quiet, at_once=2)

    assert tally.days_changed == 0
    assert there == []
    assert after == then
    assert await regular(worker_sessions, people) == before
    assert await wrong(worker_sessions) == []


async def test_weeks_whose_rules_stay_are_not_queued(worker_sessions):
    people = await walkers(worker_sessions, (3, 2, 1))
    await regular(worker_sessions, people)
    await rulebook(worker_sessions, {("kcal_per_credit",): 101})
    span = Span(version=2, starts_on=NOW.date() - timedelta(weeks=4), ends_on=NOW.date())

    await booked(worker_sessions, span, OPERATOR, "a test", NOW, quiet)

    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(*) FROM week_changes") == 0
