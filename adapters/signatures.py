"""Whether the vendor whose secret we share sent a delivery, by the marks that vendors put on them."""

from __future__ import annotations

import hmac
from collections.abc import Mapping


def header_of(headers: Mapping[str, str], name: str) -> str:
    """The value of a header, whatever the case of its name; empty if it is not there."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def same(given: str, wanted: str) -> bool:
    """True if both texts are equal and not empty; the time taken tells nothing about where they differ."""
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def signed(given: str, message: bytes, secret: str) -> bool:
    """True if `given` is the HMAC-SHA256 of `message` under `secret`, in hexadecimal of either case."""
    wanted = hmac.new(secret.encode("utf-8"), message, "sha256").hexdigest()
    return bool(secret) and same(given.strip().lower(), wanted)
