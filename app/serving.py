"""Runs the web application on a socket, until it is asked to stop."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app import logs
from app.settings import BadSettings, Settings

_GRACE_SECONDS = 10
_PATIENCE_SECONDS = 30  # with a worker that starts on a busy machine, before it is taken for hung
_BETWEEN_COLLECTIONS = 50_000
"""New objects that outlive their making before the youngest are looked at; Python's own is 700, less than one page."""
_FAILED = "The server could not start; the log above says why."


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


def configured(app: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    """How uvicorn serves `app`: on uvloop and httptools where they are installed, its logs with ours."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        lifespan="on",
        **more,
    )


def serve(app: Starlette, settings: Settings, sock: socket.socket) -> None:
    """Serve `app` on `sock` until SIGINT or SIGTERM; requests under way get ten seconds to end."""
    server = uvicorn.Server(configured(app, settings))
    spare_collector()
    with contextlib.suppress(KeyboardInterrupt):  # raised again by uvicorn once it has stopped as asked
        server.run(sockets=[sock])
    if not server.started:
        raise BadSettings(_FAILED)


def serve_with(workers: int, settings: Settings, sock: socket.socket) -> None:
    """Serve the application of `settings` on `sock` by that many processes, until SIGINT or SIGTERM.

    A process that dies is replaced; one that cannot start ends all. Raises BadSettings then.
    """
    config = configured(
        partial(_working, settings),
        settings,
        factory=True,
        workers=workers,
        timeout_worker_healthcheck=_PATIENCE_SECONDS,
    )
    supervisor = Multiprocess(config, sockets=[sock])
    supervisor.run()
    if any(each.exitcode == STARTUP_FAILURE for each in supervisor.processes):
        raise BadSettings(_FAILED)


def _working(settings: Settings) -> Starlette:
    """The application, in a process of its own that knows nothing yet."""
    from app.main import create_app  # noqa: PLC0415 - the first process answers to signals, and needs none of it

    logs.configure(settings.log_format, settings.log_level)
    threading.Thread(target=_outliving_nobody, daemon=True).start()
    app = create_app(settings)
    spare_collector()
    return app


def spare_collector() -> None:
    """Keeps the garbage collector from what stays, and from answers, which hold no cycles.

    As it comes, it looks at an answer of some thousand objects several times while it is made: a third of its cost.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_BETWEEN_COLLECTIONS, 10, 10)


def _outliving_nobody() -> None:
    """Ends this process when the first one is gone, even by SIGKILL: nobody else would, and it holds the port."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


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
