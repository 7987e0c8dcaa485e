"""An organisation declares how its own file is read: tried, saved, activated, and then used at the door."""

import base64
from datetime import timedelta

import pytest

from app.importing import Door, delivered
from domain.partners import partner_named
from domain.scopes import Scope
from tests.schema import factories as make

FILE = """What,Far,Runner,When,From,Took
jog in the park,5200,R7,{day},06:15,34
wobble,900,R8,{day},17:30,12
walk,900,R7,99/99/2024,17:30,12
"""
COLUMNS = [
    {"figure": "PERSON", "at": "runner"},
    {"figure": "DAY", "at": "When"},
    {"figure": "START", "at": "From"},
    {"figure": "DURATION", "at": "Took", "unit": "MINUTES"},
    {"figure": "DISTANCE", "at": "Far", "unit": "METERS"},
    {"figure": "SPORT", "at": "What"},
]
MAPPING = {
    "columns": COLUMNS,
    "sports": [{"word": "Jog in the park", "sport": "RUN"}],
    "dates": "DAY_FIRST_CHRISTIAN",
}
PREVIEW = """mutation($input: PreviewMappingInput!) { previewMapping(input: $input) {
    userErrors { code message path }
    workouts errors skipped unknownSports
    rows { personRef namedByCitizenNumber sport sportWord localDate elapsedSeconds distanceMeters }
    rowErrors { code path message }
} }"""
SUGGEST = """mutation($input: SuggestMappingInput!) { suggestMapping(input: $input) {
    userErrors { code message path } columns { figure at unit } items unknown unknownSports missing
} }"""
SAVE = """mutation($input: SaveMappingInput!) { saveMapping(input: $input) {
    userErrors { code message path }
    mapping { version note isActive dates items columns { figure at always unit } sports { word sport } activatedAt }
} }"""
ACTIVATE = """mutation($input: ActivateMappingInput!) { activateMapping(input: $input) {
    userErrors { code message path } mapping { version isActive }
} }"""
LIST = """{ partner(name: "rtaf") { adapter mappings(first: 5) { nodes { version isActive } } } }"""

AIR_FORCE = make.partner("rtaf", Scope.ACTIVITY_WRITE)


def file_of(days_ago: int = 1) -> bytes:
    return FILE.format(day=(make.TODAY - timedelta(days=days_ago)).strftime("%d/%m/%y")).encode()


def sample(body: bytes | None = None) -> str:
    return base64.b64encode(file_of() if body is None else body).decode()


async def saved(ask, key="1", viewer=AIR_FORCE, **more):
    given = {"mapping": MAPPING, "note": "The running club's list", "idempotencyKey": key, **more}
    return (await ask(SAVE, viewer, input=given))["saveMapping"]


async def activated(ask, version, viewer=AIR_FORCE, **more):
    given = {"version": version, "idempotencyKey": "a", **more}
    return (await ask(ACTIVATE, viewer, input=given))["activateMapping"]


async def test_a_preview_shows_the_workouts_and_the_rows_that_cannot_be_read_and_stores_nothing(ask):
    found = (await ask(PREVIEW, AIR_FORCE, input={"mapping": MAPPING, "sample": sample()}))["previewMapping"]

    assert found["userErrors"] == []
    assert (found["workouts"], found["errors"], found["skipped"]) == (2, 1, 0)
    assert found["rows"][0] == {
        "personRef": "R7",
        "namedByCitizenNumber": False,
        "sport": "RUN",
        "sportWord": "jog in the park",
        "localDate": str(make.TODAY - timedelta(days=1)),
        "elapsedSeconds": 2040.0,
        "distanceMeters": 5200.0,
    }
    assert found["unknownSports"] == ["wobble"]
    assert [(each["code"], each["path"]) for each in found["rowErrors"]] == [("BAD_DATE", ["row", "4", "When"])]
    assert (await ask('{ partner(name: "rtaf") { quarantine(first: 5) { nodes { code } } } }', AIR_FORCE)) == {
        "partner": {"quarantine": {"nodes": []}}
    }


async def test_a_suggestion_begins_with_the_headings_that_are_known(ask):
    body = "รหัสสมาชิก,วันที่,เวลาเริ่ม,กีฬา,ระยะเวลา (ชม.),สีเสื้อ\nA1,1/2/2567,06:00,ควิดดิช,1,แดง\n".encode()

    found = (await ask(SUGGEST, AIR_FORCE, input={"sample": sample(body)}))["suggestMapping"]

    assert {"figure": "DURATION", "at": "ระยะเวลา (ชม.)", "unit": "HOURS"} in found["columns"]
    assert len(found["columns"]) == 5
    assert (found["unknown"], found["unknownSports"], found["missing"]) == (["สีเสื้อ"], ["ควิดดิช"], None)


async def test_a_saved_mapping_has_a_version_of_its_own_and_reads_nothing_yet(ask):
    first = await saved(ask)
    second = await saved(ask, key="2")
    again = await saved(ask)

    assert first["userErrors"] == []
    assert (first["mapping"]["version"], second["mapping"]["version"], again["mapping"]["version"]) == (1, 2, 1)
    assert first["mapping"]["isActive"] is False
    assert first["mapping"]["columns"][3] == {"figure": "DURATION", "at": "Took", "always": None, "unit": "MINUTES"}
    assert first["mapping"]["sports"] == [{"word": "Jog in the park", "sport": "RUN"}]
    assert (await ask(LIST, AIR_FORCE))["partner"]["adapter"] == "thai_agency"


async def test_a_key_that_saved_one_mapping_saves_no_other(ask):
    await saved(ask)

    found = await saved(ask, note="another")

    assert [each["code"] for each in found["userErrors"]] == ["CONFLICT"]
    assert found["mapping"] is None


async def test_files_are_read_by_the_active_mapping_and_again_as_before_when_it_is_taken_back(ask, worker_sessions):
    runner = await make.person(worker_sessions)
    await make.linked(worker_sessions, runner, "rtaf", "R7")
    await saved(ask)
    door = Door(sessions=worker_sessions, now=lambda: make.NOW, hashed=str)

    async def outcomes():
        async with worker_sessions() as session:
            partner = await partner_named(session, "rtaf")
        return (await delivered(door, partner, file_of())).counts

    on = await activated(ask, 1)
    read = await outcomes()
    listed = (await ask(LIST, AIR_FORCE))["partner"]
    off = await activated(ask, None)

    assert on == {"userErrors": [], "mapping": {"version": 1, "isActive": True}}
    assert read == {"created": 1, "quarantined": 2}
    assert listed == {"adapter": "declared", "mappings": {"nodes": [{"version": 1, "isActive": True}]}}
    assert off == {"userErrors": [], "mapping": None}
    assert (await ask(LIST, AIR_FORCE))["partner"]["adapter"] == "thai_agency"


async def test_a_quarantined_row_of_a_declared_file_is_taken_in_when_its_person_connects(ask, worker_sessions):
    await saved(ask)
    await activated(ask, 1)
    door = Door(sessions=worker_sessions, now=lambda: make.NOW, hashed=str)
    async with worker_sessions() as session:
        partner = await partner_named(session, "rtaf")
    await delivered(door, partner, file_of())
    runner = await make.person(worker_sessions)
    await make.linked(worker_sessions, runner, "rtaf", "R7")

    document = """mutation { replayQuarantined(input: {idempotencyKey: "r", code: "UNKNOWN_PERSON"}) {
        replayed stillWaiting userErrors { code } } }"""
    found = (await ask(document, AIR_FORCE))["replayQuarantined"]

    assert found == {"replayed": 1, "stillWaiting": 1, "userErrors": []}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"columns": COLUMNS[:-1]}, ["input", "mapping", "columns"]),
        ({"columns": [*COLUMNS, COLUMNS[0]]}, ["input", "mapping", "columns", "6"]),
        (
            {"columns": [*COLUMNS[:4], {**COLUMNS[4], "unit": "HOURS"}, COLUMNS[5]]},
            ["input", "mapping", "columns", "4"],
        ),
        ({"sports": [{"word": " ", "sport": "RUN"}]}, ["input", "mapping", "sports", "0"]),
        ({"columns": [*COLUMNS[:5], {"figure": "SPORT", "at": "x" * 201}]}, ["input", "mapping", "columns", "5"]),
    ],
)
async def test_a_mapping_that_could_read_nothing_is_refused_where_it_is_wrong(ask, change, path):
    found = await saved(ask, mapping={**MAPPING, **change})

    assert [(each["code"], each["path"]) for each in found["userErrors"]] == [("BAD_USER_INPUT", path)]


@pytest.mark.parametrize("given", ["%%%", "", "A" * 1_000_000])
async def test_a_sample_that_is_no_file_is_refused(ask, given):
    found = (await ask(SUGGEST, AIR_FORCE, input={"sample": given}))["suggestMapping"]

    assert [(each["code"], each["path"]) for each in found["userErrors"]] == [("BAD_USER_INPUT", ["input", "sample"])]


async def test_a_partner_with_a_vendors_format_declares_none(ask):
    garmin = make.partner("garmin", Scope.ACTIVITY_WRITE)
    await saved(ask, viewer=garmin)

    found = await activated(ask, 1, viewer=garmin)

    assert [each["code"] for each in found["userErrors"]] == ["NOT_DECLARABLE"]


async def test_only_an_administrator_declares_for_another_partner(ask):
    others = await saved(ask, viewer=make.partner("dpe", Scope.ACTIVITY_WRITE), partner="rtaf")
    administrators = await saved(ask, viewer=make.admin(), partner="rtaf")
    absent = await activated(ask, 7, viewer=make.admin(), partner="rtaf")

    assert [each["code"] for each in others["userErrors"]] == ["NOT_FOUND"]
    assert administrators["mapping"]["version"] == 1
    assert [each["code"] for each in absent["userErrors"]] == ["NOT_FOUND"]


async def test_mappings_are_seen_by_their_partner_and_administrators_alone(ask):
    await saved(ask)

    seen = [
        len((await ask(LIST, viewer))["partner"]["mappings"]["nodes"])
        for viewer in (AIR_FORCE, make.admin(), make.partner("dpe", Scope.ACTIVITY_WRITE), make.ministry())
    ]

    assert seen == [1, 1, 0, 0]
