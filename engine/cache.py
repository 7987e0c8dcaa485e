"""A cache bounded in bytes, the least recently used thrown out first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True)
class CacheFacts:
    """How a cache has done since it was made; `bytes` is an estimate."""

    hits: int
    misses: int
    entries: int
    bytes: int
    limit: int
    evictions: int


class Cache(Generic[V]):
    """Values by key, each with its size in bytes as its maker estimates it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._bytes = self._hits = self._misses = self._evictions = 0

    def get(self, key: Hashable) -> V | None:
        """The value, now the most recently used, or None."""
        found = self._items.get(key)
        if found is None:
            self._misses += 1
            return None
        self._hits += 1
        self._items.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keeps a value, or its new size; what exceeds the limit leaves, even the value itself."""
        before = self._items.pop(key, None)
        self._bytes += size - (before[1] if before else 0)
        self._items[key] = (value, size)
        while self._bytes > self._limit:
            _, (_, gone) = self._items.popitem(last=False)
            self._evictions += 1
            self._bytes -= gone

    def size(self, key: Hashable) -> int | None:
        """The size a value was kept with, or None."""
        found = self._items.get(key)
        return found[1] if found else None

    @property
    def facts(self) -> CacheFacts:
        """Its statistics."""
        return CacheFacts(self._hits, self._misses, len(self._items), self._bytes, self._limit, self._evictions)
