"""Structured logs on standard error, and one line per request; never a token, a query text or a body."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import sys
import time
from contextvars import ContextVar
from secrets import token_hex
from typing import Any, TextIO

import orjson
import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.types import EventDict, Processor

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = frozenset({"/healthz", "/readyz"})
_REQUEST: ContextVar[str] = ContextVar("request_id", default="")

_OURS = logging.getLogger("ccc")
_SOON_SECONDS = 0.05

log: structlog.stdlib.BoundLogger = structlog.get_logger("ccc")


def configure(log_format: str, level: str, stream: TextIO | None = None) -> None:
    """Send our logs and those of libraries to `stream`, else to standard error.

    `log_format` is `json`, `console`, or `auto`: console on a terminal.
    """
    stream = stream or sys.stderr
    readable = log_format == "console" or (log_format == "auto" and stream.isatty())
    shared: list[Processor] = [
        _with_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if readable
        # Local variables stay out: they hold tokens and what people wrote.
        else [
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            _as_json,
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream) if readable else _JsonLines(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Its INFO lines say what our own line per request says, and print the address with its query.
    logging.getLogger("uvicorn.access").disabled = True
    # These would print whole addresses, a line per migration, and several per job beside ours.
    for chatty in ("httpx2", "httpcore2", "alembic", "procrastinate"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _as_json(_logger: object, _name: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class _JsonLines(logging.StreamHandler[TextIO]):
    """Our handler for JSON; it writes the lines of requests without what other lines go through, some at a time.

    Writing each at once would cost a small read a tenth of its time. They keep their order among all lines.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._second, self._until_second = 0, ""

    def request(self, facts: dict[str, Any]) -> None:
        """Write the line of one request, soon."""
        now = {"event": "request", "level": "info", "logger": "ccc", "timestamp": self._now()}
        loop = asyncio.get_running_loop()
        if not self._waiting or loop is not self._loop:
            self._loop = loop
            loop.call_later(_SOON_SECONDS, self.flush)
        self._waiting.append(orjson.dumps(facts | now).decode())

    def emit(self, record: logging.LogRecord) -> None:
        """Write another line."""
        self._release()
        super().emit(record)

    def flush(self) -> None:
        """Write what waits."""
        self._release()
        super().flush()

    def _release(self) -> None:
        with self.lock or contextlib.nullcontext():
            lines, self._waiting = self._waiting, []
            if lines:
                self.stream.write(self.terminator.join([*lines, ""]))

    def _now(self) -> str:
        now = time.time()
        if int(now) != self._second:
            self._second = int(now)
            self._until_second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        return f"{self._until_second}.{int(now % 1 * 1_000_000):06d}Z"


class RequestLog:
    """Gives each request an id, a line in the log and, when a bug ends it, a reference instead of details."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        request_id = given if _REQUEST_ID.fullmatch(given) else token_hex(8)
        _REQUEST.set(request_id)
        status, started = 0, time.perf_counter()
        marks = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *marks]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception:  # the outermost place: whatever arrives here is a bug, and must not show itself
            error_id = token_hex(6)
            log.exception("bug", error_id=error_id)
            if not status:
                await _reference(error_id)(scope, receive, sent)
        finally:
            if scope["path"] not in _QUIET:
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                _line(method=scope["method"], path=scope["path"], status=status, ms=milliseconds)


def _line(**facts: object) -> None:
    handlers = logging.root.handlers
    if len(handlers) == 1 and isinstance(handlers[0], _JsonLines):
        if _OURS.isEnabledFor(logging.INFO):
            facts["request_id"] = _REQUEST.get()
            handlers[0].request(facts)
    else:
        log.info("request", **facts)


def _with_request_id(_logger: object, _name: str, event: EventDict) -> EventDict:
    if request_id := _REQUEST.get():
        event["request_id"] = request_id
    return event


def _reference(error_id: str) -> Response:
    extensions = {"code": "INTERNAL_SERVER_ERROR", "errorId": error_id}
    body = {"errors": [{"message": "Something went wrong on our side; quote the errorId.", "extensions": extensions}]}
    return Response(orjson.dumps(body), 500, media_type="application/json; charset=utf-8")
