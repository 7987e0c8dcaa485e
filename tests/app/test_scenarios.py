"""Recorded deliveries through the command line, each command a process: what it says, and what the person has then."""

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from domain.base import uuid7

SCENARIOS = Path(__file__).parents[1] / "samples" / "_scenarios"
CCC = [sys.executable, "-c", "from app.cli import main; main()"]
RUN = {
    "garmin": "1_garmin_push.json",
    "strava": "2_strava_detailed_activity.json",
    "health_connect": "3_health_connect_sync.json",
    "polar": "4_polar_exercise.json",
    "dpe": "5_agency_row.csv",
}
ACTIVITIES = "SELECT {} FROM activities WHERE deleted_at IS NULL ORDER BY started_at"


@pytest.fixture
def database(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def malee(database):
    """The id of somebody without a log-in."""
    user = str(uuid7())
    database.execute(
        "INSERT INTO users (id, display_name, language, synthetic, created_at) VALUES (%s, 'M', 'th', false, now())",
        [user],
    )
    return user


@pytest.fixture
def ccc(database_url, tmp_path):
    """Runs `ccc` against the database; gives what it says."""

    def ran(*arguments):
        command = [*CCC, *map(str, arguments)]
        if arguments[0] != "normalise":
            command += ["--dir", str(tmp_path / "demo")]
        done = subprocess.run(
            command, env={"CCC_DATABASE_URL": database_url}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return ran


def test_one_run_of_five_sources_is_imported_as_one_activity_credited_once(ccc, database, malee):
    said = [
        ccc("import", partner, SCENARIOS / "A_same_run_5_sources" / name, "--user", malee)
        for partner, name in RUN.items()
    ]

    assert said == [["created: 1"], *[["merged: 1"]] * 4]
    shown = database.execute(ACTIVITIES.format("partner_name, energy_kcal, record_count, credits")).fetchall()
    assert shown == [("garmin", 371.0, 5, 3)]
    assert all(line.endswith(": agree") for line in ccc("check"))


def test_an_edit_and_a_deletion_are_imported_as_new_entries_of_the_ledger(ccc, database, malee):
    # Strava says no version, so each is what it is now; after a deletion for good it stays deleted.
    after = "3_after_update.json"
    steps = ("1_create.json", after, after, "4_webhook_delete.json", after)

    said = [ccc("import", "strava", SCENARIOS / "C_edit_delete_late" / name, "--user", malee) for name in steps]

    assert said == [["created: 1"], ["updated: 1"], ["unchanged: 1"], ["deleted: 1"], ["unchanged: 1"]]
    assert database.execute("SELECT amount FROM credit_entries ORDER BY id").fetchall() == [(2,), (2,), (-4,)]
    assert database.execute(ACTIVITIES.format("id")).fetchall() == []
    assert all(line.endswith(": agree") for line in ccc("check"))


def test_days_change_at_midnight_in_bangkok(ccc, database, malee, tmp_path):
    cases = json.loads((SCENARIOS / "D_time" / "1_bangkok_midnight.json").read_text())
    body = recorded({"partnerRef": each["start"], "startedAt": each["start"], "elapsedSeconds": 1} for each in cases)
    (tmp_path / "midnight.ndjson").write_text(body)

    drafts = [json.loads(line) for line in ccc("normalise", "ccc_ndjson", tmp_path / "midnight.ndjson")]
    database.execute(
        "INSERT INTO partners (name, title_th, title_en, kind, adapter, agreement, owner_only, created_at) "
        "VALUES ('school', 'โรงเรียน', 'School', 'school', 'ccc_ndjson', 'signed', false, now())"
    )
    said = ccc("import", "school", tmp_path / "midnight.ndjson", "--user", malee)

    assert [each["local_date"] for each in drafts] == [each["local_day"] for each in cases]
    assert said == [f"created: {len(cases)}"]
    days = database.execute(ACTIVITIES.format("local_date::text")).fetchall()
    assert days == [(each["local_day"],) for each in cases]


def test_implausible_workouts_are_imported_with_their_verdicts(ccc, database, malee, tmp_path):
    cases = [
        each for each in json.loads((SCENARIOS / "E_implausible" / "cases.json").read_text()) if "elapsed_s" in each
    ]
    workouts = [
        {
            "partnerRef": case["case"],
            "sport": {"cycling": "ride"}.get(case["sport"], case["sport"]),
            "startedAt": case.get("start", f"2026-01-{day:02}T06:00:00+07:00"),
            "elapsedSeconds": case["elapsed_s"],
            "distanceMeters": case.get("distance_m"),
            "steps": case.get("steps"),
            "energyKcal": case.get("kcal"),
        }
        for day, case in enumerate(cases, 1)
    ]
    (tmp_path / "cases.ndjson").write_text(recorded(workouts))
    database.execute(
        "INSERT INTO partners (name, title_th, title_en, kind, adapter, agreement, owner_only, created_at) "
        "VALUES ('school', 'โรงเรียน', 'School', 'school', 'ccc_ndjson', 'signed', false, now())"
    )

    said = ccc("import", "school", tmp_path / "cases.ndjson", "--user", malee)

    verdicts = dict(
        database.execute(
            "SELECT r.partner_ref, a.verdict FROM activities a JOIN records r ON r.activity_id = a.id"
        ).fetchall()
    )
    assert said == [f"created: {len(cases)}"]
    assert {case["case"]: verdicts[case["case"]] for case in cases} == {
        case["case"]: {"reject": "rejected", "flag": "flagged"}[expected(case)] for case in cases
    }


def expected(case):
    """The verdict's first word; refused energy flags the activity, whose estimate waits for review."""
    word = case["verdict"].split()[0].strip(":,")
    return "flag" if case["verdict"].startswith("reject kcal") else word


def recorded(workouts):
    return "".join(json.dumps({k: v for k, v in each.items() if v is not None}) + "\n" for each in workouts)
