"""The ids of a request's lookups: decoded, sorted by type, and paired with their rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.types import TypeEngine

from engine import ids
from engine.answer import Refusal
from engine.declare import NodeKey
from engine.ids import Unusable
from engine.plan import Lookup


def decoded(
    lookup: Lookup, variables: Mapping[str, Any], keys: Mapping[str, TypeEngine[Any]], most: int
) -> list[NodeKey | Refusal]:
    """The key behind each id, or its refusal. Raises Unusable for too many, and for the one id of `node`."""
    given = lookup.value(variables)
    items = given if isinstance(given, list) else [given]
    if len(items) > most:
        raise Unusable(f"Ask for at most {most} objects at a time.")
    if lookup.by == "id":
        return [ids.stored(items[0], keys)]
    return [_item(item, lookup.by, keys) for item in items]


def _item(item: Any, by: str, keys: Mapping[str, TypeEngine[Any]]) -> NodeKey | Refusal:
    try:
        if by == "ids":
            return ids.stored(item, keys)
        name = item.get("__typename") if isinstance(item, dict) else None
        if not isinstance(name, str) or name not in keys or not isinstance(item.get("id"), str):
            return Refusal("BAD_USER_INPUT", "A representation has the __typename of an entity and its id.")
        return ids.stored(item["id"], {name: keys[name]})
    except Unusable as error:
        return Refusal("BAD_USER_INPUT", str(error))


def wanted(lookup: Lookup, found: list[NodeKey | Refusal]) -> dict[int, list[Any]]:
    """The distinct keys for each level; the branch of a type that has not occurred before is planned here."""
    made: dict[int, dict[Any, None]] = {}
    for item in found:
        if isinstance(item, Refusal):
            continue
        if item.type not in lookup.levels:
            lookup.levels[item.type] = lookup.branch(item.type)
        made.setdefault(lookup.levels[item.type].number, {})[item.key] = None
    return {number: list(keys) for number, keys in made.items()}


def paired(lookup: Lookup, found: list[NodeKey | Refusal], groups: Mapping[int, Mapping[Any, Any]]) -> list[Any]:
    """For each id the type and row, None when there is none, or the refusal."""
    made: list[Any] = []
    for item in found:
        if isinstance(item, Refusal):
            made.append(item)
        else:
            rows = groups[lookup.levels[item.type].number].get(item.key)
            made.append((item.type, rows[0]) if rows else None)
    return made
