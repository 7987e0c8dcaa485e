"""Whatever happens to people, teams and enrolments, standings are those that would be made from nothing."""

import asyncio
from datetime import datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from app import db
from domain.bangkok import monday
from domain.base import run
from domain.booking import rebook
from domain.check import findings
from domain.corrections import delete, merge, split
from domain.deciding import Reviewer, decide
from domain.drafts import BANGKOK, DayTotal, Deletion
from domain.enrolments import days_so_far, enrol, leave
from domain.errors import Refused
from domain.folding import alone, fold
from domain.homes import set_home
from domain.ingest import lock
from domain.memberships import move
from domain.reviews import Decision, ReviewerKind
from domain.rulebooks import approved
from domain.sports import Sport
from domain.team_figures import figured_after
from domain.teams import Joining, home_teams
from tests.domain import team_oracle
from tests.domain.factories import MORNING, NOW, activities_of, challenge_for, draft, person, taken, team_of

PEOPLE, CROWD = 3, 9
"""Those to whom things happen; and those who only belong, so that teams are just about large enough to be ranked."""
FIRST = MORNING.date()
RULES = (
    {"team_kind": "ministry", "ranking": "total", "daily_cap": 500},
    {"team_kind": "club", "ranking": "average_per_member", "metric": "steps"},
    {"team_kind": "province", "ranking": "participation_share", "metric": "active_days"},
    {"team_kind": "ministry", "ranking": "regular_share", "metric": "moving_minutes"},
    {"team_kind": "district", "ranking": "average_per_member", "eligibility": {"places": ["90"]}},
    {"team_kind": "club", "ranking": "regular_share", "eligibility": {"team_kinds": ["ministry"], "sports": ["run"]}},
)
someone, some_race, some_team = st.integers(0, PEOPLE - 1), st.integers(0, len(RULES) - 1), st.integers(0, 2)
days_ago = st.sampled_from([0, 0, 1, 2, 6, 7, 8, 14, 15, 21, 25])
figures = st.fixed_dictionaries(
    {
        "minutes": st.sampled_from([33, 160, 160, 200]),
        "kcal": st.sampled_from([None, 371, 371, 90_000]),
        "sport": st.sampled_from([Sport.RUN, Sport.WALK]),
        "steps": st.sampled_from([None, 4_000]),
    }
)
EVERY_WAY = tuple(Joining)


class TeamHistory(RuleBasedStateMachine):
    """Three people among others, teams in trees, a challenge for each ranking; undone when the history ends."""

    sessions = None  # set by the test
    runner = None

    def __init__(self):
        super().__init__()
        self.version = 0
        self.today = FIRST + timedelta(days=26)
        self.session = self.sessions()
        self.run(self.session.begin())

    def run(self, awaitable):
        async def awaited():
            return await awaitable

        return self.runner.run(awaited())

    def teardown(self):
        try:
            if hasattr(self, "people"):
                self.run(self.as_from_nothing())
        finally:
            self.run(self.session.rollback())
            self.run(self.session.close())

    async def as_from_nothing(self):
        await self.folded()
        await self.figured()
        assert [line async for _, _, lines in findings(self.session) for line in lines] == []
        rows = await team_oracle.Rows.read(self.session)
        assert await team_oracle.held(self.session) == team_oracle.standings(rows, self.today)
        kept, summed = await team_oracle.totals(self.session)
        assert kept == summed

    async def folded(self):
        await fold(self.session, wait=True, week=monday(self.today), today=self.today)

    async def figured(self):
        last = await figured_after(self.session, None, self.today)
        await alone(self.session)
        assert last is None or await figured_after(self.session, last, self.today) is None

    @property
    def now(self):
        return datetime.combine(self.today, time(12), BANGKOK)

    def newer(self):
        self.version += 1
        return self.version

    @initialize()
    def some_people(self):
        async def made():
            self.people = [await person(self.session, birth_year=1990) for _ in range(PEOPLE)]
            crowd = [await person(self.session) for _ in range(CROWD)]
            ministry = await team_of(self.session, kind="ministry")
            department = await team_of(self.session, kind="ministry", parent=ministry)
            clubs = [await team_of(self.session, *crowd, kind="club") for _ in range(2)]
            self.teams = {
                "ministry": [
                    department,
                    await team_of(self.session, kind="ministry", parent=department),
                    await team_of(self.session, kind="ministry", parent=ministry),
                ],
                "club": [*clubs, await team_of(self.session, kind="club", parent=clubs[0])],
            }
            for each in crowd:
                joined = [self.teams["ministry"][1].id, *home_teams("9011")]
                await move(self.session, each, join=joined, admitted=EVERY_WAY, today=FIRST, now=self.now)
            for number, each in enumerate(self.people):
                joined = [self.teams["ministry"][number].id, *home_teams("9011")]
                await move(self.session, each, join=joined, admitted=EVERY_WAY, today=FIRST, now=self.now)
            self.races = [await challenge_for(self.session, mode="teams", **rules) for rules in RULES]
            for race in self.races:
                for each in self.people[:2]:
                    await enrol(self.session, each, race.id, self.now)

        self.run(made())

    async def rebooked(self, user, *days):
        await rebook(self.session, [(user, day) for day in days], await approved(self.session), NOW)

    @rule(days=st.sampled_from([1, 1, 2, 6]))
    def days_pass(self, days):
        self.today += timedelta(days=days)

    @rule(who=someone, ref=st.sampled_from("0123456"), ago=days_ago, hour=st.sampled_from([0, 1, 16]), said=figures)
    def create_or_edit(self, who, ref, ago, hour, said):
        at = datetime.combine(self.today - timedelta(days=ago), time(7), BANGKOK) + timedelta(hours=hour)
        item = draft(ref, at=at, version=self.newer(), **said)
        self.run(taken(self.session, ("garmin", "strava")[self.version % 2], item, owner=self.people[who], now=NOW))

    @rule(who=someone)
    def exercise_for_weeks(self, who):
        walks = [
            draft(f"w{back}", at=datetime.combine(self.today - timedelta(days=7 * back), time(6), BANGKOK), minutes=170)
            for back in range(4)
        ]
        self.run(taken(self.session, "garmin", *walks, owner=self.people[who], now=NOW))

    @rule(who=someone, partner=st.sampled_from(["garmin", "strava"]), ref=st.sampled_from("0123456"))
    def delete(self, who, partner, ref):
        item = Deletion(partner_ref=ref, version=self.newer())
        self.run(taken(self.session, partner, item, owner=self.people[who], now=NOW))

    @rule(who=someone, ago=days_ago, steps=st.sampled_from([0, 9_000, 30_000]))
    def total_a_day(self, who, ago, steps):
        local_date = self.today - timedelta(days=ago)
        item = DayTotal(local_date=local_date, steps=steps, version=self.newer(), raw=f"{steps}".encode())
        self.run(taken(self.session, "garmin", item, owner=self.people[who], now=NOW))

    @rule(who=someone, which=st.integers(0, 5), what=st.sampled_from(["merge", "split", "delete", "accept", "reject"]))
    def correct(self, who, which, what):
        self.run(self.corrected(self.people[who], which, what))

    async def corrected(self, user, which, what):
        there = await activities_of(self.session, user)
        if not there:
            return
        one, other = there[which % len(there)], there[(which + 1) % len(there)]
        key = str(self.newer())
        if what == "merge" and one.id != other.id:
            await merge(self.session, user, {one.id, other.id}, now=NOW, key=key)
        elif what == "split" and one.record_count > 1:
            await split(self.session, user, one.id, {one.speaks_record_id}, now=NOW, key=key)
        elif what == "delete":
            await delete(self.session, user, one.id, now=NOW)
        elif what in ("accept", "reject"):
            by = Reviewer(kind=ReviewerKind.ADMINISTRATOR, client_id="ccc-admin")
            decision = Decision.ACCEPT if what == "accept" else Decision.REJECT
            try:
                async with self.session.begin_nested():
                    await decide(self.session, one.id, decision, by, note="seen", key=key, now=NOW)
            except Refused:
                pass  # a partner's word alone, or nothing to decide

    @rule(
        who=someone, kind=st.sampled_from(["ministry", "club"]), to=some_team, leave=st.booleans(), join=st.booleans()
    )
    def change_teams(self, who, kind, to, leave, join):
        joined = [self.teams[kind][to].id] if join else []
        self.run(self.moved(self.people[who], [kind] if leave else [], joined))

    async def moved(self, user, kinds, joined):
        await lock(self.session, [user])
        sql = (
            "SELECT team_id FROM memberships WHERE user_id = :u AND kind = ANY(CAST(:k AS text[])) AND left_on IS NULL"
        )
        held = set((await run(self.session, text(sql), {"u": user, "k": kinds})).scalars())
        leave, join = [*held.difference(joined)], [each for each in joined if each not in held]
        chosen = {"leave": leave, "join": join, "admitted": EVERY_WAY}
        moved = await move(self.session, user, **chosen, today=self.today, now=self.now)
        await self.rebooked(user, moved.local_date)

    @rule(who=someone, to=st.sampled_from(["9011", "901101", "9001", "1036", None]))
    def move_house(self, who, to):
        self.run(self.lives_in(self.people[who], to))

    async def lives_in(self, user, to):
        await lock(self.session, [user])
        moved_on = await set_home(self.session, user, to, today=self.today, now=self.now)
        if moved_on:
            await self.rebooked(user, moved_on)

    @rule(who=someone, which=some_race)
    def take_part(self, who, which):
        self.run(self.enrolled(self.people[who], self.races[which].id))

    async def enrolled(self, user, race):
        await lock(self.session, [user])
        try:
            async with self.session.begin_nested():
                if await enrol(self.session, user, race, self.now):
                    await self.rebooked(user, *await days_so_far(self.session, user, race, self.today))
        except Refused:
            pass  # not eligible, or over

    @rule(who=someone, which=some_race)
    def take_no_more_part(self, who, which):
        self.run(self.left(self.people[who], self.races[which].id))

    async def left(self, user, race):
        await lock(self.session, [user])
        await leave(self.session, user, race, self.now, key=str(self.newer()))

    @rule()
    def fold(self):
        self.run(self.folded())

    @precondition(lambda self: self.version % 3 == 0)
    @rule()
    def look(self):
        self.run(self.as_from_nothing())


def lived(worker_url, histories):
    with asyncio.Runner() as runner:
        engine = db.engine_for(worker_url, connections=1)
        TeamHistory.sessions, TeamHistory.runner = staticmethod(db.sessions_of(engine)), runner
        try:
            run_state_machine_as_test(
                TeamHistory,
                settings=settings(
                    max_examples=histories,
                    stateful_step_count=16,
                    phases=[Phase.generate],  # a history is read as it is: to shorten one takes minutes
                    deadline=None,
                    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
                ),
            )
        finally:
            runner.run(engine.dispose())


@pytest.mark.parametrize("part", range(2))  # so that test processes share them
def test_any_history_of_teams_gives_the_standings_made_from_nothing(worker_url, part):  # noqa: ARG001
    lived(worker_url, 25)


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_thousands_of_histories_of_teams_do(worker_url, part):  # noqa: ARG001
    lived(worker_url, 500)
