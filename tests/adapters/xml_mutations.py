"""Hypothesis strategies: a recorded XML document with some of its values, tags or bytes changed."""

from __future__ import annotations

import re

from hypothesis import strategies as st

VALUES = (
    *("", " ", "NaN", "inf", "-1", "1e400", "1e300", "-0", "9" * 400, "๕", "1_0", "0x1", "12,5", "\x0b", "\u2028x"),
    *("2026-13-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00Z", "2199-12-31T23:59:59-14:00"),
    *("1900-01-01T00:00:00+14:00", "2026-05-01T06:00:00", "2026-05-01", "2026-05-01 06:00:00 +9999", "24:00"),
    *("&amp;", "&lol;", "&#0;", "&#xD800;", "<x/>", "</x>", "<!-- -->", "<![CDATA[1]]>", '"', "x" * 70_000),
    *("HKQuantityTypeIdentifierDistanceSwimming", "HKWasUserEntered", "km", "J", "../../etc/passwd", "Asia", "Other"),
)
_VALUE = re.compile(r'(?<=>)[^<>]+(?=<)|(?<=")[^"<>]*(?=")')
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


@st.composite
def changed_xml(draw: st.DrawFn, document: bytes) -> bytes:
    """`document` after one to four changes of a value, of a tag, or of any bytes."""
    data = document
    for _ in range(draw(st.integers(1, 4))):
        match draw(st.sampled_from(["value", "value", "value", "tag", "bytes", "cut"])):
            case "value" | "tag" as what:
                text = data.decode("utf-8", "replace")
                places = list((_VALUE if what == "value" else _TAG).finditer(text))
                if not places:
                    continue
                place = draw(st.sampled_from(places))
                again = st.just(place[0] * 2) if what == "tag" else st.nothing()
                new = draw(st.sampled_from(VALUES) | again)
                data = (text[: place.start()] + new + text[place.end() :]).encode("utf-8", "replace")
            case "bytes":
                at = draw(st.integers(0, len(data)))
                data = data[:at] + draw(st.binary(max_size=4)) + data[at + draw(st.integers(0, 300)) :]
            case _:
                data = data[: draw(st.integers(0, len(data)))]
    return data
