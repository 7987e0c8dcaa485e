"""One exchange with PostgreSQL: statements sent together over libpq, their rows in order.

psycopg's cursors cost more than all else in a small read: an object, a transformer and a walk through
four generators for each statement. Here a connection keeps what it has prepared, and an exchange is a
pipeline of prepared statements with one flush and one wait.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection, adapt, errors, pq
from psycopg.types.string import TextLoader

_AS_TEXT = ("uuid", "timestamptz", "date", "time", "numeric", "json", "jsonb", "interval")
_KEPT = 200
"""Statements a connection keeps prepared; each holds its plan in the server's memory."""
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_SYNC = pq.ExecStatus.PIPELINE_SYNC
_SKIPPED = pq.ExecStatus.PIPELINE_ABORTED

Rows = list[tuple[Any, ...]]
Job = tuple[str, Sequence[Any]]
"""A statement with $1, $2, ... and its values."""
_Prepared = tuple[str, tuple[int, ...]]


class _Context:
    """What psycopg's transformer asks of a connection."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self.adapters = adapt.AdaptersMap(psycopg.adapters)
        for name in _AS_TEXT:
            self.adapters.register_loader(name, TextLoader)


class Wire:
    """A connection as the engine uses it; one exchange at a time."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection: Any = connection.pgconn
        self._transformer = adapt.Transformer(_Context(connection))
        self._names: OrderedDict[_Prepared, bytes] = OrderedDict()
        self._made = 0

    async def exchange(self, jobs: Sequence[Job]) -> list[Rows]:
        """The rows of each job; what they load as is JSON already, but for instants (PostgreSQL's own text).

        Without BEGIN among them the jobs are one transaction. Raises psycopg's errors; the connection can
        be used afterwards, unless it is lost or the wait was cancelled: then it is closed.
        """
        connection = self._connection
        used: list[_Prepared] = []
        connection.enter_pipeline_mode()
        try:
            silent = [self._send(sql, values, used) for sql, values in jobs]
            connection.pipeline_sync()
            results = await _Answers(connection).all()
        except BaseException:
            connection.finish()  # nobody knows what is still under way on it
            raise
        connection.exit_pipeline_mode()
        failed = next((r for r in results if r.status not in _GOOD and r.status != _SKIPPED), None)
        if failed is not None:
            self._forget(used)
            raise errors.error_from_result(failed, encoding="utf-8")
        made, position = [], 0
        for before in silent:
            position += before
            made.append(self._rows(results[position]))
            position += 1
        return made

    def _send(self, sql: str, values: Sequence[Any], used: list[_Prepared]) -> int:
        """Queues a job; gives how many results without rows come before its own."""
        transformer, connection, before = self._transformer, self._connection, 0
        dumped = transformer.dump_sequence(values, [adapt.PyFormat.AUTO] * len(values)) if values else ()
        types = transformer.types or () if values else ()
        key = (sql, types)
        name = self._names.get(key)
        if name is None:
            self._made += 1
            name = self._names[key] = f"engine_{self._made}".encode()
            connection.send_prepare(name, sql.encode(), types)
            before = 1
            if len(self._names) > _KEPT:
                connection.send_close_prepared(self._names.popitem(last=False)[1])
                before = 2
        else:
            self._names.move_to_end(key)
        used.append(key)
        connection.send_query_prepared(name, dumped, transformer.formats if values else ())
        return before

    def _rows(self, result: Any) -> Rows:
        if not result.ntuples:
            return []
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _forget(self, used: Sequence[_Prepared]) -> None:
        """After an error some of them may not exist, or no longer fit the tables: they are prepared anew.

        What exists stays allocated until the connection ends; errors of statements are bugs, and rare.
        """
        for key in used:
            self._names.pop(key, None)


class _Answers:
    """Waits for all results of a pipeline that ends in a sync."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._results: list[Any] = []
        self._done: asyncio.Future[None]
        self._ended = False
        """Whether the last thing read was the end of a statement's results."""

    async def all(self) -> list[Any]:
        """The results, without the sync."""
        loop = asyncio.get_running_loop()
        socket, self._done = self._connection.socket, loop.create_future()
        unsent = self._connection.flush()
        loop.add_reader(socket, self._step, self._readable)
        if unsent:  # more than the socket takes at once
            loop.add_writer(socket, self._step, self._writable)
        try:
            await self._done
        finally:
            loop.remove_reader(socket)
            if unsent:
                loop.remove_writer(socket)
        return self._results

    def _step(self, made: Callable[[], None]) -> None:
        if self._done.done():
            return
        try:
            made()
        except psycopg.Error as error:
            self._done.set_exception(error)

    def _readable(self) -> None:
        if self._read():
            self._done.set_result(None)

    def _writable(self) -> None:
        if not self._connection.flush():
            asyncio.get_running_loop().remove_writer(self._connection.socket)

    def _read(self) -> bool:
        """Whether the sync has come."""
        connection = self._connection
        connection.consume_input()
        while not connection.is_busy():
            result = connection.get_result()
            if result is None:
                if self._ended:  # libpq ends each statement once; twice means that there is no connection
                    raise errors.OperationalError("the connection to the database was lost")
                self._ended = True
                continue
            self._ended = False
            if result.status == _SYNC:
                return True
            self._results.append(result)
        return False


_WIRES: WeakKeyDictionary[AsyncConnection[Any], Wire] = WeakKeyDictionary()


def wire_of(connection: AsyncConnection[Any]) -> Wire:
    """The wire of a connection, made when it is first used."""
    made = _WIRES.get(connection)
    if made is None:
        made = _WIRES[connection] = Wire(connection)
    return made
