"""One exchange with PostgreSQL: statements sent together over libpq, their rows in order.

psycopg's cursors cost more than all else in a small read: an object, a transformer and a walk through
four generators for each statement. Here a connection keeps what it has prepared, and an exchange is a
pipeline of prepared statements with one flush and one wait.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from uuid import UUID
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
    """A connection as the engine uses it; one exchange at a time.

    `keeps` says whether it keeps what it has prepared; not on a connection that others execute on too, since
    psycopg deallocates all statements after some commands.
    """

    def __init__(self, connection: AsyncConnection[Any], *, keeps: bool = True) -> None:
        self.connection = connection
        self._keeps = keeps
        self._raw: Any = connection.pgconn
        self._transformer = adapt.Transformer(_Context(connection))
        self._names: OrderedDict[_Prepared, bytes] = OrderedDict()
        self._made = 0
        self._attached: asyncio.AbstractEventLoop | None = None
        self._number = -1
        self._done: asyncio.Future[None] | None = None
        self._results: list[Any] = []
        self._ended = False
        """Whether the last thing read was the end of a statement's results."""

    @property
    def closed(self) -> bool:
        """Whether the connection cannot be used any more."""
        return bool(self.connection.closed)

    @property
    def idle(self) -> bool:
        """Whether no transaction is open on it."""
        return bool(self._raw.transaction_status == pq.TransactionStatus.IDLE)

    def attach(self) -> None:
        """Listens to the connection from now on, also between exchanges; nobody else may wait on it then."""
        self._attached, self._number = asyncio.get_running_loop(), self._raw.socket
        self._attached.add_reader(self._number, self._readable)

    def detach(self) -> None:
        """Stops listening between exchanges.

        By the number the socket had: libpq has closed it when a connection is lost, and the next connection gets the
        same number, which the loop would take for one it listens to already.
        """
        if self._attached is not None:
            self._attached.remove_reader(self._number)
        self._attached = None

    def close(self) -> None:
        """Ends the connection."""
        self.detach()
        self._raw.finish()

    async def exchange(self, jobs: Sequence[Job]) -> list[Rows]:
        """The rows of each job; what they load as is JSON already, but for instants (PostgreSQL's own text).

        Without BEGIN among them the jobs are one transaction. Raises psycopg's errors; the connection can
        be used afterwards, unless it is lost or the wait was cancelled: then it is closed.
        """
        raw = self._raw
        used: list[_Prepared] = []
        raw.enter_pipeline_mode()
        try:
            silent = [self._send(sql, values, used) for sql, values in jobs]
            raw.pipeline_sync()
            results = await self._answers()
        except BaseException:
            self.close()  # nobody knows what is still under way on it
            raise
        raw.exit_pipeline_mode()
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
        raw, before = self._raw, 0
        texts, types, formats = self._texts(values)
        if not self._keeps:
            raw.send_prepare(b"", sql.encode(), types)
            raw.send_query_prepared(b"", texts, formats)
            return 1
        key = (sql, types)
        name = self._names.get(key)
        if name is None:
            self._made += 1
            name = self._names[key] = f"engine_{self._made}".encode()
            raw.send_prepare(name, sql.encode(), types)
            before = 1
            if len(self._names) > _KEPT:
                raw.send_close_prepared(self._names.popitem(last=False)[1])
                before = 2
        else:
            self._names.move_to_end(key)
        used.append(key)
        raw.send_query_prepared(name, texts, formats)
        return before

    def _texts(self, values: Sequence[Any]) -> tuple[Sequence[Any], tuple[int, ...], Any]:
        """The values as the server reads them, their types and formats.

        Statements cast their parameters, so texts and whole numbers need no type: that spares a walk through
        psycopg's adapters, which costs more than all else in sending.
        """
        texts: list[bytes | None] = []
        for value in values:
            if value is None:
                texts.append(None)
            elif type(value) is str and "\x00" not in value:
                texts.append(value.encode())
            elif type(value) is int or type(value) is UUID:
                texts.append(str(value).encode())
            else:
                dumped = self._transformer.dump_sequence(values, [adapt.PyFormat.AUTO] * len(values))
                return dumped, self._transformer.types or (), self._transformer.formats
        return texts, (), None

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

    async def _answers(self) -> list[Any]:
        """The results of a pipeline that ends in a sync, without the sync."""
        loop, socket = asyncio.get_running_loop(), self._raw.socket
        self._results, self._ended = [], False
        self._done = done = loop.create_future()
        unsent, alone = self._raw.flush(), self._attached is None
        if alone:
            loop.add_reader(socket, self._readable)
        if unsent:  # more than the socket takes at once
            loop.add_writer(socket, self._writable)
        try:
            await done
        finally:
            self._done = None
            if unsent:
                loop.remove_writer(socket)
            if alone:
                loop.remove_reader(socket)
        return self._results

    def _readable(self) -> None:
        done = self._done
        try:
            if done is None:
                self._raw.consume_input()  # nothing was asked: a notice, or the end
            elif not done.done() and self._read():
                done.set_result(None)
        except psycopg.Error as error:
            self.detach()
            if done is None:
                self.close()
            elif not done.done():
                done.set_exception(error)

    def _writable(self) -> None:
        try:
            if not self._raw.flush():
                asyncio.get_running_loop().remove_writer(self._raw.socket)
        except psycopg.Error as error:
            if self._done is not None and not self._done.done():
                self._done.set_exception(error)

    def _read(self) -> bool:
        """Whether the sync has come."""
        raw = self._raw
        raw.consume_input()
        while not raw.is_busy():
            result = raw.get_result()
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
