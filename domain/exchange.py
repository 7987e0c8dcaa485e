"""Several statements in one exchange with PostgreSQL, on a connection that psycopg and SQLAlchemy use too.

A cursor of psycopg for each statement was most of what a record sent alone cost its writer. Here an exchange is a
pipeline of prepared statements, with arrays in binary form, which costs both sides less than their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, adapt, errors, pq
from psycopg.waiting import Ready, Wait

from domain.cells import array

Question = tuple[str, Sequence[object]]
"""A statement with its parameters, $1 and so on; lists are cast where they stand: `$1::uuid[]`, bytes are a bytea."""
Rows = list[tuple[Any, ...]]

_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_BINARY = pq.Format.BINARY
_CAST = re.compile(r"\$(\d+)::(\w+(?: precision)?)\[\]", re.IGNORECASE)
_names: WeakKeyDictionary[AsyncConnection[Any], dict[str, bytes]] = WeakKeyDictionary()
_numbers = count()


async def asked(connection: AsyncConnection[Any], *questions: Question) -> list[Rows]:
    """The rows of each statement, all of them sent at once, in the connection's transaction.

    Each statement sees what those before it did, and with READ COMMITTED also what others committed while it waited.
    Raises psycopg's errors, and TypeError for a parameter that has no form here. Statements stay prepared where
    psycopg prepares none (`prepare_threshold` None): else it deallocates those of others, too.
    """
    if not questions:
        return []
    raw: Any = connection.pgconn
    kept = _names.setdefault(connection, {}) if connection.prepare_threshold is None else None
    starts = not connection.autocommit and raw.transaction_status == pq.TransactionStatus.IDLE
    commands: list[Callable[[], None]] = [partial(raw.send_query_params, b"BEGIN", None)] if starts else []
    answers: list[int] = []
    arrays: dict[tuple[int, str], bytes] = {}
    # Made before any name is kept: what cannot be sent must leave no statement behind that was never prepared.
    parameters = [_values(sql, given, arrays) for sql, given in questions]
    for (sql, _), (values, formats) in zip(questions, parameters, strict=True):
        name = kept.get(sql) if kept is not None else None
        if name is None:
            name = b"" if kept is None else f"asked_{next(_numbers)}".encode()
            if kept is not None:
                kept[sql] = name
            commands.append(partial(raw.send_prepare, name, sql.encode()))
        answers.append(len(commands))
        commands.append(partial(raw.send_query_prepared, name, values, formats, result_format=_BINARY))
    try:
        results = await _answered(connection, commands)
    except BaseException:
        # Some of them may not exist, or no longer fit the tables: they are prepared anew, under another name.
        if kept is not None:
            for sql, _ in questions:
                kept.pop(sql, None)
        raise
    transformer = adapt.Transformer(connection)
    return [_rows(transformer, results[n]) for n in answers]


async def _answered(connection: AsyncConnection[Any], commands: Sequence[Callable[[], None]]) -> list[Any]:
    """The results of the commands, all good."""
    raw: Any = connection.pgconn
    async with connection.lock:
        raw.enter_pipeline_mode()
        try:
            results = await connection.wait(_exchanged(raw, commands))
        finally:
            if raw.status == pq.ConnStatus.OK:
                raw.exit_pipeline_mode()
    failed = next((each for each in results if each.status not in _GOOD), None)
    if failed is not None:
        raise errors.error_from_result(failed, encoding="utf-8")
    return results


def _exchanged(raw: Any, commands: Sequence[Callable[[], None]]) -> Generator[Wait, Ready | int, list[Any]]:
    """Sends the commands and a sync, and gives the result of each command, in order; for `AsyncConnection.wait`."""
    for command in commands:
        command()
    raw.pipeline_sync()
    while raw.flush():
        if (yield Wait.RW) & Ready.R:  # the server may wait for us to read before it reads on
            raw.consume_input()
    results: list[Any] = []
    ended = False
    while True:
        while raw.is_busy():
            yield Wait.R
            raw.consume_input()
        result = raw.get_result()
        if result is None:
            if ended:  # libpq ends each statement once; twice means that there is no connection
                raise errors.OperationalError("the connection to the database was lost")
            ended = True
        elif result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        else:
            ended = False
            results.append(result)


def _values(
    sql: str, given: Sequence[object], arrays: dict[tuple[int, str], bytes]
) -> tuple[list[bytes | None], list[int]]:
    """The parameters as the server reads them, and their formats; a list that stands several times is made once."""
    values: list[bytes | None] = []
    formats: list[int] = []
    casts = _casts(sql)
    for n, value in enumerate(given, 1):
        if isinstance(value, list):
            key = (id(value), casts[n])
            if (made := arrays.get(key)) is None:
                made = arrays[key] = array(casts[n], value)
            values.append(made)
            formats.append(_BINARY)
        elif isinstance(value, bytes):  # as they are; their text would be Python's
            values.append(value)
            formats.append(_BINARY)
        elif isinstance(value, bytearray | memoryview):
            raise TypeError(f"${n}: send bytes, not {type(value).__name__}")
        else:
            values.append(None if value is None else str(value).encode())
            formats.append(pq.Format.TEXT)
    return values, formats


@lru_cache(maxsize=256)
def _casts(sql: str) -> Mapping[int, str]:
    """The type of the elements of each parameter that is an array."""
    return {int(n): kind.lower() for n, kind in _CAST.findall(sql)}


def _rows(transformer: Any, result: Any) -> Rows:
    if not result.ntuples:
        return []
    transformer.set_pgresult(result)
    found: Rows = transformer.load_rows(0, result.ntuples, tuple)
    return found
