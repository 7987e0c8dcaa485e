"""Typed look-ups in a decoded JSON document; each refuses with the path of what it could not read."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from adapters.base import raw_json
from domain.drafts import Problem
from domain.errors import BadPayload

Path = tuple[str | int, ...]
T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A wrong clock is a verdict its owner may see; these bounds only keep calendar arithmetic (adding a
# duration, moving to Bangkok) inside what datetime can hold.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_OFFSET_LIMIT_SECONDS = 18 * 3600
_REFERENCE_LIMIT = 200
_LABEL_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Part:
    """One object inside a partner's document, and where it stands.

    Look-ups return None for a field that is absent or null, and raise BadPayload with the field's
    path for one of the wrong kind: text is never taken for a number, nor true for 1.
    """

    partner: str
    path: Path
    fields: Mapping[str, object]

    @classmethod
    def of(cls, partner: str, path: Path, value: object) -> Part:
        """`value` as a part; raises BadPayload unless it is a JSON object."""
        if not isinstance(value, dict):
            raise BadPayload(partner, path, f"expected an object here, found {_kind(value)}")
        return cls(partner, path, value)

    def has(self, *names: str) -> bool:
        """True if any of the fields is there and not null."""
        return any(self.fields.get(name) is not None for name in names)

    def refused(self, name: str, reason: str) -> BadPayload:
        """The error to raise about one field; `reason` continues its name."""
        return BadPayload(self.partner, (*self.path, name), f"{name} {reason}")

    def must(self, look_up: Callable[[Part, str], T | None], name: str) -> T:
        """What `look_up` finds under `name`; raises BadPayload if that is nothing."""
        value = look_up(self, name)
        if value is None:
            raise self.refused(name, "is missing; send it with every record")
        return value

    def part(self, name: str) -> Part | None:
        """The object under `name`."""
        value = self.fields.get(name)
        return None if value is None else Part.of(self.partner, (*self.path, name), value)

    def reference(self, name: str) -> str | None:
        """An identifier, verbatim: text or a whole number, 1 to 200 characters."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self.refused(name, f"is {_kind(value)}; send text or a whole number")
        # Before str(): Python refuses to print integers of thousands of digits.
        if isinstance(value, int) and abs(value) >= 10**_REFERENCE_LIMIT:
            raise self.refused(name, f"has over {_REFERENCE_LIMIT} digits")
        found = str(value)
        if not 0 < len(found) <= _REFERENCE_LIMIT or found != storable(found):
            raise self.refused(name, f"must be 1 to {_REFERENCE_LIMIT} characters of valid Unicode without NUL")
        return found

    def label(self, name: str) -> str | None:
        """Text for people, without what a database cannot hold, cut at 300 characters; empty is None."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.refused(name, f"is {_kind(value)}; send text")
        return storable(value)[:_LABEL_LIMIT].strip() or None

    def number(self, name: str, *, low: float = -math.inf, high: float = math.inf) -> float | None:
        """A finite number from `low` to `high`."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refused(name, f"is {_kind(value)}; send a number")
        try:
            found = float(value)
        except OverflowError as error:
            raise self.refused(name, "is too large a number") from error
        if not math.isfinite(found) or not low <= found <= high:
            raise self.refused(name, f"is out of bounds; send a number from {low:g} to {high:g}")
        return found

    def whole(self, name: str, *, low: float = -math.inf, high: float = math.inf) -> int | None:
        """A whole number from `low` to `high`; 8500.0 is one."""
        found = self.number(name, low=low, high=high)
        if found is not None and not found.is_integer():
            raise self.refused(name, "is not a whole number")
        value = self.fields.get(name)
        # The integer itself where it is one: a float holds identifiers only up to 2^53.
        return value if isinstance(value, int) else None if found is None else int(found)

    def flag(self, name: str) -> bool | None:
        """True or false; 0 and 1 are numbers."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.refused(name, f"is {_kind(value)}; send true or false")
        return value

    def offset(self, name: str) -> int | None:
        """Seconds east of UTC, at most 18 hours either way."""
        return self.whole(name, low=-_OFFSET_LIMIT_SECONDS, high=_OFFSET_LIMIT_SECONDS)

    def epoch(self, name: str) -> datetime | None:
        """The UTC moment of seconds since 1970, from 1900 to 2199."""
        seconds = self.number(name)
        if seconds is None:
            return None
        try:
            return self._within_years(name, _EPOCH + timedelta(seconds=seconds))
        except OverflowError as error:
            raise self.refused(name, "is no moment in time; send seconds since 1970") from error

    def epoch_ms(self, name: str) -> datetime | None:
        """The UTC moment of milliseconds since 1970, from 1900 to 2199."""
        milliseconds = self.number(name)
        if milliseconds is None:
            return None
        try:
            return self._within_years(name, _EPOCH + timedelta(milliseconds=milliseconds))
        except OverflowError as error:
            raise self.refused(name, "is no moment in time; send milliseconds since 1970") from error

    def moment(self, name: str) -> datetime | None:
        """The UTC moment of an ISO 8601 text that carries its zone, from 1900 to 2199."""
        found = self._clock(name)
        if found is None:
            return None
        if found.tzinfo is None:
            raise self.refused(name, "has no zone; a local time is not guessed")
        return found.astimezone(UTC)

    def printed_offset(self, name: str) -> int | None:
        """Seconds east of UTC that an ISO 8601 text prints; None for Z, which tells the moment but not the place."""
        text, found = self.label(name), self._clock(name)
        if text is None or found is None or text[-1] in "Zz":
            return None
        offset = found.utcoffset()
        return None if offset is None else int(offset.total_seconds())

    def wall_clock(self, name: str, offset_seconds: int) -> datetime | None:
        """The UTC moment of an ISO 8601 local time without zone, at a place `offset_seconds` east of UTC."""
        found = self._clock(name)
        if found is None:
            return None
        if found.tzinfo is not None:
            raise self.refused(name, "carries a zone, but is a local time by its definition")
        return (found - timedelta(seconds=offset_seconds)).replace(tzinfo=UTC)

    def _clock(self, name: str) -> datetime | None:
        text = self.label(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise self.refused(name, "is no ISO 8601 date and time") from error
        return self._within_years(name, found)

    def day(self, name: str) -> date | None:
        """The calendar day of an ISO 8601 date, from 1900 to 2199."""
        text = self.label(name)
        if text is None:
            return None
        try:
            found = date.fromisoformat(text)
        except ValueError as error:
            raise self.refused(name, "is no ISO 8601 date") from error
        if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
            raise self.refused(name, f"is outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
        return found

    def raw(self, without: Container[str] = ()) -> bytes:
        """The canonical bytes of this part, less the fields named, at any depth."""
        found = raw_of(self.fields, without)
        if not found:
            raise BadPayload(self.partner, self.path, "is nested too deeply to be kept")
        return found

    def _within_years(self, name: str, moment: datetime) -> datetime:
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise self.refused(name, f"is outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
        return moment


def raw_of(value: object, without: Container[str] = ()) -> bytes:
    """The canonical bytes of a decoded part, less the fields named, at any depth.

    Empty for what cannot be written back: the reader may be deeper in the stack than the decoder was,
    and Python does not print endless integers.
    """
    try:
        return raw_json(_less(value, without) if without else value)
    except (RecursionError, ValueError):
        return b""


def _less(value: object, without: Container[str]) -> object:
    if isinstance(value, dict):
        return {name: _less(field, without) for name, field in value.items() if name not in without}
    if isinstance(value, list):
        return [_less(field, without) for field in value]
    return value


def problem_of(error: BadPayload, *, person_ref: str | None = None, raw: bytes = b"") -> Problem:
    """The quarantine entry for one part that could not be read."""
    return Problem(code=error.code, path=error.path, message=error.reason, person_ref=person_ref, raw=raw)


def storable(text: str) -> str:
    """`text` without NUL and lone surrogates, which no PostgreSQL text holds."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _kind(value: object) -> str:
    """What JSON calls it; never the value, which may be personal or endless."""
    names = {bool: "true or false", str: "text", dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(value), "a number")
