"""Whether Google's health service signed a notification: ECDSA on P-256 in the wire form of its Tink library.

Source: https://developers.google.com/health/webhooks. The header holds, in base64, one byte 1, the four bytes of
the key's number and a DER signature of SHA-256 over the body. The public keys are published as a Tink keyset in
JSON, whose keys are protocol buffers in base64: message EcdsaPublicKey {version 1, params 2, x 3, y 4}.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from adapters.base import decoded_json
from adapters.reading import Part
from domain.errors import BadPayload

_PREFIX_LENGTH = 5
_KEY_LIMIT = 1024
_X, _Y = 3, 4
_VARINT, _BYTES = 0, 2


def is_signed(signature: str, body: bytes, keyset: str) -> bool:
    """True if an enabled key of `keyset` made `signature` for exactly these bytes. Never raises."""
    try:
        given = base64.b64decode(signature.strip(), validate=True)
        keys = _enabled(keyset)
    except (binascii.Error, ValueError, BadPayload):
        return False
    prefix, der = given[:_PREFIX_LENGTH], given[_PREFIX_LENGTH:]
    return any(_made(key, der, body) for number, key in keys if prefix == b"\x01" + number.to_bytes(4, "big"))


def _made(key: ec.EllipticCurvePublicKey, der: bytes, body: bytes) -> bool:
    try:
        key.verify(der, body, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _enabled(keyset: str) -> list[tuple[int, ec.EllipticCurvePublicKey]]:
    """The numbered keys of a Tink keyset; raises BadPayload or ValueError unless all of it can be read."""
    document = Part.of("google_health", (), decoded_json("google_health", keyset.encode("utf-8", "replace")))
    listed = document.fields.get("key")
    found = []
    for index, value in enumerate(listed if isinstance(listed, list) else []):
        entry = Part.of("google_health", ("key", index), value)
        data = entry.part("keyData")
        if data is None or entry.label("status") != "ENABLED" or entry.label("outputPrefixType") != "TINK":
            continue
        encoded = data.fields.get("value")
        if not isinstance(encoded, str) or len(encoded) > _KEY_LIMIT:
            raise data.refused("value", "is no key")
        number = entry.must(lambda part, name: part.whole(name, low=0, high=2**32 - 1), "keyId")
        found.append((number, _key(base64.b64decode(encoded, validate=True))))
    return found


def _key(message: bytes) -> ec.EllipticCurvePublicKey:
    fields = _fields(message)
    x, y = (int.from_bytes(fields.get(number, b""), "big") for number in (_X, _Y))
    # Raises ValueError for a point that is not on the curve.
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _fields(message: bytes) -> dict[int, bytes]:
    """The fields of a protocol buffer that hold bytes, by number; raises ValueError if it breaks off."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == _VARINT:
            _, at = _varint(message, at)
        elif tag & 7 == _BYTES:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("the key breaks off")
            found[tag >> 3] = message[at : at + length]
            at += length
        else:
            raise ValueError("the key holds a field of an unknown kind")
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        if at >= len(message):
            raise ValueError("the key breaks off")
        value |= (message[at] & 127) << shift
        at += 1
        if message[at - 1] < 128:  # noqa: PLR2004 - the bit that says that more follows
            return value, at
    raise ValueError("a number in the key is too long")
