"""XML that no exporter writes, and XML longer than memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.xml_reading import LARGEST_ELEMENT, LARGEST_RAW_BYTES, Element, Form, Step
from adapters.xml_text import pieces
from domain.errors import BadPayload

FORM = Form(
    partner="test",
    roots=frozenset({"doc"}),
    looks_at={"doc": frozenset({"part", "leaf"}), "part": frozenset({"leaf"})},
    raw=frozenset({"part"}),
    only={"leaf": ("kind", frozenset({"", "wanted"}))},
)
OPEN = Form(
    partner="test",
    roots=frozenset({"doc"}),
    looks_at={"doc": frozenset({"part", "leaf"}), "part": frozenset({"leaf"})},
    raw=frozenset({"part"}),
)


def read(source: object, form: Form = OPEN) -> list[tuple[Step, Element]]:
    return list(form.read(source))


def leaves(source: object) -> list[str]:
    return [element.text for step, element in read(source) if step is Step.WHOLE]


def refusal(source: object) -> str:
    """Why `source` is refused, which must not take long."""
    began = time.monotonic()
    with pytest.raises(BadPayload) as refused:
        read(source)
    assert time.monotonic() - began < 5
    return refused.value.message


def test_containers_are_opened_and_their_leaves_come_whole() -> None:
    data = b"<doc><part><leaf>a<deep>b</deep></leaf><other><leaf>no</leaf></other></part><leaf>c</leaf></doc>"

    steps = [(step, element.name) for step, element in read(data)]

    assert steps == [
        (Step.OPENED, "doc"),
        (Step.OPENED, "part"),
        (Step.WHOLE, "leaf"),
        (Step.CLOSED, "part"),
        (Step.WHOLE, "leaf"),
        (Step.CLOSED, "doc"),
    ]
    assert leaves(data) == ["a", "c"]


def test_an_element_finds_what_is_in_it() -> None:
    (leaf,) = [element for _, element in read(b"<doc><leaf><a><x:b>1</x:b></a><c> 2 </c></leaf></doc>")[1:2]]

    assert (leaf.text_of("c"), leaf.text_of("b"), leaf.child("b")) == ("2", None, None)
    assert (found := leaf.below("b", "z")) is not None
    assert found.text == "1"


def test_prefixes_do_not_matter_even_when_nobody_declares_them() -> None:
    assert leaves(b'<a:doc><b:leaf xsi:type="c">1</b:leaf></a:doc>') == ["1"]


def test_only_leaves_of_the_wanted_kind_are_kept() -> None:
    steps = read(b'<doc><leaf kind="wanted"/><leaf kind="not"/><leaf/></doc>', FORM)

    assert [element.attributes for step, element in steps if step is Step.WHOLE] == [{"kind": "wanted"}]


@pytest.mark.parametrize(
    "part",
    [
        b'<part a="x>y"/>',
        b"<part>/></part>",
        b"<part  a='\"' ></part \n>",
        '<part a="\'>">ไทย <leaf>1</leaf><!-- </part> --><![CDATA[</part>]]></part>'.encode(),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_container_keeps_its_own_bytes_however_they_arrive(part: bytes, size: int) -> None:
    data = b'<?xml version="1.0"?>\n<doc>' + b"<leaf/>" * 30 + part + b"<leaf/></doc>"

    steps = read(data[i : i + size] for i in range(0, len(data), size))

    assert [element.raw for step, element in steps if step is Step.CLOSED] == [part, b""]


def test_bytes_in_pieces_give_the_same_as_in_one() -> None:
    data = b"<doc>" + b"<part><leaf>text &amp; text</leaf></part>" * 5000 + b"</doc>"

    cut = (data[i : i + 1000] for i in range(0, len(data), 1000))

    assert [(s, e.name, e.text, e.raw) for s, e in read(cut)] == [(s, e.name, e.text, e.raw) for s, e in read(data)]


@pytest.mark.parametrize("source", ["<doc/>", {"a": 1}, None, 7, [b"<doc>", "</doc>"]])
def test_what_is_not_bytes_is_refused(source: object) -> None:
    assert "bytes of a file" in refusal(source)


@pytest.mark.parametrize(
    "data", [b"", b"  \n", b"PK\x03\x04", b"<doc>", b"<doc><part>", b"<doc></part></doc>", b"<doc/><doc/>"]
)
def test_what_is_broken_or_breaks_off_is_refused_with_the_place(data: bytes) -> None:
    assert "the XML is broken at line " in refusal(data)


def test_lines_keep_their_numbers_behind_a_document_type() -> None:
    assert "line 5," in refusal(b"<!DOCTYPE doc [\n<!ELEMENT doc ANY>\n]>\n<doc>\n<part></doc>")


def test_another_kind_of_document_is_refused_by_its_first_element() -> None:
    assert "first element is html; expected doc" in refusal(b"<html><doc/></html>")


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))


@pytest.mark.parametrize(
    ("doctype", "reason"),
    [
        (b'<!DOCTYPE doc [<!ENTITY l0 "lol">' + LAUGHS + b"]>", "declares entities"),
        (b'<!DOCTYPE doc [<!ENTITY big "' + b"x" * 100_000 + b'">]>', "declares entities"),
        (b'<!DOCTYPE doc [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "declares entities"),
        (b'<!DOCTYPE doc [<!ENTITY % p SYSTEM "http://192.0.2.1/p"> %p;]>', "declares entities"),
        (b'<!DOCTYPE doc SYSTEM "http://192.0.2.1/x.dtd">', "points to another document"),
        (b'<!DOCTYPE doc PUBLIC "-//X" "file:///x.dtd" [<!ELEMENT doc ANY>]>', "points to another document"),
        (b'<!DOCTYPE doc [<!-- ]> --><!ENTITY x "y">]>', "the XML is broken"),
        (b"<!DOCTYPE doc [<!ELEMENT doc ANY>]><!DOCTYPE doc>", "where none may stand"),
        (b"<!DOCTYPE doc [" + b"<!ELEMENT x ANY>" * 60_000, "too long"),
        (b"<!DOCTYPE doc [", "where none may stand"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_and_references_to_elsewhere_are_refused_unread(doctype: bytes, reason: str, encoding: str) -> None:
    data = (doctype + b"<doc><leaf>&l9;&big;&x;</leaf></doc>").decode().encode(encoding)

    assert reason in refusal(data)


def test_an_entity_nobody_declared_is_refused() -> None:
    assert "undefined entity" in refusal(b"<doc><leaf>&nbsp;</leaf></doc>")


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE doc>",
        b"<!DOCTYPE doc [\n<!ELEMENT doc ANY>\n<!ATTLIST doc a CDATA #IMPLIED>\n] >",
        b"<!-- a --><?b c?> <!DOCTYPE doc [<!ATTLIST doc\n a CDATA #REQUIRED\n<!ELEMENT x EMPTY>]>",
        b'<!DOCTYPE doc [<!ATTLIST leaf a CDATA "' + b"x" * 9_000 + b'">]>',
    ],
)
def test_a_document_type_that_only_describes_is_skipped_even_when_malformed(doctype: bytes) -> None:
    steps = read(b"\xef\xbb\xbf" + doctype + b"<doc><leaf>1</leaf></doc>")

    assert [(element.text, element.attributes) for step, element in steps if step is Step.WHOLE] == [("1", {})]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<doc>" + b"<a>" * 200_000, "nested"),
        (b"<doc><leaf>" + b"<a>" * 100, "nested"),
        (b"<doc><leaf>" + b"x" * (LARGEST_ELEMENT + 1) + b"</leaf></doc>", "too large"),
        (b"<doc><leaf>" + b"<a/>" * 10_000 + b"</leaf></doc>", "too large"),
        (b"<doc><leaf a='" + b"x" * 2_000_000 + b"'/></doc>", "too long"),
        (b"<doc><!--" + b"x" * 2_000_000, "too long"),
        (b"<doc><![CDATA[" + b"x" * 2_000_000, "broken"),
        (b"<doc>" + b"".join(b"<a%d/>" % i for i in range(50_000)), "too many different names"),
        (b"<doc><a " + b" ".join(b"a%d='1'" % i for i in range(20_000)) + b"/></doc>", "too many different names"),
        (b" " * 3_000_000, "broken"),
        (b"<doc/>" + b"\n" * 100_000 + b"x", "broken"),
        (b"<doc " + b"a='1' " * 2 + b"/>", "duplicate attribute"),
    ],
)
def test_what_is_out_of_bounds_is_refused_in_time(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def test_a_container_longer_than_we_keep_is_refused() -> None:
    filler = b"<other>" + b"x" * 65_000 + b"</other>"
    data = (b"<doc><part>", *[filler] * (LARGEST_RAW_BYTES // len(filler) + 3), b"</part></doc>")

    assert "one part is over 32 MB" in refusal(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_read_whatever_the_declaration_says_of_it(encoding: str) -> None:
    assert leaves('<?xml version="1.0"?><doc><leaf>วิ่ง 🏃</leaf></doc>'.encode(encoding)) == ["วิ่ง 🏃"]


@pytest.mark.parametrize(
    ("name", "codec"), [("windows-874", "cp874"), ("TIS-620", "tis-620"), ("ISO-8859-1", "latin-1")]
)
def test_a_declared_old_encoding_is_read_and_kept_as_unicode(name: str, codec: str) -> None:
    word = "é" if codec == "latin-1" else "วิ่ง"

    steps = read(f"<?xml version='1.0' encoding='{name}'?><doc><part><leaf>{word}</leaf></part></doc>".encode(codec))

    assert steps[1][1].raw.decode() == f"<part><leaf>{word}</leaf></part>"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("<doc><leaf>วิ่ง</leaf></doc>".encode("cp874"), "not well-formed"),
        (b"<?xml version='1.0' encoding='utf-16'?><doc/>", "utf-16"),
        (b"<?xml version='1.0' encoding='EBCDIC-CP-US'?><doc/>", "ebcdic-cp-us"),
        (b"<?xml version='1.0' encoding='idna'?><doc/>", "idna"),
        ("<doc/>".encode("utf-32"), "UTF-32"),
        ("<doc><leaf>".encode("utf-16") + b"\x00\xd8\x00\xd8" + "</leaf></doc>".encode("utf-16-le"), "utf-16-le"),
        ("<doc/>".encode("utf-16") + b"\x00", "utf-16-le"),
        (b"<?xml version='1.0' encoding='windows-874'?><doc>\xff</doc>", "cp874"),
        (b"<doc>\x00</doc>", "not well-formed"),
        (b"<doc>\xed\xa0\x80</doc>", "not well-formed"),
    ],
)
def test_bytes_that_are_not_what_they_say_are_refused(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def test_blanks_before_the_declaration_and_control_characters_are_forgiven() -> None:
    assert leaves(b'\n \t<?xml version="1.0" encoding="UTF-8"?><doc><leaf>a\x0bb\x01c</leaf></doc>') == ["a b c"]


def endless(megabytes: int) -> Iterator[bytes]:
    """A document of parts, other elements and text, about as long as asked."""
    block = (b"<part><leaf>1</leaf></part><other a='1'><leaf/>" + b"text " * 200 + b"</other>\n") * 50
    yield b"<doc>"
    for _ in range(megabytes * 1_000_000 // len(block)):
        yield block
    yield b"</doc>"


def test_memory_does_not_grow_with_the_document() -> None:
    peaks = []
    for megabytes in (1, 8):
        tracemalloc.start()
        assert sum(step is Step.CLOSED for step, _ in OPEN.read(endless(megabytes))) > megabytes * 500
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.2
    assert peaks[1] < 8_000_000


def test_elements_come_before_the_document_has_ended() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"<doc>" + b"<leaf>1</leaf>" * 10_000
        pytest.fail("the first elements were not given before more was asked for")

    assert next(element.text for step, element in OPEN.read(chunks()) if step is Step.WHOLE) == "1"


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([b"<doc>", b"</doc>", b"<part>", b"</part>", b"<leaf a='1'>", b"</leaf>", b"<leaf/>", b"&amp;"])
        | st.sampled_from([b"<!DOCTYPE doc [", b"]>", b"<?x y?>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&x;", b"<"])
        | st.binary(max_size=3),
        max_size=25,
    )
)
def test_any_tokens_give_elements_or_a_refusal(tokens: list[bytes]) -> None:
    with suppress(BadPayload):
        assert all(isinstance(step, Step) for step, _ in OPEN.read([b"<doc>", *tokens]))


@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_bytes_become_the_same_text_however_they_arrive(data: bytes, size: int) -> None:
    def text(source: object) -> bytes | None:
        try:
            return b"".join(pieces("test", source))
        except BadPayload:
            return None

    assert text(data) == text([data[i : i + size] for i in range(0, len(data), size)])
