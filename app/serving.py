"""Runs the web application on a socket, until it is asked to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from app.settings import BadSettings, Settings

_GRACE_SECONDS = 10


def bound(settings: Settings) -> socket.socket:
    """A socket on the host and port of `settings`; port 0 becomes a free one. Raises BadSettings when taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.host, settings.port))
        # Listening already: a second server must be refused now, not after it has seeded a country.
        sock.listen(1024)
    except OSError as error:
        sock.close()
        message = f"CCC_PORT: {settings.host}:{settings.port} cannot be used ({error.strerror}); choose another port."
        raise BadSettings(message) from error
    return sock


def serve(app: Starlette, settings: Settings, sock: socket.socket) -> None:
    """Serve `app` on `sock` until SIGINT or SIGTERM; requests under way get ten seconds to end."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):  # raised again by uvicorn once it has stopped as asked
        server.run(sockets=[sock])
    if not server.started:
        raise BadSettings("The server could not start; the log above says why.")


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit for the block, so that `with` blocks end and clean up."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {each: signal.signal(each, leave) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
