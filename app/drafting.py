"""Reads a partner's file without storing anything: drafts as JSON lines, and what else the file says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from adapters import adapter_named
from adapters.base import items
from app.unpacking import Unpacked
from domain.citizens import hidden
from domain.drafts import Draft, Item
from domain.errors import BadPayload

# The raw bytes are the file itself, and a citizen number is nobody's to print.
_UNSAID = frozenset({"raw", "citizen_number"})
_FIRST = (
    "partner_ref",
    "sport",
    "started_at",
    "local_date",
    "elapsed_seconds",
    "moving_seconds",
    "distance_meters",
    "energy_kcal",
    "steps",
    "manual",
)


def lines(partner: str, body: bytes | Path) -> Iterator[tuple[bool, bytes]]:
    """Each thing that `body`, or the file there, says, in order: whether it is a draft, and its JSON line.

    What is no draft has a `kind`: `problem`, `skipped`, `fetch`, `deletion`, `disconnection`, `day_total`.
    A file that cannot be read at all is one problem, and the BadPayload follows. Raises NotFound for a
    partner without an adapter.
    """
    adapter = adapter_named(partner)
    try:
        for item in Unpacked.at(body, adapter).items() if isinstance(body, Path) else items(adapter, body):
            yield isinstance(item, Draft), orjson.dumps(_said(hidden(item, lambda _: "x" * 13)))
    except BadPayload as refused:
        problem = {"kind": "problem", "code": refused.code, "path": list(refused.path), "message": refused.message}
        yield False, orjson.dumps(problem)
        raise


def _said(item: Item) -> dict[str, Any]:
    named = {each.name: _plain(getattr(item, each.name)) for each in fields(item) if each.name not in _UNSAID}
    if isinstance(item, Draft):
        named["local_date"] = item.local_date
        return {name: named.pop(name) for name in _FIRST} | named
    kind = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(item).__name__)
    return {"kind": kind.lstrip("_")} | named


def _plain(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
