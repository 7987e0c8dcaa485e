"""parkrun's results page, as published with its people replaced, and as broken."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.parkrun import ADAPTER, normalise
from domain.drafts import Draft, Item, Problem, Skipped, Source
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import sample
from tests.adapters.sound import assert_sound

PAGE = sample("parkrun/willoughby-76.html")
ROW = (
    '<tr class="Results-table-row" data-name="{name}" data-position="{position}">'
    '<td class="Results-table-td--name"><a href="https://www.parkrun.com.au/{event}/parkrunner/{number}">x</a></td>'
    '<td class="Results-table-td Results-table-td--time"><div class="compact">{time}</div><div>PB 9:59</div></td></tr>'
)


def page(*rows: str, day: str = "03/01/2026", title: str = "Suan Luang parkrun") -> bytes:
    heading = f'<h1>{title}</h1><h3><span class="format-date">{day}</span><span>#7</span></h3>'
    return f"<html>{heading}<table>{''.join(rows)}</table></html>".encode()


def row(time_text: str = "24:05", *, number: str = "123", event: str = "suanluang", position: int = 1) -> str:
    return ROW.format(name="Somebody", position=position, event=event, number=number, time=time_text)


def one(payload: bytes) -> Item:
    (item,) = normalise(payload)
    return item


def draft_of(payload: bytes) -> Draft:
    item = one(payload)
    assert isinstance(item, Draft)
    return item


def test_the_recorded_page_gives_a_run_for_every_known_runner() -> None:
    found = list(items(ADAPTER, PAGE))

    drafts = [item for item in found if isinstance(item, Draft)]
    assert (len(found), len(drafts)) == (25, 20)
    assert {type(item) for item in found} == {Draft, Skipped}
    assert {(draft.distance_meters, draft.local_date) for draft in drafts} == {(5000, date(2018, 4, 7))}
    assert {draft.energy_kcal for draft in drafts} == {None}
    assert [draft.elapsed_seconds for draft in drafts][:3] == [991, 1179, 1180]
    assert [draft.person_ref for draft in drafts][-1] == "A900025"
    assert drafts == sorted(drafts, key=lambda draft: draft.elapsed_seconds)


def test_a_runner_is_known_by_the_barcode_and_not_by_name() -> None:
    draft = next(item for item in normalise(PAGE) if isinstance(item, Draft))

    assert (draft.person_ref, draft.partner_ref) == ("A900001", "willoughby/2018-04-07/A900001")
    assert (draft.sport, draft.sport_word, draft.title) == (Sport.RUN, "parkrun", "Willoughby parkrun #76")
    assert (draft.source, draft.manual, draft.coarse) == (Source.EVENT, False, True)
    assert json.loads(draft.raw)["time"] == "16:31"
    assert not any(b"Runner" in item.raw or b"CLUB" in item.raw for item in normalise(PAGE) if isinstance(item, Draft))


def test_the_day_starts_in_the_morning_of_thailand() -> None:
    assert draft_of(page(row())).started_at == datetime(2026, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(("event", "title"), [("lumphini-juniors", "x"), ("lumphini", "Lumphini junior parkrun")])
def test_juniors_run_two_kilometres(event: str, title: str) -> None:
    assert draft_of(page(row(event=event), title=title)).distance_meters == 2000


@pytest.mark.parametrize(("text", "seconds"), [("16:31", 991), ("1:02:03", 3723), ("59:59", 3599), (" 24:05\n", 1445)])
def test_times_are_minutes_or_hours(text: str, seconds: int) -> None:
    assert draft_of(page(row(text))).elapsed_seconds == seconds


@pytest.mark.parametrize("text", ["", "24", "24:61", "1:60:00", "0:00", "24:05:1", "๒๔:๐๕", "9" * 50, "&#0;1:00"])
def test_a_runner_without_a_time_is_quarantined(text: str) -> None:
    item = one(page(row(text)))

    assert isinstance(item, Problem)
    assert (item.path, item.person_ref) == (("row", 1, "time"), "A123")
    assert b"Somebody" not in item.raw


@pytest.mark.parametrize("number", ["", "x", "9" * 13])
def test_a_time_without_a_runner_is_quarantined(number: str) -> None:
    item = one(page(row(number=number)))

    assert isinstance(item, Problem)
    assert item.path == ("row", 1, "runner")


def test_an_older_link_names_the_runner_too() -> None:
    link = "https://www.parkrun.org.uk/results/athleteresultshistory/?athleteNumber=77"
    older = row().replace("https://www.parkrun.com.au/suanluang/parkrunner/123", link)

    draft = draft_of(page(older))

    assert (draft.person_ref, draft.partner_ref) == ("A77", "suan-luang-parkrun/2026-01-03/A77")


def test_one_bad_row_leaves_the_rest() -> None:
    found = list(normalise(page(row(number="1"), row("never", number="2", position=2), row(number="3", position=3))))

    assert [type(item) for item in found] == [Draft, Problem, Draft]


@pytest.mark.parametrize("day", ["", "2026-01-03", "31/02/2026", "03/01/2569", "03/01/1999"])
def test_a_page_that_does_not_tell_its_day_is_refused(day: str) -> None:
    with pytest.raises(BadPayload) as refused:
        normalise(page(row(), day=day))

    assert refused.value.path == ("date",)


@pytest.mark.parametrize(
    "payload", [None, {}, "text", b"", b"no page", b"\xff\xfe<", b"<html><h1>x</h1></html>", b"\x00" * 100]
)
def test_what_is_no_results_page_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        normalise(payload)


@pytest.mark.parametrize(
    "payload",
    [b"x" * 8_000_001, b"<p>" * 300_001, page(row()) + b'<tr class="Results-table-row">' * 5_001],
    ids=["bytes", "tags", "rows"],
)
def test_a_page_out_of_bounds_is_refused(payload: bytes) -> None:
    with pytest.raises(BadPayload):
        normalise(payload)


@pytest.mark.parametrize(
    "unit", [b"<td ", b"<a href='", b"<!--", b'<tr class="Results-table-row" ', b"<span>#7", b"&#1;"]
)
def test_a_hostile_page_is_read_or_refused_in_bounded_time(unit: bytes) -> None:
    hostile = page(row()) + unit * (1_000_000 // len(unit))

    started = time.perf_counter()
    assert_sound(normalise, hostile)
    assert time.perf_counter() - started < 20


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6_000), st.integers(0, 40), st.binary(max_size=20)),
        min_size=1,
        max_size=4,
    )
)
def test_any_change_to_the_page_gives_items_or_a_refusal(changes: list[tuple[int, int, bytes]]) -> None:
    body = bytearray(PAGE[:6_000])
    for at, length, other in changes:
        body[at : at + length] = other

    assert_sound(normalise, bytes(body))


def test_nothing_is_fetched() -> None:
    assert ADAPTER.pages is None
    assert ADAPTER.verify is None
