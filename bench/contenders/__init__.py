"""Who is compared: each contender starts its own server and speaks its own language to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.workloads import Ask

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 10
"""Database connections of each server."""


@dataclass(frozen=True)
class Place:
    """Where a contender runs: its port, its database as the API role, the owner's, and a folder for its files."""

    port: int
    url: str
    owner_url: str
    folder: Path


@dataclass(frozen=True)
class Launch:
    """How a server is started."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Post:
    """One request of a contender: always a POST with a JSON body."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Contender(Protocol):
    """One way to answer the workloads."""

    name: str
    title: str

    def prepare(self, place: Place) -> Launch:
        """What starts it. Raises BadInput with what to do, when something is missing on this machine."""
        ...

    def post(self, workload: str, ask: Ask) -> Post:
        """The request of an ask."""
        ...

    def form(self, workload: str, answer: Any) -> Any:
        """The answer's data in the form of `workloads.same_form`."""
        ...
