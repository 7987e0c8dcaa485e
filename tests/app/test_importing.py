"""Deliveries from bytes to rows: the five sources of one run, every sample, and what cannot be read."""

import gzip
import json
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.base import items
from app.checking import checked
from app.importing import Door, adapter_of, delivered, joined, partner_for
from domain.base import run
from domain.connections import hashed_with
from domain.errors import BadInput, BadPayload, Conflict, NotFound
from domain.partners import Partner
from tests.domain.factories import NOW, activities_of, balance_of, figure, person

SAMPLES = Path(__file__).parents[1] / "samples"
RUN = SAMPLES / "_scenarios" / "A_same_run_5_sources"


@pytest.fixture
def door(worker_sessions):
    return Door(sessions=worker_sessions, now=lambda: NOW, hashed=hashed_with(b"a key of the test"))


@pytest_asyncio.fixture
async def somebody(worker_sessions):
    async with worker_sessions() as session, session.begin():
        return await person(session, mass_kg=62.0)


async def brought(door, name, file, owner=None):
    return await delivered(door, await partner_for(door, name), file.read_bytes(), owner=owner)


async def faults(sessions):
    return [line async for _, _, lines in checked(sessions) for line in lines]


async def test_the_same_run_from_three_sources_is_one_activity_credited_once(door, worker_sessions, somebody):
    files = [
        ("strava", RUN / "2_strava_detailed_activity.json"),
        ("garmin", RUN / "1_garmin_push.json"),
        ("thai_agency", RUN / "5_agency_row.csv"),
    ]

    first = [(await brought(door, *each, owner=somebody)).counts for each in files]
    again = [(await brought(door, *each, owner=somebody)).counts for each in files]

    assert first == [{"created": 1}, {"merged": 1}, {"merged": 1}]
    assert again == [{"unchanged": 1}] * 3
    async with worker_sessions() as session:
        (activity,) = await activities_of(session, somebody)
        assert (activity.record_count, activity.partner_name, activity.energy_kcal) == (3, "garmin", 371)
        assert await balance_of(session, somebody) == 3
        assert await figure(session, "SELECT count(*) FROM credit_entries") == 1
    assert await faults(worker_sessions) == []


async def test_an_edit_and_a_deletion_arrive_by_webhook(door, worker_sessions, somebody):
    folder = SAMPLES / "_scenarios" / "C_edit_delete_late"
    balances = []
    for name in ("1_create.json", "3_after_update.json", "4_webhook_delete.json"):
        await brought(door, "strava", folder / name, owner=somebody)
        async with worker_sessions() as session:
            balances.append(await balance_of(session, somebody))

    assert balances == [2, 4, 0]
    assert await faults(worker_sessions) == []


async def test_every_sample_can_be_brought_in_and_everything_adds_up(door, worker_sessions, somebody):
    outcomes = {}
    for folder, name in (
        ("strava", "strava"),
        ("garmin_health", "garmin"),
        ("fit", "fit_file"),
        ("thai_agency", "dpe"),
    ):
        for file in sorted((SAMPLES / folder).iterdir()):
            if file.suffix == ".md":
                continue
            try:
                outcomes[f"{folder}/{file.name}"] = (await brought(door, name, file, owner=somebody)).counts
            except BadPayload as error:
                outcomes[f"{folder}/{file.name}"] = error.code

    assert outcomes == {
        "fit/Activity.fit": {"created": 1},
        "fit/MonitoringFile.fit": {"skipped": 1},
        "fit/activity-unexpected-eof.fit": {"quarantined": 1},
        "fit/garmin-edge-820-bike.fit": {"created": 1},
        "fit/garmin-fenix-5-run.fit": {"created": 1},
        "fit/garmin-fenix-5-walk.fit": {"created": 1},
        "fit/sample-activity-indoor-trainer.fit": {"created": 1},
        "garmin_health/activities_pull_run_ride.json": {"created": 2},
        "garmin_health/activity_cycling_indoor.json": {"created": 1},
        "garmin_health/daily_summary.json": {"created": 1},
        "garmin_health/epoch.json": {"skipped": 1},
        # two athletes, so the list is nobody's own
        "strava/athlete_activities_list_docs_example.json": {"quarantined": 2},
        "strava/club_activities_docs_example.json": {"quarantined": 1},
        "strava/detailed_activity_docs_example.json": {"created": 1},
        "strava/detailed_activity_run_2013.json": {"created": 1},
        "strava/webhook_activity_update.json": {"pending": 1},
        "strava/webhook_athlete_deauthorize.json": {"deleted": 1},
        # a group's rows, which wait for their people
        "thai_agency/activities_cp874.csv": {"quarantined": 4},
        "thai_agency/activities_report.xlsx": {"quarantined": 4, "skipped": 1},
        "thai_agency/activities_utf8_bom.csv": {"quarantined": 4},
    }
    assert await faults(worker_sessions) == []


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("strava", b"\xff\xfe{}", "BAD_PAYLOAD"),
        ("strava", b"[" * 100_000, "BAD_PAYLOAD"),
        ("garmin", b'"x"', "BAD_PAYLOAD"),
        ("fit_file", b"no FIT at all", "BAD_PAYLOAD"),
        ("dpe", b"\x00\x01\x02" * 50, "BAD_PAYLOAD"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_kept(door, worker_sessions, name, body, code):
    with pytest.raises(BadPayload) as refused:
        await delivered(door, await partner_for(door, name), body)

    assert refused.value.code == code
    async with worker_sessions() as session:
        assert await figure(session, "SELECT raw FROM quarantine WHERE code = :c", c=code) == body


async def test_an_unknown_partner_is_named_with_those_there_are(door):
    with pytest.raises(NotFound, match="garmin"):
        await partner_for(door, "nobody")


async def test_a_partner_without_an_adapter_sends_nothing(door):
    with pytest.raises(BadInput, match="sends no records"):
        await delivered(door, await partner_for(door, "mots"), b"{}")


async def test_a_file_of_a_group_waits_for_its_people(door, somebody):
    report = await brought(door, "dpe", SAMPLES / "thai_agency" / "activities_cp874.csv", owner=somebody)

    assert report.counts == {"quarantined": 4}
    assert {each.problem.code for each in report.results} == {"UNKNOWN_PERSON"}


async def test_a_person_who_connects_receives_what_waited_for_them(door, worker_sessions, somebody):
    partner = await partner_for(door, "dpe")
    await brought(door, "dpe", SAMPLES / "thai_agency" / "activities_cp874.csv")

    first = await joined(door, partner, "A0001", somebody)
    second = await joined(door, partner, "A0001", somebody)

    assert (first.counts, second.counts) == ({"created": 1}, {})
    async with worker_sessions() as session:
        (activity,) = await activities_of(session, somebody)
        assert (activity.sport, activity.distance_meters, activity.energy_kcal) == ("run", 5200, 382)
    assert await faults(worker_sessions) == []


async def test_a_name_that_is_somebody_elses_is_not_given_away(door, worker_sessions, somebody):
    async with worker_sessions() as session, session.begin():
        other = await person(session)
    partner = await partner_for(door, "dpe")
    await joined(door, partner, "A0001", somebody)

    with pytest.raises(Conflict, match="somebody else"):
        await joined(door, partner, "A0001", other)


async def test_what_cannot_have_happened_is_taken_in_with_its_verdict(door, worker_sessions, somebody):
    cases = json.loads((SAMPLES / "_scenarios" / "E_implausible" / "cases.json").read_text())
    keys = {"elapsed_s": "elapsedSeconds", "distance_m": "distanceMeters", "kcal": "energyKcal", "steps": "steps"}
    lines = [
        {
            "partnerRef": case["case"],
            "personRef": "p-7",
            "sport": {"cycling": "RIDE"}.get(case["sport"], case["sport"].upper()),
            "startedAt": case.get("start", f"2026-01-{day:02}T06:00:00+07:00"),
        }
        | {keys[name]: figure for name, figure in case.items() if name in keys}
        for day, case in enumerate(cases, 1)
        if "elapsed_s" in case
    ]
    body = b"\n".join(json.dumps(line).encode() for line in lines)

    async with worker_sessions() as session, session.begin():
        session.add(Partner(name="club", title_th="ชมรม", title_en="Club", kind="agency", adapter="ccc_ndjson"))

    report = await delivered(door, await partner_for(door, "club"), body, owner=somebody)

    assert report.counts == {"created": 9}
    async with worker_sessions() as session:
        verdicts = [each.verdict for each in await activities_of(session, somebody)]
    assert sorted(verdicts) == ["flagged"] * 5 + ["rejected"] * 4
    assert await faults(worker_sessions) == []


async def test_a_citizen_number_in_a_file_stays_nowhere_before_or_after_its_person_connects(
    door, worker_sessions, somebody
):
    number = "1101700203451"
    body = (
        "เลขประจำตัวประชาชน,วันที่,เวลาเริ่ม,ประเภทกิจกรรม,ระยะเวลา (นาที)\n"
        f"{number},12/01/2567,06:15,วิ่ง,30\n"
        f"{number},13/01/2567,ไม่ทราบ,วิ่ง,30\n"
    ).encode()
    partner = await partner_for(door, "bma")
    report = await delivered(door, partner, body)
    kept = """SELECT string_agg(row_to_json(t)::text || convert_from(t.raw, 'UTF8'), ' ') FROM {} t"""
    async with worker_sessions() as session:
        waiting = await figure(session, kept.format("quarantine"))

    taken = await joined(door, partner, door.hashed(number), somebody)

    assert (report.counts, taken.counts) == ({"quarantined": 2}, {"created": 1})
    async with worker_sessions() as session:
        stored = await figure(session, kept.format("payloads"))
        named = await figure(session, "SELECT string_agg(row_to_json(t)::text, ' ') FROM records t")
    assert "cid:" in waiting
    assert number not in waiting + stored + named


EVENT = "เลขประจำตัวประชาชน,วันที่,เวลาเริ่ม,ประเภทกิจกรรม,ระยะเวลา (นาที),แคลอรี\n"
TWO = ("1101700203451", "1101700207030")


def rows_of(people, clock="06:15"):
    return (EVENT + "".join(f"{each},12/01/2567,{clock},วิ่ง,60,400\n" for each in people)).encode()


async def test_equal_rows_of_two_unknown_people_wait_for_each_of_them(door, worker_sessions, somebody):
    async with worker_sessions() as session, session.begin():
        other = await person(session, mass_kg=62.0)
    partner = await partner_for(door, "bma")

    counts = [(await delivered(door, partner, rows_of(TWO))).counts for _ in range(2)]
    async with worker_sessions() as session:
        waiting = await figure(session, "SELECT count(*) FROM quarantine")
    taken = [
        (await joined(door, partner, number, user)).counts for number, user in zip(TWO, (somebody, other), strict=True)
    ]

    assert counts == [{"quarantined": 2}] * 2
    assert waiting == 2
    assert taken == [{"created": 1}] * 2
    async with worker_sessions() as session:
        assert [await balance_of(session, each) for each in (somebody, other)] == [4, 4]
        assert await figure(session, "SELECT count(DISTINCT partner_ref) FROM records") == 1
    assert await faults(worker_sessions) == []


async def test_equal_rows_that_cannot_be_read_are_kept_for_each_person(door, worker_sessions):
    partner = await partner_for(door, "bma")

    for number in TWO:
        await delivered(door, partner, rows_of([number], clock="ไม่ทราบ"))

    async with worker_sessions() as session:
        assert await figure(session, "SELECT count(DISTINCT person_ref) FROM quarantine") == 2


async def test_a_row_under_the_reference_of_an_earlier_version_is_credited_once(door, worker_sessions, somebody):
    partner = await partner_for(door, "bma")
    await joined(door, partner, TWO[0], somebody)
    await delivered(door, partner, rows_of(TWO[:1]))
    async with worker_sessions() as session, session.begin():
        await run(session, text("UPDATE records SET partner_ref = repeat('0', 32)"))

    again = [(await delivered(door, partner, rows_of(TWO[:1]))).counts for _ in range(2)]

    assert again == [{"merged": 1}, {"unchanged": 1}]
    async with worker_sessions() as session:
        (activity,) = await activities_of(session, somebody)
        assert (activity.record_count, activity.energy_kcal) == (2, 400)
        assert await balance_of(session, somebody) == 4
    assert await faults(worker_sessions) == []


@pytest.mark.parametrize(
    "body",
    [b"PK\x03\x04 a broken workbook", gzip.compress(b"no FIT of 1101700203451", mtime=0)],
    ids=["workbook", "gzip"],
)
async def test_of_what_is_packed_and_cannot_be_read_nothing_is_kept(door, worker_sessions, body):
    with pytest.raises(BadPayload):
        await delivered(door, await partner_for(door, "fit_file"), body)

    async with worker_sessions() as session:
        assert bytes(await figure(session, "SELECT raw FROM quarantine")) == b""


FILES = {
    "apple_health/export_ios17_workoutstatistics.xml": "apple_health",
    "ccc_ndjson/delivery.ndjson": "club",
    "fit/garmin-fenix-5-run.fit": "fit_file",
    "google_fit/merge-activity-segments.json": "google_fit",
    "gpx/korita-zbevnica.gpx": "gpx_file",
    "huawei/HiTrack_1551732120000155173259000030001.hitrack.txt": "huawei",
    "huawei/motion_path_detail_data.json": "huawei",
    "parkrun/willoughby-76.html": "parkrun",
    "samsung_health/com.samsung.shealth.exercise.20260701120000.csv": "samsung_health",
    "tcx/no_hr.tcx": "tcx_file",
    "thai_agency/activities_cp874.csv": "dpe",
    "thai_agency/activities_report.xlsx": "dpe",
    "withings/activity_measures_daily.json": "withings",
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
async def test_a_file_of_every_kind_is_imported_as_its_bytes_are_read(door, worker_sessions, somebody, tmp_path, pack):
    async with worker_sessions() as session, session.begin():
        session.add(Partner(name="club", title_th="ชมรม", title_en="Club", kind="agency", adapter="ccc_ndjson"))
    taken, read = {}, {}
    for name, partner_name in FILES.items():
        partner, body = await partner_for(door, partner_name), (SAMPLES / name).read_bytes()
        read[name] = len(list(items(adapter_of(partner), body)))
        path = tmp_path / "file"
        path.write_bytes(pack(body))
        taken[name] = sum((await delivered(door, partner, path, owner=somebody)).counts.values())

    assert taken == read
    assert min(read.values()) > 0
    assert await faults(worker_sessions) == []
