"""The partners' door: what it takes, in which encodings, how much, how slowly, and what it refuses."""

import asyncio
import gzip
import itertools
import json

import orjson
import pytest
import pytest_asyncio

from domain.connections import connect
from domain.partners import Partner
from tests.app.delivering import NDJSON, SAMPLES, SLOW, code, lines, settings_of, the_door, workout
from tests.domain.factories import figure, person

RUN = SAMPLES / "_scenarios" / "A_same_run_5_sources"


@pytest_asyncio.fixture
async def club(worker_sessions):
    """A partner that sends our own format, whose person p-1 has connected; gives the person's id."""
    async with worker_sessions() as session, session.begin():
        session.add(Partner(name="club", title_th="ชมรม", title_en="Club", kind="agency", adapter="ccc_ndjson"))
        await session.flush()
        user = await person(session, mass_kg=62.0)
        await connect(session, user, "club", "p-1")
    return user


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "uploads").mkdir(mode=0o700)
    return tmp_path / "uploads"


@pytest.fixture
def door(database_url, key_path, folder, club):  # noqa: ARG001 - the partner must be there
    with the_door(settings_of(database_url, key_path, folder, uploads_under_way=2)) as client:
        yield client


@pytest.fixture
def slow_door(database_url, key_path, folder, club):  # noqa: ARG001 - the same
    with the_door(settings_of(database_url, key_path, folder), pace=SLOW) as client:
        yield client


async def stored(sessions):
    async with sessions() as session:
        return await figure(session, "SELECT count(*) FROM records")


async def test_lines_are_taken_in_batches_and_sending_again_changes_nothing(door, worker_sessions):
    body = lines(*(workout(n) for n in range(1_500)))

    first, again = [await asyncio.to_thread(door.deliver, "club", body, NDJSON) for _ in range(2)]

    assert (first.status_code, first.json()["counts"]) == (200, {"created": 1_500})
    assert again.json()["counts"] == {"unchanged": 1_500}
    assert first.json()["results"][7] == {"index": 7, "partnerRef": "w-7", "outcome": "CREATED", "problem": None}
    assert (len(first.json()["results"]), first.json()["resultsLeftOut"]) == (1_000, 500)
    assert await stored(worker_sessions) == 1_500


@pytest.mark.parametrize("name", ["club", "dpe"])
async def test_any_partner_may_send_lines_whatever_its_own_format_is(door, name):
    answer = await asyncio.to_thread(door.deliver, name, lines(workout(1, "somebody")), NDJSON)

    assert answer.json()["counts"] == {"quarantined": 1}
    assert answer.json()["results"][0]["problem"]["code"] == "UNKNOWN_PERSON"


async def test_whoever_asks_is_told_while_sending_and_a_break_loses_nothing_of_that(door, worker_sessions):
    """A client that breaks off after it was told of a batch finds all of that batch when it comes again."""
    first, rest = lines(*(workout(n) for n in range(1_000))), lines(*(workout(n) for n in range(1_000, 1_200)))
    told = []

    async def broken_off():
        """Speaks ASGI itself, as a connection that ends in the middle does."""
        heard = asyncio.Event()
        messages = asyncio.Queue()
        for piece in (first[:70_000], first[70_000:], rest[:1_000]):
            messages.put_nowait({"type": "http.request", "body": piece, "more_body": True})

        async def receive():
            if messages.empty():
                await heard.wait()
                return {"type": "http.disconnect"}
            return await messages.get()

        async def send(message):
            if message.get("body"):
                told.append(orjson.loads(message["body"]))
                heard.set()

        headers = {**door.bearer("club"), "content-type": NDJSON, "accept": NDJSON}
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/partners/club",
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
            "state": dict(door.http.app_state),
        }
        await door.http.app(scope, receive, send)

    await asyncio.to_thread(door.http.portal.call, broken_off)

    assert told[0] == {"items": 1_000, "counts": {"created": 1_000}, "problems": []}
    assert (told[-1]["items"], told[-1]["errors"][0]["extensions"]["code"]) == (1_000, "BAD_REQUEST")
    assert await stored(worker_sessions) == 1_000
    again = await asyncio.to_thread(door.deliver, "club", first + rest, NDJSON, accept=NDJSON)
    (*_, last) = map(json.loads, again.text.splitlines())
    assert last == {"items": 1_200, "counts": {"created": 200, "unchanged": 1_000}, "done": True}


async def test_a_bad_line_is_told_with_its_number_and_costs_no_other(door):
    body = lines(workout(1)) + b"{]\n" + lines(workout(2, distanceMeters="far"), workout(3))

    answer = await asyncio.to_thread(door.deliver, "club", body, NDJSON, accept=NDJSON)

    (batch, last) = map(json.loads, answer.text.splitlines())
    assert answer.headers["content-type"] == NDJSON
    assert [(each["index"], each["problem"]["path"]) for each in batch["problems"]] == [
        (1, ["line", 2]),
        (2, ["line", 3, "distanceMeters"]),
    ]
    assert last["counts"] == {"created": 2, "quarantined": 2}


@pytest.mark.parametrize("members", [1, 3])
async def test_a_compressed_body_is_the_same_delivery(door, members):
    body = lines(*(workout(n) for n in range(30)))
    ends = [*range(0, 1_000 * members, 1_000), len(body)]
    whole = b"".join(gzip.compress(body[at:end]) for at, end in itertools.pairwise(ends))

    plain = await asyncio.to_thread(door.deliver, "club", body, NDJSON)
    answer = await asyncio.to_thread(door.deliver, "club", whole, NDJSON, content_encoding="gzip")

    assert plain.json()["counts"] == {"created": 30}
    assert answer.json()["counts"] == {"unchanged": 30}


async def test_compressed_json_is_read_by_the_partners_adapter(door):
    body = gzip.compress((RUN / "1_garmin_push.json").read_bytes())

    answer = await asyncio.to_thread(door.deliver, "garmin", body, content_encoding="gzip")

    assert (answer.status_code, answer.json()["counts"]) == (200, {"quarantined": 1})


def bomb(size):
    return gzip.compress(b" " * size, 9)


REFUSED = {
    "gzip cut off": (gzip.compress(lines(workout(1)))[:-9], {"content_encoding": "gzip"}, 400, "BAD_REQUEST"),
    "gzip without a body": (b"", {"content_encoding": "gzip"}, 400, "BAD_REQUEST"),
    "no gzip": (lines(workout(1)), {"content_encoding": "gzip"}, 400, "BAD_REQUEST"),
    "rubbish behind": (
        gzip.compress(lines(workout(1))) + b"\x00rubbish",
        {"content_encoding": "gzip"},
        400,
        "BAD_REQUEST",
    ),
    "gzip bomb": (bomb(30_000_000), {"content_encoding": "gzip"}, 413, "PAYLOAD_TOO_LARGE"),
    "gzip in gzip": (gzip.compress(bomb(30_000_000)), {"content_encoding": "gzip"}, 422, "BAD_PAYLOAD"),
    "another encoding": (b"{}", {"content_encoding": "br"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "two encodings": (b"{}", {"content_encoding": "gzip, gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "no line that says anything": (b"hello\nthere\n", {}, 422, "BAD_PAYLOAD"),
}


@pytest.mark.parametrize(("body", "headers", "status", "name"), REFUSED.values(), ids=REFUSED.keys())
async def test_lines_that_cannot_be_read_are_refused_with_a_code(door, worker_sessions, body, headers, status, name):
    answer = await asyncio.to_thread(door.deliver, "club", body, NDJSON, **headers)

    assert (answer.status_code, code(answer)) == (status, name)
    assert await stored(worker_sessions) == 0
    assert door.spooled() == []


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x"])
async def test_a_body_of_another_type_is_refused_and_those_taken_are_named(door, kind):
    answer = await asyncio.to_thread(door.deliver, "garmin", b"{}", kind)

    assert (answer.status_code, code(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert answer.headers["accept"] == "application/json"


@pytest.mark.parametrize("body", [b"x" * 10_000_001, bomb(10_000_001)], ids=["plain", "packed"])
async def test_json_over_its_limit_is_refused(door, body):
    headers = {"content_encoding": "gzip"} if body[:1] == b"\x1f" else {}

    answer = await asyncio.to_thread(door.deliver, "garmin", body, **headers)

    assert (answer.status_code, code(answer)) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("announced", ["99999999999", "9" * 5_000])
async def test_a_body_that_announces_too_much_is_refused_before_it_is_read(door, announced):
    answer = await asyncio.to_thread(door.deliver, "garmin", b"{}", content_length=announced)

    assert (answer.status_code, code(answer)) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "document",
    ['{"partnerRef": "\\ud800", "sport": "\\udfff"}', '{"\\ud800": 1}', '{"partnerRef": "a\\u0000b"}'],
)
@pytest.mark.parametrize("name", ["club", "garmin", "strava", "oura"])
async def test_lone_surrogates_and_nul_are_kept_out_without_a_word_of_python(door, name, document):
    kind = NDJSON if name == "club" else "application/json"

    answer = await asyncio.to_thread(door.deliver, name, document.encode(), kind)

    assert answer.status_code in {200, 422}
    assert "Error" not in answer.text.replace('"errors"', "")


async def arriving(door, messages, headers):
    """The status and the document for a body that arrives as `messages` say, told to the application itself."""
    said = {"body": b""}

    async def send(message):
        said["status"] = message.get("status", said.get("status"))
        said["body"] += message.get("body", b"")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/partners/club",
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in {**door.bearer("club"), **headers}.items()],
        "state": dict(door.http.app_state),
    }
    await door.http.app(scope, messages, send)
    return said["status"], orjson.loads(said["body"])


async def test_a_body_that_stops_coming_is_given_up(slow_door):
    async def silent():
        await asyncio.sleep(3_600)

    status, document = await asyncio.to_thread(
        slow_door.http.portal.call, arriving, slow_door, silent, {"content-type": NDJSON}
    )

    assert (status, document["errors"][0]["extensions"]["code"]) == (408, "REQUEST_TIMEOUT")


async def test_a_body_that_drips_is_given_up(slow_door):
    async def dripping():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"\n", "more_body": True}

    status, document = await asyncio.to_thread(
        slow_door.http.portal.call, arriving, slow_door, dripping, {"content-type": NDJSON}
    )

    assert (status, document["errors"][0]["extensions"]["code"]) == (408, "REQUEST_TIMEOUT")


async def test_only_so_many_deliveries_of_a_partner_are_under_way_at_once(door):
    async def all_at_once():
        ends = asyncio.Event()

        async def waiting():
            await ends.wait()
            return {"type": "http.request", "body": lines(workout(1)), "more_body": False}

        running = [asyncio.create_task(arriving(door, waiting, {"content-type": NDJSON})) for _ in range(3)]
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        ends.set()
        first = [task.result() for task in done]
        return first, await asyncio.gather(*running)

    (refused,), answers = await asyncio.to_thread(door.http.portal.call, all_at_once)
    later = await asyncio.to_thread(door.deliver, "club", lines(workout(2)), NDJSON)

    assert (refused[0], refused[1]["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert sorted(status for status, _ in answers) == [200, 200, 429]
    assert later.status_code == 200
