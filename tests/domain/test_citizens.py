"""Citizen numbers: found however they are written, and left nowhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citizens import hidden, keyed, number_in, unreadable
from domain.drafts import DayTotal, Deletion, Disconnection, Fetch, Problem, Skipped
from tests.domain.factories import MORNING, draft

NUMBER = "1101700207030"
NAME = "cid:of-the-test"
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
GAPS = st.lists(st.sampled_from(["", "", "", "-", " ", ".", "\u200b"]), min_size=12, max_size=12)
NUMBERS = st.text("0123456789", min_size=13, max_size=13)


def named(_number):
    return NAME


@given(NUMBERS, GAPS, st.booleans())
def test_a_number_is_found_however_it_is_written(number, gaps, thai):
    written = number[0] + "".join(gap + digit for gap, digit in zip(gaps, number[1:], strict=True))

    assert number_in(f" {written.translate(THAI) if thai else written} ") == number


@pytest.mark.parametrize(
    "other", ["", "A0001", NUMBER[1:], NUMBER + "1", f"{NUMBER}/1", f"x{NUMBER}", "cid:" + "0" * 64]
)
def test_other_names_stay_as_they_are(other):
    assert number_in(other) is None
    assert keyed(other, named) == other


@pytest.mark.parametrize(
    "item",
    [
        draft(
            f"{NUMBER}/1", person_ref=NUMBER, title=f"by {NUMBER}", sport_word=NUMBER, raw=f"<p>{NUMBER}</p>".encode()
        ),
        draft("1", citizen_number=NUMBER, raw=b"\xff 1101700207030"),
        DayTotal(local_date=MORNING.date(), person_ref=NUMBER, raw=json.dumps({"n": [int(NUMBER), NUMBER]}).encode()),
        Deletion(partner_ref=NUMBER + "001", person_ref="1-1017-00207-03-0"),
        Deletion(partner_ref=f"9{NUMBER}/{NUMBER} {NUMBER}", person_ref=NUMBER.translate(THAI)),
        Disconnection(person_ref=NUMBER),
        Fetch(partner_ref=f"activities {NUMBER}", person_ref=NUMBER),
        Problem(code="BAD", path=("person", NUMBER, 1), message=f"“{NUMBER}” is bad.", person_ref=NUMBER, raw=b"{"),
        draft("1", person_ref=NUMBER.translate(WIDE), raw=f"<p>{NUMBER.translate(WIDE)} {NUMBER}</p>".encode()),
        Problem(code="BAD", path=(), message="", raw=json.dumps({"userId": NUMBER}).encode()),
        Problem(code="BAD", path=(), message="", raw=json.dumps([{"user": {"userId": int(NUMBER)}}]).encode()),
    ],
    ids=lambda item: type(item).__name__,
)
def test_an_item_is_left_without_its_number(item):
    once = hidden(item, named)

    assert NUMBER not in repr(once)
    assert "1-1017-00207-03-0" not in repr(once)
    assert NUMBER.translate(WIDE).encode() not in getattr(once, "raw", b"")
    assert NAME in repr(once)
    assert hidden(once, named) == once


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.sampled_from([NUMBER, int(NUMBER), f"a {NUMBER} b"]),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just(NUMBER), inner),
    ),
    st.booleans(),
)
def test_whatever_else_a_raw_item_says_is_kept(document, ascii_only):
    document = {"said": document, "userId": NUMBER}
    raw = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")

    found = hidden(draft(person_ref=NUMBER, raw=raw), named).raw

    assert NUMBER.encode() not in found
    expected = json.dumps(document, sort_keys=True).replace(f'"{NUMBER}"', NUMBER).replace(NUMBER, "N")
    said = json.dumps(json.loads(found.decode("utf-8", "surrogatepass")), sort_keys=True)
    assert len(said.replace(f'"{NAME}"', NAME).replace(NAME, "N")) == len(expected)


@pytest.mark.parametrize(
    "item",
    [
        draft("1", person_ref="A1", raw=b'{"userId": "A1"}'),
        draft("1", raw=json.dumps({"startTimeMillis": "1700000000000"}).encode()),
        Problem(code="BAD", path=(), message="", raw=json.dumps({"startTimeMillis": 1_700_000_000_000}).encode()),
        Problem(code="BAD", path=(), message="", raw=b"1700000000000,run"),
        Skipped(path=(1,), reason="a total row"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_an_item_of_nobody_with_a_number_is_left_alone(item):
    assert hidden(item, named) == item


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (f"เลข,{NUMBER}\n".encode(), "เลข,xxxxxxxxxxxxx\n".encode()),
        (f"เลข,{NUMBER}\n".encode("cp874"), "เลข,xxxxxxxxxxxxx\n".encode("cp874")),
        (b"1-1017-00207-03-0;12345678901234", b"xxxxxxxxxxxxx;12345678901234"),
        (f'{{"userId": "{NUMBER}"'.encode(), b'{"userId": "xxxxxxxxxxxxx"'),
        (f'{{"userId": "{NUMBER}"}}'.encode(), b'{"userId":"cid:of-the-test"}'),
        (b'{"at": 1700000000000}', b'{"at": 1700000000000}'),
        (b"PK\x03\x04 of a workbook", b""),
    ],
)
def test_of_what_cannot_be_read_this_is_kept(body, kept):
    assert unreadable(body, named) == kept
