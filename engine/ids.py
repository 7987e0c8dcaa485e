"""Global ids: base64url of "Type:key", without padding."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid
from sqlalchemy.types import TypeEngine

from engine.declare import NodeKey

_LONGEST = 400
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII).fullmatch


class Unusable(ValueError):
    """An argument that cannot be used; the message is for the client. It becomes BAD_USER_INPUT."""


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def base64url(data: bytes) -> str:
    """base64url without padding; written out, since the library's function takes twice as long on short texts."""
    return b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=\n").decode()


def encoded(type_name: str, key: object) -> str:
    """The global id of the object of that type with that key."""
    return base64url(f"{type_name}:{key}".encode())


def encoder(type_name: str) -> Callable[[object], str]:
    """`encoded` for one type, as a function of the key."""
    prefix = f"{type_name}:"
    return lambda key: base64url(f"{prefix}{key}".encode())


def uuid_encoder(type_name: str) -> Callable[[object], str]:
    """`encoder` for keys that are UUIDs, at a third of its price.

    Whole groups of three bytes of the name are encoded once; letters, digits, `:` and `-` need neither
    of the two characters in which base64url differs, and the length is known, so padding is cut off.
    """
    prefix = f"{type_name}:"
    whole = len(prefix) - len(prefix) % 3
    head, rest = base64url(prefix[:whole].encode()), prefix[whole:]
    length = -(-(len(rest) + 36) * 4 // 3)
    return lambda key: head + b2a_base64(f"{rest}{key}".encode(), newline=False)[:length].decode()


@lru_cache(maxsize=256)
def _uuid_encoder(type_name: str) -> Callable[[object], str]:
    return uuid_encoder(type_name)


def _with_uuid(text: object, types: Mapping[str, TypeEngine[Any]]) -> NodeKey | None:
    """The type and key of an id whose key is a UUID, at a third of the general price; None for everything else."""
    try:
        name, _, key = a2b_base64(f"{text}==").decode().partition(":")
    except ValueError:
        return None
    found = isinstance(types.get(name), Uuid) and _UUID(key) and _uuid_encoder(name)(key) == text
    return NodeKey(name, key) if found else None


def decoded(text: object, types: Mapping[str, TypeEngine[Any]]) -> NodeKey:
    """The type and key behind a global id, the key as Python has it; as `stored` gives it, but for UUIDs."""
    made = stored(text, types)
    return NodeKey(made.type, UUID(made.key)) if isinstance(types[made.type], Uuid) else made


def stored(text: object, types: Mapping[str, TypeEngine[Any]]) -> NodeKey:
    """The type and key behind a global id: a whole number where the type's key column holds one, else text.

    `types` maps the acceptable type names to their key types. Raises Unusable for anything else,
    also for other spellings of a valid id, so that one object has one id.
    """
    quick = _with_uuid(text, types) if isinstance(text, str) and len(text) <= _LONGEST else None
    if quick is not None:
        return quick
    try:
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
            raise _unusable(types)
        name, _, key = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
        if name not in types or not key or "\x00" in key or encoded(name, key) != text:
            raise _unusable(types)
        sql_type = types[name]
        if isinstance(sql_type, Uuid):
            if not _UUID(key):
                raise _unusable(types)
            return NodeKey(name, key)
        typed: int | str = int(key) if isinstance(sql_type, Integer) else key
    except (binascii.Error, ValueError) as error:
        raise _unusable(types) from error
    if str(typed) != key or (isinstance(typed, int) and abs(typed) >= 2**63):
        raise _unusable(types)
    return NodeKey(name, typed)


def _unusable(types: Mapping[str, TypeEngine[Any]]) -> Unusable:
    wanted = " or ".join(sorted(types)) if len(types) <= 3 else "an object"  # noqa: PLR2004 - a readable sentence
    return Unusable(f"This is not the id of {wanted}.")
