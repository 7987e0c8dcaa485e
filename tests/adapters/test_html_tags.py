"""Tags of pages, well made and hostile."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.html_tags import tags

MANY = 400_000


def names(page: str) -> list[str]:
    return [("/" if tag.closes else "") + tag.name for tag in tags(page)]


def test_tags_come_in_order_with_their_text_and_attributes() -> None:
    first, second, third = tags("<TD class=\"a b\" data-x='1 > 0' y=z hidden>16&colon;31&nbsp;<br/>x</td> ")

    assert (first.name, first.closes, first.text) == ("td", False, "16:31")
    assert first.attributes == {"class": "a b", "data-x": "1 > 0", "y": "z"}
    assert first.classes == {"a", "b"}
    assert (second.name, second.text) == ("br", "x")
    assert (third.name, third.closes) == ("td", True)


def test_what_is_not_seen_is_not_read() -> None:
    page = "<!doctype html><?xml x?><!-- <a> --><script>if (1 < 2) '<b>'</script><style><c></style><p>1 < 2<i>"

    assert names(page) == ["script", "style", "p", "i"]


@pytest.mark.parametrize(
    "page", ["", "no tags", "<", "<>", "< a>", "</ a>", "<3", "<a", "<a x='>", "<!-- ", "<script>", "<é>"]
)
def test_what_is_no_tag_ends_or_is_text(page: str) -> None:
    assert len(names(page)) <= 1


def test_a_tag_longer_than_any_made_for_people_ends_the_page() -> None:
    assert names(f"<a><b {'x' * 9_000}><c>") == ["a"]


def test_text_is_cut() -> None:
    (tag,) = tags("<p>" + "x" * 5_000)

    assert len(tag.text) == 2_000


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<a",
        "<a ",
        '<a "',
        "<!--",
        "<!",
        "<?",
        "<a x='",
        "<a b=",
        "</",
        "<script>",
        "&",
        "&#",
        "<a a=a=a=",
        "<p>&amp",
    ],
)
def test_a_hostile_page_takes_time_in_proportion(unit: str) -> None:
    page = unit * (MANY // len(unit))

    started = time.perf_counter()
    for tag in tags(page):
        tag.attributes  # noqa: B018 - reading it is what takes the time
    assert time.perf_counter() - started < 10


@given(st.text(alphabet="<>/!-?='\"& ab\n", max_size=200))
def test_any_text_is_read_to_its_end(page: str) -> None:
    for tag in tags(page):
        assert tag.name
        assert tag.attributes is not None
        assert tag.text is not None
