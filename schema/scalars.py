"""Scalars of the public contract: whole numbers beyond 32 bits, instants with their offset, days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from resolvers.scalars import BigInt

__all__ = ["SCALARS", "BigInt"]

_SAFE = 2**53


def _refused(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def _big_int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise _refused("BigInt takes a whole number.")
    if abs(value) > _SAFE:
        raise _refused("BigInt takes a whole number from -2^53 to 2^53.")
    return int(value)


def _instant(value: object) -> datetime:
    """The instant in UTC; a text without an offset is refused, since its zone would be a guess."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > len("2026-01-01") else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _refused("DateTime takes an ISO 8601 instant with its offset, such as 2026-01-31T06:30:00Z.")


def _day(value: object) -> date:
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _refused("Date takes a day such as 2026-01-31.")


def _instant_text(value: object) -> object:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


SCALARS: Mapping[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number from -2^53 to 2^53, sent as a JSON number.",
        serialize=_big_int,
        parse_value=_big_int,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, ISO 8601 in UTC, such as 2026-01-31T06:30:00Z. "
        "Input may carry any offset, but must have one.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_instant_text,
        parse_value=_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day, such as 2026-01-31, in the Gregorian calendar.",
        serialize=str,
        parse_value=_day,
    ),
}
