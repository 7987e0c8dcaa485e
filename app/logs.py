"""Structured logs on standard error, and one line per request; never a token, a query text or a body."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
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
    # These would print whole addresses, and a line per migration.
    for chatty in ("httpx2", "httpcore2", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _as_json(_logger: object, _name: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class _JsonLines(logging.StreamHandler[TextIO]):
    """Our handler for JSON; it writes the line of a request without what other lines go through."""

    def request(self, facts: dict[str, Any]) -> None:
        """Write the line of one request."""
        now = f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z"
        line = orjson.dumps({**facts, "event": "request", "level": "info", "logger": "ccc", "timestamp": now})
        with self.lock or contextlib.nullcontext():
            self.stream.write(line.decode() + self.terminator)
            self.flush()


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
    root = logging.getLogger()
    if len(root.handlers) == 1 and isinstance(root.handlers[0], _JsonLines):
        if logging.getLogger("ccc").isEnabledFor(logging.INFO):
            root.handlers[0].request({**facts, "request_id": _REQUEST.get()})
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
