"""The one way in, on a real database: identity, versions, merging, credits, counters, standings."""

import itertools
from datetime import timedelta
from hashlib import sha256

import psycopg
import pytest
import pytest_asyncio

from domain.connections import connect
from domain.drafts import DayTotal, Deletion, Disconnection, EnergyKind, Fetch, Problem, Skipped, Source
from domain.errors import Conflict
from domain.folding import fold
from domain.ingest import Outcome
from domain.partners import Partner
from domain.quarantine import waiting_for
from domain.sports import Sport
from tests.domain.factories import (
    MORNING,
    NOW,
    activities_of,
    balance_of,
    challenge_for,
    draft,
    figure,
    hashed,
    person,
    taken,
    team_of,
)

PEOPLE_OF_A_DAY = "SELECT participants FROM place_periods WHERE period = 'day' AND place_code = 'TH'"


@pytest_asyncio.fixture
async def session(worker_sessions):
    async with worker_sessions() as session, session.begin():
        yield session


def outcomes(results):
    return [each.outcome.value for each in results]


async def test_a_run_is_one_activity_with_credits_counters_and_standings(session):
    user = await person(session)
    team = await team_of(session, user)
    challenge = await challenge_for(session, user, team_kind="province")

    results = await taken(session, "garmin", draft(distance_meters=5032.1, steps=5480), owner=user)

    assert outcomes(results) == ["created"]
    (activity,) = await activities_of(session, user)
    assert (activity.energy_kcal, activity.credits, activity.verdict) == (371, 3, "accepted")
    assert await balance_of(session, user) == 3
    assert await figure(session, "SELECT energy_kcal FROM user_days WHERE user_id = :u", u=user) == 371
    await fold(session)
    for place in ("9011", "90", "R6", "HZ12", "TH"):
        people = "SELECT participants FROM place_periods WHERE place_code = :p AND period = :d"
        assert await figure(session, people, p=place, d="day") == 1
        assert await figure(session, people, p=place, d="month") == 1
    assert await figure(session, "SELECT score FROM standings WHERE challenge_id = :c", c=challenge.id) == 371
    assert await figure(session, "SELECT score FROM team_standings WHERE team_id = :t", t=team.id) == 371


async def test_the_same_delivery_again_changes_nothing(session):
    user = await person(session)
    await taken(session, "garmin", draft(), owner=user)

    again = await taken(session, "garmin", draft(), owner=user, now=NOW + timedelta(days=1))

    assert outcomes(again) == ["unchanged"]
    assert await figure(session, "SELECT count(*) FROM credit_entries WHERE user_id = :u", u=user) == 1
    await fold(session)
    assert await figure(session, PEOPLE_OF_A_DAY) == 1


async def test_the_same_record_twice_in_one_delivery_is_one_record(session):
    user = await person(session)

    results = await taken(session, "garmin", draft(), draft(), draft(kcal=420), owner=user)

    assert outcomes(results) == ["created", "unchanged", "updated"]
    assert [each.energy_kcal for each in await activities_of(session, user)] == [420]


async def test_a_run_reported_by_two_partners_is_credited_once(session):
    user = await person(session)
    await taken(session, "garmin", draft("15000000001", steps=5480), owner=user)

    copy = draft("16900000001", kcal=352, distance_meters=5031.0, upstream=("garmin", "15000000001"))
    results = await taken(session, "strava", copy, owner=user)

    assert outcomes(results) == ["merged"]
    (activity,) = await activities_of(session, user)
    assert (activity.record_count, activity.energy_kcal, activity.distance_meters) == (2, 371, 5031.0)
    assert activity.partner_name == "garmin"
    assert await balance_of(session, user) == 3


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_arrival_order_does_not_matter(session, order):
    user = await person(session)
    reports = [
        ("garmin", draft("15", steps=5480)),
        ("strava", draft("16", kcal=352, distance_meters=5031.0, upstream=("garmin", "15"))),
        ("thai_agency", draft("a", kcal=None, distance_meters=5000, source=Source.AGENCY, coarse=True)),
        (
            "fit_file",
            draft("f", at=MORNING - timedelta(seconds=80), minutes=34.7, kcal=388, energy_kind=EnergyKind.TOTAL),
        ),
    ]

    for index in order:
        partner, report = reports[index]
        await taken(session, partner, report, owner=user)

    (activity,) = await activities_of(session, user)
    assert (activity.record_count, activity.energy_kcal, activity.partner_name) == (4, 371, "fit_file")
    assert (activity.distance_meters, activity.steps) == (5031.0, 5480)
    assert await balance_of(session, user) == 3


async def test_two_runs_one_minute_apart_are_two(session):
    user = await person(session)

    results = await taken(session, "garmin", draft("1"), draft("2", at=MORNING + timedelta(minutes=34)), owner=user)

    assert outcomes(results) == ["created", "created"]
    assert [each.credits for each in await activities_of(session, user)] == [3, 4]  # 742 kcal: the remainders add up


async def test_different_people_are_never_merged(session):
    one, other = await person(session), await person(session)

    await taken(session, "garmin", draft(), owner=one)
    await taken(session, "garmin", draft(), owner=other)

    assert await balance_of(session, one) == await balance_of(session, other) == 3


async def test_an_edit_books_the_difference_and_a_deletion_takes_everything_back(session):
    user = await person(session)
    challenge = await challenge_for(session, user)
    walk = {"sport": Sport.WALK, "minutes": 60, "manual": True}
    await taken(session, "strava", draft("17", kcal=250, **walk), owner=user)
    await taken(session, "strava", draft("17", kcal=420, **{**walk, "sport": Sport.RUN}), owner=user)
    entries = "SELECT array_agg(amount ORDER BY idempotency_key) FROM credit_entries WHERE user_id = :u"
    after_edit = await figure(session, entries, u=user)
    await fold(session)

    results = await taken(session, "strava", Deletion(partner_ref="17"), owner=user)

    assert after_edit == [2, 2]
    assert outcomes(results) == ["deleted"]
    assert await figure(session, entries, u=user) == [2, 2, -4]
    assert await figure(session, "SELECT kind FROM credit_entries WHERE amount < 0") == "reversal"
    assert await balance_of(session, user) == 0
    assert await figure(session, "SELECT score FROM standings WHERE challenge_id = :c", c=challenge.id) == 0
    await fold(session)
    assert await figure(session, PEOPLE_OF_A_DAY) == 0
    assert await activities_of(session, user) == []


async def test_a_replay_cannot_raise_what_was_deleted(session):
    user = await person(session)
    await taken(session, "strava", draft("17"), Deletion(partner_ref="17"), owner=user)

    results = await taken(session, "strava", draft("17"), draft("17", kcal=999), owner=user)

    assert outcomes(results) == ["unchanged", "unchanged"]
    assert await activities_of(session, user) == []


async def test_a_deletion_that_overtakes_its_record_holds(session):
    user = await person(session)
    await taken(session, "strava", Deletion(partner_ref="17"), owner=user)

    results = await taken(session, "strava", draft("17"), owner=user)

    assert outcomes(results) == ["unchanged"]


async def test_an_older_version_is_ignored_and_a_newer_one_replaces(session):
    user = await person(session)
    await taken(session, "garmin", draft("1", version=5, kcal=500), owner=user)

    older = await taken(session, "garmin", draft("1", version=4, kcal=100), owner=user)
    newer = await taken(session, "garmin", draft("1", version=6, kcal=300), owner=user)

    assert (outcomes(older), outcomes(newer)) == (["unchanged"], ["updated"])
    assert await balance_of(session, user) == 3


async def test_a_newer_version_of_the_same_content_holds_off_the_one_between(session):
    somebody = await person(session)
    same, other = {"raw": b"same", "kcal": 371}, {"raw": b"other", "kcal": 500}

    for version, content in ((1, same), (3, same), (2, other)):
        await taken(session, "garmin", draft(version=version, **content), owner=somebody)

    (activity,) = await activities_of(session, somebody)
    assert activity.energy_kcal == 371


@pytest.mark.parametrize("order", [(b"a", b"b"), (b"b", b"a")])
async def test_of_two_contents_under_one_version_the_same_one_stays_in_any_order(session, order):
    somebody = await person(session)
    figures = {b"a": 371, b"b": 500}

    for raw in order:
        await taken(session, "garmin", draft(version=1, raw=raw, kcal=figures[raw]), owner=somebody)

    (activity,) = await activities_of(session, somebody)
    assert activity.energy_kcal == figures[max(figures, key=lambda raw: sha256(raw).digest())]


async def test_a_workout_moved_to_another_day_moves_its_credits(session):
    user = await person(session)
    await taken(session, "garmin", draft(), owner=user)

    await taken(session, "garmin", draft(at=MORNING + timedelta(days=3)), owner=user)

    days = "SELECT array_agg(local_date || ' ' || activities ORDER BY local_date) FROM user_days WHERE user_id = :u"
    assert await figure(session, days, u=user) == ["2026-01-01 0", "2026-01-04 1"]
    assert await balance_of(session, user) == 3


async def test_a_record_that_bound_two_others_releases_them_when_deleted(session):
    user = await person(session)
    hour = {"minutes": 60, "kcal": 300}
    await taken(
        session, "garmin", draft("a", **hour), draft("b", at=MORNING + timedelta(minutes=61), **hour), owner=user
    )
    await taken(session, "strava", draft("ab", minutes=121, kcal=600), owner=user)
    bound = await activities_of(session, user)

    await taken(session, "strava", Deletion(partner_ref="ab"), owner=user)

    assert [each.record_count for each in bound] == [3]
    assert [each.record_count for each in await activities_of(session, user)] == [1, 1]
    assert await balance_of(session, user) == 6


async def test_a_flagged_workout_is_shown_and_held_out_of_credits(session):
    user = await person(session)

    await taken(session, "garmin", draft(minutes=122, kcal=2400, distance_meters=42_195), owner=user)

    (activity,) = await activities_of(session, user)
    assert (activity.verdict, activity.reasons, activity.credits) == ("flagged", ["VERY_FAST"], 0)
    assert await balance_of(session, user) == 0


async def test_a_row_of_nobody_we_know_waits_for_its_person(session):
    user = await person(session)
    unknown = draft("9", person_ref="g-u7")

    first = await taken(session, "garmin", unknown, unknown)
    await connect(session, user, "garmin", "g-u7")
    waiting = await waiting_for(session, "garmin", "g-u7", NOW)
    replayed = await taken(session, "garmin", *waiting)

    assert outcomes(first) == ["quarantined", "quarantined"]
    assert first[0].problem.code == "UNKNOWN_PERSON"
    assert waiting == [unknown]
    assert outcomes(replayed) == ["created"]
    assert await waiting_for(session, "garmin", "g-u7", NOW) == []


async def test_somebody_elses_person_stays_theirs(session):
    owner, other = await person(session), await person(session)
    await connect(session, owner, "garmin", "g-u7")

    await taken(session, "garmin", draft("1", person_ref="g-u7"), owner=other)

    assert len(await activities_of(session, owner)) == 1
    assert await activities_of(session, other) == []


async def test_a_citizen_number_is_known_by_its_keyed_hash_only(session):
    user = await person(session)
    sent = draft("1", citizen_number="1101700207030", raw=b"\x0e\x10 not text \xff")

    first = await taken(session, "thai_agency", sent)
    kept = await figure(session, "SELECT concat_ws(' ', person_ref, draft, message, path) FROM quarantine")
    await connect(session, user, "thai_agency", hashed("1101700207030"))
    replayed = await taken(
        session, "thai_agency", *await waiting_for(session, "thai_agency", hashed("1101700207030"), NOW)
    )
    again = await taken(session, "thai_agency", sent)

    assert "1101700207030" not in kept
    assert (outcomes(first), outcomes(replayed), outcomes(again)) == (["quarantined"], ["created"], ["unchanged"])


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"distance_meters": 1e300}, "ABSURD_FIGURE"),
        ({"distance_meters": float("nan")}, "ABSURD_FIGURE"),
        ({"energy_kcal": -5.0}, "ABSURD_FIGURE"),
        ({"steps": 10**18}, "ABSURD_FIGURE"),
        ({"started_at": MORNING.replace(tzinfo=None)}, "MISSING_ZONE"),
        ({"partner_ref": "x" * 300}, "BAD_REFERENCE"),
    ],
)
async def test_an_absurd_item_is_quarantined_and_the_rest_is_kept(session, figures, code):
    user = await person(session)

    results = await taken(session, "garmin", draft("bad", **figures), draft("good"), owner=user)

    assert outcomes(results) == ["quarantined", "created"]
    assert await figure(session, "SELECT code FROM quarantine WHERE partner_name = 'garmin'") == code


async def test_problems_are_kept_once_with_path_and_reason_and_skips_are_not(session):
    problem = Problem(code="BAD_PAYLOAD", path=("activities", 3, "sport\x00"), message="Send a word.", raw=b"{}")

    for _ in range(2):
        results = await taken(session, "garmin", problem, Skipped(path=("epochs",), reason="epochs are in dailies"))

    assert outcomes(results) == ["quarantined", "skipped"]
    assert await figure(session, "SELECT path FROM quarantine") == ["activities", "3", "sport\N{REPLACEMENT CHARACTER}"]


async def test_a_disconnection_removes_the_partners_records_until_the_person_returns(session):
    user = await person(session)
    await connect(session, user, "strava", "134815")
    await taken(session, "strava", draft("1", person_ref="134815"))
    await taken(session, "garmin", draft("2", at=MORNING + timedelta(days=1)), owner=user)

    await taken(session, "strava", Disconnection(person_ref="134815"))
    gone = [each.partner_name for each in await activities_of(session, user)]
    await connect(session, user, "strava", "134815")
    back = await taken(session, "strava", draft("1", person_ref="134815"), now=NOW + timedelta(days=1))

    assert gone == ["garmin"]
    assert outcomes(back) == ["created"]
    assert await balance_of(session, user) == 6


async def test_a_ping_is_remembered_once(session):
    for _ in range(2):
        results = await taken(session, "strava", Fetch(partner_ref="1360128428", person_ref="134815"))

    assert outcomes(results) == ["pending"]
    assert await figure(session, "SELECT count(*) FROM pending_fetches") == 1


async def test_a_day_total_feeds_step_challenges_and_never_credits(session):
    user = await person(session)
    challenge = await challenge_for(session, user, metric="steps")
    await taken(session, "garmin", draft(steps=5480), owner=user)

    total = DayTotal(local_date=MORNING.date(), steps=12_500, energy_kcal=650, raw=b"1")
    results = await taken(session, "garmin", total, total, owner=user)

    assert outcomes(results) == ["created", "unchanged"]
    assert await figure(session, "SELECT score FROM standings WHERE challenge_id = :c", c=challenge.id) == 12_500
    assert await balance_of(session, user) == 3


@pytest.mark.parametrize(("state", "score"), [("running", 371), ("grace", 371), ("final", None)])
async def test_a_late_record_moves_challenges_within_their_grace_and_no_final_one(session, state, score):
    user = await person(session)
    over = {"ends_on": MORNING.date(), "metric": "energy_kcal"}
    challenge = await challenge_for(session, user, state=state, **over)

    await taken(session, "garmin", draft(), owner=user, now=MORNING + timedelta(days=5))

    assert await figure(session, "SELECT score FROM standings WHERE challenge_id = :c", c=challenge.id) == score


async def test_a_final_challenge_does_not_move(session):
    user = await person(session)
    challenge = await challenge_for(session, user, state="final")

    await taken(session, "garmin", draft(), owner=user)

    assert await figure(session, "SELECT count(*) FROM standings WHERE challenge_id = :c", c=challenge.id) == 0


async def test_a_ministrys_challenge_counts_the_days_of_its_offices_for_them_and_for_it(session):
    user = await person(session)
    ministry = await team_of(session, kind="ministry")
    office = await team_of(session, user, kind="ministry", parent=ministry)
    challenge = await challenge_for(session, user, mode="teams", team_kind="ministry")

    await taken(session, "garmin", draft(), owner=user)
    await fold(session)

    rows = "SELECT array_agg(ROW(team_id, depth, score) ORDER BY depth) FROM team_standings WHERE challenge_id = :c"
    standings = await figure(session, rows, c=challenge.id)
    assert [tuple(each) for each in standings] == [(str(ministry.id), "1", "371"), (str(office.id), "2", "371")]


async def test_a_partner_without_a_signed_agreement_is_refused(session):
    partner = await session.get(Partner, "garmin")
    partner.agreement = "suspended"
    await session.flush()

    with pytest.raises(Conflict, match="suspended"):
        await taken(session, "garmin", draft())


@pytest.mark.parametrize("size", [1, 10, 1000])
async def test_the_number_of_statements_does_not_depend_on_the_number_of_items(worker_sessions, database_url, size):
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("CREATE EXTENSION pg_stat_statements")
        async with worker_sessions() as session, session.begin():
            user = await person(session)
            await challenge_for(session, user)
            items = [draft(str(each), at=MORNING + timedelta(hours=each), minutes=20, kcal=150) for each in range(size)]
            admin.execute("SELECT pg_stat_statements_reset()")

            results = await taken(session, "garmin", *items, owner=user)

            (sent,) = admin.execute("""
                SELECT sum(calls) FROM pg_stat_statements WHERE query !~ 'pg_stat_'
                  AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            """).fetchone()

    assert {each.outcome for each in results} == {Outcome.CREATED}
    assert 25 <= sent <= 35
