"""Starts servers, loads them with wrk, and reads what they cost from /proc."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import psycopg

from bench.contenders import Contender, Place, Post
from domain.errors import BadInput

_TICK = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 60
_STOP_SECONDS = 15
_LONGEST_SECONDS = 60
_REST_SECONDS, _REST_TRIES = 0.2, 100

# Requests are made before the clock runs; no `response` function, so that wrk does not read bodies.
_SCRIPT = """
local requests = dofile("%(requests)s")
local number = 0
request = function()
  number = number %% #requests + 1
  return requests[number]
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("BENCH %%d %%d %%d %%.1f %%.1f\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Load:
    """How hard and how long wrk asks."""

    seconds: int
    connections: int


@dataclass(frozen=True)
class Run:
    """What one run of wrk measured: rates, milliseconds of latency, milliseconds of CPU per request."""

    rate: float
    half_ms: float
    slow_ms: float
    server_ms: float
    database_ms: float


def wrk() -> str:
    """The path of wrk. Raises BadInput, saying how to get it, where there is none."""
    found = shutil.which("wrk")
    if found is None:
        raise BadInput("wrk is missing. Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk.")
    return found


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Server:
    """One contender's server while it runs."""

    def __init__(self, contender: Contender, place: Place, process: subprocess.Popen[bytes]) -> None:
        self.contender = contender
        self.place = place
        self.pid = process.pid
        self.peak_mb = 0.0

    def answer(self, post: Post) -> httpx2.Response:
        """The answer to one request, outside of any measurement."""
        url = f"http://127.0.0.1:{self.place.port}{post.path}"
        headers = {"Content-Type": "application/json", **post.headers}
        return httpx2.post(url, content=post.body, headers=headers, timeout=60)

    def note_memory(self) -> None:
        """Keep the largest resident size of the process tree so far, megabytes."""
        peaks = (status_of(pid).get("VmHWM", 0.0) for pid in tree(self.pid))
        self.peak_mb = max(self.peak_mb, sum(peaks) / 1000)


@contextlib.contextmanager
def running(contender: Contender, place: Place) -> Iterator[Server]:
    """The contender's server, listening, for the block. Raises BadInput with its last words when it does not start."""
    launch = contender.prepare(place)
    log = place.folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - the contender's own command
            list(launch.command),
            env={**os.environ, **launch.environment},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        _wait_until_listening(process, place.port, log)
        yield Server(contender, place, process)
    finally:
        _stop(process)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise BadInput(f"The server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(sent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)


def script(posts: Sequence[Post], port: int, folder: Path, name: str) -> Path:
    """The wrk script that sends these requests in turn, over and over."""
    requests = folder / f"{name}.requests.lua"
    with requests.open("wb") as file:
        file.write(b"return {\n")
        for post in posts:
            file.write(b'"' + b"".join(_ESCAPED[byte] for byte in _raw(post, port)) + b'",\n')
        file.write(b"}\n")
    path = folder / f"{name}.lua"
    path.write_text(_SCRIPT % {"requests": requests})
    return path


_PLAIN = frozenset(b"".join(bytes([n]) for n in range(32, 127))) - frozenset(b'"\\')
_ESCAPED = [bytes([n]) if n in _PLAIN else b"\\%03d" % n for n in range(256)]


def _raw(post: Post, port: int) -> bytes:
    headers = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", "Accept": "application/json"}
    headers |= {**post.headers, "Content-Length": str(len(post.body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {post.path} HTTP/1.1\r\n{lines}\r\n".encode() + post.body


def measured(server: Server, path: Path, load: Load, postmaster: int) -> Run:
    """One run of wrk against a server, longer than asked when not even one answer came in that time.

    Raises BadInput when a request failed.
    """
    before = cpu_seconds(server.pid), cpu_seconds(postmaster)
    requests, micros, errors, half, slow = _driven(server, path, load)
    after = _at_rest(server.pid, postmaster)
    server.note_memory()
    if errors:
        log = (server.place.folder / "server.log").read_text(errors="replace")[-1500:]
        raise BadInput(f"{server.contender.name}: {errors:.0f} of {requests:.0f} requests failed.\n{log}")
    if not requests:
        if load.seconds > _LONGEST_SECONDS:
            raise BadInput(f"{server.contender.name} did not answer once in {load.seconds} s.")
        return measured(server, path, replace(load, seconds=load.seconds * 3), postmaster)
    # wrk leaves one request of each connection unanswered; they are worked on all the same
    each = 1000 / (requests + load.connections)
    return Run(
        rate=requests / micros * 1_000_000,
        half_ms=half / 1000,
        slow_ms=slow / 1000,
        server_ms=(after[0] - before[0]) * each,
        database_ms=(after[1] - before[1]) * each,
    )


def _driven(server: Server, path: Path, load: Load) -> tuple[float, ...]:
    """What wrk says: requests, microseconds, errors, and the latencies of half and of 99 % in microseconds."""
    url = f"http://127.0.0.1:{server.place.port}/"
    command = [wrk(), "-t1", f"-c{load.connections}", f"-d{load.seconds}s", "--timeout", "30s", "-s", str(path), url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - wrk with our script
    lines = [line for line in done.stdout.splitlines() if line.startswith("BENCH ")]
    if done.returncode or not lines:
        raise BadInput(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    return tuple(map(float, lines[0].split()[1:]))


def _at_rest(*pids: int) -> list[float]:
    """CPU seconds of process trees, as soon as none of them works any more on what wrk left behind."""
    used = [cpu_seconds(pid) for pid in pids]
    for _ in range(_REST_TRIES):
        time.sleep(_REST_SECONDS)
        now = [cpu_seconds(pid) for pid in pids]
        if sum(now) - sum(used) <= _REST_SECONDS / 10:
            return now
        used = now
    return used


def postmaster_of(connection: psycopg.Connection) -> int:
    """The process that all processes of the database server descend from."""
    return _stat(connection.info.backend_pid)[1]


def cpu_seconds(pid: int) -> float:
    """CPU that a process and all below it have used, those that ended too, user and system."""
    return sum(sum(_stat(each)[2:]) for each in tree(pid)) / _TICK


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found.extend(map(int, (task / "children").read_text().split()))
    return found


def _stat(pid: int) -> tuple[int, int, int, int, int, int]:
    """Of a process: itself, its parent, and ticks of CPU: user, system, and both of children that were waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return pid, 0, 0, 0, 0, 0
    return pid, int(fields[1]), int(fields[11]), int(fields[12]), int(fields[13]), int(fields[14])


def status_of(pid: int) -> Mapping[str, float]:
    """The figures of /proc/<pid>/status in kB, by name; empty for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    found = {}
    for name, _, rest in (line.partition(":") for line in lines):
        amount, _, unit = rest.strip().partition(" ")
        if unit == "kB":
            found[name] = float(amount)
    return found
