"""Our own bulk format, as documented and as broken."""

from __future__ import annotations

import json
import mmap
from dataclasses import fields
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.ccc_ndjson import _WORKOUT, ADAPTER, normalise
from domain.drafts import DayTotal, Deletion, Draft, EnergyKind, Item, Problem, Source, refusal
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import SAMPLES, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.sound import assert_sound

DELIVERY = sample("ccc_ndjson/delivery.ndjson")
WORKOUT: dict[str, object] = json.loads(DELIVERY.splitlines()[0].decode("utf-8-sig"))
DAY: dict[str, object] = json.loads(DELIVERY.splitlines()[-1])


def lines(*documents: object, end: bytes = b"\n") -> bytes:
    return end.join(
        document if isinstance(document, bytes) else json.dumps(document).encode() for document in documents
    )


def one(document: object) -> Item:
    (item,) = normalise(lines(document))
    return item


def draft_of(**changes: object) -> Draft:
    item = one(WORKOUT | changes)
    assert isinstance(item, Draft)
    return item


def test_a_delivery_with_everything_in_it() -> None:
    found = list(items(ADAPTER, DELIVERY))

    assert [type(item) for item in found] == [Draft, Draft, Problem, Deletion, DayTotal]
    run, sticks, unzoned, gone, day = found
    assert (run.partner_ref, run.person_ref, run.version, run.sport, run.title) == ("w-1", "p-7", 1, Sport.RUN, "วิ่งค่ำ")
    assert (run.elapsed_seconds, run.moving_seconds, run.distance_meters) == (1980, 1951, 5032.1)
    assert (run.energy_kcal, run.energy_kind, run.steps, run.pulse_bpm) == (371, EnergyKind.ACTIVE, 5480, 152)
    assert (sticks.sport, sticks.sport_word, sticks.energy_kind) == (Sport.OTHER, "ไม้พลอง", EnergyKind.TOTAL)
    assert (sticks.manual, sticks.source) == (True, Source.MANUAL)
    assert unzoned.path == ("line", 3, "startedAt")
    assert gone == Deletion(partner_ref="w-0", person_ref="p-7", version=2)
    assert (day.local_date, day.steps, day.energy_kcal, day.source) == (date(2026, 1, 31), 9120, 412, Source.PHONE)


def test_the_names_are_those_of_the_mutation() -> None:
    from resolvers.activities import ActivityInput  # noqa: PLC0415 - heavy, and for this one test

    def camel(name: str) -> str:
        first, *others = name.split("_")
        return first + "".join(part.title() for part in others)

    assert {camel(field.name) for field in fields(ActivityInput)} == _WORKOUT


def test_midnight_in_bangkok_parts_the_days() -> None:
    cases = json.loads(sample("_scenarios/D_time/1_bangkok_midnight.json"))

    for case in cases:
        assert draft_of(startedAt=case["start"]).local_date.isoformat() == case["local_day"]


def test_implausible_figures_become_records_so_that_their_owner_sees_the_verdict() -> None:
    keys = {"elapsed_s": "elapsedSeconds", "distance_m": "distanceMeters", "kcal": "energyKcal", "steps": "steps"}
    cases = json.loads(sample("_scenarios/E_implausible/cases.json"))

    for case in cases:
        if "elapsed_s" not in case:
            continue  # the case of two users is no single record
        figures = {keys[name]: value for name, value in case.items() if name in keys}
        assert (
            refusal(draft_of(sport=case["sport"], startedAt=case.get("start", WORKOUT["startedAt"]), **figures)) is None
        )


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b"\r\n \t\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [b"", b"\n", b"\r\n", b"\n\n\n"])
def test_line_ends_and_marks_change_nothing(end: bytes, mark: bytes, last: bytes) -> None:
    found = list(normalise(mark + lines(WORKOUT, DAY, end=end) + last))

    assert [type(item) for item in found] == [Draft, DayTotal]


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"[]",
        b"7",
        b"null",
        b"\xff\xfe",
        b'{"partnerRef": NaN}',
        b"[" * 5_000,
        b'{"elapsedSeconds": ' + b"9" * 5_000 + b"}",
        b'"' + b"x" * 200_000 + b'"',
    ],
    ids=["cut", "list", "number", "null", "bytes", "nan", "deep", "long number", "long line"],
)
def test_a_bad_line_never_spoils_the_rest(bad: bytes) -> None:
    found = list(normalise(lines(bad, WORKOUT, bad, DAY, bad)))

    assert [type(item) for item in found] == [Problem, Draft, Problem, DayTotal, Problem]
    assert [item.path for item in found if isinstance(item, Problem)] == [("line", 1), ("line", 3), ("line", 5)]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (WORKOUT | {"distanceMetres": 5000}, "distanceMetres"),
        (WORKOUT | {"partnerRef": None}, "partnerRef"),
        (WORKOUT | {"startedAt": None}, "startedAt"),
        (WORKOUT | {"startedAt": "2026-01-31 06:30"}, "startedAt"),
        (WORKOUT | {"elapsedSeconds": None}, "elapsedSeconds"),
        (WORKOUT | {"elapsedSeconds": "33:00"}, "elapsedSeconds"),
        (WORKOUT | {"steps": 1.5}, "steps"),
        (WORKOUT | {"version": 2**60}, "version"),
        (WORKOUT | {"version": -1}, "version"),
        (WORKOUT | {"source": "WATCH"}, "source"),
        (WORKOUT | {"manual": 1}, "manual"),
        (DAY | {"steps": -1}, "steps"),
        (DAY | {"localDate": "31/01/2569"}, "localDate"),
        (DAY | {"partnerRef": "x"}, "partnerRef"),
    ],
)
def test_what_cannot_be_read_is_named(document: object, field: str) -> None:
    item = one(document)

    assert isinstance(item, Problem)
    assert item.path == ("line", 1, field)
    assert item.person_ref == "p-7"


@pytest.mark.parametrize(
    ("sport", "word", "ours", "kept"),
    [
        ("TRAIL_RUN", None, Sport.TRAIL_RUN, None),
        ("trail_run", "TR", Sport.TRAIL_RUN, "TR"),
        ("quidditch", None, Sport.OTHER, "quidditch"),
        ("quidditch", "Q", Sport.OTHER, "Q"),
        (None, None, Sport.OTHER, None),
    ],
)
def test_a_sport_is_one_of_our_words_or_other(sport: object, word: object, ours: Sport, kept: str | None) -> None:
    draft = draft_of(sport=sport, sportWord=word)

    assert (draft.sport, draft.sport_word) == (ours, kept)


def test_the_printed_offset_is_kept() -> None:
    draft = draft_of(startedAt="2026-01-31T06:30:00+07:00")

    assert (draft.utc_offset_seconds, draft.started_at) == (25_200, datetime(2026, 1, 30, 23, 30, tzinfo=UTC))


def test_an_empty_file_holds_nothing() -> None:
    assert [list(normalise(body)) for body in (b"", b"\xef\xbb\xbf", b"\r\n\n")] == [[], [], []]


@pytest.mark.parametrize("payload", [None, {}, "text", b"a,b\n1,2\n", b"\x89PNG\r\n\x1a\n", b"[\n1\n]", b"x\n" * 5_000])
def test_a_file_of_another_kind_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        normalise(payload)


def test_a_file_whose_lines_all_lack_something_is_not_of_another_kind() -> None:
    found = list(normalise(lines({"partnerRef": "1"}, {"a": 1})))

    assert [item.path for item in found if isinstance(item, Problem)] == [("line", 1, "startedAt"), ("line", 2, "a")]


def test_lines_are_read_as_they_are_asked_for() -> None:
    body = lines(WORKOUT) + b"\n" + (json.dumps(DAY).encode() + b"\n") * 200_000

    first = list(islice(normalise(body), 2))

    assert [type(item) for item in first] == [Draft, DayTotal]


def test_a_mapped_file_gives_the_same() -> None:
    with Path(SAMPLES / "ccc_ndjson" / "delivery.ndjson").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

        assert list(normalise(mapped)) == list(normalise(DELIVERY))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([WORKOUT, DAY]).flatmap(mutated) | ANY_JSON, max_size=4))
def test_any_change_to_a_line_gives_items_or_a_refusal(documents: list[object]) -> None:
    body = b"\n".join(json.dumps(document).encode() for document in documents)

    assert_sound(normalise, body)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(DELIVERY)), st.integers(0, 20), st.binary(max_size=20))
def test_any_change_to_the_bytes_gives_items_or_a_refusal(at: int, length: int, other: bytes) -> None:
    assert_sound(normalise, DELIVERY[:at] + other + DELIVERY[at + length :])
