"""Figures that vendors write as text: numbers, offsets from UTC, and what orders the versions of a record."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

from adapters.reading import Part

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})(?::?00)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OFFSET_LIMIT_SECONDS = 18 * 3600


def number(part: Part, name: str, *, low: float = -math.inf, high: float = math.inf) -> float | None:
    """A finite number from `low` to `high`, bare or written as text ("4980.5"); empty text is None.

    Raises BadPayload for anything else.
    """
    text = part.fields.get(name)
    if not isinstance(text, str):
        return part.number(name, low=low, high=high)
    if not text.strip():
        return None
    if not _NUMBER.fullmatch(text.strip()):
        raise part.refused(name, "is text that is no number")
    return Part(part.partner, part.path, {name: float(text)}).number(name, low=low, high=high)


def whole(part: Part, name: str, *, low: float = -math.inf, high: float = math.inf) -> int | None:
    """A whole number, bare or written as text ("5120"), exact also beyond 2^53; empty text is None.

    Raises BadPayload for anything else.
    """
    text = part.fields.get(name)
    found = number(part, name, low=low, high=high)
    if found is None or not isinstance(text, str):
        return None if found is None else part.whole(name, low=low, high=high)
    if not found.is_integer():
        raise part.refused(name, "is not a whole number")
    return int(found) if re.search(r"[.eE]", text) else int(text)


def offset(part: Part, name: str) -> int | None:
    """Seconds east of UTC of "+0700", "+07:00", "UTC+0700" or "Z", at most 18 hours either way; empty is None.

    Raises BadPayload for anything else.
    """
    text = part.label(name)
    if text is None or text.upper() == "Z":
        return None if text is None else 0
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise part.refused(name, "is no offset from UTC such as +07:00")
    seconds = int(found["hours"]) * 3600 + int(found["minutes"]) * 60
    if seconds > _OFFSET_LIMIT_SECONDS:
        raise part.refused(name, "is more than 18 hours from UTC")
    return -seconds if found["sign"] == "-" else seconds


def microseconds(changed_at: datetime | None) -> int | None:
    """Microseconds since 1970: the version of a record that tells when it was changed, on the scale of arrivals."""
    return None if changed_at is None else (changed_at - _EPOCH) // timedelta(microseconds=1)
