"""Archives as people send them are read; those that are meant to do harm are refused before anything is unpacked."""

import gzip
import io
import stat
import struct
import zipfile

import pytest

from adapters import ADAPTERS
from app.refusals import TooLarge
from app.unpacking import LARGEST_WHOLE_BYTES, MOST_ENTRIES, Unpacked
from domain.drafts import DayTotal, Draft, Problem
from domain.errors import BadPayload
from tests.app.delivering import SAMPLES, lines, workout, zipped

APPLE = (SAMPLES / "apple_health" / "export_ios17_workoutstatistics.xml").read_bytes()
GPX = (SAMPLES / "gpx" / "track_with_speed.gpx").read_bytes()


@pytest.fixture
def opened(tmp_path):
    """A file with this content, as an adapter's."""

    def made(adapter, content):
        path = tmp_path / "file"
        path.write_bytes(content)
        return Unpacked.at(path, ADAPTERS[adapter])

    return made


def test_an_apple_export_is_read_out_of_its_archive_without_what_stands_beside_it(opened):
    archive = zipped(
        [
            ("apple_health_export/export_cda.xml", b"<ClinicalDocument/>"),
            ("apple_health_export/export.xml", APPLE),
            ("apple_health_export/workout-routes/route.gpx", GPX),
            ("__MACOSX/apple_health_export/._export.xml", b"\x00\x05\x16\x07"),
        ]
    )

    found = list(opened("apple_health", archive).items())

    assert found == list(opened("apple_health", APPLE).items())
    assert any(isinstance(each, Draft) for each in found)


@pytest.mark.parametrize("pack", [gzip.compress, bytes, lambda body: zipped([("x.ndjson", body)])])
def test_a_file_says_the_same_however_it_is_packed(opened, pack):
    body = lines(*(workout(n) for n in range(50)))

    found = list(opened("ccc_ndjson", pack(body)).items())

    assert [each.partner_ref for each in found] == [f"w-{n}" for n in range(50)]


def test_each_entry_is_a_document_and_one_that_cannot_be_read_costs_no_other(opened):
    archive = zipped([("a/1.gpx", GPX), ("2.gpx", b"<html/>"), ("a/3.gpx", GPX), ("read me.txt", b"?")])

    found = list(opened("gpx_file", archive).items())

    assert [type(each) for each in found] == [Draft, Problem, Draft]
    assert (found[1].code, found[1].path[0]) == ("BAD_PAYLOAD", "2.gpx")


def test_an_entry_whose_bytes_are_damaged_is_a_problem(opened):
    archive = bytearray(zipped([("1.gpx", GPX), ("2.gpx", GPX)], zipfile.ZIP_STORED))
    archive[200] ^= 1

    found = list(opened("gpx_file", bytes(archive)).items())

    assert [(each.code, each.path) if isinstance(each, Problem) else type(each) for each in found][-2:] == [
        ("BAD_ENTRY", ("1.gpx",)),
        Draft,
    ]


@pytest.mark.parametrize("pack", [bytes, lambda workbook: zipped([("a.xlsx", workbook)])])
def test_a_workbook_is_no_archive(opened, pack):
    workbook = (SAMPLES / "thai_agency" / "activities_report.xlsx").read_bytes()

    found = list(opened("thai_agency", pack(workbook)).items())

    assert sum(isinstance(each, Draft) for each in found) == 4


def named(name, content=b"<gpx/>"):
    return zipped([(name, content)])


def link():
    entry = zipfile.ZipInfo("1.gpx")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped([(entry, b"/etc/passwd")])


def twice():
    return zipped([("1.gpx", GPX), ("2.gpx", GPX)]).replace(b"2.gpx", b"1.gpx")


def locked():
    made = bytearray(named("1.gpx"))
    at = made.rfind(b"PK\x01\x02")
    made[at + 8] |= 1
    return bytes(made)


def renamed(name, raw):
    """An archive whose directory says another name, of the same length."""
    return named(name).replace(name.encode(), raw)


BAD = {
    "up": named("../1.gpx"),
    "up in the middle": named("a/../../1.gpx"),
    "absolute": named("/etc/1.gpx"),
    "a drive": named("C:/1.gpx"),
    "backslashes": renamed("a-b.gpx", b"a\\b.gpx"),
    "NUL": renamed("a-b.gpx", b"a\x00b.gpx"),
    "a line end": renamed("a-b.gpx", b"a\nb.gpx"),
    "too long a name": named("a" * 301 + ".gpx"),
    "a link": link(),
    "one name twice": twice(),
    "an archive within": named("inner.zip", named("1.gpx")),
    "an archive within, called otherwise": named("1.gpx", named("2.gpx")),
    "gzip within": named("1.gpx", gzip.compress(GPX)),
    "locked": locked(),
    "packed by bzip2": zipped([("1.gpx", GPX)], zipfile.ZIP_BZIP2),
    "nothing to read": named("readme.txt"),
    "empty": zipped([]).join([b"PK\x03\x04", b""]),
    "cut off": named("1.gpx", GPX)[:-30],
    "only the beginning": b"PK\x03\x04",
    "gzip cut off": gzip.compress(GPX)[:-20],
    "gzip of nothing": b"\x1f\x8b",
    "gzip of gzip": gzip.compress(gzip.compress(GPX)),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_what_is_no_honest_archive_is_not_read(opened, content):
    assert refusal_of(lambda: opened("gpx_file", content)) == "BAD_PAYLOAD"


def refusal_of(opening):
    """Why a file is not read: it is refused, or its only entry is."""
    try:
        (only,) = opening().items()
    except BadPayload as error:
        return error.code
    return only.code


def many():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(MOST_ENTRIES + 1):
            archive.writestr(f"{number}.gpx", b"")
    return made.getvalue()


def claiming(entries, directory):
    """An archive whose end claims so many entries, and a directory of that size."""
    made = bytearray(named("1.gpx"))
    struct.pack_into("<HHL", made, made.rfind(b"PK\x05\x06") + 8, entries, entries, directory)
    return bytes(made)


BOMBS = {
    "a ratio of a thousand": named("1.gpx", b"\x00" * 30_000_000),
    "too many entries": many(),
    "too many entries claimed": claiming(65_535, 100),
    "too large a directory": claiming(1, 100_000_000),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_before_it_is_unpacked(opened, content):
    with pytest.raises(TooLarge):
        opened("gpx_file", content)


def test_a_gzip_bomb_goes_off_in_small_pieces(opened):
    bomb = opened("apple_health", gzip.compress(b"<HealthData>" + b" " * 200_000_000, 9))

    with pytest.raises(TooLarge):
        list(bomb.items())


def test_a_large_file_of_a_format_that_is_read_whole_is_refused(opened):
    with pytest.raises(BadPayload, match="over 32 MB"):
        list(opened("samsung_health", b"x" * (LARGEST_WHOLE_BYTES + 1)).items())


def test_progress_counts_the_bytes_that_were_read(opened):
    told = []
    file = opened("apple_health", zipped([("export.xml", APPLE)]))

    days = [each for each in file.items(lambda read, total: told.append((read, total))) if isinstance(each, DayTotal)]

    assert told[-1] == (len(APPLE), len(APPLE))
    assert isinstance(days, list)
