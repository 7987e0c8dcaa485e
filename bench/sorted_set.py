"""A Redis or Valkey server of our own for as long as a block lasts, and the little of its protocol that we need."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.errors import BadInput

_NAMES = ("valkey-server", "redis-server")
_START_SECONDS = 10
_END = b"\r\n"


class Client:
    """One connection. Commands go as arrays of texts, in a pipeline when there are several (RESP 2)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()

    def ask(self, *words: str | int) -> bytes | list[bytes] | None:
        """The answer to one command. Raises BadInput with the server's words when it refuses."""
        self._socket.sendall(command(*words))
        (answer,) = self._answers(1)
        return answer

    def send(self, commands: bytes, count: int) -> list[bytes | list[bytes] | None]:
        """The answers to `count` commands that were written beforehand, sent at once."""
        self._socket.sendall(commands)
        return self._answers(count)

    def _answers(self, count: int) -> list[bytes | list[bytes] | None]:
        """Values hold no line ends here, so an answer is complete when its lines are; they tell how many follow."""
        data, found = b"", list[bytes | list[bytes] | None]()
        while len(found) < count:
            data += self._socket.recv(1 << 18)
            lines = data.split(_END)
            if lines.pop():  # the last line has not come to its end
                continue
            found = list(_read(lines))
        return found


def command(*words: str | int) -> bytes:
    """A command as it is sent."""
    texts = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(texts) + b"".join(b"$%d\r\n%s\r\n" % (len(text), text) for text in texts)


def _read(lines: Sequence[bytes]) -> Iterator[bytes | list[bytes] | None]:
    """The answers that are complete."""
    at = 0
    while at < len(lines):
        kind, rest = lines[at][:1], lines[at][1:]
        if kind == b"-":
            raise BadInput(f"the sorted set says: {rest.decode()}")
        if kind == b"*":
            end = at + 1 + 2 * int(rest)
            if end > len(lines):
                return
            yield list(lines[at + 2 : end : 2])
            at = end
        elif kind == b"$" and rest != b"-1":
            if at + 1 >= len(lines):
                return
            yield lines[at + 1]
            at += 2
        else:
            yield None if kind == b"$" else rest
            at += 1


def _connected(path: Path, process: subprocess.Popen[bytes]) -> Client:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            return Client(path)
        time.sleep(0.05)
    raise BadInput("The server of the sorted set did not start.")


def found(given: str | None) -> str | None:
    """The server to run: the given one, or the first on the path; None without any."""
    return given or next(filter(None, map(shutil.which, _NAMES)), None)


def version(server: str) -> str:
    """What the server calls itself."""
    return subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


@contextlib.contextmanager
def running(server: str, *, durable: bool) -> Iterator[tuple[Client, int]]:
    """A client and the process of a server, which writes each change to disk or none. Raises BadInput if it fails."""
    with tempfile.TemporaryDirectory(prefix="ccc-set-") as folder:
        path = Path(folder) / "s"
        options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        if durable:
            options += ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"]
        process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)  # noqa: S603 - chosen by who measures
        try:
            client = _connected(path, process)
            yield client, process.pid
            client.close()
        finally:
            process.terminate()
            process.wait()
