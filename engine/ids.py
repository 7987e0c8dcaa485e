"""Global ids: base64url of "Type:key", without padding."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid
from sqlalchemy.types import TypeEngine

from engine.declare import NodeKey

_LONGEST = 400


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


def decoded(text: object, types: dict[str, TypeEngine[Any]]) -> NodeKey:
    """The type and key behind a global id, the key typed as the type's key column.

    `types` maps the acceptable type names to their key types. Raises Unusable for anything else,
    also for other spellings of a valid id, so that one object has one id.
    """
    wanted = " or ".join(sorted(types)) if len(types) <= 3 else "an object"  # noqa: PLR2004 - a readable sentence
    refused = Unusable(f"This is not the id of {wanted}.")
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
        raise refused
    try:
        name, _, key = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise refused from error
    if name not in types or not key or "\x00" in key or encoded(name, key) != text:
        raise refused
    return NodeKey(name, _typed(key, types[name], refused))


def _typed(key: str, sql_type: TypeEngine[Any], refused: Unusable) -> UUID | int | str:
    try:
        typed: UUID | int | str = (
            UUID(key) if isinstance(sql_type, Uuid) else int(key) if isinstance(sql_type, Integer) else key
        )
    except ValueError as error:
        raise refused from error
    if str(typed) != key or (isinstance(typed, int) and abs(typed) >= 2**63):
        raise refused
    return typed
