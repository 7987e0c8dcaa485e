"""Whatever is awarded, spent, taken back, done and deleted: the account adds up, and only what is there is spent."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.awards import award
from domain.base import run
from domain.budgets import BudgetExceeded, set_budget
from domain.check import findings
from domain.drafts import Deletion
from domain.redemptions import NotEnoughCredits, redeem
from domain.reversals import reverse
from domain.scopes import Scope
from tests.domain.factories import (
    MORNING,
    NOW,
    WORDS,
    an_award,
    balance_of,
    decision,
    draft,
    figure,
    granted,
    person,
    taken,
)

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("award"), st.integers(1, 9)),
        st.tuples(st.just("redeem"), st.integers(1, 12)),
        st.tuples(st.just("reverse"), st.integers(0, 9)),
        st.tuples(st.just("exercise"), st.integers(0, 3)),
        st.tuples(st.just("delete"), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=15,
)
BUDGET = 20
SUM = "SELECT coalesce(sum(amount), 0)::bigint FROM credit_entries WHERE user_id = :u"


class History:
    """One person's dealings, and what must have become of them."""

    def __init__(self, session, user):
        self.session, self.user = session, user
        self.issued, self.standing, self.taken_back = [], 0, set()

    async def award(self, number, amount):
        savepoint = await self.session.begin_nested()
        try:
            (entry,) = await award(self.session, "dpe", [an_award("D-1", amount)], key=str(number), now=NOW)
        except BudgetExceeded:
            await savepoint.rollback()
            assert self.standing + amount > BUDGET
        else:
            self.standing += amount
            self.issued.append((entry, amount))
            assert self.standing <= BUDGET

    async def redeem(self, number, amount):
        before = await balance_of(self.session, self.user)
        try:
            entry = await redeem(self.session, self.user, "ccc", amount, WORDS, key=str(number), now=NOW, tell=True)
        except NotEnoughCredits:
            assert before < amount
        else:
            assert before >= amount
            self.issued.append((entry, -amount))

    async def reverse(self, _number, which):
        if not self.issued:
            return
        entry, amount = self.issued[which % len(self.issued)]
        await reverse(self.session, entry, WORDS, by=None, scopes=(), now=NOW)
        if entry not in self.taken_back and amount > 0:
            self.standing -= amount
        self.taken_back.add(entry)

    async def exercise(self, number, day):
        workout = draft(str(number), at=MORNING + timedelta(days=day))
        await taken(self.session, "garmin", workout, owner=self.user, now=NOW)

    async def delete(self, _number, last):
        refs = await run(self.session, text("SELECT partner_ref FROM records WHERE deleted_at IS NULL"))
        gone = [Deletion(partner_ref=ref) for ref in itertools.islice(refs.scalars(), last + 1)]
        await taken(self.session, "garmin", *gone, owner=self.user, now=NOW)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_any_history_adds_up_and_nobody_spends_what_is_not_there(worker_sessions, steps):
    async with worker_sessions() as session, session.begin() as transaction:
        user = await person(session)
        await granted(session, user, "dpe", "D-1", Scope.CREDIT_AWARD)
        await set_budget(session, decision(budget=BUDGET), set_by="admin", key="1", now=NOW)
        history = History(session, user)
        for number, (step, value) in enumerate(steps):
            before = await balance_of(session, user)

            await getattr(history, step)(number, value)

            after = await balance_of(session, user)
            assert after == await figure(session, SUM, u=user)
            assert after >= min(before, 0) or step in {"reverse", "delete"}
        spent = await figure(session, "SELECT spent FROM credit_budgets WHERE partner_name = 'dpe'")
        assert spent == history.standing
        assert [line async for _, _, lines in findings(session) for line in lines] == []
        await transaction.rollback()


@pytest.mark.parametrize("table", ["credit_entries", "credit_budget_changes"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}", "merge"])
@pytest.mark.parametrize("role", ["worker", "owner"])
async def test_what_was_booked_or_decided_is_never_changed_by_any_role(databases, table, change, role):
    async with databases.worker() as session, session.begin():
        user = await person(session)
        await taken(session, "garmin", draft(), owner=user)
        await set_budget(session, decision(), set_by="admin", key="1", now=NOW)
    column = {"credit_entries": "amount", "credit_budget_changes": "budget"}[table]
    merge = f"MERGE INTO {table} t USING (SELECT 1) o ON true WHEN MATCHED THEN UPDATE SET {column} = 0"
    sql = merge if change == "merge" else change.format(table, column, column)

    async with getattr(databases, role)() as session:
        with pytest.raises(DBAPIError) as refused:
            await run(session, text(sql))

    lacks_the_right = role == "worker" and change.startswith("TRUNCATE")
    assert refused.value.orig.sqlstate == ("42501" if lacks_the_right else "23001")
