"""The floor: one hand-written statement a workload that builds the answer's text in PostgreSQL.

No GraphQL, no tokens, no visibility, no log: a minimal ASGI application on the same driver and server as ours.
Text is concatenated, which costs PostgreSQL less than json_build_object.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg.adapt import Loader
from psycopg_pool import AsyncConnectionPool

from bench.contenders import CONNECTIONS, Launch, Place, Post
from bench.contenders.provinces import provinces
from bench.contenders.ranks import ahead
from bench.workloads import W1, W2, W3, W4, W5, Ask, same_form

Message = dict[str, Any]
_TEXT_OID = 25
_HEAD = [(b"content-type", b"application/json")]

STATEMENTS = {
    W1: """
SELECT '{"data":{"viewer":{"user":{"displayName":' || to_json(u.display_name)::text || ',"creditBalance":'
    || coalesce((SELECT b.balance FROM credit_balances b WHERE b.user_id = u.id), 0) || ',"memberships":['
    || coalesce((
        SELECT string_agg('{"team":{"name":' || to_json(t.name_th)::text || '}}', ','
                          ORDER BY m.joined_on DESC, m.team_id)
        FROM memberships m JOIN teams t ON t.id = m.team_id WHERE m.user_id = u.id), '') || ']}}}}'
FROM users u WHERE u.id = %(user)s::uuid
""",
    W2: """
SELECT '{"data":{"viewer":{"user":{"activities":{"edges":['
    || coalesce(string_agg('{"cursor":"' || cursor || '","node":{"id":"' || id || '","movingSeconds":'
        || coalesce(moving_seconds::text, 'null') || ',"distanceMeters":' || coalesce(distance_meters::text, 'null')
        || ',"verdict":"' || verdict || '","sport":"' || sport || '","startedAt":' || to_json(started_at)::text
        || ',"energyKcal":' || energy_kcal || ',"credits":' || credits || '}}', ',') FILTER (WHERE n <= 50), '')
    || '],"pageInfo":{"hasNextPage":' || CASE WHEN count(*) > 50 THEN 'true' ELSE 'false' END
    || ',"endCursor":' || coalesce('"' || min(cursor) FILTER (WHERE n <= 50) || '"', 'null')
    || '}}}}}}'
FROM (
    SELECT *, row_number() OVER () AS n,
           (extract(epoch FROM started_at) * 1000000)::bigint || ':' || id AS cursor
    FROM (
        SELECT id, moving_seconds, distance_meters, verdict, sport, started_at, energy_kcal, credits FROM activities
        WHERE user_id = %(user)s::uuid AND deleted_at IS NULL ORDER BY started_at DESC, id DESC LIMIT 51
    ) latest
) page
""",
    W3: """
SELECT '{"data":{"places":{"nodes":[' || string_agg('{"code":"' || code || '","name":' || to_json(name_th)::text
    || ',"statistics":{"participants":' || coalesce(participants::text, 'null')
    || ',"activities":' || coalesce(activities::text, 'null')
    || ',"movingSeconds":' || coalesce(moving_seconds::text, 'null')
    || ',"distanceMeters":' || coalesce(distance_meters::text, 'null')
    || ',"energyKcal":' || coalesce(energy_kcal::text, 'null') || ',"credits":' || coalesce(credits::text, 'null')
    || ',"withheld":' || coalesce('"' || withheld || '"', 'null') || '}}', ',' ORDER BY sort_key_th, code)
    || ']}}}'
FROM ("""
    + provinces("%(month)s::date")
    + """) provinces
""",
    W4: """
SELECT '{"data":{"node":{"title":' || to_json(c.title_th)::text || ',"leaderboard":{"nodes":['
    || (SELECT coalesce(string_agg('{"rank":' || rank || ',"score":' || score || ',"displayName":'
            || to_json(display_name)::text || '}', ',' ORDER BY score DESC, pseudonym_id DESC), '')
        FROM (
            SELECT user_id, score, pseudonym_id, rank() OVER (ORDER BY score DESC) AS rank
            FROM (
                SELECT user_id, score, pseudonym_id FROM standings
                WHERE challenge_id = c.id ORDER BY score DESC, pseudonym_id DESC LIMIT 100
            ) top
        ) ranked JOIN users u ON u.id = ranked.user_id)
    || ']},"myStanding":' || coalesce((
        SELECT '{"rank":' || 1 + """  # noqa: S608
    + ahead("c.id", "mine.score")
    + """ || ',"score":' || mine.score || '}'
        FROM standings mine WHERE mine.challenge_id = c.id AND mine.user_id = %(user)s::uuid), 'null') || '}}}'
FROM challenges c WHERE c.id = %(challenge)s::uuid
""",
    W5: """
SELECT '{"data":{"nodes":[' || string_agg('{"name":' || to_json(t.name_th)::text || ',"members":{"nodes":['
    || (SELECT coalesce(string_agg('{"user":{"displayName":' || to_json(u.display_name)::text
            || ',"activities":{"nodes":[' || (
                SELECT coalesce(string_agg('{"sport":"' || sport || '","startedAt":' || to_json(started_at)::text
                    || ',"energyKcal":' || energy_kcal || ',"credits":' || credits || '}', ','), '')
                FROM (
                    SELECT sport, started_at, energy_kcal, credits FROM activities a
                    WHERE a.user_id = m.user_id AND a.deleted_at IS NULL ORDER BY started_at DESC, id DESC LIMIT 3
                ) latest)
            || ']}}}', ',' ORDER BY m.joined_on, m.user_id), '')
        FROM (
            SELECT user_id, joined_on FROM memberships
            WHERE team_id = t.id AND left_on IS NULL ORDER BY joined_on, user_id LIMIT 10
        ) m JOIN users u ON u.id = m.user_id)
    || ']}}', ',' ORDER BY k.number) || ']}}'
FROM unnest(%(teams)s::uuid[]) WITH ORDINALITY AS k(id, number) JOIN teams t ON t.id = k.id
""",
}


class Canned:
    """Statements written by hand."""

    name = "canned"
    title = "canned SQL: one statement builds the JSON text, no GraphQL"

    def prepare(self, place: Place) -> Launch:
        """The application below on the same server as ours, with the same settings."""
        return served("bench.contenders.canned", place)

    def post(self, workload: str, ask: Ask) -> Post:
        """The identifiers alone; the path says which statement."""
        return Post(f"/{workload}", orjson.dumps(ask.arguments))

    def form(self, workload: str, answer: Any) -> Any:
        """Its data has the shape of ours."""
        return same_form(workload, answer["data"])


def served(module: str, place: Place) -> Launch:
    """What serves the `app` of a module here by uvicorn with uvloop and httptools, in one process."""
    command = [sys.executable, "-m", "uvicorn", f"{module}:app", "--host", "127.0.0.1", "--port", str(place.port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--no-server-header", "--lifespan", "on"]
    return Launch(command, {"BENCH_DATABASE_URL": place.url})


class _Bytes(Loader):
    """Text as the bytes it came in: they go out as they are."""

    def load(self, data: Any) -> bytes:
        return bytes(data)


async def _plain(connection: AsyncConnection[Any]) -> None:
    connection.adapters.register_loader(_TEXT_OID, _Bytes)


def pool(*, plain: bool) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """A closed pool on the database under test, with statements prepared at their first use; `plain` text is bytes."""
    return AsyncConnectionPool(
        os.environ["BENCH_DATABASE_URL"],
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        open=False,
        configure=_plain if plain else None,
        kwargs={"autocommit": True, "prepare_threshold": 0, "options": "-c timezone=UTC"},
    )


class Application:
    """The smallest ASGI application that answers a POST: `answer(path, body)` gives the bytes."""

    def __init__(self, answer: Callable[[str, Any], Awaitable[bytes]], start: Callable[[], Awaitable[None]]) -> None:
        self._answer = answer
        self._start = start

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request, or open the pool at the beginning."""
        if scope["type"] == "lifespan":
            await receive()
            await self._start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        text = await self._answer(scope["path"], orjson.loads(body))
        length = (b"content-length", b"%d" % len(text))
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEAD, length]})
        await send({"type": "http.response.body", "body": text})


_pool: list[AsyncConnectionPool[AsyncConnection[Any]]] = []


async def _start() -> None:
    _pool.append(pool(plain=True))
    await _pool[0].open(wait=True)


async def _answer(path: str, arguments: Any) -> bytes:
    async with _pool[0].connection() as connection:
        cursor = await connection.execute(STATEMENTS[path[1:]], arguments)
        row = await cursor.fetchone()
    return row[0] if row else b'{"data":null}'


app = Application(_answer, _start)
