"""COROS's pushes and lists, as recorded, as documented and as broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import completed, items
from adapters.coros import ADAPTER, SPORTS, normalise, pages, verify
from domain.drafts import Draft, Item, Problem
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import assert_as_expected, sample
from tests.adapters.mutations import ANY_JSON, mutated
from tests.adapters.sound import assert_sound

RECORDED = "coros/workout_list_docs_values.json"
LIST: dict[str, object] = json.loads(sample(RECORDED))
WORKOUT: dict[str, object] = LIST["data"][0]
PUSHED: dict[str, object] = {"sportDataList": [WORKOUT | {"openId": "o-7", "step": 1410, "calorie": 98000}]}


def one(document: object) -> Item:
    (item,) = normalise(document)
    return item


def draft_of(**changes: object) -> Draft:
    item = one(WORKOUT | changes)
    assert isinstance(item, Draft)
    return item


def test_recorded_workouts_become_the_expected_ones() -> None:
    found = list(items(ADAPTER, sample(RECORDED)))

    assert_as_expected(RECORDED, found)


def test_a_pushed_workout_names_its_person_and_its_steps() -> None:
    draft = one(PUSHED)

    assert isinstance(draft, Draft)
    assert (draft.person_ref, draft.steps, draft.energy_kcal) == ("o-7", 1410, None)


@pytest.mark.parametrize(("quarters", "offset"), [(28, 25_200), (-32, -28_800), (22, 19_800), (0, 0), (None, None)])
def test_zones_are_counted_in_quarter_hours(quarters: object, offset: int | None) -> None:
    draft = draft_of(startTimezone=quarters)

    assert draft.utc_offset_seconds == offset
    assert draft.started_at == datetime(2018, 1, 16, 10, 1, 9, tzinfo=UTC)


def test_the_shorter_duration_is_the_time_in_motion() -> None:
    assert (draft_of(duration=400).elapsed_seconds, draft_of(duration=400).moving_seconds) == (493, 400)
    assert (draft_of(endTime=None).elapsed_seconds, draft_of(endTime=None).moving_seconds) == (493, None)


@pytest.mark.parametrize(
    ("mode", "sub_mode", "sport", "word"),
    [
        (8, 2, Sport.TREADMILL_RUN, "8/2"),
        (10, 2, Sport.POOL_SWIM, "10/2"),
        (98, 7, Sport.OTHER, "98/7"),
        (8, None, Sport.OTHER, "8"),
        (None, None, Sport.OTHER, None),
    ],
)
def test_a_pair_of_numbers_names_the_sport(mode: object, sub_mode: object, sport: Sport, word: str | None) -> None:
    draft = draft_of(mode=mode, subMode=sub_mode)

    assert (draft.sport, draft.sport_word) == (sport, word)


def test_no_pair_means_other() -> None:
    assert len(SPORTS) >= 29
    assert Sport.OTHER not in SPORTS.values()


def test_a_triathlon_is_one_workout_with_its_legs_inside() -> None:
    leg = {"mode": 10, "subMode": 1, "distance": 1500, "duration": 1800, "fitUrl": "https://oss.coros.com/s3cret.fit"}

    draft = draft_of(mode=13, subMode=1, triathlonItemList=[leg])

    assert draft.sport is Sport.TRIATHLON
    assert b"s3cret" not in draft.raw


def test_the_link_to_the_track_is_kept_nowhere() -> None:
    found = [one(PUSHED), one(WORKOUT | {"startTime": "late"})]

    assert [b"oss.coros.com" in item.raw for item in found if isinstance(item, Draft | Problem)] == [False, False]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("startTime", "1516096869"),
        ("startTime", None),
        ("startTime", 1516096869000),
        ("startTimezone", 96),
        ("startTimezone", 1.5),
        ("labelId", None),
        ("distance", "far"),
        ("step", 1.5),
        ("mode", 10**400),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(field: str, value: object) -> None:
    item = one({"sportDataList": [WORKOUT | {field: value}]})

    assert isinstance(item, Problem)
    assert item.path == ("sportDataList", 0, field)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        1,
        {},
        [1],
        [[]],
        {"data": 5},
        {"result": "5001", "message": "no", "data": []},
        {"result": None, "data": []},
    ],
)
def test_what_is_not_coros_or_is_an_error_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


def test_a_bad_workout_leaves_the_rest() -> None:
    assert [type(item) for item in normalise([WORKOUT, 5, {"labelId": "x"}])] == [Draft, Problem, Problem]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([LIST, PUSHED]).flatmap(mutated) | ANY_JSON)
def test_any_change_to_a_payload_gives_items_or_a_refusal(payload: object) -> None:
    assert_sound(normalise, payload)


def test_pages_walk_windows_of_thirty_days_until_the_servers_time() -> None:
    walk = pages("t0ken", datetime(2026, 1, 2, tzinfo=UTC))
    answer = httpx2.Response(200, content=sample(RECORDED), headers={"date": "Sun, 15 Feb 2026 07:00:00 GMT"})

    first = next(walk)
    second = walk.send(answer)
    with pytest.raises(StopIteration):
        walk.send(answer)

    windows = [(each.url.params["startDate"], each.url.params["endDate"]) for each in (first, second)]
    assert windows == [("20260101", "20260130"), ("20260131", "20260301")]
    assert completed(first, person_ref="o-7").url.params["openId"] == "o-7"
    assert first.url.params.get("token") == "t0ken"
    with pytest.raises(ValueError, match="openId"):
        completed(second)


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}])
def test_pages_refuse_an_answer_that_does_not_tell_the_time(headers: dict[str, str]) -> None:
    walk = pages("t0ken", datetime(2026, 1, 1, tzinfo=UTC))
    next(walk)

    with pytest.raises(BadPayload):
        walk.send(httpx2.Response(200, json={}, headers=headers))


def test_the_two_headers_must_be_those_we_were_given() -> None:
    assert verify({"client": "ccc", "Secret": "s3cret"}, b"", "ccc:s3cret")
    assert not verify({"client": "ccc", "secret": "guess"}, b"", "ccc:s3cret")
    assert not verify({"client": "other", "secret": "s3cret"}, b"", "ccc:s3cret")
    assert not verify({"client": "ccc"}, b"", "ccc:s3cret")
    assert not verify({}, b"", "")
    assert not verify({"client": "", "secret": ""}, b"", "unset")
