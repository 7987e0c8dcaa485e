"""Any history of one person's workouts and credits leaves ledger, balances, standings and counters in agreement."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from app import db
from domain.awards import award
from domain.budgets import BudgetExceeded, set_budget
from domain.check import findings
from domain.corrections import delete, merge, split
from domain.drafts import DayTotal, Deletion
from domain.folding import fold
from domain.redemptions import NotEnoughCredits, redeem
from domain.reversals import reverse
from domain.scopes import Scope
from domain.sports import Sport
from tests.domain.factories import (
    MORNING,
    NOW,
    WORDS,
    activities_of,
    an_award,
    balance_of,
    challenge_for,
    decision,
    draft,
    figure,
    granted,
    person,
    taken,
    team_of,
)

BUDGET = 20
PARTNERS = ("garmin", "strava", "dpe")
starts = st.sampled_from([0, 1, 2, 35, 600, 1015, 1450, 1500])  # minutes; from 1020 on it is the next day in Bangkok
figures = st.fixed_dictionaries(
    {
        "minutes": st.sampled_from([20, 33, 34.5, 60, 300, -5, 60 * 50]),
        "kcal": st.sampled_from([None, 150, 371, 2400, 90_000]),
        "sport": st.sampled_from([Sport.RUN, Sport.TRAIL_RUN, Sport.WALK, Sport.OTHER]),
        "distance_meters": st.sampled_from([None, 5032.1, 42_195.0]),
        "manual": st.booleans(),
        "coarse": st.booleans(),
    }
)


class History(RuleBasedStateMachine):
    """One person, two challenges, and everything that can happen to them; undone when the history ends."""

    sessions = None  # set by the test
    runner = None

    sent = Bundle("sent")
    booked = Bundle("booked")

    def __init__(self):
        super().__init__()
        self.version = 0
        self.session = self.sessions()
        self.run(self.session.begin())

    def run(self, awaitable):
        async def awaited():
            return await awaitable

        return self.runner.run(awaited())

    def teardown(self):
        try:
            assert self.run(self.differences()) == []
        finally:
            self.run(self.session.rollback())
            self.run(self.session.close())

    async def differences(self):
        return [line async for _, _, lines in findings(self.session) for line in lines]

    @initialize()
    def somebody(self):
        async def made():
            self.user = await person(self.session)
            await team_of(self.session, self.user)
            await challenge_for(self.session, self.user, team_kind="province", daily_cap=500)
            await challenge_for(self.session, self.user, metric="steps")
            await challenge_for(self.session, self.user, metric="activities", mode="collective_goal")
            await granted(self.session, self.user, "dpe", "D-1", Scope.CREDIT_AWARD)
            await set_budget(self.session, decision(budget=BUDGET), set_by="admin", key="1", now=NOW)

        self.run(made())

    def take(self, partner, *items):
        self.run(taken(self.session, partner, *items, owner=self.user, now=NOW))

    async def undone_if_refused(self, awaitable):
        async with self.session.begin_nested():
            return await awaitable

    def newer(self):
        self.version += 1
        return self.version

    @rule(target=sent, partner=st.sampled_from(PARTNERS), ref=st.sampled_from("0123"), start=starts, said=figures)
    def create_or_edit(self, partner, ref, start, said):
        item = draft(ref, at=MORNING + timedelta(minutes=start), version=self.newer(), **said)
        self.take(partner, item)
        return partner, item

    @rule(target=sent, partner=st.sampled_from(PARTNERS), ref=st.sampled_from("0123"), for_good=st.booleans())
    def delete(self, partner, ref, for_good):
        item = Deletion(partner_ref=ref, version=None if for_good else self.newer())
        self.take(partner, item)
        return partner, item

    @rule(target=sent, partner=st.sampled_from(PARTNERS), day=st.integers(0, 1), steps=st.integers(0, 30_000))
    def total_a_day(self, partner, day, steps):
        local_date = (MORNING + timedelta(days=day)).date()
        item = DayTotal(local_date=local_date, steps=steps, version=self.newer(), raw=f"{steps}".encode())
        self.take(partner, item)
        return partner, item

    @rule(again=sent)
    def replay(self, again):
        partner, item = again
        self.take(partner, item)

    @rule(which=st.integers(0, 5), other=st.integers(1, 5))
    def merge(self, which, other):
        there = self.run(activities_of(self.session, self.user))
        if len(there) > 1:
            both = {there[which % len(there)].id, there[(which + other) % len(there)].id}
            if len(both) > 1:
                self.run(merge(self.session, self.user, both, now=NOW, key=str(self.newer())))
                assert len(self.run(activities_of(self.session, self.user))) < len(there)

    @rule(which=st.integers(0, 5))
    def split(self, which):
        there = [each for each in self.run(activities_of(self.session, self.user)) if each.record_count > 1]
        if there:
            one = there[which % len(there)]
            parted = {one.speaks_record_id}
            made = self.run(split(self.session, self.user, one.id, parted, now=NOW, key=str(self.newer())))
            assert len(set(made)) == 2

    @rule(which=st.integers(0, 5))
    def correct_by_deleting(self, which):
        there = self.run(activities_of(self.session, self.user))
        if there:
            self.run(delete(self.session, self.user, there[which % len(there)].id, now=NOW))

    @rule(target=booked, amount=st.integers(1, 9))
    def award(self, amount):
        given = award(self.session, "dpe", [an_award("D-1", amount)], key=str(self.newer()), now=NOW)
        try:
            (entry,) = self.run(self.undone_if_refused(given))
        except BudgetExceeded:
            return multiple()
        return entry

    @rule(target=booked, amount=st.integers(1, 40))
    def redeem(self, amount):
        before = self.run(balance_of(self.session, self.user))
        key = str(self.newer())
        try:
            entry = self.run(redeem(self.session, self.user, "ccc", amount, WORDS, key=key, now=NOW, tell=True))
        except NotEnoughCredits:
            assert before < amount
            return multiple()
        assert before >= amount
        return entry

    @rule(entry=booked)
    def reverse(self, entry):
        self.run(reverse(self.session, entry, WORDS, by=None, scopes=(), now=NOW))

    @rule()
    def fold(self):
        self.run(fold(self.session, wait=True))

    @invariant()
    def the_balance_is_the_sum_of_the_ledger(self):
        if hasattr(self, "user"):
            ledger = "SELECT coalesce(sum(amount), 0) FROM credit_entries WHERE user_id = :u"
            assert self.run(balance_of(self.session, self.user)) == self.run(figure(self.session, ledger, u=self.user))


def lived(worker_url, histories):
    with asyncio.Runner() as runner:
        engine = db.engine_for(worker_url, connections=1)
        History.sessions, History.runner = staticmethod(db.sessions_of(engine)), runner
        try:
            run_state_machine_as_test(
                History,
                settings=settings(
                    max_examples=histories,
                    stateful_step_count=12,
                    deadline=None,
                    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
                ),
            )
        finally:
            runner.run(engine.dispose())


@pytest.mark.parametrize("part", range(4))  # so that test processes share them
def test_any_history_adds_up(worker_url, part):  # noqa: ARG001
    lived(worker_url, 50)


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_histories_add_up(worker_url, part):  # noqa: ARG001
    lived(worker_url, 1_000)
